"""Every mechanism of the engine, through every runner, against a closed form, on systems that hold little else."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Protocol, TypeVar

import lagging_enzyme
import numpy as np
import pytest
from runners import MARKED, RUNNERS, TIGHT
from scipy.integrate import quad
from scipy.linalg import expm
from scipy.special import lambertw
from scipy.stats import gamma

from pkinteract.engine import mechanisms
from pkinteract.engine.events import Event, EventKind, Switch
from pkinteract.engine.mechanisms import MECHANISMS
from pkinteract.engine.solution import Solution
from pkinteract.engine.system import (
    Actor,
    Binding,
    Compound,
    Depot,
    Efflux,
    Enzyme,
    Formation,
    GutFormation,
    Inactivation,
    Induction,
    Pathway,
    Peripheral,
    Ratio,
    Release,
    Return,
    System,
    checked,
)

HOURS = np.linspace(0, 48, 97)


class Numbers:
    """Parameters as they are named."""

    def __init__(self) -> None:
        self.found: list[float] = []

    def __call__(self, value: float) -> int:
        self.found.append(value)
        return len(self.found) - 1

    def system(self, **rows: object) -> System:
        compounds = rows["compounds"]
        assert isinstance(compounds, tuple)
        return checked(System(parameters=tuple(self.found), scale=(100.0,) * len(compounds), **rows))  # type: ignore[arg-type]


def event(kind: EventKind, amount: float, *, time: float = 0.0, target: int = 0) -> Event:
    return Event(time=time, kind=kind, target=target, amount=amount)


class Solved(Protocol):
    def __call__(self, system: System, *events: Event, stop: float = 48.0) -> Solution: ...


@pytest.fixture(params=MARKED)
def solved(request: pytest.FixtureRequest) -> Solved:
    """What solves a system tightly, by each runner."""
    runner, rtol = RUNNERS[request.param], TIGHT[request.param]

    def run(system: System, *events: Event, stop: float = 48.0) -> Solution:
        return runner(system, sorted(events, key=lambda row: row.time), 0.0, stop, rtol=rtol)

    return run


WRITTEN: set[str] = set()
"""Mechanisms that have a closed form here."""

Test = TypeVar("Test", bound=Callable[..., None])


def closed_form(*names: str) -> Callable[[Test], Test]:
    """The test below holds these mechanisms to a closed form."""
    WRITTEN.update(names)
    return lambda test: test


def test_every_mechanism_has_a_closed_form() -> None:
    """No mechanism joins the list without one."""
    assert {one.__name__.rpartition(".")[2] for one in MECHANISMS} == WRITTEN


def area(solution: Solution, compound: int = 0, stop: float = 2000.0) -> float:
    return float(solution.amounts[compound].integral(0.0, stop))


def steady_actor(p: Numbers, level: float) -> tuple[Compound, Pathway, Event]:
    """Compound 1 that holds ``level`` [mg/L] for ever."""
    held = Compound(volume=p(1e6), portal=p(90.0), gut_flow=p(18.0))
    return held, Pathway(compound=1, clearance=p(1e-9)), event("bolus", 1e6 * level, target=1)


@closed_form("clearance")
def test_saturable_elimination_follows_lambert_w(solved: Solved) -> None:
    """Bolus, one compartment, Vmax 30 mg/h and Km 4 mg/L: C = Km·W(C0/Km·exp((C0 - Vmax·t/V)/Km))."""
    p = Numbers()
    own = Ratio(actor=Actor(compound=0), constant=p(4.0))
    system = p.system(
        compounds=(Compound(volume=p(20.0)),),
        pathways=(Pathway(compound=0, clearance=p(30.0 / 4.0), saturation=own),),
    )

    level = solved(system, event("bolus", 400.0)).amounts[0].value(HOURS, "right") / 20.0

    expected = 4.0 * lambertw(20.0 / 4.0 * np.exp((20.0 - 30.0 / 20.0 * HOURS) / 4.0)).real
    np.testing.assert_allclose(level, expected, rtol=0, atol=1e-8 * 20)


@closed_form("inactivation", "turnover")
def test_an_inactivator_holds_the_enzyme_at_its_plateau(solved: Solved) -> None:
    """At a constant inactivator E falls with kdeg + kinact·I/(KI + I) to kdeg over that sum."""
    p = Numbers()
    held, leak, start = steady_actor(p, 3.0)
    gone = Inactivation(enzyme=0, actor=Actor(compound=1, site="inlet"), kinact=p(0.4), ki=p(2.0))
    system = p.system(
        compounds=(Compound(volume=p(10.0)), held),
        enzymes=(Enzyme(kdeg=p(0.02), activity=p(1.0)),),
        inactivations=(gone,),
        pathways=(Pathway(compound=0, clearance=p(1.0), enzyme=0), leak),
    )

    level = solved(system, start).enzymes[0].value(HOURS)

    fast = 0.02 + 0.4 * 3.0 / 5.0
    np.testing.assert_allclose(level, 0.02 / fast + (1 - 0.02 / fast) * np.exp(-fast * HOURS), rtol=1e-7)


@closed_form("clearance")
@pytest.mark.parametrize("fm", [0.3, 0.9])
def test_a_constant_inhibitor_raises_the_area_by_the_rowland_matin_equation(solved: Solved, fm: float) -> None:
    """AUC ratio 1/(fm/(1 + I/Ki) + 1 - fm), linear liver."""
    areas = []
    for level in (0.0, 5.0):
        p = Numbers()
        held, leak, start = steady_actor(p, level)
        slow = Ratio(actor=Actor(compound=1, site="inlet"), constant=p(1.0))
        system = p.system(
            compounds=(Compound(volume=p(10.0)), held),
            pathways=(
                Pathway(compound=0, clearance=p(2.0 * fm), inhibitors=(slow,)),
                Pathway(compound=0, clearance=p(2.0 * (1 - fm))),
                leak,
            ),
        )
        areas.append(area(solved(system, start, event("bolus", 100.0), stop=2000.0)))

    assert areas[1] / areas[0] == pytest.approx(1 / (fm / 6 + 1 - fm), rel=1e-6)


@closed_form("liver")
@pytest.mark.parametrize("oral", [True, False])
def test_behind_a_well_stirred_liver_inhibition_acts_on_intrinsic_clearance(solved: Solved, oral: bool) -> None:
    """Oral AUC = dose/CLint, intravenous AUC = dose·(Q + CLint)/(Q·CLint), whatever CLint the inhibitor leaves."""
    p = Numbers()
    held, leak, start = steady_actor(p, 5.0)
    slow = Ratio(actor=Actor(compound=1, site="inlet"), constant=p(2.5))
    system = p.system(
        compounds=(Compound(volume=p(50.0), flow=p(90.0)), held),
        depots=(Depot(compound=0, ka=p(1.0)),),
        pathways=(Pathway(compound=0, clearance=p(120.0), hepatic=True, inhibitors=(slow,)), leak),
    )
    intrinsic = 120.0 / 3.0

    found = area(solved(system, start, event("depot" if oral else "bolus", 100.0), stop=400.0), stop=400.0) / 50.0

    assert found == pytest.approx(100 / intrinsic if oral else 100 * (90 + intrinsic) / (90 * intrinsic), rel=1e-6)


@closed_form("portal")
def test_inhibition_in_the_gut_wall_follows_the_availability_formula(solved: Solved) -> None:
    """Fg = 1/(1 + (1/Fg0 - 1)/(1 + Igut/Ki)) with Igut = absorption rate over 18 L/h, held by a constant input."""
    p = Numbers()
    rival = Compound(volume=p(1e6), gut_flow=p(18.0))
    slow = Ratio(actor=Actor(compound=1, site="gut"), constant=p(2.0))
    victim = Compound(volume=p(10.0), gut_ratio=p(1 / 0.4 - 1), gut_inhibitors=(slow,))
    system = p.system(
        compounds=(victim, rival),
        depots=(Depot(compound=0, ka=p(2.0)), Depot(compound=1, ka=None, fed=True)),
        pathways=(Pathway(compound=0, clearance=p(1.0)), Pathway(compound=1, clearance=p(1.0))),
    )

    found = solved(system, event("depot-rate", 72.0, target=1), event("depot", 100.0), stop=400.0)

    inhibited = 1 / (1 + (1 / 0.4 - 1) / (1 + 72 / 18 / 2.0))
    assert area(found, stop=400.0) / 10.0 * 1.0 / 100.0 == pytest.approx(inhibited, rel=1e-6)


@closed_form("portal")
def test_absorption_adds_to_the_inlet_concentration(solved: Solved) -> None:
    """A constant input of 90 mg/h into a flow of 90 L/h raises the inlet by 1 mg/L: at Ki 1 half is left."""
    p = Numbers()
    rival = Compound(volume=p(1e9), portal=p(90.0))
    slow = Ratio(actor=Actor(compound=1, site="inlet"), constant=p(1.0))
    system = p.system(
        compounds=(Compound(volume=p(10.0)), rival),
        depots=(Depot(compound=1, ka=None, fed=True),),
        pathways=(
            Pathway(compound=0, clearance=p(2.0), inhibitors=(slow,)),
            Pathway(compound=1, clearance=p(1.0)),
        ),
    )

    level = solved(system, event("depot-rate", 90.0), event("bolus", 100.0), stop=20.0).amounts[0].value(20.0)

    assert float(level) == pytest.approx(100 * math.exp(-0.1 * 20), rel=1e-5)


@closed_form("clearance")
def test_competitive_and_non_competitive_inhibition_of_a_saturable_pathway_differ_as_written(solved: Solved) -> None:
    """At constant own and inhibitor levels: CL/(1 + I/Ki + C/Km) and CL/((1 + I/Ki)·(1 + C/Km))."""
    for competitive, slowed in ((True, 1 + 3 + 2), (False, (1 + 3) * (1 + 2))):
        p = Numbers()
        held, leak, start = steady_actor(p, 3.0)
        system = p.system(
            compounds=(Compound(volume=p(1e6)), held),
            pathways=(
                Pathway(
                    compound=0,
                    clearance=p(60.0),
                    saturation=Ratio(actor=Actor(compound=0), constant=p(2.0)),
                    inhibitors=(Ratio(actor=Actor(compound=1, site="inlet"), constant=p(1.0)),),
                    competitive=competitive,
                ),
                leak,
            ),
        )

        left = float(solved(system, start, event("bolus", 4e6), stop=1.0).amounts[0].value(1.0))

        assert 4e6 - left == pytest.approx(60.0 * 4.0 / slowed, rel=1e-4)


@closed_form("binding")
def test_saturable_binding_holds_the_root_of_its_equation(solved: Solved) -> None:
    """Infused to steady state the unbound level is rate over unbound clearance, and C = Cu + Bmax·Cu/(Kd + Cu)."""
    p = Numbers()
    bound = Binding(reference=p(0.1), bmax=p(80.0), kd=p(10.0))
    system = p.system(
        compounds=(Compound(volume=p(5.0), binding=bound),), pathways=(Pathway(compound=0, clearance=p(0.5)),)
    )

    level = float(solved(system, event("rate", 60.0), stop=3000.0).amounts[0].value(3000.0)) / 5.0

    unbound = 60.0 / (0.5 / 0.1)
    assert level == pytest.approx(unbound + 80.0 * unbound / (10.0 + unbound), rel=1e-7)


@closed_form("binding")
def test_a_displacer_lowers_the_total_and_leaves_the_unbound_level(solved: Solved) -> None:
    """Bound over unbound falls by 1 + I/Ki; at steady state the unbound level is what it was."""
    levels = []
    for rival in (0.0, 6.0):
        p = Numbers()
        held, leak, start = steady_actor(p, rival)
        bound = Binding(reference=p(0.1), displacers=(Ratio(actor=Actor(compound=1), constant=p(3.0)),))
        system = p.system(
            compounds=(Compound(volume=p(5.0), binding=bound), held),
            pathways=(Pathway(compound=0, clearance=p(0.5)), leak),
        )
        found = solved(system, start, event("rate", 10.0), stop=3000.0)
        levels.append(float(found.amounts[0].value(3000.0)) / 5.0)

    free = 1 / (1 + 9.0 / 3.0)
    assert levels[0] == pytest.approx(10.0 / 0.5, rel=1e-6)
    assert levels[1] * free == pytest.approx(levels[0] * 0.1, rel=1e-6)


@closed_form("binding")
def test_another_ratio_of_bound_to_unbound_moves_the_total_alone(solved: Solved) -> None:
    """Bound over unbound 4 where the constants hold at 9: C = Cu·(1 + 4), Cu as ever; a rival divides the 4."""
    p = Numbers()
    held, leak, start = steady_actor(p, 6.0)
    bound = Binding(reference=p(0.1), bound=p(4.0), displacers=(Ratio(actor=Actor(compound=1), constant=p(3.0)),))
    system = p.system(
        compounds=(Compound(volume=p(5.0), binding=bound), held),
        pathways=(Pathway(compound=0, clearance=p(0.5)), leak),
    )

    found = solved(system, start, event("rate", 10.0), stop=300.0)

    unbound = 10.0 / (0.5 / 0.1)
    assert float(found.amounts[0].value(300.0)) / 5.0 == pytest.approx(unbound * (1 + 4.0 / 3.0), rel=1e-6)


@closed_form("induction")
def test_a_slope_adds_to_a_group_of_inducers(solved: Solved) -> None:
    """Plateau 1 + Emax·x/(1 + x) + slope·C."""
    p = Numbers()
    held, leak, start = steady_actor(p, 2.0)
    inductions = (
        Induction(enzyme=0, actor=Actor(compound=1), emax=p(4.0), ec50=p(2.0)),
        Induction(enzyme=0, actor=Actor(compound=1), slope=p(0.3)),
    )
    system = p.system(
        compounds=(Compound(volume=p(1.0)), held),
        enzymes=(Enzyme(kdeg=p(0.1), activity=p(1.0)),),
        inductions=inductions,
        pathways=(Pathway(compound=0, clearance=p(1.0), enzyme=0), leak),
    )

    assert float(solved(system, start, stop=400.0).enzymes[0].value(400.0)) == pytest.approx(1 + 2 + 0.6, rel=1e-6)


@closed_form("formation")
def test_drug_taken_into_the_liver_forms_metabolite_that_passes_the_metabolites_own_liver(solved: Solved) -> None:
    """Metabolite AUC after an oral dose = dose·ratio·Fh,m/CLh,m: all of the parent is metabolised there."""
    p = Numbers()
    system = p.system(
        compounds=(Compound(volume=p(50.0), flow=p(90.0)), Compound(volume=p(30.0), flow=p(90.0))),
        depots=(Depot(compound=0, ka=p(1.0)),),
        pathways=(
            Pathway(compound=0, clearance=p(60.0), hepatic=True),
            Pathway(compound=1, clearance=p(45.0), hepatic=True),
        ),
        formations=(Formation(pathway=0, target=1, ratio=p(0.9)),),
    )

    found = area(solved(system, event("depot", 100.0), stop=600.0), compound=1, stop=600.0) / 30.0

    assert found == pytest.approx(100 * 0.9 / 45.0, rel=1e-6)


@pytest.mark.slow
@closed_form("disposition", "balance")
@pytest.mark.parametrize("stepped", [True, False])
def test_two_peripheral_compartments_follow_the_matrix_exponential(solved: Solved, stepped: bool) -> None:
    """Bolus and infusion into a mammillary compound: expm of the compartment matrix, amounts in every compartment."""
    p = Numbers()
    sides = (Peripheral(out=p(0.4), back=p(0.1)), Peripheral(out=p(0.2), back=p(0.02)))
    system = p.system(
        compounds=(Compound(volume=p(10.0), peripherals=sides),),
        pathways=(Pathway(compound=0, clearance=p(2.0)),),
        step_all=stepped,
    )
    matrix = np.array([[-0.8, 0.1, 0.02, 5.0], [0.4, -0.1, 0.0, 0.0], [0.2, 0.0, -0.02, 0.0], [0.0, 0.0, 0.0, 0.0]])

    found = solved(system, event("bolus", 100.0), event("rate", 5.0))

    expected = np.array([expm(matrix * t) @ [100.0, 0.0, 0.0, 1.0] for t in HOURS[1:]]).T
    np.testing.assert_allclose(found.amounts[0].value(HOURS[1:]), expected[0], rtol=0, atol=1e-7 * 100)
    for curve, amounts in zip(found.peripherals.get(0, ()), expected[1:3], strict=False):
        np.testing.assert_allclose(curve.value(HOURS[1:]), amounts, rtol=0, atol=1e-7 * 100)


@closed_form("wall")
def test_a_transporter_of_the_wall_sends_back_what_neither_passes_nor_forms_metabolite(solved: Solved) -> None:
    """1/(1 + e·P/(1 + Igut/Ki)) is absorbed, at P = 2.5 and Igut = 72/18 mg/L; of that the wall makes metabolite."""
    p = Numbers()
    rival = Compound(volume=p(1e6), gut_flow=p(18.0))
    slow = Ratio(actor=Actor(compound=1, site="gut"), constant=p(2.0))
    system = p.system(
        compounds=(Compound(volume=p(10.0), gut_ratio=p(1 / 0.4 - 1)), rival, Compound(volume=p(20.0))),
        depots=(Depot(compound=0, ka=p(1.0)), Depot(compound=1, ka=None, fed=True)),
        enzymes=(Enzyme(kdeg=p(0.02), activity=p(2.5)),),
        effluxes=(Efflux(compound=0, ratio=p(0.8), enzyme=0, inhibitors=(slow,)),),
        pathways=tuple(Pathway(compound=i, clearance=p(1.0)) for i in range(3)),
        gut_formations=(GutFormation(compound=0, target=2, ratio=p(0.9)),),
    )

    result = solved(system, event("depot-rate", 72.0, target=1), event("depot", 100.0), stop=400.0)

    absorbed = 1 / (1 + 0.8 * 2.5 / (1 + 72 / 18 / 2.0))
    assert area(result, stop=400.0) / 10.0 == pytest.approx(100 * absorbed * 0.4, rel=1e-6)
    assert area(result, compound=2, stop=400.0) / 20.0 == pytest.approx(100 * absorbed * 0.6 * 0.9, rel=1e-6)


@closed_form("clearance")
@pytest.mark.parametrize("level", [0.0, 1.0, 2.0])
def test_what_comes_back_of_a_product_is_not_lost(solved: Solved, level: float) -> None:
    """Behind a liver or beside it, a pathway clears CL/(1 + r·H/(1 + I/Ki)): at H = 0 all of it."""
    p = Numbers()
    held, lasting, filling = steady_actor(p, 3.0)
    slow = Ratio(actor=Actor(compound=1, site="plasma"), constant=p(6.0))
    back = Return(ratio=p(3.0), enzyme=0, inhibitors=(slow,))
    system = p.system(
        compounds=(Compound(volume=p(10.0)), held),
        enzymes=(Enzyme(kdeg=p(0.02), activity=p(level)),),
        pathways=(Pathway(compound=0, clearance=p(4.0), back=back), lasting),
    )

    result = solved(system, event("bolus", 100.0), filling, stop=400.0)

    lost = 4.0 / (1 + 3.0 * level / (1 + 3.0 / 6.0))
    assert area(result, stop=400.0) / 10.0 == pytest.approx(100 / lost, rel=1e-6)


@closed_form("portal", "formation")
def test_an_enzyme_of_the_gut_wall_decides_what_passes_and_what_is_formed_there(solved: Solved) -> None:
    """At a gut enzyme of 2.5: Fg = 1/(1 + (1/Fg0 - 1)·2.5); the rest forms metabolite, which passes its own Fg·Fh."""
    p = Numbers()
    system = p.system(
        compounds=(
            Compound(volume=p(10.0), gut_enzyme=0, gut_ratio=p(1 / 0.4 - 1)),
            Compound(volume=p(20.0), gut_ratio=p(1 / 0.8 - 1), flow=p(90.0)),
        ),
        depots=(Depot(compound=0, ka=p(1.0)),),
        enzymes=(Enzyme(kdeg=p(0.02), activity=p(2.5)),),
        pathways=(Pathway(compound=0, clearance=p(1.0)), Pathway(compound=1, clearance=p(30.0), hepatic=True)),
        gut_formations=(GutFormation(compound=0, target=1, ratio=p(0.9)),),
    )

    found = solved(system, event("depot", 100.0), stop=400.0)

    passed = 1 / (1 + (1 / 0.4 - 1) * 2.5)
    assert area(found, stop=400.0) / 10.0 == pytest.approx(100 * passed / 1.0, rel=1e-6)
    formed = 100 * 0.9 * (1 - passed) * 0.8
    assert area(found, compound=1, stop=400.0) / 20.0 == pytest.approx(formed / 30.0, rel=1e-6)


@closed_form("induction")
def test_inducers_of_one_group_compete_and_groups_add(solved: Solved) -> None:
    """Plateau 1 + (Emax1·x + Emax2·y)/(1 + x + y) in one group, the sum of both terms in two; y with a Hill power."""
    for group, plateau in (
        (0, 1 + (4 * 1.5 + 2 * 0.5**1.7) / (1 + 1.5 + 0.5**1.7)),
        (1, 1 + 2.4 + 2 / (1 + 0.5**-1.7)),
    ):
        p = Numbers()
        held, leak, start = steady_actor(p, 3.0)
        inductions = (
            Induction(enzyme=0, actor=Actor(compound=1), emax=p(4.0), ec50=p(2.0)),
            Induction(enzyme=0, actor=Actor(compound=1), group=group, emax=p(2.0), ec50=p(6.0), hill=p(1.7)),
        )
        system = p.system(
            compounds=(Compound(volume=p(1.0)), held),
            enzymes=(Enzyme(kdeg=p(0.1), activity=p(1.0)),),
            inductions=inductions,
            pathways=(Pathway(compound=0, clearance=p(1.0), enzyme=0), leak),
        )

        level = solved(system, start).enzymes[0].value(HOURS)

        np.testing.assert_allclose(level, plateau - (plateau - 1) * np.exp(-0.1 * HOURS), rtol=1e-7)


@pytest.mark.parametrize("runner", MARKED)
def test_from_a_switch_on_the_parameters_are_others(runner: str) -> None:
    """Clearance doubled after 10 h, on the way between two doses: two exponentials joined at the switch."""
    p = Numbers()
    system = p.system(
        compounds=(Compound(volume=p(20.0)),), pathways=(Pathway(compound=0, clearance=p(2.0)),), step_all=True
    )
    switch = Switch(time=10.0, parameters=(20.0, 4.0))

    found = RUNNERS[runner](system, [event("bolus", 100.0)], 0.0, 48.0, rtol=TIGHT[runner], switches=[switch])

    expected = 100 * np.exp(-0.1 * np.minimum(HOURS[1:], 10) - 0.2 * np.maximum(HOURS[1:] - 10, 0))
    np.testing.assert_allclose(found.amounts[0].value(HOURS[1:]), expected, rtol=1e-7)


def test_a_mechanism_is_one_file_and_one_line(solved: Solved, monkeypatch: pytest.MonkeyPatch) -> None:
    """An enzyme with its own lag, written outside the engine, moves as two steps of first order do."""
    monkeypatch.setattr(mechanisms, "MECHANISMS", (*MECHANISMS[:-1], lagging_enzyme, MECHANISMS[-1]))
    p = Numbers()
    held, leak, start = steady_actor(p, 3.0)
    system = p.system(
        compounds=(Compound(volume=p(1.0)), held),
        enzymes=(Enzyme(kdeg=p(0.1), activity=p(0.5)), Enzyme(kdeg=p(0.03), activity=p(1.0))),
        inductions=tuple(Induction(enzyme=e, actor=Actor(compound=1), emax=p(4.0), ec50=p(2.0)) for e in (0, 1)),
        pathways=(Pathway(compound=0, clearance=p(1.0), enzyme=0), leak),
        further=(lagging_enzyme.Lag(enzyme=0, rate=p(0.04)),),
    )

    found = solved(system, start)

    fold = 4.0 * 1.5 / 2.5
    lagged = 1 - (0.1 * np.exp(-0.04 * HOURS) - 0.04 * np.exp(-0.1 * HOURS)) / (0.1 - 0.04)
    np.testing.assert_allclose(found.enzymes[0].value(HOURS), 0.5 * (1 + fold * lagged), rtol=1e-7)
    np.testing.assert_allclose(found.enzymes[1].value(HOURS), 1 - fold * np.expm1(-0.03 * HOURS), rtol=1e-7)


KE = 0.1


def one(p: Numbers, *, ka: int | None, stepped: bool, release: Release | None = None) -> System:
    """One compartment (ke 0.1 /h) with a depot or a release; through an enzyme it is stepped, else exact."""
    return p.system(
        compounds=(Compound(volume=p(20.0)),),
        depots=() if release else (Depot(compound=0, ka=ka, fed=True),),
        releases=(release,) if release else (),
        enzymes=(Enzyme(kdeg=p(0.02), activity=p(1.0)),) if stepped else (),
        pathways=(Pathway(compound=0, clearance=p(20.0 * KE), enzyme=0 if stepped else None),),
    )


def infused(rate: float, hours: float, delay: float | None) -> np.ndarray:
    """Amount under a constant input for some hours, through a depot with ka = ``delay`` or at once."""

    def rising(since: np.ndarray) -> np.ndarray:
        t = np.maximum(since, 0.0)
        if delay is None:
            return rate / KE * -np.expm1(-KE * t)
        return rate * (-np.expm1(-KE * t) / KE - (np.exp(-KE * t) - np.exp(-delay * t)) / (delay - KE))

    return rising(HOURS) - rising(HOURS - hours)


@closed_form("absorption")
@pytest.mark.parametrize("stepped", [True, False])
@pytest.mark.parametrize("ka", [None, 0.7])
def test_a_zero_order_input_fills_the_depot_or_the_blood_evenly(
    solved: Solved, stepped: bool, ka: float | None
) -> None:
    """10 mg/h for 6 h, straight in or through a first-order depot (sequential input)."""
    p = Numbers()
    system = one(p, ka=None if ka is None else p(ka), stepped=stepped)

    found = solved(system, event("depot-rate", 10.0), event("depot-rate", -10.0, time=6.0))

    np.testing.assert_allclose(found.amounts[0].value(HOURS), infused(10.0, 6.0, ka), rtol=0, atol=1e-8 * 60)


@pytest.mark.slow
@closed_form("release")
@pytest.mark.parametrize("number", [0.0, 2.5, 7.0])
def test_a_transit_chain_delays_as_the_gamma_density(solved: Solved, number: float) -> None:
    """Any n, mean transit time 3 h, ka 0.7 /h: the convolution of Savic's density with depot and elimination."""
    p = Numbers()
    speed = (number + 1) / 3.0
    release = Release(compound=0, kind="transit", first=p(speed), second=p(number), ka=p(0.7))

    found = solved(one(p, ka=None, stepped=True, release=release), event("release", 100.0)).amounts[0].value(HOURS)

    np.testing.assert_allclose(found, _delayed(number), rtol=0, atol=1e-7 * 100)


@cache
def _delayed(number: float) -> np.ndarray:
    """Amounts at HOURS of 100 mg after a transit chain of mean time 3 h and a depot of 0.7 /h."""
    density = gamma(number + 1, scale=3.0 / (number + 1)).pdf

    def amount(t: float) -> float:
        def arriving(s: float) -> float:
            return float(density(s)) * 0.7 / (0.7 - KE) * (math.exp(-KE * (t - s)) - math.exp(-0.7 * (t - s)))

        return float(100 * quad(arriving, 0, t, epsabs=1e-12, limit=400)[0])

    return np.array([amount(t) for t in HOURS])


@pytest.mark.slow
@closed_form("release")
def test_a_transit_chain_before_a_depot_is_a_chain_of_compartments(solved: Solved) -> None:
    """Two transit compartments at 1.5 /h, ka 0.7 /h: the closed form of the linear chain, by eigenvalues."""
    p = Numbers()
    release = Release(compound=0, kind="transit", first=p(1.5), second=p(2.0), ka=p(0.7))
    chain = np.diag([-1.5, -1.5, -1.5, -0.7, -KE]) + np.diag([1.5, 1.5, 1.5, 0.7], -1)

    found = solved(one(p, ka=None, stepped=True, release=release), event("release", 100.0)).amounts[0].value(HOURS)

    expected = np.array([100 * expm(chain * t)[-1, 0] for t in HOURS])
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-7 * 100)


@closed_form("release")
@pytest.mark.parametrize("shape", [0.5, 0.92, 1.0, 2.4])
def test_a_weibull_release_gives_its_distribution(solved: Solved, shape: float) -> None:
    """Scale 5 h: the amount is the release less the elimination, also where the rate begins at infinity."""
    p = Numbers()
    release = Release(compound=0, kind="weibull", first=p(5.0), second=p(shape))

    found = solved(one(p, ka=None, stepped=True, release=release), event("release", 100.0)).amounts[0].value(HOURS)

    def remaining(t: float) -> float:
        inner = quad(lambda s: math.exp(-((s / 5.0) ** shape)) * math.exp(-KE * (t - s)), 0, t, limit=400)[0]
        return float(100 * (math.exp(-KE * t) - math.exp(-((t / 5.0) ** shape)) + KE * inner))

    expected = np.array([remaining(t) for t in HOURS])
    np.testing.assert_allclose(found, expected, rtol=0, atol=2e-6 * 100)
