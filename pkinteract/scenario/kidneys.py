"""What kidneys clear, from what a laboratory reports: Cockcroft–Gault, or an estimated filtration rate.

Written for one person and for many at once: a number is a float or an array (n,).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pkinteract.library.people import reference as people

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Number = Any
"""A number of one person, or (n,) of many."""

OBESE = 30.0
"""Body mass index from which the adjusted weight counts [kg/m2]."""

FAT_SHARE = 0.4
"""Share of the weight above the ideal one that counts in obesity [1]. Winter et al. Pharmacotherapy 2012;32:604-12
(recalled)."""

SURFACE = 1.73
"""Body surface area that an estimated filtration rate is indexed to [m2]."""

LARGEST_WEIGHT = {"female": 82.0, "male": 95.0}
"""Weight at which a body mass index of 30 is near: at 1.65 m and 1.78 m [kg]."""


def most_cleared() -> float:
    """Largest creatinine clearance that is believed of an estimate [mL/min]: that of the virtual patients."""
    return people.bounds()["creatinine_clearance"][1]


def ideal_weight(height: Number, female: bool | npt.NDArray[np.bool_]) -> Number:
    """Ideal weight [kg] at a height [m]: 50 kg (women 45.5 kg) at 1.524 m and 2.3 kg more for each inch.

    Devine. Drug Intell Clin Pharm 1974;8:650-5.
    """
    return 50.0 - 4.5 * female + 2.3 * (height - 1.524) / 0.0254


def dosing_weight(weight: Number, height: Number, female: bool | npt.NDArray[np.bool_]) -> Number:
    """Weight that Cockcroft–Gault takes [kg]: in obesity the ideal one and ``FAT_SHARE`` of what is above it."""
    obese = weight >= OBESE * height * height
    return weight - obese * (1 - FAT_SHARE) * (weight - ideal_weight(height, female))


def cockcroft_gault(age: Number, weight: Number, female: bool | npt.NDArray[np.bool_], creatinine: Number) -> Number:
    """Creatinine clearance [mL/min] from age [y], weight [kg] and serum creatinine [mg/dL].

    Cockcroft, Gault. Nephron 1976;16:31-41.
    """
    return (140 - age) * weight * (1 - 0.15 * female) / (72 * creatinine)


def surface_area(weight: float, height: float) -> float:
    """Body surface area [m2] from weight [kg] and height [m].

    Mosteller. N Engl J Med 1987;317:1098.
    """
    return float((weight * height / 36) ** 0.5)


def absolute_rate(egfr: float, weight: float, height: float) -> float:
    """Filtration rate of a body [mL/min] from one that is indexed to 1.73 m2 of surface."""
    return egfr * surface_area(weight, height) / SURFACE
