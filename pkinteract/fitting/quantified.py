"""What a cell of concentrations says: a number, nothing, or that the level lay below a limit or between two ends."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal

MISSING = {"", ".", "NA"}
_BELOW = re.compile(r"(?i)blq|bloq|<.*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A cell: ``value`` is the concentration, or an end it lies beyond; None with a ``message`` where it is wrong.

    ``ends`` are those between which the level lay, -∞ and ∞ among them; None if it was measured or is left out.
    """

    kind: Literal["empty", "below", "censored", "measured"]
    value: float | None = None
    message: str = ""
    ends: tuple[float, float] | None = None


def quantified(text: str, unit: str, *, flagged: bool, limit: float | None, keep_below: bool, signed: bool) -> Cell:
    """Read a cell.

    Parameters
    ----------
    unit
        Of the column.
    flagged
        Whether another column says that it is below quantification.
    limit
        Limit of quantification in ``unit``; None if none is given.
    keep_below
        Whether what is below needs a limit of its own, as it is not left out.
    signed
        Whether a level may be negative, as an assay's error about 0 makes it.
    """
    if text in MISSING and not flagged:
        return Cell(kind="empty")
    if not (flagged or _BELOW.fullmatch(text)):
        measured = _number(text, "a concentration such as 4.2, BLQ or nothing", signed=signed)
        if measured.value is None or limit is None or measured.value >= limit:
            return measured
    if not keep_below:
        return Cell(kind="below")
    if text.startswith("<"):
        own = _number(text[1:], "a limit such as <0.1")
        wrong = own.message or ("" if own.value else f'must be below a limit above 0, got "{text}"')
        return _under(None if wrong else own.value, wrong)
    missing = f'is below a limit that is not given; write <0.1, or lloq = "0.1 {unit}" in [[data]]'
    return _under(limit, missing if limit is None else "")


def censored(text: str, limit: str, side: int) -> Cell:
    """Read a cell whose level lay below its number (``side`` 1) or above it (-1), as CENS says.

    Parameters
    ----------
    limit
        The other end of the interval; empty where there is none.
    """
    own = _number(text, "the limit that CENS means, such as 0.1")
    if own.message or not own.value:
        return Cell(kind="censored", message=own.message or "must be above 0 with CENS, it is a limit")
    if limit in MISSING:
        ends = (-math.inf, own.value) if side > 0 else (own.value, math.inf)
        return Cell(kind="censored", value=own.value, ends=ends)
    other = _number(limit, "the other end of the interval, or nothing", signed=True)
    if other.value is None:
        return Cell(kind="censored", message=f"LIMIT {other.message}")
    if side * (own.value - other.value) <= 0:
        word = "below" if side > 0 else "above"
        return Cell(kind="censored", message=f"LIMIT must be {word} DV with CENS {side}, got {limit} beside {text}")
    return Cell(kind="censored", value=own.value, ends=(min(own.value, other.value), max(own.value, other.value)))


def _under(limit: float | None, message: str) -> Cell:
    return Cell(kind="below", value=limit, message=message, ends=None if limit is None else (-math.inf, limit))


def _number(text: str, example: str, *, signed: bool = False) -> Cell:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        return Cell(kind="measured", message=f'must be a number, got "{text}"; write {example}')
    if value < 0 and not signed:
        return Cell(kind="measured", message=f'must not be below 0, got "{text}"')
    return Cell(kind="measured", value=value)
