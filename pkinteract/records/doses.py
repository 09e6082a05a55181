"""One dose record as jumps of the engine's input, at times counted from the record.

As in NONMEM, F multiplies the amount: an infusion at a given RATE lasts F·AMT/RATE, one over a given duration runs at
F·AMT/DUR.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from pkinteract.engine.events import Event, EventKind
from pkinteract.engine.single.march import RTOL
from pkinteract.engine.steady_state import TOLERANCE, Periodic, earlier_releases, periodic_state
from pkinteract.records.subject import SubjectModel
from pkinteract.records.types import Record

SAME = 1e-9
"""Two times closer than this are the same time [h]."""

ANY_PERIOD = 24.0
"""Period in which the steady state of a constant infusion is looked for [h]."""


_FINER = 10.0
"""How much coarser than a step's tolerance that of a steady state may be, so that its search can end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseHistory:
    """What doses repeated since ever leave behind at the time of a record.

    Attributes
    ----------
    periodic
        The state just before that time.
    events
        Jumps still to come, and releases that have begun.
    """

    periodic: Periodic
    events: tuple[Event, ...]


def jumps(record: Record, body: SubjectModel) -> list[Event]:
    """Jumps of the record's dose; times count from the record [h]."""
    rate, duration = _infusion(record, body)
    lag, share = _lag(record, body), _share(record, body)
    if rate:
        kind, target = _inflow(record, body)
        begin = Event(time=lag, kind=kind, target=target, amount=rate * _entering(record, body))
        return [begin, replace(begin, time=lag + duration, amount=-begin.amount)]
    amount = record.amount * share * _entering(record, body)
    if record.compartment == "central" or body.way is None:
        return [Event(time=lag, kind="bolus", target=body.central, amount=amount)]
    events: list[Event] = []
    for inlet in body.way.inlets:
        time = inlet.lag if record.lag is None else record.lag
        if inlet.duration:
            begin = Event(
                time=time, kind="depot-rate", target=inlet.row, amount=amount * inlet.fraction / inlet.duration
            )
            events += [begin, replace(begin, time=time + inlet.duration, amount=-begin.amount)]
        else:
            events.append(Event(time=time, kind=inlet.kind, target=inlet.row, amount=amount * inlet.fraction))
    return events


def dose_history(record: Record, body: SubjectModel, *, rtol: float = RTOL) -> DoseHistory:
    """The steady state that a record with SS asks for, just before its own dose; ``rtol`` [1] is that of a step."""
    rates = [0.0] * len(body.system.compounds)
    inflows = [0.0] * len(body.system.depots)
    running = {"rate": rates, "depot-rate": inflows}
    wrapped: list[Event] = []
    pending: list[Event] = []
    period = record.interval or ANY_PERIOD
    if record.amount == 0:
        begin, _ = jumps(record, body)
        running[begin.kind][begin.target] = begin.amount
        pending.append(replace(begin, time=record.time + begin.time, amount=-begin.amount))
    else:
        for jump in jumps(record, body):
            after = jump.time % period
            after = 0.0 if period - after < SAME else after
            wrapped.append(replace(jump, time=record.time + after))
            late = jump.time - period
            while late >= -SAME:
                pending.append(replace(jump, time=record.time + max(late, 0.0)))
                if jump.kind in running:
                    running[jump.kind][jump.target] -= jump.amount
                late -= period
    wrapped.sort(key=lambda event: event.time)
    tolerance = min(TOLERANCE, _FINER * rtol)
    periodic = periodic_state(
        body.system, wrapped, record.time, period, rates=rates, inflows=inflows, rtol=rtol, tolerance=tolerance
    )
    begun = earlier_releases(body.system, wrapped, record.time, period)
    return DoseHistory(periodic=periodic, events=(*begun, *pending))


def _infusion(record: Record, body: SubjectModel) -> tuple[float, float]:
    """Rate [mg/h] and duration [h] of an infusion before losses on the way; no rate if the dose is given at once."""
    given = record.amount * _share(record, body)
    if record.rate == 0:
        return 0.0, 0.0
    if record.rate == -2:
        own = body.way.inlets[0].duration if body.way is not None and record.compartment == "depot" else 0.0
        duration = own if record.duration is None else record.duration
        return given / duration, duration
    rate = record.rate if record.modelled_rate is None else record.modelled_rate
    return rate, given / rate


def _inflow(record: Record, body: SubjectModel) -> tuple[EventKind, int]:
    if record.compartment == "depot" and body.way is not None:
        return "depot-rate", body.way.inlets[0].row
    return "rate", body.central


def _lag(record: Record, body: SubjectModel) -> float:
    """The record's lag, or for a dose into the depot the drug file's."""
    if record.lag is not None or record.compartment == "central" or body.way is None:
        return record.lag or 0.0
    return body.way.inlets[0].lag


def _share(record: Record, body: SubjectModel) -> float:
    """F of the record, or for a dose into the depot the drug file's."""
    if record.bioavailability is not None or record.compartment == "central" or body.way is None:
        return 1.0 if record.bioavailability is None else record.bioavailability
    return body.way.available(record.amount)


def _entering(record: Record, body: SubjectModel) -> float:
    """What enters the depot per amount that reaches the circulation of an uninduced normal metaboliser [1]."""
    return 1.0 if record.compartment == "central" or body.way is None else body.way.before
