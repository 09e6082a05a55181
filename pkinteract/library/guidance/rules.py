"""Files of rules -> the rules of some drugs; only what concerns them is parsed."""

from __future__ import annotations

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
_TEXTS = re.compile(r"^[a-z]{2}\.(?:advice|why|changes) = ", re.MULTILINE)

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
        lines = (line for line in self.block.splitlines() if line.startswith(f"{language}."))
        words = tomllib.loads("\n".join(lines))[language]
        return RuleText(advice=words["advice"], why=words["why"], changes=words.get("changes", ""))


def rule_files() -> tuple[Path, ...]:
    """The files that hold rules, sorted."""
    return tuple(path for path in sorted(FOLDER.glob("*.toml")) if path not in (GROUPS, SOURCES))


def rules_of(drugs: Collection[str]) -> tuple[Rule, ...]:
    """The rules that begin with one of the drugs, by themselves or in a group, in the order of the files.

    Of every other rule only the line with its drugs is read.
    """
    wanted = {*drugs, *(group for group, members in group_members().items() if not members.isdisjoint(drugs))}
    return tuple(_rule(topic, block) for topic, block, named in _index() if not wanted.isdisjoint(named))


@cache
def _index() -> tuple[tuple[str, str, frozenset[str]], ...]:
    """Topic, text and the drugs of every rule as they are written."""
    return tuple(
        (path.stem, block, frozenset(_QUOTED.findall(_line_of(block, "drugs"))))
        for path in rule_files()
        for block in path.read_text("utf-8").split(_RULE)[1:]
    )


def _line_of(block: str, key: str) -> str:
    start = block.index(f"{key} = ")
    return block[start : block.index("\n", start)]


@cache
def _rule(topic: str, block: str) -> Rule:
    texts = _TEXTS.search(block)
    facts = tomllib.loads(block if texts is None else block[: texts.start()])
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


@cache
def group_members() -> Mapping[str, frozenset[str]]:
    """Drugs of every group; a member that is a group stands for its members."""
    written = _groups()["groups"]

    def drugs(name: str) -> Iterator[str]:
        for member in written[name]:
            yield from drugs(member) if member in written else (member,)

    return {name: frozenset(drugs(name)) for name in written}


def drugs_of(names: Collection[str]) -> frozenset[str]:
    """Drugs that ids and groups stand for."""
    groups = group_members()
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


@cache
def source_of(key: str) -> str:
    """The citation of a source."""
    text = SOURCES.read_text("utf-8")
    start = text.index(f"[sources.{key}]\n")
    end = text.find("\n[", start)
    entry = tomllib.loads(text[start : end if end > 0 else len(text)])["sources"][key]
    return str(entry["cite"])


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
    return tuple(_rule(topic, block) for topic, block, _ in _index())
