"""What a search for doses is about: the days, the doses that may be given, schedules and how they score."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from pkinteract.advise.tablets import Tablets
from pkinteract.engine.curves import Array
from pkinteract.result import Analyte
from pkinteract.scenario import Scenario
from pkinteract.scenario.advise.types import AdviseSpecification

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

Kind = Literal["tablets", "halves", "split", "above", "any"]
"""Doses of whole tablets; of halves; larger in the evening; above the highest dose; and those that no tablet gives."""

Begin = Callable[[int | None], Callable[[int], None]]
"""From how many there will be of something, None where nobody knows, to what is told how many more are done."""

PRESENT = 0
"""The first of the options: the doses of the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetBand:
    """Where a level should be, and what is closest to its middle, in the unit of the target."""

    low: float
    high: float
    target: float


@dataclass(frozen=True, eq=False, kw_only=True)
class Task:
    """A search for doses.

    Attributes
    ----------
    analyte
        What is judged.
    place
        Its position among the analytes of the scenario.
    start
        The first change of anything but the drug [h]; days count from here.
    count
        Number of whole days from there to the end of the run.
    doses
        Positions of the drug's doses on these days among those of the scenario, (dose,).
    day, slot
        The day of each, and whether it may be one step larger (1) or not (0), (dose,).
    present
        Amount of each as the file has it [mg], (dose,).
    sampled
        Time of the value before the first dose of each day, or of its begin where none is given [h], (day,).
    family
        The drug and what it forms.
    options
        Amount of a dose in each slot [mg], (option, slot); the first stands for the doses of the file.
    ceilings
        (day,) largest mean dose that the kidneys of the day let be given, infinite without such a limit [mg].
    kinds
        What kind of dose each option is, (option,).
    tablets
        What each amount is made of; nothing of those that no tablets give.
    a_day
        Doses a day.
    changeable
        Days on which the dose may become another, ascending.
    judged
        (day,) whether the level counts.
    band, reference
        Where the level should be; and what it was on the day before the first change, None without a level there.
    before
        Time of the value before the first dose of that day [h]; None without one.
    late
        The last day from which on the level counts though it has not been inside yet; 0 where it was before.
    unsettled
        Largest relative difference between the averages of the three days before [1]; None where it is not known.
    """

    scenario: Scenario
    wanted: AdviseSpecification
    drug: str
    analyte: Analyte
    place: int
    start: float
    count: int
    doses: IntArray
    day: IntArray
    slot: IntArray
    present: Array
    sampled: Array
    family: frozenset[str]
    options: Array
    ceilings: Array
    kinds: tuple[Kind, ...]
    tablets: Mapping[float, Tablets]
    a_day: int
    changeable: IntArray
    judged: BoolArray
    band: TargetBand
    reference: float | None
    before: float | None
    late: int
    unsettled: float | None

    @cached_property
    def sizes(self) -> Array:
        """Mean amount of a dose of each option [mg], (option,)."""
        share = np.bincount(self.slot, minlength=self.options.shape[1]) / max(len(self.slot), 1)
        sizes = np.array(self.options @ share)
        sizes[PRESENT] = self.present.mean() if len(self.present) else 0.0
        return sizes


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Step:
    """From a day on, doses are those of an option."""

    day: int
    option: int


Schedule = tuple[Step, ...]
"""Changes of the dose, by day; none is the dosing of the file."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Schedules:
    """Schedules of one number of changes: day and option of each, (schedule, change)."""

    days: IntArray
    options: IntArray

    def one(self, row: int) -> Schedule:
        """One of them."""
        return tuple(
            Step(day=day, option=option)
            for day, option in zip(self.days[row].tolist(), self.options[row].tolist(), strict=True)
        )


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Score:
    """How good a schedule is; the smaller comes first (advise.md, 7).

    Attributes
    ----------
    excess
        Sum over judged days of the distance outside the band, as logarithm [1]; 0 passes.
    changes
        Number of changes.
    distance
        Mean over judged days of the distance from the target, as logarithm [1].
    steps
        Sum of the logarithms of the dose steps [1].
    days, amounts
        Of the changes; the earliest and the lowest come first.
    """

    excess: float
    changes: int
    distance: float
    steps: float
    days: tuple[int, ...]
    amounts: tuple[float, ...]

    @property
    def passes(self) -> bool:
        """Whether every judged day is inside the band."""
        return self.excess == 0


@dataclass(frozen=True, eq=False, kw_only=True)
class Candidate:
    """A schedule with its score, and the level of every day it leads to (day,)."""

    schedule: Schedule
    score: Score
    levels: Array
