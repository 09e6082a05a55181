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
    found = _free(shape, dtype)
    return np.empty(shape, dtype) if found is None else found


def take_zeros(shape: tuple[int, ...], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    """The same with zeros in it."""
    found = _free(shape, dtype)
    if found is None:
        return np.zeros(shape, dtype)
    found.fill(0)
    return found


def _free(shape: tuple[int, ...], dtype: npt.DTypeLike) -> npt.NDArray[Any] | None:
    with _ONE_AT_A_TIME:
        for n, array in enumerate(_FREE):
            if array.shape == shape and array.dtype == dtype:
                return _FREE.pop(n)
    return None


def give_back(array: npt.NDArray[Any]) -> None:
    """Let others have an array that nobody reads any more."""
    with _ONE_AT_A_TIME:
        _FREE.append(array)
        del _FREE[:-MOST_KEPT]
