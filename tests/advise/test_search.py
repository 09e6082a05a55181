"""The search: nothing better exists among all schedules, and more freedom is never worse."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from advised import Advised, every_schedule, order, searched
from hypothesis import given, settings
from hypothesis import strategies as st
from runs import daily, regimen, text

from pkinteract.advise.outcome import freedom_of
from pkinteract.advise.score import candidates
from pkinteract.advise.search import best_schedules
from pkinteract.advise.types import PRESENT, Schedule, Schedules

pytestmark = pytest.mark.compiled

LINEAR = (
    regimen("lamotrigine", daily("100 mg", "12 h", "-20 d", "12 d")),
    regimen("valproate", daily("500 mg", "12 h", "0 d", "12 d")),
)
SATURATED = (
    regimen("phenytoin", daily("300 mg", "24 h", "-20 d", "12 d")),
    regimen("fluconazole", daily("200 mg", "24 h", "0 d", "6 d")),
)
TABLES = {
    "two changes": (LINEAR, 'drug = "lamotrigine"\nstrengths = ["25 mg", "100 mg"]\nmost_changes = 2\n'),
    "narrow": (LINEAR, 'drug = "lamotrigine"\nkeep = "3 %"\nstrengths = ["25 mg", "100 mg"]\nmost_changes = 2\n'),
    "steps": (
        LINEAR,
        'drug = "lamotrigine"\nkeep = "5 %"\nstrengths = ["50 mg", "20 mg"]\nmost_changes = 2\n'
        'largest_step = "30 mg"\nleast_between = "4 d"\nearliest = "2 d"\n',
    ),
    "loading": (
        LINEAR,
        'drug = "lamotrigine"\nkeep = "5 %"\nstrengths = ["50 mg", "20 mg"]\nmost_changes = 2\nloading = true\n',
    ),
    "saturated": (SATURATED, 'drug = "phenytoin"\nkeep = "10 %"\nstrengths = ["100 mg", "60 mg"]\nmost_changes = 2\n'),
}


def case(regimens: tuple[str, ...], table: str) -> str:
    return text(*regimens, f"[advise]\n{table}", days=12)


@pytest.mark.parametrize("name", TABLES)
def test_brute_force_finds_nothing_better(name: str) -> None:
    """Closed form: of all schedules of a small lattice the advised one is the first in the order of advise.md (7)."""
    advised: Advised = searched(case(*TABLES[name]))
    task, advice = advised.task, advised.advice
    schedules = list(every_schedule(advised))

    levels = advised.levels.of(schedules)
    ranked = [order(task, one, row, advice.counted) for one, row in zip(schedules, levels, strict=True)]

    assert len(schedules) > 100
    assert advice.complete
    best = schedules[min(range(len(ranked)), key=lambda n: ranked[n])]
    assert advice.best.schedule == best
    assert order(task, best, advice.best.levels, advice.counted)[0] == pytest.approx(advice.best.score.excess)


@settings(max_examples=5)
@given(
    keep=st.sampled_from(["4 %", "8 %", "15 %"]),
    strengths=st.sampled_from([["50 mg"], ["25 mg"], ["40 mg", "100 mg"]]),
    more=st.sampled_from(
        [
            ("most_changes = 2", "most_changes = 1"),
            ('weekdays = ["mon", "wed", "thu", "sun"]', 'weekdays = ["wed", "sun"]'),
            ("loading = true", "loading = false"),
            ('strengths = ["25 mg", "50 mg", "40 mg", "100 mg"]', ""),
            ('least_between = "1 d"', 'least_between = "5 d"'),
            ("split = true", "split = false"),
        ]
    ),
)
def test_more_freedom_is_never_worse(keep: str, strengths: list[str], more: tuple[str, str]) -> None:
    """Property: with more changes, days or strengths the schedule that is advised is as good or better.

    Both on the days that the freer one can do something about: who may act earlier has more days to answer for.
    """
    free, bound = more
    usual = f'drug = "lamotrigine"\nkeep = "{keep}"\n'
    if "most_changes" not in free:
        usual += "most_changes = 2\n"
    less = usual + f"{bound}\nstrengths = {strengths}\n"
    richer = usual + (f"{free}\n" if free.startswith("strengths") else f"{free}\nstrengths = {strengths}\n")
    found = [
        searched(case(LINEAR, table).replace("[simulation]\n", "[simulation]\nstart = 2026-01-05T08:00:00\n"))
        for table in (richer, less)
    ]
    counted = found[0].advice.counted

    scores = [order(one.task, one.advice.best.schedule, one.advice.best.levels, counted)[:3] for one in found]

    assert scores[0] <= scores[1]


ALIKE = case(LINEAR, 'drug = "lamotrigine"\nstrengths = ["25 mg", "60 mg"]\nmost_changes = 2\n')


@pytest.mark.parametrize(
    ("share", "back", "known"), [(0.0, False, 0), (0.0, True, 40), (1.0, False, 40), (0.03, True, 0)]
)
def test_of_schedules_that_are_alike_the_first_in_the_order_are_kept(share: float, back: bool, known: int) -> None:
    """Closed form: where a level is that of the dose of its day, or hardly moves with it, many have one distance.

    What is kept are the first in the order of advise.md (7) all the same, each once, also those known beforehand.
    """
    found = searched(ALIKE)
    task = replace(found.task, changeable=found.task.changeable[:8])
    advised = Advised(task=task, levels=found.levels, advice=replace(found.advice, back=back))
    count = task.count
    counted = np.arange(count) < 6
    usual = task.band.target * np.where(np.arange(count) < 3, 1.4, 0.7)
    folds = np.round(1 + share * np.log(np.maximum(task.sizes, 1) / task.sizes[PRESENT]), 2)

    def levels(schedules: Schedules) -> np.ndarray:
        given = np.full((len(schedules.days), count), PRESENT)
        for day, option in zip(schedules.days.T, schedules.options.T, strict=True):
            given = np.where(np.arange(count) >= day[:, None], option[:, None], given)
        return np.asarray(usual * folds[given])

    def of(schedule: Schedule) -> np.ndarray:
        days, options = (np.array([[getattr(step, name) for step in schedule]], int) for name in ("day", "option"))
        return levels(Schedules(days=days, options=options))[0]

    free = replace(freedom_of(task, back=back), rise=math.inf, rise_every=0)
    schedules = list(every_schedule(advised))
    some = schedules[:: len(schedules) // 40][:known]
    before = candidates(task, some, np.array([of(one) for one in some]).reshape(-1, count), counted)

    best = best_schedules(task, levels, free, counted, keep=200, budget=10**6, known=before)

    ranked = sorted(order(task, one, of(one), counted) for one in schedules)
    assert [order(task, one.schedule, one.levels, counted) for one in best.kept] == ranked[:200]
    assert best.complete
