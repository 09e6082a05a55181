"""Levels as the effect follows them: averages of the 24 h before a time, in plasma, unbound, and in the brain."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pkinteract.analysis.moves import first_change
from pkinteract.analysis.settled import DAY
from pkinteract.analytes import unit_factor
from pkinteract.effect.constants import brain_ratio
from pkinteract.engine.curves import Array
from pkinteract.library.schema.targets import Affinity
from pkinteract.model.parts import fraction_unbound
from pkinteract.result import Analyte, Result
from pkinteract.scenario.types import TOLERANCE


@dataclass(frozen=True, eq=False, kw_only=True)
class Averages:
    """Averages of the 24 h before each time.

    Attributes
    ----------
    time
        (time,) every day of the run from t = 0 to its end, and the first change [h].
    reference
        Position of the first change, whose average is that of the day before it; None without a change.
    level
        Analyte id to (time,) averages in its reporting unit.
    """

    time: Array
    reference: int | None
    level: dict[str, Array]


def averages_of(result: Result) -> Averages:
    """The running averages of a result by the day; before the first dose nothing is there, or the steady state."""
    scenario, change = result.scenario, first_change(result.scenario)
    whole = np.append(np.arange(0.0, scenario.duration, DAY), scenario.duration)
    times = whole if change is None else np.append(whole, change)
    times = np.sort(times)
    times = times[np.append(True, np.diff(times) > TOLERANCE)]
    levels: dict[str, Array] = {}
    for place, analyte in enumerate(result.analytes):
        levels[analyte.id] = np.maximum(result.area(place, times - DAY, times) / DAY, 0.0)
    at = None if change is None else int(np.argmin(np.abs(times - change)))
    return Averages(time=times, reference=at, level=levels)


def mass_level(result: Result, averages: Averages, compound: str) -> Array:
    """Average total level of a compound, (time,) [mg/L]."""
    analyte, monograph = result.analyte(compound), result.scenario.monographs[compound]
    return averages.level[compound] / unit_factor(analyte.unit, monograph)


def unbound_level(result: Result, averages: Averages, compound: str) -> Array:
    """Average unbound level of a compound in plasma, (time,) [mg/L]: where it is reported that, else fu·C."""
    monograph = result.scenario.monographs[compound]
    if monograph.unbound is None:
        return mass_level(result, averages, compound) * fraction_unbound(monograph)
    free = result.analyte(monograph.unbound_id)
    return averages.level[free.id] / unit_factor(free.unit, monograph)


def effective(result: Result, averages: Averages, target: Affinity, compound: str) -> Array:
    """The level that a constant is compared with, (time,) [mg/L]: of plasma, or unbound in the brain."""
    if target.constant.basis == "total":
        return mass_level(result, averages, compound)
    return unbound_level(result, averages, compound) * brain_ratio(result.scenario.monographs[compound])


def has_middle(analyte: Analyte) -> bool:
    """Whether an analyte has a range with two ends, and so a middle."""
    return analyte.low is not None and analyte.high is not None and analyte.low > 0
