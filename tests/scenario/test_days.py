"""Courses with days off: cycles, days of the week; and doses with food."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from runs import INTRAVENOUS, course, daily, drug, oral, regimen, run, text, written
from scenario_files import amounts, load, one, taken, times

from pkinteract.cli import main

START = "start = 2026-01-05T08:00:00"
NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

# ---- cycles ----


def test_a_cycle_leaves_out_its_days_off() -> None:
    """Twenty-one days on and seven off from the start of the course, over and over (closed form)."""
    scenario = one(
        'until = "50 d"',
        'dose = "1 mg"',
        'every = "24 h"',
        'cycle = { on = "21 d", off = "7 d" }',
        start="-3 d",
        days=60,
    )

    assert times(scenario) == [24 * (day - 3) for day in (*range(21), *range(28, 49))]


def test_every_cycle_begins_with_a_dose() -> None:
    """An interval that does not fit into the cycle starts anew with it."""
    scenario = one('until = "40 h"', 'dose = "1 mg"', 'every = "5 h"', 'cycle = { on = "11 h", off = "2 h" }')

    assert times(scenario) == [0, 5, 10, 13, 18, 23, 26, 31, 36, 39]


def test_a_cycle_goes_with_clock_times() -> None:
    """Days on and off count from the start of the course, at its time of day."""
    scenario = one(
        'until = "6 d"',
        'at = { "08:00" = "1 mg", "20:00" = "2 mg" }',
        'cycle = { on = "2 d", off = "1 d" }',
        start="12 h",
    )

    assert times(scenario) == [20, 32, 44, 56, 92, 104, 116, 128]
    assert amounts(scenario) == [2, 1, 2, 1] * 2


def test_a_counted_course_counts_the_doses_that_are_given() -> None:
    """``count`` passes over days off, and a taper spreads over the whole course."""
    rows = ("count = 5", 'dose = "40 mg"', 'every = "24 h"', 'cycle = { on = "2 d", off = "2 d" }')

    plain = one(*rows, days=20)
    taper = one(*rows, 'taper_to = "10 mg"', 'step_every = "3 d"', days=20)

    assert times(plain) == times(taper) == [0, 24, 96, 120, 192]
    assert plain.regimens[0].courses[0].stop == 216
    assert amounts(taper) == [40, 40, 25, 25, 10]


spans = st.integers(1, 100)


@pytest.mark.slow
@settings(deadline=None)
@given(spans, spans, spans, st.integers(1, 600))
def test_a_cycle_is_a_course_per_cycle(every: int, on: int, off: int, length: int) -> None:
    """A cycle gives what a course of its own for each stretch with doses gives."""
    rows = ('dose = "1 mg"', f'every = "{every} h"')
    stretches = [(start, min(start + on, length)) for start in range(0, length, on + off)]
    parts = [course(f"{start} h", f'until = "{stop} h"', *rows) for start, stop in stretches]

    cycled = one(f'until = "{length} h"', *rows, f'cycle = {{ on = "{on} h", off = "{off} h" }}', days=30)
    written = load(text(regimen("carbamazepine", *parts), days=30))

    assert taken(cycled.doses) == taken(written.doses)


# ---- days of the week ----


def test_days_of_the_week_follow_the_calendar() -> None:
    """The fifth of January 2026 is a Monday; a dose belongs to the day it falls on."""
    source = text(
        regimen(
            "carbamazepine", course("0 d", 'until = "7 d"', 'dose = "1 mg"', 'every = "12 h"', 'days = ["tue", "sun"]')
        )
    ).replace("[simulation]", f"[simulation]\n{START}")

    scenario = load(source)

    assert [str(scenario.date(time)) for time in times(scenario)] == [
        "2026-01-06 08:00:00",
        "2026-01-06 20:00:00",
        "2026-01-11 08:00:00",
        "2026-01-11 20:00:00",
    ]


@pytest.mark.slow
@settings(deadline=None)
@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2060, 1, 1)),
    st.sets(st.sampled_from(NAMES), min_size=1),
    st.integers(1, 60),
    st.integers(-200, 0),
    st.booleans(),
)
def test_only_the_named_days_have_doses(
    start: datetime, days: set[str], every: int, first: int, by_clock: bool
) -> None:
    """Of the doses without ``days``, those whose date falls on a named day are left (any calendar)."""
    start = start.replace(microsecond=0)
    rows = ['at = { "00:00" = "1 mg", "17:45" = "2 mg" }'] if by_clock else ['dose = "1 mg"', f'every = "{every} h"']
    anchored = f"[simulation]\nstart = {start.isoformat()}"
    other = course(f"{first - 1} h", 'dose = "9 mg"')

    def given_on(*more: str) -> list[float]:
        kept = course(f"{first} h", 'until = "9 d"', *rows, *more)
        return times(load(text(regimen("carbamazepine", other, kept)).replace("[simulation]", anchored)))[1:]

    every_day = given_on()
    wanted = [t for t in every_day if NAMES[(start + timedelta(hours=t, seconds=0.01)).weekday()] in days]
    if not wanted:
        return

    found = given_on(f"days = {sorted(days)}".replace("'", '"'))

    assert found == wanted


def test_check_says_which_days_a_course_has(tmp_path: Path) -> None:
    """Days of the week, cycles and food stand in the line of the course."""
    rows = ('days = ["thu", "mon"]', 'cycle = { on = "21 d", off = "7 d" }', 'food = "fed"')
    source = text(regimen("carbamazepine", daily("200 mg", "12 h", "0 d", "9 d", *rows)))
    path = written(tmp_path, source.replace("[simulation]", f"[simulation]\n{START}"))

    done = CliRunner().invoke(main, ["check", str(path)])

    line = "regimen   carbamazepine tablet: day 0 to 9, 200 mg every 12 h, 21 d on and 7 d off on mon, thu, with food\n"
    assert line in done.stdout


# ---- steady state with days off ----


def test_a_weekly_pattern_at_steady_state_repeats_every_week() -> None:
    """Days of the week make the period 168 h, and the levels repeat with it."""
    source = text(
        regimen(
            "levetiracetam", daily("500 mg", "12 h", "0 d", "14 d", "steady_state = true", 'days = ["mon", "thu"]')
        ),
        days=14,
    ).replace("[simulation]", f"[simulation]\n{START}")

    result = run(source)

    assert result.scenario.steady_state is not None
    assert result.scenario.steady_state.period == 168
    level = result.concentration[0]
    np.testing.assert_allclose(level[:-168], level[168:], rtol=0, atol=1e-5 * level.max())


def test_a_cycle_at_steady_state_repeats_with_the_cycle() -> None:
    """The period is the length of the cycle, whatever the interval."""
    cycle = 'cycle = { on = "5 d", off = "2 d" }'
    source = text(
        regimen("levetiracetam", daily("500 mg", "9 h", "0 d", "14 d", "steady_state = true", cycle)), days=14
    )

    result = run(source)

    assert result.scenario.steady_state is not None
    assert result.scenario.steady_state.period == 168
    level = result.concentration[0]
    np.testing.assert_allclose(level[:-168], level[168:], rtol=0, atol=1e-5 * level.max())


# ---- food ----

FED = drug(
    "meal",
    oral(1.0, 0.5),
    '[absorption.oral.food]\nbioavailability = "1.5"\nka = "0.4"\n',
    INTRAVENOUS,
)


@pytest.mark.parametrize(("food", "ka", "available"), [("fasted", 1.0, 0.5), ("fed", 0.4, 0.75)])
def test_food_changes_rate_and_extent(food: str, ka: float, available: float) -> None:
    """With food the constants of the formulation are multiplied by the factors of its food table (closed form)."""
    result = run(text(regimen("meal", course("0 d", 'dose = "100 mg"', f'food = "{food}"')), days=3), drugs=(FED,))

    k = 5 / 50
    expected = available * 100 / 50 * ka / (ka - k) * (np.exp(-k * result.time) - np.exp(-ka * result.time))
    np.testing.assert_allclose(result.concentration[0], expected, rtol=0, atol=1e-6 * expected.max())


def test_food_without_an_effect_is_a_warning() -> None:
    """A formulation whose file says nothing of food is taken as fasted, and the reader is told."""
    scenario = one('dose = "200 mg"', 'food = "fed"')

    assert scenario.warnings == (
        "line 15, regimen[0].course[0].food: changes nothing for carbamazepine tablet: no effect is cited",
    )
