"""The figure of published summary numbers: each one predicted over published, a row for every number."""

from __future__ import annotations

import math
from dataclasses import dataclass

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter, NullLocator

from pkinteract.engine.curves import Array
from pkinteract.fitting.types import FitResult, Series
from pkinteract.report.drawing import PALETTE, STYLE
from pkinteract.report.fit.figure import set_title

_TICKS = (0.1, 0.2, 0.33, 0.5, 0.75, 1.0, 1.33, 2.0, 3.0, 5.0, 10.0)
_ROW = 0.24
"""Height of a row [inch]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _ComparedNumber:
    """A published number and its prediction; ``width`` is the SD of its logarithm, None where it is not given."""

    name: str
    published: str
    ratio: float
    width: float | None


def draw_summary(outcome: FitResult) -> Figure:
    """Predicted over published with one SD of the published number, where the table gives it."""
    numbers = [
        number
        for group in outcome.groups
        for series, predicted in zip(group.series, group.predicted, strict=True)
        for number in _rows(outcome, predicted, series)
    ]
    reach = max(abs(math.log(number.ratio)) + (number.width or 0.0) for number in numbers)
    reach = max(1.15 * reach, math.log(1.3))
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(7.6, 1.3 + _ROW * len(numbers)), layout="constrained")
        set_title(figure, outcome.fit.title)
        axis = figure.subplots()
        axis.axvline(1.0, color="#666666", lw=1)
        for place, number in enumerate(numbers):
            if number.width is not None:
                ends = [number.ratio * math.exp(-number.width), number.ratio * math.exp(number.width)]
                axis.plot(ends, [place, place], color=PALETTE[0], lw=1.2, alpha=0.6)
            axis.plot(number.ratio, place, "o", ms=4, color=PALETTE[0])
        axis.set(xscale="log", xlim=(math.exp(-reach), math.exp(reach)), ylim=(len(numbers) - 0.4, -0.6))
        axis.xaxis.set_major_locator(FixedLocator([tick for tick in _TICKS if abs(math.log(tick)) <= reach]))
        axis.xaxis.set_minor_locator(NullLocator())
        axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.xaxis.set_minor_formatter(NullFormatter())
        axis.set_yticks(range(len(numbers)), [number.name for number in numbers], fontsize=7.5)
        right = axis.secondary_yaxis("right")
        right.set_yticks(range(len(numbers)), [number.published for number in numbers], fontsize=7.5)
        for side in (axis, right):
            side.tick_params(axis="y", length=0)
        right.spines[:].set_visible(False)
        axis.grid(visible=False, axis="y")
        bars = "; bars: SD, of the mean where n is given" if any(number.width is not None for number in numbers) else ""
        axis.set_xlabel(f"predicted over published [1]{bars}")
    return figure


def _rows(outcome: FitResult, predicted: Array, series: Series) -> list[_ComparedNumber]:
    """The rows of a series; none for one of levels."""
    numbers = []
    for n, value in enumerate(series.values) if series.runs else ():
        analyte = series.analytes[series.columns[n]]
        study = series.runs[series.quantities[n].measure.run].scenario.name
        width = None if series.sds is None else float(series.sds[n])
        if width is not None and outcome.fit.residual != "log":
            width /= float(value)
        unit = "" if analyte.unit == "1" else f" {analyte.unit}"
        name = f"{study}: {analyte.id.replace('_', ' ')}"
        number = _ComparedNumber(
            name=name, published=f"{value:.4g}{unit}", ratio=float(predicted[n] / value), width=width
        )
        numbers.append(number)
    return numbers
