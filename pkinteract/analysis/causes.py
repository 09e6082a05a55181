"""What happened at a change: which drugs begin, end or change their dose, and what becomes of the patient."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Literal

from pkinteract.model.expectation.intake import daily_dose, family_of
from pkinteract.scenario import Course, Patient, Scenario
from pkinteract.scenario.types import TOLERANCE

DERIVED = ("serum_creatinine", "extrapolate")
"""Traits that are told by another one: the clearance that follows from serum creatinine."""

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


def causes_of(scenario: Scenario, time: float, until: float, victim: str) -> tuple[Cause, ...]:
    """What is other at ``until`` than before ``time`` [h], of what acts on the victim or its metabolites.

    A drug that has come and gone in between is no cause. Where nothing that acts has changed, what happens at ``time``.
    """
    family = set(family_of(scenario, victim))
    moment = time + 2 * TOLERANCE
    for end in (max(until, moment), moment):
        causes = [*_doses(scenario, time, end), *_traits(scenario, time, end)]
        acting = [cause for cause in causes if cause.what == "patient" or _acts(scenario, cause.drug, family)]
        if acting:
            return tuple(acting)
    return tuple(causes)


def _doses(scenario: Scenario, time: float, until: float) -> Iterator[Cause]:
    for drug in scenario.dosed:
        courses = [course for regimen in scenario.regimens if regimen.drug == drug for course in regimen.courses]
        before = sum(_daily(course, time - 2 * TOLERANCE) for course in courses)
        after = sum(_daily(course, until) for course in courses)
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


def _traits(scenario: Scenario, time: float, until: float) -> Iterator[Cause]:
    before = after = scenario.patient
    for when, person in scenario.patients:
        before = person if when < time - TOLERANCE else before
        after = person if when <= until else after
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
