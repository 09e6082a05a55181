"""What a patient changes: size, kidneys, age, genes and smoking."""

from __future__ import annotations

import numpy as np
import pytest
from own_drugs import INDUCED, INDUCER, LEVEL, TIGHT, auc, given_once, well_stirred
from runs import drug, once, pathway, regimen, run, text

from pkinteract.library import load_library


@pytest.mark.parametrize("weight", [35, 140])
def test_clearance_follows_weight_to_three_quarters_and_volume_to_one(weight: int) -> None:
    """Per kg the small clear faster: AUC by (70/weight)^0.75, first concentration by 70/weight."""
    source = text(regimen("victim", once("100 mg", "0 d", 'route = "intravenous"')), days=60)

    pair = [
        run(source.replace('"70 kg"', f'"{kg} kg"'), rtol=TIGHT, drugs=(well_stirred(30.0),)) for kg in (weight, 70)
    ]

    size = weight / 70
    assert auc(pair[0]) / auc(pair[1]) == pytest.approx(size**-0.75, rel=1e-7)
    start = [float(result.curve("victim").value(0.0, "right")) for result in pair]
    assert start[0] / start[1] == pytest.approx(1 / size, rel=1e-12)


def test_a_clearance_may_have_a_power_of_weight_of_its_own() -> None:
    """``weight_exponent`` 0.6 in place of 0.75 (closed form)."""
    victim = drug("victim", pathway("rest", 1.0), clearance="10 L/h").replace(
        'clearance = "10 L/h"',
        'clearance = "10 L/h"\nweight_exponent = { value = 0.6, unit = "1", kind = "assumed", note = "x" }',
    )
    source = text(regimen("victim", once("100 mg"))).replace('"70 kg"', '"140 kg"')

    clearance = run(source, drugs=(victim,)).clearance["victim_total_L_per_h"]

    np.testing.assert_allclose(clearance, 10 * 2**0.6, rtol=1e-12)


@pytest.mark.parametrize(
    ("creatinine", "factor"),
    [(120, 1.0), (80, 1.0), (79.9, 0.6), (50, 0.6), (49.9, 0.5), (30, 0.5), (29, 0.4), (5, 0.3)],
)
def test_levetiracetam_follows_the_bands_of_its_label(creatinine: float, factor: float) -> None:
    """0.96 mL/min/kg times the factor of the band of the creatinine clearance; a bound belongs to the band above it."""
    source = text(regimen("levetiracetam", once("500 mg"))).replace("95 mL/min", f"{creatinine} mL/min")

    clearance = run(source).clearance["levetiracetam_total_L_per_h"]

    np.testing.assert_allclose(clearance, 0.96 * 0.06 * 70 * factor, rtol=1e-12)


def test_a_renal_pathway_follows_creatinine_and_not_weight() -> None:
    """CLr·CrCl/100 mL/min beside a metabolic share that follows weight."""
    victim = drug("victim", pathway("kidney", 0.7, kind="renal"), pathway("rest", 0.3), clearance="10 L/h")
    source = text(regimen("victim", once("100 mg"))).replace('"70 kg"', '"50 kg"').replace("95 mL/min", "40 mL/min")

    clearance = run(source, drugs=(victim,)).clearance

    np.testing.assert_allclose(clearance["victim_kidney_L_per_h"], 7 * 0.4, rtol=1e-12)
    np.testing.assert_allclose(clearance["victim_rest_L_per_h"], 3 * (50 / 70) ** 0.75, rtol=1e-12)
    np.testing.assert_allclose(clearance["victim_total_L_per_h"], 2.8 + 3 * (50 / 70) ** 0.75, rtol=1e-12)


def test_creatinine_clearance_comes_from_cockcroft_and_gault() -> None:
    """(140 - 78)·68/(72·1.9) mL/min in a man, 0.85 of it in a woman, seen in a renal clearance."""
    victim = drug("victim", pathway("kidney", 1.0, kind="renal"), clearance="10 L/h")
    source = text(regimen("victim", once("100 mg")), age=78).replace('"70 kg"', '"68 kg"')
    source = source.replace('creatinine_clearance = "95 mL/min"', 'serum_creatinine = "1.9 mg/dL"')

    woman, man = (
        run(source.replace("female", sex), drugs=(victim,)).clearance["victim_total_L_per_h"][0]
        for sex in ("female", "male")
    )

    assert man == pytest.approx(10 * (140 - 78) * 68 / (72 * 1.9) / 100, rel=1e-12)
    assert woman / man == pytest.approx(0.85, rel=1e-12)


def test_age_lowers_clearance_from_the_age_that_the_monograph_names() -> None:
    """Carbamazepine: a quarter less from 70 years on."""
    young, old = (
        run(text(regimen("carbamazepine", once("400 mg")), age=age)).clearance["carbamazepine_total_L_per_h"][0]
        for age in (69.9, 70)
    )

    assert young == pytest.approx(load_library().monograph("carbamazepine").elimination.clearance.canonical, rel=1e-12)
    assert old / young == pytest.approx(0.749, rel=1e-12)


@pytest.mark.parametrize(
    ("phenotype", "factor"),
    [
        ('"poor"', 0.0),
        ('"intermediate"', 0.5),
        ('"normal"', 1.0),
        ('"ultrarapid"', 1.5),
        ("1.0", 0.5),
        ('"*1/*4"', 0.5),
    ],
)
def test_a_phenotype_scales_its_enzyme_and_the_pathway_behind_it(phenotype: str, factor: float) -> None:
    """CYP2D6 stands at its activity, and a linear clearance by it is that much of the normal one."""
    victim = drug("victim", pathway("oxidation", 0.6, "CYP2D6"), pathway("rest", 0.4), clearance="10 L/h")

    result = given_once(victim, days=5, patient=f"[patient.phenotype]\nCYP2D6 = {phenotype}\n")

    np.testing.assert_allclose(result.enzyme_level[result.enzymes.index("CYP2D6_liver")], factor, rtol=1e-12)
    np.testing.assert_allclose(result.clearance["victim_total_L_per_h"], 10 * (0.6 * factor + 0.4), rtol=1e-12)


def test_a_phenotype_multiplies_induction() -> None:
    """E(0) = A and dE/dt = kdeg·(A·S - E): an intermediate metaboliser is induced by the same fold."""
    inducer = INDUCER.replace("CYP3A4", "CYP2D6")

    result = run(
        text(INDUCED, days=1, patient='[patient.phenotype]\nCYP2D6 = "intermediate"\n'), rtol=TIGHT, drugs=(inducer,)
    )

    np.testing.assert_allclose(result.enzyme_level, 0.5 * LEVEL, rtol=1e-7)


def test_smoking_raises_cyp1a2_alone() -> None:
    """1.565-fold, the other enzymes at 1."""
    source = text(regimen("amitriptyline", once("75 mg")), patient="smoker = true\n")

    levels = dict(zip(run(source).enzymes, run(source).enzyme_level[:, -1], strict=True))

    assert levels.pop("CYP1A2_liver") == pytest.approx(1.565)
    assert set(levels.values()) == {1.0}


@pytest.mark.parametrize(("score", "kept"), [(2, 1.0), (1.5, 0.9), (1, 0.47), (0.5, 0.19), (0, 0.0)])
def test_a_pathway_keeps_what_its_own_activity_says(score: float, kept: float) -> None:
    """At the scores that a pathway names it keeps its own factor, at others that of the enzyme (S-warfarin's)."""
    row = 'activity = [{ score = "1.5", factor = "0.9" }]'
    victim = drug("victim", pathway("own", 0.8, "CYP2C9", row), pathway("rest", 0.2), clearance="5 L/h")
    source = text(regimen("victim", once("100 mg")), patient=f"[patient.phenotype]\nCYP2C9 = {score}\n")

    clearance = run(source, drugs=(victim,)).clearance["victim_total_L_per_h"]

    np.testing.assert_allclose(clearance, 5 * (0.8 * kept + 0.2), rtol=1e-9)
