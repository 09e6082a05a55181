"""The balance of every compound: what comes into its central compartment and what leaves, exchange included."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pkinteract.engine.shape import RowStructure, Stage

if TYPE_CHECKING:
    from pkinteract.engine.lanes.sheet import Sheet
    from pkinteract.engine.layout import Layout
    from pkinteract.engine.reference.medium import Medium
    from pkinteract.engine.single.text import Text
    from pkinteract.engine.system import System


@dataclass(frozen=True, slots=True, kw_only=True)
class Peripheral:
    """A peripheral compartment; parameters ``out`` and ``back`` are rate constants [1/h].

    Of a central amount A and a peripheral one P, out·A·n - back·P moves from A to P per hour; n is the unbound fraction
    over that of the constants.
    """

    out: int
    back: int


def structure(system: System) -> RowStructure:
    """Points at nothing: the compartments come with the compounds."""
    return RowStructure()


def reads(layout: Layout) -> Iterable[int | None]:
    """Rate constants of exchange."""
    exchanges = [side for i in layout.stepped for side in layout.system.compounds[i].peripherals]
    return [index for side in exchanges for index in (side.out, side.back)]


def single(text: Text) -> None:
    """Slopes of the central and peripheral amounts; the infusion u comes first."""
    layout, f = text.layout, text.slope
    for n, i in enumerate(layout.stepped):
        state, losses = layout.central[i], list(text.losses[i])
        bound = text.system.compounds[i].binding
        free = "" if bound is None else f" * n{i}"
        for k, side in enumerate(text.system.compounds[i].peripherals):
            back = f"p{side.back} * x{state + 1 + k}"
            text.line(Stage.BALANCE, i, f"t{k} = p{side.out} * x{state}{free} - {back}")
            losses.append(f"t{k}")
        total = " + ".join([f"u[{n}]", *text.gains[i]]) + "".join(f" - {loss}" for loss in losses)
        text.line(Stage.BALANCE, i, f"{f}{state} = {total}")
        for k, place in enumerate(layout.peripherals(i)):
            text.line(Stage.BALANCE, i, f"{f}{place} = t{k}")


def reference(medium: Medium) -> None:
    """Slopes of the central and peripheral amounts [mg/h]."""
    layout, p, slopes = medium.layout, medium.p, medium.slopes
    eliminated = [medium.nothing] * len(medium.system.compounds)
    for path, lost in zip(medium.system.pathways, medium.eliminated, strict=True):
        eliminated[path.compound] = eliminated[path.compound] + lost
    for i, compound in enumerate(medium.system.compounds):
        total = medium.arriving[i] + medium.store[layout.infusions[i]] - eliminated[i]
        for side, place in zip(compound.peripherals, layout.peripherals(i), strict=True):
            exchange = p[side.out] * medium.amounts[i] * medium.free[i] - p[side.back] * medium.store[place]
            total = total - exchange
            slopes[place] = exchange
        slopes[layout.central[i]] = total


def lanes(sheet: Sheet) -> None:
    """Slopes of the central and peripheral amounts [mg/h]."""
    for n, i in enumerate(sheet.layout.stepped):
        central = sheet.layout.central[i]
        total = sheet.point.infused[n] + sheet.passed[i] + sheet.gains[i]
        for j in sheet.system.pathways_of(i):
            total = total - sheet.lost[j]
        sides = zip(sheet.system.compounds[i].peripherals, sheet.layout.peripherals(i), strict=True)
        for side, place in sides:
            out = sheet.p(side.out) * sheet.state(central) * sheet.free[i]
            exchange = out - sheet.p(side.back) * sheet.state(place)
            sheet.slope(place, exchange)
            total = total - exchange
        sheet.slope(central, total)
