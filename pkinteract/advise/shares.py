"""What a schedule does in virtual patients: how many stay where they should."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from pkinteract.advise.levels import Levels
from pkinteract.advise.outcome import Advice
from pkinteract.advise.people import virtual_people
from pkinteract.advise.score import INCLUSIVE, judgement_of
from pkinteract.advise.types import Begin, BoolArray, Candidate, Task
from pkinteract.analysis.settled import DAY
from pkinteract.engine.curves import Array
from pkinteract.errors import InputError, Problem
from pkinteract.library.schema.monograph import clearing
from pkinteract.model import build
from pkinteract.population.people.cohort import Cohort
from pkinteract.population.people.draw import draw
from pkinteract.population.people.specification import PopulationSpecification
from pkinteract.population.run.bodies import typical_of
from pkinteract.scenario.types import TOLERANCE

BEST = 50
"""Schedules that are tried in virtual patients (advise.md, 10)."""

JURY = 256
"""Patients among whom the best of these is chosen, the first of them."""

BLOCK = 512
"""Patients who are put into the model at once."""

WORTH = 0.05
"""Share of the patients that one more change must keep inside beside the others [1]."""

FAR = 0.3
"""Change of one's own level that is told [1]."""

Outcome = Literal["inside", "above_range", "below_range", "above_alert", "moved"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Share:
    """How many of a group of patients something is true of, without and with the schedule.

    Attributes
    ----------
    group
        "all", or a genotype such as "CYP2D6 poor".
    outcome
        What is counted: "inside" the band on every judged day (each around their own level with ``keep``); at the end
        above or below the reference range, or above the alert level; or "moved" by more than ``FAR`` from their own
        level at the end.
    patients
        In the group, those with a result.
    unchanged, advised
        Share of them [1].
    """

    group: str
    outcome: Outcome
    patients: int
    unchanged: float
    advised: float


@dataclass(frozen=True, eq=False, kw_only=True)
class PeopleAdvice:
    """A schedule in virtual patients.

    Attributes
    ----------
    chosen
        The schedule that keeps most of them inside among the best of the typical patient.
    shares
        What it does, by group.
    low, middle, high
        5th, 50th and 95th percentile of the level of every day with the schedule, (day,).
    failed
        Patients without a result.
    """

    chosen: Candidate
    shares: tuple[Share, ...]
    low: Array
    middle: Array
    high: Array
    failed: int


@dataclass(frozen=True, eq=False, kw_only=True)
class _TreatedBlock:
    """Some patients: how doses lead to levels, where each began, and who they are."""

    levels: Levels
    before: Array
    cohort: Cohort


def advised_people(advice: Advice, spec: PopulationSpecification, *, begin: Begin | None = None) -> PeopleAdvice:
    """Choose among the best schedules by virtual patients, and tell what the choice does.

    Parameters
    ----------
    spec
        From what they are drawn.
    begin
        Takes how many patients will be run, each once under every schedule that is tried in them.

    Raises
    ------
    InputError
        When there is no day before the first change on which they could have a level of their own.
    """
    task = advice.task
    if task.start - DAY < task.scenario.first_time - TOLERANCE and task.wanted.keep is not None:
        text = "begins less than a day before the first change; begin the courses earlier to try it in virtual patients"
        raise InputError(task.scenario.path, [Problem(line=None, key="regimen", message=text)])
    blocks = list(_blocks(task, spec))
    passing = [one for one in advice.ranked if one.score.passes == advice.best.score.passes]
    jury = min(JURY, len(blocks[0].before)) * len(passing) if len(passing) > 1 else 0
    tell = (begin or _unseen)(jury + 2 * sum(len(block.before) for block in blocks))
    chosen = advice.best
    if len(passing) > 1:
        chosen = max(passing, key=lambda one: _kept(advice, blocks, one, tell) - WORTH * one.score.changes)
    unchanged, advised = [], []
    for block in blocks:
        unchanged.append(block.levels.of_all(()))
        advised.append(block.levels.of_all(chosen.schedule))
        tell(2 * len(block.before))
    without, given = np.concatenate(unchanged), np.concatenate(advised)
    before = np.concatenate([block.before for block in blocks])
    ok = ~(np.isnan(without).any(axis=1) | np.isnan(given).any(axis=1))
    groups = _groups(task, [block.cohort for block in blocks])
    shares = [
        Share(
            group=group,
            outcome=outcome,
            patients=int(member.sum()),
            unchanged=float(one[member].mean()),
            advised=float(other[member].mean()),
        )
        for outcome, one, other in _outcomes(advice, before, without, given)
        for group, members in groups.items()
        for member in [members & ok]
        if member.any()
    ]
    low, middle, high = np.percentile(given[ok], [5, 50, 95], axis=0)
    return PeopleAdvice(
        chosen=chosen, shares=tuple(shares), low=low, middle=middle, high=high, failed=spec.n - int(ok.sum())
    )


def _unseen(_: int | None) -> Callable[[int], None]:
    """Where nobody looks."""
    return lambda _: None


def _blocks(task: Task, spec: PopulationSpecification) -> Iterator[_TreatedBlock]:
    scenario, model, typical = task.scenario, build(task.scenario), typical_of(task.scenario)
    for first in range(0, spec.n, BLOCK):
        drawn = draw(scenario, spec, first, min(BLOCK, spec.n - first))
        people, able = virtual_people(scenario, drawn, typical, task.place)
        levels = Levels(task, people, model)
        yield _TreatedBlock(levels=levels, before=levels.before, cohort=_some(drawn, able))


def _some(cohort: Cohort, able: np.ndarray) -> Cohort:
    """The patients of some columns, by what groups are made of."""
    phenotype = {
        gene: replace(one, phenotype=one.phenotype[able], score=one.score[able], factor=one.factor[able])
        for gene, one in cohort.phenotype.items()
    }
    return replace(cohort, number=cohort.number[able], phenotype=phenotype)


def _kept(advice: Advice, blocks: Sequence[_TreatedBlock], one: Candidate, tell: Callable[[int], None]) -> float:
    """Share of the first patients that stays inside under a schedule [1]."""
    first = blocks[0]
    count = min(JURY, len(first.before))
    levels = first.levels.of_some(one.schedule, count)
    tell(count)
    return float(_inside(advice, first.before[:count], levels).mean())


def _inside(advice: Advice, before: Array, levels: Array) -> BoolArray:
    """(patient,) whether every judged day is inside the band; their own one with ``keep``."""
    keep = advice.task.wanted.keep
    if keep is None:
        return np.asarray((judgement_of(advice.task, levels, advice.counted).excess == 0).all(axis=1))
    own = levels[:, advice.counted] / before[:, None]
    return np.asarray(((own >= (1 - keep) * (1 - INCLUSIVE)) & (own <= (1 + keep) * (1 + INCLUSIVE))).all(axis=1))


def _outcomes(
    advice: Advice, before: Array, without: Array, given: Array
) -> Iterator[tuple[Outcome, BoolArray, BoolArray]]:
    analyte = advice.task.analyte
    last = int(np.flatnonzero(advice.task.judged)[-1])
    yield "inside", _inside(advice, before, without), _inside(advice, before, given)
    limits: list[tuple[Outcome, float | None]] = [("above_range", analyte.high), ("above_alert", analyte.alert)]
    for outcome, level in limits:
        if level is not None:
            yield outcome, without[:, last] > level, given[:, last] > level
    if analyte.low is not None:
        yield "below_range", without[:, last] < analyte.low, given[:, last] < analyte.low
    if advice.task.reference is not None:
        yield "moved", np.abs(without[:, last] / before - 1) > FAR, np.abs(given[:, last] / before - 1) > FAR


def _groups(task: Task, cohorts: Sequence[Cohort]) -> Mapping[str, BoolArray]:
    """Everybody, and those of every genotype that clears the drug or what it forms."""
    everybody = np.concatenate([np.ones(len(cohort.number), dtype=bool) for cohort in cohorts])
    groups: dict[str, BoolArray] = {"all": everybody}
    own = clearing([task.scenario.monographs[name] for name in task.family])
    for gene in (gene for gene in cohorts[0].phenotype if gene in own):
        kinds = np.concatenate([cohort.phenotype[gene].phenotype for cohort in cohorts])
        groups |= {f"{gene} {kind}": kinds == kind for kind in sorted(set(kinds.tolist()))}
    return groups
