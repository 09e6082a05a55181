"""What happened at a change: which drugs begin, end or change their dose, and what becomes of the patient."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from typing import Literal

from pkinteract.model.absorption import entries
from pkinteract.model.build import build_model
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
    """What happens at some times [h], from the first to the last together; what was undone is left out.

    Where all of it was undone, it is what happened first.

    Of drugs those that act on the victim or its metabolites. If none does, those that act at the first of the times on
    one that acts on it, and so on, unless dialysis moves it; nothing where a level moves by itself.
    """
    family = set(family_of(scenario, victim))
    first: dict[str, Cause] = {}
    causes: dict[str, Cause] = {}
    for time in times:
        for cause in _acting(scenario, time, family):
            first.setdefault(cause.drug, cause)
            causes[cause.drug] = _joined(causes.get(cause.drug, cause), cause)
    lasting = tuple(cause for cause in causes.values() if cause.before is None or cause.before != cause.after)
    if causes or is_dialysed(scenario, victim):
        return lasting or tuple(first.values())
    return _further(scenario, times[0], family)


def _further(scenario: Scenario, time: float, family: set[str]) -> tuple[Cause, ...]:
    """What acts at a time [h] on drugs that act on a family, or on drugs that act on these, and so on."""
    victims: set[str] = set()
    nearer = family
    while not nearer <= victims:
        victims |= nearer
        if acting := tuple(_acting(scenario, time, victims)):
            return acting
        nearer = {
            part for drug in scenario.dosed if acts_on(scenario, drug, victims) for part in family_of(scenario, drug)
        }
    return ()


def _acting(scenario: Scenario, time: float, victims: set[str]) -> Iterator[Cause]:
    yield from (cause for cause in dose_causes(scenario, time) if acts_on(scenario, cause.drug, victims))
    yield from _traits(scenario, time, victims)


def _joined(first: Cause, then: Cause) -> Cause:
    """Two changes of one thing as one."""
    what = then.what if then.what == "patient" else _kind(first.before or 0.0, then.after or 0.0)
    return replace(first, what=what, after=then.after)


def _kind(before: float, after: float) -> What:
    return "starts" if before == 0 else "stops" if after == 0 else "steps"


def is_swing(scenario: Scenario, time: float, drug: str) -> bool:
    """Whether a level goes up and down with dialysis and nothing at a time [h] moves it: no half or 90 % of it."""
    return is_dialysed(scenario, drug) and not causes_of(scenario, [time], drug)


def is_dialysed(scenario: Scenario, drug: str) -> bool:
    """Whether the run has sessions of haemodialysis that remove a drug or a metabolite of it."""
    family = family_of(scenario, drug)
    return bool(scenario.sessions) and any(scenario.monographs[part].dialysis is not None for part in family)


def dose_causes(scenario: Scenario, time: float) -> Iterator[Cause]:
    """Drugs whose labelled daily dose is another after a time [h] than before it."""
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


def _traits(scenario: Scenario, time: float, victims: set[str]) -> Iterator[Cause]:
    """Traits that change at a time [h] and that some number of the victims goes by."""
    people = [(scenario.first_time - 1.0, scenario.patient), *scenario.patients]
    for (_, before), (when, after) in pairwise(people):
        if abs(when - time) > TOLERANCE:
            continue
        for name in _changed(before, after):
            if _reaches(scenario, victims, before, replace(before, **{name: getattr(after, name)})):
                one, other = (_number(getattr(person, name)) for person in (before, after))
                yield Cause(what="patient", drug=name, before=one, after=other)


def _reaches(scenario: Scenario, victims: set[str], before: Patient, after: Patient) -> bool:
    """Whether any number of the system of some compounds alone is another in one person than in the other."""
    model = build_model(
        {name: monograph for name, monograph in scenario.monographs.items() if name in victims},
        before,
        scenario.enzymes,
        entries=[entry for entry in entries(scenario) if entry[0] in victims],
        doses=[(dose.drug, dose.free) for dose in scenario.doses if dose.drug in victims],
        changes=[(0.0, after)],
    )
    return any(switch.parameters != model.system.parameters for switch in model.switches)


def _number(trait: object) -> float | None:
    return float(trait) if isinstance(trait, (int, float)) else None


def _changed(before: Patient, after: Patient) -> list[str]:
    names = [field.name for field in fields(Patient) if field.name not in DERIVED]
    return [name for name in names if getattr(before, name) != getattr(after, name)]


def acts_on(scenario: Scenario, drug: str, victims: set[str]) -> bool:
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
