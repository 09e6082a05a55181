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
    rows = system.inductions
    return RowStructure(enzymes=tuple(row.enzyme for row in rows), actors=tuple(row.actor for row in rows))


def reads(layout: Layout) -> Iterable[int | None]:
    """Strengths and constants of the inducers."""
    return [index for row in layout.system.inductions for index in (row.emax, row.ec50, row.hill, row.slope)]


def relative(text: Text, row: Induction) -> str:
    """An inducer's concentration over its EC50, to the power of its Hill coefficient; with a slope, the level alone."""
    acting = text.acting(row.actor)
    if row.ec50 is None:
        return acting
    return f"{acting} / p{row.ec50}" if row.hill is None else f"abs({acting} / p{row.ec50}) ** p{row.hill}"


def single(text: Text) -> None:
    """Relative concentrations s, and the term t of each group of competing inducers."""
    for e in range(len(text.system.enzymes)):
        rows = [row for row in text.system.inductions if row.enzyme == e]
        for group in sorted({row.group for row in rows if row.slope is None}):
            members = [row for row in rows if row.slope is None and row.group == group]
            for n, row in enumerate(members):
                text.line(Stage.ENZYME, e, f"s{n} = {relative(text, row)}")
            over = " + ".join(f"p{row.emax} * s{n}" for n, row in enumerate(members))
            under = " + ".join(f"s{n}" for n in range(len(members)))
            text.line(Stage.ENZYME, e, f"t{group} = ({over}) * (1.0 / (1.0 + {under}))")
            text.synthesis[e].append(f"t{group}")
        text.synthesis[e] += [f"p{row.slope} * {text.acting(row.actor)}" for row in rows if row.slope is not None]


def reference(medium: Medium) -> None:
    """What inducers add to the fold of each synthesis [1]."""
    p, synthesis = medium.p, medium.synthesis
    groups: dict[tuple[int, int], tuple[Row, Row]] = {}
    for row in medium.system.inductions:
        here = medium.at(row.actor)
        if row.slope is not None:
            synthesis[row.enzyme] = synthesis[row.enzyme] + p[row.slope] * here
        elif row.emax is not None and row.ec50 is not None:
            x = here / p[row.ec50]
            x = x if row.hill is None else (x * x) ** (p[row.hill] / 2)  # rounding may leave x below 0
            over, under = groups.get((row.enzyme, row.group), (0.0, 1.0))
            groups[row.enzyme, row.group] = over + p[row.emax] * x, under + x
    for (enzyme, _), (over, under) in groups.items():
        synthesis[enzyme] = synthesis[enzyme] + over / under


def _relative(sheet: Sheet, row: Induction) -> Quantity:
    """An inducer's concentration over its EC50, to the power of its Hill coefficient; with a slope, the level alone."""
    if row.ec50 is None:
        return sheet.acting(row.actor)
    x = sheet.acting(row.actor) * sheet.over(row.ec50)
    return x if row.hill is None else sheet.power(x, sheet.p(row.hill))


def lanes(sheet: Sheet) -> None:
    """What inducers add to the fold of each synthesis [1], and the slopes of what drives several enzymes alike."""
    if sheet.frozen is not None:
        return
    structure = sheet.structure
    for e in (e for e in range(len(sheet.system.enzymes)) if e not in structure.following):
        rows = structure.inducers(e)
        for group in sorted({row.group for row in rows if row.slope is None}):
            over, under = 0.0, 1.0
            for row in (row for row in rows if row.slope is None and row.group == group):
                x = _relative(sheet, row)
                over, under = over + sheet.p(row.emax) * x, under + x
            sheet.synthesis[e] = sheet.synthesis[e] + over / under
        for row in (row for row in rows if row.slope is not None):
            sheet.synthesis[e] = sheet.synthesis[e] + sheet.p(row.slope) * sheet.acting(row.actor)
    for place, driver in enumerate(structure.drivers, start=len(structure.states)):
        share = _relative(sheet, driver.induction)
        if driver.induction.ec50 is not None:
            under = 1.0
            for rival in driver.rivals:
                under = under + _relative(sheet, rival)
            share = share / under
        sheet.slopes[place] = sheet.p(driver.kdeg) * (share - sheet.point.states[place])
