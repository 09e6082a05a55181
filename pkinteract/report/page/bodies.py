"""Guidance on the page: a column per body, and what of the patient only rules ask."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pkinteract.guidance.text import advice_text, drugs_text
from pkinteract.guidance.types import Guidance
from pkinteract.library.schema.guidance import BODIES
from pkinteract.scenario import Scenario
from pkinteract.scenario.context import Context
from pkinteract.text.words import Words


def bodies_of(guidance: Sequence[Guidance], scenario: Scenario, words: Words) -> Iterator[Mapping[str, Any]]:
    """Each body that has something to say, with its rules, the gravest first."""
    for body in BODIES:
        mine = [one for one in guidance if one.body == body]
        if mine:
            yield {
                "name": words.say(f"guidance.{body}"),
                "rules": [
                    {
                        "severity": one.severity,
                        "severity_text": words.say(f"guidance.{one.severity}"),
                        "drugs": drugs_text(one, scenario, words),
                        "advice": advice_text(one, scenario, words),
                        "why": one.why,
                        "cited": words.say(
                            "guidance.cited", source=one.source, confidence=one.confidence, rule=one.rule
                        ),
                    }
                    for one in mine
                ],
            }


def context_lines(context: Context, words: Words) -> Iterator[str]:
    """What of the patient only rules ask, in words."""
    yield from (words.say(f"condition.{name}") for name in sorted(context.conditions))
    yield from (words.say(f"seizure.{name}") for name in sorted(context.seizure_types))
    yield from (words.say("patient.allele", allele=allele) for allele in sorted(context.alleles))
    yield from (words.say("patient.no_allele", allele=allele) for allele in sorted(context.alleles_absent))
    if context.ancestry is not None:
        yield words.say(f"ancestry.{context.ancestry}")
    if context.pregnant:
        yield words.say("patient.pregnant")
    if context.breastfeeding:
        yield words.say("patient.breastfeeding")
    if context.childbearing is not None:
        yield words.say("patient.childbearing" if context.childbearing else "patient.sterile")
    if context.contraception is not None:
        yield words.say(f"contraception.{context.contraception}")
    if context.indication is not None:
        yield words.say(f"indication.{context.indication}")
