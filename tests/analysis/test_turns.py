"""What moves a level is told whatever the rhythm of its doses, what its own dose did before, and each time it turns."""

from __future__ import annotations

import re

import pytest
from own_drugs import INDUCER, INHIBITOR
from runs import course, daily, drug, once, pathway, regimen, run, text

from pkinteract.analysis import Answer, answer_of
from pkinteract.analysis.moves import Move
from pkinteract.report.run.sentences import sentences_of
from pkinteract.text.words import words_of

INTO_VEIN = 'route = "intravenous"'
VICTIM = drug("victim", pathway("oxidation", 1.0, "CYP3A4"))
OTHER = drug("other")
"""A drug that acts on nothing."""

DRUGS = (VICTIM, INDUCER, INHIBITOR, OTHER)
TWICE = daily("60 mg", "12 h", "-10 d", "90 d")


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
    assert told == pytest.approx(whole.ratio, rel=0.1)
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
    """An inducer makes 3.5 times the only enzyme: the average of a round falls to 1/3.5, whatever the day it begins."""
    answer = rhythm(name, induced("2.5 d"))

    (move,) = of(answer)
    assert move.round == 24 * RHYTHMS[name][1]
    assert move.ratio == pytest.approx(1 / 3.5, rel=0.01)
    assert f"(average over {RHYTHMS[name][1]} days)" in happens(answer)


def test_the_cycle_of_another_drug_is_no_move() -> None:
    """An inhibitor for three weeks of four: told as a cycle, and not again as a level that moves by itself."""
    cycled = regimen("inhibitor", daily("100 mg", "12 h", "-56 d", "90 d", 'cycle = { on = "21 d", off = "7 d" }'))
    other = regimen("other", daily("100 mg", "12 h", "5 d", "90 d"))
    answer = answered(regimen("victim", daily("60 mg", "12 h", "-56 d", "90 d")), cycled, other, days=90)

    assert of(answer) == []
    assert [alert.rule for alert in answer.alerts if alert.analyte == "victim"] == ["cycle"]


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
