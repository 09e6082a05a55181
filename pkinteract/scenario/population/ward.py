"""A table of patients to draw from: a CSV file with one person per row."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from pathlib import Path

from pkinteract.errors import did_you_mean, printable
from pkinteract.library.people import reference as people
from pkinteract.library.phenotypes import activity
from pkinteract.library.schema.monograph import Monograph
from pkinteract.scenario.population.types import Ward
from pkinteract.scenario.values import READERS
from pkinteract.text.toml_lines import Key

Report = Callable[[Key, str], None]

MOST_ROWS = 100_000
MOST_TOLD = 50
"""Bad rows that are told one by one."""

NUMBERS: Mapping[str, tuple[str, str]] = {
    "weight_kg": ("weight", "kg"),
    "age_y": ("age", "y"),
    "height_cm": ("height", "cm"),
    "height_m": ("height", "m"),
    "creatinine_clearance_mL_per_min": ("creatinine_clearance", "mL/min"),
    "serum_creatinine_mg_per_dL": ("serum_creatinine", "mg/dL"),
    "serum_creatinine_umol_per_L": ("serum_creatinine", "umol/L"),
}
"""Column to what it holds and its unit."""

WORDS: Mapping[str, tuple[str, Mapping[str, float]]] = {
    "sex": ("female", {"female": 1.0, "male": 0.0, "f": 1.0, "m": 0.0}),
    "smoker": ("smoker", {"1": 1.0, "0": 0.0, "true": 1.0, "false": 0.0, "yes": 1.0, "no": 0.0}),
}
"""Column to what it holds and the words that it may have."""

REQUIRED = ("weight_kg", "age_y", "sex")


def read_ward(
    folder: Path, name: str, monographs: Mapping[str, Monograph], extrapolate: bool, wrong: Report
) -> Ward | None:
    """The table of patients ``name`` beside the scenario; reports every bad row, then there is none.

    Ages that a drug is not described for are bad too, unless ``extrapolate``.
    """
    found: list[str] = []
    try:
        rows, columns = _rows(folder / name)
    except ValueError as error:
        wrong(("patients",), f"{printable(name)}: {error}")
        return None
    found += _header(columns)
    numbers: dict[str, list[float]] = {}
    phenotype: dict[str, list[str]] = {}
    for line, row in rows if not found else ():
        for column, cell in row.items():
            try:
                if column in NUMBERS:
                    what, number = NUMBERS[column][0], _number(column, cell)
                    numbers.setdefault(what, []).append(number)
                    if what == "age" and not extrapolate:
                        _check_age(number, monographs)
                elif column in WORDS:
                    what, words = WORDS[column]
                    numbers.setdefault(what, []).append(_word(words, cell))
                else:
                    phenotype.setdefault(column, []).append(cell)
                    if cell:
                        activity(column, cell)
            except ValueError as error:
                found.append(f"line {line}, {column}: {error}")
    if not found and not rows:
        found.append("has no rows below its header")
    for text in found[:MOST_TOLD]:
        wrong(("patients",), f"{printable(name)}: {text}")
    if len(found) > MOST_TOLD:
        wrong(("patients",), f"{printable(name)}: and {len(found) - MOST_TOLD} more problems")
    if found:
        return None
    return Ward(
        name=name,
        size=len(rows),
        numbers={what: tuple(values) for what, values in numbers.items()},
        phenotype={gene: tuple(cells) for gene, cells in phenotype.items()},
    )


def _rows(path: Path) -> tuple[list[tuple[int, dict[str, str]]], list[str]]:
    """Rows with their lines, and the header."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        gone = isinstance(error, FileNotFoundError)
        raise ValueError("there is no such file" if gone else (error.strerror or "cannot be read").lower()) from None
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8; save the file as UTF-8") from None
    reader = csv.reader(io.StringIO(text), skipinitialspace=True)
    try:
        table = [(reader.line_num, [cell.strip() for cell in row]) for row in reader if any(map(str.strip, row))]
    except csv.Error as error:
        raise ValueError(f"line {reader.line_num}: {error}") from None
    if not table:
        raise ValueError("is empty; its first row names the columns")
    if len(table) > MOST_ROWS + 1:
        raise ValueError(f"has {len(table) - 1:,} rows, at most {MOST_ROWS:,} are read")
    columns = table[0][1]
    for line, row in table[1:]:
        if len(row) != len(columns):
            raise ValueError(f"line {line}: has {len(row)} cells, the header has {len(columns)}")
    return [(line, dict(zip(columns, row, strict=True))) for line, row in table[1:]], columns


def _header(columns: list[str]) -> list[str]:
    """What is wrong with the columns."""
    known = (*NUMBERS, *WORDS, *people.drawn_genes())
    found = [
        f'"{printable(column, 40)}" is not a column of patients; {did_you_mean(column, known)}'
        for column in columns
        if column not in known
    ]
    twice = [column for column in dict.fromkeys(columns) if columns.count(column) > 1]
    found += [f"the column {column} stands there twice" for column in twice]
    found += [f"has no column {column}" for column in REQUIRED if column not in columns]
    for left, right in (("height_cm", "height_m"), ("serum_creatinine_mg_per_dL", "serum_creatinine_umol_per_L")):
        if left in columns and right in columns:
            found.append(f"has {left} and {right}; keep one of them")
    if "creatinine_clearance_mL_per_min" in columns and any(name.startswith("serum_creatinine") for name in columns):
        found.append("has creatinine clearance and serum creatinine; keep one of them")
    return found


def _number(column: str, cell: str) -> float:
    what, unit = NUMBERS[column]
    try:
        float(cell)
    except ValueError:
        raise ValueError(f'must be a number, got "{printable(cell, 40)}"') from None
    return READERS[what](f"{cell} {unit}")


def _word(words: Mapping[str, float], cell: str) -> float:
    if cell.lower() not in words:
        raise ValueError(f'must be one of {", ".join(words)}, got "{printable(cell, 40)}"')
    return words[cell.lower()]


def _check_age(age: float, monographs: Mapping[str, Monograph]) -> None:
    for drug, monograph in monographs.items():
        ages = monograph.ages
        if ages is not None and not ages.from_years - 1e-9 <= age <= ages.until_years + 1e-9:
            span = f"{ages.from_years:g} to {ages.until_years:g} y"
            text = f"{drug} is described for {span}, got {age:g}"
            raise ValueError(f"{text}; set extrapolate = true in [patient] to take the row all the same")
