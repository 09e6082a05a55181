"""The figures of a fit: observed against predicted, and the curve through the points of every subject."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from pkinteract import NOTICE
from pkinteract.engine.curves import Array
from pkinteract.fitting.predict.curves import PredictedCurve
from pkinteract.fitting.types import FitResult, Measurand
from pkinteract.report.drawing import PALETTE, STYLE

MOST_PANELS = 48
"""Subjects that are drawn at most."""

_ACROSS = 4

_SHORT = 18
"""Characters from which on a name stands without the word "subject"; a line has twice as many."""


def draw_observed(outcome: FitResult) -> Figure:
    """Measured against predicted concentrations with the line of identity, one panel per analyte."""
    analytes = analytes_of(outcome)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(0.4 + 3.7 * len(analytes), 4.2), layout="constrained")
        set_title(figure, outcome.fit.title)
        axes = figure.subplots(1, len(analytes), squeeze=False)[0]
        for axis, analyte in zip(axes, analytes, strict=True):
            predicted, observed, side = _pairs(outcome, analyte)
            positive = bool(np.all(predicted > 0) and np.all(observed > 0))
            logarithmic = outcome.fit.residual != "additive" and positive
            lowest = float(min(predicted.min(), observed.min()))
            low = 0.9 * lowest if logarithmic else min(1.2 * lowest, 0.0)
            high = float(max(predicted.max(), observed.max())) * 1.06
            axis.plot([low, high], [low, high], color="#666666", lw=1)
            axis.plot(predicted[side == 0], observed[side == 0], "o", ms=3.5, mfc="none", color=PALETTE[0])
            for beyond, mark, what in ((1, "v", "below this limit"), (-1, "^", "above this limit")):
                if np.any(chosen := side == beyond):
                    axis.plot(predicted[chosen], observed[chosen], mark, ms=4, color=PALETTE[1], label=what)
            if np.any(side):
                axis.legend(loc="upper left")
            if logarithmic:
                axis.set(xscale="log", yscale="log")
                label_decades(axis.xaxis, axis.yaxis)
            axis.set(xlim=(low, high), ylim=(low, high), aspect="equal")
            axis.set_xlabel(f"predicted [{analyte.unit}]")
            axis.set_ylabel(f"observed [{analyte.unit}]")
            axis.set_title(analyte.id, loc="left")
    return figure


def set_title(figure: Figure, title: str) -> None:
    """A title of as many lines as the figure's width asks for."""
    figure.suptitle(textwrap.fill(title, int(14 * figure.get_figwidth())), x=0.02, ha="left", fontsize=9)


def label_decades(*sides: Axis) -> None:
    """Plain numbers at 1, 2, 5 of every decade."""
    for side in sides:
        side.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        side.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        side.set_minor_formatter(NullFormatter())


def analytes_of(outcome: FitResult) -> list[Measurand]:
    """Whose levels were measured, each once."""
    used: dict[Measurand, None] = {}
    for series in outcome.fit.series:
        if not series.runs:
            used |= dict.fromkeys(series.analytes[column] for column in series.columns)
    return list(used)


def _pairs(outcome: FitResult, analyte: Measurand) -> tuple[Array, Array, Array]:
    """Predictions, measurements or limits, and 0, 1 or -1 for what was measured, below a limit and above one."""
    predicted, observed, side = [], [], []
    for group in outcome.groups:
        for series, values in zip(group.series, group.predicted, strict=True):
            for n, column in enumerate(series.columns):
                if series.analytes[column] == analyte:
                    predicted.append(values[n])
                    observed.append(series.values[n])
                    side.append(series.side[n])
    return np.array(predicted), np.array(observed), np.array(side)


def draw_profiles(outcome: FitResult, profiles: Sequence[PredictedCurve]) -> Figure:
    """The predicted curve through the measurements, one panel per subject and data set."""
    shown = profiles[:MOST_PANELS]
    across = min(_ACROSS, len(shown))
    down = math.ceil(len(shown) / across)
    left_out = len(profiles) - len(shown)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(max(4.0, 2.3 * across), 0.9 + 1.8 * down), layout="constrained")
        more = f" (the first {len(shown)} of {len(profiles)})" if left_out else ""
        set_title(figure, outcome.fit.title + more)
        axes = figure.subplots(down, across, squeeze=False)
        for place, axis in enumerate(axes.flat):
            if place < len(shown):
                _draw_profile(axis, shown[place], several=len(outcome.fit.files) > 1)
            else:
                axis.set_visible(False)
        figure.supylabel(_units(shown), fontsize=8.5)
        notice = textwrap.fill(NOTICE, int(18 * figure.get_figwidth()))
        figure.supxlabel(f"time [h]\n{notice}", fontsize=7.5)
    return figure


def _units(profiles: Sequence[PredictedCurve]) -> str:
    units = dict.fromkeys(analyte.unit for profile in profiles for analyte in profile.series.analytes)
    return f"concentration [{', '.join(units)}]"


def _draw_profile(axis: Axes, profile: PredictedCurve, *, several: bool) -> None:
    series = profile.series
    for column, analyte in enumerate(series.analytes):
        color = PALETTE[column % len(PALETTE)]
        mine = np.array(series.columns) == column
        axis.plot(profile.times, profile.levels[column], color=color, lw=1.2, label=analyte.id)
        times = series.times[list(series.rows)]
        for side, mark in ((0, "o"), (1, "v"), (-1, "^")):
            shown = mine & (series.side == side)
            axis.plot(times[shown], series.values[shown], mark, ms=3.2, mfc="none", color=color)
    name = f"subject {series.subject}" if len(series.subject) < _SHORT else series.subject
    name += f", data set {series.data + 1}" if several else ""
    lines = textwrap.wrap(name, 2 * _SHORT, max_lines=2, placeholder="…")
    axis.set_title("\n".join(lines), loc="left", fontsize=7)
    axis.set_ylim(bottom=min(0.0, 1.2 * float(series.values.min())))
    axis.tick_params(labelsize=7)
    if len(series.analytes) > 1:
        axis.legend(fontsize=6.5)
