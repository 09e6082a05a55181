"""How well an optimum is known: covariance from the derivatives, intervals, profiles, information criteria."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import lmfit
import numpy as np
from scipy import optimize, stats

from pkinteract.engine.curves import Array
from pkinteract.fitting.target import LOG, STEP, Slot, Target
from pkinteract.fitting.types import Estimate, Likelihood

LEVEL = 0.95
"""Of every interval [1]."""

AT_BOUND = 1e-4
"""Share of the width between the bounds within which an estimate lies at one of them [1]."""

Limits = Mapping[str, tuple[float | None, float | None]]
"""Interval by lmfit's name, on the scale that is estimated."""


@dataclass(frozen=True, kw_only=True)
class Spread:
    """Covariance of the estimates on the scale that is estimated.

    Attributes
    ----------
    names, labels
        lmfit's names, and the same for people.
    covariance, correlation
        (estimate, estimate); NaN where there is none.
    bounds
        Label to the bound it lies at, "lower" or "upper".
    unfelt
        Labels of estimates that change no residual.
    singular
        Whether the derivatives leave a direction open.
    quantile
        What a standard error is multiplied by for an interval [1].
    """

    names: tuple[str, ...]
    labels: tuple[str, ...]
    covariance: Array
    correlation: Array
    bounds: Mapping[str, str]
    unfelt: tuple[str, ...]
    singular: bool
    quantile: float


def spread(target: Target, optimum: lmfit.Parameters, count: int) -> Spread:
    """The covariance at an optimum of ``count`` measurements."""
    fit = target.fit
    names = tuple(name for name, row in optimum.items() if row.vary)
    labels = tuple(_label(target, name) for name in names)
    residuals = target.weighted(optimum.valuesdict(), target.predictions([optimum.valuesdict()])[0])
    jacobian = target.jacobian(optimum) * np.sqrt(_robust(fit.loss, residuals))[:, None]
    bounds = {n: side for n in range(len(names)) if (side := _side(optimum[names[n]]))}
    sizes = np.linalg.norm(jacobian, axis=0)
    free = [n for n in range(len(names)) if n not in bounds and sizes[n] > 0]
    covariance = np.full((len(names), len(names)), np.nan)
    scaled = jacobian[:, free] / sizes[free]
    singular = bool(free) and float(np.linalg.cond(scaled)) > 1e7
    dof = count - len(names)
    if free and not singular:
        variance = 1.0 if fit.known else float(np.sum(residuals**2)) / dof
        inverse = np.linalg.inv(scaled.T @ scaled) * variance
        covariance[np.ix_(free, free)] = inverse / np.outer(sizes[free], sizes[free])
    sds = np.sqrt(np.diag(covariance))
    upper = (1 + LEVEL) / 2
    return Spread(
        names=names,
        labels=labels,
        covariance=covariance,
        correlation=covariance / np.outer(sds, sds),
        bounds={labels[n]: side for n, side in bounds.items()},
        unfelt=tuple(labels[n] for n in range(len(names)) if sizes[n] == 0),
        singular=singular,
        quantile=float(stats.norm.ppf(upper) if fit.known else stats.t.ppf(upper, dof)),
    )


def _label(target: Target, name: str) -> str:
    slot = next(row for row in target.slots if row.name == name.removeprefix(LOG))
    whose = f" of {slot.subject}" if slot.subject and len(target.subjects) > 1 else ""
    return slot.parameter.name + whose


def _side(row: lmfit.Parameter) -> str:
    """The bound that a parameter lies at; empty if at none."""
    width = row.max - row.min
    margin = AT_BOUND * (width if math.isfinite(width) else max(1.0, abs(row.value)))
    if row.value - row.min < margin:
        return "lower"
    return "upper" if row.max - row.value < margin else ""


def _robust(loss: str, residuals: Array) -> Array:
    """Weight of every residual in the normal equations of a robust loss, as scipy defines it [1]."""
    squared = residuals**2
    if loss == "soft_l1":
        return np.asarray((1 + squared) ** -0.5)
    if loss == "huber":
        return np.where(squared <= 1, 1.0, np.maximum(squared, 1.0) ** -0.5)
    return 1 / (1 + squared) if loss == "cauchy" else np.ones_like(squared)


def estimates(target: Target, optimum: lmfit.Parameters, found: Spread, limits: Limits) -> Iterator[Estimate]:
    """Every parameter with its standard error and interval; those that follow from others by their derivatives."""
    values = optimum.valuesdict()
    gradients = _gradients(target, optimum, found)
    known = np.isfinite(np.diag(found.covariance))
    usable = np.where(np.isfinite(found.covariance), found.covariance, 0.0)
    for slot in target.slots:
        row, value = slot.parameter, float(values[slot.name])
        gradient = gradients[slot.name]
        variance = float(gradient @ usable @ gradient)
        moves = bool(np.any(gradient != 0))
        certain = moves and bool(np.all(known[gradient != 0])) and variance > 0
        spread_of = math.sqrt(variance) if certain else None
        log = row.log and (row.vary or row.expr is not None)
        low, high = _interval(slot, value, spread_of, found.quantile, limits, log=log)
        yield Estimate(
            parameter=row,
            subject=slot.subject,
            free=row.vary,
            value=value,
            se=None if spread_of is None else spread_of * (value if log else 1.0),
            low=low,
            high=high,
            log_value=math.log(value) if log else None,
            log_se=spread_of if log else None,
        )


def _interval(
    slot: Slot, value: float, sd: float | None, quantile: float, limits: Limits, *, log: bool
) -> tuple[float | None, float | None]:
    name = LOG + slot.name if log else slot.name
    if name in limits:
        low, high = limits[name]
        made = math.exp if log else float
        return (None if low is None else made(low)), (None if high is None else made(high))
    if sd is None:
        return None, None
    if log:
        return value * math.exp(-quantile * sd), value * math.exp(quantile * sd)
    return value - quantile * sd, value + quantile * sd


def _gradients(target: Target, optimum: lmfit.Parameters, found: Spread) -> dict[str, Array]:
    """Derivative of every parameter (of its logarithm, where that is its scale) by every estimate."""
    columns = []
    for name in found.names:
        row = optimum[name]
        half = STEP * (1.0 if name.startswith(LOG) else max(abs(row.value), STEP))
        low, high = target.moved(optimum, name, row.value - half), target.moved(optimum, name, row.value + half)
        columns.append({slot.name: _change(slot, low, high) / (2 * half) for slot in target.slots})
    return {slot.name: np.array([column[slot.name] for column in columns]) for slot in target.slots}


def _change(slot: Slot, low: Mapping[str, float], high: Mapping[str, float]) -> float:
    row = slot.parameter
    if row.log and (row.vary or row.expr is not None):
        return math.log(high[slot.name] / low[slot.name])
    return high[slot.name] - low[slot.name]


def profiles(target: Target, optimum: lmfit.Parameters, found: Spread) -> tuple[Limits, list[Likelihood], list[str]]:
    """Intervals by profile likelihood of all estimates, the profiles, and what to know of them."""
    if found.bounds or found.unfelt or found.singular:
        return {}, [], ["no profiles were taken: an estimate has no standard error to begin from"]
    probability = _probability(target, found)
    if len(found.names) == 1:
        return _only(target, optimum, found, probability)
    known = target.fit.known
    minimizer = lmfit.Minimizer(
        target.residuals, optimum, scale_covar=not known, Dfun=target.jacobian, ftol=1e-12, xtol=1e-10, gtol=0.0
    )
    result = minimizer.minimize(method="leastsq")
    notes = []
    squares: dict[str, dict[float, float]] = {name: {result.params[name].value: result.chisqr} for name in found.names}

    def judged(best: Any, new: Any) -> float:
        [held] = (name for name in found.names if not new.params[name].vary)
        squares[held][float(new.params[held].value)] = float(new.chisqr)
        return probability(new.chisqr, best.chisqr)

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        table = lmfit.conf_interval(minimizer, result, p_names=list(found.names), sigmas=[LEVEL], prob_func=judged)
    if caught:
        notes.append(_FLAT)
    limits = {}
    for name in found.names:
        ends = [float(value) for _, value in table[name]]
        limits[name] = (_finite(ends[0]), _finite(ends[-1]))
    return limits, [_likelihood(target, found, name, points) for name, points in squares.items()], notes


_FLAT = "a profile stays flat up to a bound: that end of its interval is left out"


def _likelihood(target: Target, found: Spread, name: str, squares: Mapping[float, float]) -> Likelihood:
    """The profile of an estimate from the sums of squares, of which the first is the smallest."""
    slot = next(row for row in target.slots if row.name == name.removeprefix(LOG))
    made = math.exp if name.startswith(LOG) else float
    points = sorted(squares.items())
    best, smallest = next(iter(squares.items()))
    reached = np.maximum([square for _, square in points], smallest)
    if target.fit.known:
        drops, threshold = reached - smallest, float(stats.chi2.ppf(LEVEL, 1))
    else:
        count = sum(len(row.values) for row in target.series)
        dof = count - len(found.names)
        drops = count * np.log(reached / smallest)
        threshold = count * math.log1p(float(stats.f.ppf(LEVEL, 1, dof)) / dof)
    return Likelihood(
        parameter=slot.parameter,
        subject=slot.subject,
        best=made(best),
        values=np.array([made(value) for value, _ in points]),
        drops=drops,
        threshold=threshold,
    )


def _probability(target: Target, found: Spread) -> Callable[[float, float], float]:
    """Probability of a likelihood ratio below that of a sum of squares and the smallest one."""
    dof = sum(len(row.values) for row in target.series) - len(found.names)

    def probability(squares: float, smallest: float) -> float:
        more = max(squares - smallest, 0.0)
        if target.fit.known:
            return float(stats.chi2.cdf(more, 1))
        return float(stats.f.cdf(more / smallest * dof, 1, dof))

    return probability


def _only(
    target: Target, optimum: lmfit.Parameters, found: Spread, probability: Callable[[float, float], float]
) -> tuple[Limits, list[Likelihood], list[str]]:
    """The interval of a single estimate: lmfit profiles two or more."""
    [name] = found.names
    row = optimum[name]

    taken: dict[float, float] = {}

    def squares(value: float) -> float:
        values = target.moved(optimum, name, value)
        taken[float(value)] = float(np.sum(target.weighted(values, target.predictions([values])[0]) ** 2))
        return taken[float(value)]

    best = squares(row.value)
    ends: list[float | None] = []
    for side, bound in ((-1, row.min), (1, row.max)):
        width = found.quantile * math.sqrt(found.covariance[0, 0])
        far = row.value
        while far != bound and probability(squares(far), best) < LEVEL:
            far = max(far - width, bound) if side < 0 else min(far + width, bound)
        if probability(squares(far), best) < LEVEL:
            ends.append(None)
        else:
            ends.append(float(optimize.brentq(lambda x: probability(squares(x), best) - LEVEL, row.value, far)))
    flat = [_FLAT] if None in ends else []
    return {name: (ends[0], ends[1])}, [_likelihood(target, found, name, taken)], flat


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def criteria(target: Target, squares: float, count: int, free: int) -> tuple[float | None, float | None, float | None]:
    """-2 log likelihood of the measurements, AIC and BIC; an estimated SD counts as a parameter."""
    fit = target.fit
    if fit.loss != "linear":
        return None, None, None
    widths = np.concatenate([np.log(target.scale(row)) for row in target.series])
    logs = np.concatenate([np.log(row.values) for row in target.series]) if fit.residual == "log" else np.zeros(1)
    value = float(2 * np.sum(widths) + 2 * np.sum(logs) + count * math.log(2 * math.pi))
    if fit.known:
        value += squares
    else:
        value += count * math.log(squares / count) + count
    size = free + (0 if fit.known else 1)
    return value, value + 2 * size, value + size * math.log(count)
