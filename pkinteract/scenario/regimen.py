"""Courses to doses."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from pkinteract.library.monograph import Monograph
from pkinteract.scenario.types import TOLERANCE, Course, Dose, Regimen

MOST_DOSES = 200_000


def taper(first: float, last: float, count: int, round_to: float | None) -> tuple[float, ...]:
    """``count`` dose levels [mg] from ``first`` to ``last``, linear, rounded half up to multiples of ``round_to``."""
    levels = [first + (last - first) * k / max(count - 1, 1) for k in range(count)]
    if round_to is None:
        return tuple(levels)
    return tuple(round_to * math.floor(level / round_to + 0.5 + 1e-9) for level in levels)


def taper_steps(start: float, stop: float, step_every: float) -> int:
    """Number of levels of a taper: ceil((stop - start)/step_every), at least 1."""
    return max(1, math.ceil((stop - start) / step_every - TOLERANCE))


def size(course: Course) -> int:
    """How many doses a course schedules, without making them."""
    if course.single:
        return 1
    length = max(course.stop - course.start, 0.0)
    if course.every is not None:
        return max(math.ceil((length - TOLERANCE) / course.every), 0)
    return int(length / 24 + 1) * len(course.clock)


def schedule(course: Course) -> Iterator[tuple[float, float]]:
    """Times [h] and labelled amounts [mg] of a course, missed ones included, at start ≤ t < stop."""
    if course.single:
        yield course.start, course.levels[0]
    elif course.every is not None:
        for k in range(size(course)):
            yield course.start + k * course.every, _level(course, k * course.every)
    else:
        day = math.floor((course.start - max(dose.offset for dose in course.clock)) / 24)
        while day * 24 <= course.stop:
            for dose in course.clock:
                time = day * 24 + dose.offset
                if course.start - TOLERANCE <= time < course.stop - TOLERANCE:
                    yield time, dose.amount
            day += 1


def _level(course: Course, since: float) -> float:
    if course.level_length is None:
        return course.levels[0]
    return course.levels[min(int((since + TOLERANCE) / course.level_length), len(course.levels) - 1)]


def doses(regimens: tuple[Regimen, ...], monographs: Mapping[str, Monograph], until: float) -> tuple[Dose, ...]:
    """Every dose before ``until`` [h], sorted by time, then by place in the file."""
    found = []
    for r, regimen in enumerate(regimens):
        for c, course in enumerate(regimen.courses):
            for time, amount in schedule(course):
                if time < until - TOLERANCE:
                    found.append(dose_at(regimen, course, time, amount, monographs[regimen.drug], (r, c)))
    return tuple(sorted(found, key=lambda dose: (dose.time, dose.regimen, dose.course)))


def dose_at(
    regimen: Regimen, course: Course, time: float, amount: float, monograph: Monograph, place: tuple[int, int]
) -> Dose:
    """One dose of a course."""
    salt = monograph.absorption[course.formulation].salt_factor
    return Dose(
        time=time,
        drug=regimen.drug,
        formulation=course.formulation,
        route=course.route,
        amount=amount,
        free=amount * (1.0 if salt is None else salt.canonical),
        duration=course.infusion,
        lag=course.lag,
        bioavailability=course.bioavailability,
        missed=any(abs(time - missed) <= TOLERANCE for missed in course.missed),
        regimen=place[0],
        course=place[1],
    )
