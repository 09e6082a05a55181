"""Every file that a command reads is a regular one of a stated size: pipes and devices would be read for ever."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

import pytest
from click.testing import CliRunner
from fit_files import DATA, parameter, written
from runs import once, regimen, text

from pkinteract.cli import main
from pkinteract.text import csv, toml

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names on this system")

LIBRARY = Path(__file__).parents[2] / "pkinteract/library/drugs"
PIPE = "is a pipe, not a file; write what comes through it to a file and name that"
DEVICE = "is a device, not a file; write what is to be read to a file and name that"
FOLDER = "is a folder, not a file"


def large(path: Path) -> None:
    """A byte more than is read, without a byte on the disk."""
    path.touch()
    os.truncate(path, (csv if path.suffix == ".csv" else toml).LARGEST + 1)


KINDS: dict[str, tuple[Callable[[Path], None], str]] = {
    "pipe": (lambda path: os.mkfifo(path), PIPE),
    "device": (lambda path: path.symlink_to("/dev/zero"), DEVICE),
    "folder": (lambda path: path.mkdir(), FOLDER),
    "large": (large, "the file is larger than "),
}

SCENARIO = text(regimen("carbamazepine", once("200 mg")), days=2)
POPULATION = '\n[population]\n{} = "{}"\n'


def scenario(folder: Path, head: str = "", tail: str = "") -> Path:
    path = folder / "case.toml"
    path.write_text(head + SCENARIO + tail, "utf-8")
    return path


def fit(folder: Path, data: str) -> list[str | Path]:
    return ["fit", written(folder, data, parameter("clearance"))]


def records(folder: Path) -> Path:
    path = folder / "records.csv"
    path.write_text("TIME,AMT,DV\n0,100,.\n1,0,1.2\n", "utf-8")
    return path


RECORDS = '[[data]]\nrecords = "{}"\ndrug = "{}"\nunit = "mg/L"\n'
DOORS: dict[str, tuple[str, Callable[[Path, str], list[str | Path]]]] = {
    "scenario of run": ("toml", lambda folder, name: ["run", name]),
    "scenario of check": ("toml", lambda folder, name: ["check", name]),
    "scenario of population": ("toml", lambda folder, name: ["population", name]),
    "scenario of sensitivity": ("toml", lambda folder, name: ["sensitivity", name]),
    "scenario of fit": ("toml", lambda folder, name: ["fit", "--patient", name]),
    "library": ("toml", lambda folder, name: ["run", scenario(folder, f'library = ["{name}"]\n')]),
    "parameters": ("toml", lambda folder, name: ["run", scenario(folder, f'parameters = "{name}"\n')]),
    "patients": ("csv", lambda folder, name: ["run", scenario(folder, "", POPULATION.format("patients", name))]),
    "uncertainty": ("toml", lambda folder, name: ["run", scenario(folder, "", POPULATION.format("uncertainty", name))]),
    "records of events": ("csv", lambda folder, name: ["events", name, "--drug", LIBRARY / "carbamazepine.toml"]),
    "drug of events": ("toml", lambda folder, name: ["events", records(folder), "--drug", name]),
    "fit file": ("toml", lambda folder, name: ["fit", name]),
    "levels of a fit": ("csv", lambda folder, name: fit(folder, DATA.replace("levels.csv", name))),
    "treatment of a fit": ("toml", lambda folder, name: fit(folder, DATA.replace("scenario.toml", name))),
    "records of a fit": ("csv", lambda folder, name: fit(folder, RECORDS.format(name, "drug.toml"))),
    "drug of a fit": ("toml", lambda folder, name: fit(folder, RECORDS.format(records(folder).name, name))),
    "summary of a fit": ("csv", lambda folder, name: fit(folder, f'[[data]]\nsummary = "{name}"\n')),
    "curves of a fit": (
        "csv",
        lambda folder, name: fit(folder, f'[[data]]\nprofiles = "{name}"\nscenario = "scenario.toml"\n'),
    ),
    "studies of qualify": ("csv", lambda folder, name: ["qualify", "--table", name]),
    "drug of qualify": ("toml", lambda folder, name: ["qualify", "--drug", name, "--victim", "midazolam"]),
}


@pytest.fixture(autouse=True)
def _hurry() -> Iterator[None]:
    """A read without end fails instead of waiting."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise TimeoutError("read for 60 s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(60)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("door", DOORS)
def test_what_is_no_file_of_a_known_size_is_refused(
    door: str, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit status 2 with what is there and what to write instead, through every argument and key that names a file."""
    monkeypatch.chdir(tmp_path)
    ending, arguments = DOORS[door]
    make, message = KINDS[kind]
    name = f"given.{ending}"
    make(tmp_path / name)

    done = CliRunner().invoke(main, [str(argument) for argument in arguments(tmp_path, name)])

    assert done.exit_code == 2, done.output
    assert name in done.stderr
    assert message in done.stderr
    assert not (tmp_path / "results").exists()


def test_the_page_states_the_sizes() -> None:
    """docs/scenario.md has the limits that are checked."""
    page = (Path(__file__).parents[2] / "docs" / "scenario.md").read_text("utf-8")

    assert f"TOML file\nmay have {toml.LARGEST:,} bytes, a CSV file {csv.LARGEST:,}" in page


@pytest.mark.parametrize("name", ["run", "check", "guidance", "population", "advise", "events"])
def test_a_name_that_no_record_can_hold_is_refused(name: str, tmp_path: Path) -> None:
    """Bytes that are no UTF-8: exit status 2 with what to do, and nothing written."""
    odd = Path(os.fsdecode(bytes(tmp_path) + b"/\xff.toml"))
    odd.write_text("", "utf-8")

    done = CliRunner().invoke(main, [name, str(odd)])

    assert done.exit_code == 2
    assert "has a name that is not UTF-8; rename it" in done.stderr
