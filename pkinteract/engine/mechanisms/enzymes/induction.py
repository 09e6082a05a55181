"""Induction: compounds raise the synthesis of an enzyme.

S = 1 + Σ_groups Σ_j Emax_j·x_j/(1 + Σ_j x_j) + Σ_j slope_j·C_j,   x_j = (C_j/EC50_j)^h_j
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pkinteract.engine.shape import Actor, RowStructure, Stage

if TYPE_CHECKING:
    from pkinteract.engine.lanes.sheet import Quantity, Sheet
    from pkinteract.engine.layout import Layout
    from pkinteract.engine.reference.medium import Medium, Row
    from pkinteract.engine.single.text import Text
    from pkinteract.engine.system import System


@dataclass(frozen=True, slots=True, kw_only=True)
class Induction:
    """A compound raises an enzyme's synthesis.

    With ``group``, ``emax`` [1], ``ec50`` [mg/L] and, unless 1, ``hill`` [1]: inducers of one group compete. With
    ``slope`` [L/mg] alone: S rises by slope·C without a limit, added to all else.
    """

    enzyme: int
    actor: Actor
    group: int = 0
    emax: int | None = None
    ec50: int | None = None
    hill: int | None = None
    slope: int | None = None


def structure(system: System) -> RowStructure:
    """Inducers act."""
    inductions = system.inductions
    return RowStructure(
        enzymes=tuple(induction.enzyme for induction in inductions),
        actors=tuple(induction.actor for induction in inductions),
    )


def reads(layout: Layout) -> Iterable[int | None]:
    """Strengths and constants of the inducers."""
    return [
        index
        for induction in layout.system.inductions
        for index in (induction.emax, induction.ec50, induction.hill, induction.slope)
    ]


def relative(text: Text, induction: Induction) -> str:
    """An inducer's concentration over its EC50, to the power of its Hill coefficient; with a slope, the level alone."""
    acting = text.acting(induction.actor)
    if induction.ec50 is None:
        return acting
    return (
        f"{acting} / p{induction.ec50}"
        if induction.hill is None
        else f"abs({acting} / p{induction.ec50}) ** p{induction.hill}"
    )


def single(text: Text) -> None:
    """Relative concentrations s, and the term t of each group of competing inducers."""
    for e in range(len(text.system.enzymes)):
        inductions = [induction for induction in text.system.inductions if induction.enzyme == e]
        for group in sorted({induction.group for induction in inductions if induction.slope is None}):
            members = [induction for induction in inductions if induction.slope is None and induction.group == group]
            for n, induction in enumerate(members):
                text.line(Stage.ENZYME, e, f"s{n} = {relative(text, induction)}")
            over = " + ".join(f"p{induction.emax} * s{n}" for n, induction in enumerate(members))
            under = " + ".join(f"s{n}" for n in range(len(members)))
            text.line(Stage.ENZYME, e, f"t{group} = ({over}) * (1.0 / (1.0 + {under}))")
            text.synthesis[e].append(f"t{group}")
        text.synthesis[e] += [
            f"p{induction.slope} * {text.acting(induction.actor)}"
            for induction in inductions
            if induction.slope is not None
        ]


def reference(medium: Medium) -> None:
    """What inducers add to the fold of each synthesis [1]."""
    p, synthesis = medium.p, medium.synthesis
    groups: dict[tuple[int, int], tuple[Row, Row]] = {}
    for induction in medium.system.inductions:
        here = medium.at(induction.actor)
        if induction.slope is not None:
            synthesis[induction.enzyme] = synthesis[induction.enzyme] + p[induction.slope] * here
        elif induction.emax is not None and induction.ec50 is not None:
            x = here / p[induction.ec50]
            x = x if induction.hill is None else (x * x) ** (p[induction.hill] / 2)  # rounding may leave x below 0
            over, under = groups.get((induction.enzyme, induction.group), (0.0, 1.0))
            groups[induction.enzyme, induction.group] = over + p[induction.emax] * x, under + x
    for (enzyme, _), (over, under) in groups.items():
        synthesis[enzyme] = synthesis[enzyme] + over / under


def _relative(sheet: Sheet, induction: Induction) -> Quantity:
    """An inducer's concentration over its EC50, to the power of its Hill coefficient; with a slope, the level alone."""
    if induction.ec50 is None:
        return sheet.acting(induction.actor)
    x = sheet.acting(induction.actor) * sheet.over(induction.ec50)
    return x if induction.hill is None else sheet.power(x, sheet.p(induction.hill))


def lanes(sheet: Sheet) -> None:
    """What inducers add to the fold of each synthesis [1], and the slopes of what drives several enzymes alike."""
    if sheet.frozen is not None:
        return
    structure = sheet.structure
    for e in (e for e in range(len(sheet.system.enzymes)) if e not in structure.following):
        inductions = structure.inducers(e)
        for group in sorted({induction.group for induction in inductions if induction.slope is None}):
            over, under = 0.0, 1.0
            for induction in (
                induction for induction in inductions if induction.slope is None and induction.group == group
            ):
                x = _relative(sheet, induction)
                over, under = over + sheet.p(induction.emax) * x, under + x
            sheet.synthesis[e] = sheet.synthesis[e] + over / under
        for induction in (induction for induction in inductions if induction.slope is not None):
            sheet.synthesis[e] = sheet.synthesis[e] + sheet.p(induction.slope) * sheet.acting(induction.actor)
    for place, driver in enumerate(structure.drivers, start=len(structure.states)):
        share = _relative(sheet, driver.induction)
        if driver.induction.ec50 is not None:
            under = 1.0
            for rival in driver.rivals:
                under = under + _relative(sheet, rival)
            share = share / under
        sheet.slopes[place] = sheet.p(driver.kdeg) * (share - sheet.point.states[place])
