"""Tables as CSV: RFC 4180 (comma, CRLF, quotes doubled), UTF-8 without a mark, decimal point.

Missing values are empty cells, truth values ``true`` and ``false``, times of day ISO 8601. Quantities have 7
significant digits, times 10. Text that a spreadsheet would take for a formula gets an apostrophe in front.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Column = Sequence[object] | NDArray[np.generic]
Table = Mapping[str, Column]

_FORMULA = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
_QUOTED = frozenset('",\r\n')


def write_csv(table: Table, path: Path) -> None:
    """Write ``table`` to ``path``."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(csv_text(table))


def csv_text(table: Table) -> str:
    """The whole file as text.

    Raises
    ------
    ValueError
        When the columns differ in length.
    """
    formats: list[str] = []
    columns: list[Sequence[object]] = []
    for name, column in table.items():
        cells, form = _column(column, digits=10 if _is_time(name) else 7)
        columns.append(cells)
        formats.append(form)
    row = ",".join(formats) + "\r\n"
    head = ",".join(text_cell(name) for name in table) + "\r\n"
    return head + "".join(map(row.__mod__, zip(*columns, strict=True)))


def text_cell(text: str) -> str:
    """``text`` as one CSV cell that no spreadsheet reads as a formula."""
    if text.lstrip(" ").startswith(_FORMULA):
        text = "'" + text
    if _QUOTED.isdisjoint(text):
        return text
    return '"' + text.replace('"', '""') + '"'


def _is_time(name: str) -> bool:
    return name == "day" or name.endswith("_day") or (name.endswith("_h") and not name.endswith("_per_h"))


def _column(column: Column, *, digits: int) -> tuple[Sequence[object], str]:
    """The cells of a column and the %-format that turns each into text."""
    number = f"%.{digits}g"
    if isinstance(column, np.ndarray) and column.dtype.kind == "f":
        numbers = np.asarray(column, dtype=float)
        values: list[float] = (numbers + 0.0).tolist()  # adding zero turns -0 into 0
        missing = np.isnan(numbers)
        if not missing.any():
            return values, number
        return ["" if none else number % value for none, value in zip(missing.tolist(), values, strict=True)], "%s"
    if isinstance(column, np.ndarray) and column.dtype.kind in "iu":
        return column.tolist(), "%d"
    cells = column.tolist() if isinstance(column, np.ndarray) else column
    words = {value: text_cell(value) for value in {value for value in cells if isinstance(value, str)}}
    return [words[value] if isinstance(value, str) else _cell(value, number) for value in cells], "%s"


def _cell(value: object, number: str) -> str:
    if value is None:
        return ""
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, (int, np.integer)):
        return str(value)
    if isinstance(value, (float, np.floating)):
        return "" if math.isnan(value) else number % (value + 0.0)
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"a table holds text, numbers, dates and None, got {type(value).__name__}")
