"""Which drug a name means: id, INN, brand, synonym or ATC code; never another drug because it is spelled alike."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pkinteract.errors import did_you_mean
from pkinteract.library.checks import Fault, Key, nested_table
from pkinteract.library.schema.mixtures import Combination, MixtureFile, Racemate
from pkinteract.text.toml import read_toml

SLIPS = {8: 2, 5: 1}
"""Length of a name from which so many slips of the pen are looked for, longest first; none in its first letter."""

HEAD = ("name", "atc", "group")
"""Keys of a drug file, beside its table ``[names]``, that an index of names is made of."""

_LISTED = 60
"""Names that are listed at most."""

_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What a name means.

    Attributes
    ----------
    name
        The name as the drug file has it.
    drug
        Id of the drug.
    formulation
        The formulation, or the form that is not modelled, that the name stands for; None if it stands for the drug.
    """

    name: str
    drug: str
    formulation: str | None = None

    @property
    def text(self) -> str:
        """The drug, and its formulation."""
        return " ".join(filter(None, (self.drug, self.formulation)))


@dataclass(frozen=True, slots=True, kw_only=True)
class NameIndex:
    """Names, folded, of the drugs of a library.

    Attributes
    ----------
    meanings
        What a name means: one entry for each drug that has it.
    mixtures
        Racemates and combinations.
    groups
        Drug id to its class.
    """

    meanings: Mapping[str, tuple[Meaning, ...]]
    mixtures: Mapping[str, Racemate | Combination]
    groups: Mapping[str, str]

    def meaning(self, name: str) -> Meaning | None:
        """What a name means; None if that is nothing, several drugs, or a mixture."""
        word = folded(name)
        meanings = () if word in self.mixtures else self.meanings.get(word, ())
        return meanings[0] if len(meanings) == 1 else None

    def having(self, text: str) -> frozenset[str]:
        """Ids of the drugs that have a text in a name, or in the name of a mixture that they are part of."""
        wanted = folded(text)
        drugs = [meaning.drug for word, each in self.meanings.items() if wanted in word for meaning in each]
        names = {name for word, mixture in self.mixtures.items() if wanted in word for name in mixture.drugs}
        return frozenset([*drugs, *(meaning.drug for name in names if (meaning := self.meaning(name)) is not None)])

    def described(self, drug: str, name: str = "") -> str:
        """A drug with its class, so that nobody takes it for another; behind the ``name`` that led to it."""
        kind = self.groups.get(drug)
        if name and id_of(name) != drug:
            return f"{name} ({', '.join(filter(None, (drug, kind)))})"
        return f"{drug} ({kind})" if kind else drug


def folded(name: str) -> str:
    """A name without case, accents, apostrophes and points; what else parts words is one space.

    >>> folded("St. John’s-Wort")
    'st johns wort'
    """
    plain = "".join(char for char in unicodedata.normalize("NFKD", name) if not unicodedata.combining(char))
    return " ".join(re.sub("[.'\u2018\u2019`\u00b4]", "", plain.casefold()).replace("-", " ").split())


def id_of(name: str) -> str:
    """What a name would be as an id."""
    return folded(name).replace(" ", "-")


def names_of(id: str, data: Mapping[str, Any] | None) -> Iterator[Meaning]:
    """The names of a drug file: its id, name, codes, and the table ``[names]``; none that is no text."""
    table = nested_table(data, "names")
    texts = [id, *(nested_table(data).get(key) for key in ("name", "atc")), table.get("german")]
    for key in ("brands", "synonyms", "atc"):
        texts += _listed(table.get(key))
    yield from (Meaning(name=name, drug=id) for name in texts if isinstance(name, str))
    for form, names in nested_table(table, "formulations").items():
        yield from (Meaning(name=name, drug=id, formulation=form) for name in _listed(names) if isinstance(name, str))


def index(files: Iterable[tuple[str, Mapping[str, Any] | None]]) -> NameIndex:
    """The index of drug files, given as ids and what stands in each."""
    meanings: dict[str, dict[str, Meaning]] = {}
    groups: dict[str, str] = {}
    for id, data in files:
        kind = nested_table(data).get("group")
        groups |= {id: kind} if isinstance(kind, str) else {}
        for meaning in names_of(id, data):
            meanings.setdefault(folded(meaning.name), {}).setdefault(id, meaning)
    known = {word: tuple(by_drug.values()) for word, by_drug in meanings.items()}
    ids = {meaning.drug for each in known.values() for meaning in each}
    return NameIndex(
        meanings=known,
        mixtures={
            folded(name): mixture
            for mixture in mixtures()
            if isinstance(mixture, Combination) or (mixture.id not in ids and ids.issuperset(mixture.drugs))
            for name in mixture.names
        },
        groups=groups,
    )


@cache
def mixtures() -> tuple[Racemate | Combination, ...]:
    """Racemates and combinations of the library."""
    read = MixtureFile.model_validate(read_toml(_FOLDER / "mixtures.toml", ours=True).data)
    return (*read.racemate, *read.combination)


def unknown(name: str, known: NameIndex, forms: Callable[[str], Sequence[str]]) -> str:
    """What to say of a name that means no drug of the library, or several.

    Parameters
    ----------
    forms
        Formulations of a drug of the library.
    """
    word = folded(name)
    mixture = known.mixtures.get(word)
    if mixture is not None:
        return f'"{name}" is {mixed(mixture, known)}'
    meanings = known.meanings.get(word, ())
    if len(meanings) == 1:
        return f'"{name}" means {meanings[0].text}; write that'
    if meanings:
        drugs = sorted(meaning.drug for meaning in meanings)
        return f'"{name}" means {" and ".join(map(known.described, drugs))} here; write one of them'
    head = f'"{name}" is not in the library'
    listed = "pkinteract drugs lists what there is"
    if word in _others():
        return f"{head}, and no drug there stands for it; {listed}"
    near = _near(word, known)
    meant = f"{head}; did you mean {_or(near)}?" if near else ""
    begun = _several(name, known) or _begun(name, known, forms)
    return (begun or meant if " " in name.strip() else meant or begun) or f"{head}; {listed}"


def instead(name: str, known: NameIndex, present: Sequence[str]) -> str:
    """What to write for a name that is none of the drugs ``present``: what a slip of the pen meant, else all of them.

    A name that means another drug is no slip.
    """
    word = folded(name)
    mixture = known.mixtures.get(word)
    if isinstance(mixture, Racemate) and set(mixture.drugs) & set(present):
        return f"it is {given_as(mixture)}: write one of them"
    if word not in known.meanings and mixture is None and word not in _others():
        slips = {other: edits(word, folded(other)) for other in present if _comparable(word, folded(other))}
        least = min(slips.values(), default=_most(word) + 1)
        if least <= _most(word):
            return f"did you mean {_or([other for other, count in slips.items() if count == least])}?"
    more = len(present) - _LISTED
    return f"known are {', '.join(present[:_LISTED])}{f' and {more} more' if more > 0 else ''}"


def mixed(mixture: Racemate | Combination, known: NameIndex) -> str:
    """What a name of several drugs is, and what to write."""
    if isinstance(mixture, Racemate):
        return f"{mixture.id}, given as {_and(mixture.drugs)}; write one of them"
    parts = [f"{drug} {amount}" for drug, amount in mixture.holds.items()]
    return f"{_and(parts)} in {mixture.of}; {_each(mixture.drugs, known)}"


def said_of(name: str, text: str) -> str:
    """That a name means something, such as "Tegretol is carbamazepine"; empty if it says so itself."""
    return "" if id_of(name) == text else f"{name} is {text}"


def given_as(racemate: Racemate) -> str:
    """How the parts of a racemate are given."""
    shares = dict.fromkeys(part.share.canonical for part in racemate.part)
    each = (
        "half of the dose each"
        if list(shares) == [0.5]
        else f"{_and([f'{share:.0%}' for share in shares])} of the dose"
    )
    return f"given as {_and(racemate.drugs)}, {each}"


def name_faults(data: Mapping[str, Any]) -> Iterator[Fault]:
    """Names of a drug file that stand twice in a list or for two forms, and forms that the drug does not have."""
    forms = [*nested_table(data, "absorption"), *nested_table(data, "dosing", "other_forms")]
    for form in nested_table(data, "names", "formulations"):
        if form not in forms:
            hint = did_you_mean(form, forms) if forms else "it has none"
            yield ("names", "formulations", form), f"is neither a formulation nor another form of this drug; {hint}"
    seen: dict[str, Key] = {}
    for key, name in _placed(data):
        first = seen.setdefault(folded(name), key)
        if key[:2] == ("names", "formulations") and first[:3] != key[:3]:
            yield key, f'"{name}" stands for the drug, or for another form, already; keep it once'
        elif first[:-1] == key[:-1] and first != key and isinstance(key[-1], int):
            yield key, f'"{name}" stands twice; keep it once'


def taken_names(data: Mapping[str, Any], known: NameIndex) -> Iterator[Fault]:
    """Names of a drug file of one's own that mean something else in the library, ``known``, and would lead to neither.

    The ``name`` that people read, and ATC codes, may be those of another file: they are of the substance.
    """
    id = data.get("id")
    for key, name in _placed(data):
        word = folded(name)
        others = [meaning.drug for meaning in known.meanings.get(word, ()) if meaning.drug != id]
        if others:
            what = "the id" if id_of(name) in others else "a name"
            yield key, f'"{name}" is {what} of {_and(others)} already; write one that is of this drug alone'
        elif word in known.mixtures:
            yield key, f'"{name}" is {_and(known.mixtures[word].drugs)} already; write one that is of this drug alone'


def _placed(data: Mapping[str, Any]) -> Iterator[tuple[Key, str]]:
    """The names of a drug file with their keys, without what it may share with a file of the same substance."""
    table = nested_table(data, "names")
    placed: list[tuple[Key, object]] = [(("id",), data.get("id")), (("names", "german"), table.get("german"))]
    lists: dict[Key, object] = {("names", key): table.get(key) for key in ("brands", "synonyms")}
    lists |= {("names", "formulations", form): names for form, names in nested_table(table, "formulations").items()}
    for at, names in lists.items():
        placed += [((*at, n), name) for n, name in enumerate(_listed(names))]
    yield from ((key, name) for key, name in placed if isinstance(name, str) and folded(name))


def _each(names: Sequence[str], known: NameIndex) -> str:
    """What to write for several drugs, and which of them are not there."""
    meant = {name: known.meaning(name) for name in names}
    there = [f'"{meaning.drug}"' for meaning in meant.values() if meaning is not None]
    missing = [name for name, meaning in meant.items() if meaning is None]
    lacking = f"{_and(missing)} {'is' if len(missing) == 1 else 'are'} not in the library" if missing else ""
    write = f"write a [[regimen]] for each drug: {', '.join(there)}" if there else ""
    return "; ".join(filter(None, (write, lacking)))


def _several(name: str, known: NameIndex) -> str:
    """What to say of drugs that are joined by a sign; empty if the name is none of that."""
    parts = [part.strip() for part in re.split(r"[+/,;&]", name)]
    if len(parts) < 2 or not any(known.meaning(part) for part in parts):
        return ""
    if not all(re.match(r"[^\W\d]", part) for part in parts):
        return ""
    return f'"{name}" is several drugs; {_each(parts, known)}'


def _begun(name: str, known: NameIndex, forms: Callable[[str], Sequence[str]]) -> str:
    """What to say of a name with more behind it: a strength, a salt or a form; empty if it begins with no name."""
    words = re.sub(r"(?<=\d)(?=[^\W\d])", " ", name.replace("-", " ")).split()
    for count in range(len(words) - 1, 0, -1):
        begin, rest = " ".join(words[:count]), words[count:]
        word = folded(begin)
        if word in known.mixtures or len(known.meanings.get(word, ())) > 1:
            return f'"{name}" begins with {begin}: {unknown(begin, known, forms)}'
        meaning = known.meaning(begin)
        if meaning is not None:
            return f'"{name}" begins with {meaning.name}, which is {meaning.text}; {_written(meaning, rest, forms)}'
    return ""


_STRENGTH = re.compile(r"\d+(?:[.,]\d+)?(?:/\d+(?:[.,]\d+)?)?")
_UNITS = {"mg", "g", "ug", "µg", "mcg", "ml", "%", "ie", "iu", "i.e."}
"""Words of a strength, beside its number."""


def _written(meaning: Meaning, rest: Sequence[str], forms: Callable[[str], Sequence[str]]) -> str:
    """What to write where a strength, a salt or a form stands behind a name."""
    strength = [word for word in rest if _STRENGTH.fullmatch(word) or word.casefold() in _UNITS]
    form = [word for word in rest if word not in strength]
    write = [f'drug = "{meaning.drug}"']
    if meaning.formulation is not None:
        write.append(f'formulation = "{meaning.formulation}"')
    elif form:
        write.append(f'the formulation that "{" ".join(form)}" stands for ({", ".join(forms(meaning.drug))})')
    if strength:
        write.append(f'the dose ("{" ".join(strength)}") in a course')
    return f"write {_and(write)}"


def _near(word: str, known: NameIndex) -> list[str]:
    """The drugs that a slip of the pen may have meant, with what they are; also those that the library lacks."""
    candidates: dict[str, dict[str, str]] = {}
    for other, meanings in known.meanings.items():
        candidates[other] = {meaning.drug: known.described(meaning.drug, meaning.name) for meaning in meanings}
    for other, mixture in known.mixtures.items():
        candidates[other] = {mixture.names[0]: f"{mixture.names[0]} ({' + '.join(mixture.drugs)})"}
    for other, name in _others().items():
        candidates.setdefault(other, {other: f"{name} (not in the library)"})
    slips = {other: edits(word, other) for other in candidates if _comparable(word, other)}
    least = min(slips.values(), default=0)
    if least > _most(word):
        return []
    best: dict[str, str] = {}
    for other, count in slips.items():
        if count == least:
            best = candidates[other] | best
    return list(best.values())


def _most(word: str) -> int:
    """Slips that are looked for in a word."""
    return next((slips for length, slips in SLIPS.items() if len(word) >= length), 0)


def _comparable(word: str, other: str) -> bool:
    """Whether a word may be a slip of another: it begins alike and is about as long."""
    return other[:1] == word[:1] and abs(len(other) - len(word)) <= _most(word)


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
def _others() -> Mapping[str, str]:
    """Drugs that are known and not in the library, folded: none of them is a slip of the pen."""
    return {folded(name): name for name in read_toml(_FOLDER / "other_drugs.toml", ours=True).data["names"]}


def _listed(value: object) -> list[object]:
    return list(value) if isinstance(value, (list, tuple)) else []


def _and(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _or(words: Sequence[str]) -> str:
    return " or ".join(words)
