"""The model against closed forms, through the doorway that everybody uses, with drugs of one's own."""

from __future__ import annotations

import math
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from own_drugs import DOSE, INDUCED, INDUCER, LEVEL, LIVER_FLOW, TIGHT, auc, binding, fh, given_once, well_stirred
from runs import INTRAVENOUS, daily, drug, once, oral, pathway, regimen, run, text

from pkinteract.errors import InputError


@pytest.mark.parametrize("liver", ["linear", "well-stirred"])
def test_an_oral_auc_is_f_times_dose_over_clearance(liver: str) -> None:
    """F and clearance are those of the monograph, whatever the liver."""
    victim = drug(
        "victim", pathway("all", 1.0, "CYP3A4"), binding(), oral(1.0, 0.4), INTRAVENOUS, clearance="20 L/h", liver=liver
    )

    by_mouth, by_vein = (auc(given_once(victim, route=route)) for route in ("oral", "intravenous"))

    assert by_mouth == pytest.approx(0.4 * DOSE / 20, rel=1e-7)
    assert by_vein == pytest.approx(DOSE / 20, rel=1e-7)


@pytest.mark.parametrize(("clearance", "ratio"), [(1.0, 1.0), (30.0, 1.0), (80.0, 1.0), (30.0, 0.6)])
def test_an_oral_auc_follows_intrinsic_clearance_whatever_the_extraction(clearance: float, ratio: float) -> None:
    """Well stirred: the oral AUC under a constant enzyme level E is 1/(fm·E + 1 - fm) of the uninduced one."""
    victim = well_stirred(clearance, ratio)

    induced = auc(given_once(victim, INDUCER, others=INDUCED)) / auc(given_once(victim))

    assert induced == pytest.approx(1 / (0.6 * LEVEL + 0.4), rel=1e-6)


@pytest.mark.parametrize(("clearance", "ratio"), [(1.0, 1.0), (30.0, 1.0), (80.0, 1.0), (30.0, 0.6)])
def test_an_intravenous_auc_is_bounded_by_liver_flow(clearance: float, ratio: float) -> None:
    """Well stirred: clearance is Q·CLint/(Q + CLint) with Q = Rb·90 L/h and CLint = CL/Fh times the induced level."""
    flow = ratio * LIVER_FLOW
    intrinsic = clearance / fh(clearance, ratio) * (0.6 * LEVEL + 0.4)

    induced = auc(given_once(well_stirred(clearance, ratio), INDUCER, route="intravenous", others=INDUCED))

    assert induced == pytest.approx(DOSE / (flow * intrinsic / (flow + intrinsic)), rel=1e-6)


def test_the_gut_lets_through_what_its_enzyme_leaves() -> None:
    """Fg = 1/(1 + (1/Fg0 - 1)·E), with a clearance that nothing induces."""
    victim = drug(
        "victim", '[first_pass]\ngut_availability = "0.4"\ngut_enzyme = "CYP3A4"\n', oral(1.0, 0.3), INTRAVENOUS
    )

    alone, induced = auc(given_once(victim)), auc(given_once(victim, INDUCER, others=INDUCED))

    assert alone == pytest.approx(0.3 * DOSE / 5, rel=1e-7)
    assert induced / alone == pytest.approx(1 / (1 + (1 / 0.4 - 1) * LEVEL) / 0.4, rel=1e-6)


@pytest.mark.parametrize("route", ["oral", "intravenous"])
@pytest.mark.parametrize("level", [1.0, LEVEL])
def test_a_metabolite_gets_what_first_pass_and_plasma_form(route: str, level: float) -> None:
    """What the liver forms passes the metabolite's own Fh, what the gut forms its Fg·Fh; by share, yield and mass."""
    parent = drug(
        "victim",
        pathway("forming", 0.3, "CYP3A4", 'forms = "metabolite"', 'yield = "0.9"'),
        pathway("other-3a4", 0.2, "CYP3A4"),
        pathway("constant", 0.5, "CYP2D6"),
        binding(),
        '[first_pass]\ngut_availability = "0.6"\ngut_enzyme = "CYP3A4"\n',
        oral(1.0, 0.3),
        INTRAVENOUS,
        clearance="30 L/h",
        liver="well-stirred",
    )
    metabolite = (
        drug(
            "metabolite",
            pathway("induced", 0.5, "CYP3A4"),
            pathway("constant", 0.5, "CYP1A2"),
            binding(),
            '[first_pass]\ngut_availability = "0.8"\ngut_enzyme = "CYP3A4"\n',
            clearance="45 L/h",
            liver="well-stirred",
            mass="450 g/mol",
        )
        .split("[absorption")[0]
        .replace('formulation = "oral"\n', "")
    )
    extra = (INDUCER,) if level > 1 else ()

    result = given_once(parent, metabolite, *extra, route=route, others=INDUCED if level > 1 else "", days=60)

    gut, own_gut = (1 / (1 + (1 / start - 1) * level) for start in (0.6, 0.8))
    share = 0.3 * level / (0.5 * level + 0.5)
    own_intrinsic = 45 / fh(45) * (0.5 * level + 0.5)
    own_fh = LIVER_FLOW / (LIVER_FLOW + own_intrinsic)
    absorbed = DOSE * 0.3 / (0.6 * fh(30)) if route == "oral" else 0.0
    portal = absorbed * gut if route == "oral" else DOSE
    reaching = 0.9 * 1.5 * (portal * share * own_fh + absorbed * (1 - gut) * 0.3 / 0.5 * own_gut * own_fh)
    assert auc(result, "metabolite") == pytest.approx(reaching / (own_intrinsic * own_fh), rel=1e-6)


def test_what_liver_and_gut_cannot_let_through_is_refused() -> None:
    """An F above Fg·Fh would need an absorbed fraction above 1, in the monograph or in a course."""
    for source in (
        text(
            regimen("amitriptyline", once("75 mg")),
            '[override.amitriptyline]\n"absorption.tablet.bioavailability" = "0.9"\n',
        ),
        text(regimen("amitriptyline", once("75 mg", "0 d", "bioavailability = 0.9"))),
    ):
        with pytest.raises(InputError, match=r"bioavailability .* F 0\.9 is above Fg·Fh 0\.585"):
            run(source)


def test_a_clearance_above_liver_flow_is_refused() -> None:
    """A well-stirred liver clears at most Rb·Qh."""
    with pytest.raises(InputError, match=r"hepatic clearance 95 L/h is not below hepatic flow Rb·Qh 90 L/h"):
        run(
            text(
                regimen("amitriptyline", once("75 mg")),
                '[override.amitriptyline]\n"elimination.clearance" = "95 L/h"\n',
            )
        )


def steady_level(*inducers: str, enzyme: str = "CYP3A4") -> float:
    """Level of the enzyme after 300 days of constant inducers, each at 1000 mg/100 L."""
    drugs = tuple(row.replace('"inducer"', f'"inducer-{n}"') for n, row in enumerate(inducers))
    doses = [INDUCED.replace('"inducer"', f'"inducer-{n}"') for n in range(len(inducers))]
    result = run(text(*doses, days=1), rtol=TIGHT, drugs=drugs)
    return float(result.enzyme_level[result.enzymes.index(f"{enzyme}_liver"), -1])


def test_inducers_of_one_group_compete_and_groups_add() -> None:
    """x = 1 and x = 4: (5·1 + 3·4)/(1 + 1 + 4) above baseline through one receptor, 5·1/2 + 3·4/5 through two."""
    other = INDUCER.replace('emax = "5"', 'emax = "3"').replace("value = 10", "value = 2.5")

    assert steady_level(INDUCER) == pytest.approx(LEVEL, rel=1e-7)
    assert steady_level(INDUCER, other) == pytest.approx(1 + 17 / 6, rel=1e-7)
    assert steady_level(INDUCER, other.replace("CAR/PXR", "AhR")) == pytest.approx(1 + 2.5 + 2.4, rel=1e-7)


def test_a_hill_exponent_bends_induction() -> None:
    """x = (C/EC50)^h."""
    bent = INDUCER.replace('emax = "5"', 'emax = "5"\nhill = "2"').replace("value = 10", "value = 20")

    assert steady_level(bent) == pytest.approx(1 + 5 * 0.25 / 1.25, rel=1e-7)


@pytest.mark.parametrize(
    ("value", "unit", "basis"),
    [(4.725, "mg/L", "unbound"), (80, "umol/L", "total"), (20, "umol/L", "unbound"), (18900, "ng/mL", "total")],
)
def test_an_ec50_means_the_same_total_or_unbound_in_mass_or_moles(value: float, unit: str, basis: str) -> None:
    """18.9 mg/L total at fu 0.25 and 236.25 g/mol, written in every way, gives the same run."""
    entry = 'ec50 = {{ value = {}, unit = "{}", kind = "assumed", note = "test", basis = "{}" }}\n'
    pair = []
    for ec50 in (entry.format(18.9, "mg/L", "total"), entry.format(value, unit, basis)):
        inducer = drug(
            "inducer",
            pathway("own", 1.0, "CYP3A4"),
            '[binding]\nfraction_unbound = "0.25"\n',
            f'[induces.CYP3A4]\nreceptor = "CAR/PXR"\nemax = "6"\n{ec50}',
            mass="236.25 g/mol",
            clearance="1.2 L/h",
        )
        pair.append(run(text(regimen("inducer", daily("400 mg", "12 h"))), drugs=(inducer,)))

    np.testing.assert_allclose(pair[0].concentration, pair[1].concentration, rtol=1e-9)
    np.testing.assert_allclose(pair[0].enzyme_level, pair[1].enzyme_level, rtol=1e-9)


def test_no_drug_is_made_or_lost() -> None:
    """All of an autoinducer with gut and liver first pass becomes a metabolite that stays: to 1e-8 of the total."""
    sink = 'forms = "sink"'
    source = drug(
        "victim",
        pathway("first", 0.4, "CYP3A4", sink),
        pathway("second", 0.3, "CYP2D6", sink),
        pathway("third", 0.3, "", sink),
        binding(),
        '[first_pass]\ngut_availability = "0.7"\ngut_enzyme = "CYP3A4"\n',
        '[induces.CYP3A4]\nreceptor = "CAR/PXR"\nemax = "5"\n',
        'ec50 = { value = 0.02, unit = "mg/L", kind = "assumed", note = "test", basis = "total" }\n',
        oral(0.7, 0.4),
        INTRAVENOUS,
        clearance="20 L/h",
        liver="well-stirred",
    )
    store = (
        drug("sink", clearance="1e-12 L/h", volume="100 L")
        .split("[absorption")[0]
        .replace('formulation = "oral"\n', "")
    )

    result = run(text(regimen("victim", daily(f"{DOSE} mg"))), rtol=1e-11, drugs=(source, store))

    absorbed = DOSE * 0.4 / (0.7 * fh(0.7 * 20))
    since = np.maximum(result.time[:, None] - 24 * np.arange(10), 0)
    arrived = absorbed * -np.expm1(-0.7 * since).sum(axis=1)
    inside = 50 * result.concentration[0] + 100 * result.concentration[1]
    assert result.enzyme_level.max() > 2
    np.testing.assert_allclose(inside, arrived, rtol=0, atol=1e-8 * 10 * absorbed)


def test_without_an_inducer_twice_the_dose_is_twice_the_level() -> None:
    """Amitriptyline and nortriptyline are linear in the dose."""
    single, double = (
        run(text(regimen("amitriptyline", daily(dose)), days=20)).concentration for dose in ("50 mg", "100 mg")
    )

    np.testing.assert_allclose(double, 2 * single, rtol=1e-9, atol=1e-9 * single.max())


def test_doubling_the_molar_mass_of_a_metabolite_doubles_its_mass() -> None:
    """As many molecules, twice the mg/L; the parent does not notice."""
    sources = [
        text(
            regimen("amitriptyline", daily("100 mg")),
            f'[override.nortriptyline]\nmolar_mass = "{mass} g/mol"\n',
            days=20,
        )
        for mass in (263.38, 526.76)
    ]

    plain, heavy = (run(source, rtol=TIGHT) for source in sources)

    np.testing.assert_allclose(
        heavy.concentration[0], plain.concentration[0], rtol=0, atol=1e-7 * plain.concentration[0].max()
    )
    np.testing.assert_allclose(
        heavy.concentration[1], 2 * plain.concentration[1], rtol=0, atol=1e-7 * heavy.concentration[1].max()
    )


@settings(max_examples=8, deadline=None)
@given(st.integers(1, 19))
def test_splitting_a_course_changes_nothing(doses: int) -> None:
    """One course or two that meet at any dose: the same curve to the last bit."""
    cut = f"{12 * doses} h"
    whole = run(text(regimen("carbamazepine", daily("200 mg", "12 h", "0 d", "10 d"))))
    halves = daily("200 mg", "12 h", "0 d", cut), daily("200 mg", "12 h", cut, "10 d")

    np.testing.assert_array_equal(run(text(regimen("carbamazepine", *halves))).concentration, whole.concentration)


@pytest.mark.parametrize("order", list(permutations(range(3)))[1:])
def test_the_order_of_regimens_changes_nothing(order: tuple[int, ...]) -> None:
    """Whatever stands first in the file, every analyte has the same curve, to 1e-9 of its Cmax."""
    rows = [
        regimen("amitriptyline", daily("75 mg")),
        regimen("carbamazepine", daily("200 mg", "12 h", "-10 d", "5 d")),
        regimen("levetiracetam", daily("500 mg", "12 h", "5 d")),
    ]

    first, other = run(text(*rows)), run(text(*(rows[i] for i in order)))

    assert {row.id for row in first.analytes} == {row.id for row in other.analytes}
    for analyte in first.analytes:
        one, two = (result.curve(analyte.id).value(first.time) for result in (first, other))
        np.testing.assert_allclose(two, one, rtol=0, atol=1e-9 * one.max())


def test_one_compartment_by_mouth_is_the_bateman_function() -> None:
    """Dose, F, ka, volume, clearance and lag of a monograph and a course, at every hour."""
    victim = drug("victim", oral(0.8, 0.6), INTRAVENOUS)
    result = run(text(regimen("victim", once("100 mg", "0 d", 'lag = "90 min"')), days=3), drugs=(victim,))

    since = np.maximum(result.time - 1.5, 0)
    expected = 0.6 * 100 / 50 * 0.8 / (0.8 - 0.1) * (np.exp(-0.1 * since) - np.exp(-0.8 * since))

    np.testing.assert_allclose(result.concentration[0], expected, rtol=0, atol=1e-9 * expected.max())
    assert math.isclose(result.concentration[0][1], 0.0, abs_tol=1e-15)
