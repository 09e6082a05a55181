"""The periodic state of a system under a periodic input.

The state just before a period is a fixed point of "simulate one period". Enzymes with half-lives of days make plain
iteration slow, so it is accelerated by Anderson mixing; exact compounds sum a geometric series. The residual is
reported, not assumed.

Anderson mixing: Walker, Ni. SIAM J Numer Anal 2011;49:1715-35.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pkinteract.engine import exact
from pkinteract.engine.curves import Array
from pkinteract.engine.events import Event
from pkinteract.engine.mechanisms.release import profiles
from pkinteract.engine.single.march import RTOL, solve
from pkinteract.engine.solution import State, resting
from pkinteract.engine.system import System

TOLERANCE = 1e-7
"""Relative change over one period below which a state repeats itself; less cannot be told from zero [1]."""

LARGEST_RESIDUAL = 1e-4
"""Largest relative change over one period of what is called a steady state [1]."""

LARGEST_DRIFT = 1e-3
"""Largest change over one period of what is called a steady state, as a share of a typical dose [1]."""

_MEMORY = 6
_MOST_PERIODS = 400

_AHEAD = 10.0
"""How much farther than the tolerance the next mixed state may lie: where a period changes little, much may be left."""


Begin = Callable[[System, Sequence[Event], float, float, float], Callable[[State], State | None]]
"""From system, events, start and stop [h] and tolerance to what takes a state from start to stop; None if it cannot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Periodic:
    """A periodic state.

    Attributes
    ----------
    residual
        Largest change over one period, relative to each state [1].
    drift
        The same relative to each state's scale, a typical dose, and not below what the tolerance could tell from zero:
        when more is given than can be eliminated, this stays as the amounts grow and the residual vanishes [1].
    periods
        How many periods were simulated.
    """

    state: State
    residual: float
    drift: float
    periods: int


def periodic_state(
    system: System,
    events: Sequence[Event],
    start: float,
    period: float,
    *,
    rates: Sequence[float],
    inflows: Sequence[float] = (),
    rtol: float = RTOL,
    tolerance: float = TOLERANCE,
    begin: Begin | None = None,
) -> Periodic:
    """Find the state just before ``start`` that ``events`` of one period [start, start + period) reproduce.

    Parameters
    ----------
    start, period
        When the run begins, and how long a period is [h].
    events
        Jumps of one period, sorted by time; rates end the period as they began it. Releases are repeated backwards.
    rates, inflows
        Infusion rate into every compound and inflow of every depot just before ``start`` [mg/h]; no inflow if left out.
    rtol
        Relative tolerance of a step [1].
    tolerance
        Relative change over one period at which the search ends, if the mixing expects no more than ten times as much
        altogether; after 400 periods the residual is reported as it is.
    begin
        Makes what takes a state over one period; the solver in CPython if left out.
    """
    flowing = dict(enumerate(inflows))
    fixed = {i: exact.periodic(system, i, events, start, period, rate=rates[i], inflows=flowing) for i in system.exact}
    state = replace(
        resting(system),
        rates=[rates[i] for i in system.stepped],
        inflows=[flowing.get(j, 0.0) for j in system.layout.stepped_depots],
        exact=fixed,
    )
    events = [*earlier_releases(system, events, start, period), *events]
    over = (_solving if begin is None else begin)(system, events, start, start + period, min(rtol, tolerance))
    scale = np.array([max(abs(value), 1e-3) for value in system.layout.sizes()])

    def once(x: Array) -> Array | None:
        end = over(_state(system, x[:, 0], state))
        return None if end is None else _vector(end)[:, None]

    settled = fixed_point(_vector(state)[:, None], once, scale, tolerance)
    end = _state(system, settled.image[:, 0], state)
    return Periodic(state=end, residual=settled.residual, drift=settled.drift, periods=settled.rounds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """Where a map changes little: a point and its image, (state, column), the largest change, how often it was applied.

    Attributes
    ----------
    residual
        Largest change, relative to the larger of each number and its scale [1]; 0 when there is nothing to map.
    drift
        The same relative to the scales, and not below what the tolerance could tell from zero [1].
    """

    point: Array
    image: Array
    residual: float
    drift: float
    rounds: int


def fixed_point(x: Array, over: Callable[[Array], Array | None], scale: Array, tolerance: float) -> Fixed:
    """Apply a map that mixes no columns until every column repeats itself, each column accelerated by itself.

    Parameters
    ----------
    x
        Where to begin, (state, column).
    over
        The map; None where it cannot.
    scale
        (state,) below which changes are judged absolutely.
    tolerance
        Relative change at which the search ends, if the mixing expects no more than ten times as much altogether; after
        400 rounds it ends anyway.
    """
    points: list[Array] = []
    images: list[Array] = []
    residual, ahead, count = np.inf, np.inf, 0
    while count < _MOST_PERIODS and max(residual, ahead / _AHEAD) > tolerance and len(x):
        image = over(x)
        if image is None:
            break
        count += 1
        size = np.maximum(np.abs(image), scale[:, None])
        residual = float(np.max(np.abs(image - x) / size))
        points, images = [*points, x][-_MEMORY:], [*images, image][-_MEMORY:]
        columns = [_mixed([p[:, c] for p in points], [i[:, c] for i in images], scale) for c in range(x.shape[1])]
        x = np.maximum(np.stack(columns, axis=1), 0.0)
        ahead = float(np.max(np.abs(x - image) / size))
    if not images:
        return Fixed(point=x, image=x, residual=0.0, drift=0.0, rounds=count)
    change = np.maximum(np.abs(images[-1] - points[-1]), tolerance * np.abs(images[-1]))
    drift = float(np.max(change / scale[:, None], initial=0.0))
    return Fixed(point=points[-1], image=images[-1], residual=residual, drift=drift, rounds=count)


def _solving(
    system: System, events: Sequence[Event], start: float, stop: float, rtol: float
) -> Callable[[State], State | None]:
    return lambda state: solve(system, events, start, stop, rtol=rtol, initial=state).end


def earlier_releases(system: System, events: Sequence[Event], start: float, period: float) -> list[Event]:
    """Releases of earlier periods that are still going on at ``start``, for events that repeat every ``period`` [h]."""
    release_profiles = profiles(system)
    earlier = []
    for event in (event for event in events if event.kind == "release"):
        time = event.time - period
        while start - time < release_profiles[event.target].over:
            earlier.append(replace(event, time=time))
            time -= period
    return sorted(earlier, key=lambda event: event.time)


def _mixed(points: list[Array], images: list[Array], scale: Array) -> Array:
    if len(points) < 3:
        return images[-1]
    gaps = np.array([(g - x) / scale for x, g in zip(points, images, strict=True)])
    steps = np.diff(gaps, axis=0)
    weights, *_ = np.linalg.lstsq(steps.T, gaps[-1], rcond=1e-10)
    moves = np.diff(np.array(images), axis=0)
    return np.asarray(images[-1] - weights @ moves)


def _vector(state: State) -> Array:
    return np.array([*state.stepped, *state.depots])


def _state(system: System, x: Array, like: State) -> State:
    n, values = system.layout.n_states, [float(value) for value in x]
    return replace(like, stepped=values[:n], depots=values[n:])
