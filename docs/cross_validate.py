"""Leave every paper out of the fits in turn and keep what came of it: ``make cross-validation``, some ten minutes.

Usage: python docs/cross_validate.py    writes docs/left-out.csv and docs/left-out-summary.csv, shown by docs/qualify.py
"""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

from pkinteract.export.tables.left_out import left_out_table
from pkinteract.fitting.left_out import CrossValidated, cross_validated, left_out, study_fits
from pkinteract.library.evidence.ratios import read_studies
from pkinteract.qualify import qualify_studies
from pkinteract.report.qualify.left_out import left_out_lines
from pkinteract.text.csv import Table, write_csv

DOCS = Path(__file__).parent
ROWS, SUMMARY = DOCS / "left-out.csv", DOCS / "left-out-summary.csv"


def main() -> None:
    """Fit without each paper, and write both tables."""
    fits, apart = study_fits(DOCS.parent / "fits")
    rows = list(left_out(fits, lambda _: None))
    groups = cross_validated(qualify_studies(read_studies()), rows)
    write_csv(_rounded(left_out_table(rows)), ROWS)
    write_csv(
        _rounded({field.name: [getattr(row, field.name) for row in groups] for field in fields(CrossValidated)}),
        SUMMARY,
    )
    print("\n".join(left_out_lines(groups, rows, apart)))


def _rounded(table: Table) -> Table:
    return {
        name: [float(f"{value:.4g}") if isinstance(value, float) else value for value in column]
        for name, column in table.items()
    }


if __name__ == "__main__":
    main()
