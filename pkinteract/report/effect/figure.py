"""The panels of the picture that show what a run does in the brain: units of every site, and the ratio."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, NullLocator

from pkinteract.analytes import name_of
from pkinteract.effect.types import Engagement
from pkinteract.report.drawing import PALETTE, legend
from pkinteract.report.effect.text import drugs_at, seizure_name, site_name
from pkinteract.text.words import words_of

MARKS = (0.25, 0.5, 1.0, 2.0, 4.0)
"""Ratios that are marked [1]."""

LEAST_SPAN = (0.45, 2.2)
"""What the axis of the ratio shows at least [1]."""


def engagement_sizes(effect: Engagement) -> list[tuple[float, int]]:
    """Height [inch] and lines of text of each panel: units, where a site has any, and ratio."""
    strips = _strips(effect)
    return [*([(1.1, len(strips))] if strips else []), (1.2, 1 + len(effect.ratios))]


def draw_engagement(axes: Sequence[Axes], effect: Engagement) -> None:
    """Draw the panels that :func:`engagement_sizes` asks for."""
    if len(axes) == 2:
        _draw_units(axes[0], effect)
    _draw_ratio(axes[-1], effect)


def _strips(effect: Engagement) -> list[tuple[str, np.ndarray, np.ndarray, np.ndarray, bool]]:
    """Name, units and their band of everything that has units, and whether they are by the range alone."""
    words, scenario = words_of("en"), effect.result.scenario
    named = [(f"{site_name(site, words)} ({drugs_at(site, effect, words)})", site) for site in effect.sites]
    strips = [
        (name, site.units, site.units_low, site.units_high, False)
        for name, site in named
        if site.units is not None and site.units_low is not None and site.units_high is not None
    ]
    strips += [
        (f"{name_of(drug.drug, scenario)} (by its range)", drug.units, drug.units, drug.units, True)
        for drug in effect.ranges
        if effect.ranged and drug.units is not None
    ]
    return strips


def _draw_units(axis: Axes, effect: Engagement) -> None:
    days = effect.time / 24
    handles: list[Artist] = []
    for n, (name, units, low, high, ranged) in enumerate(_strips(effect)):
        color = PALETTE[n % len(PALETTE)]
        axis.plot(days, units, color=color, lw=1.5, ls="--" if ranged else "-")
        if ranged:
            axis.fill_between(days, 0, units, facecolor="none", edgecolor=color, hatch="////", lw=0, alpha=0.5)
            handles.append(Patch(facecolor="none", edgecolor=color, hatch="////", label=name))
        else:
            axis.fill_between(days, low, high, color=color, alpha=0.18, lw=0)
            handles.append(Line2D([], [], color=color, lw=1.5, label=name))
    axis.axhline(1, color="#888888", lw=0.8)
    axis.set_ylim(bottom=0)
    axis.set_ylabel("units\n(1 = mid-range)")
    legend(axis, handles, columns=1)


def _draw_ratio(axis: Axes, effect: Engagement) -> None:
    """The ratio on a logarithmic axis; days on which it is withheld stay empty, with an arrow where one is known."""
    days, words = effect.time / 24, words_of("en")
    handles: list[Artist] = []
    seen = [LEAST_SPAN[0], LEAST_SPAN[1]]
    for n, ratio in enumerate(effect.ratios):
        color = PALETTE[n % len(PALETTE)]
        axis.plot(days, ratio.ratio, color=color, lw=1.6)
        axis.fill_between(days, ratio.low, ratio.high, color=color, alpha=0.18, lw=0)
        given = np.isfinite(ratio.ratio)
        seen += [float(ratio.low[given].min()), float(ratio.high[given].max())] if given.any() else []
        name = seizure_name(ratio, words)
        without = "" if given.all() else ", not given on the shaded days" if given.any() else ", not given"
        handles.append(Line2D([], [], color=color, lw=1.6, label=f"excitation over inhibition, {name}{without}"))
        for sign, arrow in (("up", "↑"), ("down", "↓")):
            at = [day for day, own in zip(days, ratio.arrows, strict=True) if own == sign]
            if at:
                axis.text(at[len(at) // 2], 0.92, arrow, transform=axis.get_xaxis_transform(), ha="center", va="top")
        if n == 0 and not given.all():
            axis.fill_between(
                days, 0, 1, where=~given, step="mid", transform=axis.get_xaxis_transform(), color="#EEEEEE", zorder=0
            )
    axis.set_yscale("log", base=2)
    axis.set_ylim(min(seen) / 1.05, max(seen) * 1.05)
    axis.yaxis.set_major_locator(FixedLocator([mark for mark in MARKS if min(seen) <= mark <= max(seen)]))
    axis.yaxis.set_minor_locator(NullLocator())
    axis.set_yticklabels([f"{mark:g}" for mark in MARKS if min(seen) <= mark <= max(seen)])
    axis.axhline(1, color="#888888", lw=0.8)
    axis.set_ylabel("ratio to the day\nbefore the change")
    handles.append(Line2D([], [], ls="", label="a convention, not a seizure risk"))
    legend(axis, handles, columns=1)
