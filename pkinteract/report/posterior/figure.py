"""The sampled posterior: how every estimate is spread, and every two of them together."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from pkinteract.engine.curves import Array
from pkinteract.fitting.types import Fit, Group, Posterior
from pkinteract.report.drawing import ALERT, PALETTE, STYLE
from pkinteract.report.posterior.text import residual_unit

MOST = 8
"""Estimates that are drawn at most."""

_SIDE = 1.35
"""Of a panel [inch]."""

_TRIM = 0.002
"""Share of the draws beyond each end of an axis [1]."""


def draw_posterior(fit: Fit, group: Group, posterior: Posterior) -> Figure:
    """Histograms on the diagonal, with median and 95 %; the density of every pair below it."""
    free = [n for n, parameter in enumerate(posterior.parameters) if parameter is None or parameter.expr is None]
    shown = free[:MOST]
    size = len(shown)
    labels = [_label(fit, posterior, n) for n in shown]
    values = posterior.values[:, shown]
    notes = [f"subject {group.subject}"] if group.subject else []
    notes += [f"the first {size} of {len(free)} estimates"] if len(free) > size else []
    with mpl.rc_context(STYLE):
        side = max(_SIDE * size, 2.6)
        figure = Figure(figsize=(max(side, 4.0) + 0.6, side + 0.9), layout="constrained")
        more = f" ({', '.join(notes)})" if notes else ""
        told = f"posterior, {len(values)} draws; lines: median and 95 %"
        figure.suptitle(f"{fit.title}{more}\n{told}", x=0.02, ha="left", fontsize=9)
        axes = figure.subplots(size, size, squeeze=False, sharex="col")
        ends = np.quantile(values, [_TRIM, 1 - _TRIM], axis=0)
        for i in range(size):
            for j in range(size):
                if j > i:
                    axes[i, j].set_visible(False)
                elif i == j:
                    _draw_one(axes[i, i], values[:, i], ends[:, i], posterior.quantiles[shown[i]])
                else:
                    _draw_two(axes[i, j], values[:, j], values[:, i], ends[:, j], ends[:, i])
                axes[i, j].tick_params(labelsize=6.5)
                axes[i, j].grid(visible=False)
            axes[-1, i].set_xlabel(labels[i], fontsize=7)
            if i:
                axes[i, 0].set_ylabel(labels[i], fontsize=7)
            for j in range(1, i):
                axes[i, j].tick_params(labelleft=False)
        axes[0, 0].set_ylabel("draws", fontsize=7)
        figure.align_labels()
    return figure


def _label(fit: Fit, posterior: Posterior, n: int) -> str:
    parameter, subject = posterior.parameters[n], posterior.subjects[n]
    name = "residual SD" if parameter is None else parameter.name + (f" ({subject})" if subject else "")
    unit = residual_unit(fit) if parameter is None else parameter.unit
    return name if unit == "1" else f"{name}\n[{unit}]"


def _draw_one(axis: Axes, values: Array, ends: Array, quantiles: Array) -> None:
    axis.hist(values, bins=30, range=(float(ends[0]), float(ends[1])), color=PALETTE[5], edgecolor="none")
    for value, style in zip(quantiles, ("--", "-", "--"), strict=True):
        axis.axvline(value, color=ALERT, lw=1, ls=style)
    axis.set_xlim(*ends)
    axis.xaxis.set_major_locator(MaxNLocator(3))
    axis.set_yticks([])


def _draw_two(axis: Axes, across: Array, up: Array, ends_across: Array, ends_up: Array) -> None:
    reach = [tuple(map(float, ends_across)), tuple(map(float, ends_up))]
    axis.hist2d(across, up, bins=25, range=reach, cmap="Blues", cmin=1)
    axis.set_xlim(*ends_across)
    axis.set_ylim(*ends_up)
    axis.yaxis.set_major_locator(MaxNLocator(3))
