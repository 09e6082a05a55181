"""``pairs.toml``: effects that are published and not modelled, pairs in which somebody looked and saw none, advice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pkinteract.errors import did_you_mean
from pkinteract.library.checks import Fault, nested_table, table_rows
from pkinteract.library.reader import Library, load_library, validated
from pkinteract.library.schema.pairs import PairAdviceKey, PairFile, PairStatus
from pkinteract.text.toml import read_toml

PAIRS = Path(__file__).parent / "pairs.toml"
"""The shipped file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPair:
    """What is known of two drugs beside their monographs.

    Attributes
    ----------
    analyte
        What was measured: the victim, a metabolite of it, or a sum.
    ratio
        Ends of the published ratio of exposure [1], equal if there is one number; None where none was found.
    source
        The citation.
    """

    perpetrator: str
    victim: str
    analyte: str
    status: PairStatus
    ratio: tuple[float, float] | None
    source: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PairAdvice:
    """What is to be done about two drugs that are taken together, whatever the size of the effect."""

    perpetrator: str
    victim: str
    advice: PairAdviceKey
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PairKnowledge:
    """What a file of pairs says."""

    pairs: tuple[KnownPair, ...]
    advice: tuple[PairAdvice, ...]


def read_pairs(path: Path, library: Library) -> PairKnowledge:
    """Read a file of pairs.

    Raises
    ------
    InputError
        With every problem of the file: an unknown key, drug, analyte or source, a pair that stands twice, a ratio that
        is missing or says something of nothing.
    """
    file = read_toml(path, ours=path == PAIRS)
    read = validated(PairFile, file, _faults(file.data, library))
    pairs = tuple(
        KnownPair(
            perpetrator=pair.perpetrator,
            victim=pair.victim,
            analyte=pair.analyte or pair.victim,
            status=pair.status,
            ratio=None if pair.ratio is None else (pair.ratio[0], pair.ratio[-1]),
            source=read.sources[pair.source].cite,
            note=pair.note or "",
        )
        for pair in read.pair
    )
    advice = tuple(
        PairAdvice(
            perpetrator=entry.perpetrator,
            victim=entry.victim,
            advice=entry.advice,
            source=read.sources[entry.source].cite,
        )
        for entry in read.advice
    )
    return PairKnowledge(pairs=pairs, advice=advice)


@cache
def _shipped() -> PairKnowledge:
    return read_pairs(PAIRS, load_library())


def known_pairs() -> tuple[KnownPair, ...]:
    """The pairs of the shipped file, read once."""
    return _shipped().pairs


def known_advice() -> tuple[PairAdvice, ...]:
    """The advice of the shipped file, read once."""
    return _shipped().advice


def _faults(data: Mapping[str, Any], library: Library) -> Iterator[Fault]:
    seen: dict[tuple[object, ...], int] = {}
    rows = [(name, *entry) for name in ("pair", "advice") for entry in table_rows(data, name)]
    for table, i, pair in rows:
        for key in ("perpetrator", "victim"):
            drug = pair.get(key)
            if isinstance(drug, str) and drug not in library.files:
                yield (table, i, key), library.unknown(drug)
        if pair.get("perpetrator") == pair.get("victim"):
            yield (table, i, "victim"), "is the perpetrator itself; a pair is of two drugs"
        if table == "pair":
            yield from _sized(i, pair, library)
        sources, source = nested_table(data, "sources"), pair.get("source")
        if isinstance(source, str) and source not in sources:
            close = did_you_mean(source, sources) if sources else f"add a table [sources.{source}]"
            yield (table, i, "source"), f'"{source}" is not in [sources]; {close}'
        who = table, pair.get("perpetrator"), pair.get("victim"), pair.get("analyte", pair.get("victim"))
        if who in seen:
            yield (table, i), f"stands twice, as {table} {seen[who] + 1} already; keep one of them"
        seen.setdefault(who, i)


def _sized(i: int, pair: Mapping[str, Any], library: Library) -> Iterator[Fault]:
    """What is wrong with the analyte and the ratio of a pair."""
    yield from _analyte(i, pair, library)
    if pair.get("status") == "known-not-modelled" and "ratio" not in pair:
        yield ("pair", i, "ratio"), "is required: the published size, such as [1.42, 1.88]"
    if pair.get("status") == "looked-for-none" and "ratio" in pair:
        yield ("pair", i, "ratio"), "does not go with looked-for-none; leave it out, or write known-not-modelled"


def _analyte(i: int, pair: Mapping[str, Any], library: Library) -> Iterator[Fault]:
    analyte, victim = pair.get("analyte"), pair.get("victim")
    if not isinstance(analyte, str) or not isinstance(victim, str) or victim not in library.files:
        return
    known = library.reported(victim)
    if analyte not in known:
        text = f'"{analyte}" is neither {victim} nor a metabolite or sum of it; {did_you_mean(analyte, sorted(known))}'
        yield ("pair", i, "analyte"), text
