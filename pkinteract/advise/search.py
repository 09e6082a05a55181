"""The best schedule: branch and bound over the days and doses of the changes.

Whatever comes after a change cannot mend the days before it. So the next change must come no later than the day on
which the curve without it is already worse than the best schedule known; this keeps the search small and exact.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from pkinteract.advise.score import DIGITS, candidate_of, judgement_of
from pkinteract.advise.types import PRESENT, BoolArray, Candidate, IntArray, Schedules, Task
from pkinteract.engine.curves import Array
from pkinteract.interrupts import deferred, heed

SHORT = 3
"""A dose above or below both its neighbours for fewer days than this is a loading dose or a skipped one [d]."""

CHUNK = 2048
"""Schedules that are judged at once, about."""

CLOSE = 1e-9
"""Doses closer than this are the same [mg]."""

Evaluate = Callable[[Schedules], Array]
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
    begun
        Day of the first dose of all, from which the first increase counts; negative where it was long ago.
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
    begun: int
    loading: bool
    back: bool


@dataclass(slots=True, kw_only=True)
class Ranking:
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
        Whether no better one can exist: nothing ended the search early.
    stopped
        Whether Ctrl-C did.
    """

    most: int
    kept: list[Candidate] = field(default_factory=list)
    seen: int = 0
    complete: bool = True
    stopped: bool = False

    def add(self, one: Candidate) -> None:
        """Keep it if it is good enough, once: those known beforehand are judged again."""
        if any(one.schedule == other.schedule for other in self.kept):
            return
        if len(self.kept) < self.most or one.score < self.kept[-1].score:
            insort(self.kept, one, key=lambda candidate: candidate.score)
            del self.kept[self.most :]

    @property
    def worst(self) -> Candidate | None:
        """The worst that is kept, which a schedule must beat; None while any is welcome."""
        return self.kept[-1] if len(self.kept) == self.most else None


def best_schedules(
    task: Task,
    evaluate: Evaluate,
    freedom: Freedom,
    counted: BoolArray,
    *,
    keep: int = 1,
    budget: int,
    known: Sequence[Candidate] = (),
) -> Ranking:
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

    Raises
    ------
    KeyboardInterrupt
        When one comes before any schedule was judged; a later one ends the search, which keeps the best so far.
    """
    best = Ranking(most=keep)
    for one in known:
        best.add(one)
    try:
        with deferred():
            _Branches(task=task, evaluate=evaluate, freedom=freedom, counted=counted, best=best).run(budget)
    except KeyboardInterrupt:
        if not best.kept:
            raise
        best.complete, best.stopped = False, True
    return best


@dataclass(frozen=True, eq=False, kw_only=True)
class _Generation:
    """Schedules of one number of changes: their levels, and how far outside and from the target, day by day."""

    schedules: Schedules
    levels: Array
    excess: Array
    distance: Array


@dataclass(eq=False, kw_only=True)
class _Branches:
    """One search: what is searched, and the best so far."""

    task: Task
    evaluate: Evaluate
    freedom: Freedom
    counted: BoolArray
    best: Ranking

    @cached_property
    def options(self) -> IntArray:
        """Doses that may be given, (option,)."""
        return np.array(self.freedom.options, dtype=np.int64)

    def run(self, budget: int) -> None:
        """Judge level by level: schedules of no change, of one, and so on."""
        none = np.empty((1, 0), dtype=np.int64)
        level: _Generation | None = self._judge(Schedules(days=none, options=none))
        for made in range(1, self.freedom.changes + 1):
            following: list[_Generation] = []
            for schedules in self._children(level, made):
                heed()
                if self.best.seen >= budget:
                    self.best.complete = False
                    return
                one = self._judge(schedules)
                if made < self.freedom.changes:
                    following.append(one)
            level = _joined(following)
            if level is None:
                return

    def _judge(self, schedules: Schedules) -> _Generation:
        levels = self.evaluate(schedules)
        one = judgement_of(self.task, levels, self.counted)
        excess = np.round(one.excess.sum(axis=1), DIGITS)
        distance = np.round(one.distance.sum(axis=1) / self._days, DIGITS)
        self.best.seen += len(levels)
        changes = schedules.days.shape[1]
        good = self._bearable(schedules)
        if self.freedom.back and changes:
            good &= schedules.options[:, -1] == PRESENT
        for row in np.flatnonzero(good)[np.lexsort((distance[good], excess[good]))].tolist():
            worst = self.best.worst
            mine = (float(excess[row]), changes, float(distance[row]))
            if worst is not None and mine > (worst.score.excess, worst.score.changes, worst.score.distance):
                break
            self.best.add(candidate_of(self.task, schedules.one(row), levels[row], mine[0], mine[2]))
        return _Generation(schedules=schedules, levels=levels, excess=one.excess, distance=one.distance)

    def _bearable(self, schedules: Schedules) -> BoolArray:
        """Whether no dose but those of the file is above what the kidneys of its day let be given, (schedule,)."""
        count = self.task.count
        good = np.ones(len(schedules.days), dtype=bool)
        if not np.isfinite(self.task.ceilings).any():
            return good
        ends = np.concatenate([schedules.days[:, 1:], np.full((len(good), 1), count)], axis=1)
        for n in range(schedules.days.shape[1]):
            for row in np.flatnonzero(good & (schedules.options[:, n] != PRESENT)).tolist():
                stretch = self.task.ceilings[schedules.days[row, n] : ends[row, n]]
                good[row] = self.task.sizes[schedules.options[row, n]] <= stretch.min(initial=np.inf) + CLOSE
        return good

    @cached_property
    def _days(self) -> int:
        return max(int(self.counted.sum()), 1)

    def _children(self, level: _Generation | None, made: int) -> Iterator[Schedules]:
        """Schedules with one more change, the most promising first; those that cannot be better are left out."""
        if level is None:
            return
        excess, distance = np.cumsum(level.excess, axis=1), np.cumsum(level.distance, axis=1) / self._days
        before, days = level.schedules, np.array(self.freedom.days, dtype=np.int64)
        after = before.days[:, -1] + self.freedom.between if made > 1 else np.zeros(len(before.days), dtype=np.int64)
        row, column = np.nonzero(days >= after[:, None])
        at = days[column]
        so_far: Array = np.asarray(np.round(np.where(at > 0, excess[row, at - 1], 0.0), DIGITS), dtype=float)
        way: Array = np.asarray(np.round(np.where(at > 0, distance[row, at - 1], 0.0), DIGITS), dtype=float)
        order = np.lexsort((at, way, so_far))
        wide = max(1, CHUNK // max(len(self.options), 1))
        for first in range(0, len(order), wide):
            pairs = order[first : first + wide]
            pairs = pairs[~self._hopeless(so_far[pairs], way[pairs], made)]
            if len(pairs):
                children = self._grown(before, row[pairs], at[pairs])
                if len(children.days):
                    yield children

    def _hopeless(self, excess: Array, distance: Array, made: int) -> BoolArray:
        """Whether no schedule that is like this up to its last change can beat the worst that is kept, (pair,)."""
        worst = self.best.worst
        if worst is None:
            return np.zeros(len(excess), dtype=bool)
        score = worst.score
        same = excess == score.excess
        if made != score.changes:
            return np.asarray((excess > score.excess) | (same & (made > score.changes)))
        return np.asarray((excess > score.excess) | (same & (distance > score.distance)))

    def _grown(self, before: Schedules, row: IntArray, day: IntArray) -> Schedules:
        """Some schedules, each with every dose that may follow on a day."""
        pair, option = np.nonzero(self._allowed(before.days[row], before.options[row], day))
        days = np.concatenate([before.days[row[pair]], day[pair, None]], axis=1)
        options = np.concatenate([before.options[row[pair]], self.options[option][:, None]], axis=1)
        return Schedules(days=days, options=options)

    def _allowed(self, days: IntArray, options: IntArray, day: IntArray) -> BoolArray:
        """Doses that may follow on a day, (schedule, option)."""
        sizes, freedom = self.task.sizes, self.freedom
        new = sizes[self.options]
        start = np.full((len(day), 1), PRESENT)
        taken = sizes[np.concatenate([start, options], axis=1)]
        last = taken[:, -1:]
        step = np.abs(new - last)
        allowed = (step > CLOSE) & (step <= freedom.largest + CLOSE)
        if days.shape[1] and not freedom.loading:
            short = (day - days[:, -1] < SHORT)[:, None]
            earlier = taken[:, -2:-1]
            apart = (last > np.maximum(earlier, new) + CLOSE) | (last < np.minimum(earlier, new) - CLOSE)
            allowed &= ~(short & apart)
        return np.asarray(allowed & ~self._too_fast(taken, days, day, new))

    def _too_fast(self, taken: Array, days: IntArray, day: IntArray, new: Array) -> BoolArray:
        """Whether a dose above that of the file comes faster than the label lets it, (schedule, option)."""
        usual = float(self.task.sizes[PRESENT])
        highest = np.maximum(taken[:, -1:], usual)
        rises = new > highest + CLOSE
        large = new - highest > self.freedom.rise + CLOSE
        before = taken[:, 1:] > np.maximum(taken[:, :-1], usual) + CLOSE
        latest = np.where(before, days, self.freedom.begun).max(axis=1, initial=self.freedom.begun)
        soon = (day - latest < self.freedom.rise_every)[:, None]
        return np.asarray(rises & (large | soon))


def _joined(levels: Sequence[_Generation]) -> _Generation | None:
    if not levels:
        return None
    return _Generation(
        schedules=Schedules(
            days=np.concatenate([one.schedules.days for one in levels]),
            options=np.concatenate([one.schedules.options for one in levels]),
        ),
        levels=np.concatenate([one.levels for one in levels]),
        excess=np.concatenate([one.excess for one in levels]),
        distance=np.concatenate([one.distance for one in levels]),
    )
