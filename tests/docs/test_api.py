"""The Python door: its examples run, and its frames are the files of the commands."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import click.testing
import pandas as pd
import pytest

import pkinteract
from pkinteract.cli import main
from pkinteract.errors import InputError

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "api.md"
CHRONIC = ROOT / "scenarios" / "carbamazepine-chronic.toml"


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that has the scenarios and fits of the repository, and is the working directory."""
    for name in ("scenarios", "fits"):
        (tmp_path / name).symlink_to(ROOT / name, target_is_directory=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def command(*arguments: str | Path) -> None:
    """Run a command; it must succeed."""
    done = click.testing.CliRunner().invoke(main, [str(argument) for argument in arguments], catch_exceptions=False)

    assert done.exit_code == 0, done.output


def same(frame: pd.DataFrame, file: Path) -> None:
    """Columns, order and cells of a frame are those of a file."""
    written = pd.read_csv(file, keep_default_na=False, na_values=[""])
    again = pd.read_csv(io.StringIO(frame.to_csv(index=False)), keep_default_na=False, na_values=[""])

    pd.testing.assert_frame_equal(again, written, rtol=1e-6, check_dtype=False)


@pytest.mark.slow
@pytest.mark.compiled
def test_the_examples_of_the_page_run(checkout: Path) -> None:
    """The blocks of docs/api.md in order, in one namespace; what they find is what the rest of the documents say."""
    namespace: dict[str, Any] = {}

    for n, block in enumerate(re.findall(r"^```python\n(.*?)^```", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)):
        exec(compile(block, f"docs/api.md, block {n + 1}", "exec"), namespace)

    assert namespace["after"] / namespace["before"] == pytest.approx(1.7, abs=0.2)
    assert len(namespace["people"].patients) == 100
    assert set(namespace["weeks"]["scenario"]) == {"carbamazepine-to-levetiracetam", "taper-with-cross-titration"}
    assert (checkout / "result-1.toml").is_file()
    assert set(namespace["studies"].qualification["state"]) == {"simulated"}
    assert set(namespace["keys"]) >= {"simulation", "patient", "regimen"}


def test_the_door_is_described() -> None:
    """Every function at the top of the package stands in the table of docs/api.md, and has a docstring."""
    functions = {name for name in pkinteract.__all__ if callable(getattr(pkinteract, name))}
    table = "".join(re.findall(r"^\| `.*", PAGE.read_text("utf-8"), re.MULTILINE))

    assert functions == set(re.findall(r"`(\w+)\(", table))
    assert all(getattr(pkinteract, name).__doc__ for name in functions)


def test_importing_the_package_imports_nothing_else() -> None:
    """No library of others is loaded before a function is asked for, and no module of ours."""
    code = (
        "import sys; import pkinteract; loaded = set(sys.modules)\n"
        "print([n for n in loaded if n.partition('.')[0] in ('numpy', 'pandas', 'pydantic', 'scipy', 'click')],\n"
        "      [n for n in loaded if n.startswith('pkinteract.')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "[] []\n"


@pytest.mark.slow
def test_a_name_of_the_door_is_a_function_whatever_was_imported() -> None:
    """Modules below a folder of the same name leave the function where it is, in any order of the imports."""
    code = (
        "import pkinteract.population.people.draw, pkinteract.qualify.measure, pkinteract.fitting, pkinteract\n"
        "from pkinteract import fit, population, qualify, simulate\n"
        "import pkinteract.population.statistics.tally, pkinteract.qualify.run\n"
        "for function in (fit, population, qualify, simulate):\n"
        "    assert callable(function) and getattr(pkinteract, function.__name__) is function"
    )

    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True)


@pytest.mark.compiled
def test_the_frames_of_a_population_are_its_files(tmp_path: Path) -> None:
    """The same patients and numbers as the command writes, column by column."""
    command("population", CHRONIC, "-n", "20", "--seed", "5", "--out", tmp_path / "out", "--no-figure")

    frames = pkinteract.population(pkinteract.load_scenario(CHRONIC), n=20, seed=5)

    for name in ("patients", "bands", "days", "metrics", "risk"):
        same(getattr(frames, name), tmp_path / "out" / f"{name}.csv")


@pytest.mark.compiled
@pytest.mark.slow
def test_the_frames_of_a_fit_are_its_files(tmp_path: Path) -> None:
    """Estimates, predictions and the file for scenarios are those that the command writes."""
    path = ROOT / "fits" / "theophylline" / "fit.toml"
    command("fit", path, "--out", tmp_path / "out", "--no-figure")

    frames = pkinteract.fit(path)

    same(frames.estimates, tmp_path / "out" / "estimates.csv")
    same(frames.predictions, tmp_path / "out" / "predictions.csv")
    assert {name: (tmp_path / "out" / name).read_text("utf-8") for name in frames.files} == dict(frames.files)


def test_the_frames_of_a_qualification_are_its_files(tmp_path: Path) -> None:
    """One study: the row and the summary that the command writes."""
    command("qualify", "--row", "osp-959", "--out", tmp_path / "out", "--no-figure")

    frames = pkinteract.qualify(row="osp-959")

    same(frames.qualification, tmp_path / "out" / "qualification.csv")
    same(frames.summary, tmp_path / "out" / "summary.csv")


def test_the_frames_of_a_run_are_its_files(tmp_path: Path) -> None:
    """Every table of a run, of the result itself and of what is judged on it."""
    command("run", CHRONIC, "--out", tmp_path / "out", "--no-figure")

    result = pkinteract.simulate(pkinteract.load_scenario(CHRONIC))

    frames = {
        "concentrations": result.concentrations,
        "enzymes": result.enzyme_levels,
        "clearances": result.clearances,
        "doses": result.doses,
        "exposure": pkinteract.exposure(result),
        "alerts": pkinteract.alerts(result),
    }
    for name, frame in frames.items():
        same(frame, tmp_path / "out" / f"{name}.csv")


def test_an_unknown_study_is_refused() -> None:
    """A name that stands in no row of the studies is an input error, as it is on the command line."""
    with pytest.raises(InputError, match="stands in no row"):
        pkinteract.qualify(row="osp-0")
