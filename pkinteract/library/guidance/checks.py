"""What is wrong with the files of rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pkinteract.errors import did_you_mean
from pkinteract.library.checks import Fault, table_rows
from pkinteract.library.guidance.rules import GROUPS, SOURCES, rule_files
from pkinteract.library.guidance.vocabulary import (
    ALLELES,
    ANCESTRIES,
    CONDITIONS,
    CONTRACEPTION,
    INDICATIONS,
    SEIZURE_TYPES,
)
from pkinteract.library.phenotypes import genes
from pkinteract.library.reader import Library, load_library, validated
from pkinteract.library.schema.guidance import GroupFile, RuleFile, SourceFile
from pkinteract.library.suggestions import listed_elsewhere
from pkinteract.text.toml import read_toml

_WORDS = {
    "allele": ALLELES,
    "allele_absent": ALLELES,
    "allele_unknown": ALLELES,
    "ancestry": ANCESTRIES,
    "condition": CONDITIONS,
    "no_condition": CONDITIONS,
    "contraception": CONTRACEPTION,
    "indication": INDICATIONS,
    "seizure": SEIZURE_TYPES,
}
"""Conditions and the list that their words are of."""


def check_rules() -> None:
    """Read every file of rules in full.

    Raises
    ------
    InputError
        With every problem of the first file that has any.
    """
    library = load_library()
    groups = read_toml(GROUPS, ours=True)
    named = validated(GroupFile, groups, _group_faults(groups.data, library))
    sources = validated(SourceFile, read_toml(SOURCES, ours=True), ())
    known = _Known(library, named.groups, sources.sources)
    ids: dict[str, Path] = {}
    seen: dict[str, str] = {}
    for path in rule_files():
        file = read_toml(path, ours=True)
        validated(RuleFile, file, [*_faults(file.data, known), *_doubles(path, file.data, ids, seen)])


class _Known:
    """What a rule may name."""

    def __init__(self, library: Library, groups: Mapping[str, object], sources: Mapping[str, object]) -> None:
        self.library, self.groups, self.sources = library, groups, sources

    def drug(self, name: str) -> str:
        """What is wrong with the name of a drug or a group; empty if nothing is."""
        return "" if name in self.groups else _unknown_drug(name, self.library)


def _unknown_drug(name: str, library: Library) -> str:
    if name in library.files:
        return ""
    if library.meaning(name) is None and listed_elsewhere(name):
        return ""
    return f'"{name}" is neither a drug of the library, nor one that it knows of, nor a group'


def _group_faults(data: Mapping[str, Any], library: Library) -> Iterator[Fault]:
    groups, covers = data.get("groups", {}), data.get("covers", {})
    for name, members in groups.items():
        for member in members:
            if member not in groups and (wrong := _unknown_drug(member, library)):
                yield ("groups", name), wrong
    for name in data.get("pillars", ()):
        if name not in groups:
            yield ("pillars",), f'"{name}" is not a group; {did_you_mean(name, groups)}'
    for drug, types in covers.items():
        if wrong := _unknown_drug(drug, library):
            yield ("covers", drug), wrong
        for word in types:
            if word not in SEIZURE_TYPES:
                yield ("covers", drug), f'"{word}" is not a seizure type; {did_you_mean(word, SEIZURE_TYPES)}'


def _faults(data: Mapping[str, Any], known: _Known) -> Iterator[Fault]:
    for i, rule in table_rows(data, "rule"):
        for key in ("drugs", "pair", "alternatives"):
            for name in rule.get(key, ()):
                if wrong := known.drug(name):
                    yield ("rule", i, key), wrong
        source = rule.get("source")
        if source not in known.sources:
            yield (
                ("rule", i, "source"),
                f'"{source}" is not in sources.toml; {did_you_mean(str(source), known.sources)}',
            )
        for condition in rule.get("when", ()):
            for wrong in _condition_faults(condition, known):
                yield ("rule", i, "when"), wrong


def _condition_faults(condition: Mapping[str, Any], known: _Known) -> Iterator[str]:
    for key, value in condition.items():
        if key in ("any", "all"):
            for part in value:
                yield from _condition_faults(part, known)
        words = _WORDS.get(key, ())
        for word in value if isinstance(value, list) else (value,):
            if words and word not in words:
                yield f'"{word}" is not a word of {key}; {did_you_mean(str(word), words)}'
            if key in ("beside", "without", "taken_over") and (wrong := known.drug(word)):
                yield wrong
        if key == "gene" and value.get("name") not in genes():
            yield f'"{value.get("name")}" is not a gene of the library; {did_you_mean(str(value.get("name")), genes())}'
        if key == "activity" and value.get("enzyme") not in known.library.enzymes:
            yield f'"{value.get("enzyme")}" is not an enzyme of the library'


def _doubles(path: Path, data: Mapping[str, Any], ids: dict[str, Path], seen: dict[str, str]) -> Iterator[Fault]:
    """Ids that stand twice, and rules of one body that ask the same of the same drugs."""
    for i, rule in table_rows(data, "rule"):
        name = str(rule.get("id"))
        if name in ids:
            yield ("rule", i, "id"), f'"{name}" is a rule of {ids[name].name} already'
        ids.setdefault(name, path)
        asked = repr((rule.get("body"), rule.get("drugs"), rule.get("pair"), rule.get("when"), rule.get("recommends")))
        if asked in seen:
            yield ("rule", i, "when"), f"asks what {seen[asked]} asks, of the same drugs and by the same body"
        seen.setdefault(asked, name)
