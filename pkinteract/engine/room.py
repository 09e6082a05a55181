"""Large arrays that are used again: memory that was never touched costs as much time as what is written to it."""

from __future__ import annotations

from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt

MOST_KEPT = 8
"""Arrays that wait to be used again: for each thread some of two or three shapes."""

_FREE: list[npt.NDArray[Any]] = []
_ONE_AT_A_TIME = Lock()


def take(shape: tuple[int, ...], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    """An array with anything in it: one that was given back, if there is one of this shape and kind."""
    with _ONE_AT_A_TIME:
        for n, array in enumerate(_FREE):
            if array.shape == shape and array.dtype == dtype:
                return _FREE.pop(n)
    return np.empty(shape, dtype)


def give_back(array: npt.NDArray[Any]) -> None:
    """Let others have an array that nobody reads any more."""
    with _ONE_AT_A_TIME:
        _FREE.append(array)
        del _FREE[:-MOST_KEPT]
