"""What is said where no change of something else moves a level: steps of its own dose, a run that ends too early."""

from __future__ import annotations

from collections.abc import Iterator

from pkinteract.analysis import Alert, Answer
from pkinteract.analysis.answer import daily_doses
from pkinteract.analysis.causes import Cause, causes_of
from pkinteract.analysis.drift import causes_of_move, effect_of
from pkinteract.analysis.moves import LEAST, Move, fold_of, named
from pkinteract.analysis.settled import averaged
from pkinteract.export.tables.run import alert_text, average_text
from pkinteract.report.run.phrases import MOST, analyte_name, cause_name, with_unbound, written_day
from pkinteract.scenario.types import TOLERANCE
from pkinteract.text.words import Words

ABOVE = ("above-alert", "above-range")
"""Rules about a level that is too high."""

SHORT = 4
"""Windows of an average after a change from which a level may have settled; see ``standing``."""


def dosed_together(answer: Answer) -> list[tuple[Move, Move | None]]:
    """Moves after steps of the own dose, each with that of an unbound level which goes with it."""
    return list(with_unbound(answer.dosed))[:MOST]


def dosed_sentences(answer: Answer, move: Move, words: Words) -> Iterator[str]:
    """How far a level goes with its own dose, and where the dose alone would have taken it if that is another place."""
    before, after = daily_doses(answer.result.scenario, move)
    even = move.before * after / before
    values = {
        "drug": analyte_name(answer, move.analyte.parent, words),
        "analyte": analyte_name(answer, move.analyte.id, words),
        "from_dose": words.dose(before),
        "to_dose": words.dose(after),
        "before": move.before,
        "after": move.target,
        "fold": move.ratio,
        "share": 100 * move.ratio,
        "unit": move.analyte.unit,
        "average": average_text(move.round, words),
    }
    key = "happens.own-rise" if move.ratio > 1 else "happens.own-fall"
    yield words.say(key, **values)
    if fold_of(move.target, even) > LEAST:
        yield words.say("happens.own-even", even=even, unit=move.analyte.unit)


def untold(answer: Answer) -> list[Alert]:
    """Levels above their range or alert level of drugs of which no move is told, the gravest of each drug.

    As of one that begins in the run, or is above it all the time. Not of those whose dose a protocol decides on.
    """
    parents = {analyte.id: analyte.parent for analyte in answer.result.analytes}
    said = {move.analyte.parent for move in (*answer.told, *answer.dosed)}
    said |= {protocol.drug for protocol in answer.result.scenario.protocols}
    first: dict[str, Alert] = {}
    for alert in answer.alerts:
        if alert.rule in ABOVE and parents[alert.analyte] not in said:
            first.setdefault(parents[alert.analyte], alert)
    return list(first.values())[:MOST]


def untold_sentences(answer: Answer, words: Words) -> Iterator[str]:
    """What is newly above its range or alert level without a move that is told, or in a run without a change."""
    for alert in untold(answer):
        if alert.since == "after" or answer.change is None:
            yield f"{alert_text(alert, answer.result, words)}."


def early_sentences(answer: Answer, words: Words) -> Iterator[str]:
    """Levels that something acts on so shortly before the end of the run that they have not moved yet."""
    scenario = answer.result.scenario
    for move in named(answer.result, answer.moves):
        causes = _acting(answer, move)
        size = fold_of(move.target, move.before)
        short = move.stop - move.cause < SHORT * averaged(scenario, move.analyte.parent)
        if not causes or size > LEAST or (move.settled and not short) or move.stop < scenario.duration - TOLERANCE:
            continue
        effect = effect_of(answer.result, move, causes)
        values = {
            "analyte": analyte_name(answer, move.analyte.id, words),
            "day": written_day(answer, scenario.duration, words),
            "cause": words.listed([cause_name(answer, cause, words) for cause in causes]),
        }
        if effect is not None and fold_of(effect, 1.0) > LEAST:
            yield words.say("happens.early-expected", **values, fold=effect)
        elif effect is None and short:
            yield words.say("happens.early", **values)


def _acting(answer: Answer, move: Move) -> tuple[Cause, ...]:
    """What led to a move, or, in the last round of a run, what came with it."""
    causes = causes_of_move(answer.result, move)
    return causes or causes_of(answer.result.scenario, [move.cause], move.analyte.parent)
