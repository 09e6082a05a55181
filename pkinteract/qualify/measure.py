"""How far predictions lie from observations: fold errors, Guest's limits, and their summary by group."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from pkinteract.analysis.profiles import gmfe
from pkinteract.library.evidence.studies import Study
from pkinteract.qualify.courses import PointOutcome
from pkinteract.qualify.outcome import StudyOutcome

TWOFOLD = 2.0
CLOSE = 1.5
"""The fold error within which predictions of antiseizure drugs are wanted [1]."""
CHANGE, NIL = 1.1, 1.02
"""A ratio beyond the first, or below its reciprocal, is a change; a prediction within the second is none [1]."""


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


def right_direction(predicted: float, observed: float) -> bool:
    """Whether a prediction goes the way that was observed, and is not nil."""
    return fold_error(predicted, 1.0) > NIL and (predicted > 1) == (observed > 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupSummary:
    """A group of studies.

    Attributes
    ----------
    by, group
        What it is grouped by ("all", "set", "design", "design and mechanism", "mechanism", "perpetrator", "victim",
        "time course", "time course, perpetrator") and which.
    n, gmfe, bias
        Rows with a ratio of exposure (of a time course: ratios on a day, or half-times); geometric means of fold error
        and of predicted over observed [1].
    within_guest, within_close, within_twofold
        Shares within Guest's limits, 1.5-fold and twofold [1].
    n_peak, gmfe_peak
        The same of Cmax.
    n_static, gmfe_static
        Rows with a static estimate, and its error.
    n_pksim, gmfe_beside_pksim, gmfe_pksim
        Rows with a prediction of PK-Sim, our error on them and its.
    right_direction
        Share of the rows with an observed change of more than a tenth in which a change of that sign is predicted [1].
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
    right_direction: float | None


_Pair = tuple[float, float]
"""Predicted and observed."""


def summaries(outcomes: Sequence[StudyOutcome]) -> tuple[GroupSummary, ...]:
    """Summaries over everything, by set, design, mechanism, perpetrator, victim.

    Rows that were not simulated count in none, recalled ones only in those of their set and its designs.
    """
    done = [outcome for outcome in outcomes if outcome.state == "simulated"]
    read = [outcome for outcome in done if not outcome.study.recalled]
    ways: dict[str, Callable[[StudyOutcome], str]] = {
        "all": lambda outcome: "all",
        "set": lambda outcome: outcome.study.set,
        "design": _design,
        "design and mechanism": lambda outcome: f"{_design(outcome)}, {outcome.study.mechanism}",
        "mechanism": lambda outcome: outcome.study.mechanism,
        "perpetrator": lambda outcome: " + ".join(outcome.study.perpetrators) or "genotype",
        "victim": lambda outcome: outcome.study.victim,
    }
    return tuple(
        _summary(by, group, [outcome for outcome in group_outcomes if name(outcome) == group])
        for by, name in ways.items()
        for group_outcomes in [done if by in _OF_SETS else read]
        for group in sorted({name(outcome) for outcome in group_outcomes})
    )


def noise_floor(studies: Iterable[Study]) -> tuple[float, int]:
    """How far studies of one design lie from their mean: the error of a model that knew the mean of every design.

    A design is the pair, the analyte, the routes, and size, interval and rough number of the perpetrator's doses.

    Returns
    -------
    tuple
        Geometric mean fold difference from the geometric mean of the design [1], over the published designs that two or
        more ratios have; and how many ratios those are.
    """
    designs: dict[tuple[object, ...], list[float]] = {}
    for study in studies:
        if study.used and study.exposure is not None and not study.assumed:
            designs.setdefault(_likeness(study), []).append(math.log(study.exposure.ratio))
    apart = [abs(value - sum(row) / len(row)) for row in designs.values() if len(row) > 1 for value in row]
    return math.exp(sum(apart) / len(apart)), len(apart)


def _likeness(study: Study) -> tuple[object, ...]:
    """What studies of one design have in common; numbers of doses count alike within a factor of about two."""
    given = {intake.drug: intake.doses for intake in study.treatment.intakes}
    doses = tuple(
        (drug, dose.amount, dose.every, dose.intravenous, round(math.log2(dose.count)))
        for drug in study.perpetrators
        for dose in given.get(drug, ())
    )
    routes = tuple(dose.intravenous for dose in given.get(study.victim, ()))
    phenotype = tuple(sorted(study.treatment.phenotype.items()))
    return (study.victim, study.analyte, routes, doses, phenotype)


_OF_SETS = ("set", "design", "design and mechanism")


def _design(outcome: StudyOutcome) -> str:
    """Set, and whether the design was published as it was simulated."""
    return f"{outcome.study.set}, {'assumed' if outcome.study.assumed else 'published'}"


def exposure_pairs(outcomes: Iterable[StudyOutcome]) -> list[_Pair]:
    """Predicted and observed ratios of exposure [1], where there are both."""
    return [
        (outcome.exposure, outcome.study.exposure.ratio)
        for outcome in outcomes
        if outcome.exposure is not None and outcome.study.exposure is not None
    ]


def _summary(by: str, group: str, outcomes: Sequence[StudyOutcome]) -> GroupSummary:
    pairs = exposure_pairs(outcomes)
    peaks = [
        (outcome.peak, outcome.study.peak.ratio)
        for outcome in outcomes
        if outcome.peak is not None and outcome.study.peak is not None
    ]
    beside = [outcome for outcome in outcomes if outcome.study.pksim is not None and outcome.study.exposure is not None]
    static = [
        (outcome.static, outcome.study.exposure.ratio)
        for outcome in outcomes
        if outcome.static is not None and outcome.study.exposure is not None
    ]
    theirs = [
        (outcome.study.pksim, outcome.study.exposure.ratio)
        for outcome in beside
        if outcome.study.pksim is not None and outcome.study.exposure is not None
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
        gmfe_beside_pksim=_gmfe(exposure_pairs(beside)),
        gmfe_pksim=_gmfe(theirs),
        right_direction=_share([right_direction(*pair) for pair in pairs if fold_error(pair[1], 1.0) > CHANGE]),
    )


def course_summaries(outcomes: Sequence[PointOutcome]) -> tuple[GroupSummary, ...]:
    """Summaries of levels on a day, of half-times, and of levels by perpetrator; points not simulated count in none."""
    done = [outcome for outcome in outcomes if outcome.predicted is not None and outcome.point.value is not None]
    levels = [outcome for outcome in done if not outcome.point.is_half_time]
    groups = {("time course", "level"): levels}
    groups["time course", "half-time"] = [outcome for outcome in done if outcome.point.is_half_time]
    for outcome in sorted(levels, key=lambda outcome: outcome.point.perpetrators):
        groups.setdefault(("time course, perpetrator", " + ".join(outcome.point.perpetrators)), []).append(outcome)
    return tuple(_course_summary(by, group, members) for (by, group), members in groups.items() if members)


def _course_summary(by: str, group: str, outcomes: Sequence[PointOutcome]) -> GroupSummary:
    pairs = [(outcome.predicted or 0.0, outcome.point.value or 0.0) for outcome in outcomes]
    ratios = not outcomes[0].point.is_half_time
    return GroupSummary(
        by=by,
        group=group,
        n=len(pairs),
        gmfe=_gmfe(pairs),
        bias=_mean([predicted / observed for predicted, observed in pairs]),
        within_guest=_share([inside_guest(*pair) for pair in pairs]) if ratios else None,
        within_close=_share([fold_error(*pair) <= CLOSE for pair in pairs]),
        within_twofold=_share([fold_error(*pair) <= TWOFOLD for pair in pairs]),
        n_peak=0,
        gmfe_peak=None,
        n_static=0,
        gmfe_static=None,
        n_pksim=0,
        gmfe_beside_pksim=None,
        gmfe_pksim=None,
        right_direction=None,
    )


def _gmfe(pairs: Sequence[_Pair]) -> float | None:
    """Geometric mean fold error [1]; None of nothing."""
    return gmfe(np.log([predicted / observed for predicted, observed in pairs])) if pairs else None


def _mean(values: Sequence[float]) -> float | None:
    return math.exp(sum(map(math.log, values)) / len(values)) if values else None


def _share(hits: Sequence[bool]) -> float | None:
    return sum(hits) / len(hits) if hits else None
