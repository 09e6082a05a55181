"""The answer of a run in five sentences; one that the numbers do not carry is left out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from pkinteract.analysis import Alert, Answer
from pkinteract.analysis.causes import Cause, causes_of, is_swing
from pkinteract.analysis.moves import LEAST, Move, displacements, moves_of, told
from pkinteract.analysis.risks import risks_of
from pkinteract.analysis.settled import DAY, mean
from pkinteract.analytes import name_of
from pkinteract.export.tables.run import alert_text
from pkinteract.guidance.types import Guidance
from pkinteract.model.expectation.evidence import PairEvidence
from pkinteract.report.guidance.text import guidance_sentences
from pkinteract.report.pairs import published
from pkinteract.result import FittedValue, LevelFit
from pkinteract.scenario.types import TOLERANCE
from pkinteract.text.words import Words

Label = Literal["patient", "happens", "much", "risk", "measure", "do"]

MOST = 3
"""Moves that are told at most."""

LASTING = 72.0
"""An alert that ends no earlier than this before a move does is still there [h]."""

MOVED = 1.05
"""Fold change from which a fitted value is told [1]."""

QUANTITIES = ("clearance", "volume", "ka", "bioavailability", "km", "peripheral-volume", "peripheral-flow")
"""Values of a drug that have a name in every language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A labelled sentence of the answer."""

    label: Label
    text: str


def sentences_of(
    answer: Answer,
    words: Words,
    pairs: Sequence[PairEvidence] = (),
    people: Iterable[str] = (),
    guidance: Sequence[Guidance] = (),
) -> tuple[Sentence, ...]:
    """The sentences that the numbers of a run carry, in their order; with the first, what is known and not in them.

    Those on ``people`` begin who is at risk, the gravest ``guidance`` begins what to do.
    """
    moves, fit = told_moves(answer), answer.result.fit
    happens = [*_happens(answer, moves, words), *_missing(answer, pairs, words)]
    texts: tuple[tuple[Label, list[str]], ...] = (
        ("patient", [] if fit is None else list(_patient(answer, fit, words))),
        ("happens", [*happens, *([] if fit is None else _beside(answer, fit, moves, words))]),
        ("much", list(_much(answer, moves, words))),
        ("risk", [*people, *_risk(answer, moves, words)]),
        ("measure", list(_measure(answer, words))),
        ("do", [*guidance_sentences(guidance, answer.result.scenario, words), *_do(answer, moves, words)]),
    )
    return tuple(
        Sentence(label=label, text=" ".join(part[0].upper() + part[1:] for part in parts))
        for label, parts in texts
        if parts
    )


def told_moves(answer: Answer) -> list[Move]:
    """Moves that are told, those that newly pass a limit first, then the largest."""
    moves = told(answer.result, answer.moves)
    limits = ("above-alert", "above-range", "below-range")
    passing = {alert.analyte for alert in answer.alerts if alert.rule in limits and alert.since == "after"}
    order = {move: (move.analyte.id not in passing, -abs(math.log(max(move.ratio, 1e-12)))) for move in moves}
    return sorted(moves, key=order.__getitem__)[:MOST]


def _patient(answer: Answer, fit: LevelFit, words: Words) -> Iterator[str]:
    """Which values the measured levels moved, and which levels cannot be."""
    count = len(answer.result.scenario.observations)
    levels = words.say("fitted.level" if count == 1 else "fitted.levels", count=count)
    moved = [_value(answer, fit, value, words) for value in fit.values if max(value.ratio, 1 / value.ratio) > MOVED]
    if moved:
        yield words.say("fitted.moved", levels=levels, values="; ".join(moved))
    else:
        yield words.say("fitted.same", levels=levels)
    for conflict in fit.conflicts:
        yield conflict.told(_name(answer, conflict.observation.analyte, words), words)


def _value(answer: Answer, fit: LevelFit, value: FittedValue, words: Words) -> str:
    names = {"value": value_name(value, answer, fit, words), "ratio": of_typical(value.ratio, words)}
    if value.low is None or value.high is None:
        return words.say("fitted.value-alone", **names)
    low, high = (of_typical(end / value.typical, words) for end in (value.low, value.high))
    return words.say("fitted.value", **names, low=low, high=high)


def of_typical(ratio: float, words: Words) -> str:
    """A ratio to a typical value, to the hundredth."""
    return words.number(f"{ratio:.2f}")


def value_name(value: FittedValue, answer: Answer, fit: LevelFit, words: Words) -> str:
    """What a fitted value of a drug is called; with its pathway or formulation where several are fitted."""
    key = _quantity(value)
    alike = [other for other in fit.values if (other.drug, _quantity(other)) == (value.drug, key)]
    what = words.say(f"quantity.{key}") if key in QUANTITIES else value.path
    named = words.say("quantity.of", what=what, drug=_name(answer, value.drug, words))
    return f"{named} ({value.path.split('.')[-2]})" if len(alike) > 1 else named


def _quantity(value: FittedValue) -> str:
    """What kind of value it is: the end of its path."""
    last = value.path.rsplit(".", 1)[-1]
    return f"peripheral-{last}" if ".peripheral." in value.path else last


def _beside(answer: Answer, fit: LevelFit, moves: Sequence[Move], words: Words) -> Iterator[str]:
    """What a typical patient would have, where it is something else: for moves that are told, and what was measured."""
    before = {(move.analyte.id, move.cause): move for move in moves_of(fit.typical)}
    for move in moves:
        other = before.get((move.analyte.id, move.cause))
        if other is not None and max(_fold(move.before, other.before), _fold(move.target, other.target)) > LEAST:
            yield words.say(
                "happens.typical",
                analyte=_name(answer, move.analyte.id, words),
                before=other.before,
                after=other.target,
                unit=move.analyte.unit,
            )
    result, stop = answer.result, answer.result.scenario.duration
    said = {move.analyte.parent for move in moves}
    for name in dict.fromkeys(level.analyte for level in result.scenario.observations):
        analyte = result.analyte(name)
        span = (max(stop - DAY, result.scenario.first_time), stop)
        level, typical = mean(result.curve(name), *span), mean(fit.typical.curve(name), *span)
        if analyte.parent not in said and _fold(level, typical) > LEAST:
            shown = _name(answer, name, words)
            yield words.say("happens.level", analyte=shown, level=level, typical=typical, unit=analyte.unit)


def _fold(one: float, other: float) -> float:
    """How far apart two levels are, whichever is the higher [1]."""
    return max(one, other) / min(one, other) if min(one, other) > 0 else 1.0


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
        values = {
            "analyte": _name(answer, move.analyte.id, words),
            "fold": move.ratio,
            "share": 100 * move.ratio,
            "before": move.before,
            "after": move.target,
            "unit": move.analyte.unit,
        }
        sentence = words.say(f"happens.{key}", cause=cause, **values) if cause else None
        yield sentence or words.say(_unmoved(answer, move), **values)


def _missing(answer: Answer, pairs: Sequence[PairEvidence], words: Words) -> Iterator[str]:
    """Published effects of which the numbers of the run hold less than half."""
    for pair in pairs:
        if pair.status == "known-not-modelled":
            yield words.say(
                "happens.missing" if pair.published is None else "happens.missing-size",
                perpetrator=_name(answer, pair.perpetrator, words),
                victim=_name(answer, pair.victim if pair.known is None else pair.known.analyte, words),
                published=published(pair, words),
            )


def _unmoved(answer: Answer, move: Move) -> str:
    """What is said of a level that no change of the run moves: it goes with dialysis, or had not settled before."""
    swing = is_swing(answer.result.scenario, move.cause, move.analyte.parent)
    return "happens.dialysed" if swing else "happens.unsettled"


def _causes(answer: Answer, move: Move) -> tuple[Cause, ...]:
    """What led to the average that a move is judged by: nothing of its last day, as an average of 24 h goes behind."""
    end = (move.extreme_time if move.returns else move.stop) - DAY
    times = [time for time in answer.result.scenario.changes if move.cause - TOLERANCE <= time < end - TOLERANCE]
    return causes_of(answer.result.scenario, times or [move.cause], move.analyte.parent)


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
        swing = is_swing(answer.result.scenario, move.cause, move.analyte.parent)
        if not swing and not move.steady:
            yield words.say("much.unsteady", **values, level=move.before)
        if not swing and not move.settled:
            key = "much.moving" if move.limit is not None else "much.open"
            yield words.say(key, **values, limit=move.limit or 0.0, day=move.stop / 24, level=move.after)
        elif not swing and move.half is not None and move.most is not None:
            key = "much.peak" if move.returns else "much.days"
            times = {"half": move.half, "most": move.most, "top": move.extreme_time}
            yield words.say(key, **values, **{name: _day(answer, time, words) for name, time in times.items()})
        out = _first(answer, move.analyte.id, ("above-alert", "above-range", "below-range"))
        judged = move.analyte.low is not None or move.analyte.high is not None
        if out is not None:
            days = {"day": _day(answer, out.start, words), "until": _day(answer, out.stop, words)}
            ends = out.rule != "above-alert" and _ends(answer, out)
            rule = f"{out.rule}-until" if ends else out.rule
            yield words.say(f"much.{rule}", **values, **days, limit=_limit(out))
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
            days = {"day": _day(answer, low.start, words), "until": _day(answer, low.stop, words)}
            key = "do.low-until" if _ends(answer, low) else "do.low"
            yield words.say(key, **values, **days, limit=_limit(low))
        elif not judged:
            yield words.say("do.unjudged", **values)
        elif (outside := _lasting(answer, move)) is not None:
            yield words.say(f"do.still-{outside.rule}", **values, limit=_limit(outside))
        elif answer.samples:
            yield words.say("do.inside", **values)


def _ends(answer: Answer, alert: Alert) -> bool:
    """Whether an alert is over before the run is."""
    return alert.stop < answer.result.scenario.duration - LASTING


def _lasting(answer: Answer, move: Move) -> Alert | None:
    """An alert that was there before the change and is there where the move ends."""
    rules = ("above-alert", "above-range", "below-range")
    mine = (alert for alert in answer.alerts if alert.analyte == move.analyte.id and alert.rule in rules)
    return next((alert for alert in mine if alert.stop >= move.stop - LASTING), None)
