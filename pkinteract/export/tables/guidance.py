"""``guidance.csv``."""

from __future__ import annotations

from collections.abc import Sequence

from pkinteract.guidance.text import advice_text
from pkinteract.guidance.types import Guidance
from pkinteract.scenario import Scenario
from pkinteract.text.csv import Table
from pkinteract.text.words import Words


def guidance_table(guidance: Sequence[Guidance], scenario: Scenario, words: Words) -> Table:
    """``guidance.csv``: every rule that fires, the gravest first; several drugs are parted by a semicolon."""
    return {
        "severity": [one.severity for one in guidance],
        "drugs": ["; ".join(one.drugs) for one in guidance],
        "rule": [one.rule for one in guidance],
        "advice": [advice_text(one, scenario, words) for one in guidance],
        "why": [one.why for one in guidance],
        "changes": [one.changes or None for one in guidance],
        "body": [one.body for one in guidance],
        "source": [one.source for one in guidance],
        "confidence": [one.confidence for one in guidance],
    }
