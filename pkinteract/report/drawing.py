"""What all figures share: colours, panels, ranges, regimens, time."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator, MultipleLocator

from pkinteract import NOTICE
from pkinteract.engine.curves import Array, Curve, sample
from pkinteract.report.span import span
from pkinteract.result import Analyte
from pkinteract.scenario import Course, Scenario

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
STEPS, MOST_TICKS = (7, 14, 28, 56, 91, 182, 364), 10
"""Days from one label of the time to the next in runs of weeks, and how many fit without touching."""

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

DOTS = 600
"""Stretches of the picture from left to right of which the extremes are drawn: less than two dots each."""


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


def outline(curve: Curve, start: float, end: float) -> tuple[Array, Array]:
    """Times [h] and values of a curve that keep every peak.

    Where points lie closer than the picture shows: per stretch of the width of a dot its lowest and its highest value,
    in the order in which the curve runs.
    """
    times, values = sample(curve, start, end)
    if len(times) <= 2 * DOTS:
        between = np.linspace(start, end, 2 * DOTS)
        order = np.argsort(np.append(between, times), kind="stable")
        return np.append(between, times)[order], np.append(curve.value(between), values)[order]
    edges = np.linspace(start, end, DOTS + 1)
    first = np.searchsorted(times, edges[:-1], side="left")
    first = first[np.append(True, np.diff(first) > 0) & (first < len(times))]
    last = np.append(first[1:], len(times)) - 1
    low, high = np.minimum.reduceat(values, first), np.maximum.reduceat(values, first)
    falls = values[first] > values[last]
    drawn = np.stack([np.where(falls, high, low), np.where(falls, low, high)], axis=1)
    return np.stack([times[first], times[last]], axis=1).ravel(), drawn.ravel()


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


def reference_range(axis: Axes, analyte: Analyte, top: float, of: str = "") -> list[Artist]:
    """Draw the reference band and, if the levels come near it, the alert line; returns what explains them.

    ``top`` is the highest level that is drawn, in the analyte's unit; ``of`` says of what the range is.
    """
    artists: list[Artist] = []
    ceiling = top * 1.12
    if analyte.low is not None and analyte.high is not None:
        axis.axhspan(analyte.low, analyte.high, color=BAND, lw=0, zorder=0)
        text = (
            f"{' '.join(['reference range', *([of] if of else [])])} {analyte.low:g}–{analyte.high:g}, {analyte.judged}"
        )
        ceiling = max(ceiling, min(analyte.high * 1.08, top * 2.2))
        artists.append(Patch(color=BAND, label=text))
    if analyte.alert is not None and analyte.alert < max(ceiling, 2.2 * top):
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
    """A bar per stretch with doses, labelled with its daily dose; missed doses as crosses."""
    first, last = (time / 24 for time in span(scenario))
    for row, drug in enumerate(drugs):
        everything = _bars(scenario, drug)
        bars = [bar for bar in everything if bar.stop / 24 >= first and bar.start / 24 < last]
        if not bars and everything and max(bar.stop for bar in everything) / 24 < first:
            text = f"until day {max(bar.stop for bar in everything) / 24:g}".replace("-", "−")
            axis.text(first + (last - first) / 100, row, text, va="center", fontsize=7.5, color="#555555")
        highest = max((bar.daily for bar in bars), default=1.0)
        boxes: list[list[tuple[float, float]]] = []
        for bar in bars:
            left, right = max(bar.start / 24, first), min(bar.stop / 24, last)
            bottom, tall = row + 0.36, 0.72 * bar.daily / highest
            for start, stop in bar.taken:
                begin, end = max(start / 24, left), min(max(stop / 24, start / 24 + (last - first) / 300), last)
                if end > begin:
                    boxes.append([(begin, bottom), (end, bottom), (end, bottom - tall), (begin, bottom - tall)])
            room = min([last, *(other.start / 24 for other in bars if other.start > bar.start)]) - right
            for text, wide in ((text, 0.0115 * len(text) * (last - first)) for text in (bar.text, bar.short)):
                if right - left > wide:
                    axis.text((left + right) / 2, row + 0.33, text, ha="center", va="bottom", fontsize=7.5)
                elif room > wide + right - left:
                    axis.text(right + wide / 12, row + 0.33, text, ha="left", va="bottom", fontsize=7.5)
                else:
                    continue
                break
            shown = [time / 24 for time in bar.missed if first <= time / 24 <= last]
            axis.plot(shown, [row - 0.3] * len(shown), "x", color=ALERT, ms=5)
        axis.add_collection(PolyCollection(boxes, facecolors=PALETTE[row % len(PALETTE)], alpha=0.28, lw=0))
    axis.set_yticks(range(len(drugs)), drugs)
    axis.set_ylim(len(drugs) - 0.5, -0.5)
    axis.grid(visible=False)
    missing = any(dose.missed for dose in scenario.doses)
    axis.set_title("labelled doses per day (× missed)" if missing else "labelled doses per day", loc="left", fontsize=8)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bar:
    """A stretch of equal dosing: from start to stop [h], amount per day [mg], doses missed [h].

    ``taken`` are the stretches with doses in it [h], and ``note`` says which they are.
    """

    start: float
    stop: float
    daily: float
    missed: tuple[float, ...]
    taken: tuple[tuple[float, float], ...]
    note: str = ""

    @property
    def text(self) -> str:
        return f"{self.daily:g} mg{self.note}"

    @property
    def short(self) -> str:
        return f"{self.daily:g}"


def _bars(scenario: Scenario, drug: str) -> list[_Bar]:
    regimens = [regimen for regimen in scenario.regimens if regimen.drug == drug]
    return [bar for regimen in regimens for course in regimen.courses for bar in _bars_of(course)]


def _bars_of(course: Course) -> Iterator[_Bar]:
    if course.single or course.clock:
        daily = course.levels[0] if course.single else sum(dose.amount for dose in course.clock)
        yield _bar(course, course.start, course.stop, daily)
        return
    length = course.level_length or course.stop - course.start
    for n, level in enumerate(course.levels):
        start = course.start + n * length
        stop = course.stop if n == len(course.levels) - 1 else min(start + length, course.stop)
        yield _bar(course, start, stop, level * 24 / (course.every or 24.0))


def _bar(course: Course, start: float, stop: float, daily: float) -> _Bar:
    taken: tuple[tuple[float, float], ...] = ((start, stop),)
    note = ""
    if course.weekdays:
        days = range(math.floor((start - course.midnight) / 24), math.ceil((stop - course.midnight) / 24))
        given = ((course.midnight + 24 * day, day % 7) for day in days)
        taken = tuple((max(day, start), min(day + 24, stop)) for day, weekday in given if weekday in course.weekdays)
        note = f", {' '.join(WEEKDAYS[day] for day in sorted(course.weekdays))}"
    elif course.cycle is not None:
        on, off = course.cycle
        edges = (course.start, *course.phases, course.stop)
        spans = [(max(one, start), min(other, stop)) for one, other in list(pairwise(edges))[::2]]
        taken = tuple((one, other) for one, other in spans if other > one)
        note = f", {on / 24:g} d with and {off / 24:g} d without"
    missed = tuple(time for time in course.missed if start <= time < stop)
    return _Bar(start=start, stop=stop, daily=daily, missed=missed, taken=taken, note=note)


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
    step = next((step for step in STEPS if last - first <= MOST_TICKS * step), None)
    axis.xaxis.set_major_locator(
        MultipleLocator(step) if step and last - first >= 21 else MaxNLocator(9, integer=last - first > 5)
    )
    ticks = [tick for tick in axis.get_xticks() if first <= tick <= last]
    for above in axis.get_shared_x_axes().get_siblings(axis):
        if above is not axis:
            _rule(above, ticks)
    if scenario.start is None:
        axis.set_xlabel(f"days from t = 0{note}")
        return
    axis.set_xticks(ticks, [_dated(scenario.start, tick) for tick in ticks])
    years = dict.fromkeys(f"{scenario.start + timedelta(days=day):%Y}" for day in (first, last))
    axis.set_xlabel(f"date, {' to '.join(years)}{note}")


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
