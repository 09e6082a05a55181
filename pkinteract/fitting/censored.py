"""Levels below quantification in the likelihood: Beal's method M3.

A level that was only seen to lie below a limit L, predicted as P with SD s, has the probability Φ((L − P)/s). With the
residual √(−2 ln Φ) the sum of squares is −2 log likelihood, exactly, but for what does not depend on the parameters.

Beal. J Pharmacokinet Pharmacodyn 2001;28:481-504.
"""

from __future__ import annotations

import numpy as np
from scipy.special import log_ndtr

from pkinteract.engine.curves import Array
from pkinteract.fitting.types import Flags


def residuals(gaps: Array, below: Flags) -> Array:
    """Residuals from (value − predicted)/SD, where some values are limits that the level lay ``below``."""
    return np.where(below, np.sqrt(-2 * log_ndtr(gaps)), gaps)


def information(gaps: Array, below: Flags) -> Array:
    """What makes the square of a residual's derivative its share of the observed information [1].

    Half of the second derivative of −2 ln Φ(z) is λ(λ + z), λ = φ(z)/Φ(z); that of the residual squared, as least
    squares takes it, is λ²/(−2 ln Φ). The quotient is 1 for a level that was measured.
    """
    logs = log_ndtr(gaps)
    hazards = np.exp(-(gaps**2) / 2 - np.log(2 * np.pi) / 2 - logs)
    felt = below & (hazards > 0)
    safe = np.where(felt, hazards, 1.0)
    return np.where(felt, -2 * logs * (safe + np.where(felt, gaps, 0.0)) / safe, 1.0)
