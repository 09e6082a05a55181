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

from pkinteract.engine.compiled import COMPILED, compiled, source_of
from pkinteract.engine.curves import Array
from pkinteract.engine.lanes_input import Columns, Inputs, Steady, Timeline, earlier, joined, release_rows, timeline
from pkinteract.engine.lanes_text import LANES, Rows, generate_lanes, lean
from pkinteract.engine.solve import MOST_STEPS, floors, largest_quartic
from pkinteract.engine.steady_state import TOLERANCE, fixed_point, sizes
from pkinteract.engine.system import System

RTOL = 2e-6
"""Default relative tolerance of a step; gives an error below 1e-5 of each analyte's Cmax in every subject."""

MEASURES = ("integral", "max", "time of max", "min", "hours above")
"""What is measured in every window: [unit·h], [unit], [h], [unit], [h]."""

FAST_ENZYME = 0.05
"""Rate of turnover from which on the error of an enzyme's own level counts, a half-life of 14 h [1/h]."""

UNSETTLED = 1e-4
"""Largest relative change over one period of what is called a steady state [1]."""

Singles = npt.NDArray[np.float32]

_GENERATED = ("rates", "decays", "attempt", "read", "values", "accept")
_PLACES = (
    "state", "depot", "inflow", "infusion", "release", "error", "power", "window", "seen", "alert", "value"
)  # fmt: skip
_FAST = '@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "arcp", "nsz"})'


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
    profile
        (analyte, time, subject), in single precision.
    ok
        (subject,) whether it was solved to the end.
    """

    windows: Array
    profile: npt.NDArray[np.float32]
    ok: npt.NDArray[np.bool_]


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
    windows = np.empty((len(reading.alerts), len(reading.edges) - 1, len(MEASURES), count))
    profile = np.empty((len(reading.alerts), len(reading.grid), count), dtype=np.float32)
    ok = np.ones(count, dtype=bool)

    def group(here: Columns) -> tuple[Array, Singles, bool]:
        a = run.begun(here)
        done = settle is None or settle.settled(a, here)
        found, curves, ended = run.marched(a, here)
        return found, curves, done and ended

    for first in range(0, count, LANES):
        here = np.minimum(np.arange(first, first + LANES), count - 1)
        fill = min(LANES, count - first)
        found, curves, done = group(here)
        windows[..., first : first + fill] = found[..., :fill]
        profile[..., first : first + fill] = curves[..., :fill]
        for j in here[:fill] if not done else ():
            found, curves, ok[j] = group(np.full(LANES, j))
            windows[..., j] = found[..., 0] if ok[j] else np.nan
            profile[..., j] = curves[..., 0] if ok[j] else np.nan
    return Lanes(windows=windows, profile=profile, ok=ok)


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
        fast = frozenset(e for e, row in enumerate(system.enzymes) if parameters[row.kdeg].max() > FAST_ENZYME)
        self.rows = rows = Rows(replace(system, parameters=(), scale=()), analytes, fast)
        self.march = _module(rows).march
        self.places = LANES * np.array([rows.first[kind] for kind in _PLACES])
        self.floors = np.array(floors(system))
        self.doses: Timeline = timeline(system, parameters, inputs, start, stop)

    def begun(self, here: Columns) -> Array:
        """The rows of sixteen subjects before any dose."""
        rows, numbers = self.rows, self.parameters[:, here]
        a = np.zeros((rows.first["end"], LANES))
        a[: len(rows.used)] = numbers[list(rows.used)]
        with np.errstate(divide="ignore"):
            self.part(a, "reciprocal")[:] = 1.0 / a[: len(rows.used)]
        for e, row in enumerate(self.system.enzymes):
            self.part(a, "state")[self.system.first_enzyme + e] = numbers[row.activity]
        self.part(a, "smallest")[:] = self.floors[:, None]
        self.part(a, "weight")[:] = self.weights[:, here]
        self.part(a, "alert")[:] = self.reading.alerts[:, None]
        return a

    def part(self, a: Array, kind: str) -> Array:
        """The rows of a kind."""
        kinds = list(self.rows.first)
        after = kinds[kinds.index(kind) + 1]
        return a[self.rows.first[kind] : self.rows.first[after]]

    def marched(self, a: Array, here: Columns) -> tuple[Array, Singles, bool]:
        """Windows and curves of sixteen subjects, and whether they came to the end; ``a`` is then where they stand."""
        reading, flat = self.reading, a.reshape(-1)
        windows = np.zeros((len(reading.alerts), max(len(reading.edges) - 1, 0), len(MEASURES), LANES))
        curves = np.empty((len(reading.alerts), len(reading.grid), LANES), dtype=np.float32)
        steps = self.march(
            flat, flat.view(np.int64), self.places, release_rows(self.system, self.parameters[:, here]),
            *self.doses.released(here), self.rtol, self.rtol / largest_quartic(self.rtol), self.start, self.stop,
            *self.doses.events(here), reading.edges, reading.grid, windows, curves, MOST_STEPS,
        )  # fmt: skip
        return windows, curves, steps >= 0


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
        run.part(a, "inflow")[:] = self.steady.inflows[list(system.stepped_depots)][:, here]
        run.part(a, "infusion")[:] = self.steady.rates[list(system.stepped)][:, here]

        def placed(x: Array) -> Array:
            full = a.copy()
            run.part(full, "state")[:], run.part(full, "depot")[:] = x[: system.n_states], x[system.n_states :]
            return full

        def over(x: Array) -> Array | None:
            full = placed(x)
            *_, done = run.marched(full, here)
            return np.concatenate([run.part(full, "state"), run.part(full, "depot")]) if done else None

        begin = np.concatenate([run.part(a, "state"), run.part(a, "depot")])
        scale = np.array([max(size, 1e-3) for size in sizes(system)])
        found = fixed_point(begin, over, scale, TOLERANCE)
        a[:] = placed(found.image)
        return found.rounds > 0 and found.residual <= UNSETTLED


@lru_cache(maxsize=16)
def _module(rows: Rows) -> ModuleType:
    """The compiled code for a structure of which some sums of compounds are read."""
    return compiled(source_of("lanes_loop.py", _GENERATED, generate_lanes(rows), _FAST))


BINS_PER_OCTAVE = 64
"""Bins between a level and its double: one is 1.1 to 1.6 % wide."""

LOWEST, HIGHEST = -24, 40
"""Powers of two between which levels have bins of their own."""

_BIAS = 127


def tally(profile: Singles, counts: npt.NDArray[np.uint32], lowest: int = 0) -> None:
    """Add every value of ``profile`` (analyte, time, subject) to ``counts`` (analyte, time, bin).

    Parameters
    ----------
    lowest
        Place of the first bin of ``counts`` among all bins; what is below it counts in it.
    """
    module = compiled(source_of("lanes_count.py", (), "", COMPILED))
    module.histogram(profile.view(np.int32), counts, np.int64((LOWEST + _BIAS) * BINS_PER_OCTAVE + lowest))


def edges_of_bins() -> Array:
    """Lower edges of the bins and the last upper one; what is below the first bin counts in it."""
    places = np.arange((HIGHEST - LOWEST) * BINS_PER_OCTAVE + 1, dtype=float)
    return np.asarray(
        np.ldexp(1.0 + places % BINS_PER_OCTAVE / BINS_PER_OCTAVE, (places // BINS_PER_OCTAVE).astype(int) + LOWEST)
    )
