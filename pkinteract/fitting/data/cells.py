"""Cells of a CSV file with the lines they stand on."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from pkinteract.errors import InputError, Problem

LARGEST = 20_000_000
"""Largest data file that is read [byte]."""


def cells_of(path: Path) -> list[tuple[int, list[str]]]:
    """Cells of every line but empty ones and comments, with its number.

    Raises
    ------
    InputError
        When the file is missing, too large, or no UTF-8 text.
    """
    try:
        with path.open("rb") as stream:
            raw = stream.read(LARGEST + 1)
        text = raw.decode("utf-8-sig")
    except (OSError, ValueError) as error:
        missing = isinstance(error, FileNotFoundError)
        raise _refused(path, "there is no such file" if missing else "cannot be read as UTF-8 text") from None
    if len(raw) > LARGEST:
        raise _refused(path, f"the file is larger than {LARGEST:,} bytes")
    rows = enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), start=1)
    kept = [(number, line) for number, line in rows if line.strip() and not line.lstrip().startswith("#")]
    return [(number, next(csv.reader(io.StringIO(line)))) for number, line in kept]


def _refused(path: Path, message: str) -> InputError:
    return InputError(path, [Problem(line=None, key="", message=message)])
