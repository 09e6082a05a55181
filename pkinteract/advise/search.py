"""The best schedule: branch and bound over the days and doses of the changes.

Whatever comes after a change cannot mend the days before it. So the next change must come no later than the day on
which the curve without it is already worse than the best schedule known; this keeps the search small and exact.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from pkinteract.advise.score import DIGITS, candidates, judged
from pkinteract.advise.types import PRESENT, BoolArray, Candidate, Schedule, Step, Task
from pkinteract.engine.curves import Array

SHORT = 3
"""A dose above or below both its neighbours for fewer days than this is a loading dose or a skipped one [d]."""

ROUND = 0.5 * 10**-DIGITS
"""Scores that differ by less are the same."""

CHUNK = 2048
"""Schedules that are judged at once."""

Evaluate = Callable[[Sequence[Schedule]], Array]
"""Levels under some schedules, (schedule, day)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Freedom:
    """What a schedule may do.

    Attributes
    ----------
    changes
        Most changes.
    days
        Days on which they may fall, ascending.
    options
        Doses that may be given.
    between
        Fewest days from one change to the next.
    largest
        Largest difference of two doses in a row [mg].
    rise, rise_every
        Above the dose of the file: largest increase of a dose at once [mg], and fewest days from one to the next.
    loading
        Whether a dose above or below both neighbours may last less than three days.
    back
        Whether the last dose must be that of the file.
    """

    changes: int
    days: tuple[int, ...]
    options: tuple[int, ...]
    between: int
    largest: float
    rise: float
    rise_every: int
    loading: bool
    back: bool


@dataclass(slots=True, kw_only=True)
class Best:
    """The best schedules seen.

    Attributes
    ----------
    most
        How many are kept.
    kept
        Ascending by score.
    seen
        Number of schedules that were judged.
    complete
        Whether no better one can exist: nothing stopped the search.
    """

    most: int
    kept: list[Candidate] = field(default_factory=list)
    seen: int = 0
    complete: bool = True

    def add(self, some: Sequence[Candidate]) -> None:
        """Keep what is good enough."""
        for one in some:
            if len(self.kept) < self.most or one.score < self.kept[-1].score:
                insort(self.kept, one, key=lambda candidate: candidate.score)
                del self.kept[self.most :]

    @property
    def worst(self) -> Candidate | None:
        """The worst that is kept, which a schedule must beat; None while any is welcome."""
        return self.kept[-1] if len(self.kept) == self.most else None


def search(
    task: Task,
    evaluate: Evaluate,
    freedom: Freedom,
    counted: BoolArray,
    *,
    keep: int = 1,
    budget: int,
    known: Sequence[Candidate] = (),
) -> Best:
    """Find the best schedules.

    Parameters
    ----------
    evaluate
        Levels under some schedules.
    counted
        (day,) days that are judged.
    keep
        How many are wanted.
    budget
        Most schedules to be judged; the search is not complete when it ends there, or by Ctrl-C.
    known
        Schedules within the same freedom that were judged already.
    """
    best = Best(most=keep)
    best.add(known)
    try:
        _search(task, evaluate, freedom, counted, best, budget)
    except KeyboardInterrupt:
        if not best.kept:
            raise
        best.complete = False
    return best


def _search(task: Task, evaluate: Evaluate, freedom: Freedom, counted: BoolArray, best: Best, budget: int) -> None:
    level = _judge(task, evaluate, [()], freedom, counted, best)
    for made in range(1, freedom.changes + 1):
        following: list[Candidate] = []
        for wanted in _chunks(_children(task, level, freedom, counted, best, made)):
            if best.seen >= budget:
                best.complete = False
                return
            following += _judge(task, evaluate, wanted, freedom, counted, best)
        level = following


def _judge(
    task: Task,
    evaluate: Evaluate,
    schedules: Sequence[Schedule],
    freedom: Freedom,
    counted: BoolArray,
    best: Best,
) -> list[Candidate]:
    some = candidates(task, schedules, evaluate(schedules), counted)
    best.seen += len(some)
    best.add([one for one in some if _ends_well(one.schedule, freedom)])
    return some


def _ends_well(schedule: Schedule, freedom: Freedom) -> bool:
    return not freedom.back or not schedule or schedule[-1].option == PRESENT


def _chunks(schedules: Iterator[Schedule]) -> Iterator[list[Schedule]]:
    chunk: list[Schedule] = []
    for schedule in schedules:
        chunk.append(schedule)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _children(
    task: Task, parents: Sequence[Candidate], freedom: Freedom, counted: BoolArray, best: Best, made: int
) -> Iterator[Schedule]:
    """Schedules with one more change, the most promising first; those that cannot be better are left out."""
    if not parents:
        return
    one = judged(task, np.array([parent.levels for parent in parents]), counted)
    excess, distance = (np.cumsum(each, axis=1) for each in (one.excess, one.distance))
    days = np.array(freedom.days, dtype=np.int64)
    after = np.array([parent.schedule[-1].day + freedom.between if parent.schedule else 0 for parent in parents])
    row, column = np.nonzero(days >= after[:, None])
    at = days[column]
    so_far = np.where(at > 0, excess[row, at - 1], 0.0)
    way = np.where(at > 0, distance[row, at - 1], 0.0) / max(int(counted.sum()), 1)
    order = np.lexsort((at, way, np.round(so_far, DIGITS)))
    for n in order.tolist():
        parent, day = parents[row[n]], int(at[n])
        if _hopeless(float(so_far[n]), float(way[n]), made, best):
            continue
        for option in _allowed(task, parent.schedule, day, freedom):
            yield (*parent.schedule, Step(day=day, option=option))


def _hopeless(excess: float, distance: float, made: int, best: Best) -> bool:
    """Whether no schedule that is like this up to its last change can beat the worst that is kept."""
    worst = best.worst
    if worst is None:
        return False
    least = round(excess, DIGITS)
    if least != worst.score.excess:
        return least > worst.score.excess
    if made != worst.score.changes:
        return made > worst.score.changes
    return round(distance, DIGITS) > worst.score.distance


def _allowed(task: Task, before: Schedule, day: int, freedom: Freedom) -> Iterator[int]:
    """Doses that may follow on a day."""
    last = before[-1].option if before else PRESENT
    amounts = task.sizes
    for option in freedom.options:
        step = abs(float(amounts[option] - amounts[last]))
        if option == last or step < 1e-9 or step > freedom.largest + 1e-9:
            continue
        if _rises_too_fast(task, before, day, option, freedom):
            continue
        if before and not freedom.loading and day - before[-1].day < SHORT:
            earlier = float(amounts[before[-2].option if len(before) > 1 else PRESENT])
            middle, later = float(amounts[last]), float(amounts[option])
            if middle > max(earlier, later) or middle < min(earlier, later):
                continue
        yield option


def _rises_too_fast(task: Task, before: Schedule, day: int, option: int, freedom: Freedom) -> bool:
    """Whether a dose above that of the file comes faster than the label lets it."""
    taken = [Step(day=-freedom.rise_every, option=PRESENT), *before]
    amounts = [float(task.sizes[step.option]) for step in taken]
    new, usual = float(task.sizes[option]), float(task.sizes[PRESENT])
    if new <= max(usual, amounts[-1]) + 1e-9:
        return False
    if new - max(amounts[-1], usual) > freedom.rise + 1e-9:
        return True
    rises = [
        step.day for step, low, high in zip(taken[1:], amounts, amounts[1:], strict=False) if high > max(low, usual)
    ]
    return bool(rises) and day - rises[-1] < freedom.rise_every
