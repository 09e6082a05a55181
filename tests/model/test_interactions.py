"""Interactions between drugs of one's own, from TOML through ``simulate``, against closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
from own_drugs import DOSE, INDUCED, INDUCER, LEVEL, LIVER_FLOW, TIGHT, auc, binding, fh, given_once, well_stirred
from runs import INTRAVENOUS, course, drug, once, oral, pathway, regimen, run, text
from scipy.special import lambertw

from pkinteract.library import load_library
from pkinteract.result import Result

HELD = regimen("rival", once("1000 mg", "-1 h", 'route = "intravenous"'))
"""10 mg/L of the drug "rival" from an hour before t = 0 on, and for ever: nothing clears it."""

GUT_FLOW = 18.0
KDEG = math.log(2) / load_library().enzymes["CYP3A4"].liver.half_life.canonical
"""CYP3A4 in the liver [1/h]."""


def constant(name: str, value: float, unit: str = "mg/L", basis: str = "total") -> str:
    return f'{name} = {{ value = {value!r}, unit = "{unit}", basis = "{basis}" }}\n'


def rival(*tables: str, id: str = "rival") -> str:
    """A drug that stays: 1000 mg make 10 mg/L."""
    return drug(id, *tables, volume="100 L", clearance="0.000000001 L/h")


def inhibits(enzyme: str, ki: float, *rows: str) -> str:
    return f"[inhibits.{enzyme}]\n{constant('ki', ki)}" + "".join(f"{row}\n" for row in rows)


def level(result: Result, enzyme: str) -> np.ndarray:
    return result.enzyme_level[result.enzymes.index(enzyme)]


def saturable(start: float, vmax: float, km: float, volume: float, times: np.ndarray) -> np.ndarray:
    """Level after a bolus that makes ``start`` [mg/L], by Lambert's W; ``vmax`` [mg/h]."""
    return np.asarray(km * lambertw(start / km * np.exp((start - vmax / volume * times) / km)).real)


# ---- reversible inhibition ----


@pytest.mark.parametrize("ki", [0.5, 40.0])
@pytest.mark.parametrize("clearance", [1.0, 30.0, 80.0])
@pytest.mark.parametrize("route", ["oral", "intravenous"])
def test_a_constant_inhibitor_divides_its_share_of_intrinsic_clearance(route: str, clearance: float, ki: float) -> None:
    """CLint falls to fm/(1 + I/Ki) + 1 - fm; the oral AUC follows it, the intravenous one up to liver flow."""
    result = given_once(
        well_stirred(clearance), rival(inhibits("CYP3A4", ki)), route=route, others=HELD, days=40 + 60 / clearance
    )

    intrinsic = clearance / fh(clearance) * (0.6 / (1 + 10 / ki) + 0.4)
    inside = LIVER_FLOW * intrinsic / (LIVER_FLOW + intrinsic)
    absorbed = 0.5 * DOSE
    expected = absorbed / intrinsic if route == "oral" else DOSE / inside
    assert auc(result) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(("kind", "vmax", "km"), [("competitive", 30, 4 * 3.5), ("non-competitive", 30 / 3.5, 4)])
def test_inhibition_of_a_saturable_pathway_changes_km_or_vmax(kind: str, vmax: float, km: float) -> None:
    """With I/Ki = 2.5 a bolus follows Lambert's W, with Km or with Vmax 3.5-fold changed."""
    victim = drug(
        "victim", pathway("all", 1.0, "CYP2C9", constant("km", 4.0), f'inhibition = "{kind}"'), clearance="7.5 L/h"
    )
    dose = regimen("victim", once("1000 mg", "0 d", 'route = "intravenous"'))

    result = run(text(dose, HELD, days=4), rtol=TIGHT, drugs=(victim, rival(inhibits("CYP2C9", 4.0))))

    expected = saturable(20.0, vmax, km, 50.0, result.time[1:])
    np.testing.assert_allclose(result.concentration[0][1:], expected, rtol=0, atol=1e-7 * 20)


@pytest.mark.parametrize("organs", [("liver",), ("gut",), ("liver", "gut"), ()])
def test_an_inhibitor_that_is_being_absorbed_acts_at_liver_inlet_and_in_the_gut(organs: tuple[str, ...]) -> None:
    """Inlet: Fa times rate over Rb·90 L/h; gut: Fa times rate over 18 L/h, unbound; no organs named is both."""
    row = f"organs = {list(organs)}\n" if organs else ""
    slow = (
        drug(
            "rival",
            f"[inhibits.CYP3A4]\n{constant('ki', 0.5, basis='unbound')}{row}",
            binding(blood_to_plasma=2.0, unbound=0.25),
            '[absorption.oral]\nzero_order = "60 d"\nbioavailability = "0.8"\n',
            volume="1e12 L",
        )
        + INTRAVENOUS
    )
    victim = drug(
        "victim",
        pathway("all", 1.0, "CYP3A4"),
        '[first_pass]\ngut_availability = "0.4"\ngut_enzyme = "CYP3A4"\n',
        oral(1.0, 0.3),
        INTRAVENOUS,
    )
    rate = 200.0
    taken = regimen("rival", once(f"{rate * 60 * 24} mg", "-1 d"))

    found = auc(given_once(victim, slow, others=taken))

    liver = 1 + 0.25 * 0.8 * rate / (2.0 * LIVER_FLOW) / 0.5 if "liver" in organs or not organs else 1.0
    gut = 1 + 0.8 * rate / GUT_FLOW / 0.5 if "gut" in organs or not organs else 1.0
    available = 0.3 / 0.4 / (1 + (1 / 0.4 - 1) / gut)
    assert found == pytest.approx(available * DOSE / (5 / liver), rel=1e-5)


@pytest.mark.parametrize("second", ["CYP3A4", "CYP2D6"])
def test_two_inhibitors_add_on_one_enzyme_and_act_apart_on_two(second: str) -> None:
    """1 + ΣI/Ki on the same enzyme; each its own share on different ones."""
    drugs = (
        well_stirred(30.0),
        rival(inhibits("CYP3A4", 5.0)),
        rival(inhibits(second, 2.0), id="rival-2"),
    )

    ratio = auc(given_once(*drugs, others=HELD + HELD.replace('"rival"', '"rival-2"'))) / auc(given_once(drugs[0]))

    left = 0.6 / (1 + 2 + 5) + 0.4 if second == "CYP3A4" else 0.6 / (1 + 2) + 0.4 / (1 + 5)
    assert ratio == pytest.approx(1 / left, rel=1e-6)


def test_a_metabolite_inhibits_like_any_drug() -> None:
    """All of the parent has become a metabolite that stays, at 1.5 mg of it per mg of parent: 15 mg/L."""
    parent = drug("parent", pathway("all", 1.0, "", 'forms = "rival"'), volume="10 L", clearance="10 L/h")
    metabolite = (
        drug("rival", inhibits("CYP3A4", 5.0), volume="100 L", clearance="0.000000001 L/h", mass="450 g/mol")
        .split("[absorption")[0]
        .replace('formulation = "oral"\n', "")
    )
    before = regimen("parent", once("1000 mg", "-4 d", 'route = "intravenous"'))

    ratio = auc(given_once(well_stirred(30.0), parent, metabolite, others=before)) / auc(given_once(well_stirred(30.0)))

    assert ratio == pytest.approx(1 / (0.6 / (1 + 15 / 5) + 0.4), rel=1e-6)


@pytest.mark.parametrize("ki", ["own", "mutual"])
def test_self_and_mutual_inhibition_slow_a_drug_as_saturation_would(ki: str) -> None:
    """A drug that inhibits its enzyme with Ki, or twins that inhibit each other, follow Lambert's W with Km = Ki."""
    twins = ("victim", "twin") if ki == "mutual" else ("victim",)
    drugs = tuple(
        drug(
            name,
            pathway("all", 1.0, "CYP2C9" if name == "victim" or ki == "own" else "CYP2D6"),
            inhibits("CYP2D6" if ki == "mutual" and name == "victim" else "CYP2C9", 4.0),
            clearance="7.5 L/h",
        )
        for name in twins
    )
    doses = [regimen(name, once("1000 mg", "0 d", 'route = "intravenous"')) for name in twins]

    result = run(text(*doses, days=4), rtol=TIGHT, drugs=drugs)

    expected = saturable(20.0, 30.0, 4.0, 50.0, result.time[1:])
    for row in result.concentration:
        np.testing.assert_allclose(row[1:], expected, rtol=0, atol=1e-7 * 20)


# ---- genes ----


TRICYCLIC = regimen("amitriptyline", course("0 d", 'until = "5 d"', 'dose = "75 mg"', 'every = "24 h"'))


def tricyclic(phenotype: str, *drugs: str) -> dict[str, np.ndarray]:
    """Clearance columns of amitriptyline and nortriptyline, with or without the inhibitor."""
    patient = f'[patient.phenotype]\nCYP2D6 = "{phenotype}"\n'
    others = HELD if drugs else ""
    found = run(text(TRICYCLIC, others, days=5, patient=patient), rtol=TIGHT, drugs=drugs).clearance
    return {name: row for name, row in found.items() if "triptyline" in name}


def test_a_strong_inhibitor_makes_a_poor_metaboliser_of_a_normal_one() -> None:
    """Phenoconversion: as Ki goes to 0 every clearance becomes the poor metaboliser's, and in one nothing changes."""
    strong = rival(inhibits("CYP2D6", 1e-9))

    normal, poor = tricyclic("normal"), tricyclic("poor")
    converted, unchanged = tricyclic("normal", strong), tricyclic("poor", strong)

    assert normal["nortriptyline_total_L_per_h"][0] > 1.5 * poor["nortriptyline_total_L_per_h"][0]
    for name, row in poor.items():
        np.testing.assert_allclose(converted[name], row, rtol=1e-7, atol=1e-7)
        np.testing.assert_allclose(unchanged[name], row, rtol=1e-12)


def test_who_starts_smoking_gains_the_enzyme_with_its_half_life() -> None:
    """CYP1A2 rises from 1 to 1.565 with its half-life of 38.6 h, and clearance with it (closed form)."""
    victim = drug("victim", pathway("oxidation", 1.0, "CYP1A2"))
    patient = '[[patient.change]]\nat = "2 d"\nsmoker = true\n'

    result = given_once(victim, days=20, patient=patient)

    since = np.maximum(result.time - 48, 0)
    expected = 1 + 0.565 * -np.expm1(-math.log(2) / 38.6 * since)
    np.testing.assert_allclose(level(result, "CYP1A2_liver"), expected, rtol=1e-7)
    np.testing.assert_allclose(result.clearance["victim_total_L_per_h"], 5 * expected, rtol=1e-7)


# ---- enzymes that are lost or gained ----


INACTIVATES = f'[inactivates.CYP3A4]\nkinact = "0.2 1/h"\n{constant("ki", 6.0)}'


def test_an_inactivator_holds_the_enzyme_down() -> None:
    """At 10 mg/L and KI 6 the level falls to kdeg/(kdeg + kinact·I/(KI + I)), with the sum of both rates."""
    result = run(text(HELD, days=10), rtol=TIGHT, drugs=(rival(INACTIVATES),))

    fast = KDEG + 0.2 * 10 / 16
    expected = KDEG / fast + (1 - KDEG / fast) * np.exp(-fast * (result.time + 1))
    np.testing.assert_allclose(level(result, "CYP3A4_liver"), expected, rtol=1e-7)


def test_an_enzyme_recovers_with_its_own_half_life() -> None:
    """Once the inactivator has gone only kdeg counts, whatever was lost."""
    short = drug("short", INACTIVATES, volume="10 L", clearance="20 L/h")

    result = run(
        text(regimen("short", once("500 mg", "0 d", 'route = "intravenous"')), days=12), rtol=TIGHT, drugs=(short,)
    )

    lost = 1 - level(result, "CYP3A4_liver")[24:]
    assert lost[0] > 0.1
    np.testing.assert_allclose(lost, lost[0] * np.exp(-KDEG * (result.time[24:] - 24)), rtol=1e-6)


@pytest.mark.parametrize("organ", ["liver", "gut"])
def test_an_inactivator_that_is_being_absorbed_acts_at_liver_inlet_and_in_the_gut(organ: str) -> None:
    """Plateau at the inlet level rate/(90 L/h), total, or at the gut level rate/(18 L/h), all unbound there."""
    gone = drug(
        "rival",
        f'[inactivates.CYP3A4]\nkinact = "0.2 1/h"\n{constant("ki", 4.0)}organs = ["{organ}"]\n',
        binding(unbound=0.25),
        '[absorption.oral]\nzero_order = "60 d"\n',
        volume="1e12 L",
    )

    result = run(text(regimen("rival", once(f"{90 * 60 * 24} mg")), days=60, step="1 d"), rtol=TIGHT, drugs=(gone,))

    inside, constant_there = (90 / LIVER_FLOW, 4.0) if organ == "liver" else (90 / GUT_FLOW, 0.25 * 4.0)
    kdeg = KDEG if organ == "liver" else math.log(2) / 23
    plateau = kdeg / (kdeg + 0.2 * inside / (constant_there + inside))
    assert level(result, f"CYP3A4_{organ}")[-1] == pytest.approx(plateau, rel=1e-5)
    other = {"liver": "gut", "gut": "liver"}[organ]
    assert level(result, f"CYP3A4_{other}")[-1] == 1.0


def test_a_slope_induces_without_a_limit_and_adds_to_a_receptor() -> None:
    """At 10 mg/L a slope of 0.3 L/mg adds 3 to the level, to what Emax and EC50 of another inducer make."""
    steep = rival("[induces.CYP3A4]\n" + constant("slope", 0.3, "L/mg"))
    long = HELD.replace("-1 h", "-300 d")

    alone = run(text(long, days=1), rtol=TIGHT, drugs=(steep,))
    both = run(text(long, INDUCED, days=1), rtol=TIGHT, drugs=(steep, INDUCER))

    assert level(alone, "CYP3A4_liver")[-1] == pytest.approx(4, rel=1e-6)
    assert level(both, "CYP3A4_liver")[-1] == pytest.approx(LEVEL + 3, rel=1e-6)


@pytest.mark.parametrize("ki", [1.0, 4.0, 100.0])
def test_a_drug_that_induces_and_inhibits_has_the_net_effect(ki: float) -> None:
    """Level over 1 + I/Ki: at Ki 4 mg/L the two cancel, below it the inhibition wins."""
    both = INDUCER + inhibits("CYP3A4", ki)

    ratio = auc(given_once(well_stirred(30.0), both, others=INDUCED)) / auc(given_once(well_stirred(30.0)))

    assert ratio == pytest.approx(1 / (0.6 * LEVEL / (1 + 10 / ki) + 0.4), rel=1e-6)


# ---- binding ----


SITES = '[binding.sites]\ncapacity = "90 mg/L"\nkd = "10 mg/L"\n'


@pytest.mark.parametrize("sites", ["", SITES])
def test_a_displacer_raises_the_unbound_fraction(sites: str) -> None:
    """I/Ki = 2.5: bound over unbound is divided, or Kd multiplied, by 3.5; the AUC of the total falls with 1/fu."""
    victim = drug("victim", binding(unbound=0.1), sites)
    pusher = rival(f"[displaces.victim]\n{constant('ki', 4.0)}")
    small = regimen("victim", once("0.01 mg", "0 d", 'route = "intravenous"'))

    result = run(text(small, HELD, days=40, step="1 d"), rtol=TIGHT, drugs=(victim, pusher))

    free = 1 / (1 + 9 / 3.5)
    assert auc(result) == pytest.approx(0.01 / (5 * free / 0.1), rel=1e-5)


def test_saturable_binding_makes_the_total_fall_behind_the_dose() -> None:
    """Infused to steady state Cu is rate over unbound clearance, and C = Cu + Bmax·Cu/(Kd + Cu) (closed form)."""
    bound = drug("bound", binding(unbound=0.2), SITES, volume="10 L", clearance="1 L/h")
    for rate in (5.0, 50.0, 500.0):
        dose = once(f"{rate * 24 * 60} mg", "0 d", 'route = "intravenous"', 'infusion = "60 d"')

        result = run(text(regimen("bound", dose), days=60, step="1 d"), rtol=TIGHT, drugs=(bound,))

        unbound = rate / (1 / 0.2)
        assert result.concentration[0][-1] == pytest.approx(unbound + 90 * unbound / (10 + unbound), rel=1e-7)


# ---- one meaning, however written ----


def everything(form: str) -> tuple[str, ...]:
    """A drug with every constant that acts, total, unbound (fu 0.25) or molar (236.25 g/mol), and its victim."""

    def given(name: str, total: float) -> str:
        unbound = total * (0.25 if "unbound" in form else 1.0)
        basis = "unbound" if "unbound" in form else "total"
        if "molar" in form:
            return constant(name, unbound * 1000 / 236.25, "umol/L", basis)
        return constant(name, unbound, "mg/L", basis)

    slope = constant("slope", 0.2 / 0.25, "L/mg", "unbound") if "unbound" in form else constant("slope", 0.2, "L/mg")
    acting = drug(
        "acting",
        pathway("own", 0.7, "CYP3A4", given("km", 6.0)),
        pathway("rest", 0.3),
        binding(unbound=0.25),
        f'[induces.CYP3A4]\nreceptor = "CAR/PXR"\nemax = "6"\n{given("ec50", 8.0)}',
        f"[induces.CYP1A2]\n{slope}",
        f"[inhibits.CYP3A4]\n{given('ki', 3.0)}",
        f"[inhibits.CYP2D6]\n{given('ki', 2.0)}",
        f'[inactivates.CYP2C19]\nkinact = "0.1 1/h"\n{given("ki", 5.0)}',
        f'[inactivates.CYP3A4]\nkinact = "0.02 1/h"\n{given("ki", 4.0)}',
        f"[displaces.victim]\n{given('ki', 2.5)}",
        mass="236.25 g/mol",
        clearance="4 L/h",
    )
    victim = drug(
        "victim",
        *(pathway(f"by-{n}", 0.25, enzyme) for n, enzyme in enumerate(("CYP3A4", "CYP2D6", "CYP2C19", "CYP1A2"))),
        binding(),
        '[first_pass]\ngut_availability = "0.5"\ngut_enzyme = "CYP3A4"\n',
        oral(1.0, 0.3),
        clearance="20 L/h",
        liver="well-stirred",
    )
    return acting, victim


@pytest.mark.parametrize("form", ["total molar", "unbound", "unbound molar"])
def test_a_constant_means_the_same_total_or_unbound_in_mass_or_moles(form: str) -> None:
    """Km, EC50, slope, Ki and KI in gut, liver and plasma: the same run to 1e-8 of each maximum."""
    dose = course("0 d", 'until = "6 d"', 'dose = "300 mg"', 'every = "12 h"')
    source = text(regimen("acting", dose), regimen("victim", dose), days=6)

    first, other = (run(source, drugs=everything(name)) for name in ("total", form))

    assert level(first, "CYP3A4_gut").max() > 1.2
    assert level(first, "CYP2C19_liver").min() < 0.8
    for one, two in ((first.concentration, other.concentration), (first.enzyme_level, other.enzyme_level)):
        np.testing.assert_allclose(two, one, rtol=0, atol=1e-8 * one.max())


def test_binding_sites_may_be_molar() -> None:
    """Capacity and Kd in umol/L are those in mg/L over the molar mass."""
    molar = SITES.replace("90 mg/L", "0.3 mmol/L").replace("10 mg/L", f"{1e4 / 300} umol/L")
    source = text(regimen("bound", once("2000 mg")), days=4)

    first, other = (run(source, drugs=(drug("bound", binding(unbound=0.2), sites),)) for sites in (SITES, molar))

    np.testing.assert_allclose(other.concentration, first.concentration, rtol=1e-9, atol=1e-12)


# ---- patients ----


def test_kidneys_liver_and_pregnancy_multiply() -> None:
    """Bands of creatinine clearance, Child–Pugh class and week of pregnancy, each by its factor, on the whole."""
    rows = [
        f'[[elimination.renal_function]]\nfrom = "{low} mL/min"\nfactor = "{factor}"\n'
        for low, factor in ((60, 1), (30, 0.7), (0, 0.4))
    ]
    rows += [
        f'[[elimination.hepatic_function]]\nclass = "{child_pugh}"\nfactor = "{factor}"\n'
        for child_pugh, factor in (("A", 0.8), ("B", 0.5))
    ]
    rows += ['[[elimination.pregnancy]]\nfrom = "13 wk"\nfactor = "1.5"\n']
    victim = drug("victim", pathway("first", 0.6, "CYP3A4"), pathway("second", 0.4), *rows)
    conditions = 'hepatic_class = "B"\npregnancy = "20 wk"\n[[patient.change]]\nat = "1 d"\n'

    found = given_once(victim, days=2, patient=f'{conditions}creatinine_clearance = "40 mL/min"\n').clearance

    np.testing.assert_allclose(found["victim_first_L_per_h"][1:], [3 * 0.5 * 1.5, 3 * 0.5 * 1.5 * 0.7], rtol=1e-12)
    np.testing.assert_allclose(found["victim_second_L_per_h"][1:], [2 * 0.5 * 1.5, 2 * 0.5 * 1.5 * 0.7], rtol=1e-12)
