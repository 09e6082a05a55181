"""The tables of ``advise``: the schedule, what else could be done, and what it does in virtual patients."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pkinteract.advise.outcome import Advice
from pkinteract.advise.score import judgement_of
from pkinteract.advise.shares import PeopleAdvice
from pkinteract.advise.steps import PlannedDose, PlannedStep
from pkinteract.advise.types import PRESENT, Candidate, Task
from pkinteract.analysis.settled import DAY
from pkinteract.export.tables.dates import dates
from pkinteract.text.csv import Table
from pkinteract.text.words import Words, words_of


def schedule_table(advice: Advice, steps: Sequence[PlannedStep], words: Words) -> Table:
    """``schedule.csv``: a row for each amount of each step; ``times`` are of the clock, t = 0 is 00:00 without one.

    Where the interval does not divide the day they are the first time and the interval.
    """
    task = advice.task
    rows = [(step, dose) for step in steps for dose in step.doses]
    times = np.array([step.time for step, _ in rows], dtype=float)
    return {
        "day": times / DAY,
        **dates(task.scenario, times),
        "drug": [task.drug for _ in rows],
        "dose_mg": np.array([dose.amount for _, dose in rows], dtype=float),
        "tablets": ["" if dose.tablets is None else dose.tablets.text for _, dose in rows],
        "times": [_times(dose, words) for _, dose in rows],
        "check_on": [_day(task, step.check) for step, _ in rows],
        "why": [why(advice, step, words) for step, _ in rows],
    }


def ways_of(advice: Advice, chosen: Candidate) -> list[tuple[str, Candidate]]:
    """The schedule that is advised, then the other ways, with their names."""
    ways = [("advised", chosen)]
    if chosen is not advice.best:
        ways.append(("typical patient", advice.best))
    return [*ways, *((one.name, one.candidate) for one in advice.alternatives)]


def alternatives_table(advice: Advice, chosen: Candidate) -> Table:
    """``alternatives.csv``: the schedule first, then other ways; levels over the target, days outside the band."""
    ways, task, words = ways_of(advice, chosen), advice.task, words_of("en")
    return {
        "name": [name for name, _ in ways],
        "schedule": [schedule_text(task, one, words) for _, one in ways],
        "changes": [one.score.changes for _, one in ways],
        "passes": [one.score.passes for _, one in ways],
        "days_outside": [days_outside(advice, one) for _, one in ways],
        "lowest_ratio": np.array([ratio_span(advice, one)[0] for _, one in ways]),
        "highest_ratio": np.array([ratio_span(advice, one)[1] for _, one in ways]),
        "excess": np.array([one.score.excess for _, one in ways]),
        "mean_distance": np.array([one.score.distance for _, one in ways]),
        "sum_of_steps": np.array([one.score.steps for _, one in ways]),
    }


def share_table(people: PeopleAdvice) -> Table:
    """``shares.csv``: of virtual patients, by genotype, without and with the schedule."""
    return {
        "group": [share.group for share in people.shares],
        "outcome": [share.outcome for share in people.shares],
        "patients": [share.patients for share in people.shares],
        "unchanged": np.array([share.unchanged for share in people.shares]),
        "advised": np.array([share.advised for share in people.shares]),
    }


def ratio_span(advice: Advice, candidate: Candidate) -> tuple[float, float]:
    """Lowest and highest level over the target [1], of the days that count and are judged."""
    task, counted = advice.task, advice.counted
    if task.late:
        inside = counted & (candidate.levels >= task.band.low) & (candidate.levels <= task.band.high)
        begin = min(int(np.argmax(inside)) if inside.any() else task.count, task.late)
        counted = counted & (np.arange(task.count) >= begin)
    ratios = candidate.levels[counted] / task.band.target
    return (float(ratios.min()), float(ratios.max())) if len(ratios) else (np.nan, np.nan)


def days_outside(advice: Advice, candidate: Candidate) -> int:
    """Number of days that count whose level is outside the band."""
    return int((judgement_of(advice.task, candidate.levels[None], advice.counted).excess > 0).sum())


def schedule_text(task: Task, candidate: Candidate, words: Words) -> str:
    """A schedule in one line, such as "day 3: 85 mg; day 16: 150 mg"; a larger dose in the evening behind a slash."""
    return "; ".join(
        words.say(
            "advise.at",
            day=words.day(float(task.sampled[step.day])),
            amount=words.number(amounts_text(task, step.option)),
        )
        for step in candidate.schedule
    )


def amounts_text(task: Task, option: int) -> str:
    """The amounts of a day's doses, once where they are equal [mg]."""
    amounts = sorted(set(task.present.tolist())) if option == PRESENT else sorted({*task.options[option].tolist()})
    return "/".join(f"{amount:g}" for amount in amounts)


def clock(hour: float) -> str:
    """A time of day."""
    minutes = round(60 * hour)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def why(advice: Advice, step: PlannedStep, words: Words) -> str:
    """What a step is for: the level that it prevents."""
    task = advice.task
    return words.say(
        "advise.back" if step.back else "advise.why",
        ratio=step.without / task.band.target,
        day=words.day(step.without_time),
        level=step.without,
        unit=task.analyte.unit,
    )


def _times(dose: PlannedDose, words: Words) -> str:
    if dose.every is None:
        return "; ".join(map(clock, dose.hours))
    return words.say("advise.every", first=clock(dose.hours[0]), every=dose.every)


def _day(task: Task, time: float | None) -> str:
    """A time as a date, or as a day without a calendar; nothing for none."""
    if time is None:
        return ""
    date = task.scenario.date(time)
    return f"{time / DAY:g}" if date is None else f"{date:%Y-%m-%d}"
