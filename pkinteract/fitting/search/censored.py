"""Levels that were not measured but only seen to lie between two ends, in the likelihood: Beal's method M3.

With the ends l and u as (end − predicted)/SD, the probability of such a level is Φ(u) − Φ(l): l is −∞ for one below a
limit of quantification, u is ∞ for one above the range of the assay. With the residual √(−2 ln(Φ(u) − Φ(l))) the sum
of squares is −2 log likelihood, exactly, but for what does not depend on the parameters.

Beal. J Pharmacokinet Pharmacodyn 2001;28:481-504.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.optimize import brentq
from scipy.special import log_ndtr

from pkinteract.engine.curves import Array
from pkinteract.fitting.types import Flags

_FARTHEST = 700.0
"""Logarithm of the SD, from where it would be by the measured levels alone, beyond which it is not sought [1]."""

_NARROW = 1e-7
"""Distance of two ends below which the density between them is that at one of them [1]."""


def limits(values: Array, below: Flags) -> Array | None:
    """Ends of every measurement, (measurement, 2), where some lay ``below`` their value; None where none did.

    In the unit of the ``values`` (measurement,).
    """
    if not np.any(below):
        return None
    return np.where(below[:, None], np.column_stack([np.full(len(values), -np.inf), values]), np.nan)


def logarithm(ends: Array) -> Array:
    """Logarithm of the probability of a standard normal deviate between the ends (level, 2), (level,) [1]."""
    low, high = _mirrored(ends)
    top, apart = log_ndtr(high), high - low
    narrow = apart < _NARROW
    share = -np.expm1(np.where(narrow, -1.0, log_ndtr(low) - top))
    thin = np.where(narrow, apart, 1.0)
    density = -(np.where(narrow, high, 0.0) ** 2) / 2 - math.log(2 * math.pi) / 2
    return np.asarray(np.where(narrow, density + np.log(thin), top + np.log(share)))


def residuals(ends: Array) -> Array:
    """Residuals (level,) [1] of levels between the ends (level, 2): their squares are -2 ln of the probability."""
    return np.sqrt(-2 * logarithm(ends))


def probability_slopes(ends: Array) -> Array:
    """Derivative of −ln of the probability by either end, (level, 2) [1], at the ends (level, 2)."""
    ratio = np.exp(-(ends**2) / 2 - math.log(2 * math.pi) / 2 - logarithm(ends)[:, None])
    return np.asarray(ratio * [1.0, -1.0])


def curvature(ends: Array) -> Array:
    """Second derivatives of −ln of the probability by the ends, (level, 2, 2) [1], at the ends (level, 2)."""
    first = probability_slopes(ends)
    finite = np.where(np.isfinite(ends), ends, 0.0)
    return np.asarray(first[:, :, None] * first[:, None, :] - (finite * first)[:, :, None] * np.eye(2))


def likeliest_log_sd(squares: float, count: int, ends: Array) -> float:
    """Logarithm of the SD at which measured and other levels together are likeliest.

    Parameters
    ----------
    squares, count
        Sum of the squared residuals of the measured levels, and how many they are.
    ends
        (level, 2) of the others, all for an SD of 1.
    """

    def slope(moved: float) -> float:
        scaled = ends * math.exp(-moved)
        finite = np.where(np.isfinite(scaled), scaled, 0.0)
        return squares * math.exp(-2 * moved) - count + float(np.sum(probability_slopes(scaled) * finite))

    middle = 0.5 * math.log(squares / count)
    if not len(ends):
        return middle
    for reach in np.geomspace(0.25, _FARTHEST, 16):
        if slope(middle - reach) > 0 > slope(middle + reach):
            return float(brentq(slope, middle - reach, middle + reach, xtol=1e-14, rtol=1e-14))
    return middle


def _mirrored(ends: Array) -> tuple[Array, Array]:
    """The ends, turned about 0 where both lie above it: Φ keeps its digits below 0."""
    low, high = ends[:, 0], ends[:, 1]
    above = low > 0
    return np.where(above, -high, low), np.where(above, -low, high)
