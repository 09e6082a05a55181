"""Values of the parameters -> predicted concentrations of one subject: no file and no validation on the way.

Many points are predicted side by side in lanes. Two points that differ little take the same steps if they are
neighbours, so that what a step leaves out cancels in their difference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from pkinteract.engine.control import TOO_FAST
from pkinteract.engine.curves import Array
from pkinteract.engine.events import Event
from pkinteract.engine.lanes.doses import Steady, joined_inputs
from pkinteract.engine.lanes.solve import solve_lanes
from pkinteract.engine.lanes.types import Change as Later
from pkinteract.engine.lanes.types import Lanes
from pkinteract.engine.steady_state import earlier_releases
from pkinteract.engine.system import System
from pkinteract.errors import SimulationError
from pkinteract.fitting.predict.bodies import Assignment, Treatment, changed
from pkinteract.fitting.predict.clearances import cleared
from pkinteract.fitting.predict.records import read_at, recorded_trajectory
from pkinteract.fitting.predict.stacked import (
    REPEATED,
    RTOL,
    alike,
    levels_of,
    order,
    reading,
    stacked_inputs,
    state_of,
)
from pkinteract.fitting.types import Measurand, Recorded, Series
from pkinteract.model import Model
from pkinteract.model.absorption import Entry, PeriodicInput, dose_events, entry_of, periodic_input, scale
from pkinteract.model.build import build_model
from pkinteract.model.limits import availability_problem, liver_problems
from pkinteract.scenario import Dose

UNSTEADY = "The doses have no steady state, they may be more than can be eliminated. Narrow the bounds."


@dataclass(frozen=True, slots=True, kw_only=True)
class Treated:
    """A body and the jumps of its doses.

    Attributes
    ----------
    structure
        The system without its numbers: the same object for all that have the same.
    doses
        Jumps of the run, sorted by time.
    before
        What was given again and again before it; None where it begins at rest.
    """

    model: Model
    structure: System
    doses: tuple[Event, ...]
    before: PeriodicInput | None


Prepared = Treated | Treatment | SimulationError
"""What a point makes of a series: a body under the doses of a scenario or of records, or why there is none."""


def predict(series: Series, changes: Sequence[Assignment], values: Mapping[str, float]) -> Array:
    """Prediction of every measurement of a series, (measurement,), in the analyte's unit.

    Raises
    ------
    SimulationError
        When the values describe no possible body, or the solver gives up.
    """
    [prediction] = predicted(series, [prepared(series, changes, values)])
    if isinstance(prediction, SimulationError):
        raise prediction
    return prediction


def prepared(series: Series, changes: Sequence[Assignment], values: Mapping[str, float]) -> Prepared:
    """What the values make of a series; the error where they describe no possible body."""
    body = changed(series, changes, values)
    if series.recorded is not None:
        return body
    given = _given(series)
    built = _built(_TreatedSubject(body=body, used=tuple(dict.fromkeys(entry_of(dose) for dose in given))))
    if built.problem is not None:
        return SimulationError(None, "compiled", built.problem, _subject(series))
    sizes = scale(body.monographs, [(dose.drug, dose.free) for dose in given])
    system = replace(built.structure, parameters=built.model.system.parameters, scale=sizes)
    model = replace(built.model, system=system)
    return Treated(
        model=model,
        structure=built.structure,
        doses=dose_events(series.doses, model.ways),
        before=None if series.steady is None else periodic_input(series.steady, model.ways, system),
    )


def predicted(series: Series, points: Sequence[Prepared]) -> list[Array | SimulationError]:
    """Prediction of every measurement of a series, (measurement,) in its unit, at every point; or why there is none."""
    results: dict[int, list[Array] | SimulationError] = {
        place: point for place, point in enumerate(points) if isinstance(point, SimulationError)
    }
    bodies = {place: point for place, point in enumerate(points) if isinstance(point, Treatment)}
    if series.recorded is not None:
        results.update(zip(bodies, _recorded_levels(series, series.recorded, list(bodies.values())), strict=True))
    treated = {place: point for place, point in enumerate(points) if isinstance(point, Treated)}
    places, members = list(treated), list(treated.values())
    for group in alike(members, _kind):
        levels = _treated(series, [members[n] for n in group])
        results.update(zip([places[n] for n in group], levels, strict=True))
    return [_measured(series, results[place]) for place in range(len(points))]


def _measured(series: Series, levels: list[Array] | SimulationError) -> Array | SimulationError:
    if isinstance(levels, SimulationError):
        return levels
    return np.array([levels[column][row] for row, column in zip(series.rows, series.columns, strict=True)])


def dense(series: Series, analytes: tuple[Measurand, ...], times: Array) -> Series:
    """The series with every analyte at all sorted ``times`` in place of its measurements, one analyte after another."""
    count = len(analytes)
    return replace(
        series,
        analytes=analytes,
        times=times,
        recorded=None if series.recorded is None else read_at(series.recorded, times),
        rows=tuple(row for _ in range(count) for row in range(len(times))),
        columns=tuple(column for column in range(count) for _ in range(len(times))),
    )


def _recorded_levels(
    series: Series, recorded: Recorded, bodies: Sequence[Treatment]
) -> list[list[Array] | SimulationError]:
    """Every analyte at every time, from dosing records."""
    compounds = list(recorded.dosing.monographs)
    places = [[compounds.index(part) for part in analyte.parts] for analyte in series.analytes]
    factors = [np.array(analyte.factors) for analyte in series.analytes]
    return [
        levels
        if isinstance(levels, SimulationError)
        else [levels[:, place] @ factor for place, factor in zip(places, factors, strict=True)]
        for levels in recorded_trajectory(recorded, bodies, RTOL, _subject(series))
    ]


def _kind(point: Treated) -> tuple[object, ...]:
    """What those have in common who run together."""
    before = () if point.before is None else (order(point.before.period), order(point.before.pending))
    return id(point.structure), order(point.doses), before


def _treated(series: Series, points: Sequence[Treated]) -> list[list[Array] | SimulationError]:
    """Every analyte at every time, from the doses of a scenario."""
    system, start = points[0].model.system, series.scenario.first_time
    levels = [analyte for analyte in series.analytes if analyte.measure == "level"]
    cleared_too = len(levels) < len(series.analytes)
    changes = [
        Later(time=switches[0].time, parameters=parameters, weights=_weights(points[0].model, levels, parameters))
        for switches in zip(*(point.model.switches for point in points), strict=True)
        for parameters in [np.array([switch.parameters for switch in switches]).T]
    ]
    parameters = np.array([point.model.system.parameters for point in points]).T
    steady, doses = None, stacked_inputs([point.doses for point in points])
    if series.steady is not None:
        before = [point.before for point in points if point.before is not None]
        steady = Steady(
            period=series.steady.period,
            cycle=stacked_inputs([one.period for one in before]),
            rates=np.array([one.rates for one in before]).T,
            inflows=np.array([one.inflows for one in before]).reshape(len(before), -1).T,
            tolerance=REPEATED,
        )
        doses = joined_inputs([stacked_inputs([one.pending for one in before]), doses])
    done = solve_lanes(
        system,
        parameters,
        doses,
        reading(
            series.times,
            _weights(points[0].model, levels, parameters),
            range(system.layout.n_states) if cleared_too else (),
        ),
        start,
        float(series.times[-1]),
        steady=steady,
        changes=changes,
        whole=cleared_too,
        rtol=RTOL,
        double=True,
    )
    failure = SimulationError((start, float(series.times[-1])), "compiled", TOO_FAST, _subject(series))
    if series.steady is not None:
        period = series.steady.time, series.steady.time + series.steady.period
        failure = SimulationError(period, "steady-state", UNSTEADY, _subject(series))
    return [_read(series, point, done, place) if done.ok[place] else failure for place, point in enumerate(points)]


def _read(series: Series, point: Treated, done: Lanes, place: int) -> list[Array]:
    """Every analyte of one point at every time."""
    curves = levels_of(done, place)
    levels = iter(curves)
    count = sum(analyte.measure == "level" for analyte in series.analytes)
    return [
        next(levels) if analyte.measure == "level" else _cleared(series, point, analyte, done, place, curves[count:].T)
        for analyte in series.analytes
    ]


def _cleared(series: Series, point: Treated, analyte: Measurand, done: Lanes, place: int, states: Array) -> Array:
    start, initial = series.scenario.first_time, None
    jumps = point.doses
    if point.before is not None and done.begin is not None and series.steady is not None:
        initial = state_of(done.begin, place)
        old = earlier_releases(point.model.system, point.before.period, series.steady.time, series.steady.period)
        jumps = tuple(sorted((*old, *point.before.pending, *jumps), key=lambda event: event.time))
    return cleared(point.model, analyte, jumps, (start, initial), series.times, states)


def _weights(model: Model, analytes: Sequence[Measurand], parameters: Array) -> Array:
    """What makes a central amount a level of each analyte: (analyte, compound, point)."""
    weights = np.zeros((len(analytes), len(model.compounds), parameters.shape[1]))
    for analyte, row in zip(analytes, weights, strict=True):
        for part, factor in zip(analyte.parts, analyte.factors, strict=True):
            i = model.compounds.index(part)
            row[i] += factor / parameters[model.system.compounds[i].volume]
    return weights


def model_of(series: Series, body: Treatment) -> tuple[Model, list[Entry]]:
    """What the doses of a scenario are given to, and how they enter."""
    used = tuple(dict.fromkeys(entry_of(dose) for dose in _given(series)))
    return _built(_TreatedSubject(body=body, used=used)).model, list(used)


@dataclass(frozen=True, eq=False, kw_only=True)
class _TreatedSubject:
    """A body and how doses enter it, which many series share."""

    body: Treatment
    used: tuple[Entry, ...]

    def __hash__(self) -> int:
        return hash((id(self.body.monographs), id(self.body.enzymes), self.used))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _TreatedSubject):
            return False
        mine, theirs = self.body, other.body
        same = mine.monographs is theirs.monographs and mine.enzymes is theirs.enzymes and self.used == other.used
        return same and (mine.patient, mine.patients) == (theirs.patient, theirs.patients)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Built:
    """The model of a body, its structure, and what is wrong with it."""

    model: Model
    structure: System
    problem: str | None


@lru_cache(maxsize=64)
def _built(one: _TreatedSubject) -> _Built:
    body = one.body
    model = build_model(body.monographs, body.patient, body.enzymes, entries=one.used, doses=(), changes=body.patients)
    problems = liver_problems(body.monographs)
    for drug, form, fed in one.used:
        problem = availability_problem(model.ways[drug, form, fed], f"{drug}.absorption.{form}.bioavailability")
        problems += [] if problem is None else [problem]
    text = f"{problems[0].key}: {problems[0].message}, or narrow the bounds of the parameters." if problems else None
    structure = _same(replace(model.system, parameters=(), scale=(), step_all=True))
    return _Built(model=model, structure=structure, problem=text)


@lru_cache(maxsize=256)
def _same(structure: System) -> System:
    """The first structure that was like this one."""
    return structure


def _given(series: Series) -> tuple[Dose, ...]:
    """All doses, those of before the run included."""
    return series.doses if series.steady is None else (*series.steady.doses, *series.doses)


def _subject(series: Series) -> str:
    return f"{series.scenario.name}, subject {series.subject}"
