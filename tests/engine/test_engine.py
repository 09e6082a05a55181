"""The engine against closed forms, an independent integrator, and the conservation of mass."""

from __future__ import annotations

import math

import numpy as np
import pytest
from engine_systems import EVERYTHING_EVENTS, chain, everything, one_compartment, step_inducer, two_compartments
from hypothesis import given, settings
from hypothesis import strategies as st

from pkinteract.engine.curves import extremes
from pkinteract.engine.events import Event
from pkinteract.engine.reference.medium import medium
from pkinteract.engine.reference.solve import solve_reference
from pkinteract.engine.single.generate import generate
from pkinteract.engine.single.march import solve
from pkinteract.engine.solution import Solution
from pkinteract.engine.steady_state import fixed_point, periodic_state
from pkinteract.engine.system import System

TIGHT = 1e-11
HOURS = np.linspace(0, 48, 97)


def dose(amount: float = 100.0, time: float = 0.0, kind: str = "depot") -> Event:
    return Event(time=time, kind=kind, target=0, amount=amount)  # type: ignore[arg-type]


@pytest.mark.parametrize("stepped", [True, False])
@pytest.mark.parametrize("ka", [1.5, 0.1, 0.1000000001])
def test_an_oral_dose_follows_the_bateman_function(stepped: bool, ka: float) -> None:
    """One compartment, first-order absorption; also where ka equals ke (ke is 0.1 /h)."""
    system = one_compartment(ka=ka, stepped=stepped)

    amounts = solve(system, [dose()], 0, 48, rtol=TIGHT).amounts[0].value(HOURS)

    ke = 0.1
    expected = (
        100 * ke * HOURS * np.exp(-ke * HOURS)
        if abs(ka - ke) < 1e-6
        else 100 * ka / (ka - ke) * (np.exp(-ke * HOURS) - np.exp(-ka * HOURS))
    )
    np.testing.assert_allclose(amounts, expected, rtol=0, atol=1e-8 * 100)


@pytest.mark.parametrize("stepped", [True, False])
def test_an_intravenous_dose_in_two_compartments_is_biexponential(stepped: bool) -> None:
    """Bolus into two compartments, with the hybrid constants of the textbook."""
    k10, k12, k21 = 0.2, 0.4, 0.1
    total, root = k10 + k12 + k21, math.sqrt((k10 + k12 + k21) ** 2 - 4 * k10 * k21)
    alpha, beta = (total + root) / 2, (total - root) / 2

    amounts = (
        solve(two_compartments(stepped=stepped), [dose(kind="bolus")], 0, 48, rtol=TIGHT).amounts[0].value(HOURS[1:])
    )

    fast = 100 * (alpha - k21) / (alpha - beta) * np.exp(-alpha * HOURS[1:])
    slow = 100 * (k21 - beta) / (alpha - beta) * np.exp(-beta * HOURS[1:])
    np.testing.assert_allclose(amounts, fast + slow, rtol=0, atol=1e-8 * 100)


@pytest.mark.parametrize("stepped", [True, False])
def test_an_infusion_rises_and_falls_exponentially(stepped: bool) -> None:
    """10 mg/h for 10 h."""
    events = [dose(10.0, 0.0, "rate"), dose(-10.0, 10.0, "rate")]

    amounts = solve(one_compartment(stepped=stepped), events, 0, 48, rtol=TIGHT).amounts[0].value(HOURS)

    inside = 10 / 0.1 * -np.expm1(-0.1 * np.minimum(HOURS, 10))
    np.testing.assert_allclose(amounts, inside * np.exp(-0.1 * np.maximum(HOURS - 10, 0)), rtol=0, atol=1e-8 * 100)


@pytest.mark.parametrize("stepped", [True, False])
def test_many_doses_are_the_sum_of_single_ones(stepped: bool) -> None:
    """Superposition of a linear system, dose by dose."""
    system = one_compartment(stepped=stepped)
    times = [0.0, 7.3, 12.0, 12.5, 40.0]

    amounts = solve(system, [dose(time=time) for time in times], 0, 48, rtol=TIGHT).amounts[0].value(HOURS)

    after = np.maximum(HOURS[:, None] - times, 0)
    expected = (100 * 1.5 / 1.4 * (np.exp(-0.1 * after) - np.exp(-1.5 * after))).sum(axis=1)
    np.testing.assert_allclose(amounts, expected, rtol=0, atol=1e-8 * 300)


@pytest.mark.parametrize("hill", [False, True])
def test_an_enzyme_under_constant_inducer_rises_with_its_own_half_life(hill: bool) -> None:
    """The approach to the plateau 1 + Emax·x/(1 + x) is exponential in kdeg, whatever the dose."""
    level = solve(step_inducer(hill=hill), [dose(50.0, 0.0, "bolus")], 0, 48, rtol=TIGHT).enzymes[0].value(HOURS)

    x = (5.0 / 2.0) ** (1.7 if hill else 1.0)
    plateau = 1 + 4 * x / (1 + x)
    np.testing.assert_allclose(level, plateau - (plateau - 1) * np.exp(-0.03 * HOURS), rtol=1e-8)


def test_a_metabolite_chain_follows_its_closed_form() -> None:
    """Formation by one first-order process, elimination by another."""
    metabolite = solve(chain(), [dose(kind="bolus")], 0, 48, rtol=TIGHT).amounts[1].value(HOURS)

    expected = 1.1 * 100 * 0.2 / (0.2 - 0.05) * (np.exp(-0.05 * HOURS) - np.exp(-0.2 * HOURS))
    np.testing.assert_allclose(metabolite, expected, rtol=0, atol=1e-8 * 100)


@pytest.mark.slow
def test_generated_code_agrees_with_scipy_on_every_mechanism() -> None:
    """Competing inducers with and without Hill, gut and liver first pass, exchange, infusion and metabolite at once."""
    fast = solve(everything(), EVERYTHING_EVENTS, 0, 240, rtol=1e-9)
    slow = solve_reference(everything(), EVERYTHING_EVENTS, 0, 240, rtol=1e-11)
    times = np.linspace(0, 240, 961)

    for one, other in zip((*fast.amounts, *fast.peripherals[2]), (*slow.amounts, *slow.peripherals[2]), strict=True):
        reference = other.value(times)
        np.testing.assert_allclose(one.value(times), reference, rtol=0, atol=1e-7 * reference.max())
    for one, other in zip(fast.enzymes, slow.enzymes, strict=True):
        np.testing.assert_allclose(one.value(times), other.value(times), rtol=1e-7)


def lost(system: System, solution: Solution, stop: float) -> tuple[float, float, float]:
    """Parent lost in gut, first-pass liver and plasma [mg] by Gauss-Legendre quadrature on every step."""
    nodes, weights = np.polynomial.legendre.leggauss(12)
    breaks = np.unique(np.concatenate([curve.breaks for curve in solution.amounts]))
    half = np.diff(breaks) / 2
    times = (breaks[:-1] + half)[:, None] + half[:, None] * nodes
    amounts = np.array([curve.value(times) for curve in solution.amounts])
    levels = np.array([curve.value(times) for curve in solution.enzymes])
    absorbed = np.zeros_like(amounts)
    for event in EVERYTHING_EVENTS:
        if event.kind == "depot":
            row = system.depots[event.target]
            ka = system.parameters[row.ka]
            absorbed[row.compound] += np.where(
                times > event.time, event.amount * ka * np.exp(-ka * np.maximum(times - event.time, 0)), 0
            )
    flow = medium(system, amounts, levels, absorbed)

    def total(rate: np.ndarray) -> float:
        return float((rate * weights * half[:, None]).sum())

    plasma = sum(total(flow.eliminated[j]) for j in system.pathways_of(2))
    return total(flow.lost_in_gut[2]), total(flow.lost_in_liver[2]), plasma


def test_no_drug_is_made_or_lost() -> None:
    """What was given equals what is left in depot and body plus what gut, liver and plasma lost."""
    system = everything()
    solution = solve(system, EVERYTHING_EVENTS, 0, 240, rtol=TIGHT)

    gut, liver, plasma = lost(system, solution, 240)

    given = 7 * 50.0 + 20.0 + 5.0 * 4.0
    depot = sum(50.0 * math.exp(-1.2 * (240 - 24 * i - 1)) for i in range(7))
    inside = float(solution.amounts[2].value(240.0) + solution.peripherals[2][0].value(240.0))
    assert abs(depot + inside + gut + liver + plasma - given) < 1e-8 * given


def test_enzymes_return_to_where_they_were() -> None:
    """A hundred half-lives after the inducers are gone every level is at its activity again."""
    end = solve(everything(), EVERYTHING_EVENTS, 0, 4000).enzymes

    assert float(end[0].value(4000.0)) == pytest.approx(1.0, abs=1e-6)
    assert float(end[1].value(4000.0)) == pytest.approx(0.8, abs=1e-6)


@settings(max_examples=25, deadline=None)
@given(st.floats(0.1, 10.0), st.floats(0.05, 3.0), st.floats(5.0, 100.0))
def test_exact_and_stepped_agree_whatever_the_constants(clearance: float, ka: float, volume: float) -> None:
    """The same compound, once by exponentials and once by steps."""
    events = [dose(time=time) for time in (0.0, 12.0, 24.0)]
    pair = [
        solve(one_compartment(volume=volume, clearance=clearance, ka=ka, stepped=stepped), events, 0, 48)
        .amounts[0]
        .value(HOURS)
        for stepped in (True, False)
    ]

    np.testing.assert_allclose(pair[0], pair[1], rtol=0, atol=1e-5 * max(pair[1]))


@pytest.mark.slow
@settings(max_examples=20, deadline=None)
@given(st.floats(1.0, 239.0))
def test_stopping_and_going_on_changes_nothing(cut: float) -> None:
    """Splitting the interval anywhere, also between a dose and its end, gives the same curve."""
    whole = solve(everything(), EVERYTHING_EVENTS, 0, 240, rtol=1e-9)
    first = solve(everything(), EVERYTHING_EVENTS, 0, cut, rtol=1e-9)
    second = solve(everything(), EVERYTHING_EVENTS, cut, 240, rtol=1e-9, initial=first.end)

    for one, other in zip(whole.amounts, second.amounts, strict=True):
        assert float(other.value(240.0)) == pytest.approx(float(one.value(240.0)), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("stepped", [True, False])
def test_integrals_and_extremes_are_exact(stepped: bool) -> None:
    """AUC is dose/clearance (volume times amount), Cmax stands at ln(ka/ke)/(ka - ke)."""
    curve = solve(one_compartment(stepped=stepped), [dose()], 0, 400, rtol=1e-10).amounts[0]

    found = extremes(curve, 0, 400)

    assert curve.integral(0, 400) == pytest.approx(100 / 0.1, rel=1e-7)
    assert curve.integral(3.0, 7.7) == pytest.approx(curve.integral(0, 7.7) - curve.integral(0, 3.0), rel=1e-9)
    peak = math.log(15) / 1.4
    assert found.tmax == pytest.approx(peak, abs=1e-4)
    assert found.cmax == pytest.approx(100 * 1.5 / 1.4 * (math.exp(-0.1 * peak) - math.exp(-1.5 * peak)), rel=1e-8)


def test_a_jump_is_seen_from_both_sides() -> None:
    """At a bolus the value is the one before it; the maximum is the one after."""
    curve = solve(two_compartments(stepped=True), [dose(kind="bolus", time=5.0)], 0, 10).amounts[0]

    assert float(curve.value(5.0)) == 0.0
    assert float(curve.value(5.0, "right")) == 100.0
    assert extremes(curve, 0, 10).cmax == 100.0


def test_the_periodic_state_repeats_itself() -> None:
    """One period from the state found leads back to it, and it equals the end of a very long run."""
    system = everything()
    period = [event for event in EVERYTHING_EVENTS if event.kind == "depot" and event.time < 24]
    long = [
        Event(time=event.time + 24 * i, kind="depot", target=event.target, amount=event.amount)
        for i in range(120)
        for event in period
    ]

    found = periodic_state(system, period, 0, 24, rates=[0.0] * 4)

    assert found.residual < 1e-7
    assert found.periods < 60
    end = solve(system, sorted(long, key=lambda event: event.time), 0, 24 * 120, rtol=1e-9).end
    assert end is not None
    np.testing.assert_allclose(found.state.stepped, end.stepped, rtol=1e-5)


def test_a_fixed_point_is_that_of_each_column() -> None:
    """Closed form: x → slope·x + 1 ends at 1/(1 - slope), by mixing long before slow ones would by themselves."""
    slopes = np.array([[0.5, 0.9, 0.99]])

    settled = fixed_point(np.zeros((1, 3)), lambda x: slopes * x + 1, np.array([1.0]), 1e-9)

    np.testing.assert_allclose(settled.image, 1 / (1 - slopes), rtol=1e-7)
    assert settled.residual < 1e-9
    assert settled.drift == pytest.approx(1e-9 * settled.image.max(), rel=1e-3)
    assert settled.rounds < 20


def test_mixing_weighs_each_state_by_its_scale() -> None:
    """A state of millions and one of millionths that act on each other: as few rounds as with scales alike."""
    slopes, scale = np.array([[0.9, 0.05e12, 0], [0.04e-12, 0.8, 0], [0, 0, 0.95]]), np.array([1e6, 1e-6, 1.0])
    rest = scale[:, None]

    settled = fixed_point(np.zeros((3, 1)), lambda x: slopes @ x + rest, scale, 1e-10)

    np.testing.assert_allclose(settled.image, np.linalg.solve(np.eye(3) - slopes, rest), rtol=1e-7)
    assert settled.rounds < 12


def test_a_map_without_a_fixed_point_is_left_after_400_rounds() -> None:
    """One that always adds one and more: what is left is told as it is; with nothing to map there is nothing left."""
    grows = fixed_point(np.zeros((1, 1)), lambda x: x + 1 + 0.1 * x % 1, np.array([1.0]), 1e-9)
    empty = fixed_point(np.zeros((0, 1)), lambda x: x, np.zeros(0), 1e-9)

    assert grows.rounds == 400
    assert grows.drift >= 1
    assert (empty.rounds, empty.residual, empty.drift) == (0, 0.0, 0.0)


@pytest.mark.parametrize("most", [0, 1, 3])
def test_a_map_that_cannot_go_on_ends_the_search(most: int) -> None:
    """Where the solver gives up, the last point that it did take and its image are kept; at once, where it begins."""
    taken: list[float] = []

    def over(x: np.ndarray) -> np.ndarray | None:
        if len(taken) == most:
            return None
        taken.append(float(x[0, 0]))
        return 0.5 * x + 1

    settled = fixed_point(np.zeros((1, 1)), over, np.array([1.0]), 1e-9)

    assert settled.rounds == most
    assert float(settled.point[0, 0]) == (taken[-1] if taken else 0.0)
    assert float(settled.image[0, 0]) == (0.5 * taken[-1] + 1 if taken else 0.0)
    assert (settled.residual > 1e-3) is (most > 0)


@pytest.mark.parametrize("name", ["one_compartment", "step_inducer", "chain"])
def test_what_the_generator_writes_is_what_was_reviewed(name: str) -> None:
    """Golden files of three small systems: any change of the generated text is seen in review."""
    from pathlib import Path

    system = {"one_compartment": one_compartment(stepped=True), "step_inducer": step_inducer(), "chain": chain()}[name]

    assert generate(system) == (Path(__file__).parent / "golden" / f"{name}.txt").read_text("utf-8")


def test_a_hopeless_system_says_so() -> None:
    """A rate constant of 1e15 /h ends in a reason, not in an endless loop."""
    solution = solve(one_compartment(volume=1e-12, clearance=1000.0, stepped=True), [dose()], 0, 10)

    assert solution.failure is not None
    assert "check ka, volumes and clearances" in solution.failure.reason
