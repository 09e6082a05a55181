"""What an event does, for all who solve a system.

Every event adds ``amount`` to one place of the store (:func:`place`), but for the begin of a release, which adds a dose
to those that are being released; and it bounds the step that follows it (:func:`longest_steps`). The rate of some
releases jumps once more later, or is felt only then: :func:`with_marks` puts an empty event there.
:func:`event_table` says all this in numbers.

A change of parameters is a :class:`Switch`: from its time on all equations read others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from pkinteract.engine.control import FIRST_STEP
from pkinteract.engine.layout import Layout
from pkinteract.engine.mechanisms.release import longest_first, profiles
from pkinteract.engine.system import System

EventKind = Literal["depot", "depot-rate", "release", "bolus", "rate"]

NOWHERE = -1
"""The place of what adds to no number of the store: the begin of a release."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Event:
    """A jump of the input.

    Attributes
    ----------
    time
        Time [h].
    kind
        "depot" adds ``amount`` [mg] to a depot, "release" starts the release of as much, "bolus" adds it to a
        compound's central amount; "depot-rate" and "rate" change the inflow into a depot or the infusion into a
        compound by ``amount`` [mg/h].
    target
        Depot, release or compound.
    """

    time: float
    kind: EventKind
    target: int
    amount: float

    def compound(self, system: System) -> int:
        """The compound that it concerns."""
        if self.kind in ("depot", "depot-rate"):
            return system.depots[self.target].compound
        return system.releases[self.target].compound if self.kind == "release" else self.target


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """From ``time`` [h] on the parameters are these."""

    time: float
    parameters: tuple[float, ...]


def place(layout: Layout, kind: EventKind, target: int) -> int:
    """Place in the store that an event of this kind adds its amount to; ``NOWHERE`` for a release.

    Raises
    ------
    KeyError
        When the target is not of the compounds that the layout is for.
    """
    if kind == "release":
        return NOWHERE
    places = {
        "bolus": layout.central,
        "rate": layout.infusions,
        "depot": layout.depots,
        "depot-rate": layout.inflows,
    }
    return places[kind][target]


def longest_steps(system: System) -> list[float]:
    """Longest first step after an event of each release [h]; after other events it is ``FIRST_STEP``."""
    return [longest_first(profile) for profile in profiles(system)]


def concerning(layout: Layout, events: Iterable[Event]) -> list[Event]:
    """The events of the compounds that the layout is for."""
    return [event for event in events if event.compound(layout.system) in layout.stepped]


def event_table(layout: Layout, events: Sequence[Event]) -> list[tuple[float, int, float, float]]:
    """Every event as (time [h], place in the store, amount, longest step after it [h]).

    Raises
    ------
    KeyError
        When an event does not concern the compounds that the layout is for.
    """
    releases = longest_steps(layout.system)
    return [
        (
            event.time,
            place(layout, event.kind, event.target),
            event.amount,
            releases[event.target] if event.kind == "release" else FIRST_STEP,
        )
        for event in events
    ]


def with_marks(system: System, events: Sequence[Event]) -> list[Event]:
    """The events, with an empty one wherever the rate of a release jumps or a narrow one begins to be felt.

    No step crosses them.
    """
    ages = [profile.jumps for profile in profiles(system)]
    marks = [
        replace(event, time=event.time + age, amount=0.0)
        for event in events
        if event.kind == "release"
        for age in ages[event.target]
    ]
    return sorted([*events, *marks], key=lambda event: event.time) if marks else list(events)
