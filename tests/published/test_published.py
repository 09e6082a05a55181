"""Published numbers on the headline drugs: every row of core_targets.csv that the library can answer."""

from __future__ import annotations

import pytest
from published.answers import ANSWERS, ROWS, SIMULATED


def test_every_row_is_simulated_or_says_why_not() -> None:
    """No published number is passed over in silence, and at least 28 lie within their tolerance."""
    assert {row["id"] for row in SIMULATED} == set(ANSWERS)
    assert all(row["reason"] for row in ROWS if row["simulate"] == "no")
    assert sum(not row["reason"] for row in SIMULATED) >= 28


@pytest.mark.parametrize("row", SIMULATED, ids=lambda row: row["id"])
def test_the_simulated_number_lies_within_its_published_tolerance(row: dict[str, str]) -> None:
    """Inside the tolerance, or listed with the reason of the miss (and then really outside it)."""
    value = ANSWERS[row["id"]]()

    inside = float(row["low"]) <= value <= float(row["high"])
    assert inside == (row["reason"] == ""), f"{value:.4g} {row['unit']}, tolerated {row['low']} to {row['high']}"
