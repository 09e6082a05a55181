"""A mechanism as somebody adds it: one file. An enzyme that answers to its inducers with a lag of its own.

What is made follows the fold of the synthesis by a step of first order (a messenger), D = fold - 1::

    dD/dt = rate·(S - 1 - D),   dE/dt = kdeg·(activity·(1 + D) - E) - inactivation·E
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pkinteract.engine.lanes.sheet import Sheet
from pkinteract.engine.layout import Layout
from pkinteract.engine.reference.medium import Medium
from pkinteract.engine.shape import Compartment, RowStructure, Stage
from pkinteract.engine.single.text import Text
from pkinteract.engine.system import System


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """The synthesis of ``enzyme`` lags behind its inducers; parameter ``rate`` [1/h]."""

    enzyme: int
    rate: int


def structure(system: System) -> RowStructure:
    """A state each, nothing at rest."""
    rows = [row.enzyme for row in system.of(Lag)]
    return RowStructure(enzymes=tuple(rows), compartments=tuple(Compartment(kind="lag", index=e) for e in rows))


def reads(layout: Layout) -> Iterable[int | None]:
    """The rates."""
    return [row.rate for row in layout.system.of(Lag)]


def single(text: Text) -> None:
    """Slope of D, which stands for all that induces."""
    for row in text.system.of(Lag):
        state, induced = text.layout.states("lag")[row.enzyme], " + ".join(["0.0", *text.synthesis[row.enzyme]])
        text.line(Stage.ENZYME, row.enzyme, f"{text.slope}{state} = p{row.rate} * ({induced} - x{state})")
        text.synthesis[row.enzyme] = [f"x{state}"]


def lanes(sheet: Sheet) -> None:
    """Slope of D [1/h], which stands for all that induces."""
    for row in sheet.system.of(Lag) if sheet.frozen is None else ():
        state = sheet.layout.states("lag")[row.enzyme]
        sheet.slope(state, sheet.p(row.rate) * (sheet.synthesis[row.enzyme] - sheet.state(state)))
        sheet.synthesis[row.enzyme] = sheet.state(state)


def reference(medium: Medium) -> None:
    """Slope of D [1/h], and the fold that is made."""
    for row in medium.system.of(Lag):
        place = medium.layout.states("lag")[row.enzyme]
        lagging = medium.store[place]
        medium.slopes[place] = medium.p[row.rate] * (medium.synthesis[row.enzyme] - 1 - lagging)
        medium.synthesis[row.enzyme] = 1 + lagging
