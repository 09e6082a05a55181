"""What happened at a change: which drugs begin, end or change their dose, and what becomes of the patient."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from typing import Literal

from pkinteract.model.expectation.intake import daily_dose, family_of
from pkinteract.scenario import Course, Patient, Scenario
from pkinteract.scenario.types import TOLERANCE

DERIVED = ("serum_creatinine", "egfr", "dialysed", "extrapolate")
"""Traits that are told by another one, or are none: the clearance follows from serum creatinine or an estimated GFR."""

What = Literal["starts", "stops", "steps", "patient"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Something that happens at a time of the run.

    Attributes
    ----------
    drug
        The drug that begins, ends or changes its dose; for the patient the trait that changes.
    before, after
        Labelled daily doses [mg], or the number of the trait; None for one that is no number.
    """

    what: What
    drug: str
    before: float | None
    after: float | None


def causes_of(scenario: Scenario, times: Sequence[float], victim: str) -> tuple[Cause, ...]:
    """What happens at some times [h], from the first to the last together.

    Of drugs those that act on the victim or its metabolites; if none does, what happens at the first of the times.
    """
    family = set(family_of(scenario, victim))
    causes: dict[str, Cause] = {}
    for time in times:
        for cause in (*_doses(scenario, time), *_traits(scenario, time)):
            if cause.what == "patient" or _acts(scenario, cause.drug, family):
                causes[cause.drug] = _joined(causes.get(cause.drug), cause)
    return tuple(causes.values()) or (*_doses(scenario, times[0]), *_traits(scenario, times[0]))


def _joined(first: Cause | None, then: Cause) -> Cause:
    """Two changes of one thing as one; a drug that comes and goes is one that is started."""
    if first is None or (first.before == 0 and then.after == 0):
        return first or then
    what = then.what if then.what == "patient" else "stops" if then.after == 0 else first.what
    return replace(first, what=what, after=then.after)


def _doses(scenario: Scenario, time: float) -> Iterator[Cause]:
    for drug in scenario.dosed:
        courses = [course for regimen in scenario.regimens if regimen.drug == drug for course in regimen.courses]
        before = sum(_daily(course, time - 2 * TOLERANCE) for course in courses)
        after = sum(_daily(course, time + 2 * TOLERANCE) for course in courses)
        if abs(after - before) <= 1e-9 * max(after, before, 1.0):
            continue
        what: What = "starts" if before == 0 else "stops" if after == 0 else "steps"
        yield Cause(what=what, drug=drug, before=before, after=after)


def _daily(course: Course, time: float) -> float:
    """Labelled amount a day that a course gives at a time [mg]; that of a single dose on its day."""
    if course.single:
        return course.levels[0] if course.start <= time < course.start + 24 else 0.0
    if not course.start <= time < course.stop:
        return 0.0
    if course.level_length is None or course.clock:
        return daily_dose(course)
    level = course.levels[min(int((time - course.start) / course.level_length), len(course.levels) - 1)]
    return level * 24 / (course.every or 24.0)


def _traits(scenario: Scenario, time: float) -> Iterator[Cause]:
    people = [(scenario.first_time - 1.0, scenario.patient), *scenario.patients]
    for (_, before), (when, after) in pairwise(people):
        if abs(when - time) <= TOLERANCE:
            for name in _changed(before, after):
                one, other = (_number(getattr(person, name)) for person in (before, after))
                yield Cause(what="patient", drug=name, before=one, after=other)


def _number(trait: object) -> float | None:
    return float(trait) if isinstance(trait, (int, float)) else None


def _changed(before: Patient, after: Patient) -> list[str]:
    names = [field.name for field in fields(Patient) if field.name not in DERIVED]
    return [name for name in names if getattr(before, name) != getattr(after, name)]


def _acts(scenario: Scenario, drug: str, victims: set[str]) -> bool:
    """Whether a drug, or a metabolite of it, acts on an enzyme or the binding of one of the victims."""
    enzymes = {
        protein
        for victim in victims
        for pathway in scenario.monographs[victim].elimination.pathway
        for protein in (pathway.enzyme, pathway.returned_by)
    } | {protein for victim in victims for protein in scenario.monographs[victim].gut_proteins}
    for name in family_of(scenario, drug):
        monograph = scenario.monographs[name]
        acting = {*monograph.induces, *monograph.inhibits, *monograph.inactivates}
        if acting & enzymes or victims & set(monograph.displaces):
            return True
    return False
