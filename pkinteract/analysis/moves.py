"""How far levels move after a change of something else, and when: what the answer of a run is made of.

The first change is the first begin, dose step or end of a course, or change of the patient, at or after t = 0. The
reference is the average of the 24 h before it; a move is followed until the next change of the drug's own dose.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from pkinteract.analysis.exposure import PRESENT
from pkinteract.analysis.settled import DAY, at_steady_state, averaged, mean, standing
from pkinteract.engine.curves import Array, Curve
from pkinteract.result import Analyte, Result
from pkinteract.scenario import Scenario
from pkinteract.scenario.doses import dosing_changes
from pkinteract.scenario.types import TOLERANCE

LEAST = 1.1
"""A fold change below this is none [1]."""

RETURNED = 1.15
"""A level that was this much further away than it ends has come and gone [1]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """How the running 24-h average of an analyte moves between two changes of its drug's own dose.

    Attributes
    ----------
    place
        Position of the analyte in the result.
    cause, stop
        The change that moves it, and the next change of its own dose or the end of the run [h].
    before, after
        Average of the 24 h before the cause, and of the last 24 h before ``stop``.
    extreme, extreme_time
        The running average that is furthest from ``before``, and when [h].
    target
        What the change is judged by: ``after``, or ``extreme`` where the level comes and goes.
    half, most
        When half and 90 % of the way from ``before`` to the target are done [h]; None where it moves less than
        ``LEAST`` or is still moving.
    settled
        Whether the level has settled at ``stop``, or is back from an extreme.
    limit
        What it is on the way to; None where that cannot be told, as two estimates a window apart differ.
    steady
        Whether the level had settled when the cause came.
    """

    place: int
    analyte: Analyte
    cause: float
    stop: float
    before: float
    after: float
    extreme: float
    extreme_time: float
    target: float
    half: float | None
    most: float | None
    settled: bool
    limit: float | None
    steady: bool

    @property
    def ratio(self) -> float:
        """Target over the average before [1]."""
        return self.target / self.before

    @property
    def returns(self) -> bool:
        """Whether the level comes and goes."""
        return self.target != self.after


def first_change(scenario: Scenario) -> float | None:
    """The first change at or after t = 0 [h]; None without one."""
    return next(iter(_changes(scenario, scenario.dosed, patient=True)), None)


def told(result: Result, moves: Iterable[Move]) -> list[Move]:
    """Moves that are worth telling: those of :func:`named` by more than ``LEAST``."""
    return [move for move in named(result, moves) if _fold(move.target, move.before) > LEAST]


def named(result: Result, moves: Iterable[Move]) -> list[Move]:
    """Moves of what is named in an answer: of a sum alone, of what is formed only if it is judged."""
    summed = {part for analyte in result.analytes if len(analyte.parts) > 1 for part in analyte.parts}
    return [move for move in moves if move.analyte.id not in summed and _own(move.analyte)]


def _own(analyte: Analyte) -> bool:
    return analyte.id == analyte.parent or len(analyte.parts) > 1 or analyte.low is not None


def own_changes(scenario: Scenario, drug: str) -> list[float]:
    """Changes of a drug's own doses at or after t = 0 and before the end, sorted [h]."""
    return _changes(scenario, [drug], patient=False)


def changes_beside(scenario: Scenario, drug: str) -> list[float]:
    """Changes of everything but a drug's own doses at or after t = 0 and before the end, sorted [h]."""
    return _changes(scenario, [other for other in scenario.dosed if other != drug], patient=True)


def _changes(scenario: Scenario, drugs: Collection[str], *, patient: bool) -> list[float]:
    """Changes at or after t = 0 and before the end: of the doses of some drugs, and of the patient [h]."""
    times = [time for regimen in scenario.regimens if regimen.drug in drugs for time in dosing_changes(regimen.courses)]
    times += [time for time, _ in scenario.patients] if patient else []
    inside = sorted(time for time in times if -TOLERANCE <= time < scenario.duration - TOLERANCE)
    return [time for i, time in enumerate(inside) if i == 0 or time - inside[i - 1] > TOLERANCE]


def moves_of(result: Result) -> tuple[Move, ...]:
    """Every move of every analyte that was there before something else changed, in the order of the analytes."""
    return tuple(move for place in range(len(result.analytes)) for move in _moves(result, place))


def _moves(result: Result, place: int) -> Iterator[Move]:
    """One stretch after the other between changes of the drug's own dose.

    The first begins at the first change of all, whether or not the level had settled by then; in a later one it must
    have settled after the change of dose.
    """
    scenario, analyte, curve = result.scenario, result.analytes[place], result.curves[place]
    everything = _changes(scenario, scenario.dosed, patient=True)
    mine = own_changes(scenario, analyte.parent)
    own = [time for time in everything if _near(time, mine)]
    others = [time for time in everything if not _near(time, own)]
    window, first = averaged(scenario, analyte.parent), scenario.first_time
    present = PRESENT * float(np.max(curve.value(curve.breaks), initial=0.0))
    begin = first
    for end in (*own, scenario.duration):
        since = begin - TOLERANCE if begin == first else begin + TOLERANCE
        following = bisect_right(others, since)
        cause = others[following] if following < len(others) and others[following] < end - TOLERANCE else None
        before = None if cause is None else before_change(result, place, cause)
        if cause is not None and before is not None:
            begun = begin == first and at_steady_state(scenario, analyte.parent)
            steady = begun or standing(curve, begin, cause, window).settled
            if (steady or begin == first) and before > present:
                yield _move(place, analyte, curve, (cause, end), window, (before, steady))
        begin = end


def move_after(result: Result, place: int, drug: str, cause: float) -> Move | None:
    """The move of an analyte from a change of another drug's dose [h] to the next change that is not of that drug.

    None where the analyte was not there before, moves by less than ``LEAST``, had not settled after a change of its
    own dose, or has not settled when something else changes.
    """
    scenario, analyte, curve = result.scenario, result.analytes[place], result.curves[place]
    own, beside = own_changes(scenario, analyte.parent), changes_beside(scenario, drug)
    window, first = averaged(scenario, analyte.parent), scenario.first_time
    begin = max((time for time in own if time < cause - TOLERANCE), default=first)
    end = min((time for time in beside if time > cause + TOLERANCE), default=scenario.duration)
    before = before_change(result, place, cause)
    if before is None or before <= PRESENT * float(np.max(curve.value(curve.breaks), initial=0.0)):
        return None
    steady = begin == first or standing(curve, begin, cause, window).settled
    if not steady or _near(cause, own):
        return None
    move = _move(place, analyte, curve, (cause, end), window, (before, steady))
    cut = end < scenario.duration - TOLERANCE and not _near(end, own)
    return None if _fold(move.target, before) <= LEAST or (cut and not move.settled) else move


def before_change(result: Result, place: int, cause: float) -> float | None:
    """Average of the 24 h before a change; that of the steady state which the run begins at, where it does so later."""
    first = result.scenario.first_time
    if cause - DAY >= first - TOLERANCE:
        return mean(result.curves[place], cause - DAY, cause)
    return None if result.kept is None else float(result.kept[place])


def _near(time: float, times: list[float]) -> bool:
    """Whether a time is one of some that are sorted [h]."""
    after = bisect_right(times, time)
    return any(abs(time - other) <= TOLERANCE for other in times[max(after - 1, 0) : after + 1])


def displacements(result: Result, moves: Iterable[Move]) -> Iterator[tuple[Move, Move]]:
    """Moves of total levels that fall while the unbound one does not, each with that of the unbound level."""
    known = list(moves)
    unbound = [move for move in known if move.analyte.unbound]
    for total in known:
        for free in unbound:
            same = free.analyte.parts == total.analyte.parts and free.cause == total.cause
            if not same or total.analyte.unbound:
                continue
            one, other = total.after / total.before, free.after / free.before
            if one < 1 / LEAST and other > 1 / LEAST and other > LEAST * one:
                yield total, free


def _move(
    place: int,
    analyte: Analyte,
    curve: Curve,
    span: tuple[float, float],
    window: float,
    reference: tuple[float, bool],
) -> Move:
    """A move; ``reference`` is the average before it and whether that had settled."""
    (cause, stop), (before, steady) = span, reference
    times, averages = running(curve, cause, stop, before)
    after = float(averages[-1])
    furthest = int(np.argmax(np.abs(np.log(np.maximum(averages, 1e-12 * before) / before))))
    extreme, when = float(averages[furthest]), float(times[furthest])
    returns = _fold(extreme, before) > LEAST and _fold(extreme, before) > RETURNED * _fold(after, before)
    now = standing(curve, cause, stop, window)
    target = extreme if returns else after
    moved = _fold(target, before) > LEAST
    arrives = now.limit is None or _fold(now.limit, before) <= LEAST
    settled = now.settled or returns or (not moved and arrives)
    shares = (averages - before) / (target - before) if moved else np.zeros_like(averages)
    return Move(
        place=place,
        analyte=analyte,
        cause=cause,
        stop=stop,
        before=before,
        after=after,
        extreme=extreme,
        extreme_time=when,
        target=target,
        half=_reached(times, shares, 0.5) if moved and settled else None,
        most=_reached(times, shares, 0.9) if moved and settled else None,
        settled=settled,
        limit=now.limit if now.sure else None,
        steady=steady,
    )


def running(curve: Curve, start: float, stop: float, before: float) -> tuple[Array, Array]:
    """Times from ``start`` to ``stop`` by the hour at most [h], and the averages of the 24 h before each.

    What lies before the run counts with the average ``before`` it.
    """
    times = np.linspace(start, stop, 1 + math.ceil(stop - start))
    first = float(curve.breaks[0])
    since = np.maximum(times - DAY, first)
    averages = (curve.integral(since, times) + before * (since - (times - DAY))) / DAY
    return times, np.maximum(averages, 0.0)


def _fold(one: float, other: float) -> float:
    """How far apart two levels are, whichever is the higher [1]."""
    return max(one, other) / max(min(one, other), 1e-12 * max(one, other, 1e-300))


def _reached(times: Array, shares: Array, share: float) -> float | None:
    """The first time at which a share of the way is done, between two hours in proportion [h]."""
    done = np.flatnonzero(shares >= share - 1e-12)
    if len(done) == 0:
        return None
    after = int(done[0])
    if after == 0:
        return float(times[0])
    low, high = shares[after - 1], shares[after]
    return float(times[after - 1] + (times[after] - times[after - 1]) * (share - low) / (high - low))
