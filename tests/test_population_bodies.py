"""Virtual patients in the model: each is what the model makes of that patient alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from own_drugs import INDUCED, INDUCER, LIVER_FLOW, binding, well_stirred
from runs import INTRAVENOUS, daily, drug, once, oral, pathway, regimen, text
from scenario_files import load
from virtual_patients import crowd, person

from pkinteract import load_scenario, simulate
from pkinteract.engine.events import Event
from pkinteract.engine.lanes.doses import KINDS
from pkinteract.engine.lanes.solve import Inputs
from pkinteract.engine.single.march import solve
from pkinteract.model import build
from pkinteract.model.absorption import periodic_input
from pkinteract.population.bodies import Bodies, bodies, reporting
from pkinteract.scenario import Scenario

EXACT = 1e-12
HEADLINE = Path(__file__).parent.parent / "scenarios" / "carbamazepine-to-levetiracetam.toml"

WAYS_IN = (
    '[absorption.oral]\nbioavailability = "60 %"\n'
    '[absorption.oral.food]\nbioavailability = "1.2"\nka = "0.5"\nlag = "2"\n'
    '[[absorption.oral.part]]\nfraction = "0.4"\nlag = "0.5 h"\nka = "2 1/h"\n'
    'transit = { number = "3.5", mean_time = "1 h" }\n'
    '[[absorption.oral.part]]\nfraction = "0.3"\nka = "1 1/h"\nweibull = { scale = "4 h", shape = "1.5" }\n'
    '[[absorption.oral.part]]\nfraction = "0.3"\nlag = "1 h"\nka = "0.7 1/h"\nzero_order = "6 h"\n'
)
PER_KG = drug("drug-x", pathway("all", 1.0, "CYP1A2"), WAYS_IN, INTRAVENOUS, clearance="2 mL/min/kg", volume="0.7 L/kg")


def own(*regimens: str, drugs: tuple[str, ...], days: float = 10, patient: str = "") -> Scenario:
    files = {f"own-{i}.toml": monograph for i, monograph in enumerate(drugs)}
    return load(f"library = {list(files)}\n" + text(*regimens, days=days, patient=patient), files)


BINDING = load(
    text(
        regimen("valproate", daily("500 mg", "12 h")),
        regimen("phenytoin", daily("150 mg", "12 h")),
        regimen("lacosamide", daily("100 mg", "12 h")),
    )
)
GUT = load(
    text(
        regimen("midazolam", daily("7.5 mg")),
        regimen("rifampicin", daily("600 mg")),
        regimen("itraconazole", daily("200 mg")),
        regimen("verapamil", daily("80 mg", "8 h")),
    )
)
SHAPES = own(
    regimen(
        "drug-x",
        daily("100 mg", "12 h", "0 d", "2 d", 'missed = ["12 h"]'),
        daily("100 mg", "12 h", "2 d", "4 d", 'food = "fed"', 'lag = "15 min"'),
        once("50 mg", "5 d", 'route = "intravenous"', 'infusion = "2 h"'),
        once("50 mg", "6 d", 'route = "intravenous"'),
    ),
    drugs=(PER_KG,),
)


def jumps(inputs: Inputs, column: int) -> list[tuple[float, str, int, float]]:
    """The jumps of one patient, sorted, but for those that are nothing."""
    names = list(KINDS)
    rows = zip(inputs.times[:, column], inputs.kinds, inputs.targets, inputs.amounts[:, column], strict=True)
    return sorted((float(t), names[k], int(j), float(x)) for t, k, j, x in rows if x)


def as_rows(events: tuple[Event, ...]) -> list[tuple[float, str, int, float]]:
    return sorted((event.time, event.kind, event.target, event.amount) for event in events)


def assert_same(found: list[tuple[float, str, int, float]], expected: list[tuple[float, str, int, float]]) -> None:
    assert [row[1:3] for row in found] == [row[1:3] for row in expected]
    np.testing.assert_allclose([row[::3] for row in found], [row[::3] for row in expected], rtol=EXACT, atol=1e-12)


def solved(found: Bodies, column: int, stop: float) -> float:
    """Area under the amount of the first compound in one patient [mg·h]."""
    system = replace(found.model.system, parameters=tuple(found.parameters[:, column].tolist()))
    rows = sorted(jumps(found.inputs, column))
    events = [Event(time=t, kind=kind, target=j, amount=x) for t, kind, j, x in rows]  # type: ignore[arg-type]
    return float(solve(system, events, 0.0, stop, rtol=1e-9).amounts[0].integral(0.0, stop))


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize(
    "scenario",
    [load_scenario(HEADLINE), BINDING, GUT, SHAPES],
    ids=["headline", "binding and renal pathways", "gut wall and inactivation", "per kg, food and shapes"],
)
def test_a_column_is_what_the_model_makes_of_that_patient_alone(scenario: Scenario, seed: int) -> None:
    """Kidneys, ages, smokers, phenotypes and enzymes of twenty patients: parameters and doses to 1e-12."""
    cohort = crowd(scenario, seed=seed)

    found = bodies(scenario, cohort)

    assert not found.impossible
    assert found.model.system.step_all
    for j in range(len(cohort.number)):
        alone = build(replace(scenario, patient=person(scenario, cohort, j)))
        np.testing.assert_allclose(found.parameters[:, j], alone.system.parameters, rtol=EXACT)
        assert_same(jumps(found.inputs, j), as_rows(alone.events))
        assert replace(found.model.system, parameters=()) == replace(alone.system, parameters=(), step_all=True)
    assert found.model.system.parameters == tuple(found.parameters[:, 0])


def test_the_cohort_meets_every_band_and_phenotype() -> None:
    """What the comparison with patients alone rests on: all renal bands, both sides of 70 years, poor to ultrarapid."""
    cohort = crowd(load_scenario(HEADLINE), seed=1)
    bands = np.digitize(cohort.creatinine_clearance, [10, 30, 50, 80])

    assert set(bands) == {0, 1, 2, 3, 4}
    assert {bool(old) for old in cohort.age >= 70} == {False, True}
    assert {bool(smoker) for smoker in cohort.smoker} == {False, True}
    assert set(cohort.phenotype["CYP2D6"].phenotype) == {"poor", "intermediate", "normal", "ultrarapid"}


def test_patients_at_the_edge_of_a_band_belong_to_it() -> None:
    """Levetiracetam's bands begin at 80, 50, 30 and 10 mL/min, carbamazepine's old age at 70 years."""
    scenario = load_scenario(HEADLINE)
    edges = np.array([80.0, 50.0, 30.0, 10.0, 80.0, 79.999])
    ages = np.array([70.0, 69.999, 70.0, 69.999, 70.0, 69.999])
    cohort = replace(crowd(scenario, len(edges)), creatinine_clearance=edges, age=ages)

    found = bodies(scenario, cohort)

    for j in range(len(edges)):
        alone = build(replace(scenario, patient=person(scenario, cohort, j)))
        np.testing.assert_allclose(found.parameters[:, j], alone.system.parameters, rtol=EXACT)


def test_what_is_the_same_for_everybody_is_stored_once() -> None:
    """Times and amounts of the headline scenario are views of one column, however many patients there are."""
    scenario = load_scenario(HEADLINE)

    found = bodies(scenario, crowd(scenario, 50)).inputs

    assert found.times.shape == found.amounts.shape == (len(scenario.doses), 50)
    assert found.times.strides[1] == found.amounts.strides[1] == 0
    assert not np.any(np.diff(found.times[:, 0]) < 0)


def test_factors_change_what_they_name_and_nothing_else() -> None:
    """Clearance: every pathway; volume: every compartment at the same exchange flow; ka: every way in; F: the dose."""
    scenario = load(text(regimen("midazolam", daily("7.5 mg")), regimen("rifampicin", daily("600 mg"))))
    cohort = crowd(scenario, 3)
    keys = ("clearance", "volume", "ka", "bioavailability")
    factors = {("midazolam", key): np.array([0.5, 1.0, 0.9]) * (i + 1) / 4 for i, key in enumerate(keys)}
    plain = bodies(scenario, cohort)
    system, midazolam = plain.model.system, plain.model.compounds.index("midazolam")
    compound = system.compounds[midazolam]
    expected = plain.parameters.copy()
    for row in (row for row in system.pathways if row.compound == midazolam):
        expected[row.clearance] *= factors["midazolam", "clearance"]
    expected[compound.volume] *= factors["midazolam", "volume"]
    for side in compound.peripherals:
        expected[[side.out, side.back]] /= factors["midazolam", "volume"]
    for row in (*system.depots, *system.releases):
        if row.compound == midazolam and row.ka is not None:
            expected[row.ka] *= factors["midazolam", "ka"]

    found = bodies(scenario, replace(cohort, factors=factors))

    own_depots = [j for j, row in enumerate(system.depots) if row.compound == midazolam]
    mine = (found.inputs.kinds == KINDS["depot"]) & np.isin(found.inputs.targets, own_depots)
    share = np.where(mine[:, None], factors["midazolam", "bioavailability"], 1.0)
    np.testing.assert_allclose(found.parameters, expected, rtol=EXACT)
    np.testing.assert_allclose(found.inputs.amounts, plain.inputs.amounts * share, rtol=EXACT)
    assert len(compound.peripherals) == 2
    assert mine.any()
    assert not mine.all()


def test_an_oral_area_follows_the_intrinsic_clearance() -> None:
    """Three times the intrinsic clearance of a drug with 45 of 90 L/h: a third of the area by mouth (closed form)."""
    victim = well_stirred(45.0)
    scenario = own(regimen("victim", once("100 mg")), drugs=(victim,), days=40)
    cohort = crowd(scenario, 2, weight=np.full(2, 70.0), smoker=np.zeros(2, dtype=bool), abundance={}, phenotype={})

    found = bodies(scenario, replace(cohort, factors={("victim", "clearance"): np.array([1.0, 3.0])}))

    assert not found.impossible
    assert LIVER_FLOW < 3 * 45.0
    assert solved(found, 1, 960.0) == pytest.approx(solved(found, 0, 960.0) / 3, rel=1e-6)


def test_an_intravenous_dose_keeps_its_amount() -> None:
    """F acts on what is taken by mouth alone."""
    taken = regimen("drug-x", once("100 mg"), once("100 mg", "2 d", 'route = "intravenous"'))
    scenario = own(taken, drugs=(drug("drug-x", oral(1.0, 0.5), INTRAVENOUS),))
    cohort = crowd(scenario, 2, factors={("drug-x", "bioavailability"): np.array([0.5, 1.5])})

    found = bodies(scenario, cohort)

    assert [row[3] for row in jumps(found.inputs, 0)] == pytest.approx([25.0, 100.0], rel=EXACT)
    assert [row[3] for row in jumps(found.inputs, 1)] == pytest.approx([75.0, 100.0], rel=EXACT)


def test_doses_are_missed_and_late_as_the_cohort_says() -> None:
    """A dose not taken is nothing; a late one is later with all its parts; those the scenario misses stay missed."""
    scenario = SHAPES
    random = np.random.default_rng(3)
    taken = random.random((len(scenario.doses), 4)) < 0.6
    late = random.integers(0, 20, taken.shape) * 0.25
    cohort = crowd(scenario, 4, taken=taken, late=late)

    found = bodies(scenario, cohort)

    for j in range(4):
        doses = tuple(
            replace(dose, time=dose.time + float(late[i, j]), missed=dose.missed or not taken[i, j])
            for i, dose in enumerate(scenario.doses)
        )
        alone = build(replace(scenario, patient=person(scenario, cohort, j), doses=doses))
        assert_same(jumps(found.inputs, j), as_rows(alone.events))


def test_doses_per_weight_follow_the_weight() -> None:
    """5 mg/kg is 5 mg/kg of each patient, beside a dose in mg."""
    taken = regimen("drug-x", once("5 mg/kg"), once("5 mg/kg", "1 d", 'route = "intravenous"'), once("100 mg", "2 d"))
    scenario = own(taken, drugs=(drug("drug-x"),))
    weights = np.array([50.0, 70.0, 91.0])

    found = bodies(scenario, crowd(scenario, 3, weight=weights))

    for j, weight in enumerate(weights):
        assert [row[3] for row in jumps(found.inputs, j)] == pytest.approx([5 * weight, 5 * weight, 100], rel=EXACT)


@pytest.mark.parametrize("each", ["100 mg", "2 mg/kg"])
def test_a_run_at_steady_state_has_its_periodic_input(each: str) -> None:
    """Lags and infusions that outlast the period: the period, what is pending, and the rates, as of each alone."""
    lagged = drug("drug-x", '[absorption.oral]\nka = "1 1/h"\nlag = "30 h"\nzero_order = "20 h"\n', INTRAVENOUS)
    steady = "steady_state = true"
    infused = daily(each, "24 h", "0 d", "9 d", 'route = "intravenous"', 'infusion = "30 h"', steady)
    swallowed = daily(each, "12 h", "0 d", "9 d", steady)
    scenario = own(regimen("drug-x", swallowed), regimen("drug-y", infused), drugs=(lagged, drug("drug-y")))
    cohort = crowd(scenario, 5, factors={("drug-x", "bioavailability"): np.array([0.5, 1.0, 0.7, 0.2, 0.9])})
    assert scenario.steady_state is not None

    found = bodies(scenario, cohort)

    assert found.periodic is not None
    for j in range(5):
        size = cohort.weight[j] / 70 if each.endswith("kg") else 1.0
        shares = {"drug-x": size * cohort.factors["drug-x", "bioavailability"][j], "drug-y": size}
        doses = tuple(replace(dose, free=dose.free * shares[dose.drug]) for dose in scenario.steady_state.doses)
        model = build(scenario)
        alone = periodic_input(replace(scenario.steady_state, doses=doses), model.ways, model.system)
        assert_same(jumps(found.periodic.period, j), as_rows(alone.period))
        assert_same(jumps(found.periodic.pending, j), as_rows(alone.pending))
        np.testing.assert_allclose(found.periodic.rates[:, j], alone.rates, rtol=EXACT)
        np.testing.assert_allclose(found.periodic.inflows[:, j], alone.inflows, rtol=EXACT)
    assert found.periodic.rates.any()
    assert found.periodic.inflows.any()


def test_a_run_from_rest_has_no_periodic_input() -> None:
    """Only a scenario at steady state has one."""
    assert bodies(SHAPES, crowd(SHAPES, 2)).periodic is None


PATHS = {
    ("victim", "elimination.clearance"): np.array([1.0, 1.2, 0.8]),
    ("victim", "absorption.oral.lag"): np.array([1.0, 2.0, 0.5]),
    ("victim", "elimination.pathway.induced.km"): np.array([1.0, 0.5, 3.0]),
    ("inducer", "induces.CYP3A4.emax"): np.array([1.0, 0.1, 3.0]),
    ("enzymes", "CYP3A4.liver.half_life"): np.array([1.0, 0.5, 2.0]),
}


def test_a_factor_on_a_path_acts_like_an_override() -> None:
    """Three sets of values for seven patients: each is what the scenario with these values makes of that patient."""
    km = 'km = { value = 3, unit = "mg/L", kind = "assumed", note = "test", basis = "total" }'
    victim = drug(
        "victim",
        pathway("induced", 0.6, "CYP3A4", km),
        pathway("constant", 0.4, "CYP2D6"),
        binding(),
        '[absorption.oral]\nka = "1 1/h"\nbioavailability = "0.3"\nlag = "0.5 h"\n',
        clearance="40 L/h",
        liver="well-stirred",
    )
    doses = (regimen("victim", daily("100 mg")), INDUCED)
    scenario = own(*doses, drugs=(victim, INDUCER))
    member = np.array([0, 1, 2, 1, 0, 2, 2])
    cohort = crowd(scenario, len(member), factors={key: row[member] for key, row in PATHS.items()})

    found = bodies(scenario, cohort)

    half_life = scenario.enzymes["CYP3A4"].liver.half_life
    for j, k in enumerate(member):
        clearance, lag, constant, emax, life = (float(row[k]) for row in PATHS.values())
        overrides = (
            f'[override.victim]\n"elimination.clearance" = "{40 * clearance!r} L/h"\n'
            f'"absorption.oral.lag" = "{0.5 * lag!r} h"\n'
            f'"elimination.pathway.induced.km" = "{3 * constant!r} mg/L"\n'
            f'[override.inducer]\n"induces.CYP3A4.emax" = "{5 * emax!r}"\n'
            f'[override.enzymes]\n"CYP3A4.liver.half_life" = "{half_life.value * life!r} {half_life.unit}"\n'
        )
        alone = own(*doses, overrides, drugs=(victim, INDUCER))
        model = build(replace(alone, patient=person(alone, cohort, j)))
        np.testing.assert_allclose(found.parameters[:, j], model.system.parameters, rtol=EXACT)
        assert_same(jumps(found.inputs, j), as_rows(model.events))


def test_a_lag_that_reaches_beyond_the_start_in_some_is_nothing_in_others() -> None:
    """A dose 12 h before the start, absorbed 10 h after it in some and 15 h after it in others (closed form)."""
    lagged = drug("drug-x", '[absorption.oral]\nka = "1 1/h"\nlag = "10 h"\n')
    scenario = own(
        regimen("drug-x", daily("100 mg", "12 h", "0 d", "9 d", "steady_state = true")),
        drugs=(lagged,),
    )
    cohort = crowd(scenario, 2, factors={("drug-x", "absorption.oral.lag"): np.array([1.0, 1.5])})

    found = bodies(scenario, cohort).periodic

    assert found is not None
    assert jumps(found.pending, 0) == []
    assert jumps(found.pending, 1) == jumps(found.period, 1) == [(3.0, "depot", 0, 100.0)]
    assert jumps(found.period, 0) == [(10.0, "depot", 0, 100.0)]


def test_a_patient_who_would_absorb_more_than_the_dose_is_named() -> None:
    """F 0.4 of the Fg·Fh 0.5 of a liver of 45 of 90 L/h may rise by a quarter and no further."""
    victim = drug(
        "victim", pathway("all", 1.0, "CYP3A4"), binding(), oral(1.0, 0.4), clearance="45 L/h", liver="well-stirred"
    )
    scenario = own(regimen("victim", once("100 mg")), drugs=(victim,))
    cohort = crowd(scenario, 3, factors={("victim", "bioavailability"): np.array([0.5, 1.25, 1.26])})

    found = bodies(scenario, cohort)

    assert dict(found.impossible) == {2: "victim: F 0.504 is above Fg·Fh 0.5, what gut and liver let through"}


def test_a_set_of_values_that_no_liver_can_have_is_named() -> None:
    """A drawn clearance of 1.2·80 L/h is above the liver's flow; the other patients are as they would be without."""
    victim = drug(
        "victim", pathway("all", 1.0, "CYP3A4"), binding(), oral(1.0, 0.05), clearance="80 L/h", liver="well-stirred"
    )
    scenario = own(regimen("victim", once("100 mg")), drugs=(victim,))
    drawn = {("victim", "elimination.clearance"): np.array([1.2, 1.0, 1.2])}
    cohort = crowd(scenario, 3)

    found = bodies(scenario, replace(cohort, factors=drawn))

    why = "victim.elimination.clearance: hepatic clearance 96 L/h is not below hepatic flow Rb·Qh 90 L/h"
    assert dict(found.impossible) == {0: why, 2: why}
    np.testing.assert_allclose(found.parameters[:, 1], bodies(scenario, cohort).parameters[:, 1], rtol=EXACT)


def test_a_patient_without_kidneys_to_count_on_is_named() -> None:
    """A renal pathway asks for a creatinine clearance."""
    scenario = own(regimen("drug-x", once("100 mg")), drugs=(drug("drug-x", pathway("kidney", 1.0, kind="renal")),))
    cohort = crowd(scenario, 2, creatinine_clearance=np.array([90.0, np.nan]))

    assert dict(bodies(scenario, cohort).impossible) == {1: "a number of this patient is missing or infinite"}


def test_levels_are_reported_in_the_units_of_a_single_run() -> None:
    """Analytes, alert levels and the concentration per mg of every compound, sums and molar units included."""
    source = HEADLINE.read_text("utf-8") + '\n[output]\nunits = { carbamazepine = "umol/L" }\n'
    scenario = load(source.replace('"60 d"', '"2 d"').replace("-90 d", "-2 d"))
    cohort = crowd(scenario, 4)
    found = bodies(scenario, cohort)

    reported, weights, alerts = reporting(scenario, found.model, found.parameters)

    result = simulate(replace(scenario, patient=person(scenario, cohort, 2)))
    assert reported == result.analytes
    assert [None if np.isinf(alert) else alert for alert in alerts] == [row.alert for row in reported]
    assert weights.shape == (len(reported), len(found.model.compounds), 4)
    system = replace(found.model.system, parameters=tuple(found.parameters[:, 2].tolist()))
    events = build(replace(scenario, patient=person(scenario, cohort, 2))).events
    amounts = solve(system, events, scenario.first_time, scenario.duration).amounts
    levels = weights[:, :, 2] @ np.array([curve.value(result.time) for curve in amounts])
    largest = result.concentration.max(axis=1, keepdims=True)
    np.testing.assert_allclose(levels / largest, result.concentration / largest, rtol=0, atol=1e-5)
