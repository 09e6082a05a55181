"""The answer of a run in five sentences; one that the numbers do not carry is left out."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from pkinteract.analysis import Alert, Answer
from pkinteract.analysis.causes import Cause, causes_of
from pkinteract.analysis.moves import Move, displacements, told
from pkinteract.analysis.risks import risks_of
from pkinteract.analytes import name_of
from pkinteract.export.tables.run import alert_text
from pkinteract.scenario.types import TOLERANCE
from pkinteract.text.words import Words

Label = Literal["happens", "much", "risk", "measure", "do"]

MOST = 3
"""Moves that are told at most."""

LASTING = 72.0
"""An alert that ends no earlier than this before a move does is still there [h]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A labelled sentence of the answer."""

    label: Label
    text: str


def sentences_of(answer: Answer, words: Words) -> tuple[Sentence, ...]:
    """The sentences that the numbers of a run carry, in their order."""
    moves = told_moves(answer)
    texts: tuple[tuple[Label, list[str]], ...] = (
        ("happens", list(_happens(answer, moves, words))),
        ("much", list(_much(answer, moves, words))),
        ("risk", list(_risk(answer, moves, words))),
        ("measure", list(_measure(answer, words))),
        ("do", list(_do(answer, moves, words))),
    )
    return tuple(
        Sentence(label=label, text=" ".join(part[0].upper() + part[1:] for part in parts))
        for label, parts in texts
        if parts
    )


def told_moves(answer: Answer) -> list[Move]:
    """Moves that are told, the largest first."""
    moves = told(answer.result, answer.moves)
    return sorted(moves, key=lambda move: -abs(math.log(max(move.ratio, 1e-12))))[:MOST]


def _happens(answer: Answer, moves: Sequence[Move], words: Words) -> Iterator[str]:
    designed = [alert for alert in answer.alerts if alert.rule in ("cycle", "single-dose")]
    for alert in designed[:MOST]:
        yield f"{alert_text(alert, answer.result, words)}."
    if not moves:
        if answer.change is not None and not designed:
            yield words.say("happens.nothing")
        return
    for move in moves:
        key = ("peaks" if move.ratio > 1 else "dips") if move.returns else ("rise" if move.ratio > 1 else "fall")
        cause = words.listed([_cause(answer, cause, words) for cause in _causes(answer, move)])
        yield words.say(
            f"happens.{key}",
            analyte=_name(answer, move.analyte.id, words),
            cause=cause,
            fold=move.ratio,
            share=100 * move.ratio,
            before=move.before,
            after=move.target,
            unit=move.analyte.unit,
        )


def _causes(answer: Answer, move: Move) -> tuple[Cause, ...]:
    until = move.stop - 2 * TOLERANCE
    if move.returns:
        until = move.extreme_time - 2 * TOLERANCE if move.half is None else move.half
    return causes_of(answer.result.scenario, move.cause, until, move.analyte.parent)


def _cause(answer: Answer, cause: Cause, words: Words) -> str:
    if cause.what == "patient":
        key = "smoker" if cause.drug == "smoker" and cause.after else cause.drug.replace("_", "-")
        key = "non-smoker" if cause.drug == "smoker" and not cause.after else key
        return words.say(f"cause.{key}", before=cause.before, after=cause.after)
    name = _name(answer, cause.drug, words)
    return words.say(f"cause.{cause.what}", drug=name, before=cause.before, after=cause.after)


def _name(answer: Answer, id: str, words: Words) -> str:
    return name_of(id, answer.result.scenario, words.language)


def _much(answer: Answer, moves: Sequence[Move], words: Words) -> Iterator[str]:
    for move in moves:
        values = {"analyte": _name(answer, move.analyte.id, words), "unit": move.analyte.unit}
        if not move.steady:
            yield words.say("much.unsteady", **values, level=move.before)
        if not move.settled:
            key = "much.moving" if move.limit is not None else "much.open"
            yield words.say(key, **values, limit=move.limit or 0.0, day=move.stop / 24, level=move.after)
        elif move.half is not None and move.most is not None:
            key = "much.peak" if move.returns else "much.days"
            times = {"half": move.half, "most": move.most, "top": move.extreme_time}
            yield words.say(key, **values, **{name: _day(answer, time, words) for name, time in times.items()})
        out = _first(answer, move.analyte.id, ("above-alert", "above-range", "below-range"))
        judged = move.analyte.low is not None or move.analyte.high is not None
        if out is not None:
            yield words.say(f"much.{out.rule}", **values, day=_day(answer, out.start, words), limit=_limit(out))
        elif judged and not any(alert.analyte == move.analyte.id for alert in answer.alerts):
            yield words.say("much.inside", **values)


def _limit(alert: Alert) -> float:
    level = alert.values["level"]
    return level if isinstance(level, float) else math.nan


def _first(answer: Answer, analyte: str, rules: Sequence[str]) -> Alert | None:
    """The first alert of these rules that came with the change, or after it."""
    mine = [
        alert for alert in answer.alerts if alert.analyte == analyte and alert.rule in rules and alert.since == "after"
    ]
    return min(mine, key=lambda alert: alert.start, default=None)


def _day(answer: Answer, time: float, words: Words) -> str:
    """A time as a day, with its date where the run has a calendar."""
    date = answer.result.scenario.date(time)
    day = f"{time / 24:.0f}" if time % 24 < 1e-6 or time > 240 else words.written(round(time / 24, 1))
    if date is None:
        return words.say("day.plain", day=day)
    weekday = words.sentences["day.weekdays"].split()[date.weekday()]
    month = words.sentences["day.months"].split()[date.month - 1]
    return words.say("day.dated", day=day, weekday=weekday, date=str(date.day), month=month)


def _risk(answer: Answer, moves: Sequence[Move], words: Words) -> Iterator[str]:
    for move in moves[:1]:
        for risk in risks_of(answer.result, move)[:2]:
            yield words.say(
                f"risk.{risk.trait}",
                analyte=_name(answer, move.analyte.id, words),
                gene=risk.name,
                fold=risk.fold,
                level=risk.fold * move.target,
                unit=move.analyte.unit,
            )


def _measure(answer: Answer, words: Words) -> Iterator[str]:
    for sample in answer.samples[:MOST]:
        values = {
            "analyte": _name(answer, sample.analyte.id, words),
            "day": _day(answer, sample.time, words),
            "level": sample.expected,
            "unit": sample.analyte.unit,
        }
        share = sample.share
        if share is not None and 0 < share <= 1.2:
            yield words.say("measure.share", **values, share=round(100 * min(share, 1.0)))
        elif share is None:
            yield words.say("measure.limit", **values)


def _do(answer: Answer, moves: Sequence[Move], words: Words) -> Iterator[str]:
    """What the gravest new alerts ask for; that nothing does, where every level that moves is judged and stays."""
    urgent = [alert for alert in answer.alerts if alert.rule in ("contraception", "lost", "beyond-clearance")]
    for alert in [alert for alert in urgent if alert.severity == "grave"][:MOST]:
        yield f"{alert_text(alert, answer.result, words)}."
    displaced = {total.place for total, _ in displacements(answer.result, answer.moves)}
    for move in moves:
        values = {"analyte": _name(answer, move.analyte.id, words), "unit": move.analyte.unit}
        if move.place in displaced:
            yield words.say("do.displaced", **values)
            continue
        high = _first(answer, move.analyte.id, ("above-alert", "above-range"))
        low = _first(answer, move.analyte.id, ("below-range",))
        judged = move.analyte.low is not None or move.analyte.high is not None
        if high is not None and move.ratio > 1:
            yield words.say("do.high", **values, day=_day(answer, high.start, words), limit=_limit(high))
        elif low is not None and move.ratio < 1:
            yield words.say("do.low", **values, day=_day(answer, low.start, words), limit=_limit(low))
        elif not judged:
            yield words.say("do.unjudged", **values)
        elif (outside := _lasting(answer, move)) is not None:
            yield words.say(f"do.still-{outside.rule}", **values, limit=_limit(outside))
        elif answer.samples:
            yield words.say("do.inside", **values)


def _lasting(answer: Answer, move: Move) -> Alert | None:
    """An alert that was there before the change and is there where the move ends."""
    rules = ("above-alert", "above-range", "below-range")
    mine = (alert for alert in answer.alerts if alert.analyte == move.analyte.id and alert.rule in rules)
    return next((alert for alert in mine if alert.stop >= move.stop - LASTING), None)
