"""What the levels of an analyte depend on: Sobol' indices and a tornado, one row of panels per result."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter, NullLocator

from pkinteract.export.record.population import NOTICE
from pkinteract.population.run.plan import RunPlan
from pkinteract.population.statistics.metrics import MEASURES
from pkinteract.population.statistics.sensitivity import Factor, SensitivityResult
from pkinteract.report.drawing import PALETTE, STYLE, WIDTH

MOST, LEAST = 9, 0.005
"""Inputs of a panel at most, and the total index that the first of them have at least."""

_TITLES = {
    "cavg_before": "24-h average before t = 0",
    "cavg_after": "24-h average at the end",
    "peak_after": "highest level of the last 24 h",
    "fold_rise": "rise: average at the end over the one before",
}
_DRAWN = ("cavg_after", "fold_rise")
_BAR, _HEAD = 0.21, 0.62
"""Height of a row of bars, and of what stands around them [inch]."""


def draw_sensitivity(plan: RunPlan, results: Sequence[SensitivityResult], place: int) -> Figure | None:
    """Draw one analyte: its average at the end and its rise, as far as they vary; None if neither does."""
    panels = [result for result in results if result.place == place and result.measure in _DRAWN]
    if not panels:
        return None
    heights = [_HEAD + _BAR * len(_inputs(result)) for result in panels]
    height = 0.85 + sum(heights) + 0.3
    analyte = plan.analytes[place]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH + 1.0, height))
        top = 0.85
        for result, tall in zip(panels, heights, strict=True):
            bottom, inner = 1 - (top + tall - 0.36) / height, (tall - _HEAD) / height
            left = figure.add_axes((0.27, bottom, 0.33, inner))
            right = figure.add_axes((0.65, bottom, 0.32, inner))
            _draw_shares(left, result)
            _draw_swings(right, plan, result)
            left.set_title(_TITLES[result.measure], loc="left", fontweight="bold")
            top += tall
        title = f"What {analyte.name} depends on in {plan.spec.n:,} virtual patients"
        figure.text(0.1 / WIDTH, 1 - 0.1 / height, title, fontsize=10.5, fontweight="bold", va="top")
        figure.text(0.1 / WIDTH, 1 - 0.31 / height, plan.scenario.title, fontsize=8.5, va="top")
        figure.text(0.1 / WIDTH, 0.08 / height, NOTICE, fontsize=7, color="#555555")
        handles = [
            Patch(facecolor=PALETTE[0], label="share: by itself"),
            Patch(facecolor=PALETTE[5], alpha=0.55, label="together with others"),
            Line2D([], [], color="black", lw=0.8, label="95 % interval"),
            Patch(facecolor=PALETTE[1], label="one input at its 5th percentile, others at their medians"),
            Patch(facecolor=PALETTE[2], label="at its 95th percentile"),
        ]
        for left_edge, some, columns in ((0.02, handles[:3], 3), (0.56, handles[3:], 1)):
            anchor = (left_edge, 1 - 0.42 / height)
            figure.legend(handles=some, loc="upper left", bbox_to_anchor=anchor, ncols=columns, columnspacing=1.2)
    return figure


def _inputs(result: SensitivityResult) -> list[Factor]:
    """The inputs of a panel, the one that matters most first; at least one."""
    large = [index.input for index in result.indices if index.total[0] >= LEAST]
    return (large or [index.input for index in result.indices])[:MOST]


def _draw_shares(axis: Axes, result: SensitivityResult) -> None:
    known = {index.input: index for index in result.indices}
    shown = _inputs(result)
    for n, name in enumerate(shown):
        index = known[name]
        axis.barh(n, index.total[0], height=0.72, color=PALETTE[5], alpha=0.55)
        axis.barh(n, max(0.0, index.first[0]), height=0.4, color=PALETTE[0])
        axis.plot(index.total[1:], (n + 0.28, n + 0.28), color="black", lw=0.8)
        axis.plot([max(0.0, edge) for edge in index.first[1:]], (n, n), color="black", lw=0.8)
    axis.set_yticks(range(len(shown)), [name.label for name in shown])
    axis.set_ylim(len(shown) - 0.4, -0.6)
    axis.set_xlim(0, 1.05 * max(index.total[2] for index in result.indices))
    axis.set_xlabel("share of the variance of the logarithm")
    axis.grid(axis="y", visible=False)


def _draw_swings(axis: Axes, plan: RunPlan, result: SensitivityResult) -> None:
    swings = {swing.input: swing for swing in result.swings}
    shown = _inputs(result)
    for n, name in enumerate(shown):
        swing = swings.get(name)
        for value, color in () if swing is None else ((swing.low, PALETTE[1]), (swing.high, PALETTE[2])):
            axis.barh(n, value - result.typical, left=result.typical, height=0.6, color=color)
    axis.axvline(result.typical, color="black", lw=0.8)
    axis.set_xscale("log")
    low = min([result.typical, *(min(swing.low, swing.high) for swing in result.swings)])
    high = max([result.typical, *(max(swing.low, swing.high) for swing in result.swings)])
    axis.set_xlim(low / 1.05, high * 1.05)
    ticks = [tick for tick in MaxNLocator(5).tick_values(low, high) if low / 1.05 <= tick <= high * 1.05]
    axis.set_xticks(ticks)
    axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.xaxis.set_minor_formatter(NullFormatter())
    axis.xaxis.set_minor_locator(NullLocator())
    axis.set_yticks(range(len(shown)), [""] * len(shown))
    axis.set_ylim(len(shown) - 0.4, -0.6)
    axis.grid(axis="y", visible=False)
    axis.set_xlabel(plan.analytes[result.place].unit if MEASURES[result.measure] == "level" else "fold")
