"""Conditional dosing in virtual patients: each is steered by its own levels, and by nobody else's."""

from __future__ import annotations

import json
from collections.abc import Iterable
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
from pkinteract.population.run.bodies import bodies
from pkinteract.population.run.protocols import Redosed, last_amounts, redosed_patients
from pkinteract.population.run.solve import solved_patients
from pkinteract.scenario import Course, Patient, Scenario
from pkinteract.scenario.doses import doses

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


UNTIL, INFUSED = 'until = "4 d"', 'route = "intravenous"\ninfusion = "3 h"'
STEADY = (
    regimen("clarithromycin", course("0 d", 'dose = "500 mg"', 'every = "12 h"', UNTIL, "steady_state = true")),
    regimen("valproate", course("0 d", 'dose = "500 mg"', 'every = "8 h"', UNTIL, "steady_state = true")),
    regimen("midazolam", course("0 d", 'dose = "2 mg"', 'every = "12 h"', UNTIL, INFUSED)),
)
CLOSE = """
[[protocol]]
drug = "valproate"
when = "valproate-unbound level above 5 mg/L"
check = "20 h"
from = "25 h"
at_most = 2
then = "-20 %"

[[protocol]]
drug = "clarithromycin"
when = "clarithromycin average above 1.5 mg/L"
check = "7 h"
from = "26 h"
until = "3 d"
then = "-10 %"

[[protocol]]
drug = "midazolam"
when = "midazolam level above 6 ng/mL"
check = "37 h"
from = "1 h"
then = "halve"
"""


def ruled(rules: str = RULES, patient: str = "") -> Scenario:
    return load(text(CARBAMAZEPINE, GABAPENTIN, rules, days=14, patient=patient))


def followed(scenario: Scenario, cohort: Cohort) -> tuple[Redosed, np.ndarray]:
    """What became of the doses, and (analyte, time, patient) levels by the hour."""
    patients, redosed = redosed_patients(scenario, cohort, 1, bodies(scenario, cohort))
    grid = np.linspace(0, scenario.duration, round(scenario.duration / scenario.step) + 1)
    done = solved_patients(scenario, patients, grid, np.empty(0))
    levels = np.array(done.profile, dtype=float)
    done.release()
    return redosed, levels


def of_weight(scenario: Scenario, own: Patient) -> Scenario:
    """The scenario of another patient, whose doses per kg are those of the weight."""
    size = own.weight / scenario.patient.weight

    def course_of(given: Course) -> Course:
        return replace(given, levels=tuple(size * level for level in given.levels)) if given.per_weight else given

    regimens = tuple(replace(one, courses=tuple(map(course_of, one.courses))) for one in scenario.regimens)
    given = doses(regimens, scenario.monographs, scenario.duration)
    return replace(scenario, patient=own, regimens=regimens, doses=given)


@pytest.mark.parametrize(
    ("scenario", "compared"),
    [(ruled(), range(16)), (load(text(*STEADY, CLOSE, days=4, step="0.5 h")), (0, 9))],
    ids=["from the first dose", "from a steady state"],
)
def test_patients_are_their_own_runs(scenario: Scenario, compared: Iterable[int]) -> None:
    """Each of another weight, kidneys and enzymes: decisions and doses are those of a run, levels to 1e-5 of Cmax.

    Doses per kg, rounding, a delay, a limit on the number of changes, averages that overlap a check before, a drug
    whose F falls with the dose, an unbound level, a dose that is released over hours, and checks during an infusion.
    """
    cohort = crowd(scenario, 16)

    redosed, levels = followed(scenario, cohort)

    for n in compared:
        result = simulate(of_weight(scenario, person(scenario, cohort, n)))
        changed = [
            sum(check.decision == "changed" and check.protocol is rule for check in result.checks)
            for rule in scenario.protocols
        ]
        assert redosed.changes[:, n].tolist() == changed
        given = [amount for amount in redosed.amounts[:, n] if amount > 0]
        assert given == pytest.approx([dose.amount for dose in result.scenario.doses], rel=1e-9)
        apart = np.abs(levels[:, :, n] - result.concentration).max(axis=1)
        largest = result.concentration.max(axis=1)
        free = np.array([1e-4 if analyte.unbound else 1e-5 for analyte in result.analytes])
        assert (apart <= free * largest).all()
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
    assert len(set(stopped)) == 2
    assert ((last_amounts(scenario, redosed, "gabapentin") == 0) == stopped).all()


def test_the_command_says_in_how_many_doses_were_changed(tmp_path: Path) -> None:
    """The summary and run.json count patients and changes as patients.csv has them."""
    (tmp_path / "ruled.toml").write_text(ruled().text, "utf-8")
    out = tmp_path / "out"

    done = CliRunner().invoke(
        main, ["population", str(tmp_path / "ruled.toml"), "-n", "32", "--no-figure", "--out", str(out)]
    )

    assert done.exit_code == 0, done.output
    patients = population(ruled(), n=32).patients
    told = json.loads((out / "run.json").read_text("utf-8"))["protocols"]
    assert sum(rule["changes"] for rule in told[:2]) == patients["carbamazepine_changes"].sum()
    assert told[3]["patients"] == (patients["gabapentin_final_dose_mg"] == 0).sum()
    line = f"gabapentin level above 9 mg/L, 2 checks from day 6 to 11: changed in {told[3]['patients']} of 32"
    assert line in done.output


def test_a_dose_that_was_stopped_is_not_missed() -> None:
    """Of those who take two thirds, fewer doses are missed where half of them are not to be taken any more."""
    adherence = "[population]\nadherence = { taken = 0.67 }\n"
    stopped = '[[protocol]]\ndrug = "carbamazepine"\nwhen = "day 7"\nthen = "stop"\n'

    whole, half = (population(ruled(rules, adherence), n=16).patients for rules in ("", stopped))

    assert (half["carbamazepine_final_dose_mg"] == 0).all()
    assert (half["doses_missed"] < whole["doses_missed"]).all()
