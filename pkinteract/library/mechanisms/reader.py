"""``mechanisms.toml``, read once, and what drug files may say of its sites."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from pkinteract.errors import did_you_mean
from pkinteract.library.checks import Fault, nested_table, table_rows
from pkinteract.library.mechanisms.schema import MechanismFile
from pkinteract.library.reader import validated
from pkinteract.text.toml import read_toml

MECHANISMS = Path(__file__).parent / "mechanisms.toml"
"""The shipped file."""


@cache
def mechanisms() -> MechanismFile:
    """The shipped file, read once.

    Raises
    ------
    InputError
        With every problem of it: a source that is none, a site that stands twice.
    """
    file = read_toml(MECHANISMS, ours=True)
    return validated(MechanismFile, file, _faults(file.data))


def _faults(data: Mapping[str, Any]) -> Iterator[Fault]:
    sources = nested_table(data, "sources")
    for table in ("site", "silent", "synergy", "claim"):
        seen: set[object] = set()
        for i, entry in table_rows(data, table):
            source, id = entry.get("source"), entry.get("id")
            if isinstance(source, str) and source not in sources:
                yield (table, i, "source"), f'"{source}" is not in [sources]; {did_you_mean(source, sources)}'
            if entry.get("kind") == "assumed" and "note" not in entry:
                yield (table, i, "note"), "what is assumed needs a note that says why"
            if id is not None and id in seen:
                yield (table, i, "id"), f'"{id}" stands twice; keep one of them'
            seen.add(id)


def target_faults(data: Mapping[str, Any]) -> Iterator[Fault]:
    """What the pillars and targets of a drug file contradict the sites or each other in.

    Sites that are none, or of another pillar; a metabolite that it does not form; ends that are not in order.
    """
    sites = {site.id: site for site in mechanisms().site}
    forms = (pathway.get("forms") for _, pathway in table_rows(data, "elimination", "pathway"))
    formed = {name for name in forms if isinstance(name, str)}
    for i, pillar in table_rows(data, "pillar"):
        site, through = pillar.get("site"), pillar.get("through")
        if isinstance(site, str) and site not in sites:
            yield ("pillar", i, "site"), f'"{site}" is no site; {did_you_mean(site, sites)}'
        elif isinstance(site, str) and sites[site].pillar != pillar.get("name"):
            yield ("pillar", i, "site"), f'"{site}" is no site of this pillar but of {sites[site].pillar or "none"}'
        if isinstance(through, str) and through not in formed:
            yield ("pillar", i, "through"), f'"{through}" is formed by no pathway of this drug'
    for i, target in table_rows(data, "target"):
        site = target.get("site")
        if isinstance(site, str) and site not in sites:
            yield ("target", i, "site"), f'"{site}" is no site; {did_you_mean(site, sites)}'
        yield from _constants(i, target)


def _constants(i: int, target: Mapping[str, Any]) -> Iterator[Fault]:
    """Ends and constant of one target, which must be of one unit and basis and ascend."""
    ends = [(name, target[name]) for name in ("low", "constant", "high") if isinstance(target.get(name), Mapping)]
    for name, end in ends:
        for key in ("unit", "basis"):
            if end.get(key) != ends[0][1].get(key):
                yield ("target", i, name, key), f"must be the {key} of {ends[0][0]}"
    numbers = [(name, end.get("value")) for name, end in ends]
    for (before, one), (after, other) in pairwise(numbers):
        if isinstance(one, (int, float)) and isinstance(other, (int, float)) and not one < other:
            yield ("target", i, after), f"must be above {before}"
