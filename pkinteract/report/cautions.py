"""Warnings of a scenario in the language of a page."""

from __future__ import annotations

from pkinteract.analytes import name_of
from pkinteract.scenario import Scenario
from pkinteract.text.words import LANGUAGES, Words


def cautions_told(scenario: Scenario, words: Words) -> list[str]:
    """What looks like a slip in a scenario, drugs by their names in the language; ids in English."""
    if words.language == LANGUAGES[0]:
        return list(scenario.warnings)
    return [caution.told(words, lambda id: name_of(id, scenario, words.language)) for caution in scenario.cautions]
