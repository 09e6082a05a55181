"""Turnover of enzymes: made at a rate that inducers raise, lost at a rate of their own and by inactivation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pkinteract.engine.shape import Compartment, RowStructure, Stage

if TYPE_CHECKING:
    from pkinteract.engine.lanes.sheet import Sheet
    from pkinteract.engine.layout import Layout
    from pkinteract.engine.reference.medium import Medium
    from pkinteract.engine.single.text import Text
    from pkinteract.engine.system import System


@dataclass(frozen=True, slots=True, kw_only=True)
class Enzyme:
    """Turnover dE/dt = kdeg·(activity·S - E) - inactivation·E, E(0) = activity; ``kdeg`` [1/h], ``activity`` [1]."""

    kdeg: int
    activity: int


def structure(system: System) -> RowStructure:
    """A level each, at its activity before any dose."""
    compartments = [
        Compartment(kind="enzyme", index=e, rest=enzyme.activity) for e, enzyme in enumerate(system.enzymes)
    ]
    return RowStructure(compartments=tuple(compartments))


def reads(layout: Layout) -> Iterable[int | None]:
    """Turnover and activity."""
    return [index for enzyme in layout.system.enzymes for index in (enzyme.kdeg, enzyme.activity)]


def single(text: Text) -> None:
    """Slope of each level."""
    for e, enzyme in enumerate(text.system.enzymes):
        level, fold = text.level(e), " + ".join(["1.0", *text.synthesis[e]])
        lost = "".join(f" - {rate} * {level}" for rate in text.destroyed[e])
        slope = f"{text.slope}{text.layout.first_enzyme + e}"
        text.line(Stage.ENZYME, e, f"{slope} = p{enzyme.kdeg} * (p{enzyme.activity} * ({fold}) - {level}){lost}")


def reference(medium: Medium) -> None:
    """Slope of each level [1/h]."""
    for e, enzyme in enumerate(medium.system.enzymes):
        made = medium.p[enzyme.activity] * medium.synthesis[e]
        turned = medium.p[enzyme.kdeg] * (made - medium.levels[e])
        medium.slopes[medium.layout.first_enzyme + e] = turned - medium.destroyed[e] * medium.levels[e]


def lanes(sheet: Sheet) -> None:
    """Slope of each level that nothing drives together with others [1/h]."""
    if sheet.frozen is not None:
        return
    for e, enzyme in enumerate(sheet.system.enzymes):
        if e in sheet.structure.following:
            continue
        level, fold = sheet.level(e), 1.0 + sheet.synthesis[e]
        turned = sheet.p(enzyme.kdeg) * (sheet.p(enzyme.activity) * fold - level)
        sheet.slope(sheet.layout.first_enzyme + e, turned - sheet.destroyed[e] * level)
