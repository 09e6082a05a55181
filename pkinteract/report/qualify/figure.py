"""The figures of a qualification: predicted against observed, a forest of every study, the curves of one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter, NullLocator

from pkinteract import NOTICE
from pkinteract.library.evidence.studies import Study
from pkinteract.qualify.measure import guest_limit
from pkinteract.qualify.outcome import StudyOutcome
from pkinteract.report.drawing import EDGE, PALETTE, STYLE, WIDTH
from pkinteract.result import Result

_MECHANISMS = {
    "induction": (PALETTE[0], "o"),
    "inhibition": (PALETTE[1], "s"),
    "inactivation": (PALETTE[2], "^"),
    "mixed": (PALETTE[3], "D"),
    "displacement": (PALETTE[4], "v"),
    "gene": (PALETTE[6], "x"),
}
_GONE = 0.02
"""Share of the peak below which a curve is not drawn further [1]."""

_Group = tuple[str, list[StudyOutcome]]
"""Perpetrator and victim, and their studies."""

_COLUMN, _LONGEST = 5.4, 95
"""Width of a column of the forest [inch], and its lines at most, about."""

_TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)


def draw_agreement(outcomes: Sequence[StudyOutcome]) -> Figure:
    """Predicted against observed ratio, with unity, twofold and Guest's limits."""
    done = _compared(outcomes)
    values = [value for outcome in done for value in _pair(outcome)]
    low, high = min(0.5, min(values)) / 1.3, max(2.0, max(values)) * 1.3
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, 7.6))
        axis = figure.add_axes((0.11, 0.1, 0.86, 0.84))
        axis.set(xscale="log", yscale="log", xlim=(low, high), ylim=(low, high), aspect="equal")
        across = np.geomspace(low, high, 301)
        limit = np.array([guest_limit(ratio) for ratio in across])
        axis.plot(across, across, color="#444444", lw=1)
        for factor in (0.5, 2):
            axis.plot(across, factor * across, color=EDGE, lw=1, ls="--")
        for guest in (across * limit, across / limit):
            axis.plot(across, guest, color=PALETTE[3], lw=1.1)
        lines = [
            Line2D([], [], color=EDGE, lw=1, ls="--", label="twofold"),
            Line2D([], [], color=PALETTE[3], lw=1.1, label="Guest 2011"),
        ]
        for mechanism, (color, marker) in _MECHANISMS.items():
            mine = [_pair(outcome) for outcome in done if outcome.study.mechanism == mechanism]
            if mine:
                predicted, observed = np.array(mine).T
                own: dict[str, Any] = {"mfc": "none", "mec": color, "marker": marker, "ls": "", "ms": 5, "mew": 1}
                axis.plot(observed, predicted, alpha=0.9, **own)
                lines.append(Line2D([], [], label=f"{mechanism} ({len(mine)})", **own))
        _decades(axis, low, high, both=True)
        axis.set(xlabel="observed ratio of exposure, treatment/control [1]", ylabel="predicted ratio [1]")
        axis.legend(handles=lines, loc="upper left")
        figure.text(0.02, 0.97, "Interaction studies: predicted against observed", fontsize=10.5, fontweight="bold")
        figure.text(0.02, 0.015, NOTICE, fontsize=7, color="#555555")
    return figure


def draw_forest(outcomes: Sequence[StudyOutcome]) -> Figure:
    """Every study on a line of its own: observed with its spread, predicted, and Guest's limits around the observed."""
    done = sorted(_compared(outcomes), key=_order)
    columns = _columns([(couple, list(members)) for couple, members in groupby(done, key=_couple)])
    lines = max(sum(1 + len(members) for _, members in column) for column in columns)
    top, foot, line = 0.85, 0.75, 0.16
    whole, width = top + line * (lines + 1) + foot, _COLUMN * len(columns)
    values = [value for outcome in done for value in _reach(outcome)]
    low, high = min(0.5, min(values)) / 1.3, max(2.0, max(values)) * 1.3
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(width, whole))
        for n, column in enumerate(columns):
            box = ((n + 0.36) / len(columns), foot / whole, 0.47 / len(columns), line * (lines + 1) / whole)
            axis = figure.add_axes(box)
            _draw_column(axis, column)
            axis.set(xscale="log", xlim=(low, high), ylim=(lines + 0.5, -0.5))
            _decades(axis, low, high, sparse=True)
            axis.set_xlabel("ratio of exposure, treatment/control [1]")
        handles = [
            Line2D([], [], color="black", marker="o", ms=4, ls="-", lw=1, label="observed, with a published interval"),
            Line2D([], [], color=PALETTE[1], marker="D", ms=4, ls="", label="predicted"),
            Line2D([], [], color=PALETTE[5], lw=5, alpha=0.35, label="Guest's limits"),
        ]
        place = (0.1 / width, 1 - 0.35 / whole)
        figure.legend(handles=handles, loc="upper left", bbox_to_anchor=place, ncols=3, borderaxespad=0)
        title = "Interaction studies: observed / predicted ratio"
        figure.text(0.1 / width, 1 - 0.25 / whole, title, fontsize=10.5, fontweight="bold")
        figure.text(0.1 / width, 0.1 / whole, NOTICE, fontsize=7, color="#555555")
    return figure


def _columns(groups: Sequence[_Group]) -> list[list[_Group]]:
    """Groups side by side, of about equal height."""
    total = sum(1 + len(members) for _, members in groups)
    count = max(1, math.ceil(total / _LONGEST))
    columns: list[list[_Group]] = [[]]
    filled, done = 0, 0
    for couple, members in groups:
        if filled and done + (1 + len(members)) / 2 > total * len(columns) / count:
            columns.append([])
            filled = 0
        columns[-1].append((couple, members))
        filled += 1 + len(members)
        done += 1 + len(members)
    return columns


def _draw_column(axis: Axes, groups: Sequence[_Group]) -> None:
    side = axis.get_yaxis_transform()
    places: list[tuple[float, str]] = []
    spot = 0.0
    for couple, members in groups:
        axis.text(-0.74, spot, couple, transform=side, fontweight="bold", fontsize=7.5, va="center")
        spot += 1
        for outcome in members:
            _draw_study(axis, spot, outcome)
            study = outcome.study
            name = study.study if len(study.study) <= 26 else f"{study.study[:25]}…"
            places.append((spot, f"{name} ({study.id})"))
            spot += 1
    axis.axvline(1, color="#444444", lw=0.8)
    axis.set_yticks([place for place, _ in places], [text for _, text in places])
    axis.tick_params(axis="y", labelsize=6.5, length=0)
    axis.grid(visible=False, axis="y")
    axis.spines["left"].set_visible(False)


def _draw_study(axis: Axes, spot: float, outcome: StudyOutcome) -> None:
    predicted, observed = _pair(outcome)
    limit = guest_limit(observed)
    axis.plot(
        [observed / limit, observed * limit], [spot, spot], color=PALETTE[5], lw=5, alpha=0.35, solid_capstyle="butt"
    )
    spread = outcome.study.exposure
    if spread is not None and spread.low is not None and spread.high is not None:
        axis.plot([spread.low, spread.high], [spot, spot], color="black", lw=1)
    axis.plot(observed, spot, "o", color="black", ms=3.5)
    axis.plot(predicted, spot, "D", color=PALETTE[1], ms=3.5)
    text = f"{observed:.3g} / {predicted:.3g}"
    axis.text(1.02, spot, text, transform=axis.get_yaxis_transform(), fontsize=6.5, va="center")


def draw_arms(study: Study, control: Result, treatment: Result) -> Figure:
    """The analyte in both arms of a study, from the beginning of the window of each, until it has all but gone."""
    acting = " + ".join(study.perpetrators)
    arms = (
        (control, study.control, "control"),
        (treatment, study.treatment, f"with {acting}" if acting else "other genotype"),
    )
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, 4.2))
        axis = figure.add_axes((0.13, 0.17, 0.83, 0.7))
        longest = 0.0
        for n, (result, arm, name) in enumerate(arms):
            span = min(arm.window[1], result.scenario.duration) - arm.window[0]
            times = np.linspace(0, span, 2001)
            values = result.curve(study.analyte).value(arm.window[0] + times, side="right")
            longest = max(longest, float(times[np.flatnonzero(values > _GONE * np.max(values))[-1]]))
            axis.plot(times, values, color=PALETTE[n], lw=1.6, ls=("-", "--")[n], label=name)
        unit = control.analyte(study.analyte).unit
        axis.set(xlabel="time from the beginning of the area [h]", ylabel=f"{study.analyte} [{unit}]")
        axis.set_xlim(0, longest)
        axis.set_ylim(bottom=0)
        axis.legend(loc="upper right")
        title = f"{study.study}: {acting or 'genotypes'} on {study.analyte}"
        figure.text(0.02, 0.94, title, fontsize=10.5, fontweight="bold")
        figure.text(0.02, 0.02, NOTICE, fontsize=7, color="#555555")
    return figure


def _compared(outcomes: Sequence[StudyOutcome]) -> list[StudyOutcome]:
    return [outcome for outcome in outcomes if outcome.exposure is not None and outcome.study.exposure is not None]


def _pair(outcome: StudyOutcome) -> tuple[float, float]:
    """Predicted and observed."""
    observed = outcome.study.exposure
    return outcome.exposure or 0.0, observed.ratio if observed is not None else 0.0


def _reach(outcome: StudyOutcome) -> list[float]:
    spread = outcome.study.exposure
    ends = [] if spread is None else [end for end in (spread.low, spread.high) if end is not None]
    return [*_pair(outcome), *ends]


def _couple(outcome: StudyOutcome) -> str:
    return f"{' + '.join(outcome.study.perpetrators) or 'genotype'} on {outcome.study.analyte}"


def _order(outcome: StudyOutcome) -> tuple[int, str, float]:
    rank = list(_MECHANISMS).index(outcome.study.mechanism)
    return rank, _couple(outcome), _pair(outcome)[1]


def _decades(axis: Axes, low: float, high: float, *, both: bool = False, sparse: bool = False) -> None:
    """Plain numbers at 1, 2 and 5 of every decade, or at 1 alone."""
    for side in (axis.xaxis, axis.yaxis) if both else (axis.xaxis,):
        shown = _TICKS[::3] if sparse else _TICKS
        side.set_major_locator(FixedLocator([tick for tick in shown if low <= tick <= high]))
        side.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        side.set_minor_locator(NullLocator())
        side.set_minor_formatter(NullFormatter())
