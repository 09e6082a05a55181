"""The reference: scipy on an independently written right-hand side.

Depots and every compound are integrated as ordinary states by DOP853 (Hairer, Norsett, Wanner 1993), nothing in closed
form, so agreement with the generated code says something. ``pkinteract run --solver reference`` lets a user do it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from scipy.integrate import solve_ivp

from pkinteract.engine import exact
from pkinteract.engine.control import Failure
from pkinteract.engine.curves import Array, polynomials
from pkinteract.engine.events import NOWHERE, Event, Switch, event_table, with_marks
from pkinteract.engine.layout import Layout
from pkinteract.engine.mechanisms.release import Releasing, releasing
from pkinteract.engine.reference.medium import Row, evaluated
from pkinteract.engine.solution import Solution, State
from pkinteract.engine.system import System

_DEGREE = 9


def everything(system: System) -> Layout:
    """The layout of the reference: every compound is stepped."""
    return Layout(system=system, stepped=tuple(range(len(system.compounds))))


def solve_reference(
    system: System,
    events: Sequence[Event],
    start: float,
    stop: float,
    *,
    rtol: float = 1e-9,
    initial: State | None = None,
    switches: Sequence[Switch] = (),
) -> Solution:
    """Solve ``system`` from ``start`` to ``stop`` [h] with scipy.

    Parameters are those of :func:`pkinteract.engine.single.march.solve`; at the usual ``rtol`` every analyte's
    error is far below the fast solver's.
    """
    layout = everything(system)
    moving = layout.n_states + len(layout.depots)
    store, releases = initial_store(layout, initial), releasing(system, events, start)
    floor = 1e-3 * np.array(layout.sizes())
    before = store[:moving].tolist()
    inside = [event for event in with_marks(system, events) if start <= event.time < stop]
    jumps = list(zip(inside, event_table(layout, inside), strict=True))
    changes = {change.time: change.parameters for change in switches}
    edges = sorted({start, stop, *(event.time for event in inside), *(time for time in changes if start < time < stop)})
    breaks, pieces, steps = [start], [], 0
    failure: Failure | None = None
    for left, right in pairwise(edges):
        for time in [time for time in changes if time <= left]:
            layout = everything(replace(system, parameters=changes.pop(time)))
        for event, (time, place, amount, _) in jumps:
            if time != left:
                continue
            if place == NOWHERE:
                releases.begin(event.target, time, amount)
            else:
                store[place] += amount
        seeing = releases.first_step(left)
        solved = solve_ivp(
            slopes,
            (left, right),
            store[:moving],
            method="DOP853",
            rtol=rtol,
            atol=rtol * floor,
            first_step=None if seeing is None else min(seeing, right - left),
            args=(layout, left, store[moving:].tolist(), releases),
            dense_output=True,
        )
        if not solved.success:
            reason = f"{solved.message} Check ka, volumes and clearances."
            failure = Failure(start=left, stop=right, reason=reason)
            break
        for low, high in pairwise(solved.t):
            pieces.append(_fitted(solved.sol, float(low), float(high)))
            breaks.append(float(high))
        steps += len(solved.t) - 1
        store[:moving] = solved.y[:, -1]
    curves = polynomials(breaks, before, np.array(pieces))
    return Solution(
        amounts=tuple(curves[state] for state in layout.central.values()),
        peripherals={i: tuple(curves[place] for place in layout.peripherals(i)) for i in layout.stepped},
        reservoirs={j: curves[state] for j, state in layout.reservoirs.items()},
        enzymes=tuple(curves[layout.first_enzyme : layout.n_states]),
        end=None,
        method="scipy DOP853",
        steps=steps,
        failure=failure,
    )


def initial_store(layout: Layout, initial: State | None) -> Array:
    """The store of the reference just before the start, (place,); at rest if ``initial`` is left out."""
    system = layout.system
    store = np.zeros(layout.size)
    store[: layout.n_states] = layout.resting()
    if initial is None:
        return store
    for compartment, amount in zip(system.layout.compartments, initial.stepped, strict=True):
        store[layout.compartments.index(compartment)] = amount
    for j, amount, inflow in zip(system.layout.stepped_depots, initial.depots, initial.inflows, strict=True):
        store[layout.depots[j]], store[layout.inflows[j]] = amount, inflow
    for i, rate in zip(system.layout.stepped, initial.rates, strict=True):
        store[layout.infusions[i]] = rate
    for i, folded in initial.exact.items():
        _unfold(layout, store, i, folded)
    return store


def _unfold(layout: Layout, store: Array, compound: int, state: exact.ExactState) -> None:
    """Compartment amounts of an exact compound from its modes."""
    system, p = layout.system, layout.system.parameters
    mode, through = exact.modes(system, compound), exact.availability(system, compound)
    store[layout.central[compound]] = state.amplitude.sum()
    for side, place in zip(system.compounds[compound].peripherals, layout.peripherals(compound), strict=True):
        store[place] = (state.amplitude * p[side.out] / (p[side.back] - mode.rates)).sum()
    for n, j in enumerate(mode.depots):
        store[layout.inflows[j]] = state.inflow[n] / through
        store[layout.depots[j]] = (state.depot[n] + state.inflow[n] / mode.ka[n]) / through
    store[layout.infusions[compound]] = state.rate - state.inflow.sum()


def slopes(time: float, y: Array, layout: Layout, start: float, constant: list[float], releases: Releasing) -> Array:
    """Right-hand side: slopes of states and depots ``y`` at a time [h], per h; (place,) both.

    Parameters
    ----------
    start
        When the stretch of unchanged input began [h].
    constant
        The rest of the store: inflows and infusions [mg/h].
    """
    store: list[Row] = [*y.tolist(), *constant]
    none: list[Row] = [0.0] * len(layout.system.compounds)
    return np.array(evaluated(layout, store, none, [*releases.rates(start, [time - start])]).slopes)


_NODES = (1 + np.cos(np.pi * np.arange(_DEGREE + 1) / _DEGREE)) / 2
_POWERS = np.linalg.inv(np.vander(_NODES, _DEGREE + 1, increasing=True))


def _fitted(dense: object, low: float, high: float) -> Array:
    """Polynomial of the dense output on one step, lowest power first: (power, state)."""
    values = dense(low + (high - low) * _NODES)  # type: ignore[operator]
    return np.asarray(_POWERS @ values.T)
