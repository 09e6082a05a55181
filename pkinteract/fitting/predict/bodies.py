"""Values of the parameters put into the drugs, the enzymes and the patient of a series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from pkinteract.fitting.types import Parameter, Series
from pkinteract.library import Enzyme
from pkinteract.library.overrides import Steps, steps_of, with_value
from pkinteract.library.schema.monograph import Monograph
from pkinteract.scenario import Patient, Scenario
from pkinteract.units import dimension_of, from_canonical, to_canonical

ENZYMES, PATIENT = "enzymes", "patient"
"""What the paths begin with that lead to an enzyme's turnover and to a value of the patient, in place of a drug."""

TRAITS = {"weight": "kg", "creatinine_clearance": "mL/min", "abundance": "1"}
"""Values of the patient that a parameter may set, in these units; ``abundance`` for each enzyme."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """A value that takes the value of a parameter, in ``unit``; ``owner`` is a drug, "enzymes" or "patient"."""

    owner: str
    steps: Steps
    parameter: str
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Treatment:
    """Who is treated with what: ``patients`` is what the patient becomes and when [h]."""

    monographs: Mapping[str, Monograph]
    enzymes: Mapping[str, Enzyme]
    patient: Patient
    patients: tuple[tuple[float, Patient], ...]


def changes_of(parameters: Sequence[Parameter], series: Series) -> tuple[Assignment, ...]:
    """The values of a series that parameters set."""
    assignments = []
    roots = {ENZYMES: series.scenario.enzymes, **series.scenario.monographs}
    named = {owner for parameter in parameters for owner, _ in parameter.paths}
    known = {owner: steps_of(root) for owner, root in roots.items() if owner in named}
    for parameter in parameters:
        for owner, path in parameter.paths:
            if owner == PATIENT:
                steps: Steps = tuple(path.split("."))
            elif owner in known:
                steps = known[owner][path]
            else:
                continue
            assignments.append(Assignment(owner=owner, steps=steps, parameter=parameter.name, unit=parameter.unit))
    return tuple(assignments)


def changed(series: Series, changes: Sequence[Assignment], values: Mapping[str, float]) -> Treatment:
    """The body of a series with the values of the parameters."""
    patient, patients = series.patient, series.scenario.states
    bodily = [change for change in changes if change.owner == PATIENT]
    others = tuple(change for change in changes if change.owner != PATIENT)
    for assignment in bodily:
        number, before = values[assignment.parameter], patient
        patient = _person(patient, before, assignment.steps, number, assignment.unit)
        patients = tuple(
            (time, _person(person, before, assignment.steps, number, assignment.unit)) for time, person in patients
        )
    numbers = tuple(values[assignment.parameter] for assignment in others)
    monographs, enzymes = _library(_ScenarioValues(scenario=series.scenario, changes=others, numbers=numbers))
    return Treatment(monographs=monographs, enzymes=enzymes, patient=patient, patients=patients)


@dataclass(frozen=True, eq=False, kw_only=True)
class _ScenarioValues:
    """Values for the drugs and enzymes of one scenario, which many series share."""

    scenario: Scenario
    changes: tuple[Assignment, ...]
    numbers: tuple[float, ...]

    def __hash__(self) -> int:
        return hash((id(self.scenario), self.changes, self.numbers))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _ScenarioValues) or self.scenario is not other.scenario:
            return False
        return (self.changes, self.numbers) == (other.changes, other.numbers)


@lru_cache(maxsize=64)
def _library(point: _ScenarioValues) -> tuple[Mapping[str, Monograph], Mapping[str, Enzyme]]:
    """Monographs and enzymes of a scenario with values replaced."""
    monographs, enzymes = dict(point.scenario.monographs), point.scenario.enzymes
    for change, number in zip(point.changes, point.numbers, strict=True):
        if change.owner == ENZYMES:
            enzymes = with_value(enzymes, change.steps, number, change.unit)
        else:
            monographs[change.owner] = with_value(monographs[change.owner], change.steps, number, change.unit)
    return monographs, enzymes


def _person(person: Patient, first: Patient, steps: Steps, number: float, unit: str) -> Patient:
    """A state of the patient with a value replaced; what a change has set is left alone."""
    name = str(steps[0])
    value = number if unit == TRAITS[name] else from_canonical(to_canonical(number, unit), TRAITS[name])
    if name == "abundance":
        return replace(person, abundance={**person.abundance, str(steps[1]): value})
    if name == "weight":
        return replace(person, weight=value) if person.weight == first.weight else person
    same = person.creatinine_clearance == first.creatinine_clearance
    return replace(person, creatinine_clearance=value) if same else person


def trait_problem(path: str, unit: str, enzymes: Mapping[str, Enzyme]) -> str | None:
    """What is wrong with a path into the patient, or with its unit; None if nothing is."""
    name, _, enzyme = path.partition(".")
    if name not in TRAITS or (name == "abundance" and enzyme not in enzymes) or (name != "abundance" and enzyme):
        return f"patient.{path} is not estimated; write patient.weight, patient.creatinine_clearance or " + (
            f"patient.abundance.{next(iter(enzymes))}"
        )
    if dimension_of(unit) != dimension_of(TRAITS[name]):
        return f'"{unit}" is a unit of {dimension_of(unit)}; patient.{path} is in {TRAITS[name]}'
    return None
