"""Large arrays that are used again: memory that was never touched costs as much time as what is written to it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

_FREE: dict[tuple[object, tuple[int, ...]], list[npt.NDArray[Any]]] = {}


def take(shape: tuple[int, ...], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    """An array with anything in it, one that was given back if there is one of this shape."""
    free = _FREE.get((np.dtype(dtype), shape))
    try:
        return free.pop() if free else np.empty(shape, dtype)
    except IndexError:  # another thread was faster
        return np.empty(shape, dtype)


def give_back(array: npt.NDArray[Any]) -> None:
    """Let others have an array that nobody reads any more."""
    _FREE.setdefault((array.dtype, array.shape), []).append(array)
