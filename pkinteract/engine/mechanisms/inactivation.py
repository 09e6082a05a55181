"""Mechanism-based inactivation: compounds destroy an enzyme while they are there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pkinteract.engine.shape import Actor, RowStructure, Stage

if TYPE_CHECKING:
    from pkinteract.engine.lanes.sheet import Sheet
    from pkinteract.engine.layout import Layout
    from pkinteract.engine.reference.medium import Medium
    from pkinteract.engine.single.text import Text
    from pkinteract.engine.system import System


@dataclass(frozen=True, slots=True, kw_only=True)
class Inactivation:
    """Mechanism-based inactivation: an enzyme is lost at kinact·I/(KI + I); ``kinact`` [1/h], ``ki`` [mg/L]."""

    enzyme: int
    actor: Actor
    kinact: int
    ki: int


def structure(system: System) -> RowStructure:
    """Inactivators act."""
    rows = system.inactivations
    return RowStructure(enzymes=tuple(row.enzyme for row in rows), actors=tuple(row.actor for row in rows))


def reads(layout: Layout) -> Iterable[int | None]:
    """Largest rates and constants of the inactivators."""
    return [index for row in layout.system.inactivations for index in (row.kinact, row.ki)]


def single(text: Text) -> None:
    """Concentrations k, and the rate at which each destroys the enzyme."""
    for e in range(len(text.system.enzymes)):
        for n, row in enumerate(row for row in text.system.inactivations if row.enzyme == e):
            text.line(Stage.ENZYME, e, f"k{n}_ = {text.acting(row.actor)}")
            text.destroyed[e].append(f"p{row.kinact} * k{n}_ / (p{row.ki} + k{n}_)")


def reference(medium: Medium) -> None:
    """Rate at which each enzyme is destroyed [1/h]."""
    for row in medium.system.inactivations:
        here = medium.at(row.actor)
        rate = medium.p[row.kinact] * here / (medium.p[row.ki] + here)
        medium.destroyed[row.enzyme] = medium.destroyed[row.enzyme] + rate


def lanes(sheet: Sheet) -> None:
    """Rate at which each enzyme is destroyed [1/h]."""
    if sheet.frozen is not None:
        return
    for row in sheet.system.inactivations:
        here = sheet.acting(row.actor)
        lost = sheet.p(row.kinact) * here / (sheet.p(row.ki) + here)
        sheet.destroyed[row.enzyme] = sheet.destroyed[row.enzyme] + lost
