"""Exposure of every analyte in every period between changes of any course."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import numpy as np

from pkinteract.analysis.levels import AlertSpans, alert_spans, spans_above_each
from pkinteract.analysis.settled import CLOSE, at_steady_state, averaged, standing
from pkinteract.engine.curves import Array, Curve, extremes, sample
from pkinteract.result import Analyte, Result
from pkinteract.scenario import Course, Scenario
from pkinteract.scenario.types import TOLERANCE

NOISE = 1e-6
"""Share of the highest level of a run below which a level is nothing: the tolerance of the solver [1]."""

PRESENT = 1e-3
"""Share of the highest level of a run below which a drug is not there [1]."""


Cycled: TypeAlias = Sequence[tuple[Course, tuple[float, float]]]
"""Courses in cycles, each with its days on and off [h]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A stretch of the run [h] in which neither a course nor the patient changes, nor the phase of a cycle."""

    number: int
    start: float
    stop: float


def periods(result: Result) -> tuple[Period, ...]:
    """Periods of a run, numbered from 1, from its first dose on."""
    scenario = result.scenario
    edges = [scenario.first_time]
    for time in (*scenario.edges, scenario.duration):
        if time - edges[-1] > TOLERANCE:
            edges.append(time)
    spans = enumerate(pairwise(edges), start=1)
    return tuple(Period(number=i, start=start, stop=stop) for i, (start, stop) in spans)


def reference_period(result: Result) -> Period:
    """The period that holds t = -1 h, else the first."""
    all_periods = periods(result)
    return next((period for period in all_periods if period.start <= -1.0 < period.stop), all_periods[0])


def average(curve: Curve, start: float, stop: float) -> float:
    """Time average of a curve from ``start`` to ``stop`` [h]."""
    return float(curve.integral(start, stop)) / (stop - start)


def last_day(period: Period) -> tuple[float, float]:
    """The last 24 h of a period, or all of a shorter one [h]."""
    return max(period.start, period.stop - 24.0), period.stop


def _compared(result: Result, place: int, period: Period, window: float) -> float:
    """The average that a ratio compares: of the last round of all that repeats, or the last day of a shorter period.

    A steady state at which the run begins is as long as is asked for.
    """
    scenario, stop = result.scenario, period.stop
    begun = period.start <= scenario.first_time and at_steady_state(scenario, result.analytes[place].parent)
    long = begun or stop - window >= period.start - TOLERANCE
    start = stop - window if long else last_day(period)[0]
    return float(result.area(place, start, stop)) / (stop - start)


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodExposure:
    """What an analyte comes to in a period, in its reporting unit.

    Attributes
    ----------
    cmax, tmax
        The exact maximum over the period and its time on the clock of the run [h]; None where there is nothing.
    ctrough, average
        Lowest value and average of the last 24 h, or of all of a shorter period.
    settled
        Whether the level has settled where the period ends.
    ratio
        The average of the last 24 h, or of the last round of weekly doses and dialysis, over that of the reference
        period; None where one of them is not settled, or no level at all.
    inside, above
        Percent of the period inside the reference range, and above the alert level; None where there is none.
    """

    analyte: Analyte
    period: Period
    cmax: float
    tmax: float | None
    ctrough: float
    average: float
    settled: bool
    ratio: float | None
    inside: float | None
    above: float | None


def highest_level(curve: Curve) -> float:
    """The highest of the levels between which a curve is drawn, 0 where it has none."""
    return float(np.max(curve.value(curve.breaks), initial=0.0))


def exposures(result: Result) -> Iterator[PeriodExposure]:
    """Every analyte in every period."""
    reference = reference_period(result)
    every = [course for regimen in result.scenario.regimens for course in regimen.courses]
    stretches = periods(result)
    cycled = [(course, course.cycle) for course in every if course.cycle is not None]
    resting = _resting(result.scenario, reference)
    for place, (analyte, curve) in enumerate(zip(result.analytes, result.curves, strict=True)):
        window = averaged(result.scenario, analyte.parent)
        base = 0.0 if analyte.parent in resting else _compared(result, place, reference, window)
        still = _settled(result, cycled, analyte, curve, reference, window)
        most = highest_level(curve)
        least, noise = PRESENT * most, NOISE * most
        alert = None if analyte.alert is None else alert_spans(result, place)
        for period in stretches:
            start, stop = last_day(period)
            mean, whole_mean = average(curve, start, stop), _compared(result, place, period, window)
            settled = mean <= least or _settled(result, cycled, analyte, curve, period, window)
            sampled = sample(curve, period.start, period.stop)
            whole, last = extremes(curve, period.start, period.stop, sampled), extremes(curve, start, stop)
            inside, above = _shares(analyte, curve, period, sampled, alert)
            yield PeriodExposure(
                analyte=analyte,
                period=period,
                cmax=whole.cmax,
                tmax=whole.tmax if whole.cmax > 0 else None,
                ctrough=last.cmin if last.cmin > noise else 0.0,
                average=mean if mean > noise else 0.0,
                settled=settled,
                ratio=whole_mean / base if still and settled and min(whole_mean, base) > least else None,
                inside=inside,
                above=above,
            )


def _resting(scenario: Scenario, period: Period) -> set[str]:
    """Drugs taken in a cycle of their own that are in the days without at the end of a period."""
    start, stop = last_day(period)
    taken = {dose.drug for dose in scenario.doses if start <= dose.time < stop and not dose.missed}
    return {
        regimen.drug for regimen in scenario.regimens if any(course.cycle is not None for course in regimen.courses)
    } - taken


def dose_folds(result: Result) -> Iterator[float | None]:
    """Labelled amount a day of the analyte's drug over that of the reference, in the order of ``exposures`` [1].

    Amounts are those of the last 24 h of the periods; None where one of them has no dose.
    """
    reference = reference_period(result)
    for analyte in result.analytes:
        taken = [dose for dose in result.scenario.doses if dose.drug == analyte.parent and not dose.missed]
        times, amounts = [dose.time for dose in taken], [dose.amount for dose in taken]
        base = _daily(times, amounts, reference)
        for period in periods(result):
            given = _daily(times, amounts, period)
            yield given / base if given and base else None


def _daily(times: Sequence[float], amounts: Sequence[float], period: Period) -> float:
    """Labelled amount a day at the end of a period [mg], of doses at sorted times [h]; of a steady state what it is."""
    start, stop = last_day(period)
    return sum(amounts[bisect_left(times, start) : bisect_left(times, stop)]) * 24.0 / (stop - start)


def _settled(result: Result, cycled: Cycled, analyte: Analyte, curve: Curve, period: Period, window: float) -> bool:
    """Whether a level has settled where a period ends: from its beginning on where the run begins at steady state.

    At the end of a phase of a cycle it has if it is the same one cycle earlier or later.
    """
    scenario = result.scenario
    begun = period.start <= scenario.first_time and at_steady_state(scenario, analyte.parent)
    return (
        begun or standing(curve, period.start, period.stop, window).settled or _repeats(scenario, cycled, curve, period)
    )


def _repeats(scenario: Scenario, cycled: Cycled, curve: Curve, period: Period) -> bool:
    """Whether a period ends with a phase of a cycle, and as it does in another round with nothing changed between."""
    start, stop = last_day(period)
    here = average(curve, start, stop)
    for course, (on, off) in cycled:
        if not course.start < stop <= course.stop:
            continue
        length = on + off
        since = (stop - course.start) % length
        if min(since, abs(since - on), length - since) > TOLERANCE:
            continue
        for shift in (-length, length):
            low, high = sorted((stop, stop + shift))
            known = start + shift >= scenario.first_time and stop + shift <= scenario.duration
            if known and not any(low + TOLERANCE < time < high - TOLERANCE for time in scenario.changes):
                there = average(curve, start + shift, stop + shift)
                return abs(there - here) <= CLOSE * max(there, here)
    return False


def _shares(
    analyte: Analyte, curve: Curve, period: Period, sampled: tuple[Array, Array], alert: AlertSpans | None
) -> tuple[float | None, float | None]:
    """Percent of a period inside the reference range, if it holds at all times, and above the alert level."""
    length, inside, above = period.stop - period.start, None, None
    if analyte.low is not None and analyte.high is not None and analyte.after is None:
        low, high = (np.diff(spans).sum() for spans in spans_above_each(curve, sampled, [analyte.low, analyte.high]))
        inside = 100 * float(low - high) / length
    if alert is not None:
        above = 100 * float(np.diff(alert.within(period.start, period.stop)).sum()) / length
    return inside, above
