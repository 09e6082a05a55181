"""The words that compiled code is written in: rows of sixteen lanes, and what can be done with them.

A function marked ``@kernel`` is plain Python. Run as it stands, a row is a numpy array of sixteen numbers; compiled
(``kernel.compiler``), it is one vector value and every word below a few instructions, so that nothing hangs on whether
a compiler recognises a loop. Both do the same arithmetic, but for the last bit.

What to keep to in such functions: numbers that meet rows are written as floats; a row that is assigned to is never
``x`` itself but an element, ``a[k] = ...``; no allocation, no exception, no container but rows and flat arrays.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from math import log
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

LANES = 16
"""Subjects that are stepped together: eight do not hide how long an instruction takes, 32 do not fit the registers."""

COMPILING = "PKINTERACT_COMPILES_KERNEL"
"""Variable of the environment that is set in the process that compiles, and nowhere else."""

Row = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
F = TypeVar("F", bound=Callable[..., Any])

if COMPILING in os.environ:
    from numba import njit

    def kernel(function: F) -> F:
        """Mark a function that is compiled."""
        compiled: F = njit(error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)(function)
        return compiled

else:

    def kernel(function: F) -> F:
        """Mark a function that is compiled."""
        return function


class Rows:
    """Rows of lanes over an array (row, lane): reading copies, so that a value never changes behind its name."""

    __slots__ = ("array",)

    def __init__(self, array: npt.NDArray[Any]) -> None:
        self.array = array

    def __getitem__(self, row: int) -> Row:
        values: Row = self.array[row].copy()
        return values

    def __setitem__(self, row: int, value: Row | float) -> None:
        self.array[row] = value


def larger(a: Row, b: Row | float) -> Row:
    """The larger of two, lane by lane."""
    return np.maximum(a, b)


def smaller(a: Row, b: Row | float) -> Row:
    """The smaller of two, lane by lane."""
    return np.minimum(a, b)


def choose(mask: Mask, a: Row | float, b: Row | float) -> Row:
    """``a`` where the mask holds, else ``b``."""
    return np.where(mask, a, b)


def size(a: Row) -> Row:
    """Absolute values."""
    return np.abs(a)


def root(a: Row) -> Row:
    """Square roots."""
    return np.sqrt(a)


def floor(a: Row) -> Row:
    """Largest whole numbers that are not larger."""
    return np.floor(a)


def power(a: Row, b: Row) -> Row:
    """a to the power of b, lane by lane; ``a`` is not negative."""
    return np.power(a, b)


def two_to(k: Row) -> Row:
    """2 to the power of whole numbers above -1,022."""
    return np.ldexp(1.0, k.astype(np.int64))


def any_of(mask: Mask) -> bool:
    """Whether the mask holds in any lane."""
    return bool(np.any(mask))


def largest_of(a: Row) -> float:
    """The largest of all lanes; infinite if one is no number."""
    return float(np.max(np.where(np.isnan(a), np.inf, a)))


def call(program: Callable[[Any, float], None], rows: Rows, h: float) -> None:
    """Run what was traced for a table (``kernel.trace``), or, in Python, any function of rows and a step ``h`` [h]."""
    program(rows, h)


_PER_LN2 = 1 / log(2)
_LN2_HIGH, _LN2_LOW = 0.693147180369123816490, 1.90821492927058770002e-10
_C2, _C3, _C4, _C5, _C6 = 1 / 2, 1 / 6, 1 / 24, 1 / 120, 1 / 720
_C7, _C8, _C9, _C10 = 1 / 5040, 1 / 40320, 1 / 362880, 1 / 3628800


@kernel
def falling(x: Row) -> Row:
    """e^x for x not above 0, to 3e-13: 2^k times a series of the rest r, |r| up to ln(2)/2, which ends with r^10."""
    x = larger(x, -700.0)
    k = floor(x * _PER_LN2 + 0.5)
    r = (x - k * _LN2_HIGH) - k * _LN2_LOW
    two = r * r
    four = two * two
    low = (1.0 + r) + two * (_C2 + _C3 * r)
    middle = (_C4 + _C5 * r) + two * (_C6 + _C7 * r)
    high = (_C8 + _C9 * r) + two * _C10
    series = low + four * (middle + four * high)
    return series * two_to(k)
