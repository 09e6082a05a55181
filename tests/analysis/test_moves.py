"""How far levels move after a change of something else, when, and whether they have settled."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from own_drugs import INDUCER
from runs import course, daily, drug, once, pathway, regimen, run, text
from scipy.optimize import brentq

from pkinteract.analysis import answer_of
from pkinteract.analysis.moves import Move, first_change, moves_of
from pkinteract.analysis.settled import standing
from pkinteract.export.tables.run import alert_table, alert_text, exposure_table
from pkinteract.library import load_library
from pkinteract.report.run.sentences import sentences_of
from pkinteract.result import Result
from pkinteract.text.words import words_of

STEADY = "steady_state = true"
INTO_VEIN = 'route = "intravenous"'
QUICK = drug("victim", pathway("oxidation", 1.0, "CYP3A4"), volume="5 L", clearance="100 L/h")
"""What is infused of it is cleared within minutes, so that its level is 1/E of its first one."""

KDEG = math.log(2) / load_library().enzymes["CYP3A4"].liver.half_life.canonical


def infused(rate_mg_per_day: float, start: str, until: str) -> str:
    rows = (f'until = "{until}"', f'dose = "{rate_mg_per_day} mg"', 'every = "24 h"', 'infusion = "24 h"')
    return course(start, *rows, INTO_VEIN)


def induced(days: float = 60, stop: str = "100 d") -> Result:
    """A quick victim of CYP3A4, which an inducer makes 3.5 times from day 5 on."""
    inducer = regimen("inducer", once("1000 mg", "5 d", INTO_VEIN))
    victim = regimen("victim", infused(2400, "-5 d", stop))
    return run(text(victim, inducer, days=days), drugs=(QUICK, INDUCER))


def area(hours: float) -> float:
    """Integral of the level over the first one, 1 / (3.5 - 2.5·exp(-kdeg·t)), from when the inducer came [h]."""
    return hours if hours <= 0 else math.log(3.5 * math.exp(KDEG * hours) - 2.5) / (3.5 * KDEG)


def average(hours: float) -> float:
    """Average of the 24 h before."""
    return (area(hours) - area(hours - 24)) / 24


def victim_of(result: Result) -> Move:
    return next(move for move in moves_of(result) if move.analyte.id == "victim")


def test_a_move_follows_the_turnover_of_the_enzyme() -> None:
    """Before 1, after 1/3.5; half and 90 % of the way where the average of 1/E passes them (closed form)."""
    move = victim_of(induced())

    assert (move.cause, move.stop, move.returns, move.settled) == (120.0, 60 * 24.0, False, True)
    assert move.before == pytest.approx(1.0, rel=1e-4)
    assert move.ratio == pytest.approx(1 / 3.5, rel=1e-3)
    last = average(55 * 24)
    for time, share in ((move.half, 0.5), (move.most, 0.9)):
        assert time is not None
        expected = brentq(lambda hours, share=share: (1 - average(hours)) / (1 - last) - share, 1, 1000)
        assert time - 120 == pytest.approx(expected, abs=0.2)


def test_what_is_still_on_its_way_has_no_half_day_but_a_limit() -> None:
    """Five days into it the level moves, towards 1/3.5; its table gives no ratio and says so."""
    result = induced(days=10)

    move = victim_of(result)
    table = exposure_table(result)
    last = max(i for i, name in enumerate(table["analyte"]) if name == "victim")

    assert (move.half, move.most, move.settled) == (None, None, False)
    assert move.limit == pytest.approx(1 / 3.5, rel=0.1)
    assert (table["state"][last], table["ratio_to_reference"][last]) == ("moving", None)


@dataclass(frozen=True)
class Falling:
    """limit + rest·exp(-k·t) from t = 0 on."""

    limit: float
    rest: float
    k: float

    @property
    def breaks(self) -> np.ndarray:
        return np.array([0.0, 1e5])

    def value(self, time: float, side: str = "left") -> np.ndarray:
        return np.asarray(self.limit + self.rest * np.exp(-self.k * np.asarray(time)))

    def integral(self, start: float, stop: float) -> np.ndarray:
        start, stop = np.asarray(start), np.asarray(stop)
        return np.asarray(
            self.limit * (stop - start) + self.rest * (np.exp(-self.k * start) - np.exp(-self.k * stop)) / self.k
        )


@given(st.floats(1, 100), st.floats(-0.9, 20), st.floats(5, 500), st.floats(4, 60))
def test_an_exponential_is_seen_through_to_its_end(limit: float, rest: float, half_life: float, day: float) -> None:
    """limit + rest·2^(-t/half-life) is on its way to its limit, and settled where 5 % and less of it are left."""
    k = math.log(2) / half_life
    curve = Falling(limit, rest * limit, k)

    now = standing(curve, 0.0, day * 24, 24.0)

    left = abs(rest) * limit * math.exp(-k * 24 * day) * math.expm1(24 * k) / (24 * k)
    if now.limit is not None and not now.settled:
        assert now.limit == pytest.approx(limit, rel=1e-3, abs=2e-3 * limit)
    if left > 0.06 * now.average and left * -math.expm1(-24 * k) > 2e-3 * now.average:
        assert not now.settled
    if left < 0.04 * now.average:
        assert now.settled


@dataclass(frozen=True)
class Jump:
    """1 up to a time, and more from then on."""

    time: float
    size: float

    @property
    def breaks(self) -> np.ndarray:
        return np.array([0.0, 1e4])

    def integral(self, start: float, stop: float) -> float:
        return stop - start + self.size * (max(stop, self.time) - max(start, self.time))


@pytest.mark.parametrize("day", [9.0, 9.5, 8.0, 8.5])
def test_a_level_that_has_just_jumped_has_not_settled(day: float) -> None:
    """Two averages of three that are the same are not enough; three are, and so are steps of less than a thousandth."""
    settled = [standing(Jump(day * 24, size), 0.0, 240.0, 24.0).settled for size in (0.5, 0.0005)]

    assert settled == [False, True]
    assert standing(Jump(day * 24, 0.5), 0.0, 312.0, 24.0).settled


def test_the_first_change_is_no_steady_state_and_not_before_0() -> None:
    """What begins at steady state, or before t = 0, is no change; the end of the run neither."""
    steady = regimen("levetiracetam", daily("500 mg", "12 h", "0 d", "40 d", STEADY))
    before = regimen("levetiracetam", daily("500 mg", "12 h", "-9 d", "40 d"))
    stopped = regimen("carbamazepine", daily("200 mg", "12 h", "-9 d", "3 d"))

    changes = [first_change(run(text(*parts, days=20)).scenario) for parts in ([steady], [before], [before, stopped])]

    assert changes == [None, None, 72.0]


def test_a_level_that_comes_and_goes_is_judged_by_its_largest_change() -> None:
    """Fluvoxamine for ten days: caffeine rises and is back at the end; the rise is what is told."""
    caffeine = regimen("caffeine", daily("100 mg", "8 h", "0 d", "40 d", STEADY))
    fluvoxamine = regimen("fluvoxamine", daily("100 mg", "24 h", "10 d", "20 d"))
    result = run(text(caffeine, fluvoxamine, days=40))

    move = next(move for move in moves_of(result) if move.analyte.id == "caffeine")

    assert move.returns
    assert 10 * 24 < move.extreme_time < 22 * 24
    assert move.ratio == move.extreme / move.before > 3
    assert move.half is not None
    assert move.most is not None
    assert move.cause < move.half < move.most <= move.extreme_time


def alerts(result: Result) -> list[tuple[object, ...]]:
    table = alert_table(answer_of(result))
    return list(zip(table["severity"], table["rule"], table["analyte"], table["since"], strict=True))


def test_an_alert_is_raised_on_the_change_itself() -> None:
    """A level at 1/3.5 of what it was is grave, whatever its range; that none is known is said."""
    assert alerts(induced()) == [
        ("grave", "change", "victim", "after"),
        ("note", "no-range", "victim", "after"),
    ]


def test_an_interrupted_titration_begins_again() -> None:
    """Lamotrigine eight days without: grave from the first dose that is missing; a dose missed: nothing."""
    courses = daily("100 mg", "12 h", "0 d", "10 d", STEADY), daily("100 mg", "12 h", "18 d", "40 d")
    missed = daily("100 mg", "12 h", "0 d", "40 d", STEADY, 'missed = ["10 d"]')

    gap, short = (run(text(regimen("lamotrigine", *given), days=40)) for given in (courses, [missed]))

    table = alert_table(answer_of(gap))
    assert alerts(gap)[0] == ("grave", "lost", "lamotrigine", "after")
    assert (table["from_h"][0], table["to_h"][0]) == (240.0, 432.0)
    assert "for 8 days from day 10 on" in str(table["text"][0])
    assert "lost" not in {rule for _, rule, _, _ in alerts(short)}


def test_a_dose_beyond_what_can_be_cleared_names_the_one_that_is_not() -> None:
    """Phenytoin 700 mg a day rises on and on; at the dose that is named it settles at the end of the range."""
    result = run(text(regimen("phenytoin", daily("700 mg", "24 h", "0 d", "90 d")), days=90))

    table = alert_table(answer_of(result))
    place = list(table["rule"]).index("beyond-clearance")
    dose = float(str(table["text"][place]).split("more than about ")[1].split(" mg")[0])
    settled = run(text(regimen("phenytoin", daily(f"{dose} mg", "24 h", "0 d", "300 d")), days=300))

    assert table["severity"][place] == "grave"
    last = float(settled.curve("phenytoin").integral(299 * 24, 300 * 24)) / 24
    assert last == pytest.approx(20.0, rel=0.05)


def test_a_measured_level_far_from_the_prediction_is_told() -> None:
    """Twice and more, or half and less; a level in between is not."""
    level = run(text(regimen("levetiracetam", daily("500 mg", "12 h", "-9 d", "9 d")), days=9)).curve("levetiracetam")
    predicted = float(level.value(96))
    extra = "".join(
        f'[[observation]]\nat = "{day} d"\nanalyte = "levetiracetam"\nlevel = "{factor * predicted} mg/L"\n'
        for day, factor in ((4, 2.5), (5, 1.5), (6, 0.4))
    )
    source = text(regimen("levetiracetam", daily("500 mg", "12 h", "-9 d", "9 d")), days=9) + extra

    table = alert_table(answer_of(run(source)))

    told = [hours for hours, rule in zip(table["from_h"], table["rule"], strict=True) if rule == "measured"]
    assert told == [96.0, 144.0]


@pytest.mark.parametrize(
    ("levels", "severity", "said"),
    [
        ({"9 d": "2.6 mmol/L"}, "grave", "measured at 2.6 mmol/L on day 9, above the alert level of 1.2 mmol/L"),
        ({"9.1 d": "1.3 mmol/L"}, "warning", "which is of a level 12 h after a dose"),
        ({"4 d": "2.6 mmol/L", "9 d": "0.9 mmol/L"}, None, ""),
        ({"9 d": "1.1 mmol/L"}, None, ""),
        ({"9 d": "<2 mmol/L"}, None, ""),
    ],
    ids=["at its time", "after a dose", "fallen since", "below", "below quantification"],
)
def test_a_measured_level_above_the_alert_level_is_told(
    levels: dict[str, str], severity: str | None, said: str
) -> None:
    """The last of each analyte, whatever is predicted; what to do begins with it where it is one that counts."""
    extra = "".join(
        f'[[observation]]\nat = "{at}"\nanalyte = "lithium"\nlevel = "{level}"\n' for at, level in levels.items()
    )
    result = run(text(regimen("lithium", daily("300 mg", "12 h", "-9 d", "10 d")), days=10) + extra)

    answer = answer_of(result)
    told = {
        alert.severity: alert_text(alert, result, words_of("en"))
        for alert in answer.alerts
        if alert.rule == "measured-alert"
    }
    advice = [one.text for one in sentences_of(answer, words_of("en")) if one.label == "do"]

    assert list(told) == [severity] * (severity is not None)
    assert severity is None or said in told[severity]
    assert (said in " ".join(advice) and bool(said)) is (severity == "grave")


def test_a_contraceptive_beside_an_inducer_is_told_with_the_day_until_which() -> None:
    """Ethinylestradiol falls on carbamazepine: other protection until 28 days after the last dose."""
    pill = regimen("ethinylestradiol", daily("0.03 mg", "24 h", "0 d", "90 d", STEADY))
    inducer = regimen("carbamazepine", daily("400 mg", "12 h", "10 d", "30 d"))

    table = alert_table(answer_of(run(text(pill, inducer, days=90))))

    place = list(table["rule"]).index("contraception")
    assert table["severity"][place] == "grave"
    assert "other protection until day 57.5" in str(table["text"][place])
