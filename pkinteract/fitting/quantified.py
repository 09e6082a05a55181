"""What a cell of concentrations says: a number, nothing, or that it lies below a limit of quantification."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal

MISSING = {"", ".", "NA"}
_BELOW = re.compile(r"(?i)blq|bloq|<.*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A cell: ``value`` is the concentration, or the limit it lies below; None with a ``message`` where it is wrong."""

    kind: Literal["empty", "below", "measured"]
    value: float | None = None
    message: str = ""


def quantified(text: str, unit: str, *, flagged: bool, limit: float | None, keep_below: bool) -> Cell:
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
    """
    if text in MISSING and not flagged:
        return Cell(kind="empty")
    if not (flagged or _BELOW.fullmatch(text)):
        measured = _number(text, "a concentration such as 4.2, BLQ or nothing")
        if measured.value is None or limit is None or measured.value >= limit:
            return measured
    if not keep_below:
        return Cell(kind="below")
    if text.startswith("<"):
        own = _number(text[1:], "a limit such as <0.1")
        wrong = own.message or ("" if own.value else f'must be below a limit above 0, got "{text}"')
        return Cell(kind="below", value=None if wrong else own.value, message=wrong)
    missing = f'is below a limit that is not given; write <0.1, or lloq = "0.1 {unit}" in [[data]]'
    return Cell(kind="below", value=limit, message=missing if limit is None else "")


def _number(text: str, example: str) -> Cell:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        return Cell(kind="measured", message=f'must be a number, got "{text}"; write {example}')
    if value < 0:
        return Cell(kind="measured", message=f'must not be below 0, got "{text}"')
    return Cell(kind="measured", value=value)
