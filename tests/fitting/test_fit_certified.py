"""Fits with known answers: the shipped files against independent estimates by R's nls, from two starts each."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from fit_files import command

pytestmark = pytest.mark.compiled

ROOT = Path(__file__).parents[2]
ANSWERS = Path(__file__).parent / "certified"
STARTS = {
    "theophylline": {"ka": "0.5 1/h", "ke": "0.2 1/h", "clearance": "0.1 L/h/kg"},
    "indometacin": {"a1": "6 mg/L", "rate1": "4 1/h", "a2": "1 mg/L", "rate2": "0.5 1/h"},
}
"""Another starting point, beside the shipped one."""


def estimates(name: str, start: dict[str, str], folder: Path) -> dict[tuple[str, str], dict[str, str]]:
    """Rows of ``estimates.csv`` by subject and parameter, of the shipped fit from another starting point."""
    for file in (ROOT / "fits" / name).iterdir():
        text = file.read_text("utf-8")
        for parameter, initial in start.items() if file.name == "fit.toml" else ():
            pattern = rf'(\[parameter\.{parameter}\]\n(?:path.*\n)?)initial = ".*"'
            text, count = re.subn(pattern, rf'\1initial = "{initial}"', text)
            assert count == 1
        (folder / file.name).write_text(text, "utf-8")

    done = command("fit", folder / "fit.toml", "--out", folder / "out", "--no-figure")

    assert done.exit_code == 0, done.output
    with (folder / "out/estimates.csv").open(encoding="utf-8") as rows:
        return {(row["subject"], row["parameter"]): row for row in csv.DictReader(rows)}


def answers(name: str) -> list[dict[str, str]]:
    with (ANSWERS / f"{name}_nls.csv").open(encoding="utf-8") as rows:
        return list(csv.DictReader(rows))


@pytest.mark.parametrize("start", [{}, STARTS["theophylline"]], ids=["shipped", "other"])
def test_theophylline_is_estimated_as_by_an_independent_program(start: dict[str, str], tmp_path: Path) -> None:
    """log ke, log ka and log CL of twelve subjects to 4 digits, their standard errors to 2 % (published number)."""
    found = estimates("theophylline", start, tmp_path)

    for row in answers("theophylline"):
        for name, key in (("ke", "lKe"), ("ka", "lKa"), ("clearance", "lCl")):
            mine = found[row["subject"], name]
            assert float(mine["log_estimate"]) == pytest.approx(float(row[key]), rel=5e-5), (row["subject"], name)
            assert float(mine["log_standard_error"]) == pytest.approx(float(row[f"se_{key}"]), rel=0.02)


@pytest.mark.parametrize("start", [{}, STARTS["indometacin"]], ids=["shipped", "other"])
def test_indometacin_is_estimated_as_by_an_independent_program(start: dict[str, str], tmp_path: Path) -> None:
    """Both exponentials of six subjects to 4 digits (published number)."""
    found = estimates("indometacin", start, tmp_path)

    for row in answers("indometacin"):
        subject = row["subject"]
        assert float(found[subject, "a1"]["estimate"]) == pytest.approx(float(row["A1"]), rel=5e-5), subject
        assert float(found[subject, "a2"]["estimate"]) == pytest.approx(float(row["A2"]), rel=5e-5), subject
        assert float(found[subject, "rate1"]["log_estimate"]) == pytest.approx(float(row["lrc1"]), rel=5e-5), subject
        assert float(found[subject, "rate2"]["log_estimate"]) == pytest.approx(float(row["lrc2"]), rel=5e-5), subject
