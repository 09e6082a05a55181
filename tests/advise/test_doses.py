"""Doses that tablets give, the order of schedules, and what a label lets: closed forms of advise.md (3 to 7)."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise, product

import numpy as np
import pytest
from advised import asked, every_schedule, rewritten, searched
from hypothesis import given, settings
from hypothesis import strategies as st
from runs import daily, regimen, text

from pkinteract.advise.outcome import freedom_of
from pkinteract.advise.score import candidates, judgement_of
from pkinteract.advise.search import best_schedules
from pkinteract.advise.steps import planned_steps
from pkinteract.advise.tablets import doses_of
from pkinteract.advise.types import PRESENT, Schedule, Step
from pkinteract.export.tables.advise import schedule_table
from pkinteract.report.advise.sentences import advice_sentences
from pkinteract.text.words import words_of

pytestmark = pytest.mark.compiled

STRENGTHS = st.lists(st.sampled_from([1.0, 2.5, 5.0, 10.0, 25.0, 50.0]), min_size=1, max_size=4, unique=True)
LAMOTRIGINE = regimen("lamotrigine", daily("100 mg", "12 h", "-20 d", "14 d"))
VALPROATE = {
    "begun": regimen("valproate", daily("500 mg", "12 h", "0 d", "14 d")),
    "stopped": regimen("valproate", daily("500 mg", "12 h", "-20 d", "0 d")),
}
BEGUN_INDUCER = text(
    regimen("quetiapine", daily("200 mg", "12 h", "-20 d", "16 d")),
    regimen("carbamazepine", daily("200 mg", "12 h", "0 d", "16 d")),
    '[advise]\ndrug = "quetiapine"\nmost_changes = 2\n',
    days=16,
)


def case(valproate: str, table: str, *, start: str = "") -> str:
    source = text(LAMOTRIGINE, VALPROATE[valproate], f'[advise]\ndrug = "lamotrigine"\n{table}', days=14)
    return source.replace("[simulation]\n", f"[simulation]\n{start}")


@given(strengths=STRENGTHS, halved=st.sets(st.sampled_from([1.0, 5.0, 50.0])), most=st.sampled_from([7.5, 60.0, 1e9]))
def test_doses_are_those_of_at_most_three_pieces_of_two_strengths(
    strengths: list[float], halved: set[float], most: float
) -> None:
    """Closed form: all ways to put one, two or three pieces on the table, whole or half, and what each weighs."""
    pieces = [(s, s) for s in strengths] + [(s / 2, s) for s in strengths if s in halved]
    heaps = [heap for count in (1, 2, 3) for heap in product(pieces, repeat=count)]
    fit = [heap for heap in heaps if len({strength for _, strength in heap}) <= 2]
    single = [heap for heap in fit if all(sum(w < s for w, s in heap if s == one) <= 1 for one in strengths)]
    expected = {round(sum(weight for weight, _ in heap), 6): math.inf for heap in single}
    for heap in single:
        weight = round(sum(weight for weight, _ in heap), 6)
        expected[weight] = min(expected[weight], len(heap))

    made = doses_of(strengths, tuple(halved), most)

    assert list(made) == sorted(made)
    assert set(made) == {0.0} | {weight for weight in expected if weight <= most}
    for weight, tablets in made.items():
        assert sum(count * strength for strength, count in tablets.parts) == pytest.approx(weight)
        assert tablets.pieces == (expected[weight] if weight else 0)


def test_doses_are_said_as_a_prescription_says_them() -> None:
    """Golden: the larger first; half a tablet; nothing for a pause."""
    made = doses_of((10.0, 25.0), (25.0,), 100.0)

    assert made[60.0].text == "2 x 25 mg + 1 x 10 mg"
    assert made[12.5].text == "0.5 x 25 mg"
    assert made[0.0].text == ""


def test_the_score_of_levels_made_by_hand() -> None:
    """Closed form: the order of advise.md (7) of a level above, one far below, one inside and one on the edge."""
    task, _ = asked(case("begun", 'keep = "20 %"\n'))
    days = np.arange(task.count)
    levels = np.full((4, task.count), task.band.target)
    levels[0, 3] *= 1.5
    levels[1, 5] = 0.0
    levels[2, :] *= 1.2 * (1 + 0.9e-4)
    levels[3, 6] *= 1.4
    schedules: list[Schedule] = [(), (Step(day=0, option=1),), (Step(day=2, option=1), Step(day=4, option=2)), ()]
    counted = days != 6

    some = candidates(task, schedules, levels, counted)

    count = task.count - 1
    assert [one.score.excess for one in some] == [round(math.log(1.5 / 1.2), 4), round(math.log(10), 4), 0, 0]
    assert [one.score.changes for one in some] == [0, 1, 2, 0]
    assert [one.score.distance for one in some] == pytest.approx(
        [math.log(1.5) / count, math.log(10) / count, math.log(1.2), 0], abs=1e-4
    )
    assert [one.score.passes for one in some] == [False, False, True, True]
    assert float(task.sizes[1]) == 0
    assert [one.score.steps for one in some] == [0, round(math.log(10), 4), round(2 * math.log(10), 4), 0]


def test_a_level_outside_at_first_counts_from_the_first_day_inside() -> None:
    """Closed form of advise.md (3): days before it do not count, but no later than the last of five half-lives do."""
    task, _ = asked(case("begun", 'between = ["2 mg/L", "3 mg/L"]\n'))
    task = replace(task, late=4)
    levels = np.full((2, task.count), 5.0)
    levels[0, 2:] = 2.5

    excess = judgement_of(task, levels, np.ones(task.count, dtype=bool)).excess

    assert not excess[0].any()
    assert (excess[1] > 0).tolist() == [day >= 4 for day in range(task.count)]


@pytest.mark.parametrize(
    ("table", "allows"),
    [
        ('earliest = "3.5 d"\n', lambda days, _: all(day >= 4 for day in days)),
        ('least_between = "5 d"\n', lambda days, _: all(b - a >= 5 for a, b in pairwise(days))),
        ('weekdays = ["tue"]\n', lambda days, _: all(day % 7 == 1 for day in days)),
        (
            'largest_step = "30 mg"\n',
            lambda _, doses: max(abs(a - b) for a, b in pairwise(doses)) <= 30,
        ),
        ("most_changes = 1\n", lambda days, _: len(days) == 1),
    ],
)
def test_what_is_asked_for_is_kept(table: str, allows: object) -> None:
    """Closed form: days and doses of the schedule lie within the limit that the table sets; t = 0 is a Monday."""
    assert callable(allows)
    advised = searched(case("begun", 'keep = "4 %"\n' + table, start="start = 2026-01-05T08:00:00\n"))
    schedule = advised.advice.best.schedule

    assert schedule
    doses = [100.0, *(float(advised.task.sizes[step.option]) for step in schedule)]
    assert allows([step.day for step in schedule], doses)


def test_increases_come_no_faster_than_the_label_lets() -> None:
    """Closed form: lamotrigine rises by 100 mg a day at most, here 50 mg a dose, and no sooner than after a week."""
    advised = searched(case("stopped", 'keep = "5 %"\n'))
    task, advice = advised.task, advised.advice
    steps = [(step.day, float(task.sizes[step.option])) for step in advice.best.schedule]

    rises = [(day, new - old) for (day, new), old in zip(steps, [100.0, *(dose for _, dose in steps)], strict=False)]
    assert len(rises) > 1
    assert all(rise <= 50 for _, rise in rises)
    assert all(later - earlier >= 7 for (earlier, _), (later, _) in pairwise(rises))
    assert advice.limits is not None
    assert advice.limits.names == ("titration",)


def test_an_incoming_drug_rises_only_after_its_time() -> None:
    """Levetiracetam that begins on day 2 at 1000 mg a day must not be more before day 16: that is said, not done."""
    begun = regimen("levetiracetam", daily("500 mg", "12 h", "2 d", "14 d"))
    table = '[advise]\ndrug = "levetiracetam"\nbetween = ["15 mg/L", "25 mg/L"]\n'
    advice = searched(text(LAMOTRIGINE, begun, table, days=14)).advice

    assert advice.best.schedule == ()
    assert not advice.best.score.passes
    assert advice.limits is not None
    assert advice.limits.names == ("titration",)


@pytest.mark.parametrize(
    ("language", "both"), [("en", "none of them alone is enough"), ("de", "keine dieser Grenzen allein")]
)
def test_limits_that_bind_together_are_named_together(language: str, both: str) -> None:
    """Quetiapine beside carbamazepine that is begun needs several times the dose: neither a higher one nor a faster way
    to it is enough alone, both are, and the tablets have nothing to do with it."""
    advice = searched(BEGUN_INDUCER).advice
    words = words_of(language)

    assert advice.limits is not None
    assert advice.limits.names == ("titration", "highest dose")
    assert advice.limits.candidate.score.excess < 0.1 * advice.best.score.excess
    said = [text for text in advice_sentences(advice, advice.best, (), None, words)["do"] if both in text]
    assert len(said) == 1
    assert words.say("limit.titration") in said[0]
    assert words.say("limit.highest-dose") in said[0]


@pytest.mark.parametrize(
    ("every", "language", "said"),
    [("5 h", "en", "every 5 h"), ("5 h", "de", "alle 5 h"), ("12 h", "en", "2 a day"), ("8 h", "de", "3-mal täglich")],
)
def test_an_interval_that_does_not_divide_the_day_is_told_as_one(every: str, language: str, said: str) -> None:
    """Four or five doses a day are one every five hours, also in the table; others are told by the day."""
    lamotrigine = regimen("lamotrigine", daily("50 mg", every, "-6 d", "6 d"))
    valproate = regimen("valproate", daily("500 mg", "12 h", "0 d", "6 d"))
    advised = searched(text(lamotrigine, valproate, '[advise]\ndrug = "lamotrigine"\nmost_changes = 1\n', days=6))
    advice, words = advised.advice, words_of(language)
    curve = rewritten(advised.task, advice.best.schedule).curves[advised.task.place]
    steps = planned_steps(advice, advice.best, advised.levels, curve)
    times = schedule_table(advice, steps, words)["times"]

    assert steps
    assert all(said in text for text in advice_sentences(advice, advice.best, steps, None, words)["do"][: len(steps)])
    assert all((said in str(text)) is (every == "5 h") for text in times)


@settings(max_examples=4)
@given(seed=st.integers(0, 1000))
def test_no_schedule_loads_unless_it_is_asked_for(seed: int) -> None:
    """Property: whatever the levels are, no dose above or below both neighbours lasts less than three days."""
    advised = searched(case("begun", 'strengths = ["50 mg"]\n'))
    task = advised.task
    random = np.random.default_rng(seed)
    table = random.lognormal(math.log(task.band.target), 0.5, (task.count + 1, len(task.options), task.count))

    def noisy(schedules: object) -> np.ndarray:
        days, options = schedules.days, schedules.options  # type: ignore[attr-defined]
        levels = np.broadcast_to(table[task.count, PRESENT], (len(days), task.count)).copy()
        for n in range(days.shape[1]):
            new = np.arange(task.count) >= days[:, n : n + 1]
            levels = np.where(new, table[days[:, n], options[:, n]], levels)
        return levels

    free = freedom_of(task, back=False)
    best = best_schedules(task, noisy, free, advised.advice.counted, keep=30, budget=10**6)

    assert {one.schedule for one in best.kept} <= set(every_schedule(advised))


def test_a_fall_beyond_the_highest_dose_is_no_pass() -> None:
    """Quetiapine 800 mg/d, its highest dose, falls to a fifth on carbamazepine: those days count, nothing passes."""
    quetiapine = regimen("quetiapine", daily("400 mg", "12 h", "-8 d", "14 d"))
    carbamazepine = regimen("carbamazepine", daily("300 mg", "12 h", "0 d", "14 d"))
    advice = searched(text(quetiapine, carbamazepine, '[advise]\ndrug = "quetiapine"\n', days=14)).advice

    assert not advice.best.score.passes
    assert int(advice.unavoidable.sum()) <= 2


@pytest.mark.parametrize(("begin", "known"), [("-1 d", True), ("-23 h", False)])
def test_a_level_before_is_that_of_a_whole_day(begin: str, known: bool) -> None:
    """A run that begins less than a day before the first change has none, and says no number for it."""
    lamotrigine = regimen("lamotrigine", daily("100 mg", "12 h", begin, "4 d"))
    valproate = regimen("valproate", daily("500 mg", "12 h", "0 d", "4 d"))

    _, levels = asked(
        text(lamotrigine, valproate, '[advise]\ndrug = "lamotrigine"\nbetween = ["1 mg/L", "9 mg/L"]\n', days=4)
    )

    assert bool(np.isfinite(levels.before).all()) is known
