"""The likelihood of levels whose SD follows the prediction, as sums of squares that least squares can minimise.

A level y predicted as f with the SD s(f) adds ((y − f)/s)² + ln s² to -2 log likelihood. Least squares over (y − f)/s
alone would favour predictions that are too high, as a larger s makes every residual smaller; over the SD of the
observed level it favours those that are too low. Two sums of squares hold the logarithm exactly:

* **SD given**: the sum per level has one minimum over f, at f*. The signed root of the rise above it, whose square is
  the sum but for a constant, is the residual.
* **SD estimated**, s = σ·w(f): at the likeliest σ, -2 log likelihood is n ln Σ((y − f)/w·G)² but for a constant, G the
  geometric mean of all w. So the residual is (y − f)/w·G.
"""

from __future__ import annotations

import numpy as np

from pkinteract.engine.curves import Array

_NEWTON = 100
"""Steps by which the likeliest prediction is found at most; it is approached from one side, quadratically at last."""

_LEAST = 1e-50
"""Share of the value below which a prediction is none: its square would not be a number any more [1]."""


def likeliest(values: Array, additive: Array, proportional: Array) -> Array:
    """The prediction f* under which each value is likeliest, (level,), with s² = additive² + (proportional·f)².

    It is the one positive root of p⁴f³ + p²yf² + (a²(1 + p²) − p²y²)f − a²y; that of −y with its sign turned for y < 0.
    ``values`` y and ``additive`` a are in one unit, ``proportional`` p is a share [1]; all (level,).
    """
    a, p, y = additive**2, proportional**2, np.abs(values)
    prediction = y.copy()
    for _ in range(_NEWTON):
        rise = p**2 * prediction**3 + p * y * prediction**2 + (a * (1 + p) - p * y**2) * prediction - a * y
        step = rise / (3 * p**2 * prediction**2 + 2 * p * y * prediction + a * (1 + p) - p * y**2)
        prediction = prediction - step
        if np.all(np.abs(step) <= 1e-12 * prediction):
            break
    return np.asarray(np.copysign(prediction, values))


def roots(values: Array, predicted: Array, best: Array, additive: Array, proportional: Array) -> Array:
    """Signed root [1] of the rise of -2 log likelihood above that of the likeliest prediction ``best``, (level,).

    The rise is written with factors of f − f* so that it keeps its digits near its minimum. ``values``, ``predicted``,
    ``best`` and ``additive`` are in one unit, ``proportional`` is a share [1]; all (level,).
    """
    p, level = proportional**2, np.maximum(predicted, _LEAST * np.abs(values))
    away, left = level - best, values - best
    least, here = additive**2 + p * best**2, additive**2 + p * level**2
    grown = p * away * (level + best)
    rise = away / here * ((away - 2 * left) - left**2 * p * (level + best) / least)
    near = np.abs(grown) < 0.5 * least
    logs = np.where(near, np.log1p(np.where(near, grown, 0.0) / least), np.log(here / least))
    return np.asarray(-np.sign(away) * np.sqrt(np.maximum(rise + logs, 0.0)))


def information(pull: Array) -> Array:
    """Expected information of measured levels on prediction/s and ln σ, (level, 2, 2).

    Parameters
    ----------
    pull
        s times the derivative of ln s by the prediction [1].
    """
    cross = 2 * pull
    return np.array([[1 + 2 * pull**2, cross], [cross, np.full(len(pull), 2.0)]]).transpose(2, 0, 1)
