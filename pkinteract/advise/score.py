"""How good schedules are, by the order of advise.md (7)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from pkinteract.advise.types import PRESENT, BoolArray, Candidate, Schedule, Score, Task
from pkinteract.engine.curves import Array

INCLUSIVE = 1e-4
"""A level this much outside, relative to the end of the band, is inside [1]."""

DIGITS = 4
"""Decimals to which scores are rounded."""

FURTHEST = math.log(10)
"""Distance from the target, of a level below the band, or of two doses, that counts at most, as logarithm [1].

No level at all is as bad as a tenth; above the band there is no such end.
"""

LEAST = 1e-6
"""Share of the target below which a level counts as this [1]."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Judgement:
    """Levels of many schedules, judged day by day, (schedule, day) each.

    Attributes
    ----------
    excess
        Distance outside the band, as logarithm; 0 on days that do not count [1].
    distance
        From the target, the same [1].
    """

    excess: Array
    distance: Array


def judgement_of(task: Task, levels: Array, counted: BoolArray) -> Judgement:
    """Judge levels, (schedule, day); ``counted`` are the days that do, (day,)."""
    band = task.band
    logs = np.log(np.maximum(levels, LEAST * band.target))
    high, low = math.log(band.high), math.log(band.low) if band.low > 0 else -np.inf
    above, below = logs - high, low - logs
    excess = np.maximum(np.maximum(above, np.minimum(below, FURTHEST)), 0.0)
    excess = np.where(excess <= INCLUSIVE, 0.0, excess) * counted
    if task.late:
        inside = (excess == 0) & counted
        entered = np.where(inside.any(axis=1), inside.argmax(axis=1), task.count)
        begins = np.minimum(entered, task.late)[:, None]
        excess = np.where(np.arange(task.count) < begins, 0.0, excess)
    distance = np.minimum(np.abs(logs - math.log(band.target)), FURTHEST) * counted
    return Judgement(excess=excess, distance=distance)


def candidate_of(task: Task, schedule: Schedule, levels: Array, excess: float, distance: float) -> Candidate:
    """A schedule with its score; ``excess`` and ``distance`` are rounded already."""
    return Candidate(
        schedule=schedule,
        levels=levels,
        score=Score(
            excess=excess,
            changes=len(schedule),
            distance=distance,
            steps=round(sum(_steps(task, schedule)), DIGITS),
            days=tuple(step.day for step in schedule),
            amounts=tuple(float(task.sizes[step.option]) for step in schedule),
        ),
    )


def candidates(task: Task, schedules: Sequence[Schedule], levels: Array, counted: BoolArray) -> list[Candidate]:
    """Schedules with their scores; levels are (schedule, day)."""
    one = judgement_of(task, levels, counted)
    days = max(int(counted.sum()), 1)
    excess = np.round(one.excess.sum(axis=1), DIGITS).tolist()
    distance = np.round(one.distance.sum(axis=1) / days, DIGITS).tolist()
    each = zip(schedules, levels, excess, distance, strict=True)
    return [candidate_of(task, schedule, own, outside, way) for schedule, own, outside, way in each]


def _steps(task: Task, schedule: Schedule) -> list[float]:
    """Logarithm of every dose over the one before, without its sign."""
    amounts = [float(task.sizes[option]) for option in (PRESENT, *(step.option for step in schedule))]
    smallest = min((float(amount) for amount in task.sizes if amount > 0), default=1.0)
    logs = [math.log(max(amount, smallest / 10)) for amount in amounts]
    return [min(abs(after - before), FURTHEST) for before, after in pairwise(logs)]
