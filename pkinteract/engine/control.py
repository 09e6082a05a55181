"""When a step is accepted and how long the next one is: one rule for every runner."""

from __future__ import annotations

FIRST_STEP, FIRST_OF_RELEASE = 0.5, 1e-3
"""Longest step after a jump of the input, and after a release begins, whose rate may rise infinitely steeply [h]."""

MOST_STEPS = 20_000
"""Most steps from one event to the next; a system of hours and days takes some tens."""


def fitting(h: float, left: float) -> float:
    """Length of the next attempt [h]: ``h``, but what is ``left`` to the next event is never cut into a small rest."""
    return left if h >= left else (left / 2.0 if 2.0 * h > left else h)


def shorter(size: float, error: float) -> float:
    """Length to try after a step of ``size`` [h] whose error, in tolerances squared, is above 1 or no number."""
    return size * (max(0.2, 0.9 * float(error**-0.1)) if error < 1e60 else 0.1)


def longer(size: float, error: float) -> float:
    """Length to try after an accepted step of ``size`` [h]; ``error`` is in tolerances squared."""
    return size * min(4.0, 0.9 * float(max(error, 1e-9) ** -0.1))
