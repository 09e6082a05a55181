"""The figure of time courses: one small panel each, the model's day by day beside what was observed."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from itertools import groupby

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from pkinteract import NOTICE
from pkinteract.qualify.courses import PointOutcome
from pkinteract.report.drawing import EDGE, PALETTE, STYLE, WIDTH

COLUMNS = 4
_WIDE, _TALL, _BETWEEN = 2.35, 1.45, 0.85
"""Of a panel (at least), and the room below it for its days and the title of the next [inch]."""

_EARLIEST = -3.0
"""The first day that is drawn."""


def draw_courses(outcomes: Sequence[PointOutcome]) -> Figure:
    """A panel per series: ratio to the reference over the days from the change, half-times in words."""
    done = [outcome for outcome in outcomes if outcome.state == "simulated"]
    series = [list(members) for _, members in groupby(done, key=lambda outcome: outcome.point.series)]
    columns = min(COLUMNS, len(series))
    lines = math.ceil(len(series) / columns)
    head, foot, width = 1.1, 0.7, max(columns * _WIDE, WIDTH) + 0.2
    wide = (width - 0.2) / columns
    height = head + lines * (_TALL + _BETWEEN) - _BETWEEN + foot
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(width, height))
        for n, panel_outcomes in enumerate(series):
            left = 0.5 + (n % columns) * wide
            bottom = height - head - (n // columns) * (_TALL + _BETWEEN) - _TALL
            box = (left / width, bottom / height, (wide - 0.55) / width, _TALL / height)
            _draw_series(figure.add_axes(box), panel_outcomes)
        handles = [
            Line2D([], [], color=PALETTE[0], lw=1.3, label="model, day by day"),
            Line2D([], [], color=PALETTE[1], marker="D", ms=4, ls="", label="model, as it was measured"),
            Line2D(
                [], [], color="black", marker="o", ms=4, mfc="white", mew=1.2, lw=1, label="observed, with its interval"
            ),
        ]
        place = (0.1 / width, 1 - 0.35 / height)
        figure.legend(handles=handles, loc="upper left", bbox_to_anchor=place, ncols=3, borderaxespad=0)
        title = "Time courses: ratio to the reference, over days from the change"
        figure.text(0.1 / width, 1 - 0.25 / height, title, fontsize=10.5, fontweight="bold")
        figure.text(0.1 / width, 0.1 / height, NOTICE, fontsize=7, color="#555555")
    return figure


def _draw_series(axis: Axes, outcomes: Sequence[PointOutcome]) -> None:
    levels = [(outcome.point.day, outcome) for outcome in outcomes if outcome.point.day is not None]
    last = _last(outcomes)
    shown = [outcome for _, outcome in levels] or outcomes
    for measure in dict.fromkeys(outcome.point.measure for outcome in shown):
        mine = [outcome for outcome in shown if outcome.point.measure == measure]
        daily = sorted({(day, ratio) for outcome in mine for day, ratio in outcome.daily if _EARLIEST <= day <= last})
        if daily:
            axis.plot(*zip(*daily, strict=True), color=PALETTE[0], lw=1.3)
    for day, outcome in levels:
        point = outcome.point
        if point.low is not None and point.high is not None:
            axis.plot([day, day], [point.low, point.high], color="black", lw=1)
        axis.plot(day, outcome.predicted or 0.0, "D", color=PALETTE[1], ms=4)
        axis.plot(day, point.value or 0.0, "o", color="black", ms=4, mfc="white", mew=1.2)
    axis.axhline(1, color=EDGE, lw=0.8, ls="--")
    axis.axvline(0, color=EDGE, lw=0.6, ls=(0, (2, 3)))
    axis.set_ylim(0, 1.06 * axis.get_ylim()[1])
    axis.xaxis.set_major_locator(MaxNLocator(5))
    axis.yaxis.set_major_locator(MaxNLocator(4))
    axis.tick_params(labelsize=7)
    axis.set_title(_title(outcomes), loc="left", fontsize=7.5)
    for outcome in outcomes:
        if outcome.point.is_half_time:
            text = f"half-time {(outcome.point.value or 0.0) / 24:.1f} d, model {(outcome.predicted or 0.0) / 24:.1f} d"
            axis.text(0.98, 0.04, text, transform=axis.transAxes, fontsize=6.5, ha="right")


def _last(outcomes: Sequence[PointOutcome]) -> float:
    """The last day that is drawn: somewhat after the last that is compared or compared with, or four half-times."""
    days = [outcome.point.day for outcome in outcomes if outcome.point.day is not None]
    days += [outcome.point.reference[1] / 24 for outcome in outcomes if outcome.point.reference is not None]
    halves = [(outcome.point.value or 0.0) / 24 for outcome in outcomes if outcome.point.is_half_time]
    return 1.15 * max([*days, *(4 * half for half in halves)], default=0.0) + 0.5


def _title(outcomes: Sequence[PointOutcome]) -> str:
    measures = dict.fromkeys(outcome.point.measure.removeprefix("half-time-") for outcome in outcomes)
    point = outcomes[0].point
    return "\n".join([*textwrap.wrap(point.series, 38), f"{point.study}, {point.change}, {', '.join(measures)}"])
