"""Constants of a drug at its site, and its strength in the middle of its range: of the drug file alone."""

from __future__ import annotations

import math

from pkinteract.library.schema.monograph import Monograph, ReferenceRange
from pkinteract.library.schema.targets import Affinity
from pkinteract.library.schema.values import Value
from pkinteract.model.parts import fraction_unbound, mass_concentration


def brain_ratio(monograph: Monograph) -> float:
    """Unbound level in the brain over that in plasma [1]; 1 where nothing is known."""
    value = monograph.brain.kp_uu
    return 1.0 if value is None else value.canonical


def middle_of(band: ReferenceRange, monograph: Monograph) -> float | None:
    """Geometric mean of the ends of a range [mg/L]; None without both ends."""
    if band.low is None or band.high is None or band.low.canonical <= 0:
        return None
    return math.sqrt(mass_concentration(band.low, monograph) * mass_concentration(band.high, monograph))


def middle_strength(monograph: Monograph, end: str = "constant") -> float | None:
    """Strength of a drug at its first target in the middle of its range [1]; None without a target or a range.

    Parameters
    ----------
    monograph
        The drug; an unbound level is measured against a range of its own, where it has one.
    end
        Which constant: "constant", or "low" and "high" for the ends of what was found.
    """
    if not monograph.target:
        return None
    target = monograph.target[0]
    constant = constant_of(target, monograph, end)
    total = middle_of(monograph.reference_range, monograph)
    if target.constant.basis == "total":
        return None if total is None else total / constant
    free = None if monograph.unbound is None else middle_of(monograph.unbound.reference_range, monograph)
    if free is None and total is not None:
        free = total * fraction_unbound(monograph)
    return None if free is None else free * brain_ratio(monograph) / constant


def constant_of(target: Affinity, monograph: Monograph, end: str = "constant") -> float:
    """A constant, or an end of what was found for it, or the constant where there is no such end [mg/L]."""
    value: Value = getattr(target, end) or target.constant
    return mass_concentration(value, monograph)
