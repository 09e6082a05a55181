"""The gut wall: the concentration of what is being absorbed, and what a transporter sends back.

    Igut = absorption rate/Qgut,   absorbed share = 1/(1 + e·P/(1 + Σ Igut/Ki))

e is efflux over uptake at rest, P the level of the transporter. What is sent back is lost with the faeces: it forms no
metabolite. Compounds act in the wall by what comes to it, before any efflux of their own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pkinteract.engine.shape import Ratio, RowStructure, Stage

if TYPE_CHECKING:
    from pkinteract.engine.lanes.sheet import Sheet
    from pkinteract.engine.layout import Layout
    from pkinteract.engine.reference.medium import Medium
    from pkinteract.engine.single.text import Text
    from pkinteract.engine.system import System


@dataclass(frozen=True, slots=True, kw_only=True)
class Efflux:
    """A transporter sends a compound back into the gut; parameter ``ratio`` is e [1].

    Without ``enzyme`` its level is part of the ratio; ``inhibitors`` slow it down in the wall.
    """

    compound: int
    ratio: int
    enzyme: int | None = None
    inhibitors: tuple[Ratio, ...] = ()


def structure(system: System) -> RowStructure:
    """Inhibitors act in the wall; what is sent back depends on states."""
    rows = system.effluxes
    return RowStructure(
        compounds=tuple(row.compound for row in rows),
        enzymes=tuple(row.enzyme for row in rows if row.enzyme is not None),
        ratios=tuple(ratio for row in rows for ratio in row.inhibitors),
        coupled=tuple(row.compound for row in rows),
    )


def reads(layout: Layout) -> Iterable[int | None]:
    """Efflux over uptake, and the flow through the wall of what acts there."""
    system = layout.system
    return [*(row.ratio for row in system.effluxes), *(system.compounds[i].gut_flow for i in acting(system))]


def single(text: Text) -> None:
    """What is absorbed w, its concentration j in the wall, and what of it is not sent back."""
    here = acting(text.system)
    for i in text.layout.stepped:
        absorbed = bool(text.sources[i])
        if absorbed:
            text.line(Stage.ABSORBED, i, f"w{i} = {' + '.join(text.sources[i])}")
        if i in here:
            flow = text.system.compounds[i].gut_flow
            text.line(Stage.ABSORBED, i, f"j{i} = w{i} / p{flow}" if absorbed else f"j{i} = 0.0")
    for row in text.system.effluxes:
        i = row.compound
        if text.sources[i]:
            level = "" if row.enzyme is None else f" * {text.level(row.enzyme)}"
            slowed = f" / (1.0{text.plus(row.inhibitors)})" if row.inhibitors else ""
            text.line(Stage.PASSAGE, i, f"w{i} = w{i} / (1.0 + p{row.ratio}{level}{slowed})")


def reference(medium: Medium) -> None:
    """Concentration in the wall [mg/L], what is sent back and what is absorbed past that [mg/h]."""
    p = medium.p
    for i, compound in enumerate(medium.system.compounds):
        if compound.gut_flow is not None:
            medium.gut[i] = medium.absorbed[i] / p[compound.gut_flow]
    for row in medium.system.effluxes:
        level = 1.0 if row.enzyme is None else medium.levels[row.enzyme]
        i, ratio = row.compound, p[row.ratio] * level / (1 + medium.sum(row.inhibitors))
        medium.sent_back[i] = medium.absorbed[i] * ratio / (1 + ratio)
        medium.absorbed[i] = medium.absorbed[i] / (1 + ratio)


def lanes(sheet: Sheet) -> None:
    """Concentration in the wall [mg/L], and what is absorbed past any efflux [mg/h]."""
    for i in acting(sheet.system):
        sheet.gut[i] = sheet.absorbed[i] * sheet.over(sheet.system.compounds[i].gut_flow)
    for row in sheet.system.effluxes:
        i = row.compound
        if sheet.frozen is not None:
            sheet.kept[i] = sheet.frozen.kept[i]
        else:
            sheet.kept[i] = 1.0 / (1.0 + sheet.p(row.ratio) * sheet.level(row.enzyme) / sheet.plus(row.inhibitors))
        sheet.absorbed[i] = sheet.kept[i] * sheet.absorbed[i]


def acting(system: System) -> set[int]:
    """Compounds that act by their concentration in the wall."""
    return {actor.compound for actor in system.actors if actor.site == "gut"}
