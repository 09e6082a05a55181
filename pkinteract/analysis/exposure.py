"""Exposure of every analyte in every period between changes of any course."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from pkinteract.analysis.levels import spans_above_each
from pkinteract.engine.curves import Array, Curve, extremes, sample
from pkinteract.result import Analyte, Result
from pkinteract.scenario.types import TOLERANCE


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A stretch of the run [h] in which no course changes."""

    number: int
    start: float
    stop: float


def periods(result: Result) -> tuple[Period, ...]:
    """Periods of a run, numbered from 1, from its first dose on."""
    scenario = result.scenario
    edges = [scenario.first_time]
    for time in (*scenario.changes, scenario.duration):
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


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodExposure:
    """What an analyte comes to in a period, in its reporting unit.

    Attributes
    ----------
    cmax, tmax
        The exact maximum over the period and its time on the clock of the run [h]; None where there is nothing.
    ctrough, average
        Lowest value and average of the last 24 h, or of all of a shorter period.
    ratio
        The average over that of the reference period; None where that is nothing.
    inside, above
        Percent of the period inside the reference range, and above the alert level; None where there is none.
    """

    analyte: Analyte
    period: Period
    cmax: float
    tmax: float | None
    ctrough: float
    average: float
    ratio: float | None
    inside: float | None
    above: float | None


def exposures(result: Result) -> Iterator[PeriodExposure]:
    """Every analyte in every period."""
    reference = reference_period(result)
    for analyte, curve in zip(result.analytes, result.curves, strict=True):
        base = average(curve, *last_day(reference))
        for period in periods(result):
            start, stop = last_day(period)
            sampled = sample(curve, period.start, period.stop)
            whole, last = extremes(curve, period.start, period.stop, sampled), extremes(curve, start, stop)
            mean = average(curve, start, stop)
            inside, above = _shares(analyte, curve, period, sampled)
            yield PeriodExposure(
                analyte=analyte,
                period=period,
                cmax=whole.cmax,
                tmax=whole.tmax if whole.cmax > 0 else None,
                ctrough=max(last.cmin, 0.0),
                average=mean,
                ratio=mean / base if base > 1e-9 * whole.cmax and base > 0 else None,
                inside=inside,
                above=above,
            )


def _shares(
    analyte: Analyte, curve: Curve, period: Period, sampled: tuple[Array, Array]
) -> tuple[float | None, float | None]:
    """Percent of a period inside the reference range, if it holds at all times, and above the alert level."""
    levels = [level for level in (analyte.low, analyte.high, analyte.alert) if level is not None]
    spans = spans_above_each(curve, sampled, levels)
    above = {
        level: 100 * float(np.diff(stretches).sum()) / (period.stop - period.start)
        for level, stretches in zip(levels, spans, strict=True)
    }
    inside = None
    if analyte.low is not None and analyte.high is not None and analyte.after is None:
        inside = above[analyte.low] - above[analyte.high]
    return inside, None if analyte.alert is None else above[analyte.alert]
