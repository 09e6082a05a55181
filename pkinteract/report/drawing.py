"""What all figures share: colours, panels, ranges, regimens, time."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator, MultipleLocator

from pkinteract import NOTICE
from pkinteract.result import Analyte
from pkinteract.scenario import Course, Scenario

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
BAND, ALERT, EDGE = "#D9EFE7", "#B00020", "#999999"
STYLE: Any = {
    "font.size": 8.5,
    "axes.titlesize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#E4E4E4",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "legend.fontsize": 8,
    "svg.fonttype": "none",
    "svg.hashsalt": "pkinteract",
    "text.hinting": "none",
    "text.parse_math": False,
}
WIDTH, LINE = 7.6, 0.165
"""Width of a figure and height of a line of text [inch]."""

LONGEST_LEAD = 14 * 24.0
"""How much of the run before t = 0 is drawn at most [h]."""


def save(figure: Figure, path: Path) -> None:
    """Write a figure as PNG (150 dpi) or SVG, by the ending of ``path``."""
    with mpl.rc_context(STYLE):
        if path.suffix == ".svg":
            figure.savefig(path, metadata={"Date": None})
        else:
            figure.savefig(path, dpi=150, pil_kwargs={"compress_level": 2})


def panels(
    sizes: Sequence[tuple[float, int]], *, title: str, widest: int, notice: str = NOTICE
) -> tuple[Figure, list[Axes]]:
    """A figure with axes below each other, in inches: (height, lines of text above) each, under a title.

    ``widest`` is the length of the longest label on the left. A fixed layout takes a third of the time of a fitted one.
    """
    lines = textwrap.wrap(title, 88)
    left, right, head, gap, foot = max(0.75, 0.2 + 0.072 * widest), 0.3, 0.14 + 0.2 * len(lines), 0.2, 0.85
    height = head + foot + sum(tall + LINE * text for tall, text in sizes) + gap * (len(sizes) - 1)
    figure = Figure(figsize=(WIDTH, height))
    axes: list[Axes] = []
    top = height - head
    for tall, text in sizes:
        bottom = top - LINE * text - tall
        box = (left / WIDTH, bottom / height, 1 - (left + right) / WIDTH, tall / height)
        axes.append(figure.add_axes(box, sharex=axes[0] if axes else None))
        top = bottom - gap
    for axis in axes[:-1]:
        axis.tick_params(labelbottom=False)
    figure.text(0.1 / WIDTH, 1 - 0.08 / height, "\n".join(lines), fontsize=10.5, fontweight="bold", va="top")
    figure.text(0.1 / WIDTH, 0.08 / height, notice, fontsize=7, color="#555555")
    return figure, axes


def span(scenario: Scenario) -> tuple[float, float]:
    """What is drawn [h], every measured level included."""
    end = scenario.duration
    start = max(scenario.first_time, -min(LONGEST_LEAD, end / 4))
    return min([start, *(observation.time for observation in scenario.observations)]), end


def draw_levels(axis: Axes, scenario: Scenario, analyte: str, color: str) -> float:
    """Measured levels of an analyte as points, those below quantification as triangles; gives the highest.

    In the analyte's unit.
    """
    observations = [observation for observation in scenario.observations if observation.analyte == analyte]
    for observation in observations:
        axis.plot(
            observation.time / 24,
            observation.value,
            "v" if observation.below else "o",
            ms=5,
            mfc="white",
            mec=color,
            mew=1.4,
            zorder=4,
        )
    return max((observation.value for observation in observations), default=0.0)


def reference_range(axis: Axes, analyte: Analyte, top: float) -> list[Artist]:
    """Draw the reference band and, if the axis reaches near it, the alert line; returns what explains them.

    ``top`` is the highest level that is drawn, in the analyte's unit.
    """
    artists: list[Artist] = []
    ceiling = top * 1.12
    if analyte.low is not None and analyte.high is not None:
        axis.axhspan(analyte.low, analyte.high, color=BAND, lw=0, zorder=0)
        name = "" if len(analyte.parts) == 1 else " of the sum"
        text = f"reference range{name} {analyte.low:g}–{analyte.high:g}, {analyte.judged}"
        ceiling = max(ceiling, min(analyte.high * 1.08, top * 2.2))
        artists.append(Patch(color=BAND, label=text))
    if analyte.alert is not None and analyte.alert < 1.6 * ceiling:
        ceiling = max(ceiling, analyte.alert * 1.08)
        axis.axhline(analyte.alert, color=ALERT, lw=1, ls=(0, (6, 2)))
        artists.append(Line2D([], [], color=ALERT, lw=1, ls=(0, (6, 2)), label=f"alert level {analyte.alert:g}"))
    axis.set_ylim(0, ceiling if ceiling > 0 else 1)
    return artists


def legend(axis: Axes, handles: Sequence[Artist], *, columns: int, right: bool = False, rise: int = 0) -> None:
    """A legend above the axis, where it covers nothing; ``rise`` lines of text higher."""
    if not handles:
        return
    figure = axis.get_figure()
    tall = axis.get_position().height * (figure.get_figheight() if isinstance(figure, Figure) else 1.0)
    box = Legend(
        axis,
        handles,
        [str(handle.get_label()) for handle in handles],
        loc="lower right" if right else "lower left",
        bbox_to_anchor=(1.0 if right else 0.0, 1.0 + rise * LINE / tall),
        ncols=columns,
        borderaxespad=0.1,
        handlelength=2.4,
        labelspacing=0.3,
        columnspacing=1.2,
    )
    axis.add_artist(box)


def draw_regimens(axis: Axes, scenario: Scenario, drugs: list[str]) -> None:
    """A bar per course, labelled with its daily dose; missed doses as crosses."""
    first, last = (time / 24 for time in span(scenario))
    for row, drug in enumerate(drugs):
        bars = _bars(scenario, drug)
        highest = max(bar.daily for bar in bars)
        for bar in bars:
            left, right = max(bar.start / 24, first), min(bar.stop / 24, last)
            if right < first or left >= last:
                continue
            width, tall = max(right - left, (last - first) / 300), 0.72 * bar.daily / highest
            shade = PALETTE[row % len(PALETTE)]
            axis.bar(left, -tall, width, bottom=row + 0.36, align="edge", color=shade, alpha=0.28, lw=0)
            if width > 0.0115 * len(bar.text) * (last - first):
                axis.text(left + width / 2, row + 0.33, bar.text, ha="center", va="bottom", fontsize=7.5)
            shown = [time / 24 for time in bar.missed if first <= time / 24 <= last]
            axis.plot(shown, [row - 0.3] * len(shown), "x", color=ALERT, ms=5)
    axis.set_yticks(range(len(drugs)), drugs)
    axis.set_ylim(len(drugs) - 0.5, -0.5)
    axis.grid(visible=False)
    missing = any(dose.missed for dose in scenario.doses)
    axis.set_title("labelled doses per day (× missed)" if missing else "labelled doses per day", loc="left", fontsize=8)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bar:
    """A stretch of equal dosing: from start to stop [h], amount per day [mg], doses missed [h]."""

    start: float
    stop: float
    daily: float
    missed: tuple[float, ...]

    @property
    def text(self) -> str:
        return f"{self.daily:g} mg"


def _bars(scenario: Scenario, drug: str) -> list[_Bar]:
    regimens = [regimen for regimen in scenario.regimens if regimen.drug == drug]
    return [bar for regimen in regimens for course in regimen.courses for bar in _bars_of(course)]


def _bars_of(course: Course) -> list[_Bar]:
    if course.single or course.clock:
        daily = course.levels[0] if course.single else sum(dose.amount for dose in course.clock)
        return [_Bar(start=course.start, stop=course.stop, daily=daily, missed=course.missed)]
    length = course.level_length or course.stop - course.start
    bars = []
    for n, level in enumerate(course.levels):
        start = course.start + n * length
        stop = min(start + length, course.stop)
        missed = tuple(time for time in course.missed if start <= time < stop)
        bars.append(_Bar(start=start, stop=stop, daily=level * 24 / (course.every or 24.0), missed=missed))
    return bars


def mark_changes(axis: Axes, scenario: Scenario) -> None:
    """A thin line at every change of dosing or patient, a firmer one at t = 0 when the run began before it."""
    start, end = span(scenario)
    changes = [time for time in scenario.changes if start < time < end]
    for time in changes if len(changes) <= 12 else []:
        axis.axvline(time / 24, color=EDGE, lw=0.6, ls=(0, (2, 3)), zorder=0.5)
    if start < 0:
        axis.axvline(0, color=EDGE, lw=0.9, zorder=0.6)


def label_time(axis: Axes, scenario: Scenario, note: str = "") -> None:
    """Days or dates below a figure, with a ``note`` behind their name; the panels above get the grid alone."""
    first, last = (time / 24 for time in span(scenario))
    axis.set_xlim(first, last)
    weeks = 21 <= last - first <= 120
    axis.xaxis.set_major_locator(MultipleLocator(7) if weeks else MaxNLocator(9, integer=last - first > 5))
    ticks = [tick for tick in axis.get_xticks() if first <= tick <= last]
    for above in axis.get_shared_x_axes().get_siblings(axis):
        if above is not axis:
            _rule(above, ticks)
    if scenario.start is None:
        axis.set_xlabel(f"days from t = 0{note}")
        return
    axis.set_xticks(ticks, [_dated(scenario.start, tick) for tick in ticks])
    axis.set_xlabel(f"date, {scenario.start:%Y}{note}")


def _rule(axis: Axes, ticks: Sequence[float]) -> None:
    """The vertical lines of the grid in one piece: matplotlib's own ticks take a fifth of the time of a figure."""
    axis.xaxis.set_visible(False)
    lines = [[(tick, 0), (tick, 1)] for tick in ticks]
    color, width = STYLE["grid.color"], STYLE["grid.linewidth"]
    axis.add_artist(
        LineCollection(lines, colors=color, linewidths=width, zorder=0.4, transform=axis.get_xaxis_transform())
    )


def _dated(start: datetime, day: float) -> str:
    return f"{start + timedelta(days=float(day)):%d %b}\nday {day:g}".replace("-", "−")
