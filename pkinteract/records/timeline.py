"""The records of one subject, one after the other, to the central amounts at each of them.

Between two records at which the system or its state is replaced (a reset, a steady state, other covariates) everything
is one solution. What NONMEM prescribes:

* The covariates of a record hold from the record above it on, the record included.
* A dose counts at its own record: the value there is the one after an intravenous dose at once. Additional and lagged
  doses that fall on a record come before it.
* A reset, and SS 1, empty the body, end running infusions and cancel doses that are still to come: additional ones and
  those that wait for their lag. SS 2 adds the steady state to what is there.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from pkinteract.engine.curves import Array
from pkinteract.engine.events import Event
from pkinteract.engine.single.march import RTOL, solve
from pkinteract.engine.solution import State, resting
from pkinteract.engine.steady_state import LARGEST_DRIFT, LARGEST_RESIDUAL, TOLERANCE
from pkinteract.engine.system import System
from pkinteract.errors import SimulationError
from pkinteract.records.doses import ANY_PERIOD, SAME, DoseHistory, dose_history, jumps
from pkinteract.records.states import added, amounts, carried
from pkinteract.records.subject import SubjectModel
from pkinteract.records.types import Covariates, Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A stretch to be solved: from the state just before ``start`` to ``stop`` [h], to be read at sorted ``times``.

    ``subject`` says whose it is, for messages.
    """

    subject: str
    system: System
    events: Sequence[Event]
    start: float
    stop: float
    times: Sequence[float]
    initial: State
    rtol: float


Solved = tuple[Array, State]
"""Central amounts, (time, compound) [mg], and the state at the end of a stretch, both before any jump there."""

_Solving = Generator[Interval, Solved, None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trajectory:
    """A subject that was followed.

    Attributes
    ----------
    concentrations
        (record, compound) [mg/L].
    residual
        Largest residual of a steady state that was looked for, relative; None without one.
    """

    concentrations: Array
    residual: float | None


def subject_timeline(
    records: Sequence[Record], bodies: Callable[[Covariates], SubjectModel], *, rtol: float = RTOL
) -> Trajectory:
    """Follow one subject by the solver in CPython; ``rtol`` [1] is that of a step.

    Raises
    ------
    SimulationError
        When the solver gives up.
    """
    walk = solving_steps(records, bodies, rtol=rtol)
    try:
        stretch = next(walk)
        while True:
            stretch = walk.send(solved_interval(stretch))
    except StopIteration as end:
        trajectory: Trajectory = end.value
        return trajectory


def solving_steps(
    records: Sequence[Record], bodies: Callable[[Covariates], SubjectModel], *, rtol: float = RTOL
) -> Generator[Interval, Solved, Trajectory]:
    """Follow one subject: gives every stretch to be solved, takes what came of it, and returns what was found.

    ``rtol`` [1] is that of a step.

    Raises
    ------
    SimulationError
        When doses have no steady state.
    """
    first = records[0]
    body = bodies(first.covariates)
    walk = _SubjectTimeline(
        records=records,
        bodies=bodies,
        rtol=rtol,
        ends=_ends(records),
        times=sorted({record.time for record in records}),
        body=body,
        initial=resting(body.system),
        start=first.time,
        now=first.time,
    )
    for place in range(len(records)):
        yield from walk.take(place)
    yield from walk.close()
    return Trajectory(concentrations=np.array(walk.values), residual=walk.residual)


def _ends(records: Sequence[Record]) -> list[float]:
    """Up to when each record's doses can matter: the last record before the next reset [h]."""
    ends: list[float] = []
    last = records[-1].time
    for place in range(len(records) - 1, -1, -1):
        ends.append(last)
        if records[place].resets and place:
            last = records[place - 1].time
    return ends[::-1]


def solved_interval(stretch: Interval) -> Solved:
    """A stretch by the solver in CPython.

    Raises
    ------
    SimulationError
        When it gives up.
    """
    solution = solve(
        stretch.system, stretch.events, stretch.start, stretch.stop, rtol=stretch.rtol, initial=stretch.initial
    )
    failure = solution.failure
    if failure is not None or solution.end is None:
        interval = (stretch.start, stretch.stop) if failure is None else (failure.start, failure.stop)
        raise SimulationError(interval, solution.method, "" if failure is None else failure.reason, stretch.subject)
    return np.array([curve.value(stretch.times) for curve in solution.amounts]).T, solution.end


@dataclass(slots=True)
class _SubjectTimeline:
    """Where a subject stands, and the stretch that is not solved yet; lives for one subject.

    Attributes
    ----------
    body, initial, start
        System of the stretch, its state just before it begins, and when [h].
    events
        Jumps of the stretch and after it, releases that began before included.
    at_once
        Central dose [mg] given at once at each time [h].
    reads
        Time [h] and dose given at once by then [mg] of each record whose value is wanted.
    """

    records: Sequence[Record]
    bodies: Callable[[Covariates], SubjectModel]
    rtol: float
    ends: Sequence[float]
    times: Sequence[float]
    body: SubjectModel
    initial: State
    start: float
    now: float
    events: list[Event] = field(default_factory=list)
    at_once: dict[float, float] = field(default_factory=dict)
    reads: list[tuple[float, float]] = field(default_factory=list)
    values: list[Array] = field(default_factory=list)
    residual: float | None = None

    def take(self, place: int) -> _Solving:
        """Go to a record, give its dose, and note that its value is wanted."""
        record = self.records[place]
        body = self.bodies(record.covariates)
        if record.resets:
            yield from self.close()
            self._begin(body, record.time, resting(body.system), ())
        elif body is not self.body:
            state, coming = yield from self.close()
            self._begin(body, self.now, carried(self.body.system, body.system, state), coming)
        self.now = record.time
        if record.doses:
            yield from self._give(record, self.ends[place])
        self.reads.append((self.now, self.at_once.get(self.now, 0.0)))

    def close(self) -> Generator[Interval, Solved, tuple[State, list[Event]]]:
        """Solve the stretch up to now; returns the state before any jump there, and the jumps still to come."""
        system, state = self.body.system, self.initial
        amounts_read = np.tile(amounts(system, state), (len(self.reads), 1))
        if self.now > self.start:
            amounts_read, state = yield self._stretch()
        amounts_read[:, self.body.central] += [dose for _, dose in self.reads]
        self.values += list(amounts_read / np.array(self.body.volumes()))
        self.reads = []
        return state, [event for event in self.events if event.time >= self.now or event.kind == "release"]

    def _stretch(self) -> Interval:
        return Interval(
            subject=f"subject {self.records[0].subject}",
            system=self.body.system,
            events=sorted(self.events, key=lambda event: event.time),
            start=self.start,
            stop=self.now,
            times=[time for time, _ in self.reads],
            initial=self.initial,
            rtol=self.rtol,
        )

    def _begin(self, body: SubjectModel, start: float, initial: State, events: Iterable[Event]) -> None:
        self.body, self.start, self.now, self.initial = body, start, start, initial
        self.events, self.at_once = [], {}
        self._add(events)

    def _give(self, record: Record, end: float) -> _Solving:
        if record.steady_state:
            before = dose_history(record, self.body, rtol=self.rtol)
            self._refuse_unsteady(record, before)
            self.residual = max(before.periodic.residual, self.residual or 0.0)
            state, coming = yield from self.close()
            if record.steady_state == 1:
                self._begin(self.body, record.time, before.periodic.state, before.events)
            else:
                both = added(self.body.system, state, before.periodic.state)
                self._begin(self.body, record.time, both, [*coming, *before.events])
        if record.amount == 0:
            return
        own = jumps(record, self.body)
        for n in range(record.additional + 1):
            time = record.time + n * record.interval
            if time > end + SAME:
                break
            self._add(replace(jump, time=time + jump.time) for jump in own)

    def _refuse_unsteady(self, record: Record, before: DoseHistory) -> None:
        """Refuse a state that one period still changes, by itself or by a share of what the period gives."""
        periodic = before.periodic
        given = record.amount or jumps(record, self.body)[0].amount * ANY_PERIOD
        drift = max(periodic.residual, TOLERANCE) * float(amounts(self.body.system, periodic.state)[self.body.central])
        if periodic.residual <= LARGEST_RESIDUAL and drift <= LARGEST_DRIFT * given:
            return
        advice = f"The doses of line {record.line} have no steady state, they may be more than can be eliminated."
        interval = (record.time, record.time + record.interval)
        raise SimulationError(interval, "steady-state", f"{advice} Lower them.", f"subject {record.subject}")

    def _add(self, events: Iterable[Event]) -> None:
        """Add jumps; one that falls on a record but for rounding gets the record's time."""
        for event in events:
            after = bisect_left(self.times, event.time - SAME)
            if after < len(self.times) and abs(self.times[after] - event.time) <= SAME:
                event = replace(event, time=self.times[after])
            self.events.append(event)
            if event.kind == "bolus":
                self.at_once[event.time] = self.at_once.get(event.time, 0.0) + event.amount
