"""Conditions that ask the patient."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

from pkinteract.guidance.facts import Facts
from pkinteract.guidance.types import Assumed

Answered = bool | Assumed
"""Whether a condition holds; or what is not given, and it counts as if it did."""

FERTILE = (12.0, 55.0)
"""Ages between which a woman of whom nothing is said may become pregnant [y]: a convention of ours."""

PatientTest = Callable[[Facts, Any], Answered]


def _gene(facts: Facts, value: Mapping[str, Any]) -> bool:
    activity = facts.patient.phenotype.get(value["name"])
    if activity is None:
        return False
    if "phenotype" in value:
        return activity.phenotype in value["phenotype"]
    score = activity.score
    return score is not None and value.get("least", 0.0) <= score <= value.get("most", float("inf"))


def _unknown_allele(facts: Facts, value: str) -> bool:
    return value not in facts.context.alleles | facts.context.alleles_absent


def _epilepsy(facts: Facts, _: object) -> Answered:
    return "epilepsy" if facts.epilepsy is None else facts.epilepsy


def _no_epilepsy(facts: Facts, _: object) -> Answered:
    return "epilepsy" if facts.epilepsy is None else not facts.epilepsy


def _indication(facts: Facts, value: list[str]) -> Answered:
    given = facts.context.indication
    if given is None and facts.epilepsy:
        return "epilepsy" in value
    return "indication" if given is None else given in value


def _childbearing(facts: Facts, _: object) -> Answered:
    given, patient = facts.context.childbearing, facts.patient
    if patient.sex == "male" or given is False:
        return False
    if given or facts.pregnant or facts.context.conditions & {"planning-pregnancy"}:
        return True
    return "childbearing" if FERTILE[0] <= patient.age <= FERTILE[1] else False


def _smoking(facts: Facts, value: str) -> bool:
    states = [patient.smoker for patient in facts.patients]
    before, after = (True, False) if value == "stops" else (False, True)
    return any(old is before and new is after for old, new in pairwise(states))


def _hepatic(facts: Facts, value: list[str]) -> bool:
    return any(patient.hepatic_class in value for patient in facts.patients)


def _clearance(facts: Facts, value: float) -> bool:
    given = [patient.creatinine_clearance for patient in facts.patients]
    return any(clearance is not None and clearance < value for clearance in given)


def _albumin(facts: Facts, value: float) -> bool:
    return any(patient.albumin is not None and patient.albumin < value for patient in facts.patients)


PATIENT: Mapping[str, PatientTest] = {
    "allele": lambda facts, value: value in facts.context.alleles,
    "allele_absent": lambda facts, value: value in facts.context.alleles_absent,
    "allele_unknown": _unknown_allele,
    "ancestry": lambda facts, value: facts.context.ancestry in value,
    "gene": _gene,
    "condition": lambda facts, value: not facts.context.conditions.isdisjoint(value),
    "no_condition": lambda facts, value: facts.context.conditions.isdisjoint(value),
    "seizure": lambda facts, value: not facts.context.seizure_types.isdisjoint(value),
    "epilepsy": _epilepsy,
    "no_epilepsy": _no_epilepsy,
    "indication": _indication,
    "sex": lambda facts, value: facts.patient.sex == value,
    "pregnant": lambda facts, value: facts.pregnant is value,
    "breastfeeding": lambda facts, _: facts.context.breastfeeding,
    "childbearing": _childbearing,
    "contraception": lambda facts, value: facts.context.contraception in value,
    "age_from": lambda facts, value: facts.patient.age >= value,
    "age_below": lambda facts, value: facts.patient.age < value,
    "weight_from": lambda facts, value: facts.patient.weight >= value,
    "clearance_below": _clearance,
    "hepatic": _hepatic,
    "albumin_below": _albumin,
    "dialysis": lambda facts, _: facts.dialysed,
    "smoking": _smoking,
}
"""What is asked of the patient alone, by the key of the condition."""
