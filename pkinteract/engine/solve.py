"""The solver: generated steps between events, with step-size control and dense output.

Steps are bounded by events only. The output grid is read from the pair's continuous extension, so a finer grid costs no
steps, and integrals and extremes come from the same polynomials.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf
from struct import Struct

import numpy as np

from pkinteract.engine import exact
from pkinteract.engine.codegen import Kernel, compile_python, generate
from pkinteract.engine.curves import Array, Curve, polynomials
from pkinteract.engine.pair import DENSE, NODES
from pkinteract.engine.release import Releasing, marked, releasing
from pkinteract.engine.system import Event, Switch, System

RTOL = 2e-7
"""Default relative tolerance of a step; gives an error below 1e-5 of each analyte's Cmax."""

FIRST_STEP, FIRST_OF_RELEASE = 0.5, 1e-3
"""Longest step after a jump of the input, and after a release begins, whose rate may rise infinitely steeply [h]."""

TRACE = 1e-4
"""Share of a compound's scale below which its errors are judged absolutely [1]."""

ENZYME_FLOOR = 0.01
"""Level of an enzyme below which its errors are judged absolutely [1]."""

MOST_STEPS = 20_000
"""Most steps from one event to the next; a system of hours and days takes some tens."""

TOO_FAST = (
    f"More than {MOST_STEPS:,} steps would be needed: a rate constant is far too fast, "
    "check ka, volumes and clearances."
)

_COARSER = 10.0
"""How much coarser than a step's end the curve inside it may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Where a system stands: stepped states, depots of stepped compounds, rates into both, exact compounds."""

    stepped: list[float]
    depots: list[float]
    inflows: list[float]
    rates: list[float]
    exact: dict[int, exact.ExactState]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Where a solver stopped [h], and why and what to try."""

    start: float
    stop: float
    reason: str


@dataclass(frozen=True, kw_only=True)
class Solution:
    """A solved system.

    Attributes
    ----------
    amounts
        Central amount of every compound [mg], a curve each.
    peripherals, reservoirs
        Peripheral amounts of stepped compounds [mg] by compound, and absorption compartments by release.
    enzymes
        Level of every enzyme [1].
    end
        State at the end, before any jump there; None from the reference solver.
    method, steps, rejected
        What solved it and at what cost.
    failure
        None, or why it stopped and what to try; the curves then end where it stopped.
    """

    amounts: tuple[Curve, ...]
    peripherals: dict[int, tuple[Curve, ...]]
    reservoirs: dict[int, Curve]
    enzymes: tuple[Curve, ...]
    end: State | None
    method: str
    steps: int
    rejected: int = 0
    failure: Failure | None = None


def resting(system: System) -> State:
    """No drug anywhere, enzymes at their activity."""
    return State(
        stepped=system.initial(),
        depots=[0.0] * len(system.stepped_depots),
        inflows=[0.0] * len(system.stepped_depots),
        rates=[0.0] * len(system.stepped),
        exact={i: exact.resting(exact.modes(system, i)) for i in system.exact},
    )


def solve(
    system: System,
    events: Sequence[Event],
    start: float,
    stop: float,
    *,
    rtol: float = RTOL,
    initial: State | None = None,
    switches: Sequence[Switch] = (),
) -> Solution:
    """Solve ``system`` from ``start`` to ``stop`` [h].

    Parameters
    ----------
    events
        Jumps of the input, sorted by time; those outside [start, stop) are ignored, but for releases that began before.
    rtol
        Tolerance of one step, relative to the larger of a state and a ten-thousandth of its scale.
    initial
        State just before ``start``; at rest if left out.
    switches
        Times at which the parameters become others, sorted; the system must step every compound.
    """
    first = resting(system) if initial is None else initial
    inside = [event for event in marked(system, events) if start <= event.time < stop]
    curves: dict[int, Curve] = {}
    ends = {}
    for i in system.exact:
        curves[i], ends[i] = exact.propagate(system, i, inside, start, stop, first.exact[i])
    march = _March(system, first, releasing(system, events, start), start, rtol)
    if system.n_states:
        march.run([event for event in inside if event.compound(system) in system.central], stop, switches)
    states = _dense(march, first.stepped) if system.n_states else []
    for i, state in system.central.items():
        curves[i] = states[state]
    return Solution(
        amounts=tuple(curves[i] for i in range(len(system.compounds))),
        peripherals={
            i: tuple(states[state + 1 : state + 1 + len(system.compounds[i].peripherals)])
            for i, state in system.central.items()
        },
        reservoirs={j: states[state] for j, state in system.reservoirs.items()},
        enzymes=tuple(states[system.first_enzyme :]),
        end=replace(march.state(), exact=ends),
        method="generated Runge-Kutta 5(4)",
        steps=len(march.times) - 1,
        rejected=march.rejected,
        failure=march.failure,
    )


class _March:
    """The stepped states on their way: where they stand, and what the steps leave behind."""

    def __init__(self, system: System, first: State, releases: Releasing, start: float, rtol: float) -> None:
        self.system = system
        self.p, self.limit = system.parameters, rtol * rtol
        self.floors, self.g = floors(system), rtol / largest_quartic(rtol)
        self.slots = {j: slot for slot, j in enumerate(system.stepped_depots)}
        self.feeds = {i: slot for slot, i in enumerate(system.stepped)}
        self.t, self.h = start, FIRST_STEP
        self.y, self.d = list(first.stepped), list(first.depots)
        self.o, self.u = list(first.inflows), list(first.rates)
        self.releases = releases
        n = len(first.stepped)
        self.times, self.starts, self.slopes = [start], bytearray(), bytearray()
        self.pack_state, self.pack_slopes = Struct(f"{n}d").pack, Struct(f"{7 * n}d").pack
        self.rejected = 0
        self.failure: Failure | None = None

    def state(self) -> State:
        """Where the stepped part stands."""
        return State(stepped=self.y, depots=self.d, inflows=self.o, rates=self.u, exact={})

    def run(self, events: Sequence[Event], stop: float, switches: Sequence[Switch]) -> None:
        """Step to ``stop``, from one event or switch to the next."""
        kernel = compile_python(generate(self.system))
        upcoming, changes = deque(events), deque(switches)
        while self.t < stop and self.failure is None:
            while changes and changes[0].time <= self.t:
                self.p = changes.popleft().parameters
            while upcoming and upcoming[0].time <= self.t:
                self._apply(upcoming.popleft())
            ends = [queue[0].time for queue in (upcoming, changes) if queue]
            self._advance(kernel, min([stop, *ends]))

    def _apply(self, event: Event) -> None:
        if event.kind == "bolus":
            self.y = list(self.y)
            self.y[self.system.central[event.target]] += event.amount
        elif event.kind == "rate":
            self.u[self.feeds[event.target]] += event.amount
        elif event.kind == "depot":
            self.d[self.slots[event.target]] += event.amount
        elif event.kind == "depot-rate":
            self.o[self.slots[event.target]] += event.amount
        else:
            self.releases.doses[event.target].append((event.time, event.amount))
        self.h = min(self.h, FIRST_OF_RELEASE if event.kind == "release" else FIRST_STEP)

    def _advance(self, kernel: Kernel, end: float) -> None:
        """Step to ``end`` under an unchanged input."""
        rate, step = kernel
        n, released = len(self.floors), bool(self.system.releases)
        no_state, no_slopes, f = [0.0] * (n + len(self.d)), [0.0] * (7 * n), [0.0] * n
        v = self._released(0.0) if released else []
        tried, begun = 0, self.t
        rate(self.y, self.p, self.d, self.o, v, self.u, f)
        while self.t < end:
            left = end - self.t
            h = left if self.h >= left else left / 2 if 2 * self.h > left else self.h
            v = self._released(h) if released else v
            z, k = no_state[:], no_slopes[:]
            try:
                error = step(h, self.g, self.y, self.p, self.d, self.o, v, self.u, f, self.floors, z, k) / self.limit
            except (ArithmeticError, ValueError):
                error = inf  # a stage far outside the domain: the step is too long
            tried += 1
            if tried > MOST_STEPS:
                self.failure = Failure(start=begun, stop=end, reason=TOO_FAST)
                return
            if not error <= 1.0:
                self.rejected += 1
                self.h = h * (max(0.2, 0.9 * error**-0.1) if error < 1e60 else 0.1)
                continue
            self.starts += self.pack_state(*self.y)
            self.slopes += self.pack_slopes(*k)
            self.t = end if h == left else self.t + h
            self.times.append(self.t)
            self.y, self.d, f = z[:n], z[n:], k[6 * n :]
            self.h = h * min(4.0, 0.9 * max(error, 1e-9) ** -0.1)

    def _released(self, h: float) -> list[float]:
        """Release rates at the nodes of a step of ``h`` [h]."""
        self.releases.drop_finished(self.t)
        return self.releases.rates(self.t, [node * h for node in NODES])


def largest_quartic(rtol: float) -> float:
    """Largest quartic term of the continuous extension, relative to the state, that a step may have.

    On exp(-x), the fastest thing that absorption and distribution do, a step of x has a quartic term x^4/24 and its
    extension an error of 6e-5·x^5 (measured); the latter is held below 10 times the tolerance.
    """
    return float((_COARSER * rtol / 6e-5) ** 0.8 / 24)


def floors(system: System) -> list[float]:
    """Size of each state below which errors are judged absolutely."""
    found: list[float] = []
    for i in system.stepped:
        found += [TRACE * system.scale[i]] * (1 + len(system.compounds[i].peripherals))
    found += [TRACE * system.scale[system.releases[j].compound] for j in system.reservoirs]
    return found + [ENZYME_FLOOR] * len(system.enzymes)


def _dense(march: _March, before: Sequence[float]) -> list[Curve]:
    """Quartic polynomials of every state on every step."""
    times = np.asarray(march.times)
    starts = np.frombuffer(march.starts).reshape(-1, len(before))
    slopes = np.frombuffer(march.slopes).reshape(-1, 7, len(before))
    powers: Array = np.matmul(np.transpose(DENSE), slopes) * np.diff(times)[:, None, None]
    return list(polynomials(march.times, before, np.concatenate([starts[:, None, :], powers], axis=1)))
