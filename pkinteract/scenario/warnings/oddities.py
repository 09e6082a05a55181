"""What is allowed in a scenario but looks like a slip."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from pkinteract.library.phenotypes import commonest
from pkinteract.library.schema.monograph import Monograph, clearing
from pkinteract.scenario.doses import schedule
from pkinteract.scenario.file.patient import PatientChange
from pkinteract.scenario.protocol.types import Protocol
from pkinteract.scenario.types import TOLERANCE, Course, Patient, Regimen
from pkinteract.scenario.warnings.doses import unmakeable_dose, unusual_doses
from pkinteract.text.remark import Remark, remark
from pkinteract.text.toml_lines import Key

Oddity = tuple[Key, Remark]
"""The key that it stands at, and what is odd."""


def oddities(
    data: Mapping[str, Any],
    regimens: Sequence[Regimen],
    changes: Sequence[PatientChange],
    monographs: Mapping[str, Monograph],
    duration: float,
    patient: Patient,
    states: Sequence[tuple[float, Patient]],
    protocols: Sequence[Protocol],
) -> Iterator[Oddity]:
    """Slips of a scenario that could be read.

    Parameters
    ----------
    data
        The file.
    duration
        End of the run [h].
    patient
        As the run begins.
    states
        The patient from a time [h] on, in order; none where dialysis replaces the kidneys.
    protocols
        Those of the file, in its order.
    """
    for r, regimen in enumerate(regimens):
        last: Course | None = None
        for c, course in enumerate(regimen.courses):
            key: Key = ("regimen", r, "course", c)
            if course.start >= duration - TOLERANCE:
                yield key, remark("remark.late")
            elif course.stop < -TOLERANCE and course.stop < duration - 24 * 365:
                yield key, remark("remark.ended")
            written = data["regimen"][r]["course"][c]
            yield from _course(key, written, course)
            missing = None if _per_weight(written) else unmakeable_dose(course, monographs[regimen.drug])
            if missing is not None:
                yield (*key, "dose" if course.levels else "at"), missing
            if course.food == "fed" and monographs[regimen.drug].absorption[course.formulation].food is None:
                yield (*key, "food"), remark("remark.food", drug=regimen.drug, formulation=course.formulation)
            if last is not None and course.start < last.stop - TOLERANCE:
                yield key, remark("remark.overlap")
            last = course
        taken = [time for course in regimen.courses for time, _ in schedule(course) if time not in course.missed]
        lags = [_lag(course, monographs[regimen.drug]) for course in regimen.courses]
        starts = [course.start + lag for course, lag in zip(regimen.courses, lags, strict=True)]
        if not taken:
            yield ("regimen", r), remark("remark.missed", drug=regimen.drug)
        elif min(starts) >= duration - TOLERANCE > min(taken):
            yield ("regimen", r), remark("remark.lag", drug=regimen.drug)
        for above, other in enumerate(regimens[:r]):
            if other.drug == regimen.drug and _together(regimen.courses, other.courses):
                yield ("regimen", r), remark("remark.twice", drug=regimen.drug, above=above)
                break
        if "population" not in data:
            yield from _genes(r, monographs[regimen.drug], data["patient"].get("phenotype", {}))
    yield from unusual_doses(regimens, monographs, patient, states)
    yield from _patient(data["patient"], changes, monographs, duration, patient)
    for n, protocol in enumerate(protocols):
        between = min((later - time for time, later in pairwise(protocol.checks)), default=math.inf)
        if protocol.delay >= between - TOLERANCE and protocol.at_most != 1:
            yield ("protocol", n, "delay"), remark("remark.delay", drug=protocol.drug, check=between / 24)


def _genes(r: int, monograph: Monograph, given: Collection[str]) -> Iterator[Oddity]:
    """Genes of the enzymes of a drug that are not given, where few people are the normal that then counts."""
    for gene in sorted(clearing([monograph]) - set(given)):
        usual = commonest(gene)
        if usual is not None:
            yield ("regimen", r, "drug"), remark("remark.gene", drug=monograph.id, gene=gene, phenotype=usual)


def _together(some: Sequence[Course], others: Sequence[Course]) -> bool:
    """Whether a course of repeated doses runs beside one of the others."""
    return any(max(one.start, other.start) < min(one.stop, other.stop) - TOLERANCE for one in some for other in others)


def _course(key: Key, written: Mapping[str, Any], course: Course) -> Iterator[Oddity]:
    if course.single and "until" in written:
        yield key, remark("remark.single")
    if "taper_to" in written and len(course.levels) == 1:
        yield (*key, "step_every"), remark("remark.taper")
    elif course.level_length is not None and course.level_length < (course.every or 0.0) - TOLERANCE:
        yield (*key, "step_every"), remark("remark.skipped")


def _per_weight(written: Mapping[str, Any]) -> bool:
    """Whether a dose of a course is written per kg, to be rounded by whoever dispenses it."""
    given = [written.get("dose"), written.get("taper_to"), *written.get("at", {}).values()]
    return any(dose.endswith("/kg") for dose in given if isinstance(dose, str))


def _patient(
    table: Mapping[str, Any],
    changes: Sequence[PatientChange],
    monographs: Mapping[str, Monograph],
    duration: float,
    patient: Patient,
) -> Iterator[Oddity]:
    places: list[tuple[Key, Mapping[str, Any]]] = [(("patient",), table)]
    for change, entry in zip(changes, table.get("change", []), strict=True):
        places.append((change.key, entry))
        if change.table.at >= duration - TOLERANCE:
            yield (*change.key, "at"), remark("remark.change")
    expecting = next((place for place, entry in places if "pregnancy" in entry), None)
    if expecting is not None and not FERTILE[0] <= patient.age <= FERTILE[1]:
        yield (*expecting, "pregnancy"), remark("remark.pregnancy", age=patient.age)
    for key in ("hepatic_class", "pregnancy"):
        silent = [drug for drug, monograph in monographs.items() if not _effects(monograph, key)]
        first = next((place for place, entry in places if key in entry), None)
        if first is not None and silent:
            yield (*first, key), remark("remark.silent", drugs=tuple(silent))
    known = next((place for place, entry in places if "albumin" in entry), None)
    silent = [drug for drug, monograph in monographs.items() if _bound_to_unknown(monograph)]
    if known is not None and silent:
        yield (*known, "albumin"), remark("remark.albumin", drugs=tuple(silent))


FERTILE = (10.0, 56.0)
"""Ages at which a pregnancy is no slip [y]."""


def _lag(course: Course, monograph: Monograph) -> float:
    """Shortest time after a dose at which something of it is absorbed [h]."""
    form = monograph.absorption[course.formulation]
    given = [0.0 if inlet.lag is None else inlet.lag.canonical for inlet in form.inputs]
    return min(given) if course.lag is None else course.lag


def _effects(monograph: Monograph, key: str) -> bool:
    """Whether a monograph says what a Child–Pugh class or a pregnancy does."""
    elimination = monograph.elimination
    return bool(elimination.hepatic_function if key == "hepatic_class" else elimination.pregnancy)


HIGHLY_BOUND = 0.3
"""Unbound fraction below which it matters to what a drug is bound [1]."""


def _bound_to_unknown(monograph: Monograph) -> bool:
    """Whether a drug is highly bound and its monograph does not say that it binds to albumin."""
    binding = monograph.binding
    return binding is not None and binding.albumin is None and binding.fraction_unbound.canonical < HIGHLY_BOUND
