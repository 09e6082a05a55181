"""Continuous curves of an amount over time, with exact integrals and extremes.

A curve is continuous between its breaks and may jump at them (a bolus); at a break its value is the one before the jump
unless the right limit is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Side = Literal["left", "right"]

TIED = 1e-6
"""Share of the largest value within which extremes count as equal: what steps and steady states leave open [1]."""

_INNER = np.linspace(0.0, 1.0, 9)
_FINER = np.linspace(0.0, 1.0, 17)[1:-1]


class Curve(Protocol):
    """Something that has a value at every time from ``breaks[0]`` to ``breaks[-1]`` [h]."""

    @property
    def breaks(self) -> Array: ...

    def value(self, time: npt.ArrayLike, side: Side = "left") -> Array: ...

    def integral(self, start: npt.ArrayLike, stop: npt.ArrayLike) -> Array: ...


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
        rows = self.coefficients.take(piece, axis=0)
        total = rows[..., -1]
        for power in range(rows.shape[-1] - 2, -1, -1):
            total = total * theta + rows[..., power]
        if side == "left":
            total = np.where(times <= self.breaks[0], self.before, total)
        return np.asarray(total)

    def integral(self, start: npt.ArrayLike, stop: npt.ArrayLike) -> Array:
        """Integral from ``start`` to ``stop`` [h], of their common shape."""
        return self._antiderivative(stop) - self._antiderivative(start)

    @cached_property
    def _primitives(self) -> tuple[Array, Array]:
        """Integral up to each break, (piece + 1,), and the integrated polynomials, (piece, degree + 1)."""
        powers = np.arange(1, self.coefficients.shape[1] + 1)
        rows = self.coefficients / powers * np.diff(self.breaks)[:, None]
        return np.concatenate([[0.0], np.cumsum(rows.sum(axis=1))]), rows

    def _antiderivative(self, time: npt.ArrayLike) -> Array:
        times = np.asarray(time, dtype=float)
        whole, rows = self._primitives
        piece = piece_of(self.breaks, times, "left")
        theta = (times - self.breaks[piece]) / (self.breaks[piece + 1] - self.breaks[piece])
        total = np.zeros_like(theta)
        for power in range(rows.shape[-1] - 1, -1, -1):
            total = (total + rows[piece, power]) * theta
        return np.asarray(whole[piece] + total)


@dataclass(frozen=True, eq=False, kw_only=True)
class SumCurve:
    """A weighted sum of curves that run over the same time."""

    curves: tuple[Curve, ...]
    weights: tuple[float, ...]

    @cached_property
    def breaks(self) -> Array:
        """Breaks of all its curves."""
        return distinct(np.concatenate([curve.breaks for curve in self.curves]))

    def value(self, time: npt.ArrayLike, side: Side = "left") -> Array:
        """Values at ``time`` [h]."""
        values = [weight * curve.value(time, side) for curve, weight in zip(self.curves, self.weights, strict=True)]
        return np.asarray(np.sum(values, axis=0))

    def integral(self, start: npt.ArrayLike, stop: npt.ArrayLike) -> Array:
        """Integral from ``start`` to ``stop`` [h], of their common shape."""
        weighted_curves = zip(self.curves, self.weights, strict=True)
        return np.asarray(np.sum([weight * curve.integral(start, stop) for curve, weight in weighted_curves], axis=0))


def weighted(curves: Sequence[Curve], weights: Sequence[tuple[float, Sequence[float]]]) -> Curve:
    """Σ weight·curve over the same time; polynomials on the same breaks stay one polynomial.

    Parameters
    ----------
    weights
        From each time on [h], one weight per curve, in any unit; more than one row needs polynomials that break there.

    Raises
    ------
    ValueError
        When weights change but the curves are not polynomials on the same breaks.
    """
    same = [curve for curve in curves if isinstance(curve, PiecewisePolynomial) and curve.breaks is _breaks(curves[0])]
    if len(same) < len(curves):
        if len(weights) > 1:
            raise ValueError("weights can only change along polynomials on the same breaks")
        return SumCurve(curves=tuple(curves), weights=tuple(weights[0][1]))
    breaks = same[0].breaks
    since = [time for time, _ in weights]
    rows = np.array([row for _, row in weights])[np.searchsorted(since, breaks[:-1], side="right") - 1]
    coefficients = np.sum([rows[:, n, None] * curve.coefficients for n, curve in enumerate(same)], axis=0)
    before = sum(weight * curve.before for curve, weight in zip(same, rows[0], strict=True))
    return PiecewisePolynomial(breaks=breaks, coefficients=coefficients, before=float(before))


_DEGREE = 8
_NODES = (1 - np.cos(np.pi * np.arange(_DEGREE + 1) / _DEGREE)) / 2
_POWERS = np.linalg.inv(np.vander(_NODES, _DEGREE + 1, increasing=True))


def composed(curves: Sequence[Curve], functions: Sequence[tuple[float, Callable[[Array], Array]]]) -> Curve:
    """A smooth function of polynomials on the same breaks: on each piece one of degree 8 through nine points.

    Parameters
    ----------
    functions
        From each time on [h], what makes values (...,) of those of the curves, (curve, ...), in any unit.

    Raises
    ------
    ValueError
        When the curves are not polynomials on the same breaks.
    """
    same = [curve for curve in curves if isinstance(curve, PiecewisePolynomial) and curve.breaks is _breaks(curves[0])]
    if len(same) < len(curves):
        raise ValueError("a function needs polynomials on the same breaks")
    breaks = same[0].breaks
    values = np.array(
        [curve.coefficients @ np.vander(_NODES, curve.coefficients.shape[1], increasing=True).T for curve in same]
    )
    chosen = np.searchsorted([time for time, _ in functions], breaks[:-1], side="right") - 1
    rows = np.empty(values.shape[1:])
    for n, (_, function) in enumerate(functions):
        rows[chosen == n] = function(values[:, chosen == n])
    before = functions[chosen[0]][1](np.array([curve.before for curve in same]))
    return PiecewisePolynomial(breaks=breaks, coefficients=rows @ _POWERS.T, before=float(before))


def integral_repeated(curve: Curve, start: npt.ArrayLike, stop: npt.ArrayLike) -> Array:
    """Integral from ``start`` to ``stop`` [h], of their common shape, of a curve that repeats over and over."""
    begin = float(curve.breaks[0])
    period = float(curve.breaks[-1]) - begin

    def up_to(time: npt.ArrayLike) -> Array:
        rounds, rest = np.divmod(np.asarray(time, dtype=float) - begin, period)
        return np.asarray(rounds * curve.integral(begin, begin + period) + curve.integral(begin, begin + rest))

    return up_to(stop) - up_to(start)


def constant(value: float, start: float, stop: float) -> Curve:
    """The same value from ``start`` to ``stop`` [h]."""
    return PiecewisePolynomial(breaks=np.array([start, stop]), coefficients=np.array([[value]]), before=value)


def _breaks(curve: Curve) -> Array | None:
    return curve.breaks if isinstance(curve, PiecewisePolynomial) else None


def extremes(curve: Curve, start: float, stop: float, sampled: tuple[Array, Array] | None = None) -> Extremes:
    """Extremes of ``curve`` from ``start`` to ``stop`` [h], jumps at both ends included.

    Every piece is sampled at nine points, then the neighbourhood of every local extreme among them is sampled again
    until it is 1e-6 of a piece wide or less: of two nearly equal peaks the samples alone may pick the wrong one.
    Of peaks that are equal within ``TIED``, as at a steady state, the first says when; two at one break are one peak.

    Parameters
    ----------
    sampled
        What :func:`sample` gives of this stretch, if it is known.
    """
    times, values = (samples.reshape(-1, len(_INNER)) for samples in sampled or sample(curve, start, stop))
    low = times[:, 0]
    width = np.diff(np.append(low, stop))
    first = float(curve.value(start))
    highest, lowest = _peaks(values), _peaks(-values)
    piece, node = np.concatenate([highest, lowest], axis=1)
    sign = np.repeat([1.0, -1.0], [len(highest[0]), len(lowest[0])])
    where, best = _refined(curve, low[piece], width[piece], node, values[piece, node], sign)
    ends = []
    for side in (1.0, -1.0):
        mine = np.flatnonzero(sign == side)
        when, peaks = np.append(start, where[mine]), side * np.append(first, best[mine])
        top = float(np.max(peaks))
        tied = np.flatnonzero(peaks >= top - TIED * np.abs(values).max())
        place = np.append(-1, len(_INNER) * piece[mine] + node[mine])[tied]
        same = tied[place <= place[0] + 1]
        ends.append((float(when[same[np.argmax(peaks[same])]]), side * top))
    (tmax, cmax), (tmin, cmin) = ends
    return Extremes(cmax=cmax, tmax=tmax, cmin=cmin, tmin=tmin)


def _peaks(values: Array) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Piece and node of every local maximum that lies in the upper fifth of the range."""
    before, after = np.full_like(values, -np.inf), np.full_like(values, -np.inf)
    before[:, 1:], after[:, :-1] = values[:, :-1], values[:, 1:]
    joined = np.abs(values[:-1, -1] - values[1:, 0]) <= 1e-9 * np.abs(values).max()
    before[1:, 0] = np.where(joined, values[:-1, -2], -np.inf)
    after[:-1, -1] = np.where(joined, values[1:, 1], -np.inf)
    top = float(values.max())
    high = values >= top - 0.2 * (top - float(values.min()))
    chosen = high & (values >= before) & (values >= after) & ((values > before) | (values > after))
    chosen.flat[int(np.argmax(values))] = True
    piece, node = np.nonzero(chosen)
    return piece, node


def _refined(
    curve: Curve, low: Array, width: Array, node: npt.NDArray[np.intp], best: Array, sign: Array
) -> tuple[Array, Array]:
    """Zoom into the neighbourhoods of samples, one row each: when the extreme is [h], and its value.

    ``sign`` is 1 where the highest value is sought and -1 where the lowest; no row crosses a break.
    """
    left, right = np.maximum(node - 1, 0) / 8, np.minimum(node + 1, 8) / 8
    where = node / 8
    rows = np.arange(len(node))
    for _ in range(6):
        theta = left[:, None] + (right - left)[:, None] * _FINER
        values = curve.value(low[:, None] + width[:, None] * theta)
        top = np.argmax(sign[:, None] * values, axis=1)
        better = sign * values[rows, top] > sign * best
        best = np.where(better, values[rows, top], best)
        where = np.where(better, theta[rows, top], where)
        span = (right - left) / 16
        left, right = np.maximum(where - span, 0.0), np.minimum(where + span, 1.0)
    return low + width * where, best


def sample(curve: Curve, start: float, stop: float) -> tuple[Array, Array]:
    """Times (point,) [h] from ``start`` to ``stop``, and values (point,) there, dense enough to measure shares of time.

    Nine points a piece, at most half an hour apart; after the jump where a piece begins.
    """
    edges = _edges(curve, start, stop)
    times = edges[:-1, None] + np.diff(edges)[:, None] * _INNER
    values = curve.value(times)
    values[:, 0] = curve.value(edges[:-1], "right")
    return times.ravel(), values.ravel()


def _edges(curve: Curve, start: float, stop: float) -> Array:
    """Breaks of a curve inside an interval, its ends, and points between where a piece is longer than 4 h."""
    even = np.linspace(start, stop, int((stop - start) / 4.0) + 2)
    inner = curve.breaks[(curve.breaks > start) & (curve.breaks < stop)]
    return distinct(np.concatenate([even, inner]))


def distinct(times: npt.ArrayLike) -> Array:
    """Times [h], sorted, each once, (time,).

    Unlike ``np.unique`` it does not import ``numpy.ma``, a tenth of the time that numpy takes.
    """
    ordered = np.sort(np.asarray(times, dtype=float))
    return ordered[np.append(True, np.diff(ordered) > 0)] if len(ordered) else ordered


def piece_of(breaks: Array, times: Array, side: Side) -> npt.NDArray[np.intp]:
    """Piece between ``breaks`` (piece + 1,) [h] that holds each time [h], in the shape of ``times``.

    At a break with side "right" the later piece, else the earlier; outside the first or the last.
    """
    piece = breaks.searchsorted(times, side=side) - 1
    return np.asarray(np.minimum(np.maximum(piece, 0), len(breaks) - 2))


def polynomials(breaks: Sequence[float], before: Sequence[float], coefficients: Array) -> list[PiecewisePolynomial]:
    """One curve per state from ``coefficients`` (piece, power, state), powers from the break before [h].

    ``breaks`` (piece + 1,) [h]; ``before`` (state,) the values before the first break.
    """
    edges = np.asarray(breaks, dtype=float)
    columns = np.ascontiguousarray(coefficients.transpose(2, 0, 1))
    return [PiecewisePolynomial(breaks=edges, coefficients=rows, before=before[i]) for i, rows in enumerate(columns)]
