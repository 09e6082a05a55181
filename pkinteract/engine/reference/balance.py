"""The balance of mass of a solved run: what came in is what is there and what left.

Between two inputs every stepped compound has

    Δ(central + peripheral) = ∫ (arriving + infused - eliminated) dt + boluses

with the flows of the reference's equations at the solved amounts and levels, and what is absorbed in closed form from
the doses; the integrals are quadratures of every step. The equations, the doses and the quadrature are none of the
solver's own, so that a dose that it missed, or a step that went wrong, shows where it happened.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pkinteract.engine.curves import Array, Curve, PiecewisePolynomial, Side, distinct
from pkinteract.engine.events import Event, Switch
from pkinteract.engine.reference.medium import medium
from pkinteract.engine.solution import Solution, State
from pkinteract.engine.system import System
from pkinteract.engine.uptake import absorption

CLOSE = 1e-5
"""Largest imbalance between two inputs, relative to the typical dose of the compound or what is there of it [1]."""

_NODES, _WEIGHTS = np.sqrt(0.6) * np.array([-1.0, 0.0, 1.0]), np.array([5.0, 8.0, 5.0]) / 9
"""Gauss-Legendre quadrature of a step, exact to the fifth power: its error is 1e-7 of a dose, with two points 1e-5."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imbalance:
    """Drug of a compound that is missing (or too much, below 0) in a stretch of the run [h, mg]."""

    compound: int
    start: float
    stop: float
    missing: float


def imbalance(
    system: System,
    events: Sequence[Event],
    solution: Solution,
    span: tuple[float, float],
    *,
    initial: State | None = None,
    switches: Sequence[Switch] = (),
) -> Imbalance | None:
    """The largest imbalance between two inputs beyond ``CLOSE``; None where all is in balance.

    Parameters
    ----------
    span
        Where the run begins and ends [h].
    initial
        State just before the begin; at rest if left out.
    """
    begin, end = span
    inside = [switch for switch in switches if begin < switch.time < end]
    edges = [begin, *(switch.time for switch in inside), end]
    first = [system.parameters, *(switch.parameters for switch in switches if switch.time <= begin)][-1]
    sets = [first, *(switch.parameters for switch in inside)]
    worst: list[tuple[float, Imbalance]] = []
    for start, stop, parameters in zip(edges[:-1], edges[1:], sets, strict=True):
        here = replace(system, parameters=parameters)
        worst += _stretches(here, events, solution, (begin, start, stop), initial)
    share, largest = max(worst, key=lambda pair: pair[0], default=(0.0, None))
    return largest if share > CLOSE else None


def _stretches(
    system: System, events: Sequence[Event], solution: Solution, span: tuple[float, float, float], initial: State | None
) -> list[tuple[float, Imbalance]]:
    """The largest imbalance of every stepped compound while parameters stay: relative, and what it is."""
    begin, start, stop = span
    curves = [solution.amounts[i].breaks for i in system.stepped]
    inputs = distinct([start, *(event.time for event in events if start < event.time < stop)])
    breaks = distinct(np.clip(np.concatenate([*curves, inputs, [stop]]), start, stop))
    half = np.diff(breaks) / 2
    times = ((breaks[:-1] + half)[:, None] + half[:, None] * _NODES).ravel()
    amounts = np.array([_at_nodes(curve, breaks, times) for curve in solution.amounts])
    levels = np.array([_at_nodes(curve, breaks, times) for curve in solution.enzymes]).reshape(-1, len(times))
    entering = absorption(system, events, begin, times, initial=initial, reservoirs=solution.reservoirs)
    flows = medium(system, amounts, levels, entering)
    stretch = np.searchsorted(inputs, breaks[:-1] + 1e-9) - 1
    largest = []
    for n, i in enumerate(system.stepped):
        net = np.asarray(flows.arriving[i]) - sum(np.asarray(flows.eliminated[j]) for j in system.pathways_of(i))
        first = 0.0 if initial is None else initial.rates[n]
        come, infused = _given(events, i, breaks, begin, first)
        left, right = _there(solution, i, breaks, "left"), _there(solution, i, breaks, "right")
        flowing = (net.reshape(-1, len(_NODES)) * half[:, None] * _WEIGHTS).sum(axis=1) + infused
        missing = flowing - (left[1:] - right[:-1]) + come - (right[:-1] - left[:-1])
        total = np.bincount(stretch, missing, minlength=len(inputs))
        share = np.abs(total) / max(system.scale[i], float(left.max()))
        place = int(np.argmax(share))
        end = inputs[place + 1] if place + 1 < len(inputs) else stop
        worst = Imbalance(compound=i, start=float(inputs[place]), stop=float(end), missing=float(total[place]))
        largest.append((float(share[place]), worst))
    return largest


def _at_nodes(curve: Curve, breaks: Array, times: Array) -> Array:
    """Values at the nodes of every step; of a polynomial on the same steps at once, in a tenth of the time."""
    if not isinstance(curve, PiecewisePolynomial) or not np.array_equal(curve.breaks, breaks):
        return np.asarray(curve.value(times))
    powers = ((1 + _NODES) / 2) ** np.arange(curve.coefficients.shape[1])[:, None]
    return np.asarray(curve.coefficients @ powers).ravel()


def _there(solution: Solution, compound: int, breaks: Array, side: Side) -> Array:
    """Amount in the central and peripheral compartments at the breaks [mg]."""
    curves = (solution.amounts[compound], *solution.peripherals.get(compound, ()))
    return np.asarray(sum(curve.value(breaks, side) for curve in curves))


def _given(events: Sequence[Event], compound: int, breaks: Array, begin: float, rate: float) -> tuple[Array, Array]:
    """Boluses at the beginning of every step, and what is infused during it [mg]."""
    come = np.zeros(len(breaks) - 1)
    rates = np.full(len(breaks) - 1, rate)
    for event in events:
        if event.kind in ("bolus", "rate") and event.target == compound and event.time >= begin:
            place = int(np.searchsorted(breaks, event.time - 1e-9))
            if event.kind == "rate":
                rates[place:] += event.amount
            elif event.time >= breaks[0] - 1e-9 and place < len(come):
                come[place] += event.amount
    return come, rates * np.diff(breaks)
