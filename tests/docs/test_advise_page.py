"""docs/advise.md says what the program says of the scenarios of dose advice, and these keep what they are there for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from docs import advise as advise_page

pytestmark = [pytest.mark.compiled, pytest.mark.slow]

TEXT = advise_page.PAGE.read_text("utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every scenario, advised."""
    return tmp_path_factory.mktemp("advise")


@pytest.fixture(scope="module")
def made(folder: Path) -> Mapping[str, str]:
    """The table of the page, made anew; it runs every scenario into the folder."""
    return {"table": advise_page.table(folder), "published": advise_page.published()}


def test_the_table_of_the_page_is_that_of_the_program(made: Mapping[str, str]) -> None:
    """Golden: schedules, levels and limits of every scenario, and what their heads say of published advice."""
    assert advise_page.refreshed(TEXT, made) == TEXT
    assert all(text in TEXT for text in made.values())


def test_every_scenario_stands_on_the_page() -> None:
    """None of the folder is left out."""
    assert sorted(advise_page.ORDER) == sorted(path.stem for path in advise_page.SCENARIOS.glob("*.toml"))


@pytest.mark.parametrize(
    ("name", "most"), [("amitriptyline-after-carbamazepine", 2), ("amitriptyline-after-carbamazepine-poor", 3)]
)
def test_the_headline_passes_with_few_changes(name: str, most: int, folder: Path, made: Mapping[str, str]) -> None:
    """±20 % with at most two changes, in a CYP2D6 poor metaboliser with at most three."""
    assert made
    best = advise_page.rows(folder / name / "alternatives.csv")[0]

    assert best["passes"] == "true"
    assert int(best["changes"]) <= most


@pytest.mark.parametrize("name", advise_page.ORDER)
def test_a_scenario_meets_its_band_or_says_why_not(name: str, folder: Path, made: Mapping[str, str]) -> None:
    """Every day inside, or a limit that stands in the way; never worse than no change, nor than fewer changes."""
    assert made
    best, *others = advise_page.rows(folder / name / "alternatives.csv")

    assert best["passes"] == "true" or advise_page.record(folder / name)["limits"]
    assert all(float(best["excess"]) <= float(other["excess"]) for other in others)


@pytest.mark.parametrize(
    "name", ["carbamazepine-with-erythromycin", "tacrolimus-with-voriconazole", "phenytoin-with-fluconazole"]
)
def test_what_comes_for_a_time_is_met_for_a_time(name: str, folder: Path, made: Mapping[str, str]) -> None:
    """A lower dose while the inhibitor is there and the one of the file again; waiting alone leaves the band."""
    assert made
    first, *_, last = advise_page.rows(folder / name / "schedule.csv")
    unchanged = next(row for row in advise_page.rows(folder / name / "alternatives.csv") if row["name"] == "unchanged")
    doses = {
        float(row["dose_mg"])
        for row in advise_page.rows(folder / name / "doses.csv")
        if float(row["day"]) < 0 and row["drug"] == first["drug"]
    }

    assert unchanged["passes"] == "false"
    assert float(first["dose_mg"]) < min(doses)
    assert {float(last["dose_mg"])} == doses


def test_no_dose_may_save_apixaban(folder: Path, made: Mapping[str, str]) -> None:
    """Carbamazepine on its highest lasting dose: no change, failing, and the highest dose is what stands in the way."""
    assert made
    told = advise_page.record(folder / "apixaban-with-carbamazepine")

    assert (told["schedule"], told["passes"], told["limits"]) == ("", False, ["highest dose"])
