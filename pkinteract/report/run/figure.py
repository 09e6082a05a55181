"""The figures of a run: analytes with their ranges, enzyme levels, a strip of the regimens; and scenarios overlaid."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from pkinteract.analysis.exposure import PRESENT
from pkinteract.analytes import name_of
from pkinteract.engine.curves import Array, Curve
from pkinteract.report.drawing import (
    PALETTE,
    STYLE,
    draw_levels,
    draw_regimens,
    label_time,
    legend,
    mark_changes,
    outline,
    panels,
    reference_range,
    save,
)
from pkinteract.report.run.enzymes import DrawnEnzyme, drawn_enzymes
from pkinteract.report.span import span
from pkinteract.result import Analyte, Result

DAY = 24.0

AVERAGES = 601
"""Points of an average."""

DOTS: Any = (0, (1, 1))
DASHES: tuple[Any, ...] = ("-", "--", "-.", DOTS, (0, (5, 1, 1, 1)), (0, (3, 1)))


def write_figure(results: Sequence[Result], paths: Sequence[Path]) -> None:
    """Draw a result, or compare several, and write the figure as PNG or SVG by the endings of the paths."""
    figure = draw_result(results[0]) if len(results) == 1 else draw_comparison(results)
    for path in paths:
        save(figure, path)


def draw_result(result: Result) -> Figure:
    """Draw one result: a panel per family of analytes, the enzymes, the regimens.

    What came before t = 0 is drawn too, up to two weeks or a quarter of the output, so that a change at t = 0 is seen.
    """
    families = _families(result)
    enzymes = drawn_enzymes(result, *span(result.scenario))
    drugs = list(result.scenario.dosed)
    sizes = [
        (1.6, max(len(family) + _measured(result, family) + bool(_typical(result, family)), 2)) for family in families
    ]
    sizes += [(1.3, math.ceil((len(enzymes) + 1) / 3))] if enzymes else []
    sizes.append((0.06 + 0.26 * len(drugs), 1))
    with mpl.rc_context(STYLE):
        widest = max(len(drug) for drug in drugs)
        figure, axes = panels(sizes, title=result.scenario.title, widest=widest, notice=result.notice)
        for axis, family in zip(axes, families, strict=False):
            _draw_family(axis, result, family)
        if enzymes:
            _draw_enzymes(axes[len(families)], result, enzymes)
        draw_regimens(axes[-1], result.scenario, drugs)
        for axis in axes:
            mark_changes(axis, result.scenario)
        label_time(axes[-1], result.scenario, " (thick lines: average of the 24 h before)")
    return figure


def draw_comparison(results: Sequence[Result]) -> Figure:
    """Overlay several results: one panel per analyte, one line per scenario."""
    order: dict[str, Analyte] = {analyte.id: analyte for result in results for analyte in result.analytes}
    parts = {part for analyte in order.values() if len(analyte.parts) > 1 for part in analyte.parts}
    shown = [analyte for analyte in order.values() if analyte.id not in parts]
    with mpl.rc_context(STYLE):
        sizes = [(1.6, 2 + (len(results) if n == 0 else 0)) for n in range(len(shown))]
        figure, axes = panels(sizes, title="Scenarios compared", widest=0)
        for axis, analyte in zip(axes, shown, strict=True):
            _draw_overlay(axis, results, analyte)
        axes[-1].set_xlabel("days from t = 0")
        legend(
            axes[0],
            [_line(n, lw=1.6, label=result.scenario.name) for n, result in enumerate(results)],
            columns=1,
            rise=2,
        )
    return figure


def _line(n: int, **style: Any) -> Line2D:
    return Line2D([], [], color=PALETTE[n % len(PALETTE)], ls=DASHES[n % len(DASHES)], **style)


def _families(result: Result) -> list[list[int]]:
    """Analytes that share a parent and a unit, in order; unbound levels, which have a range of their own, apart.

    A drug of which nothing is left where the picture begins, and nothing was measured, has no panel.
    """
    families: dict[tuple[str, str, bool], list[int]] = {}
    for i, analyte in enumerate(result.analytes):
        families.setdefault((analyte.parent, analyte.unit, analyte.unbound), []).append(i)
    known = list(families.values())
    return [family for family in known if _measured(result, family) or any(_there(result, i) for i in family)] or known


def _there(result: Result, place: int) -> bool:
    """Whether an analyte is there at a time that is drawn."""
    curve, (start, _) = result.curves[place], span(result.scenario)
    drawn = np.append(curve.breaks[curve.breaks > start], start)
    return bool(curve.value(drawn).max() > PRESENT * curve.value(curve.breaks).max())


def _draw_family(axis: Axes, result: Result, family: list[int]) -> None:
    start, end = span(result.scenario)
    handles: list[Artist] = []
    top = 0.0
    for n, i in enumerate(family):
        curve = result.curves[i]
        times, values = outline(curve, start, end)
        axis.plot(times / 24, values, color=PALETTE[n], lw=0.7, alpha=0.7)
        days, smooth = _daily(curve, start, end)
        axis.plot(days, smooth, color=PALETTE[n], lw=1.8, ls=DASHES[n])
        handles.append(_line(n, lw=1.8, label=result.analytes[i].name))
        top = max(top, float(values.max()), draw_levels(axis, result.scenario, result.analytes[i].id, PALETTE[n]))
    for n, curve in _typical(result, family):
        days, smooth = _daily(curve, start, end)
        axis.plot(days, smooth, color=PALETTE[n], lw=0.9, ls=":")
        top = max(top, float(smooth.max()))
    if _typical(result, family):
        handles.append(Line2D([], [], color="#444444", lw=0.9, ls=":", label="typical patient"))
    if _measured(result, family):
        handles.append(Line2D([], [], ls="", marker="o", mfc="white", mec="#444444", label=_named(result, family)))
    judged = result.analytes[next((i for i in reversed(family) if result.analytes[i].low is not None), family[0])]
    of = (
        ""
        if len(family) == 1
        else "of the sum"
        if len(judged.parts) > 1
        else f"of {name_of(judged.id, result.scenario)}"
    )
    legend(axis, reference_range(axis, judged, top, of), columns=1, right=True)
    axis.set_ylabel(result.analytes[family[0]].unit)
    legend(axis, handles, columns=1)


def _typical(result: Result, family: list[int]) -> list[tuple[int, Curve]]:
    """Curves of a typical patient beside those of a fitted one, where they are others, by their place in the family."""
    curves = [(n, result.typical(i)) for n, i in enumerate(family)]
    return [(n, curve) for n, curve in curves if curve is not None]


def _named(result: Result, family: list[int]) -> str:
    """What the points of a family are."""
    ids = {result.analytes[i].id for i in family}
    below = any(observation.below and observation.analyte in ids for observation in result.scenario.observations)
    return "measured (▽: below)" if below else "measured"


def _measured(result: Result, family: list[int]) -> bool:
    """Whether an analyte of a family was measured."""
    return bool(
        {result.analytes[i].id for i in family} & {observation.analyte for observation in result.scenario.observations}
    )


def _draw_overlay(axis: Axes, results: Sequence[Result], analyte: Analyte) -> None:
    top = 0.0
    for n, result in enumerate(results):
        if analyte.id in {analyte.id for analyte in result.analytes}:
            days, values = _daily(result.curve(analyte.id), 0.0, result.scenario.duration)
            axis.plot(days, values, color=PALETTE[n % len(PALETTE)], ls=DASHES[n % len(DASHES)], lw=1.6)
            top = max(top, float(values.max()))
    legend(axis, reference_range(axis, analyte, top), columns=1, right=True)
    axis.set_ylabel(analyte.unit)
    axis.set_title(f"{analyte.name}, average of the 24 h before", loc="left")


def _draw_enzymes(axis: Axes, result: Result, enzymes: list[DrawnEnzyme]) -> None:
    """A line per enzyme; of an inhibited one the activity that is left, and dotted what there would be without."""
    start, end = span(result.scenario)
    dashes = [dash for dash in DASHES if dash != DOTS]
    handles: list[Artist] = []
    for n, enzyme in enumerate(enzymes):
        color, style = PALETTE[n % len(PALETTE)], {"ls": dashes[n % len(dashes)], "lw": 1.3}
        handles.append(Line2D([], [], color=color, label=enzyme.name.replace("_", " "), **style))
        if enzyme.left is None:
            axis.plot(enzyme.times / 24, enzyme.level, color=color, **style)
            continue
        if enzyme.moves:
            axis.plot(enzyme.times / 24, enzyme.level, color=color, lw=1, ls=DOTS)
        values = enzyme.level * enzyme.left
        axis.plot(enzyme.times / 24, values, color=color, lw=0.6, alpha=0.5)
        times, averages = enzyme.averages()
        axis.plot(times / 24, averages, color=color, **style)
    if any(enzyme.moves and enzyme.left is not None for enzyme in enzymes):
        handles.append(Line2D([], [], color="#444444", lw=1, ls=DOTS, label="without reversible inhibition"))
    axis.axhline(1, color="#888888", lw=0.8)
    axis.set_xlim(start / 24, end / 24)
    axis.set_ylabel("enzyme activity\n(uninduced = 1)")
    axis.set_ylim(bottom=0)
    legend(axis, handles, columns=3)


def _daily(curve: Curve, start: float, end: float) -> tuple[Array, Array]:
    """Average of the 24 h before: days and values; where nothing was there before the run, from its beginning on."""
    first = float(curve.breaks[0])
    window = min(DAY, (end - start) / 2)
    known = float(curve.value(first)) == 0 or start - window >= first
    times = np.linspace(start if known else first + window, end, AVERAGES)
    return times / 24, curve.integral(np.maximum(times - window, first), times) / window
