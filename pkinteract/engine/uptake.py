"""Rates of absorption over time, for reports: depots in closed form, releases and their compartments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from pkinteract.engine.curves import Array, Curve
from pkinteract.engine.events import Event
from pkinteract.engine.mechanisms.release import Profile, profiles
from pkinteract.engine.solution import State
from pkinteract.engine.system import System


def absorption(
    system: System,
    events: Sequence[Event],
    start: float,
    times: Array,
    *,
    initial: State | None = None,
    reservoirs: Mapping[int, Curve],
) -> Array:
    """Rate of absorption of every stepped compound at ``times``, (compound, time) [mg/h]; values before a jump.

    Parameters
    ----------
    events
        Jumps of the input, sorted by time.
    initial
        State just before ``start``; at rest if left out.
    reservoirs
        Amount in the absorption compartment of every release that has one [mg], as solved.
    """
    found = np.zeros((len(system.compounds), len(times)))
    for slot, j in enumerate(system.layout.stepped_depots):
        amount, inflow = (0.0, 0.0) if initial is None else (initial.depots[slot], initial.inflows[slot])
        mine = [event for event in events if event.kind in ("depot", "depot-rate") and event.target == j]
        found[system.depots[j].compound] += _depot(system, j, mine, start, times, amount, inflow)
    for j, (row, profile) in enumerate(zip(system.releases, profiles(system), strict=True)):
        if row.ka is not None:
            found[row.compound] += system.parameters[row.ka] * reservoirs[j].value(times)
        else:
            mine = [event for event in events if event.kind == "release" and event.target == j]
            found[row.compound] += _released(profile, mine, times)
    return found


def _depot(
    system: System, j: int, events: Sequence[Event], start: float, times: Array, amount: float, inflow: float
) -> Array:
    """Rate out of one depot: inflow + (ka·D - inflow)·exp(-ka·t) after each of its events."""
    row = system.depots[j]
    ka = np.inf if row.ka is None else system.parameters[row.ka]
    since, above, rates = [start], [amount - inflow / ka], [inflow]
    for event in events:
        left = above[-1] * float(np.exp(-ka * (event.time - since[-1]))) if above[-1] else 0.0
        change = event.amount if event.kind == "depot" else -event.amount / ka
        since.append(event.time)
        above.append(left + change)
        rates.append(rates[-1] + (event.amount if event.kind == "depot-rate" else 0.0))
    piece = np.maximum(np.searchsorted(since, times, side="left") - 1, 0)
    steady = np.array(rates)[piece]
    if row.ka is None:
        return steady
    return np.asarray(steady + ka * np.array(above)[piece] * np.exp(-ka * (times - np.array(since)[piece])))


def _released(profile: Profile, events: Sequence[Event], times: Array) -> Array:
    found = np.zeros(len(times))
    for event in events:
        during = np.flatnonzero((times > event.time) & (times <= event.time + profile.over))
        found[during] += [event.amount * profile.rate(float(time - event.time), after=False) for time in times[during]]
    return found
