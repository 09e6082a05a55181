"""The reference: scipy on an independently written right-hand side.

Depots and every compound are integrated as ordinary states by DOP853 (Hairer, Norsett, Wanner 1993), nothing in closed
form, so agreement with the generated code says something. ``pkinteract run --solver reference`` lets a user do it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
from scipy.integrate import DOP853

from pkinteract.engine import exact
from pkinteract.engine.control import Failure
from pkinteract.engine.curves import Array, polynomials
from pkinteract.engine.events import NOWHERE, Event, Switch, event_table, with_marks
from pkinteract.engine.layout import Layout
from pkinteract.engine.mechanisms.release import Releasing, releasing
from pkinteract.engine.reference.written import Slopes, written_slopes
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
    told: Callable[[float], None] | None = None,
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
    jumps = deque(zip(inside, event_table(layout, inside), strict=True))
    changes = deque(sorted(switches, key=lambda change: change.time))
    times = {start, stop, *(event.time for event in inside)}
    with_parameters = written_slopes(layout)
    with_inputs = with_parameters(system.parameters)
    breaks, pieces = [start], []
    failure: Failure | None = None
    for left, right in pairwise(sorted({*times, *(change.time for change in switches if start < change.time < stop)})):
        while changes and changes[0].time <= left:
            with_inputs = with_parameters(changes.popleft().parameters)
        while jumps and jumps[0][0].time == left:
            event, (time, place, amount, _) = jumps.popleft()
            if place == NOWHERE:
                releases.begin(event.target, time, amount)
            else:
                store[place] += amount
        seeing = releases.first_step(left)
        solver = DOP853(
            _right_hand_side(with_inputs(store[moving:].tolist()), releases, left),
            left,
            store[:moving],
            right,
            rtol=rtol,
            atol=rtol * floor,
            first_step=None if seeing is None else min(seeing, right - left),
        )
        while solver.status == "running":
            reason = solver.step()
            if solver.status == "failed":
                failure = Failure(start=left, stop=right, reason=f"{reason} Check ka, volumes and clearances.")
                break
            pieces.append(_fitted(solver.dense_output(), solver.t_old, solver.t))
            breaks.append(float(solver.t))
        if failure is not None:
            break
        store[:moving] = solver.y
        if told is not None:
            told(right)
    curves = polynomials(breaks, before, np.array(pieces))
    return Solution(
        amounts=tuple(curves[state] for state in layout.central.values()),
        peripherals={i: tuple(curves[place] for place in layout.peripherals(i)) for i in layout.stepped},
        reservoirs={j: curves[state] for j, state in layout.reservoirs.items()},
        enzymes=tuple(curves[layout.first_enzyme : layout.n_states]),
        end=None,
        method="scipy DOP853",
        steps=len(pieces),
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


def _right_hand_side(slopes: Slopes, releases: Releasing, start: float) -> Callable[[float, Array], Array]:
    """What scipy asks for: the slopes of states and depots at a time [h], (place,), while input stays as it is."""
    if not releases.rows:
        return lambda time, states: np.array(slopes(states.tolist(), ()))
    return lambda time, states: np.array(slopes(states.tolist(), releases.rates(start, [time - start])))


_NODES = (1 + np.cos(np.pi * np.arange(_DEGREE + 1) / _DEGREE)) / 2
_POWERS = np.linalg.inv(np.vander(_NODES, _DEGREE + 1, increasing=True))


def _fitted(dense: object, low: float, high: float) -> Array:
    """Polynomial of the dense output on one step, lowest power first: (power, state)."""
    values = dense(low + (high - low) * _NODES)  # type: ignore[operator]
    return np.asarray(_POWERS @ values.T)
