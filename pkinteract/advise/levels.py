"""The judged level of every day under many ways of giving a drug.

All run in lanes from the first change on. Where nothing that the drug becomes acts on anything, and nothing of it
saturates, levels are linear in its doses under whatever the others do to its clearance: then two runs for every day,
with the doses stopped from it on and begun on it, give those of all schedules (advise.md).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property

import numpy as np

from pkinteract.advise.people import PatientColumns
from pkinteract.advise.types import PRESENT, IntArray, Schedule, Schedules, Task
from pkinteract.engine.curves import Array
from pkinteract.engine.lanes.types import LaneStates
from pkinteract.errors import SimulationError
from pkinteract.model import Model
from pkinteract.model.absorption import entry_of, jumps_of
from pkinteract.scenario import Dose
from pkinteract.scenario.types import TOLERANCE

DAY = 24.0

BATCH = 256
"""Columns that are run at once, a multiple of those that are stepped together."""


class Levels:
    """The judged level of every day, in the unit of the target, for patients under any schedule of one drug.

    Parameters
    ----------
    task
        What is judged, and what may be given.
    people
        Who takes it, under the doses of the file.
    model
        Of the scenario's own patient: names, and how doses enter.
    """

    def __init__(self, task: Task, people: PatientColumns, model: Model) -> None:
        self.task, self.people = task, people
        place = {int(dose): row for row, dose in enumerate(task.doses)}
        self._rows = np.array([place.get(dose, -1) for dose in people.given.tolist()], dtype=np.int64)
        family = {n for n, name in enumerate(model.compounds) if name in task.family}
        self.linear = not any(actor.compound in family for actor in people.system.actors)
        self._bases, self._coefficients = _bases(task, model)

    def of(self, schedules: Sequence[Schedule]) -> Array:
        """Levels of the first patient under some schedules, (schedule, day).

        Raises
        ------
        SimulationError
            When the solver gives up.
        """
        return self.of_many(self._padded(schedules))

    def of_many(self, schedules: Schedules) -> Array:
        """The same of schedules of one number of changes; a change on the day after the last is none.

        Raises
        ------
        SimulationError
            When the solver gives up.
        """
        if self.linear:
            return self.combined(schedules)
        factors = self._factors(schedules)
        return self._certain(np.zeros(factors.shape[1], dtype=np.int64), factors)

    def _padded(self, schedules: Sequence[Schedule]) -> Schedules:
        most = max(map(len, schedules), default=0)
        days = np.full((len(schedules), most), self.task.count)
        options = np.full((len(schedules), most), PRESENT)
        for row, schedule in enumerate(schedules):
            for n, step in enumerate(schedule):
                days[row, n], options[row, n] = step.day, step.option
        return Schedules(days=days, options=options)

    def of_all(self, schedule: Schedule) -> Array:
        """Levels of every patient under a schedule, (patient, day); not a number where there is none."""
        return self.of_some(schedule, self.people.count)

    def of_some(self, schedule: Schedule, count: int) -> Array:
        """The same of the first patients."""
        factors = np.repeat(self._factors(self._padded([schedule])), count, axis=1)
        return self._run(np.arange(count), factors)

    def _factors(self, schedules: Schedules) -> Array:
        """What each of the drug's doses is times what it would be, (dose, schedule)."""
        options = np.full((self.task.count, len(schedules.days)), PRESENT)
        day = np.arange(self.task.count)[:, None]
        for n in range(schedules.days.shape[1]):
            options = np.where(day >= schedules.days[:, n], schedules.options[:, n], options)
        shares: Array = self._coefficients[options[self.task.day]]
        return np.asarray((shares * self._bases[:, None]).sum(axis=2))

    @property
    def before(self) -> Array:
        """Level of everybody on the day before the first change, (patient,); not a number without such a day."""
        return self._begun[1]

    @cached_property
    def _begun(self) -> tuple[LaneStates, Array]:
        """Where everybody stands at the first change, and their levels before."""
        first, start = self.task.scenario.first_time, self.task.start
        at_once = start - first <= TOLERANCE
        span = (first, first + DAY) if at_once else (first, start)
        count = self.people.count
        factors = np.ones((len(self.people.given), count))
        whole = start - DAY >= first - TOLERANCE
        edges = np.array([start - DAY, start] if whole else [np.inf])
        trough = self.task.before if self.task.wanted.of == "trough" else None
        grid = np.empty(0) if trough is None else np.array([trough])
        done = self.people.run(np.arange(count), factors, span, edges=edges, grid=grid)
        stand = done.begin if at_once else done.end
        if stand is None:
            raise ValueError("a run was not asked where it ends")
        levels = np.full(count, np.nan)
        if trough is not None:
            levels = np.array(done.profile[0, 0], dtype=float)
        elif whole:
            levels = done.windows[0, 0, 0] / DAY
        return stand, levels

    def _run(self, who: IntArray, factors: Array) -> Array:
        """Levels (column, day) of some patients with every dose of the drug times a factor (dose, column)."""
        task, count = self.task, len(who)
        stop = task.start + DAY * task.count
        edges: Array = task.start + DAY * np.arange(task.count + 1, dtype=float)
        trough = task.wanted.of == "trough"
        grid = np.unique(task.sampled) if trough else np.empty(0)
        standing = self._begun[0]
        jumps = np.where(self._rows[:, None] < 0, 1.0, factors[self._rows])

        def part(first: int) -> Array:
            here = slice(first, first + BATCH)
            span = task.start, stop
            done = self.people.run(who[here], jumps[:, here], span, edges=edges, grid=grid, initial=standing)
            read = done.profile[0][np.searchsorted(grid, task.sampled)] if trough else done.windows[0, :, 0] / DAY
            levels = np.where(done.ok, read, np.nan).T.copy()
            done.release()
            return levels

        firsts = range(0, count, BATCH)
        if len(firsts) == 1:
            return part(0)
        with ThreadPoolExecutor(os.cpu_count()) as together:
            return np.concatenate(list(together.map(part, firsts)))

    def _certain(self, who: IntArray, factors: Array) -> Array:
        levels = self._run(who, factors)
        if np.isnan(levels).any():
            span = self.task.start, self.task.start + DAY * self.task.count
            raise SimulationError(span, "compiled", "Try pkinteract run first.", self.task.scenario.name)
        return levels

    @cached_property
    def _stopped_and_begun(self) -> tuple[Array, Array]:
        """Levels with the doses of the file until a day and none from it on, (day of stop, day).

        And what a base gives from a day on, (base, day of begin, day).
        """
        task, days, bases = self.task, self.task.count + 1, self._bases.shape[1]
        until = task.day[:, None] < np.arange(days)
        columns = [np.where(until, 1.0, 0.0)]
        columns += [np.where(until, 0.0, self._bases[:, b : b + 1]) for b in range(bases)]
        factors = np.concatenate(columns, axis=1)
        levels = self._certain(np.zeros(factors.shape[1], dtype=np.int64), factors)
        stopped, *begun = levels.reshape(bases + 1, days, task.count)
        earlier = np.arange(task.count) < np.arange(days)[:, None]
        return stopped, np.where(earlier, 0.0, np.array(begun) - stopped[0])

    def combined(self, schedules: Schedules) -> Array:
        """The same as sums of what doses of every day give alone: exact where levels are linear, else a first guess."""
        stopped, begun = self._stopped_and_begun
        ends = np.full((len(schedules.days), 1), self.task.count)
        days = np.concatenate([schedules.days, ends], axis=1)
        levels: Array = stopped[days[:, 0]]
        for n in range(schedules.days.shape[1]):
            for b in range(len(begun)):
                share = self._coefficients[schedules.options[:, n], b][:, None]
                levels = levels + share * (begun[b, days[:, n]] - begun[b, days[:, n + 1]])
        return np.asarray(np.maximum(levels, 0.0))


def _bases(task: Task, model: Model) -> tuple[Array, Array]:
    """What options are made of: factors on the absorbed doses (dose, base), and shares of these (option, base).

    The first base is the doses of the file; where they are equal all others are multiples of it.
    """
    doses = [task.scenario.doses[i] for i in task.doses]
    own = np.array([_absorbed(dose, dose.amount, model) for dose in doses])
    taken = own > 0
    count = len(task.options)
    alike = task.a_day == 1 and len({(d.amount, d.formulation, d.bioavailability) for d in doses}) == 1
    bases = np.ones((len(doses), 1)) if alike else np.zeros((len(doses), 1 + task.options.shape[1]))
    shares = np.zeros((count, bases.shape[1]))
    bases[:, 0], shares[PRESENT, 0] = 1.0, 1.0
    for slot in range(task.options.shape[1]):
        mine = np.flatnonzero(taken & (task.slot == slot))
        if len(mine) == 0:
            continue
        one = doses[mine[0]]
        unit = _absorbed(one, one.amount, model)
        base = 0 if alike else 1 + slot
        if not alike:
            for j in mine.tolist():
                bases[j, base] = _absorbed(replace(doses[j]), one.amount, model) / own[j]
        for option in range(1, count):
            shares[option, base] = _absorbed(one, float(task.options[option, slot]), model) / unit
    return bases, shares


def _absorbed(dose: Dose, amount: float, model: Model) -> float:
    """The first jump that a dose makes if its amount is this [mg] or [mg/h]."""
    if amount <= 0:
        return 0.0
    asked = replace(dose, amount=amount, free=dose.free * amount / dose.amount)
    return jumps_of(asked, model.ways[entry_of(dose)])[0].amount
