"""Tables of studies and of time courses for tests, in the columns of the shipped ones."""

from __future__ import annotations

import csv
from pathlib import Path

from pkinteract.library.evidence import timecourses
from pkinteract.library.evidence.ratios import COLUMNS

ROW = {
    "id": "one",
    "set": "own",
    "study": "Test 2026",
    "perpetrator": "inhibitor",
    "perpetrator_regimen": "0:1000 iv",
    "victim": "victim",
    "victim_control": "0:100",
    "victim_treatment": "1:100",
    "analyte": "victim",
    "mechanism": "inhibition",
    "enzyme": "CYP3A4",
    "window_control": "0-inf",
    "window_treatment": "1-inf",
    "design_assumed": "no",
    "metric": "auc",
    "ratio": "1.6",
    "average": "geometric",
    "use": "yes",
    "paper": "Test et al. 2026",
}
"""A row with nothing wrong in it."""

POINT = {
    "series": "one",
    "study": "Test 2026",
    "perpetrator": "smoking",
    "change": "stop",
    "victim": "victim",
    "victim_regimen": "-96:100 q24 x40",
    "analyte": "victim",
    "patient": "smoker=yes",
    "patient_change": "0:smoker=no",
    "design_assumed": "no",
    "measure": "clearance",
    "window": "48 to 49",
    "reference": "-24 to 0",
    "day": "2",
    "value": "0.8",
    "use": "yes",
    "paper": "Test et al. 2026",
}
"""A time point with nothing wrong in it."""


def table(folder: Path, *changes: dict[str, str], columns: tuple[str, ...] = COLUMNS) -> Path:
    """Write one row per ``changes``, each the row above with some cells changed; ids follow by themselves."""
    return _written(folder / "studies.csv", ROW, changes, columns)


def course_table(folder: Path, *changes: dict[str, str], columns: tuple[str, ...] = timecourses.COLUMNS) -> Path:
    """The same of time points."""
    return _written(folder / "courses.csv", POINT, changes, columns)


def _written(path: Path, whole: dict[str, str], changes: tuple[dict[str, str], ...], columns: tuple[str, ...]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(columns)
        for n, change in enumerate(changes):
            row = {**whole, "id": f"row-{n}", **change}
            rows.writerow([row.get(name, "") for name in columns])
    return path
