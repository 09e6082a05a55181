"""A table of patients to draw from: a CSV file with one person per row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pkinteract.errors import InputError, did_you_mean, printable
from pkinteract.library.people import reference as people
from pkinteract.library.phenotypes import activity
from pkinteract.library.schema.monograph import Monograph
from pkinteract.scenario.population.types import EmpiricalPeople
from pkinteract.scenario.values import READERS
from pkinteract.text.csv import read_csv
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
) -> EmpiricalPeople | None:
    """The table of patients ``name`` beside the scenario; reports every bad row, then there is none.

    Ages that a drug is not described for are bad too, unless ``extrapolate``.
    """
    problems: list[str] = []
    rows = _rows(folder / name, problems)
    numbers: dict[str, list[float]] = {}
    phenotype: dict[str, list[str]] = {}
    for line, cells in rows if not problems else ():
        for column, cell in cells.items():
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
                problems.append(f"line {line}, {column}: {error}")
    if not problems and not rows:
        problems.append("has no rows below its header")
    for text in problems[:MOST_TOLD]:
        wrong(("patients",), f"{printable(name)}: {text}")
    if len(problems) > MOST_TOLD:
        wrong(("patients",), f"{printable(name)}: and {len(problems) - MOST_TOLD} more problems")
    if problems:
        return None
    return EmpiricalPeople(
        name=name,
        size=len(rows),
        numbers={what: tuple(values) for what, values in numbers.items()},
        phenotype={gene: tuple(cells) for gene, cells in phenotype.items()},
    )


def _rows(path: Path, problems: list[str]) -> list[tuple[int, dict[str, str]]]:
    """Rows with their lines, those of empty cells left out; adds what is wrong with the file and its columns."""
    try:
        file = read_csv(path)
    except InputError as error:
        problems += [
            f"line {problem.line}: {problem.message}" if problem.line else problem.message for problem in error.problems
        ]
        return []
    if not file.names:
        problems.append("is empty; its first row names the columns")
        return []
    problems += _header(file.names)
    rows = [(line, cells) for line, cells in file.rows if any(cells)]
    if len(rows) > MOST_ROWS:
        problems.append(f"has {len(rows):,} rows, at most {MOST_ROWS:,} are read")
    for line, cells in rows:
        if len(cells) != len(file.names):
            problems.append(f"line {line}: has {len(cells)} cells, the header has {len(file.names)}")
    return [(line, dict(zip(file.names, cells, strict=False))) for line, cells in rows]


def _header(columns: Sequence[str]) -> list[str]:
    """What is wrong with the columns."""
    known = (*NUMBERS, *WORDS, *people.drawn_genes())
    problems = [
        f'"{printable(column, 40)}" is not a column of patients; {did_you_mean(column, known)}'
        for column in columns
        if column not in known
    ]
    twice = [column for column in dict.fromkeys(columns) if columns.count(column) > 1]
    problems += [f"the column {column} stands there twice" for column in twice]
    problems += [f"has no column {column}" for column in REQUIRED if column not in columns]
    for left, right in (("height_cm", "height_m"), ("serum_creatinine_mg_per_dL", "serum_creatinine_umol_per_L")):
        if left in columns and right in columns:
            problems.append(f"has {left} and {right}; keep one of them")
    if "creatinine_clearance_mL_per_min" in columns and any(name.startswith("serum_creatinine") for name in columns):
        problems.append("has creatinine clearance and serum creatinine; keep one of them")
    return problems


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
