"""What virtual patients take, tables of patients, and uncertain parameters of a fit."""

from __future__ import annotations

import math
import tomllib
from pathlib import Path

import numpy as np
import pytest
from populations import (
    AMITRIPTYLINE,
    AUTOINDUCTION,
    SWITCH,
    drawn,
    population,
)
from runs import course, daily, regimen, text
from scenario_files import load
from scipy import stats

from pkinteract.population.run.bodies import bodies
from pkinteract.scenario import Scenario
from pkinteract.scenario.expressions import value_of

# Doses


def test_published_adherence_by_doses_a_day() -> None:
    """87, 81, 77 and 39 % of the doses are taken of one, two, three and four a day (Cramer 1989)."""
    rows = (("amitriptyline", "24 h"), ("carbamazepine", "12 h"), ("valproate", "8 h"), ("levetiracetam", "6 h"))
    regimens = tuple(regimen(drug, daily("100 mg", every)) for drug, every in rows)
    scenario = population('adherence = "published"', regimens=regimens, days=20)

    cohort = drawn(scenario, 2000)

    assert cohort.taken is not None
    assert cohort.late is None
    for (drug, _), share in zip(rows, (0.87, 0.81, 0.77, 0.39), strict=True):
        mine = cohort.taken[[dose.drug == drug for dose in scenario.doses]]
        assert mine.mean() == pytest.approx(share, abs=4 * math.sqrt(share * (1 - share) / mine.size)), drug


def test_late_doses_stay_in_order_and_drugs_apart() -> None:
    """Delays are quarters of an hour with the SD that was asked for, and end before the next dose of the same drug."""
    rows = (regimen("amitriptyline", daily("100 mg")), regimen("carbamazepine", daily("200 mg", "3 h")))
    scenario = population('adherence = { late = "2 h" }', regimens=rows, days=20)

    cohort = drawn(scenario, 500)

    assert cohort.taken is not None
    assert cohort.taken.all()
    assert cohort.late is not None
    assert (cohort.late % 0.25 == 0).all()
    for drug in ("amitriptyline", "carbamazepine"):
        mine = [n for n, dose in enumerate(scenario.doses) if dose.drug == drug]
        due = np.array([scenario.doses[n].time for n in mine])[:, None]
        taken = due + cohort.late[mine]
        assert (taken[:-1] < due[1:]).all(), drug
    late = cohort.late[[dose.drug == "amitriptyline" for dose in scenario.doses]]
    assert math.sqrt(np.mean(late**2)) == pytest.approx(2.0, rel=0.02)
    assert np.mean(late == 0) == pytest.approx(2 * stats.norm.cdf(0.125 / 2) - 1, abs=0.01)
    assert cohort.late.max() > 5


def test_the_vein_does_not_forget() -> None:
    """Intravenous doses are given by others: all of them, on time."""
    injected = regimen(
        "phenytoin", course("0 d", 'dose = "100 mg"', 'every = "8 h"', 'until = "10 d"', 'route = "intravenous"')
    )
    scenario = population('adherence = { taken = 0.5, late = "1 h" }', regimens=(injected, SWITCH[0]))

    cohort = drawn(scenario, 100)

    given_in = np.array([dose.route == "intravenous" for dose in scenario.doses])
    assert cohort.taken is not None
    assert cohort.late is not None
    assert cohort.taken[given_in].all()
    assert not cohort.late[given_in].any()
    assert cohort.taken[~given_in].mean() == pytest.approx(0.5, abs=0.06)


def test_doses_per_kg_follow_every_weight() -> None:
    """A dose written per kg goes with the patient's weight, one in mg does not, clock doses each by itself."""
    at = 'at = { "08:00" = "2 mg/kg", "20:00" = "100 mg" }'
    rows = (
        regimen("carbamazepine", course("0 d", at, 'until = "3 d"')),
        regimen("levetiracetam", daily("10 mg/kg", "24 h", "0 d", "3 d")),
    )
    scenario = population(regimens=rows, days=3)
    cohort = drawn(scenario, 50)

    amounts = bodies(scenario, cohort).inputs.amounts

    assert [dose.per_weight for dose in scenario.doses] == [dose.amount != 100 for dose in scenario.doses]
    ratio = amounts / amounts[:, :1]
    for row, dose in zip(ratio, scenario.doses, strict=True):
        expected = cohort.weight / cohort.weight[0] if dose.per_weight else 1.0
        np.testing.assert_allclose(row, np.broadcast_to(expected, 50), rtol=1e-12)


# A table of patients


WARD = """weight_kg,age_y,sex,height_cm,serum_creatinine_umol_per_L,smoker,CYP2D6,CYP2C19
50,30,female,160,88.4,0,*4/*4,
60,40,male,170,88.4,1,2.0,poor
70,50,f,165,88.4,no,ultrarapid,*1/*17
"""


def ward(*rows: str) -> Scenario:
    lines = "".join(f"{row}\n" for row in ("[population]", 'patients = "ward.csv"', *rows))
    return load(text(*SWITCH, patient=lines), {"ward.csv": WARD})


def test_a_table_of_patients_is_taken_as_it_is() -> None:
    """As many patients as rows, in their order; a gene that a row leaves open is drawn."""
    cohort = drawn(ward(), 3)

    assert cohort.weight.tolist() == [50, 60, 70]
    assert cohort.age.tolist() == [30, 40, 50]
    assert cohort.female.tolist() == [True, False, True]
    np.testing.assert_allclose(cohort.height, [1.6, 1.7, 1.65], rtol=1e-12)
    assert cohort.smoker.tolist() == [False, True, False]
    expected = [110 * 50 * 0.85 / 72, 100 * 60 / 72, 90 * 70 * 0.85 / 72]
    np.testing.assert_allclose(cohort.creatinine_clearance, expected, rtol=1e-3)
    assert cohort.phenotype["CYP2D6"].score.tolist() == [0.0, 2.0, 3.0]
    assert cohort.phenotype["CYP2C19"].phenotype[1:].tolist() == ["poor", "rapid"]


def test_more_patients_than_rows_are_sampled() -> None:
    """Every row equally often, with what belongs to it; enzymes and open genes are drawn for each."""
    cohort = drawn(ward("n = 6000"), 6000)

    counts = [int(np.sum(cohort.weight == weight)) for weight in (50, 60, 70)]
    assert sum(counts) == 6000
    assert max(abs(count - 2000) for count in counts) < 4 * math.sqrt(6000 * 2 / 9)
    first = cohort.weight == 50
    assert (cohort.height[first] == 1.6).all()
    assert (cohort.phenotype["CYP2D6"].phenotype[first] == "poor").all()
    assert len(set(cohort.phenotype["CYP2C19"].phenotype[first])) == 5
    assert len(np.unique(cohort.abundance["CYP3A4"])) == 6000


def test_what_a_table_leaves_out_is_drawn() -> None:
    """Without height and kidneys in the table they follow weight, age and sex as for anybody."""
    short = "weight_kg,age_y,sex\n120,30,male\n50,85,female\n"
    lines = '[population]\npatients = "ward.csv"\nn = 2000\n'

    cohort = drawn(load(text(*SWITCH, patient=lines), {"ward.csv": short}), 2000)

    heavy = cohort.weight == 120
    assert cohort.height[heavy].mean() - cohort.height[~heavy].mean() > 0.15
    assert np.median(cohort.creatinine_clearance[heavy]) > 3 * np.median(cohort.creatinine_clearance[~heavy])


# Uncertain parameters


def uncertain(path: Path, draws: int, *rows: str) -> Scenario:
    lines = "".join(f"{row}\n" for row in ("[population]", f'uncertainty = "{path}"', f"draws = {draws}", *rows))
    return load(text(*SWITCH, patient=lines))


def test_sets_of_parameters_have_the_covariance_of_the_fit() -> None:
    """SDs and correlation of logarithms are those of ``result.toml``; patient i has set i % draws."""
    rows = {row["parameter"]: row for row in tomllib.loads(AUTOINDUCTION.read_text("utf-8"))["uncertainty"]}

    cohort = drawn(uncertain(AUTOINDUCTION, 2000), 4000)

    clearance = np.log(cohort.factors["carbamazepine", "elimination.clearance"])
    constant = np.log(cohort.factors["carbamazepine", "induces.CYP3A4.emax"])
    np.testing.assert_array_equal(clearance[:2000], clearance[2000:])
    for values, name in ((clearance, "clearance"), (constant, "emax_3a4")):
        assert np.std(values[:2000]) == pytest.approx(rows[name]["standard_error"], rel=4 / math.sqrt(2 * 2000))
    published = rows["emax_3a4"]["correlation"][0]
    assert np.corrcoef(clearance, constant)[0, 1] == pytest.approx(
        published, abs=4 * (1 - published**2) / math.sqrt(2000)
    )


def test_only_what_was_estimated_and_matters_is_uncertain() -> None:
    """Held parameters, and formulations that nobody takes, have no factor."""
    cohort = drawn(uncertain(AUTOINDUCTION, 20), 40)

    paths = {path for drug, path in cohort.factors if "." in path}
    assert "absorption.tablet.ka" in paths
    assert not {"induces.CYP3A4.ec50", "absorption.suspension.ka", "CYP3A4.liver.half_life"} & paths


def test_parameters_that_follow_from_others_follow() -> None:
    """Shares of a clearance over its sum add up to 1 in every set, and no fraction is above 1."""
    text_of = AMITRIPTYLINE.read_text("utf-8")
    shares = {
        row["paths"][0].removeprefix("amitriptyline."): row["estimate"]
        for row in tomllib.loads(text_of)["uncertainty"]
        if row.get("paths", [""])[0].startswith("amitriptyline.elimination.pathway") and "expression" in row
    }
    scenario = uncertain(AMITRIPTYLINE, 200)

    cohort = drawn(scenario, 200)

    total = sum(share * cohort.factors["amitriptyline", path] for path, share in shares.items())
    made = "elimination.pathway.demethylation-2c19.yield"
    assert len(shares) == 6
    np.testing.assert_allclose(total, 1.0, rtol=1e-8)
    assert np.max(0.8416229695 * cohort.factors["amitriptyline", made]) <= 1 + 1e-9
    assert len(np.unique(cohort.factors["amitriptyline", made])) == 200


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1 - a", 0.75),
        ("-a ** 2 / b", -0.015625),
        ("sqrt(a) * exp(log(b)) + 1", 3.0),
        ("log(-b)", math.nan),
        ("a / 0", math.nan),
    ],
)
def test_expressions_of_a_fit_have_their_value(expression: str, value: float) -> None:
    """Arithmetic, exp, log and sqrt; NaN outside their domain."""
    assert value_of(expression, {"a": 0.25, "b": 4.0}) == pytest.approx(value, nan_ok=True)


@pytest.mark.parametrize("expression", ["a +", "__import__('os')", "a.real", "a if b else 1", "c", "abs(a)", "[a]"])
def test_an_expression_of_anything_else_is_refused(expression: str) -> None:
    """Nothing but arithmetic is evaluated."""
    with pytest.raises(ValueError, match=r"may hold|cannot be read"):
        value_of(expression, {"a": 0.25, "b": 4.0})
