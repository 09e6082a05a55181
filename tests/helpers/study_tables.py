"""Tables of studies for tests, in the columns of the shipped one."""

from __future__ import annotations

import csv
from pathlib import Path

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


def table(folder: Path, *changes: dict[str, str], columns: tuple[str, ...] = COLUMNS) -> Path:
    """Write one row per ``changes``, each the row above with some cells changed; ids follow by themselves."""
    path = folder / "studies.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(columns)
        for n, change in enumerate(changes):
            row = {**ROW, "id": f"row-{n}", **change}
            rows.writerow([row.get(name, "") for name in columns])
    return path
