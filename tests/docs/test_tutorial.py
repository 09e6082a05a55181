"""docs/tutorial.md: what it tells to type can be typed, and what it says comes out does."""

from __future__ import annotations

import csv
import math
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

PAGE = (Path(__file__).parents[2] / "docs" / "tutorial.md").read_text("utf-8")
BLOCK = re.compile(r"^```(sh|toml)\n(.*?)^```", re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the page was followed from top to bottom, with the real command."""
    where = tmp_path_factory.mktemp("tutorial")
    for kind, text in BLOCK.findall(PAGE):
        if kind == "toml" and text.startswith("# "):
            (where / text.split("\n")[0].removeprefix("# ")).write_text(text, "utf-8")
        for line in text.splitlines() if kind == "sh" else ():
            program, *arguments = shlex.split(line)
            assert program == "pkinteract"
            typed(where, *arguments)
    return where


def typed(where: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "pkinteract", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        command, cwd=where, capture_output=True, text=True, encoding="utf-8", env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def ratios(file: Path) -> Iterator[tuple[float, float]]:
    with file.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            if (row["scenario"], row["analyte"]) == ("induced", "my-midazolam"):
                yield float(row["cavg_ratio"]), float(row["cmax_ratio"])


def test_the_commands_run_and_draw_the_picture(folder: Path) -> None:
    """Every command ends well; tables and pictures are there."""
    assert (folder / "results/alone/concentrations.png").stat().st_size > 10_000
    assert (folder / "midazolam/comparison.png").stat().st_size > 10_000
    assert (folder / "midazolam/induced/concentrations.svg").exists()


def test_the_table_of_weeks_is_what_the_run_writes(folder: Path) -> None:
    """The ratios on the page are those of comparison.csv, to the digits shown."""
    shown = re.findall(r"^\| \d \| ([01]\.\d{3}) \| ([01]\.\d{3}) \|$", PAGE, re.MULTILINE)

    found = [(f"{cavg:.3f}", f"{cmax:.3f}") for cavg, cmax in ratios(folder / "midazolam/comparison.csv")]

    assert found == shown


def test_the_study_is_predicted(folder: Path) -> None:
    """In week four AUC lies in the 90 % interval of Lutz 2018, Cmax within a tenth of its end (published numbers)."""
    auc, peak = list(ratios(folder / "midazolam/comparison.csv"))[3]

    assert 0.183 <= auc <= 0.244
    assert 0.281 <= peak <= 0.361 * 1.1


def test_the_arithmetic_of_the_page_holds(folder: Path) -> None:
    """AUC = F·dose/CL, and the half-life is that of volume and clearance (closed form)."""
    with (folder / "results/alone/concentrations.csv").open(encoding="utf-8", newline="") as stream:
        level = {float(row["time_h"]): float(row["my-midazolam_ng_per_mL"]) for row in csv.DictReader(stream)}
    with (folder / "midazolam/comparison.csv").open(encoding="utf-8", newline="") as stream:
        alone = [float(row["cavg"]) for row in csv.DictReader(stream) if row["scenario"] == "alone"]

    assert alone[3] == pytest.approx(0.2703, abs=5e-5)
    assert alone[3] * 168 == pytest.approx(1000 * 0.44 * 2 / 19.38, rel=1e-3)
    assert math.log(2) / math.log(level[152] / level[153]) == pytest.approx(1.8, abs=0.05)


def test_the_override_of_the_page_can_be_added(folder: Path) -> None:
    """The last block goes at the end of the scenario, and moves the ratio."""
    override = next(text for kind, text in BLOCK.findall(PAGE) if kind == "toml" and text.startswith("[override"))
    for name in ("alone", "induced"):
        text = (folder / f"{name}.toml").read_text("utf-8")
        (folder / "split").mkdir(exist_ok=True)
        (folder / "split" / f"{name}.toml").write_text(text.replace('["my-', '["../my-') + override, "utf-8")

    typed(folder / "split", "run", "alone.toml", "induced.toml", "--no-figure")

    auc, _ = list(ratios(folder / "split/results/comparison.csv"))[3]
    assert abs(auc - 0.177) > 0.01


def test_the_commands_that_the_text_mentions_run(folder: Path) -> None:
    """The export of the last section writes its data sets."""
    typed(folder, *["run", "induced.toml", "--format", "nonmem", "--no-figure", "--out", "data"])

    assert {path.name for path in (folder / "data").glob("nonmem*")} == {
        "nonmem-my-midazolam.csv",
        "nonmem-carbamazepine.csv",
        "nonmem.txt",
    }
