"""Who takes the drugs: the scenario's own patient, or virtual ones, as columns that run in lanes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pkinteract.advise.types import IntArray
from pkinteract.analytes import analytes, parts_of
from pkinteract.engine.curves import Array
from pkinteract.engine.events import Event
from pkinteract.engine.lanes.doses import Inputs, Steady, joined_inputs
from pkinteract.engine.lanes.solve import solve_lanes
from pkinteract.engine.lanes.types import Change, Lanes, LaneStates, Reading
from pkinteract.engine.system import System
from pkinteract.fitting.predict.stacked import stacked_inputs
from pkinteract.model import Model
from pkinteract.model.absorption import entry_of, jumps_of, periodic_input
from pkinteract.population.people.cohort import Cohort
from pkinteract.population.run.bodies import Typical, bodies
from pkinteract.scenario import Scenario


@dataclass(frozen=True, eq=False, kw_only=True)
class PatientColumns:
    """Patients under the doses of a scenario, one column each.

    Attributes
    ----------
    system
        Steps every compound.
    parameters
        (parameter, patient).
    weights
        (1, compound, patient) unit of the target per mg in the central compartment.
    changes
        What the parameters and weights become, and when.
    inputs
        Jumps by the doses.
    given
        (jump,) position of the dose behind each; -1 for those of before the run.
    steady
        What was given again and again before the run; None if nothing was.
    """

    system: System
    parameters: Array
    weights: Array
    changes: Sequence[Change]
    inputs: Inputs
    given: IntArray
    steady: Steady | None

    @property
    def count(self) -> int:
        """Number of patients."""
        return int(self.parameters.shape[1])

    def run(
        self,
        who: IntArray,
        factors: Array,
        span: tuple[float, float],
        *,
        edges: Array,
        grid: Array,
        initial: LaneStates | None = None,
    ) -> Lanes:
        """Run some of the patients, (column,), with every jump times a factor, (jump, column), over a span [h].

        Parameters
        ----------
        edges, grid
            Ends of the windows that are measured, and times at which levels are kept [h].
        initial
            Where they stand at the begin of the span; as the run begins if left out.
        """
        inputs = replace(
            self.inputs,
            times=np.broadcast_to(self.inputs.times, (len(self.given), self.count))[:, who],
            amounts=np.broadcast_to(self.inputs.amounts, (len(self.given), self.count))[:, who] * factors,
        )
        here = [
            Change(time=one.time, parameters=one.parameters[:, who], weights=one.weights[:, :, who])
            for one in self.changes
        ]
        past = [one for one in here if one.time < span[0]]
        now = past[-1] if past and initial is not None else None
        steady = None if initial is not None or self.steady is None else _of(self.steady, who)
        return solve_lanes(
            self.system,
            self.parameters[:, who] if now is None else now.parameters,
            inputs,
            Reading(
                grid=grid,
                weights=self.weights[:, :, who] if now is None else now.weights,
                alerts=np.array([np.inf]),
                edges=edges,
            ),
            *span,
            steady=steady,
            changes=[one for one in here if now is None or one.time >= span[0]],
            initial=None if initial is None else _places(initial, who),
            whole=True,
            double=True,
        )


def _places(stand: LaneStates, who: IntArray) -> LaneStates:
    return LaneStates(
        stepped=stand.stepped[:, who],
        depots=stand.depots[:, who],
        inflows=stand.inflows[:, who],
        rates=stand.rates[:, who],
    )


def _of(steady: Steady, who: IntArray) -> Steady:
    cycle = replace(steady.cycle, times=steady.cycle.times[:, who], amounts=steady.cycle.amounts[:, who])
    return replace(steady, cycle=cycle, rates=steady.rates[:, who], inflows=steady.inflows[:, who])


def typical_people(scenario: Scenario, model: Model, place: int) -> PatientColumns:
    """The scenario's own patient; ``place`` is that of the target among the analytes."""
    system = replace(model.system, step_all=True)
    parameters = np.array(system.parameters)[:, None]
    placed: list[tuple[Event, int]] = [
        (event, i)
        for i, dose in enumerate(scenario.doses)
        if not dose.missed
        for event in jumps_of(dose, model.ways[entry_of(dose)])
    ]
    steady = None
    if scenario.steady_state is not None:
        before = periodic_input(scenario.steady_state, model.ways, system)
        steady = Steady(
            period=scenario.steady_state.period,
            cycle=stacked_inputs([before.period]),
            rates=np.array(before.rates)[:, None],
            inflows=np.array(before.inflows).reshape(-1, 1),
        )
        placed = [*((event, -1) for event in before.pending), *placed]
    return PatientColumns(
        system=system,
        parameters=parameters,
        weights=_weights(scenario, model, place, parameters),
        changes=[
            Change(time=switch.time, parameters=new, weights=_weights(scenario, model, place, new))
            for switch in model.switches
            for new in [np.array(switch.parameters)[:, None]]
        ],
        inputs=stacked_inputs([[event for event, _ in placed]]),
        given=np.array([i for _, i in placed], dtype=np.int64),
        steady=steady,
    )


def _weights(scenario: Scenario, model: Model, place: int, parameters: Array) -> Array:
    weights = np.zeros((1, len(model.compounds), parameters.shape[1]))
    for compound, volume, factor in parts_of(analytes(scenario)[place], scenario, model):
        weights[0, compound] = factor / parameters[volume]
    return weights


def virtual_people(scenario: Scenario, cohort: Cohort, typical: Typical, place: int) -> tuple[PatientColumns, IntArray]:
    """Virtual patients who can be, and the column of each in the cohort; ``place`` is that of the target.

    Raises
    ------
    InputError
        When monograph values contradict each other whoever takes the drugs.
    """
    patients = bodies(scenario, cohort, typical)
    able = np.setdiff1d(np.arange(len(cohort.number)), list(patients.impossible))
    parameters = patients.parameters[:, able]
    weights = _weights(scenario, patients.model, place, parameters)
    jumps, given, steady = patients.inputs, patients.due, None
    if patients.periodic is not None and scenario.steady_state is not None:
        before = patients.periodic
        steady = _of(
            Steady(
                period=scenario.steady_state.period, cycle=before.period, rates=before.rates, inflows=before.inflows
            ),
            able,
        )
        jumps = joined_inputs([before.pending, jumps])
        given = np.concatenate([np.full(len(before.pending.kinds), -1), given])
    changes = []
    if patients.dialysed is not None:
        changes = [
            Change(time=time, parameters=now, weights=weights)
            for time, state in scenario.states
            for now in [patients.dialysed[:, able] if state.dialysed else parameters]
        ]
    people = PatientColumns(
        system=patients.model.system,
        parameters=parameters,
        weights=weights,
        changes=changes,
        inputs=replace(jumps, times=jumps.times[:, able], amounts=jumps.amounts[:, able]),
        given=given,
        steady=steady,
    )
    return people, able
