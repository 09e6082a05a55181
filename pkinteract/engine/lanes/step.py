"""One Runge-Kutta step of sixteen subjects at once, and how far off it is: traced for every structure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pkinteract.engine.kernel.vector import larger, size
from pkinteract.engine.lanes import header
from pkinteract.engine.lanes.falling import DecayingMode, decayed, later, new_depots, parts, start_point
from pkinteract.engine.lanes.sheet import Quantity, Sheet
from pkinteract.engine.lanes.structure import Structure
from pkinteract.engine.pair import ERROR, QUARTIC, STAGES

LARGEST_QUARTIC = 250.0
"""Largest quartic term of the curve inside a step, in tolerances; what it cannot follow is a hundredth of it (seen)."""


def begin(structure: Structure, _: Quantity, a: Any, t: Any) -> None:
    """Write the slopes where a step begins."""
    for n, value in enumerate(Sheet(structure, a, t, start_point(structure, a, t)).slopes):
        a[t[header.SLOPE] + n] = value


def step(structure: Structure, h: Quantity, a: Any, t: Any) -> None:
    """Write where a step of ``h`` leads: new states, slopes and depots, highest term of the curve, error.

    The error is that of ``control.squared``; the highest term counts for what is read of the curve.
    """
    start, n = start_point(structure, a, t), structure.size
    left = decayed(structure, h, a, t)
    part = parts(structure, start, a, t)
    slopes = [[a[t[header.SLOPE] + i] for i in range(n)]]
    point = start
    for stage in range(1, 7):
        states = [start.states[i] + h * _weighted(STAGES[stage], slopes, i) for i in range(n)]
        point = later(structure, a, t, start, left, stage, _shifted(structure, states, part, left, stage - 1))
        slopes.append(Sheet(structure, a, t, point).slopes)
    for i in range(n):
        a[t[header.NEW_STATE] + i] = point.states[i]
        a[t[header.NEW_SLOPE] + i] = slopes[6][i]
    new_depots(structure, point, a, t)
    embedded, quartic = (
        _shifted(structure, [h * _weighted(weights, slopes, i) for i in range(n)], part, left, shift)
        for weights, shift in ((ERROR, 6), (QUARTIC, 7))
    )
    total: Quantity = 0.0
    for i in range(n):
        inverse = 1.0 / larger(size(start.states[i]), a[t[header.SMALLEST] + i])
        relative = embedded[i] * inverse
        total = total + relative * relative
        if i in structure.places_read:
            a[t[header.QUARTIC] + i] = quartic[i]
            relative = (1.0 / LARGEST_QUARTIC) * quartic[i] * inverse
            total = total + relative * relative
    a[t[header.ERROR]] = total


def _weighted(weights: Sequence[float], slopes: Sequence[Sequence[Quantity]], i: int) -> Quantity:
    total: Quantity = 0.0
    for weight, slope in zip(weights, slopes, strict=False):
        if weight:
            total = total + weight * slope[i]
    return total


def _shifted(
    structure: Structure, values: list[Quantity], part: Sequence[Quantity], left: Sequence[DecayingMode], shift: int
) -> list[Quantity]:
    """Values of all states with what the modes shift them by."""
    for n, (place, m) in enumerate(structure.answers):
        values[place] = values[place] + part[n] * left[m].shifts[shift]
    return values
