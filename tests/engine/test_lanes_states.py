"""Lanes that are read whole: every state, where they begin and end, and patients who change: as a single run."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from engine_systems import EVERYTHING_EVENTS, everything
from lane_runs import GRID, Array, alone, given, people, stepping

from pkinteract.engine.events import Event, Switch
from pkinteract.engine.lanes.doses import Steady
from pkinteract.engine.lanes.solve import solve_lanes
from pkinteract.engine.lanes.types import Change, Lanes, Reading
from pkinteract.engine.single.march import solve
from pkinteract.engine.solution import Solution
from pkinteract.engine.steady_state import periodic_state
from pkinteract.engine.system import Release, System

pytestmark = pytest.mark.compiled

STOP = 240.0
EVENTS = tuple(
    sorted([*EVERYTHING_EVENTS, Event(time=3.0, kind="release", target=0, amount=60.0)], key=lambda event: event.time)
)
CLOSE = 1e-7
"""Of each state's highest value, with steps of 1e-9."""


def released() -> System:
    """Everything that ``engine_systems`` has, with a Weibull release."""
    base = everything()
    n = len(base.parameters)
    release = Release(compound=3, kind="weibull", first=n, second=n + 1)
    return stepping(dataclasses.replace(base, parameters=(*base.parameters, 5.0, 0.8), releases=(release,)))


def every_state(system: System, grid: Array, count: int) -> Reading:
    """All states and no analyte."""
    return Reading(
        grid=grid,
        weights=np.empty((0, len(system.compounds), count)),
        alerts=np.empty(0),
        edges=np.array([np.inf]),
        states=tuple(range(system.layout.n_states)),
    )


def agrees(system: System, found: Lanes, column: int, expected: Solution, grid: Array) -> None:
    """Central amounts and enzyme levels of a column are those of a single run."""
    curves = dict(zip(system.layout.central.values(), expected.amounts, strict=True))
    curves |= {system.layout.first_enzyme + e: curve for e, curve in enumerate(expected.enzymes)}
    for state, curve in curves.items():
        values = curve.value(grid)
        np.testing.assert_allclose(found.of(column)[state], values, rtol=0, atol=CLOSE * np.abs(values).max())


def test_states_are_read_as_they_are_while_the_patient_changes() -> None:
    """Doses, infusion, release and a change of the parameters half way: amounts and enzyme levels of three patients."""
    system = released()
    parameters = people(system, 3)
    later = parameters.copy()
    later[6] *= 2
    weights = np.empty((0, len(system.compounds), 3))
    changes = [Change(time=100.0, parameters=later, weights=weights)]

    found = solve_lanes(
        system, parameters, given(EVENTS, 3), every_state(system, GRID, 3), 0.0, STOP,
        changes=changes, rtol=1e-9, double=True,
    )  # fmt: skip

    for column in range(3):
        switches = [Switch(time=100.0, parameters=tuple(later[:, column]))]
        expected = solve(alone(system, parameters, column), EVENTS, 0.0, STOP, rtol=1e-9, switches=switches)
        agrees(system, found, column, expected, GRID)


def test_lanes_go_on_from_where_they_ended() -> None:
    """In two parts, the second from the end of the first, at 96 h: the whole run, with a release under way."""
    system = released()
    parameters = people(system, 5)
    first, second = GRID[GRID <= 96.0], GRID[GRID > 96.0]
    nobody = solve_lanes(
        system,
        parameters,
        given(EVENTS, 5),
        every_state(system, first, 5),
        0.0,
        96.0,
        rtol=1e-9,
        double=True,
        whole=True,
    )

    found = solve_lanes(
        system, parameters, given(EVENTS, 5), every_state(system, second, 5), 96.0, STOP,
        initial=nobody.end, whole=True, rtol=1e-9, double=True,
    )  # fmt: skip

    for column in range(5):
        expected = solve(alone(system, parameters, column), EVENTS, 0.0, STOP, rtol=1e-9)
        agrees(system, nobody, column, expected, first)
        agrees(system, found, column, expected, second)


def test_lanes_tell_where_a_steady_state_begins() -> None:
    """The periodic state of each patient is that of a single run, depots and infusions too."""
    system = stepping(everything())
    parameters = people(system, 3)
    cycle = (
        Event(time=0.0, kind="depot", target=0, amount=100.0),
        Event(time=6.0, kind="rate", target=1, amount=-4.0),
        Event(time=20.0, kind="rate", target=1, amount=4.0),
    )
    rates = np.zeros((4, 3))
    rates[1] = 4.0
    steady = Steady(period=24.0, cycle=given(cycle, 3), rates=rates, inflows=np.zeros((3, 3)), tolerance=1e-10)

    found = solve_lanes(
        system, parameters, given(cycle, 3), every_state(system, GRID[:2], 3), 0.0, 1.0,
        steady=steady, whole=True, rtol=1e-9, double=True,
    ).begin  # fmt: skip

    assert found is not None
    for column in range(3):
        single = alone(system, parameters, column)
        expected = periodic_state(
            single, cycle, 0.0, 24.0, rates=[0.0, 4.0, 0.0, 0.0], rtol=1e-10, tolerance=1e-9
        ).state
        for part, other in (
            (found.stepped, expected.stepped),
            (found.depots, expected.depots),
            (found.inflows, expected.inflows),
            (found.rates, expected.rates),
        ):
            np.testing.assert_allclose(part[:, column], other, rtol=1e-6, atol=1e-9)
