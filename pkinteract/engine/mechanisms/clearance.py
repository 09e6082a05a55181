"""Pathways of elimination: an enzyme's level, saturation by the drug itself and inhibition by others.

competitive        CL = CL0·E/(1 + Σ I/Ki + C/Km)
non-competitive    CL = CL0·E/((1 + Σ I/Ki)·(1 + C/Km))
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
class Pathway:
    """A route of elimination of a compound.

    Attributes
    ----------
    clearance
        Parameter [L/h]: fu·CLint if ``hepatic`` and the compound's liver is well stirred, else plasma clearance; both
        without inhibitor, at low concentration.
    enzyme
        Enzyme whose level multiplies it; None if constant.
    hepatic
        Whether it lies behind the well-stirred liver.
    saturation
        The compound's own concentration over Km; None if linear.
    inhibitors
        What slows it down; competitive with the compound, or not.
    """

    compound: int
    clearance: int
    enzyme: int | None = None
    hepatic: bool = False
    saturation: Ratio | None = None
    inhibitors: tuple[Ratio, ...] = ()
    competitive: bool = True


def structure(system: System) -> RowStructure:
    """Inhibitors and a saturating compound act; an enzyme or an inhibitor makes the compound depend on states."""
    pathways = system.pathways
    own = [
        pathway.inhibitors if pathway.saturation is None else (*pathway.inhibitors, pathway.saturation)
        for pathway in pathways
    ]
    return RowStructure(
        compounds=tuple(pathway.compound for pathway in pathways),
        enzymes=tuple(pathway.enzyme for pathway in pathways if pathway.enzyme is not None),
        ratios=tuple(ratio for ratios in own for ratio in ratios),
        coupled=tuple(pathway.compound for pathway in pathways if pathway.enzyme is not None or pathway.inhibitors),
    )


def reads(layout: Layout) -> Iterable[int | None]:
    """Clearances at rest."""
    return [pathway.clearance for pathway in layout.system.pathways if pathway.compound in layout.stepped]


def single(text: Text) -> None:
    """Intrinsic clearances a."""
    for j, pathway in enumerate(text.system.pathways):
        if pathway.compound in text.layout.stepped:
            text.line(Stage.LOSS, pathway.compound, f"a{j} = {_slowed(text, pathway)}")


def _slowed(text: Text, pathway: Pathway) -> str:
    clearance = (
        f"p{pathway.clearance}" if pathway.enzyme is None else f"p{pathway.clearance} * {text.level(pathway.enzyme)}"
    )
    slowed = text.plus(pathway.inhibitors)
    own = "" if pathway.saturation is None else text.plus([pathway.saturation])
    if pathway.competitive or not (slowed and own):
        return clearance + (f" / (1.0{slowed}{own})" if slowed or own else "")
    return f"{clearance} / ((1.0{slowed}) * (1.0{own}))"


def reference(medium: Medium) -> None:
    """Clearance on the concentration bound as in the reference, before any liver [L/h]."""
    for j, pathway in enumerate(medium.system.pathways):
        full = medium.p[pathway.clearance] * (1.0 if pathway.enzyme is None else medium.levels[pathway.enzyme])
        if pathway.inhibitors or pathway.saturation is not None:
            inhibited = medium.sum(pathway.inhibitors)
            saturated = medium.sum(() if pathway.saturation is None else (pathway.saturation,))
            slower = 1 + inhibited + saturated if pathway.competitive else (1 + inhibited) * (1 + saturated)
            full = full / slower
        medium.intrinsic[j] = full


def lanes(sheet: Sheet) -> None:
    """Clearance on the concentration bound as in the reference, before any liver [L/h]."""
    if sheet.frozen is not None:
        sheet.intrinsic = sheet.frozen.intrinsic
        return
    for j, pathway in enumerate(sheet.system.pathways):
        own = () if pathway.saturation is None else (pathway.saturation,)
        slower = sheet.plus((*pathway.inhibitors, *own))
        if not pathway.competitive:
            slower = sheet.plus(pathway.inhibitors) * sheet.plus(own)
        sheet.intrinsic[j] = sheet.p(pathway.clearance) * sheet.level(pathway.enzyme) / slower
