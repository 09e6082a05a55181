"""One Runge-Kutta step of sixteen subjects at once, and how far off it is: traced for every structure."""

from __future__ import annotations

from typing import Any

from pkinteract.engine.kernel.vector import larger, size
from pkinteract.engine.lanes import header
from pkinteract.engine.lanes.equations import slopes
from pkinteract.engine.lanes.falling import absorbed, absorbed_later, decays, new_depots, parts, shifted
from pkinteract.engine.pair import ERROR, QUARTIC, STAGES

_A21 = STAGES[1][0]
_A31, _A32 = STAGES[2][:2]
_A41, _A42, _A43 = STAGES[3][:3]
_A51, _A52, _A53, _A54 = STAGES[4][:4]
_A61, _A62, _A63, _A64, _A65 = STAGES[5][:5]
_A71, _, _A73, _A74, _A75, _A76 = STAGES[6]
_E1, _, _E3, _E4, _E5, _E6, _E7 = ERROR
_Q1, _, _Q3, _Q4, _Q5, _Q6, _Q7 = QUARTIC

LARGEST_QUARTIC = 250.0
"""Largest quartic term of the curve inside a step, in tolerances; what it cannot follow is a hundredth of it (seen)."""


def begin(_: float, a: Any, t: Any) -> None:
    """Slopes where a step begins."""
    for n in range(t[header.STATES]):
        a[t[header.POINT] + n] = a[t[header.STATE] + n]
    absorbed(a, t)
    releasing(a, t, 0)
    slopes(a, t, t[header.SLOPE])


def releasing(a: Any, t: Any, node: int) -> None:
    """The release rates of a node."""
    for j in range(t[header.RELEASES]):
        a[t[header.RELEASING] + j] = a[t[header.RELEASED] + 7 * j + node]


def stage(a: Any, t: Any, node: int) -> None:
    """Slopes of a later stage: its point is there, but for what the modes shift it by."""
    shifted(a, t, t[header.POINT], node - 1)
    absorbed_later(a, t, node - 1 if node < 6 else 4)
    releasing(a, t, node)
    slopes(a, t, t[header.SLOPE] + node * t[header.STATES])


def step(h: float, a: Any, t: Any) -> None:
    """Make a step of ``h``: new states, slopes and depots, and how far off they are."""
    decays(h, a, t)
    n, y, x, k1 = t[header.STATES], t[header.STATE], t[header.POINT], t[header.SLOPE]
    k2, k3, k4, k5, k6 = k1 + n, k1 + 2 * n, k1 + 3 * n, k1 + 4 * n, k1 + 5 * n
    absorbed(a, t)
    parts(a, t)
    for i in range(n):
        a[x + i] = a[y + i] + h * _A21 * a[k1 + i]
    stage(a, t, 1)
    for i in range(n):
        a[x + i] = a[y + i] + h * (_A31 * a[k1 + i] + _A32 * a[k2 + i])
    stage(a, t, 2)
    for i in range(n):
        a[x + i] = a[y + i] + h * (_A41 * a[k1 + i] + _A42 * a[k2 + i] + _A43 * a[k3 + i])
    stage(a, t, 3)
    for i in range(n):
        total = _A51 * a[k1 + i] + _A52 * a[k2 + i] + _A53 * a[k3 + i] + _A54 * a[k4 + i]
        a[x + i] = a[y + i] + h * total
    stage(a, t, 4)
    for i in range(n):
        total = _A61 * a[k1 + i] + _A62 * a[k2 + i] + _A63 * a[k3 + i] + _A64 * a[k4 + i] + _A65 * a[k5 + i]
        a[x + i] = a[y + i] + h * total
    stage(a, t, 5)
    for i in range(n):
        total = _A71 * a[k1 + i] + _A73 * a[k3 + i] + _A74 * a[k4 + i] + _A75 * a[k5 + i] + _A76 * a[k6 + i]
        a[x + i] = a[y + i] + h * total
    stage(a, t, 6)
    new_depots(a, t)
    error(h, a, t)


def error(h: float, a: Any, t: Any) -> None:
    """The norm of ``control``: squares of errors over max(|state|, smallest), summed.

    The highest term of the curve inside counts for what is read of it.
    """
    n, y, k1 = t[header.STATES], t[header.STATE], t[header.SLOPE]
    k3, k4, k5, k6, k7 = k1 + 2 * n, k1 + 3 * n, k1 + 4 * n, k1 + 5 * n, k1 + 6 * n
    tried, highest = t[header.TRIED], t[header.QUARTIC]
    for i in range(n):
        total = _E1 * a[k1 + i] + _E3 * a[k3 + i] + _E4 * a[k4 + i] + _E5 * a[k5 + i] + _E6 * a[k6 + i]
        a[tried + i] = h * (total + _E7 * a[k7 + i])
        total = _Q1 * a[k1 + i] + _Q3 * a[k3 + i] + _Q4 * a[k4 + i] + _Q5 * a[k5 + i] + _Q6 * a[k6 + i]
        a[highest + i] = h * (total + _Q7 * a[k7 + i])
    shifted(a, t, tried, 6)
    shifted(a, t, highest, 7)
    read, total = t[t[header.READING] + 1 : t[header.READING] + 1 + t[t[header.READING]]], a[header.ZERO]
    for i in range(n):
        inverse = 1.0 / larger(size(a[y + i]), a[t[header.SMALLEST] + i])
        relative = a[tried + i] * inverse
        total = total + relative * relative
        if i in read:
            relative = (1.0 / LARGEST_QUARTIC) * a[highest + i] * inverse
            total = total + relative * relative
    a[t[header.ERROR]] = total


def kept(t: Any) -> set[int]:
    """Rows that what is traced leaves behind for others."""
    n = t[header.STATES]
    blocks = {
        header.POINT: (0, n),
        header.SLOPE: (0, n),
        header.NEW_DEPOT: (0, t[header.DEPOTS]),
        header.QUARTIC: (0, n),
        header.ERROR: (0, 1),
        header.PART: (0, t[header.LEFT] - t[header.PART]),
        header.LEFT: (0, 6 * t[header.MODES]),
        header.RATE: (0, t[header.MODES]),
        header.INVERSE: (0, t[header.MODES]),
        header.ANSWER: (0, t[header.COUPLING] - t[header.ANSWER]),
    }
    rows = {int(t[name] + k) for name, (first, count) in blocks.items() for k in range(first, count)}
    return rows | {int(t[header.SLOPE] + 6 * n + k) for k in range(n)}
