"""From the gut to the liver: what an enzyme of the wall leaves of what is absorbed joins the blood at the inlet.

    Fg    = 1/(1 + (1/Fg0 - 1)·Eg/(1 + Σ Igut/Ki))
    inlet = C + Fg·absorption rate/(Rb·Qh)

Inhibitors and inactivators of the liver act by the concentration at its inlet. The rows stand in
:class:`~pkinteract.engine.mechanisms.disposition.Compound`.
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
    """Inhibitors act in the gut; a compound whose first pass varies depends on states."""
    rows = list(enumerate(system.compounds))
    return RowStructure(
        enzymes=tuple(row.gut_enzyme for _, row in rows if row.gut_enzyme is not None),
        ratios=tuple(ratio for _, row in rows for ratio in row.gut_inhibitors),
        coupled=tuple(i for i, row in rows if row.gut_enzyme is not None or row.gut_inhibitors),
    )


def reads(layout: Layout) -> Iterable[int | None]:
    """1/Fg0 - 1, and the flow through the liver of what acts at its inlet."""
    rows = layout.system.compounds
    return [
        *(rows[i].gut_ratio for i in layout.stepped),
        *(rows[i].portal for i in _entering(layout.system)),
    ]


def single(text: Text) -> None:
    """Availability b, what passes the wall q; inlet i."""
    for i in text.layout.stepped:
        row, absorbed = text.system.compounds[i], bool(text.sources[i])
        if row.gut_ratio is not None:
            level = "" if row.gut_enzyme is None else f" * {text.level(row.gut_enzyme)}"
            slowed = f" / (1.0{text.plus(row.gut_inhibitors)})" if row.gut_inhibitors else ""
            text.line(Stage.PASSAGE, i, f"b{i} = 1.0 / (1.0 + p{row.gut_ratio}{level}{slowed})")
        if absorbed:
            text.line(Stage.PASSAGE, i, f"q{i} = w{i}" if row.gut_ratio is None else f"q{i} = b{i} * w{i}")
            text.gains[i].append(f"q{i}")
    for i in sorted(_entering(text.system)):
        joining = f" + q{i} / p{text.system.compounds[i].portal}" if text.sources[i] else ""
        text.line(Stage.PASSAGE, i, f"i{i} = c{i}{joining}")


def reference(medium: Medium) -> None:
    """Availability Fg [1], what is lost in the wall [mg/h]; inlet [mg/L]."""
    p, rows = medium.p, list(enumerate(medium.system.compounds))
    for i, row in rows:
        if row.gut_ratio is not None:
            level = 1.0 if row.gut_enzyme is None else medium.levels[row.gut_enzyme]
            medium.passage[i] = 1 / (1 + p[row.gut_ratio] * level / (1 + medium.sum(row.gut_inhibitors)))
    for i, row in rows:
        portal = row.portal if row.portal is not None else row.flow
        past_gut = medium.passage[i] * medium.absorbed[i]
        medium.lost_in_gut[i] = medium.absorbed[i] - past_gut
        medium.inlet[i] = medium.total[i] if portal is None else medium.total[i] + past_gut / p[portal]


def lanes(sheet: Sheet) -> None:
    """Availability Fg [1], what passes the wall and what is lost there [mg/h]; inlet [mg/L]."""
    for i in sheet.layout.stepped:
        row, absorbed = sheet.system.compounds[i], sheet.absorbed[i]
        if sheet.frozen is not None:
            sheet.passage[i] = sheet.frozen.passage[i]
        elif row.gut_ratio is not None:
            slowed = sheet.plus(row.gut_inhibitors)
            sheet.passage[i] = 1.0 / (1.0 + sheet.p(row.gut_ratio) * sheet.level(row.gut_enzyme) / slowed)
        sheet.passed[i] = sheet.passage[i] * absorbed
        sheet.lost_in_gut[i] = absorbed - sheet.passed[i]
    for i in _entering(sheet.system):
        past_gut = sheet.passed[i] * sheet.over(sheet.system.compounds[i].portal)
        sheet.inlet[i] = sheet.total[i] + past_gut


def _entering(system: System) -> set[int]:
    """Compounds that act by their concentration at the liver's inlet."""
    return {actor.compound for actor in system.actors if actor.site == "inlet"}
