"""Many subjects with one structure: sixteen of them take each step together, in compiled code that holds no lock.

Subjects differ in their parameters and in the times and amounts of their doses. What is asked of a curve is read while
it is made: integral, extremes and time above a level in windows of time, and values on a grid. Groups are sixteen
neighbours, so that what comes out of a subject depends on its neighbours (by less than the tolerance) but never on how
many processors there are or who computes what first.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from types import ModuleType

import numpy as np
import numpy.typing as npt

from pkinteract.engine.compiled import compiled_apart, function_text, source_of
from pkinteract.engine.control import MOST_STEPS, floors
from pkinteract.engine.curves import Array
from pkinteract.engine.lanes_input import Columns, Inputs, Steady, Timeline, earlier, joined, release_rows, timeline
from pkinteract.engine.lanes_rows import KEPT, LANES, Rows, lean
from pkinteract.engine.lanes_text import generate_lanes
from pkinteract.engine.room import give_back, take, take_zeros
from pkinteract.engine.steady_state import TOLERANCE, fixed_point
from pkinteract.engine.system import System

RTOL = 2e-6
"""Default relative tolerance of a step; gives an error below 1e-5 of each analyte's Cmax in every subject."""

MEASURES = KEPT
"""What is measured in every window: [unit·h], [unit], [h], [unit], [h]."""

DRIVER_FLOOR = 0.2
"""Level of what moves enzymes below which its errors are judged absolutely: it counts about fivefold [1]."""

LARGEST_QUARTIC = 250.0
"""Largest quartic term of the curve inside a step, in tolerances; what it cannot follow is a hundredth of it (seen)."""

UNSETTLED = 1e-4
"""Largest relative change over one period of what is called a steady state [1]."""

Singles = npt.NDArray[np.float32]

_GENERATED = ("rates", "linearise", "decays", "fades", "attempt", "read", "turning", "onward", "values", "accept")
_PLACES = (
    "state", "depot", "inflow", "infusion", "release", "error", "power", "window", "seen", "news", "alert", "amplitude",
    "rate", "fade", "stride", "turn",
)  # fmt: skip
_FAST = '@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "arcp", "nsz", "reassoc"})'


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What is read of the curves.

    Attributes
    ----------
    grid
        (time,) sorted [h].
    weights
        (analyte, compound, subject) reporting unit per mg in the central compartment.
    alerts
        (analyte,) level above which hours are counted; infinite where there is none.
    edges
        (window + 1,) sorted [h].
    """

    grid: Array
    weights: Array
    alerts: Array
    edges: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Lanes:
    """What was read.

    Attributes
    ----------
    windows
        (analyte, window, measure, subject), see ``MEASURES``.
    curves
        (group, time, analyte, lane) levels in single precision, as they were written; subjects are numbered from group
        to group, and the last group is filled up with copies of the last of them.
    ok
        (subject,) whether it was solved to the end.
    """

    windows: Array
    curves: Singles
    ok: npt.NDArray[np.bool_]

    @property
    def profile(self) -> Singles:
        """(analyte, time, subject) levels; not a number where it was not solved."""
        groups, times, analytes, lanes = self.curves.shape
        found = self.curves.transpose(2, 1, 0, 3).reshape(analytes, times, groups * lanes)[:, :, : len(self.ok)]
        return found if self.ok.all() else np.where(self.ok, found, np.float32(np.nan))

    def give_back(self) -> None:
        """Let others have the room of what was read; it is lost."""
        give_back(self.windows)
        give_back(self.curves)


def solve_lanes(
    system: System,
    parameters: Array,
    inputs: Inputs,
    reading: Reading,
    start: float,
    stop: float,
    *,
    steady: Steady | None = None,
    rtol: float = RTOL,
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
    """
    count = parameters.shape[1]
    run = _Run(system, parameters, inputs, reading, start, stop, rtol)
    settle = None if steady is None else _Settling(run, steady)
    groups, analytes = -(-count // LANES), len(reading.alerts)
    windows: Array = take_zeros((analytes, len(reading.edges) - 1, len(MEASURES), groups * LANES), np.float64)
    room: Singles = take((groups, len(reading.grid), analytes, LANES), np.float32)
    curves = room.reshape(groups, len(reading.grid), analytes * LANES)
    ok = np.ones(count, dtype=bool)

    def group(a: Array, here: Columns, measured: Array, levels: Singles) -> bool:
        done = settle is None or settle.settled(a, here)
        return run.marched(a, here, measured, levels) and done

    columns = np.minimum(np.arange(groups * LANES), count - 1).reshape(groups, LANES)
    for g, (a, here) in enumerate(zip(run.begun(columns), columns, strict=True)):
        place = slice(g * LANES, (g + 1) * LANES)
        if group(a, here, windows[..., place], curves[g]):
            continue
        for lane, j in enumerate(here[: count - g * LANES]):
            measured, levels = np.zeros_like(windows), np.empty_like(curves[g])
            alone = np.full((1, LANES), j)
            ok[j] = group(run.begun(alone)[0], alone[0], measured[..., place], levels)
            windows[..., j] = measured[..., j] if ok[j] else np.nan
            curves[g, :, lane::LANES] = levels[:, ::LANES]
    return Lanes(windows=windows[..., :count], curves=room, ok=ok)


class _Run:
    """What all groups share: compiled code, places of the rows, the order of the doses, what is read."""

    def __init__(
        self,
        system: System,
        parameters: Array,
        inputs: Inputs,
        reading: Reading,
        start: float,
        stop: float,
        rtol: float,
    ) -> None:
        self.system = system = lean(system, parameters)
        self.parameters, self.reading = parameters, reading
        self.start, self.stop, self.rtol = start, stop, rtol
        used = [np.flatnonzero(rows.any(axis=1)).tolist() for rows in reading.weights]
        analytes = tuple(tuple(row) for row in used)
        self.weights = np.concatenate([rows[part] for rows, part in zip(reading.weights, used, strict=True)])
        self.rows = rows = Rows(replace(system, parameters=(), scale=()), analytes)
        self.march = _module(rows).march
        self.places = LANES * np.array([rows.first[kind] for kind in _PLACES])
        self.falls = np.full((len(analytes), rows.most_falling), -1)
        for c in range(len(analytes)):
            self.falls[c, : len(rows.falling(c))] = rows.falling(c)
        own = [i for i in rows.stepped if i < system.layout.n_states]
        self.floors = np.array([*np.array(floors(system.layout))[own], *([DRIVER_FLOOR] * len(rows.drivers))])
        self.doses: Timeline = timeline(system, parameters, inputs, start, stop)

    def begun(self, here: Columns) -> Array:
        """The rows of groups of sixteen subjects (group, lane) before any dose, (group, row, lane)."""
        rows, numbers = self.rows, np.moveaxis(self.parameters[:, here], 0, 1)
        a = _aligned(len(here), rows.first["end"])
        self.part(a, "parameter")[:] = numbers[:, list(rows.used)]
        with np.errstate(divide="ignore"):
            self.part(a, "reciprocal")[:] = 1.0 / self.part(a, "parameter")
        states, first = self.part(a, "state"), self.system.layout.first_enzyme
        for n, i in enumerate(rows.stepped):
            if first <= i < self.system.layout.n_states:
                states[:, n] = numbers[:, self.system.enzymes[i - first].activity]
        self.part(a, "smallest")[:] = self.floors[:, None]
        self.part(a, "weight")[:] = np.moveaxis(self.weights[:, here], 0, 1)
        self.part(a, "alert")[:] = self.reading.alerts[:, None]
        return a

    def part(self, a: Array, kind: str) -> Array:
        """The rows of a kind."""
        kinds = list(self.rows.first)
        after = kinds[kinds.index(kind) + 1]
        return a[..., self.rows.first[kind] : self.rows.first[after], :]

    def marched(self, a: Array, here: Columns, windows: Array, levels: Singles) -> bool:
        """Whether sixteen subjects came to the end; ``a`` is then where they stand.

        What is measured is written to ``windows`` (analyte, window, measure, lane), their levels to ``levels`` (time,
        analyte·lane).
        """
        reading, flat = self.reading, a.reshape(-1)
        steps = self.march(
            flat, flat.view(np.int64), self.places, len(self.rows.modes), self.falls,
            release_rows(self.system, self.parameters[:, here]), *self.doses.released(here),
            self.rtol, 1.0 / LARGEST_QUARTIC, self.start, self.stop, *self.doses.events(here),
            reading.edges, reading.grid, windows, levels, MOST_STEPS,
        )  # fmt: skip
        return bool(steps >= 0)


class _Settling:
    """The same over one period of what was given before the start, until it repeats itself."""

    def __init__(self, run: _Run, steady: Steady) -> None:
        begun = earlier(run.system, run.parameters, steady, run.start)
        nothing = replace(run.reading, grid=np.empty(0), edges=np.empty(0))
        stop, rtol = run.start + steady.period, min(run.rtol, TOLERANCE)
        given = joined([begun, steady.cycle])
        self.run = _Run(run.system, run.parameters, given, nothing, run.start, stop, rtol)
        self.steady = steady
        run.doses = timeline(run.system, run.parameters, joined([begun, run.doses.inputs]), run.start, run.stop)

    def settled(self, a: Array, here: Columns) -> bool:
        """Bring sixteen subjects to the state that a period reproduces; False where there is none."""
        run, system = self.run, self.run.system
        run.part(a, "inflow")[:] = self.steady.inflows[list(system.layout.stepped_depots)][:, here]
        run.part(a, "infusion")[:] = self.steady.rates[list(system.stepped)][:, here]

        count, nowhere = len(run.rows.stepped), np.empty((len(run.falls), 0, len(MEASURES), 2 * LANES))[..., :LANES]

        def placed(x: Array) -> Array:
            full = a.copy()
            run.part(full, "state")[:], run.part(full, "depot")[:] = x[:count], x[count:]
            return full

        def over(x: Array) -> Array | None:
            full = placed(x)
            done = run.marched(full, here, nowhere, np.empty((0, 0), dtype=np.float32))
            return np.concatenate([run.part(full, "state"), run.part(full, "depot")]) if done else None

        begin = np.concatenate([run.part(a, "state"), run.part(a, "depot")])
        every = np.array(system.layout.sizes())
        own = [i for i in run.rows.stepped if i < system.layout.n_states]
        scale = np.array([*every[own], *([1.0] * len(run.rows.drivers)), *every[system.layout.n_states :]])
        scale = np.maximum(scale, 1e-3)
        found = fixed_point(begin, over, scale, TOLERANCE)
        a[:] = placed(found.image)
        return found.rounds > 0 and found.residual <= UNSETTLED


def _aligned(groups: int, rows: int) -> Array:
    """Rows of zeros that begin where a line of the processor's cache does, so that no load crosses two of them."""
    room = np.zeros(groups * rows * LANES + 8)
    start = -room.ctypes.data % 64 // 8
    return room[start : start + groups * rows * LANES].reshape(groups, rows, LANES)


@lru_cache(maxsize=16)
def _module(rows: Rows) -> ModuleType:
    """The compiled code for a structure of which some sums of compounds are read."""
    text = f"{function_text('loop.py', 'share')}\n\n{generate_lanes(rows)}"
    return compiled_apart(source_of("lanes_loop.py", _GENERATED, text, _FAST))
