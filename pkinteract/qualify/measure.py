"""How far predictions lie from observations: fold errors, Guest's limits, and their summary by group."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from pkinteract.analysis.profiles import gmfe
from pkinteract.qualify.outcome import StudyOutcome

TWOFOLD = 2.0
CLOSE = 1.5
"""The fold error within which predictions of antiseizure drugs are wanted [1]."""


def guest_limit(ratio: float) -> float:
    """The largest fold error [1] that Guest allows at an observed ratio [1]: (1 + 2·(R − 1))/R, by 1/R below 1.

    Twofold for a strong interaction, nothing where there is none. Variability is left at 1.
    Guest et al., Drug Metab Dispos 2011;39:170-3.
    """
    strength = max(ratio, 1 / ratio)
    return (1 + 2 * (strength - 1)) / strength


def fold_error(predicted: float, observed: float) -> float:
    """The larger of a predicted and an observed ratio over the smaller [1]."""
    return max(predicted / observed, observed / predicted)


def inside_guest(predicted: float, observed: float) -> bool:
    """Whether a predicted ratio lies within Guest's limits about the observed one [1], to rounding."""
    return fold_error(predicted, observed) <= guest_limit(observed) * (1 + 1e-9)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupSummary:
    """A group of studies.

    Attributes
    ----------
    by, group
        What it is grouped by ("all", "set", "design", "design and mechanism", "mechanism", "perpetrator", "victim") and
        which.
    n, gmfe, bias
        Rows with a ratio of exposure; geometric means of fold error and of predicted over observed [1].
    within_guest, within_close, within_twofold
        Shares within Guest's limits, 1.5-fold and twofold [1].
    n_peak, gmfe_peak
        The same of Cmax.
    n_static, gmfe_static
        Rows with a static estimate, and its error.
    n_pksim, gmfe_beside_pksim, gmfe_pksim
        Rows with a prediction of PK-Sim, our error on them and its.
    """

    by: str
    group: str
    n: int
    gmfe: float | None
    bias: float | None
    within_guest: float | None
    within_close: float | None
    within_twofold: float | None
    n_peak: int
    gmfe_peak: float | None
    n_static: int
    gmfe_static: float | None
    n_pksim: int
    gmfe_beside_pksim: float | None
    gmfe_pksim: float | None


_Pair = tuple[float, float]
"""Predicted and observed."""


def summaries(outcomes: Sequence[StudyOutcome]) -> tuple[GroupSummary, ...]:
    """Summaries over everything, by set, design, mechanism, perpetrator, victim; rows not simulated count in none."""
    done = [outcome for outcome in outcomes if outcome.state == "simulated"]
    ways: dict[str, Callable[[StudyOutcome], str]] = {
        "all": lambda row: "all",
        "set": lambda row: row.study.set,
        "design": _design,
        "design and mechanism": lambda row: f"{_design(row)}, {row.study.mechanism}",
        "mechanism": lambda row: row.study.mechanism,
        "perpetrator": lambda row: " + ".join(row.study.perpetrators) or "genotype",
        "victim": lambda row: row.study.victim,
    }
    return tuple(
        _summary(by, group, [row for row in done if name(row) == group])
        for by, name in ways.items()
        for group in sorted({name(row) for row in done})
    )


def _design(outcome: StudyOutcome) -> str:
    """Set, and whether the design was published as it was simulated."""
    return f"{outcome.study.set}, {'assumed' if outcome.study.assumed else 'published'}"


def exposures(outcomes: Iterable[StudyOutcome]) -> list[_Pair]:
    """Predicted and observed ratios of exposure [1], where there are both."""
    return [
        (row.exposure, row.study.exposure.ratio)
        for row in outcomes
        if row.exposure is not None and row.study.exposure is not None
    ]


def _summary(by: str, group: str, rows: Sequence[StudyOutcome]) -> GroupSummary:
    pairs = exposures(rows)
    peaks = [(row.peak, row.study.peak.ratio) for row in rows if row.peak is not None and row.study.peak is not None]
    beside = [row for row in rows if row.study.pksim is not None and row.study.exposure is not None]
    static = [
        (row.static, row.study.exposure.ratio)
        for row in rows
        if row.static is not None and row.study.exposure is not None
    ]
    theirs = [
        (row.study.pksim, row.study.exposure.ratio)
        for row in beside
        if row.study.pksim is not None and row.study.exposure is not None
    ]
    return GroupSummary(
        by=by,
        group=group,
        n=len(pairs),
        gmfe=_gmfe(pairs),
        bias=_mean([predicted / observed for predicted, observed in pairs]),
        within_guest=_share([inside_guest(*pair) for pair in pairs]),
        within_close=_share([fold_error(*pair) <= CLOSE for pair in pairs]),
        within_twofold=_share([fold_error(*pair) <= TWOFOLD for pair in pairs]),
        n_peak=len(peaks),
        gmfe_peak=_gmfe(peaks),
        n_static=len(static),
        gmfe_static=_gmfe(static),
        n_pksim=len(theirs),
        gmfe_beside_pksim=_gmfe(exposures(beside)),
        gmfe_pksim=_gmfe(theirs),
    )


def _gmfe(pairs: Sequence[_Pair]) -> float | None:
    """Geometric mean fold error [1]; None of nothing."""
    return gmfe(np.log([predicted / observed for predicted, observed in pairs])) if pairs else None


def _mean(values: Sequence[float]) -> float | None:
    return math.exp(sum(map(math.log, values)) / len(values)) if values else None


def _share(hits: Sequence[bool]) -> float | None:
    return sum(hits) / len(hits) if hits else None
