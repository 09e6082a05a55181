"""What protocols did to the doses of a run, in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pkinteract.analysis import Answer
from pkinteract.report.run.phrases import MOST, analyte_name, written_day
from pkinteract.text.words import Words

if TYPE_CHECKING:
    from pkinteract.scenario.protocol.types import CheckOutcome


def protocol_sentences(answer: Answer, words: Words) -> Iterator[str]:
    """Which doses the protocols of a run changed, and on what level; that none did."""
    checks = answer.result.checks
    changed = [check for check in checks if check.decision == "changed"]
    for check in changed[:MOST]:
        yield _change(answer, check, words)
    if len(changed) > MOST:
        yield words.say("protocol.more", count=len(changed) - MOST)
    if checks and not changed:
        yield words.say("protocol.none", count=len(checks))


def _change(answer: Answer, check: CheckOutcome, words: Words) -> str:
    condition = check.protocol.condition
    values = {
        "drug": analyte_name(answer, check.protocol.drug, words),
        "day": written_day(answer, check.time if check.since is None else check.since, words),
        "before": _amounts([before for before, _ in check.doses], words),
        "after": _amounts([after for _, after in check.doses], words),
    }
    key = "changed" if any(after > 0 for _, after in check.doses) else "stopped"
    if condition is None:
        return words.say(f"protocol.{key}-day", **values)
    analyte = analyte_name(answer, condition.analyte, words)
    return words.say(f"protocol.{key}", **values, analyte=analyte, level=check.measured, unit=condition.unit)


def _amounts(amounts: list[float], words: Words) -> str:
    """The doses of a day, as one where all are the same."""
    return words.listed([words.dose(amount) for amount in (amounts if len(set(amounts)) > 1 else amounts[:1])])
