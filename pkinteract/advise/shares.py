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
from pkinteract.advise.task import kidney_ceiling
from pkinteract.advise.types import PRESENT, Begin, BoolArray, Candidate, Schedule, Task
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

CLOSE = 1e-9
"""A dose that is above another by no more than this is not above it [mg]."""

Outcome = Literal["inside", "above_range", "below_range", "above_alert", "moved", "above_kidney_limit"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Share:
    """How many of a group of patients something is true of, without and with the schedule.

    Attributes
    ----------
    group
        "all", or a genotype such as "CYP2D6 poor".
    outcome
        What is counted: "inside" the band on every judged day (each around their own level with ``keep``), without a
        new dose above what the label gives for their own kidneys; at the end above or below the reference range, or
        above the alert level; "moved" by more than ``FAR`` from their own level at the end; or at the end on a dose
        above the one of their kidneys.
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
    """Some patients: how doses lead to levels, where each began, who they are, and what a dose is for their kidneys.

    Attributes
    ----------
    share
        (patient,) mean dose over the scenario's, for doses per kg [1].
    ceilings
        (patient,) largest mean dose that their kidneys let be given, infinite where they set no limit [mg].
    """

    levels: Levels
    before: Array
    cohort: Cohort
    share: Array
    ceilings: Array

    def above(self, task: Task, option: int) -> BoolArray:
        """(patient,) whether a dose is above what the label gives for their kidneys."""
        return np.asarray(self.share * task.sizes[option] > self.ceilings + CLOSE)

    def able(self, task: Task, schedule: Schedule) -> BoolArray:
        """(patient,) whether no dose of a schedule but those of the file is."""
        given = [self.above(task, step.option) for step in schedule if step.option != PRESENT]
        return np.asarray(~np.any([np.zeros(len(self.before), dtype=bool), *given], axis=0))


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
        for outcome, one, other in _outcomes(advice, chosen.schedule, blocks, without, given)
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
        weights, clearances = drawn.weight[able], drawn.creatinine_clearance[able]
        scaled = any(scenario.doses[i].per_weight for i in task.doses.tolist())
        yield _TreatedBlock(
            levels=levels,
            before=levels.before,
            cohort=_some(drawn, able),
            share=weights / scenario.patient.weight if scaled else np.ones(len(weights)),
            ceilings=np.array([kidney_ceiling(task, *one) for one in zip(weights, clearances, strict=True)]),
        )


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
    inside = _inside(advice, first.before[:count], levels)
    return float((inside & first.able(advice.task, one.schedule)[:count]).mean())


def _inside(advice: Advice, before: Array, levels: Array) -> BoolArray:
    """(patient,) whether every judged day is inside the band; their own one with ``keep``."""
    keep = advice.task.wanted.keep
    if keep is None:
        return np.asarray((judgement_of(advice.task, levels, advice.counted).excess == 0).all(axis=1))
    own = levels[:, advice.counted] / before[:, None]
    return np.asarray(((own >= (1 - keep) * (1 - INCLUSIVE)) & (own <= (1 + keep) * (1 + INCLUSIVE))).all(axis=1))


def _outcomes(
    advice: Advice, schedule: Schedule, blocks: Sequence[_TreatedBlock], without: Array, given: Array
) -> Iterator[tuple[Outcome, BoolArray, BoolArray]]:
    task, analyte = advice.task, advice.task.analyte
    before = np.concatenate([block.before for block in blocks])
    last = int(np.flatnonzero(advice.task.judged)[-1])
    able = np.concatenate([block.able(task, schedule) for block in blocks])
    yield "inside", _inside(advice, before, without), _inside(advice, before, given) & able
    limits: list[tuple[Outcome, float | None]] = [("above_range", analyte.high), ("above_alert", analyte.alert)]
    for outcome, level in limits:
        if level is not None:
            yield outcome, without[:, last] > level, given[:, last] > level
    if analyte.low is not None:
        yield "below_range", without[:, last] < analyte.low, given[:, last] < analyte.low
    if advice.task.reference is not None:
        yield "moved", np.abs(without[:, last] / before - 1) > FAR, np.abs(given[:, last] / before - 1) > FAR
    if task.scenario.monographs[task.drug].dosing.kidneys and not task.scenario.sessions:
        ends = (PRESENT, schedule[-1].option if schedule else PRESENT)
        one, other = (np.concatenate([block.above(task, option) for block in blocks]) for option in ends)
        yield "above_kidney_limit", one, other


def _groups(task: Task, cohorts: Sequence[Cohort]) -> Mapping[str, BoolArray]:
    """Everybody, and those of every genotype that clears the drug or what it forms."""
    everybody = np.concatenate([np.ones(len(cohort.number), dtype=bool) for cohort in cohorts])
    groups: dict[str, BoolArray] = {"all": everybody}
    own = clearing([task.scenario.monographs[name] for name in task.family])
    for gene in (gene for gene in cohorts[0].phenotype if gene in own):
        kinds = np.concatenate([cohort.phenotype[gene].phenotype for cohort in cohorts])
        groups |= {f"{gene} {kind}": kinds == kind for kind in sorted(set(kinds.tolist()))}
    return groups
