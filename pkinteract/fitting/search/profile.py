"""Profile likelihoods: one estimate is held at a value, the others are estimated again, until 95 % is reached."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.special import chdtri, fdtri

from pkinteract.engine.curves import Array
from pkinteract.errors import SimulationError
from pkinteract.fitting.search.numbers import LOG, Numbers
from pkinteract.fitting.search.target import Target
from pkinteract.fitting.search.uncertainty import LEVEL, Precision
from pkinteract.fitting.types import Likelihood

CLOSE = 2e-3
"""How near the root of the drop comes to that of the 95 % line, relatively [1]."""

SETTLED = 1e-4
"""Share of the drop at the 95 % line by which another step of the inner fit could still lower it [1]."""

LONGEST = 1.0
"""Longest first step away from the optimum, and of the inner fit, on the logarithm or relative to the value [1]."""

BEYOND = 1.3
"""How far behind the end of an interval the last point lies, relative to the distance of the end [1]."""

_POINTS = 15
_ROUNDS = 30


@dataclass(frozen=True, kw_only=True)
class _HeldPoint:
    """The sum of squares with one estimate held, and what all estimates are there."""

    squares: float
    at: Array


@dataclass(frozen=True, kw_only=True)
class _ProfileBasis:
    """What all profiles of a group share.

    Attributes
    ----------
    line
        By how much the sum of squares lies above the smallest one at the ends of the 95 % interval.
    """

    target: Target
    optimum: Numbers
    precision: Precision
    best: _HeldPoint
    line: float

    def root(self, point: _HeldPoint) -> float:
        """Root of the drop relative to that of the 95 % line, which is 1 there [1]."""
        return math.sqrt(max(point.squares - self.best.squares, 0.0) / self.line)


@dataclass(kw_only=True)
class Profiles:
    """What was profiled so far; it keeps what is done when the rest is stopped by hand."""

    limits: dict[str, tuple[float | None, float | None]] = field(default_factory=dict)
    likelihoods: list[Likelihood] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def profile_estimates(target: Target, optimum: Numbers, precision: Precision, into: Profiles) -> bool:
    """Take the profiles of all estimates and their intervals; whether that was stopped by hand."""
    if precision.bounds or precision.unfelt or precision.singular:
        into.notes.append("no profiles were taken: an estimate has no standard error to begin from")
        return False
    try:
        _all(target, optimum, precision, into)
    except KeyboardInterrupt:
        into.notes.append("stopped by hand: intervals that were not profiled by then are those of the covariance")
        return True
    return False


def _all(target: Target, optimum: Numbers, precision: Precision, into: Profiles) -> None:
    residuals = target.residuals(optimum)
    smallest = float(residuals @ residuals)
    at = np.array([optimum[name].value for name in precision.names])
    best = _HeldPoint(squares=smallest, at=at)
    problem = _ProfileBasis(
        target=target, optimum=optimum, precision=precision, best=best, line=_line(target, precision, smallest)
    )
    for place, name in enumerate(precision.names):
        (low, below), (high, above) = (_side(problem, place, sign) for sign in (-1, 1))
        points = [*reversed(below), best, *above]
        into.limits[name] = (low, high)
        into.likelihoods.append(_likelihood(problem, place, points))
        into.notes += [text for text in _notes(problem, place, low, high, points) if text not in into.notes]


def _line(target: Target, precision: Precision, smallest: float) -> float:
    if target.fit.known:
        return float(chdtri(1, 1 - LEVEL))
    dof = target.errors.count - len(precision.names)
    return smallest * float(fdtri(1, dof, LEVEL)) / dof


def _notes(
    problem: _ProfileBasis, place: int, low: float | None, high: float | None, points: Sequence[_HeldPoint]
) -> Iterator[str]:
    name = problem.precision.labels[place]
    open_sides = [side for side, end in (("lower", low), ("upper", high)) if end is None]
    if open_sides:
        side = " and ".join(open_sides)
        yield (
            f"the profile of {name} stays flat up to its {side} bound: these data give it no {side} limit; "
            "hold it, or add data that inform it"
        )
    if min(point.squares for point in points) < problem.best.squares - 10 * SETTLED * problem.line:
        yield f"the profile of {name} met a better point than the optimum; search again with more starts"


def _side(problem: _ProfileBasis, place: int, sign: int) -> tuple[float | None, list[_HeldPoint]]:
    """End of the interval on one side, None where there is none before the bound; points away from the optimum."""
    name = problem.precision.names[place]
    number, best = problem.optimum[name], problem.best
    bound = number.min if sign < 0 else number.max
    sd = math.sqrt(problem.precision.covariance[place, place])
    longest = LONGEST * (1.0 if name.startswith(LOG) or number.value == 0 else abs(number.value))
    inside, outside = best, None
    points: list[_HeldPoint] = []
    value = number.value + sign * min(0.5 * problem.precision.quantile * sd, longest)
    end = None
    while len(points) < _POINTS:
        value = max(value, bound) if sign < 0 else min(value, bound)
        try:
            point = _held(problem, place, value, _nearest([best, *points], place, value))
        except SimulationError:
            break
        points.append(point)
        reached = problem.root(point)
        if abs(reached - 1) <= CLOSE:
            end = _between(problem, place, best, point)
            break
        if reached > 1:
            outside = point
        elif value == bound:
            break
        else:
            inside = point
        value = _next(problem, place, inside, outside, sign)
    if end is not None:
        beyond = number.value + BEYOND * (end - number.value)
        if number.min < beyond < number.max and max(problem.root(point) for point in points) < BEYOND:
            points += _beyond(problem, place, beyond, points[-1])
    return end, sorted(points, key=lambda point: abs(float(point.at[place]) - number.value))


def _nearest(points: Sequence[_HeldPoint], place: int, value: float) -> _HeldPoint:
    return min(points, key=lambda point: abs(float(point.at[place]) - value))


def _beyond(problem: _ProfileBasis, place: int, value: float, near: _HeldPoint) -> list[_HeldPoint]:
    try:
        return [_held(problem, place, value, near)]
    except SimulationError:
        return []


def _between(problem: _ProfileBasis, place: int, inner: _HeldPoint, outer: _HeldPoint) -> float:
    """Where the root of the drop is 1 on the straight line through two points."""
    a, b = float(inner.at[place]), float(outer.at[place])
    low, high = problem.root(inner), problem.root(outer)
    return a + (b - a) * (1 - low) / (high - low)


def _next(problem: _ProfileBasis, place: int, inside: _HeldPoint, outside: _HeldPoint | None, sign: int) -> float:
    """The next value to hold: on the line through the points on both sides of the end, or further out."""
    if outside is not None:
        a, b = float(inside.at[place]), float(outside.at[place])
        guess = _between(problem, place, inside, outside)
        return a + float(np.clip((guess - a) / (b - a), 0.05, 0.95)) * (b - a)
    start = float(problem.best.at[place])
    gone = float(inside.at[place]) - start
    reached = problem.root(inside)
    return start + gone * float(np.clip(1 / max(reached, 1e-3), 1.02, 3.0))


def _held(problem: _ProfileBasis, place: int, value: float, near: _HeldPoint) -> _HeldPoint:
    """The smallest sum of squares with one estimate held at ``value``, sought from where a neighbour leads.

    Raises
    ------
    SimulationError
        When there is no possible body where the search begins.
    """
    precision, best = problem.precision, problem.best
    if near is best:
        slope = precision.covariance[:, place] / precision.covariance[place, place]
    else:
        slope = (near.at - best.at) / (near.at[place] - best.at[place])
    numbers = problem.optimum.copy()
    for name, guess in zip(precision.names, near.at + slope * (value - near.at[place]), strict=True):
        numbers[name].value = float(np.clip(guess, numbers[name].min, numbers[name].max))
    held = precision.names[place]
    numbers[held].value = value
    numbers[held].vary = False
    squares = _refitted(problem, numbers, [name for name in precision.names if name != held])
    return _HeldPoint(squares=squares, at=np.array([numbers[name].value for name in precision.names]))


def _refitted(problem: _ProfileBasis, numbers: Numbers, names: Sequence[str]) -> float:
    """The smallest sum of squares over ``names``, by damped Gauss-Newton steps inside the bounds; moves ``numbers``."""
    target, settled = problem.target, SETTLED * problem.line
    residuals = target.residuals(numbers)
    squares = float(residuals @ residuals)
    low = np.array([numbers[name].min for name in names])
    high = np.array([numbers[name].max for name in names])
    damping = 0.0
    for _ in range(_ROUNDS if names else 0):
        at = np.array([numbers[name].value for name in names])
        jacobian = target.jacobian(numbers)
        slopes = jacobian.T @ residuals
        jacobian[:, ((at <= low) & (slopes > 0)) | ((at >= high) & (slopes < 0))] = 0.0
        before = squares
        while damping < 1e8:
            step = _step(jacobian, residuals, damping)
            if squares - float(np.sum((residuals + jacobian @ step) ** 2)) <= settled:
                _set_values(numbers, names, at)
                return squares
            longest = LONGEST * np.array(
                [1.0 if name.startswith(LOG) else abs(value) or 1.0 for name, value in zip(names, at, strict=True)]
            )
            tried = _tried(target, numbers, names, np.clip(at + np.clip(step, -longest, longest), low, high))
            if tried is not None and float(tried @ tried) < squares:
                residuals, squares = tried, float(tried @ tried)
                damping = 0.1 * damping if damping > 1e-4 else 0.0
                break
            damping = max(10 * damping, 1e-3)
        if before - squares <= settled:
            if squares == before:
                _set_values(numbers, names, at)
            break
    return squares


def _step(jacobian: Array, residuals: Array, damping: float) -> Array:
    """Step that lowers the sum of squares most if they were linear, shorter with more damping."""
    sizes = np.linalg.norm(jacobian, axis=0)
    scale = np.where(sizes > 0, sizes, 1.0)
    left = np.vstack([jacobian / scale, math.sqrt(damping) * np.eye(len(scale))])
    right = np.concatenate([-residuals, np.zeros(len(scale))])
    return np.asarray(np.linalg.lstsq(left, right, rcond=1e-10)[0] / scale)


def _set_values(numbers: Numbers, names: Sequence[str], values: Array) -> None:
    for name, value in zip(names, values, strict=True):
        numbers[name].value = float(value)


def _tried(target: Target, numbers: Numbers, names: Sequence[str], values: Array) -> Array | None:
    """Residuals at ``values``; None where they describe no possible body."""
    _set_values(numbers, names, values)
    try:
        return target.residuals(numbers)
    except SimulationError:
        return None


def _likelihood(problem: _ProfileBasis, place: int, points: Sequence[_HeldPoint]) -> Likelihood:
    target, name = problem.target, problem.precision.names[place]
    slot = next(slot for slot in target.slots if slot.name == name.removeprefix(LOG))
    made = math.exp if name.startswith(LOG) else float
    more = np.array([max(point.squares - problem.best.squares, 0.0) for point in points])
    if target.fit.known:
        drops, threshold = more, problem.line
    else:
        count, smallest = target.errors.count, problem.best.squares
        drops, threshold = count * np.log1p(more / smallest), count * math.log1p(problem.line / smallest)
    return Likelihood(
        parameter=slot.parameter,
        subject=slot.subject,
        best=made(float(problem.best.at[place])),
        values=np.array([made(float(point.at[place])) for point in points]),
        drops=drops,
        threshold=threshold,
    )
