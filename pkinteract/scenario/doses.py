"""Courses to doses."""

from __future__ import annotations

import itertools
import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from pkinteract.library.schema.monograph import Monograph
from pkinteract.scenario.types import TOLERANCE, Course, Dose, Regimen

MOST_DOSES = 200_000

LEAST_PIECE = 1e-6
"""Least amount to multiples of which doses are rounded [mg]."""

FAR = 100 * 8766.0
"""Length of a course that outlasts every run [h]."""


def taper(first: float, last: float, count: int, round_to: float | None) -> tuple[float, ...]:
    """``count`` dose levels [mg] from ``first`` to ``last``, linear, rounded half up to multiples of ``round_to``."""
    levels = [first + (last - first) * k / max(count - 1, 1) for k in range(count)]
    if round_to is None:
        return tuple(levels)
    return tuple(round_to * math.floor(level / round_to + 0.5 + 1e-9) for level in levels)


def taper_steps(start: float, stop: float, step_every: float) -> int:
    """Number of levels of a taper from ``start`` to ``stop`` [h], one every ``step_every`` [h], at least 1."""
    return max(1, math.ceil((stop - start) / step_every - TOLERANCE))


def dose_count(course: Course) -> int:
    """How many doses a course schedules, or a number above ``MOST_DOSES`` if that is what it has without days off."""
    if course.single:
        return 1
    length = max(course.stop - course.start, 0.0)
    if course.every is None:
        most = int(length / 24 + 1) * len(course.clock)
    elif course.cycle is None:
        most = _fitting(length, course.every)
    else:
        cycles, rest = divmod(length, sum(course.cycle))
        most = int(cycles) * _fitting(course.cycle[0], course.every)
        most += _fitting(min(rest, course.cycle[0]), course.every)
    if most > MOST_DOSES or not (course.weekdays or course.cycle):
        return most
    return sum(1 for _ in schedule(course))


def _fitting(length: float, every: float) -> int:
    """How many doses fall at 0 ≤ t < length."""
    return max(math.ceil((length - TOLERANCE) / every), 0)


def dosing_changes(courses: Sequence[Course]) -> list[float]:
    """Times at which the doses of one drug begin, become others or end, sorted [h].

    Where one course goes on as another did, with the same doses at the same distance, nothing changes. A course that
    begins at steady state does not begin in the run.
    """
    ordered = sorted(courses, key=lambda course: course.start)
    starts = [course.start for course in ordered]
    followed: set[int] = set()
    following: set[int] = set()
    for n, course in enumerate(ordered):
        first = bisect_left(starts, course.stop - TOLERANCE)
        for other in range(first, bisect_right(starts, course.stop + _longest_gap(course))):
            if _goes_on(course, ordered[other]):
                followed.add(n)
                following.add(other)
    times = []
    for n, course in enumerate(ordered):
        begins = not course.steady_state and n not in following
        inner = course.changes[1:-1] if n in followed and not course.single else course.changes[1:]
        times += [*([course.start] if begins else []), *inner]
    return sorted(times)


def _longest_gap(course: Course) -> float:
    """A length of time within which a course that went on would have a dose [h]."""
    return (course.every or 24.0) + (7 * 24.0 if course.weekdays else 0.0) + TOLERANCE


def _goes_on(one: Course, other: Course) -> bool:
    """Whether a course's doses follow those of another as its own would have."""
    if one is other or one.single or other.single or one.cycle or other.cycle or other.start < one.stop - TOLERANCE:
        return False
    if one.every is not None and abs(math.remainder(other.start - one.start, one.every)) > TOLERANCE:
        return False
    until = replace(one, stop=other.start)
    last = _level(one, one.stop - one.start - 2 * TOLERANCE) if one.levels else 0.0
    first = other.levels[0] if other.levels else 0.0
    return (
        math.isclose(last, first, rel_tol=1e-9)
        and _alike(one) == _alike(other)
        and not any(time >= one.stop - TOLERANCE for time, _ in schedule(until))
    )


def _alike(course: Course) -> Course:
    """A course without what may differ where one goes on as another did."""
    return replace(course, start=0.0, stop=0.0, count=None, levels=(), level_length=None, missed=(), steady_state=False)


def schedule(course: Course) -> Iterator[tuple[float, float]]:
    """Times [h] and labelled amounts [mg] of a course, missed ones included, at start ≤ t < stop."""
    if course.single:
        yield course.start, course.levels[0]
        return
    times = _by_interval(course) if course.every is not None else _by_clock(course)
    for time, amount in times:
        if time >= course.stop - TOLERANCE:
            return
        if _on(course, time):
            yield time, amount


def _by_interval(course: Course) -> Iterator[tuple[float, float]]:
    """One dose per interval, for ever; every cycle begins with a dose."""
    every = course.every or 0.0
    length = math.inf if course.cycle is None else sum(course.cycle)
    each = itertools.count() if course.cycle is None else range(_fitting(course.cycle[0], every))
    for cycle in itertools.count():
        for k in each:
            since = k * every + (cycle * length if cycle else 0.0)
            yield course.start + since, _level(course, since)


def _by_clock(course: Course) -> Iterator[tuple[float, float]]:
    """Doses at clock times from the start on, for ever."""
    first = math.floor((course.start - max(dose.offset for dose in course.clock)) / 24)
    for day in itertools.count(first):
        for dose in course.clock:
            time = day * 24 + dose.offset
            if time >= course.start - TOLERANCE:
                yield time, dose.amount


def _on(course: Course, time: float) -> bool:
    """Whether a dose at ``time`` falls on a day of the course and not on a cycle's days off."""
    if course.cycle is not None and (time - course.start + TOLERANCE) % sum(course.cycle) >= course.cycle[0]:
        return False
    return not course.weekdays or weekday(time, course.midnight) in course.weekdays


def weekday(time: float, midnight: float) -> int:
    """Day of the week of a time [h], 0 is Monday; ``midnight`` is when a Monday begins [h]."""
    return math.floor((time - midnight + TOLERANCE) / 24) % 7


def end_of_count(course: Course, count: int) -> float:
    """End of a course after ``count`` doses [h]; where days are left out, no later than any run can reach."""
    every = course.every or 0.0
    if not (course.weekdays or course.cycle):
        return course.start + count * every
    endless = replace(course, stop=course.start + FAR)
    times = [time for time, _ in itertools.islice(schedule(endless), count + 1)]
    return endless.stop if len(times) <= count else min(times[count - 1] + every, times[count])


def _level(course: Course, since: float) -> float:
    if course.level_length is None:
        return course.levels[0]
    return course.levels[min(int((since + TOLERANCE) / course.level_length), len(course.levels) - 1)]


def _per_weight(course: Course, time: float) -> bool:
    """Whether the dose at a time [h] was written per kg."""
    if not course.clock:
        return course.per_weight
    return min(course.clock, key=lambda dose: abs((time - dose.offset + 12) % 24 - 12)).per_weight


def doses(regimens: tuple[Regimen, ...], monographs: Mapping[str, Monograph], until: float) -> tuple[Dose, ...]:
    """Every dose before ``until`` [h], sorted by time, then by place in the file."""
    doses = []
    for r, regimen in enumerate(regimens):
        for c, course in enumerate(regimen.courses):
            for time, amount in schedule(course):
                if time < until - TOLERANCE:
                    doses.append(dose_at(regimen, course, time, amount, monographs[regimen.drug], (r, c)))
    return tuple(sorted(doses, key=lambda dose: (dose.time, dose.regimen, dose.course)))


def dose_at(
    regimen: Regimen, course: Course, time: float, amount: float, monograph: Monograph, place: tuple[int, int]
) -> Dose:
    """One dose of a course: ``amount`` as labelled [mg] at ``time`` [h]; ``place`` is (regimen, course)."""
    salt = monograph.absorption[course.formulation].salt_factor
    return Dose(
        time=time,
        drug=regimen.drug,
        formulation=course.formulation,
        route=course.route,
        food=course.food,
        amount=amount,
        free=amount * (1.0 if salt is None else salt.canonical),
        per_weight=_per_weight(course, time),
        duration=course.infusion,
        lag=course.lag,
        bioavailability=course.bioavailability,
        missed=any(abs(time - missed) <= TOLERANCE for missed in course.missed),
        regimen=place[0],
        course=place[1],
    )
