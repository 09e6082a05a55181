"""Tables as CSV, out and in.

Written is RFC 4180 (comma, CRLF, quotes doubled), UTF-8 without a mark, decimal point. Missing values are empty cells,
truth values ``true`` and ``false``, times of day ISO 8601. Quantities have 7 significant digits, times 10. Text that a
spreadsheet would take for a formula gets an apostrophe in front.

Read is the same with any line ends, with or without a mark; lines that are empty or begin with # are passed over, and
a cell ends on the line it begins on. Control characters other than a tab are refused.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeGuard

from pkinteract.errors import InputError, Problem
from pkinteract.text.inputs import input_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

Column: TypeAlias = "Sequence[Any] | NDArray[Any]"
Table: TypeAlias = "Mapping[str, Column]"
"""Columns by name, in order."""

Joined: TypeAlias = "Callable[[Sequence[NDArray[Any]], Sequence[int]], Sequence[str]]"
"""Text of each row of columns of numbers, with commas, from these and their significant digits."""

LARGEST = 50_000_000
"""Largest CSV file that is read [byte]."""

_FORMULA = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
_QUOTED = frozenset('",\r\n')


def write_csv(table: Table, path: Path) -> None:
    """Write ``table`` to ``path``.

    Raises
    ------
    OSError
        When the file cannot be written.
    TypeError, ValueError
        As :func:`csv_text` does.
    """
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(csv_text(table))


def csv_text(table: Table, joined: Joined | None = None) -> str:
    """The whole file as text.

    Parameters
    ----------
    joined
        Writes columns of numbers that stand side by side; one by one if left out.

    Raises
    ------
    ValueError
        When the columns differ in length.
    TypeError
        When a cell is no text, number, truth value or date.
    """
    formats: list[str] = []
    columns: list[Sequence[object]] = []
    for together, some in groupby(table.items(), lambda item: joined is not None and _is_real(item[1])):
        if together and joined is not None:
            names, numbers = zip(*some, strict=True)
            columns.append(joined(numbers, [_digits(name) for name in names]))
            formats.append("%s")
            continue
        for name, column in some:
            cells, form = _column(column, digits=_digits(name))
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


def _digits(name: str) -> int:
    """Significant digits of a column of this name."""
    time = name == "day" or name.endswith("_day") or (name.endswith("_h") and not name.endswith("_per_h"))
    return 10 if time else 7


def _is_real(column: Column) -> TypeGuard[NDArray[Any]]:
    import numpy as np

    return isinstance(column, np.ndarray) and column.dtype.kind == "f"


def _column(column: Column, *, digits: int) -> tuple[Sequence[object], str]:
    """The cells of a column and the %-format that turns each into text."""
    import numpy as np

    number = f"%.{digits}g"
    if _is_real(column):
        numbers = np.asarray(column, dtype=float)
        values: list[float] = (numbers + 0.0).tolist()  # adding zero turns -0 into 0
        missing = np.isnan(numbers)
        if not missing.any():
            return values, number
        return ["" if none else number % value for none, value in zip(missing.tolist(), values, strict=True)], "%s"
    if isinstance(column, np.ndarray) and column.dtype.kind in "iu":
        return column.tolist(), "%d"
    if isinstance(column, np.ndarray):
        cells = column.tolist()
    else:
        cells = [value.item() if isinstance(value, np.generic) else value for value in column]
    if set(map(type, cells)) == {str}:
        words = {text: text_cell(text) for text in set(cells)}
        return list(map(words.__getitem__, cells)), "%s"
    return [_cell(value, number) for value in cells], "%s"


def _cell(value: object, number: str) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return text_cell(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return "" if math.isnan(value) else number % (value + 0.0)
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"a table holds text, numbers, dates and None, got {type(value).__name__}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvFile:
    """A CSV file that was read.

    Attributes
    ----------
    text
        As written, with line feeds as line ends.
    head, names
        The line that names the columns, and the names; 0 and none in a file without a line.
    rows
        Line and cells of what stands below, cells without blanks around them.
    """

    path: Path
    text: str
    head: int
    names: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]


def read_csv(path: Path, problems: list[Problem] | None = None) -> CsvFile:
    """Read a CSV file.

    Parameters
    ----------
    problems
        Where lines are added that cannot be read, which are no rows then; without it they are raised.

    Raises
    ------
    InputError
        When the file is no regular file, is larger than ``LARGEST`` or not UTF-8, or when its names cannot be read or
        are not parted by commas.
    """
    raw = input_text(path, largest=LARGEST, otherwise="take out what is not needed", encoding="CSV in UTF-8")
    text = raw.replace("\r\n", "\n").replace("\r", "\n")
    lines: list[tuple[int, tuple[str, ...]]] = []
    wrong: list[Problem] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip() and not line.lstrip().startswith("#"):
            if _CONTROL.search(line):
                wrong.append(Problem(line=number, key="", message="holds a control character; remove it"))
                continue
            if not lines and (mark := _other_mark(line)):
                text = f"has its columns parted by {mark}; part them by commas, and write decimals with a point (0.5)"
                raise InputError(path, [Problem(line=number, key="", message=text)])
            try:
                [cells] = csv.reader([line], skipinitialspace=True, strict=True)
            except csv.Error as error:
                wrong.append(Problem(line=number, key="", message=_BROKEN.get(str(error), f"is not CSV ({error})")))
                if not lines:
                    break
            else:
                lines.append((number, tuple(cell.strip() for cell in cells)))
    if wrong and (problems is None or not lines):
        raise InputError(path, wrong)
    if problems is not None:
        problems += wrong
    head, names = lines[0] if lines else (0, ())
    return CsvFile(path=path, text=text, head=head, names=names, rows=tuple(lines[1:]))


def _other_mark(head: str) -> str:
    """What parts the names of a head line, in words, where it is no comma, as spreadsheets of some languages do."""
    marks = {"semicolons": ";", "tabs": "\t", "upright strokes": "|"}
    return next((name for name, mark in marks.items() if head.count(mark) > head.count(",")), "")


_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")

_BROKEN = {
    "unexpected end of data": 'does not close its quotes; a cell ends on its line, quotes inside it are written ""',
    "',' expected after '\"'": 'goes on behind closed quotes; quotes inside a cell are written ""',
}


def read_table(path: Path, columns: Iterable[str]) -> tuple[tuple[int, Mapping[str, str]], ...]:
    """Line and cells by name of every row of a CSV file that needs these ``columns`` and may have others.

    Raises
    ------
    InputError
        With every line that cannot be read or has another number of cells, or with the columns that are missing.
    """
    problems: list[Problem] = []
    file = read_csv(path, problems)
    missing = [name for name in columns if name not in file.names]
    if missing:
        absent = [Problem(line=file.head or None, key=name, message="is missing; add the column") for name in missing]
        raise InputError(path, absent)
    for line, cells in file.rows:
        if len(cells) != len(file.names):
            text = f"has {len(cells)} cells where the first line has {len(file.names)} names"
            problems.append(Problem(line=line, key="", message=text))
    if problems:
        raise InputError(path, problems)
    return tuple((line, dict(zip(file.names, cells, strict=True))) for line, cells in file.rows)
