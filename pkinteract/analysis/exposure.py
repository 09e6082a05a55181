"""Exposure of every analyte in every period between changes of any course."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from pkinteract.analysis.levels import spans_above_each
from pkinteract.engine.curves import Array, Curve, extremes, sample
from pkinteract.result import Analyte, Result, Table
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
    rows = periods(result)
    return next((row for row in rows if row.start <= -1.0 < row.stop), rows[0])


def average(curve: Curve, start: float, stop: float) -> float:
    """Time average of a curve from ``start`` to ``stop`` [h]."""
    return float(curve.integral(start, stop)) / (stop - start)


def last_day(period: Period) -> tuple[float, float]:
    """The last 24 h of a period, or all of a shorter one [h]."""
    return max(period.start, period.stop - 24.0), period.stop


def exposure_table(result: Result) -> Table:
    """``exposure.csv``: one row per analyte and period.

    ``cmax`` and ``tmax_h`` (on the clock of the run) are the exact maximum over the period; ``ctrough`` is the lowest
    value, ``cavg_24h`` the average and ``auc_24h`` the area of its last 24 h. In a period shorter than
    that the average is over all of it, and the area is 24 h times the average.
    """
    rows: list[tuple[object, ...]] = []
    reference = reference_period(result)
    for analyte, curve in zip(result.analytes, result.curves, strict=True):
        base = average(curve, *last_day(reference))
        for period in periods(result):
            start, stop = last_day(period)
            sampled = sample(curve, period.start, period.stop)
            whole, last = extremes(curve, period.start, period.stop, sampled), extremes(curve, start, stop)
            mean = average(curve, start, stop)
            inside, above = _shares(analyte, curve, period, sampled)
            rows.append(
                (
                    analyte.id,
                    analyte.unit,
                    period.number,
                    period.start / 24,
                    period.stop / 24,
                    whole.cmax,
                    whole.tmax if whole.cmax > 0 else None,
                    max(last.cmin, 0.0),
                    mean,
                    mean * 24.0,
                    mean / base if base > 1e-9 * whole.cmax and base > 0 else None,
                    analyte.low,
                    analyte.high,
                    inside,
                    above,
                )
            )
    names = [
        "analyte",
        "unit",
        "period",
        "from_day",
        "to_day",
        "cmax",
        "tmax_h",
        "ctrough",
        "cavg_24h",
        "auc_24h",
        "ratio_to_reference",
        "reference_low",
        "reference_high",
        "percent_time_in_range",
        "percent_time_above_alert",
    ]
    return {name: [row[i] for row in rows] for i, name in enumerate(names)}


def _shares(
    analyte: Analyte, curve: Curve, period: Period, sampled: tuple[Array, Array]
) -> tuple[float | None, float | None]:
    """Percent of a period inside the reference range and above the alert level."""
    levels = [level for level in (analyte.low, analyte.high, analyte.alert) if level is not None]
    spans = spans_above_each(curve, sampled, levels)
    above = {
        level: 100 * float(np.diff(rows).sum()) / (period.stop - period.start)
        for level, rows in zip(levels, spans, strict=True)
    }
    inside = None if analyte.low is None or analyte.high is None else above[analyte.low] - above[analyte.high]
    return inside, None if analyte.alert is None else above[analyte.alert]
