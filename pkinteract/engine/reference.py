"""The reference: scipy on an independently written right-hand side.

Depots, infusions and every compound are integrated as ordinary states by DOP853 (Hairer, Norsett, Wanner 1993), nothing
in closed form, so agreement with the generated code says something. ``pkinteract run --solver reference`` lets a user
do the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from scipy.integrate import solve_ivp

from pkinteract.engine import algebra, exact
from pkinteract.engine.curves import Array, polynomials
from pkinteract.engine.solve import Solution, State
from pkinteract.engine.system import Event, System

_DEGREE = 9


def solve_reference(
    system: System,
    events: Sequence[Event],
    start: float,
    stop: float,
    *,
    rtol: float = 1e-9,
    initial: State | None = None,
) -> Solution:
    """Solve ``system`` from ``start`` to ``stop`` [h] with scipy.

    Parameters are those of :func:`pkinteract.engine.solve.solve`; every analyte's error is far below the fast solver's.
    """
    layout = Layout(system)
    y, rate = layout.start(initial)
    before = list(y)
    inside = sorted(event for event in events if start <= event.time < stop)
    edges = sorted({start, stop, *(event.time for event in inside)})
    breaks, pieces, steps, failure = [start], [], 0, None
    for left, right in pairwise(edges):
        for event in (event for event in inside if event.time == left):
            if event.kind == "rate":
                rate[event.target] += event.amount
            else:
                y[layout.depot[event.target] if event.kind == "depot" else layout.central[event.target]] += event.amount
        solved = solve_ivp(
            layout.slopes,
            (left, right),
            y,
            method="DOP853",
            rtol=rtol,
            atol=rtol * layout.floor,
            args=(rate,),
            dense_output=True,
        )
        if not solved.success:
            failure = (
                f"between {left:.6g} and {right:.6g} h: {solved.message}; check rate constants, volumes and clearances"
            )
            break
        for low, high in zip(solved.t[:-1], solved.t[1:], strict=True):
            pieces.append(_fitted(solved.sol, float(low), float(high)))
            breaks.append(float(high))
        steps += len(solved.t) - 1
        y = solved.y[:, -1].copy()
    curves = polynomials(breaks, before, np.array(pieces))
    return Solution(
        amounts=tuple(curves[layout.central[i]] for i in range(len(system.compounds))),
        peripherals={
            i: tuple(curves[layout.central[i] + 1 : layout.central[i] + 1 + len(row.peripherals)])
            for i, row in enumerate(system.compounds)
        },
        enzymes=tuple(curves[layout.enzyme : layout.enzyme + len(system.enzymes)]),
        end=None,
        method="scipy DOP853",
        steps=steps,
        failure=failure,
    )


class Layout:
    """States of the reference: compounds with their peripherals, enzymes, depots."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.central: list[int] = []
        position = 0
        for row in system.compounds:
            self.central.append(position)
            position += 1 + len(row.peripherals)
        self.enzyme = position
        self.depot = [position + len(system.enzymes) + j for j in range(len(system.depots))]
        sizes = [system.scale[i] for i, row in enumerate(system.compounds) for _ in range(1 + len(row.peripherals))]
        sizes += [1.0] * len(system.enzymes) + [system.scale[row.compound] for row in system.depots]
        self.floor = 1e-3 * np.array(sizes)

    def start(self, initial: State | None) -> tuple[Array, Array]:
        """State vector and infusion rates (compound,) just before the start."""
        system = self.system
        y = np.zeros(len(self.floor))
        rate = np.zeros(len(system.compounds))
        y[self.enzyme : self.enzyme + len(system.enzymes)] = [system.parameters[row.activity] for row in system.enzymes]
        if initial is None:
            return y, rate
        for slot, i in enumerate(system.stepped):
            size = 1 + len(system.compounds[i].peripherals)
            y[self.central[i] : self.central[i] + size] = initial.stepped[system.central[i] : system.central[i] + size]
            rate[i] = initial.rates[slot]
        y[self.enzyme : self.enzyme + len(system.enzymes)] = initial.stepped[system.first_enzyme :]
        for slot, j in enumerate(system.stepped_depots):
            y[self.depot[j]] = initial.depots[slot]
        for i, state in initial.exact.items():
            self._unfold(y, rate, i, state)
        return y, rate

    def _unfold(self, y: Array, rate: Array, compound: int, state: exact.ExactState) -> None:
        """Compartment amounts of an exact compound from its modes."""
        mode = exact.modes(self.system, compound)
        y[self.central[compound]] = state.amplitude.sum()
        for n, side in enumerate(self.system.compounds[compound].peripherals, start=1):
            p = self.system.parameters
            y[self.central[compound] + n] = (state.amplitude * p[side.out] / (p[side.back] - mode.rates)).sum()
        through = exact.availability(self.system, compound)
        for j, amount in zip(mode.depots, state.depot, strict=True):
            y[self.depot[j]] = amount / through
        rate[compound] = state.rate

    def slopes(self, _time: float, y: Array, rate: Array) -> Array:
        """Right-hand side."""
        system, p = self.system, self.system.parameters
        amounts = y[self.central]
        levels = y[self.enzyme : self.enzyme + len(system.enzymes)]
        slopes = np.zeros_like(y)
        absorbed = np.zeros(len(system.compounds))
        for j, row in enumerate(system.depots):
            leaving = p[row.ka] * y[self.depot[j]]
            slopes[self.depot[j]] = -leaving
            absorbed[row.compound] += leaving
        flow = algebra.flows(system, amounts, levels, absorbed)
        slopes[self.central] = flow.arriving + rate
        for j, pathway in enumerate(system.pathways):
            slopes[self.central[pathway.compound]] -= flow.eliminated[j]
        for i, compound in enumerate(system.compounds):
            for n, side in enumerate(compound.peripherals, start=1):
                exchange = p[side.out] * amounts[i] - p[side.back] * y[self.central[i] + n]
                slopes[self.central[i]] -= exchange
                slopes[self.central[i] + n] = exchange
        for e, enzyme in enumerate(system.enzymes):
            made = p[enzyme.activity] * float(algebra.synthesis(system, amounts, e))
            slopes[self.enzyme + e] = p[enzyme.kdeg] * (made - levels[e])
        return slopes


_NODES = (1 + np.cos(np.pi * np.arange(_DEGREE + 1) / _DEGREE)) / 2
_POWERS = np.linalg.inv(np.vander(_NODES, _DEGREE + 1, increasing=True))


def _fitted(dense: object, low: float, high: float) -> Array:
    """Polynomial of the dense output on one step, lowest power first: (power, state)."""
    values = dense(low + (high - low) * _NODES)  # type: ignore[operator]
    return np.asarray(_POWERS @ values.T)
