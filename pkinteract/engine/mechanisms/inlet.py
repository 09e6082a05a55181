"""The liver's inlet: blood from the body, and what is absorbed at the moment.

    inlet = C + Fg·absorption rate/(Rb·Qh)

Inhibitors and inactivators of the liver act by this concentration.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pkinteract.engine.mechanisms.shape import Stage, Structure

if TYPE_CHECKING:
    from pkinteract.engine.lanes.sheet import Sheet
    from pkinteract.engine.layout import Layout
    from pkinteract.engine.reference.medium import Medium
    from pkinteract.engine.single.text import Text
    from pkinteract.engine.system import System


def structure(system: System) -> Structure:
    """Points at nothing."""
    return Structure()


def reads(layout: Layout) -> Iterable[int | None]:
    """The flow through the liver of what acts there."""
    return [layout.system.compounds[i].portal for i in sorted(_acting(layout.system))]


def single(text: Text) -> None:
    """Total concentration i at the inlet."""
    for i in sorted(_acting(text.system)):
        absorbed = f" + q{i} / p{text.system.compounds[i].portal}" if text.sources[i] else ""
        text.line(Stage.PASSAGE, i, f"i{i} = c{i}{absorbed}")


def reference(medium: Medium) -> None:
    """Total concentration at the inlet [mg/L]."""
    for i, row in enumerate(medium.system.compounds):
        portal = row.portal if row.portal is not None else row.flow
        past_gut = medium.passage[i] * medium.absorbed[i]
        medium.inlet[i] = medium.total[i] if portal is None else medium.total[i] + past_gut / medium.p[portal]


def lanes(sheet: Sheet) -> None:
    """Concentration at the inlet [mg/L]."""
    for i in _acting(sheet.system):
        past_gut = sheet.passed[i] * sheet.over(sheet.system.compounds[i].portal)
        sheet.inlet[i] = sheet.total[i] + past_gut


def _acting(system: System) -> set[int]:
    return {actor.compound for actor in system.actors if actor.site == "inlet"}
