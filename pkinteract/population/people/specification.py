"""The specification of a population, as a scenario has it or as it is by default."""

from __future__ import annotations

from dataclasses import replace

from pkinteract.errors import InputError, Problem
from pkinteract.scenario import Scenario
from pkinteract.scenario.population.reader import adult_ages, population_refusals
from pkinteract.scenario.population.types import (
    Adherence,
    EmpiricalPeople,
    GivenSpread,
    PopulationSpecification,
    Uncertainty,
)

__all__ = ["Adherence", "EmpiricalPeople", "GivenSpread", "PopulationSpecification", "Uncertainty", "specification"]


def specification(scenario: Scenario, n: int | None = None, seed: int | None = None) -> PopulationSpecification:
    """The scenario's ``[population]``, or the default one; ``n`` and ``seed`` replace its own.

    The default one has adults of the ages that every drug is described for. Who has sessions of haemodialysis has the
    kidneys of the scenario's patient, unless the table tells of kidneys.

    Raises
    ------
    InputError
        When the scenario's patient cannot stand for a population: changes during the run, is pregnant, or no adult.
    """
    spec = scenario.population
    if spec is None:
        ages = adult_ages(scenario.monographs, scenario.patient.extrapolate)
        pregnant = any(
            other.pregnancy is not None for other in (scenario.patient, *(other for _, other in scenario.patients))
        )
        reasons = list(population_refusals(bool(scenario.patients) and not pregnant, pregnant))
        if ages[0] > ages[1]:
            reasons.append("no adult age is one that every drug is described for; name a table in [population]")
        if reasons:
            raise InputError(scenario.path, [Problem(line=None, key="patient", message=text) for text in reasons])
        spec = PopulationSpecification(ages=ages)
    if scenario.sessions and scenario.patient.creatinine_clearance is not None and not _kidneys_told(spec):
        spec = replace(spec, fixed=spec.fixed | {"creatinine_clearance"})
    return replace(spec, n=spec.n if n is None else n, seed=spec.seed if seed is None else seed)


def _kidneys_told(spec: PopulationSpecification) -> bool:
    """Whether a specification says itself what kidneys its patients have."""
    told = {*spec.fixed, *spec.spreads, *(() if spec.ward is None else spec.ward.numbers)}
    return bool(told & {"creatinine_clearance", "serum_creatinine"})
