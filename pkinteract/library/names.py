"""Which drug a name means: id, INN, brand, synonym or ATC code."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pkinteract.errors import did_you_mean
from pkinteract.library.checks import Fault, Key, nested_table
from pkinteract.text.toml import read_toml

if TYPE_CHECKING:
    from pkinteract.library.schema.mixtures import Combination, MixtureFile, Racemate

HEAD = ("name", "atc", "group")
"""Keys of a drug file, beside its table ``[names]``, that an index of names is made of."""

_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "ae", "Ö": "oe", "Ü": "ue"})

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
    racemates, combinations
        Names that mean several drugs of one dose.
    groups
        Drug id to its class.
    """

    meanings: Mapping[str, tuple[Meaning, ...]]
    racemates: Mapping[str, Racemate]
    combinations: Mapping[str, Combination]
    groups: Mapping[str, str]

    @property
    def mixtures(self) -> dict[str, Racemate | Combination]:
        """Racemates and combinations."""
        return {**self.racemates, **self.combinations}

    def meaning(self, name: str) -> Meaning | None:
        """What a name means; None if that is nothing, several drugs, or a mixture."""
        words = spellings(name)
        if any(word in self.racemates or word in self.combinations for word in words):
            return None
        meanings = next((self.meanings[word] for word in words if word in self.meanings), ())
        return meanings[0] if len(meanings) == 1 else None

    def having(self, text: str) -> frozenset[str]:
        """Ids of the drugs that have a text in a name, or in the name of a mixture that they are part of."""
        wanted = spellings(text)
        drugs = [
            meaning.drug
            for word, each in self.meanings.items()
            if any(part in word for part in wanted)
            for meaning in each
        ]
        names = {
            name
            for word, mixture in self.mixtures.items()
            if any(part in word for part in wanted)
            for name in mixture.drugs
        }
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


@lru_cache(maxsize=4096)
def spellings(name: str) -> tuple[str, ...]:
    """A name folded, and with ae, oe, ue for umlauts as they are often written.

    >>> spellings("Valproinsäure")
    ('valproinsaure', 'valproinsaeure')
    """
    composed = unicodedata.normalize("NFC", name)
    return tuple(dict.fromkeys((folded(name), folded(composed.translate(_UMLAUTS)))))


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


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedDrug:
    """A drug file as an index of names takes it.

    Attributes
    ----------
    id
        The drug.
    group
        Its class; None without one.
    words
        Every spelling of every name, and what it means.
    """

    id: str
    group: str | None
    words: tuple[tuple[str, Meaning], ...]


def named_drug(id: str, data: Mapping[str, Any] | None) -> NamedDrug:
    """The names of a drug file, given as its id and what stands in it."""
    group = nested_table(data).get("group")
    words = tuple((word, meaning) for meaning in names_of(id, data) for word in spellings(meaning.name))
    return NamedDrug(id=id, group=group if isinstance(group, str) else None, words=words)


def index(drugs: Iterable[NamedDrug]) -> NameIndex:
    """The index of the names of drugs."""
    meanings: dict[str, dict[str, Meaning]] = {}
    groups: dict[str, str] = {}
    for drug in drugs:
        if drug.group is not None:
            groups[drug.id] = drug.group
        for word, meaning in drug.words:
            meanings.setdefault(word, {}).setdefault(drug.id, meaning)
    known = {word: tuple(by_drug.values()) for word, by_drug in meanings.items()}
    ids = {meaning.drug for each in known.values() for meaning in each}
    there = [one for one in mixtures().racemate if one.id not in ids and ids.issuperset(one.drugs)]
    return NameIndex(
        meanings=known,
        racemates={word: one for one in there for name in one.names for word in spellings(name)},
        combinations={word: one for one in mixtures().combination for name in one.names for word in spellings(name)},
        groups=groups,
    )


@cache
def mixtures() -> MixtureFile:
    """Racemates and combinations of the library."""
    from pkinteract.library.schema.mixtures import MixtureFile

    return MixtureFile.model_validate(read_toml(_FOLDER / "mixtures.toml", ours=True).data)


def said_of(name: str, text: str) -> str:
    """That a name means something, such as "Tegretol is carbamazepine"; empty if it says so itself."""
    return "" if id_of(name) == text else f"{name} is {text}"


def given_as(racemate: Racemate) -> str:
    """How the parts of a racemate are given."""
    shares = dict.fromkeys(part.share.canonical for part in racemate.part)
    each = (
        "half of the dose each"
        if list(shares) == [0.5]
        else f"{all_of([f'{share:.0%}' for share in shares])} of the dose"
    )
    return f"given as {all_of(racemate.drugs)}, {each}"


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
            yield key, f'"{name}" is {what} of {all_of(others)} already; write one that is of this drug alone'
        elif (mixture := known.racemates.get(word) or known.combinations.get(word)) is not None:
            yield key, f'"{name}" is {all_of(mixture.drugs)} already; write one that is of this drug alone'


def _placed(data: Mapping[str, Any]) -> Iterator[tuple[Key, str]]:
    """The names of a drug file with their keys, without what it may share with a file of the same substance."""
    table = nested_table(data, "names")
    placed: list[tuple[Key, object]] = [(("id",), data.get("id")), (("names", "german"), table.get("german"))]
    lists: dict[Key, object] = {("names", key): table.get(key) for key in ("brands", "synonyms")}
    lists |= {("names", "formulations", form): names for form, names in nested_table(table, "formulations").items()}
    for at, names in lists.items():
        placed += [((*at, n), name) for n, name in enumerate(_listed(names))]
    yield from ((key, name) for key, name in placed if isinstance(name, str) and folded(name))


def _listed(value: object) -> list[object]:
    return list(value) if isinstance(value, (list, tuple)) else []


def all_of(words: Sequence[str]) -> str:
    """Words as one says them: "a, b and c"."""
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
