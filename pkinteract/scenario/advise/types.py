"""What ``[advise]`` asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Measure = Literal["average", "trough"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AdviseSpecification:
    """Which drug is to be given how, so that a level stays where it should.

    Attributes
    ----------
    drug, target
        The drug whose doses are looked for, and the analyte that is judged; None where the program chooses.
    keep
        Largest distance from the level before the first change, relative to it [1]; None with a band of levels.
    between
        Lowest and highest level in the unit of the target; None with ``keep``, or where the reference range holds.
    of
        What is judged of every day.
    start, stop
        Judged days begin and end here [h]; None for the first change and the end of the run.
    earliest
        Before this no dose is changed [h]; None for the first change.
    most_changes
        Largest number of days on which the dose becomes another.
    weekdays
        Days of the week on which it may, 0 is Monday; empty for all.
    least_between
        Shortest time from one change to the next [h].
    largest_step
        Largest difference of two doses in a row [mg]; None without a limit.
    strengths
        Of the tablets there are [mg]; empty for those of the monograph.
    halves
        Whether tablets are broken that have a score line.
    split
        Whether the last dose of a day may be one step larger than the others.
    loading
        Whether a dose above or below both its neighbours may last less than three days.
    """

    drug: str | None
    target: str | None
    keep: float | None
    between: tuple[float, float] | None
    of: Measure
    start: float | None
    stop: float | None
    earliest: float | None
    most_changes: int
    weekdays: frozenset[int]
    least_between: float
    largest_step: float | None
    strengths: tuple[float, ...]
    halves: bool
    split: bool
    loading: bool

    @property
    def by_range(self) -> bool:
        """Whether the reference range of the target holds."""
        return self.keep is None and self.between is None


KEEP = 0.2
"""Distance from the level before the first change that is kept where nothing is said [1]."""

USUAL = AdviseSpecification(
    drug=None,
    target=None,
    keep=KEEP,
    between=None,
    of="average",
    start=None,
    stop=None,
    earliest=None,
    most_changes=3,
    weekdays=frozenset(),
    least_between=24.0,
    largest_step=None,
    strengths=(),
    halves=False,
    split=False,
    loading=False,
)
"""What is asked for where a scenario has no such table."""
