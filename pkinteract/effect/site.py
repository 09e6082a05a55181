"""How far a site is engaged, against itself: the equations, numbers in and numbers out.

Drugs that share a site compete for it, so that their strengths add and the site is engaged by S/(1 + S) (Kuo, Mol
Pharmacol 1998;54:712: one molecule a channel). Sites are not compared with each other: each is measured against what it
is with the drugs in the middle of their reference ranges, and one such unit halves excitation over inhibition by
convention.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pkinteract.engine.curves import Array

BASES = (1.5, 2.0, 3.0)
"""What one unit divides excitation over inhibition by: lowest, taken, highest [1]."""


def engagement(strength: Array) -> Array:
    """Share of a site that is engaged [1] by a strength S [1] of any shape: S/(1 + S)."""
    return strength / (1.0 + strength)


def protection_units(strengths: Array, references: Sequence[float] | Array) -> Array:
    """Engagement of a site over that in the middle of the reference ranges, (time,) [1].

    Parameters
    ----------
    strengths
        (drug, time) concentration over constant [1] of the drugs at the site.
    references
        (drug,) the same in the middle of each one's range [1].

    Returns
    -------
    array
        Where several drugs are there the reference is the mean of theirs, weighted by strength; 0 without any.
    """
    whole = strengths.sum(axis=0)
    own = engagement(np.asarray(references, dtype=float))
    weighted = np.einsum("dt,d->t", strengths, own)
    there = whole > 0
    mean = np.divide(weighted, whole, out=np.ones_like(whole), where=there)
    return np.where(there, engagement(whole) / mean, 0.0)


def range_units(levels: Array, middle: float) -> Array:
    """Units of a drug without a constant, (time,) [1]: half saturated in the middle of its range, 2C/(C + middle)."""
    return 2.0 * levels / (levels + middle)


def excitability_ratio(gained: Array, base: float = BASES[1]) -> Array:
    """Excitation over inhibition relative to the reference day [1] after ``gained`` units: base^(-gained)."""
    return np.asarray(base ** (-gained))


def ratio_band(least: Array, most: Array) -> tuple[Array, Array]:
    """Lowest and highest ratio [1] of any base with units gained between ``least`` and ``most``, (time,) each."""
    ratios = np.stack([excitability_ratio(gained, base) for gained in (least, most) for base in BASES])
    return ratios.min(axis=0), ratios.max(axis=0)
