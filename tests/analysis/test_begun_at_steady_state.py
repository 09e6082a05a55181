"""A run that begins at steady state tells what one tells that began long before, however soon something changes."""

from __future__ import annotations

import pytest
from own_drugs import INHIBITOR
from runs import daily, drug, pathway, regimen, run, text

from pkinteract.analysis import answer_of
from pkinteract.analysis.days import days_of
from pkinteract.analysis.exposure import exposures
from pkinteract.effect.levels import averages_of
from pkinteract.report.run.sentences import sentences_of
from pkinteract.result import Result
from pkinteract.text.words import words_of

QUICK = drug("victim", pathway("oxidation", 1.0, "CYP3A4"), clearance="20 L/h")
"""Most of a dose is gone within hours: the half day after it is far above the average of a day."""


def inhibited(every: str, day: str, amount: str, *, steady: bool, days: int = 40) -> Result:
    """An inhibitor from a day on, of a victim since t = 0 at steady state or since 84 days before."""
    since, more = ("0 d", ("steady_state = true",)) if steady else ("-84 d", ())
    victim = regimen("victim", daily("60 mg", every, since, f"{days} d", *more))
    inhibitor = regimen("inhibitor", daily(amount, "24 h", day, f"{days} d"))
    return run(text(victim, inhibitor, days=days, step="6 h"), drugs=(QUICK, INHIBITOR))


@pytest.mark.parametrize("amount", ["3 mg", "0.4 mg"])
@pytest.mark.parametrize(
    ("every", "day"), [("24 h", "0 d"), ("24 h", "0.25 d"), ("72 h", "1 d"), ("168 h", "2.5 d"), ("168 h", "5 d")]
)
def test_a_change_within_the_first_round_of_doses_is_judged_as_a_later_one(every: str, day: str, amount: str) -> None:
    """The same sentence, alert, ratios and days; the rhythm of the doses is no rise that comes back, nor half of it."""
    steady, before = (inhibited(every, day, amount, steady=steady) for steady in (True, False))
    answers = [answer_of(result) for result in (steady, before)]
    said = [{one.label: one.text for one in sentences_of(answer, words_of("en"))} for answer in answers]
    told = [(one["happens"], one.get("much")) for one in said]
    one, other = (next(move for move in answer.moves if move.analyte.id == "victim") for answer in answers)

    assert told[0] == told[1]
    assert (one.cause, one.round, one.returns) == (other.cause, other.round, False)
    assert (one.before, one.after) == pytest.approx((other.before, other.after), rel=1e-5)
    assert one.half == (other.half and pytest.approx(other.half, abs=1e-3))
    rows = [[alert for alert in answer.alerts if alert.rule == "change"] for answer in answers]
    assert len(rows[0]) == len(rows[1])
    assert [row.start for row in rows[0]] == pytest.approx([row.start for row in rows[1]], abs=0.1)
    ratios = [next(iter(days_of(result))).ratio for result in (steady, before)]
    assert ratios[0] == pytest.approx(ratios[1], rel=1e-5)
    levels = [averages_of(result) for result in (steady, before)]
    assert levels[0].level["victim"] == pytest.approx(levels[1].level["victim"], rel=1e-5)


@pytest.mark.parametrize(("every", "day"), [("24 h", "0.25 d"), ("168 h", "2.5 d"), ("672 h", "2.5 d")])
def test_the_ratio_of_a_period_is_to_a_whole_round(every: str, day: str) -> None:
    """The first period is shorter than a round of doses: the table compares averages of rounds all the same."""
    results = [inhibited(every, day, "3 mg", steady=steady, days=150) for steady in (True, False)]
    ratios = [[one.ratio for one in exposures(result) if one.analyte.id == "victim"] for result in results]
    move = next(move for move in answer_of(results[0]).moves if move.analyte.id == "victim")

    assert ratios[0][0] == 1.0
    assert ratios[0][-1] == pytest.approx(ratios[1][-1], rel=1e-5)
    assert ratios[0][-1] == pytest.approx(move.ratio, rel=1e-3)
