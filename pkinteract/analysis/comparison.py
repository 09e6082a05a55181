"""Several scenarios side by side, week by week."""

from __future__ import annotations

from collections.abc import Sequence

from pkinteract.analysis.exposure import average
from pkinteract.engine.curves import extremes
from pkinteract.result import Result, Table

WEEK = 168.0

Row = tuple[object, ...]


def comparison_table(results: Sequence[Result]) -> Table:
    """``comparison.csv``: Cavg, Cmax, Ctrough (lowest) per analyte and week, and ratios to the first scenario."""
    base: dict[tuple[str, str, float, float], tuple[float, float, float]] = {}
    rows: list[Row] = []
    for result in results:
        for analyte, curve in zip(result.analytes, result.curves, strict=True):
            start = 0.0
            while start < result.scenario.duration:
                stop = min(start + WEEK, result.scenario.duration)
                span = extremes(curve, start, stop)
                values = (average(curve, start, stop), span.cmax, max(span.cmin, 0.0))
                key = (analyte.id, analyte.unit, start, stop)
                if result is results[0]:
                    base[key] = values
                first = base.get(key)
                ratios = [_ratio(value, first[i] if first else 0.0) for i, value in enumerate(values)]
                rows.append((result.scenario.name, analyte.id, analyte.unit, start / 24, stop / 24, *values, *ratios))
                start += WEEK
    names = [
        "scenario",
        "analyte",
        "unit",
        "from_day",
        "to_day",
        "cavg",
        "cmax",
        "ctrough",
        "cavg_ratio",
        "cmax_ratio",
        "ctrough_ratio",
    ]
    return {name: [row[i] for row in rows] for i, name in enumerate(names)}


def _ratio(value: float, base: float) -> float | None:
    return value / base if base > 1e-9 else None
