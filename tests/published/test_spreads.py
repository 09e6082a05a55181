"""Published spreads between people: every row of spreads.csv is met by virtual patients or listed as a miss."""

from __future__ import annotations

import pytest
from published.spread_values import SPREADS, spread

from docs.compounds import PAGE, page

DRUGS = ("phenytoin", "voriconazole", "efavirenz", "nortriptyline", "carbamazepine", "lamotrigine", "amitriptyline")


def named(row: dict[str, str]) -> str:
    return " ".join(row[key] for key in ("drug", "quantity", "taken", "people"))


def test_the_drugs_whose_spread_matters_have_rows() -> None:
    """No row stands twice; every one names its source, says whether it was read, and tolerates what was published."""
    assert {row["drug"] for row in SPREADS} >= set(DRUGS)
    assert len({named(row) for row in SPREADS}) == len(SPREADS)
    assert {row["seen"] for row in SPREADS} == {"read", "derived", "recalled"}
    assert all(row["source"] for row in SPREADS)
    assert all(float(row["low"]) <= float(row["value"]) <= float(row["high"]) for row in SPREADS)


@pytest.mark.compiled
@pytest.mark.parametrize("row", SPREADS, ids=named)
def test_a_spread_is_met_or_its_miss_is_argued(row: dict[str, str]) -> None:
    """Inside what its sources leave (1.3-fold of one source), or listed with the reason, and then really outside it."""
    value = spread(row)

    inside = float(row["low"]) <= value <= float(row["high"])
    assert inside == (row["miss"] == ""), f"{value:.4g} {row['unit']}, tolerated {row['low']} to {row['high']}"


@pytest.mark.compiled
def test_the_page_of_the_compounds_is_current() -> None:
    """The generated part of docs/compounds.md, these spreads among it, is of today; ``make compounds`` writes it."""
    assert PAGE.read_text("utf-8") == page()
