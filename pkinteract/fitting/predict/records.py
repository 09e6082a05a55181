"""Values of the parameters -> levels of a subject with dosing records, as ``pkinteract events`` follows them."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import replace
from functools import cache

import numpy as np

from pkinteract.engine.compiled import runner
from pkinteract.engine.control import Failure
from pkinteract.engine.curves import Array
from pkinteract.engine.solution import State
from pkinteract.errors import SimulationError
from pkinteract.fitting.predict import bodies
from pkinteract.fitting.types import Recorded
from pkinteract.records.subject import Body, body_of, contradictions
from pkinteract.records.timeline import Stretch, follow, solved
from pkinteract.records.types import Covariates, Record


def followed(recorded: Recorded, body: bodies.Body, rtol: float, subject: str) -> tuple[tuple[str, ...], Array]:
    """Compounds, and their concentrations at every record that is read, (record, compound) [mg/L].

    Raises
    ------
    SimulationError
        When the values describe no possible body, or the solver gives up.
    """
    library = replace(recorded.dosing.library, enzymes=body.enzymes)
    dosing = replace(recorded.dosing, library=library, monographs=dict(body.monographs))
    problems = contradictions(dosing)
    if problems:
        advice = f"{problems[0].key}: {problems[0].message}, or narrow the bounds of the parameters."
        raise SimulationError(None, "records", advice, subject)
    largest = max((record.amount for record in recorded.records), default=0.0) or 1.0

    @cache
    def somebody(covariates: Covariates) -> Body:
        body = body_of(dosing, covariates, largest)
        return replace(body, system=replace(body.system, step_all=bool(body.system.stepped)))

    levels = follow(recorded.records, somebody, rtol=rtol, solver=_compiled).concentrations
    return tuple(dosing.monographs), levels[list(recorded.reads)]


def _compiled(stretch: Stretch) -> tuple[Array, State]:
    """A stretch by compiled code; in closed form where no compound needs steps."""
    if not stretch.system.stepped:
        return solved(stretch)
    run = runner(stretch.system, stretch.events, stretch.start, rtol=stretch.rtol)
    times = np.array([*stretch.times, stretch.stop])
    done = run(stretch.initial, times)
    if isinstance(done, Failure):
        raise SimulationError((done.start, done.stop), "compiled", done.reason)
    states, end = done
    rows = [stretch.system.layout.central[i] for i in range(len(stretch.system.compounds))]
    return states[: len(stretch.times), rows], end


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
    given = [row for row in recorded.records if row.doses and row.amount]
    return [row.time + n * row.interval for row in given for n in range(row.additional + 1)]


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
