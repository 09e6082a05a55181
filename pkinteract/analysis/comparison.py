"""Several scenarios side by side, week by week."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pkinteract.analysis.exposure import average
from pkinteract.engine.curves import extremes
from pkinteract.result import Analyte, Result

WEEK = 168.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedWeek:
    """A week [h] of an analyte under one of several scenarios.

    Attributes
    ----------
    levels
        Average, highest and lowest level, in the analyte's unit.
    ratios
        The same over those of the first scenario; None where it has none.
    """

    scenario: str
    analyte: Analyte
    start: float
    stop: float
    levels: tuple[float, float, float]
    ratios: tuple[float | None, float | None, float | None]


def compared_weeks(results: Sequence[Result]) -> Iterator[ComparedWeek]:
    """Every week of every analyte, scenario by scenario."""
    base: dict[tuple[str, str, float, float], tuple[float, float, float]] = {}
    for result in results:
        for analyte, curve in zip(result.analytes, result.curves, strict=True):
            start = 0.0
            while start < result.scenario.duration:
                stop = min(start + WEEK, result.scenario.duration)
                span = extremes(curve, start, stop)
                levels = (average(curve, start, stop), span.cmax, max(span.cmin, 0.0))
                key = (analyte.id, analyte.unit, start, stop)
                if result is results[0]:
                    base[key] = levels
                mean, highest, lowest = base.get(key, (0.0, 0.0, 0.0))
                yield ComparedWeek(
                    scenario=result.scenario.name,
                    analyte=analyte,
                    start=start,
                    stop=stop,
                    levels=levels,
                    ratios=(_ratio(levels[0], mean), _ratio(levels[1], highest), _ratio(levels[2], lowest)),
                )
                start += WEEK


def _ratio(value: float, base: float) -> float | None:
    return value / base if base > 1e-9 else None
