"""The search for the optimum by lmfit: from one or several starts, between the bounds, until Ctrl-C at the latest."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import lmfit
import numpy as np

from pkinteract.engine.curves import Array
from pkinteract.errors import SimulationError
from pkinteract.fitting.target import Best, Target

GLOBAL = ("differential_evolution", "basinhopping")
"""Methods that look for the best of several optima; least_squares ends their search."""

FOLLOWING = ("least_squares", "leastsq")
"""Methods that follow derivatives."""

MOST = 20_000
"""Evaluations of a global method at most, from each start."""

HOPS = 25
"""Jumps of basinhopping."""

IMPOSSIBLE = 1e8
"""Every residual where the values describe no possible body, for methods that go on from there."""

_OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "least_squares": {"x_scale": "jac", "ftol": 1e-12, "xtol": 1e-10, "gtol": 1e-12},
    "leastsq": {"ftol": 1e-12, "xtol": 1e-10, "gtol": 0.0},
    "nelder": {"options": {"xatol": 1e-7, "fatol": 1e-10, "maxfev": 20_000}},
    "differential_evolution": {"polish": False},
    "basinhopping": {
        "niter": HOPS,
        "minimizer_kwargs": {"method": "L-BFGS-B", "options": {"eps": 1e-5, "ftol": 1e-6}},
    },
}


@dataclass(kw_only=True)
class Search:
    """What the starts reached.

    Attributes
    ----------
    unpolished
        Whether the derivatives failed at the best point of a global method.
    """

    costs: list[float]
    stopped: bool = False
    unfinished: bool = False
    unpolished: bool = False


def search(target: Target) -> Search:
    """Minimise from every start; the best point stays in ``target.best``.

    Raises
    ------
    SimulationError
        When a method that follows derivatives begins at values that describe no possible body, or meets some between
        bounds that the fit file gives.
    """
    found = Search(costs=[])
    for n, start in enumerate(_starts(target)):
        try:
            begin = _approached(target, start) if target.fit.method in FOLLOWING else start
            done = _minimized(target, begin, target.fit.method, seed=target.fit.seed + n)
            success = bool(done.success)
            if target.fit.method in GLOBAL:
                done, success = _polished(target, done, found)
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
            found.unfinished = not success
    return found


def _approached(target: Target, start: lmfit.Parameters) -> lmfit.Parameters:
    """Where residuals of logarithms lead: those in proportion to predictions far too high or low hardly change."""
    if target.fit.residual != "proportional":
        return start
    near = replace(target, fit=replace(target.fit, residual="log"), best=Best())
    _minimized(near, start, "least_squares", seed=0)
    target.best.evaluations += near.best.evaluations
    target.best.failed += near.best.failed
    return best_point(near)


def _polished(target: Target, done: Any, found: Search) -> tuple[Any, bool]:
    """least_squares from where a global method ended, so that the optimum is a stationary point."""
    try:
        # a search that ran out of evaluations leaves the point it tried last
        start = best_point(target) if done.aborted else done.params
        polished = _minimized(target, start, "least_squares", seed=0)
    except SimulationError:
        found.unpolished = True
        return done, False
    return polished, bool(polished.success) and not done.aborted


def _minimized(target: Target, start: lmfit.Parameters, method: str, *, seed: int) -> Any:
    options: dict[str, Any] = dict(_OPTIONS[method])
    residuals: Callable[[lmfit.Parameters], Array]
    most = None
    if method in FOLLOWING:
        residuals = _Tried(target=target)
        options["Dfun"] = target.jacobian
    else:
        residuals = _Tolerant(target)
    if method == "least_squares":
        options["loss"] = target.fit.loss
    if method in GLOBAL:
        cost = float(np.sum(residuals(start) ** 2))
        options |= {"seed": seed} | _scale(target, method, cost)
        most = MOST
    minimizer = lmfit.Minimizer(residuals, start, calc_covar=False, max_nfev=most)
    with warnings.catch_warnings():
        # least_squares takes a covariance of its own in any case; where it is singular, ``spread`` says so
        warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"lmfit\.")
        return minimizer.minimize(method=method, params=start, **options)


def _scale(target: Target, method: str, cost: float) -> dict[str, float]:
    """What the sum of squares at the start says of how finely to search."""
    if method == "differential_evolution":
        return {"atol": 1e-6 * cost}
    return {"T": 1.0 if target.fit.known else cost / sum(len(row.values) for row in target.series)}


@dataclass(kw_only=True)
class _Tried:
    """Residuals for a method that follows derivatives: a step to values of no possible body is a bad one.

    The values it begins with have to describe one, and so have all between the bounds of the fit file.
    """

    target: Target
    begun: int = 0

    def __call__(self, parameters: lmfit.Parameters) -> Array:
        try:
            found = self.target.residuals(parameters)
        except SimulationError:
            if not self.begun or any(row.beyond for row in self.target.fit.parameters):
                raise
            self.target.best.failed += 1
            return np.full(self.begun, IMPOSSIBLE)
        self.begun = len(found)
        return found


@dataclass(frozen=True)
class _Tolerant:
    """Residuals for a method that goes on where values describe no possible body: they are very large there."""

    target: Target

    def __call__(self, parameters: lmfit.Parameters) -> Array:
        """A last residual of 0 lets lmfit sum the squares even of a single measurement."""
        try:
            return np.append(self.target.residuals(parameters), 0.0)
        except SimulationError:
            self.target.best.failed += 1
            count = sum(len(row.values) for row in self.target.series)
            return np.full(count + 1, IMPOSSIBLE)


def _starts(target: Target) -> list[lmfit.Parameters]:
    """The initial values, then points drawn evenly between the bounds (on the scale that is estimated)."""
    found = [target.start()]
    random = np.random.default_rng(target.fit.seed)
    for _ in range(target.fit.starts - 1):
        drawn = target.start()
        for row in drawn.values():
            if row.vary:
                row.value = random.uniform(row.min, row.max)
        found.append(drawn)
    return found


def best_point(target: Target) -> lmfit.Parameters:
    """The best point so far."""
    made = target.start()
    for name, value in (target.best.values or {}).items():
        made[name].value = value
    return made
