"""All tables of a run in one workbook (extra ``excel``): a sheet each, numbers as numbers, no formula."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from importlib.util import find_spec
from numbers import Real
from pathlib import Path

from pkinteract.errors import InputError, Problem
from pkinteract.text.csv import Table

MOST_ROWS = 1_048_575
"""Rows of a sheet below its head."""

FIRST_YEAR = 1901
"""Earlier dates are no dates in a workbook and stay text."""

CREATED = datetime(1980, 1, 1)
"""When every workbook was made, as it says: the same tables are the same file on any day."""


def require_excel(rows: int, option: str = "--excel") -> None:
    """Check that a workbook can be written, and that its longest table has room in a sheet.

    Raises
    ------
    InputError
        When xlsxwriter is not installed, with how to install it; or when there are too many rows.
    """
    if find_spec("xlsxwriter") is None:
        text = 'a workbook needs xlsxwriter; install it with: pip install "pkinteract[excel]"'
        raise InputError(option, [Problem(line=None, key="", message=text)])
    if rows > MOST_ROWS:
        text = f"a sheet holds {MOST_ROWS:,} rows and this run has {rows:,}; take a longer step, or leave out --excel"
        raise InputError(option, [Problem(line=None, key="", message=text)])


def write_excel(tables: Mapping[str, Table], path: Path) -> None:
    """Write every table to a sheet of its name, heads frozen; a unit stands in the column's name or beside it."""
    import xlsxwriter

    with xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties({"created": CREATED})
        head = book.add_format({"bold": True, "bottom": 1})
        date = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        for title, table in tables.items():
            sheet = book.add_worksheet(title[:31])
            sheet.freeze_panes(1, 0)
            for place, (name, column) in enumerate(table.items()):
                sheet.write_string(0, place, name, head)
                widest = len(name)
                for row, cell in enumerate(column, start=1):
                    if cell is None or cell != cell:
                        continue
                    if isinstance(cell, bool) or type(cell).__name__ in ("bool_", "bool"):
                        sheet.write_boolean(row, place, bool(cell))
                    elif isinstance(cell, Real):
                        sheet.write_number(row, place, float(cell))
                    elif name == "date" and int(cell[:4]) >= FIRST_YEAR:
                        sheet.write_datetime(row, place, datetime.fromisoformat(cell), date)
                        widest = 19
                    else:
                        sheet.write_string(row, place, str(cell))
                        widest = max(widest, len(str(cell)))
                sheet.set_column(place, place, min(widest + 2, 60))
