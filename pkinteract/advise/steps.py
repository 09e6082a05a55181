"""A schedule as it is prescribed: dose by dose, with the day to measure and what each step is for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from pkinteract.advise.levels import Levels
from pkinteract.advise.outcome import Advice
from pkinteract.advise.score import LEAST
from pkinteract.advise.tablets import NONE, Tablets
from pkinteract.advise.task import clock_of, shown_after, uneven
from pkinteract.advise.types import PRESENT, Candidate, Task
from pkinteract.analysis.sampling import working
from pkinteract.analysis.settled import DAY
from pkinteract.engine.curves import Curve


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedDose:
    """An amount that is taken at some times of the day.

    Attributes
    ----------
    amount
        As labelled [mg]; 0 is a pause.
    tablets
        What it is made of; None where it is the dose of the file and no tablets are known to give it.
    hours
        Times after midnight, or after t = 0 without a calendar [h]; those of the first day where ``every`` is given.
    every
        The interval where it does not divide the day [h]; else None.
    """

    amount: float
    tablets: Tablets | None
    hours: tuple[float, ...]
    every: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStep:
    """A change of the dose.

    Attributes
    ----------
    day
        Day from the first change of anything else on.
    time
        Of the first dose that is another [h].
    doses
        What is taken on each day from then on.
    check
        When to draw a level [h]: before the dose at which the step has shown, on a working day where there is a
        calendar; None where the next step or the end comes first.
    expected
        Level then, in the unit of the target; not a number without such a day.
    without
        The level furthest from the target that the days from here on would have without this step and the next ones.
    without_time
        Begin of that day [h].
    back
        Whether the dose is that of the file again.
    """

    day: int
    time: float
    doses: tuple[PlannedDose, ...]
    check: float | None
    expected: float
    without: float
    without_time: float
    back: bool


def planned_steps(advice: Advice, candidate: Candidate, levels: Levels, curve: Curve) -> tuple[PlannedStep, ...]:
    """The steps of a schedule, by day; ``curve`` is the level of the target under it."""
    task, schedule = advice.task, candidate.schedule
    before = levels.of([schedule[:n] for n in range(len(schedule))]) if schedule else np.empty((0, task.count))
    scenario = task.scenario
    shown = shown_after(scenario, task.drug)
    steps = []
    for n, step in enumerate(schedule):
        stop = schedule[n + 1].day if n + 1 < len(schedule) else task.count
        check = _check(task, step.day + shown, stop)
        rest = np.abs(np.log(np.maximum(before[n, step.day :], 1e-12) / task.band.target))
        worst = step.day + int(np.argmax(np.where(advice.counted[step.day :], rest, -1.0)))
        steps.append(
            PlannedStep(
                day=step.day,
                time=float(task.sampled[step.day]),
                doses=_doses(task, step.day, step.option),
                check=check,
                expected=math.nan if check is None else float(curve.value(check)),
                without=float(before[n, worst]) if before[n, worst] > LEAST * task.band.target else 0.0,
                without_time=task.start + DAY * worst,
                back=step.option == PRESENT,
            )
        )
    return tuple(steps)


def _check(task: Task, day: int, stop: int) -> float | None:
    """The first value before a dose from a day on that falls on a working day before another one [h]."""
    for later in range(day, stop):
        if working(task.scenario, float(task.sampled[later])):
            return float(task.sampled[later])
    return None


def _doses(task: Task, day: int, option: int) -> tuple[PlannedDose, ...]:
    """What is taken on a day, equal amounts together."""
    scenario = task.scenario
    taken = []
    for row in np.flatnonzero(task.day == day).tolist():
        dose = scenario.doses[int(task.doses[row])]
        amount = dose.amount if option == PRESENT else float(task.options[option, task.slot[row]])
        taken.append(((amount, uneven(scenario, dose)), clock_of(scenario, dose.time)))
    return tuple(
        PlannedDose(
            amount=amount,
            tablets=task.tablets.get(round(amount, 6)) if amount > 0 else NONE,
            hours=tuple(hour for _, hour in some),
            every=every,
        )
        for (amount, every), some in groupby(taken, key=lambda one: one[0])
    )
