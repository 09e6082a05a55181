"""What falls fast and is known beforehand: rates of the modes, how the states answer to them, what is left in a step.

How a step uses them: with x = z + Σ part·exp(-λ·t), a Runge-Kutta step of z is one of x whose stage s is shifted by
Σ part·(E(cₛ) - 1 + h·λ·Σ aₛⱼ·E(cⱼ)), E(c) = exp(-λ·c·h); these shifts are the same for all states.
"""

from __future__ import annotations

from typing import Any

from pkinteract.engine.kernel.vector import falling, larger
from pkinteract.engine.lanes import header
from pkinteract.engine.lanes.equations import flows, slopes
from pkinteract.engine.pair import ERROR, QUARTIC, STAGES

PENALTY = 1e-8
"""On the square of the size of an answer: it stays below 5,000/λ."""

SLOWEST = 1e-6
"""Slowest rate of a mode [1/h]."""

_A21 = STAGES[1][0]
_A31, _A32 = STAGES[2][:2]
_A41, _A42, _A43 = STAGES[3][:3]
_A51, _A52, _A53, _A54 = STAGES[4][:4]
_A61, _A62, _A63, _A64, _A65 = STAGES[5][:5]
_A71, _, _A73, _A74, _A75, _A76 = STAGES[6]
_E1, _, _E3, _E4, _E5, _E6, _E7 = ERROR
_Q1, _, _Q3, _Q4, _Q5, _Q6, _Q7 = QUARTIC


def absorbed(a: Any, t: Any) -> None:
    """Rates of absorption at the start of a step: inflow, or ka·depot; amplitude of what falls of them."""
    for n in range(t[header.DEPOTS]):
        a[t[header.ABSORBED] + n] = a[t[header.INFLOW] + n]
    count, at = t[t[header.DECAYING]], t[header.DECAYING] + 1
    for _ in range(count):
        rate = a[t[at + 2]] * a[t[at + 3]]
        a[t[at]] = rate
        a[t[header.AMPLITUDE] + t[at + 6]] = rate - a[t[at + 1]]
        at += 7


def absorbed_later(a: Any, t: Any, node: int) -> None:
    """Rates of absorption at a later node of a step."""
    count, at = t[t[header.DECAYING]], t[header.DECAYING] + 1
    for _ in range(count):
        mode = t[at + 6]
        left = a[t[header.LEFT] + 6 * mode + node]
        a[t[at]] = a[t[header.AMPLITUDE] + mode] * left + a[t[at + 1]]
        at += 7


def new_depots(a: Any, t: Any) -> None:
    """What is in the depots at the end of a step, from the rates of absorption there."""
    count, at = t[t[header.DECAYING]], t[header.DECAYING] + 1
    for _ in range(count):
        a[t[at + 4]] = a[t[at]] * a[t[at + 5]]
        at += 7


def linearise(_: float, a: Any, t: Any) -> None:
    """Couplings at the availabilities and clearances of the present, then rates and answers of all modes.

    The flows are linear in amounts and rates, so that a column of couplings is the slopes at one amount of 1.
    """
    n, slope = t[header.STATES], t[header.SLOPE] + 6 * t[header.STATES]
    for k in range(n):
        a[t[header.POINT] + k] = a[t[header.STATE] + k]
    absorbed(a, t)
    slopes(a, t, slope)
    for k in range(t[header.FEEDS]):
        a[t[header.INFUSION] + k] = a[header.ZERO]
    for k in range(t[header.RELEASES]):
        a[t[header.RELEASING] + k] = a[header.ZERO]
    count, at = t[t[header.COLUMNS]], t[header.COLUMNS] + 1
    for _ in range(count):
        for k in range(n):
            a[t[header.POINT] + k] = a[header.ZERO]
        for k in range(t[header.DEPOTS]):
            a[t[header.ABSORBED] + k] = a[header.ZERO]
        for k in range(t[at]):
            a[t[at + 1 + k]] = a[header.ONE]
        flows(a, t, slope)
        at += 1 + t[at]
        for k in range(t[at]):
            a[t[at + 1 + 2 * k]] = a[slope + t[at + 2 + 2 * k]]
        at += 1 + 2 * t[at]
    count, at = t[t[header.SOLVING]], t[header.SOLVING] + 1
    for _ in range(count):
        at = answers(a, t, at)


def answers(a: Any, t: Any, at: int) -> int:
    """A mode's rate λ and the answers of all states, compound by compound: (J + λ)·c = -b; returns the next place.

    Where λ is close to how fast a compound is lost by itself, c would grow without limit: a small penalty on its size
    prevents that, which makes it the solution of ((J + λ)ᵀ·(J + λ) + ε²)·c = -(J + λ)ᵀ·b.
    """
    rate = a[t[at + 2]]
    if t[at + 3] == 1:
        rate = larger(-rate, SLOWEST)
        a[t[at + 4]] = a[header.ONE]
    a[t[at]] = rate
    a[t[at + 1]] = 1.0 / rate
    small = PENALTY * rate * rate
    blocks, at = t[at + 5], at + 6
    for _ in range(blocks):
        at = block(a, t, at, rate, small)
    return at


def block(a: Any, t: Any, at: int, rate: Any, small: Any) -> int:
    """The answers of one compound's compartments, at most four; returns the next place."""
    size, at = t[at], at + 1
    matrix, normal, gain = t[header.SPARE], t[header.SPARE] + 16, t[header.SPARE] + 32
    right = gain + 4
    place = at
    for s in range(size):
        total = a[header.ZERO]
        for k in range(t[place + 1]):
            total = total + a[t[place + 2 + 2 * k]] * a[t[place + 3 + 2 * k]]
        place += 2 + 2 * t[place + 1]
        if t[place] >= 0:
            total = total + a[t[place]]
        a[gain + s] = total
        for r in range(size):
            coupled = a[t[place + 1 + r]]
            a[matrix + 4 * s + r] = coupled + rate if r == s else coupled
        place += 1 + size
    if size == 1:
        own = a[matrix]
        a[t[at]] = -(own * a[gain]) / (own * own + small)
        return place
    for s in range(size):
        total = a[header.ZERO]
        for k in range(size):
            total = total - a[matrix + 4 * k + s] * a[gain + k]
        a[right + s] = total
    solve(a, matrix, normal, right, size, small)
    for s in range(size):
        a[t[at]] = a[right + s]
        at += 3 + 2 * t[at + 1] + size
    return place


def solve(a: Any, matrix: int, normal: int, right: int, size: int, small: Any) -> None:
    """Solve (MᵀM + ε²)·x = v, positive definite, in place of v; the triangle of MᵀM is eliminated row by row."""
    for k in range(size):
        for s in range(size):
            total = small if s == k else a[header.ZERO]
            for m in range(size):
                total = total + a[matrix + 4 * m + k] * a[matrix + 4 * m + s]
            a[normal + 4 * k + s] = total
    for k in range(size):
        inverse = 1.0 / a[normal + 4 * k + k]
        a[right + k] = a[right + k] * inverse
        for s in range(k + 1, size):
            a[normal + 4 * k + s] = a[normal + 4 * k + s] * inverse
        for row in range(k + 1, size):
            factor = a[normal + 4 * row + k]
            for s in range(k + 1, size):
                a[normal + 4 * row + s] = a[normal + 4 * row + s] - factor * a[normal + 4 * k + s]
            a[right + row] = a[right + row] - factor * a[right + k]
    for k in range(size - 2, -1, -1):
        total = a[right + k]
        for s in range(k + 1, size):
            total = total - a[normal + 4 * k + s] * a[right + s]
        a[right + k] = total


def decays(h: float, a: Any, t: Any) -> None:
    """What is left of every mode at the later nodes of a step of ``h`` and at a tenth, and the shifts of the stages.

    All nodes are multiples of a ninetieth."""
    for m in range(t[header.MODES]):
        a[t[header.LEFT] + 6 * m] = falling((-1.0 / 90.0) * h * a[t[header.RATE] + m])
    for m in range(t[header.MODES]):
        rate = a[t[header.RATE] + m]
        one = a[t[header.LEFT] + 6 * m]
        two = one * one
        eight = two * two * (two * two)
        tenth = eight * one
        fifth = tenth * tenth
        most = fifth * fifth
        three, most = fifth * tenth, most * most
        later, whole = most * eight, most * fifth
        left, shift, k = t[header.LEFT] + 6 * m, t[header.SHIFT] + 8 * m, h * rate
        a[left], a[left + 1], a[left + 2] = fifth, three, most
        a[left + 3], a[left + 4], a[left + 5] = later, whole, tenth
        a[shift] = fifth - 1.0 + k * _A21
        a[shift + 1] = three - 1.0 + k * (_A31 + _A32 * fifth)
        a[shift + 2] = most - 1.0 + k * (_A41 + _A42 * fifth + _A43 * three)
        a[shift + 3] = later - 1.0 + k * (_A51 + _A52 * fifth + _A53 * three + _A54 * most)
        a[shift + 4] = whole - 1.0 + k * (_A61 + _A62 * fifth + _A63 * three + _A64 * most + _A65 * later)
        a[shift + 5] = whole - 1.0 + k * (_A71 + _A73 * three + _A74 * most + _A75 * later + _A76 * whole)
        a[shift + 6] = k * (_E1 + _E3 * three + _E4 * most + _E5 * later + (_E6 + _E7) * whole)
        a[shift + 7] = k * (_Q1 + _Q3 * three + _Q4 * most + _Q5 * later + (_Q6 + _Q7) * whole)


def parts(a: Any, t: Any) -> None:
    """What each mode is of each state at the start of a step: c·w; of its own state what the others leave."""
    count, at = t[t[header.PARTS]], t[header.PARTS] + 1
    for _ in range(count):
        mode = t[header.AMPLITUDE] + t[at + 3]
        if t[at + 4] == 1:
            total = a[t[header.STATE] + t[at]]
            for k in range(t[at + 5]):
                total = total - a[t[at + 6 + k]]
            a[mode] = total
            a[t[at + 1]] = total
        else:
            a[t[at + 1]] = a[t[at + 2]] * a[mode]
        at += 6 + t[at + 5]


def shifted(a: Any, t: Any, to: int, shift: int) -> None:
    """Add to states from row ``to`` on what the modes shift them by: part·shift."""
    count, at = t[t[header.PARTS]], t[header.PARTS] + 1
    for _ in range(count):
        place = to + t[at]
        a[place] = a[place] + a[t[at + 1]] * a[t[header.SHIFT] + 8 * t[at + 3] + shift]
        at += 6 + t[at + 5]
