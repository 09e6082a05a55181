"""Every analyte day by day: dose, value before a dose, peak, average."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pkinteract.analysis.exposure import PRESENT, highest_level
from pkinteract.analysis.levels import alert_spans, first_of_day, trough_doses
from pkinteract.analysis.moves import before_change, first_change
from pkinteract.analysis.settled import DAY
from pkinteract.engine.curves import Array, sample
from pkinteract.result import Analyte, Result
from pkinteract.scenario import Scenario


@dataclass(frozen=True, eq=False, kw_only=True)
class AnalyteDays:
    """The days of an analyte from t = 0 on, (day,) each, levels in its reporting unit.

    Attributes
    ----------
    day
        Whole days from t = 0; the last may be shorter than 24 h.
    dose
        Labelled amount of its drug that is taken [mg].
    trough
        Value just before the first dose of the day, of unequal ones before that of the calendar's day; without one, at
        its beginning.
    peak
        Largest of its beginning, its end and points between at most half an hour apart, nine to a step of the solver.
    average
        Exact, over the day.
    ratio
        Average over that of the 24 h before the first change of the run [1]; None without a level there.
    above
        Whether the alert level is passed on the day, at any time or by a sample; None where there is none.
    """

    analyte: Analyte
    day: npt.NDArray[np.int64]
    dose: Array
    trough: Array
    peak: Array
    average: Array
    ratio: Array | None
    above: npt.NDArray[np.bool_] | None

    @property
    def inside(self) -> npt.NDArray[np.bool_] | None:
        """Whether the trough is inside the range; None where there is none, or one of another time."""
        low, high = self.analyte.low, self.analyte.high
        if (low is None and high is None) or self.analyte.after is not None:
            return None
        return (self.trough >= (low or 0.0)) & (self.trough <= (np.inf if high is None else high))


def days_of(result: Result) -> Iterator[AnalyteDays]:
    """Every analyte on every day from t = 0 on."""
    scenario = result.scenario
    edges = np.append(np.arange(0.0, scenario.duration, DAY), scenario.duration)
    for place, (analyte, curve) in enumerate(zip(result.analytes, result.curves, strict=True)):
        dose, first = _doses(scenario, analyte.parent, edges)
        times, values = sample(curve, 0.0, scenario.duration)
        starts = np.searchsorted(times, edges[:-1], side="left")
        base = _average_before(result, place)
        ends = np.maximum(curve.value(edges[:-1], "right"), curve.value(edges[1:]))
        peak = np.maximum(np.maximum.reduceat(values, starts), ends)
        averages = np.maximum(np.diff(curve.integral(np.zeros(len(edges)), edges)) / np.diff(edges), 0.0)
        yield AnalyteDays(
            analyte=analyte,
            day=np.arange(len(edges) - 1),
            dose=dose,
            trough=np.maximum(curve.value(first), 0.0),
            peak=peak,
            average=averages,
            ratio=None if base is None else averages / base,
            above=_above(result, place, edges, peak),
        )


def _above(result: Result, place: int, edges: Array, peak: Array) -> npt.NDArray[np.bool_] | None:
    """Whether the alert level is passed on each day between ``edges`` [h], (day,); by peaks (day,) if at all times."""
    analyte = result.analytes[place]
    if analyte.alert is None or not analyte.alert_sampled:
        return None if analyte.alert is None else peak > analyte.alert
    begin, end = alert_spans(result, place).within(edges[0], edges[-1]).T
    return np.asarray(np.searchsorted(begin, edges[1:]) > np.searchsorted(end, edges[:-1], side="right"), dtype=bool)


def _doses(scenario: Scenario, drug: str, edges: Array) -> tuple[Array, Array]:
    """Amount taken on every day [mg], and the time of the first dose, or where the day begins [h]."""
    amounts, first = np.zeros(len(edges) - 1), edges[:-1].copy()
    taken = [dose for dose in reversed(scenario.doses) if dose.drug == drug and not dose.missed]
    days = np.searchsorted(edges, [dose.time for dose in taken], side="right") - 1
    for dose, day in zip(taken, days.tolist(), strict=True):
        if 0 <= day < len(amounts):
            amounts[day] += dose.amount
            first[day] = dose.time
    if first_of_day(scenario, drug):
        troughs = trough_doses(scenario, drug)[::-1]
        days = np.searchsorted(edges, troughs, side="right") - 1
        inside = (days >= 0) & (days < len(amounts))
        first[days[inside]] = troughs[inside]
    return amounts, first


def _average_before(result: Result, place: int) -> float | None:
    """Average of a round of doses, mostly a day, before the first change; None without a change or a level there."""
    change = first_change(result.scenario)
    before = None if change is None else before_change(result, place, change)
    return before if before is not None and before > PRESENT * highest_level(result.curves[place]) else None
