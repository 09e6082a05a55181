"""Virtual patients as columns: one entry per patient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
TextArray = npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Genotype:
    """What the patients have of one gene.

    Attributes
    ----------
    phenotype
        (n,) poor, intermediate, normal, rapid or ultrarapid.
    score
        (n,) activity score [1]; NaN for a gene without scores.
    factor
        (n,) uninduced level of the enzyme relative to the reference genotype [1].
    """

    phenotype: TextArray
    score: Array
    factor: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort:
    """Virtual patients, n of them in a row.

    Attributes
    ----------
    number
        (n,) place of each in the whole population, from 0.
    weight, age, height
        (n,) [kg], [y], [m].
    female, smoker
        (n,) flags.
    creatinine_clearance
        (n,) [mL/min].
    phenotype
        Gene to what the patients have of it.
    abundance
        Enzyme to (n,) factor on its uninduced level [1], besides the factor of the gene, in liver and gut alike.
    factors
        (compound, key) to (n,) factor on a number of its monograph [1]. Keys are "clearance" (on the clearance of every
        pathway), "volume" (of every compartment), "ka" (of every way in), "bioavailability" (the share absorbed), or a
        dotted path of the monograph such as "induces.CYP3A4.emax" where a fit's parameters are uncertain; paths of
        the compound "enzymes" begin with the enzyme ("CYP3A4.liver.half_life").
    taken
        (dose, n) whether each of ``scenario.doses`` is taken; None when all are. A dose that the scenario itself
        misses stays missed.
    late
        (dose, n) delay of each of ``scenario.doses`` [h], in multiples of 0.25 h; None when none is late.

    Notes
    -----
    A dose with ``Dose.per_weight`` was written per kg: its ``amount`` and ``free`` are those of the scenario's
    patient at that time and go with a patient's weight over ``scenario.patient.weight``.
    """

    number: IntArray
    weight: Array
    age: Array
    female: BoolArray
    height: Array
    creatinine_clearance: Array
    smoker: BoolArray
    phenotype: Mapping[str, Genotype]
    abundance: Mapping[str, Array]
    factors: Mapping[tuple[str, str], Array]
    taken: BoolArray | None
    late: Array | None

    def first(self, count: int) -> Cohort:
        """The first patients alone."""

        def cut(value: Any) -> Any:
            if isinstance(value, np.ndarray):
                return value[..., :count]
            if isinstance(value, Genotype):
                return replace(value, **{field.name: cut(getattr(value, field.name)) for field in fields(value)})
            if isinstance(value, Mapping):
                return {key: cut(one) for key, one in value.items()}
            return value

        return replace(self, **{field.name: cut(getattr(self, field.name)) for field in fields(self)})
