"""Rates of absorption over time, for reports: depots in closed form, releases and their compartments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from pkinteract.engine.curves import Array, Curve
from pkinteract.engine.events import Event, concerning, event_table
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
    """Rate of absorption of every stepped compound at ``times`` [h], (compound, time) [mg/h]; values before a jump.

    Parameters
    ----------
    events
        Jumps of the input, sorted by time.
    initial
        State just before ``start``; at rest if left out.
    reservoirs
        Amount in the absorption compartment of every release that has one [mg], as solved.
    """
    layout = system.layout
    jumps = event_table(layout, concerning(layout, events))
    absorbed = np.zeros((len(system.compounds), len(times)))
    for slot, j in enumerate(layout.stepped_depots):
        first = (0.0, 0.0) if initial is None else (initial.depots[slot], initial.inflows[slot])
        own = [
            (time, amount if place == layout.depots[j] else 0.0, amount if place == layout.inflows[j] else 0.0)
            for time, place, amount, _ in jumps
            if place in (layout.depots[j], layout.inflows[j])
        ]
        absorbed[system.depots[j].compound] += _depot(system, j, [(start, *first), *own], times)
    for j, (release, profile) in enumerate(zip(system.releases, profiles(system), strict=True)):
        if release.ka is not None:
            absorbed[release.compound] += system.parameters[release.ka] * reservoirs[j].value(times)
        else:
            mine = [event for event in events if event.kind == "release" and event.target == j]
            absorbed[release.compound] += _released(profile, mine, times)
    return absorbed


def _depot(system: System, j: int, jumps: Sequence[tuple[float, float, float]], times: Array) -> Array:
    """Rate out of one depot: inflow + (ka·D - inflow)·exp(-ka·t) after each jump (time, amount, inflow)."""
    depot = system.depots[j]
    ka = np.inf if depot.ka is None else system.parameters[depot.ka]
    since: list[float] = []
    above, rates = [0.0], [0.0]
    for time, amount, inflow in jumps:
        left = above[-1] * float(np.exp(-ka * (time - since[-1]))) if above[-1] else 0.0
        since.append(time)
        above.append(left + (amount - inflow / ka))
        rates.append(rates[-1] + inflow)
    piece = np.maximum(np.searchsorted(since, times, side="left") - 1, 0)
    steady = np.array(rates[1:])[piece]
    if depot.ka is None:
        return steady
    return np.asarray(steady + ka * np.array(above[1:])[piece] * np.exp(-ka * (times - np.array(since)[piece])))


def _released(profile: Profile, events: Sequence[Event], times: Array) -> Array:
    released = np.zeros(len(times))
    for event in events:
        during = np.flatnonzero((times > event.time) & (times <= event.time + profile.over))
        released[during] += [
            event.amount * profile.rate(float(time - event.time), after=False) for time in times[during]
        ]
    return released
