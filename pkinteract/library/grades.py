"""How far a monograph may be trusted: A, B or C, from the kinds of its values and its rows in the qualification."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from pkinteract.library.schema.monograph import Monograph
from pkinteract.library.schema.values import Value
from pkinteract.text.csv import read_table

Grade = Literal["A", "B", "C"]

SUMMARY = Path(__file__).parent / "evidence" / "summary.csv"
"""The kept summary of the qualification."""

DECIDING = ("distribution", "elimination.clearance", "elimination.pathway", "first_pass", "binding")
"""Where the values stand that decide the exposure, with ``bioavailability`` of the default formulation."""

A_SOURCED, A_ROWS, A_ERROR = 0.70, 3, 1.3
B_SOURCED, B_ROWS, B_ERROR = 0.50, 1, 1.5
WORST = 2.0
"""Mean fold error above which no source lifts a monograph above C."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GradeBasis:
    """What a grade rests on.

    Attributes
    ----------
    sourced, deciding
        How many of the values that decide the exposure are measured, from a label, or fitted with an interval; and how
        many there are.
    rows, error
        Ratios of interaction studies with the drug as perpetrator or victim, and the geometric mean fold error of the
        predictions [1]; None without rows.
    """

    sourced: int
    deciding: int
    rows: int
    error: float | None

    @property
    def share(self) -> float:
        """Share of the deciding values that are sourced [1]."""
        return self.sourced / self.deciding

    @property
    def grade(self) -> Grade:
        """A, B or C."""
        if self.error is None:
            return "B" if self.share >= B_SOURCED else "C"
        if self.share >= A_SOURCED and self.rows >= A_ROWS and self.error <= A_ERROR:
            return "A"
        held = self.rows >= B_ROWS and self.error <= B_ERROR
        return "B" if self.error <= WORST and (held or self.share >= B_SOURCED) else "C"


def grade_of(monograph: Monograph, summary: Path = SUMMARY) -> GradeBasis:
    """What the grade of a monograph rests on; ``summary`` is a summary.csv of ``pkinteract qualify``.

    Raises
    ------
    InputError
        When the summary cannot be read.
    """
    deciding = [value for path, value in monograph.values() if _decides(path, monograph)]
    ratios, error = _qualified(summary).get(monograph.id, (0, None))
    return GradeBasis(sourced=sum(map(_sourced, deciding)), deciding=len(deciding), rows=ratios, error=error)


def _decides(path: str, monograph: Monograph) -> bool:
    form = f"absorption.{monograph.default_formulation}.bioavailability"
    return path == form or any(path == head or path.startswith(f"{head}.") for head in DECIDING)


def _sourced(value: Value) -> bool:
    return value.kind in ("measured", "label") or (value.kind == "fitted" and value.interval is not None)


@cache
def _qualified(summary: Path) -> Mapping[str, tuple[int, float | None]]:
    """Rows of every drug and their mean fold error; a row of two perpetrators counts for both."""
    logs: dict[str, list[tuple[int, float]]] = {}
    for _, row in read_table(summary, ("by", "group", "n", "gmfe")):
        if row["by"] in ("perpetrator", "victim") and row["gmfe"]:
            for drug in row["group"].split(" + "):
                logs.setdefault(drug, []).append((int(row["n"]), math.log(float(row["gmfe"]))))
    counts = {drug: sum(n for n, _ in folds) for drug, folds in logs.items()}
    return {
        drug: (counts[drug], math.exp(sum(n * log for n, log in folds) / counts[drug])) for drug, folds in logs.items()
    }
