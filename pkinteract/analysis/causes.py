"""What happened at a change: which drugs begin, end or change their dose, and what becomes of the patient."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from itertools import pairwise
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


def causes_of(scenario: Scenario, time: float, victim: str) -> tuple[Cause, ...]:
    """What happens at a time [h] that can move a drug or its metabolites; nothing where a level moves by itself.

    Of the drugs those that act on the victim; if none does, those that act on one that acts on it, and so on, unless
    dialysis moves it.
    """
    causes = [*_doses(scenario, time), *_traits(scenario, time)]
    victims: set[str] = set()
    nearer = set(family_of(scenario, victim))
    while not nearer <= victims:
        victims |= nearer
        acting = [cause for cause in causes if cause.what == "patient" or _acts(scenario, cause.drug, victims)]
        if acting:
            return tuple(acting)
        if is_dialysed(scenario, victim):
            return ()
        nearer = {
            part for drug in scenario.dosed if _acts(scenario, drug, victims) for part in family_of(scenario, drug)
        }
    return ()


def causes_until(scenario: Scenario, start: float, stop: float, victim: str) -> tuple[Cause, ...]:
    """What moves a drug from one time to another [h]: of each drug and trait what it was first, and what it is then.

    What comes later than ``start`` counts where it acts on the victim or its metabolites, and what was undone does not.
    """
    family = set(family_of(scenario, victim))
    causes = [*causes_of(scenario, start, victim)]
    for time in scenario.changes:
        if start + TOLERANCE < time <= stop:
            later = (*_doses(scenario, time), *_traits(scenario, time))
            causes += [cause for cause in later if cause.what == "patient" or _acts(scenario, cause.drug, family)]
    merged: dict[tuple[bool, str], Cause] = {}
    for cause in causes:
        key = (cause.what == "patient", cause.drug)
        merged[key] = _joined(merged.get(key, cause), cause)
    return tuple(cause for cause in merged.values() if cause.before is None or cause.before != cause.after)


def _joined(first: Cause, last: Cause) -> Cause:
    what = last.what if last.what == "patient" else _kind(first.before or 0.0, last.after or 0.0)
    return Cause(what=what, drug=last.drug, before=first.before, after=last.after)


def _kind(before: float, after: float) -> What:
    return "starts" if before == 0 else "stops" if after == 0 else "steps"


def is_swing(scenario: Scenario, time: float, drug: str) -> bool:
    """Whether a level goes up and down with dialysis and nothing at a time [h] moves it: no half or 90 % of it."""
    return is_dialysed(scenario, drug) and not causes_of(scenario, time, drug)


def is_dialysed(scenario: Scenario, drug: str) -> bool:
    """Whether the run has sessions of haemodialysis that remove a drug or a metabolite of it."""
    family = family_of(scenario, drug)
    return bool(scenario.sessions) and any(scenario.monographs[part].dialysis is not None for part in family)


def _doses(scenario: Scenario, time: float) -> Iterator[Cause]:
    for drug in scenario.dosed:
        courses = [course for regimen in scenario.regimens if regimen.drug == drug for course in regimen.courses]
        before = sum(_daily(course, time - 2 * TOLERANCE) for course in courses)
        after = sum(_daily(course, time + 2 * TOLERANCE) for course in courses)
        if abs(after - before) <= 1e-9 * max(after, before, 1.0):
            continue
        yield Cause(what=_kind(before, after), drug=drug, before=before, after=after)


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
