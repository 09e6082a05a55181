"""What falls fast and is known beforehand: rates of the modes, how the states answer to them, what is left in a step.

How a step uses them: with x = z + Σ part·exp(-λ·t), a Runge-Kutta step of z is one of x whose stage s is shifted by
Σ part·(E(cₛ) - 1 + h·λ·Σ aₛⱼ·E(cⱼ)), E(c) = exp(-λ·c·h); these shifts are the same for all states.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pkinteract.engine.kernel.vector import falling, larger
from pkinteract.engine.lanes import header
from pkinteract.engine.lanes.sheet import Point, Quantity, Sheet
from pkinteract.engine.lanes.structure import Structure
from pkinteract.engine.pair import ERROR, QUARTIC, STAGES

PENALTY = 1e-8
"""On the square of the size of an answer: it stays below 5,000/λ."""

SLOWEST = 1e-6
"""Slowest rate of a mode [1/h]."""


Coupled = dict[tuple[int, int], Quantity]
"""What the slope at one place owes to an amount at another, or to a rate of absorption."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecayingMode:
    """A mode during a step.

    Attributes
    ----------
    at
        What is left of it at the nodes of the pair, (7,).
    shifts
        What it adds per part: to the points of stages 2 to 7, to the embedded error, to the highest term of the curve.
    """

    at: Sequence[Quantity]
    shifts: Sequence[Quantity]


def linearise(structure: Structure, _: Quantity, a: Any, t: Any) -> None:
    """Write rates and answers of all modes, from how the flows depend on amounts and rates of absorption.

    At frozen availabilities and clearances the flows are linear, so that a column of couplings is the slopes at one
    amount of 1.
    """
    n, depots, feeds = structure.size, len(structure.system.layout.depots), len(structure.system.layout.stepped)
    none = Point(
        states=[0.0] * n, leaving=[0.0] * depots, released=[0.0] * len(structure.system.releases), infused=[0.0] * feeds
    )
    here = Sheet(structure, a, t, start_point(structure, a, t))

    def column(states: Sequence[float], leaving: Sequence[float]) -> list[Quantity]:
        point = Point(states=states, leaving=leaving, released=none.released, infused=none.infused)
        return Sheet(structure, a, t, point, here).slopes

    coupling: Coupled = {}
    given: Coupled = {}
    for r in sorted({r for _, r in structure.couplings}):
        slopes = column([float(k == r) for k in range(n)], none.leaving)
        coupling |= {(s, r): slopes[s] for s, by in structure.couplings if by == r}
    for slot in sorted({slot for _, slot in structure.depot_couplings}):
        slopes = column(none.states, [float(k == slot) for k in range(depots)])
        given |= {(s, slot): slopes[s] for s, by in structure.depot_couplings if by == slot}
    for m, mode in enumerate(structure.modes):
        if mode.slot is None:
            central = structure.central(mode.compound)
            rate = larger(-coupling[central, central], SLOWEST)
        else:
            rate = _ka(structure, mode.slot, a, t)
        a[t[header.RATE] + m] = rate
        a[t[header.INVERSE] + m] = 1.0 / rate
        answers = _answers(structure, m, rate, coupling, given)
        for k, (place, other) in enumerate(structure.answers):
            if other == m:
                a[t[header.ANSWER] + k] = answers[place]


def _answers(structure: Structure, m: int, rate: Quantity, coupling: Coupled, given: Coupled) -> dict[int, Quantity]:
    """The answers c of all states to a mode, compound by compound: (J + λ)·c = -b.

    Where λ is close to how fast a compound is lost by itself, c would grow without limit: a small penalty on its size
    prevents that, which makes it the solution of ((J + λ)ᵀ·(J + λ) + ε²)·c = -(J + λ)ᵀ·b.
    """
    mode, small = structure.modes[m], PENALTY * rate * rate
    reached = [place for place, other in structure.answers if other == m]
    answers: dict[int, Quantity] = {}
    if mode.slot is None:
        answers[structure.central(mode.compound)] = 1.0
    for i in structure.order:
        block = [place for place in structure.compartments(i) if place in reached and place not in answers]
        matrix = [[coupling[s, r] + rate if s == r else coupling[s, r] for r in block] for s in block]
        right = []
        for s in block:
            total = 0.0 if mode.slot is None else given.get((s, mode.slot), 0.0)
            for r, c in answers.items():
                total = total + coupling.get((s, r), 0.0) * c
            right.append(total)
        answers |= dict(zip(block, _solved(matrix, right, small), strict=True))
    return answers


def _solved(matrix: list[list[Quantity]], right: list[Quantity], small: Quantity) -> list[Quantity]:
    """x of (MᵀM + ε²)·x = -Mᵀ·b, which is positive definite."""
    size = range(len(right))
    normal = [[_dot([row[i] for row in matrix], [row[j] for row in matrix]) for j in size] for i in size]
    values = [-_dot([row[i] for row in matrix], right) for i in size]
    for k in size:
        normal[k][k] = normal[k][k] + small
    for k in size:
        inverse = 1.0 / normal[k][k]
        normal[k] = [value * inverse for value in normal[k]]
        values[k] = values[k] * inverse
        for row in range(k + 1, len(right)):
            factor = normal[row][k]
            normal[row] = [one - factor * other for one, other in zip(normal[row], normal[k], strict=True)]
            values[row] = values[row] - factor * values[k]
    for k in reversed(size):
        for other in range(k + 1, len(right)):
            values[k] = values[k] - normal[k][other] * values[other]
    return values


def _dot(one: Sequence[Quantity], other: Sequence[Quantity]) -> Quantity:
    total: Quantity = 0.0
    for a, b in zip(one, other, strict=True):
        total = total + a * b
    return total


def _ka(structure: Structure, slot: int, a: Any, t: Any) -> Quantity:
    return a[t[header.PARAMETER] + structure.used.index(dict(structure.decaying)[slot])]


def start_point(structure: Structure, a: Any, t: Any) -> Point:
    """The point at the start of a step."""
    layout = structure.system.layout
    leaving = [a[t[header.INFLOW] + slot] for slot in range(len(layout.depots))]
    for slot, _ in structure.decaying:
        leaving[slot] = _ka(structure, slot, a, t) * a[t[header.DEPOT] + slot]
    return Point(
        states=[a[t[header.STATE] + n] for n in range(structure.size)],
        leaving=leaving,
        released=[a[t[header.RELEASED] + 7 * j] for j in range(len(structure.system.releases))],
        infused=[a[t[header.INFUSION] + n] for n in range(len(layout.stepped))],
    )


def later(
    structure: Structure, a: Any, t: Any, start: Point, left: Sequence[DecayingMode], node: int, states: Any
) -> Point:
    """The point of a later stage, where its states are given."""
    leaving = list(start.leaving)
    for m, mode in enumerate(structure.modes):
        if mode.slot is not None:
            inflow = a[t[header.INFLOW] + mode.slot]
            leaving[mode.slot] = (start.leaving[mode.slot] - inflow) * left[m].at[node] + inflow
    released = [a[t[header.RELEASED] + 7 * j + node] for j in range(len(structure.system.releases))]
    return Point(states=states, leaving=leaving, released=released, infused=start.infused)


def new_depots(structure: Structure, end: Point, a: Any, t: Any) -> None:
    """Write what is in the depots at the end of a step, from the rates of absorption there."""
    for slot in range(len(structure.system.layout.depots)):
        a[t[header.NEW_DEPOT] + slot] = a[t[header.DEPOT] + slot]
    for slot, ka in structure.decaying:
        reciprocal = t[header.RECIPROCAL] + structure.used.index(ka)
        a[t[header.NEW_DEPOT] + slot] = end.leaving[slot] * a[reciprocal]


def decayed(structure: Structure, h: Quantity, a: Any, t: Any) -> list[DecayingMode]:
    """Share of every mode [1] that is left at the nodes of a step of ``h`` [h]; all nodes are multiples of a ninetieth.

    What is left at the nodes and at a tenth is written to the rows that reading asks for.
    """
    first = [falling((-1.0 / 90.0) * h * a[t[header.RATE] + m]) for m in range(len(structure.modes))]
    modes = []
    for m, one in enumerate(first):
        two = one * one
        eight = two * two * (two * two)
        tenth = eight * one
        fifth = tenth * tenth
        most = fifth * fifth
        most = most * most
        at = (1.0, fifth, fifth * tenth, most, most * eight, most * fifth, most * fifth)
        for n, value in enumerate((*at[1:6], tenth)):
            a[t[header.LEFT] + header.LEFT_ROWS * m + n] = value
        k = h * a[t[header.RATE] + m]
        shifts = [at[s] - 1.0 + k * _dot(STAGES[s][:s], at[:s]) for s in range(1, 7)]
        modes.append(DecayingMode(at=at, shifts=[*shifts, k * _dot(ERROR, at), k * _dot(QUARTIC, at)]))
    return modes


def parts(structure: Structure, start: Point, a: Any, t: Any) -> list[Quantity]:
    """What each mode is of each state at the start of a step [mg] or [1]: c·w; of its own state what the others leave.

    By answer; written for reading too.
    """
    amplitude = [
        None if mode.slot is None else start.leaving[mode.slot] - a[t[header.INFLOW] + mode.slot]
        for mode in structure.modes
    ]
    shares: list[Quantity] = []
    for n, (place, m) in enumerate(structure.answers):
        if structure.owned(place, m):
            total = start.states[place]
            for part, (other, _) in zip(shares, structure.answers, strict=False):
                if other == place:
                    total = total - part
            amplitude[m] = total
            shares.append(total)
        else:
            shares.append(a[t[header.ANSWER] + n] * amplitude[m])
        a[t[header.PART] + n] = shares[n]
    return shares
