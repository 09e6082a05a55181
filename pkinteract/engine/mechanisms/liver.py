"""The well-stirred liver: what a compound loses by its pathways, behind a liver or beside it.

    CLh = Q·Σ fu·CLint/(Q + Σ fu·CLint),   Fh = Q/(Q + Σ fu·CLint),   Q = Rb·Qh, the compound's ``flow``

Pathways that are not hepatic, and all of a compound without a flow, clear plasma itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pkinteract.engine.shape import RowStructure, Stage

if TYPE_CHECKING:
    from pkinteract.engine.lanes.sheet import Sheet
    from pkinteract.engine.layout import Layout
    from pkinteract.engine.reference.medium import Medium
    from pkinteract.engine.single.text import Text
    from pkinteract.engine.system import System


def structure(system: System) -> RowStructure:
    """Points at nothing: a constant clearance behind a liver is a constant clearance."""
    return RowStructure()


def reads(layout: Layout) -> Iterable[int | None]:
    """Flows through the liver."""
    return [layout.system.compounds[i].flow for i in layout.stepped]


def single(text: Text) -> None:
    """Factor g = 1/(Q + Σ a), the concentration m that the liver works on, and the loss l by each pathway."""
    for i in text.layout.stepped:
        row, free = text.system.compounds[i], text.free(i)
        if row.flow is not None:
            total = " + ".join(f"a{j}" for j in text.system.pathways_of(i, hepatic=True)) or "0.0"
            inlet = f"p{row.flow} * c{i}" + (f" + q{i}" if text.sources[i] else "")
            text.line(Stage.LOSS, i, f"g{i} = 1.0 / (p{row.flow} + {free}({total}))")
            text.line(Stage.LOSS, i, f"m{i} = {free}g{i} * ({inlet})")
        for j in text.system.pathways_of(i):
            behind = row.flow is not None and text.system.pathways[j].hepatic
            text.line(Stage.LOSS, i, f"l{j} = a{j} * {f'm{i}' if behind else text.effective(i)}")
            text.losses[i].append(f"l{j}")


def reference(medium: Medium) -> None:
    """Availability Fh [1], plasma clearance by each pathway [L/h], losses on the first pass and from plasma [mg/h]."""
    system, rows = medium.system, medium.system.pathways
    behind = [row.hepatic and system.compounds[row.compound].flow is not None for row in rows]
    for j, row in enumerate(rows):
        if behind[j]:
            medium.behind[row.compound] = medium.behind[row.compound] + medium.intrinsic[j]
    for i, compound in enumerate(system.compounds):
        if compound.flow is not None:
            flow = medium.p[compound.flow]
            medium.available[i] = flow / (flow + medium.behind[i] * medium.free[i])
        past_gut = medium.absorbed[i] * medium.passage[i]
        medium.lost_in_liver[i] = past_gut * (1 - medium.available[i])
        medium.arriving[i] = past_gut * medium.available[i]
    for j, row in enumerate(rows):
        clearance = medium.intrinsic[j] * medium.free[row.compound]
        if behind[j]:
            clearance = clearance * medium.available[row.compound]
            total = medium.behind[row.compound]
            medium.share[j] = medium.intrinsic[j] / (total + (total == 0))
        medium.clearance[j] = clearance
        medium.eliminated[j] = medium.clearance[j] * medium.total[row.compound]


def lanes(sheet: Sheet) -> None:
    """Availability Fh [1], and the loss by each pathway, that of the first pass with it [mg/h]."""
    system = sheet.system
    for i in sheet.layout.stepped:
        row, worked_on = system.compounds[i], sheet.effective[i]
        if row.flow is not None:
            flow, behind = sheet.p(row.flow), 0.0
            if sheet.frozen is None:
                for j in system.pathways_of(i, hepatic=True):
                    behind = behind + sheet.intrinsic[j]
                inverse = 1.0 / (flow + sheet.free[i] * behind)
                sheet.available[i], sheet.share[i] = flow * inverse, sheet.free[i] * inverse
            else:
                sheet.available[i], sheet.share[i] = sheet.frozen.available[i], sheet.frozen.share[i]
            worked_on = sheet.share[i] * (flow * sheet.total[i] + sheet.passed[i])
        for j in system.pathways_of(i):
            behind_liver = row.flow is not None and system.pathways[j].hepatic
            sheet.lost[j] = sheet.intrinsic[j] * (worked_on if behind_liver else sheet.effective[i])
