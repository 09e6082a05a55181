"""One subject of the common problem by our solvers and by others, and a thousand by ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import rivals
from table import Section, medians, milliseconds, times

from pkinteract import load_scenario
from pkinteract.engine.lanes.solve import solve_lanes
from pkinteract.engine.single.march import solve
from pkinteract.fitting.predict.stacked import reading, stacked_inputs
from pkinteract.model import build
from pkinteract.population.people.specification import specification
from pkinteract.population.run.block import run_block
from pkinteract.population.run.plan import BLOCK, plan_of
from pkinteract.population.statistics.tally import empty_tally

COMMON = Path(__file__).parent / "common.toml"
PATIENTS, ROUNDS, CORES = 1000, 3, 2


def sections() -> Iterator[Section]:
    """One table."""
    scenario = load_scenario(COMMON)
    model = build(scenario)
    stepped = replace(model.system, step_all=True)
    given = rivals.problem(scenario)
    volumes = np.array([stepped.parameters[row.volume] for row in stepped.compounds])
    levels = reading(np.arange(0.0, scenario.duration + 1), np.diag(1 / volumes)[:, :, None])
    alone = stepped, np.array(stepped.parameters)[:, None], stacked_inputs([model.events]), levels
    plan = replace(plan_of(scenario, specification(scenario, PATIENTS)), partition=-(-PATIENTS // CORES))

    def part(place: int) -> None:
        numbers = plan.patients(place)
        tally = empty_tally(plan, len(numbers))
        for start in range(numbers.start, numbers.stop, BLOCK):
            run_block(plan, range(start, min(start + BLOCK, numbers.stop)), tally)
        tally.release()

    def thousand() -> None:
        with ThreadPoolExecutor(CORES) as pool:
            list(pool.map(part, range(plan.partitions)))

    ours: dict[str, Callable[[], object]] = {
        f"{PATIENTS:,} patients, areas, extremes and hourly bands, {CORES} cores": thousand,
        "one subject, in lanes": lambda: solve_lanes(*alone, 0.0, scenario.duration),
        "one subject, CPython": lambda: solve(model.system, model.events, 0.0, scenario.duration),
    }
    theirs: dict[str, Callable[[], object]] = {
        "scipy solve_ivp, LSODA": lambda: rivals.by_solve_ivp(given, "LSODA"),
        "the same, right-hand side that reads arrays": lambda: rivals.by_reference(scenario),
        "scipy solve_ivp, RK45": lambda: rivals.by_solve_ivp(given, "RK45"),
        "scipy odeint": lambda: rivals.by_odeint(given),
    }
    if rivals.has_roadrunner():
        theirs["libroadrunner, CVODE compiled by LLVM"] = rivals.by_roadrunner(given)
    found = medians({**ours, **theirs}, ROUNDS)
    first = next(iter(ours))
    found[first] /= PATIENTS
    lsoda, arrays = found["scipy solve_ivp, LSODA"], found["the same, right-hand side that reads arrays"]
    missing = "" if rivals.has_roadrunner() else " libroadrunner was not installed."
    yield Section(
        title="The common problem by different solvers",
        said="Milliseconds per subject, and how many times as long LSODA takes with a right-hand side in straight-line "
        "Python, the fastest that we know, and with one that reads numpy arrays, as one that serves any system must; "
        f"medians of {ROUNDS} interleaved rounds. The patients differ, are drawn and put into the model within the "
        f"time, and every level is counted for the bands; others solve one subject.{missing} numbalsoda did not build.",
        head=("solver", "ms per subject", "LSODA, straight-line", "LSODA, arrays"),
        rows=[
            (name, milliseconds(value), f"{times(lsoda / value)} times", f"{times(arrays / value)} times")
            for name, value in found.items()
        ],
    )
