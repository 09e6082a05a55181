"""Large arrays that are used again: memory that was never touched costs as much time as what is written to it."""

from __future__ import annotations

import math
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt

MOST_KEPT = 12
"""Pieces of memory that wait to be used again, the largest ones: a few for each thread."""

MOST_SPARE = 2
"""How many times as large as what is wanted a piece may be."""

_FREE: list[npt.NDArray[np.uint8]] = []
_ONE_AT_A_TIME = Lock()


def reserve(shape: tuple[int, ...], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    """An array with anything in it, in the smallest piece of memory that was given back and is of about its size."""
    size = math.prod(shape) * np.dtype(dtype).itemsize
    with _ONE_AT_A_TIME:
        place = next((n for n, piece in enumerate(_FREE) if size <= len(piece) <= MOST_SPARE * size), None)
        piece = np.empty(size, dtype=np.uint8) if place is None else _FREE.pop(place)
    return piece[:size].view(dtype).reshape(shape)


def reserve_zeros(shape: tuple[int, ...], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    """As :func:`reserve`, with zeros in it."""
    zeros = reserve(shape, dtype)
    zeros.fill(0)
    return zeros


def release(array: npt.NDArray[Any]) -> None:
    """Let others have the memory of an array that was taken, or of a view of one, and that nobody reads any more."""
    piece = array
    while isinstance(piece.base, np.ndarray):
        piece = piece.base
    with _ONE_AT_A_TIME:
        _FREE.append(piece)
        _FREE.sort(key=len)
        del _FREE[:-MOST_KEPT]
