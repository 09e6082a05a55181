"""How far levels move after a change of something else, and when: what the answer of a run is made of.

The first change is the first begin, dose step or end of a course, or change of the patient, at or after t = 0. The
reference is the average of the 24 h before it, or of a whole round of doses taken less often; a move is followed until
the next change of the drug's own dose, or until something else turns it.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from pkinteract.analysis.causes import causes_of, dose_causes
from pkinteract.analysis.exposure import PRESENT, highest_level
from pkinteract.analysis.settled import DAY, at_steady_state, averaged, cycled_beside, round_of, standing, taken_on
from pkinteract.engine.curves import Array
from pkinteract.result import Analyte, Result
from pkinteract.scenario import Scenario
from pkinteract.scenario.doses import dosing_changes
from pkinteract.scenario.types import TOLERANCE

LEAST = 1.1
"""A fold change below this is none [1]."""

RETURNED = 1.15
"""A level that was this much further away than it ends has come and gone [1]."""

MOST_TURNS = 40
"""Changes in a stretch of unchanged dose up to which each is asked whether it turns a level."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """How the running average of an analyte over a day, or a longer round of its doses, moves after a change.

    Attributes
    ----------
    place
        Position of the analyte in the result.
    cause, stop
        The change that moves it, and the next change of its own dose, one that turns it, or the end of the run [h].
    round
        What is averaged over [h]: 24, or the round of doses that are taken less often than daily.
    before, after
        Average of the round before the cause, and of the last one before ``stop``.
    extreme, extreme_time
        The running average that is furthest from ``before``, and when [h].
    target
        What the change is judged by: ``after``, or ``extreme`` where the level comes and goes.
    half, most
        When half and 90 % of the way from ``before`` to the target are done [h], by how much longer an average goes
        behind than that of a day; None where it moves less than ``LEAST`` or is still moving, and where days without
        doses leave it open: half of it would be before the cause.
    settled
        Whether the level has settled at ``stop``, or is back from an extreme.
    limit
        What it is on the way to; None where that cannot be told, as two estimates a window apart differ.
    steady
        Whether the level had settled when the cause came.
    redosed
        Whether it had not after a change of its drug's own dose in the run, or that comes with the cause.
    """

    place: int
    analyte: Analyte
    cause: float
    stop: float
    round: float
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
    redosed: bool

    @property
    def ratio(self) -> float:
        """Target over the average before [1]."""
        return self.target / self.before

    @property
    def returns(self) -> bool:
        """Whether the level comes and goes."""
        return self.target != self.after

    @property
    def back(self) -> bool:
        """Whether it ends where it was, however far it went."""
        return fold_of(self.after, self.before) <= LEAST


def first_change(scenario: Scenario) -> float | None:
    """The first change at or after t = 0 [h]; None without one."""
    return next(iter(_changes(scenario, scenario.dosed, patient=True)), None)


def told(result: Result, moves: Iterable[Move]) -> list[Move]:
    """Moves that are worth telling: those of :func:`named` by more than ``LEAST``."""
    return [move for move in named(result, moves) if fold_of(move.target, move.before) > LEAST]


def named(result: Result, moves: Iterable[Move]) -> list[Move]:
    """Moves of what is named in an answer: of a sum alone, of what is formed only if it is judged."""
    summed = {part for analyte in result.analytes if len(analyte.parts) > 1 for part in analyte.parts}
    return [move for move in moves if move.analyte.id not in summed and _own(move.analyte)]


def formed(result: Result, moves: Iterable[Move]) -> list[Move]:
    """Moves by more than ``LEAST`` of what is formed, is in no sum and not named for itself, from where it stood."""
    summed = {part for analyte in result.analytes if len(analyte.parts) > 1 for part in analyte.parts}
    others = (move for move in moves if move.analyte.id not in summed and not _own(move.analyte))
    return [move for move in others if move.steady and fold_of(move.target, move.before) > LEAST]


def _own(analyte: Analyte) -> bool:
    return analyte.id == analyte.parent or len(analyte.parts) > 1 or analyte.low is not None


def own_changes(scenario: Scenario, drug: str) -> list[float]:
    """Changes of a drug's own doses at or after t = 0 and before the end, sorted [h]."""
    return _changes(scenario, [drug], patient=False)


def changes_dose(scenario: Scenario, drug: str, time: float) -> bool:
    """Whether a drug's own dose changes at a time [h]."""
    return _near(time, own_changes(scenario, drug))


def changes_beside(scenario: Scenario, drug: str) -> list[float]:
    """Changes of everything but a drug's own doses at or after t = 0 and before the end, sorted [h]."""
    return _changes(scenario, [other for other in scenario.dosed if other != drug], patient=True)


def _changes(scenario: Scenario, drugs: Collection[str], *, patient: bool) -> list[float]:
    """Changes at or after t = 0 and before the end: of the doses of some drugs, and of the patient [h]."""
    times = [
        time
        for drug in drugs
        for time in dosing_changes(
            [course for regimen in scenario.regimens if regimen.drug == drug for course in regimen.courses]
        )
    ]
    times += [time for time, _ in scenario.patients] if patient else []
    inside = sorted(time for time in times if -TOLERANCE <= time < scenario.duration - TOLERANCE)
    return [time for i, time in enumerate(inside) if i == 0 or time - inside[i - 1] > TOLERANCE]


def moves_of(result: Result) -> tuple[Move, ...]:
    """Every move of every analyte that was there before something else changed, in the order of the analytes."""
    return tuple(move for place in range(len(result.analytes)) for move in _moves(result, place))


def _moves(result: Result, place: int) -> Iterator[Move]:
    """One stretch after the other between changes of the drug's own dose, in legs where something else turns the level.

    The first begins at the first change of all, settled or not. In a later one a level that has not settled after the
    change of dose is followed from what acts on it after that, or with it where the drug was taken before t = 0, if it
    is taken on; so is one whose round of doses was not gone through before, and one that swings with another's cycle.
    """
    scenario, analyte = result.scenario, result.analytes[place]
    everything = _changes(scenario, scenario.dosed, patient=True)
    mine, beside = own_changes(scenario, analyte.parent), changes_beside(scenario, analyte.parent)
    own = [time for time in everything if _near(time, mine)]
    others = [time for time in everything if not _near(time, own)]
    present, swings = PRESENT * highest_level(result.curves[place]), cycled_beside(scenario, analyte.parent)
    taken = [dose.time for dose in scenario.doses if dose.drug == analyte.parent and not dose.missed]
    begin = first = scenario.first_time
    for end in (*own, scenario.duration):
        later, since = begin != first, begin - TOLERANCE if begin == first else begin + TOLERANCE
        inside = others[bisect_right(others, since) : bisect_left(others, end - TOLERANCE)]
        settled = not later and at_steady_state(scenario, analyte.parent)
        inside = inside if later or taken_on(scenario, analyte.parent, (inside or [end])[0], end) else []
        if inside and inside[0] > begin:
            settled = settled or _stands(result, place, begin, inside[0])
        with_dose = [begin] if later and taken and taken[0] < -TOLERANCE and _near(begin, beside) else []
        if later and not settled:
            inside = [*with_dose, *inside]
            inside = [time for time in inside[:MOST_TURNS] if _acting(scenario, time, analyte.parent)]
            inside = inside if inside and bisect_left(taken, inside[0]) < bisect_left(taken, end) else []
        apart = [time for time in with_dose if settled and _acting(scenario, time, analyte.parent)]
        for cause, stop in pairwise([*apart, *_turns(result, place, inside, end), end]):
            before, length = _reference(result, place, cause)
            whole = length == round_of(scenario, analyte.parent, cause)
            told = (whole and not swings) or bool(causes_of(scenario, [cause], analyte.parent))
            if before > present and told:
                there = settled if cause == inside[0] else cause > begin and _stands(result, place, begin, cause)
                redosed = cause in apart or (later and not settled and cause == inside[0])
                yield _move(result, place, (cause, stop), (before, length), steady=there, redosed=redosed)
            begin = cause
        begin = end


def _stands(result: Result, place: int, begin: float, cause: float) -> bool:
    """Whether a level had settled when a change came, after one at ``begin`` [h]: by the day, or round after round."""
    drug = result.analytes[place].parent
    windows = {averaged(result.scenario, drug), round_of(result.scenario, drug, cause)}
    return any(standing(result.curves[place], begin, cause, window).settled for window in windows)


def _acting(scenario: Scenario, time: float, drug: str) -> bool:
    """Whether something else than its own dose acts on a drug at a time [h]."""
    return any(cause.drug != drug for cause in causes_of(scenario, [time], drug))


def _turns(result: Result, place: int, changes: Sequence[float], end: float) -> list[float]:
    """The first of some changes [h], and those after which a level turns as something comes that has not acted on it.

    What began and ends again, or is tapered, makes no new move of the level that it had moved.
    """
    scenario, drug = result.scenario, result.analytes[place].parent
    turns = list(changes[:1])
    if not turns or len(changes) > MOST_TURNS:
        return turns
    acting = {time: {cause.drug for cause in causes_of(scenario, [time], drug)} for time in changes}
    known = set(acting[turns[0]])
    for time in changes[1:]:
        new = acting[time] - known
        known |= new
        (start, _), (here, _) = (_reference(result, place, change) for change in (turns[-1], time))
        if not new or not min(start, here) > 0:
            continue
        stop = next((later for later in changes if later > time and acting[later] - known), end)
        gone, goes = (_furthest(result, place, *span) for span in ((turns[-1], time), (time, stop)))
        back = max(gone, 1 / gone) > RETURNED and fold_of(here, start) <= LEAST
        turned = fold_of(here, start) > RETURNED and (here > start) != (goes > 1)
        if max(goes, 1 / goes) > RETURNED and (back or turned):
            turns.append(time)
            known = set(acting[time])
    return turns


def _furthest(result: Result, place: int, start: float, stop: float) -> float:
    """What the running average comes to from ``start`` to ``stop`` [h] where it is furthest from that before [1]."""
    before, length = _reference(result, place, start)
    ratios = np.maximum(running(result, place, (start, stop), length)[1] / before, 1e-12)
    return float(ratios[int(np.argmax(np.abs(np.log(ratios))))])


def redosed_moves(result: Result) -> Iterator[Move]:
    """The move of each analyte from the first step of its own dose in the run to the end, if doses go on all the time.

    Of drugs that were there before; beginnings and ends of a treatment are no steps.
    """
    scenario = result.scenario
    for place, analyte in enumerate(result.analytes):
        own = own_changes(scenario, analyte.parent)
        what = {cause.what for time in own for cause in dose_causes(scenario, time) if cause.drug == analyte.parent}
        if what != {"steps"} or scenario.sessions:
            continue
        before, length = _reference(result, place, own[0])
        if before > PRESENT * highest_level(result.curves[place]):
            yield _move(result, place, (own[0], scenario.duration), (before, length), steady=True, redosed=True)


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
    before, length = _reference(result, place, cause)
    if not before > PRESENT * highest_level(curve):
        return None
    steady = begin == first or standing(curve, begin, cause, window).settled
    if not steady or _near(cause, own):
        return None
    move = _move(result, place, (cause, end), (before, length), steady=steady, redosed=False)
    cut = end < scenario.duration - TOLERANCE and not _near(end, own)
    return None if fold_of(move.target, before) <= LEAST or (cut and not move.settled) else move


def before_change(result: Result, place: int, cause: float) -> float | None:
    """Average of a day, or of a longer round of doses, before a change; None where there is no day before it."""
    before, _ = _reference(result, place, cause)
    return None if math.isnan(before) else before


def _reference(result: Result, place: int, cause: float) -> tuple[float, float]:
    """Average before a change, and of how long [h]: of a round, or of a day where the run begins within the round.

    A run that begins at steady state began long ago; NaN where another begins within the day.
    """
    whole = round_of(result.scenario, result.analytes[place].parent, cause)
    first = result.scenario.first_time if result.kept is None else -math.inf
    length = next((length for length in (whole, DAY) if cause - length >= first - TOLERANCE), None)
    if length is None:
        return math.nan, whole
    return max(float(result.area(place, cause - length, cause)) / length, 0.0), length


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
    result: Result,
    place: int,
    span: tuple[float, float],
    reference: tuple[float, float],
    *,
    steady: bool,
    redosed: bool,
) -> Move:
    """A move; ``reference`` is the average before it and over how long that is [h]."""
    (cause, stop), (before, length) = span, reference
    analyte, curve = result.analytes[place], result.curves[place]
    window = averaged(result.scenario, analyte.parent)
    times, averages = running(result, place, span, length)
    after = float(averages[-1])
    furthest = int(np.argmax(np.abs(np.log(np.maximum(averages, 1e-12 * before) / before))))
    extreme, when = float(averages[furthest]), float(times[furthest])
    returns = fold_of(extreme, before) > LEAST and fold_of(extreme, before) > RETURNED * fold_of(after, before)
    now = standing(curve, cause, stop, window)
    target = extreme if returns else after
    moved = fold_of(target, before) > LEAST
    arrives = now.limit is None or fold_of(now.limit, before) <= LEAST
    settled = now.settled or returns or (not moved and arrives)
    shares = (averages - before) / (target - before) if moved else np.zeros_like(averages)
    behind = (length - DAY) / 2
    half, most = (
        (_reached(times - behind, shares, share) for share in (0.5, 0.9)) if moved and settled else (None, None)
    )
    known = half is not None and half >= cause
    return Move(
        place=place,
        analyte=analyte,
        cause=cause,
        stop=stop,
        round=length,
        before=before,
        after=after,
        extreme=extreme,
        extreme_time=when,
        target=target,
        half=half if known else None,
        most=most if known else None,
        settled=settled,
        limit=now.limit if now.sure else None,
        steady=steady,
        redosed=redosed,
    )


def running(result: Result, place: int, span: tuple[float, float], length: float) -> tuple[Array, Array]:
    """Times of a span by the hour at most [h], and the averages of the ``length`` [h] before each."""
    start, stop = span
    times = np.linspace(start, stop, 1 + math.ceil(stop - start))
    return times, np.maximum(result.area(place, times - length, times) / length, 0.0)


def fold_of(one: float, other: float) -> float:
    """How far apart two levels are, whichever is the higher [1]."""
    return max(one, other) / max(min(one, other), 1e-12 * max(one, other, 1e-300))


def _reached(times: Array, shares: Array, share: float) -> float:
    """The first time at which a share of the way is done, between two hours in proportion [h].

    Shares begin at 0, and 1 is among them.
    """
    after = int(np.argmax(shares >= share - 1e-12))
    low, high = shares[after - 1], shares[after]
    return float(times[after - 1] + (times[after] - times[after - 1]) * (share - low) / (high - low))
