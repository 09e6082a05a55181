"""The fan of an analyte: how its 24-h average spreads between patients day by day, and who is above the alert level."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from pkinteract.export.record.population import NOTICE
from pkinteract.export.tables.population import BANDS, bands, shares
from pkinteract.population.people.cohort import Array
from pkinteract.population.run.plan import Plan
from pkinteract.population.statistics.tally import Tally, quantiles
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
    span,
)
from pkinteract.report.population.text import counted
from pkinteract.scenario import Scenario
from pkinteract.scenario.types import TOLERANCE

_COLOR, _DARK = PALETTE[0], "#00324F"
_WIDE, _NARROW = 0.18, 0.38
"""Opacity of the band of nine patients in ten, and of that of half of them."""


def draw_fan(plan: Plan, tally: Tally, place: int) -> Figure:
    """Draw one analyte: the fan, the share above the alert level if it has one, and the regimens."""
    scenario, analyte = plan.scenario, plan.analytes[place]
    drugs = list(scenario.dosed)
    rows = [(3.0, 4), *([(0.9, 1)] if analyte.alert is not None else []), (0.06 + 0.26 * len(drugs), 1)]
    title = f"{analyte.name} in {counted(plan, tally)}: {scenario.title}"
    with mpl.rc_context(STYLE):
        figure, axes = panels(rows, title=title, widest=max(len(drug) for drug in drugs), notice=NOTICE)
        _draw_spread(axes[0], plan, tally, place)
        if analyte.alert is not None:
            _draw_share(axes[1], plan, tally, place)
        draw_regimens(axes[-1], scenario, drugs)
        for axis in axes:
            mark_changes(axis, scenario)
        _name_changes(axes[0], scenario)
        label_time(axes[-1], scenario)
    return figure


def _draw_spread(axis: Axes, plan: Plan, tally: Tally, place: int) -> None:
    analyte, days = plan.analytes[place], plan.windows.ends / 24
    fan = quantiles(tally.averages[place], (0.05, 0.25, 0.5, 0.75, 0.95), plan.lowest[place])
    if plan.windows.edges[0] < 0:  # what was taken for weeks has the same average all through the first day
        days, fan = np.append(days[0] - 1, days), np.concatenate([fan[:, :1], fan], axis=1)
    swing = _swing(plan, bands(plan, tally, place)[0][BANDS.index(0.5)])
    axis.fill_between(days, fan[0], fan[4], color=_COLOR, alpha=_WIDE, lw=0, zorder=2)
    axis.fill_between(days, fan[1], fan[3], color=_COLOR, alpha=_NARROW, lw=0, zorder=2.1)
    axis.plot(days, fan[2], color=_COLOR, lw=1.8, zorder=2.3)
    for edge in swing[1:]:
        axis.plot(swing[0], edge, color=_DARK, lw=0.9, ls=(0, (1, 1.5)), zorder=2.2)
    judged = reference_range(axis, analyte, max(float(np.nanmax(fan[4])), float(np.nanmax(swing[2]))))
    handles: list[Artist] = [
        Line2D([], [], color=_COLOR, lw=1.8, label="24-h average: median of the patients"),
        Patch(facecolor=(_COLOR, _WIDE + _NARROW), label="half of them (25 to 75 %)"),
        Patch(facecolor=(_COLOR, _WIDE), label="nine in ten (5 to 95 %)"),
        Line2D([], [], color=_DARK, lw=0.9, ls=(0, (1, 1.5)), label="lowest and highest hour of a day: median"),
    ]
    legend(axis, judged, columns=1, right=True)
    legend(axis, handles, columns=1)
    axis.set_ylabel(f"{analyte.id.replace('+', ' +' + chr(10))}\n[{analyte.unit}]")


def _swing(plan: Plan, median: Array) -> tuple[Array, Array, Array]:
    """Days, and the lowest and the highest median level on the grid within the 24 h before each."""
    ends = plan.windows.ends[plan.windows.ends >= plan.grid[0] + 24]
    inside = [(plan.grid > end - 24) & (plan.grid <= end) for end in ends]
    return ends / 24, *(np.array([how(median[hours]) for hours in inside]) for how in (np.min, np.max))


def _draw_share(axis: Axes, plan: Plan, tally: Tally, place: int) -> None:
    analyte, days = plan.analytes[place], plan.windows.ends / 24
    share, low, high = (
        100 * row for row in shares(tally.above[place], np.full(len(days), tally.patients[0], dtype=np.int64))
    )
    axis.fill_between(days, low, high, color=ALERT, alpha=0.18, lw=0, step="pre")
    axis.step(days, share, color=ALERT, lw=1.3, where="pre")
    axis.set_ylim(0, max(1.0, 1.15 * float(np.nanmax(high))))
    axis.set_ylabel("patients\n[%]")
    text = f"share with a level above {analyte.alert:g} {analyte.unit} at any time of the day, with its 95 % interval"
    axis.set_title(text, loc="left", fontsize=8)


def _name_changes(axis: Axes, scenario: Scenario) -> None:
    """Write beside its line what is started or stopped while others go on."""
    start, end = span(scenario)
    named: list[tuple[float, list[str]]] = []
    for drug in scenario.dosed:
        courses = [course for row in scenario.regimens if row.drug == drug for course in row.courses]
        first, last = min(course.start for course in courses), max(course.stop for course in courses)
        for time, word in ((last, "stopped"), (first, "started")):
            if start < time < end - TOLERANCE and not (word == "stopped" and all(row.single for row in courses)):
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
