"""The search for the optimum by scipy: from one or several starts, between the bounds, until Ctrl-C at the latest."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import optimize

from pkinteract.engine.curves import Array
from pkinteract.errors import SimulationError
from pkinteract.fitting.search.inner import Inner
from pkinteract.fitting.search.numbers import LOG, Numbers
from pkinteract.fitting.search.target import Best, Target

GLOBAL = ("differential_evolution", "basinhopping")
"""Methods that look for the best of several optima; least_squares ends their search."""

FOLLOWING = ("least_squares", "leastsq")
"""Methods that follow derivatives."""

MOST = 20_000
"""Evaluations of a global method at most, from each start."""

HOPS = 25
"""Jumps of basinhopping."""

PER_ESTIMATE = 2000
"""Evaluations of a method that follows derivatives at most, for each estimate and once more."""

FIRST = 0.1
"""First steps of nelder, on the logarithm or relative to the value [1]."""

IMPOSSIBLE = 1e8
"""Every residual where the values describe no possible body, for methods that go on from there."""

_CLOSE = {"ftol": 1e-12, "xtol": 1e-10, "gtol": 1e-12}
"""When a method that follows derivatives ends."""


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
    outcome = Search(costs=[])
    for n, start in enumerate(_starts(target)):
        try:
            begin = _approached(target, start) if target.fit.method in FOLLOWING else start
            done = _minimized(target, begin, target.fit.method, seed=target.fit.seed + n)
            if target.fit.method in GLOBAL:
                done = _polished(target, done, outcome)
        except KeyboardInterrupt:
            if target.best.values is None:
                raise
            outcome.stopped = True
            return outcome
        except SimulationError:
            if n == 0:
                raise
            outcome.costs.append(math.inf)
            continue
        outcome.costs.append(done.cost)
        if outcome.costs[-1] <= min(outcome.costs):
            outcome.unfinished = not done.finished
    return outcome


def _approached(target: Target, start: Numbers) -> Numbers:
    """Where residuals of logarithms lead: those in proportion to predictions far too high or low hardly change."""
    if target.fit.residual != "proportional":
        return start
    near = replace(target, fit=replace(target.fit, residual="log"), best=Best())
    _minimized(near, start, "least_squares", seed=0)
    target.best.evaluations += near.best.evaluations
    target.best.failed += near.best.failed
    return best_point(near)


@dataclass(frozen=True, slots=True, kw_only=True)
class _MethodEnd:
    """Where a method ended, what is minimised there, and whether it was content."""

    numbers: Numbers
    cost: float
    finished: bool


def _polished(target: Target, done: _MethodEnd, outcome: Search) -> _MethodEnd:
    """least_squares from where a global method ended, so that the optimum is a stationary point."""
    try:
        polished = _minimized(target, done.numbers, "least_squares", seed=0)
    except SimulationError:
        outcome.unpolished = True
        return replace(done, finished=False)
    return replace(polished, finished=polished.finished and done.finished)


def _minimized(target: Target, start: Numbers, method: str, *, seed: int) -> _MethodEnd:
    if method in FOLLOWING:
        return _followed(target, start, method)
    compared = _Compared(target=target, numbers=start.copy())
    names, x, low, high = _estimated(start)
    bounds = optimize.Bounds(low, high)
    if method == "nelder":
        begin = _simplex(names, x, low, high)
        options = {"xatol": 1e-7, "fatol": 1e-10, "maxfev": MOST, "initial_simplex": begin}
        done = optimize.minimize(compared, x, method="Nelder-Mead", bounds=bounds, options=options)
        return _MethodEnd(numbers=_moved(start, names, done.x), cost=float(done.fun), finished=bool(done.success))
    cost = compared(x)
    compared.left = MOST
    try:
        if method == "differential_evolution":
            many: dict[str, Any] = {"vectorized": True, "updating": "deferred", "polish": False}
            done = optimize.differential_evolution(compared.all, bounds, atol=1e-6 * cost, rng=seed, **many)
        else:
            inner = Inner(low=low, high=high)
            size = 1.0 if target.fit.known else cost / sum(len(series.values) for series in target.series)
            options = {"method": "L-BFGS-B", "options": {"eps": 1e-5, "ftol": 1e-6}}
            done = optimize.basinhopping(
                lambda u: compared(inner.outside(u)),
                inner.inside(x),
                niter=HOPS,
                T=size,
                rng=seed,
                minimizer_kwargs=options,
            )
            done.x = inner.outside(done.x)
    except _EnoughError:
        return _MethodEnd(numbers=best_point(target), cost=target.best.cost, finished=False)
    return _MethodEnd(numbers=_moved(start, names, done.x), cost=float(done.fun), finished=bool(done.success))


def _simplex(names: Sequence[str], x: Array, low: Array, high: Array) -> Array:
    """The point and one more for each estimate, a tenth away on its scale, (point, estimate)."""
    own = [1.0 if name.startswith(LOG) else abs(value) or 1.0 for name, value in zip(names, x.tolist(), strict=True)]
    away = FIRST * np.array(own)
    moved = np.where(x + away <= high, x + away, np.maximum(x - away, low))
    return np.vstack([x, np.where(np.eye(len(x), dtype=bool), moved, x)])


def _followed(target: Target, start: Numbers, method: str) -> _MethodEnd:
    """scipy's least squares: between the bounds, or by Levenberg and Marquardt's steps where there seem to be none."""
    numbers, tried = start.copy(), _Tried(target=target)
    names, x, low, high = _estimated(start)
    options: dict[str, Any] = {"max_nfev": PER_ESTIMATE * (len(names) + 1)}
    if method == "leastsq":
        inner = Inner(low=low, high=high)
        before = inner.inside(x) - 1  # its first step is as long as the point it begins at is far from 0
        done = optimize.least_squares(
            lambda u: tried(_moved(numbers, names, inner.outside(before + u))),
            np.ones(len(x)),
            lambda u: target.jacobian(_moved(numbers, names, inner.outside(before + u))) * inner.slopes(before + u),
            method="lm", x_scale="jac", **_CLOSE, **options,
        )  # fmt: skip
        x = inner.outside(before + done.x)
    else:
        done = optimize.least_squares(
            lambda x: tried(_moved(numbers, names, x)),
            x,
            lambda x: target.jacobian(_moved(numbers, names, x)),
            (low, high), loss=target.fit.loss, x_scale="jac", **_CLOSE, **options,
        )  # fmt: skip
        x = done.x
    return _MethodEnd(numbers=_moved(start, names, x), cost=target.cost(done.fun), finished=done.status > 0)


def _estimated(numbers: Numbers) -> tuple[list[str], Array, Array, Array]:
    """Names of what is estimated, where it stands, and its bounds."""
    free = {name: number for name, number in numbers.items() if number.vary}
    values, low, high = (
        np.array([getattr(number, key) for number in free.values()]) for key in ("value", "min", "max")
    )
    return list(free), np.clip(values, low, high), low, high


def _moved(numbers: Numbers, names: Sequence[str], x: Array) -> Numbers:
    """The numbers, moved there."""
    for name, value in zip(names, x.tolist(), strict=True):
        numbers[name].value = value
    return numbers


@dataclass(kw_only=True)
class _Tried:
    """Residuals for a method that follows derivatives: a step to values of no possible body is a bad one.

    The values it begins with have to describe one, and so have all between the bounds of the fit file.
    """

    target: Target
    begun: int = 0

    def __call__(self, parameters: Numbers) -> Array:
        try:
            residuals = self.target.residuals(parameters)
        except SimulationError:
            if not self.begun or any(parameter.beyond for parameter in self.target.fit.parameters):
                raise
            self.target.best.failed += 1
            return np.full(self.begun, IMPOSSIBLE)
        self.begun = len(residuals)
        return residuals


class _EnoughError(Exception):
    """A method has used all its evaluations."""


@dataclass(kw_only=True)
class _Compared:
    """Sum of squares for a method that only compares them: very large where values describe no possible body."""

    target: Target
    numbers: Numbers
    left: float = math.inf

    def __call__(self, x: Array) -> float:
        """At one point."""
        return float(self.all(x[:, None])[0])

    def all(self, points: Array) -> Array:
        """At many points, (estimate, point)."""
        if self.left < points.shape[1]:
            raise _EnoughError
        self.left -= points.shape[1]
        names, *_ = _estimated(self.numbers)
        there = [_moved(self.numbers.copy(), names, point) for point in points.T]
        residuals = self.target.many_residuals(there)
        count = sum(len(series.values) for series in self.target.series)
        self.target.best.failed += sum(one is None for one in residuals)
        return np.array([IMPOSSIBLE**2 * count if one is None else float(one @ one) for one in residuals])


def _starts(target: Target) -> list[Numbers]:
    """The initial values, then points drawn evenly between the bounds (on the scale that is estimated)."""
    starts = [target.start()]
    random = np.random.default_rng(target.fit.seed)
    for _ in range(target.fit.starts - 1):
        drawn = target.start()
        for _, number in drawn.items():
            if number.vary:
                number.value = random.uniform(number.min, number.max)
        starts.append(drawn)
    return starts


def best_point(target: Target) -> Numbers:
    """The best point so far."""
    made = target.start()
    for name, value in (target.best.values or {}).items():
        made[name].value = value
    return made
