"""Medication lists as letters have them, ``tests/lists/``: of every drug, and of every two, something is said.

Each is of an epilepsy clinic, a psychiatric ward, a transplant clinic, a pain clinic or an old patient: brands of three
countries, at steady state, with one drug that is begun or stopped at t = 0.
"""

from __future__ import annotations

import csv
import json
from itertools import permutations
from pathlib import Path
from typing import get_args

import pytest
from click.testing import CliRunner

from pkinteract import load_scenario
from pkinteract.cli import main
from pkinteract.library import load_library
from pkinteract.model.expectation.evidence import Status, pair_evidence
from pkinteract.text.toml import read_toml

LISTS = sorted((Path(__file__).parents[1] / "lists").glob("*.toml"))
LIBRARY = load_library()


def written(path: Path) -> list[str]:
    """The drugs of a letter as it names them: those with a regimen, and the others."""
    data = read_toml(path).data
    return [*(entry["drug"] for entry in data["regimen"]), *data["not_modelled"]]


@pytest.fixture(params=LISTS, ids=lambda path: path.stem)
def letter(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


def test_there_are_twenty_letters_of_six_drugs_and_more() -> None:
    """Twenty lists, each of six to ten drugs, one change at t = 0 (the parts of one product change together)."""
    assert len(LISTS) == 20
    assert all(6 <= len(written(path)) <= 10 for path in LISTS)
    for path in LISTS:
        courses = [course for regimen in load_scenario(path).regimens for course in regimen.courses]
        changed = {(course.start, course.stop) for course in courses if course.start == 0 or course.stop == 0}
        assert len(changed) == 1, path.stem


def test_every_drug_is_found_or_said_to_be_missing(letter: Path) -> None:
    """The name of a letter means one drug, or a racemate, that is simulated, or stands among those that are not."""
    scenario = load_scenario(letter)

    for name in written(letter):
        meaning, racemate = LIBRARY.meaning(name), LIBRARY.racemate(name)
        if name in read_toml(letter).data["not_modelled"]:
            assert meaning is racemate is None
            assert name.casefold() in {other.casefold() for other in scenario.not_modelled}
        else:
            drugs = racemate.drugs if racemate is not None else [] if meaning is None else [meaning.drug]
            assert drugs
            assert set(drugs) <= set(scenario.dosed), name


def test_every_pair_has_a_status(letter: Path) -> None:
    """Each ordered pair of dosed drugs once, with a status that the manual has and both grades."""
    scenario = load_scenario(letter)
    evidence = pair_evidence(scenario)

    assert [(pair.perpetrator, pair.victim) for pair in evidence] == list(permutations(scenario.dosed, 2))
    assert {pair.status for pair in evidence} <= set(get_args(Status))
    assert all(pair.grade_perpetrator and pair.grade_victim for pair in evidence)


def test_check_leaves_no_question(letter: Path) -> None:
    """No warning but of a low dose; what is taken besides is said once, and lines on the pairs fit 110 letters."""
    done = CliRunner().invoke(main, ["check", str(letter)])

    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert all("below the usual" in line for line in lines if line.startswith("  warning "))
    assert sum(line.startswith("  taken but not in the model") for line in lines) == 1
    known = lines[lines.index("  what is known of each pair:") :]
    assert all(len(line) <= 110 for line in known if not line.startswith("  warning "))


@pytest.mark.slow
def test_every_letter_runs(letter: Path, tmp_path: Path) -> None:
    """The run ends, pairs.csv has every pair, and run.json what is not modelled."""
    done = CliRunner().invoke(main, ["run", str(letter), "--no-figure", "--out", str(tmp_path / "out")])

    assert done.exit_code == 0, done.output
    record = json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))
    scenario = load_scenario(letter)
    assert record["not_modelled"] == list(scenario.not_modelled)
    with (tmp_path / "out" / "pairs.csv").open(encoding="utf-8", newline="") as file:
        assert [(row["perpetrator"], row["victim"]) for row in csv.DictReader(file)] == list(
            permutations(scenario.dosed, 2)
        )
