"""``not_modelled``: what is taken and not in the library is told of in every record of a run, and changes no number."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from runs import daily, drug, regimen, text, written

from pkinteract import load_scenario
from pkinteract.cli import main

TOLD = "taken but not in the model, nothing is said of their interactions: "


def listing(names: str, *, given: str = "amitriptyline") -> str:
    """A scenario of one drug, with a list of what else is taken."""
    title, rest = text(regimen(given, daily("75 mg", "24 h")), days=2).split("\n", 1)
    return f"{title}\nnot_modelled = {names}\n{rest}"


def unwrapped(output: str) -> str:
    return " ".join(output.split())


def test_every_command_says_once_what_is_taken_besides(tmp_path: Path) -> None:
    """check, run, population and both records: names as they are known elsewhere, others as they are written."""
    path = written(tmp_path, listing('["metformin", "Ramipril", "ASS 100"]'))
    names = ["metformin", "ramipril", "ASS 100"]
    commands = {
        "check": ["check", str(path)],
        "run": ["run", str(path), "--no-figure", "--out", str(tmp_path / "run")],
        "population": ["population", str(path), "-n", "2", "--no-figure", "--out", str(tmp_path / "population")],
    }

    done = {name: CliRunner().invoke(main, arguments) for name, arguments in commands.items()}

    for each in done.values():
        assert each.exit_code == 0, each.output
        assert unwrapped(each.output).count(TOLD + ", ".join(names)) == 1
        assert "warning" not in each.output
    for name in ("run", "population"):
        assert json.loads((tmp_path / name / "run.json").read_text("utf-8"))["not_modelled"] == names


def test_a_list_changes_no_number(tmp_path: Path) -> None:
    """The concentrations of a run are those without the list, to the last byte."""
    for name, names in (("with", '["metformin", "Marcumar"]'), ("without", "[]")):
        (tmp_path / name).mkdir()
        path = written(tmp_path / name, listing(names))
        done = CliRunner().invoke(main, ["run", str(path), "--no-figure", "--out", str(tmp_path / name / "out")])
        assert done.exit_code == 0, done.output

    one, other = ((tmp_path / name / "out" / "concentrations.csv").read_bytes() for name in ("with", "without"))

    assert one == other


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (
            "carbamazepne",
            '"carbamazepne" is not in the library; did you mean carbamazepine (antiseizure)?',
        ),
        ("Tegretol 200 mg", '"Tegretol 200 mg" begins with Tegretol, which is carbamazepine; write drug = '),
        (
            "carbamazepine + zolpidem",
            '"carbamazepine + zolpidem" is several drugs; write a [[regimen]] ',
        ),
        ("metformn", ""),
        ("Lamisil", ""),
        ("an unknown word", ""),
    ],
)
def test_a_name_that_may_mean_a_drug_of_the_library_is_warned_of(name: str, words: str, tmp_path: Path) -> None:
    """A slip for it, or more behind it, is accepted with a warning at its key; other names are with none."""
    scenario = load_scenario(written(tmp_path, listing(f'["{name}"]')))

    assert scenario.not_modelled == (name,)
    assert [warning.partition("not_modelled[0]: ")[2][: len(words)] for warning in scenario.warnings] == [words] * bool(
        words
    )


def test_a_drug_of_ones_own_file_is_in_the_library(tmp_path: Path) -> None:
    """A name that the file's own library defines is refused as the shipped ones are."""
    mine = drug("my-drug", '[names]\nbrands = ["Metformin"]\n')
    path = written(tmp_path, listing('["metformin"]', given="my-drug"), (mine,))

    done = CliRunner().invoke(main, ["check", str(path)])

    assert done.exit_code == 2
    assert "not_modelled[0]  metformin is my-drug, which is in the library; write a [[regimen]]" in done.output
