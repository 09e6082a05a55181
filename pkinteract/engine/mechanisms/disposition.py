"""Disposition: the concentration of each compound in its central compartment, amount over volume."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pkinteract.engine.mechanisms.balance import Peripheral
from pkinteract.engine.mechanisms.binding import Binding
from pkinteract.engine.shape import Compartment, Ratio, RowStructure, Stage

if TYPE_CHECKING:
    from pkinteract.engine.lanes.sheet import Sheet
    from pkinteract.engine.layout import Layout
    from pkinteract.engine.reference.medium import Medium
    from pkinteract.engine.single.text import Text
    from pkinteract.engine.system import System


@dataclass(frozen=True, slots=True, kw_only=True)
class Compound:
    """A drug or metabolite: central volume, peripheral compartments and, if well stirred, its liver.

    Attributes
    ----------
    volume
        Parameter: central volume [L].
    peripherals
        Peripheral compartments.
    flow
        Parameter: blood-to-plasma ratio times hepatic blood flow, Rb·Qh [L/h]; None for the linear limit.
    gut_enzyme, gut_ratio
        Enzyme in the gut wall and parameter 1/Fg0 - 1 [1]. No ratio: no gut first pass; no enzyme: a constant one.
    gut_inhibitors
        What inhibits that enzyme there.
    portal, gut_flow
        Parameters Rb·Qh and Qgut [L/h] of a compound that acts at the liver inlet or in the gut.
    binding
        None for a constant unbound fraction.
    """

    volume: int
    peripherals: tuple[Peripheral, ...] = ()
    flow: int | None = None
    gut_enzyme: int | None = None
    gut_ratio: int | None = None
    gut_inhibitors: tuple[Ratio, ...] = ()
    portal: int | None = None
    gut_flow: int | None = None
    binding: Binding | None = None


def structure(system: System) -> RowStructure:
    """The central amount of every compound, followed by its peripheral ones."""
    compartments = []
    for i, compound in enumerate(system.compounds):
        compartments.append(Compartment(kind="central", index=i, compound=i))
        compartments += [
            Compartment(kind=f"peripheral {n}", index=i, compound=i) for n in range(len(compound.peripherals))
        ]
    return RowStructure(compartments=tuple(compartments))


def reads(layout: Layout) -> Iterable[int | None]:
    """The volumes."""
    return [layout.system.compounds[i].volume for i in layout.stepped]


def single(text: Text) -> None:
    """Total concentration c."""
    for i, state in text.layout.central.items():
        text.line(Stage.PLASMA, i, f"c{i} = x{state} / p{text.system.compounds[i].volume}")


def reference(medium: Medium) -> None:
    """Total concentration [mg/L]."""
    volumes = [medium.p[compound.volume] for compound in medium.system.compounds]
    for i, volume in enumerate(volumes):
        medium.total[i] = medium.amounts[i] / volume


def lanes(sheet: Sheet) -> None:
    """Total concentration [mg/L]."""
    for i, state in sheet.layout.central.items():
        sheet.total[i] = sheet.effective[i] = sheet.state(state) * sheet.over(sheet.system.compounds[i].volume)
