"""The commands ``check`` and ``drugs``: what they print, and with which status."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from runs import daily, once, regimen, text

from pkinteract.cli import main

SCENARIOS = Path(__file__).parents[1] / "scenarios"
SHORT = text(
    regimen("amitriptyline", daily("75 mg", "24 h", "-20 d", "10 d")),
    regimen("carbamazepine", daily("200 mg", "12 h", "-20 d", "0 d")),
)


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test works in a folder of its own, with a scenario in it."""
    monkeypatch.chdir(tmp_path)
    Path("short.toml").write_text(SHORT, "utf-8")


def command(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def test_check_prints_the_patient_the_regimens_and_who_induces_whom() -> None:
    """What a reader verifies before a run, without simulating (golden for one scenario)."""
    done = command("check", "short.toml")

    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert lines[:6] == [
        "short.toml: ok",
        "  test",
        "  patient   female, 45 y, 70 kg, creatinine clearance 95 mL/min",
        "  run       from day -20, output from 0 to 10 d every 1 h, 70 doses, 11 states",
        "  regimen   amitriptyline tablet: day -20 to 10, 75 mg every 24 h",
        "  regimen   carbamazepine tablet: day -20 to 0, 200 mg every 12 h",
    ]
    assert any(
        line.startswith("  acts      carbamazepine → CYP3A4, induction (CAR/PXR) (Emax 6,")
        and "amitriptyline (30%" in line
        for line in lines
    )
    assert not Path("results").exists()


def test_check_prints_warnings() -> None:
    """What looks like a slip is said, and the status stays 0."""
    Path("slip.toml").write_text(text(regimen("carbamazepine", once("200 mg", "0 d", 'until = "9 d"'))), "utf-8")

    done = command("check", "slip.toml")

    assert done.exit_code == 0
    assert "  warning   line 12, regimen[0].course[0]: is a single dose and needs no until" in done.stdout


@pytest.mark.parametrize("path", sorted(SCENARIOS.glob("*.toml")), ids=lambda path: path.stem)
def test_every_scenario_of_the_repository_passes_check(path: Path) -> None:
    """Read and built, with no warning."""
    done = command("check", str(path))

    assert done.exit_code == 0
    assert "warning" not in done.stdout


def test_drugs_lists_the_library() -> None:
    """One line a drug: what clears it, what it induces, its formulations."""
    done = command("drugs")

    assert done.exit_code == 0
    first, *rows = done.stdout.splitlines()
    assert first.split() == ["drug", "group", "cleared", "by", "induces", "formulations"]
    assert {row.split()[0] for row in rows} >= {"amitriptyline", "nortriptyline", "carbamazepine", "levetiracetam"}


def test_drugs_prints_a_monograph_with_its_sources() -> None:
    """Every number with unit and kind, and every citation."""
    from pkinteract.library import load_library

    monograph = load_library().monograph("carbamazepine")

    done = command("drugs", "carbamazepine")

    assert done.exit_code == 0
    for path, value in monograph.values():
        (row,) = (line for line in done.stdout.splitlines() if line.split()[:1] == [path])
        assert f"{value.value:g}" in row
        assert value.unit in row
        assert value.kind in row
    for source in monograph.sources.values():
        assert source.cite in done.stdout


def test_an_unknown_drug_is_refused_with_a_suggestion() -> None:
    """A slip of the pen finds its drug (golden)."""
    done = command("drugs", "carbamazepin")

    assert done.exit_code == 2
    assert done.stderr == (
        "Error: drugs: 1 problem\n"
        "      carbamazepin  is not in the library; did you mean carbamazepine or carbamazepine-epoxide?\n"
    )
