"""The answer of a run in five sentences; one that the numbers do not carry is left out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pkinteract.analysis import Alert, Answer
from pkinteract.analysis.causes import Cause, is_swing
from pkinteract.analysis.drift import causes_of_move, course_of, doses_with, effect_beside_drift
from pkinteract.analysis.exposure import PRESENT, highest_level
from pkinteract.analysis.moves import LEAST, Move, changes_dose, moves_of, named
from pkinteract.analysis.risks import ratio_ends, risk_ends, risks_of
from pkinteract.analysis.settled import DAY, mean
from pkinteract.export.tables.run import alert_text, average_text, judged_text
from pkinteract.guidance.types import Guidance
from pkinteract.model.expectation.evidence import PairEvidence
from pkinteract.report.guidance.text import guidance_sentences
from pkinteract.report.pairs import published
from pkinteract.report.run.advice import advice_of, missing_advice
from pkinteract.report.run.measure import measure_sentences
from pkinteract.report.run.phrases import (
    MOST,
    analyte_name,
    cause_name,
    ends,
    first_alert,
    limit_of,
    with_unbound,
    written_day,
)
from pkinteract.report.run.protocols import protocol_sentences
from pkinteract.report.run.quiet import (
    dosed_sentences,
    dosed_together,
    early_sentences,
    untold,
    untold_sentences,
)
from pkinteract.result import FittedValue, LevelFit
from pkinteract.scenario.types import TOLERANCE
from pkinteract.text.words import Words

__all__ = ["MOST", "QUANTITIES", "Label", "Sentence", "of_typical", "sentences_of", "told_moves", "value_name"]

Label = Literal["patient", "happens", "much", "risk", "measure", "do"]

ALERT = ("above-alert",)
"""The rule about an alert level."""

MOVED = 1.05
"""Fold change from which a fitted value is told [1]."""

NOTHING = 1.005
"""Fold that is told as 1.00: it is none [1]."""

EMPTY: Mapping[Label, Sequence[str]] = {}

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
    instead: Mapping[Label, Sequence[str]] = EMPTY,
) -> tuple[Sentence, ...]:
    """The sentences that the numbers of a run carry, in their order; with the first, what is known and not in them.

    Those on ``people`` begin who is at risk, the gravest ``guidance`` begins what to do; those of ``instead`` take the
    place of what else is said of when to measure and what to do.
    """
    together, fit = _together(answer), answer.result.fit
    moves = [move for move, _ in together]
    doses = protocol_sentences(answer, words)
    all_told = [*together, *dosed_together(answer)]
    happens = [*_happens(answer, together, words), *doses, *_missing(answer, pairs, words)]
    texts: tuple[tuple[Label, list[str]], ...] = (
        ("patient", [] if fit is None else list(_patient(answer, fit, words))),
        ("happens", [*happens, *([] if fit is None else _beside(answer, fit, moves, words))]),
        ("much", list(_much(answer, all_told, words))),
        ("risk", [*people, *_risk(answer, moves, words)]),
        ("measure", list(instead.get("measure") or measure_sentences(answer, together, words))),
        (
            "do",
            [
                *guidance_sentences(guidance, answer.result.scenario, words),
                *(instead.get("do") or advice_of(answer, [move for move, _ in all_told], words, pairs)),
                *missing_advice(answer, pairs, words),
            ],
        ),
    )
    return tuple(
        Sentence(label=label, text=" ".join(part[0].upper() + part[1:] for part in parts))
        for label, parts in texts
        if parts
    )


def told_moves(answer: Answer) -> list[Move]:
    """Moves that are told, those that newly pass a limit first, then the largest; unbound levels with total ones."""
    return [move for pair in _together(answer) for move in pair if move is not None]


def _together(answer: Answer) -> list[tuple[Move, Move | None]]:
    """Moves that are told, each with that of an unbound level which goes with it."""
    return list(with_unbound(answer.told))[:MOST]


def _patient(answer: Answer, fit: LevelFit, words: Words) -> Iterator[str]:
    """Which values the measured levels moved, and which levels cannot be."""
    count = len(answer.result.scenario.observations) - len(fit.unweighed)
    levels = words.say("fitted.level" if count == 1 else "fitted.levels", count=count)
    moved = [_value(answer, fit, value, words) for value in fit.values if max(value.ratio, 1 / value.ratio) > MOVED]
    if moved:
        yield words.say("fitted.moved", levels=levels, values="; ".join(moved))
    else:
        yield words.say("fitted.same", levels=levels)
    for conflict in fit.conflicts:
        yield conflict.told(analyte_name(answer, conflict.observation.analyte, words), words)
    for left in fit.unweighed:
        yield left.told(analyte_name(answer, left.observation.analyte, words), words)


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
    named = words.say("quantity.of", what=what, drug=analyte_name(answer, value.drug, words))
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
        if other is None:
            continue
        alike = (other.ratio > 1, other.returns) == (move.ratio > 1, move.returns)
        end = move.extreme_time if move.returns else move.stop
        after = other.target if alike else mean(fit.typical.curves[move.place], end - move.round, end)
        if max(_fold(move.before, other.before), _fold(move.target, after)) > LEAST:
            yield words.say(
                "happens.typical",
                analyte=analyte_name(answer, move.analyte.id, words),
                before=other.before,
                after=after,
                unit=move.analyte.unit,
            )
    result, stop = answer.result, answer.result.scenario.duration
    said = {move.analyte.parent for move in moves}
    for name in dict.fromkeys(level.analyte for level in result.scenario.observations):
        analyte = result.analyte(name)
        span = (max(stop - DAY, result.scenario.first_time), stop)
        curve, usual = result.curve(name), fit.typical.curve(name)
        level, typical = mean(curve, *span), mean(usual, *span)
        there = level > PRESENT * highest_level(curve) or typical > PRESENT * highest_level(usual)
        if there and analyte.parent not in said and _fold(level, typical) > LEAST:
            shown = analyte_name(answer, name, words)
            yield words.say("happens.level", analyte=shown, level=level, typical=typical, unit=analyte.unit)


def _fold(one: float, other: float) -> float:
    """How far apart two levels are, whichever is the higher [1]."""
    return max(one, other) / min(one, other) if min(one, other) > 0 else 1.0


def _happens(answer: Answer, together: Sequence[tuple[Move, Move | None]], words: Words) -> Iterator[str]:
    designed = [alert for alert in answer.alerts if _happening(answer, alert)]
    for alert in designed[:MOST]:
        yield f"{alert_text(alert, answer.result, words)}."
    hidden = list(_hidden(answer, words))
    yield from hidden[:MOST]
    early = list(early_sentences(answer, words))
    high = list(untold_sentences(answer, words))
    silent = not (together or designed or hidden or answer.unknown or answer.dosed or early or high)
    silent = silent and not any(alert.rule == "lost" for alert in answer.alerts)
    if silent and answer.change is not None:
        sums = any(len(analyte.parts) > 1 for analyte in answer.result.analytes)
        yield words.say("happens.nothing") if not sums else words.say("happens.nothing-sum")
    for move, _ in dosed_together(answer):
        yield from dosed_sentences(answer, move, words)
    yield from (*high, *early)
    for move, free in together:
        key = course_of(move, move.ratio)
        causes = causes_of_move(answer.result, move)
        cause = words.listed([cause_name(answer, one, words) for one in causes])
        values = {
            "analyte": analyte_name(answer, move.analyte.id, words),
            "fold": move.ratio,
            "share": 100 * move.ratio,
            "before": move.before,
            "after": move.target,
            "end": move.after,
            "unit": move.analyte.unit,
            "average": average_text(move.round, words),
        }
        effect = effect_beside_drift(answer.result, move, causes)
        idle = effect is not None and _fold(effect, 1.0) < NOTHING and not doses_with(answer.result, move)
        if effect is not None and not idle:
            yield _drift(answer, move, causes, effect, words)
        else:
            cause = "" if idle else cause
            sentence = words.say(f"happens.{key}", cause=cause, **values) if cause else None
            yield sentence or words.say(_unmoved(answer, move), **values)
        ends = ratio_ends(answer.result, move) if cause and effect is None else None
        if ends is not None:
            yield words.say("happens.extrapolated", low=ends[0], high=ends[1])
        if free is not None:
            yield words.say(
                "happens.unbound",
                analyte=analyte_name(answer, free.analyte.id, words),
                before=free.before,
                after=free.target,
                unit=free.analyte.unit,
            )
    unknown = dict.fromkeys(analyte_name(answer, move.analyte.id, words) for move in answer.unknown)
    if unknown:
        yield words.say("happens.redosed", analyte=words.listed(list(unknown)))


def _hidden(answer: Answer, words: Words) -> Iterator[str]:
    """Levels that hardly move, as their own course goes against what a change makes of them."""
    for move in named(answer.result, answer.moves):
        if move.steady or move in answer.told or move in answer.unknown:
            continue
        causes = causes_of_move(answer.result, move)
        effect = effect_beside_drift(answer.result, move, causes)
        if effect is not None and _fold(effect, 1.0) > LEAST:
            yield _drift(answer, move, causes, effect, words)


def _drift(answer: Answer, move: Move, causes: Sequence[Cause], effect: float, words: Words) -> str:
    kind = "dosed" if doses_with(answer.result, move) else "drifting"
    kind += "-back" if move.returns else ""
    return words.say(
        f"happens.{kind}",
        analyte=analyte_name(answer, move.analyte.id, words),
        before=move.before,
        after=move.target,
        end=move.after,
        unit=move.analyte.unit,
        average=average_text(move.round, words),
        cause=words.listed([cause_name(answer, cause, words) for cause in causes]),
        fold=words.number(f"{effect:.2f}"),
    )


def _happening(answer: Answer, alert: Alert) -> bool:
    """Whether an alert is what happens: a cycle, single doses, a level that does not fit, a loss alone."""
    mine = [move for move in answer.told if move.analyte.parent == alert.analyte]
    beside = any(move.cause - TOLERANCE <= alert.start < move.stop for move in mine)
    lost = alert.rule == "lost" and alert.severity == "warning" and (not answer.told or beside)
    odd = alert.rule == "measured" and answer.result.fit is None
    return alert.rule in ("cycle", "single-dose") or lost or odd


def _missing(answer: Answer, pairs: Sequence[PairEvidence], words: Words) -> Iterator[str]:
    """Published effects of which the numbers of the run hold less than half."""
    for pair in pairs:
        if pair.status == "known-not-modelled":
            yield words.say(
                "happens.missing" if pair.published is None else "happens.missing-size",
                perpetrator=analyte_name(answer, pair.perpetrator, words),
                victim=analyte_name(answer, pair.victim if pair.known is None else pair.known.analyte, words),
                published=published(pair, words),
            )


def _unmoved(answer: Answer, move: Move) -> str:
    """What is said of a level that no change of the run moves: it goes with dialysis, or had not settled before."""
    swing = is_swing(answer.result.scenario, move.cause, move.analyte.parent)
    return "happens.dialysed" if swing else "happens.unsettled"


def _much(answer: Answer, together: Sequence[tuple[Move, Move | None]], words: Words) -> Iterator[str]:
    """When each change is done, those of the same days as one, by the last; then which limits are passed, and when."""
    alike: dict[tuple[str, tuple[int, ...]], list[tuple[str, dict[str, float]]]] = {}
    seen: set[int] = set()
    for move, _ in together:
        name, day = analyte_name(answer, move.analyte.id, words), written_day(answer, move.cause, words)
        again = move.place in seen
        seen.add(move.place)
        for key, values in _timed(answer, move, words):
            more = {"day": day} if again and key == "unsteady" else {}
            yield words.say(f"much.{key}{'-again' if more else ''}", analyte=name, **values, **more)
        for key, times in _done(answer, move):
            shown = words.say("much.again", analyte=name, day=day) if again else name
            alike.setdefault((key, tuple(math.floor(time / DAY) for time in times.values())), []).append((shown, times))
    for (key, _), moved in alike.items():
        latest = {name: max(times[name] for _, times in moved) for name in moved[0][1]}
        days = {name: written_day(answer, time, words) for name, time in latest.items()}
        yield words.say(f"much.{key}", analyte=words.listed([shown for shown, _ in moved]), **days)
    told = [move.analyte.id for pair in together for move in pair if move is not None]
    ranges = ("above-range", "below-range")
    for id in dict.fromkeys([*told, *(alert.analyte for alert in untold(answer))]):
        analyte = answer.result.analyte(id)
        values = {
            "analyte": analyte_name(answer, id, words),
            "unit": analyte.unit,
            "judged": judged_text(analyte, answer.result.scenario, words),
        }
        firsts = (first_alert(answer, id, rules) for rules in (ranges if id in told else ranges[:1], ALERT))
        for out in sorted((out for out in firsts if out is not None), key=lambda out: out.start):
            days = {"day": written_day(answer, out.start, words), "until": written_day(answer, out.stop, words)}
            rule = f"{out.rule}-until" if out.rule not in ALERT and ends(answer, out) else out.rule
            yield words.say(f"much.{rule}", **values, **days, limit=limit_of(out))


def _timed(answer: Answer, move: Move, words: Words) -> Iterator[tuple[str, dict[str, str]]]:
    """How far a move that is not done has come, as keys of the words and what is filled in."""
    scenario, unit = answer.result.scenario, move.analyte.unit
    if is_swing(scenario, move.cause, move.analyte.parent):
        return
    if not move.steady and not doses_with(answer.result, move):
        yield "unsteady", {"level": words.written(move.before), "unit": unit}
    if not move.settled:
        at = {"day": words.day(move.stop), "level": words.written(move.after), "unit": unit}
        end = None if move.limit is None else move.limit if move.limit > PRESENT * move.before else 0.0
        limit = {} if end is None else {"limit": words.written(end)}
        own = changes_dose(scenario, move.analyte.parent, move.stop)
        cut = "open" if move.stop >= scenario.duration - TOLERANCE else "cut" if own else "turned"
        yield ("moving" if limit else cut), {**at, **limit}


def _done(answer: Answer, move: Move) -> Iterator[tuple[str, dict[str, float]]]:
    """When half and 90 % of a move are done [h], and when one that comes back is largest."""
    swing = is_swing(answer.result.scenario, move.cause, move.analyte.parent)
    if move.settled and not swing and move.half is not None and move.most is not None:
        times = {"half": move.half, "most": move.most, **({"top": move.extreme_time} if move.returns else {})}
        yield ("peak" if move.returns else "days"), times


def _risk(answer: Answer, moves: Sequence[Move], words: Words) -> Iterator[str]:
    for move in moves[:1]:
        for risk in risks_of(answer.result, move)[:2]:
            wide = risk_ends(answer.result, move, risk)
            ends = {} if wide is None else dict(zip(("low", "high"), wide, strict=True))
            yield words.say(
                f"risk.{risk.trait}{'-between' if ends else ''}",
                **ends,
                analyte=analyte_name(answer, move.analyte.id, words),
                gene=risk.name,
                fold=risk.fold,
                level=risk.fold * move.target,
                unit=move.analyte.unit,
            )
