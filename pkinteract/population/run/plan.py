"""What a population run is made of: small enough to be sent anywhere, and enough to compute any part of it.

Patients are computed in blocks, and blocks in partitions, the pieces that are finished, stored and resumed. How they
are cut depends on the plan alone, never on who computes them.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel

from pkinteract import __version__
from pkinteract.analytes import analytes
from pkinteract.engine.counts.bins import BINS_PER_OCTAVE, LOWEST
from pkinteract.population.people.cohort import Array
from pkinteract.population.people.draw import draw
from pkinteract.population.people.specification import PopulationSpecification
from pkinteract.population.run.bodies import Typical, typical_of
from pkinteract.population.run.solve import highest_levels
from pkinteract.population.statistics.metrics import DAY, Windows, windows_of
from pkinteract.result import Analyte
from pkinteract.scenario import Scenario

BLOCK = 512
"""Patients computed at once, a multiple of those that are stepped together."""

LARGEST_PARTITION, PARTITIONS = 4096, 8
"""Patients of a partition at most, and partitions at least, where there are as many blocks."""

LARGEST_PROFILES = 64e6
"""Profiles that a partition holds at most [byte]."""

OCTAVES_BELOW, OCTAVES_ABOVE = 12, 8
"""Levels are told apart from 2^-12 to 2^8 times the highest level of the typical patient."""

BINS = (OCTAVES_BELOW + OCTAVES_ABOVE) * BINS_PER_OCTAVE
"""Bins of the levels of an analyte."""


@dataclass(frozen=True, kw_only=True)
class RunPlan:
    """A population run.

    Attributes
    ----------
    analytes
        What is reported.
    lowest
        For each analyte, the first of its bins among all that the engine has.
    genes
        Genes in which the patients differ.
    profiles
        Whether the curve of every patient is kept.
    partition
        Patients of a partition, a multiple of ``BLOCK``; the last one may have fewer.
    """

    scenario: Scenario
    spec: PopulationSpecification
    analytes: tuple[Analyte, ...]
    lowest: tuple[int, ...]
    genes: tuple[str, ...]
    profiles: bool
    partition: int

    @property
    def partitions(self) -> int:
        """Number of partitions."""
        return math.ceil(self.spec.n / self.partition)

    @cached_property
    def typical(self) -> Typical:
        """What the scenario makes of its own patient."""
        return typical_of(self.scenario)

    @cached_property
    def windows(self) -> Windows:
        """What is measured of each patient, and when."""
        return windows_of(self.scenario.first_time, self.scenario.duration)

    @cached_property
    def grid(self) -> Array:
        """Times of the bands and profiles [h]: the output grid, and the reference day on the same step."""
        step, stop = self.scenario.step, self.scenario.duration
        first = 0.0 if self.windows.edges[0] == 0 else -DAY
        steps = np.arange(math.ceil(first / step - 1e-9), math.floor(stop / step + 1e-9) + 1, dtype=float)
        times: Array = step * steps
        return np.append(times, stop) if stop - times[-1] > 1e-9 * stop else times

    def patients(self, partition: int) -> range:
        """Numbers of the patients of a partition."""
        return range(partition * self.partition, min((partition + 1) * self.partition, self.spec.n))

    @cached_property
    def fingerprint(self) -> str:
        """Hash of everything that decides the result."""
        told = [f"{__version__} {np.__version__}"]
        _tell(self, told)
        return hashlib.sha256("".join(told).encode()).hexdigest()


def plan_of(scenario: Scenario, spec: PopulationSpecification, *, profiles: bool = False) -> RunPlan:
    """The plan of a run; simulates the typical patient to know how high levels are.

    Raises
    ------
    InputError, SimulationError
        As :func:`pkinteract.simulate` does.
    """
    with ThreadPoolExecutor(1) as beside:  # most of the time machine code is made, while scipy is loaded here
        highest = beside.submit(highest_levels, scenario)
        genes = tuple(draw(scenario, spec, 0, 1).phenotype)
    tops = highest.result()
    lowest = [(math.frexp(top)[1] - OCTAVES_BELOW - LOWEST) * BINS_PER_OCTAVE for top in tops]
    plan = RunPlan(
        scenario=scenario,
        spec=spec,
        analytes=analytes(scenario),
        lowest=tuple(lowest),
        genes=genes,
        profiles=profiles,
        partition=BLOCK,
    )
    most = LARGEST_PARTITION
    if profiles:
        most = min(most, int(LARGEST_PROFILES / (4 * len(plan.analytes) * len(plan.grid))))
    blocks = min(math.ceil(spec.n / BLOCK) // PARTITIONS, most // BLOCK)
    return replace(plan, partition=BLOCK * max(1, blocks))


def _tell(thing: object, told: list[str]) -> None:
    """Add everything in ``thing`` as text, the same in every process; where a file lies does not count."""
    if isinstance(thing, Path):
        return
    kind: Any = type(thing)
    told.append(f"<{kind.__name__}")
    if isinstance(thing, (str, float, int)) or thing is None:
        told.append(repr(thing))
    elif issubclass(kind, BaseModel):
        _tell({name: getattr(thing, name) for name in kind.model_fields}, told)
    elif is_dataclass(thing):
        _tell({name: getattr(thing, name) for name in _fields(kind)}, told)
    elif isinstance(thing, (tuple, list)):
        for part in thing:
            _tell(part, told)
    elif isinstance(thing, Mapping):
        for key, value in thing.items():
            _tell(key, told)
            _tell(value, told)
    elif isinstance(thing, Set):
        told.extend(sorted(map(repr, thing)))
    elif isinstance(thing, np.ndarray):
        told.append(f"{thing.dtype} {thing.tolist()!r}")
    else:
        told.append(repr(thing))
    told.append(">")


@cache
def _fields(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))
