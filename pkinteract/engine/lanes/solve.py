"""Many runs of one structure: sixteen of them take each step together, in compiled code that holds no lock.

Runs differ in their parameters and in the times and amounts of their doses. What is asked of a curve is read while it
is made: integral, extremes and time above a level in windows of time, and levels on a grid. Groups are sixteen
neighbours, so that what comes out of a run depends on its group (by less than the tolerance), but never on how many
processors there are, who computes what first, or what stands in other groups.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property, lru_cache, partial
from typing import Any

import numpy as np
import numpy.typing as npt

from pkinteract.engine.control import floors
from pkinteract.engine.curves import Array
from pkinteract.engine.kernel import code
from pkinteract.engine.kernel.trace import machine_code, traced
from pkinteract.engine.kernel.vector import LANES, Rows
from pkinteract.engine.lanes import falling, step
from pkinteract.engine.lanes.doses import Columns, Inputs, Steady, earlier, joined_inputs, timeline
from pkinteract.engine.lanes.march import march
from pkinteract.engine.lanes.reading import MEASURES
from pkinteract.engine.lanes.structure import Structure, lean
from pkinteract.engine.lanes.table import Table, table
from pkinteract.engine.lanes.types import Change, Lanes, LaneStates, Levels, Reading
from pkinteract.engine.memory import reserve, reserve_zeros
from pkinteract.engine.steady_state import LARGEST_DRIFT, LARGEST_RESIDUAL, TOLERANCE, fixed_point
from pkinteract.engine.system import System

RTOL = 2e-6
"""Default relative tolerance of a step; gives an error below 1e-5 of each analyte's Cmax in every subject."""

DRIVER_FLOOR = 0.2
"""Level of what moves enzymes below which its errors are judged absolutely: it counts about fivefold [1]."""

March = Callable[..., int]


def solve_lanes(
    system: System,
    parameters: Array,
    inputs: Inputs,
    reading: Reading,
    start: float,
    stop: float,
    *,
    steady: Steady | None = None,
    changes: Sequence[Change] = (),
    possible: npt.NDArray[np.bool_] | None = None,
    initial: LaneStates | None = None,
    whole: bool = False,
    rtol: float = RTOL,
    double: bool = False,
    compiled: bool = True,
) -> Lanes:
    """Solve a system for many subjects from ``start`` to ``stop`` [h].

    Parameters
    ----------
    system
        Must step every compound (``step_all``); its own parameters do not matter.
    parameters
        (parameter, subject).
    steady
        What was given again and again before ``start``; nothing was if left out.
    changes
        Times at which parameters become others, sorted.
    possible
        (subject,) False for those that are not to be run: another of their group takes their place.
    initial
        Where everybody stands just before ``start``, with ``whole``; at rest if left out.
    whole
        Whether to tell where everybody begins and ends.
    rtol
        Relative tolerance of a step [1].
    double
        Levels in double precision, as derivatives by differences need.
    compiled
        Else the same functions run in Python: slowly, the same but for the last bits.
    """
    subjects = parameters.shape[1]
    run = _Run(system, parameters, inputs, reading, start, stop, rtol, changes, compiled, whole)
    settle = None if steady is None else _Settling(run, steady)
    groups, analytes = -(-subjects // LANES), reading.curves
    windows: Array = reserve_zeros((analytes, max(len(reading.edges) - 1, 0), len(MEASURES), groups, LANES), np.float64)
    curves = reserve((groups, len(reading.grid), analytes, LANES), np.float64 if double else np.float32)
    ok = np.ones(subjects, dtype=bool) if possible is None else possible.copy()

    stands = [_nowhere(system, subjects), _nowhere(system, subjects)] if whole else []

    def group(a: Array, here: Columns, g: int) -> bool:
        if initial is not None:
            run.put(a, initial, here)
        done = settle is None or settle.settled(a, here)
        for stand in stands[:1]:
            run.take(a, stand, here)
        done = run.marched(a, here, g, windows, curves[g]) and done
        for stand in stands[1:]:
            run.take(a, stand, here)
        return done

    members = _members(ok)
    for g in np.flatnonzero(members[:, 0] >= 0).tolist():
        here = members[g]
        if group(run.begun(here), here, g):
            continue
        kept_windows, kept_curves = windows[..., g, :].copy(), curves[g].copy()
        for lane in np.flatnonzero(ok[g * LANES : (g + 1) * LANES]).tolist():
            alone = np.full(LANES, g * LANES + lane)
            ok[g * LANES + lane] = group(run.begun(alone), alone, g)
            kept_windows[..., lane], kept_curves[..., lane] = windows[..., g, 0], curves[g, ..., 0]
        windows[..., g, :], curves[g] = kept_windows, kept_curves
    measured = windows.reshape(*windows.shape[:3], groups * LANES)[..., :subjects]
    measured[..., ~ok] = np.nan
    begin, end = stands or (None, None)
    return Lanes(windows=measured, curves=curves, ok=ok, begin=begin, end=end)


def _nowhere(system: System, subjects: int) -> LaneStates:
    depots, feeds = len(system.layout.depots), len(system.layout.stepped)
    rows = [np.zeros((count, subjects)) for count in (system.layout.n_states, depots, depots, feeds)]
    return LaneStates(stepped=rows[0], depots=rows[1], inflows=rows[2], rates=rows[3])


def _members(ok: npt.NDArray[np.bool_]) -> Columns:
    """The subjects of every group, (group, lane): another of it stands in for who cannot be run or is not there.

    -1 in groups in which nobody can be run.
    """
    able = np.pad(ok, (0, -len(ok) % LANES)).reshape(-1, LANES)
    places = np.arange(able.size).reshape(able.shape)
    stand_in = np.where(able.any(axis=1), places[:, 0] + np.argmax(able, axis=1), -1)
    return np.where(able, places, stand_in[:, None])


class _Run:
    """What all groups share: table of the structure, order of the doses, what is read."""

    def __init__(
        self,
        system: System,
        parameters: Array,
        inputs: Inputs,
        reading: Reading,
        start: float,
        stop: float,
        rtol: float,
        changes: Sequence[Change],
        compiled: bool,
        whole: bool,
    ) -> None:
        self.whole = whole or bool(reading.states)
        if not self.whole:
            system = lean(system, np.concatenate([parameters, *(one.parameters for one in changes)], axis=1))
        self.system = system
        self.parameters, self.reading = parameters, reading
        self.start, self.stop, self.rtol, self.changes = start, stop, rtol, changes
        weights = [reading.weights, *(change.weights for change in changes)]
        self.used = [
            np.flatnonzero(np.any([one[c] for one in weights], axis=(0, 2))).tolist()
            for c in range(len(reading.alerts))
        ]
        bare = Structure(system=replace(system, parameters=(), scale=()), analytes=(), whole=self.whole)
        places = [tuple(bare.central(i) for i in parts) for parts in self.used]
        places += [(bare.place(state),) for state in reading.states]
        structure = replace(bare, analytes=tuple(places))
        self.table: Table = table(structure)
        self.compiled = compiled
        self.march: March = code.function("march") if compiled else _march_in_python
        self.programs = _programs(self.table) if compiled else _in_python(self.table)
        own = [np.array(floors(system.layout))[i] for i in structure.states]
        self.floors = np.array([*own, *([DRIVER_FLOOR] * len(structure.drivers))])
        self.doses = timeline(self.table, parameters, inputs, start, stop)

    def part(self, a: Array, kind: str, count: int) -> Array:
        """The rows of a kind."""
        first = self.table.first(kind)
        return a[first : first + count]

    def _weights(self, weights: Array) -> Array:
        chosen = [one[parts] for one, parts in zip(weights, self.used, strict=True)]
        return np.concatenate([*chosen, np.ones((len(self.reading.states), weights.shape[2]))])

    @cached_property
    def _rest(self) -> Array:
        """The rows of all subjects before any dose that a step does not write, (row, subject)."""
        structure = self.table.structure
        a = np.zeros((self.table.first("NEW_STATE"), self.parameters.shape[1]))
        used = self.parameters[list(structure.used)]
        self.part(a, "PARAMETER", len(used))[:] = used
        with np.errstate(divide="ignore"):
            self.part(a, "RECIPROCAL", len(used))[:] = 1.0 / used
        states, compartments = self.part(a, "STATE", structure.size), self.system.layout.compartments
        for n, i in enumerate(structure.states):
            rest = compartments[i].rest
            states[n] = 0.0 if rest is None else self.parameters[rest]
        self.part(a, "SMALLEST", structure.size)[:] = self.floors[:, None]
        weights = self._weights(self.reading.weights)
        self.part(a, "WEIGHT", len(weights))[:] = weights
        alerts = np.append(self.reading.alerts, np.full(len(self.reading.states), np.inf))
        self.part(a, "ALERT", len(alerts))[:] = alerts[:, None]
        return a

    def begun(self, here: Columns) -> Array:
        """The rows of sixteen subjects before any dose, (row, lane)."""
        a = _aligned(self.table.rows)
        a[: len(self._rest)] = self._rest[:, here]
        return a

    def _standing(self, a: Array, stand: LaneStates) -> list[tuple[Array, Array]]:
        """Rows of a group, and what a stand says of them."""
        kinds = {"STATE": stand.stepped, "DEPOT": stand.depots, "INFLOW": stand.inflows, "INFUSION": stand.rates}
        return [(self.part(a, kind, len(numbers)), numbers) for kind, numbers in kinds.items()]

    def put(self, a: Array, stand: LaneStates, here: Columns) -> None:
        """Begin where subjects stand."""
        for rows, numbers in self._standing(a, stand):
            rows[:] = numbers[:, here]

    def take(self, a: Array, stand: LaneStates, here: Columns) -> None:
        """Note where sixteen subjects stand."""
        for rows, numbers in self._standing(a, stand):
            numbers[:, here] = rows

    def sets(self, here: Columns) -> Array:
        """Parameters and weights from each change on, (change and number, lane)."""
        used = list(self.table.structure.used)
        rows = [
            np.concatenate([change.parameters[used][:, here], self._weights(change.weights[:, :, here])])
            for change in self.changes
        ]
        return np.ascontiguousarray(rows, dtype=float).reshape(-1, LANES)

    def marched(self, a: Array, here: Columns, g: int, windows: Array, levels: Levels) -> bool:
        """Whether sixteen subjects came to the end; ``a`` is then where they stand.

        What is measured is written to ``windows`` (analyte, window, measure, group, lane), their levels to ``levels``
        (time, analyte, lane).
        """
        reading, jumps, released = self.reading, self.doses.jumps(here), self.doses.released(here)
        wide = levels.dtype == np.float64
        flat = levels.reshape(-1, LANES)
        steps = self.march(
            *self.programs, Rows(a), a.reshape(-1), self.table.numbers,
            self.start, self.stop, self.rtol,
            len(jumps.times), jumps.times, jumps.places, Rows(jumps.amounts), jumps.longest,
            len(self.changes), np.array([change.time for change in self.changes]), Rows(self.sets(here)),
            len(released.which), released.begins.reshape(-1), released.amounts.reshape(-1), released.which,
            released.numbers.reshape(-1),
            windows.shape[1], np.append(reading.edges, np.inf), windows.shape[3], g, Rows(windows.reshape(-1, LANES)),
            len(reading.grid), reading.grid, int(wide), Rows(flat), Rows(flat),
        )  # fmt: skip
        return bool(steps >= 0)


class _Settling:
    """The same over one period of what was given before the start, until it repeats itself."""

    def __init__(self, run: _Run, steady: Steady) -> None:
        begun = earlier(run.system, run.parameters, steady, run.start)
        nothing = replace(run.reading, grid=np.empty(0), edges=np.array([np.inf]))
        stop, rtol = run.start + steady.period, min(run.rtol, TOLERANCE)
        given = joined_inputs([begun, steady.cycle])
        self.run = _Run(run.system, run.parameters, given, nothing, run.start, stop, rtol, (), run.compiled, run.whole)
        self.steady = steady
        run.doses = timeline(run.table, run.parameters, joined_inputs([begun, run.doses.inputs]), run.start, run.stop)

    def settled(self, a: Array, here: Columns) -> bool:
        """Bring sixteen subjects to the state that a period reproduces; False where there is none."""
        run, system = self.run, self.run.system
        structure = run.table.structure
        depots, feeds = len(system.layout.stepped_depots), len(system.stepped)
        run.part(a, "INFLOW", depots)[:] = self.steady.inflows[list(system.layout.stepped_depots)][:, here]
        run.part(a, "INFUSION", feeds)[:] = self.steady.rates[list(system.stepped)][:, here]
        count = structure.size
        curves = run.reading.curves
        nowhere, no_levels = np.empty((curves, 0, len(MEASURES), 1, LANES)), np.empty((0, curves, LANES))

        def placed(x: Array) -> Array:
            full = _aligned(len(a))
            full[:] = a
            run.part(full, "STATE", count)[:], run.part(full, "DEPOT", depots)[:] = x[:count], x[count:]
            return full

        def stands(full: Array) -> Array:
            return np.concatenate([run.part(full, "STATE", count), run.part(full, "DEPOT", depots)])

        def over(x: Array) -> Array | None:
            full = placed(x)
            return stands(full) if run.marched(full, here, 0, nowhere, no_levels) else None

        every = np.array(system.layout.sizes())
        own = [every[i] for i in structure.states]
        scale = np.array([*own, *([1.0] * len(structure.drivers)), *every[system.layout.n_states :]])
        fixed = fixed_point(stands(a), over, np.maximum(scale, 1e-3), self.steady.tolerance)
        a[:] = placed(fixed.image)
        settled = fixed.residual <= LARGEST_RESIDUAL and fixed.drift <= LARGEST_DRIFT
        return fixed.rounds > 0 and settled


def _aligned(rows: int) -> Array:
    """Rows of zeros that begin where a line of the processor's cache does, so that no load crosses two of them."""
    room = np.zeros(rows * LANES + 8)
    start = -room.ctypes.data % 64 // 8
    return room[start : start + rows * LANES].reshape(rows, LANES)


_PROGRAMS = (falling.linearise, step.begin, step.step)
"""What is traced for a structure."""


@lru_cache(maxsize=64)
def _programs(table: Table) -> tuple[int, ...]:
    """Machine code of a structure."""
    return tuple(
        code.traced_address(traced(partial(function, table.structure), table.numbers), machine_code)
        for function in _PROGRAMS
    )


def _in_python(table: Table) -> tuple[Callable[[Rows, float], None], ...]:
    """The same as functions."""

    def program(function: Callable[[Structure, Any, Any, Any], None]) -> Callable[[Rows, float], None]:
        return lambda a, h: function(table.structure, h, a, table.numbers)

    return tuple(program(function) for function in _PROGRAMS)


def _march_in_python(*arguments: Any) -> int:
    with np.errstate(all="ignore"):
        return march(*arguments)
