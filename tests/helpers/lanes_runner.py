"""The lanes as a runner of one system: curves that run it whenever they are asked for values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from pkinteract.engine.control import Failure
from pkinteract.engine.curves import Side
from pkinteract.engine.events import Event, Switch
from pkinteract.engine.lanes.doses import KINDS, Inputs
from pkinteract.engine.lanes.solve import RTOL, solve_lanes
from pkinteract.engine.lanes.types import Change, Lanes, Reading
from pkinteract.engine.solution import State
from pkinteract.engine.system import System

Array = npt.NDArray[np.float64]

AFTER = 1e-9
"""How long after a time the value after its jump is read [h]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneRun:
    """A system and its input.

    ``read`` asks for amounts alone, so that enzymes may follow each other; ``states`` for states as they are.
    """

    system: System
    events: tuple[Event, ...]
    start: float
    stop: float
    rtol: float
    switches: tuple[Switch, ...]

    def lanes(self, grid: Array, edges: Array, states: tuple[int, ...]) -> Lanes:
        count = len(self.system.compounds)
        inputs = Inputs(
            times=np.array([[event.time] for event in self.events]).reshape(-1, 1),
            kinds=np.array([KINDS[event.kind] for event in self.events], dtype=np.int64),
            targets=np.array([event.target for event in self.events], dtype=np.int64),
            amounts=np.array([[event.amount] for event in self.events]).reshape(-1, 1),
        )
        weights = np.eye(count)[:, :, None]
        reading = Reading(grid=grid, weights=weights, alerts=np.full(count, np.inf), edges=edges, states=states)
        changes = [
            Change(time=switch.time, parameters=np.array(switch.parameters)[:, None], weights=weights)
            for switch in self.switches
        ]
        numbers = np.array(self.system.parameters)[:, None]
        return solve_lanes(
            self.system, numbers, inputs, reading, self.start, self.stop,
            changes=changes, rtol=self.rtol, double=True,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneCurve:
    """An amount, or a state as it is where ``state`` says which."""

    run: LaneRun
    compound: int = 0
    state: int | None = None

    def value(self, time: npt.ArrayLike, side: Side = "left") -> Array:
        times = np.asarray(time, dtype=float)
        if side == "right":
            times = np.minimum(times + AFTER, self.run.stop)
        grid = np.unique(times)
        states = () if self.state is None else tuple(range(self.run.system.layout.n_states))
        lanes = self.run.lanes(grid, np.empty(0), states)
        row = self.compound if self.state is None else len(self.run.system.compounds) + self.state
        return np.asarray(lanes.profile[row, :, 0][np.searchsorted(grid, times)])

    def integral(self, start: float, stop: float) -> Array:
        lanes = self.run.lanes(np.empty(0), np.array([start, stop]), ())
        return np.asarray(lanes.windows[self.compound, 0, 0, 0])


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneSolution:
    """What the tests ask of a solution."""

    amounts: tuple[LaneCurve, ...]
    peripherals: dict[int, tuple[LaneCurve, ...]]
    enzymes: tuple[LaneCurve, ...]
    failure: Failure | None = None


def solve_by_lanes(
    system: System,
    events: Sequence[Event],
    start: float,
    stop: float,
    *,
    rtol: float = RTOL,
    initial: State | None = None,
    switches: Sequence[Switch] = (),
) -> LaneSolution:
    """Solve a system as one of sixteen; from rest alone."""
    if initial is not None:
        raise ValueError("the tests begin lanes at rest")
    whole = replace(system, step_all=True)
    run = LaneRun(system=whole, events=tuple(events), start=start, stop=stop, rtol=rtol, switches=tuple(switches))
    layout = whole.layout
    return LaneSolution(
        amounts=tuple(LaneCurve(run=run, compound=i) for i in range(len(whole.compounds))),
        peripherals={
            i: tuple(LaneCurve(run=run, state=place) for place in layout.peripherals(i)) for i in layout.stepped
        },
        enzymes=tuple(LaneCurve(run=run, state=layout.first_enzyme + e) for e in range(len(whole.enzymes))),
    )
