"""The language of a run: of its page, its tables' texts and what is printed."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from runs import daily, regimen, text, written

from pkinteract.cli import main

SWITCH = text(
    regimen("amitriptyline", daily("75 mg", "24 h", "-20 d")),
    regimen("carbamazepine", daily("200 mg", "12 h", "-20 d", "0 d")),
    days=30,
    step="6 h",
)
GERMAN = SWITCH + '[output]\nlanguage = "de"\n'


def command(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.mark.parametrize(("source", "options"), [(GERMAN, []), (SWITCH, ["--language", "de"])])
def test_a_scenario_or_an_option_asks_for_german(tmp_path: Path, source: str, options: list[str]) -> None:
    """Page, terminal, texts of alerts and reasons to draw a level are German; columns and rules stay."""
    done = command("run", written(tmp_path, source), "--out", tmp_path / "out", *options)
    tables = {}
    for name in ("alerts", "sampling"):
        with (tmp_path / "out" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            tables[name] = list(csv.DictReader(file))

    assert done.exit_code == 0
    assert "Was geschieht: Nach Absetzen von Carbamazepin steigt der Spiegel von Amitriptylin" in done.stdout
    assert "alert" not in done.stdout.replace("alerts.csv", "")
    assert '<html lang="de">' in (tmp_path / "out" / "report.html").read_text("utf-8")
    assert {row["why"] for row in tables["sampling"]} <= {
        "die Hälfte der Änderung ist eingetreten",
        "90 % der Änderung sind eingetreten",
    }
    assert {row["rule"] for row in tables["alerts"]} >= {"change"}
    assert all("Spiegel" in row["text"] for row in tables["alerts"])


def test_the_option_goes_before_the_scenario(tmp_path: Path) -> None:
    """Whoever runs a file of somebody else reads it in their own language."""
    done = command("run", written(tmp_path, GERMAN), "--out", tmp_path / "out", "--no-figure", "--language", "en")

    assert "What happens: The level of amitriptyline + nortriptyline rises" in done.stdout


def test_another_language_is_refused_with_those_there_are(tmp_path: Path) -> None:
    """Exit status 2 for the option and for the key, with line and what to write; nothing is written."""
    option = command("run", written(tmp_path, SWITCH), "--out", tmp_path / "out", "--language", "fr")
    key = command("run", written(tmp_path, GERMAN.replace('"de"', '"fr"')), "--out", tmp_path / "out")

    assert (option.exit_code, key.exit_code) == (2, 2)
    assert "'fr' is not one of 'en', 'de'" in option.stderr
    assert "output.language" in key.stderr
    assert "en" in key.stderr.split("output.language")[1]
    assert not (tmp_path / "out").exists()
