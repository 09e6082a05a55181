"""The fits of published summary numbers that ship: each gives its committed result again from its start values."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from fit_files import command

from pkinteract import load_scenario
from pkinteract.units import split

FITS = Path(__file__).parents[1] / "fits"
NAMES = ("carbamazepine-deinduction", "levetiracetam-renal", "amitriptyline-nortriptyline")


def overrides(text: str) -> dict[tuple[str, str], tuple[float, str]]:
    """Number and unit of every value by what it belongs to and its path."""
    tables = tomllib.loads(text)["override"]
    return {(owner, path): split(value) for owner, rows in tables.items() for path, value in rows.items()}


def intervals(text: str) -> list[list[float]]:
    """Ends of the 95 % intervals that stand beside the values."""
    return [[float(end) for end in ends] for ends in re.findall(r"95 % ([0-9.]+) to ([0-9.]+)", text)]


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_fit_gives_its_committed_result(name: str, tmp_path: Path) -> None:
    """Estimates to 1e-5, the noise of derivatives from runs at 1e-9 over steps of 1e-4; intervals to their digits."""
    done = command("fit", FITS / name / "fit.toml", "--out", tmp_path / "out", "--no-figure")

    assert done.exit_code == 0, done.output
    assert "warning" not in done.output
    made = (tmp_path / "out/result.toml").read_text("utf-8")
    kept = (FITS / name / "result.toml").read_text("utf-8")
    found, committed = overrides(made), overrides(kept)
    assert found.keys() == committed.keys()
    for key, (number, unit) in committed.items():
        assert found[key] == (pytest.approx(number, rel=1e-5), unit), key
    assert intervals(made) == [pytest.approx(ends, rel=1e-3) for ends in intervals(kept)]


@pytest.mark.parametrize(
    ("name", "scenario", "path"),
    [
        ("carbamazepine-deinduction", "monotherapy.toml", ("enzymes", "CYP3A4.liver.half_life")),
        ("levetiracetam-renal", "mild.toml", ("levetiracetam", "elimination.renal_function.1.factor")),
        ("amitriptyline-nortriptyline", "steady-150.toml", ("nortriptyline", "elimination.clearance")),
    ],
)
def test_a_scenario_takes_the_committed_result(name: str, scenario: str, path: tuple[str, str], tmp_path: Path) -> None:
    """``parameters`` names the result: fractions add up, F is possible, and its values are those of the run."""
    kept = FITS / name / "result.toml"
    (tmp_path / "result.toml").write_text(kept.read_text("utf-8"), "utf-8")
    text = (FITS / name / scenario).read_text("utf-8")
    (tmp_path / "scenario.toml").write_text(f'parameters = "result.toml"\n{text}', "utf-8")

    read = load_scenario(tmp_path / "scenario.toml")

    number, unit = overrides(kept.read_text("utf-8"))[path]
    owner, rest = path
    if owner == "enzymes":
        value = read.enzymes["CYP3A4"].organs["liver"].half_life
    else:
        value = dict(read.monographs[owner].values())[rest]
    assert (value.value, value.unit) == (pytest.approx(number), unit)


@pytest.mark.parametrize("name", NAMES)
def test_every_published_number_names_its_paper(name: str) -> None:
    """A source is more than a word, and the header of the fit says what was left out or assumed."""
    head, *rows = [
        line for line in (FITS / name / "published.csv").read_text("utf-8").splitlines() if not line.startswith("#")
    ]

    assert "source" in head.split(",")
    assert all(re.search(r"PMID \d+|\b(19|20)\d\d\b|third-party copy|droracle", row) for row in rows)
    assert (FITS / name / "fit.toml").read_text("utf-8").startswith("# ")
