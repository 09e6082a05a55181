"""What moves a level is told whatever the rhythm of its doses, what its own dose did before, and each time it turns."""

from __future__ import annotations

import re

import pytest
from own_drugs import INDUCER, INHIBITOR
from runs import course, daily, drug, once, pathway, regimen, run, text

from pkinteract.analysis import Answer, answer_of
from pkinteract.analysis.days import days_of
from pkinteract.analysis.drift import causes_of_move, effect_beside_drift
from pkinteract.analysis.moves import Move, move_after, moves_of
from pkinteract.analysis.settled import mean
from pkinteract.report.run.sentences import sentences_of
from pkinteract.text.words import words_of

INTO_VEIN = 'route = "intravenous"'
VICTIM = drug("victim", pathway("oxidation", 1.0, "CYP3A4"))
OTHER = drug("other")
"""A drug that acts on nothing."""

PASSING = INDUCER.replace('"inducer"', '"passing"').replace("0.000000001 L/h", "10 L/h")
"""An inducer that is gone within days of its last dose."""
FEEBLE = INHIBITOR.replace('"inhibitor"', '"feeble"')
"""An inhibitor that is taken in doses that raise a level by 6 %."""

DRUGS = (VICTIM, INDUCER, INHIBITOR, OTHER, PASSING, FEEBLE)
TWICE = daily("60 mg", "12 h", "-10 d", "90 d")
STEPS = ((30, "-30 d", "19.5 d"), (60, "19.5 d", "90 d"))


def answered(*regimens: str, days: float = 60) -> Answer:
    return answer_of(run(text(*regimens, days=days, step="6 h"), drugs=DRUGS))


def of(answer: Answer, id: str = "victim") -> list[Move]:
    return [move for move in answer.told if move.analyte.id == id]


def happens(answer: Answer) -> str:
    return next(sentence.text for sentence in sentences_of(answer, words_of("en")) if sentence.label == "happens")


def inhibited(start: str = "20 d", until: str = "90 d") -> str:
    return regimen("inhibitor", daily("100 mg", "12 h", start, until))


def induced(day: str) -> str:
    return regimen("inducer", once("1000 mg", day, INTO_VEIN))


@pytest.mark.parametrize("step", ["19.5 d", "12 d"])
def test_an_interaction_soon_after_a_step_of_the_own_dose_is_told(step: str) -> None:
    """The inhibitor comes half a day, or eight days, after the victim's dose was doubled: it is told and alerted."""
    victim = regimen("victim", daily("30 mg", "12 h", "-10 d", step), daily("60 mg", "12 h", step, "90 d"))
    answer = answered(victim, inhibited())

    (move,) = of(answer)
    assert move.cause == 20 * 24
    assert move.ratio > 2
    assert "after inhibitor is started" in happens(answer)
    assert [alert.severity for alert in answer.alerts if alert.rule == "change"] == ["grave"]


def test_what_acts_on_nothing_is_no_cause_of_the_own_way_of_a_level() -> None:
    """Half a day after the victim's dose was doubled a drug begins that acts on nothing: no move."""
    victim = regimen("victim", daily("30 mg", "12 h", "-10 d", "19.5 d"), daily("60 mg", "12 h", "19.5 d", "90 d"))
    answer = answered(victim, regimen("other", daily("100 mg", "12 h", "20 d", "90 d")))

    assert of(answer) == []
    assert not [alert for alert in answer.alerts if alert.rule == "change"]


def test_an_interaction_that_comes_with_a_step_of_the_own_dose_is_told() -> None:
    """The victim is halved as the inhibitor begins: what the inhibitor makes of the level at the same dose."""
    halved = regimen("victim", daily("60 mg", "12 h", "-10 d", "20 d"), daily("30 mg", "12 h", "20 d", "90 d"))
    whole = of(answered(regimen("victim", TWICE), inhibited()))[0]
    answer = answered(halved, inhibited())

    (move,) = of(answer)
    assert move.after == pytest.approx(whole.after / 2, rel=1e-3)
    told = float(re.search(r"at about ([\d.]+) times what it would be otherwise at the same dose", happens(answer))[1])
    assert told == pytest.approx(whole.ratio, rel=0.005)
    assert [alert.sentence for alert in answer.alerts if alert.rule == "change"] == ["dosed"]


def test_what_cannot_be_told_from_the_own_way_of_a_level_is_said_so() -> None:
    """The inhibitor is doubled half a day after the victim was: no fold, no alert, and not that nothing moves."""
    victim = regimen("victim", daily("30 mg", "12 h", "-10 d", "19.5 d"), daily("60 mg", "12 h", "19.5 d", "90 d"))
    doubled = daily("50 mg", "12 h", "-10 d", "20 d"), daily("100 mg", "12 h", "20 d", "90 d")
    answer = answered(victim, regimen("inhibitor", *doubled))

    assert happens(answer) == (
        "What other changes make of victim cannot be told apart from changes of its own dose shortly before."
    )
    assert not [alert for alert in answer.alerts if alert.rule == "change"]


def test_each_way_of_a_level_is_told_with_what_turned_it() -> None:
    """An inducer, then ten days of an inhibitor: a fall, and a rise that comes back; sentences, days and alerts."""
    answer = answered(regimen("victim", TWICE), induced("0 d"), inhibited("30 d", "40 d"))

    fall, rise = of(answer)
    assert (fall.cause, fall.stop, rise.cause, rise.returns) == (0.0, 30 * 24, 30 * 24, True)
    assert fall.ratio < 0.5
    assert rise.before == fall.after
    assert rise.ratio > 2
    said = happens(answer)
    assert said.index("after inducer is started") < said.index("after inhibitor is started")
    much = next(s.text for s in sentences_of(answer, words_of("en")) if s.label == "much")
    assert "change of victim is done" in much
    assert "change of victim after day 30 is done" in much
    rules = sorted(alert.sentence for alert in answer.alerts if alert.rule == "change")
    assert rules == ["fall", "peaks"]


def test_a_rise_that_has_gone_before_a_fall_is_told_too() -> None:
    """A week of an inhibitor, and an inducer three weeks later: the alert of the fall begins with the inducer."""
    answer = answered(regimen("victim", TWICE), inhibited("0 d", "7 d"), induced("30 d"))

    rise, fall = of(answer)
    assert (rise.returns, rise.ratio > 1.5) == (True, True)
    assert (fall.cause, fall.ratio < 0.5) == (30 * 24, True)
    (falls,) = (alert for alert in answer.alerts if alert.sentence == "fall")
    assert falls.start > 30 * 24


def test_a_course_that_ends_is_no_turn_of_its_own() -> None:
    """The inhibitor comes, and goes: one move that comes back."""
    answer = answered(regimen("victim", TWICE), inhibited("10 d", "20 d"))

    assert [move.returns for move in of(answer)] == [True]


def passing(start: str, until: str, dose: str = "600 mg") -> str:
    return regimen("passing", daily(dose, "12 h", start, until))


def feeble(start: str) -> str:
    return regimen("feeble", daily("0.3 mg", "12 h", start, "90 d"))


OTHERS = {
    "a fall that has gone, and a rise": ([passing("0 d", "10 d"), inhibited("40 d")], [0, 40]),
    "a rise that has gone, and a fall in two steps": (
        [inhibited("0 d", "7 d"), passing("30 d", "30.5 d", "60 mg"), passing("30.5 d", "90 d")],
        [0, 30],
    ),
    "a rise that has gone, and next to nothing": ([inhibited("0 d", "7 d"), feeble("30 d")], [0]),
    "a rise that has gone, next to nothing, and a fall": (
        [inhibited("0 d", "7 d"), feeble("30 d"), passing("35 d", "90 d")],
        [0, 35],
    ),
    "next to nothing, and a rise": ([feeble("0 d"), inhibited("30 d")], [0]),
}


@pytest.mark.parametrize("name", OTHERS)
def test_a_level_turns_where_something_new_moves_it_and_not_where_it_hardly_does(name: str) -> None:
    """By the days on which its moves begin; each goes on to the next, the last to the end of the run."""
    others, days = OTHERS[name]
    moves = of(answered(regimen("victim", TWICE), *others, days=80))

    assert [move.cause / 24 for move in moves] == days
    assert [move.stop / 24 for move in moves] == [*days[1:], 80]


@pytest.mark.parametrize(("days", "told"), [(0.75, True), (2, True), (None, False)])
def test_an_interaction_between_two_steps_of_the_own_dose_is_told(days: float | None, told: bool) -> None:
    """However soon the second step comes after the first; none between the last dose and a drug that comes later."""
    first = daily("30 mg", "12 h", "-10 d", "19 d")
    steps = [daily("60 mg", "12 h", "19 d", f"{19 + days} d"), daily("30 mg", "12 h", f"{19 + days} d")] if days else []
    answer = answered(regimen("victim", first, *steps), inhibited("19.5 d"), regimen("other", TWICE))

    assert ("after inhibitor is started" in happens(answer)) == told
    assert bool([alert for alert in answer.alerts if alert.severity == "grave"]) == told


def test_what_stops_between_two_steps_of_the_own_dose_is_gone() -> None:
    """The victim is stepped a day after the inhibitor ended: its end makes a fraction of the level, not 1.00 of it."""
    steps = (
        daily("60 mg", "12 h", "-10 d", "20 d"),
        daily("90 mg", "12 h", "20 d", "21 d"),
        daily("60 mg", "12 h", "21 d"),
    )
    said = happens(answered(regimen("victim", *steps), inhibited("-10 d", "20 d")))

    told = re.search(r"after inhibitor is stopped it is expected at about ([\d.]+) times", said)
    assert float(told[1]) == pytest.approx(1 / 18.6, rel=0.1)


@pytest.mark.parametrize("day", [0, 5])
def test_a_drug_that_begins_in_the_run_is_followed_from_what_comes_after(day: int) -> None:
    """The inhibitor begins with the victim, an inducer three days later: the one move is of a level on its way."""
    began = regimen("victim", daily("60 mg", "12 h", f"{day} d", "90 d"))
    answer = answered(began, regimen("other", TWICE), inhibited(f"{day} d"), induced(f"{day + 3} d"))

    (move,) = (move for move in answer.moves if move.analyte.id == "victim")
    assert (move.cause / 24, move.redosed, move.steady) == (day + 3, True, False)


@pytest.mark.parametrize(
    "doses", [daily("60 mg", "12 h", "20 d"), daily("60 mg", "24 h", "3 d", "4 d", 'missed = ["3 d"]')]
)
def test_a_level_that_is_not_there_moves_nowhere(doses: str) -> None:
    """Two drugs that act on the victim come before its first dose, or none of its doses is taken."""
    answer = answered(regimen("victim", doses), passing("2 d", "90 d"), inhibited("5 d"))

    assert not [move for move in answer.moves if move.analyte.id == "victim"]
    assert next(days for days in days_of(answer.result) if days.analyte.id == "victim").ratio is None
    assert move_after(answer.result, 0, "inhibitor", 120.0) is None


@pytest.mark.parametrize(("day", "named"), [("28.5 d", True), ("29 d", False)])
def test_what_came_within_the_last_day_is_no_cause(day: str, named: bool) -> None:
    """The inhibitor came long before the end of the run, an inducer within its last day or before that."""
    said = happens(answered(regimen("victim", TWICE), inhibited("10 d"), passing(day, "90 d"), days=30))

    assert "inhibitor is started" in said
    assert ("passing is started" in said) == named


@pytest.mark.parametrize("scale", [1e-7, 1e4])
def test_what_is_told_of_a_linear_drug_does_not_depend_on_how_much_is_taken(scale: float) -> None:
    """A step of its own dose and an inhibitor, an inducer and its way back: all but the levels are the same."""
    seen = []
    for factor in (1.0, scale):
        steps = [daily(f"{dose * factor:.10g} mg", "12 h", *span) for dose, *span in STEPS]
        result = answered(regimen("victim", *steps), passing("2 d", "9 d"), inhibited()).result
        moves = [move for move in moves_of(result) if move.analyte.id == "victim"]
        after = [move_after(result, 0, *change) for change in (("passing", 48.0), ("inhibitor", 480.0))]
        known = [move for move in (*moves, *after) if move is not None]
        assert result.analytes[0].id == "victim"
        numbers = [[m.cause, m.ratio, m.half, m.settled, m.steady, m.returns, m.redosed] for m in known]
        numbers += [[effect_beside_drift(result, m, causes_of_move(result, m))] for m in known]
        seen.append([-1.0 if number is None else float(number) for row in numbers for number in row])
        seen[-1] += next(iter(days_of(result))).ratio[::20].tolist()

    assert len(seen[0]) == 27
    assert seen[0] == pytest.approx(seen[1], rel=1e-6)


@pytest.mark.parametrize(("step", "known"), [("10 d", True), ("16.5 d", False)])
def test_what_guidance_asks_of_another_drug_is_known_of_a_level_that_has_settled(step: str, known: bool) -> None:
    """Ten days after the last step of its own dose it is, three and a half after it not; an idle drug is no matter."""
    slow = drug("victim", pathway("oxidation", 1.0, "CYP3A4"), volume="144 L")
    steps = daily("30 mg", "12 h", "-30 d", "5 d"), daily("40 mg", "12 h", "5 d", step), daily("80 mg", "12 h", step)
    idle = regimen("other", daily("100 mg", "12 h", "20 d", "90 d"))
    result = run(text(regimen("victim", *steps), inhibited(), idle, days=60), drugs=(slow, INHIBITOR, OTHER))

    assert (move_after(result, 0, "inhibitor", 480.0) is not None) == known


@pytest.mark.parametrize("begins", ["-10 d", "0 d"])
@pytest.mark.parametrize("comes", [True, False])
def test_nothing_is_expected_of_a_level_that_cannot_settle(begins: str, comes: bool) -> None:
    """With the inhibitor the victim's doses are more than can be cleared: no fold of the long run, nor "none moves"."""
    most = 'km = { value = 1.2, unit = "mg/L", kind = "assumed", note = "test", basis = "total" }'
    saturated = drug("victim", pathway("oxidation", 1.0, "CYP3A4", most))
    inhibitor = regimen("inhibitor", daily("20 mg", "12 h", *(("2 d", "90 d") if comes else ("-10 d", "2 d"))))
    steps = daily("60 mg", "24 h", begins, "1 d"), daily("100 mg", "24 h", "1 d")
    written = text(regimen("victim", *steps), regimen("other", TWICE), inhibitor, days=30, step="6 h")
    said = happens(answer_of(run(written, drugs=(saturated, INHIBITOR, OTHER))))

    assert "times what it would be" not in said
    assert "No level moves" not in said


RHYTHMS = {
    "on three days of the week": (course("-28 d", 'until = "90 d"', 'at = { "08:00" = "60 mg" }', "{days}"), 7),
    "every third day": (daily("60 mg", "72 h", "-27 d", "90 d"), 3),
    "weekly": (daily("60 mg", "168 h", "-28 d", "90 d"), 7),
    "in a cycle": (daily("60 mg", "24 h", "-56 d", "90 d", 'cycle = { on = "21 d", off = "7 d" }'), 28),
}


def rhythm(name: str, *others: str) -> Answer:
    taken = RHYTHMS[name][0].replace("{days}", 'days = ["mon", "wed", "fri"]')
    written = text(regimen("victim", taken), *others, days=90, step="6 h")
    dated = written.replace("[simulation]\n", "[simulation]\nstart = 2026-01-07T06:00:00\n")
    return answer_of(run(dated, drugs=DRUGS))


@pytest.mark.parametrize("name", RHYTHMS)
def test_the_rhythm_of_its_own_doses_moves_no_level(name: str) -> None:
    """Another drug begins on a day without a dose: nothing is told, and nothing alerted."""
    answer = rhythm(name, regimen("other", daily("100 mg", "12 h", "2.5 d", "90 d")))

    assert of(answer) == []
    assert not [alert for alert in answer.alerts if alert.rule in ("change", "cycle")]


@pytest.mark.parametrize("name", RHYTHMS)
def test_a_move_is_judged_by_whole_rounds_of_doses(name: str) -> None:
    """An inducer makes 3.5 times the only enzyme: the average of a round falls to 1/3.5, whatever the day it begins.

    Half and 90 % of it are done within a day of when they are with daily doses; with days off that cannot be told.
    """
    answer = rhythm(name, induced("2.5 d"))

    (move,) = of(answer)
    assert move.round == 24 * RHYTHMS[name][1]
    assert move.ratio == pytest.approx(1 / 3.5, rel=0.01)
    assert f"(average over {RHYTHMS[name][1]} days)" in happens(answer)
    assert f"falls to {100 * move.ratio:.3g} % after" in happens(answer)
    if name == "in a cycle":
        assert (move.half, move.most) == (None, None)
        return
    daily_move = of(answered(regimen("victim", daily("60 mg", "24 h", "-28 d", "90 d")), induced("2.5 d"), days=90))[0]
    for mine, usual in ((move.half, daily_move.half), (move.most, daily_move.most)):
        assert mine == pytest.approx(usual, abs=24)


def test_before_a_round_is_gone_through_it_is_judged_by_days() -> None:
    """Weekly doses since three days before an inhibitor: there is no week before it."""
    answer = answered(regimen("victim", daily("60 mg", "168 h", "-3 d", "90 d")), inhibited("0 d"))

    (move,) = of(answer)
    assert (move.round, move.before) == (24.0, pytest.approx(mean(answer.result.curve("victim"), -24.0, 0.0)))
    assert "(average of a day)" in happens(answer)


def test_the_cycle_of_another_drug_is_no_move() -> None:
    """An inhibitor for three weeks of four: told as a cycle, and not again as a level that moves by itself."""
    often = daily("100 mg", "12 h", "-56 d", "90 d", 'cycle = { on = "21 d", off = "7 d" }')
    cycled = regimen("inhibitor", daily("100 mg", "12 h", "-84 d", "-77 d"), often)
    other = regimen("other", daily("100 mg", "12 h", "5 d", "90 d"))
    answer = answered(regimen("victim", daily("60 mg", "12 h", "-56 d", "90 d")), cycled, other, days=90)

    assert of(answer) == []
    assert [alert.rule for alert in answer.alerts if alert.analyte == "victim"] == ["cycle"]


@pytest.mark.parametrize(
    ("drug", "doses", "days"),
    [
        ("other", course("-28 d", 'until = "90 d"', 'every = "24 h"', 'dose = "60 mg"', 'days = ["mon"]'), 1),
        ("feeble", course("-28 d", 'until = "90 d"', 'every = "24 h"', 'dose = "1 mg"', 'days = ["mon"]'), 7),
        ("feeble", daily("1 mg", "72 h", "-27 d", "90 d"), 1),
    ],
)
def test_weekly_doses_of_another_drug_make_a_round_if_it_acts(drug: str, doses: str, days: int) -> None:
    """Beside a drug that is taken daily; what is taken every third day, or acts on nothing, makes none."""
    written = text(regimen("victim", TWICE), regimen(drug, doses), induced("2.5 d"), days=60, step="6 h")
    dated = written.replace("[simulation]\n", "[simulation]\nstart = 2026-01-07T06:00:00\n")

    assert of(answer_of(run(dated, drugs=DRUGS)))[0].round == 24 * days


def test_a_change_that_is_largest_before_the_end_is_alerted_as_what_it_came_to() -> None:
    """An inhibitor raises a level 1.4-fold, less of it then keeps it 1.25-fold: neither comes back, nor is it 1.25."""
    less = regimen("inhibitor", daily("2.4 mg", "12 h", "0 d", "20 d"), daily("1.5 mg", "12 h", "20 d", "90 d"))
    answer = answered(regimen("victim", TWICE), less)

    (move,) = of(answer)
    (alert,) = (alert for alert in answer.alerts if alert.rule == "change")
    assert (move.returns, move.extreme / move.before > 1.3, move.ratio < 1.3) == (False, True, True)
    assert alert.values["fold"] == pytest.approx(move.extreme / move.before)


def test_the_same_doses_in_two_tables_are_no_change() -> None:
    """A drug whose doses go on under a second [[regimen]] moves as under one."""
    one = answered(regimen("victim", TWICE), inhibited("10 d"))
    two = answered(
        regimen("victim", daily("60 mg", "12 h", "-10 d", "12 d")),
        regimen("victim", daily("60 mg", "12 h", "12 d", "90 d")),
        inhibited("10 d"),
    )

    assert happens(one) == happens(two)
    assert [alert.values for alert in one.alerts] == [alert.values for alert in two.alerts]


def test_what_comes_and_goes_beside_a_drift_is_judged_at_its_furthest() -> None:
    """The victim began two days before ten days of an inhibitor: some 2-fold, and not the 1.00 of when it has gone."""
    victim = drug("victim", pathway("oxidation", 1.0, "CYP3A4"), volume="400 L")
    written = text(regimen("victim", daily("60 mg", "12 h", "0 d", "90 d")), inhibited("2 d", "30 d"), days=60)
    answer = answer_of(run(written, drugs=(victim, INHIBITOR)))

    said = happens(answer)
    assert "about 1.00 times" not in said
    assert "after inhibitor is started" in said


def test_a_level_that_settles_by_itself_is_a_note() -> None:
    """A loading dose the day before a drug that acts on nothing begins: no grave fall while its dose stays."""
    victim = regimen("victim", once("900 mg", "-1 d"), daily("60 mg", "12 h", "-0.5 d", "90 d"))
    answer = answered(victim, regimen("other", daily("100 mg", "12 h", "0 d", "90 d")))

    (alert,) = (alert for alert in answer.alerts if alert.rule == "change")
    assert (alert.severity, alert.sentence) == ("note", "settling")
    assert "by itself" in happens(answer)
