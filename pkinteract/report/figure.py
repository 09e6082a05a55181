"""The figures: analytes with their ranges, enzyme levels, a strip of the regimens; and scenarios overlaid.

Colours are those of Okabe and Ito, told apart by people with any common colour blindness; line styles differ as well.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator, MultipleLocator

from pkinteract import NOTICE
from pkinteract.engine.curves import Array, Curve
from pkinteract.result import Analyte, Result
from pkinteract.scenario import Course, Scenario

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
DASHES: tuple[Any, ...] = ("-", "--", "-.", (0, (1, 1)), (0, (5, 1, 1, 1)), (0, (3, 1)))
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
}
WIDTH, LINE = 7.6, 0.165
"""Width of a figure and height of a line of text [inch]."""

LONGEST_LEAD = 14 * 24.0
"""How much of the run before t = 0 is drawn at most [h]."""


def draw_result(result: Result) -> Figure:
    """Draw one result: a panel per family of analytes, the enzymes, the regimens.

    What came before t = 0 is drawn too, up to two weeks or a quarter of the output, so that a change at t = 0 is seen.
    """
    families = _families(result)
    enzymes = _enzymes_shown(result)
    drugs = list(result.scenario.dosed)
    rows = [(1.6, max(len(family) + _measured(result, family), 2)) for family in families]
    rows += [(1.2, math.ceil(len(enzymes) / 3))] if enzymes else []
    rows.append((0.06 + 0.26 * len(drugs), 1))
    with mpl.rc_context(STYLE):
        figure, axes = panels(rows, title=result.scenario.title, widest=max(len(drug) for drug in drugs))
        for axis, family in zip(axes, families, strict=False):
            _draw_family(axis, result, family)
        if enzymes:
            _draw_enzymes(axes[len(families)], result, enzymes)
        draw_regimens(axes[-1], result.scenario, drugs)
        for axis in axes:
            mark_changes(axis, result.scenario)
        label_time(axes[-1], result.scenario, " (thick lines: 24-h average)")
    return figure


def draw_comparison(results: Sequence[Result]) -> Figure:
    """Overlay several results: one panel per analyte, one line per scenario."""
    order: dict[str, Analyte] = {row.id: row for result in results for row in result.analytes}
    parts = {part for row in order.values() if len(row.parts) > 1 for part in row.parts}
    shown = [row for row in order.values() if row.id not in parts]
    with mpl.rc_context(STYLE):
        rows = [(1.6, 2 + (len(results) if n == 0 else 0)) for n in range(len(shown))]
        figure, axes = panels(rows, title="Scenarios compared", widest=0)
        for axis, analyte in zip(axes, shown, strict=True):
            _draw_overlay(axis, results, analyte)
        axes[-1].set_xlabel("days from t = 0")
        legend(axes[0], [_line(n, lw=1.6, label=row.scenario.name) for n, row in enumerate(results)], columns=1, rise=2)
    return figure


def save(figure: Figure, path: Path) -> None:
    """Write a figure as PNG (150 dpi) or SVG, by the ending of ``path``."""
    with mpl.rc_context(STYLE):
        if path.suffix == ".svg":
            figure.savefig(path, metadata={"Date": None})
        else:
            figure.savefig(path, dpi=150, pil_kwargs={"compress_level": 2})


def panels(
    rows: Sequence[tuple[float, int]], *, title: str, widest: int, notice: str = NOTICE
) -> tuple[Figure, list[Axes]]:
    """A figure with axes below each other, in inches: (height, lines of text above) each, under a title.

    ``widest`` is the length of the longest label on the left. A fixed layout takes a third of the time of a fitted one.
    """
    lines = textwrap.wrap(title, 88)
    left, right, head, gap, foot = max(0.75, 0.2 + 0.072 * widest), 0.3, 0.14 + 0.2 * len(lines), 0.2, 0.85
    height = head + foot + sum(tall + LINE * text for tall, text in rows) + gap * (len(rows) - 1)
    figure = Figure(figsize=(WIDTH, height))
    axes: list[Axes] = []
    top = height - head
    for tall, text in rows:
        bottom = top - LINE * text - tall
        box = (left / WIDTH, bottom / height, 1 - (left + right) / WIDTH, tall / height)
        axes.append(figure.add_axes(box, sharex=axes[0] if axes else None))
        top = bottom - gap
    for axis in axes[:-1]:
        axis.tick_params(labelbottom=False)
    figure.text(0.1 / WIDTH, 1 - 0.08 / height, "\n".join(lines), fontsize=10.5, fontweight="bold", va="top")
    figure.text(0.1 / WIDTH, 0.08 / height, notice, fontsize=7, color="#555555")
    return figure, axes


def _line(n: int, **style: Any) -> Line2D:
    return Line2D([], [], color=PALETTE[n % len(PALETTE)], ls=DASHES[n % len(DASHES)], **style)


def _families(result: Result) -> list[list[int]]:
    """Analytes that share a parent and a unit, in order."""
    found: dict[tuple[str, str], list[int]] = {}
    for i, analyte in enumerate(result.analytes):
        found.setdefault((analyte.parent, analyte.unit), []).append(i)
    return list(found.values())


def span(scenario: Scenario) -> tuple[float, float]:
    """What is drawn [h], every measured level included."""
    end = scenario.duration
    start = max(scenario.first_time, -min(LONGEST_LEAD, end / 4))
    return min([start, *(row.time for row in scenario.observations)]), end


def _draw_family(axis: Axes, result: Result, family: list[int]) -> None:
    start, end = span(result.scenario)
    times = np.linspace(start, end, max(int((end - start) / result.scenario.step), 400) + 1)
    handles: list[Artist] = []
    top = 0.0
    for n, i in enumerate(family):
        curve = result.curves[i]
        values = curve.value(times)
        axis.plot(times / 24, values, color=PALETTE[n], lw=0.7, alpha=0.7)
        days, smooth = _daily(curve, start, end)
        axis.plot(days, smooth, color=PALETTE[n], lw=1.8, ls=DASHES[n])
        handles.append(_line(n, lw=1.8, label=result.analytes[i].name))
        top = max(top, float(values.max()), draw_levels(axis, result.scenario, result.analytes[i].id, PALETTE[n]))
    if _measured(result, family):
        handles.append(Line2D([], [], ls="", marker="o", mfc="white", mec="#444444", label=_named(result, family)))
    judged = next((i for i in reversed(family) if result.analytes[i].low is not None), family[0])
    legend(axis, reference_range(axis, result.analytes[judged], top), columns=1, right=True)
    axis.set_ylabel(result.analytes[family[0]].unit)
    legend(axis, handles, columns=1)


def draw_levels(axis: Axes, scenario: Scenario, analyte: str, color: str) -> float:
    """Measured levels of an analyte as points, those below quantification as triangles; returns the highest."""
    rows = [row for row in scenario.observations if row.analyte == analyte]
    for row in rows:
        axis.plot(row.time / 24, row.value, "v" if row.below else "o", ms=5, mfc="white", mec=color, mew=1.4, zorder=4)
    return max((row.value for row in rows), default=0.0)


def _named(result: Result, family: list[int]) -> str:
    """What the points of a family are."""
    ids = {result.analytes[i].id for i in family}
    below = any(row.below and row.analyte in ids for row in result.scenario.observations)
    return "measured (▽: below)" if below else "measured"


def _measured(result: Result, family: list[int]) -> bool:
    """Whether an analyte of a family was measured."""
    return bool({result.analytes[i].id for i in family} & {row.analyte for row in result.scenario.observations})


def _draw_overlay(axis: Axes, results: Sequence[Result], analyte: Analyte) -> None:
    top = 0.0
    for n, result in enumerate(results):
        if analyte.id in {row.id for row in result.analytes}:
            days, values = _daily(result.curve(analyte.id), 0.0, result.scenario.duration)
            axis.plot(days, values, color=PALETTE[n % len(PALETTE)], ls=DASHES[n % len(DASHES)], lw=1.6)
            top = max(top, float(values.max()))
    legend(axis, reference_range(axis, analyte, top), columns=1, right=True)
    axis.set_ylabel(analyte.unit)
    axis.set_title(f"{analyte.name}, 24-h average", loc="left")


def reference_range(axis: Axes, analyte: Analyte, top: float) -> list[Artist]:
    """Draw the reference band and, if the axis reaches near it, the alert line; returns what explains them."""
    found: list[Artist] = []
    ceiling = top * 1.12
    if analyte.low is not None and analyte.high is not None:
        axis.axhspan(analyte.low, analyte.high, color=BAND, lw=0, zorder=0)
        name = "" if len(analyte.parts) == 1 else " of the sum"
        text = f"reference range{name} {analyte.low:g}–{analyte.high:g}, before a dose"
        ceiling = max(ceiling, min(analyte.high * 1.08, top * 2.2))
        found.append(Patch(color=BAND, label=text))
    if analyte.alert is not None and analyte.alert < 1.6 * ceiling:
        ceiling = max(ceiling, analyte.alert * 1.08)
        axis.axhline(analyte.alert, color=ALERT, lw=1, ls=(0, (6, 2)))
        found.append(Line2D([], [], color=ALERT, lw=1, ls=(0, (6, 2)), label=f"alert level {analyte.alert:g}"))
    axis.set_ylim(0, ceiling if ceiling > 0 else 1)
    return found


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


def _enzymes_shown(result: Result) -> list[int]:
    """Enzymes that move and clear a compound of the run, in the liver or in the gut wall."""
    monographs = result.scenario.monographs.values()
    used = {f"{pathway.enzyme}_liver" for row in monographs for pathway in row.elimination.pathway}
    used |= {f"{row.first_pass.gut_enzyme}_gut" for row in monographs if row.first_pass is not None}
    curves = result.enzyme_curves
    moves = [np.ptp(curve.value(curve.breaks)) > 1e-3 for curve in curves]
    return [i for i, name in enumerate(result.enzymes) if name in used and moves[i]]


def _draw_enzymes(axis: Axes, result: Result, rows: list[int]) -> None:
    start, end = span(result.scenario)
    times = np.linspace(start, end, 401)
    for n, i in enumerate(rows):
        style = {"color": PALETTE[n % len(PALETTE)], "ls": DASHES[n % len(DASHES)], "lw": 1.3}
        axis.plot(times / 24, result.enzyme_curves[i].value(times), **style)
    axis.axhline(1, color="#888888", lw=0.8)
    axis.set_ylabel("enzyme level\n(uninduced = 1)")
    axis.set_ylim(bottom=0)
    legend(axis, [_line(n, lw=1.3, label=result.enzymes[i].replace("_", " ")) for n, i in enumerate(rows)], columns=3)


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
        daily = course.levels[0] if course.single else sum(row.amount for row in course.clock)
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
    of_patient = [time for time, _ in scenario.patients]
    changes = [time for time in (*scenario.changes, *of_patient) if start < time < end]
    for time in changes if len(changes) <= 12 else []:
        axis.axvline(time / 24, color=EDGE, lw=0.6, ls=(0, (2, 3)), zorder=0.5)
    if start < 0:
        axis.axvline(0, color=EDGE, lw=0.9, zorder=0.6)


def _daily(curve: Curve, start: float, end: float) -> tuple[Array, Array]:
    """Centred 24-h average: days and values."""
    half = min(12.0, (end - start) / 4)
    centres = np.linspace(start + half, end - half, 301)
    return centres / 24, curve.integral(centres - half, centres + half) / (2 * half)


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
