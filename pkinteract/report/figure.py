"""The figures: analytes with their ranges, enzyme levels, a strip of the regimens; and scenarios overlaid.

Colours are those of Okabe and Ito, told apart by people with any common colour blindness; line styles differ as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from pkinteract.result import Analyte, Result

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
DASHES: tuple[str | tuple[int, tuple[int, ...]], ...] = ("-", "--", "-.", (0, (1, 1)), (0, (5, 1, 1, 1)), (0, (3, 1)))
BAND, ALERT = "#009E73", "#B00020"
STYLE = {
    "font.size": 8.5,
    "axes.titlesize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#E4E4E4",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "pkinteract",
}


def draw_result(result: Result) -> Figure:
    """Draw one result: a panel per family of analytes, the enzymes, the regimens."""
    families = _families(result)
    enzymes = [i for i, row in enumerate(result.enzyme_level) if np.ptp(row) > 1e-3]
    drugs = list(result.scenario.dosed)
    heights = [1.7] * len(families) + [1.2] * bool(enzymes) + [0.25 + 0.26 * len(drugs)]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(7.6, sum(heights) + 0.42 * len(heights) + 0.9), layout="constrained")
        axes = figure.subplots(len(heights), 1, sharex=True, gridspec_kw={"height_ratios": heights}, squeeze=False)[:, 0]
        for axis, family in zip(axes, families, strict=False):
            _draw_family(axis, result, family)
        if enzymes:
            _draw_enzymes(axes[len(families)], result, enzymes)
        _draw_regimens(axes[-1], result, drugs)
        _label_time(axes[-1], result)
        figure.suptitle(_wrapped(result.scenario.title), fontsize=10.5, fontweight="bold", x=0.01, ha="left")
        figure.supxlabel(
            "Model prediction for a typical patient; decision support, not a medical device: verify against measured levels.",
            fontsize=7,
            color="#555555",
            x=0.01,
            ha="left",
        )
    return figure


def draw_comparison(results: Sequence[Result]) -> Figure:
    """Overlay several results: one panel per analyte, one line per scenario."""
    order: dict[str, Analyte] = {row.id: row for result in results for row in result.analytes}
    shown = [row for row in order.values() if not any(row.id in other.parts and row.id != other.id for other in order.values())]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(7.6, 2.1 * len(shown) + 0.5 + 0.2 * len(results)), layout="constrained")
        axes = figure.subplots(len(shown), 1, sharex=True, squeeze=False)[:, 0]
        for axis, analyte in zip(axes, shown, strict=True):
            top = 0.0
            for n, result in enumerate(results):
                if all(row.id != analyte.id for row in result.analytes):
                    continue
                days, values = _daily(result, analyte.id)
                axis.plot(days, values, color=PALETTE[n % 7], ls=DASHES[n % 6], lw=1.6, label=result.scenario.name)
                top = max(top, float(values.max()))
            _range(axis, analyte, top)
            axis.set_title(f"{analyte.name}, 24-h average", loc="left")
            axis.set_ylabel(analyte.unit)
        axes[-1].set_xlabel("days from t = 0")
        handles: dict[str, object] = {}
        for axis in axes:
            lines, names = axis.get_legend_handles_labels()
            handles |= dict(zip(names, lines, strict=True))
        figure.legend(list(handles.values()), list(handles), loc="outside upper left", ncols=1)
    return figure


def save(figure: Figure, path: Path) -> None:
    """Write a figure as PNG (150 dpi) or SVG, by the ending of ``path``."""
    with mpl.rc_context(STYLE):
        if path.suffix == ".svg":
            FigureCanvasSVG(figure).print_svg(path, metadata={"Date": None})
        else:
            FigureCanvasAgg(figure)
            figure.savefig(path, dpi=150)


def _families(result: Result) -> list[list[int]]:
    """Analytes that share a parent and a unit, in order."""
    found: dict[tuple[str, str], list[int]] = {}
    for i, analyte in enumerate(result.analytes):
        found.setdefault((analyte.parent, analyte.unit), []).append(i)
    return list(found.values())


def _draw_family(axis: Axes, result: Result, family: list[int]) -> None:
    days = result.time / 24
    judged = next((i for i in reversed(family) if result.analytes[i].low is not None), family[0])
    top = max(float(result.concentration[i].max()) for i in family)
    for n, i in enumerate(family):
        axis.plot(days, result.concentration[i], color=PALETTE[n], lw=0.7 if len(days) > 400 else 1.2, alpha=0.75)
        smooth, values = _daily(result, result.analytes[i].id)
        axis.plot(smooth, values, color=PALETTE[n], lw=1.8, ls=DASHES[n], label=result.analytes[i].name)
    _range(axis, result.analytes[judged], top)
    axis.set_ylabel(result.analytes[family[0]].unit)
    axis.set_ylim(bottom=0)
    axis.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=4, borderaxespad=0.1, handlelength=2.4, columnspacing=1.2)


def _range(axis: Axes, analyte: Analyte, top: float) -> None:
    """Reference band and, if the axis reaches near it, the alert line."""
    ceiling = top * 1.12
    if analyte.low is not None and analyte.high is not None:
        axis.axhspan(analyte.low, analyte.high, color=BAND, alpha=0.10, lw=0)
        name = "" if len(analyte.parts) == 1 else "sum "
        text = f"{name}reference range {analyte.low:g}–{analyte.high:g} (before a dose)"
        ceiling = max(ceiling, min(analyte.high * 1.08, top * 2.2))
        where = min(analyte.high, ceiling)
        axis.text(0.995, where, text, transform=axis.get_yaxis_transform(), ha="right", va="top", fontsize=7, color="#00604A")
    if analyte.alert is not None and analyte.alert < 1.6 * ceiling:
        ceiling = max(ceiling, analyte.alert * 1.08)
        axis.axhline(analyte.alert, color=ALERT, lw=1, ls=(0, (6, 2)))
        text = f"alert level {analyte.alert:g}"
        axis.text(0.995, analyte.alert, text, transform=axis.get_yaxis_transform(), ha="right", va="bottom", fontsize=7, color=ALERT)
    if ceiling > 0:
        axis.set_ylim(0, ceiling)


def _draw_enzymes(axis: Axes, result: Result, rows: list[int]) -> None:
    for n, i in enumerate(rows):
        label = result.enzymes[i].replace("_", " ")
        axis.plot(result.time / 24, result.enzyme_level[i], color=PALETTE[n % 7], ls=DASHES[n % 6], lw=1.3, label=label)
    axis.axhline(1, color="#888888", lw=0.8)
    axis.set_ylabel("enzyme level\n(uninduced = 1)")
    axis.set_ylim(bottom=0)
    axis.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=4, borderaxespad=0.1, handlelength=2.4, columnspacing=1.2)


def _draw_regimens(axis: Axes, result: Result, drugs: list[str]) -> None:
    """A bar per course, labelled with its daily dose; missed doses as crosses."""
    end = result.scenario.duration / 24
    for row, drug in enumerate(drugs):
        for text, start, stop, missed in _bars(result, drug):
            left, right = max(start / 24, 0.0), min(stop / 24, end)
            if right <= 0 or left >= end:
                continue
            axis.barh(row, max(right - left, end / 300), left=left, height=0.72, color=PALETTE[row % 7], alpha=0.28, lw=0)
            if right - left > 0.13 * end:
                axis.text((left + right) / 2, row, text, ha="center", va="center", fontsize=7.5)
            axis.plot(np.array(missed) / 24, [row] * len(missed), "x", color=ALERT, ms=5)
    axis.set_yticks(range(len(drugs)), drugs)
    axis.set_ylim(len(drugs) - 0.5, -0.5)
    axis.grid(visible=False)
    axis.set_title("doses per day (× missed)" if any(dose.missed for dose in result.scenario.doses) else "doses per day", loc="left")


def _bars(result: Result, drug: str) -> list[tuple[str, float, float, list[float]]]:
    bars = []
    for regimen in (regimen for regimen in result.scenario.regimens if regimen.drug == drug):
        for course in regimen.courses:
            if course.single:
                bars.append((f"{course.levels[0]:g} mg", course.start, course.start, list(course.missed)))
            elif course.clock:
                bars.append((f"{sum(row.amount for row in course.clock):g} mg/d", course.start, course.stop, list(course.missed)))
            else:
                length = course.level_length or course.stop - course.start
                for n, level in enumerate(course.levels):
                    start = course.start + n * length
                    daily = level * 24 / (course.every or 24.0)
                    missed = [time for time in course.missed if start <= time < start + length]
                    bars.append((f"{daily:g} mg/d", start, min(start + length, course.stop), missed))
    return bars


def _daily(result: Result, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Centred 24-h average over the run: days and values."""
    curve, end = result.curve(name), result.scenario.duration
    half = min(12.0, end / 4)
    centres = np.linspace(half, end - half, 241)
    values = np.array([curve.integral(time - half, time + half) / (2 * half) for time in centres])
    return centres / 24, values


def _label_time(axis: Axes, result: Result) -> None:
    scenario = result.scenario
    axis.set_xlim(0, scenario.duration / 24)
    if scenario.start is None:
        axis.set_xlabel("days from t = 0 (thick lines: 24-h average)")
        return
    ticks = [tick for tick in axis.get_xticks() if 0 <= tick <= scenario.duration / 24]
    axis.set_xticks(ticks, [f"{scenario.start + timedelta(days=float(tick)):%d %b}\nday {tick:g}" for tick in ticks])
    axis.set_xlabel(f"date, {scenario.start:%Y} (thick lines: 24-h average)")


def _wrapped(text: str) -> str:
    import textwrap

    return "\n".join(textwrap.wrap(text, 88))
