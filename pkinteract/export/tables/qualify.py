"""The tables of a qualification: one row per study arm, time point, day of a time course, and group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

from pkinteract.library.evidence.outcomes import COLUMNS
from pkinteract.qualify.courses import PointOutcome, course_curves
from pkinteract.qualify.measure import CLOSE, TWOFOLD, GroupSummary, fold_error, guest_limit, inside_guest
from pkinteract.qualify.outcome import StudyOutcome
from pkinteract.text.csv import Table


def outcome_table(outcomes: Sequence[StudyOutcome]) -> Table:
    """``qualification.csv``: observed and predicted of every row, those that were not simulated with the reason."""
    rows = [_row(outcome) for outcome in outcomes]
    return {name: [row[name] for row in rows] for name in rows[0]} if rows else {}


def _row(outcome: StudyOutcome) -> dict[str, object]:
    study = outcome.study
    observed = None if study.exposure is None else study.exposure.ratio
    predicted = outcome.exposure if observed is not None else None
    peak = None if study.peak is None else study.peak.ratio
    both = (predicted, observed) if predicted is not None and observed is not None else None
    peaks = (outcome.peak, peak) if outcome.peak is not None and peak is not None else None
    return {
        "id": study.id,
        "set": study.set,
        "study": study.study,
        "perpetrator": " + ".join(study.perpetrators),
        "victim": study.victim,
        "analyte": study.analyte,
        "mechanism": study.mechanism,
        "enzyme": study.enzyme,
        "state": outcome.state,
        "reason": outcome.reason,
        "design_assumed": study.assumed,
        "metric": study.metric,
        "average": study.average,
        "n": study.n,
        "observed": observed,
        "observed_low": None if study.exposure is None else study.exposure.low,
        "observed_high": None if study.exposure is None else study.exposure.high,
        "predicted": predicted,
        "fold_error": None if both is None else fold_error(*both),
        "guest_limit": None if observed is None else guest_limit(observed),
        "within_guest": None if both is None else inside_guest(*both),
        "within_1.5_fold": None if both is None else fold_error(*both) <= CLOSE,
        "within_twofold": None if both is None else fold_error(*both) <= TWOFOLD,
        "static": outcome.static,
        "pksim": study.pksim,
        "observed_cmax": peak,
        "predicted_cmax": outcome.peak if peak is not None else None,
        "fold_error_cmax": None if peaks is None else fold_error(*peaks),
        "pksim_cmax": study.pksim_peak,
        "paper": study.paper,
        "url": study.url,
    }


def course_table(outcomes: Sequence[PointOutcome]) -> Table:
    """``timecourses.csv``: observed and predicted of every time point, those not simulated with the reason."""
    rows = [_point(outcome) for outcome in outcomes]
    return {name: [row[name] for row in rows] for name in rows[0]} if rows else {}


def _point(outcome: PointOutcome) -> dict[str, object]:
    point = outcome.point
    both = (outcome.predicted, point.value) if outcome.predicted is not None and point.value is not None else None
    return {
        "id": point.id,
        "series": point.series,
        "study": point.study,
        "perpetrator": " + ".join(point.perpetrators),
        "change": point.change,
        "victim": point.victim,
        "analyte": point.analyte,
        "state": outcome.state,
        "reason": outcome.reason,
        "design_assumed": point.assumed,
        "measure": point.measure,
        "day": point.day,
        "n": point.n,
        "unit": "h" if point.is_half_time else "1",
        "observed": point.value,
        "observed_low": point.low,
        "observed_high": point.high,
        "predicted": outcome.predicted,
        "fold_error": None if both is None else fold_error(*both),
        "paper": point.paper,
        "url": point.url,
    }


def daily_table(outcomes: Sequence[PointOutcome]) -> Table:
    """``timecourses-daily.csv``: the ratio of every day of a series and measure, beside what was observed on it."""
    table: dict[str, list[object]] = {"series": [], "measure": [], "day": [], "predicted": [], "observed": []}
    for curve in course_curves(outcomes):
        first = curve[0].point
        predicted = {round(day, 6): ratio for outcome in curve for day, ratio in outcome.daily}
        observed = {round(point.point.day or 0.0, 6): point.point.value for point in curve}
        for day in sorted({*predicted, *observed}):
            cells = (first.series, first.measure, day, predicted.get(day), observed.get(day))
            for column, cell in zip(table.values(), cells, strict=True):
                column.append(cell)
    return table


def summary_table(summaries: Sequence[GroupSummary]) -> Table:
    """``summary.csv``."""
    return {field.name: [getattr(summary, field.name) for summary in summaries] for field in fields(GroupSummary)}


def rounded_table(summaries: Sequence[GroupSummary]) -> Table:
    """``summary.csv`` to 4 significant digits, as it is kept beside the studies."""
    return {name: [_rounded(value) for value in column] for name, column in summary_table(summaries).items()}


def kept_table(outcomes: Sequence[StudyOutcome]) -> Table:
    """``outcomes.csv``, which is kept beside the studies: the rows with a predicted ratio of exposure, to 4 digits."""
    rows = [row for row in map(_row, outcomes) if row["fold_error"] is not None]
    return {name: [_rounded(row[name]) for row in rows] for name in COLUMNS}


def _rounded(value: object) -> object:
    return float(f"{value:.4g}") if isinstance(value, float) else value
