"""How much enzymes and drugs vary between patients beyond body and genes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from pkinteract.library.lognormal import correlation, enzyme_cvs, explained_cv, has_first_pass, log_sd, own_cv
from pkinteract.library.people import reference as people
from pkinteract.library.schema.monograph import Monograph
from pkinteract.population.people.cohort import Array
from pkinteract.population.people.specification import PopulationSpecification
from pkinteract.scenario import Scenario
from pkinteract.scenario.streams import Streams, correlated_draws, uniform_between


def abundances(enzymes: Sequence[str], spec: PopulationSpecification, streams: Streams) -> dict[str, Array]:
    """Enzyme to the factor on its uninduced level in each patient, (n,) [1]: log-normal about 1.

    Correlated enzymes are drawn together whichever of them are asked for, so that nobody changes with the scenario.
    """
    tied = sorted(set().union(*people.rank_correlations()))
    alone = [name for name in enzymes if name not in tied]
    sds = {name: log_sd(enzyme_cvs(spec.cvs)[name]) for name in enzymes}
    deviates: dict[str, Array] = {}
    if set(enzymes) & set(tied):
        chances = streams.uniforms([f"level of {name}" for name in tied])
        deviates |= zip(tied, correlated_draws(chances, correlation(tied)), strict=True)
    if alone:
        deviates |= zip(alone, uniform_between(streams.uniforms([f"level of {name}" for name in alone])), strict=True)
    return {name: np.exp(sds[name] * deviates[name]) for name in enzymes}


def factors(scenario: Scenario, spec: PopulationSpecification, streams: Streams) -> dict[tuple[str, str], Array]:
    """(compound, key) to the patients' own factors, (n,) [1]: log-normal about 1, F never above 1."""
    spreads: dict[tuple[str, str], tuple[float, float]] = {}
    for name, monograph in scenario.monographs.items():
        if name not in spec.fixed:
            for key, (sd, most) in _spreads(scenario, monograph, spec).items():
                spreads[name, key] = sd, most
    if not spreads:
        return {}
    chances = streams.uniforms([f"{key} of {name}" for name, key in spreads])
    return {
        place: np.exp(sd * uniform_between(chance, -math.inf, math.log(most) / sd if most < math.inf else math.inf))
        for (place, (sd, most)), chance in zip(spreads.items(), chances, strict=True)
    }


def narrowing(scenario: Scenario, spec: PopulationSpecification, abundance: Mapping[str, Array]) -> dict[str, Array]:
    """Compound to the factor on its clearance where its enzymes alone would spread that more than published.

    With X what the abundances make of the clearance of a normal metaboliser, relative to 1, the factor is
    X^(k - 1), and k the ratio of the two SDs of the logarithm: X^k has the published CV.
    """
    factor_of: dict[str, Array] = {}
    for name, monograph in scenario.monographs.items():
        cv, enzymes = _cvs(scenario, monograph, spec).get("clearance"), explained_cv(monograph, spec.cvs)
        ways = [
            (pathway.enzyme, pathway.fraction.canonical)
            for pathway in monograph.elimination.pathway
            if pathway.enzyme in abundance
        ]
        if name in spec.fixed or cv is None or cv >= enzymes or not ways:
            continue
        level = 1 + np.sum([share * (abundance[enzyme] - 1) for enzyme, share in ways if enzyme is not None], axis=0)
        factor_of[name] = level ** (log_sd(cv) / log_sd(enzymes) - 1)
    return factor_of


def _spreads(scenario: Scenario, monograph: Monograph, spec: PopulationSpecification) -> dict[str, tuple[float, float]]:
    """Key to the SD of the logarithm, above 0, and the largest factor that is possible."""
    spreads: dict[str, tuple[float, float]] = {}
    cvs = _cvs(scenario, monograph, spec)
    if "clearance" in cvs:
        rest = own_cv(cvs["clearance"], explained_cv(monograph, spec.cvs))
        if rest > 0:
            spreads["clearance"] = log_sd(rest), math.inf
    for key in ("volume", "ka"):
        if key in cvs:
            spreads[key] = log_sd(cvs[key]), math.inf
    if "bioavailability" in cvs:
        spreads["bioavailability"] = log_sd(cvs["bioavailability"]), 1 / highest_bioavailability(scenario, monograph)
    return spreads


def _cvs(scenario: Scenario, monograph: Monograph, spec: PopulationSpecification) -> dict[str, float]:
    """Key to the CV that the population's table or the monograph gives [1]."""
    used = [monograph.absorption[name] for name in _formulations(scenario, monograph.id)]
    written: Mapping[str, Sequence[float | None]] = {
        "clearance": [monograph.elimination.clearance.cv],
        "volume": [monograph.distribution.volume.cv],
        "ka": [inlet.ka.cv for form in used for inlet in form.inputs if inlet.ka is not None],
        "bioavailability": [form.bioavailability.cv for form in used if form.bioavailability is not None],
    }
    cvs = {key: next((cv for cv in values if cv is not None), None) for key, values in written.items()}
    cvs |= {key: spec.cvs[f"{monograph.id}.{key}"] for key in cvs if f"{monograph.id}.{key}" in spec.cvs}
    if has_first_pass(monograph):
        cvs["bioavailability"] = None
    return {key: cv for key, cv in cvs.items() if cv is not None}


def _formulations(scenario: Scenario, drug: str) -> list[str]:
    courses = [course for regimen in scenario.regimens if regimen.drug == drug for course in regimen.courses]
    return list(dict.fromkeys(course.formulation for course in courses))


def highest_bioavailability(scenario: Scenario, monograph: Monograph) -> float:
    """The largest F that a course of the scenario has for the typical patient [1]."""
    fractions = [0.0]
    for course in (c for regimen in scenario.regimens if regimen.drug == monograph.id for c in regimen.courses):
        form = monograph.absorption[course.formulation]
        usual = 1.0 if form.bioavailability is None else form.bioavailability.canonical
        if course.food == "fed" and form.food is not None and form.food.bioavailability is not None:
            usual *= form.food.bioavailability.canonical
        if form.route == "oral":
            fractions.append(usual if course.bioavailability is None else course.bioavailability)
    return max(fractions) or 1.0
