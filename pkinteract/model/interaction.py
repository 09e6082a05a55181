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
    """Synthesis of an enzyme over that without inducers [1]: those of one receptor compete, all else adds."""
    rise = 0.0
    groups: dict[str | None, list[tuple[float, float]]] = {}
    for level in levels:
        row = level.compound.induces.get(enzyme)
        if row is None:
            continue
        if row.slope is not None:
            rise += row.slope.canonical * level.on(row.slope.basis)
        elif row.emax is not None and row.ec50 is not None:
            power = 1.0 if row.hill is None else row.hill.canonical
            groups.setdefault(row.receptor, []).append((emax_in(row, organ), level.over(row.ec50) ** power))
    rises = (sum(emax * x for emax, x in rows) / (1 + sum(x for _, x in rows)) for rows in groups.values())
    return 1 + rise + sum(rises)


def emax_in(row: Induction, organ: str) -> float:
    """Largest rise of synthesis in an organ above 1 [1]; 0 where the inducer is known by a slope."""
    emax = row.emax_gut if organ == "gut" and row.emax_gut is not None else row.emax
    return 0.0 if emax is None else emax.canonical


def inhibition(enzyme: str, organ: str, levels: Iterable[Level]) -> float:
    """Share of the activity of an enzyme in an organ that reversible inhibitors leave [1]."""
    rows = ((level, level.compound.inhibits.get(enzyme)) for level in levels)
    return 1 / (1 + sum(level.over(row.ki) for level, row in rows if row is not None and acts_in(row, organ)))


def inactivation(enzyme: Enzyme, name: str, organ: str, levels: Iterable[Level]) -> float:
    """Share of an enzyme in an organ that is left when it is inactivated all along [1]; 1 where it is not modelled."""
    if organ not in enzyme.organs:
        return 1.0
    kdeg = math.log(2) / enzyme.organs[organ].half_life.canonical
    lost = 0.0
    for level in levels:
        row = level.compound.inactivates.get(name)
        if row is not None and acts_in(row, organ):
            taken = level.over(row.ki)
            lost += row.kinact.canonical * taken / (1 + taken)
    return kdeg / (kdeg + lost)


def acts_in(row: Inhibition | Inactivation, organ: str) -> bool:
    """Whether an inhibitor acts in an organ: in those that it names, or wherever the enzyme is."""
    return row.organs is None or organ in row.organs
