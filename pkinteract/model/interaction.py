"""What compounds do to an enzyme at given levels: the fold of its synthesis, its inhibition and its inactivation.

    fold          C = 1 + Σ slope·I + Σ over receptors of Σ Emax·x / (1 + Σ x),  x = (I/EC50)^Hill
    inhibition    A = 1/(1 + Σ I/Ki)
    inactivation  B = kdeg/(kdeg + Σ kinact·I/(KI + I))

Every level says whether it is total or unbound, and so does every constant; they meet by the unbound fraction of the
monograph. These are the long-run values at constant levels of what the engine steps through.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from pkinteract.library import Enzyme
from pkinteract.library.schema.interactions import Inactivation, Induction, Inhibition
from pkinteract.library.schema.monograph import Monograph
from pkinteract.library.schema.values import Value
from pkinteract.model.parts import fraction_unbound, mass_concentration


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A concentration of a compound [mg/L], total (bound as in the reference) or unbound."""

    compound: Monograph
    value: float
    basis: Literal["total", "unbound"]

    def on(self, basis: str | None) -> float:
        """The same concentration on another basis [mg/L]."""
        if basis == self.basis:
            return self.value
        free = fraction_unbound(self.compound)
        return self.value * free if self.basis == "total" else self.value / free

    def over(self, constant: Value) -> float:
        """The level over a constant of its compound, on the constant's basis [1]."""
        return self.on(constant.basis) / mass_concentration(constant, self.compound)


def fold(enzyme: str, organ: str, levels: Iterable[Level]) -> float:
    """Synthesis of an enzyme over that without inducers [1]: those of one receptor compete, all else adds.

    Nothing is induced in the kidney.
    """
    if organ == "kidney":
        return 1.0
    rise = 0.0
    groups: dict[str | None, list[tuple[float, float]]] = {}
    for level in levels:
        induction = level.compound.induces.get(enzyme)
        if induction is None:
            continue
        if induction.slope is not None:
            rise += induction.slope.canonical * level.on(induction.slope.basis)
        elif induction.emax is not None and induction.ec50 is not None:
            power = 1.0 if induction.hill is None else induction.hill.canonical
            groups.setdefault(induction.receptor, []).append(
                (emax_in(induction, organ), level.over(induction.ec50) ** power)
            )
    rises = (sum(emax * x for emax, x in terms) / (1 + sum(x for _, x in terms)) for terms in groups.values())
    return 1 + rise + sum(rises)


def emax_in(induction: Induction, organ: str) -> float:
    """Largest rise of synthesis in an organ above 1 [1]; 0 where the inducer is known by a slope."""
    emax = induction.emax_gut if organ == "gut" and induction.emax_gut is not None else induction.emax
    return 0.0 if emax is None else emax.canonical


def inhibition(enzyme: str, organ: str, levels: Iterable[Level]) -> float:
    """Share of the activity of an enzyme in an organ that reversible inhibitors leave [1]."""
    inhibitions = ((level, level.compound.inhibits.get(enzyme)) for level in levels)
    return 1 / (
        1
        + sum(
            level.over(constant_in(inhibition, organ))
            for level, inhibition in inhibitions
            if inhibition is not None and acts_in(inhibition, organ)
        )
    )


def inactivation(enzyme: Enzyme, name: str, organ: str, levels: Iterable[Level]) -> float:
    """Share of an enzyme in an organ that is left when it is inactivated all along [1]; 1 where it is not modelled."""
    if organ not in enzyme.organs:
        return 1.0
    kdeg = math.log(2) / enzyme.organs[organ].half_life.canonical
    lost = 0.0
    for level in levels:
        inactivation = level.compound.inactivates.get(name)
        if inactivation is not None and acts_in(inactivation, organ):
            taken = level.over(inactivation.ki)
            lost += inactivation.kinact.canonical * taken / (1 + taken)
    return kdeg / (kdeg + lost)


def constant_in(inhibition: Inhibition, organ: str) -> Value:
    """The Ki of an inhibitor in an organ."""
    return inhibition.ki_gut if organ == "gut" and inhibition.ki_gut is not None else inhibition.ki


def acts_in(effect: Inhibition | Inactivation, organ: str) -> bool:
    """Whether an inhibitor acts in an organ: in those that it names, or wherever the enzyme is."""
    return effect.organs is None or organ in effect.organs
