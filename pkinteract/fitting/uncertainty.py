"""How well an optimum is known: covariance from the derivatives, intervals, information criteria."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import lmfit
import numpy as np
from scipy import stats

from pkinteract.engine.curves import Array
from pkinteract.fitting.target import LOG, STEP, Slot, Target
from pkinteract.fitting.types import Estimate

LEVEL = 0.95
"""Of every interval [1]."""

AT_BOUND = 1e-4
"""Share of the width between the bounds within which an estimate lies at one of them [1]."""

LARGEST = 100.0
"""Half-width of an interval of a logarithm from which on there is none: its ends would say nothing [1]."""

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
    predicted = target.predictions([optimum.valuesdict()])[0]
    residuals = target.weighted(optimum.valuesdict(), predicted)
    weights = _robust(fit.loss, residuals) * target.information(predicted)
    jacobian = target.jacobian(optimum) * np.sqrt(weights)[:, None]
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
    if sd is None or (log and quantile * sd > LARGEST):
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


def criteria(target: Target, squares: float, count: int, free: int) -> tuple[float | None, float | None, float | None]:
    """-2 log likelihood of the measurements, AIC and BIC; an estimated SD counts as a parameter."""
    fit = target.fit
    if fit.loss != "linear":
        return None, None, None
    seen = np.concatenate([row.measured for row in target.series])
    widths = np.concatenate([np.log(target.scale(row)) for row in target.series])[seen]
    values = np.concatenate([row.values for row in target.series])[seen]
    logs = np.log(values) if fit.residual == "log" else np.zeros(1)
    value = float(2 * np.sum(widths) + 2 * np.sum(logs) + np.sum(seen) * math.log(2 * math.pi))
    if fit.known:
        value += squares
    else:
        value += count * math.log(squares / count) + count
    size = free + (0 if fit.known else 1)
    return value, value + 2 * size, value + size * math.log(count)
