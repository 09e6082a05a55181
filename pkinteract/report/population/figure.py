"""The fan of an analyte: how its 24-h average spreads between patients day by day, and who is above the alert level."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from pkinteract.export.record.population import NOTICE
from pkinteract.report.drawing import (
    ALERT,
    PALETTE,
    STYLE,
    draw_regimens,
    label_time,
    legend,
    mark_changes,
    panels,
    reference_range,
    save,
)
from pkinteract.report.population.fan import Fan
from pkinteract.report.span import span
from pkinteract.scenario import Scenario
from pkinteract.scenario.types import TOLERANCE

_COLOR, _DARK = PALETTE[0], "#00324F"
_WIDE, _NARROW = 0.18, 0.38
"""Opacity of the band of nine patients in ten, and of that of half of them."""


def write_fan(scenario: Scenario, fan: Fan, paths: Sequence[Path]) -> None:
    """Draw one analyte, and write the figure as PNG or SVG by the endings of the paths."""
    figure = draw_fan(scenario, fan)
    for path in paths:
        save(figure, path)


def draw_fan(scenario: Scenario, fan: Fan) -> Figure:
    """Draw one analyte: the fan, the share above the alert level if it has one, and the regimens."""
    analyte = fan.analyte
    drugs = list(scenario.dosed)
    sizes = [(3.0, 4), *([(0.9, 1)] if analyte.alert is not None else []), (0.06 + 0.26 * len(drugs), 1)]
    title = f"{analyte.name} in {fan.patients}: {scenario.title}"
    with mpl.rc_context(STYLE):
        figure, axes = panels(sizes, title=title, widest=max(len(drug) for drug in drugs), notice=NOTICE)
        _draw_spread(axes[0], fan)
        if analyte.alert is not None:
            _draw_share(axes[1], fan)
        draw_regimens(axes[-1], scenario, drugs)
        for axis in axes:
            mark_changes(axis, scenario)
        _name_changes(axes[0], scenario)
        label_time(axes[-1], scenario)
    return figure


def _draw_spread(axis: Axes, fan: Fan) -> None:
    analyte, days, averages, swing = fan.analyte, fan.days, fan.averages, fan.swing
    axis.fill_between(days, averages[0], averages[4], color=_COLOR, alpha=_WIDE, lw=0, zorder=2)
    axis.fill_between(days, averages[1], averages[3], color=_COLOR, alpha=_NARROW, lw=0, zorder=2.1)
    axis.plot(days, averages[2], color=_COLOR, lw=1.8, zorder=2.3)
    for edge in swing[1:]:
        axis.plot(swing[0], edge, color=_DARK, lw=0.9, ls=(0, (1, 1.5)), zorder=2.2)
    judged = reference_range(axis, analyte, max(float(np.nanmax(averages[4])), float(np.nanmax(swing[2]))))
    handles: list[Artist] = [
        Line2D([], [], color=_COLOR, lw=1.8, label="24-h average: median of the patients"),
        Patch(facecolor=(_COLOR, _WIDE + _NARROW), label="half of them (25 to 75 %)"),
        Patch(facecolor=(_COLOR, _WIDE), label="nine in ten (5 to 95 %)"),
        Line2D([], [], color=_DARK, lw=0.9, ls=(0, (1, 1.5)), label="lowest and highest hour of a day: median"),
    ]
    legend(axis, judged, columns=1, right=True)
    legend(axis, handles, columns=1)
    axis.set_ylabel(f"{analyte.id.replace('+', ' +' + chr(10))}\n[{analyte.unit}]")


def _draw_share(axis: Axes, fan: Fan) -> None:
    analyte, days = fan.analyte, fan.ends
    share, low, high = fan.above
    axis.fill_between(days, low, high, color=ALERT, alpha=0.18, lw=0, step="pre")
    axis.step(days, share, color=ALERT, lw=1.3, where="pre")
    axis.set_ylim(0, max(1.0, 1.15 * float(np.nanmax(high))))
    axis.set_ylabel("patients\n[%]")
    when = analyte.judged if analyte.alert_sampled else "at any time of the day"
    text = f"share with a level above {analyte.alert:g} {analyte.unit} {when}, with its 95 % interval"
    axis.set_title(text, loc="left", fontsize=8)


def _name_changes(axis: Axes, scenario: Scenario) -> None:
    """Write beside its line what is started or stopped while others go on."""
    start, end = span(scenario)
    named: list[tuple[float, list[str]]] = []
    for drug in scenario.dosed:
        courses = [course for regimen in scenario.regimens if regimen.drug == drug for course in regimen.courses]
        first, last = min(course.start for course in courses), max(course.stop for course in courses)
        for time, word in ((last, "stopped"), (first, "started")):
            if start < time < end - TOLERANCE and not (word == "stopped" and all(course.single for course in courses)):
                near = next((texts for known, texts in named if abs(known - time) <= TOLERANCE), None)
                if near is None:
                    near = []
                    named.append((time, near))
                near.append(f"{drug} {word}")
    reached, line = start, 0
    for time, texts in sorted(named):
        late = time > start + 0.6 * (end - start)
        width = 0.012 * (end - start) * max(map(len, texts))
        line = line if time - (width if late else 0) < reached else 0
        axis.annotate(
            "\n".join(texts),
            (time / 24, 0.985),
            xycoords=axis.get_xaxis_transform(),
            xytext=(-4 if late else 4, -11 * line),
            textcoords="offset points",
            ha="right" if late else "left",
            va="top",
            fontsize=7.5,
            color="#444444",
            bbox={"facecolor": "white", "alpha": 0.85, "edgecolor": "none", "pad": 1.0},
            zorder=4,
        )
        reached, line = time + (0 if late else width), line + len(texts)
