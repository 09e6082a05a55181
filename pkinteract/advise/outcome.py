"""What is advised in a scenario: the schedule, what else could be done, and what stands in the way."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from pkinteract.advise.levels import Levels
from pkinteract.advise.score import candidates
from pkinteract.advise.search import Freedom, Ranking, best_schedules
from pkinteract.advise.task import shown_after
from pkinteract.advise.types import PRESENT, BoolArray, Candidate, Kind, Schedules, Step, Task
from pkinteract.analysis.settled import DAY
from pkinteract.engine.curves import Array
from pkinteract.errors import InputError, Problem
from pkinteract.library.schema.dosing import milligrams
from pkinteract.scenario.types import TOLERANCE

BUDGET = 200_000
"""Schedules that are judged at most where levels are linear in the dose."""

BUDGET_IN_LANES = 6_000
"""The same where each has to be run."""

ASIDE = 0.1
"""Share of these that is spent on every other way than the one that is advised [1]."""

GUESSES = 64
"""Schedules that are run first, the best by sums of what doses give alone."""

WEEK = 7
"""By how many days the later start is later [d]."""

CLOSE = 0.05
"""An unchanged level that ends no further from where it was has come back [1]."""

Limit = Literal[
    "changes", "tablets", "halves", "split", "highest dose", "earliest", "weekdays", "between", "step", "titration"
]
"""What a schedule may not do."""


_KINDS: Mapping[Limit, Kind] = {"halves": "halves", "split": "split", "tablets": "any", "highest dose": "above"}

_LIMITS: tuple[Limit, ...] = (
    "halves",
    "split",
    "tablets",
    "changes",
    "earliest",
    "weekdays",
    "between",
    "step",
    "titration",
    "highest dose",
)
"""In which order limits are put back where several are lifted."""

LEAST_GAIN = 1e-4
"""What is gained less than this of the excess is nothing [1]."""

NEARLY = 0.9
"""Share of all that can be gained that is nearly all of it [1]."""


@dataclass(frozen=True, eq=False, kw_only=True)
class OtherWay:
    """Another way, with the best schedule of its kind."""

    name: str
    candidate: Candidate


@dataclass(frozen=True, eq=False, kw_only=True)
class BindingLimits:
    """What stands in the way: one limit, or several of which none alone is enough.

    Attributes
    ----------
    candidate
        The best schedule without them.
    """

    names: tuple[Limit, ...]
    candidate: Candidate


@dataclass(frozen=True, eq=False, kw_only=True)
class Advice:
    """The schedule that is advised.

    Attributes
    ----------
    best
        The best schedule; that of the file where no change is needed.
    ranked
        The best ones, ascending by score, ``best`` the first.
    alternatives
        What else could be done.
    unavoidable
        (day,) days that no allowed change can bring inside; they do not count.
    counted
        (day,) days that do.
    limits
        What stands in the way; None where the best passes, or nothing helps.
    complete
        Whether every schedule was tried that could be better.
    seen
        How many were judged.
    back
        Whether the last dose had to be that of the file.
    stopped
        Whether Ctrl-C ended the search: then other ways, and limits, were not looked for to the end.
    """

    task: Task
    best: Candidate
    ranked: tuple[Candidate, ...]
    alternatives: tuple[OtherWay, ...]
    unavoidable: BoolArray
    counted: BoolArray
    limits: BindingLimits | None
    complete: bool
    seen: int
    back: bool
    stopped: bool


def best_advice(task: Task, levels: Levels, *, keep: int = 1, progress: Callable[[int], None] | None = None) -> Advice:
    """Search a task.

    Parameters
    ----------
    keep
        How many of the best schedules are wanted.
    progress
        Takes how many more schedules were judged.

    Raises
    ------
    InputError
        When no day is judged on which a dose must have had an effect.
    SimulationError
        When the solver gives up.
    """

    def evaluate(schedules: Schedules) -> Array:
        if progress is not None:
            progress(len(schedules.days))
        return levels.of_many(schedules)

    unchanged = levels.of([()])[0]
    unavoidable = _unavoidable(task, levels)
    counted = task.judged & ~unavoidable
    if not counted[task.late :].any():
        text = f"until leaves no day by which another dose of {task.drug} must have shown"
        text += f": five half-lives are {task.late} d; run longer" if task.late else "; run longer"
        raise InputError(task.scenario.path, [Problem(line=None, key="advise", message=text)])
    free = freedom_of(task, back=_comes_back(task, unchanged))
    budget = BUDGET if levels.linear else BUDGET_IN_LANES
    stopped = False

    def searched(freedom: Freedom, *, most: int = 1, share: float = 1.0) -> Ranking:
        nonlocal stopped
        known = () if levels.linear or stopped else guessed(freedom, int(share * BUDGET) // 4)
        left = 0 if stopped else int(share * budget)
        best = best_schedules(task, evaluate, freedom, counted, keep=most, budget=left, known=known)
        stopped |= best.stopped
        return best

    def guessed(freedom: Freedom, budget: int) -> list[Candidate]:
        """The best by sums of what doses give alone, run as they are: the search begins with something good."""
        nonlocal stopped
        guess = best_schedules(task, levels.combined, freedom, counted, keep=GUESSES, budget=budget)
        stopped |= guess.stopped
        schedules = [one.schedule for one in guess.kept]
        return candidates(task, schedules, levels.of(schedules), counted)

    best = searched(free, most=keep)
    first = best.kept[0]
    alternatives = tuple(_alternatives(task, free, first, searched))
    limits = None if first.score.passes or stopped else _limits(task, free, first, searched)
    return Advice(
        task=task,
        best=first,
        ranked=tuple(best.kept),
        alternatives=alternatives,
        unavoidable=unavoidable & task.judged,
        counted=counted,
        limits=limits,
        complete=best.complete,
        seen=best.seen,
        back=free.back,
        stopped=stopped,
    )


def freedom_of(task: Task, *, back: bool) -> Freedom:
    """What ``[advise]`` and the label allow."""
    wanted = task.wanted
    dosing = task.scenario.monographs[task.drug].dosing
    weight = task.scenario.patient.weight
    rise = math.inf if dosing.rise is None else milligrams(dosing.rise, weight) / task.a_day
    every = 0 if dosing.rise_every is None else math.ceil(dosing.rise_every.canonical / DAY - TOLERANCE)
    return Freedom(
        changes=wanted.most_changes,
        days=tuple(task.changeable.tolist()),
        options=_of_kinds(task, "tablets"),
        between=math.ceil(wanted.least_between / DAY - TOLERANCE),
        largest=math.inf if wanted.largest_step is None else wanted.largest_step,
        rise=rise,
        rise_every=every,
        begun=_begun(task, every),
        loading=wanted.loading,
        back=back,
    )


def _begun(task: Task, every: int) -> int:
    """Day of the first dose of a drug that begins with or after the first change; of others long enough ago."""
    first = min(dose.time for dose in task.scenario.doses if dose.drug == task.drug)
    return -every if first < task.start - TOLERANCE else math.floor((first - task.start + TOLERANCE) / DAY)


def _of_kinds(task: Task, *kinds: Kind) -> tuple[int, ...]:
    return tuple(option for option, kind in enumerate(task.kinds) if kind in kinds)


def _comes_back(task: Task, unchanged: Array) -> bool:
    """Whether the unchanged level leaves where it was and comes back by itself."""
    if task.wanted.keep is None:
        return False
    folds = unchanged[task.judged] / task.band.target
    return bool(len(folds) and abs(folds[-1] - 1) <= CLOSE and np.max(np.abs(folds - 1)) > CLOSE)


def _unavoidable(task: Task, levels: Levels) -> BoolArray:
    """(day,) days that come too early for any dose: above though nothing is given any more, or below a double one.

    Below only while a dose still has to show: later it is the highest dose that stands in the way.
    """
    if len(task.changeable) == 0:
        return np.zeros(task.count, dtype=bool)
    day = int(task.changeable[0])
    least, most = int(np.argmin(task.sizes)), int(np.argmax(task.sizes))
    low, high = levels.of([(Step(day=day, option=least),), (Step(day=day, option=most),)])
    early = np.arange(task.count) < day + shown_after(task.scenario, task.drug)
    return np.asarray((np.minimum(low, high) > task.band.high) | (early & (np.maximum(low, high) < task.band.low)))


Searched = Callable[..., Ranking]


def _alternatives(task: Task, free: Freedom, best: Candidate, searched: Searched) -> Iterator[OtherWay]:
    """What else could be done: nothing, fewer changes, a pause where the level comes back, a start one week later."""
    yield OtherWay(name="unchanged", candidate=searched(replace(free, changes=0, back=False)).kept[0])
    for count in range(1, best.score.changes):
        fewer = searched(replace(free, changes=count), share=ASIDE).kept[0]
        if fewer.score.changes == count:
            yield OtherWay(name=f"{count} change{'s' if count > 1 else ''}", candidate=fewer)
    if free.back:
        none = [option for option in free.options if task.sizes[option] == 0]
        paused = replace(free, options=(PRESENT, *none), changes=2, loading=True, largest=math.inf, between=1)
        pause = searched(paused, share=ASIDE).kept[0]
        if any(step.option in none for step in pause.schedule):
            yield OtherWay(name="pause", candidate=pause)
    if best.schedule:
        first = best.schedule[0].day + WEEK
        later = searched(replace(free, days=tuple(day for day in free.days if day >= first)), share=ASIDE).kept[0]
        if later.schedule:
            yield OtherWay(name="later start", candidate=later)


def _limits(task: Task, free: Freedom, best: Candidate, searched: Searched) -> BindingLimits | None:
    """The limit without which the level leaves the band least, or the fewest that bind at once; None where none helps.

    One is told alone where nearly all that can be gained is gained without it. Else all are lifted, and put back one by
    one where nearly as much is gained with them.
    """

    def gained(one: Candidate) -> float:
        return best.score.excess - one.score.excess

    def tried(names: Collection[Limit]) -> Candidate:
        return searched(_lifted(task, free, names), share=ASIDE).kept[0]

    binding = [name for name in _LIMITS if _lifted(task, free, (name,)) != free]
    alone = min(((tried((name,)), name) for name in binding), key=lambda pair: pair[0].score)
    single = BindingLimits(names=(alone[1],), candidate=alone[0]) if gained(alone[0]) > LEAST_GAIN else None
    if alone[0].score.passes:
        return single
    names, candidate = list(binding), tried(binding)
    enough = max(NEARLY * gained(candidate), LEAST_GAIN)
    if gained(alone[0]) >= enough or gained(candidate) <= LEAST_GAIN:
        return single
    for name in binding:
        fewer = [other for other in names if other != name]
        without = tried(fewer)
        if gained(without) >= enough:
            names, candidate = fewer, without
    return BindingLimits(names=tuple(sorted(names, key=_LIMITS.index)), candidate=candidate)


def _lifted(task: Task, free: Freedom, names: Collection[Limit]) -> Freedom:
    """What a schedule may do without some limits."""
    kinds = tuple(kind for name, kind in _KINDS.items() if name in names)
    every_day = tuple(sorted(set(task.day.tolist())))
    return replace(
        free,
        options=_of_kinds(task, "tablets", *kinds),
        changes=free.changes + ("changes" in names),
        days=every_day if _lifts_days(task, names) else free.days,
        between=1 if "between" in names else free.between,
        largest=math.inf if "step" in names else free.largest,
        rise=math.inf if "titration" in names else free.rise,
        rise_every=0 if "titration" in names else free.rise_every,
    )


def _lifts_days(task: Task, names: Collection[Limit]) -> bool:
    wanted = task.wanted
    return (wanted.earliest is not None and "earliest" in names) or (bool(wanted.weekdays) and "weekdays" in names)
