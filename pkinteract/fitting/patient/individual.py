"""What one patient's levels say of the patient: estimates, shrinkage, what each level did, bands, contradictions."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtr, ndtri
from scipy.stats import qmc

from pkinteract.engine.curves import Array
from pkinteract.errors import InputError, Problem
from pkinteract.fitting.patient.priors import judged, patient_fit, weighed_levels, with_fixed, without_level
from pkinteract.fitting.patient.weighed import Span, WeighedLevel, with_conflicts
from pkinteract.fitting.predict.levels import dense
from pkinteract.fitting.search.estimate import estimate
from pkinteract.fitting.search.numbers import LOG
from pkinteract.fitting.search.target import Best, Progress, Target
from pkinteract.fitting.types import Estimate, Fit, FitResult, Group, Measurand, Series
from pkinteract.interrupts import deferred
from pkinteract.result import UnweighedLevel
from pkinteract.scenario import Observation, Scenario
from pkinteract.text.remark import Remark, remark
from pkinteract.text.words import words_of

DRAWS = 256
"""Virtual patients behind a band: a Sobol sequence, which a power of two fills evenly."""

SEED = 1
"""Seed of the draws, so that a report repeats itself."""

LEAD = 14 * 24.0
"""How much of the run before t = 0 the bands show at most [h]."""

_STEPS = (0.25, 0.5, 1.0, 2.0, 4.0, 6.0, 8.0, 12.0, 24.0, 48.0, 168.0)
_MOST_TIMES = 800
_UNFELT = 1e-9
_TRIES, _ROUNDING = 16, 1e-9
_TAILS = (2.5, 97.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientEstimate:
    """One value of the patient.

    Attributes
    ----------
    population
        The monograph's value, in the parameter's unit.
    spread
        95 % of people [unit of the parameter]; None for what follows from others.
    shrinkage
        Variance that is left over that before the levels [1]: 0 if the levels decide, 1 if they say nothing. None for
        what follows from others.
    """

    estimate: Estimate
    population: float
    spread: Span | None
    shrinkage: float | None


@dataclass(frozen=True, kw_only=True)
class Band:
    """The curves of one analyte at ``Individual.times``, in its unit; before and after are 95 % bands (2, time)."""

    analyte: Measurand
    population: Array
    individual: Array
    before: Array
    after: Array


@dataclass(frozen=True, kw_only=True)
class Individual:
    """A patient's fit and what is made of it.

    Attributes
    ----------
    error
        SD of the residuals on the logarithm [1].
    uninformed
        Values on which no level depends; they stay at the population's.
    unweighed
        Levels of drugs of which it is not known how people differ: they are not part of the fit.
    times
        Times of the bands [h], those of the levels among them.
    search_warnings
        What to know of the search before the numbers are used.
    """

    scenario: Scenario
    error: float
    outcome: FitResult
    learned: tuple[PatientEstimate, ...]
    uninformed: tuple[str, ...]
    levels: tuple[WeighedLevel, ...]
    unweighed: tuple[UnweighedLevel, ...]
    times: Array
    bands: tuple[Band, ...]
    search_warnings: tuple[Remark, ...]

    @property
    def warnings(self) -> tuple[str, ...]:
        """What to know before the numbers are used, contradictions first."""
        said = (level.contradiction for level in self.levels if level.contradiction)
        left = (level.told(level.observation.analyte, words_of("en")) for level in self.unweighed)
        return (*said, *left, *(warning.told(words_of("en")) for warning in self.search_warnings))


@dataclass(frozen=True, kw_only=True)
class _LogNormalPrior:
    """A normal distribution of the logarithms of the values that vary."""

    names: tuple[str, ...]
    mean: Array
    covariance: Array
    outcome: FitResult | None


@dataclass(frozen=True, kw_only=True)
class _CurveEnsemble:
    """Curves of drawn people (person, analyte, time), and the error of a level of each [SD]."""

    curves: Array
    noise: Array


def individual(scenario: Scenario, *, error: float, progress: Progress | None = None) -> Individual:
    """Estimate a patient's values from the levels of the scenario.

    Parameters
    ----------
    error
        SD of the residuals on the logarithm [1].

    Raises
    ------
    InputError
        When there is nothing to estimate, or nothing to estimate it from.
    SimulationError
        When the values of the population describe no possible body, or the solver gives up.
    KeyboardInterrupt
        After Ctrl-C: half of this is no answer.
    """
    whole = patient_fit(scenario, error)
    weighed = weighed_levels(scenario)
    with deferred(), ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        before = _prior(whole)
        after = _posterior(whole, pool, progress)
        if after.outcome is None:
            text = f"the levels say nothing of {', '.join(before.names)}; give the time and the limit of each anew"
            raise InputError(scenario.path, [Problem(line=None, key="observation", message=text)])
        left = [_left_out(whole, n, pool) for n in range(len(weighed))]
        times = _times(scenario)
        analytes = judged(scenario, scenario.observations)
        grid = _target(whole, dense(whole.series[0], analytes, times), pool)
        clouds = [_cloud(grid, knowledge) for knowledge in (before, after)]
        centres = [_curves(grid, knowledge.mean[None, :], knowledge.names)[0] for knowledge in (before, after)]
        alone = [_curves(grid, knowledge.mean[None, :], knowledge.names)[0] for knowledge in left]
    shown = {analyte.id for analyte in judged(scenario, weighed)}
    bands = [
        Band(
            analyte=analyte,
            population=centres[0][place],
            individual=centres[1][place],
            before=np.percentile(clouds[0].curves[:, place], _TAILS, axis=0),
            after=np.percentile(clouds[1].curves[:, place], _TAILS, axis=0),
        )
        for place, analyte in enumerate(analytes)
        if analyte.id in shown
    ]
    levels, ids = [], [one.id for one in analytes]
    for n, observation in enumerate(weighed):
        place, at = ids.index(observation.analyte), int(np.searchsorted(times, observation.time))
        there = [(cloud.curves[:, place, at], np.exp(error * cloud.noise)) for cloud in clouds]
        centre = [curves[place, at] for curves in (*centres, alone[n])]
        levels.append(_level(observation, centre, there, error, left[n]))
    unweighed = [
        UnweighedLevel(
            observation=one,
            predicted=float(centres[1][ids.index(one.analyte), int(np.searchsorted(times, one.time))]),
        )
        for one in scenario.observations
        if one not in weighed
    ]
    [group] = after.outcome.groups
    free = {estimate.parameter.name for estimate in group.estimates if estimate.free}
    return Individual(
        scenario=scenario,
        error=error,
        outcome=after.outcome,
        learned=tuple(
            _patient_estimate(estimate, whole)
            for estimate in group.estimates
            if estimate.free or estimate.parameter.expr is not None
        ),
        uninformed=tuple(name for name in before.names if name not in free),
        levels=tuple(with_conflicts(levels)),
        unweighed=tuple(unweighed),
        times=times,
        bands=tuple(bands),
        search_warnings=tuple(_warnings(group)),
    )


def _warnings(group: Group) -> Iterator[Remark]:
    """Of the search; an estimate at a limit has its own words, as nobody chose its bounds."""
    names = [estimate.parameter.name for estimate in group.estimates]
    yield from (
        remark("remark.search", text=text) for text in group.warnings if not any(name in text for name in names)
    )
    for one in group.estimates:
        if one.free and one.log_se is None:
            yield remark("remark.at-limit", value=one.parameter.name.replace("_", " "))


def _prior(whole: Fit) -> _LogNormalPrior:
    priors = [(parameter.name, parameter.prior) for parameter in whole.parameters if parameter.prior is not None]
    return _LogNormalPrior(
        names=tuple(name for name, _ in priors),
        mean=np.array([prior[0] for _, prior in priors]),
        covariance=np.diag([prior[1] ** 2 for _, prior in priors]),
        outcome=None,
    )


def _posterior(whole: Fit, pool: ThreadPoolExecutor, progress: Progress | None = None) -> _LogNormalPrior:
    """The normal approximation at the optimum; what no level informs stays as it is in the prior."""
    before = _prior(whole)
    target = _target(whole, whole.series[0], pool)
    start = target.start()
    derivatives = target.jacobian(start)[: len(whole.series[0].values)]
    felt = np.max(np.abs(derivatives), axis=0) > _UNFELT
    names = [name.removeprefix(LOG) for name, number in start.items() if number.vary]
    silent = {name for name, moves in zip(names, felt, strict=True) if not moves}
    if len(silent) == len(names):
        return before
    outcome = estimate(with_fixed(whole, silent), progress=progress)
    [group] = outcome.groups
    if group.stopped:
        raise KeyboardInterrupt
    estimates = {estimate.parameter.name: estimate for estimate in group.estimates if estimate.free}
    mean, covariance = before.mean.copy(), before.covariance.copy()
    places = [before.names.index(name) for name in group.names]
    sds = np.array([estimates[name].log_se or 0.0 for name in group.names])
    correlation = np.where(np.isfinite(group.correlation), group.correlation, 0.0)
    mean[places] = [estimates[name].log_value for name in group.names]
    covariance[np.ix_(places, places)] = correlation * np.outer(sds, sds)
    return replace(before, mean=mean, covariance=covariance, outcome=outcome)


def _left_out(whole: Fit, place: int, pool: ThreadPoolExecutor) -> _LogNormalPrior:
    """What is known without one level."""
    others = without_level(whole, place)
    return _prior(whole) if others is None else _posterior(others, pool)


def _target(fit: Fit, series: Series, pool: ThreadPoolExecutor) -> Target:
    return Target(fit=fit, series=(series,), pool=pool, best=Best())


def _times(scenario: Scenario) -> Array:
    """A regular grid from up to two weeks before t = 0 to the end, and the times of the levels."""
    levels = [observation.time for observation in scenario.observations]
    first = min(max(scenario.first_time, -LEAD), *levels, scenario.duration)
    step = next((step for step in _STEPS if (scenario.duration - first) / step <= _MOST_TIMES), _STEPS[-1])
    grid = np.arange(math.ceil(first / step) * step, scenario.duration + 1e-9, step)
    return np.unique(np.concatenate([grid, levels, [scenario.duration]]))


def _curves(grid: Target, logs: Array, names: tuple[str, ...]) -> Array:
    """Curves of the people whose logarithms are the rows of ``logs``: (person, analyte, time)."""
    start = grid.start()
    points = []
    for row in logs:
        for name, value in zip(names, row, strict=True):
            start[LOG + name].value = float(value)
        points.append(start.all_values())
    [series] = grid.series
    shape = (len(logs), len(series.analytes), len(series.times))
    return np.array([prediction[0] for prediction in grid.predictions(points)]).reshape(shape)


def _cloud(grid: Target, known: _LogNormalPrior) -> _CurveEnsemble:
    """People drawn from what is known, without those who cannot be: who absorb more than a whole dose."""
    normal = ndtri(qmc.Sobol(len(known.names) + 1, rng=SEED).random(_TRIES * DRAWS))
    sizes, axes = np.linalg.eigh(known.covariance)
    logs = known.mean + normal[:, :-1] @ (axes * np.sqrt(np.maximum(sizes, 0.0))).T
    start = grid.start()
    low = np.array([start[LOG + name].min for name in known.names])
    high = np.array([start[LOG + name].max for name in known.names])
    possible = np.all((logs > low - _ROUNDING) & (logs < high + _ROUNDING), axis=1)
    kept = np.flatnonzero(possible | ~possible.any())[:DRAWS]
    return _CurveEnsemble(curves=_curves(grid, np.clip(logs[kept], low, high), known.names), noise=normal[kept, -1])


def _level(
    observation: Observation,
    centre: list[float],
    clouds: list[tuple[Array, Array]],
    error: float,
    others: _LogNormalPrior,
) -> WeighedLevel:
    population, person, alone = centre
    below, above = (float(np.mean(ndtr(side * _gaps(observation.value, clouds[0][0]) / error))) for side in (1, -1))
    probability = below if observation.below else min(1.0, 2 * min(below, above))
    residual = float(_gaps(observation.value, np.array([person]))[0]) / error
    expected, later = (np.percentile(levels * errors, _TAILS).tolist() for levels, errors in clouds)
    return WeighedLevel(
        observation=observation,
        population=population,
        individual=person,
        expected=(expected[0], expected[1]),
        individually_expected=(later[0], later[1]),
        probability=probability,
        residual=residual,
        without=alone,
        without_values=dict(zip(others.names, np.exp(others.mean).tolist(), strict=True)),
        conflict=None,
    )


def _gaps(value: float, predicted: Array) -> Array:
    """Logarithm of a level over its predictions; infinite where nothing is predicted."""
    logs = np.log(predicted, where=predicted > 0, out=np.full(len(predicted), -np.inf))
    return np.asarray(math.log(value) - logs)


def _patient_estimate(learned: Estimate, whole: Fit) -> PatientEstimate:
    parameter = next(one for one in whole.parameters if one.name == learned.parameter.name)
    if parameter.prior is None:
        return PatientEstimate(estimate=learned, population=parameter.initial, spread=None, shrinkage=None)
    mean, sd = parameter.prior
    high = min(math.exp(mean + 1.96 * sd), parameter.upper)
    shrinkage = None if learned.log_se is None else (learned.log_se / sd) ** 2
    possible = learned if learned.high is None else replace(learned, high=min(learned.high, parameter.upper))
    return PatientEstimate(
        estimate=possible, population=parameter.initial, spread=(math.exp(mean - 1.96 * sd), high), shrinkage=shrinkage
    )
