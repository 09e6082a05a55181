"""Bodies stepped to the end, and the typical patient of a population among them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from pkinteract.engine.curves import extremes
from pkinteract.engine.lanes import solve as lanes
from pkinteract.engine.lanes.doses import Steady, earlier, joined_inputs
from pkinteract.engine.lanes.types import Change, Lanes, LaneStates, Reading
from pkinteract.model.patient import filtered
from pkinteract.population.people.cohort import Array, BoolArray, Cohort
from pkinteract.population.run.bodies import Bodies, bodies, reporting
from pkinteract.population.run.unbound import binders, points, varying, write_unbound
from pkinteract.population.statistics.metrics import HIGHEST
from pkinteract.scenario import Patient, Scenario
from pkinteract.simulation import simulate


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """Where patients stand at a time [h] within the run, just before any jump then; nowhere those not ``ok``."""

    time: float
    states: LaneStates
    ok: BoolArray


def solved_patients(
    scenario: Scenario,
    patients: Bodies,
    grid: Array,
    edges: Array,
    *,
    begun: Begun | None = None,
    whole: bool = False,
) -> Lanes:
    """Every patient stepped to the end; those that cannot be are not ok.

    Parameters
    ----------
    grid, edges
        Times at which levels are kept, and ends of the windows that are measured, sorted [h].
    begun
        Where they begin, later than the run; nothing is read before.
    whole
        Whether to tell where they end; with ``begun`` it must be asked.
    """
    _, weights, alerts = reporting(scenario, patients.model, patients.parameters)
    read = _lanes(scenario, patients, begun, whole=whole)
    done = read(Reading(grid=grid, weights=weights, alerts=alerts, edges=edges))
    unbound = varying(scenario, patients)
    if unbound:
        start = scenario.first_time if begun is None else begun.time
        acting, times = binders(patients, unbound), points(replace(scenario, first_time=start), grid, edges)
        each = np.zeros((len(acting), *weights.shape[1:]))
        each[range(len(acting)), acting] = 1.0
        amounts = read(Reading(grid=times, weights=each, alerts=np.full(len(acting), np.inf), edges=np.array([np.inf])))
        write_unbound(done, amounts, scenario, patients, unbound, times, grid, edges, alerts)
        amounts.release()
    return done


def _lanes(scenario: Scenario, patients: Bodies, begun: Begun | None, *, whole: bool) -> Callable[[Reading], Lanes]:
    """What steps patients and reads their curves."""
    steady, inputs = None, patients.inputs
    possible = np.ones(patients.parameters.shape[1], dtype=bool)
    possible[list(patients.impossible)] = False
    if patients.periodic is not None and scenario.steady_state is not None:
        before = patients.periodic
        steady = Steady(
            period=scenario.steady_state.period, cycle=before.period, rates=before.rates, inflows=before.inflows
        )
        inputs = joined_inputs([before.pending, inputs])
    system = patients.model.system
    if steady is not None and begun is not None:
        inputs = joined_inputs([earlier(system, patients.parameters, steady, scenario.first_time), inputs])

    def read(reading: Reading) -> Lanes:
        return lanes.solve_lanes(
            system,
            patients.parameters,
            inputs,
            reading,
            scenario.first_time if begun is None else begun.time,
            scenario.duration,
            steady=steady if begun is None else None,
            changes=_changes(scenario, patients, reading.weights),
            possible=possible if begun is None else begun.ok,
            initial=None if begun is None else begun.states,
            whole=whole,
        )

    return read


def _changes(scenario: Scenario, patients: Bodies, weights: Array) -> list[Change]:
    """Begin and end of every session of haemodialysis: all else stays as it is during a run."""
    if patients.dialysed is None:
        return []
    return [
        Change(time=time, parameters=patients.dialysed if state.dialysed else patients.parameters, weights=weights)
        for time, state in scenario.states
    ]


def highest_levels(scenario: Scenario) -> list[float]:
    """The highest level of every analyte in the scenario's own patient, in the analyte's unit.

    Stepped as the others are, since what their system needs is then made already.

    Raises
    ------
    InputError, SimulationError
        As :func:`pkinteract.simulate` does, which is asked where there is no result.
    """
    patients = bodies(scenario, _alone(scenario.patient))
    over = np.array([scenario.first_time, scenario.duration])
    done = solved_patients(scenario, patients, np.empty(0), over)
    if done.ok.all():
        tops: list[float] = done.windows[:, 0, HIGHEST, 0].tolist()
        return tops
    return [extremes(curve, curve.breaks[0], scenario.duration).cmax for curve in simulate(scenario).curves]


def _alone(patient: Patient) -> Cohort:
    """The cohort of one patient, who has what the scenario says."""
    height = np.nan if patient.height is None else patient.height
    return Cohort(
        number=np.zeros(1, dtype=np.int64),
        weight=np.array([patient.weight]),
        age=np.array([patient.age]),
        female=np.array([patient.sex == "female"]),
        height=np.array([height]),
        creatinine_clearance=np.array([filtered(patient)]),
        smoker=np.array([patient.smoker]),
        phenotype={},
        abundance={},
        factors={},
        taken=None,
        late=None,
    )
