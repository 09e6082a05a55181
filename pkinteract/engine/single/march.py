"""The march of one run: generated steps between events, with step-size control and dense output.

Steps are bounded by events only. The output grid is read from the pair's continuous extension, so a finer grid costs no
steps, and integrals and extremes come from the same polynomials.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from math import inf
from struct import Struct

import numpy as np

from pkinteract.engine import exact
from pkinteract.engine.control import (
    FIRST_STEP,
    MOST_STEPS,
    TOO_FAST,
    Failure,
    accepted,
    fitting,
    floors,
    largest_quartic,
    limit,
    longer,
    shorter,
    tightened,
)
from pkinteract.engine.curves import Array, Curve, polynomials
from pkinteract.engine.events import NOWHERE, Event, Switch, concerning, event_table, with_marks
from pkinteract.engine.mechanisms.release import Releasing, releasing
from pkinteract.engine.pair import DENSE, NODES
from pkinteract.engine.single.generate import Kernel, compile_python, generate
from pkinteract.engine.solution import Solution, State, resting
from pkinteract.engine.system import System

RTOL = 2e-7
"""Default relative tolerance of a step; gives an error below 1e-5 of each analyte's Cmax."""


def solve(
    system: System,
    events: Sequence[Event],
    start: float,
    stop: float,
    *,
    rtol: float = RTOL,
    initial: State | None = None,
    switches: Sequence[Switch] = (),
    told: Callable[[float], None] | None = None,
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
    told
        What is told again and again how far it has come [h].
    """
    layout = system.layout
    first = resting(system) if initial is None else initial
    inside = [event for event in with_marks(system, events) if start <= event.time < stop]
    curves: dict[int, Curve] = {}
    ends = {}
    for i in system.exact:
        curves[i], ends[i] = exact.propagate(system, i, inside, start, stop, first.exact[i])
    march = _March(system, first, releasing(system, events, start), start, rtol)
    if layout.n_states:
        march.run(concerning(layout, inside), stop, switches, told)
    states = _dense(march, first.stepped) if layout.n_states else []
    for i, state in layout.central.items():
        curves[i] = states[state]
    return Solution(
        amounts=tuple(curves[i] for i in range(len(system.compounds))),
        peripherals={i: tuple(states[place] for place in layout.peripherals(i)) for i in layout.stepped},
        reservoirs={j: states[state] for j, state in layout.reservoirs.items()},
        enzymes=tuple(states[layout.first_enzyme :]),
        end=march.state(ends),
        method="generated Runge-Kutta 5(4)",
        steps=len(march.times) - 1,
        rejected=march.rejected,
        failure=march.failure,
    )


class _March:
    """The store on its way, and what the steps leave behind."""

    def __init__(self, system: System, first: State, releases: Releasing, start: float, rtol: float) -> None:
        self.system, self.layout = system, system.layout
        self.p, self.limit = system.parameters, limit(rtol)
        self.floors, self.g = floors(system.layout), rtol / largest_quartic(rtol)
        self.t, self.h = start, FIRST_STEP
        self.store = [*first.stepped, *first.depots, *first.inflows, *first.rates]
        self.releases = releases
        n = self.layout.n_states
        self.times, self.starts, self.slopes = [start], bytearray(), bytearray()
        self.pack_state, self.pack_slopes = Struct(f"{n}d").pack, Struct(f"{7 * n}d").pack
        self.rejected = 0
        self.failure: Failure | None = None

    def state(self, exact_compounds: dict[int, exact.ExactState]) -> State:
        """Where the system stands."""
        y, d, o, u = self._parts()
        return State(stepped=y, depots=d, inflows=o, rates=u, exact=exact_compounds)

    def run(
        self,
        events: Sequence[Event],
        stop: float,
        switches: Sequence[Switch],
        told: Callable[[float], None] | None,
    ) -> None:
        """Step to ``stop``, from one event or switch to the next."""
        kernel = compile_python(generate(self.system))
        upcoming, changes = deque(zip(events, event_table(self.layout, events), strict=True)), deque(switches)
        while self.t < stop and self.failure is None:
            while changes and changes[0].time <= self.t:
                self.p = changes.popleft().parameters
            while upcoming and upcoming[0][0].time <= self.t:
                event, (time, place, amount, longest) = upcoming.popleft()
                if place == NOWHERE:
                    self.releases.begin(event.target, time, amount)
                else:
                    self.store[place] += amount
                self.h = min(self.h, longest)
            end = min(stop, upcoming[0][0].time) if upcoming else stop
            self._advance(kernel, min(end, changes[0].time) if changes else end)
            if told is not None:
                told(self.t)

    def _parts(self) -> tuple[list[float], list[float], list[float], list[float]]:
        """States, depots, inflows and infusions."""
        n, depots = self.layout.n_states, self.layout.n_states + len(self.layout.depots)
        inflows = depots + len(self.layout.inflows)
        return self.store[:n], self.store[n:depots], self.store[depots:inflows], self.store[inflows:]

    def _advance(self, kernel: Kernel, end: float) -> None:
        """Step to ``end`` under an unchanged input."""
        rate, step = kernel
        y, d, o, u = self._parts()
        n, released = len(y), bool(self.system.releases)
        no_state, no_slopes, f = [0.0] * (n + len(d)), [0.0] * (7 * n), [0.0] * n
        v = self._released(0.0) if released else []
        tried, begun = 0, self.t
        rate(y, self.p, d, o, v, u, f)
        while self.t < end:
            left = end - self.t
            h = fitting(self.h, left)
            v = self._released(h) if released else v
            z, k = no_state[:], no_slopes[:]
            try:
                error = step(h, self.g, y, self.p, d, o, v, u, f, self.floors, z, k) / self.limit
            except (ArithmeticError, ValueError):
                error = inf  # a stage far outside the domain: the step is too long
            tried += 1
            if tried > MOST_STEPS:
                self.failure = Failure(start=begun, stop=end, reason=TOO_FAST)
                break
            strict = tightened(error, self.t == begun)
            if not accepted(strict):
                self.rejected += 1
                self.h = shorter(h, strict)
                continue
            self.starts += self.pack_state(*y)
            self.slopes += self.pack_slopes(*k)
            self.t = end if h == left else self.t + h
            self.times.append(self.t)
            y, d, f = z[:n], z[n:], k[6 * n :]
            self.h = longer(h, error)
        self.store[: len(no_state)] = [*y, *d]

    def _released(self, h: float) -> list[float]:
        """Release rates at the nodes of a step of ``h`` [h]."""
        self.releases.drop_finished(self.t)
        return self.releases.rates(self.t, [node * h for node in NODES])


def _dense(march: _March, before: Sequence[float]) -> list[Curve]:
    """Quartic polynomials of every state on every step."""
    times = np.asarray(march.times)
    starts = np.frombuffer(march.starts).reshape(-1, len(before))
    slopes = np.frombuffer(march.slopes).reshape(-1, 7, len(before))
    powers: Array = np.matmul(np.transpose(DENSE), slopes) * np.diff(times)[:, None, None]
    return list(polynomials(march.times, before, np.concatenate([starts[:, None, :], powers], axis=1)))
