"""Numbers as decimal text, many at a time: what ``%.7g`` gives, to the letter, without the lock that Python's holds.

A number times a power of ten is known to 106 bits (Dekker. Numer Math 1971;18:224-42), so that its digits are rounded
as if it were known exactly. Where a power of ten is not exact and the rest is too close to a half to tell, the row is
left to Python.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from math import floor
from typing import Any

import numpy as np
import numpy.typing as npt

from pkinteract.engine.kernel import code
from pkinteract.engine.kernel.vector import kernel
from pkinteract.engine.memory import release, reserve

MOST = 280
"""Power of ten up to which numbers are written here, and down to one over it."""

_POWERS = MOST + 20
_EXACT = 22
"""Powers of ten up to this one are exact in double precision."""

_CLOSE = 1e-9
"""How close to a half is too close, of a unit of the last digit."""

_WIDEST = 24
"""Bytes of a number, its comma among them, at most."""

_SPLIT = 134217729.0  # 2^27 + 1

_LOG_2, _SHIFT = 315653, 20
"""The logarithm of 2 to the base of 10 as a fraction, 315,653 over 2^20: close enough for every power of two here."""

_ZERO, _POINT, _COMMA, _MINUS, _PLUS, _E = b"0.,-+e"


@kernel
def missed(a: float, b: float, product: float) -> float:
    """What the rounded product of two numbers lacks, exactly."""
    wide, broad = _SPLIT * a, _SPLIT * b
    a_high, b_high = wide - (wide - a), broad - (broad - b)
    a_low, b_low = a - a_high, b - b_high
    return ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low


@kernel
def written(value: float, binary: int, digits: int, high: Any, low: Any, at: int, out: Any) -> int:
    """Write a number that is not 0 from place ``at`` on; returns where it ends, or -1 where Python must.

    ``binary`` is its power of two; ``high`` and ``low`` (power,) are the powers of ten from 10^-300 on, in two parts.
    """
    size = abs(value)
    if not 10.0**-MOST < size < 10.0**MOST:
        return -1
    power = binary * _LOG_2 >> _SHIFT
    if size >= high[_POWERS + power + 1]:
        power += 1
    shift = digits - 1 - power
    ten = high[_POWERS + shift]
    product = size * ten
    number = floor(product)
    beyond = (product - number - 0.5) + (missed(size, ten, product) + size * low[_POWERS + shift])
    if not 0 <= shift <= _EXACT and abs(beyond) < _CLOSE:
        return -1
    if beyond > 0.0 or (beyond == 0.0 and number % 2 == 1):
        number += 1
    if number >= int(high[_POWERS + digits]):
        number //= 10
        power += 1
    left = digits
    while number % 10 == 0:
        number //= 10
        left -= 1
    if value < 0.0:
        out[at] = _MINUS
        at += 1
    plain = -4 <= power < digits
    point = power + 1 if plain else 1
    if point <= 0:
        out[at] = _ZERO
        out[at + 1] = _POINT
        at += 2
        for _ in range(-point):
            out[at] = _ZERO
            at += 1
    end = at + left + (1 if 0 < point < left else 0)
    place = end
    for n in range(left):
        if point == left - n and n > 0:
            place -= 1
            out[place] = _POINT
        place -= 1
        out[place] = _ZERO + number % 10
        number //= 10
    at = end
    for _ in range(point - left):
        out[at] = _ZERO
        at += 1
    if not plain:
        out[at] = _E
        out[at + 1] = _PLUS if power > 0 else _MINUS
        power = abs(power)
        at += 2
        if power >= 100:
            out[at] = _ZERO + power // 100
            at += 1
        out[at] = _ZERO + power // 10 % 10
        out[at + 1] = _ZERO + power % 10
        at += 2
    return at


@kernel
def joined(
    rows: int, columns: int, values: Any, bits: Any, digits: Any, high: Any, low: Any, out: Any, ends: Any
) -> int:
    """Write values (row, column) row by row with commas between them, NaN as nothing, and where each row ends.

    ``bits`` are the same values as whole numbers. A row that Python must write is empty.
    """
    at = 0
    for row in range(rows):
        begin = at
        for column in range(columns):
            value = values[row * columns + column]
            if column > 0:
                out[at] = _COMMA
                at += 1
            if value == 0.0:
                out[at] = _ZERO
                at += 1
            elif value == value:
                binary = (bits[row * columns + column] >> 52 & 0x7FF) - 1023
                at = written(value, binary, digits[column], high, low, at, out)
                if at < 0:
                    at = begin
                    break
        ends[row] = at
    return at


def joined_numbers(columns: Sequence[npt.NDArray[Any]], digits: Sequence[int]) -> list[str]:
    """Numbers of several columns as one text for each row, with commas between them; NaN as nothing.

    Parameters
    ----------
    columns
        (row,) each.
    digits
        Significant digits of each column, up to 15.
    """
    values = np.ascontiguousarray(np.array(columns, dtype=float).T)
    rows, width = values.shape
    out, ends = reserve((_WIDEST * values.size,), np.uint8), np.empty(rows, dtype=np.int64)
    kinds = np.array(digits, dtype=np.int64)
    size = code.function("joined")(rows, width, values, values.view(np.int64), kinds, *_powers(), out, ends)
    text, begins = out[:size].tobytes().decode("ascii"), [0, *ends[:-1].tolist()]
    release(out)
    return [
        text[begin:end] if end > begin else _in_python(values[row].tolist(), digits)
        for row, (begin, end) in enumerate(zip(begins, ends.tolist(), strict=True))
    ]


def _in_python(numbers: Sequence[float], digits: Sequence[int]) -> str:
    return ",".join(
        "" if number != number else f"%.{count}g" % (number + 0.0)
        for number, count in zip(numbers, digits, strict=True)
    )


@cache
def _powers() -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Powers of ten in two parts, the first of which is the closest double."""
    powers = [Fraction(10) ** n for n in range(-_POWERS, _POWERS + 1)]
    high = [float(power) for power in powers]
    return np.array(high), np.array([float(power - Fraction(part)) for power, part in zip(powers, high, strict=True)])
