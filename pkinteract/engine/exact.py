"""Compounds whose clearance depends on no state: sums of exponentials, exact whatever the interval.

The central amount of a mammillary compound is a sum of modes, each a first-order system driven by the same input u(t)::

    a_i' = -λ_i·a_i + w_i·u(t),   Σ a_i = central amount,   Σ w_i = 1

with real, distinct λ_i, because the compartment matrix can be made symmetric. Absorption enters through
φ(ka, λ, t) = (exp(-ka·t) - exp(-λ·t))/(λ - ka), written so that ka = λ needs no special case.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from pkinteract.engine.curves import Array, Side, piece_of
from pkinteract.engine.events import Event, concerning, event_table
from pkinteract.engine.layout import Layout
from pkinteract.engine.system import System

INSTANT = 1e300
"""A rate that empties a depot in any time but none [1/h]."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Modes:
    """Rate constants λ [1/h] and weights of a compound's modes, and ka [1/h] of its depots (infinite: no delay)."""

    rates: Array
    weights: Array
    depots: tuple[int, ...]
    ka: Array


@dataclass(frozen=True, eq=False, kw_only=True)
class ExponentialCurve:
    """Central amount [mg] of a compound in modal form.

    Attributes
    ----------
    breaks
        (piece + 1,) [h].
    modes
        Rate constants and weights.
    amplitude, depot, rate
        State at the start of each piece: (piece, mode) [mg], (piece, depot) [mg], (piece,) [mg/h]; a depot's inflow is
        part of the rate, and its amount is what stands above the level that the inflow keeps.
    before
        Central amount at ``breaks[0]`` before any jump there [mg].
    """

    breaks: Array
    modes: Modes
    amplitude: Array
    depot: Array
    rate: Array
    before: float

    def value(self, time: npt.ArrayLike, side: Side = "left") -> Array:
        """Central amount [mg] at ``time`` [h]."""
        times = np.asarray(time, dtype=float)
        piece = piece_of(self.breaks, times, side)
        total = _advance(
            self.modes, self.amplitude[piece], self.depot[piece], self.rate[piece], times - self.breaks[piece]
        )
        central = total.sum(axis=-1)
        return np.where(times <= self.breaks[0], self.before, central) if side == "left" else central

    def integral(self, start: npt.ArrayLike, stop: npt.ArrayLike) -> Array:
        """Integral of the central amount from ``start`` to ``stop`` [mg·h], of their common shape."""
        return self._antiderivative(stop) - self._antiderivative(start)

    @cached_property
    def _whole(self) -> Array:
        """Integral up to each break."""
        return np.concatenate([[0.0], np.cumsum(self._area(np.arange(len(self.rate)), np.diff(self.breaks)))])

    def _antiderivative(self, time: npt.ArrayLike) -> Array:
        times = np.asarray(time, dtype=float)
        piece = piece_of(self.breaks, times, "left")
        return np.asarray(self._whole[piece] + self._area(piece, times - self.breaks[piece]))

    def _area(self, piece: npt.NDArray[np.intp], span: Array) -> Array:
        """Area under each piece up to ``span``, from the balance of each mode."""
        first = self.amplitude[piece]
        last = _advance(self.modes, first, self.depot[piece], self.rate[piece], span)
        emptied = -np.expm1(-np.minimum(self.modes.ka, INSTANT) * span[..., None])
        given = (self.depot[piece] * emptied).sum(axis=-1) + self.rate[piece] * span
        area: Array = ((first - last + self.modes.weights * given[..., None]) / self.modes.rates).sum(axis=-1)
        return area


def modes(system: System, compound: int) -> Modes:
    """Modes of a compound whose clearance is constant."""
    p = system.parameters
    row = system.compounds[compound]
    leaving = clearance(system, compound) / p[row.volume]
    size = 1 + len(row.peripherals)
    symmetric = np.zeros((size, size))
    symmetric[0, 0] = leaving + sum(p[side.out] for side in row.peripherals)
    for n, side in enumerate(row.peripherals, start=1):
        symmetric[n, n] = p[side.back]
        symmetric[0, n] = symmetric[n, 0] = -np.sqrt(p[side.out] * p[side.back])
    rates, vectors = np.linalg.eigh(symmetric)
    depots = tuple(j for j, depot in enumerate(system.depots) if depot.compound == compound)
    return Modes(
        rates=rates,
        weights=vectors[0] ** 2,
        depots=depots,
        ka=np.array([np.inf if ka is None else p[ka] for ka in (system.depots[j].ka for j in depots)]),
    )


def clearance(system: System, compound: int) -> float:
    """Constant plasma clearance [L/h] of a compound that depends on no enzyme state."""
    p = system.parameters
    row = system.compounds[compound]
    total = sum(p[system.pathways[j].clearance] for j in system.pathways_of(compound))
    if row.flow is None:
        return total
    behind = sum(p[system.pathways[j].clearance] for j in system.pathways_of(compound, hepatic=True))
    return total - behind + p[row.flow] * behind / (p[row.flow] + behind)


def availability(system: System, compound: int) -> float:
    """Constant Fg·Fh [1] of a compound that depends on no enzyme state."""
    p = system.parameters
    row = system.compounds[compound]
    gut = 1.0 if row.gut_ratio is None else 1 / (1 + p[row.gut_ratio])
    if row.flow is None:
        return gut
    behind = sum(p[system.pathways[j].clearance] for j in system.pathways_of(compound, hepatic=True))
    return gut * p[row.flow] / (p[row.flow] + behind)


@dataclass(frozen=True, eq=False, kw_only=True)
class ExactState:
    """State of an exact compound, everything oral as what will arrive past gut and liver.

    Attributes
    ----------
    amplitude
        Per mode [mg].
    depot
        Amount of each depot above the level that its inflow keeps [mg].
    inflow
        Into each depot [mg/h].
    rate
        Infusion and all inflows [mg/h].
    """

    amplitude: Array
    depot: Array
    inflow: Array
    rate: float


def resting_compound(modes: Modes) -> ExactState:
    """No drug anywhere."""
    none = np.zeros(len(modes.depots))
    return ExactState(amplitude=np.zeros(len(modes.rates)), depot=none, inflow=none, rate=0.0)


def propagate(
    system: System, compound: int, events: Sequence[Event], start: float, stop: float, initial: ExactState
) -> tuple[ExponentialCurve, ExactState]:
    """Solve one exact compound from ``start`` to ``stop`` [h] over its events.

    Gives the curve and the state at ``stop`` before any jump there.
    """
    mode = modes(system, compound)
    through = availability(system, compound)
    layout = Layout(system=system, stepped=(compound,))
    own = [event for event in concerning(layout, events) if start <= event.time < stop]
    mine = deque(event_table(layout, own))
    breaks = sorted({start, stop, *(event.time for event in own)})
    state = initial
    states: list[ExactState] = []
    for left, right in pairwise(breaks):
        while mine and mine[0][0] <= left:
            _, place, amount, _ = mine.popleft()
            state = _after(layout, mode, state, place, amount, through)
        states.append(state)
        span = np.array(right - left)
        amplitude = _advance(mode, state.amplitude, state.depot, np.array(state.rate), span)
        state = replace(state, amplitude=amplitude, depot=state.depot * np.exp(-mode.ka * span))
    curve = ExponentialCurve(
        breaks=np.array(breaks),
        modes=mode,
        amplitude=np.array([state.amplitude for state in states]),
        depot=np.array([state.depot for state in states]),
        rate=np.array([state.rate for state in states]),
        before=float(initial.amplitude.sum()),
    )
    return curve, state


def _after(layout: Layout, mode: Modes, state: ExactState, place: int, amount: float, through: float) -> ExactState:
    """The state after ``amount`` came to a place of the compound's own store."""
    (central,), (infusion,) = layout.central.values(), layout.infusions.values()
    if place == central:
        return replace(state, amplitude=state.amplitude + mode.weights * amount)
    if place == infusion:
        return replace(state, rate=state.rate + amount)
    arriving = amount * through
    filled = np.array([place == depot for depot in layout.depots.values()])
    if filled.any():
        return replace(state, depot=state.depot + filled * arriving)
    fed = np.array([place == inflow for inflow in layout.inflows.values()])
    kept = fed * arriving / np.where(np.isinf(mode.ka), np.inf, mode.ka)
    return replace(state, depot=state.depot - kept, inflow=state.inflow + fed * arriving, rate=state.rate + arriving)


def periodic(
    system: System,
    compound: int,
    events: Sequence[Event],
    start: float,
    period: float,
    *,
    rate: float,
    inflows: Mapping[int, float],
) -> ExactState:
    """State just before ``start`` [h] that ``events`` of one period [h] reproduce: a geometric series.

    ``rate`` is the infusion and ``inflows`` the inflow of each depot just before ``start`` [mg/h].
    """
    mode = modes(system, compound)
    inflow = availability(system, compound) * np.array([inflows.get(j, 0.0) for j in mode.depots])
    empty = replace(resting_compound(mode), inflow=inflow, rate=rate + float(inflow.sum()))
    _, after = propagate(system, compound, events, start, start + period, empty)
    depot = after.depot / -np.expm1(-mode.ka * period)
    carried = _advance(mode, np.zeros_like(mode.rates), depot, np.array(0.0), np.array(period))
    amplitude = (after.amplitude + carried) / -np.expm1(-mode.rates * period)
    return replace(after, amplitude=amplitude, depot=depot)


def _advance(mode: Modes, amplitude: Array, depot: Array, rate: Array, span: Array) -> Array:
    """Amplitudes after ``span``; leading axes are pieces, the last axis is the mode."""
    t = span[..., None]
    total = amplitude * np.exp(-mode.rates * t) + mode.weights * rate[..., None] * _filled(mode.rates, t)
    for n, ka in enumerate(mode.ka):
        if np.isinf(ka):
            continue
        total = total + mode.weights * (ka * depot[..., n])[..., None] * _phi(ka, mode.rates, t)
    return np.asarray(total)


def _filled(rates: Array, t: Array) -> Array:
    """(1 - exp(-λ·t))/λ."""
    return np.asarray(-np.expm1(-rates * t) / rates)


def _phi(ka: float, rates: Array, t: Array) -> Array:
    """(exp(-ka·t) - exp(-λ·t))/(λ - ka), equal to t·exp(-ka·t) at λ = ka; symmetric in ka and λ."""
    x = np.abs(rates - ka) * t
    small = x < 1e-8
    ratio = np.where(small, 1.0 - x / 2, -np.expm1(-x) / np.where(small, 1.0, x))
    return np.asarray(t * np.exp(-np.minimum(rates, ka) * t) * ratio)
