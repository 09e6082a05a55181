"""Kidneys and blood of the patient as a file gives them: given once, where they matter, and within what a body can."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

from pkinteract.library.schema.monograph import NORMAL_CREATININE_CLEARANCE, Monograph
from pkinteract.scenario.kidneys import (
    LARGEST_WEIGHT,
    OBESE,
    absolute_rate,
    cockcroft_gault,
    dosing_weight,
    ideal_weight,
    most_cleared,
)
from pkinteract.scenario.types import Patient
from pkinteract.text.remark import Remark, remark
from pkinteract.text.toml_lines import Key
from pkinteract.text.words import words_of

Report = Callable[[Key, str], None]
Warn = Callable[[Key, Remark], None]

GIVEN = ("creatinine_clearance", "serum_creatinine", "egfr")
"""Keys by which the kidneys are told, one of them."""

REFUSED = 300.0
"""Estimate above which something is wrong with what it was made of, as with a clearance that is given [mL/min]."""


def check_given(key: Key, written: Collection[str], refuse: Report) -> None:
    """Report kidneys that are told more than once in a table that stands at ``key``."""
    first, *others = [name for name in GIVEN if name in written] or [""]
    for other in others:
        refuse((*key, other), f"give {first} or {other}, not both")


def check_kidneys(table: object, monographs: Mapping[str, Monograph], refuse: Report, warn: Warn) -> None:
    """Report kidneys that are told twice, or not at all where a drug needs them."""
    if not isinstance(table, dict):
        return
    check_given(("patient",), table, refuse)
    if any(name in table for name in GIVEN):
        return
    needed = [drug for drug, monograph in monographs.items() if monograph.needs_creatinine]
    if needed:
        example = 'creatinine_clearance = "95 mL/min" or serum_creatinine = "0.8 mg/dL"'
        text = f"is required, {needed[0]} is cleared by the kidneys; write {example}"
        refuse(("patient", "creatinine_clearance"), text)
        return
    little = tuple(
        remark("remark.renal", drug=drug, share=f"{100 * monograph.renal_share:.0f}")
        for drug, monograph in monographs.items()
        if monograph.renal_share
    )
    if little:
        normal = remark("remark.kidneys", normal=NORMAL_CREATININE_CLEARANCE, little=little)
        warn(("patient", "creatinine_clearance"), normal)


def with_kidneys(patient: Patient, key: Key, refuse: Report, warn: Warn) -> Patient:
    """The patient with the creatinine clearance that follows from serum creatinine or a filtration rate.

    An estimate above what kidneys clear is reported: it is bounded, or refused where it is absurd.
    """
    source = "serum_creatinine" if patient.egfr is None else "egfr"
    if patient.egfr is not None and patient.height is None:
        text = 'needs the height, as it is per 1.73 m2 of body surface; write for example height = "170 cm"'
        refuse((*key, "egfr"), text)
        return patient
    if patient.egfr is not None and patient.height is not None:
        clearance = absolute_rate(patient.egfr, patient.weight, patient.height)
        how = remark("remark.by-size", weight=patient.weight, height=patient.height * 100)
    elif patient.serum_creatinine is not None:
        clearance, how = _estimated(patient, patient.serum_creatinine), remark("remark.by-formula")
    else:
        return patient
    most = most_cleared()
    estimate = remark("remark.clearance", clearance=f"{clearance:.0f}", how=how)
    if clearance > REFUSED:
        heavy = patient.height is None and patient.weight >= LARGEST_WEIGHT[patient.sex]
        other = ", give the height, by which a weight in obesity is adjusted," if heavy else ""
        advice = f'correct it{other} or write for example creatinine_clearance = "120 mL/min"'
        refuse((*key, source), f"{estimate.told(words_of('en'))}, which no kidneys clear; {advice}")
    elif clearance > most:
        warn((*key, source), remark("remark.bounded", text=estimate, most=most))
    if source == "serum_creatinine" and clearance <= REFUSED:
        _warn_of_weight(patient, (*key, source), warn)
    return replace(patient, creatinine_clearance=min(clearance, most))


def _estimated(patient: Patient, creatinine: float) -> float:
    female, weight = patient.sex == "female", patient.weight
    if patient.height is not None:
        weight = dosing_weight(weight, patient.height, female)
    return float(cockcroft_gault(patient.age, weight, female, creatinine))


def _warn_of_weight(patient: Patient, key: Key, warn: Warn) -> None:
    """Say which weight Cockcroft–Gault takes in obesity, or that it cannot be known."""
    weight, height, female = patient.weight, patient.height, patient.sex == "female"
    if height is None:
        if weight >= LARGEST_WEIGHT[patient.sex]:
            warn(key, remark("remark.whole-weight", weight=weight, obese=OBESE))
    elif dosing_weight(weight, height, female) < weight:
        weights = (dosing_weight(weight, height, female), ideal_weight(height, female), weight / height**2)
        adjusted, ideal, index = (f"{value:.0f}" for value in weights)
        warn(key, remark("remark.adjusted-weight", adjusted=adjusted, ideal=ideal, index=index))
