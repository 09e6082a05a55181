"""Fit -> FitResult: the search, from one or several starts, and what is said of the optimum."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from pkinteract.errors import InputError, Problem
from pkinteract.fitting.search.advice import advice
from pkinteract.fitting.search.optimum import best_point, search
from pkinteract.fitting.search.posterior import sampled
from pkinteract.fitting.search.profile import Profiles, profile_estimates
from pkinteract.fitting.search.target import Best, Progress, Target
from pkinteract.fitting.search.uncertainty import criteria, estimates, spread
from pkinteract.fitting.types import Fit, FitResult, Group, Series
from pkinteract.interrupts import deferred

UNFELT = 1e-12
"""Largest change of a residual, relative to their size, of a parameter that no measurement depends on [1]."""


def estimate(fit: Fit, *, progress: Progress | None = None) -> FitResult:
    """Estimate the parameters of a fit.

    Parameters
    ----------
    progress
        Called after every evaluation. A ``KeyboardInterrupt`` from it, or from the keyboard, ends the search; the best
        point so far is kept.

    Raises
    ------
    InputError
        When no measurement depends on a parameter that is to be estimated.
    SimulationError
        When the initial values describe no possible body, or the solver gives up.
    """
    groups = _groups(fit)
    with deferred(), ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        targets = [Target(fit=fit, series=series, pool=pool, best=Best(), progress=progress) for series in groups]
        _refuse_unfelt(fit, targets)
        fitted: list[Group] = []
        for target in targets:
            try:
                fitted.append(_group(target))
            except KeyboardInterrupt:
                if not fitted:
                    raise
                fitted[-1] = replace(fitted[-1], stopped=True)
            if fitted[-1].stopped:
                fitted[-1] = _unfinished(
                    fitted[-1], [name for target in targets[len(fitted) :] for name in target.subjects]
                )
                break
    return FitResult(fit=fit, groups=tuple(fitted))


def _unfinished(group: Group, left: list[str]) -> Group:
    """The group at which the search was stopped, with who was not fitted any more."""
    if not left:
        return group
    return replace(group, warnings=(*group.warnings, f"not fitted any more: subject {', '.join(left)}"))


def _groups(fit: Fit) -> list[tuple[Series, ...]]:
    """What is fitted together: everything, or each subject where they have no estimate in common."""
    if not fit.separate:
        return [fit.series]
    subjects = dict.fromkeys(series.subject for series in fit.series)
    return [tuple(series for series in fit.series if series.subject == subject) for subject in subjects]


def _refuse_unfelt(fit: Fit, targets: list[Target]) -> None:
    """Parameters that change no prediction at the initial values, in any subject or in some."""
    unfelt: dict[str, list[str]] = {}
    for target in targets:
        start = target.start()
        names = [name for name, number in start.items() if number.vary]
        slots = {slot.name: slot for slot in target.slots}
        size = float(np.max(np.abs(target.weighted(start.all_values(), target.predictions([start.all_values()])[0]))))
        priors = sum(slot.parameter.prior is not None for slot in target.slots)
        derivatives = target.jacobian(start)
        moved_levels = derivatives[: len(derivatives) - priors]
        for name, column in zip(names, moved_levels.T, strict=True):
            if np.max(np.abs(column)) <= UNFELT * size:
                slot = slots[name.removeprefix("ln__")]
                unfelt.setdefault(slot.parameter.name, []).append(slot.subject)
    problems = []
    for parameter in fit.parameters:
        if parameter.name in unfelt:
            who = ", ".join(subject for subject in unfelt[parameter.name] if subject)
            whose = f" of subject {who}" if who else ""
            text = f"no measurement{whose} depends on it; hold it by vary = false or add data that inform it"
            problems.append(Problem(line=parameter.line, key=f"parameter.{parameter.name}", message=text))
    if problems:
        raise InputError(fit.path, problems)


def _group(target: Target) -> Group:
    fit = target.fit
    reached = search(target)
    optimum = best_point(target)
    values = optimum.all_values()
    predicted = target.predictions([values])[0]
    precision = spread(target, optimum)
    taken = Profiles()
    stopped = reached.stopped
    if fit.profile and not stopped:
        stopped = profile_estimates(target, optimum, precision, taken)
    posterior = None
    if fit.sampling is not None and not stopped:
        posterior, notes, stopped = sampled(target, optimum, precision, fit.sampling)
        taken.notes += notes
    errors, free = target.errors, len(precision.names)
    minus_2ll, aic, bic = criteria(target, predicted, free)
    all_estimates = tuple(estimates(target, optimum, precision, taken.limits))
    return Group(
        subject=target.subjects[0] if fit.separate else "",
        series=target.series,
        estimates=all_estimates,
        names=precision.labels,
        correlation=precision.correlation,
        likelihoods=tuple(taken.likelihoods),
        predicted=tuple(predicted),
        weighted=errors.reported(predicted),
        observations=len(errors.values),
        sd=errors.sd(predicted, free),
        minus_2ll=minus_2ll,
        aic=aic,
        bic=bic,
        starts=tuple(reached.costs),
        evaluations=target.best.evaluations,
        stopped=stopped,
        warnings=(*advice(target, reached, precision, all_estimates), *taken.notes),
        failed=target.best.failed,
        posterior=posterior,
    )
