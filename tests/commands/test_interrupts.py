"""Ctrl-C, a real signal to a real process: exit status 130, and results that are whole, old or not there."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fit_files import ALL, DATA, written
from forks import Forks, forks

ROOT = Path(__file__).parents[2]
SCENARIO = ROOT / "scenarios/carbamazepine-single-dose.toml"
PATIENT = ROOT / "fits/one-patient-tdm/carbamazepine-two-levels.toml"
EVENTS = Path(__file__).parents[1] / "records/events/one-compartment.csv"

COMMANDS = {
    "run": ["run", SCENARIO, "--no-figure"],
    "check": ["check", SCENARIO],
    "drugs": ["drugs", "carbamazepine"],
    "events": ["events", EVENTS, "--drug", EVENTS.with_suffix(".toml")],
    "fit": ["fit", "fit.toml", "--no-figure"],
    "patient": ["fit", "--patient", PATIENT, "--no-figure"],
    "qualify": ["qualify", "--row", "osp-17130", "--no-figure"],
    "population": ["population", SCENARIO, "-n", 2, "--no-figure"],
    "sensitivity": ["sensitivity", SCENARIO, "-n", 2, "--no-figure"],
}
pytestmark = pytest.mark.cluster

WRITING = ("run", "events", "fit", "patient", "qualify")

PROGRAM = """
import importlib, os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
calls, when = 0, int(sys.argv.pop(1))
def interrupting(act):
    def acted(*arguments, **named):
        global calls
        calls += 1
        if calls == when:
            os.kill(os.getpid(), signal.SIGINT)
        return act(*arguments, **named)
    return acted
stage = sys.argv.pop(1)
place, name = {
    "reading": ("tomllib", "loads"),
    "placing": ("pathlib:Path", "rename"),
    "exchanging": ("pkinteract.text.folder", "exchange"),
    "values": ("pkinteract.fitting.search.numbers:Numbers", "all_values"),
    "parsing": ("click:Group", "parse_args"),
    "executing": ("tomllib", "loads"),
    "starting workers": ("distributed:SpecCluster", "_start"),
}[stage]
module, _, inside = place.partition(":")
owner = importlib.import_module(module)
owner = getattr(owner, inside) if inside else owner
if stage == "executing":
    setattr(owner, name, lambda *_: exec("os.kill(os.getpid(), signal.SIGINT)"))
else:
    setattr(owner, name, interrupting(getattr(owner, name)))
import pkinteract.cli as cli
cli.main(prog_name="pkinteract")
"""


@pytest.fixture(scope="module")
def started() -> Iterator[Forks]:
    """What every command of this file begins from."""
    with forks() as one:
        yield one


def interrupted(started: Forks, stage: str, name: str, folder: Path, when: int = 1) -> subprocess.CompletedProcess[str]:
    """Run a command that gets SIGINT when it reads TOML, renames a file or works out values, for some time."""
    out = ["--out", "out"] if name not in ("check", "drugs") else []
    return started.run(PROGRAM, [when, stage, *COMMANDS[name], *out], folder)


@pytest.mark.parametrize("name", COMMANDS)
def test_ctrl_c_ends_a_command_with_130(name: str, tmp_path: Path, started: Forks) -> None:
    """While it reads: status 130, no traceback, nothing written."""
    written(tmp_path, DATA, ALL)

    done = interrupted(started, "reading", name, tmp_path)

    assert done.returncode == 130, done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())


@pytest.mark.parametrize("name", WRITING)
def test_ctrl_c_never_leaves_a_mixed_folder(name: str, tmp_path: Path, started: Forks) -> None:
    """As a new or another folder is put in place: 130, and every file of the new results is there, none of a draft."""
    written(tmp_path, DATA, ALL)
    whole = "import pkinteract.cli as cli\ncli.main(prog_name='pkinteract')"
    assert started.run(whole, [*COMMANDS[name], "--out", "whole"], tmp_path).returncode == 0

    for stage in ("placing", "exchanging"):
        done = interrupted(started, stage, name, tmp_path)

        assert done.returncode == 130, done.stderr
        assert "Traceback" not in done.stderr
        assert {path.name for path in (tmp_path / "out").iterdir()} == {
            path.name for path in (tmp_path / "whole").iterdir()
        }
        assert not list(tmp_path.glob(".unfinished-*"))


@pytest.mark.parametrize("name", ["fit", "patient"])
@pytest.mark.parametrize("when", [1, 10, 30, 60])
def test_ctrl_c_inside_a_search_leaves_no_half_of_a_result(
    name: str, when: int, tmp_path: Path, started: Forks
) -> None:
    """Wherever a search is when it comes, at the start or at the end of a fit: status 130, and all files or none."""
    written(tmp_path, DATA, ALL)

    done = interrupted(started, "values", name, tmp_path, when)

    assert done.returncode == 130, done.stderr
    assert "defect" not in done.stderr
    kept = {path.name for path in (tmp_path / "out").iterdir()} if (tmp_path / "out").exists() else set()
    assert not kept or {"report.md", "estimates.csv", "result.toml", "run.json"} <= kept
    assert not any(name.startswith(".") for name in kept)


@pytest.mark.parametrize("stage", ["parsing", "executing"])
def test_ctrl_c_ends_with_130_wherever_python_is(stage: str, tmp_path: Path, started: Forks) -> None:
    """Also where click would say that it aborted, and inside a text that is executed, after which CPython would die."""
    done = interrupted(started, stage, "check", tmp_path)

    assert done.returncode == 130, done.stderr
    assert "Traceback" not in done.stderr


def test_ctrl_c_while_the_command_is_imported_ends_it_with_130(tmp_path: Path) -> None:
    """Half of the time of a short command: no traceback either."""
    code = (
        "import os, signal, sys\nfrom pkinteract.__main__ import start\n"
        "class Struck:\n    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'click.types':\n            os.kill(os.getpid(), signal.SIGINT)\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\nsys.meta_path.insert(0, Struck())\nstart()"
    )

    done = subprocess.run([sys.executable, "-c", code, "--version"], capture_output=True, text=True, check=False)

    assert done.returncode == 130, done.stderr
    assert "Traceback" not in done.stderr


def _left(group: int) -> bool:
    """Whether a process of a group is still there after 20 s."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return False
        time.sleep(0.1)
    return True


def test_ctrl_c_while_workers_start_is_not_lost(tmp_path: Path) -> None:
    """It comes to the whole group, as from a terminal: status 130 when they have started, and none of them is left."""
    arguments = ["population", str(SCENARIO), "-n", "2000", "--no-figure", "--workers", "2", "--out", "out"]
    program = PROGRAM.replace("os.kill(os.getpid()", "os.killpg(os.getpgid(0)")
    with subprocess.Popen(
        [sys.executable, "-c", program, "1", "starting workers", *arguments],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    ) as running:  # fmt: skip
        _, said = running.communicate(timeout=300)

    assert running.returncode == 130, said
    assert "Traceback" not in said
    assert not _left(running.pid), said
    assert not list((tmp_path / "out" / "partitions").glob("*.npz"))
