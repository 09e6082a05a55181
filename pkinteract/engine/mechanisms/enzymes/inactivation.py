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
    inactivations = system.inactivations
    return RowStructure(
        enzymes=tuple(inactivation.enzyme for inactivation in inactivations),
        actors=tuple(inactivation.actor for inactivation in inactivations),
    )


def reads(layout: Layout) -> Iterable[int | None]:
    """Largest rates and constants of the inactivators."""
    return [index for inactivation in layout.system.inactivations for index in (inactivation.kinact, inactivation.ki)]


def single(text: Text) -> None:
    """Concentrations k, and the rate at which each destroys the enzyme."""
    for e in range(len(text.system.enzymes)):
        for n, inactivation in enumerate(
            inactivation for inactivation in text.system.inactivations if inactivation.enzyme == e
        ):
            text.line(Stage.ENZYME, e, f"k{n}_ = {text.acting(inactivation.actor)}")
            text.destroyed[e].append(f"p{inactivation.kinact} * k{n}_ / (p{inactivation.ki} + k{n}_)")


def reference(medium: Medium) -> None:
    """Rate at which each enzyme is destroyed [1/h]."""
    for inactivation in medium.system.inactivations:
        here = medium.at(inactivation.actor)
        rate = medium.p[inactivation.kinact] * here / (medium.p[inactivation.ki] + here)
        medium.destroyed[inactivation.enzyme] = medium.destroyed[inactivation.enzyme] + rate


def lanes(sheet: Sheet) -> None:
    """Rate at which each enzyme is destroyed [1/h]."""
    if sheet.frozen is not None:
        return
    for inactivation in sheet.system.inactivations:
        here = sheet.acting(inactivation.actor)
        lost = sheet.p(inactivation.kinact) * here / (sheet.p(inactivation.ki) + here)
        sheet.destroyed[inactivation.enzyme] = sheet.destroyed[inactivation.enzyme] + lost
