"""Whether a level has settled at a time, or what it is still on the way to.

Three averages in a row, each over a whole number of days and of dosing intervals, decide: where their steps shrink by a
factor r the rest of the way is step·r/(1 - r) (Aitken). A level is settled if that is at most ``CLOSE`` of it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from pkinteract.engine.curves import Curve
from pkinteract.scenario import Scenario

DAY = 24.0

CLOSE = 0.05
"""Rest of the way, relative to the level, at which it is settled [1]."""

SURE = 0.05
"""Difference of two limits in a row, relative to them, up to which the limit is told [1]."""

STILL = 1e-3
"""Step from one average to the next, relative to the level, that is none: what weekly doses and solvers leave [1]."""

LONGEST = 28
"""Longest stretch that is averaged [d]."""


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
    if short:
        return Standing(average=last, settled=False, limit=None)
    shrinks = step * before > 0 and abs(step) < abs(before)
    if not shrinks:
        return Standing(average=last, settled=False, limit=None)
    limit = max(_end(first, middle, last), 0.0)
    sure = False
    if stop - first_time >= 4 * window * (1 - 1e-9):
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


def averaged(scenario: Scenario, drug: str) -> float:
    """What an average of a drug's level is taken over [h]: the shortest whole number of days and of its intervals."""
    days = 1
    for course in (course for regimen in scenario.regimens if regimen.drug == drug for course in regimen.courses):
        if course.weekdays:
            days = math.lcm(days, 7)
        elif course.every is not None:
            whole = next((n for n in range(1, LONGEST + 1) if _whole(n * DAY / course.every)), 1)
            days = math.lcm(days, whole)
    return DAY * (days if days <= LONGEST else 1)


def _whole(number: float) -> bool:
    return abs(number - round(number)) < 1e-6
