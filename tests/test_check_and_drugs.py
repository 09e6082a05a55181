"""The commands ``check`` and ``drugs``: what they print, and with which status."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from runs import daily, once, regimen, text

from pkinteract.cli import main
from pkinteract.library import load_library
from pkinteract.report.text import library_lines

SCENARIOS = Path(__file__).parents[1] / "scenarios"
EVERYTHING = Path(__file__).parent / "drugs" / "everything.toml"
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
        line.startswith("  acts      carbamazepine → CYP3A4, induction (CAR/PXR) (Emax 4,")
        and "amitriptyline (27%" in line
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
    """Every drug begins a line: what clears it, what it does to others, its formulations; 120 columns hold it."""
    done = command("drugs")

    assert done.exit_code == 0
    first, *rows = done.stdout.splitlines()
    assert first.split() == ["drug", "group", "cleared", "by", "acts", "formulations"]
    drugs = {row.split()[0] for row in rows if not row.startswith(" ")}
    assert drugs >= {"amitriptyline", "nortriptyline", "carbamazepine", "levetiracetam"}
    assert max(map(len, [first, *rows])) <= 120


def test_the_list_of_drugs_says_everything_that_a_drug_does_to_others() -> None:
    """Induction, inhibition, inactivation and displacement, each with its targets (golden for one drug)."""
    library = load_library([EVERYTHING])

    lines = library_lines(library)

    first = next(n for n, line in enumerate(lines) if line.startswith("everything "))
    column = lines[0].index("acts")
    acts = [line[column : lines[0].index("formulations")].strip() for line in lines[first : first + 4]]
    assert acts == [
        "induces CYP3A4, CYP1A2",
        "inhibits CYP3A4, CYP2D6",
        "inactivates CYP3A4",
        "displaces carbamazepine",
    ]
    assert max(map(len, lines)) <= 120


def test_drugs_prints_a_monograph_with_its_sources() -> None:
    """Every number with unit and kind, and every citation."""
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
