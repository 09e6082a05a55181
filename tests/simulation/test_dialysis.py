"""Sessions of haemodialysis: what they clear, when, in every runner; and what of them is refused."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from runs import course, daily, drug, once, oral, regimen, run, text, written
from scenario_files import load
from virtual_patients import crowd, person

from pkinteract import simulate
from pkinteract.cli import main
from pkinteract.errors import InputError
from pkinteract.population.people.draw import draw
from pkinteract.population.people.specification import specification
from pkinteract.population.run.bodies import bodies
from pkinteract.population.run.solve import solved_patients
from pkinteract.result import Result

SINGLE = '[[dialysis]]\nat = "2 d"\nlength = "4 h"\n'
WEEKLY = '[[dialysis]]\nat = "13:00"\ndays = ["mon", "wed", "fri"]\nlength = "4 h"\n'
DIALYSED = '[dialysis]\nclearance = "100 mL/min"\n'
START = "start = 2026-01-05T08:00:00\n"
"""A Monday."""


def anchored(source: str) -> str:
    return source.replace("[patient]", START + "[patient]", 1)


def at(result: Result, name: str, *times: float) -> list[float]:
    return [float(result.curve(name).value(time)) for time in times]


@pytest.mark.parametrize("solver", ["fast", "reference"])
def test_a_session_adds_its_clearance_while_it_lasts(solver: str) -> None:
    """After a bolus, C falls at CL/V, in the session at (CL + CLd)/V, and after it at CL/V again (closed form)."""
    source = text(regimen("own", once("1000 mg", "0 d", 'route = "intravenous"'))) + SINGLE
    own = drug("own", DIALYSED, clearance="2 L/h", volume="40 L")

    result = run(source, solver, 1e-11, drugs=(own,))

    times = np.array([24.0, 48.0, 50.0, 52.0, 96.0])
    expected = 1000 / 40 * np.exp(-(2 * times + 6 * np.clip(times - 48, 0, 4)) / 40)
    np.testing.assert_allclose(at(result, "own", *times), expected, rtol=1e-8)
    clearance = result.clearance["own_dialysis_L_per_h"]
    assert {*result.time[clearance > 0]} == {49, 50, 51, 52}
    np.testing.assert_allclose(clearance[clearance > 0], 6, rtol=1e-12)


@pytest.mark.parametrize("solver", ["fast", "reference"])
@pytest.mark.parametrize("begin", ["0 d", "-2 h"])
def test_a_run_may_begin_with_or_within_a_session(solver: str, begin: str) -> None:
    """C falls at (CL + CLd)/V from the first dose to the end of the session, then at CL/V (closed form)."""
    source = text(regimen("own", once("1000 mg", "0 d", 'route = "intravenous"')))
    source += f'[[dialysis]]\nat = "{begin}"\nlength = "4 h"\n'
    own = drug("own", DIALYSED, clearance="2 L/h", volume="40 L")

    result = run(source, solver, 1e-11, drugs=(own,))

    left = 4.0 if begin == "0 d" else 2.0
    times = np.array([1.0, left, 24.0, 96.0])
    expected = 1000 / 40 * np.exp(-(2 * times + 6 * np.minimum(times, left)) / 40)
    np.testing.assert_allclose(at(result, "own", *times), expected, rtol=1e-8)


@pytest.mark.parametrize(
    ("name", "removed", "patient"),
    [("levetiracetam", 0.50, "5 mL/min"), ("lacosamide", 0.50, "5 mL/min"), ("pregabalin", 0.5, "1 mL/min")],
)
def test_four_hours_remove_half_of_what_labels_say(name: str, removed: float, patient: str) -> None:
    """Levetiracetam, lacosamide and pregabalin: half in 4 h, within 3 points (label, Cawello 2013, recalled)."""
    source = text(regimen(name, once("500 mg")), days=4).replace("95 mL/min", patient) + SINGLE

    before, after = at(run(source), name, 48, 52)

    assert 1 - after / before == pytest.approx(removed, abs=0.03)


def test_where_binding_varies_the_unbound_level_is_cleared() -> None:
    """A session clears more of valproate where its sites are full: 8.5 mL/min at fu 0.10, in proportion to Cu/C."""
    source = text(regimen("valproate", once("6000 mg", "2 d", 'route = "intravenous"')), days=4) + SINGLE

    result = run(source)

    session = (result.time > 48) & (result.time <= 52)
    level = result.concentration[0, session]
    unbound = (level - 137.8 + np.sqrt((137.8 - level) ** 2 + 4 * 7.8 * level)) / (2 * level)
    cleared = result.clearance["valproate_dialysis_L_per_h"]
    np.testing.assert_allclose(cleared[session], 8.5 * 0.06 * unbound / 0.10, rtol=1e-9)


def test_sessions_come_when_they_are_written() -> None:
    """By clock time and weekday, by interval, from and until, and a single one; those outside the run are left out."""
    source = anchored(text(regimen("levetiracetam", once("500 mg")), days=14))

    def begins(sessions: str) -> list[float]:
        return [session.start for session in load(source + sessions).sessions]

    assert begins(WEEKLY) == [5 + 24 * day for day in (0, 2, 4, 7, 9, 11)]
    assert begins(WEEKLY + 'from = "2 d"\nuntil = "8 d"\n') == [5 + 24 * day for day in (2, 4, 7)]
    assert begins('[[dialysis]]\nat = "07:00"\nlength = "4 h"\nuntil = "3 d"\n') == [23, 47, 71]
    assert begins('[[dialysis]]\nat = "3 d"\nevery = "5 d"\nlength = "4 h"\n') == [72, 192, 312]
    assert begins('[[dialysis]]\nat = "1 d"\ndays = ["sun"]\nlength = "4 h"\n') == [144, 312]
    assert begins(SINGLE) == [48]
    assert begins(SINGLE.replace("2 d", "40 d")) == []


@pytest.mark.parametrize("solver", ["fast", "reference"])
def test_a_session_longer_than_its_neighbours_is_never_stepped_over(solver: str) -> None:
    """However smooth the curve: a session of 15 min in a drug of a half-life of 70 d takes what it takes."""
    own = drug("own", DIALYSED, oral(1.0), clearance="0.01 L/h", volume="24 L")
    source = text(regimen("own", once("1000 mg", "0 d")), days=60) + SINGLE.replace("2 d", "30 d").replace(
        "4 h", "15 min"
    )

    before, after = at(run(source, solver, drugs=(own,)), "own", 720, 720.25)

    assert before / after == pytest.approx(np.exp(6.01 * 0.25 / 24), rel=1e-6)


@pytest.mark.compiled
def test_a_population_has_the_sessions_of_its_scenario() -> None:
    """Every patient in lanes is the run of that patient alone, to 1e-5 of Cmax, metabolites and binding included."""
    source = anchored(
        text(
            regimen("levetiracetam", daily("500 mg")),
            regimen("carbamazepine", daily("200 mg", "12 h")),
            regimen("valproate", daily("500 mg", "12 h")),
            days=14,
        )
    )
    scenario = load(source + WEEKLY)
    cohort = crowd(scenario, 16)
    grid = np.arange(0.0, 14 * 24 + 1)

    lanes = solved_patients(scenario, bodies(scenario, cohort), grid, np.array([0.0, 14 * 24.0]))

    assert lanes.ok.all()
    for column in (0, 5, 15):
        alone = simulate(replace(scenario, patient=person(scenario, cohort, column)))
        for analyte, levels in zip(alone.analytes, lanes.of(column), strict=False):
            expected = alone.curve(analyte.id).value(grid)
            np.testing.assert_allclose(levels, expected, atol=1e-5 * expected.max(), rtol=0)


@pytest.mark.parametrize(
    ("table", "kidneys"),
    [
        ("", {5.0}),
        ("[population]\n", {5.0}),
        ('[population]\ncreatinine_clearance = { mean = "15 mL/min", sd = "2 mL/min" }\n', set()),
    ],
)
def test_who_is_dialysed_has_the_kidneys_of_the_patient(table: str, kidneys: set[float]) -> None:
    """Virtual patients with sessions do not draw healthy kidneys, unless the population says what theirs are."""
    source = text(regimen("levetiracetam", daily("500 mg"))).replace("95 mL/min", "5 mL/min") + table
    scenario, without = load(source + SINGLE), load(source)

    drawn, healthy = (draw(one, specification(one), 0, 32).creatinine_clearance for one in (scenario, without))

    assert {*drawn} == kidneys if kidneys else len({*drawn}) == 32
    assert len({*healthy}) == 32


@pytest.mark.compiled
def test_a_patient_is_fitted_with_the_sessions(tmp_path: Path) -> None:
    """What ``fit --patient`` predicts before it fits is the level of the run, in and after a session."""
    levels = "".join(
        f'[[observation]]\nat = "{at} h"\nanalyte = "lacosamide"\nlevel = "5 mg/L"\n' for at in (48, 50.5, 53, 90)
    )
    path = written(tmp_path, text(regimen("lacosamide", daily("200 mg", "12 h"))) + SINGLE + levels)

    done = CliRunner().invoke(main, ["fit", "--patient", str(path), "--out", str(tmp_path / "fit")])

    assert done.exit_code == 0
    with (tmp_path / "fit" / "levels.csv").open(encoding="utf-8") as file:
        predicted = [float(row["population"]) for row in csv.DictReader(file)]
    result = run(path.read_text("utf-8"))
    np.testing.assert_allclose(predicted, at(result, "lacosamide", 48, 50.5, 53, 90), rtol=1e-5)


def test_what_is_not_known_is_said_and_never_called_nothing() -> None:
    """Drugs and metabolites without a clearance by dialysis are named; a known one of 0 is none of them."""
    source = text(regimen("carbamazepine", once("200 mg")), regimen("own", once("10 mg"))) + SINGLE
    none = DIALYSED.replace("100 mL/min", "0 mL/min")

    known, unknown = (run(source, drugs=(drug("own", *tables),)).scenario for tables in ((none,), ()))

    assert any("what is removed of carbamazepine-epoxide is not modelled" in text for text in known.warnings)
    assert any("what is removed of carbamazepine-epoxide, own is" in text for text in unknown.warnings)


@pytest.mark.parametrize(
    ("sessions", "expected"),
    [
        ('[[dialysis]]\nevery = "2 d"\n', {"dialysis[0].at": "required", "dialysis[0].length": "required"}),
        ('[[dialysis]]\nat = "25:00"\nlength = "4"\n', {"dialysis[0].at": '"08:00"', "dialysis[0].length": '"4 h"'}),
        (SINGLE + 'evry = "2 d"\n', {"dialysis[0].evry": "did you mean every?"}),
        (SINGLE + 'every = "3 h"\n', {"dialysis[0].every": "longer than a session (4 h)"}),
        (SINGLE + 'every = "2 d"\ndays = ["mon"]\n', {"dialysis[0].days": "not both"}),
        (SINGLE + 'until = "9 d"\n', {"dialysis[0].until": "sessions that repeat"}),
        (SINGLE + 'every = "2 d"\nuntil = "1 d"\n', {"dialysis[0].until": "later than the first session"}),
        (SINGLE + 'from = "1 d"\n', {"dialysis[0].from": "clock time"}),
        (WEEKLY + 'every = "2 d"\n', {"dialysis[0].days": "not both"}),
        (SINGLE + SINGLE.replace("2 d", "50 h"), {"dialysis[1]": "begins before that at 2 d ends"}),
        (SINGLE.replace('"2 d"', '"0 d"\nevery = "16 min"').replace("4 h", "15 min"), {"dialysis": "5,000"}),
    ],
)
def test_a_bad_table_is_refused_with_all_that_is_wrong(sessions: str, expected: dict[str, str]) -> None:
    """Key and what to write, of every problem at once; the rest of the file is read all the same."""
    source = anchored(text(regimen("levetiracetam", course("0 d", 'dose = "5"')), days=90))
    alone = source.replace('dose = "5"', 'dose = "5 mg"')

    for file, more in ((source, {"regimen[0].course[0].dose"}), (alone, set())):
        with pytest.raises(InputError) as error:
            load(file + sessions)
        problems = {problem.key: problem for problem in error.value.problems}
        late = {"dialysis[1]", "dialysis"} & expected.keys()  # told when the rest is sound
        assert problems.keys() == (more | expected.keys()) - (late if more else set())
        assert all(part in problems[key].message for key, part in expected.items() if key in problems)
        assert all(problem.line for problem in error.value.problems)


def test_days_need_a_calendar_and_repeated_sessions_no_steady_state() -> None:
    """Weekdays without ``start``, and sessions that repeat beside ``steady_state = true``, say what to write."""
    steady = text(regimen("levetiracetam", daily("500 mg", "24 h", "0 d", "10 d", "steady_state = true")))

    assert load(steady + SINGLE).sessions
    with pytest.raises(InputError, match=r"start = 2026-01-05"):
        load(text(regimen("levetiracetam", once("500 mg"))) + WEEKLY)
    with pytest.raises(InputError, match="some weeks before t = 0"):
        load(anchored(steady) + WEEKLY)


def test_commands_tell_of_the_sessions(tmp_path: Path) -> None:
    """``check`` counts them, ``run.json`` lists them with the number that was used; without sessions none is used."""
    path = written(tmp_path, text(regimen("levetiracetam", once("500 mg"))) + SINGLE)

    checked = CliRunner().invoke(main, ["check", str(path)])
    CliRunner().invoke(main, ["run", str(path), "--no-figure", "--out", str(tmp_path / "out")])

    record = json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))
    assert "dialysis  one session of 4 h on day 2" in checked.output
    assert record["dialysis"] == [{"from_h": 48.0, "to_h": 52.0}]
    used = {number["path"] for number in record["numbers"] if number["item"] == "levetiracetam"}
    assert "dialysis.clearance" in used
    numbers = run(text(regimen("levetiracetam", once("500 mg")))).numbers
    assert not any(number["path"] == "dialysis.clearance" for number in numbers)
