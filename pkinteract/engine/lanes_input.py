"""The doses of many subjects, put into one order for sixteen at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from pkinteract.engine.compiled import KINDS
from pkinteract.engine.control import FIRST_OF_RELEASE
from pkinteract.engine.curves import Array
from pkinteract.engine.mechanisms.release import Profile, profiles
from pkinteract.engine.system import System

Columns = npt.NDArray[np.int64]
"""Places of subjects."""

Events = tuple[Array, Columns, Columns, Array, Array]
"""Times, kinds, rows, amounts (event, lane), and the longest step after each."""

_RELEASE = KINDS["release"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """Jumps of the input of many subjects, as in :class:`Event`.

    Attributes
    ----------
    times, amounts
        (event, subject) [h], [mg] or [mg/h].
    kinds
        (event,) as in ``compiled.KINDS``.
    targets
        (event,) depot, release or compound.
    """

    times: Array
    kinds: npt.NDArray[np.int64]
    targets: npt.NDArray[np.int64]
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
    """

    period: float
    cycle: Inputs
    rates: Array
    inflows: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """Jumps in order of time, each with the place that it goes to.

    Attributes
    ----------
    system, parameters
        Whose they are; parameters (parameter, subject).
    start, stop
        Others are left out [h].
    places
        (event,) row of the depot, the central amount or the infusion; 0 for a release.
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

    def events(self, here: Columns) -> Events:
        """The jumps of sixteen subjects."""
        times, amounts = self.inputs.times, self.inputs.amounts
        if self.order is not None:
            return _table(times[self.order, 0], self.order, self, amounts[:, here][self.order])
        times, amounts = times[:, here], amounts[:, here]
        found = [
            (time, m, np.where(times[m] == time, amounts[m], 0.0)) for m in range(len(times)) for time in set(times[m])
        ]
        sharp = _sharp(self.system, self.parameters[:, here])
        for m in np.flatnonzero(self.inputs.kinds == _RELEASE).tolist():
            after = times[m] + sharp[self.inputs.targets[m]]
            found += [(time, m, np.zeros(len(here))) for time in set(after[after > times[m]].tolist())]
        kept = sorted((row for row in found if self.start <= row[0] < self.stop), key=lambda row: row[:2])
        given = np.array([amount for *_, amount in kept]).reshape(-1, len(here))
        order = np.array([m for _, m, _ in kept], dtype=np.int64)
        return _table(np.array([time for time, *_ in kept], dtype=float), order, self, given)

    def released(self, here: Columns) -> tuple[Array, Array]:
        """The doses that are released, (dose, 1 + lane): row and times; and their amounts (dose, lane)."""
        chosen = np.flatnonzero(self.inputs.kinds == _RELEASE)
        times = self.inputs.times[chosen][:, here]
        rows = np.concatenate([self.inputs.targets[chosen, None].astype(float), times], axis=1)
        return np.ascontiguousarray(rows), np.ascontiguousarray(self.inputs.amounts[chosen][:, here])


def timeline(system: System, parameters: Array, inputs: Inputs, start: float, stop: float) -> Timeline:
    """Put jumps in order; those outside [start, stop) are left out, but for releases that began before."""
    slots = {j: slot for slot, j in enumerate(system.layout.stepped_depots)}
    feeds = {i: slot for slot, i in enumerate(system.stepped)}
    names = {place: name for name, place in KINDS.items()}
    tables = {"depot": slots, "depot-rate": slots, "bolus": system.layout.central, "rate": feeds}
    pairs = zip(inputs.kinds.tolist(), inputs.targets.tolist(), strict=True)
    places = [tables[names[kind]][target] if kind != _RELEASE else 0 for kind, target in pairs]
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
        places=np.array(places, dtype=np.int64),
        order=order,
    )


def joined(parts: Sequence[Inputs]) -> Inputs:
    """Several inputs as one."""
    return Inputs(
        times=np.concatenate([part.times for part in parts]),
        kinds=np.concatenate([part.kinds for part in parts]),
        targets=np.concatenate([part.targets for part in parts]),
        amounts=np.concatenate([part.amounts for part in parts]),
    )


def earlier(system: System, parameters: Array, steady: Steady, start: float) -> Inputs:
    """Releases of earlier periods that are still going on at ``start``."""
    longest = np.array([max(row.over for row in rows) for rows in _by_release(system, parameters)])
    chosen = np.flatnonzero(steady.cycle.kinds == _RELEASE)
    parts, back = [_some(steady.cycle, chosen[:0])], 1
    while len(chosen):
        age = start - steady.cycle.times[chosen] + back * steady.period
        chosen = chosen[age.min(axis=1) < longest[steady.cycle.targets[chosen]]]
        again = _some(steady.cycle, chosen)
        parts.append(replace(again, times=again.times - back * steady.period))
        back += 1
    return joined(parts)


def _some(inputs: Inputs, chosen: Columns) -> Inputs:
    return Inputs(
        times=inputs.times[chosen],
        kinds=inputs.kinds[chosen],
        targets=inputs.targets[chosen],
        amounts=inputs.amounts[chosen],
    )


def release_rows(system: System, numbers: Array) -> Array:
    """(release, 5, lane): whether it is a Weibull one, its two numbers, the ends of the even stretch and of it all."""
    found = np.zeros((len(system.releases), 5, numbers.shape[1]))
    for j, rows in enumerate(_by_release(system, numbers)):
        for lane, row in enumerate(rows):
            found[j, :, lane] = row.kind == "weibull", row.first, row.second, row.sharp, row.over
    return found


def _by_release(system: System, numbers: Array) -> list[list[Profile]]:
    """The profile of every release in every subject."""
    columns = numbers.T.tolist() if system.releases else []
    found = [profiles(replace(system, parameters=tuple(column))) for column in columns]
    return [[rows[j] for rows in found] for j in range(len(system.releases))]


def _sharp(system: System, numbers: Array) -> Array:
    """(release, lane) where the even stretch at a release's beginning ends [h]; 0 for none."""
    return release_rows(system, numbers)[:, 3]


def _table(times: Array, order: Columns, line: Timeline, amounts: Array) -> Events:
    kinds = line.inputs.kinds[order].astype(np.int64)
    longest = np.where(kinds == _RELEASE, FIRST_OF_RELEASE, np.inf)
    return times, kinds, line.places[order], np.ascontiguousarray(amounts), longest
