"""Doses that are looked for in a scenario, and every schedule that may be given, counted out one by one."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, pairwise, product
from pathlib import Path

import numpy as np

from pkinteract import load_scenario, simulate
from pkinteract.advise.levels import Levels
from pkinteract.advise.outcome import Advice, best_advice
from pkinteract.advise.people import typical_people
from pkinteract.advise.rewrite import advised_text
from pkinteract.advise.task import needless_task, task_of
from pkinteract.advise.types import PRESENT, Schedule, Step, Task
from pkinteract.engine.curves import Array
from pkinteract.model import build
from pkinteract.result import Result

DAY = 24.0


@dataclass(frozen=True, eq=False, kw_only=True)
class Advised:
    """A scenario that was searched."""

    task: Task
    levels: Levels
    advice: Advice


@lru_cache(maxsize=32)
def searched(source: str) -> Advised:
    """Look for the doses of a scenario."""
    task, levels = asked(source)
    return Advised(task=task, levels=levels, advice=best_advice(task, levels))


@lru_cache(maxsize=32)
def asked(source: str) -> tuple[Task, Levels]:
    """What is looked for in a scenario."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "case.toml"
        path.write_text(source, "utf-8")
        result = simulate(load_scenario(path))
    task = task_of(result) or needless_task(result)
    model = build(task.scenario)
    return task, Levels(task, typical_people(task.scenario, model, task.place), model)


def rewritten(task: Task, schedule: Schedule) -> Result:
    """A run of the file with a schedule in it, written and read as any other file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "written.toml"
        path.write_text(advised_text(task, schedule), "utf-8")
        return simulate(load_scenario(path))


def daily_levels(task: Task, result: Result) -> Array:
    """What is judged of every day, read from a run by the definitions of advise.md (1, 2), (day,)."""
    curve = result.curve(task.analyte.id)
    days = task.start + DAY * np.arange(task.count)
    if task.wanted.of == "average":
        return np.asarray(curve.integral(days, days + DAY) / DAY)
    doses = np.array([dose.time for dose in task.scenario.doses if dose.drug == task.drug])
    first = [min((t for t in doses if day - 1e-6 <= t < day + DAY - 1e-6), default=day) for day in days.tolist()]
    return np.asarray(curve.value(np.array(first)))


def every_schedule(advised: Advised) -> Iterator[Schedule]:
    """Every schedule that [advise] allows, by the rules of advise.md (4 to 6), one by one."""
    task, back = advised.task, advised.advice.back
    wanted = task.wanted
    options = [option for option, kind in enumerate(task.kinds) if kind == "tablets"]
    for count in range(wanted.most_changes + 1):
        for days in combinations(task.changeable.tolist(), count):
            if any(later - earlier < wanted.least_between / DAY - 1e-9 for earlier, later in pairwise(days)):
                continue
            for chosen in product(options, repeat=count):
                amounts = [float(task.sizes[option]) for option in (PRESENT, *chosen)]
                if any(abs(a - b) < 1e-9 for a, b in pairwise(amounts)):
                    continue
                if back and chosen and chosen[-1] != PRESENT:
                    continue
                if not wanted.loading and _loads(days, amounts):
                    continue
                if _too_large(amounts, wanted.largest_step):
                    continue
                yield tuple(Step(day=day, option=option) for day, option in zip(days, chosen, strict=True))


def _loads(days: tuple[int, ...], amounts: list[float]) -> bool:
    return any(
        days[n] - days[n - 1] < 3 and (amounts[n] - amounts[n - 1]) * (amounts[n] - amounts[n + 1]) > 0
        for n in range(1, len(days))
    )


def _too_large(amounts: list[float], largest: float | None) -> bool:
    return largest is not None and any(abs(a - b) > largest + 1e-9 for a, b in pairwise(amounts))


def order(task: Task, schedule: Schedule, levels: Array, counted: Array) -> tuple[float, ...]:
    """The order of advise.md (7), written out: outside, changes, distance, steps; then days and amounts."""
    outside = distance = 0.0
    for level, counts in zip(levels.tolist(), counted.tolist(), strict=True):
        if not counts:
            continue
        log = math.log(max(level, 1e-6 * task.band.target))
        above, below = log - math.log(task.band.high), min(math.log(task.band.low) - log, math.log(10))
        worst = max(above, below, 0.0)
        outside += worst if worst > 1e-4 else 0.0
        distance += min(abs(log - math.log(task.band.target)), math.log(10))
    amounts = [float(task.sizes[option]) for option in (PRESENT, *(step.option for step in schedule))]
    least = min(size for size in task.sizes.tolist() if size > 0) / 10
    steps = sum(min(abs(math.log(max(b, least) / max(a, least))), math.log(10)) for a, b in pairwise(amounts))
    mean = distance / max(int(np.sum(counted)), 1)
    whole = (round(outside, 4), float(len(schedule)), round(mean, 4), round(steps, 4))
    return (*whole, *(float(step.day) for step in schedule), *amounts[1:])
