"""What the equations of the lanes are written on: the quantities of all compounds and enzymes at one point.

A quantity is a row of sixteen numbers, one that is traced, or a plain 0 or 1 where a structure lacks what would make it
vary. The equations are those of the mechanisms, in their ``lanes`` functions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pkinteract.engine import mechanisms
from pkinteract.engine.kernel.vector import power, root, size
from pkinteract.engine.lanes import header
from pkinteract.engine.lanes.structure import Structure
from pkinteract.engine.shape import Actor, Ratio

Quantity = Any
"""A row of numbers, one that is traced, or a number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """Where the equations are asked for.

    Attributes
    ----------
    states
        By place.
    leaving
        Rate of absorption out of every depot [mg/h].
    released, infused
        Rate of every release and infusion into every stepped compound [mg/h].
    """

    states: Sequence[Quantity]
    leaving: Sequence[Quantity]
    released: Sequence[Quantity]
    infused: Sequence[Quantity]


class Sheet:
    """The quantities at a point, by compound, pathway or enzyme; each mechanism fills in its own.

    Attributes
    ----------
    total, effective, gut, inlet
        Concentrations in plasma, bound as in the reference, in the gut wall, at the liver's inlet [mg/L].
    free
        Unbound fraction over that of the constants [1].
    absorbed, passed, lost_in_gut
        Rate of absorption past any efflux, what passes the gut wall and what is lost there [mg/h].
    kept, passage, available
        Share that no transporter sends back, availability in the gut wall, Fg, and in the liver, Fh [1].
    intrinsic, lost
        By pathway, clearance before any liver [L/h], and loss, that of the first pass with it [mg/h].
    share
        n/(Q + n·Σ CLint): unbound level that the liver works on, per drug that flows in [h/L].
    gains
        What comes into the central amount besides [mg/h].
    synthesis, destroyed
        By enzyme, what inducers add to the fold of its synthesis [1], and the rate at which it is destroyed [1/h].
    slopes
        By place.
    frozen
        A sheet whose availabilities and clearances hold here too: all flows are then linear in states and rates; levels
        of enzymes have no slope.
    """

    def __init__(self, structure: Structure, rows: Any, t: Any, point: Point, frozen: Sheet | None = None) -> None:
        self.structure, self.system, self.layout = structure, structure.system, structure.system.layout
        self.point, self.frozen = point, frozen
        self._rows, self._t = rows, t
        self._places = {index: n for n, index in enumerate(structure.used)}
        self.total: dict[int, Quantity] = {}
        self.effective: dict[int, Quantity] = {}
        self.gut: dict[int, Quantity] = {}
        self.inlet: dict[int, Quantity] = {}
        self.free: dict[int, Quantity] = dict.fromkeys(self.layout.stepped, 1.0) if frozen is None else frozen.free
        self.absorbed: dict[int, Quantity] = dict.fromkeys(self.layout.stepped, 0.0)
        self.passed: dict[int, Quantity] = {}
        self.lost_in_gut: dict[int, Quantity] = {}
        self.kept: dict[int, Quantity] = {}
        self.passage: dict[int, Quantity] = dict.fromkeys(self.layout.stepped, 1.0)
        self.available: dict[int, Quantity] = dict.fromkeys(self.layout.stepped, 1.0)
        self.intrinsic: dict[int, Quantity] = {}
        self.lost: dict[int, Quantity] = {}
        self.share: dict[int, Quantity] = {}
        self.gains: defaultdict[int, Quantity] = defaultdict(float)
        self.synthesis: defaultdict[int, Quantity] = defaultdict(float)
        self.destroyed: defaultdict[int, Quantity] = defaultdict(float)
        self.slopes: list[Quantity] = [0.0] * structure.size
        for one in mechanisms.MECHANISMS:
            one.lanes(self)

    def p(self, index: int | None) -> Quantity:
        """A parameter."""
        return self._rows[self._t[header.PARAMETER] + self._places[_known(index)]]

    def over(self, index: int | None) -> Quantity:
        """One over a parameter."""
        return self._rows[self._t[header.RECIPROCAL] + self._places[_known(index)]]

    def state(self, state: int) -> Quantity:
        """A state of the system's layout that is stepped."""
        return self.point.states[self.structure.place(state)]

    def level(self, enzyme: int | None) -> Quantity:
        """Level of an enzyme [1]; 1 for none."""
        if enzyme is None:
            return 1.0
        strengths = self.structure.following.get(enzyme)
        if strengths is None:
            return self.state(self.layout.first_enzyme + enzyme)
        fold = 1.0
        for driver, strength in strengths:
            fold = fold + self.p(strength) * self.point.states[len(self.structure.states) + driver]
        return self.p(self.system.enzymes[enzyme].activity) * fold

    def acting(self, actor: Actor) -> Quantity:
        """The concentration by which a compound acts [mg/L]."""
        i = actor.compound
        if actor.site == "gut":
            return self.gut[i]
        if actor.site == "inlet":
            return self.inlet[i] if actor.total else self.free[i] * self.inlet[i]
        return self.total[i] if actor.total else self.effective[i]

    def plus(self, ratios: Sequence[Ratio], total: Quantity = 1.0) -> Quantity:
        """``total`` plus the sum of concentrations over their constants [1]."""
        for ratio in ratios:
            total = total + self.acting(ratio.actor) * self.over(ratio.constant)
        return total

    def root(self, value: Quantity) -> Quantity:
        """Square root."""
        return root(value)

    def power(self, value: Quantity, exponent: Quantity) -> Quantity:
        """A power of the size of a value."""
        return power(size(value), exponent)

    def slope(self, state: int, value: Quantity) -> None:
        """Set the slope of a state of the system's layout."""
        self.slopes[self.structure.place(state)] = value


def _known(index: int | None) -> int:
    if index is None:
        raise ValueError("a row lacks a parameter")
    return index
