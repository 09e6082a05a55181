"""Release of a dose over time: the rate at each age, and when it is over."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pkinteract.engine.system import Event, System

FINISHED = 1e-9
"""Share of a dose that is left when its release counts as over [1]."""

SHARP = 1e-4
"""Share of a dose that a release which begins at an infinite rate or slope gives off evenly instead [1]."""

SAME = 1e-3
"""Ages this close, relative to the end of that stretch, are at its end [1]."""


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


def marked(system: System, events: Sequence[Event]) -> list[Event]:
    """The events, with an empty one wherever the rate of a release jumps, so that no step crosses it."""
    sharp = [row.sharp for row in profiles(system)]
    marks = [
        replace(event, time=event.time + sharp[event.target], amount=0.0)
        for event in events
        if event.kind == "release" and sharp[event.target] > 0
    ]
    return sorted([*events, *marks], key=lambda event: event.time) if marks else list(events)


@dataclass(slots=True)
class Releasing:
    """The doses that are being released, per release row: (time, amount)."""

    rows: list[Profile]
    doses: list[list[tuple[float, float]]]

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
