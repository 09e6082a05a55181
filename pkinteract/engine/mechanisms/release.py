"""Release of a dose over time: what is released at each age, and what of it is absorbed.

Drug goes as it is released into an absorption compartment R with dR/dt = release rate - ka·R, or is absorbed at once.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pkinteract.engine.shape import Compartment, RowStructure, Stage

if TYPE_CHECKING:
    from pkinteract.engine.events import Event
    from pkinteract.engine.lanes.sheet import Sheet
    from pkinteract.engine.layout import Layout
    from pkinteract.engine.reference.medium import Medium
    from pkinteract.engine.single.text import Text
    from pkinteract.engine.system import System

FINISHED = 1e-9
"""Share of a dose that is left when its release counts as over [1]."""

SHARP = 1e-4
"""Share of a dose that a release which begins at an infinite rate or slope gives off evenly instead [1]."""

SAME = 1e-3
"""Ages this close, relative to the end of that stretch, are at its end [1]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """Drug released over time after each dose into an absorption compartment, a state with parameter ``ka`` [1/h].

    Without ``ka`` it is absorbed as it is released. The share released per hour at age t is, by ``kind``::

        transit   k·(k·t)^n·exp(-k·t)/Γ(n + 1)           first k [1/h], second n [1]
        weibull   (b/τ)·(t/τ)^(b - 1)·exp(-(t/τ)^b)      first τ [h], second b [1]
    """

    compound: int
    kind: Literal["transit", "weibull"]
    first: int
    second: int
    ka: int | None = None


def structure(system: System) -> RowStructure:
    """An absorption compartment each that has one; the compound is stepped, as its input is no exponential."""
    compounds = tuple(row.compound for row in system.releases)
    rows = [(j, row.compound) for j, row in enumerate(system.releases) if row.ka is not None]
    return RowStructure(
        compounds=compounds,
        coupled=compounds,
        compartments=tuple(Compartment(kind="reservoir", index=j, compound=i) for j, i in rows),
    )


def reads(layout: Layout) -> Iterable[int | None]:
    """Rates of absorption; those of the release itself stand in its profile."""
    return [row.ka for row in layout.system.releases]


def single(text: Text) -> None:
    """Balance of each absorption compartment, and what leaves it; v is the rate of release."""
    for j, row in enumerate(text.system.releases):
        state = text.layout.reservoirs.get(j)
        if state is None:
            text.sources[row.compound].append(f"v{j}")
            continue
        text.sources[row.compound].append(f"p{row.ka} * x{state}")
        text.line(Stage.RESERVOIR, j, f"{text.slope}{state} = v{j} - p{row.ka} * x{state}")


def reference(medium: Medium) -> None:
    """Balance of each absorption compartment, and what leaves it [mg/h]."""
    for j, row in enumerate(medium.system.releases):
        leaving = medium.released[j]
        if row.ka is not None:
            state = medium.layout.reservoirs[j]
            leaving = medium.p[row.ka] * medium.store[state]
            medium.slopes[state] = medium.released[j] - leaving
        medium.absorbed[row.compound] = medium.absorbed[row.compound] + leaving


def lanes(sheet: Sheet) -> None:
    """Balance of each absorption compartment, and what leaves it [mg/h]."""
    for j, row in enumerate(sheet.system.releases):
        leaving = sheet.point.released[j]
        if row.ka is not None:
            state = sheet.layout.reservoirs[j]
            leaving = sheet.p(row.ka) * sheet.state(state)
            sheet.slope(state, sheet.point.released[j] - leaving)
        sheet.absorbed[row.compound] = sheet.absorbed[row.compound] + leaving


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A release with its numbers: rate constant or scale, and exponent; see :class:`Release`."""

    kind: str
    first: float
    second: float

    @property
    def over(self) -> float:
        """Age at which the release counts as over [h]."""
        if self.kind == "weibull":
            return float(self.first * (-math.log(FINISHED)) ** (1 / self.second))
        spread = math.sqrt(self.second + 1)
        return float((self.second + 1 + 10 * spread + 20) / self.first)

    @property
    def sharp(self) -> float:
        """Age until which the release is even, as its rate begins at infinity or infinitely steeply [h]; else 0."""
        if self.kind == "weibull" and self.second < 2:
            return float(self.first * (-math.log1p(-SHARP)) ** (1 / self.second))
        if self.kind == "transit" and 0 < self.second < 1:
            return float((SHARP * math.gamma(self.second + 2)) ** (1 / (self.second + 1)) / self.first)
        return 0.0

    def rate(self, age: float, *, after: bool) -> float:
        """Share of the dose released per hour [1/h] at ``age`` [h].

        Where the even stretch ends the rate jumps; ``after`` asks for the value after the jump.
        """
        if age < 0:
            return 0.0
        if self.sharp and age < self.sharp * (1 - SAME if after else 1 + SAME):
            return SHARP / self.sharp
        if self.kind == "weibull":
            x = age / self.first
            return float(self.second / self.first * x ** (self.second - 1) * math.exp(-(x**self.second)))
        x = self.first * age
        if x == 0:
            return self.first if self.second == 0 else 0.0
        return float(self.first * math.exp(self.second * math.log(x) - x - math.lgamma(self.second + 1)))


def profiles(system: System) -> list[Profile]:
    """The profile of every release."""
    p = system.parameters
    return [Profile(kind=row.kind, first=p[row.first], second=p[row.second]) for row in system.releases]


@dataclass(slots=True)
class Releasing:
    """The doses that are being released, per release row: (time, amount)."""

    rows: list[Profile]
    doses: list[list[tuple[float, float]]]

    def begin(self, release: int, time: float, amount: float) -> None:
        """From ``time`` [h] on a dose of ``amount`` [mg] is released."""
        self.doses[release].append((time, amount))

    def drop_finished(self, time: float) -> None:
        """Forget doses whose release is over at ``time`` [h]."""
        for row, doses in zip(self.rows, self.doses, strict=True):
            while doses and time - doses[0][0] > row.over:
                doses.pop(0)

    def rates(self, start: float, spans: Sequence[float]) -> list[float]:
        """Release rates [mg/h] at ``start`` and at later times ``start + span``, row by row: rows·spans numbers.

        A jump at ``start`` has happened, one at the last of the times has not.
        """
        return [
            sum(amount * row.rate(start - begin + span, after=span == 0) for begin, amount in doses)
            for row, doses in zip(self.rows, self.doses, strict=True)
            for span in spans
        ]


def releasing(system: System, events: Sequence[Event], until: float) -> Releasing:
    """The doses whose release began before ``until`` [h]."""
    begun: list[list[tuple[float, float]]] = [[] for _ in system.releases]
    for event in events:
        if event.kind == "release" and event.time < until and event.amount:
            begun[event.target].append((event.time, event.amount))
    return Releasing(rows=profiles(system), doses=begun)
