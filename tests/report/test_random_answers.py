"""What is told of scenarios of library drugs, drawn at random: finished words in every language, figures that agree.

``make test`` asks a few, ``make fuzz`` 2,000. A failure names its number.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

import pytest
from random_scenarios import random_scenario
from scenario_files import load

from pkinteract import simulate
from pkinteract.analysis import Answer, answer_of
from pkinteract.export.tables.run import alert_table, alert_text, exposure_table
from pkinteract.guidance import fire
from pkinteract.guidance.run import facts_of_run
from pkinteract.model.expectation.evidence import pair_evidence
from pkinteract.report.run.sentences import Sentence, sentences_of
from pkinteract.report.run.text import summary_lines
from pkinteract.text.words import LANGUAGES, Words, words_of

COUNT = int(os.environ.get("PKINTERACT_SCENARIOS", "6"))
FIRST = int(os.environ.get("PKINTERACT_FIRST", "0"))

FOUND = (203, 237, 725, 738, 1234)
"""Of which something else was told once: asked every time."""

UNFINISHED = re.compile(
    r"\b(nan|inf|None|True|False)\b|\d[eE][+-]\d|[{}]|\.\.|,,| [,.;:]|%%|\S  +\S|(?<![\d.,])-0(?![\d.,]*[1-9])"
)
"""What no sentence has: Python's words, exponents, braces, doubled marks and spaces, minus nothing."""


def sentences(answer: Answer, words: Words) -> tuple[Sentence, ...]:
    scenario = answer.result.scenario
    guidance = fire(scenario, facts_of_run(answer), words.language)
    return sentences_of(answer, words, pair_evidence(scenario), (), guidance)


def told(answer: Answer, words: Words) -> Iterator[str]:
    """Every sentence, alert and line of the terminal; cells of its table without what sets them apart."""
    said = sentences(answer, words)
    yield from (sentence.text for sentence in said)
    yield from (alert_text(alert, answer.result, words) for alert in answer.alerts)
    tables = exposure_table(answer.result), alert_table(answer, words.language)
    yield from (
        re.sub(r" {2,}", "\t", line.strip()) for line in summary_lines(answer, said, words, *tables, (), ())[1:]
    )


@pytest.mark.parametrize("number", sorted({*range(FIRST, FIRST + COUNT), *FOUND}))
def test_what_is_told_of_any_scenario_is_finished_and_agrees(number: int) -> None:
    """
    Sentences are words in every language and end; alerts lie in the run; half comes before 90 % of a change.

    Samples are of the curve. Where the answer says that nothing moves no alert says that something does.
    """
    scenario = load(random_scenario(number))
    answer = answer_of(simulate(scenario))

    for words in map(words_of, LANGUAGES):
        assert [text for text in told(answer, words) if UNFINISHED.search(text)] == []
        assert all(sentence.text.endswith((".", ".)")) for sentence in sentences(answer, words))
    for alert in answer.alerts:
        assert 0 <= alert.start <= alert.stop <= scenario.duration + 1e-6, alert
    for move in answer.moves:
        assert move.half is None or move.most is None or move.cause - 1e-6 <= move.half <= move.most, move
    for sample in answer.samples:
        level = float(answer.result.curve(sample.analyte.id).value(sample.time))
        assert sample.expected == pytest.approx(level, rel=1e-9)
    happens = next((one.text for one in sentences(answer, words_of("en")) if one.label == "happens"), "")
    moving = [alert for alert in answer.alerts if alert.rule == "change" and alert.severity != "note"]
    assert "No level moves" not in happens or not moving, moving
