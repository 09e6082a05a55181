"""Which doses virtual patients take, and how late."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from pkinteract.population.people.cohort import Array, BoolArray
from pkinteract.population.people.specification import Adherence
from pkinteract.scenario import Course, Dose, Scenario
from pkinteract.scenario.streams import Streams, uniform_between
from pkinteract.scenario.types import TOLERANCE

QUARTER = 0.25
"""Delays are multiples of this [h]."""


def intake(scenario: Scenario, adherence: Adherence, streams: Streams) -> tuple[BoolArray, Array | None]:
    """(dose, n) whether each dose is taken, and its delay [h], None when none is late.

    Each dose is by itself. What goes into a vein is given by others, and in time.
    """
    oral = [n for n, dose in enumerate(scenario.doses) if dose.route == "oral"]
    shape = (len(scenario.doses), len(streams.number))
    taken, late = np.ones(shape, dtype=bool), np.zeros(shape)
    if not oral:
        return taken, None
    doses = [scenario.doses[n] for n in oral]
    chances, delays = streams.pairs(*_places(doses))
    share = np.array([adherence.taken[_daily(_course(scenario, dose)) - 1] for dose in doses])
    taken[oral] = chances < share[:, None]
    if not adherence.late:
        return taken, None
    steps = np.floor(adherence.late * np.abs(uniform_between(delays)) / QUARTER + 0.5)
    late[oral] = QUARTER * np.minimum(steps, _latest(doses)[:, None])
    return taken, late


def _places(doses: Sequence[Dose]) -> tuple[list[str], list[int]]:
    """The name of every dose's stream, that of its drug, and its place in it."""
    seen: dict[str, int] = {}
    places = []
    for dose in doses:
        places.append(seen.setdefault(dose.drug, 0))
        seen[dose.drug] += 1
    return [f"doses of {dose.drug}" for dose in doses], places


def _course(scenario: Scenario, dose: Dose) -> Course:
    return scenario.regimens[dose.regimen].courses[dose.course]


def _daily(course: Course) -> int:
    """Doses a day, 1 to 4."""
    often = len(course.clock) if course.clock else 1.0 if course.every is None else 24 / course.every
    return min(max(math.ceil(often - TOLERANCE), 1), 4)


def _latest(doses: Sequence[Dose]) -> Array:
    """(dose,) quarters of an hour that each may be late: it stays before the next one of its drug."""
    latest = np.full(len(doses), np.inf)
    after: dict[str, tuple[float, float]] = {}
    for n in range(len(doses) - 1, -1, -1):
        dose = doses[n]
        following, beyond = after.get(dose.drug, (math.inf, math.inf))
        if following <= dose.time + TOLERANCE:
            following = beyond
        else:
            after[dose.drug] = dose.time, following
        if following < math.inf:
            latest[n] = max(math.ceil((following - dose.time - TOLERANCE) / QUARTER) - 1, 0)
    return latest
