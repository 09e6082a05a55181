"""Absorption from depots, of first order or as fast as drug flows in.

A depot D with inflow o gives off ka·D, so that by itself it follows D(t) = o/ka + (D - o/ka)·exp(-ka·t): the runners
use this closed form, the reference integrates dD/dt = o - ka·D.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pkinteract.engine.shape import RowStructure

if TYPE_CHECKING:
    from pkinteract.engine.lanes.sheet import Sheet
    from pkinteract.engine.layout import Layout
    from pkinteract.engine.reference.medium import Medium
    from pkinteract.engine.single.text import Text
    from pkinteract.engine.system import System


@dataclass(frozen=True, slots=True, kw_only=True)
class Depot:
    """An absorption depot of a compound: first order with parameter ``ka`` [1/h]; without, what flows in is absorbed.

    ``fed`` says that drug may flow in at a constant rate (zero-order input), not only at once.
    """

    compound: int
    ka: int | None
    fed: bool = False


def structure(system: System) -> RowStructure:
    """Depots are no states: they stand behind them in the store."""
    return RowStructure(compounds=tuple(depot.compound for depot in system.depots))


def reads(layout: Layout) -> Iterable[int | None]:
    """Rates of absorption."""
    return [layout.system.depots[j].ka for j in layout.stepped_depots]


def single(text: Text) -> None:
    """The rates r; what they are at the time of a stage is written where the step is."""
    for slot, j in enumerate(text.layout.stepped_depots):
        text.sources[text.system.depots[j].compound].append(f"r{slot}")


def reference(medium: Medium) -> None:
    """Balance of each depot, and what leaves it [mg/h]."""
    layout, store = medium.layout, medium.store
    for j, depot in enumerate(medium.system.depots):
        inflow = store[layout.inflows[j]]
        leaving = inflow if depot.ka is None else medium.p[depot.ka] * store[layout.depots[j]]
        medium.slopes[layout.depots[j]] = inflow - leaving
        medium.absorbed[depot.compound] = medium.absorbed[depot.compound] + leaving


def lanes(sheet: Sheet) -> None:
    """What leaves the depots; what is left in them is known in closed form."""
    for slot, j in enumerate(sheet.layout.stepped_depots):
        i = sheet.system.depots[j].compound
        sheet.absorbed[i] = sheet.absorbed[i] + sheet.point.leaving[slot]
