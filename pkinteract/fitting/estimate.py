"""Fit -> Outcome: the search by lmfit, from one or several starts, and what is said of the optimum."""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import lmfit
import numpy as np

from pkinteract.engine.curves import Array
from pkinteract.errors import InputError, Problem, SimulationError
from pkinteract.fitting.target import Best, Progress, Target
from pkinteract.fitting.types import Fit, Group, Likelihood, Outcome, Series
from pkinteract.fitting.uncertainty import Limits, Spread, criteria, estimates, profiles, spread

SEED = 1
"""Seed of the further starts, so that a fit repeats itself."""

NEARLY_COLLINEAR = 0.98
"""Correlation of two estimates from which on the data hardly tell them apart [1]."""

SAME_OPTIMUM = 1e-4
"""Starts whose sums of squares differ by less, relatively, have found the same optimum [1]."""

UNFELT = 1e-12
"""Largest change of a residual, relative to their size, of a parameter that no measurement depends on [1]."""

_OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "least_squares": {"x_scale": "jac", "ftol": 1e-12, "xtol": 1e-10, "gtol": 1e-12},
    "leastsq": {"ftol": 1e-12, "xtol": 1e-10, "gtol": 0.0},
    "nelder": {"options": {"xatol": 1e-7, "fatol": 1e-10, "maxfev": 20_000}},
}


def estimate(fit: Fit, *, progress: Progress | None = None) -> Outcome:
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
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        targets = [Target(fit=fit, series=rows, pool=pool, best=Best(), progress=progress) for rows in groups]
        _refuse_unfelt(fit, targets)
        found: list[Group] = []
        for target in targets:
            found.append(_group(target))
            if found[-1].stopped:
                found[-1] = _unfinished(found[-1], [name for row in targets[len(found) :] for name in row.subjects])
                break
    return Outcome(fit=fit, groups=tuple(found))


def _unfinished(group: Group, left: list[str]) -> Group:
    """The group at which the search was stopped, with who was not fitted any more."""
    if not left:
        return group
    return replace(group, warnings=(*group.warnings, f"not fitted any more: subject {', '.join(left)}"))


def _groups(fit: Fit) -> list[tuple[Series, ...]]:
    """What is fitted together: everything, or each subject where they have no estimate in common."""
    if not fit.separate:
        return [fit.series]
    subjects = dict.fromkeys(row.subject for row in fit.series)
    return [tuple(row for row in fit.series if row.subject == subject) for subject in subjects]


def _refuse_unfelt(fit: Fit, targets: list[Target]) -> None:
    """Parameters that change no prediction at the initial values, in any subject or in some."""
    unfelt: dict[str, list[str]] = {}
    for target in targets:
        start = target.start()
        names = [name for name, row in start.items() if row.vary]
        slots = {row.name: row for row in target.slots}
        size = float(np.max(np.abs(target.weighted(start.valuesdict(), target.predictions([start.valuesdict()])[0]))))
        priors = sum(slot.parameter.prior is not None for slot in target.slots)
        derivatives = target.jacobian(start)
        rows = derivatives[: len(derivatives) - priors]
        for name, column in zip(names, rows.T, strict=True):
            if np.max(np.abs(column)) <= UNFELT * size:
                slot = slots[name.removeprefix("ln__")]
                unfelt.setdefault(slot.parameter.name, []).append(slot.subject)
    problems = []
    for row in fit.parameters:
        if row.name in unfelt:
            who = ", ".join(subject for subject in unfelt[row.name] if subject)
            whose = f" of subject {who}" if who else ""
            text = f"no measurement{whose} depends on it; hold it by vary = false or add data that inform it"
            problems.append(Problem(line=row.line, key=f"parameter.{row.name}", message=text))
    if problems:
        raise InputError(fit.path, problems)


@dataclass(kw_only=True)
class _Search:
    """What the starts reached."""

    costs: list[float]
    stopped: bool = False
    unfinished: bool = False


def _group(target: Target) -> Group:
    fit = target.fit
    search = _search(target)
    optimum = _best(target)
    values = optimum.valuesdict()
    predicted = target.predictions([values])[0]
    weighted = tuple(target.residual(row, level) for row, level in zip(target.series, predicted, strict=True))
    count = sum(len(row.values) for row in target.series)
    found = spread(target, optimum, count)
    limits: Limits = {}
    likelihoods: list[Likelihood] = []
    notes: list[str] = []
    if fit.profile and not search.stopped:
        limits, likelihoods, notes = profiles(target, optimum, found)
    squares = float(sum(np.sum(row**2) for row in weighted))
    free = len(found.names)
    minus_2ll, aic, bic = criteria(target, squares, count, free)
    return Group(
        subject=target.subjects[0] if fit.separate else "",
        series=target.series,
        estimates=tuple(estimates(target, optimum, found, limits)),
        names=found.labels,
        correlation=found.correlation,
        likelihoods=tuple(likelihoods),
        predicted=tuple(predicted),
        weighted=weighted,
        observations=count,
        sd=math.sqrt(squares / count) if fit.known else math.sqrt(squares / (count - free)),
        minus_2ll=minus_2ll,
        aic=aic,
        bic=bic,
        starts=tuple(search.costs),
        evaluations=target.best.evaluations,
        stopped=search.stopped,
        warnings=(*_warnings(search, found), *notes),
    )


def _search(target: Target) -> _Search:
    """Minimise from every start; the best point stays in ``target.best``."""
    found = _Search(costs=[])
    for n, start in enumerate(_starts(target)):
        try:
            done = _minimized(target, start)
        except KeyboardInterrupt:
            if target.best.values is None:
                raise
            found.stopped = True
            return found
        except SimulationError:
            if n == 0:
                raise
            found.costs.append(math.inf)
            continue
        found.costs.append(target.cost(np.asarray(done.residual)))
        if found.costs[-1] <= min(found.costs):
            found.unfinished = not done.success
    return found


def _minimized(target: Target, start: lmfit.Parameters) -> Any:
    fit = target.fit
    options: dict[str, Any] = dict(_OPTIONS[fit.method])
    if fit.method != "nelder":
        options["Dfun"] = target.jacobian
    if fit.method == "least_squares":
        options["loss"] = fit.loss
    minimizer = lmfit.Minimizer(target.residuals, start, calc_covar=False)
    with warnings.catch_warnings():
        # least_squares takes a covariance of its own in any case; where it is singular, ``spread`` says so
        warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"lmfit\.")
        return minimizer.minimize(method=fit.method, params=start, **options)


def _starts(target: Target) -> list[lmfit.Parameters]:
    """The initial values, then points drawn evenly between the bounds (on the scale that is estimated)."""
    found = [target.start()]
    random = np.random.default_rng(SEED)
    for _ in range(target.fit.starts - 1):
        drawn = target.start()
        for row in drawn.values():
            if row.vary:
                row.value = random.uniform(row.min, row.max)
        found.append(drawn)
    return found


def _best(target: Target) -> lmfit.Parameters:
    made = target.start()
    for name, value in (target.best.values or {}).items():
        made[name].value = value
    return made


def _warnings(search: _Search, found: Spread) -> list[str]:
    said = []
    if search.stopped:
        said.append("stopped by hand: this is the best point so far, not an optimum")
    if search.unfinished:
        said.append("the search ended before it converged; try other initial values or another method")
    reached = [cost for cost in search.costs if cost <= min(search.costs) * (1 + SAME_OPTIMUM)]
    if len(search.costs) > 1 and len(reached) == 1:
        said.append(f"only 1 of {len(search.costs)} starts reached this optimum; there may be a better one")
    for name, side in found.bounds.items():
        said.append(f"{name} lies at its {side} bound: its interval is unknown; widen the bound or hold it")
    said += [f"{name}: no measurement depends on it at the optimum" for name in found.unfelt]
    if found.singular:
        said.append("the data cannot tell the estimates apart: no standard errors; hold one by vary = false")
    rows: Array = found.correlation
    for i, name in enumerate(found.labels):
        for j in range(i):
            if abs(rows[i, j]) > NEARLY_COLLINEAR:
                text = f"{found.labels[j]} and {name} are hardly told apart (correlation {rows[i, j]:.3f})"
                said.append(f"{text}; hold one of them, or add data on what separates them")
    return said
