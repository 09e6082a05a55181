"""What the sentences of an answer are put together from: names, days, limits, moves that are told as one."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from pkinteract.analysis import Alert, Answer
from pkinteract.analysis.alerts import OF_LEVELS
from pkinteract.analysis.causes import Cause
from pkinteract.analysis.moves import Move
from pkinteract.analytes import name_of
from pkinteract.scenario import Scenario
from pkinteract.text.words import Words

TOLD = ("albumin", "creatinine_clearance")
"""Traits with a number that nobody may have told of before."""

MOST = 3
"""Moves that are told at most."""

LASTING = 72.0
"""An alert that ends no earlier than this before a move does is still there [h]."""


WITHOUT_YEAR = 300 * 24.0
"""Longest run whose dates do without the year [h]."""


def with_unbound(moves: Sequence[Move]) -> Iterator[tuple[Move, Move | None]]:
    """Moves, each once; with that of a total level the unbound one, where the same change moves it the same way."""
    taken: set[tuple[int, float]] = set()
    for move in moves:
        twin = next((other for other in moves if _twins(move, other)), None)
        if (move.place, move.cause) in taken:
            continue
        total, free = (twin, move) if twin is not None and move.analyte.unbound else (move, twin)
        taken |= {(move.place, move.cause) for move in (total, free) if move is not None and twin is not None}
        yield total, free


def _twins(one: Move, other: Move) -> bool:
    """Whether one is the total and the other the unbound level of a drug, moved the same way by the same change."""
    return (
        one.analyte.parts == other.analyte.parts
        and one.analyte.unbound != other.analyte.unbound
        and one.cause == other.cause
        and (one.ratio > 1) == (other.ratio > 1)
        and one.returns == other.returns
    )


def analyte_name(answer: Answer, id: str, words: Words) -> str:
    """An analyte inside a sentence."""
    return name_of(id, answer.result.scenario, words.language)


def cause_name(answer: Answer, cause: Cause, words: Words) -> str:
    """What happened, inside a sentence."""
    if cause.what == "patient":
        key = "smoker" if cause.drug == "smoker" and cause.after else cause.drug.replace("_", "-")
        key = "non-smoker" if cause.drug == "smoker" and not cause.after else key
        known = cause.before is not None or cause.drug not in TOLD
        return words.say(f"cause.{key}{'' if known else '-told'}", before=cause.before, after=cause.after)
    name = analyte_name(answer, cause.drug, words)
    doses = {"before": cause.before, "after": cause.after}
    given = {end: words.dose(dose) for end, dose in doses.items() if dose is not None}
    return words.say(f"cause.{cause.what}", drug=name, **given)


def written_day(answer: Answer, time: float, words: Words) -> str:
    """A time [h] as a day, with its date where the run has a calendar; in a long run with the year."""
    return day_text(answer.result.scenario, time, words)


def day_text(scenario: Scenario, time: float, words: Words) -> str:
    """The same of a time of a scenario."""
    date = scenario.date(time)
    day = words.day(time)
    if date is None:
        return words.say("day.plain", day=day)
    weekday = words.sentences["day.weekdays"].split()[date.weekday()]
    month = words.sentences["day.months"].split()[date.month - 1]
    named = {"day": day, "weekday": weekday, "date": str(date.day), "month": month}
    if scenario.duration <= WITHOUT_YEAR:
        return words.say("day.dated", **named)
    return words.say("day.dated-year", **named, year=str(date.year))


def days_told(one: str, several: str, span: tuple[float, float], words: Words) -> str:
    """The days of a span [h], in the sentence for one day or that for several."""
    first, last = (words.day(time) for time in span)
    return words.say(one if first == last else several, first=first, last=last)


def limit_of(alert: Alert) -> float:
    """The level that an alert is about, in the unit of its analyte."""
    level = alert.values["level"]
    return level if isinstance(level, float) else math.nan


def first_alert(answer: Answer, analyte: str, rules: Sequence[str]) -> Alert | None:
    """The first alert of these rules that came with the change, or after it."""
    mine = [
        alert for alert in answer.alerts if alert.analyte == analyte and alert.rule in rules and alert.since == "after"
    ]
    return min(mine, key=lambda alert: alert.start, default=None)


def earlier_alert(answer: Answer, move: Move, *, lasting: bool) -> Alert | None:
    """An alert that was there before the change and is there where the move ends, or is not any more."""
    mine = [alert for alert in answer.alerts if alert.analyte == move.analyte.id and alert.rule in OF_LEVELS]
    there = [alert for alert in mine if alert.stop >= move.stop - LASTING]
    if lasting or there:
        return next(iter(there), None) if lasting else None
    return next((alert for alert in mine if alert.since == "before"), None)


def ends(answer: Answer, alert: Alert) -> bool:
    """Whether an alert is over before the run is."""
    return alert.stop < answer.result.scenario.duration - LASTING
