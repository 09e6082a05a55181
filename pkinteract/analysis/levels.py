"""When a curve lies above a level."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pkinteract.engine.curves import Array, Curve

HALVINGS = 20
"""Halvings of a stretch of at most half an hour in which a curve passes a level: to 2e-6 s."""


def spans_above(curve: Curve, sampled: tuple[Array, Array], level: float) -> Array:
    """Stretches in which ``curve`` lies above ``level``, in its unit: (stretch, 2), begin and end [h].

    Parameters
    ----------
    sampled
        Times and values of the curve as ``sample`` gives them; a passage between two samples is found by halving.
    """
    return spans_above_each(curve, sampled, [level])[0]


def spans_above_each(curve: Curve, sampled: tuple[Array, Array], levels: Sequence[float]) -> list[Array]:
    """Stretches above each of several ``levels``: (stretch, 2) each, begin and end [h]; see :func:`spans_above`."""
    times, values = sampled
    bounds = np.array(levels, dtype=float)[:, None]
    above = values > bounds
    row, last = np.nonzero(above[:, :-1] != above[:, 1:])
    level, after = bounds[row, 0], above[row, last + 1]
    low, high = times[last], times[last + 1]
    for _ in range(HALVINGS if len(row) else 0):
        middle = (low + high) / 2
        passed = (curve.value(middle) > level) == after
        low, high = np.where(passed, low, middle), np.where(passed, middle, high)
    spans = []
    for n, mine in enumerate(above):
        edges = [*([times[0]] if mine[0] else []), *high[row == n], *([times[-1]] if mine[-1] else [])]
        spans.append(np.asarray(edges, dtype=float).reshape(-1, 2))
    return spans
