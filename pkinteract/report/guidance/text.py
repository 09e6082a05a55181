"""Guidance in lines for ``check``, ``run`` and ``guidance``, and in the answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap

from pkinteract.guidance.fire import GRAVE, gravest
from pkinteract.guidance.text import advice_text, drugs_text
from pkinteract.guidance.types import Guidance
from pkinteract.scenario import Scenario
from pkinteract.text.words import Words

WIDTH = 108
"""Longest line; those who print it indent it by two."""

SHOWN = 3
"""Rules that ``check`` and ``run`` print at most."""


def guidance_sentences(guidance: Sequence[Guidance], scenario: Scenario, words: Words) -> Iterator[str]:
    """What the gravest rule asks for, and how many more are as grave; nothing where none is *avoid* or graver."""
    worst = gravest(guidance)
    if worst is None:
        return
    yield words.say(
        "guidance.sentence",
        severity=words.say(f"guidance.{worst.severity}"),
        body=words.say(f"guidance.{worst.body}"),
        drugs=drugs_text(worst, scenario, words),
        advice=advice_text(worst, scenario, words),
    )
    more = sum(one.severity == worst.severity for one in guidance) - 1
    if more:
        yield words.say("guidance.further", count=more)


def gravest_lines(
    guidance: Sequence[Guidance], scenario: Scenario, words: Words, table: str | None = None
) -> Iterator[str]:
    """How many rules fire, and the gravest; ``table`` is the file that has the others."""
    if not guidance:
        yield words.say("guidance.none")
        return
    grave = [one for one in guidance if one.severity in GRAVE]
    yield words.say("guidance.head", count=len(guidance), grave=len(grave))
    shown = (grave or [one for one in guidance if one.severity == "caution"])[:SHOWN]
    for one in shown:
        yield from _wrapped(_line(one, scenario, words), "  ")
    more = len(guidance) - len(shown)
    if more:
        key, where = ("guidance.more", {}) if table is None else ("guidance.more-in", {"table": table})
        yield "  " + words.say(key, count=more, **where)


def guidance_lines(guidance: Sequence[Guidance], scenario: Scenario, words: Words) -> Iterator[str]:
    """Every rule that fires, the gravest first, with its reason, what would change it, and its source."""
    yield from (words.say("guidance.none"),) if not guidance else ()
    for one in guidance:
        yield from _wrapped(_line(one, scenario, words), "")
        yield from _wrapped(words.say("guidance.why", why=one.why), "    ")
        if one.changes:
            yield from _wrapped(words.say("guidance.changes", changes=one.changes), "    ")
        cited = words.say("guidance.cited", source=one.source, confidence=one.confidence, rule=one.rule)
        yield from _wrapped(cited, "    ")


def _line(one: Guidance, scenario: Scenario, words: Words) -> str:
    return words.say(
        "guidance.line",
        severity=words.say(f"guidance.{one.severity}"),
        body=words.say(f"guidance.{one.body}"),
        drugs=drugs_text(one, scenario, words),
        advice=advice_text(one, scenario, words),
    )


def _wrapped(text: str, indent: str) -> list[str]:
    return wrap(text, WIDTH, initial_indent=indent, subsequent_indent=f"{indent}  ", break_long_words=False)
