"""Values of the parameters -> levels of a subject with dosing records, as ``pkinteract events`` follows them.

All points go from record to record together: where the subject becomes another one, or the body is emptied or in a
steady state, each point goes on from where it stands.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from functools import cache, partial

import numpy as np

from pkinteract.engine.control import TOO_FAST
from pkinteract.engine.curves import Array
from pkinteract.engine.lanes.solve import solve_lanes
from pkinteract.errors import SimulationError
from pkinteract.fitting.predict import bodies
from pkinteract.fitting.predict.stacked import alike, lane_states, levels_of, order, reading, stacked_inputs, state_of
from pkinteract.fitting.types import Recorded
from pkinteract.records.subject import SubjectModel, contradictions, subject_model
from pkinteract.records.timeline import Interval, Solved, Trajectory, solved_interval, solving_steps
from pkinteract.records.types import Covariates, Record

_SolvingSteps = Generator[Interval, Solved, Trajectory]


def recorded_trajectory(
    recorded: Recorded, points: Sequence[bodies.Treatment], rtol: float, subject: str
) -> list[Array | SimulationError]:
    """Concentrations of every compound at every record that is read, (record, compound) [mg/L], for every body.

    In place of those whose values describe no possible body, or at which the solver gives up, there is the error.
    ``rtol`` [1] is that of a step.
    """
    outcomes: dict[int, Array | SimulationError] = {}
    waiting: list[tuple[int, _SolvingSteps, Interval]] = []

    def onward(place: int, walk: _SolvingSteps, go: Callable[[], Interval]) -> None:
        try:
            waiting.append((place, walk, go()))
        except StopIteration as end:
            trajectory: Trajectory = end.value
            outcomes[place] = trajectory.concentrations[list(recorded.reads)]
        except SimulationError as error:
            outcomes[place] = error

    for place, body in enumerate(points):
        body_of = _subject_model(recorded, body, subject)
        if isinstance(body_of, SimulationError):
            outcomes[place] = body_of
        else:
            walk = solving_steps(recorded.records, body_of, rtol=rtol)
            onward(place, walk, partial(next, walk))
    while waiting:
        here, waiting = waiting, []
        results = _solved_stretches([stretch for *_, stretch in here])
        for (place, walk, _), result in zip(here, results, strict=True):
            if isinstance(result, SimulationError):
                outcomes[place] = result
            else:
                onward(place, walk, partial(walk.send, result))
    return [outcomes[place] for place in range(len(points))]


def _subject_model(
    recorded: Recorded, body: bodies.Treatment, subject: str
) -> Callable[[Covariates], SubjectModel] | SimulationError:
    """What the subject is with the covariates of a record; the error if the values describe no possible body."""
    library = replace(recorded.dosing.library, enzymes=body.enzymes)
    dosing = replace(recorded.dosing, library=library, monographs=dict(body.monographs))
    problems = contradictions(dosing)
    if problems:
        advice = f"{problems[0].key}: {problems[0].message}, or narrow the bounds of the parameters."
        return SimulationError(None, "records", advice, subject)
    largest = max((record.amount for record in recorded.records), default=0.0) or 1.0

    @cache
    def body_of(covariates: Covariates) -> SubjectModel:
        body = subject_model(dosing, covariates, largest)
        return replace(body, system=replace(body.system, step_all=bool(body.system.stepped)))

    return body_of


def _solved_stretches(stretches: Sequence[Interval]) -> list[Solved | SimulationError]:
    """Every stretch in lanes with those like it; in closed form where no compound needs steps."""
    outcomes: dict[int, Solved | SimulationError] = {}
    for places in alike(stretches, _kind):
        members = [stretches[place] for place in places]
        stepped = bool(members[0].system.stepped)
        outcomes.update(zip(places, _in_lanes(members) if stepped else map(solved_interval, members), strict=True))
    return [outcomes[place] for place in range(len(stretches))]


def _kind(stretch: Interval) -> tuple[object, ...]:
    """What the stretches have in common that run together."""
    structure = replace(stretch.system, parameters=(), scale=())
    return structure, order(stretch.events), stretch.start, stretch.stop, tuple(stretch.times)


def _in_lanes(stretches: Sequence[Interval]) -> list[Solved | SimulationError]:
    first = stretches[0]
    count = len(first.system.compounds)
    done = solve_lanes(
        first.system,
        np.array([one.system.parameters for one in stretches]).T,
        stacked_inputs([one.events for one in stretches]),
        reading(first.times, np.repeat(np.eye(count)[:, :, None], len(stretches), axis=2)),
        first.start,
        first.stop,
        initial=lane_states([one.initial for one in stretches]),
        whole=True,
        rtol=first.rtol,
        double=True,
    )
    end = done.end
    if end is None:
        raise ValueError("lanes were not asked where they end")
    failure = SimulationError((first.start, first.stop), "compiled", TOO_FAST, first.subject)
    return [
        (levels_of(done, place).T, state_of(end, place)) if done.ok[place] else failure
        for place in range(len(stretches))
    ]


def read_at(recorded: Recorded, times: Array) -> Recorded:
    """The same subject, read at other sorted times: before a dose at that time."""
    known = [record.time for record in recorded.records]
    records: list[Record] = []
    reads: list[int] = []
    before = 0
    for time in times:
        place = bisect_left(known, time)
        records += recorded.records[before:place]
        before = place
        like = recorded.records[min(place, len(known) - 1)]
        reads.append(len(records))
        records.append(_observation(like, float(time)))
    records += recorded.records[before:]
    return Recorded(records=tuple(records), dosing=recorded.dosing, reads=tuple(reads))


def dose_times(recorded: Recorded) -> list[float]:
    """Times of all doses, additional ones included [h]."""
    given = [record for record in recorded.records if record.doses and record.amount]
    return [dose.time + n * dose.interval for dose in given for n in range(dose.additional + 1)]


def _observation(like: Record, time: float) -> Record:
    """An observation with the covariates of another record."""
    return replace(
        like,
        time=time,
        event=0,
        amount=0.0,
        compartment="central",
        rate=0.0,
        interval=0.0,
        additional=0,
        steady_state=0,
        lag=None,
        bioavailability=None,
        duration=None,
        modelled_rate=None,
    )
