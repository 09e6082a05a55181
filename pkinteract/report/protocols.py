"""What protocols did to the doses of a run, in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pkinteract.analytes import name_of
from pkinteract.report.lines import day_text
from pkinteract.text.words import Words

if TYPE_CHECKING:
    from pkinteract.result import Result
    from pkinteract.scenario import CheckOutcome, Scenario

MOST = 3
"""Changes that are told at most."""


def protocol_sentences(result: Result, words: Words) -> Iterator[str]:
    """Which doses the protocols of a run changed, and on what level; that none did."""
    changed = [check for check in result.checks if check.decision == "changed"]
    for check in changed[:MOST]:
        yield _change(check, result.scenario, words)
    if len(changed) > MOST:
        yield words.say("protocol.more", count=len(changed) - MOST)
    if result.checks and not changed:
        yield words.say("protocol.none", count=len(result.checks))


def _change(check: CheckOutcome, scenario: Scenario, words: Words) -> str:
    condition = check.protocol.condition
    values = {
        "drug": name_of(check.protocol.drug, scenario, words.language),
        "day": day_text(scenario, check.time if check.since is None else check.since, words),
        "before": check.before,
        "after": check.after,
    }
    key = "changed" if check.after else "stopped"
    if condition is None:
        return words.say(f"protocol.{key}-day", **values)
    analyte = name_of(condition.analyte, scenario, words.language)
    return words.say(f"protocol.{key}", **values, analyte=analyte, level=check.measured, unit=condition.unit)
