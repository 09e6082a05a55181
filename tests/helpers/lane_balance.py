"""The balance of mass of what lanes read: their states as curves on a grid that is fine enough to add flows up."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from lanes_runner import AFTER, LaneRun
from random_systems import STOP, Case

from pkinteract.engine.curves import Array, Side
from pkinteract.engine.events import Event
from pkinteract.engine.lanes.solve import RTOL
from pkinteract.engine.reference.balance import Imbalance, imbalance
from pkinteract.engine.solution import Solution
from pkinteract.engine.system import System

FIRST, LONGEST, GROWTH = 1e-5, 0.05, 1.2
"""Panels of the quadrature after an input: the first and the longest [h], and how they grow.

A Weibull release with a shape s below 1 begins at a rate of t^(s - 1), of which a first panel h misses h^s.
"""

NODES = np.sqrt(0.6) * np.array([-1.0, 0.0, 1.0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """A curve that is known at some times, which are asked for and no others."""

    breaks: Array
    times: Array
    values: Array

    def value(self, time: npt.ArrayLike, side: Side = "left") -> Array:
        wanted = np.asarray(time, dtype=float)
        if side == "right":
            wanted = np.minimum(wanted + AFTER, self.times[-1])
        place = np.searchsorted(self.times, wanted - AFTER / 4)
        assert np.all(np.abs(self.times[place] - wanted) < AFTER / 2)
        return np.asarray(self.values[place])


def panels(case: Case) -> Array:
    """Breaks of the quadrature: every input, and steps that grow after it."""
    inputs = sorted({0.0, STOP, *(event.time for event in case.events if event.time < STOP)})
    breaks = [0.0]
    for start, stop in pairwise(inputs):
        steps, step = [], FIRST
        while sum(steps) + step < stop - start:
            steps.append(step)
            step = min(step * GROWTH, LONGEST)
        breaks += [*(start + np.cumsum(steps)), stop] if steps else [stop]
    return np.array(breaks)


def lane_imbalance(
    case: Case, system: System, *, given: tuple[Event, ...] | None = None, rtol: float = RTOL
) -> Imbalance | None:
    """The largest imbalance of one system solved by lanes; ``given`` are other doses than it is told, if any."""
    breaks = panels(case)
    half = np.diff(breaks) / 2
    nodes = ((breaks[:-1] + half)[:, None] + half[:, None] * NODES).ravel()
    grid = np.unique(np.concatenate([breaks, np.minimum(breaks + AFTER, STOP), nodes]))
    run = LaneRun(
        system=system, events=case.events if given is None else given, start=0.0, stop=STOP, rtol=rtol, switches=()
    )
    layout = system.layout
    lanes = run.lanes(grid, np.empty(0), tuple(range(layout.n_states)))
    assert lanes.ok.all()
    states = lanes.profile[len(system.compounds) :, :, 0]
    curves = [Sampled(breaks=breaks, times=grid, values=values) for values in states]
    solved = Solution(
        amounts=tuple(curves[layout.central[i]] for i in range(len(system.compounds))),
        peripherals={i: tuple(curves[state] for state in layout.peripherals(i)) for i in layout.stepped},
        reservoirs={j: curves[state] for j, state in layout.reservoirs.items()},
        enzymes=tuple(curves[layout.first_enzyme + e] for e in range(len(system.enzymes))),
        end=None,
        method="lanes",
        steps=0,
    )
    return imbalance(system, case.events, solved, (0.0, STOP))
