"""Compounds whose clearance depends on no state: sums of exponentials, exact whatever the interval.

The central amount of a mammillary compound is a sum of modes, each a first-order system driven by the same input u(t)::

    a_i' = -λ_i·a_i + w_i·u(t),   Σ a_i = central amount,   Σ w_i = 1

with real, distinct λ_i, because the compartment matrix can be made symmetric. Absorption enters through
φ(ka, λ, t) = (exp(-ka·t) - exp(-λ·t))/(λ - ka), written so that ka = λ needs no special case.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from pkinteract.engine.curves import Array, Side, piece_of
from pkinteract.engine.system import Event, System


@dataclass(frozen=True, eq=False, kw_only=True)
class Modes:
    """Rate constants λ [1/h] and weights of a compound's modes, and ka [1/h] of its depots."""

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
        State at the start of each piece: (piece, mode) [mg], (piece, depot) [mg], (piece,) [mg/h].
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
        given = (self.depot[piece] * -np.expm1(-self.modes.ka * span[..., None])).sum(axis=-1) + self.rate[piece] * span
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
        rates=rates, weights=vectors[0] ** 2, depots=depots, ka=np.array([p[system.depots[j].ka] for j in depots])
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
    """State of an exact compound: modal amplitudes [mg], depots [mg], infusion rate [mg/h]."""

    amplitude: Array
    depot: Array
    rate: float


def resting(modes: Modes) -> ExactState:
    """No drug anywhere."""
    return ExactState(amplitude=np.zeros(len(modes.rates)), depot=np.zeros(len(modes.ka)), rate=0.0)


def propagate(
    system: System, compound: int, events: Sequence[Event], start: float, stop: float, initial: ExactState
) -> tuple[ExponentialCurve, ExactState]:
    """Solve one exact compound over its events; returns the curve and the state at ``stop`` before any jump there."""
    mode = modes(system, compound)
    through = availability(system, compound)
    mine = [event for event in events if _concerns(system, compound, event) and start <= event.time < stop]
    breaks = sorted({start, stop, *(event.time for event in mine)})
    amplitude, depot, rate = initial.amplitude, initial.depot, initial.rate
    states: list[tuple[Array, Array, float]] = []
    upcoming = iter(mine)
    event = next(upcoming, None)
    for left, right in pairwise(breaks):
        while event is not None and event.time <= left:
            if event.kind == "depot":
                depot = depot.copy()
                depot[mode.depots.index(event.target)] += event.amount * through
            elif event.kind == "bolus":
                amplitude = amplitude + mode.weights * event.amount
            else:
                rate += event.amount
            event = next(upcoming, None)
        states.append((amplitude, depot, rate))
        span = np.array(right - left)
        amplitude = _advance(mode, amplitude, depot, np.array(rate), span)
        depot = depot * np.exp(-mode.ka * span)
    curve = ExponentialCurve(
        breaks=np.array(breaks),
        modes=mode,
        amplitude=np.array([row[0] for row in states]),
        depot=np.array([row[1] for row in states]),
        rate=np.array([row[2] for row in states]),
        before=float(initial.amplitude.sum()),
    )
    return curve, ExactState(amplitude=amplitude, depot=depot, rate=rate)


def periodic(
    system: System, compound: int, events: Sequence[Event], start: float, period: float, rate: float
) -> ExactState:
    """State just before ``start`` that one period of ``events`` reproduces, infused at ``rate`` [mg/h] there."""
    mode = modes(system, compound)
    empty = ExactState(amplitude=np.zeros(len(mode.rates)), depot=np.zeros(len(mode.ka)), rate=rate)
    _, after = propagate(system, compound, events, start, start + period, empty)
    depot = after.depot / -np.expm1(-mode.ka * period)
    carried = _advance(mode, np.zeros_like(mode.rates), depot, np.array(0.0), np.array(period))
    amplitude = (after.amplitude + carried) / -np.expm1(-mode.rates * period)
    return ExactState(amplitude=amplitude, depot=depot, rate=after.rate)


def _concerns(system: System, compound: int, event: Event) -> bool:
    owner = system.depots[event.target].compound if event.kind == "depot" else event.target
    return owner == compound


def _advance(mode: Modes, amplitude: Array, depot: Array, rate: Array, span: Array) -> Array:
    """Amplitudes after ``span``; leading axes are pieces, the last axis is the mode."""
    t = span[..., None]
    total = amplitude * np.exp(-mode.rates * t) + mode.weights * rate[..., None] * _filled(mode.rates, t)
    for n, ka in enumerate(mode.ka):
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
