"""When a step is accepted and how long the next one is: plain functions of numbers, for CPython and numba alike.

A step is judged by two errors of every state, both relative to the larger of the state and its floor: the embedded
error of the pair, and the quartic term of its continuous extension. Their squares are summed over all states; the sum
is compared with the square of the tolerance (:func:`squared`, :func:`limit`, :func:`accepted`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pkinteract.engine.layout import Layout

FIRST_STEP, FIRST_OF_RELEASE = 0.2, 1e-3
"""Longest step after a jump of the input, and after a release begins, whose rate may rise infinitely steeply [h]."""

FIRST_SHARE = 1 / 50
"""Share of its tolerance that the first step after a jump may need [1].

An inflow or a level that begins at nothing may change everything at once, as where an enzyme of the gut wall saturates
in seconds. Only the first slope has seen what was before, and the embedded error holds a 74th of its part in the step.
"""

TRACE = 1e-4
"""Share of a compound's scale below which its errors are judged absolutely [1]."""

ENZYME_FLOOR = 0.01
"""Level of an enzyme below which its errors are judged absolutely [1]."""

MOST_STEPS = 20_000
"""Most steps from one event to the next; a system of hours and days takes some tens."""

TOO_FAST = (
    f"More than {MOST_STEPS:,} steps would be needed: a rate constant is far too fast, "
    "check ka, volumes and clearances."
)

_COARSER = 10.0
"""How much coarser than a step's end the curve inside it may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Where a solver stopped [h], and why and what to try."""

    start: float
    stop: float
    reason: str


def squared(h: float, g: float, value: float, floor: float, embedded: float, quartic: float) -> float:
    """Share of one state in the error of a step, squared [1].

    Parameters
    ----------
    h
        Length of the step [h].
    g
        Weight of the quartic term: the tolerance over :func:`largest_quartic` [1].
    value, floor
        The state at the start of the step, and the size below which errors are judged absolutely.
    embedded, quartic
        The slopes of all stages, weighted by ``pair.ERROR`` and by ``pair.QUARTIC`` [1/h times the state's unit].
    """
    s = h / max(abs(value), floor)
    e = s * embedded
    q = s * g * quartic
    return e * e + q * q


def limit(rtol: float) -> float:
    """Largest sum of :func:`squared` over all states that a step may have [1], at a relative tolerance ``rtol`` [1]."""
    return rtol * rtol


def tightened(error: float, first: bool) -> float:
    """What decides on a step, and on the length of the next attempt if it fails.

    ``error`` is the sum of :func:`squared` over :func:`limit` [1], and may be NaN; ``first`` says that the step begins
    with a jump of the input.
    """
    return error / (FIRST_SHARE * FIRST_SHARE) if first else error


def accepted(error: float) -> bool:
    """Whether a step holds, by its :func:`tightened` error [1]."""
    return error <= 1.0


def fitting(h: float, left: float) -> float:
    """Length of the next attempt [h], for one of ``h`` when ``left`` [h] are left: two equal ones before the end."""
    return left if h >= left else left / 2.0 if 2.0 * h > left else h


def shorter(size: float, error: float) -> float:
    """Length of the next attempt [h] after one of ``size`` [h] was rejected with ``error``."""
    shrinkage: float = max(0.2, 0.9 * error**-0.1) if error < 1e60 else 0.1
    return size * shrinkage


def longer(size: float, error: float) -> float:
    """Length of the next step [h] after one of ``size`` [h] was accepted with ``error``."""
    growth: float = 0.9 * max(error, 1e-9) ** -0.1
    return size * min(4.0, growth)


def largest_quartic(rtol: float) -> float:
    """Largest quartic term of the continuous extension, relative to the state, that a step may have [1].

    ``rtol`` is the relative tolerance of the step [1].

    On exp(-x), the fastest thing that absorption and distribution do, a step of x has a quartic term x^4/24 and its
    extension an error of 6e-5·x^5 (measured); the latter is held below 10 times the tolerance.
    """
    return float((_COARSER * rtol / 6e-5) ** 0.8 / 24)


def floors(layout: Layout) -> list[float]:
    """Size of each state below which errors are judged absolutely, [mg] or [1]."""
    scale = layout.system.scale
    return [
        ENZYME_FLOOR if compartment.compound is None else TRACE * scale[compartment.compound]
        for compartment in layout.compartments
    ]
