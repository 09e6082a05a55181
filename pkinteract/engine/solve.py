"""The solver: generated steps between events, with step-size control and dense output.

Steps are bounded by events only. The output grid is read from the pair's continuous extension, so a finer grid costs no
steps, and integrals and extremes come from the same polynomials.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from pkinteract.engine import exact
from pkinteract.engine.codegen import compile_python, generate
from pkinteract.engine.curves import Array, Curve, polynomials
from pkinteract.engine.system import Event, System

RTOL = 1e-6
"""Default relative tolerance of a step; gives an error below 1e-5 of each analyte's Cmax."""

MOST_STEPS = 20_000
"""Most steps from one event to the next; a system of hours and days takes some tens."""

_COARSER = 10.0
"""How much coarser than a step's end the curve inside it may be."""

# Continuous extension of the pair, as polynomial weights of the seven stages (Shampine, Math Comput 1986;46:135-50).
_DENSE = np.array(
    [
        [1, -8048581381 / 2820520608, 8663915743 / 2820520608, -12715105075 / 11282082432],
        [0, 0, 0, 0],
        [0, 131558114200 / 32700410799, -68118460800 / 10900136933, 87487479700 / 32700410799],
        [0, -1754552775 / 470086768, 14199869525 / 1410260304, -10690763975 / 1880347072],
        [0, 127303824393 / 49829197408, -318862633887 / 49829197408, 701980252875 / 199316789632],
        [0, -282668133 / 205662961, 2019193451 / 616988883, -1453857185 / 822651844],
        [0, 40617522 / 29380423, -110615467 / 29380423, 69997945 / 29380423],
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Where a system stands: stepped states, depots of stepped compounds, infusion rates, exact compounds."""

    stepped: list[float]
    depots: list[float]
    rates: list[float]
    exact: dict[int, exact.ExactState]


@dataclass(frozen=True, kw_only=True)
class Solution:
    """A solved system.

    Attributes
    ----------
    amounts
        Central amount of every compound [mg], a curve each.
    peripherals
        Peripheral amounts of stepped compounds [mg], by compound.
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
    enzymes: tuple[Curve, ...]
    end: State | None
    method: str
    steps: int
    rejected: int = 0
    failure: str | None = None


@dataclass(slots=True)
class _Trace:
    """What the steps leave behind."""

    times: list[float]
    starts: array[float] = field(default_factory=lambda: array("d"))
    slopes: array[float] = field(default_factory=lambda: array("d"))
    rejected: int = 0
    failure: str | None = None


def resting(system: System) -> State:
    """No drug anywhere, enzymes at their activity."""
    return State(
        stepped=system.initial(),
        depots=[0.0] * len(system.stepped_depots),
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
) -> Solution:
    """Solve ``system`` from ``start`` to ``stop`` [h].

    Parameters
    ----------
    events
        Jumps of the input, sorted by time; those outside [start, stop) are ignored.
    rtol
        Tolerance of one step, relative to the larger of a state and a hundredth of its scale.
    initial
        State just before ``start``; at rest if left out.
    """
    first = resting(system) if initial is None else initial
    inside = [event for event in events if start <= event.time < stop]
    curves: dict[int, Curve] = {}
    ends = {}
    for i in system.exact:
        curves[i], ends[i] = exact.propagate(system, i, inside, start, stop, first.exact[i])
    own = [event for event in inside if _compound(system, event) in system.central]
    trace, last = _march(system, own, start, stop, rtol, first)
    states = _dense(trace, first.stepped) if system.n_states else []
    for i, state in system.central.items():
        curves[i] = states[state]
    return Solution(
        amounts=tuple(curves[i] for i in range(len(system.compounds))),
        peripherals={
            i: tuple(states[state + 1 : state + 1 + len(system.compounds[i].peripherals)])
            for i, state in system.central.items()
        },
        enzymes=tuple(states[system.first_enzyme :]),
        end=State(stepped=last.stepped, depots=last.depots, rates=last.rates, exact=ends),
        method="generated Runge-Kutta 5(4)",
        steps=len(trace.times) - 1,
        rejected=trace.rejected,
        failure=trace.failure,
    )


def _compound(system: System, event: Event) -> int:
    return system.depots[event.target].compound if event.kind == "depot" else event.target


def _march(
    system: System, events: Sequence[Event], start: float, stop: float, rtol: float, initial: State
) -> tuple[_Trace, State]:
    n = system.n_states
    trace = _Trace(times=[start])
    y, d, u = list(initial.stepped), list(initial.depots), list(initial.rates)
    if n == 0:
        return trace, State(stepped=y, depots=d, rates=u, exact={})
    rate, step = compile_python(generate(system))
    p, floors, limit = system.parameters, _floors(system), rtol * rtol
    g = rtol / _largest_quartic(rtol)
    no_state, no_slopes = [0.0] * (n + len(d)), [0.0] * (7 * n)
    slots = {j: slot for slot, j in enumerate(system.stepped_depots)}
    feeds = {i: slot for slot, i in enumerate(system.stepped)}
    t, h, f = start, 0.1, [0.0] * n
    breaks = sorted({event.time for event in events} | {stop})
    upcoming = iter(events)
    event = next(upcoming, None)
    for end in breaks:
        rate(y, p, d, u, f)
        begun = len(trace.times) + trace.rejected
        while t < end:
            left = end - t
            h = left if h >= left else left / 2 if 2 * h > left else h
            z, k = no_state[:], no_slopes[:]
            error = step(h, g, y, p, d, u, f, floors, z, k) / limit
            if not error <= 1.0:
                trace.rejected += 1
                h *= max(0.2, 0.9 * error**-0.1) if error < 1e60 else 0.1
            if h < 1e-9 or len(trace.times) + trace.rejected > begun + MOST_STEPS:
                trace.failure = (
                    f"between {t:.6g} and {end:.6g} h it would take more than {MOST_STEPS:,} steps; "
                    "a rate constant is far too fast, check ka, volumes and clearances"
                )
                return trace, State(stepped=y, depots=d, rates=u, exact={})
            if not error <= 1.0:
                continue
            trace.starts.extend(y)
            trace.slopes.extend(k)
            t = end if h == left else t + h
            trace.times.append(t)
            y, d, f = z[:n], z[n:], k[6 * n :]
            h *= min(4.0, 0.9 * max(error, 1e-9) ** -0.1)
        if end == stop:
            break
        while event is not None and event.time <= end:
            if event.kind == "depot":
                d[slots[event.target]] += event.amount
                h = min(h, 0.5)
            elif event.kind == "bolus":
                y[system.central[event.target]] += event.amount
            else:
                u[feeds[event.target]] += event.amount
            event = next(upcoming, None)
    return trace, State(stepped=y, depots=d, rates=u, exact={})


def _largest_quartic(rtol: float) -> float:
    """Largest quartic term of the continuous extension, relative to the state, that a step may have.

    On exp(-x), the fastest thing that absorption and distribution do, a step of x has a quartic term x^4/24 and its
    extension an error of 6e-5·x^5 (measured); the latter is held below 10 times the tolerance.
    """
    return float((_COARSER * rtol / 6e-5) ** 0.8 / 24)


def _floors(system: System) -> list[float]:
    """Size of each state below which errors are judged absolutely."""
    floors: list[float] = []
    for i in system.stepped:
        floors += [0.01 * system.scale[i]] * (1 + len(system.compounds[i].peripherals))
    return floors + [0.01] * len(system.enzymes)


def _dense(trace: _Trace, before: Sequence[float]) -> list[Curve]:
    """Quartic polynomials of every state on every step."""
    times = np.asarray(trace.times)
    starts = np.frombuffer(trace.starts).reshape(-1, len(before))
    slopes = np.frombuffer(trace.slopes).reshape(-1, 7, len(before))
    powers: Array = np.einsum("msn,sq->mqn", slopes, _DENSE, optimize=True) * np.diff(times)[:, None, None]
    return list(polynomials(trace.times, before, np.concatenate([starts[:, None, :], powers], axis=1)))
