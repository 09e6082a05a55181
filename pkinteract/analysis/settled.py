"""Whether a level has settled at a time, or what it is still on the way to.

Three averages in a row, each over a whole number of days and of dosing intervals, decide: where their steps shrink by a
factor r the rest of the way is step·r/(1 - r) (Aitken). A level is settled if that is at most ``CLOSE`` of it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from pkinteract.analysis.causes import acts_on, is_dialysed
from pkinteract.engine.curves import Curve
from pkinteract.model.expectation.intake import family_of
from pkinteract.scenario import Course, Scenario
from pkinteract.scenario.types import TOLERANCE

DAY = 24.0

CLOSE = 0.05
"""Rest of the way, relative to the level, at which it is settled [1]."""

SURE = 0.05
"""Difference of two limits in a row, relative to them, up to which the limit is told [1]."""

STILL = 1e-3
"""Step from one average to the next, relative to the level, that is none: what weekly doses and solvers leave [1]."""

LONGEST, WEEK, YEAR = 28, 7, 366
"""Longest stretch that is averaged to see whether a level has settled, a week and a year [d]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a level stands at a time: its average before it, whether that has settled, what it is on the way to.

    ``limit`` is None where the steps do not shrink; ``sure`` says whether one window earlier it was the same.
    """

    average: float
    settled: bool
    limit: float | None
    sure: bool = False


def standing(curve: Curve, start: float, stop: float, window: float) -> Standing:
    """How a curve stands at ``stop`` [h] after a change at ``start``; ``window`` [h] is what is averaged.

    Less than four windows after the change only a level that has not moved at all counts as settled: in the first one
    after it more than one thing moves a level.
    """
    first_time = float(curve.breaks[0])
    last = mean(curve, max(start, stop - window), stop)
    short = stop - start < 4 * window * (1 - 1e-9)
    if stop - first_time < 3 * window * (1 - 1e-9):
        return Standing(average=last, settled=last <= 0, limit=None)
    middle = mean(curve, stop - 2 * window, stop - window)
    first = mean(curve, stop - 3 * window, stop - 2 * window)
    step, before = last - middle, middle - first
    size = max(abs(last), abs(middle))
    if abs(step) <= STILL * size and abs(before) <= STILL * size:
        return Standing(average=last, settled=True, limit=last)
    if short or step * before <= 0 or abs(step) >= abs(before):
        return Standing(average=last, settled=False, limit=None)
    limit = max(_end(first, middle, last), 0.0)
    earlier = _end(mean(curve, stop - 4 * window, stop - 3 * window), first, middle)
    sure = abs(earlier - limit) <= SURE * max(limit, last)
    return Standing(average=last, settled=abs(limit - last) <= CLOSE * size, limit=limit, sure=sure)


def _end(first: float, middle: float, last: float) -> float:
    """What three values in a row are on the way to, if their steps shrink by the same factor; else infinity."""
    step, before = last - middle, middle - first
    if step == before or step * before <= 0 or abs(step) > abs(before):
        return math.inf
    return last + step * step / (before - step)


def mean(curve: Curve, start: float, stop: float) -> float:
    """Time average of a curve from ``start`` to ``stop`` [h]; never below 0."""
    return max(float(curve.integral(start, stop)) / (stop - start), 0.0)


def at_steady_state(scenario: Scenario, drug: str) -> bool:
    """Whether the run begins at the steady state of a drug."""
    kept = () if scenario.steady_state is None else scenario.steady_state.courses
    return any(scenario.regimens[r].drug == drug for r, _ in kept)


def taken_on(scenario: Scenario, drug: str, cause: float, end: float) -> bool:
    """Whether a drug is taken from a time to the end of a stretch [h]: what is left of single doses only goes."""
    courses = [course for regimen in scenario.regimens if regimen.drug == drug for course in regimen.courses]
    repeated = any(not course.single and course.start <= cause < course.stop for course in courses)
    return repeated or any(dose.drug == drug and cause - TOLERANCE <= dose.time < end for dose in scenario.doses)


def averaged(scenario: Scenario, drug: str) -> float:
    """What an average of a drug's level is taken over [h]: the shortest whole number of days of all that repeats.

    That is its own doses, weekly doses of what acts on it, and sessions of dialysis that remove it.
    """
    lengths = [_days(course) for regimen in scenario.regimens if regimen.drug == drug for course in regimen.courses]
    for regimen in scenario.regimens:
        if regimen.drug != drug and any(course.weekdays for course in regimen.courses):
            lengths += [WEEK] if acts_on(scenario, regimen.drug, set(family_of(scenario, drug))) else []
    if is_dialysed(scenario, drug):
        lengths.append(_repeating([session.start for session in scenario.sessions]))
    days = math.lcm(1, *lengths)
    return DAY * (days if days <= LONGEST else 1)


def round_of(scenario: Scenario, drug: str, cause: float) -> float:
    """What a move of a drug's level after a time is judged over [h]: a day, or the round of doses taken less often.

    That is the interval, week or cycle of its own doses, and of what acts on it weekly doses, and a cycle that had gone
    round before.
    """
    lengths, family = [1], set(family_of(scenario, drug))
    for regimen in scenario.regimens:
        for course in regimen.courses:
            goes_on = course.cycle is not None and course.start + sum(course.cycle) <= cause + TOLERANCE < course.stop
            beside = (bool(course.weekdays) or goes_on) and acts_on(scenario, regimen.drug, family)
            if regimen.drug == drug or beside:
                lengths.append(_round(course))
    return DAY * math.lcm(*lengths)


def cycled_beside(scenario: Scenario, drug: str) -> bool:
    """Whether another drug that acts on a drug is taken in a cycle."""
    family = set(family_of(scenario, drug))
    cycled = {one.drug for one in scenario.regimens if any(course.cycle is not None for course in one.courses)}
    return any(acts_on(scenario, other, family) for other in cycled - {drug})


def _round(course: Course) -> int:
    """Whole days of the cycle, the week or the interval of doses that are taken less often than daily; else 1 [d]."""
    if course.cycle is not None:
        return _whole_days(sum(course.cycle), YEAR)
    if course.weekdays:
        return WEEK
    return 1 if course.every is None or course.every <= DAY + TOLERANCE else _whole_days(course.every, YEAR)


def _days(course: Course) -> int:
    """Whole days after which a course repeats [d]; 1 where it does not within ``LONGEST``."""
    if course.weekdays:
        return WEEK
    return 1 if course.every is None else _whole_days(course.every)


def _repeating(starts: Sequence[float]) -> int:
    """Whole days after which times [h] repeat [d]; 1 where they do not within ``LONGEST``."""
    gaps = [later - one for one, later in pairwise(starts)]
    for count in range(1, len(gaps) // 2 + 1):
        if all(abs(one - other) <= TOLERANCE for one, other in zip(gaps, gaps[count:], strict=False)):
            return _whole_days(sum(gaps[:count]))
    return 1


def _whole_days(length: float, most: int = LONGEST) -> int:
    """The fewest whole days, up to ``most``, that hold a whole number of a length [h] of time [d]; else 1."""
    return next((n for n in range(1, most + 1) if _whole(n * DAY / length)), 1)


def _whole(number: float) -> bool:
    return abs(number - round(number)) < 1e-6
