"""The reference: scipy on an independently written right-hand side.

Depots, infusions and every compound are integrated as ordinary states by DOP853 (Hairer, Norsett, Wanner 1993), nothing
in closed form, so agreement with the generated code says something. ``pkinteract run --solver reference`` lets a user
do the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from scipy.integrate import solve_ivp

from pkinteract.engine import algebra, exact
from pkinteract.engine.curves import Array, polynomials
from pkinteract.engine.release import Releasing, marked, releasing
from pkinteract.engine.solve import Failure, Solution, State
from pkinteract.engine.system import Event, Switch, System

_DEGREE = 9


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

    Parameters are those of :func:`pkinteract.engine.solve.solve`; every analyte's error is far below the fast solver's.
    """
    layout = Layout(system)
    y, inputs = layout.start(initial)
    inputs.releases = releasing(system, events, start)
    before = list(y)
    inside = sorted(event for event in marked(system, events) if start <= event.time < stop)
    changes = {change.time: change.parameters for change in switches}
    edges = sorted({start, stop, *(event.time for event in inside), *(time for time in changes if start < time < stop)})
    breaks, pieces, steps = [start], [], 0
    failure: Failure | None = None
    for left, right in pairwise(edges):
        for time in [time for time in changes if time <= left]:
            layout.system = replace(system, parameters=changes.pop(time))
        for event in (event for event in inside if event.time == left):
            layout.jump(event, y, inputs)
        inputs.start = left
        solved = solve_ivp(
            layout.slopes,
            (left, right),
            y,
            method="DOP853",
            rtol=rtol,
            atol=rtol * layout.floor,
            args=(inputs,),
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
        y = solved.y[:, -1].copy()
    curves = polynomials(breaks, before, np.array(pieces))
    return Solution(
        amounts=tuple(curves[layout.central[i]] for i in range(len(system.compounds))),
        peripherals={
            i: tuple(curves[layout.central[i] + 1 : layout.central[i] + 1 + len(row.peripherals)])
            for i, row in enumerate(system.compounds)
        },
        reservoirs={j: curves[state] for j, state in layout.reservoir.items()},
        enzymes=tuple(curves[layout.enzyme : layout.enzyme + len(system.enzymes)]),
        end=None,
        method="scipy DOP853",
        steps=steps,
        failure=failure,
    )


@dataclass(slots=True)
class Inputs:
    """What flows in from ``start`` [h] on: infusion per compound, inflow per depot [mg/h], doses being released."""

    start: float

    rate: Array
    inflow: Array
    releases: Releasing


class Layout:
    """States of the reference: compounds with their peripherals, enzymes, depots, reservoirs."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.central: list[int] = []
        position = 0
        for row in system.compounds:
            self.central.append(position)
            position += 1 + len(row.peripherals)
        self.enzyme = position
        self.induced = {row.enzyme for row in system.inductions}
        self.inactivated = {row.enzyme for row in system.inactivations}
        self.depot = [position + len(system.enzymes) + j for j in range(len(system.depots))]
        first = position + len(system.enzymes) + len(system.depots)
        self.reservoir = {j: first + n for n, j in enumerate(system.reservoirs)}
        sizes = [system.scale[i] for i, row in enumerate(system.compounds) for _ in range(1 + len(row.peripherals))]
        sizes += [1.0] * len(system.enzymes) + [system.scale[row.compound] for row in system.depots]
        sizes += [system.scale[system.releases[j].compound] for j in self.reservoir]
        self.floor = 1e-3 * np.array(sizes)

    def start(self, initial: State | None) -> tuple[Array, Inputs]:
        """State vector and inputs just before the start."""
        system = self.system
        y = np.zeros(len(self.floor))
        none = releasing(system, (), 0.0)
        inputs = Inputs(
            start=0.0, rate=np.zeros(len(system.compounds)), inflow=np.zeros(len(system.depots)), releases=none
        )
        y[self.enzyme : self.enzyme + len(system.enzymes)] = [system.parameters[row.activity] for row in system.enzymes]
        if initial is None:
            return y, inputs
        for slot, i in enumerate(system.stepped):
            size = 1 + len(system.compounds[i].peripherals)
            y[self.central[i] : self.central[i] + size] = initial.stepped[system.central[i] : system.central[i] + size]
            inputs.rate[i] = initial.rates[slot]
        y[self.enzyme : self.enzyme + len(system.enzymes)] = initial.stepped[system.first_enzyme :]
        for j, state in system.reservoirs.items():
            y[self.reservoir[j]] = initial.stepped[state]
        for slot, j in enumerate(system.stepped_depots):
            y[self.depot[j]] = initial.depots[slot]
            inputs.inflow[j] = initial.inflows[slot]
        for i, folded in initial.exact.items():
            self._unfold(y, inputs, i, folded)
        return y, inputs

    def _unfold(self, y: Array, inputs: Inputs, compound: int, state: exact.ExactState) -> None:
        """Compartment amounts of an exact compound from its modes."""
        mode = exact.modes(self.system, compound)
        y[self.central[compound]] = state.amplitude.sum()
        for n, side in enumerate(self.system.compounds[compound].peripherals, start=1):
            p = self.system.parameters
            y[self.central[compound] + n] = (state.amplitude * p[side.out] / (p[side.back] - mode.rates)).sum()
        through = exact.availability(self.system, compound)
        for n, j in enumerate(mode.depots):
            inputs.inflow[j] = state.inflow[n] / through
            y[self.depot[j]] = (state.depot[n] + state.inflow[n] / mode.ka[n]) / through
        inputs.rate[compound] = state.rate - state.inflow.sum()

    def jump(self, event: Event, y: Array, inputs: Inputs) -> None:
        """Change the state or the inputs as an event says."""
        if event.kind == "rate":
            inputs.rate[event.target] += event.amount
        elif event.kind == "depot-rate":
            inputs.inflow[event.target] += event.amount
        elif event.kind == "release":
            inputs.releases.doses[event.target].append((event.time, event.amount))
        else:
            y[(self.depot if event.kind == "depot" else self.central)[event.target]] += event.amount

    def slopes(self, time: float, y: Array, inputs: Inputs) -> Array:
        """Right-hand side."""
        system, p = self.system, self.system.parameters
        amounts = y[self.central]
        levels = y[self.enzyme : self.enzyme + len(system.enzymes)]
        slopes = np.zeros_like(y)
        absorbed = np.zeros(len(system.compounds))
        for j, row in enumerate(system.depots):
            leaving = inputs.inflow[j] if row.ka is None else p[row.ka] * y[self.depot[j]]
            slopes[self.depot[j]] = inputs.inflow[j] - leaving
            absorbed[row.compound] += leaving
        for j, (released, release) in enumerate(
            zip(inputs.releases.rates(inputs.start, [time - inputs.start]), system.releases, strict=True)
        ):
            leaving = released if release.ka is None else p[release.ka] * y[self.reservoir[j]]
            if release.ka is not None:
                slopes[self.reservoir[j]] = released - leaving
            absorbed[release.compound] += leaving
        where = algebra.medium(system, amounts, levels, absorbed)
        flow = algebra.flows(system, where, levels, absorbed)
        slopes[self.central] = flow.arriving + inputs.rate
        for j, pathway in enumerate(system.pathways):
            slopes[self.central[pathway.compound]] -= flow.eliminated[j]
        for i, compound in enumerate(system.compounds):
            for n, side in enumerate(compound.peripherals, start=1):
                exchange = p[side.out] * amounts[i] * where.free[i] - p[side.back] * y[self.central[i] + n]
                slopes[self.central[i]] -= exchange
                slopes[self.central[i] + n] = exchange
        for e, enzyme in enumerate(system.enzymes):
            slopes[self.enzyme + e] = p[enzyme.kdeg] * (p[enzyme.activity] - levels[e])
        for e in self.induced:
            more = float(algebra.synthesis(system, where, e)) - 1
            slopes[self.enzyme + e] += p[system.enzymes[e].kdeg] * p[system.enzymes[e].activity] * more
        for e in self.inactivated:
            slopes[self.enzyme + e] -= float(algebra.inactivation(system, where, e)) * levels[e]
        return slopes


_NODES = (1 + np.cos(np.pi * np.arange(_DEGREE + 1) / _DEGREE)) / 2
_POWERS = np.linalg.inv(np.vander(_NODES, _DEGREE + 1, increasing=True))


def _fitted(dense: object, low: float, high: float) -> Array:
    """Polynomial of the dense output on one step, lowest power first: (power, state)."""
    values = dense(low + (high - low) * _NODES)  # type: ignore[operator]
    return np.asarray(_POWERS @ values.T)
