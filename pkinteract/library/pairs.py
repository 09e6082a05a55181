"""``pairs.toml``: effects that are published and not modelled, and pairs in which somebody looked and saw none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pkinteract.errors import did_you_mean
from pkinteract.library.checks import Fault, nested_table, table_rows
from pkinteract.library.reader import Library, load_library, validated
from pkinteract.library.schema.pairs import PairFile, PairStatus
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


def read_pairs(path: Path, library: Library) -> tuple[KnownPair, ...]:
    """Read a file of pairs.

    Raises
    ------
    InputError
        With every problem of the file: an unknown key, drug, analyte or source, a pair that stands twice, a ratio that
        is missing or says something of nothing.
    """
    file = read_toml(path, ours=path == PAIRS)
    read = validated(PairFile, file, _faults(file.data, library))
    return tuple(
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


@cache
def known_pairs() -> tuple[KnownPair, ...]:
    """The pairs of the shipped file, read once."""
    return read_pairs(PAIRS, load_library())


def _faults(data: Mapping[str, Any], library: Library) -> Iterator[Fault]:
    sources = nested_table(data, "sources")
    seen: dict[tuple[object, ...], int] = {}
    for i, pair in table_rows(data, "pair"):
        for key in ("perpetrator", "victim"):
            drug = pair.get(key)
            if isinstance(drug, str) and drug not in library.files:
                yield ("pair", i, key), library.unknown(drug)
        if pair.get("perpetrator") == pair.get("victim"):
            yield ("pair", i, "victim"), "is the perpetrator itself; a pair is of two drugs"
        yield from _analyte(i, pair, library)
        source = pair.get("source")
        if isinstance(source, str) and source not in sources:
            close = did_you_mean(source, sources) if sources else f"add a table [sources.{source}]"
            yield ("pair", i, "source"), f'"{source}" is not in [sources]; {close}'
        if pair.get("status") == "known-not-modelled" and "ratio" not in pair:
            yield ("pair", i, "ratio"), "is required: the published size, such as [1.42, 1.88]"
        if pair.get("status") == "looked-for-none" and "ratio" in pair:
            yield ("pair", i, "ratio"), "does not go with looked-for-none; leave it out, or write known-not-modelled"
        who = pair.get("perpetrator"), pair.get("victim"), pair.get("analyte", pair.get("victim"))
        if who in seen:
            yield ("pair", i), f"stands twice, as pair {seen[who] + 1} already; keep one of them"
        seen.setdefault(who, i)


def _analyte(i: int, pair: Mapping[str, Any], library: Library) -> Iterator[Fault]:
    analyte, victim = pair.get("analyte"), pair.get("victim")
    if not isinstance(analyte, str) or not isinstance(victim, str) or victim not in library.files:
        return
    known = library.reported(victim)
    if analyte not in known:
        text = f'"{analyte}" is neither {victim} nor a metabolite or sum of it; {did_you_mean(analyte, sorted(known))}'
        yield ("pair", i, "analyte"), text
