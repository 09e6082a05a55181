"""From a simulated scenario to its advice: the search, virtual patients, and the run with the schedule in it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace

from pkinteract.advise.levels import Levels
from pkinteract.advise.outcome import Advice, best_advice
from pkinteract.advise.people import typical_people
from pkinteract.advise.rewrite import advised_scenario
from pkinteract.advise.shares import BEST, PeopleAdvice, advised_people
from pkinteract.advise.steps import PlannedStep, planned_steps
from pkinteract.advise.task import needless_task, task_of
from pkinteract.advise.types import Begin, Candidate, Task
from pkinteract.analysis import Answer, answer_of
from pkinteract.errors import InputError, Problem
from pkinteract.guidance import fire
from pkinteract.guidance.run import facts_of_run
from pkinteract.model import build
from pkinteract.population.people.specification import PopulationSpecification
from pkinteract.population.run.executors import counted
from pkinteract.population.run.plan import plan_of
from pkinteract.population.statistics.people import PatientSpread, people_of
from pkinteract.result import Result
from pkinteract.simulation import simulate
from pkinteract.text.toml_lines import Lines

Bar = Callable[[str], AbstractContextManager[Begin | None]]
"""What begins to tell how many of something are done."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Advised:
    """An advice with the run that follows it.

    Attributes
    ----------
    chosen
        The schedule that is advised: the best one, or the one that virtual patients chose among the best.
    before
        The answer of the run without it.
    result
        The run with it; ``unchanged`` in it is the one without where there is a change.
    people, spread
        What it does in virtual patients, and how their levels lie around the curve; None without them.
    """

    advice: Advice
    chosen: Candidate
    steps: tuple[PlannedStep, ...]
    before: Answer
    result: Result
    people: PeopleAdvice | None
    spread: PatientSpread | None


def advised(unchanged: Result, spec: PopulationSpecification | None = None, *, bar: Bar | None = None) -> Advised:
    """Find the schedule for a simulated scenario, and simulate it.

    Parameters
    ----------
    unchanged
        The scenario as it is, of a typical patient or one fitted to levels.
    spec
        Virtual patients in whom the best schedules are tried too; none if left out.
    bar
        Shows how far the search has come; nothing does if left out.

    Raises
    ------
    InputError
        When what ``[advise]`` asks for cannot be searched: every reason, with what to write instead; or when the drug
        is contraindicated in this patient.
    SimulationError
        When the solver gives up.
    """
    show: Bar = bar or (lambda _: nullcontext())
    task = task_of(unchanged) or needless_task(unchanged)
    before = answer_of(unchanged)
    _refuse_contraindicated(task, before)
    model = build(task.scenario)
    levels = Levels(task, typical_people(task.scenario, model, task.place), model)
    with show("schedules") as begin:
        tell = None if begin is None else begin(None)
        advice = best_advice(task, levels, keep=1 if spec is None else BEST, progress=tell)
    people = None
    if spec is not None and not advice.stopped:
        try:
            with show("patients") as begin:
                people = advised_people(advice, spec, begin=begin)
        except KeyboardInterrupt:
            advice = replace(advice, stopped=True)
    chosen = advice.best if people is None else people.chosen
    changed = simulate(advised_scenario(task, chosen.schedule))
    spread = None
    if spec is not None and people is not None:
        plan = plan_of(changed.scenario, spec)
        tally = counted(plan)
        spread = people_of(plan, tally)
        tally.release()
    return Advised(
        advice=advice,
        chosen=chosen,
        before=before,
        steps=planned_steps(advice, chosen, levels, changed.curves[task.place]),
        result=replace(changed, fit=unchanged.fit, unchanged=unchanged if chosen.schedule else None),
        people=people,
        spread=spread,
    )


def _refuse_contraindicated(task: Task, before: Answer) -> None:
    """Refuse to give doses of a drug that a rule contraindicates, as far as the patient is known."""
    fired = fire(task.scenario, facts_of_run(before), task.scenario.language)
    against = [one for one in fired if one.severity == "contraindicated" and task.drug in one.drugs and not one.assumed]
    problems = [
        Problem(
            line=Lines(task.scenario.text).lines.get(("advise",)),
            key="advise",
            message=f"{one.drugs[0]} gets no schedule, it is contraindicated: {one.advice}",
        )
        for one in against
    ]
    if problems:
        raise InputError(task.scenario.path, problems)
