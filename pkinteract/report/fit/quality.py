"""The figures that show how far a fit can be trusted: residuals, correlations of the estimates, profile likelihoods."""

from __future__ import annotations

import math

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.ticker import MaxNLocator
from scipy.interpolate import PchipInterpolator

from pkinteract.engine.curves import Array
from pkinteract.fitting.types import FitResult, Group, Likelihood, Measurand
from pkinteract.report.drawing import ALERT, PALETTE, STYLE
from pkinteract.report.fit.figure import MOST_PANELS, analytes_of, label_decades, set_title

MOST_ESTIMATES = 30
"""Rows of a heat map at most."""

_ACROSS = 4
_CELL = 0.42
"""Side of a cell of a heat map [inch]."""


def draw_residuals(outcome: FitResult) -> Figure:
    """Residuals over their SD against time and against the prediction, a row of two panels per analyte."""
    analytes = analytes_of(outcome)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(7.6, 0.5 + 2.5 * len(analytes)), layout="constrained")
        set_title(figure, outcome.fit.title)
        axes = figure.subplots(len(analytes), 2, squeeze=False, sharey="row")
        for (left, right), analyte in zip(axes, analytes, strict=True):
            times, predicted, weighted = _residuals(outcome, analyte)
            for axis, across in ((left, times), (right, predicted)):
                axis.axhline(0, color="#666666", lw=1)
                axis.plot(across, weighted, "o", ms=3.5, mfc="none", color=PALETTE[0])
            if outcome.fit.residual != "additive" and bool(np.all(predicted > 0)):
                right.set_xscale("log")
                label_decades(right.xaxis)
            reach = 1.1 * float(np.max(np.abs(weighted), initial=1.0))
            left.set(xlabel="time [h]", ylabel="weighted residual [SD]", ylim=(-reach, reach))
            right.set_xlabel(f"predicted [{analyte.unit}]")
            left.set_title(analyte.id, loc="left")
    return figure


def _residuals(outcome: FitResult, analyte: Measurand) -> tuple[Array, Array, Array]:
    """Times [h], predictions in the analyte's unit and residuals over their SD, of what was measured."""
    points: list[tuple[float, float, float]] = []
    for group in outcome.groups:
        sd = 1.0 if outcome.fit.known else group.sd
        for series, predicted, weighted in zip(group.series, group.predicted, group.weighted, strict=True):
            points += [
                (series.times[series.rows[n]], predicted[n], weighted[n] / sd)
                for n, column in enumerate(series.columns)
                if series.analytes[column] == analyte and series.measured[n]
            ]
    times, levels, residuals = np.array(points, dtype=float).reshape(-1, 3).T
    return times, levels, residuals


def draw_correlation(outcome: FitResult) -> Figure:
    """The correlations of the estimates as a heat map, one for each group of at least two estimates."""
    groups = [group for group in outcome.groups if len(group.names) > 1]
    shown = groups[:MOST_PANELS]
    across, down = min(_ACROSS, len(shown)), math.ceil(len(shown) / _ACROSS)
    most = max(len(group.names) for group in shown)
    cells = min(most, MOST_ESTIMATES)
    letters = max(len(name) for group in shown for name in group.names[:MOST_ESTIMATES])
    width, height = _CELL * cells + 0.07 * letters + 0.3, _CELL * cells + 0.055 * letters + 0.4
    notes = [f"the first {len(shown)} of {len(groups)} subjects"] if len(groups) > len(shown) else []
    notes += [f"the first {cells} of {most} estimates"] if most > cells else []
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(max(4.5, 0.8 + width * across), 0.5 + height * down), layout="constrained")
        _title(figure, outcome, notes)
        axes = figure.subplots(down, across, squeeze=False)
        for axis in axes.flat[len(shown) :]:
            axis.set_visible(False)
        images = [_draw_correlation(axis, group) for axis, group in zip(axes.flat, shown, strict=False)]
        figure.colorbar(images[0], ax=axes, label="correlation of the estimates", shrink=max(0.4, 1 / down), aspect=25)
    return figure


def _title(figure: Figure, outcome: FitResult, notes: list[str]) -> None:
    more = f" ({', '.join(notes)})" if notes else ""
    set_title(figure, outcome.fit.title + more)


def _draw_correlation(axis: Axes, group: Group) -> AxesImage:
    names = group.names[:MOST_ESTIMATES]
    values = group.correlation[: len(names), : len(names)]
    above = np.triu(np.ones_like(values, dtype=bool), 1)
    image = axis.imshow(np.ma.masked_where(above | np.isnan(values), values), cmap="PuOr_r", vmin=-1, vmax=1)
    for i, j in np.argwhere(~above):
        value = values[i, j]
        text = "–" if math.isnan(value) else f"{round(value, 2) + 0.0:.2f}".replace("-", "−")
        axis.text(j, i, text, ha="center", va="center", fontsize=6.5, color="white" if abs(value) > 0.6 else "black")
    axis.set_xticks(range(len(names)), names, rotation=40, ha="right", rotation_mode="anchor")
    axis.set_yticks(range(len(names)), names)
    axis.tick_params(labelsize=7, length=0)
    axis.grid(visible=False)
    axis.spines[:].set_visible(False)
    if group.subject:
        axis.set_title(f"subject {group.subject}", loc="left", fontsize=8)
    return image


def draw_likelihood(outcome: FitResult) -> Figure:
    """The drop of 2 log likelihood against every estimate, with the drop at which the 95 % interval ends."""
    likelihoods = [likelihood for group in outcome.groups for likelihood in group.likelihoods]
    shown = likelihoods[:MOST_PANELS]
    each = next(len(group.likelihoods) for group in outcome.groups if group.likelihoods)
    across = min(each if outcome.fit.separate and each <= _ACROSS else _ACROSS, len(shown))
    down = math.ceil(len(shown) / across)
    notes = [f"the first {len(shown)} of {len(likelihoods)} estimates"] if len(likelihoods) > len(shown) else []
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(max(4.5, 0.3 + 2.3 * across), 0.6 + 1.75 * down), layout="constrained")
        _title(figure, outcome, notes)
        axes = figure.subplots(down, across, squeeze=False)
        for axis in axes.flat[len(shown) :]:
            axis.set_visible(False)
        for axis, likelihood in zip(axes.flat, shown, strict=False):
            _draw_likelihood(axis, likelihood)
        figure.supylabel("drop of 2 log L; dashed: 95 %", fontsize=8.5)
    return figure


def _draw_likelihood(axis: Axes, likelihood: Likelihood) -> None:
    """The points and a curve through their signed roots, which are nearly straight."""
    scale, back = (np.log, np.exp) if likelihood.parameter.log else (np.asarray, np.asarray)
    roots = np.sign(likelihood.values - likelihood.best) * np.sqrt(likelihood.drops)
    between = np.linspace(scale(likelihood.values[0]), scale(likelihood.values[-1]), 301)
    drops = PchipInterpolator(scale(likelihood.values), roots)(between) ** 2
    top = 1.8 * likelihood.threshold
    inside = back(between[drops <= top])
    axis.plot(back(between), drops, color=PALETTE[0], lw=1.2)
    axis.plot(likelihood.values, likelihood.drops, "o", ms=3, mfc="none", color=PALETTE[0])
    axis.axhline(likelihood.threshold, color=ALERT, lw=1, ls="--")
    axis.set_ylim(0, top)
    margin = 0.03 * (inside[-1] - inside[0])
    axis.set_xlim(inside[0] - margin, inside[-1] + margin)
    axis.xaxis.set_major_locator(MaxNLocator(4))
    axis.tick_params(labelsize=7)
    unit = "" if likelihood.parameter.unit == "1" else f" [{likelihood.parameter.unit}]"
    axis.set_xlabel(likelihood.parameter.name + unit, fontsize=7.5)
    if likelihood.subject:
        axis.set_title(f"subject {likelihood.subject}", loc="left", fontsize=8)
