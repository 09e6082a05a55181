"""Where the run of a series begins: at rest, or at the periodic state of its doses."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from pkinteract.engine.compiled import runner
from pkinteract.engine.control import Failure
from pkinteract.engine.events import Event
from pkinteract.engine.solution import State
from pkinteract.engine.steady_state import LARGEST_DRIFT, LARGEST_RESIDUAL, earlier_releases, periodic_state
from pkinteract.engine.system import System
from pkinteract.errors import SimulationError
from pkinteract.fitting.types import Series
from pkinteract.model import Model
from pkinteract.model.absorption import events, periodic_input

TOLERANCE = 1e-9
"""Relative change over one period below which a state repeats itself: far below what a step of the derivatives does."""


def beginning(series: Series, model: Model, system: System, subject: str) -> tuple[State | None, tuple[Event, ...]]:
    """State just before the run, None at rest, and the jumps of its input.

    Parameters
    ----------
    system
        The model's, which steps every compound.
    subject
        Who it is, for messages.

    Raises
    ------
    SimulationError
        When the doses have no steady state.
    """
    inputs = events(series.doses, model.ways)
    steady = series.steady
    if steady is None:
        return None, inputs
    before = periodic_input(steady, model.ways, system)
    found = periodic_state(
        system,
        before.period,
        steady.time,
        steady.period,
        rates=before.rates,
        inflows=before.inflows,
        rtol=TOLERANCE / 10,
        tolerance=TOLERANCE,
        begin=_compiled,
    )
    if found.residual > LARGEST_RESIDUAL or found.drift > LARGEST_DRIFT:
        advice = "The doses have no steady state, they may be more than can be eliminated. Narrow the bounds."
        raise SimulationError((steady.time, steady.time + steady.period), "steady-state", advice, subject)
    old = earlier_releases(system, before.period, steady.time, steady.period)
    return found.state, tuple(sorted((*old, *before.pending, *inputs), key=lambda event: event.time))


def _compiled(
    system: System, jumps: Sequence[Event], start: float, stop: float, rtol: float
) -> Callable[[State], State | None]:
    run = runner(system, jumps, start, rtol=rtol)
    times = np.array([stop])

    def over(state: State) -> State | None:
        done = run(state, times)
        return None if isinstance(done, Failure) else done[1]

    return over
