"""Numbers of the qualification that a person wrote, against those that the command wrote."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from pkinteract.library.evidence.ratios import RATIOS

ROOT = Path(__file__).parents[2]
HAND, GENERATED = (ROOT / "docs/qualification.md").read_text("utf-8").split("<!-- generated below this line")
README = (ROOT / "README.md").read_text("utf-8")


def cells(text: str, columns: int) -> list[list[str]]:
    """Rows of the tables with that many columns, without head lines."""
    lines = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line] for line in lines if len(line) == columns and "---" not in line[0]]


ID = re.compile(r"[a-z]+-\d+")
POINT = re.compile(r"[a-z]+(-[a-z]+)+-\d+")
STUDIES = {row[0]: row for row in cells(GENERATED, 10) if ID.fullmatch(row[0])}
MISSES = [row for row in cells(HAND, 6) if ID.fullmatch(row[0])]
with (RATIOS.parent / "summary.csv").open(encoding="utf-8") as file:
    SUMMARY = {(row["by"], row["group"]): row for row in csv.DictReader(file)}
GROUPS = {
    "published designs": ("design", "osp, published"),
    "of these, induction": ("design and mechanism", "osp, published, induction"),
    "carbamazepine on others": ("perpetrator", "carbamazepine"),
    "antiseizure drugs": ("set", "asm"),
}
"""What README calls a group, and where the summary has it."""


@pytest.mark.parametrize("row", MISSES, ids=lambda row: row[0])
def test_a_miss_is_told_as_it_is(row: list[str]) -> None:
    """Observed and predicted ratio in the table of misses are those of the generated table, to 2 %."""
    name, _, _, observed, predicted, _ = row
    study = STUDIES[name]

    assert float(observed) == pytest.approx(float(study[3]), rel=0.02)
    assert float(predicted) == pytest.approx(float(study[4]), rel=0.02)


def test_every_miss_beyond_twofold_is_explained() -> None:
    """Each study whose predicted ratio is off by more than twofold stands in the table of misses."""
    beyond = {name for name, row in STUDIES.items() if re.fullmatch(r"[\d.]+", row[5]) and float(row[5]) > 2}

    assert beyond
    assert beyond <= {row[0] for row in MISSES}


POINTS = {row[0]: row for row in cells(GENERATED, 9) if POINT.fullmatch(row[0])}
MISSED_POINTS = [row for row in cells(HAND, 4) if POINT.fullmatch(row[0])]


@pytest.mark.parametrize("row", MISSED_POINTS, ids=lambda row: row[0])
def test_a_missed_time_point_is_told_as_it_is(row: list[str]) -> None:
    """Observed and predicted value in the table of missed points are those of the generated table, to 2 %."""
    name, observed, predicted, _ = row
    point = POINTS[name]

    assert float(observed) == pytest.approx(float(point[6].split()[0]), rel=0.02)
    assert float(predicted) == pytest.approx(float(point[7].split()[0]), rel=0.02)


def test_every_missed_time_point_is_explained() -> None:
    """Each time point that is off by more than 1.35-fold stands in the table of missed points."""
    beyond = {name for name, row in POINTS.items() if float(row[8]) > 1.35}

    assert beyond
    assert beyond <= {row[0] for row in MISSED_POINTS}


@pytest.mark.parametrize("name", GROUPS)
def test_the_table_of_the_readme_is_the_kept_summary(name: str) -> None:
    """Rows, GMFE, shares within Guest's limits, 1.5-fold and twofold, static estimate, as README rounds them."""
    group = SUMMARY[GROUPS[name]]
    (row,) = [row for row in cells(README, 7) if row[0] == name]

    numbers = [f"{float(group[key]):.2f}" for key in ("gmfe", "gmfe_static")]
    shares = [f"{100 * float(group[key]):.0f} %" for key in ("within_guest", "within_close", "within_twofold")]
    assert row[1:] == [group["n"], numbers[0], *shares, numbers[1]]


def test_the_readme_counts_the_studies_that_are_run() -> None:
    """The number of study arms in README is that of the generated table."""
    count = re.search(r"(\d+) published study arms", README)
    assert count

    assert int(count.group(1)) == len(STUDIES)
