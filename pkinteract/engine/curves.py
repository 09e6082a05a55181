"""Continuous curves of an amount over time, with exact integrals and extremes.

A curve is continuous between its breaks and may jump at them (a bolus); at a break its value is the one before the jump
unless the right limit is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Side = Literal["left", "right"]

_INNER = np.linspace(0.0, 1.0, 9)


class Curve(Protocol):
    """Something that has a value at every time from ``breaks[0]`` to ``breaks[-1]`` [h]."""

    @property
    def breaks(self) -> Array: ...

    def value(self, time: npt.ArrayLike, side: Side = "left") -> Array: ...

    def integral(self, start: float, stop: float) -> float: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Extremes:
    """Largest and smallest value in an interval, and when [h]."""

    cmax: float
    tmax: float
    cmin: float
    tmin: float


@dataclass(frozen=True, eq=False, kw_only=True)
class PiecewisePolynomial:
    """Polynomials in (t - start)/(stop - start) between breaks.

    Attributes
    ----------
    breaks
        (piece + 1,) [h].
    coefficients
        (piece, degree + 1), lowest power first.
    before
        Value at ``breaks[0]`` before any jump there.
    """

    breaks: Array
    coefficients: Array
    before: float

    def value(self, time: npt.ArrayLike, side: Side = "left") -> Array:
        """Values at ``time`` (any shape) [h]."""
        times = np.asarray(time, dtype=float)
        piece = piece_of(self.breaks, times, side)
        start = self.breaks[piece]
        theta = (times - start) / (self.breaks[piece + 1] - start)
        rows = self.coefficients[piece]
        total = rows[..., -1]
        for power in range(rows.shape[-1] - 2, -1, -1):
            total = total * theta + rows[..., power]
        if side == "left":
            total = np.where(times <= self.breaks[0], self.before, total)
        return np.asarray(total)

    def integral(self, start: float, stop: float) -> float:
        """Integral from ``start`` to ``stop`` [h]."""
        ends = np.array([start, stop])
        piece = piece_of(self.breaks, ends, "left")
        width = np.diff(self.breaks)
        powers = np.arange(1, self.coefficients.shape[1] + 1)
        whole = np.concatenate([[0.0], np.cumsum(width * (self.coefficients / powers).sum(axis=1))])
        theta = (ends - self.breaks[piece]) / width[piece]
        part = width[piece] * ((self.coefficients[piece] / powers) * theta[:, None] ** powers).sum(axis=1)
        low, high = whole[piece] + part
        return float(high - low)


@dataclass(frozen=True, eq=False, kw_only=True)
class SumCurve:
    """A weighted sum of curves that run over the same time."""

    curves: tuple[Curve, ...]
    weights: tuple[float, ...]

    @property
    def breaks(self) -> Array:
        """Breaks of all its curves."""
        if len(self.curves) == 1:
            return self.curves[0].breaks
        return np.unique(np.concatenate([curve.breaks for curve in self.curves]))

    def value(self, time: npt.ArrayLike, side: Side = "left") -> Array:
        """Values at ``time`` [h]."""
        values = [weight * curve.value(time, side) for curve, weight in zip(self.curves, self.weights, strict=True)]
        return np.sum(values, axis=0)

    def integral(self, start: float, stop: float) -> float:
        """Integral from ``start`` to ``stop`` [h]."""
        rows = zip(self.curves, self.weights, strict=True)
        return sum(weight * curve.integral(start, stop) for curve, weight in rows)


def extremes(curve: Curve, start: float, stop: float) -> Extremes:
    """Extremes of ``curve`` from ``start`` to ``stop`` [h], jumps at both ends included.

    Every piece is sampled at nine points, then the neighbourhood of the best one is sampled again until it is 1e-6 of a piece wide or less.
    """
    edges = _edges(curve, start, stop)
    low, width = edges[:-1], np.diff(edges)
    times = low[:, None] + width[:, None] * _INNER
    values = curve.value(times)
    values[:, 0] = curve.value(low, "right")
    first = float(curve.value(start))
    found = []
    for sign in (1.0, -1.0):
        piece, node = np.unravel_index(int(np.argmax(sign * values)), values.shape)
        time, best = _refined(curve, float(low[piece]), float(width[piece]), int(node), float(values[piece, node]), sign)
        if sign * first > sign * best:
            time, best = start, first
        found += [best, time]
    return Extremes(cmax=found[0], tmax=found[1], cmin=found[2], tmin=found[3])


def _refined(curve: Curve, low: float, width: float, node: int, best: float, sign: float) -> tuple[float, float]:
    """Zoom into the neighbourhood of a sample; never crosses a break."""
    left, right = max(node - 1, 0) / 8, min(node + 1, 8) / 8
    where = node / 8
    for _ in range(6):
        theta = np.linspace(left, right, 17)[1:-1]
        values = sign * curve.value(low + width * theta)
        top = int(np.argmax(values))
        if values[top] > sign * best:
            best, where = sign * float(values[top]), float(theta[top])
        span = (right - left) / 16
        left, right = max(where - span, 0.0), min(where + span, 1.0)
    return low + width * where, best


def sample(curve: Curve, start: float, stop: float) -> tuple[Array, Array]:
    """Times [h] and values dense enough to draw or to measure shares of time: nine points a piece, at most half an hour apart."""
    edges = _edges(curve, start, stop)
    times = edges[:-1, None] + np.diff(edges)[:, None] * _INNER
    values = curve.value(times)
    values[:, 0] = curve.value(edges[:-1], "right")
    return times.ravel(), values.ravel()


def _edges(curve: Curve, start: float, stop: float) -> Array:
    """Breaks of a curve inside an interval, its ends, and points between where a piece is longer than 4 h."""
    even = np.linspace(start, stop, int((stop - start) / 4.0) + 2)
    inner = curve.breaks[(curve.breaks > start) & (curve.breaks < stop)]
    return np.unique(np.concatenate([even, inner]))


def piece_of(breaks: Array, times: Array, side: Side) -> npt.NDArray[np.intp]:
    piece = np.searchsorted(breaks, times, side=side) - 1
    return np.clip(piece, 0, len(breaks) - 2)


def polynomials(breaks: Sequence[float], before: Sequence[float], coefficients: Array) -> list[PiecewisePolynomial]:
    """One curve per state from ``coefficients`` (piece, power, state)."""
    edges = np.asarray(breaks, dtype=float)
    columns = np.ascontiguousarray(coefficients.transpose(2, 0, 1))
    return [PiecewisePolynomial(breaks=edges, coefficients=rows, before=before[i]) for i, rows in enumerate(columns)]
