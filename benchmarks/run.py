"""How long things take on this machine: medians and ratios of one run. Usage: make bench."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from scipy.integrate import solve_ivp

from pkinteract import load_scenario
from pkinteract.engine.compiled import solve_at
from pkinteract.engine.reference import Layout
from pkinteract.engine.solve import solve
from pkinteract.model import build

HEADLINE = Path(__file__).parents[1] / "scenarios" / "carbamazepine-to-levetiracetam.toml"
ROUNDS = 9


def main() -> None:
    """Time whole commands, then one simulation against scipy."""
    print(
        f"Python {sys.version.split()[0]}, {os.cpu_count()} cores; medians of {ROUNDS} rounds, commands interleaved\n"
    )
    for name, seconds in _medians(_commands()).items():
        print(f"{name:32s} {seconds:6.3f} s")
    print()
    _engine()


def _commands() -> Mapping[str, Callable[[], None]]:
    command = [sys.executable, "-m", "pkinteract"]
    out = tempfile.mkdtemp(prefix="pkinteract-bench-")
    lines = {
        "bare Python": [sys.executable, "-c", "pass"],
        "import numpy": [sys.executable, "-c", "import numpy"],
        "pkinteract --help": [*command, "--help"],
        "check": [*command, "check", str(HEADLINE)],
        "run --no-figure": [*command, "run", str(HEADLINE), "--no-figure", "--out", f"{out}/plain"],
        "run": [*command, "run", str(HEADLINE), "--out", f"{out}/figure"],
    }
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}

    def call(line: list[str]) -> Callable[[], None]:
        return lambda: subprocess.run(line, check=True, capture_output=True, env=environment) and None

    return {name: call(line) for name, line in lines.items()}


def _medians(calls: Mapping[str, Callable[[], None]]) -> dict[str, float]:
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for call in calls.values():
        call()
    for _ in range(ROUNDS):
        for name, call in calls.items():
            begin = time.perf_counter()
            call()
            taken[name].append(time.perf_counter() - begin)
    return {name: statistics.median(values) for name, values in taken.items()}


def _engine() -> None:
    """The headline system: our CPython run and scipy's LSODA on a Python right-hand side, both at 1e-6."""
    scenario = load_scenario(HEADLINE)
    model = build(scenario)
    system, events = model.system, model.events
    start, stop = scenario.first_time, scenario.duration
    layout = Layout(system)
    stepped, hours = replace(system, step_all=True), np.arange(0.0, stop + 1)

    def lsoda() -> None:
        y, inputs = layout.start(None)
        times = sorted({start, stop, *(event.time for event in events)})
        for left, right in pairwise(times):
            inputs.start = left
            for event in (event for event in events if event.time == left):
                layout.jump(event, y, inputs)
            grid = np.unique([left, *np.arange(np.ceil(left), right), right])
            solved = solve_ivp(
                layout.slopes,
                (left, right),
                y,
                method="LSODA",
                t_eval=grid,
                rtol=1e-6,
                atol=1e-6 * layout.floor,
                args=(inputs,),
            )
            y = solved.y[:, -1].copy()

    begin = time.perf_counter()
    solve_at(stepped, events, start, hours)
    compiling = time.perf_counter() - begin
    runs = {
        "ours": lambda: solve(system, events, start, stop) and None,
        "compiled": lambda: solve_at(stepped, events, start, hours) is None or None,
    }
    taken = _medians(runs)
    ours, compiled = taken["ours"], taken["compiled"]
    begin = time.perf_counter()
    lsoda()
    theirs = time.perf_counter() - begin
    print(f"one run of {(stop - start) / 24:g} d, {system.n_states} states, {len(events)} doses, in CPython")
    print(f"  generated step                 {1000 * ours:8.1f} ms")
    first = f"the first one {compiling:.2f} s, compiled or loaded"
    ratios = f"{theirs / ours:.0f} and {theirs / compiled:.0f} times as long"
    print(f"  compiled by numba              {1000 * compiled:8.1f} ms; {first}")
    print(f"  solve_ivp LSODA, hourly output {1000 * theirs:8.1f} ms, {ratios}")


if __name__ == "__main__":
    main()
