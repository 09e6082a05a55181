"""Courses: which dose falls when, tapers, and runs that begin at steady state; read through ``load_scenario``."""

from __future__ import annotations

import math
from datetime import datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from runs import course, daily, once, regimen, run, text
from scenario_files import amounts, load, one, taken, times

from pkinteract.analysis.moves import own_changes

# ---- courses ----


def test_a_course_with_every_doses_from_its_start_until_before_its_end() -> None:
    """Doses fall at from ≤ t < until."""
    scenario = one('until = "2 d"', 'dose = "200 mg"', 'every = "12 h"')

    assert times(scenario) == [0, 12, 24, 36]
    assert amounts(scenario) == [200] * 4


def test_the_end_of_a_course_has_a_tolerance() -> None:
    """A dose within 1e-6 h of until is not given, one that is clearly before it is."""
    within = one('until = "24.0000005 h"', 'dose = "200 mg"', 'every = "12 h"')
    beyond = one('until = "24.00001 h"', 'dose = "200 mg"', 'every = "12 h"')

    assert times(within) == [0, 12]
    assert times(beyond) == [0, 12, 24]


def test_a_course_with_a_count_gives_so_many_doses() -> None:
    """``count`` stands for ``until``."""
    scenario = one("count = 3", 'dose = "200 mg"', 'every = "8 h"', start="1 d")

    assert times(scenario) == [24, 32, 40]
    assert scenario.regimens[0].courses[0].stop == 48


def test_a_course_with_neither_every_nor_at_is_a_single_dose() -> None:
    """One dose at ``from``."""
    assert times(one('dose = "200 mg"', start="6 h")) == [6]


def test_a_course_before_the_start_makes_the_run_begin_there() -> None:
    """The run starts at the first dose, and every dose since then is part of it."""
    scenario = one('until = "10 d"', 'dose = "200 mg"', 'every = "12 h"', start="-90 d")

    assert scenario.first_time == -90 * 24
    assert len(scenario.doses) == 200
    assert times(scenario)[0] == -90 * 24
    assert one('dose = "200 mg"', start="3 d").first_time == 0


def test_no_dose_falls_at_or_after_the_end_of_the_run() -> None:
    """A course may outlast the run; its later doses do not exist."""
    assert times(one('until = "400 d"', 'dose = "200 mg"', 'every = "24 h"', days=2)) == [0, 24]


def test_clock_times_count_from_midnight_without_an_anchor() -> None:
    """Without ``start``, t = 0 is 00:00."""
    scenario = one('until = "2 d"', 'at = { "20:00" = "400 mg", "08:00" = "200 mg" }')

    assert times(scenario) == [8, 20, 32, 44]
    assert amounts(scenario) == [200, 400, 200, 400]


def test_clock_times_follow_the_calendar_anchor() -> None:
    """With ``start`` at 08:30, the dose of 08:00 falls 23.5 h later."""
    scenario = load(
        text(
            regimen("carbamazepine", course("-1 d", 'until = "1 d"', 'at = { "08:00" = "200 mg", "20:00" = "400 mg" }'))
        ).replace("[simulation]", "[simulation]\nstart = 2026-01-05T08:30:00")
    )

    assert times(scenario) == [-12.5, -0.5, 11.5, 23.5]
    assert amounts(scenario) == [400, 200, 400, 200]
    assert scenario.date(-0.5) == datetime(2026, 1, 5, 8, 0)
    assert scenario.date(23.5) == datetime(2026, 1, 6, 8, 0)


def test_clock_times_fall_within_their_course() -> None:
    """A course that begins and ends in the middle of a day takes only the clock times between."""
    scenario = one('until = "56 h"', 'at = { "08:00" = "200 mg", "20:00" = "400 mg" }', start="8 h")

    assert times(scenario) == [8, 20, 32, 44]


def test_without_an_anchor_there_are_no_dates() -> None:
    """``start`` is optional."""
    assert one('dose = "200 mg"').date(0) is None


def test_a_missed_dose_stays_on_record_and_is_not_taken() -> None:
    """It is flagged, and the levels are those of a course with a gap."""
    with_gap = regimen("levetiracetam", daily("500 mg", "12 h", "0 d", "2 d"), daily("500 mg", "12 h", "2.5 d", "5 d"))
    missed = regimen("levetiracetam", daily("500 mg", "12 h", "0 d", "5 d", 'missed = ["2 d"]'))

    scenario = load(text(missed))

    assert [dose.time for dose in scenario.doses if dose.missed] == [48]
    assert len(scenario.doses) == 10
    np.testing.assert_allclose(run(text(missed)).concentration, run(text(with_gap)).concentration, rtol=1e-12)


def test_doses_are_sorted_by_time_then_by_place_in_the_file() -> None:
    """Two drugs at one time keep the order of the file."""
    scenario = load(
        text(
            regimen("levetiracetam", once("500 mg", "1 d")),
            regimen("carbamazepine", once("200 mg", "0 d"), once("100 mg", "1 d")),
        )
    )

    assert [(dose.drug, dose.time) for dose in scenario.doses] == [
        ("carbamazepine", 0),
        ("levetiracetam", 24),
        ("carbamazepine", 24),
    ]


hours = st.integers(1, 96)
starts = st.integers(-500, 100)


@pytest.mark.slow
@settings(deadline=None)
@given(starts, hours, st.integers(1, 200))
def test_count_and_until_agree(start: int, every: int, count: int) -> None:
    """``count = n`` gives the doses of ``until = from + n·every``, every one at from + k·every."""
    rows = ('dose = "200 mg"', f'every = "{every} h"')

    counted = one(f"count = {count}", *rows, start=f"{start} h", days=5000)
    ended = one(f'until = "{start + count * every} h"', *rows, start=f"{start} h", days=5000)

    assert times(counted) == times(ended) == [start + k * every for k in range(count)]


@pytest.mark.slow
@settings(deadline=None)
@given(starts, st.floats(0.1, 50), st.floats(0.1, 400))
def test_doses_fill_a_course_and_never_leave_it(start: int, every: float, length: float) -> None:
    """Any interval: from ≤ t < until, evenly spaced, and there is no room for one more."""
    scenario = one(
        f'until = "{start + length!r} h"', 'dose = "1 mg"', f'every = "{every!r} h"', start=f"{start} h", days=5000
    )

    found = times(scenario)

    assert found[0] == start
    assert found[-1] < start + length - 0.9e-6
    assert found[-1] + every >= start + length - 1.1e-6
    np.testing.assert_allclose(np.diff(found), every, rtol=1e-6)


@pytest.mark.slow
@settings(deadline=None)
@given(starts, hours, st.integers(2, 60), st.integers(1, 59))
def test_splitting_a_course_changes_no_dose(start: int, every: int, count: int, at: int) -> None:
    """Two courses that meet at a dose give what one course gave."""
    middle = start + min(at, count - 1) * every
    rows = ('dose = "200 mg"', f'every = "{every} h"')
    whole = course(f"{start} h", f'until = "{start + count * every} h"', *rows)
    first = course(f"{start} h", f'until = "{middle} h"', *rows)
    second = course(f"{middle} h", f'until = "{start + count * every} h"', *rows)

    unsplit = load(text(regimen("amitriptyline", whole), days=5000))
    split = load(text(regimen("amitriptyline", first, second), days=5000))

    assert taken(unsplit.doses) == taken(split.doses)


@pytest.mark.slow
@settings(deadline=None)
@given(starts, st.integers(1, 400), st.integers(1, 399))
def test_splitting_a_course_of_clock_times_changes_no_dose(start: int, length: int, at: int) -> None:
    """Clock times do not care where a course begins."""
    middle = start + min(at, length)
    clock = 'at = { "06:00" = "100 mg", "13:30" = "200 mg", "22:15" = "300 mg" }'
    bounds = [(start, middle), (middle, start + length)]
    parts = [course(f"{a} h", f'until = "{b} h"', clock) for a, b in bounds if a < b]

    unsplit = load(
        text(regimen("amitriptyline", course(f"{start} h", f'until = "{start + length} h"', clock)), days=5000)
    )
    split = load(text(regimen("amitriptyline", *parts), days=5000))

    assert taken(unsplit.doses) == taken(split.doses)


# ---- tapers ----


def levels(*rows: str, **more: float) -> list[float]:
    scenario = one(*rows, 'every = "12 h"', **more)  # type: ignore[arg-type]
    return list(scenario.regimens[0].courses[0].levels)


def test_a_taper_steps_down_in_equal_steps() -> None:
    """Four steps in 14 days, linear from the first dose to the last, each for its 3.5 days (closed form)."""
    scenario = one(
        'until = "14 d"', 'dose = "400 mg"', 'taper_to = "100 mg"', 'step_every = "3.5 d"', 'every = "12 h"', days=20
    )

    assert amounts(scenario) == [400] * 7 + [300] * 7 + [200] * 7 + [100] * 7


def test_a_taper_rounds_half_up() -> None:
    """62.5 mg to the nearest 25 mg is 75 mg, and 37.5 mg is 50 mg (closed form)."""
    found = levels(
        'until = "8 d"', 'dose = "75 mg"', 'taper_to = "25 mg"', 'step_every = "1.6 d"', 'round_to = "25 mg"'
    )

    assert found == [75, 75, 50, 50, 25]


def test_the_last_step_of_a_taper_may_be_short() -> None:
    """n = ceil((until − from)/step_every): ten days in steps of three are four levels."""
    assert levels('until = "10 d"', 'dose = "40 mg"', 'taper_to = "10 mg"', 'step_every = "3 d"') == [40, 30, 20, 10]


def test_a_taper_may_be_counted_per_weight_and_upwards() -> None:
    """``count``, mg/kg and a rising dose work as anywhere else."""
    found = levels("count = 8", 'dose = "1 mg/kg"', 'taper_to = "3 mg/kg"', 'step_every = "2 d"')

    assert found == pytest.approx([70, 210])


@settings(deadline=None)
@given(
    st.floats(1, 2000),
    st.floats(1, 2000),
    st.integers(2, 60),
    st.integers(1, 20),
    st.none() | st.sampled_from([0.5, 1, 2.5, 12.5, 25]),
)
def test_a_taper_is_monotone_and_ends_where_it_should(
    first: float, last: float, days: int, step: int, unit: float | None
) -> None:
    """Levels run one way from the first dose to the last, each within half a rounding unit of the straight line."""
    first, last = max(first, unit or 0.0), max(last, unit or 0.0)
    rows = [f'until = "{days} d"', f'dose = "{first!r} mg"', f'taper_to = "{last!r} mg"', f'step_every = "{step} d"']
    rows += [] if unit is None else [f'round_to = "{unit} mg"']

    found = levels(*rows, days=100)

    count = math.ceil(days / step)
    assert len(found) == count
    line = np.linspace(first, last, count)
    np.testing.assert_allclose(found, line, rtol=1e-12, atol=0 if unit is None else unit / 2 * (1 + 1e-6))
    assert np.all(np.diff(found) * np.sign(last - first) >= -1e-9)
    if unit is not None:
        np.testing.assert_allclose(np.array(found) / unit, np.round(np.array(found) / unit), atol=1e-9)


# ---- steady state ----

STEADY = text(
    regimen("amitriptyline", daily("75 mg", "24 h", "0 d", "10 d", "steady_state = true")),
    regimen("carbamazepine", daily("200 mg", "8 h", "0 d", "10 d", "steady_state = true")),
)


def test_a_run_at_steady_state_repeats_itself() -> None:
    """The joint period is the common multiple of 24 h and 8 h, and after it everything is as before."""
    result = run(STEADY)

    assert result.scenario.steady_state is not None
    assert result.scenario.steady_state.period == 24
    top = result.concentration.max(axis=1)
    drift = np.abs(result.concentration[:, :-24] - result.concentration[:, 24:]).max(axis=1)
    assert np.all(drift <= 1e-5 * top)


def test_the_steady_state_is_where_long_treatment_leads() -> None:
    """200 days on the same doses end in the state that ``steady_state`` begins with."""
    long = text(
        regimen("amitriptyline", daily("75 mg", "24 h", "-200 d", "10 d")),
        regimen("carbamazepine", daily("200 mg", "8 h", "-200 d", "10 d")),
    )

    difference = np.abs(run(long).concentration - run(STEADY).concentration).max(axis=1)

    assert np.all(difference <= 1e-5 * run(STEADY).concentration.max(axis=1))


def test_a_course_that_ends_early_was_still_at_steady_state() -> None:
    """Stopping a drug within the joint period does not take doses away before the run."""
    source = text(
        regimen("amitriptyline", daily("75 mg", "24 h", "0 d", "10 d", "steady_state = true")),
        regimen("carbamazepine", daily("200 mg", "8 h", "0 d", "8 h", "steady_state = true")),
    )

    result = run(source)

    assert result.scenario.steady_state is not None
    assert len(result.scenario.steady_state.doses) == 4
    np.testing.assert_allclose(result.concentration[:, 0], run(STEADY).concentration[:, 0], rtol=1e-5)


@pytest.mark.parametrize(
    ("intervals", "period"),
    [(["7.3333 h"], 7.3333), (["8 h", "12 h"], 24), (["10.5 h", "3 h"], 21), (["20 min", "90 min"], 3)],
)
def test_the_joint_period_is_the_common_multiple_of_the_intervals(intervals: list[str], period: float) -> None:
    """A single interval is its own period, whatever it is (closed form)."""
    courses = [daily("10 mg", every, "0 d", "5 d", "steady_state = true") for every in intervals]

    steady = load(text(regimen("carbamazepine", *courses))).steady_state

    assert steady is not None
    assert steady.period == pytest.approx(period, rel=1e-12)


def test_a_steady_state_may_lie_before_the_start() -> None:
    """All courses share one ``from``; clock times repeat every 24 h, missed doses come later."""
    clock = course(
        "-7 d", 'until = "10 d"', 'at = { "08:00" = "400 mg" }', "steady_state = true", 'missed = ["-160 h"]'
    )
    scenario = load(
        text(
            regimen("carbamazepine", clock),
            regimen("amitriptyline", daily("75 mg", "36 h", "-7 d", "10 d", "steady_state = true")),
        )
    )

    steady = scenario.steady_state
    assert steady is not None
    assert (steady.time, steady.period) == (-168, 72)
    assert [dose.time for dose in steady.doses] == [-240, -232, -208, -204, -184]
    assert not any(dose.missed for dose in steady.doses)
    assert [dose.time for dose in scenario.doses if dose.missed] == [-160]


@pytest.mark.parametrize(
    ("second", "changes"),
    [
        (course("5 d", 'until = "20 d"', 'dose = "100 mg"', 'every = "12 h"'), []),
        (course("5 d", 'until = "20 d"', 'dose = "150 mg"', 'every = "12 h"'), [5]),
        (course("5 d", 'until = "20 d"', 'dose = "200 mg"', 'every = "24 h"'), [5]),
        (course("5.25 d", 'until = "20 d"', 'dose = "100 mg"', 'every = "12 h"'), [5, 5.25]),
        (course("6 d", 'until = "20 d"', 'dose = "100 mg"', 'every = "12 h"'), [5, 6]),
        (course("5 d", 'until = "20 d"', 'dose = "100 mg"', 'every = "12 h"', 'food = "fed"'), [5]),
        (
            course(
                "5 d", 'until = "9 d"', 'dose = "100 mg"', 'every = "12 h"', 'taper_to = "50 mg"', 'step_every = "2 d"'
            ),
            [7, 9],
        ),
    ],
)
def test_a_course_that_goes_on_as_another_did_is_no_change(second: str, changes: list[float]) -> None:
    """Closed form: the days on which a dose, its interval or its food become others; no seam of like courses."""
    first = course("-20 d", 'until = "5 d"', 'dose = "100 mg"', 'every = "12 h"')
    scenario = load(text(regimen("lamotrigine", first, second), days=20))

    assert [time / 24 for time in own_changes(scenario, "lamotrigine")] == changes


@pytest.mark.parametrize(("evening", "changes"), [("100 mg", []), ("150 mg", [5])])
def test_clock_times_that_go_on_are_no_change(evening: str, changes: list[float]) -> None:
    """The same times of the clock with the same doses go on, whenever the seam falls between two of them."""
    first = course("-20 d", 'until = "5 d"', 'at = { "08:00" = "100 mg", "20:00" = "100 mg" }')
    second = course("5 d", 'until = "20 d"', f'at = {{ "08:00" = "100 mg", "20:00" = "{evening}" }}')
    scenario = load(text(regimen("lamotrigine", first, second), days=20))

    assert [time / 24 for time in own_changes(scenario, "lamotrigine")] == changes
