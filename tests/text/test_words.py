"""The sentences of every language: the same ones, all of them used, each with what the others fill in."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from string import Formatter
from typing import get_args

import pytest

import pkinteract
from pkinteract.advise.outcome import Limit
from pkinteract.advise.shares import Outcome
from pkinteract.analysis.alerts.types import Severity, Since
from pkinteract.analysis.causes import DERIVED, What
from pkinteract.analysis.sampling import Reason
from pkinteract.effect.contexts import Withholding
from pkinteract.effect.pillars import Meeting
from pkinteract.effect.types import State
from pkinteract.guidance.types import Assumed, Noted
from pkinteract.library.guidance.vocabulary import ANCESTRIES, CONDITIONS, CONTRACEPTION, INDICATIONS, SEIZURE_TYPES
from pkinteract.library.schema.guidance import BODIES, SEVERITIES
from pkinteract.library.schema.pairs import PairAdviceKey
from pkinteract.library.schema.targets import Carried, PillarName
from pkinteract.library.schema.values import Kind
from pkinteract.population.statistics.tally import PHENOTYPES
from pkinteract.report.population.text import When
from pkinteract.report.run.phrases import TOLD
from pkinteract.report.run.sentences import QUANTITIES, Label
from pkinteract.scenario import Patient
from pkinteract.scenario.advise.types import Measure
from pkinteract.text.words import LANGUAGES, words_of

PACKAGE = Path(pkinteract.__file__).parent
STATUSES = ("studied", "mechanism", "known-not-modelled", "looked-for-none", "no-data")
ASSUMPTIONS = (
    "immediate",
    "binding",
    "barrier",
    "affinity",
    "one",
    "equal",
    "base",
    "adds",
    "still",
    "metabolites",
    "person",
    "average",
)
LEVELS = ("above-alert", "above-range", "below-range")
FALLS = ("rise", "fall", "peaks", "dips", "peaks-part", "dips-part")
OPEN = {
    "guidance": (
        *SEVERITIES,
        *BODIES,
        *(f"assumed-{name}" for name in get_args(Assumed)),
        *(f"note-{name}" for name in get_args(Noted)),
    ),
    "condition": CONDITIONS,
    "seizure": (*SEIZURE_TYPES, "all"),
    "ancestry": ANCESTRIES,
    "contraception": CONTRACEPTION,
    "indication": INDICATIONS,
    "severity": get_args(Severity),
    "since": get_args(Since),
    "label": get_args(Label),
    "sample": get_args(Reason),
    "status": STATUSES,
    "terminal": (*get_args(Severity), "none", "alert", "alerts", "mechanism", "looked-for-none", "no-data"),
    "happens": (*FALLS, "dosed", "drifting", "dosed-back", "drifting-back"),
    "alert": (*FALLS, *LEVELS, "above-alert-peaks", "above-alert-sampled", "above-range-total", "below-range-total"),
    "much": (
        *LEVELS,
        "above-range-until",
        "below-range-until",
        "days",
        "peak",
        "unsteady",
        "moving",
        "open",
        "cut",
        "turned",
        "again",
        "unsteady-again",
    ),
    "do": (
        *(
            f"{key}{rule}{end}"
            for rule in LEVELS
            for key, end in (
                ("still-", ""),
                ("still-", "-further"),
                ("still-", "-nearer"),
                ("back-", ""),
                ("enters-", ""),
            )
        ),
        *("protocol-above", "protocol-below", "enters-above-range-far", "enters-below-range-far"),
    ),
    "measure": ("share", "share-unbound"),
    "advice": get_args(PairAdviceKey),
    "risk": ("gene", "kidneys", "gene-between", "kidneys-between"),
    "protocol": ("changed", "changed-day", "stopped", "stopped-day"),
    "quantity": QUANTITIES,
    "patient": ("female", "male"),
    "remark": ("poor", "intermediate", "normal", "rapid", "ultrarapid"),
    "chart": ("liver", "gut"),
    "kind": tuple(kind.replace(" ", "-") for kind in get_args(Kind)),
    "phenotype": ("poor", "intermediate", "normal", "rapid", "ultrarapid"),
    "cause": (
        "non-smoker",
        *(f"{trait.replace('_', '-')}-told" for trait in TOLD),
        *(what for what in get_args(What) if what != "patient"),
        *(field.name.replace("_", "-") for field in fields(Patient) if field.name not in DERIVED),
    ),
    "advise": (
        *get_args(Measure),
        *(f"{begin}{kind}" for begin in ("", "fails-") for kind in ("kept", "inside")),
        *(f"share-{outcome.replace('_', '-')}" for outcome in get_args(Outcome)),
        *("would-pass-together", "would-help-together"),
    ),
    "limit": tuple(limit.replace(" ", "-") for limit in get_args(Limit)),
    "way": (
        *("advised", "typical-patient", "unchanged", "pause", "later-start"),
        *(f"{count}-change{'s' if count > 1 else ''}" for count in range(1, 6)),
    ),
    "pillar": get_args(PillarName),
    "meet": get_args(Meeting),
    "state": get_args(State),
    "withheld": get_args(Withholding),
    "pump": get_args(Carried.model_fields["answer"].annotation),
    "effect": ("silent", "worse"),
    "assumption": ASSUMPTIONS,
    "virtual": (
        *("analyte", "unit", "before", "after", "rise", "half", "most", "highest", "day", "lowest"),
        *PHENOTYPES,
        *("smoker-true", "smoker-false"),
        *(f"{what}-{end}" for what in ("age", "weight", "clearance") for end in ("below", "between", "from")),
    ),
    "shares": (
        *(f"clearance-{end}" for end in ("below", "between", "from")),
        *(f"{side}-range" for side in ("above", "below")),
        *(f"groups-{when}" for when in get_args(When)),
    ),
}
"""What a key that is put together ends in, by what it begins with."""


def used() -> Iterator[str]:
    """Every key that code or template asks for, and what the open ones may end in."""
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value
            said = isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "say" and node.args
            if said and isinstance(node.args[0], ast.JoinedStr):
                begin = node.args[0].values[0]
                assert isinstance(begin, ast.Constant), path
                section, rest = str(begin.value).split(".")
                yield from (f"{section}.{end}" for end in OPEN.get(section, ()) if end.startswith(rest))
            if isinstance(node, ast.keyword) and node.arg == "sentence":
                for part in ast.walk(node.value):
                    if isinstance(part, ast.Constant) and isinstance(part.value, str):
                        yield f"alert.{part.value}"
    for template in (PACKAGE / "report" / "page").glob("*.html"):
        yield from re.findall(r"""say\(["']([\w.-]+)["']""", template.read_text("utf-8"))
    script = (PACKAGE / "report" / "page" / "page.js").read_text("utf-8")
    yield from (f"chart.{name}" for name in re.findall(r"\bwords\.(\w+)", script))
    for section in ("severity", "since", "label", "sample", "status", "alert", "assumption"):
        yield from (f"{section}.{end}" for end in OPEN[section])
    yield from (f"terminal.{name}" for name in ("analyte", "unit", "day", "average", "lowest", "ratio"))


def blanks(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_languages_have_the_same_sentences_with_the_same_blanks(language: str) -> None:
    """No key is missing or left over, and a sentence asks for nothing that the English one does not."""
    english, other = words_of(LANGUAGES[0]).sentences, words_of(language).sentences

    assert set(other) == set(english)
    assert {key: blanks(text) for key, text in other.items()} == {key: blanks(text) for key, text in english.items()}


def test_every_sentence_is_used_and_every_sentence_used_is_there() -> None:
    """Of the keys that code and templates name none is missing, and none stands in the file for nothing."""
    there = set(words_of("en").sentences)
    sections = {key.split(".")[0] for key in there if "." in key}
    asked = set(used())
    shaped = {key for key in asked if re.fullmatch(r"[a-z]+\.[a-z_-]*[a-z]", key) and key.split(".")[0] in sections}
    files = {key for key in shaped if re.search(r"\.(html|css|js|png|svg)$", key)} | {"chart.language"}

    assert sorted(shaped - there - files) == []
    assert sorted(there - asked) == []


def test_numbers_are_written_as_the_language_does() -> None:
    """Three digits; a point in English, a comma in German; a list ends in its word for and."""
    english, german = words_of("en"), words_of("de")

    assert (english.written(1.914), english.written(147.6), english.written(3309.0)) == ("1.91", "148", "3309")
    assert (german.written(1.914), german.written(77.92)) == ("1,91", "77,9")
    assert (english.written(0.0000516), german.written(0.0000516)) == ("0.0000516", "0,0000516")
    assert german.listed(["a", "b", "c"]) == "a, b und c"
    assert english.listed(["a"]) == "a"
