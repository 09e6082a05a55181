"""What a patient changes in a monograph's numbers: size, kidneys, age, enzymes.

It is written for one patient and for many at once: a number of the patient is a float, or an array (n,) over patients.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Protocol, TypeAlias

from pkinteract.library import Enzyme
from pkinteract.library.phenotypes import activity
from pkinteract.library.schema.monograph import (
    NORMAL_CREATININE_CLEARANCE,
    REFERENCE_WEIGHT,
    Elimination,
    Pathway,
    Value,
)
from pkinteract.units import dimension_of, from_canonical, to_canonical

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Array: TypeAlias = npt.NDArray[np.float64]

Number: TypeAlias = "float | Array"
"""A number of one patient, or of many, (n,)."""

LIVER_FLOW = 90.0
"""Hepatic blood flow [L/h] at 70 kg; with weight^0.75 as clearance."""

GUT_FLOW = 18.0
"""Blood flow of the gut mucosa [L/h] at 70 kg; with weight^0.75 as clearance."""

CLEARANCE_EXPONENT = 0.75
"""Exponent of weight in clearances and flows [1]."""

SAME_ACTIVITY = 1e-9
"""Difference below which two activities of a gene are one [1]."""


class GeneActivity(Protocol):
    """What a patient has of a gene: the factor on the uninduced level of its enzyme [1]."""

    @property
    def factor(self) -> Number: ...


class Person(Protocol):
    """What the model asks of a patient, or of many; liver, pregnancy, dialysis and albumin are the same for all."""

    @property
    def weight(self) -> Number: ...

    @property
    def age(self) -> Number: ...

    @property
    def creatinine_clearance(self) -> Number | None: ...

    @property
    def dialysed(self) -> bool: ...

    @property
    def albumin(self) -> float | None: ...

    @property
    def smoker(self) -> bool | npt.NDArray[np.bool_]: ...

    @property
    def hepatic_class(self) -> str | None: ...

    @property
    def pregnancy(self) -> float | None: ...

    @property
    def phenotype(self) -> Mapping[str, GeneActivity]: ...

    @property
    def abundance(self) -> Mapping[str, Number]: ...


def where(condition: bool | npt.NDArray[np.bool_], yes: Number, no: Number) -> Number:
    """``yes`` where the condition holds, else ``no``, in their unit, patient by patient.

    A single patient is decided without numpy, which takes long to import.
    """
    if isinstance(condition, bool):
        return yes if condition else no
    import numpy as np

    return np.where(condition, yes, no) if np.ndim(condition) else yes if condition else no


def banded(value: Number, bands: Iterable[tuple[float, float]]) -> Number:
    """The number of the highest of the ``bands`` (lower bound, number) that a value reaches; 1 if it reaches none."""
    reached: Number = 1.0
    for bound, number in sorted(bands):
        reached = where(value >= bound - 1e-9, number, reached)
    return reached


def filtered(patient: Person) -> Number:
    """Creatinine clearance [mL/min]; the normal one where it is not known."""
    return NORMAL_CREATININE_CLEARANCE if patient.creatinine_clearance is None else patient.creatinine_clearance


def size_factor(patient: Person) -> Number:
    """Allometric factor on clearances and flows: (weight/70 kg)^0.75 [1]."""
    factor: Number = (patient.weight / REFERENCE_WEIGHT) ** CLEARANCE_EXPONENT
    return factor


def weight_factor(elimination: Elimination, patient: Person) -> Number:
    """Factor on the clearance of a drug: (weight/70 kg) to the power of its monograph, else as ``size_factor`` [1]."""
    if elimination.weight_exponent is None:
        return size_factor(patient)
    factor: Number = (patient.weight / REFERENCE_WEIGHT) ** elimination.weight_exponent.canonical
    return factor


def reference_clearance(value: Value) -> float:
    """Clearance of a 70 kg adult [L/h] from a value per person or per kg."""
    per_weight = dimension_of(value.unit) == "clearance per weight"
    return value.canonical * (REFERENCE_WEIGHT if per_weight else 1.0)


def volume(value: Value, patient: Person) -> Number:
    """Volume of distribution [L], proportional to weight."""
    per_weight = dimension_of(value.unit) == "volume per weight"
    return value.canonical * (patient.weight if per_weight else patient.weight / REFERENCE_WEIGHT)


def clearance_factor(elimination: Elimination, patient: Person) -> Number:
    """Factor on the whole clearance by kidneys, liver, age and pregnancy, where a monograph cites one [1]."""
    factor = renal_factor(elimination, patient) * age_factor(elimination, patient)
    return factor * hepatic_factor(elimination, patient) * pregnancy_factor(elimination, patient)


def hepatic_factor(elimination: Elimination, patient: Person) -> float:
    """Factor of a monograph for the patient's Child–Pugh class [1]; 1 where it has none."""
    for effect in elimination.hepatic_function:
        if effect.child_pugh == patient.hepatic_class:
            return effect.factor.canonical
    return 1.0


def pregnancy_factor(elimination: Elimination, patient: Person) -> float:
    """Factor of a monograph for the patient's week of pregnancy [1]; the latest week that is reached counts."""
    if patient.pregnancy is None:
        return 1.0
    age = to_canonical(patient.pregnancy, "wk") + 1e-6
    reached = [effect for effect in elimination.pregnancy if age >= effect.since.canonical]
    return reached[-1].factor.canonical if reached else 1.0


def renal_factor(elimination: Elimination, patient: Person) -> Number:
    """Factor of a monograph's own relation to creatinine clearance [1]; 1 where it has none."""
    bands_of = elimination.renal_function
    bands = [(from_canonical(band.since.canonical, "mL/min"), band.factor.canonical) for band in bands_of]
    return banded(filtered(patient), bands)


def age_factor(elimination: Elimination, patient: Person) -> Number:
    """Factor of a monograph's age effect [1]; the highest age bound that is reached counts."""
    effects = elimination.age_effect
    return banded(
        patient.age, [(from_canonical(effect.age_from.canonical, "y"), effect.factor.canonical) for effect in effects]
    )


def own_activity(pathway: Pathway, patient: Person) -> Number:
    """What a pathway keeps by the patient's gene over what its enzyme keeps [1]; 1 where nothing is cited."""
    share: Number = 1.0
    if pathway.enzyme is None or pathway.enzyme not in patient.phenotype:
        return share
    gene = patient.phenotype[pathway.enzyme]
    for entry in pathway.activity:
        usual = activity(pathway.enzyme, entry.score.canonical).factor
        away = gene.factor - usual
        share = where((away < SAME_ACTIVITY) & (-away < SAME_ACTIVITY), entry.factor.canonical / usual, share)
    return share


def activities(patient: Person, enzymes: Mapping[str, Enzyme]) -> dict[str, Number]:
    """Uninduced level of every enzyme, relative to the non-smoking normal metaboliser [1]."""
    levels = {}
    for name, enzyme in enzymes.items():
        level = patient.phenotype[name].factor if name in patient.phenotype else 1.0
        smoking = 1.0 if enzyme.smoking is None else where(patient.smoker, enzyme.smoking.canonical, 1.0)
        levels[name] = level * smoking * patient.abundance.get(name, 1.0)
    return levels
