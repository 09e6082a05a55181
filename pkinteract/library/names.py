"""Which drug a name means: id, INN, brand, synonym or ATC code; never another drug because it is spelled alike."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from pkinteract.text.toml import read_toml

SLIPS = {8: 2, 5: 1}
"""Length of a name from which so many slips of the pen are looked for, longest first; none in its first letter."""

_OTHERS = Path(__file__).parent / "other_drugs.toml"


def folded(name: str) -> str:
    """A name without case, accents, apostrophes and points; what else parts words is one space.

    >>> folded("St. John’s-Wort")
    'st johns wort'
    """
    plain = "".join(char for char in unicodedata.normalize("NFKD", name) if not unicodedata.combining(char))
    return " ".join(re.sub("[.'\u2018\u2019`\u00b4]", "", plain.casefold()).replace("-", " ").split())


def names_of(id: str, data: Mapping[str, Any] | None) -> Iterator[str]:
    """The names of a drug file: its id, name, codes, and the table ``[names]``; none that is no text."""
    yield id
    data = data or {}
    given = data.get("names")
    table = given if isinstance(given, Mapping) else {}
    for name in (data.get("name"), data.get("atc"), table.get("german")):
        if isinstance(name, str):
            yield name
    for key in ("brands", "synonyms", "atc"):
        texts = table.get(key)
        yield from (name for name in (texts if isinstance(texts, list) else ()) if isinstance(name, str))


def index(files: Iterable[tuple[str, Mapping[str, Any] | None]]) -> dict[str, tuple[str, ...]]:
    """Folded name to the ids of the drugs that have it."""
    ids: dict[str, tuple[str, ...]] = {}
    for id, data in files:
        for word in dict.fromkeys(map(folded, names_of(id, data))):
            ids[word] = (*ids.get(word, ()), id)
    return ids


def unknown(name: str, known: Mapping[str, Sequence[str]]) -> str:
    """What to say of a name that means no drug of the library, or several; ``known`` is its ``index``."""
    word = folded(name)
    if len(known.get(word, ())) == 1:
        return f'"{name}" means {known[word][0]}; write that'
    if word in known:
        return f'"{name}" means {" and ".join(sorted(known[word]))} here; write one of them'
    head = f'"{name}" is not in the library'
    listed = "pkinteract drugs lists what there is"
    if word in _others():
        return f"{head}, and no drug there stands for it; {listed}"
    most = next((slips for length, slips in SLIPS.items() if len(word) >= length), 0)
    near: dict[str, int] = {}
    for other, ids in known.items():
        alike = other[:1] == word[:1] and abs(len(other) - len(word)) <= most
        slips = edits(word, other) if alike else most + 1
        if word.startswith(f"{other} "):
            slips = min(slips, most)
        if slips <= most:
            near |= {id: min(near.get(id, slips), slips) for id in ids}
    best = [id for id, slips in near.items() if slips == min(near.values())]
    return f"{head}; did you mean {' or '.join(best)}?" if best else f"{head}; {listed}"


def edits(one: str, other: str) -> int:
    """Letters added, left out, replaced or swapped with a neighbour between two words (optimal string alignment)."""
    before, row = [0] * (len(other) + 1), list(range(len(other) + 1))
    for i, letter in enumerate(one, start=1):
        older, before, row = before, row, [i]
        for j, wanted in enumerate(other, start=1):
            row.append(min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != wanted)))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                row[j] = min(row[j], older[j - 2] + 1)
    return row[-1]


@cache
def _others() -> frozenset[str]:
    """Drugs that are known and not in the library, folded: none of them is a slip of the pen."""
    return frozenset(folded(name) for name in read_toml(_OTHERS, ours=True).data["names"])
