"""When a curve lies above a level."""

from __future__ import annotations

import numpy as np

from pkinteract.engine.curves import Array, Curve

HALVINGS = 20
"""Halvings of a stretch of at most half an hour in which a curve passes a level: to 2e-6 s."""


def spans_above(curve: Curve, sampled: tuple[Array, Array], level: float) -> Array:
    """Stretches in which ``curve`` lies above ``level``: (stretch, 2), begin and end [h].

    Parameters
    ----------
    sampled
        Times and values of the curve as ``sample`` gives them; a passage between two samples is found by halving.
    """
    times, values = sampled
    above = values > level
    last = np.flatnonzero(above[:-1] != above[1:])
    low, high = times[last], times[last + 1]
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        passed = (curve.value(middle) > level) == above[last + 1]
        low, high = np.where(passed, low, middle), np.where(passed, middle, high)
    edges = [*([times[0]] if above[0] else []), *high, *([times[-1]] if above[-1] else [])]
    return np.asarray(edges, dtype=float).reshape(-1, 2)
