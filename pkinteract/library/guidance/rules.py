"""Files of rules -> the rules of some drugs; only what concerns them is parsed."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pkinteract.library.schema.guidance import Body, Confidence, Severity

FOLDER = Path(__file__).parent
GROUPS, SOURCES = FOLDER / "groups.toml", FOLDER / "sources.toml"

_RULE = "[[rule]]\n"
_QUOTED = re.compile(r'"([^"]+)"')

Condition = Mapping[str, Any]
"""One key and its value, as the file has them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleText:
    """A rule in one language; ``changes`` is empty where nothing is known that would change it."""

    advice: str
    why: str
    changes: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule.

    Attributes
    ----------
    topic
        Stem of the file that it stands in.
    drugs
        Ids, names of drugs that are not in the library, or groups: any of them.
    pair
        The same of the other drug of a pair; empty for a rule of one drug.
    when
        Conditions, all of which must hold.
    alternatives
        Drugs to offer instead.
    recommends
        Whether it speaks for the drug.
    block
        The rule as written.
    """

    id: str
    topic: str
    drugs: tuple[str, ...]
    pair: tuple[str, ...]
    when: tuple[Condition, ...]
    severity: Severity
    body: Body
    source: str
    confidence: Confidence
    alternatives: tuple[str, ...]
    recommends: bool
    block: str

    def text(self, language: str) -> RuleText:
        """What it says."""
        words = _lines(self.block, f"{language}.")
        return RuleText(advice=words["advice"], why=words["why"], changes=words.get("changes", ""))


def rule_files() -> tuple[Path, ...]:
    """The files that hold rules, sorted."""
    return tuple(path for path in sorted(FOLDER.glob("*.toml")) if path not in (GROUPS, SOURCES))


def rules_of(drugs: Collection[str]) -> tuple[Rule, ...]:
    """The rules of one of the drugs, and the pairs of two, by themselves or in a group, in the order of the files.

    Of every other rule only the lines with its drugs are read.
    """
    wanted = {*drugs, *(group for group, members in drug_groups().items() if not members.isdisjoint(drugs))}
    return tuple(
        _rule(topic, block)
        for topic, block, named, partners in _index()
        if not wanted.isdisjoint(named) and (not partners or not wanted.isdisjoint(partners))
    )


@cache
def _index() -> tuple[tuple[str, str, frozenset[str], frozenset[str]], ...]:
    """Topic, text, the drugs and the other drugs of every rule as they are written."""
    return tuple(
        (path.stem, block, _names(block, "drugs"), _names(block, "pair"))
        for path in rule_files()
        for block in path.read_text("utf-8").split(_RULE)[1:]
    )


def _names(block: str, key: str) -> frozenset[str]:
    start = block.find(f"\n{key} = ")
    return frozenset(_QUOTED.findall(block[start : block.index("\n", start + 1)]) if start >= 0 else ())


@cache
def _rule(topic: str, block: str) -> Rule:
    facts = _lines(block[: block.index("\nen.")])
    return Rule(
        id=facts["id"],
        topic=topic,
        drugs=tuple(facts["drugs"]),
        pair=tuple(facts.get("pair", ())),
        when=tuple(facts.get("when", ())),
        severity=facts["severity"],
        body=facts["body"],
        source=facts["source"],
        confidence=facts["confidence"],
        alternatives=tuple(facts.get("alternatives", ())),
        recommends=facts.get("recommends", False),
        block=block,
    )


def _lines(block: str, begin: str = "") -> dict[str, Any]:
    """Keys that begin so, without that, and their values.

    Of a rule each key stands on a line of its own, and every value but the conditions is JSON as well as TOML, which is
    read thirty times as fast.
    """
    lines = (line.removeprefix(begin).partition(" = ") for line in block.splitlines() if line.startswith(begin))
    return {
        key: tomllib.loads(f"when = {value}")["when"] if key == "when" else json.loads(value)
        for key, equals, value in lines
        if equals and key[0] not in "#["
    }


@cache
def drug_groups() -> Mapping[str, frozenset[str]]:
    """Drugs of every group; a member that is a group stands for its members."""
    written = _groups()["groups"]

    def drugs(name: str) -> Iterator[str]:
        for member in written[name]:
            yield from drugs(member) if member in written else (member,)

    return {name: frozenset(drugs(name)) for name in written}


def drugs_of(names: Collection[str]) -> frozenset[str]:
    """Drugs that ids and groups stand for."""
    groups = drug_groups()
    return frozenset(drug for name in names for drug in groups.get(name, (name,)))


def pillars() -> tuple[str, ...]:
    """Groups that are a mechanism each, by which antiseizure drugs differ."""
    return tuple(_groups()["pillars"])


def covered_types(drug: str) -> frozenset[str]:
    """Seizure types that a drug is used against; empty where none is named."""
    return frozenset(_groups()["covers"].get(drug, ()))


@cache
def _groups() -> Mapping[str, Any]:
    return tomllib.loads(GROUPS.read_text("utf-8"))


def source_of(key: str) -> str:
    """The citation of a source."""
    head = f"[sources.{key}]\ncite = "
    text = _sources()
    start = text.index(head) + len(head)
    return str(json.loads(text[start : text.index("\n", start)]))


@cache
def _sources() -> str:
    return SOURCES.read_text("utf-8")


def read_rules() -> tuple[Rule, ...]:
    """Every rule, checked.

    Raises
    ------
    InputError
        With every problem of the first file that has any: an unknown key or word, a drug, group or source that does not
        exist, an id or the conditions of another rule of the same body, a recalled rule that is too grave.
    """
    from pkinteract.library.guidance.checks import check_rules

    check_rules()
    return tuple(_rule(topic, block) for topic, block, _, _ in _index())
