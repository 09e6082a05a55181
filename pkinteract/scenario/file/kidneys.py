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
from pkinteract.text.toml_lines import Key

Report = Callable[[Key, str], None]

GIVEN = ("creatinine_clearance", "serum_creatinine", "egfr")
"""Keys by which the kidneys are told, one of them."""

REFUSED = 300.0
"""Estimate above which something is wrong with what it was made of, as with a clearance that is given [mL/min]."""


def check_given(key: Key, written: Collection[str], refuse: Report) -> None:
    """Report kidneys that are told more than once in a table that stands at ``key``."""
    first, *others = [name for name in GIVEN if name in written] or [""]
    for other in others:
        refuse((*key, other), f"give {first} or {other}, not both")


def check_kidneys(table: object, monographs: Mapping[str, Monograph], refuse: Report, warn: Report) -> None:
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
    little = [
        f"{drug} ({monograph.renal_share:.0%} of its clearance)"
        for drug, monograph in monographs.items()
        if monograph.renal_share
    ]
    if little:
        text = f"is not given: kidneys count as normal ({NORMAL_CREATININE_CLEARANCE:g} mL/min) for {', '.join(little)}"
        warn(("patient", "creatinine_clearance"), text)


def with_kidneys(patient: Patient, key: Key, refuse: Report, warn: Report) -> Patient:
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
        how = f"with a weight of {patient.weight:g} kg and a height of {patient.height * 100:g} cm"
    elif patient.serum_creatinine is not None:
        clearance, how = _estimated(patient, patient.serum_creatinine), "by Cockcroft–Gault"
    else:
        return patient
    most = most_cleared()
    text = f"gives a creatinine clearance of {clearance:.0f} mL/min {how}"
    if clearance > REFUSED:
        heavy = patient.height is None and patient.weight >= LARGEST_WEIGHT[patient.sex]
        other = ", give the height, by which a weight in obesity is adjusted," if heavy else ""
        advice = f'correct it{other} or write for example creatinine_clearance = "120 mL/min"'
        refuse((*key, source), f"{text}, which no kidneys clear; {advice}")
    elif clearance > most:
        warn((*key, source), f"{text}, more than kidneys clear; {most:g} mL/min counts. Is it right?")
    if source == "serum_creatinine" and clearance <= REFUSED:
        _warn_of_weight(patient, (*key, source), warn)
    return replace(patient, creatinine_clearance=min(clearance, most))


def _estimated(patient: Patient, creatinine: float) -> float:
    female, weight = patient.sex == "female", patient.weight
    if patient.height is not None:
        weight = dosing_weight(weight, patient.height, female)
    return float(cockcroft_gault(patient.age, weight, female, creatinine))


def _warn_of_weight(patient: Patient, key: Key, warn: Report) -> None:
    """Say which weight Cockcroft–Gault takes in obesity, or that it cannot be known."""
    weight, height, female = patient.weight, patient.height, patient.sex == "female"
    if height is None:
        if weight >= LARGEST_WEIGHT[patient.sex]:
            text = f"is judged by the whole weight of {weight:g} kg, as no height is given; in obesity (a body mass "
            warn(key, text + f"index from {OBESE:g} on) an adjusted weight counts. Write the height")
    elif dosing_weight(weight, height, female) < weight:
        adjusted = f"the adjusted weight of {dosing_weight(weight, height, female):.0f} kg (ideal "
        text = f"{ideal_weight(height, female):.0f} kg), for a body mass index of {weight / height**2:.0f}"
        warn(key, f"is judged by {adjusted}{text}")
