"""Pathways of elimination: an enzyme's level, saturation by the drug itself and inhibition by others.

competitive        CL = CL0·E/(1 + Σ I/Ki + C/Km)
non-competitive    CL = CL0·E/((1 + Σ I/Ki)·(1 + C/Km))

What another enzyme, of level H, makes of the product back into the compound is not lost: of what a pathway takes, the
share 1/(1 + r·H/(1 + Σ I/Ki)) is, with r the return over the loss of the product at rest.
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
class Return:
    """An enzyme makes the product of a pathway back into the compound; parameter ``ratio`` is r [1].

    Without ``enzyme`` its level is part of the ratio; ``inhibitors`` slow it down.
    """

    ratio: int
    enzyme: int | None = None
    inhibitors: tuple[Ratio, ...] = ()


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
    back
        What makes its product back; the clearance is then the one without it.
    """

    compound: int
    clearance: int
    enzyme: int | None = None
    hepatic: bool = False
    saturation: Ratio | None = None
    inhibitors: tuple[Ratio, ...] = ()
    competitive: bool = True
    back: Return | None = None


def structure(system: System) -> RowStructure:
    """Inhibitors and a saturating compound act; an enzyme or an inhibitor makes the compound depend on states."""
    pathways = system.pathways
    backs = [pathway.back for pathway in pathways if pathway.back is not None]
    own = [
        pathway.inhibitors if pathway.saturation is None else (*pathway.inhibitors, pathway.saturation)
        for pathway in pathways
    ]
    moving = [pathway for pathway in pathways if pathway.enzyme is not None or pathway.inhibitors or pathway.back]
    enzymes = [*(pathway.enzyme for pathway in pathways), *(back.enzyme for back in backs)]
    return RowStructure(
        compounds=tuple(pathway.compound for pathway in pathways),
        enzymes=tuple(enzyme for enzyme in enzymes if enzyme is not None),
        ratios=tuple(ratio for ratios in (*own, *(back.inhibitors for back in backs)) for ratio in ratios),
        coupled=tuple(pathway.compound for pathway in moving),
    )


def reads(layout: Layout) -> Iterable[int | None]:
    """Clearances at rest, and what comes back."""
    pathways = [pathway for pathway in layout.system.pathways if pathway.compound in layout.stepped]
    backs = [pathway.back.ratio for pathway in pathways if pathway.back is not None]
    return [*(pathway.clearance for pathway in pathways), *backs]


def single(text: Text) -> None:
    """Intrinsic clearances a."""
    for j, pathway in enumerate(text.system.pathways):
        if pathway.compound in text.layout.stepped:
            text.line(Stage.LOSS, pathway.compound, f"a{j} = {_slowed(text, pathway)}{_lost(text, pathway.back)}")


def _lost(text: Text, back: Return | None) -> str:
    """The share of the product that does not come back, as a factor to be written last."""
    if back is None:
        return ""
    level = "" if back.enzyme is None else f" * {text.level(back.enzyme)}"
    slowed = f" / (1.0{text.plus(back.inhibitors)})" if back.inhibitors else ""
    return f" / (1.0 + p{back.ratio}{level}{slowed})"


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
        if pathway.back is not None:
            level = 1.0 if pathway.back.enzyme is None else medium.levels[pathway.back.enzyme]
            full = full / (1 + medium.p[pathway.back.ratio] * level / (1 + medium.sum(pathway.back.inhibitors)))
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
        if pathway.back is not None:
            back = pathway.back
            slower = slower * (1.0 + sheet.p(back.ratio) * sheet.level(back.enzyme) / sheet.plus(back.inhibitors))
        sheet.intrinsic[j] = sheet.p(pathway.clearance) * sheet.level(pathway.enzyme) / slower
