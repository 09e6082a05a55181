"""Many subjects at once: each is what it would be alone, whoever its neighbours are."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from engine_systems import EVERYTHING_EVENTS, everything
from lane_runs import GRID, STOP, Array, alone, given, people, stepping

from pkinteract.engine.counts.bins import edges_of_bins, tally
from pkinteract.engine.curves import extremes, sample
from pkinteract.engine.events import Event
from pkinteract.engine.lanes.doses import Steady
from pkinteract.engine.lanes.solve import solve_lanes
from pkinteract.engine.lanes.structure import Structure
from pkinteract.engine.lanes.types import Lanes, Reading
from pkinteract.engine.reference.solve import solve_reference
from pkinteract.engine.single.march import solve
from pkinteract.engine.solution import Solution
from pkinteract.engine.steady_state import periodic_state
from pkinteract.engine.system import Actor, Binding, Inactivation, Ratio, Release, System

pytestmark = pytest.mark.compiled

DAYS = np.arange(0.0, STOP + 1.0, 24.0)
LARGEST_ERROR = 1e-5
"""What is promised of every subject, relative to the analyte's Cmax."""


def with_binding_and_releases() -> System:
    """``everything`` with saturable binding, displacement, inhibition, inactivation, saturation and two releases.

    One enzyme has a half-life of half an hour.
    """
    base = everything()
    base = dataclasses.replace(base, parameters=(*base.parameters[:16], 1.4, *base.parameters[17:]))
    n = len(base.parameters)
    more = (0.1, 60.0, 8.0, 5.0, 0.3, 4.0, 6.0, 0.9, 2.0, 3.0, 1.4)
    compounds = list(base.compounds)
    rival = Ratio(actor=Actor(compound=0), constant=n + 3)
    compounds[1] = dataclasses.replace(
        compounds[1], binding=Binding(reference=n, bmax=n + 1, kd=n + 2, displacers=(rival,))
    )
    pathways = list(base.pathways)
    own = Ratio(actor=Actor(compound=1), constant=n + 6)
    pathways[1] = dataclasses.replace(pathways[1], saturation=own, inhibitors=(rival,))
    return stepping(
        dataclasses.replace(
            base,
            parameters=(*base.parameters, *more),
            compounds=tuple(compounds),
            pathways=tuple(pathways),
            inactivations=(Inactivation(enzyme=1, actor=Actor(compound=1), kinact=n + 4, ki=n + 5),),
            releases=(
                Release(compound=3, kind="weibull", first=n + 9, second=n + 7),
                Release(compound=2, kind="transit", first=n + 8, second=n + 9, ka=n + 10),
            ),
        )
    )


RELEASED = tuple(
    sorted(
        [
            *EVERYTHING_EVENTS,
            *(Event(time=24.0 * i + 3.0, kind="release", target=0, amount=60.0) for i in range(4)),
            *(Event(time=24.0 * i + 5.0, kind="release", target=1, amount=40.0) for i in range(4)),
        ],
        key=lambda event: event.time,
    )
)


def reading(system: System, parameters: Array, alert: float = np.inf) -> Reading:
    """Every compound, and the sum of the last two, in mg/L."""
    count = len(system.compounds)
    weights = np.zeros((count + 1, count, parameters.shape[1]))
    for i, row in enumerate(system.compounds):
        weights[i, i] = 1 / parameters[row.volume]
    weights[count] = weights[count - 2] + weights[count - 1]
    return Reading(grid=GRID, weights=weights, alerts=np.full(count + 1, alert), edges=DAYS)


def levels(system: System, solution: Solution) -> Array:
    """Every compound and the sum of the last two on the grid [mg/L]."""
    volumes = np.array([system.parameters[row.volume] for row in system.compounds])
    found = np.array([curve.value(GRID) for curve in solution.amounts]) / volumes[:, None]
    return np.vstack([found, found[-2] + found[-1]])


@pytest.fixture(scope="module")
def twenty() -> tuple[System, Array, Lanes]:
    """Twenty subjects of ``everything`` with all kinds of doses: one full group and a rest."""
    system = stepping(everything())
    parameters = people(system, 20)
    events = given(EVERYTHING_EVENTS, 20)
    return system, parameters, solve_lanes(system, parameters, events, reading(system, parameters, 1.0), 0.0, STOP)


@pytest.mark.slow
def test_every_subject_agrees_with_scipy(twenty: tuple[System, Array, Lanes]) -> None:
    """Levels of every subject of a group and of the rest: within 1e-5 of Cmax of an independent solver."""
    system, parameters, found = twenty

    for column in range(0, 20, 3):
        single = alone(system, parameters, column)
        expected = levels(single, solve_reference(single, EVERYTHING_EVENTS, 0.0, STOP))
        error = np.abs(found.profile[:, :, column] - expected).max(axis=1)
        assert np.all(error <= LARGEST_ERROR * expected.max(axis=1))
    assert found.ok.all()


def test_windows_hold_what_the_curves_say(twenty: tuple[System, Array, Lanes]) -> None:
    """Area, extremes and hours above 1 mg/L of every day: those of the continuous curve; its samples give the hours."""
    system, parameters, found = twenty

    for column in (0, 17):
        single = alone(system, parameters, column)
        curves = solve(single, EVERYTHING_EVENTS, 0.0, STOP, rtol=1e-9).amounts
        for i, row in enumerate(system.compounds):
            volume = single.parameters[row.volume]
            top = extremes(curves[i], 0.0, STOP).cmax / volume
            for day, window in enumerate(found.windows[i, :, :, column]):
                start, stop = DAYS[day], DAYS[day + 1]
                expected = extremes(curves[i], start, stop)
                area = float(curves[i].integral(start, stop)) / volume
                times, values = sample(curves[i], start, stop)
                above = np.trapezoid((values / volume > 1.0).astype(float), times)
                assert window[0] == pytest.approx(area, abs=24 * LARGEST_ERROR * top)
                assert window[1] == pytest.approx(expected.cmax / volume, abs=2 * LARGEST_ERROR * top)
                assert window[3] == pytest.approx(expected.cmin / volume, abs=2 * LARGEST_ERROR * top)
                assert curves[i].value(window[2]) / volume == pytest.approx(window[1], abs=2 * LARGEST_ERROR * top) or (
                    curves[i].value(window[2], "right") / volume == pytest.approx(window[1], abs=2e-5 * top)
                )
                assert window[4] == pytest.approx(above, abs=0.2)


def test_every_mechanism_agrees_with_scipy() -> None:
    """Saturable binding, displacement, inhibition, inactivation, saturation, a fast enzyme, both kinds of release."""
    system = with_binding_and_releases()
    parameters = people(system, 16, seed=2)

    found = solve_lanes(system, parameters, given(RELEASED, 16), reading(system, parameters), 0.0, STOP)

    for column in (0, 5, 15):
        single = alone(system, parameters, column)
        expected = levels(single, solve(single, RELEASED, 0.0, STOP, rtol=1e-9))
        error = np.abs(found.profile[:, :, column] - expected).max(axis=1)
        assert np.all(error <= LARGEST_ERROR * expected.max(axis=1))


def test_enzymes_that_follow_each_other_are_followed() -> None:
    """Three enzymes of one turnover under two competing inducers: two states in place of three, the same levels."""
    base = stepping(everything())
    p = [*base.parameters, 0.6, 1.7]
    n = len(base.parameters)
    third = dataclasses.replace(base.enzymes[1], kdeg=16)
    kinds = [row for row in base.inductions if row.enzyme == 0]
    inductions = [dataclasses.replace(row, enzyme=e, emax=n + k) for e in range(3) for k, row in enumerate(kinds)]
    system = dataclasses.replace(
        base, parameters=tuple(p), enzymes=(base.enzymes[0], third, third), inductions=tuple(inductions)
    )
    system = dataclasses.replace(
        system, pathways=(*system.pathways[:1], dataclasses.replace(system.pathways[1], enzyme=2), *system.pathways[2:])
    )
    parameters = people(system, 16)

    found = solve_lanes(system, parameters, given(EVERYTHING_EVENTS, 16), reading(system, parameters), 0.0, STOP)

    assert Structure(system=system, analytes=((0,),)).size == system.layout.n_states - 1
    for column in (0, 9):
        single = alone(system, parameters, column)
        expected = levels(single, solve(single, EVERYTHING_EVENTS, 0.0, STOP, rtol=1e-9))
        error = np.abs(found.profile[:, :, column] - expected).max(axis=1)
        assert np.all(error <= LARGEST_ERROR * expected.max(axis=1))


@pytest.mark.slow
def test_compiled_and_interpreted_lanes_are_the_same() -> None:
    """The march in Python, over numpy, gives what the machine code gives, but for rounding: extremes and hours too."""
    system = with_binding_and_releases()
    parameters = people(system, 16, seed=4)
    read = dataclasses.replace(reading(system, parameters, 1.0), grid=GRID[:49], edges=DAYS[:3])

    machine, python = (
        solve_lanes(system, parameters, given(RELEASED, 16), read, 0.0, 48.0, double=True, compiled=compiled)
        for compiled in (True, False)
    )

    top = machine.profile.max(axis=(1, 2), keepdims=True)
    assert np.all(np.abs(machine.profile - python.profile) <= 1e-9 * top)
    np.testing.assert_allclose(machine.windows[:, :, [0, 1, 3]], python.windows[:, :, [0, 1, 3]], rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(machine.windows[:, :, 4], python.windows[:, :, 4], atol=1e-3)


def test_neighbours_change_nothing_to_speak_of(twenty: tuple[System, Array, Lanes]) -> None:
    """A subject among copies of itself has the levels that it has among others, within the promised error."""
    system, parameters, found = twenty
    copies = np.repeat(parameters[:, 3:4], 16, axis=1)

    again = solve_lanes(system, copies, given(EVERYTHING_EVENTS, 16), reading(system, copies), 0.0, STOP)

    np.testing.assert_array_equal(again.profile, np.repeat(again.profile[:, :, :1], 16, axis=2))
    top = found.profile[:, :, 3].max(axis=1)
    assert np.all(np.abs(again.profile[:, :, 0] - found.profile[:, :, 3]).max(axis=1) <= 2 * LARGEST_ERROR * top)


def test_doses_may_differ_in_time_and_amount(twenty: tuple[System, Array, Lanes]) -> None:
    """Every subject takes its doses at its own times, one leaves some out: each as it would be alone."""
    system, parameters, _ = twenty
    inputs = given(EVERYTHING_EVENTS, 4)
    late = np.array([0.0, 0.25, 1.5, 3.0])
    amounts = inputs.amounts.copy()
    amounts[4:9, 1] = 0.0
    inputs = dataclasses.replace(inputs, times=inputs.times + late, amounts=amounts)

    found = solve_lanes(system, parameters[:, :4], inputs, reading(system, parameters[:, :4]), 0.0, STOP)

    for column, delay in enumerate(late):
        events = [
            dataclasses.replace(event, time=event.time + delay, amount=amounts[m, column])
            for m, event in enumerate(EVERYTHING_EVENTS)
        ]
        single = alone(system, parameters, column)
        expected = levels(single, solve(single, events, 0.0, STOP, rtol=1e-9))
        error = np.abs(found.profile[:, :, column] - expected).max(axis=1)
        assert np.all(error <= LARGEST_ERROR * expected.max(axis=1))


def test_a_subject_that_cannot_be_solved_is_told_and_spares_its_neighbours(
    twenty: tuple[System, Array, Lanes],
) -> None:
    """An exchange of 1e9 per hour in one of sixteen: that one is not ok and has no numbers, the others have theirs."""
    system, parameters, found = twenty
    ill = parameters[:, :16].copy()
    ill[14, 5] = 1e9

    again = solve_lanes(system, ill, given(EVERYTHING_EVENTS, 16), reading(system, ill, 1.0), 0.0, STOP)

    assert list(np.flatnonzero(~again.ok)) == [5]
    assert np.isnan(again.windows[..., 5]).all()
    assert np.isnan(again.profile[:, :, 5]).all()
    others = np.arange(16) != 5
    top = found.profile[:, :, :16].max(axis=1, keepdims=True)
    assert np.all(
        np.abs(again.profile - found.profile[:, :, :16])[:, :, others] <= (2 * LARGEST_ERROR * top)[..., others]
    )


def test_a_group_begins_at_its_periodic_state(twenty: tuple[System, Array, Lanes]) -> None:
    """Doses repeated for ever before the start, and an infusion that is running."""
    system, parameters, _ = twenty
    cycle = (
        Event(time=0.0, kind="depot", target=0, amount=100.0),
        Event(time=0.0, kind="depot", target=2, amount=50.0),
        Event(time=6.0, kind="rate", target=1, amount=-4.0),
        Event(time=20.0, kind="rate", target=1, amount=4.0),
    )
    rates = np.zeros((4, 5))
    rates[1] = 4.0
    steady = Steady(period=24.0, cycle=given(cycle, 5), rates=rates, inflows=np.zeros((3, 5)))
    events = [dataclasses.replace(event, time=event.time + 24.0 * day) for day in range(10) for event in cycle]

    found = solve_lanes(
        system, parameters[:, :5], given(events, 5), reading(system, parameters[:, :5]), 0.0, STOP, steady=steady
    )

    for column in range(5):
        single = alone(system, parameters, column)
        begin = periodic_state(single, cycle, 0.0, 24.0, rates=[0.0, 4.0, 0.0, 0.0], rtol=1e-9).state
        expected = levels(single, solve(single, events, 0.0, STOP, rtol=1e-9, initial=begin))
        error = np.abs(found.profile[:, :, column] - expected).max(axis=1)
        assert np.all(error <= LARGEST_ERROR * expected.max(axis=1))


@pytest.mark.parametrize("grid", [[100.0], [0.0], [7.5, 7.5, 7.5], [0.0, 0.5, 100.0, 100.25, STOP]])
def test_any_grid_reads_the_same_curve(grid: list[float], twenty: tuple[System, Array, Lanes]) -> None:
    """One point, a point thrice, points at uneven distances: the levels that a single run has there."""
    system, parameters, _ = twenty
    asked = dataclasses.replace(reading(system, parameters[:, :1]), grid=np.array(grid))

    found = solve_lanes(system, parameters[:, :1], given(EVERYTHING_EVENTS, 1), asked, 0.0, STOP, double=True)

    single = alone(system, parameters, 0)
    curves = solve(single, EVERYTHING_EVENTS, 0.0, STOP, rtol=1e-9).amounts
    for i, compound in enumerate(system.compounds):
        volume = single.parameters[compound.volume]
        top = extremes(curves[i], 0.0, STOP).cmax / volume
        expected = curves[i].value(np.array(grid)) / volume
        np.testing.assert_allclose(found.profile[i, :, 0], expected, rtol=0, atol=LARGEST_ERROR * top)


def test_of_equal_peaks_the_first_says_when(twenty: tuple[System, Array, Lanes]) -> None:
    """At a steady state every day has the same peak: the largest level of ten days is that of the first."""
    system, parameters, _ = twenty
    cycle = (
        Event(time=0.0, kind="depot", target=0, amount=100.0),
        Event(time=0.0, kind="depot", target=2, amount=50.0),
    )
    count, nothing = 16, np.zeros((4, 16))
    steady = Steady(period=24.0, cycle=given(cycle, count), rates=nothing, inflows=nothing[:3])
    events = [dataclasses.replace(event, time=event.time + 24.0 * day) for day in range(10) for event in cycle]
    whole = dataclasses.replace(reading(system, parameters[:, :count]), edges=np.array([0.0, STOP]))

    found = solve_lanes(system, parameters[:, :count], given(events, count), whole, 0.0, STOP, steady=steady)

    assert found.ok.all()
    assert (found.windows[:, 0, 2] <= 24.0).all()


def test_quantiles_of_counted_levels_lie_within_a_bin_of_the_exact_ones() -> None:
    """Ten thousand log-normal levels: a quantile read from the counts is within 1.6 %, the width of a bin."""
    values = np.exp(np.random.default_rng(3).standard_normal(10_000)).astype(np.float32)
    ok = np.ones(10_000, dtype=bool)
    everyone = Lanes(windows=np.empty((1, 0, 5, 10_000)), curves=values.reshape(-1, 1, 1, 16), ok=ok)
    edges = edges_of_bins()
    counts = np.zeros((1, 1, len(edges) - 1), dtype=np.uint32)

    tally(everyone, counts, np.array([0]))

    assert counts.sum() == 10_000
    np.testing.assert_array_equal(everyone.profile[0, 0], values)
    cumulative = np.cumsum(counts[0, 0]) / 10_000
    for share in (0.05, 0.25, 0.5, 0.75, 0.95):
        place = int(np.searchsorted(cumulative, share))
        exact = np.quantile(values, share)
        assert edges[place] / 1.016 <= exact <= edges[place + 1] * 1.016
