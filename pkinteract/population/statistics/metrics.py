"""What a run says about each patient: averages, peaks, troughs, areas, the rise and how long it takes.

Everything is made of windows, stretches between neighbouring edges in which the engine keeps the integral, the extremes
and the time above the alert level. Edges lie at every full day and 24 h before the end, so that the last 24 h are whole
windows also where a run does not end with a day.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pkinteract.engine.curves import distinct
from pkinteract.population.people.cohort import Array, IntArray
from pkinteract.result import Analyte
from pkinteract.scenario.types import TOLERANCE
from pkinteract.units import COLUMN_SUFFIX

DAY = 24.0

INTEGRAL, HIGHEST, WHEN, LOWEST, ABOVE = range(5)
"""What a window holds: integral [unit·h], maximum, its time [h], minimum, time above the alert level [h]."""

LEAD = 14 * DAY
"""How much of the run before t = 0 is measured at most, besides a quarter of the output [h]."""

LEAST_CHANGE = 0.05
"""A change of the average smaller than this share of the one before has no time course [1]."""

LEAST_LEVEL = 1e-3
"""So has one smaller than this share of the highest average, as of a drug that came and went [1]."""

NOTHING = 1e-9
"""An average below this share of the highest level counts as no drug [1]."""

_LEVEL, _AREA = "level", "area"

MEASURES: Mapping[str, str] = {
    "cavg_before": _LEVEL,
    "cavg_after": _LEVEL,
    "cmax": _LEVEL,
    "tmax": "day",
    "peak_before": _LEVEL,
    "peak_after": _LEVEL,
    "trough_before": _LEVEL,
    "trough_after": _LEVEL,
    "auc": _AREA,
    "fold_rise": "1",
    "fold_highest": "1",
    "t_highest": "day",
    "fold_lowest": "1",
    "t_lowest": "day",
    "t50": "day",
    "t90": "day",
}
"""What is measured of each analyte, and its unit; a level is in the unit of the analyte, an area in that times h."""

OF_ALERTS: Mapping[str, str] = {"above_alert": "h", "first_above_alert": "day"}
"""The same of analytes that have an alert level."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """The windows of a run, and how they make up days.

    Attributes
    ----------
    edges
        (window + 1,) ends of the windows [h].
    output
        Windows from t = 0 on.
    ends
        Ends of the stretches of 24 h that are averaged [h]: up to two weeks before t = 0, each full day, the last 24 h.
    days
        The windows of each stretch; the last one is "after".
    reference
        Place of the stretch that is "before".
    """

    edges: Array
    output: slice
    ends: Array
    days: tuple[slice, ...]
    reference: int


def windows_of(first_time: float, duration: float) -> Windows:
    """The windows of a run from ``first_time`` to ``duration`` [h].

    The reference is the day before t = 0 where the run holds all of it, else the first one. A run of less than a day is
    one stretch.
    """
    earlier = min(math.floor((TOLERANCE - first_time) / DAY), max(1, math.floor(min(LEAD, duration / 4) / DAY)))
    whole = DAY * np.arange(-earlier, math.floor((duration + TOLERANCE) / DAY) + 1)
    last = max(0.0, duration - DAY)
    marks = distinct([*whole, last, duration])
    edges = marks[np.append(np.diff(marks) > TOLERANCE, True)]
    ends = [*whole[1:][whole[1:] < duration - TOLERANCE].tolist(), duration]

    def window_slice(start: float, stop: float) -> slice:
        begin, end = (int(np.argmin(np.abs(edges - time))) for time in (start, stop))
        return slice(begin, end)

    return Windows(
        edges=edges,
        output=window_slice(0.0, duration),
        ends=np.array(ends),
        days=tuple(window_slice(max(end - DAY, float(whole[0])), end) for end in ends),
        reference=max(earlier - 1, 0),
    )


def daily_levels(windows: Array, over: Windows) -> tuple[Array, Array, Array]:
    """Average, highest and lowest level of each stretch, (day, subject) each, from windows (window, 5, subject).

    All in the analyte's unit.
    """
    first = [day.start for day in over.days]
    integrals, highest, lowest = windows[first, INTEGRAL], windows[first, HIGHEST], windows[first, LOWEST]
    for n, day in enumerate(over.days):
        if day.stop > day.start + 1:
            integrals[n] = windows[day, INTEGRAL].sum(axis=0)
            highest[n] = windows[day, HIGHEST].max(axis=0)
            lowest[n] = windows[day, LOWEST].min(axis=0)
    lengths = [over.edges[day.stop] - over.edges[day.start] for day in over.days]
    return integrals / np.array(lengths)[:, None], highest, lowest


def metrics(windows: Array, over: Windows, *, alert: bool) -> dict[str, Array]:
    """Every measure of one analyte, (subject,) each, from its windows (window, 5, subject); NaN where there is none.

    In the units that :func:`measures_of` gives.

    Parameters
    ----------
    alert
        Whether the analyte has an alert level.
    """
    means, highest, lowest = (values[over.reference :] for values in daily_levels(windows, over))
    before, after = means[0], means[-1]
    output = windows[over.output]
    place = np.argmax(output[:, HIGHEST], axis=0)
    everybody = np.arange(windows.shape[2])
    cmax, tmax = output[place, HIGHEST, everybody], output[place, WHEN, everybody]
    some = before > NOTHING * np.maximum(cmax, highest[0])
    folds = np.where(some, means / np.where(some, before, 1.0), np.nan)
    ends = over.ends[over.reference :]
    measures = {
        "cavg_before": before,
        "cavg_after": after,
        "cmax": cmax,
        "tmax": np.where(cmax > 0, tmax / DAY, np.nan),
        "peak_before": highest[0],
        "peak_after": highest[-1],
        "trough_before": np.maximum(lowest[0], 0.0),
        "trough_after": np.maximum(lowest[-1], 0.0),
        "auc": output[:, INTEGRAL].sum(axis=0),
        "fold_rise": folds[-1],
        **_turn("highest", folds, ends, np.argmax(means, axis=0)),
        **_turn("lowest", folds, ends, np.argmin(means, axis=0)),
        **dict(zip(("t50", "t90"), times_to_shares(means, ends, (0.5, 0.9)), strict=True)),
    }
    if alert:
        hours = output[:, ABOVE]
        begins = np.floor((over.edges[over.output] + TOLERANCE) / DAY)
        measures["above_alert"] = hours.sum(axis=0)
        measures["first_above_alert"] = np.where((hours > 0).any(axis=0), begins[np.argmax(hours > 0, axis=0)], np.nan)
    return measures


def _turn(name: str, folds: Array, ends: Array, place: IntArray) -> dict[str, Array]:
    """Average of a day over the first one, and when that day ends [day], from folds (day, subject), (subject,) each.

    NaN where the fold is; the day also where the change is less than 5 %.
    """
    fold = folds[place, np.arange(len(place))]
    moved = np.abs(fold - 1) >= LEAST_CHANGE
    return {f"fold_{name}": fold, f"t_{name}": np.where(moved, ends[place] / DAY, np.nan)}


def times_to_shares(means: Array, ends: Array, shares: Sequence[float]) -> list[Array]:
    """Days on which the average of the last 24 h has gone ``shares`` [1] of its way from the first to the last.

    One (subject,) for each share. Straight lines join the averages (day, subject) at ``ends`` [h]. NaN where the change
    is less than 5 % of the first, or less than a thousandth of the highest.
    """
    before, change = means[0], means[-1] - means[0]
    least = np.maximum(LEAST_CHANGE * np.abs(before), LEAST_LEVEL * np.abs(means).max(axis=0))
    moved = (change != 0) & (np.abs(change) >= least)
    if len(means) == 1:
        return [np.full(len(before), np.nan) for _ in shares]
    progress = (means - before) / np.where(moved, change, 1.0)
    everybody, days = np.arange(len(before)), []
    for share in shares:
        place = np.maximum(np.argmax(progress >= share, axis=0), 1)
        low, high = progress[place - 1, everybody], progress[place, everybody]
        start, stop = ends[place - 1], ends[place]
        time = start + (share - low) / np.where(moved, high - low, 1.0) * (stop - start)
        days.append(np.where(moved, time / DAY, np.nan))
    return days


def measures_of(analyte: Analyte) -> dict[str, str]:
    """Every measure of an analyte, in order, to its unit, such as ng/mL, ng·h/mL, day, h or 1."""
    top, bottom = analyte.unit.split("/")
    units = {_LEVEL: analyte.unit, _AREA: f"{top}·h/{bottom}"}
    named = {**MEASURES, **(OF_ALERTS if analyte.alert is not None else {})}
    return {name: units.get(unit, unit) for name, unit in named.items()}


def measure_column(analyte: Analyte, measure: str) -> str:
    """The column of a measure: amitriptyline_cmax_ng_per_mL, amitriptyline_t50_day, amitriptyline_fold_rise."""
    kind = {**MEASURES, **OF_ALERTS}[measure]
    level = COLUMN_SUFFIX[analyte.unit]
    suffix = {_LEVEL: f"_{level}", _AREA: "_" + level.replace("_per", "_h_per"), "1": ""}.get(kind, f"_{kind}")
    return f"{analyte.id}_{measure}{suffix}"
