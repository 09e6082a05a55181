"""What many points share: bodies of one structure under jumps of one order are stacked and run in lanes."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

import numpy as np

from pkinteract.engine.curves import Array
from pkinteract.engine.events import Event
from pkinteract.engine.lanes.doses import KINDS, Inputs
from pkinteract.engine.lanes.types import Lanes, LaneStates, Reading
from pkinteract.engine.solution import State

RTOL, REPEATED = 1e-9, 1e-11
"""Relative tolerance of a step, and change over one period below which a state repeats itself [1].

Measured on derivatives of eleven shipped fits by differences of 1e-4, against 1e-12: they are off by 3e-9 of the
largest of their column at most, and by 7e-7 after a steady state; the difference itself leaves out about 1e-8. Steps
of 1e-6 in place of 1e-9 would take two thirds of the time at best and be off by up to 7e-5.
"""

ROUNDING = 1e-14
"""Share of the highest level that rounding may leave where nothing is left [1]."""

Row = TypeVar("Row")


def alike(members: Sequence[Row], kind: Callable[[Row], Hashable]) -> list[list[int]]:
    """Places of the rows of every kind, each in order: both sides of a difference stay neighbours in one group."""
    places: dict[Hashable, list[int]] = {}
    for place, member in enumerate(members):
        places.setdefault(kind(member), []).append(place)
    return list(places.values())


def order(events: Sequence[Event]) -> tuple[tuple[str, int], ...]:
    """What jumps do, whenever and how much."""
    return tuple((event.kind, event.target) for event in events)


def stacked_inputs(events_by_subject: Sequence[Sequence[Event]]) -> Inputs:
    """The jumps of several subjects, which are of one order."""
    count = len(events_by_subject)
    return Inputs(
        times=np.array([[event.time for event in events] for events in events_by_subject]).reshape(count, -1).T,
        kinds=np.array([KINDS[event.kind] for event in events_by_subject[0]], dtype=np.int64),
        targets=np.array([event.target for event in events_by_subject[0]], dtype=np.int64),
        amounts=np.array([[event.amount for event in events] for events in events_by_subject]).reshape(count, -1).T,
    )


def reading(times: Sequence[float] | Array, weights: Array, states: Sequence[int] = ()) -> Reading:
    """Levels at sorted times [h] alone: of analytes, ``weights`` (analyte, compound, subject), and of states."""
    return Reading(
        grid=np.asarray(times, dtype=float),
        weights=weights,
        alerts=np.full(len(weights), np.inf),
        edges=np.array([np.inf]),
        states=tuple(states),
    )


def levels_of(lanes: Lanes, place: int) -> Array:
    """(curve, time) levels of one subject.

    Where a drug is gone rounding leaves a little of either sign, which has no logarithm: it counts as its size. A level
    of 0, before anything is given, stays.
    """
    levels = lanes.of(place)
    least = ROUNDING * np.abs(levels).max(axis=1, keepdims=True, initial=0.0)
    return np.where(levels == 0, 0.0, np.maximum(levels, least))


def lane_states(states: Sequence[State]) -> LaneStates:
    """Where several subjects stand."""
    parts = (
        np.array([list(getattr(state, name)) for state in states], dtype=float).reshape(len(states), -1).T
        for name in ("stepped", "depots", "inflows", "rates")
    )
    stepped, depots, inflows, rates = parts
    return LaneStates(stepped=stepped, depots=depots, inflows=inflows, rates=rates)


def state_of(stand: LaneStates, place: int) -> State:
    """Where one of them stands."""
    numbers = (part[:, place].tolist() for part in (stand.stepped, stand.depots, stand.inflows, stand.rates))
    stepped, depots, inflows, rates = numbers
    return State(stepped=stepped, depots=depots, inflows=inflows, rates=rates, exact={})
