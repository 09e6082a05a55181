"""How far every runner is from the reference in one scenario, through the doors that commands use."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from lanes_runner import LaneRun

from pkinteract import simulate
from pkinteract.engine.lanes.solve import RTOL
from pkinteract.population.people.draw import draw
from pkinteract.population.people.specification import specification
from pkinteract.population.run.block import run_block
from pkinteract.population.run.plan import plan_of
from pkinteract.population.statistics import tally
from pkinteract.result import Result
from pkinteract.scenario import Scenario

REFERENCE_RTOL = 1e-10
"""Puts the reference's own error below a tenth of the 1e-5 that is measured."""

BODY = ("weight", "age", "female", "creatinine_clearance")

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunnerErrors:
    """Largest errors of a scenario, relative to the analyte's Cmax or the enzyme's highest level [1].

    ``lanes`` holds the analytes of one of a population who is as the typical patient. Nobody changes or is
    pregnant there: of who is it holds the amounts of the engine's lanes; they begin at rest, so that nothing is held of
    a change after a steady state.
    """

    single: dict[str, float]
    enzymes: dict[str, float]
    lanes: dict[str, float]
    lowest: float
    status: str

    @property
    def worst(self) -> float:
        """The largest of all [1]."""
        return max([*self.single.values(), *self.enzymes.values(), *self.lanes.values(), -self.lowest])


def runner_errors(scenario: Scenario) -> RunnerErrors:
    """Run a scenario by the single runner, by the lanes and by the reference, and compare all with the last."""
    reference = simulate(scenario, solver="reference", rtol=REFERENCE_RTOL)
    fast = simulate(scenario)
    times = _times(reference)
    names = [analyte.id for analyte in reference.analytes]
    expected = {name: curve.value(times) for name, curve in zip(names, reference.curves, strict=True)}
    tops = {name: float(levels.max()) or 1.0 for name, levels in expected.items()}
    found = {name: curve.value(times) for name, curve in zip(names, fast.curves, strict=True)}
    moving = bool(scenario.patients) or scenario.patient.pregnancy is not None
    lanes, status = _amounts_in_lanes(reference) if moving else _in_population(scenario, reference)
    return RunnerErrors(
        single={name: float(np.abs(found[name] - expected[name]).max()) / tops[name] for name in names},
        enzymes={
            name: float(np.abs(one.value(times) - other.value(times)).max()) / (float(other.value(times).max()) or 1.0)
            for name, one, other in zip(fast.enzymes, fast.enzyme_curves, reference.enzyme_curves, strict=True)
        },
        lanes=lanes,
        lowest=min(float(found[name].min()) / tops[name] for name in names),
        status=status,
    )


def _times(result: Result) -> Array:
    """Times of the comparison [h]: even ones, and some soon after every dose, from the beginning of the run."""
    scenario = result.scenario
    even = np.linspace(scenario.first_time, scenario.duration, 1500)
    doses = np.array([dose.time for dose in scenario.doses])
    soon = (doses[:, None] + np.array([1e-3, 0.03, 0.3, 1.1])).ravel()
    return np.unique(np.clip(np.concatenate([even, doses, soon]), scenario.first_time, scenario.duration))


def _in_population(scenario: Scenario, reference: Result) -> tuple[dict[str, float], str]:
    """Errors by analyte and status of one of a population in which nobody differs from the typical."""
    drawn = draw(scenario, specification(scenario), 0, 1)
    fixed = frozenset([*BODY, *scenario.monographs, *drawn.phenotype, *drawn.abundance])
    plan = replace(plan_of(scenario, replace(specification(scenario, 1), fixed=fixed)), profiles=True)
    block = run_block(plan, range(1), tally.empty_tally(plan, plan.spec.n))
    assert block.profile is not None
    times = _times(reference)
    curves = {analyte.id: curve for analyte, curve in zip(reference.analytes, reference.curves, strict=True)}
    errors = {}
    for analyte, levels in zip(plan.analytes, block.profile[:, :, 0], strict=True):
        curve = curves[analyte.id]
        top = float(curve.value(times).max()) or 1.0
        errors[analyte.id] = float(np.abs(levels - curve.value(plan.grid)).max()) / top
    return errors, str(block.columns["status"][0])


def _amounts_in_lanes(reference: Result) -> tuple[dict[str, float], str]:
    """Errors of the amounts by compound, and status, of the engine's lanes."""
    scenario, model = reference.scenario, reference.activity.model
    if scenario.steady_state is not None:
        return {}, "ok"
    run = LaneRun(
        system=replace(model.system, step_all=True),
        events=model.events,
        start=scenario.first_time,
        stop=scenario.duration,
        rtol=RTOL,
        switches=model.switches,
    )
    times = _times(reference)
    lanes = run.lanes(times, np.empty(0), ())
    errors = {}
    for name, curve, amounts in zip(
        model.compounds, reference.activity.solution.amounts, lanes.profile[:, :, 0], strict=True
    ):
        expected = curve.value(times)
        errors[name] = float(np.abs(amounts - expected).max()) / (float(expected.max()) or 1.0)
    return errors, "ok" if lanes.ok.all() else "failed"
