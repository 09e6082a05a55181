"""The Python door beside ``load_scenario`` and ``simulate``: whole commands as functions that return pandas frames.

A frame has the columns of the CSV file of its name, units in the names or in a ``unit`` column. The functions stand at
the top of the package: ``from pkinteract import exposure, population, fit, qualify``.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from pkinteract.errors import PopulationError
from pkinteract.result import Result
from pkinteract.scenario import Scenario
from pkinteract.text.csv import Table

if TYPE_CHECKING:
    from pkinteract.advise.advised import Advised as AdviceOutcome
    from pkinteract.fitting import FitResult as FitOutcome
    from pkinteract.qualify import PointOutcome as PointOutcome
    from pkinteract.qualify import StudyOutcome as StudyOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class PopulationFrames:
    """A scenario in virtual patients.

    Attributes
    ----------
    patients
        One row per patient: body, genes, measures of every analyte, and ``status``, "ok" or why there is no result.
    bands, days
        How levels spread at every time of the output [h, d], and averages of 24 h on every day.
    metrics
        How every measure spreads, in everybody and by phenotype.
    risk
        Who is above an alert level before, after and at any time, with 95 % intervals; empty without alert levels.
    """

    patients: pd.DataFrame
    bands: pd.DataFrame
    days: pd.DataFrame
    metrics: pd.DataFrame
    risk: pd.DataFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class AdviceFrames:
    """Doses that keep a level where it should be.

    Attributes
    ----------
    outcome
        All of it: the search, its figures, the run with the schedule (``result``) and without (``result.unchanged``).
    schedule, alternatives
        The changes of the dose, and what else could be done.
    shares
        What it does in virtual patients, by genotype; None without them.
    text
        The scenario file with the schedule in it.
    """

    outcome: AdviceOutcome
    schedule: pd.DataFrame
    alternatives: pd.DataFrame
    shares: pd.DataFrame | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FitFrames:
    """What came out of a fit.

    Attributes
    ----------
    outcome
        All of it: correlations, profiles, posterior, residual SD, warnings.
    estimates
        One row per parameter, and subject where they have their own: estimate, standard error, 95 % interval, ``unit``.
    predictions
        Every measurement beside its prediction.
    files
        File name to text of what a scenario takes by ``parameters = "result.toml"``.
    """

    outcome: FitOutcome
    estimates: pd.DataFrame
    predictions: pd.DataFrame
    files: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class QualificationFrames:
    """Predicted against published interaction ratios and time courses.

    Attributes
    ----------
    outcomes, point_outcomes
        Every study, and every time point, with what was predicted for it.
    qualification
        One row per study arm: observed and predicted ratio [1], fold error [1], limits, why one was not simulated.
    timecourses, daily
        One row per time point, and per day of a series: observed and predicted, in the column ``unit``.
    summary
        Mean fold error [1] and shares within limits [1], over all and by set, design, mechanism, perpetrator, victim.
    """

    outcomes: tuple[StudyOutcome, ...]
    point_outcomes: tuple[PointOutcome, ...]
    qualification: pd.DataFrame
    timecourses: pd.DataFrame
    daily: pd.DataFrame
    summary: pd.DataFrame


def exposure(result: Result) -> pd.DataFrame:
    """Peak, trough, average and area of every analyte and period, as ``exposure.csv`` has them.

    Parameters
    ----------
    result
        What :func:`pkinteract.simulate` gave.

    Returns
    -------
    pandas.DataFrame
        One row per analyte and period; concentrations in the unit of the column ``unit``, areas in unit·h.
    """
    from pkinteract.export.tables.run import exposure_table

    return _frame(exposure_table(result))


def alerts(result: Result) -> pd.DataFrame:
    """From when to when [h] a level is out of range or above its alert level, as ``alerts.csv`` has it.

    Parameters
    ----------
    result
        What :func:`pkinteract.simulate` gave.
    """
    from pkinteract.analysis import answer_of
    from pkinteract.export.tables.run import alert_table

    return _frame(alert_table(answer_of(result)))


def comparison(results: Sequence[Result]) -> pd.DataFrame:
    """Scenarios side by side, week by week, as ``comparison.csv`` has them.

    Parameters
    ----------
    results
        Of two scenarios or more; the ratios are to the first.
    """
    from pkinteract.export.tables.run import comparison_table

    return _frame(comparison_table(results))


def population(scenario: Scenario, *, n: int | None = None, seed: int | None = None) -> PopulationFrames:
    """Simulate virtual patients under a scenario, in threads of this process.

    The same seed gives the same patients and the same numbers as ``pkinteract population`` does.

    Parameters
    ----------
    scenario
        What :func:`pkinteract.load_scenario` read.
    n
        Number of patients; that of the scenario's ``[population]``, or 1000, if left out.
    seed
        Begins the draws; that of the scenario, or 1, if left out.

    Raises
    ------
    InputError
        When the scenario's patient cannot stand for a population.
    SimulationError
        When the typical patient cannot be simulated.
    PopulationError
        When not one patient has a result.
    """
    from pkinteract.export.tables.population import bands_table, days_table, metrics_table, risk_table
    from pkinteract.population.people.specification import specification
    from pkinteract.population.run.executors import in_threads
    from pkinteract.population.run.partitions import PATIENTS, Form, add_packed
    from pkinteract.population.run.plan import plan_of
    from pkinteract.population.statistics.tally import empty_tally

    plan = plan_of(scenario, specification(scenario, n, seed))
    tally = empty_tally(plan, plan.spec.n)
    patients: dict[int, pd.DataFrame] = {}
    kept = Form(ending="csv", written=pickle.dumps)
    for partition, files in in_threads(plan, kept, range(plan.partitions), _silent):
        add_packed(tally, files[f"{partition:05}.npz"])
        patients[partition] = _frame(pickle.loads(files[f"{PATIENTS}-{partition:05}.csv"]))
    if not tally.patients[0]:
        raise PopulationError(scenario.name, plan.spec.n, tally.failures.values())
    frames = PopulationFrames(
        patients=pd.concat([patients[partition] for partition in sorted(patients)], ignore_index=True),
        bands=_frame(bands_table(plan, tally)),
        days=_frame(days_table(plan, tally)),
        metrics=_frame(metrics_table(plan, tally)),
        risk=_frame(risk_table(plan, tally)),
    )
    tally.release()
    return frames


def advise(scenario: Scenario, *, n: int | None = None, seed: int | None = None) -> AdviceFrames:
    """Find the doses that keep a level where it should be, as ``pkinteract advise`` does.

    Parameters
    ----------
    scenario
        What :func:`pkinteract.load_scenario` read; its ``[advise]`` says what is wanted.
    n
        Virtual patients in whom the best schedules are tried too; none if left out.
    seed
        Begins their draws; that of the scenario, or 1, if left out.

    Raises
    ------
    InputError
        When what is asked for cannot be searched: every reason, with what to write instead.
    SimulationError
        When the solver gives up.
    """
    from pkinteract.advise.advised import advised
    from pkinteract.export.tables.advise import alternatives_table, schedule_table, share_table
    from pkinteract.population.people.specification import specification
    from pkinteract.simulation import simulate
    from pkinteract.text.words import words_of

    outcome = advised(simulate(scenario), None if n is None else specification(scenario, n, seed))
    words = words_of(scenario.language)
    return AdviceFrames(
        outcome=outcome,
        schedule=_frame(schedule_table(outcome.advice, outcome.steps, words)),
        alternatives=_frame(alternatives_table(outcome.advice, outcome.chosen)),
        shares=None if outcome.people is None else _frame(share_table(outcome.people)),
        text=outcome.result.scenario.text,
    )


def fit(path: str | PathLike[str]) -> FitFrames:
    """Estimate the parameters that a fit file names, with standard errors and 95 % intervals.

    Parameters
    ----------
    path
        The fit file, as ``pkinteract fit`` takes it.

    Raises
    ------
    InputError
        When the file or its data are wrong, or no measurement depends on a parameter.
    SimulationError
        When the initial values describe no possible body, or the solver gives up.
    """
    from pkinteract.export.fit import result_texts
    from pkinteract.export.tables.fit import estimate_table, prediction_table
    from pkinteract.fitting import estimate, read_fit

    outcome = estimate(read_fit(Path(path)))
    return FitFrames(
        outcome=outcome,
        estimates=_frame(estimate_table(outcome)),
        predictions=_frame(prediction_table(outcome)),
        files=result_texts(outcome),
    )


def qualify(
    *,
    perpetrator: str | None = None,
    victim: str | None = None,
    row: str | None = None,
    table: str | PathLike[str] | None = None,
    timecourses: str | PathLike[str] | None = None,
    drugs: Sequence[str | PathLike[str]] = (),
    workers: int = 1,
) -> QualificationFrames:
    """Hold the predictions against published interaction studies, each arm and time course simulated as it was done.

    Parameters
    ----------
    perpetrator, victim, row
        Only studies of this perpetrator, of this victim, of this id; all of them if left out.
    table, timecourses
        CSV files of studies and of time courses of one's own; with either, nothing of what is shipped.
    drugs
        Drug files of one's own beside the library.
    workers
        Processes; with more than one, a script keeps its calls below ``if __name__ == "__main__":``.

    Raises
    ------
    InputError
        When the table or a drug file is wrong, or no study has what is named.
    """
    from pkinteract.export.tables.qualify import course_table, daily_table, outcome_table, summary_table
    from pkinteract.qualify import course_summaries, qualify_courses, qualify_studies, summaries
    from pkinteract.qualify.choose import chosen_evidence, evidence

    own = [None if path is None else Path(path) for path in (table, timecourses)]
    chosen = chosen_evidence(evidence(*own), perpetrator=perpetrator, victim=victim, row=row)
    extra = [Path(drug) for drug in drugs]
    outcomes = qualify_studies(chosen.studies, extra=extra, workers=workers)
    points = qualify_courses(chosen.points, extra=extra, workers=workers)
    return QualificationFrames(
        outcomes=outcomes,
        point_outcomes=points,
        qualification=_frame(outcome_table(outcomes)),
        timecourses=_frame(course_table(points)),
        daily=_frame(daily_table(points)),
        summary=_frame(summary_table((*summaries(outcomes), *course_summaries(points)))),
    )


def _silent(_: int) -> None:
    """Tell nobody."""


def _frame(table: Table | Mapping[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(dict(table))
