"""The worst of ten thousand virtual patients, against the reference solver."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from table import Section

from pkinteract import load_scenario
from pkinteract.engine.events import Event
from pkinteract.engine.lanes.doses import KINDS
from pkinteract.engine.lanes.solve import solve_lanes
from pkinteract.engine.reference.solve import solve_reference
from pkinteract.engine.system import System
from pkinteract.fitting.predict.stacked import reading, stacked_inputs
from pkinteract.population.people.cohort import Array
from pkinteract.population.people.draw import draw
from pkinteract.population.people.specification import specification
from pkinteract.population.run.bodies import bodies, reporting
from pkinteract.population.run.plan import RunPlan, plan_of
from pkinteract.population.run.solve import solved_patients
from pkinteract.population.statistics.metrics import HIGHEST
from pkinteract.scenario import Scenario

SCENARIO = Path(__file__).parents[1] / "scenarios" / "carbamazepine-to-levetiracetam.toml"
PATIENTS, RANDOM, EXTREME, SCIPY = 10_000, 200, 50, 3


def sections() -> Iterator[Section]:
    """One table: each analyte's largest error."""
    scenario = load_scenario(SCENARIO)
    plan = plan_of(scenario, specification(scenario, PATIENTS))
    tops = []
    for start in range(0, PATIENTS, 1000):
        found = bodies(scenario, draw(scenario, plan.spec, start, 1000))
        solved = solved_patients(scenario, found, plan.grid, plan.windows.edges)
        tops.append(solved.windows[:, :, HIGHEST].max(axis=1))
    highest = np.log(np.concatenate(tops, axis=1))
    distance = np.abs(highest - np.median(highest, axis=1, keepdims=True)) / highest.std(axis=1, keepdims=True)
    extreme = np.argsort(-distance.max(axis=0))[:EXTREME]
    some = np.random.default_rng(1).choice(PATIENTS, RANDOM, replace=False)
    rows = []
    for name, chosen, solve in (
        (f"{RANDOM} at random", some, _finely),
        (f"the {EXTREME} most extreme", extreme, _finely),
        (f"the {SCIPY} most extreme, by scipy", extreme[:SCIPY], _by_scipy),
    ):
        errors = np.array([_errors(scenario, plan, int(number), solve) for number in chosen])
        rows += [(row.id, name, f"{worst:.1e}") for row, worst in zip(plan.analytes, errors.max(axis=0), strict=True)]
    yield Section(
        title="Accuracy in a population",
        said=f"{PATIENTS:,} virtual patients of the headline scenario, stepped in groups as always. {RANDOM} of them, "
        f"and the {EXTREME} whose peak of any analyte lies farthest out, are solved again one by one with a tolerance "
        f"of 1e-10, and {SCIPY} of these by scipy on an independent right-hand side. Largest difference at any hour, "
        "relative to the patient's own Cmax.",
        head=("analyte", "patients", "largest error"),
        rows=rows,
    )


def _finely(system: System, events: Sequence[Event], start: float, times: Array) -> Array:
    """Central amounts (compound, time) of one subject in lanes, hundreds of times finer than usual."""
    numbers, amounts = np.array(system.parameters)[:, None], np.eye(len(system.compounds))[:, :, None]
    given, stop = stacked_inputs([events]), float(times[-1])
    found = solve_lanes(system, numbers, given, reading(times, amounts), start, stop, rtol=1e-10, double=True)
    if not found.ok.all():
        raise ValueError("the patient cannot be solved")
    return found.of(0)


def _by_scipy(system: System, events: Sequence[Event], start: float, times: Array) -> Array:
    """The same by the reference solver."""
    reference = solve_reference(system, events, start, float(times[-1]))
    return np.array([curve.value(times) for curve in reference.amounts])


def _errors(scenario: Scenario, plan: RunPlan, number: int, solve: Callable[..., Array]) -> Array:
    """Largest error of every analyte of one patient, stepped in its own group."""
    first = number - number % 16
    found = bodies(scenario, draw(scenario, plan.spec, first, 16))
    column = number - first
    system = replace(found.model.system, parameters=tuple(found.parameters[:, column].tolist()))
    names = list(KINDS)
    inputs = found.inputs
    events = [
        Event(time=time, kind=names[kind], target=int(target), amount=amount)
        for time, kind, target, amount in zip(
            inputs.times[:, column].tolist(), inputs.kinds.tolist(), inputs.targets.tolist(),
            inputs.amounts[:, column].tolist(), strict=True,
        )
    ]  # fmt: skip
    amounts = solve(system, events, scenario.first_time, plan.grid)
    _, weights, _ = reporting(scenario, found.model, found.parameters)
    expected = weights[:, :, column] @ amounts
    profile = np.asarray(solved_patients(scenario, found, plan.grid, plan.windows.edges).profile[:, :, column])
    return np.abs(profile - expected).max(axis=1) / expected.max(axis=1)
