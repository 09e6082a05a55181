"""When to draw a level: before which doses half and 90 % of a change are done, and when an alert is expected.

Of a drug whose range is of a time after a dose, at that time after one.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from pkinteract.analysis.alerts import Alert
from pkinteract.analysis.causes import is_swing
from pkinteract.analysis.levels import trough_doses
from pkinteract.analysis.moves import Move, told
from pkinteract.analysis.settled import DAY
from pkinteract.result import Analyte, Result
from pkinteract.scenario import Scenario
from pkinteract.scenario.types import TOLERANCE

Reason = Literal["half", "most", "alert"]

SATURDAY = 5
"""First day of the week that is no working day, 0 is Monday."""

LEAST_TROUGH = 0.01
"""Share of the average of a day below which a value before a dose says nothing of it, and is not drawn [1]."""

ENOUGH = 0.9
"""Share of a move that one sample shows from which no other is drawn for it [1]."""

SHARES = (-0.5, 1.5)
"""Shares of a move between which one says how far it is [1]."""

LONGEST_WAIT = 4
"""Days by which a sample is moved at most to a working day [d]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A level to be drawn.

    Attributes
    ----------
    time
        Just before a dose, or the hours after one that the range is of [h].
    hours
        Time since the dose before [h]; None without one.
    why
        Half, or 90 %, of a move is done; or an alert is expected.
    share
        Share of the move that is done at that time, of values before a dose [1]; None for an alert, and where it says
        nothing, far from 0 to 1: values before a dose do not go with the average.
    expected
        The level, in the analyte's unit.
    """

    analyte: Analyte
    time: float
    hours: float | None
    why: Reason
    share: float | None
    expected: float


def samples_of(result: Result, moves: Iterable[Move], alerts: Iterable[Alert]) -> tuple[Sample, ...]:
    """Every sample, by time: of what a change moves, and of the first alert of a level that passes a limit."""
    moving = [move for move in told(result, moves) if not is_swing(result.scenario, move.cause, move.analyte.parent)]
    samples = [sample for move in moving for sample in _of_move(result, move)]
    for alert in alerts:
        if alert.rule in ("above-alert", "above-range") and alert.since == "after":
            analyte = result.analyte(alert.analyte)
            sample = _drawn(result, analyte, alert.start, "alert", None)
            if sample is not None:
                samples.append(sample)
    return tuple(sorted(_apart(samples), key=lambda sample: (sample.time, sample.analyte.id)))


def _of_move(result: Result, move: Move) -> Iterator[Sample]:
    """At half and at 90 % of a move; once where the first shows most of it already."""
    reasons: tuple[tuple[Reason, float | None], ...] = (("half", move.half), ("most", move.most))
    for why, time in reasons:
        sample = None if time is None else _drawn(result, move.analyte, time, why, move)
        if sample is not None and sample.expected > LEAST_TROUGH * move.target:
            yield sample
            if sample.share is not None and sample.share >= ENOUGH:
                return


def _drawn(result: Result, analyte: Analyte, time: float, why: Reason, move: Move | None) -> Sample | None:
    """The first value that the range is of at or after a time, on a working day; None after the end of the run."""
    scenario = result.scenario
    mine = [dose for dose in scenario.doses if dose.drug == analyte.parent]
    missed = {dose.time for dose in mine if dose.missed}
    before = trough_doses(scenario, analyte.parent).tolist()
    given = before if analyte.after is None else sorted(dose.time for dose in mine)
    doses = [time + (analyte.after or 0.0) for time in given if time not in missed]
    place = bisect_left(doses, time - 1e-6)
    while place < len(doses) and not working(scenario, doses[place]) and doses[place] - time < LONGEST_WAIT * DAY:
        place += 1
    if place == len(doses) or doses[place] > scenario.duration:
        return None
    when = doses[place]
    level = float(result.curve(analyte.id).value(when))
    share = None
    if move is not None:
        first = float(result.curve(analyte.id).value(_before(doses, move.cause)))
        last = float(result.curve(analyte.id).value(_before(doses, move.extreme_time if move.returns else move.stop)))
        share = (level - first) / (last - first) if last != first else None
    if share is not None and not SHARES[0] <= share <= SHARES[1]:
        share = None
    taken = [dose.time for dose in mine if not dose.missed]
    earlier = bisect_left(taken, when - TOLERANCE)
    hours = when - taken[earlier - 1] if earlier else None
    return Sample(analyte=analyte, time=when, hours=hours, why=why, share=share, expected=level)


def _before(doses: list[float], time: float) -> float:
    """The last of some times at or before a time [h]; the time itself without one."""
    place = bisect_left(doses, time + 1e-6) - 1
    return doses[place] if place >= 0 else time


def hours_after(scenario: Scenario, sample: Sample) -> float | None:
    """The hours after a dose at which a level is drawn, as its range is [h]; None where that is before a dose."""
    after, drug = sample.analyte.after, sample.analyte.parent
    due = any(dose.drug == drug and abs(dose.time - sample.time) <= TOLERANCE for dose in scenario.doses)
    return None if due else after


def working(scenario: Scenario, time: float) -> bool:
    """Whether a time [h] falls on a working day; always without a calendar."""
    date = scenario.date(time)
    return date is None or date.weekday() < SATURDAY


def _apart(samples: Iterable[Sample]) -> Iterator[Sample]:
    """One sample of an analyte a time: the first reason stands."""
    seen: set[tuple[str, float]] = set()
    for sample in samples:
        if (sample.analyte.id, sample.time) not in seen:
            seen.add((sample.analyte.id, sample.time))
            yield sample
