"""Conditional dosing in a single run: what is judged, what is decided, and which doses follow."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from runs import course, drug, regimen, run, text
from scenario_files import load

from pkinteract import load_scenario, simulate
from pkinteract.analysis import answer_of
from pkinteract.analysis.moves import moves_of
from pkinteract.errors import InputError
from pkinteract.export.record.run import run_record
from pkinteract.fitting.patient.priors import patient_fit
from pkinteract.report.run.advice import advice_of
from pkinteract.report.run.protocols import protocol_sentences
from pkinteract.result import Result
from pkinteract.scenario import Dose
from pkinteract.scenario.judging import changed_dose
from pkinteract.text.words import words_of

LOST = 5 / 50
"""Rate constant of the drug of :func:`runs.drug`, 5 L/h out of 50 L [1/h]."""

X = drug("drug-x")
WEEKLY = regimen(
    "drug-x", course("0 d", 'dose = "100 mg"', 'every = "12 h"', 'until = "20 d"', 'route = "intravenous"')
)
INDUCED = regimen("carbamazepine", course("0 d", 'dose = "400 mg"', 'every = "12 h"', 'until = "16 d"'))


def protocol(when: str, then: str, *rows: str, drug: str = "drug-x") -> str:
    return f'[[protocol]]\ndrug = "{drug}"\nwhen = "{when}"\nthen = "{then}"\n' + "".join(f"{row}\n" for row in rows)


def ruled(*rules: str, days: float = 20) -> Result:
    return run(text(WEEKLY, *rules, days=days), drugs=(X,))


def told(doses: tuple[Dose, ...]) -> list[tuple[float, str, float, bool]]:
    return [(round(dose.time, 6), dose.drug, round(dose.amount, 9), dose.missed) for dose in doses]


def test_a_regimen_that_would_begin_after_a_stop_is_left_without_courses() -> None:
    """A second regimen of the drug from day 10, and the protocol stops it on day 7: as if it were not in the file."""
    later = regimen(
        "drug-x", course("10 d", 'dose = "50 mg"', 'every = "12 h"', 'until = "20 d"', 'route = "intravenous"')
    )
    first = WEEKLY.replace('until = "20 d"', 'until = "10 d"')

    both = run(text(first, later, protocol("day 7", "stop"), days=20), drugs=(X,))
    alone = run(text(first, protocol("day 7", "stop"), days=20), drugs=(X,))

    assert told(both.scenario.doses) == told(alone.scenario.doses)
    assert run_record(both)["interactions"] == run_record(alone)["interactions"]
    np.testing.assert_array_equal(both.concentration, alone.concentration)


def test_a_trough_is_judged_before_the_dose_and_the_dose_at_the_check_is_the_first_of_the_new_ones() -> None:
    """The level before the n-th bolus is the sum of what the ones before left (closed form); the dose is halved."""
    result = ruled(protocol("drug-x trough above 0.5 mg/L", "halve", 'check = "7 d"', "at_most = 1"))

    (check,) = result.checks
    before = sum(100 / 50 * np.exp(-LOST * (168 - 12 * n)) for n in range(14))
    assert check.level == pytest.approx(before, rel=1e-5)
    assert (check.time, check.decision, check.since, check.doses) == (168.0, "changed", 168.0, ((100.0, 50.0),))
    assert [dose.amount for dose in result.scenario.doses] == [100.0] * 14 + [50.0] * 26


def test_an_average_is_that_of_the_day_before_and_a_level_that_of_the_moment() -> None:
    """At steady state the average of a day is dose over clearance and interval; the level 6 h after a dose decays."""
    result = ruled(
        protocol("drug-x average above 100 mg/L", "halve", 'check = "7 d"'),
        protocol("drug-x level above 100 mg/L", "halve", 'check = "7 d"', 'from = "10 d"', 'at = "06:00"'),
    )

    averages = [check.level for check in result.checks if check.protocol is result.scenario.protocols[0]]
    levels = [check for check in result.checks if check.protocol is result.scenario.protocols[1]]
    assert averages == pytest.approx([100 / (5 * 12)] * 2, rel=1e-5)
    assert [check.time for check in levels] == [246.0, 414.0]
    assert levels[0].level == pytest.approx(100 / 50 * np.exp(-LOST * 6) / (1 - np.exp(-LOST * 12)), rel=1e-5)
    assert {check.decision for check in result.checks} == {"not-met"}


def test_a_trough_is_drawn_when_the_next_dose_is_due_even_if_it_is_not_taken() -> None:
    """Checks at midnight are drawn at 08:00, where doses are at 08:00 and 20:00."""
    clock = 'at = { "08:00" = "100 mg", "20:00" = "150 mg" }'
    regimens = regimen("drug-x", course("0 d", clock, 'until = "20 d"', 'missed = ["7.3333333333 d"]'))
    result = run(text(regimens, protocol("drug-x trough above 9 mg/L", "halve", 'check = "7 d"'), days=20), drugs=(X,))

    assert [check.time for check in result.checks] == pytest.approx([176.0, 344.0])


def test_what_is_known_late_counts_late() -> None:
    """With a delay of 30 h the first dose at or after it is another, not those in between."""
    result = ruled(protocol("drug-x trough above 0.1 mg/L", "double", 'check = "7 d"', 'delay = "30 h"', "at_most = 1"))

    assert next(dose.time for dose in result.scenario.doses if dose.amount == 200.0) == 168 + 36
    assert result.checks[0].since == 204.0


def test_rules_at_one_time_follow_the_order_of_the_file() -> None:
    """+50 mg and then doubled is 300 mg; doubled and then +50 mg is 250 mg; both see the level before."""
    more, double = protocol("day 7", "+50 mg"), protocol("day 7", "double")

    assert ruled(more, double).scenario.doses[-1].amount == 300.0
    assert ruled(double, more).scenario.doses[-1].amount == 250.0


@pytest.mark.parametrize(
    ("then", "rows", "after"),
    [
        ("halve", (), 50.0),
        ("double", ('highest = "150 mg"',), 150.0),
        ("-25 %", ('round_to = "50 mg"',), 100.0),
        ("-30 %", ('round_to = "50 mg"',), 50.0),
        ("+10 %", ('round_to = "50 mg"',), 100.0),
        ("-60 %", ('lowest = "50 mg"',), 50.0),
        ("-90 %", ('round_to = "50 mg"',), 50.0),
        ("-90 mg", (), 10.0),
        ("-100 mg", (), 0.0),
        ("37.5 mg", (), 37.5),
        ("0.2 g", (), 200.0),
        ("stop", (), 0.0),
    ],
)
def test_every_word_of_then(then: str, rows: tuple[str, ...], after: float) -> None:
    """What becomes of 100 mg; rounding is half up, never turns a change round and never ends the doses."""
    result = ruled(protocol("day 7", then, *rows))

    amounts = [dose.amount for dose in result.scenario.doses if dose.time >= 168]
    assert amounts == ([] if after == 0 else [pytest.approx(after)] * 26)
    assert result.checks[0].decision == ("no-change" if after == 100 else "changed")


def test_what_was_stopped_stays_so() -> None:
    """No later rule brings a drug back."""
    result = ruled(protocol("day 7", "stop"), protocol("drug-x trough below 1 mg/L", "200 mg", 'check = "7 d"'))

    assert result.scenario.doses[-1].time < 168
    assert [check.decision for check in result.checks] == ["changed", "no-change", "no-change"]


SHAPES = (
    ('dose = "800 mg"', 'every = "12 h"', 'until = "16 d"', 'missed = ["9 d", "2 d"]'),
    ('at = { "08:00" = "200 mg", "20:00" = "400 mg" }', 'until = "16 d"'),
    ('dose = "800 mg"', 'taper_to = "200 mg"', 'step_every = "3.2 d"', 'every = "8 h"', 'until = "16 d"'),
    ('dose = "600 mg"', 'every = "24 h"', 'cycle = { on = "4 d", off = "2 d" }', 'until = "16 d"'),
    ('dose = "600 mg"', 'every = "24 h"', 'days = ["mon", "wed", "thu"]', 'until = "16 d"'),
    (
        'dose = "900 mg"', 'taper_to = "300 mg"', 'step_every = "4 d"', 'every = "24 h"',
        'cycle = { on = "3 d", off = "1 d" }', 'until = "16 d"',
    ),
    ('dose = "400 mg"', 'every = "12 h"', "count = 25"),
)  # fmt: skip


@settings(max_examples=30, deadline=None)
@given(
    st.sampled_from(SHAPES),
    st.lists(
        st.tuples(
            st.integers(1, 15), st.sampled_from(["halve", "double", "+50 mg", "-120 mg", "250 mg", "+30 %", "stop"])
        ),
        min_size=1,
        max_size=3,
    ),
)
def test_the_doses_are_those_of_the_file_with_every_change_in_turn(
    shape: tuple[str, ...], changes: list[tuple[int, str]]
) -> None:
    """Whatever a course is (taper, cycle, weekdays, clock, count, missed): times stay, amounts are what was decided."""
    from pkinteract.scenario.redosing import redosed

    given = regimen("carbamazepine", course("0 d", *shape))
    rules = "".join(protocol(f"day {day}", then, drug="carbamazepine") for day, then in changes)
    scenario = load(text(given, rules, days=20).replace('"1 h"\n', '"1 h"\nstart = 2026-01-05T00:00:00\n'))
    expected, changed = {dose.time: dose.amount for dose in scenario.doses}, scenario

    for rule in sorted(scenario.protocols, key=lambda rule: rule.checks):
        made = redosed(changed, rule, rule.checks[0])
        changed = changed if made is None else made[0]
        for time in [time for time in expected if time >= rule.checks[0] - 1e-6]:
            expected[time] = float(changed_dose(rule, np.array(expected[time])))

    missed = {dose.time: dose.missed for dose in scenario.doses}
    left = [(round(time, 6), amount, missed[time]) for time, amount in expected.items() if amount > 0]
    assert [(round(d.time, 6), pytest.approx(d.amount), d.missed) for d in changed.doses] == left


@cache
def steered() -> Result:
    rules = (
        protocol("carbamazepine trough above 5 mg/L", "halve", 'check = "4 d"', 'delay = "12 h"', drug="carbamazepine"),
        protocol("carbamazepine trough below 5 mg/L", "double", 'check = "4 d"', "at_most = 9", drug="carbamazepine"),
    )
    return run(text(INDUCED, *rules, days=16))


def test_a_run_is_that_of_the_doses_which_were_decided() -> None:
    """Written as doses one by one the same run comes out, to 1e-9 of the highest level."""
    result = steered()
    assert [check.decision for check in result.checks].count("changed") >= 2

    single = [course(f"{dose.time} h", f'dose = "{dose.amount} mg"') for dose in result.scenario.doses]
    written = run(text(regimen("carbamazepine", *single), days=16))

    assert told(written.scenario.doses) == told(result.scenario.doses)
    largest = result.concentration.max(axis=1, keepdims=True)
    np.testing.assert_allclose(written.concentration / largest, result.concentration / largest, rtol=0, atol=1e-9)
    for check in result.checks:
        assert check.level == pytest.approx(float(written.curve("carbamazepine").value(check.time)), rel=1e-9)


def test_the_reference_solver_is_given_the_same_doses() -> None:
    """Its levels differ by less than 1e-5 of the highest, and it decides nothing else."""
    result = steered()

    other = simulate(replace(result.scenario, doses=result.scenario.doses, protocols=()), solver="reference")
    again = simulate(load(result.scenario.text), solver="reference", rtol=1e-7)

    assert told(again.scenario.doses) == told(result.scenario.doses)
    for found in (other, again):
        apart = np.abs(found.concentration - result.concentration).max(axis=1)
        assert (apart <= 1e-5 * result.concentration.max(axis=1)).all()


def test_the_error_of_the_assay_is_the_same_every_time_and_shared_by_what_is_drawn_once() -> None:
    """Two rules on one sample see one level; another time another error; another seed others; without error none."""
    rules = [
        protocol(f"drug-x trough {side} 90 mg/L", "halve", 'check = "5 d"', 'error = "20 %"', drug="drug-x")
        for side in ("above", "above")
    ]
    result = ruled(*rules)
    other = run(text(WEEKLY, *rules, "[population]\nseed = 2\n", days=20), drugs=(X,))

    ratios = np.array([check.measured / check.level for check in result.checks]).reshape(-1, 2)
    np.testing.assert_array_equal(ratios[:, 0], ratios[:, 1])
    assert len(set(ratios[:, 0])) == len(ratios)
    assert (np.abs(np.log(ratios)) > 1e-6).all()
    assert [check.measured for check in ruled(*rules).checks] == [check.measured for check in result.checks]
    assert all(one.measured != two.measured for one, two in zip(result.checks, other.checks, strict=True))


def test_periods_record_and_answer_know_the_change() -> None:
    """A period ends with the last dose of before; run.json names each check; the answer tells the change."""
    result = steered()
    since = [check.since for check in result.checks if check.since is not None]

    assert set(since) <= set(result.scenario.changes)
    rules = run_record(result)["protocols"]
    assert isinstance(rules, list)
    kept = [check["from_h"] for rule in rules for check in rule["checks"] if check["decision"] == "changed"]
    assert sorted(kept) == sorted(since)
    for language in ("en", "de"):
        sentences = " ".join(protocol_sentences(answer_of(result), words_of(language)))
        assert "400" in sentences
        assert "200" in sentences
    quiet = ruled(protocol("drug-x trough above 99 mg/L", "halve", 'check = "7 d"'))
    assert list(protocol_sentences(answer_of(quiet), words_of("en"))) == ["The protocol changes no dose, in 2 checks."]


def test_no_patient_is_fitted_to_a_level_after_a_check() -> None:
    """Which doses were given then would follow from the patient that is sought."""
    level = '[[observation]]\nat = "9 d"\nanalyte = "carbamazepine"\nlevel = "6 mg/L"\n'
    scenario = load(text(INDUCED, protocol("day 7", "halve", drug="carbamazepine"), level, days=16))

    with pytest.raises(InputError, match="after the first check of a"):
        patient_fit(scenario)


def test_names_mean_the_drug_in_every_key() -> None:
    """A brand in `drug` and `when` is the id, and the sentence on it says so once."""
    scenario = load(
        text(INDUCED, protocol("Tegretol trough above 12 mg/L", "halve", 'check = "7 d"', drug="Tegretol"), days=16)
    )

    (rule,) = scenario.protocols
    assert (rule.drug, rule.when) == ("carbamazepine", "carbamazepine trough above 12 mg/L")
    assert scenario.names == ("Tegretol is carbamazepine",)


def test_a_limit_in_moles_is_that_in_mass() -> None:
    """50.8 umol/L of carbamazepine (236.27 g/mol) are 12.0 mg/L."""
    rule = protocol("carbamazepine trough above 50.79 umol/L", "halve", 'check = "7 d"', drug="carbamazepine")

    (made,) = load(text(INDUCED, rule, days=16)).protocols
    assert made.condition is not None
    assert made.condition.limit == pytest.approx(12.0, rel=1e-3)


def test_the_shipped_scenario_lowers_the_dose_and_brings_it_back() -> None:
    """Erythromycin makes carbamazepine pass 12 mg/L; after it the dose is what it was."""
    from pathlib import Path

    path = Path(__file__).parents[2] / "scenarios" / "erythromycin-with-checks-of-carbamazepine.toml"
    result = simulate(load_scenario(path))

    changed = [check for check in result.checks if check.decision == "changed"]
    assert [check.doses for check in changed] == [((600.0, 500.0),), ((500.0, 600.0),)]


@pytest.mark.parametrize(
    ("rows", "warned"),
    [
        (('check = "7 d"', 'delay = "24 h"'), False),
        (('check = "2 d"', 'delay = "2 d"'), True),
        (('check = "1 d"', 'delay = "72 h"'), True),
        (('check = "1 d"', 'delay = "72 h"', "at_most = 1"), False),
    ],
)
def test_a_delay_that_outlasts_the_next_check_is_warned_of(rows: tuple[str, ...], warned: bool) -> None:
    """The next level is judged before the last change has begun: that is said with its line."""
    source = text(INDUCED, protocol("carbamazepine level above 4 mg/L", "-50 mg", *rows, drug="carbamazepine"), days=16)
    said = [warning for warning in load(source).warnings if "protocol[0].delay" in warning]

    assert len(said) == warned
    assert all(warning.startswith(f"line {line_of(source, 'delay')}, ") for warning in said)


def line_of(source: str, key: str) -> int:
    return next(n for n, line in enumerate(source.splitlines(), 1) if line.startswith(key))


@pytest.mark.parametrize(
    ("language", "said"), [("en", "The protocol decides on the dose of"), ("de", "entscheidet das Protokoll")]
)
def test_what_to_do_leaves_the_dose_to_the_protocol(language: str, said: str) -> None:
    """Amitriptyline rises after carbamazepine: its dose is asked for; with a protocol, that decides."""
    drugs = (
        regimen("amitriptyline", course("-30 d", 'dose = "75 mg"', 'every = "12 h"', 'until = "30 d"')),
        regimen("carbamazepine", course("-30 d", 'dose = "400 mg"', 'every = "12 h"', 'until = "0 d"')),
    )
    rule = protocol("amitriptyline average above 900 ng/mL", "-25 mg", 'check = "7 d"', drug="amitriptyline")
    free, steered = (
        " ".join(advice_of(answer, moves_of(answer.result), words_of(language)))
        for answer in (answer_of(run(text(*drugs, *rules, days=30))) for rules in ((), (rule,)))
    )

    assert said not in free
    assert said in steered
    assert len(steered) < len(free)


UNEQUAL = regimen("drug-x", course("0 d", 'at = { "08:00" = "100 mg" }', 'until = "20 d"', 'route = "intravenous"'))


@pytest.mark.parametrize(
    ("evening", "then", "said"),
    [
        ("300 mg", "200 mg", "from 100 and 300 to 200 mg a dose"),
        ("300 mg", "halve", "from 100 and 300 to 50 and 150 mg a dose"),
        ("100 mg", "halve", "from 100 to 50 mg a dose"),
        ("300 mg", "-100 mg", "from 100 and 300 to 0 and 200 mg a dose"),
        ("300 mg", "100 mg", "from 300 and 100 to 100 mg a dose"),
    ],
)
@pytest.mark.parametrize("apart", [False, True], ids=["one regimen", "two regimens"])
def test_what_a_protocol_does_to_unequal_doses_is_told_of_every_dose_of_the_day(
    evening: str, then: str, said: str, apart: bool
) -> None:
    """100 mg in the morning and 300 mg in the evening both set to 200 mg is no rise from 100 to 200 mg."""
    both = 'at = { "08:00" = "100 mg", "20:00" = "EVENING" }'.replace("EVENING", evening)
    first = UNEQUAL if apart else UNEQUAL.replace('at = { "08:00" = "100 mg" }', both)
    second = UNEQUAL.replace('"08:00" = "100 mg"', f'"20:00" = "{evening}"') if apart else ""
    result = run(text(first, second, protocol("day 7", then), days=20), drugs=(X,))

    (sentence,) = protocol_sentences(answer_of(result), words_of("en"))
    (check,) = run_record(result)["protocols"][0]["checks"]
    assert said in sentence
    assert {amount for amount in check["doses_after_mg"] if amount} == {d.amount for d in result.scenario.doses[-2:]}


def test_doses_of_a_week_are_told_where_they_are_not_given_every_day() -> None:
    """100 mg on Mondays and 300 mg on Thursdays, halved: both are told."""
    days = [("mon", "100 mg"), ("thu", "300 mg")]
    regimens = [
        regimen(
            "drug-x",
            course("0 d", f'at = {{ "08:00" = "{dose}" }}', f'days = ["{day}"]', 'until = "28 d"'),
        )
        for day, dose in days
    ]
    undated = text(*regimens, protocol("day 14", "halve"), days=28)
    result = run(undated.replace("[simulation]", "[simulation]\nstart = 2026-01-05T08:00:00"), drugs=(X,))

    assert "from 100 and 300 to 50 and 150 mg a dose" in " ".join(protocol_sentences(answer_of(result), words_of("en")))
