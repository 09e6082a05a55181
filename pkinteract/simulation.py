"""Scenario -> Result: the one doorway."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import TYPE_CHECKING, Literal

import numpy as np

from pkinteract.activity import EnzymeActivity
from pkinteract.analytes import analytes, is_varying, parts_of
from pkinteract.engine.curves import Array, Curve, composed, constant, distinct, weighted
from pkinteract.engine.events import Event
from pkinteract.engine.reference.balance import imbalance
from pkinteract.engine.reference.medium import unbound_levels
from pkinteract.engine.single.march import RTOL, solve
from pkinteract.engine.solution import Solution, State
from pkinteract.engine.steady_state import LARGEST_DRIFT, LARGEST_RESIDUAL, Periodic, earlier_releases, periodic_state
from pkinteract.engine.system import System
from pkinteract.errors import SimulationError
from pkinteract.model import Model, build
from pkinteract.model.absorption import PeriodicInput, periodic_input
from pkinteract.model.expectation.network import links
from pkinteract.model.trace import numbers_used
from pkinteract.result import Analyte, Result, Status
from pkinteract.scenario import Scenario, SteadyState
from pkinteract.scenario.types import TOLERANCE

if TYPE_CHECKING:
    from pkinteract.scenario.protocol.types import CheckOutcome, Condition

Solver = Literal["fast", "reference"]

Progress = Callable[[float], None]
"""Takes the share of a run that is solved [1]."""

DAY = 24.0
"""The average that a protocol judges is that of so long before the check [h]."""


def simulate(
    scenario: Scenario,
    *,
    solver: Solver = "fast",
    rtol: float | None = None,
    progress: Progress | None = None,
) -> Result:
    """Simulate a scenario; the doses of the result are those that its protocols made of them.

    Parameters
    ----------
    scenario
        What :func:`pkinteract.load_scenario` read.
    solver
        "fast" is generated code; "reference" is scipy on an independent right-hand side, with the doses that protocols
        made by the fast one.
    rtol
        Relative tolerance of a step [1]; each solver's own default if left out.
    progress
        What is told again and again the share of the run that is solved [1]; protocols solve it more than once.

    Raises
    ------
    InputError
        When monograph values contradict each other in this patient.
    SimulationError
        When the solver gives up.
    """
    checks: tuple[CheckOutcome, ...] = ()
    solved = None
    if scenario.protocols:
        scenario, checks, solved = _followed(scenario, rtol, progress)
    if solved is None or solver != "fast":
        solved = _solved(scenario, solver, rtol, progress)
    result = _result(
        scenario, replace(solved.model, events=solved.events), solved.solution, solved.initial, solved.notes
    )
    return replace(result, kept=solved.kept, checks=checks)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Solved:
    """A solved scenario: ``kept`` and ``notes`` as in a result."""

    model: Model
    events: tuple[Event, ...]
    initial: State | None
    solution: Solution
    notes: str
    kept: tuple[Curve, ...] | None


def _solved(scenario: Scenario, solver: Solver, rtol: float | None, progress: Progress | None) -> _Solved:
    """Solve a scenario as it stands."""
    model = build(scenario)
    events, initial, notes, kept = model.events, None, "", None
    if scenario.steady_state is not None:
        before = periodic_input(scenario.steady_state, model.ways, model.system)
        periodic = _periodic(scenario, scenario.steady_state, model.system, before, rtol or RTOL)
        initial, notes = periodic.state, _periodic_note(periodic)
        old = earlier_releases(model.system, before.period, scenario.first_time, scenario.steady_state.period)
        events = tuple(sorted((*old, *before.pending, *events), key=lambda event: event.time))
        kept = _kept(scenario, scenario.steady_state, model, (*old, *before.period), initial)
    solution = _solve(model, events, scenario, solver, rtol, initial, progress)
    if solution.failure is not None:
        stopped = solution.failure
        raise SimulationError((stopped.start, stopped.stop), solution.method, stopped.reason, scenario.name)
    span = scenario.first_time, scenario.duration
    lost = imbalance(model.system, events, solution, span, initial=initial, switches=model.switches)
    if lost is not None:
        advice = (
            f"The balance of {model.compounds[lost.compound]} does not close: {abs(lost.missing):.3g} mg are "
            f"{'missing' if lost.missing > 0 else 'too much'}. Run it with --solver reference, and report it."
        )
        raise SimulationError((lost.start, lost.stop), solution.method, advice, scenario.name)
    return _Solved(model=model, events=events, initial=initial, solution=solution, notes=notes, kept=kept)


def _followed(
    scenario: Scenario, rtol: float | None, progress: Progress | None
) -> tuple[Scenario, tuple[CheckOutcome, ...], _Solved | None]:
    """The scenario with the doses that its protocols make, what they saw, and its solution if it was solved last.

    A level counts only up to the first dose that became another since it was solved; then all is solved again.
    """
    from pkinteract.scenario.judging import is_met, measured_level
    from pkinteract.scenario.protocol.types import CheckOutcome, checks_in_order
    from pkinteract.scenario.redosing import redosed
    from pkinteract.scenario.streams import Streams

    checks: list[CheckOutcome] = []
    solved, known = None, inf
    made = [0] * len(scenario.protocols)
    streams = Streams(seed=1 if scenario.population is None else scenario.population.seed, number=np.zeros(1, np.int64))
    for time, n in checks_in_order(scenario.protocols):
        protocol = scenario.protocols[n]
        if made[n] == protocol.at_most:
            continue
        level, decided, changed = None, True, None
        if protocol.condition is not None:
            if solved is None or time > known + TOLERANCE:
                solved, known = _solved(scenario, "fast", rtol, progress), inf
            level = np.array([_checked(scenario, solved, protocol.condition, time)])
            measured = measured_level(protocol, level, time, streams)
            decided = bool(is_met(protocol.condition, measured)[0])
        if decided:
            changed = redosed(scenario, protocol, time + protocol.delay)
        if changed is not None:
            made[n] += 1
            scenario, known = changed[0], min(known, changed[1])
        checks.append(
            CheckOutcome(
                protocol=protocol,
                time=time,
                level=None if level is None else float(level[0]),
                measured=None if level is None else float(measured[0]),
                decision="changed" if changed is not None else "no-change" if decided else "not-met",
                since=None if changed is None else changed[1],
                doses=() if changed is None else changed[2],
            )
        )
    return scenario, tuple(checks), solved if known == inf else None


def _checked(scenario: Scenario, solved: _Solved, condition: Condition, time: float) -> float:
    """The true level that a check at a time [h] judges; at the time of a dose that before it."""
    analyte = next(analyte for analyte in analytes(scenario) if analyte.id == condition.analyte)
    curve = _curve(analyte, scenario, solved.model, solved.solution)
    if condition.measure == "average":
        return float(curve.integral(time - DAY, time)) / DAY
    return float(curve.value(_before_jumps(np.array([time]), solved.events))[0])


def system_code(scenario: Scenario) -> str:
    """The generated step function of a scenario's system, as text.

    Raises
    ------
    InputError
        When monograph values contradict each other in this patient.
    """
    from pkinteract.engine.single.generate import generate

    return generate(build(scenario).system)


def _solve(
    model: Model,
    events: tuple[Event, ...],
    scenario: Scenario,
    solver: Solver,
    rtol: float | None,
    initial: State | None,
    progress: Progress | None,
) -> Solution:
    start, stop = scenario.first_time, scenario.duration
    told = None if progress is None else lambda time: progress((time - start) / (stop - start))
    if solver == "reference":
        from pkinteract.engine.reference.solve import solve_reference

        return solve_reference(
            model.system, events, start, stop,
            rtol=rtol or 1e-9, initial=initial, switches=model.switches, told=told,
        )  # fmt: skip
    return solve(
        model.system, events, start, stop, rtol=rtol or RTOL, initial=initial, switches=model.switches, told=told
    )


def _kept(
    scenario: Scenario, steady: SteadyState, model: Model, events: Sequence[Event], initial: State
) -> tuple[Curve, ...]:
    """A period of the steady state of every analyte, in its unit."""
    stop = steady.time + steady.period
    inside = sorted((event for event in events if event.time < stop), key=lambda event: event.time)
    solution = solve(model.system, inside, steady.time, stop, rtol=RTOL, initial=initial)
    return tuple(_curve(analyte, scenario, replace(model, switches=()), solution) for analyte in analytes(scenario))


def _periodic(scenario: Scenario, steady: SteadyState, system: System, before: PeriodicInput, rtol: float) -> Periodic:
    periodic = periodic_state(
        system, before.period, steady.time, steady.period, rates=before.rates, inflows=before.inflows, rtol=rtol
    )
    if periodic.residual > LARGEST_RESIDUAL or periodic.drift > LARGEST_DRIFT:
        advice = (
            f"No steady state was found in {periodic.periods} periods: the doses may be more than can be eliminated. "
            "Lower them, or begin before t = 0 without steady_state."
        )
        raise SimulationError((steady.time, steady.time + steady.period), "steady-state", advice, scenario.name)
    return periodic


def _periodic_note(periodic: Periodic) -> str:
    return f"steady state found in {periodic.periods} periods, residual {periodic.residual:.1e} of each amount"


def _result(
    scenario: Scenario,
    model: Model,
    solution: Solution,
    initial: State | None,
    notes: str,
) -> Result:
    count = int(np.floor(scenario.duration / scenario.step + 1e-9))
    time: Array = np.arange(count + 1, dtype=float) * scenario.step
    if scenario.duration - time[-1] > 1e-9 * scenario.duration:
        time = np.append(time, scenario.duration)
    reported = analytes(scenario)
    curves = tuple(_curve(analyte, scenario, model, solution) for analyte in reported)
    at = _before_jumps(time, model.events)
    levels = tuple(
        constant(level.activity, scenario.first_time, scenario.duration)
        if level.row is None
        else solution.enzymes[level.row]
        for level in model.levels
    )
    activity = EnzymeActivity(model=model, solution=solution, start=scenario.first_time, initial=initial)
    return Result(
        scenario=scenario,
        time=time,
        analytes=reported,
        concentration=np.array([_clean(curve.value(at)) for curve in curves]),
        curves=curves,
        enzymes=tuple(level.name for level in model.levels),
        enzyme_level=np.array([curve.value(time) for curve in levels]),
        enzyme_curves=levels,
        clearance=activity.clearances(at),
        activity=activity,
        numbers=numbers_used(scenario, model),
        interactions=tuple(link.record() for link in links(scenario)),
        status=Status(ok=True, method=solution.method, steps=solution.steps, rejected=solution.rejected, message=notes),
    )


def _before_jumps(time: Array, events: tuple[Event, ...]) -> Array:
    """The grid, its points within the tolerance of a jump of the input moved onto it (values before it)."""
    jumps = distinct([event.time for event in events])
    if len(jumps) == 0:
        return time
    near = jumps[np.clip(np.searchsorted(jumps, time - TOLERANCE), 0, len(jumps) - 1)]
    return np.where(np.abs(near - time) <= TOLERANCE, near, time)


def _clean(values: Array) -> Array:
    """Values within the solver's tolerance of zero are zero."""
    noise = 1e-6 * float(np.max(values, initial=0.0))
    return np.where((values < 0) & (values >= -noise), 0.0, values)


def _curve(analyte: Analyte, scenario: Scenario, model: Model, solution: Solution) -> Curve:
    parts = parts_of(analyte, scenario, model)
    sets = [(-np.inf, model.system.parameters), *((change.time, change.parameters) for change in model.switches)]
    if is_varying(analyte, model):
        return _unbound(model, solution, parts[0][0], parts[0][2], sets)
    weights = [(time, [factor / parameters[volume] for _, volume, factor in parts]) for time, parameters in sets]
    return weighted([solution.amounts[i] for i, _, _ in parts], weights)


def _unbound(
    model: Model,
    solution: Solution,
    compound: int,
    factor: float,
    sets: list[tuple[float, tuple[float, ...]]],
) -> Curve:
    """The unbound level of a compound whose binding varies: by the amounts of those that take part in it."""
    acting = sorted(model.system.binders(compound))

    def levels(parameters: tuple[float, ...]) -> Callable[[Array], Array]:
        system = replace(model.system, parameters=parameters)

        def level(amounts: Array) -> Array:
            return np.asarray(factor * unbound_levels(system, dict(zip(acting, amounts, strict=True)))[compound])

        return level

    return composed([solution.amounts[i] for i in acting], [(time, levels(parameters)) for time, parameters in sets])
