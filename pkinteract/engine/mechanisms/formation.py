"""Metabolites: what a pathway, or the gut wall, takes of one compound and makes into another.

Only what is metabolised forms metabolite. What forms in the liver reaches the circulation times the metabolite's own
Fh, what forms in the gut wall times its Fg·Fh.
"""

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
class Formation:
    """A pathway feeds a metabolite; parameter ``ratio`` [mg/mg] = yield times ratio of molar masses."""

    pathway: int
    target: int
    ratio: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GutFormation:
    """What the gut wall removes of a compound feeds a metabolite; parameter ``ratio`` [mg/mg]."""

    compound: int
    target: int
    ratio: int


def structure(system: System) -> RowStructure:
    """Both the compound and what it forms depend on states."""
    walls, made = system.gut_formations, system.formations
    targets = [formation.target for formation in made] + [wall.target for wall in walls]
    own = [wall.compound for wall in walls]
    parents = [system.pathways[formation.pathway].compound for formation in made]
    return RowStructure(
        compounds=(*targets, *own),
        pathways=tuple(formation.pathway for formation in made),
        coupled=(*parents, *targets, *own),
    )


def reads(layout: Layout) -> Iterable[int | None]:
    """Metabolite per drug."""
    system = layout.system
    return [
        *(formation.ratio for formation in system.formations),
        *(formation.ratio for formation in system.gut_formations),
    ]


def single(text: Text) -> None:
    """Loss o in the gut wall, and what comes into the metabolites."""
    system = text.system
    for i in text.layout.stepped:
        if text.sources[i] and system.compounds[i].gut_ratio is not None:
            text.line(Stage.LOSS, i, f"o{i} = w{i} - q{i}")
    for formation in system.formations:
        text.gains[formation.target].append(
            f"p{formation.ratio} * l{formation.pathway}{_liver(system, formation.target)}"
        )
    for wall in system.gut_formations:
        if text.sources[wall.compound]:
            gut = "" if system.compounds[wall.target].gut_ratio is None else f" * b{wall.target}"
            made = f"p{wall.ratio} * o{wall.compound}"
            text.gains[wall.target].append(f"{made}{_liver(system, wall.target)}{gut}")


def _liver(system: System, target: int) -> str:
    """Availability Fh as a factor to be written last."""
    flow = system.compounds[target].flow
    return "" if flow is None else f" * p{flow} * g{target}"


def reference(medium: Medium) -> None:
    """Metabolite formed before its own first pass, and what of it arrives [mg/h]."""
    p, system = medium.p, medium.system
    for formation in system.formations:
        parent = system.pathways[formation.pathway].compound
        first_pass = medium.lost_in_liver[parent] * medium.share[formation.pathway]
        made = p[formation.ratio] * (medium.eliminated[formation.pathway] + first_pass)
        medium.arriving[formation.target] = (
            medium.arriving[formation.target] + made * medium.available[formation.target]
        )
        medium.formed.append(made)
    for wall in system.gut_formations:
        made = p[wall.ratio] * medium.lost_in_gut[wall.compound]
        arriving = made * medium.passage[wall.target] * medium.available[wall.target]
        medium.arriving[wall.target] = medium.arriving[wall.target] + arriving
        medium.formed.append(made)


def lanes(sheet: Sheet) -> None:
    """Metabolite that arrives past its own first pass [mg/h]."""
    for formation in sheet.system.formations:
        made = sheet.p(formation.ratio) * sheet.lost[formation.pathway]
        sheet.gains[formation.target] = sheet.gains[formation.target] + made * sheet.available[formation.target]
    for wall in sheet.system.gut_formations:
        through = sheet.passage[wall.target] * sheet.available[wall.target]
        made = sheet.p(wall.ratio) * sheet.lost_in_gut[wall.compound]
        sheet.gains[wall.target] = sheet.gains[wall.target] + made * through
