"""Where a system stands when two histories add up, and when the patient changes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pkinteract.engine import exact
from pkinteract.engine.curves import Array
from pkinteract.engine.solution import State
from pkinteract.engine.system import System


def amounts(system: System, state: State) -> Array:
    """Central amount of every compound, (compound,) [mg]."""
    central = np.zeros(len(system.compounds))
    for i, position in system.layout.central.items():
        central[i] = state.stepped[position]
    for i, uncoupled in state.exact.items():
        central[i] = uncoupled.amplitude.sum()
    return central


def added(system: System, present: State, other: State) -> State:
    """The drug of two states together, at the enzyme levels of the first."""
    drug = system.layout.first_enzyme
    stepped = [a + b for a, b in zip(present.stepped[:drug], other.stepped[:drug], strict=True)]
    return State(
        stepped=[*stepped, *present.stepped[drug:]],
        depots=_sum(present.depots, other.depots),
        inflows=_sum(present.inflows, other.inflows),
        rates=_sum(present.rates, other.rates),
        exact={
            i: exact.ExactState(
                amplitude=uncoupled.amplitude + other.exact[i].amplitude,
                depot=uncoupled.depot + other.exact[i].depot,
                inflow=uncoupled.inflow + other.exact[i].inflow,
                rate=uncoupled.rate + other.exact[i].rate,
            )
            for i, uncoupled in present.exact.items()
        },
    )


def carried(old: System, new: System, state: State) -> State:
    """The same amounts in a patient who has become another one: ``new`` has the rows of ``old``, other parameters."""
    return replace(state, exact={i: _carried(old, new, i, uncoupled) for i, uncoupled in state.exact.items()})


def _carried(old: System, new: System, compound: int, state: exact.ExactState) -> exact.ExactState:
    before, after = exact.modes(old, compound), exact.modes(new, compound)
    through = exact.availability(new, compound) / exact.availability(old, compound)
    inflow = state.inflow * through
    here = _shares(old, compound, before) @ state.amplitude
    return exact.ExactState(
        amplitude=np.asarray(np.linalg.solve(_shares(new, compound, after), here), dtype=float),
        depot=state.depot * through,
        inflow=inflow,
        rate=state.rate + float(inflow.sum() - state.inflow.sum()),
    )


def _shares(system: System, compound: int, modes: exact.Modes) -> Array:
    """Amount in each compartment per amplitude of each mode, (compartment, mode) [1]."""
    p = system.parameters
    rows = [np.ones_like(modes.rates)]
    rows += [p[side.out] / (p[side.back] - modes.rates) for side in system.compounds[compound].peripherals]
    return np.array(rows)


def _sum(first: list[float], second: list[float]) -> list[float]:
    return [a + b for a, b in zip(first, second, strict=True)]
