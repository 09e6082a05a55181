"""What is taken of a drug in a day, when, and until when it and what it does are there."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from pkinteract.library.schema.monograph import Monograph
from pkinteract.model import patient as body
from pkinteract.model.clearance import pathway_clearance, pathways
from pkinteract.scenario import Course, Patient, Scenario
from pkinteract.text.words import day_number

SMALLEST = 1e-6
"""Share of a monograph's clearance that is assumed to be left where kidneys or conditions leave none [1]."""

HALF_LIVES = 5
"""Half-lives of a drug and of the enzymes that it changed, together, after which both are gone: 3 % are left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """When a drug is there.

    Attributes
    ----------
    first, last
        First and last dose that is taken [h]; the first of a drug at steady state lies at minus infinity.
    gone
        When it and what it did to enzymes have gone [h].
    """

    first: float
    last: float
    gone: float

    def apart(self, others: Iterable[Stay]) -> str:
        """Why it meets none of the others, in words."""
        if self.first >= max(other.gone for other in others):
            return f"it begins on day {day_number(self.first)}, when what it acts on is gone"
        return f"it is gone by day {day_number(self.gone)}, last dose on day {day_number(self.last)}"

    def meets(self, other: Stay) -> bool:
        """Whether it acts while the other is there and output is written."""
        return max(self.first, other.first, 0.0) < min(self.gone, other.gone)


def stays(scenario: Scenario) -> dict[str, Stay]:
    """Dosed drug to its stay; one whose doses were all missed has none."""
    stays: dict[str, Stay] = {}
    for drug in scenario.dosed:
        times = [(dose.time, dose.time + dose.duration) for dose in scenario.doses if dose.drug == drug]
        taken = [
            (dose.time, dose.time + dose.duration) for dose in scenario.doses if dose.drug == drug and not dose.missed
        ]
        if times and taken:
            last = max(end for _, end in taken)
            stays[drug] = Stay(first=taken[0][0], last=last, gone=last + HALF_LIVES * _memory(scenario, drug))
    return stays


def _memory(scenario: Scenario, drug: str) -> float:
    """Half-lives of a drug, of its slowest metabolite and of the slowest enzyme that they change, in a row [h]."""
    family = family_of(scenario, drug)
    lives = {name: half_life(scenario.monographs[name], scenario.patient) for name in family}
    changed = {
        name
        for member in family
        for name in (*scenario.monographs[member].induces, *scenario.monographs[member].inactivates)
    }
    enzymes = [organ.half_life.canonical for name in changed for organ in scenario.enzymes[name].organs.values()]
    return lives.pop(drug) + max(lives.values(), default=0.0) + max(enzymes, default=0.0)


def family_of(scenario: Scenario, drug: str) -> tuple[str, ...]:
    """A drug of the scenario with its metabolites, theirs, and so on."""
    family: list[str] = []
    waiting = [drug]
    while waiting:
        name = waiting.pop(0)
        if name not in family:
            family.append(name)
            waiting += scenario.monographs[name].metabolites
    return tuple(family)


def half_life(monograph: Monograph, patient: Patient) -> float:
    """Mean residence times ln 2 in this patient: volume of all compartments over clearance, uninduced [h]."""
    spaces = [monograph.distribution.volume, *(peripheral.volume for peripheral in monograph.distribution.peripheral)]
    total = sum(space.canonical * (patient.weight if "/kg" in space.unit else 1.0) for space in spaces)
    return math.log(2) * total / typical_clearance(monograph, patient)


def typical_clearance(monograph: Monograph, patient: Patient) -> float:
    """Clearance of a normal metaboliser of this size, with these kidneys and conditions [L/h]."""
    total = float(sum(pathway_clearance(patient, monograph, pathway) for pathway in pathways(monograph)))
    return max(total, SMALLEST * body.reference_clearance(monograph.elimination.clearance))


def daily_dose(course: Course) -> float:
    """Labelled amount per day [mg]; that of a single dose."""
    if course.clock:
        return sum(dose.amount for dose in course.clock)
    return max(course.levels) * (1.0 if course.every is None else 24 / course.every)


def available(monograph: Monograph, course: Course) -> float:
    """Free drug that reaches the circulation per labelled amount [1]."""
    formulation = monograph.absorption[course.formulation]
    salt = 1.0 if formulation.salt_factor is None else formulation.salt_factor.canonical
    if course.bioavailability is not None:
        return salt * course.bioavailability
    if formulation.half_dose is not None:
        largest = max(course.levels, default=0.0) if not course.clock else max(dose.amount for dose in course.clock)
        salt /= 1 + salt * largest / formulation.half_dose.canonical
    return salt * (1.0 if formulation.bioavailability is None else formulation.bioavailability.canonical)
