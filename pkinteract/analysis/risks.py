"""Who is at risk: what a gene or weak kidneys would make of a level after a change.

Long-run averages at even dosing with everything that is taken at the end of the move, as ``check`` expects them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from pkinteract.analysis.moves import Move
from pkinteract.library.phenotypes import activity, genes
from pkinteract.library.schema.interactions import Inhibition
from pkinteract.library.schema.monograph import Monograph
from pkinteract.model.expectation.estimate import averages_together
from pkinteract.model.expectation.intake import family_of
from pkinteract.result import Result
from pkinteract.scenario import Patient, Scenario
from pkinteract.scenario.types import TOLERANCE

WORTH = 1.25
"""Fold change from which a risk is told [1]."""

SHARE = 0.1
"""Share of a clearance from which a gene or the kidneys are asked [1]."""

WEAK = 30.0
"""Creatinine clearance of weak kidneys [mL/min]."""


WIDE = 1.5
"""Ratio of the ends of what may be from which they are told [1]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """What a trait makes of the level of an analyte.

    Attributes
    ----------
    trait
        A gene, or "kidneys".
    fold
        Level with the trait over that without [1].
    patient
        Who has it.
    """

    trait: Literal["gene", "kidneys"]
    name: str
    fold: float
    patient: Patient


def risks_of(result: Result, move: Move) -> tuple[Risk, ...]:
    """Poor metabolisers of each gene that clears the analyte, and weak kidneys; the largest first.

    No genes where the patient was fitted to levels of the drug: what they do is in these already.
    """
    risks = [risk for risk in _risks(result, move) if risk.fold >= WORTH]
    return tuple(sorted(risks, key=lambda risk: -risk.fold))


def _risks(result: Result, move: Move) -> Iterator[Risk]:
    scenario = result.scenario
    there = _taken(scenario, move)
    patient = patient_then(scenario, move)
    base = level_with(scenario, patient, there, move)
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
        fold = level_with(scenario, person, there, move) / base
        yield Risk(trait="gene", name=gene, fold=fold, patient=person)
    if shares.get("kidneys", 0.0) >= 2 * SHARE and (patient.creatinine_clearance or 0.0) > 2 * WEAK:
        person = replace(patient, creatinine_clearance=WEAK)
        fold = level_with(scenario, person, there, move) / base
        yield Risk(trait="kidneys", name="kidneys", fold=fold, patient=person)


def risk_ends(result: Result, move: Move, risk: Risk) -> tuple[float, float] | None:
    """The least and the largest fold of a risk at the ends of the 95 % intervals of what inhibits the drug [1].

    None where these are not ``WIDE`` apart.
    """
    scenario = result.scenario
    patient = patient_then(scenario, move)
    there = _taken(scenario, move)
    ends = []
    for end in _at_ends(scenario, move):
        without, having = (level_with(end, person, there, move) for person in (patient, risk.patient))
        ends.append(having / without if without > 0 else 0.0)
    return _wide(ends)


def ratio_ends(result: Result, move: Move) -> tuple[float, float] | None:
    """The least and the largest that the ratio of a move may be in a poor metaboliser [1].

    At the ends of the 95 % intervals of what inhibits the drug: studies are of normal metabolisers, in whom what is
    left to a poor one is a small part. None in others, and where these are not ``WIDE`` apart.
    """
    scenario = result.scenario
    patient = patient_then(scenario, move)
    shares = _shares(scenario, move)
    poor = [gene for gene, known in patient.phenotype.items() if known.phenotype == "poor"]
    if not any(shares.get(gene, 0.0) >= SHARE for gene in poor):
        return None

    def ratio(of: Scenario) -> float:
        earlier, later = (level_with(of, patient, there(of, time, move), move) for time in (move.cause, _end(move)))
        return later / earlier if earlier > 0 else 0.0

    middle, ends = ratio(scenario), [ratio(end) for end in _at_ends(scenario, move)]
    return _wide([move.ratio * end / middle for end in ends]) if middle > 0 else None


def _wide(ends: list[float]) -> tuple[float, float] | None:
    return (min(ends), max(ends)) if ends and min(ends) > 0 and max(ends) >= WIDE * min(ends) else None


def _at_ends(scenario: Scenario, move: Move) -> Iterator[Scenario]:
    """The scenario with all that inhibits what clears a drug at the upper, and at the lower ends of its intervals.

    Nothing where nothing has an interval.
    """
    enzymes = _shares(scenario, move).keys()
    for end in (1, 0):
        each = {id: _inhibits_at(monograph, enzymes, end) for id, monograph in scenario.monographs.items()}
        changed = {
            id: scenario.monographs[id].model_copy(
                update={"inhibits": {**scenario.monographs[id].inhibits, **inhibits}}
            )
            for id, inhibits in each.items()
            if inhibits
        }
        if changed:
            yield replace(scenario, monographs={**scenario.monographs, **changed})


def _inhibits_at(monograph: Monograph, enzymes: Collection[str], end: int) -> dict[str, Inhibition]:
    """What inhibits some enzymes and has an interval, at an end of it."""
    return {
        enzyme: one.model_copy(update={"ki": one.ki.model_copy(update={"value": one.ki.interval[end]})})
        for enzyme, one in monograph.inhibits.items()
        if enzyme in enzymes and one.ki.interval is not None
    }


def _end(move: Move) -> float:
    return move.extreme_time if move.returns else move.stop


def patient_then(scenario: Scenario, move: Move) -> Patient:
    """Who the patient is whose level a move is judged by: a change within its last round is none of it."""
    latest = max(move.cause, _end(move) - move.round) + TOLERANCE
    return next((patient for time, patient in reversed(scenario.patients) if time <= latest), scenario.patient)


def _taken(scenario: Scenario, move: Move) -> list[str]:
    """Drugs that are taken on the last day of a move, or of its largest change, and the drug itself."""
    return there(scenario, _end(move), move)


def there(scenario: Scenario, time: float, move: Move) -> list[str]:
    """Drugs that are taken within three days before a time [h], and the drug itself."""
    recent = {dose.drug for dose in scenario.doses if time - 72 < dose.time < time and not dose.missed}
    return [drug for drug in scenario.dosed if drug in recent or drug == move.analyte.parent]


def level_with(scenario: Scenario, patient: Patient, drugs: list[str], move: Move) -> float:
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
