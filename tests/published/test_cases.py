"""Published cases as scenarios: the answer says what the source says of direction, size, day and gravity."""

from __future__ import annotations

import math

import pytest

from docs.published_cases import FOLDER, PAGE, case_of, page, rows

CASES = pytest.mark.parametrize("name", rows())


@CASES
def test_a_level_moves_as_far_as_was_published(name: str) -> None:
    """On the published day: the same direction, at least half and at most twice of the logarithm, within twofold."""
    case = case_of(name)
    share = math.log(case.predicted) / math.log(case.observed)

    assert 0.5 <= share <= 2
    assert max(case.predicted / case.observed, case.observed / case.predicted) <= 2


@CASES
def test_the_change_is_done_by_the_published_day(name: str) -> None:
    """90 % of the move of the answer lies between the change and the day by which the source says that it is done."""
    case = case_of(name)
    (move,) = [move for move in case.answer.told if move.analyte.id == case.row["analyte"]]
    assert move.cause / 24 == float(case.row["change_day"])
    if case.row["done_by_day"]:
        assert move.most is not None
        assert 0 < move.most / 24 - float(case.row["change_day"]) <= float(case.row["done_by_day"])


@CASES
def test_the_answer_says_what_follows(name: str) -> None:
    """What happens is put down to the published cause, and the advice is that of the case; each in its sentence."""
    case = case_of(name)
    assert case.row["happens"] in case.sentences["happens"]
    assert case.row["advice"] in case.sentences["do"]


@CASES
def test_the_gravest_alert_is_that_of_the_case(name: str) -> None:
    """Of the level that was measured, among alerts that came with the change; notes are none."""
    case = case_of(name)
    mine = [alert for alert in case.answer.alerts if alert.since == "after" and alert.severity != "note"]
    gravest = next((alert for alert in mine if alert.analyte == case.row["analyte"]), None)

    assert ("" if gravest is None else f"{gravest.severity} {gravest.rule}") == case.row["alert"]


@CASES
def test_a_level_is_drawn_while_it_moves(name: str) -> None:
    """Every sample lies after the change, and the last of a move shows most of it."""
    case = case_of(name)
    drawn = [sample for sample in case.answer.samples if sample.analyte.id == case.row["analyte"]]

    assert drawn
    assert all(sample.time / 24 > float(case.row["change_day"]) for sample in drawn)
    assert max(sample.share for sample in drawn if sample.share is not None) >= 0.8


def test_a_long_half_life_is_told_after_the_last_dose() -> None:
    """Desipramine is still raised three weeks after the last fluoxetine, as was seen."""
    curve = case_of("fluoxetine-on-desipramine").answer.result.curve("desipramine")
    before, later = (float(curve.integral(24 * day - 24, 24 * day)) for day in (5, 26 + 21))

    assert later > 1.1 * before


def test_every_scenario_of_the_folder_is_a_case() -> None:
    """No file without a row, and no row without a source that can be opened."""
    assert {path.stem for path in FOLDER.glob("*.toml")} == set(rows())
    assert all(row["source"] and row["url"].startswith("http") for row in rows().values())


def test_the_page_is_that_of_the_runs() -> None:
    """Golden file: docs/published_cases.md is what the script writes."""
    assert PAGE.read_text("utf-8") == "\n".join(page()) + "\n"
