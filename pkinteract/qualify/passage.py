"""What is read from a simulated time course: exposures and clearances in a window, and how long half a change takes."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pkinteract.engine.curves import Array, extremes
from pkinteract.library.evidence.timecourses import Span
from pkinteract.result import Result

DAY = 24.0

_NOTHING = 1e-3
"""Relative change of a clearance below which it has no half-time [1]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A run through a change.

    Attributes
    ----------
    result
        Its hourly grid reaches from the beginning to the end.
    zero
        Where the change lies on the clock of the run [h].
    stop
        The end of the run, counted from the change [h].
    """

    result: Result
    zero: float
    stop: float


def measured_quantity(passage: Passage, analyte: str, measure: str, window: Span) -> float:
    """A measure of an analyte in a window [h from the change], in its reporting unit.

    ``average``, and its reciprocal, the ``oral-clearance`` of equal doses; ``peak``; ``trough``, the value at the end;
    ``clearance``, that of plasma, averaged [L/h]; ``half-life`` from the values at both ends [h].

    Raises
    ------
    ValueError
        When no drug that is given forms the analyte, or none of it is there.
    """
    start, stop = window[0] + passage.zero, window[1] + passage.zero
    if measure == "clearance":
        return float(np.mean(_clearance(passage, analyte)(np.linspace(start, stop, 1 + math.ceil(stop - start)))))
    try:
        curve = passage.result.curve(analyte)
    except KeyError:
        raise ValueError(f"no drug that is given forms {analyte}") from None
    average = float(curve.integral(start, stop)) / (stop - start)
    if average <= 0:
        raise ValueError(f"no {analyte} from {window[0]:g} to {window[1]:g} h")
    if measure == "half-life":
        early, late = (float(curve.value(time, side="right")) for time in (start, stop))
        if late >= early:
            raise ValueError(f"{analyte} does not fall from {window[0]:g} to {window[1]:g} h")
        return math.log(2) * (stop - start) / math.log(early / late)
    if measure == "peak":
        return extremes(curve, start, stop).cmax
    if measure == "trough":
        return float(curve.value(stop))
    return average if measure == "average" else 1 / average


def clearance_course(passage: Passage, analyte: str, measure: str, window: Span) -> tuple[Array, Array]:
    """Times [h from the change] within a window, and a clearance at them.

    ``half-time-clearance`` takes that of plasma, by the hour [L/h]; ``half-time-oral-clearance`` the reciprocal average
    of every day from the beginning of the window on, with a dose at the beginning of each.

    Raises
    ------
    ValueError
        When no drug that is given forms the analyte, or none of it is there.
    """
    start, stop = window
    if measure == "half-time-clearance":
        times = np.linspace(start, stop, 1 + math.ceil(stop - start))
        return times, _clearance(passage, analyte)(times + passage.zero)
    times = np.arange(start, stop - DAY + 1e-6, DAY)
    days = [(time, time + DAY) for time in times.tolist()]
    return times, np.array([measured_quantity(passage, analyte, "oral-clearance", day) for day in days])


def half_time(times: Array, values: Array) -> float:
    """When half of the change from the first value to the last is done, from the first time on.

    Between two times what is left of the change falls exponentially.

    Raises
    ------
    ValueError
        When nothing changes.
    """
    change = values[-1] - values[0]
    if abs(change) < _NOTHING * abs(values[0]):
        raise ValueError("the clearance does not change")
    left = (values[-1] - values) / change
    after = int(np.flatnonzero(left <= 0.5)[0])
    early, late = float(left[after - 1]), float(left[after])
    share = math.log(2 * early) / math.log(early / late) if late > 0 else (early - 0.5) / (early - late)
    return float(times[after - 1] + share * (times[after] - times[after - 1]) - times[0])


def _clearance(passage: Passage, analyte: str) -> Callable[[Array], Array]:
    """Plasma clearance at times of the run [L/h], between the points of the grid along straight lines."""
    name = f"{analyte}_total_L_per_h"
    if name not in passage.result.clearance:
        raise ValueError(f"no drug that is given forms {analyte}")
    values = passage.result.clearance[name]
    return lambda times: np.interp(times, passage.result.time, values)
