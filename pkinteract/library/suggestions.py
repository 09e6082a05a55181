"""What to write instead of a name that means no drug here: never another drug because it is spelled alike."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path

from pkinteract.library.names import NameIndex, all_of, folded, given_as, id_of
from pkinteract.text.toml import read_toml

SLIPS = {8: 2, 5: 1}
"""Length of a name from which so many slips of the pen are looked for, longest first; none in its first letter."""

LONGEST = 200
"""Letters of a name that is looked into at most; no drug has a longer one."""

_ATC = re.compile(r"[a-z]\d\d[a-z]{2}\d\d")
"""A code of a substance, folded: the next one is that of another drug, never a slip."""

_LISTED = 60
"""Names that are listed at most."""

_OTHERS = Path(__file__).parent / "other_drugs.toml"


def unknown(name: str, known: NameIndex, forms: Callable[[str], Sequence[str]], offer: str = "") -> str:
    """What to say of a name that means no drug of the library, or several.

    Parameters
    ----------
    forms
        Formulations of a drug of the library.
    offer
        What else can be done with a drug that is not there, with {} for "it" or "them".
    """
    word = folded(name)
    if word in known.racemates:
        return f'"{name}" is given as {all_of(known.racemates[word].drugs)}; write one of them'
    if word in known.combinations:
        product = known.combinations[word]
        parts = [f"{drug} {amount}" for drug, amount in product.holds.items()]
        return f'"{name}" is {all_of(parts)} in {product.of}; {_each(product.drugs, known, offer)}'
    meanings = known.meanings.get(word, ())
    if len(meanings) == 1:
        return f'"{name}" means {meanings[0].text}; write that'
    if meanings:
        drugs = sorted(meaning.drug for meaning in meanings)
        return f'"{name}" means {" and ".join(map(known.described, drugs))} here; write one of them'
    head = f'"{name}" is not in the library'
    listed = offer.format("it") or "pkinteract drugs lists what there is"
    if len(name) > LONGEST:
        return f"{head}; {listed}"
    if word in _others():
        return f"{head}, and no drug there stands for it; {listed}"
    near = _near(word, known)
    other = f" If not, {offer.format('it')}" if offer else ""
    meant = f"{head}; did you mean {_or(list(near.values()))}?{other}" if near else ""
    begun = _several(name, known, offer) or _begun(name, known, forms)
    return (begun or meant if " " in name.strip() else meant or begun) or f"{head}; {listed}"


def unknown_metabolite(name: str, known: NameIndex) -> str:
    """What to say of a name that a pathway forms and that is the id of no drug."""
    word = folded(name)
    if word in known.racemates or word in known.combinations or word in known.meanings:
        return unknown(name, known, lambda _: ())
    near = _near(word, known) if len(name) <= LONGEST else {}
    meant = f"did you mean {_or(list(near.values()))}? If not, " if near else ""
    return f'"{name}" is not in the library; {meant}name its file too, in library or by another --drug'


def resembles(name: str, known: NameIndex, forms: Callable[[str], Sequence[str]]) -> str:
    """What drug of the library a name may be meant for that means none; empty if there is no such drug.

    A slip of the pen for it, its name with a strength or a form behind it, or several names in one.
    """
    word = folded(name)
    if word in _others() or len(name) > LONGEST:
        return ""
    if begun := _several(name, known) or _begun(name, known, forms):
        return begun
    near = _near(word, known)
    there = any(id not in _others() or known.meaning(id) is not None for id in near)
    return f'"{name}" is not in the library; did you mean {_or(list(near.values()))}?' if there else ""


def elsewhere(name: str) -> str:
    """A drug that the library lacks by the name under which it is known; as it is written if it is not."""
    return _others().get(folded(name), name)


def listed_elsewhere(name: str) -> bool:
    """Whether a drug that is not in the library is known by just this name."""
    return name in _others().values()


def instead(name: str, known: NameIndex, present: Sequence[str]) -> str:
    """What to write for a name that is none of the drugs ``present``: what a slip of the pen meant, else all of them.

    A name that means another drug is no slip.
    """
    word = folded(name)
    racemate = known.racemates.get(word)
    if racemate is not None and set(racemate.drugs) & set(present):
        return f"it is {given_as(racemate)}: write one of them"
    if not any(word in words for words in (known.meanings, known.racemates, known.combinations, _others())):
        slips = {other: edits(word, folded(other)) for other in present if _comparable(word, folded(other))}
        least = min(slips.values(), default=_most(word) + 1)
        if least <= _most(word):
            return f"did you mean {_or([other for other, count in slips.items() if count == least])}?"
    more = len(present) - _LISTED
    return f"known are {', '.join(present[:_LISTED])}{f' and {more} more' if more > 0 else ''}"


def _each(names: Sequence[str], known: NameIndex, offer: str = "") -> str:
    """What to write for several drugs, and which of them are not there; ``offer`` is what can be done with these."""
    meant = {name: known.meaning(name) for name in names}
    there = [f'"{meaning.drug}"' for meaning in meant.values() if meaning is not None]
    missing = [name for name, meaning in meant.items() if meaning is None]
    lacking = f"{all_of(missing)} {'is' if len(missing) == 1 else 'are'} not in the library" if missing else ""
    lacking += f": {offer.format('it' if len(missing) == 1 else 'them')}" if missing and offer else ""
    write = f"write a [[regimen]] for each drug: {', '.join(there)}" if there else ""
    return "; ".join(filter(None, (write, lacking)))


def _several(name: str, known: NameIndex, offer: str = "") -> str:
    """What to say of drugs that are joined by a sign; empty if the name is none of that."""
    parts = [part.strip() for part in re.split(r"[+/,;&]", name)]
    if len(parts) < 2 or not any(known.meaning(part) for part in parts):
        return ""
    if not all(re.match(r"[^\W\d]", part) for part in parts):
        return ""
    return f'"{name}" is several drugs; {_each(parts, known, offer)}'


def _begun(name: str, known: NameIndex, forms: Callable[[str], Sequence[str]]) -> str:
    """What to say of a name with more behind it: a strength, a salt or a form; empty if it begins with no name."""
    words = re.sub(r"(?<=\d)(?=[^\W\d])", " ", name.replace("-", " ")).split()
    for count in range(len(words) - 1, 0, -1):
        begin, rest = " ".join(words[:count]), words[count:]
        word = folded(begin)
        racemate, meaning = known.racemates.get(word), known.meaning(begin)
        if racemate is not None:
            only = racemate.formulation
            return f'"{name}" begins with {begin}; {_written(racemate.id, only, rest, (only,))}'
        if word in known.combinations or len(known.meanings.get(word, ())) > 1:
            return f'"{name}" begins with {begin}: {unknown(begin, known, forms)}'
        if meaning is not None:
            write = _written(meaning.drug, meaning.formulation, rest, forms(meaning.drug))
            which = "" if id_of(meaning.name) == meaning.text else f", which is {meaning.text}"
            return f'"{name}" begins with {meaning.name}{which}; {write}'
    return ""


_STRENGTH = re.compile(r"\d+(?:[.,]\d+)?(?:/\d+(?:[.,]\d+)?)?")
_UNITS = {"mg", "g", "ug", "µg", "mcg", "ml", "%", "ie", "iu", "i.e."}
"""Words of a strength, beside its number."""


def _written(drug: str, formulation: str | None, rest: Sequence[str], forms: Sequence[str]) -> str:
    """What to write where a strength, a salt or a form stands behind a name."""
    strength = [word for word in rest if _STRENGTH.fullmatch(word) or word.casefold() in _UNITS]
    form = [word for word in rest if word not in strength]
    write = [f'drug = "{drug}"']
    if formulation is not None:
        write.append(f'formulation = "{formulation}"')
    elif form:
        write.append(f'the formulation that "{" ".join(form)}" stands for ({", ".join(forms)})')
    if strength:
        write.append(f'the dose ("{" ".join(strength)}") in a course')
    return f"write {all_of(write)}"


def _near(word: str, known: NameIndex) -> dict[str, str]:
    """The drugs that a slip of the pen may have meant to what they are; also those that the library lacks."""
    if _ATC.fullmatch(word):
        return {}
    others = dict.fromkeys((*known.meanings, *known.mixtures, *_others()))
    slips = {other: edits(word, other) for other in others if _comparable(word, other)}
    least = min(slips.values(), default=0)
    if least > _most(word):
        return {}
    best: dict[str, str] = {}
    for other, count in slips.items():
        if count == least:
            best = _told(other, known) | best
    return best


def _told(word: str, known: NameIndex) -> dict[str, str]:
    """The drugs that a known word means to what they are."""
    if word in known.mixtures:
        mixture = known.mixtures[word]
        return {mixture.names[0]: f"{mixture.names[0]} ({' + '.join(mixture.drugs)})"}
    if word in known.meanings:
        return {meaning.drug: known.described(meaning.drug, meaning.name) for meaning in known.meanings[word]}
    return {word: f"{_others()[word]} (not in the library)"}


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
    read = read_toml(_OTHERS, ours=True).data
    return {folded(name): name for name in (*read["names"], *read["look_alikes"])}


def _or(words: Sequence[str]) -> str:
    return " or ".join(words)
