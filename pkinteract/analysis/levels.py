"""When a curve lies above a level, at all times or at those of samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from pkinteract.engine.curves import Array, Curve, distinct, sample
from pkinteract.result import Analyte, Result
from pkinteract.scenario import Course, Scenario
from pkinteract.scenario.types import TOLERANCE

DAY, WEEK = 24.0, 168.0

HALVINGS = 20
"""Halvings of a stretch of at most half an hour in which a curve passes a level: to 2e-6 s."""


def spans_above(curve: Curve, sampled: tuple[Array, Array], level: float) -> Array:
    """Stretches in which ``curve`` lies above ``level``, in its unit: (stretch, 2), begin and end [h].

    Parameters
    ----------
    sampled
        Times and values of the curve as ``sample`` gives them; a passage between two samples is found by halving.
    """
    return spans_above_each(curve, sampled, [level])[0]


def spans_above_each(curve: Curve, sampled: tuple[Array, Array], levels: Sequence[float]) -> list[Array]:
    """Stretches above each of several ``levels``: (stretch, 2) each, begin and end [h]; see :func:`spans_above`."""
    times, values = sampled
    bounds = np.array(levels, dtype=float)[:, None]
    above = values > bounds
    row, last = np.nonzero(above[:, :-1] != above[:, 1:])
    level, after = bounds[row, 0], above[row, last + 1]
    low, high = times[last], times[last + 1]
    for _ in range(HALVINGS if len(row) else 0):
        middle = (low + high) / 2
        passed = (curve.value(middle) > level) == after
        low, high = np.where(passed, low, middle), np.where(passed, middle, high)
    spans = []
    for n, mine in enumerate(above):
        edges = [*([times[0]] if mine[0] else []), *high[row == n], *([times[-1]] if mine[-1] else [])]
        spans.append(np.asarray(edges, dtype=float).reshape(-1, 2))
    return spans


def trough_doses(scenario: Scenario, drug: str) -> Array:
    """Times of the doses before which a level of a drug is drawn, (dose,) [h], missed ones among them.

    Every dose; but where those of a day are unequal, by amount or by the time to the next, the first of each day alone,
    from midnight on (from t = 0 without a calendar): values before unlike doses are not compared.
    """
    times = distinct([dose.time for dose in scenario.doses if dose.drug == drug])
    if not first_of_day(scenario, drug):
        return times
    day = np.floor(_since_midnight(scenario, times) / DAY)
    kept: Array = times[np.append(True, np.diff(day) > 0)]
    return kept


def first_of_day(scenario: Scenario, drug: str) -> bool:
    """Whether the doses of a day of a drug are unequal, on more than one day: a step of the dose makes no such drug."""
    amounts: dict[float, float] = {}
    for dose in scenario.doses:
        if dose.drug == drug:
            time = round(dose.time, 6)
            amounts[time] = amounts.get(time, 0.0) + dose.amount
    times = np.array(sorted(amounts))
    if len(times) < 2:
        return False
    gaps = np.diff(times)
    clock = _since_midnight(scenario, times)
    days: dict[int, list[tuple[float, float, float]]] = {}
    for time, gap, passed in zip(times.tolist(), [*gaps.tolist(), float(gaps[-1])], clock.tolist(), strict=True):
        days.setdefault(int(passed // DAY), []).append((round(passed % DAY, 2), round(amounts[time], 6), round(gap, 2)))
    unequal = [tuple(doses) for doses in days.values() if len({dose[1:] for dose in doses}) > 1]
    return len(unequal) > len(set(unequal))


def _since_midnight(scenario: Scenario, times: Array) -> Array:
    """Times [h] from a midnight on, from t = 0 without a calendar; never a moment before it for a rounding error."""
    start = scenario.start
    clock = 0.0 if start is None else start.hour + start.minute / 60 + start.second / 3600
    return times + clock + TOLERANCE


def sample_times(scenario: Scenario, analyte: Analyte) -> Array:
    """When a level is drawn that its range judges, (sample,) [h]: before ``trough_doses``, or ``after`` each dose.

    Where no dose follows, as after the last one, the next would have been due an interval later: then, and every day.
    """
    doses = [dose for dose in scenario.doses if dose.drug == analyte.parent]
    given = trough_doses(scenario, analyte.parent) if analyte.after is None else distinct([dose.time for dose in doses])
    intervals = {dose.time: _interval(scenario.regimens[dose.regimen].courses[dose.course]) for dose in doses}
    late = [
        np.arange(time + intervals[time], following - TOLERANCE, DAY)
        for time, following in pairwise([*given.tolist(), scenario.duration])
    ]
    times = distinct(np.concatenate([given + (analyte.after or 0.0), *late]))
    return times[times <= scenario.duration]


def _interval(course: Course) -> float:
    """How long after a dose of a course another one is due at most [h]."""
    return WEEK if course.weekdays else max(DAY, course.every or DAY)


@dataclass(frozen=True, eq=False, kw_only=True)
class AlertSpans:
    """When an analyte is above its alert level; samples are looked for once, as periods may be many.

    One that is of a sample counts from that sample to the next; any other at all times.
    """

    curve: Curve
    alert: float
    sampled: Array | None

    def within(self, start: float, stop: float) -> Array:
        """Stretches from ``start`` to ``stop`` [h] above the level: (stretch, 2), begin and end [h]."""
        if self.sampled is None:
            return spans_above(self.curve, sample(self.curve, start, stop), self.alert)
        spans = np.clip(self.sampled, start, stop)
        return np.asarray(spans[spans[:, 1] > spans[:, 0]])


def alert_spans(result: Result, place: int) -> AlertSpans:
    """When the analyte at a place of a result is above its alert level.

    Raises
    ------
    ValueError
        When the analyte has no alert level.
    """
    analyte, curve = result.analytes[place], result.curves[place]
    if analyte.alert is None:
        raise ValueError(f"{analyte.id} has no alert level")
    if not analyte.alert_sampled:
        return AlertSpans(curve=curve, alert=analyte.alert, sampled=None)
    times = sample_times(result.scenario, analyte)
    ends = np.append(times, result.scenario.duration)[1:]
    high = np.stack([times, ends], axis=1)[curve.value(times) > analyte.alert]
    return AlertSpans(curve=curve, alert=analyte.alert, sampled=high)
