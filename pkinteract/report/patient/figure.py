"""The figure of one patient's levels: what was to be expected, what the levels make of it, and the doses."""

from __future__ import annotations

import math

import matplotlib as mpl
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from pkinteract.fitting.patient.individual import Band, Individual
from pkinteract.report.drawing import (
    PALETTE,
    STYLE,
    draw_levels,
    draw_regimens,
    label_time,
    legend,
    mark_changes,
    panels,
    reference_range,
)
from pkinteract.report.patient.text import notice
from pkinteract.result import Result

_PEOPLE, _CURVE = "#D4D4D4", "#777777"
_COLORS = (PALETTE[0], PALETTE[1], PALETTE[3], PALETTE[4])
"""Not the green, which is that of the range."""
_BARS = 1.96
"""Half-length of the bar of a level [SD]."""
_HIGHEST = 3.0
"""How far a panel reaches at most above what concerns the patient."""


def draw_patient(individual: Individual, result: Result) -> Figure:
    """Draw the bands before and after the levels; ``result`` is the run with the population's values."""
    drugs = list(result.scenario.dosed)
    sizes = [(2.0, 3) for _ in individual.bands] + [(0.06 + 0.26 * len(drugs), 1)]
    with mpl.rc_context(STYLE):
        widest = max(len(drug) for drug in drugs)
        figure, axes = panels(sizes, title=result.scenario.title, widest=widest, notice=notice())
        for n, (axis, band) in enumerate(zip(axes, individual.bands, strict=False)):
            _draw_band(axis, individual, band, result, _COLORS[n % len(_COLORS)])
        draw_regimens(axes[-1], result.scenario, drugs)
        for axis in axes:
            mark_changes(axis, result.scenario)
        label_time(axes[-1], result.scenario)
    return figure


def _draw_band(axis: Axes, individual: Individual, band: Band, result: Result, color: str) -> None:
    days = individual.times / 24
    axis.fill_between(days, band.before[0], band.before[1], color=_PEOPLE, alpha=0.6, lw=0)
    axis.fill_between(days, band.after[0], band.after[1], color=color, alpha=0.35, lw=0)
    axis.plot(days, band.population, color=_CURVE, lw=0.9)
    axis.plot(days, band.individual, color=color, lw=1.2)
    levels = [observation for observation in individual.scenario.observations if observation.analyte == band.analyte.id]
    for level in levels:
        if not level.below:
            ends = [level.value * math.exp(side * _BARS * individual.error) for side in (-1, 1)]
            axis.plot([level.time / 24] * 2, ends, color="#222222", lw=1.1, zorder=3.5)
    highest = draw_levels(axis, individual.scenario, band.analyte.id, "#222222")
    own = max(highest, float(band.after[1].max()), float(band.population.max()))
    analyte = result.analyte(band.analyte.id)
    judged = reference_range(axis, analyte, max(own, min(float(band.before[1].max()), _HIGHEST * own)))
    axis.set_ylabel(f"{band.analyte.id.replace('+', ' +' + chr(10))}\n[{band.analyte.unit}]")
    handles: list[Artist] = [
        Patch(facecolor=_PEOPLE, edgecolor=_CURVE, label="population: typical, 95 % of people"),
        Patch(facecolor=(color, 0.35), edgecolor=color, label="this patient: best estimate, 95 %"),
        Line2D([], [], color="#222222", marker="o", mfc="white", lw=1.1, label=_measured(individual, band)),
    ]
    legend(axis, handles if levels else handles[:2], columns=1)
    legend(axis, judged, columns=1, right=True)


def _measured(individual: Individual, band: Band) -> str:
    below = any(
        observation.below and observation.analyte == band.analyte.id for observation in individual.scenario.observations
    )
    return f"measured, ±{_BARS * 100 * individual.error:.0f} %" + (" (▽ below)" if below else "")
