"""The lines that ``qualify`` prints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from pkinteract.library.evidence.studies import GivenDrug
from pkinteract.qualify.courses import PointOutcome
from pkinteract.qualify.measure import GroupSummary, fold_error, inside_guest
from pkinteract.qualify.outcome import StudyOutcome

WORST = 12
"""Rows listed as the worst at most."""

_HEAD = f"{'':<34}{'n':>4}{'GMFE':>7}{'bias':>7}{'Guest':>7}{'1.5x':>6}{'2x':>6}{'n':>6}{'Cmax':>7}{'static':>8}"
_WAYS = ("set", "design", "design and mechanism", "mechanism", "perpetrator", "victim")


def qualify_lines(
    outcomes: Sequence[StudyOutcome],
    points: Sequence[PointOutcome],
    groups: Sequence[GroupSummary],
    written: Iterable[Path],
) -> Iterator[str]:
    """Summary by group, PK-Sim beside, the worst rows, time courses, what was not simulated, and the files."""
    if outcomes:
        yield from _arms(outcomes, groups)
    if points:
        yield from _courses(points, groups)
    yield from _missing({outcome.study.id: outcome.reason for outcome in outcomes if outcome.state == "no monograph"})
    yield from _missing({point.point.id: point.reason for point in points if point.state == "no monograph"})
    yield from (str(path) for path in written)


def _arms(outcomes: Sequence[StudyOutcome], groups: Sequence[GroupSummary]) -> Iterator[str]:
    done = [outcome for outcome in outcomes if outcome.state == "simulated"]
    yield f"{len(done)} of {len(outcomes)} study arms simulated{_others(outcomes)}"
    if done:
        yield "GMFE: geometric mean fold error of the exposure ratio; Guest, 1.5x, 2x: share within those limits"
        yield ""
        yield f"{_HEAD}   n    ours  PK-Sim"
        for by in ("all", *_WAYS):
            if by in _WAYS:
                yield f"by {by}"
            yield from (_line(group) for group in groups if group.by == by)
        yield ""
        yield "worst:"
        yield from (_one(outcome) for outcome in _worst(done))
    failed = [outcome for outcome in outcomes if outcome.state == "failed"]
    yield from (f"failed: {outcome.study.id} ({outcome.study.study}): {outcome.reason}" for outcome in failed)


def _courses(points: Sequence[PointOutcome], groups: Sequence[GroupSummary]) -> Iterator[str]:
    done = [point for point in points if point.state == "simulated"]
    studies = len({point.point.study for point in done})
    yield f"{len(done)} of {len(points)} time points simulated, {studies} studies{_others(points)}"
    if done:
        yield "time courses: ratio to the reference on a day, and time in which half of a change is done"
        yield ""
        yield _HEAD
        yield from (_line(group) for group in groups if group.by.startswith("time course"))
        yield ""
        yield "worst:"
        yield from (_one_point(point) for point in sorted(done, key=_point_fold, reverse=True)[:WORST])
    failed = [point for point in points if point.state == "failed"]
    yield from (f"failed: {point.point.id} ({point.point.study}): {point.reason}" for point in failed)


def point_lines(outcome: PointOutcome) -> Iterator[str]:
    """One time point: what was done and what came out."""
    point = outcome.point
    yield f"{point.id}: {point.study}, {' + '.join(point.perpetrators)} {point.change}s, {point.analyte}"
    yield f"  {point.paper} {point.url}".rstrip()
    yield f"  {'; '.join(f'{intake.drug} {_dose(dose)}' for intake in point.intakes for dose in intake.doses)}"
    body = [f"{key} {value}" for key, value in point.body.items()]
    changes = [f"{change.key} {change.value} at {change.time:g} h" for change in point.patient_changes]
    if body or changes:
        yield f"  patient: {', '.join([*body, *changes])}"
    if point.note:
        yield f"  {point.note}"
    if outcome.state != "simulated" or outcome.predicted is None or point.value is None:
        yield f"  {outcome.state}: {outcome.reason}"
        return
    span = "" if point.low is None else f" ({point.low:g} to {point.high:g}, {point.spread})"
    what = point.measure if point.day is None else f"{point.measure} on day {point.day:.3g} over its reference"
    unit = " h" if point.is_half_time else ""
    fold = fold_error(outcome.predicted, point.value)
    seen = f"observed {point.value:.3g}{unit}{span}, predicted {outcome.predicted:.3g}{unit}"
    yield f"  {what}: {seen}, fold error {fold:.2f}"


def _point_fold(outcome: PointOutcome) -> float:
    if outcome.predicted is None or outcome.point.value is None:
        return 0.0
    return fold_error(outcome.predicted, outcome.point.value)


def _one_point(outcome: PointOutcome) -> str:
    point = outcome.point
    day = f"{point.measure} [h]" if point.day is None else f"day {point.day:.3g}, {point.measure}"
    return (
        f"  {point.id:<36}{_point_fold(outcome):>6.2f}-fold  {day[:32]:<33}observed {point.value or 0.0:.3g}, "
        f"predicted {outcome.predicted or 0.0:.3g}  ({point.study[:40]})"
    )


def _dose(dose: GivenDrug) -> str:
    return (
        f"{dose.amount:g} {'mg/kg' if dose.per_weight else 'mg'}{' iv' if dose.intravenous else ''} at {dose.time:g} h"
        + (f", {dose.count} doses every {dose.every:g} h" if dose.count > 1 else "")
    )


def row_lines(outcome: StudyOutcome) -> Iterator[str]:
    """One study: what was done and what came out."""
    study = outcome.study
    yield f"{study.id}: {study.study}, {' + '.join(study.perpetrators) or 'genotypes'} on {study.analyte}"
    yield f"  {study.paper} {study.url}".rstrip()
    for name, arm in (("control", study.control), ("treatment", study.treatment)):
        given = "; ".join(f"{intake.drug} {_dose(dose)}" for intake in arm.intakes for dose in intake.doses)
        genes = "".join(f", {gene} {value}" for gene, value in arm.phenotype.items())
        yield f"  {name}: {given}{genes}; area from {arm.window[0]:g} to {arm.window[1]:g} h"
    if study.note:
        yield f"  {study.note}"
    if outcome.state != "simulated":
        yield f"  {outcome.state}: {outcome.reason}"
        return
    for what, observed, predicted in (
        ("exposure", study.exposure, outcome.exposure),
        ("Cmax", study.peak, outcome.peak),
    ):
        if observed is not None and predicted is not None:
            span = "" if observed.low is None else f" ({observed.low:g} to {observed.high:g}, {observed.spread})"
            fold = fold_error(predicted, observed.ratio)
            limits = "within" if inside_guest(predicted, observed.ratio) else "outside"
            text = f"  {what} ratio: observed {observed.ratio:.3g}{span}, predicted {predicted:.3g}"
            yield f"{text}, fold error {fold:.2f}, {limits} Guest's limits"
    if outcome.static is not None:
        yield f"  static estimate (ICH M12) {outcome.static:.3g}"
    if study.pksim is not None:
        yield f"  PK-Sim's published prediction {study.pksim:.3g}"


def _others(outcomes: Sequence[StudyOutcome] | Sequence[PointOutcome]) -> str:
    states = [outcome.state for outcome in outcomes if outcome.state != "simulated"]
    return "".join(f", {states.count(state)} {state}" for state in dict.fromkeys(states))


def _line(row: GroupSummary) -> str:
    beside = f"{row.n_pksim:>4}{_number(row.gmfe_beside_pksim, 8)}{_number(row.gmfe_pksim, 8)}" if row.n_pksim else ""
    return (
        f"  {row.group[:31]:<32}{row.n:>4}{_number(row.gmfe, 7)}{_number(row.bias, 7)}{_percent(row.within_guest, 7)}"
        f"{_percent(row.within_close, 6)}{_percent(row.within_twofold, 6)}{row.n_peak:>6}{_number(row.gmfe_peak, 7)}"
        f"{_number(row.gmfe_static, 8)}{beside}"
    ).rstrip()


def _number(value: float | None, width: int) -> str:
    return f"{'' if value is None else f'{value:.2f}':>{width}}"


def _percent(value: float | None, width: int) -> str:
    return f"{'' if value is None else f'{100 * value:.0f}%':>{width}}"


def _worst(done: Iterable[StudyOutcome]) -> list[StudyOutcome]:
    return sorted((outcome for outcome in done if _fold(outcome) > 1), key=_fold, reverse=True)[:WORST]


def _fold(outcome: StudyOutcome) -> float:
    if outcome.exposure is None or outcome.study.exposure is None:
        return 0.0
    return fold_error(outcome.exposure, outcome.study.exposure.ratio)


def _one(outcome: StudyOutcome) -> str:
    study = outcome.study
    observed = study.exposure.ratio if study.exposure is not None else 0.0
    pair = f"{' + '.join(study.perpetrators) or 'genotype'} on {study.analyte}"
    beside = "" if study.pksim is None else f", PK-Sim {study.pksim:.3g}"
    return (
        f"  {study.id:<11}{_fold(outcome):>6.2f}-fold  {pair[:42]:<43}observed {observed:.3g}, "
        f"predicted {outcome.exposure or 0.0:.3g}{beside}  ({study.study[:40]})"
    )


def _missing(reasons: Mapping[str, str]) -> Iterator[str]:
    """Drugs without a monograph, with the rows that wait for them, from the drugs that each row lacks."""
    waiting: dict[str, list[str]] = {}
    for study, drugs in reasons.items():
        for drug in drugs.split(", "):
            waiting.setdefault(drug, []).append(study)
    for drug, ids in sorted(waiting.items()):
        shown = ", ".join(ids[:6]) + (f" and {len(ids) - 6} more" if len(ids) > 6 else "")
        yield f"no monograph of {drug}: {len(ids)} rows ({shown})"
