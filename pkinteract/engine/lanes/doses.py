"""The doses of many subjects, put into one order for sixteen at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from pkinteract.engine.control import FIRST_STEP
from pkinteract.engine.curves import Array
from pkinteract.engine.events import NOWHERE, EventKind, place
from pkinteract.engine.kernel.vector import LANES
from pkinteract.engine.lanes.march import RELEASE_NUMBERS
from pkinteract.engine.lanes.table import Table
from pkinteract.engine.mechanisms.release import Profile, longest_first, profiles
from pkinteract.engine.steady_state import TOLERANCE
from pkinteract.engine.system import System

Columns = npt.NDArray[np.int64]
"""Places of subjects."""

KINDS: dict[EventKind, int] = {"depot": 0, "depot-rate": 1, "bolus": 2, "rate": 3, "release": 4}
"""The kinds of events as numbers."""

_NAMES = {number: kind for kind, number in KINDS.items()}
_RELEASE = KINDS["release"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """Jumps of the input of many subjects, as in :class:`Event`.

    Attributes
    ----------
    times, amounts
        (event, subject) [h], [mg] or [mg/h].
    kinds
        (event,) as in ``KINDS``.
    targets
        (event,) depot, release or compound.
    """

    times: Array
    kinds: Columns
    targets: Columns
    amounts: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Steady:
    """What was given again and again before a run.

    Attributes
    ----------
    period
        After which it repeats [h].
    cycle
        Jumps of the first period of the run, as if it went on.
    rates, inflows
        (compound, subject) and (depot, subject), just before the start [mg/h].
    tolerance
        Relative change over one period below which a state repeats itself [1].
    """

    period: float
    cycle: Inputs
    rates: Array
    inflows: Array
    tolerance: float = TOLERANCE


@dataclass(frozen=True, slots=True, kw_only=True)
class Jumps:
    """The jumps of sixteen subjects in order of time: what ``march`` takes of them.

    Attributes
    ----------
    times, longest
        (event,) [h], and the longest step after it [h].
    places
        (event,) row that it adds to, or -1.
    amounts
        (event, lane) [mg] or [mg/h].
    """

    times: Array
    places: Columns
    amounts: Array
    longest: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """Doses of sixteen subjects that are released over time, in order of their earliest begin.

    Attributes
    ----------
    begins, amounts
        (dose, lane) [h], [mg].
    which
        (dose,) release.
    numbers
        (release, number, lane), see ``march.RELEASE_NUMBERS``.
    """

    begins: Array
    amounts: Array
    which: Columns
    numbers: Array


_NOTHING_RELEASED = Released(
    begins=np.empty((0, LANES)),
    amounts=np.empty((0, LANES)),
    which=np.empty(0, dtype=np.int64),
    numbers=np.empty((0, RELEASE_NUMBERS, LANES)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """Jumps of all subjects, each with the row that it goes to.

    Attributes
    ----------
    parameters
        (parameter, subject).
    start, stop
        Other jumps are left out [h].
    places
        (event,) row of the depot, the central amount or the infusion; -1 for a release.
    order
        Places of the events in order of time, if they come at the same time for everybody; else None.
    """

    system: System
    parameters: Array
    inputs: Inputs
    start: float
    stop: float
    places: Columns
    order: Columns | None

    def jumps(self, here: Columns) -> Jumps:
        """The jumps of sixteen subjects."""
        times, amounts = self.inputs.times, self.inputs.amounts
        if self.order is not None:
            return self._jumps(times[self.order, 0], self.order, amounts[:, here][self.order], [])
        times, amounts = times[:, here], amounts[:, here]
        jumps = [
            (time, m, np.where(times[m] == time, amounts[m], 0.0)) for m in range(len(times)) for time in set(times[m])
        ]
        profiled = _by_release(self.system, self.parameters[:, here])
        for m in np.flatnonzero(self.inputs.kinds == _RELEASE).tolist():
            lanes = zip(times[m].tolist(), profiled[self.inputs.targets[m]], strict=True)
            after = {time + age for time, one in lanes for age in one.jumps}
            jumps += [(time, m, np.zeros(len(here))) for time in after]
        kept = sorted((jump for jump in jumps if self.start <= jump[0] < self.stop), key=lambda jump: jump[:2])
        given = np.array([amount for *_, amount in kept]).reshape(-1, len(here))
        order = np.array([m for _, m, _ in kept], dtype=np.int64)
        return self._jumps(np.array([time for time, *_ in kept], dtype=float), order, given, profiled)

    def _jumps(self, times: Array, order: Columns, amounts: Array, profiled: list[list[Profile]]) -> Jumps:
        longest = np.full(len(order), FIRST_STEP)
        released = self.inputs.kinds[order] == _RELEASE
        first = np.array([min(map(longest_first, lanes)) for lanes in profiled])
        if len(first):
            longest[released] = first[self.inputs.targets[order[released]]]
        return Jumps(
            times=np.ascontiguousarray(times),
            places=np.ascontiguousarray(self.places[order]),
            amounts=np.ascontiguousarray(amounts),
            longest=longest,
        )

    def released(self, here: Columns) -> Released:
        """The doses of sixteen subjects that are released."""
        if not self.system.releases:
            return _NOTHING_RELEASED
        chosen = np.flatnonzero(self.inputs.kinds == _RELEASE)
        begins = self.inputs.times[chosen][:, here]
        order = np.argsort(begins.min(axis=1, initial=np.inf), kind="stable")
        return Released(
            begins=np.ascontiguousarray(begins[order]),
            amounts=np.ascontiguousarray(self.inputs.amounts[chosen[order]][:, here]),
            which=np.ascontiguousarray(self.inputs.targets[chosen[order]], dtype=np.int64),
            numbers=release_numbers(self.system, self.parameters[:, here]),
        )


def timeline(table: Table, parameters: Array, inputs: Inputs, start: float, stop: float) -> Timeline:
    """Put jumps in order; those outside [start, stop) [h] are left out, but for releases that began before.

    ``parameters`` are (parameter, lane).

    Raises
    ------
    KeyError
        When a jump concerns a compound that the table does not step.
    """
    system = table.structure.system
    pairs = list(zip(inputs.kinds.tolist(), inputs.targets.tolist(), strict=True))
    rows = {pair: _row(table, *pair) for pair in set(pairs)}
    order = None
    if not system.releases and bool(np.all(inputs.times == inputs.times[:, :1])):
        times = inputs.times[:, 0]
        inside = np.flatnonzero((times >= start) & (times < stop))
        order = inside[np.argsort(times[inside], kind="stable")]
    return Timeline(
        system=system,
        parameters=parameters,
        inputs=inputs,
        start=start,
        stop=stop,
        places=np.array([rows[pair] for pair in pairs], dtype=np.int64),
        order=order,
    )


def _row(table: Table, kind: int, target: int) -> int:
    """The row that a jump adds to; ``NOWHERE`` for a release."""
    where = place(table.structure.system.layout, _NAMES[kind], target)
    return where if where == NOWHERE else table.row(where)


def joined_inputs(parts: Sequence[Inputs]) -> Inputs:
    """Several inputs as one."""
    return Inputs(
        times=np.concatenate([part.times for part in parts]),
        kinds=np.concatenate([part.kinds for part in parts]),
        targets=np.concatenate([part.targets for part in parts]),
        amounts=np.concatenate([part.amounts for part in parts]),
    )


def earlier(system: System, parameters: Array, steady: Steady, start: float) -> Inputs:
    """Releases of earlier periods that are still going on at ``start`` [h]; ``parameters`` are (parameter, lane)."""
    longest = np.array([max(one.over for one in profiled) for profiled in _by_release(system, parameters)])
    chosen = np.flatnonzero(steady.cycle.kinds == _RELEASE)
    parts, back = [_some(steady.cycle, chosen[:0])], 1
    while len(chosen):
        age = start - steady.cycle.times[chosen] + back * steady.period
        chosen = chosen[age.min(axis=1) < longest[steady.cycle.targets[chosen]]]
        again = _some(steady.cycle, chosen)
        parts.append(replace(again, times=again.times - back * steady.period))
        back += 1
    return joined_inputs(parts)


def _some(inputs: Inputs, chosen: Columns) -> Inputs:
    return Inputs(
        times=inputs.times[chosen],
        kinds=inputs.kinds[chosen],
        targets=inputs.targets[chosen],
        amounts=inputs.amounts[chosen],
    )


def release_numbers(system: System, parameters: Array) -> Array:
    """The numbers of every release for parameters (parameter, lane): (release, number, lane)."""
    numbers = np.zeros((len(system.releases), RELEASE_NUMBERS, parameters.shape[1]))
    for j, profiled in enumerate(_by_release(system, parameters)):
        for lane, one in enumerate(profiled):
            of_share = one.weibull, one.first, one.second, one.constant, one.sharp, one.even
            numbers[j, :, lane] = *of_share, one.over
    return numbers


def _by_release(system: System, parameters: Array) -> list[list[Profile]]:
    """The profile of every release in every subject."""
    columns = parameters.T.tolist() if system.releases else []
    profiled = [profiles(replace(system, parameters=tuple(column))) for column in columns]
    return [[one[j] for one in profiled] for j in range(len(system.releases))]
