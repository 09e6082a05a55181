"""``[[patient.change]]``: what holds from when on, and what it does to levels."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from runs import INTRAVENOUS, course, daily, drug, once, oral, pathway, regimen, run, text, written
from scenario_files import load

from pkinteract.cli import main
from pkinteract.scenario import Scenario

TIGHT = 1e-9


def change(at: str, *rows: str) -> str:
    return f'[[patient.change]]\nat = "{at}"\n' + "".join(f"{row}\n" for row in rows)


def person(*changes: str, rows: str = "", dose: str = "200 mg", start: str = "0 d", days: float = 60) -> Scenario:
    """A scenario of one dose, in a woman of 70 kg and 45 y."""
    return load(text(regimen("carbamazepine", once(dose, start)), patient=rows + "".join(changes), days=days))


RENAL = drug("filtered", pathway("kidney", 1.0, kind="renal"), oral(), INTRAVENOUS)
"""Clearance 5 L/h at 100 mL/min, volume 50 L."""

INJECTED = regimen("filtered", once("100 mg", "0 d", 'route = "intravenous"'))


def test_a_new_creatinine_clearance_changes_the_slope() -> None:
    """From the change on, the level falls with the new rate constant (closed form)."""
    source = text(INJECTED, patient=change("10 h", 'creatinine_clearance = "30 mL/min"'), days=2)

    result = run(source, rtol=TIGHT, drugs=(RENAL,))

    before, after = np.minimum(result.time, 10), np.maximum(result.time - 10, 0)
    expected = 2 * np.exp(-0.095 * before - 0.03 * after)
    np.testing.assert_allclose(result.concentration[0][1:], expected[1:], rtol=1e-6)


def test_a_new_weight_changes_volume_and_clearance_but_not_the_amount() -> None:
    """The amount goes on, the concentration refers to the new volume from the change on (closed form)."""
    source = text(
        regimen("plain", once("100 mg", "0 d", 'route = "intravenous"')),
        patient=change("10.5 h", 'weight = "90 kg"'),
        days=2,
    )

    result = run(source, rtol=TIGHT, drugs=(drug("plain"),))

    size = 90 / 70
    before, after = np.minimum(result.time, 10.5), np.maximum(result.time - 10.5, 0)
    amount = 100 * np.exp(-0.1 * before - 0.1 * size**-0.25 * after)
    expected = amount / np.where(result.time > 10.5, 50 * size, 50)
    np.testing.assert_allclose(result.concentration[0][1:], expected[1:], rtol=1e-6)


def test_who_stops_smoking_loses_the_enzyme_with_its_half_life() -> None:
    """CYP1A2 falls from 1.57 to 1 with its own half-life of 36 to 39 h, not at once (closed form)."""
    victim = drug("victim", pathway("oxidation", 1.0, "CYP1A2"))
    source = text(
        regimen("victim", daily("10 mg", until="20 d")),
        patient="smoker = true\n" + change("5 d", "smoker = false"),
        days=20,
    )

    result = run(source, rtol=TIGHT, drugs=(victim,))

    level = result.enzyme_level[result.enzymes.index("CYP1A2_liver")]
    assert level[: 5 * 24 + 1] == pytest.approx(level[0], rel=1e-9)
    excess = np.log((level[5 * 24 :: 24] - 1) / (level[0] - 1))
    np.testing.assert_allclose(np.diff(excess), excess[1], rtol=1e-5)
    assert 24 * math.log(2) / -excess[1] == pytest.approx(39, rel=0.1)


PREGNANT = drug(
    "lost-in-pregnancy",
    '[[elimination.pregnancy]]\nfrom = "13 wk"\nfactor = "1.5"\n',
    '[[elimination.pregnancy]]\nfrom = "28 wk"\nfactor = "2"\n',
)


def test_a_pregnancy_proceeds_by_itself() -> None:
    """The factor changes at the weeks that the monograph names, and ends with the pregnancy (closed form)."""
    source = text(
        regimen("lost-in-pregnancy", daily("100 mg", until="280 d")),
        patient='pregnancy = "10 wk"\n' + change("210 d", 'pregnancy = "none"'),
        days=280,
        step="6 h",
    )

    result = run(source, drugs=(PREGNANT,))

    clearance = result.clearance["lost-in-pregnancy_total_L_per_h"]
    day = result.time / 24
    expected = np.select([day <= 21, day <= 126, day <= 210], [5, 7.5, 10], 5)
    np.testing.assert_allclose(clearance, expected, rtol=1e-9)


def test_a_pregnancy_that_begins_within_the_run_was_none_before() -> None:
    """Three weeks at t = 0 are no pregnancy a month earlier."""
    source = text(
        regimen("lost-in-pregnancy", daily("100 mg", start="-40 d", until="90 d")),
        patient='pregnancy = "3 wk"\n',
        days=90,
    )

    scenario = run(source, drugs=(PREGNANT,)).scenario

    assert scenario.patient.pregnancy is None
    assert [(time, patient.pregnancy) for time, patient in scenario.patients] == [(70 * 24, pytest.approx(13))]


def test_a_child_pugh_class_changes_clearance_from_its_change_on() -> None:
    """The factor of the class holds until the class is taken back (closed form)."""
    weak = drug("weak", '[[elimination.hepatic_function]]\nclass = "B"\nfactor = "0.5"\n')
    changes = change("10 d", 'hepatic_class = "B"') + change("20 d", 'hepatic_class = "none"')

    result = run(text(regimen("weak", daily("100 mg")), patient=changes, days=30, step="6 h"), drugs=(weak,))

    day = result.time / 24
    expected = np.where((day > 10) & (day <= 20), 2.5, 5)
    np.testing.assert_allclose(result.clearance["weak_total_L_per_h"], expected, rtol=1e-9)


def test_cockcroft_gault_follows_weight_and_creatinine() -> None:
    """A clearance from serum creatinine is computed anew, one that was given stays (closed form)."""
    source = text(
        regimen("carbamazepine", once("200 mg")),
        patient=change("1 d", 'weight = "60 kg"')
        + change("4 d", 'weight = "80 kg"')
        + change("2 d", 'serum_creatinine = "2 mg/dL"')
        + change("6 d", 'creatinine_clearance = "50 mL/min"')
        + change("8 d", 'weight = "90 kg"'),
    )

    found = [(time / 24, row.creatinine_clearance) for time, row in load(source).patients]

    assert found == [
        (1, 95),
        (2, pytest.approx(95 * 60 * 0.85 / 144)),
        (4, pytest.approx(95 * 80 * 0.85 / 144)),
        (6, 50),
        (8, 50),
    ]


def test_a_dose_per_weight_takes_the_weight_at_the_start_of_its_course() -> None:
    """A course that begins at the change or later has the new weight, one that runs through it the old one."""
    courses = [
        course("0 d", 'until = "12 d"', 'dose = "1 mg/kg"', 'every = "6 d"'),
        course("5 d", 'dose = "1 mg/kg"'),
        course("8 d", 'dose = "1 mg/kg"'),
    ]
    source = text(regimen("carbamazepine", *courses), patient=change("5 d", 'weight = "80 kg"'), days=20)

    doses = load(source).doses

    assert [(dose.time / 24, dose.amount) for dose in doses] == [(0, 70), (5, 80), (6, 70), (8, 80)]


def test_a_change_begins_a_period() -> None:
    """Periods lie between changes, those of the patient as those of courses."""
    scenario = person(change("10 d", "smoker = true"), change("5 d", 'weight = "71 kg"'))

    assert [time for time, _ in scenario.patients] == [120, 240]
    assert scenario.changes == (0, 120, 240)


def test_a_change_after_the_end_is_a_warning() -> None:
    """It changes nothing, and the reader is told."""
    scenario = person(change("60 d", "smoker = true"))

    assert scenario.patients == ()
    assert scenario.warnings == ("line 11, patient.change[0].at: is not before the end of the run and changes nothing",)


def test_what_no_monograph_cites_is_a_warning() -> None:
    """A condition without an effect is not passed over in silence."""
    scenario = person(rows='hepatic_class = "A"\n')

    (warning,) = scenario.warnings
    assert warning.startswith("line 10, patient.hepatic_class: changes nothing for carbamazepine, ")


def test_check_and_the_record_say_what_changes(tmp_path: Path) -> None:
    """``check`` prints every change in words, ``run.json`` has the whole patient of each."""
    changes = change("20 d", 'weight = "80 kg"', 'hepatic_class = "B"') + change("10 d", "smoker = false")
    source = text(regimen("carbamazepine", once("200 mg")), patient="smoker = true\n" + changes, days=30)
    path = written(tmp_path, source)

    checked = CliRunner().invoke(main, ["check", str(path)])
    CliRunner().invoke(main, ["run", str(path), "--no-figure", "--out", str(tmp_path / "out")])

    assert "  from      day 10: no longer a smoker\n  from      day 20: 80 kg, Child–Pugh class B\n" in checked.stdout
    record = json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))
    assert record["patient"]["smoker"] is True
    first, second = record["patient_changes"]
    assert (first["time_h"], first["smoker"], first["weight_kg"]) == (240, False, 70)
    assert (second["time_h"], second["hepatic_class"], second["weight_kg"]) == (480, "B", 80)


@settings(deadline=None, max_examples=15)
@given(st.lists(st.integers(1, 90), min_size=1, max_size=4, unique=True))
def test_a_change_that_changes_nothing_changes_nothing(hours: list[int]) -> None:
    """Writing the same values again leaves every level where it was (property)."""
    doses = regimen("carbamazepine", daily("200 mg", "8 h", "0 d", "4 d"))
    again = "".join(change(f"{hour} h", 'weight = "70 kg"', "smoker = false") for hour in hours)

    plain, written = run(text(doses, days=4)), run(text(doses, patient=again, days=4))

    top = plain.concentration.max(axis=1, keepdims=True)
    assert np.all(np.abs(plain.concentration - written.concentration) <= 1e-5 * top)
