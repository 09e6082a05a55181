"""The last sentence of an answer: what to do or avoid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pkinteract.analysis import Answer
from pkinteract.analysis.alerts import OF_LEVELS
from pkinteract.analysis.alerts.changes import GRAVE
from pkinteract.analysis.causes import is_swing
from pkinteract.analysis.moves import Move, displacements
from pkinteract.analysis.settled import at_steady_state
from pkinteract.export.tables.run import alert_text, judged_text
from pkinteract.library.pairs import PairAdvice, known_advice
from pkinteract.model.expectation.intake import stays
from pkinteract.report.run.phrases import (
    MOST,
    analyte_name,
    earlier_alert,
    ends,
    first_alert,
    limit_of,
    written_day,
)
from pkinteract.scenario.types import TOLERANCE
from pkinteract.text.words import Words

URGENT = ("lost", "beyond-clearance", "measured-alert")
"""Rules whose grave alerts are advice themselves."""


def advice_of(answer: Answer, moves: Sequence[Move], words: Words) -> Iterator[str]:
    """What the gravest new alerts and what is known of two drugs ask for, then what follows from a level's last move.

    That nothing does is said of a level that is judged and stays inside its range.
    """
    protection = [alert for alert in answer.alerts if alert.rule == "contraception"]
    urgent = [alert for alert in answer.alerts if alert.rule in URGENT and alert.severity == "grave"][:MOST]
    for alert in [*urgent, *protection[:1]]:
        yield f"{alert_text(alert, answer.result, words)}."
    advised = _advised(answer)
    for advice in advised:
        names = (analyte_name(answer, drug, words) for drug in (advice.perpetrator, advice.victim))
        yield words.say(f"advice.{advice.advice}", **dict(zip(("perpetrator", "victim"), names, strict=True)))
    yield from _by_protocol(answer, words)
    steered = {protocol.drug for protocol in answer.result.scenario.protocols}
    displaced = {total.place for total, _ in displacements(answer.result, answer.moves)}
    unjudged: list[str] = []
    for move in {move.place: move for move in moves}.values():
        name = analyte_name(answer, move.analyte.id, words)
        if move.place in displaced:
            yield words.say("do.displaced", analyte=name)
        elif move.analyte.parent in steered or (
            move.ratio < 1 and any(advice.victim == move.analyte.parent for advice in advised)
        ):
            continue
        elif move.analyte.low is None and move.analyte.high is None and not _passes(answer, move):
            unjudged += [] if any(move.analyte.id == alert.analyte for alert in protection) else [name]
        else:
            yield _judged(answer, move, words)
    if unjudged:
        yield words.say("do.unjudged", analyte=words.listed(unjudged))


def _by_protocol(answer: Answer, words: Words) -> Iterator[str]:
    """That a protocol decides on the dose of a drug, until when, and what it leaves outside when the run ends."""
    scenario = answer.result.scenario
    for drug in dict.fromkeys(protocol.drug for protocol in scenario.protocols):
        last = max(protocol.checks[-1] for protocol in scenario.protocols if protocol.drug == drug)
        values = {"drug": analyte_name(answer, drug, words), "day": written_day(answer, last, words)}
        mine = {analyte.id: analyte for analyte in answer.result.analytes if analyte.parent == drug}
        left = [
            alert
            for alert in answer.alerts
            if alert.analyte in mine and alert.rule in OF_LEVELS and not ends(answer, alert)
        ]
        if not left:
            yield words.say("do.protocol", **values)
        for alert in left[:1]:
            analyte = mine[alert.analyte]
            shown = {"analyte": analyte_name(answer, analyte.id, words), "limit": limit_of(alert), "unit": analyte.unit}
            side = "above" if alert.rule.startswith("above") else "below"
            yield words.say(f"do.protocol-{side}", **values, **shown)


def _advised(answer: Answer) -> list[PairAdvice]:
    """Advice on pairs that are taken together from t = 0 on."""
    there = stays(answer.result.scenario)
    return [
        advice
        for advice in known_advice()
        if {advice.perpetrator, advice.victim} <= there.keys() and there[advice.perpetrator].meets(there[advice.victim])
    ]


def _passes(answer: Answer, move: Move) -> bool:
    """Whether a level that has no range passes its alert level."""
    return first_alert(answer, move.analyte.id, ("above-alert",)) is not None


def _judged(answer: Answer, move: Move, words: Words) -> str:
    """What follows from the move of a level that is judged."""
    values = {
        "analyte": analyte_name(answer, move.analyte.id, words),
        "unit": move.analyte.unit,
        "judged": judged_text(move.analyte, answer.result.scenario, words),
    }
    far = max(move.ratio, 1 / max(move.ratio, 1e-12)) >= GRAVE
    high = first_alert(answer, move.analyte.id, ("above-alert", "above-range"))
    low = first_alert(answer, move.analyte.id, ("below-range",))
    outside = earlier_alert(answer, move, lasting=True)
    late = outside.rule if outside is not None and outside.since == "after" else None
    if high is not None and (move.ratio > 1 or late in ("above-alert", "above-range")):
        return words.say("do.high", **values, day=written_day(answer, high.start, words), limit=limit_of(high))
    if low is not None and (move.ratio < 1 or late == "below-range"):
        days = {"day": written_day(answer, low.start, words), "until": written_day(answer, low.stop, words)}
        key = "do.low-begun" if _begins(answer, move) else "do.low-until" if ends(answer, low) else "do.low"
        return words.say(key, **values, **days, limit=limit_of(low))
    if outside is not None and outside.since == "again":
        day = written_day(answer, outside.start, words)
        return words.say(f"do.back-{outside.rule}", **values, limit=limit_of(outside), day=day)
    if outside is not None:
        swing = is_swing(answer.result.scenario, move.cause, move.analyte.parent)
        away = outside.rule.startswith("above") == (move.ratio > 1)
        course = "" if swing else "-further" if away else "-nearer" if far else ""
        return words.say(f"do.still-{outside.rule}{course}", **values, limit=limit_of(outside))
    if not move.settled:
        return words.say("do.moving", **values, day=written_day(answer, move.stop, words))
    left = None if move.returns else earlier_alert(answer, move, lasting=False)
    if left is None:
        return words.say("do.inside-far" if far else "do.inside", **values)
    return words.say(
        f"do.enters-{left.rule}", **values, limit=limit_of(left), day=written_day(answer, left.stop, words)
    )


def _begins(answer: Answer, move: Move) -> bool:
    """Whether the drug of a move is first taken in the run: it works nowhere yet."""
    first = min(dose.time for dose in answer.result.scenario.doses if dose.drug == move.analyte.parent)
    return first > -TOLERANCE and not at_steady_state(answer.result.scenario, move.analyte.parent)
