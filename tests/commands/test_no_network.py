"""No command uses the network but ``population --scheduler``; ``--workers`` talks to its own machine alone."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest
from fit_files import ALL, DATA, written
from runs import daily, regimen, text

from pkinteract.cli import main

ROOT = Path(__file__).parents[2]
EVENTS = ROOT / "tests/records/events/one-compartment.csv"
PATIENT = ROOT / "fits/one-patient-tdm/carbamazepine-two-levels.toml"
LINES = {
    "run": ["run", "case.toml", "--excel", "--out", "run"],
    "levels": ["run", str(PATIENT), "--levels", "--no-figure", "--out", "levels"],
    "rerun": ["rerun", "run/run.json", "--out", "again"],
    "check": ["check", "case.toml"],
    "guidance": ["guidance", "case.toml"],
    "advise": [
        "advise",
        str(ROOT / "scenarios/advise/clozapine-smoking-stops.toml"),
        "--no-figure",
        "--out",
        "advised",
    ],
    "drugs": ["drugs", "carbamazepine"],
    "events": ["events", str(EVENTS), "--drug", str(EVENTS.with_suffix(".toml"))],
    "fit": ["fit", "fit.toml", "--no-figure"],
    "qualify": ["qualify", "--row", "osp-17130", "--no-figure"],
    "population": ["population", "case.toml", "-n", "2", "--no-figure"],
    "sensitivity": ["sensitivity", "case.toml", "-n", "2", "--no-figure"],
    "workers": ["population", "case.toml", "-n", "2", "--no-figure", "--workers", "1", "--out", "workers"],
    "scheduler": ["population", "case.toml", "-n", "2", "--out", "scheduler", "--scheduler"],
}
PROGRAM = """
import json, socket, sys
used = []
def hook(event, arguments):
    if event in ("socket.connect", "socket.bind", "socket.sendto") and arguments[0].family != socket.AF_UNIX:
        used.append([event, str(arguments[1][0])])
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        used.append([event, str(arguments[0])])
sys.addaudithook(hook)
from click.testing import CliRunner
from pkinteract.cli import main
if __name__ == "__main__":
    told = {}
    for name, line in json.loads(sys.argv[1]).items():
        used.clear()
        done = CliRunner().invoke(main, line)
        told[name] = [done.exit_code, done.stderr, used[:]]
    print(json.dumps(told))
"""


@pytest.mark.slow
@pytest.mark.cluster
@pytest.mark.compiled
def test_no_command_uses_the_network(tmp_path: Path) -> None:
    """Every command of the list, seen by the interpreter itself: nothing is connected to, bound, sent or looked up.

    With ``--workers`` all of it stays on the machine. That the hook sees something is shown by ``--scheduler``, whose
    scheduler hangs up at once.
    """
    scenario = text(regimen("carbamazepine", daily("200 mg", "12 h")), days=5)
    (tmp_path / "case.toml").write_text(scenario, "utf-8")
    written(tmp_path, DATA, ALL)
    (tmp_path / "program.py").write_text(PROGRAM, "utf-8")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        Thread(target=lambda: listening.accept()[0].close(), daemon=True).start()
        address = f"tcp://127.0.0.1:{listening.getsockname()[1]}"
        lines = {**LINES, "scheduler": [*LINES["scheduler"], address]}
        done = subprocess.run(
            [sys.executable, "program.py", json.dumps(lines)],
            cwd=tmp_path, capture_output=True, text=True, timeout=300, check=True,
        )  # fmt: skip
    told = json.loads(done.stdout.splitlines()[-1])

    scheduler = told.pop("scheduler")
    workers = told.pop("workers")
    assert {name: (status, said) for name, (status, said, _) in told.items() if status} == {}
    assert {name: used for name, (_, _, used) in told.items() if used} == {}
    assert scheduler[0] == 2
    assert "hangs up at once" in scheduler[1]
    assert {where for _, where in scheduler[2]} == {"127.0.0.1"}
    assert workers[0] == 0, workers[1]
    assert {where for _, where in workers[2]} <= {"127.0.0.1", "localhost"}


def test_every_command_is_asked() -> None:
    """A new command stands in the list."""
    assert {line[0] for line in LINES.values()} == set(main.commands)
