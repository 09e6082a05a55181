"""What a patient changes in a monograph's numbers: size, kidneys, age, enzymes."""

from __future__ import annotations

from collections.abc import Mapping

from pkinteract.library import Enzyme
from pkinteract.library.monograph import REFERENCE_WEIGHT, Elimination, Value
from pkinteract.scenario import Patient
from pkinteract.units import dimension_of, from_canonical, to_canonical

LIVER_FLOW = 90.0
"""Hepatic blood flow [L/h] at 70 kg; with weight^0.75 as clearance."""

GUT_FLOW = 18.0
"""Blood flow of the gut mucosa [L/h] at 70 kg; with weight^0.75 as clearance."""

CLEARANCE_EXPONENT = 0.75
"""Exponent of weight in clearances and flows [1]."""

NORMAL_CREATININE_CLEARANCE = 100.0
"""Creatinine clearance [mL/min] at which a renal clearance of a monograph holds."""


def size(patient: Patient) -> float:
    """Allometric factor on clearances and flows: (weight/70 kg)^0.75 [1]."""
    return float((patient.weight / REFERENCE_WEIGHT) ** CLEARANCE_EXPONENT)


def reference_clearance(value: Value) -> float:
    """Clearance of a 70 kg adult [L/h] from a value per person or per kg."""
    per_weight = dimension_of(value.unit) == "clearance per weight"
    return value.canonical * (REFERENCE_WEIGHT if per_weight else 1.0)


def volume(value: Value, patient: Patient) -> float:
    """Volume of distribution [L], proportional to weight."""
    per_weight = dimension_of(value.unit) == "volume per weight"
    return value.canonical * (patient.weight if per_weight else patient.weight / REFERENCE_WEIGHT)


def clearance_factor(elimination: Elimination, patient: Patient) -> float:
    """Factor on the whole clearance by kidneys, liver, age and pregnancy, where a monograph cites one [1]."""
    factor = renal_factor(elimination, patient) * age_factor(elimination, patient)
    return factor * hepatic_factor(elimination, patient) * pregnancy_factor(elimination, patient)


def hepatic_factor(elimination: Elimination, patient: Patient) -> float:
    """Factor of a monograph for the patient's Child–Pugh class [1]; 1 where it has none."""
    for row in elimination.hepatic_function:
        if row.child_pugh == patient.hepatic_class:
            return row.factor.canonical
    return 1.0


def pregnancy_factor(elimination: Elimination, patient: Patient) -> float:
    """Factor of a monograph for the patient's week of pregnancy [1]; the latest week that is reached counts."""
    if patient.pregnancy is None:
        return 1.0
    age = to_canonical(patient.pregnancy, "wk") + 1e-6
    reached = [row for row in elimination.pregnancy if age >= row.since.canonical]
    return reached[-1].factor.canonical if reached else 1.0


def renal_factor(elimination: Elimination, patient: Patient) -> float:
    """Factor of a monograph's own relation to creatinine clearance [1]; 1 where it has none."""
    if patient.creatinine_clearance is None:
        return 1.0
    for band in elimination.renal_function:
        if patient.creatinine_clearance >= from_canonical(band.since.canonical, "mL/min") - 1e-9:
            return band.factor.canonical
    return 1.0


def age_factor(elimination: Elimination, patient: Patient) -> float:
    """Factor of a monograph's age effect [1]; the highest age bound that is reached counts."""
    reached = [
        (row.age_from.canonical, row.factor.canonical)
        for row in elimination.age_effect
        if patient.age >= from_canonical(row.age_from.canonical, "y") - 1e-9
    ]
    return max(reached)[1] if reached else 1.0


def activities(patient: Patient, enzymes: Mapping[str, Enzyme]) -> dict[str, float]:
    """Uninduced level of every enzyme, relative to the non-smoking normal metaboliser [1]."""
    levels = {}
    for name, enzyme in enzymes.items():
        level = patient.phenotype[name].factor if name in patient.phenotype else 1.0
        smoking = enzyme.smoking.canonical if patient.smoker and enzyme.smoking is not None else 1.0
        levels[name] = level * smoking * patient.abundance.get(name, 1.0)
    return levels
