"""The last sentence of an answer: what to do or avoid."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from pkinteract.analysis import Alert, Answer
from pkinteract.analysis.alerts import OF_LEVELS
from pkinteract.analysis.alerts.changes import GRAVE
from pkinteract.analysis.causes import is_swing
from pkinteract.analysis.moves import Move, changes_dose, displacements
from pkinteract.analysis.risks import WORTH
from pkinteract.analysis.settled import at_steady_state
from pkinteract.export.tables.run import alert_text, judged_text
from pkinteract.library.pairs import PairAdvice, known_advice
from pkinteract.model.expectation.evidence import PairEvidence
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
from pkinteract.report.run.quiet import untold
from pkinteract.result import Analyte
from pkinteract.scenario.types import TOLERANCE
from pkinteract.text.words import Words

DESIGNED = ("single-dose", "cycle")
"""Rules about what a schedule itself shows, without a move of a level."""

URGENT = ("lost", "beyond-clearance", "measured-alert")
"""Rules whose grave alerts are advice themselves."""


def advice_of(answer: Answer, moves: Sequence[Move], words: Words, pairs: Sequence[PairEvidence] = ()) -> Iterator[str]:
    """What the gravest new alerts and what is known of two drugs ask for, then what follows from a level's last move.

    That nothing does is said of a level that is judged and stays inside its range, by numbers that hold what is known.
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
    known = {move.place: [one for one in moves if one.place == move.place] for move in moves}
    decided = {move.analyte.parent for move in moves if _out(answer, known[move.place])}
    decided |= {pair.victim for pair in missing_pairs(answer, pairs)}
    odd = {alert.analyte for alert in answer.alerts if alert.rule == "measured" and answer.result.fit is None}
    for mine in known.values():
        move = mine[-1]
        name = analyte_name(answer, move.analyte.id, words)
        if move.analyte.id in odd:
            yield words.say("do.measured", analyte=name)
        elif move.place in displaced:
            yield words.say("do.displaced", analyte=name)
        elif move.analyte.parent in steered or (
            move.ratio < 1 and any(advice.victim == move.analyte.parent for advice in advised)
        ):
            continue
        elif move.analyte.low is None and move.analyte.high is None and not _passes(answer, move):
            unjudged += [] if any(move.analyte.id == alert.analyte for alert in protection) else [name]
        elif out := _out(answer, mine):
            yield from (_decided(answer, move.analyte, mine, alert, words) for alert in out)
        else:
            yield from _judged(answer, move, words, beside=move.analyte.parent in decided)
    yield from _untold(answer, words)
    told = {analyte_name(answer, move.analyte.id, words) for move in moves}
    unjudged += _unjudged_designs(answer, told, words)
    if unjudged:
        yield words.say("do.unjudged", analyte=words.listed(unjudged))


def missing_advice(answer: Answer, pairs: Sequence[PairEvidence], words: Words) -> Iterator[str]:
    """That the curve does not decide where a published effect is not in it."""
    for pair in missing_pairs(answer, pairs)[:MOST]:
        yield words.say(
            "do.missing",
            perpetrator=analyte_name(answer, pair.perpetrator, words),
            victim=analyte_name(answer, pair.victim, words),
        )


def missing_pairs(answer: Answer, pairs: Sequence[PairEvidence]) -> list[PairEvidence]:
    """Pairs with a published effect by a quarter or more of which the numbers hold less than half.

    Of drugs that are taken on from t = 0.
    """
    taken = {dose.drug for dose in answer.result.scenario.doses if dose.time >= -TOLERANCE and not dose.missed}
    missing = [pair for pair in pairs if pair.status == "known-not-modelled" and pair.victim in taken]
    return [pair for pair in missing if pair.published is None or _far(pair.published)]


def _far(ends: tuple[float, float]) -> bool:
    return max(max(end, 1 / end) for end in ends) >= WORTH


def _untold(answer: Answer, words: Words) -> Iterator[str]:
    """What levels ask for that are above their range or alert level without a move that is told."""
    for alert in untold(answer):
        analyte = answer.result.analyte(alert.analyte)
        if alert.since == "after":
            yield _decided(answer, analyte, (), alert, words)
        elif answer.change is not None and not ends(answer, alert):
            name, judged = analyte_name(answer, analyte.id, words), judged_text(analyte, answer.result.scenario, words)
            key = "do.still-above-alert" if alert.rule == "above-alert" else "do.still-above-range"
            yield words.say(key, analyte=name, judged=judged, limit=limit_of(alert), unit=analyte.unit)


def _unjudged_designs(answer: Answer, said: Collection[str], words: Words) -> list[str]:
    """Names of drugs without a range that single doses or a cycle show to change, beside those that are told."""
    ranges = {analyte.id: analyte.limited for analyte in answer.result.analytes}
    changed = [alert.analyte for alert in answer.alerts if alert.rule in DESIGNED and not ranges[alert.analyte]]
    return [name for name in dict.fromkeys(analyte_name(answer, id, words) for id in changed) if name not in said]


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


def _out(answer: Answer, moves: Sequence[Move]) -> list[Alert]:
    """Where the told moves of a level newly take it above its range or alert level, and below it: the earlier first."""
    analyte, outside = moves[-1].analyte.id, earlier_alert(answer, moves[-1], lasting=True)
    late = outside.rule if outside is not None and outside.since == "after" else None
    newly = []
    for rules, up in ((("above-alert", "above-range"), True), (("below-range",), False)):
        alert = first_alert(answer, analyte, rules)
        if alert is not None and (late in rules or any((move.ratio > 1) == up for move in moves)):
            newly.append(alert)
    return sorted(newly, key=lambda alert: alert.start)


def _decided(answer: Answer, analyte: Analyte, moves: Sequence[Move], alert: Alert, words: Words) -> str:
    """What a level that newly leaves its range asks for; of a metabolite, a sum or an unbound level of the drug."""
    scenario = answer.result.scenario
    values = {
        "analyte": analyte_name(answer, analyte.id, words),
        "drug": analyte_name(answer, analyte.parent, words),
        "unit": analyte.unit,
        "judged": judged_text(analyte, scenario, words),
        "day": written_day(answer, alert.start, words),
        "until": written_day(answer, alert.stop, words),
        "limit": limit_of(alert),
    }
    over = ends(answer, alert)
    if alert.rule == "below-range":
        key = "do.low-begun" if _begins(answer, analyte) else "do.low-until" if over else "do.low"
        return words.say(key, **values)
    passing = over and any(move.returns and move.cause <= alert.start <= move.stop for move in moves)
    if analyte.id == analyte.parent:
        return words.say("do.high-until" if passing else "do.high", **values)
    return words.say("do.high-of-until" if passing else "do.high-of", **values)


def _judged(answer: Answer, move: Move, words: Words, *, beside: bool) -> Iterator[str]:
    """What follows from the move of a level that is judged and does not newly leave its range.

    That no change of dose follows is not said ``beside`` another level of the drug, or an effect, that asks for one.
    """
    values = {
        "analyte": analyte_name(answer, move.analyte.id, words),
        "unit": move.analyte.unit,
        "judged": judged_text(move.analyte, answer.result.scenario, words),
    }
    fold = max(move.ratio, 1 / max(move.ratio, 1e-12))
    outside = earlier_alert(answer, move, lasting=True)
    left = None if move.returns else earlier_alert(answer, move, lasting=False)
    if outside is not None and outside.since == "again":
        day = written_day(answer, outside.start, words)
        yield words.say(f"do.back-{outside.rule}", **values, limit=limit_of(outside), day=day)
    elif outside is not None:
        swing = is_swing(answer.result.scenario, move.cause, move.analyte.parent)
        away = outside.rule.startswith("above") == (move.ratio > 1)
        course = "" if swing else "-further" if away else "-nearer" if fold >= WORTH else ""
        shown = {"fold": move.ratio, "share": 100 * move.ratio} if course == "-nearer" else {}
        yield words.say(f"do.still-{outside.rule}{course}", **values, **shown, limit=limit_of(outside))
    elif not move.settled:
        cut = changes_dose(answer.result.scenario, move.analyte.parent, move.stop)
        yield words.say("do.moving-cut" if cut else "do.moving", **values, day=written_day(answer, move.stop, words))
    elif left is not None and (fold >= GRAVE or not beside or left.rule == "above-alert"):
        far = "-far" if fold >= GRAVE and left.rule != "above-alert" else ""
        day = written_day(answer, left.stop, words)
        yield words.say(f"do.enters-{left.rule}{far}", **values, limit=limit_of(left), day=day)
    elif left is None and (fold >= GRAVE or not beside):
        yield words.say("do.inside-far" if fold >= GRAVE else "do.inside", **values)


def _begins(answer: Answer, analyte: Analyte) -> bool:
    """Whether the drug of a level is first taken in the run: it works nowhere yet."""
    first = min(dose.time for dose in answer.result.scenario.doses if dose.drug == analyte.parent)
    return first > -TOLERANCE and not at_steady_state(answer.result.scenario, analyte.parent)
