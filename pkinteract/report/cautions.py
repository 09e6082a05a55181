"""Warnings of a scenario and its results in the language of a page."""

from __future__ import annotations

from collections.abc import Iterable

from pkinteract.analytes import name_of
from pkinteract.scenario import Scenario
from pkinteract.text.remark import Remark
from pkinteract.text.words import LANGUAGES, Words


def cautions_told(scenario: Scenario, words: Words) -> list[str]:
    """What looks like a slip in a scenario, drugs by their names in the language; ids in English."""
    if words.language == LANGUAGES[0]:
        return list(scenario.warnings)
    return [caution.told(words, lambda id: name_of(id, scenario, words.language)) for caution in scenario.cautions]


def remarks_told(remarks: Iterable[Remark], scenario: Scenario, words: Words) -> list[str]:
    """Remarks on a result of a scenario, drugs by their names."""
    return [remark.told(words, lambda id: name_of(id, scenario, words.language)) for remark in remarks]
