"""Conditional dosing in virtual patients: each is steered by its own levels, and by nobody else's."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from runs import course, regimen, text
from scenario_files import load
from virtual_patients import crowd, person

from pkinteract import population, simulate
from pkinteract.cli import main
from pkinteract.population.people.cohort import Cohort
from pkinteract.population.people.specification import specification
from pkinteract.population.run.bodies import bodies
from pkinteract.population.run.protocols import Redosed, last_amounts, redosed_patients
from pkinteract.population.run.solve import solved_patients
from pkinteract.scenario import Scenario

CARBAMAZEPINE = regimen("carbamazepine", course("0 d", 'dose = "6 mg/kg"', 'every = "12 h"', 'until = "14 d"'))
GABAPENTIN = regimen("gabapentin", course("0 d", 'dose = "600 mg"', 'every = "8 h"', 'until = "14 d"'))
RULES = """
[[protocol]]
drug = "carbamazepine"
when = "carbamazepine trough above 7 mg/L"
check = "3 d"
delay = "24 h"
then = "-30 %"
round_to = "50 mg"

[[protocol]]
drug = "carbamazepine"
when = "carbamazepine average below 6 mg/L"
check = "4 d"
at_most = 1
then = "+100 mg"

[[protocol]]
drug = "gabapentin"
when = "gabapentin level above 5 mg/L"
check = "5 d"
then = "-40 %"

[[protocol]]
drug = "gabapentin"
when = "gabapentin level above 9 mg/L"
check = "5 d"
from = "6 d"
then = "stop"
"""


def ruled(rules: str = RULES, patient: str = "") -> Scenario:
    return load(text(CARBAMAZEPINE, GABAPENTIN, rules, days=14, patient=patient))


def followed(scenario: Scenario, cohort: Cohort) -> tuple[Redosed, np.ndarray]:
    """What became of the doses, and (analyte, time, patient) levels by the hour."""
    patients, redosed = redosed_patients(scenario, cohort, 1, bodies(scenario, cohort))
    grid = np.arange(scenario.duration + 1)
    done = solved_patients(scenario, patients, grid, np.array([np.inf]))
    levels = np.array(done.profile, dtype=float)
    done.release()
    return redosed, levels


def test_sixteen_patients_are_their_own_runs() -> None:
    """Each of another weight, kidneys and enzymes: decisions and doses are those of a run, levels to 1e-5 of Cmax.

    Doses per kg, rounding, a delay, a limit on the number of changes, averages, and a drug whose F falls with the dose.
    """
    scenario = ruled()
    cohort = crowd(scenario, 16)

    redosed, levels = followed(scenario, cohort)

    for n in range(16):
        own = person(scenario, cohort, n)
        doses = tuple(
            replace(dose, amount=dose.amount * own.weight / 70, free=dose.free * own.weight / 70)
            if dose.per_weight
            else dose
            for dose in scenario.doses
        )
        regimens = tuple(
            replace(
                one,
                courses=tuple(
                    replace(c, levels=tuple(level * own.weight / 70 for level in c.levels)) if c.per_weight else c
                    for c in one.courses
                ),
            )
            for one in scenario.regimens
        )
        result = simulate(replace(scenario, patient=own, doses=doses, regimens=regimens))
        changed = [
            sum(check.decision == "changed" and check.protocol is rule for check in result.checks)
            for rule in scenario.protocols
        ]
        assert redosed.changes[:, n].tolist() == changed
        given = [amount for amount in redosed.amounts[:, n] if amount > 0]
        assert given == pytest.approx([dose.amount for dose in result.scenario.doses], rel=1e-9)
        apart = np.abs(levels[:, :, n] - result.concentration).max(axis=1)
        assert (apart <= 1e-5 * result.concentration.max(axis=1)).all()
    assert (redosed.changes.min(axis=1) < redosed.changes.max(axis=1)).all()


def test_neighbours_and_the_size_of_the_population_change_nothing() -> None:
    """The same person has the same row to the last digit among 20 and among 40, with the error of the assay."""
    scenario = ruled(RULES.replace('delay = "24 h"', 'delay = "24 h"\nerror = "10 %"'))

    few, many = (population(scenario, n=n).patients for n in (20, 40))

    assert few.equals(many.iloc[:20])
    assert few["carbamazepine_changes"].nunique() > 1
    assert {"carbamazepine_final_dose_mg", "gabapentin_changes", "gabapentin_final_dose_mg"} <= set(few.columns)


def test_the_assay_errs_for_the_first_patient_as_in_a_run() -> None:
    """Sixteen of one body differ by what is measured alone; the first of them is the run of the same seed."""
    scenario = ruled(RULES.replace('then = "-30 %"', 'then = "-30 %"\nerror = "30 %"'))
    one = crowd(scenario, 1)
    twins = Cohort(
        **{
            name: np.repeat(getattr(one, name), 16)
            for name in ("weight", "age", "female", "height", "creatinine_clearance", "smoker")
        },
        number=np.arange(16),
        phenotype={},
        abundance={},
        factors={},
        taken=None,
        late=None,
    )
    scenario = replace(scenario, patient=person(scenario, twins, 0))

    redosed, _ = followed(scenario, twins)

    result = simulate(scenario)
    assert redosed.amounts[:, 0][redosed.amounts[:, 0] > 0].tolist() == [d.amount for d in result.scenario.doses]
    assert len({tuple(amounts) for amounts in redosed.amounts.T.tolist()}) > 1


def test_the_final_dose_is_that_of_the_last_day() -> None:
    """Two doses of 12 h make a day; what was stopped is 0."""
    scenario = ruled()

    redosed, _ = followed(scenario, crowd(scenario, 16))

    last = [n for n, dose in enumerate(scenario.doses) if dose.drug == "carbamazepine"][-2:]
    np.testing.assert_allclose(last_amounts(scenario, redosed, "carbamazepine"), redosed.amounts[last].sum(axis=0))
    stopped = redosed.changes[3] > 0
    assert stopped.any() and not stopped.all()
    assert ((last_amounts(scenario, redosed, "gabapentin") == 0) == stopped).all()


def test_the_command_says_in_how_many_doses_were_changed(tmp_path: Path) -> None:
    """The summary and run.json count patients and changes as patients.csv has them."""
    (tmp_path / "ruled.toml").write_text(ruled().text, "utf-8")
    out = tmp_path / "out"

    done = CliRunner().invoke(main, ["population", str(tmp_path / "ruled.toml"), "-n", "32", "--no-figure", "--out", str(out)])

    assert done.exit_code == 0, done.output
    patients = population(ruled(), n=32).patients
    told = json.loads((out / "run.json").read_text("utf-8"))["protocols"]
    assert sum(rule["changes"] for rule in told[:2]) == patients["carbamazepine_changes"].sum()
    assert told[3]["patients"] == (patients["gabapentin_final_dose_mg"] == 0).sum()
    line = f"gabapentin level above 9 mg/L, 2 checks from day 6 to 11: changed in {told[3]['patients']} of 32"
    assert line in done.output
