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


@dataclass(frozen=True, kw_only=True)
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


def quantity(passage: Passage, analyte: str, measure: str, window: Span) -> float:
    """A measure of an analyte in a window [h from the change], in its reporting unit.

    ``average``, and its reciprocal ``oral-clearance`` of equal doses; ``peak``; ``trough``, the value at the end;
    ``clearance``, that of plasma, averaged [L/h]; ``half-life`` from the values at both ends [h].

    Raises
    ------
    ValueError
        When no drug that is given forms the analyte, or none of it is there.
    """
    try:
        curve = passage.result.curve(analyte)
    except KeyError:
        raise ValueError(f"no drug that is given forms {analyte}") from None
    start, stop = window[0] + passage.zero, window[1] + passage.zero
    area = float(curve.integral(start, stop))
    if area <= 0:
        raise ValueError(f"no {analyte} from {window[0]:g} to {window[1]:g} h")
    if measure == "clearance":
        return float(np.mean(_clearance(passage, analyte)(np.linspace(start, stop, 1 + math.ceil(stop - start)))))
    if measure == "half-life":
        early, late = (float(curve.value(time, side="right")) for time in (start, stop))
        if late >= early:
            raise ValueError(f"{analyte} does not fall from {window[0]:g} to {window[1]:g} h")
        return math.log(2) * (stop - start) / math.log(early / late)
    if measure == "peak":
        return extremes(curve, start, stop).cmax
    if measure == "trough":
        return float(curve.value(stop))
    return area / (stop - start) if measure == "average" else (stop - start) / area


def half_time(passage: Passage, analyte: str, measure: str, window: Span) -> float:
    """In which half of the change of a clearance within a window is done [h].

    ``half-time-clearance`` looks at that of plasma, by the hour; ``half-time-oral-clearance`` at the reciprocal area of
    every day from the beginning of the window on, with a dose at the beginning of each.

    Raises
    ------
    ValueError
        When no drug that is given forms the analyte, or nothing changes.
    """
    start, stop = window
    if measure == "half-time-clearance":
        times = np.linspace(start, stop, 1 + math.ceil(stop - start))
        values = _clearance(passage, analyte)(times + passage.zero)
    else:
        times = np.arange(start, stop - DAY + 1e-6, DAY)
        values = np.array([quantity(passage, analyte, "oral-clearance", (time, time + DAY)) for time in times.tolist()])
    change = values[-1] - values[0]
    if abs(change) < 1e-3 * abs(values[0]):
        raise ValueError(f"the clearance of {analyte} does not change")
    done = (values - values[0]) / change
    after = int(np.flatnonzero(done >= 0.5)[0])
    share = (0.5 - done[after - 1]) / (done[after] - done[after - 1])
    return float(times[after - 1] + share * (times[after] - times[after - 1]) - start)


def _clearance(passage: Passage, analyte: str) -> Callable[[Array], Array]:
    """Plasma clearance at times of the run [L/h], between the points of the grid along straight lines."""
    name = f"{analyte}_total_L_per_h"
    if name not in passage.result.clearance:
        raise ValueError(f"no drug that is given forms {analyte}")
    values = passage.result.clearance[name]
    return lambda times: np.interp(times, passage.result.time, values)
