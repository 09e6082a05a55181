"""How well an optimum is known: covariance from the derivatives, intervals, information criteria."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri, stdtrit

from pkinteract.engine.curves import Array
from pkinteract.fitting.search.numbers import LOG, Number, Numbers
from pkinteract.fitting.search.target import STEP, Slot, Target
from pkinteract.fitting.types import Estimate

LEVEL = 0.95
"""Of every interval [1]."""

AT_BOUND = 1e-4
"""Share of the width between the bounds within which an estimate lies at one of them [1]."""

LARGEST = 100.0
"""Half-width of an interval of a logarithm from which on there is none: its ends would say nothing [1]."""

Limits = Mapping[str, tuple[float | None, float | None]]
"""Interval by name, on the scale that is estimated."""


@dataclass(frozen=True, kw_only=True)
class Precision:
    """Covariance of the estimates on the scale that is estimated.

    Attributes
    ----------
    names, labels
        Names among the numbers, and the same for people.
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


def spread(target: Target, optimum: Numbers) -> Precision:
    """The covariance at an optimum: the inverse of the information on the estimates and, if it is estimated, the SD."""
    fit = target.fit
    names = tuple(name for name, number in optimum.items() if number.vary)
    labels = tuple(_label(target, name) for name in names)
    bounds = {n: side for n in range(len(names)) if (side := _side(optimum[names[n]]))}
    if target.best.failed:
        bounds |= {n: side for n in range(len(names)) if (side := target.end(optimum, names[n]))}
    dof = target.errors.count - len(names)
    design, shared = _design(target, optimum, len(names))
    sizes = np.linalg.norm(design, axis=0)
    free = [n for n in range(len(names)) if n not in bounds and sizes[n] > 0]
    covariance = np.full((len(names), len(names)), np.nan)
    scaled = design[:, free] / sizes[free]
    singular = bool(free) and float(np.linalg.cond(scaled)) > 1e7
    if free and not singular:
        taken = shared[free] / sizes[free]
        variance = 1.0 if fit.known else target.errors.count / dof
        inverse = np.linalg.inv(scaled.T @ scaled - np.outer(taken, taken)) * variance
        covariance[np.ix_(free, free)] = inverse / np.outer(sizes[free], sizes[free])
    sds = np.sqrt(np.diag(covariance))
    upper = (1 + LEVEL) / 2
    return Precision(
        names=names,
        labels=labels,
        covariance=covariance,
        correlation=covariance / np.outer(sds, sds),
        bounds={labels[n]: side for n, side in bounds.items()},
        unfelt=tuple(labels[n] for n in range(len(names)) if sizes[n] == 0),
        singular=singular,
        quantile=float(ndtri(upper) if fit.known else stdtrit(dof, upper)),
    )


def _design(target: Target, optimum: Numbers, free: int) -> tuple[Array, Array]:
    """Rows whose products are the information on the estimates, one of each level and of each prior.

    And a vector whose product is what of the information goes to the SD of the residuals, where that is estimated.
    """
    fit, errors = target.fit, target.errors
    values = optimum.all_values()
    predicted = target.predictions([values])[0]
    count = len(errors.values)
    slopes = np.nan_to_num(target.slopes(optimum), nan=0.0, posinf=0.0, neginf=0.0)
    widths, information = errors.information(predicted, 1.0 if fit.known else errors.sd(predicted, 0))
    slopes[:count] /= np.where(widths > 0, widths, 1.0)[:, None]
    weights = _robust(fit.loss, target.weighted(values, predicted))
    weights[:count] *= np.maximum(information[:, 0, 0], 0.0)
    shared = (
        np.zeros(free)
        if fit.known
        else information[:, 0, 1] @ slopes[:count] / math.sqrt(float(np.sum(information[:, 1, 1])))
    )
    return slopes * np.sqrt(weights)[:, None], shared


def _label(target: Target, name: str) -> str:
    slot = next(slot for slot in target.slots if slot.name == name.removeprefix(LOG))
    whose = f" of {slot.subject}" if slot.subject and len(target.subjects) > 1 else ""
    return slot.parameter.name + whose


def _side(number: Number) -> str:
    """The bound that a parameter lies at; empty if at none."""
    width = number.max - number.min
    margin = AT_BOUND * (width if math.isfinite(width) else max(1.0, abs(number.value)))
    if number.value - number.min < margin:
        return "lower"
    return "upper" if number.max - number.value < margin else ""


def _robust(loss: str, residuals: Array) -> Array:
    """Weight of every residual in the normal equations of a robust loss, as scipy defines it [1]."""
    squared = residuals**2
    if loss == "soft_l1":
        return np.asarray((1 + squared) ** -0.5)
    if loss == "huber":
        return np.where(squared <= 1, 1.0, np.maximum(squared, 1.0) ** -0.5)
    return 1 / (1 + squared) if loss == "cauchy" else np.ones_like(squared)


def estimates(target: Target, optimum: Numbers, precision: Precision, limits: Limits) -> Iterator[Estimate]:
    """Every parameter with its standard error and interval; those that follow from others by their derivatives."""
    values = optimum.all_values()
    gradients = _gradients(target, optimum, precision)
    known = np.isfinite(np.diag(precision.covariance))
    usable = np.where(np.isfinite(precision.covariance), precision.covariance, 0.0)
    for slot in target.slots:
        parameter, value = slot.parameter, float(values[slot.name])
        gradient = gradients[slot.name]
        variance = float(gradient @ usable @ gradient)
        moves = bool(np.any(gradient != 0))
        certain = moves and bool(np.all(known[gradient != 0])) and variance > 0
        spread_of = math.sqrt(variance) if certain else None
        log = parameter.log and (parameter.vary or parameter.expr is not None)
        low, high = _interval(slot, value, spread_of, precision.quantile, limits, log=log)
        yield Estimate(
            parameter=parameter,
            subject=slot.subject,
            free=parameter.vary,
            value=value,
            se=None if spread_of is None else spread_of * (value if log else 1.0),
            low=low,
            high=high,
            log_value=math.log(value) if log and value > 0 else None,
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


def _gradients(target: Target, optimum: Numbers, precision: Precision) -> dict[str, Array]:
    """Derivative of every parameter (of its logarithm, where that is its scale) by every estimate."""
    columns = []
    for name in precision.names:
        number = optimum[name]
        half = STEP * (1.0 if name.startswith(LOG) else max(abs(number.value), STEP))
        low, high = target.moved(optimum, name, number.value - half), target.moved(optimum, name, number.value + half)
        columns.append({slot.name: _change(slot, low, high) / (2 * half) for slot in target.slots})
    return {slot.name: np.array([column[slot.name] for column in columns]) for slot in target.slots}


def _change(slot: Slot, low: Mapping[str, float], high: Mapping[str, float]) -> float:
    """Change of a parameter, of its logarithm where that is its scale; NaN where one that follows reaches 0."""
    parameter = slot.parameter
    if parameter.log and (parameter.vary or parameter.expr is not None):
        ends = low[slot.name], high[slot.name]
        return math.log(ends[1] / ends[0]) if min(ends) > 0 else math.nan
    return high[slot.name] - low[slot.name]


def criteria(target: Target, predicted: Sequence[Array], free: int) -> tuple[float | None, float | None, float | None]:
    """-2 log likelihood of the measurements, AIC and BIC [1]; None for a loss that has no likelihood.

    An estimated SD counts as a parameter beside the ``free`` ones. Akaike. IEEE Trans Automat Contr 1974;19:716-23.
    Schwarz. Ann Stat 1978;6:461-4.
    """
    if target.fit.loss != "linear":
        return None, None, None
    value = target.errors.minus_2ll(predicted)
    size = free + (0 if target.fit.known else 1)
    return value, value + 2 * size, value + size * math.log(len(target.errors.values))
