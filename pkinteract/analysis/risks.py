"""Who is at risk: what a gene or weak kidneys would make of a level after a change.

Long-run averages at even dosing with everything that is taken at the end of the move, as ``check`` expects them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from pkinteract.analysis.moves import Move
from pkinteract.library.phenotypes import activity, genes
from pkinteract.model.expectation.estimate import averages_together
from pkinteract.model.expectation.intake import family_of
from pkinteract.result import Result
from pkinteract.scenario import Patient, Scenario

WORTH = 1.25
"""Fold change from which a risk is told [1]."""

SHARE = 0.1
"""Share of a clearance from which a gene or the kidneys are asked [1]."""

WEAK = 30.0
"""Creatinine clearance of weak kidneys [mL/min]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """What a trait makes of the level of an analyte.

    Attributes
    ----------
    trait
        A gene, or "kidneys".
    fold
        Level with the trait over that without [1].
    """

    trait: Literal["gene", "kidneys"]
    name: str
    fold: float


def risks_of(result: Result, move: Move) -> tuple[Risk, ...]:
    """Poor metabolisers of each gene that clears the analyte, and weak kidneys; the largest first.

    No genes where the patient was fitted to levels of the drug: what they do is in these already.
    """
    risks = [risk for risk in _risks(result, move) if risk.fold >= WORTH]
    return tuple(sorted(risks, key=lambda risk: -risk.fold))


def _risks(result: Result, move: Move) -> Iterator[Risk]:
    scenario = result.scenario
    there = _taken(scenario, move)
    patient = scenario.patients[-1][1] if scenario.patients else scenario.patient
    base = _level(scenario, patient, there, move)
    if base <= 0:
        return
    shares = _shares(scenario, move)
    fitted = set() if result.fit is None else {value.drug for value in result.fit.values}
    for gene in genes() if fitted.isdisjoint(family_of(scenario, move.analyte.parent)) else ():
        known = patient.phenotype.get(gene)
        if shares.get(gene, 0.0) < SHARE or (known is not None and known.phenotype != "normal"):
            continue
        try:
            poor = activity(gene, "poor")
        except ValueError:
            continue
        person = replace(patient, phenotype={**patient.phenotype, gene: poor})
        yield Risk(trait="gene", name=gene, fold=_level(scenario, person, there, move) / base)
    if shares.get("kidneys", 0.0) >= 2 * SHARE and (patient.creatinine_clearance or 0.0) > 2 * WEAK:
        person = replace(patient, creatinine_clearance=WEAK)
        yield Risk(trait="kidneys", name="kidneys", fold=_level(scenario, person, there, move) / base)


def _taken(scenario: Scenario, move: Move) -> list[str]:
    """Drugs that are taken on the last day of a move, or of its largest change, and the drug itself."""
    time = move.extreme_time if move.returns else move.stop
    recent = {dose.drug for dose in scenario.doses if time - 72 < dose.time <= time and not dose.missed}
    return [drug for drug in scenario.dosed if drug in recent or drug == move.analyte.parent]


def _level(scenario: Scenario, patient: Patient, drugs: list[str], move: Move) -> float:
    """Long-run average of what an analyte adds up [mg/L]; 0 where it does not settle."""
    levels = averages_together(replace(scenario, patient=patient, patients=()), drugs)
    return sum(levels.get(part, 0.0) for part in move.analyte.parts)


def _shares(scenario: Scenario, move: Move) -> dict[str, float]:
    """Largest share that an enzyme, or the kidneys, have in the clearance of the drug or of what it forms [1]."""
    shares: dict[str, float] = {}
    for name in family_of(scenario, move.analyte.parent):
        own: dict[str, float] = {}
        for pathway in scenario.monographs[name].elimination.pathway:
            who = "kidneys" if pathway.kind == "renal" else pathway.enzyme
            if who is not None:
                own[who] = own.get(who, 0.0) + pathway.fraction.canonical
        if scenario.monographs[name].elimination.renal_function:
            own["kidneys"] = 1.0
        shares = {who: max(shares.get(who, 0.0), own.get(who, 0.0)) for who in {*shares, *own}}
    return shares
