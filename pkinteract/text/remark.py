"""What there is to say of a file, apart from the language in which it is said."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pkinteract.text.words import Words, written_out


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """A sentence of ``words`` with what is filled in.

    Attributes
    ----------
    values
        Name in the sentence to what is filled in: text as it stands, numbers as the language writes them, a ``day`` as
        days are told, remarks in the same language, or several of a kind. ``drug`` and ``drugs`` are ids, ``phenotype``
        is a word of its own.
    """

    key: str
    values: Mapping[str, object]

    def told(self, words: Words, named: Callable[[str], str] = str) -> str:
        """The sentence in a language; ``named`` says what an id is called in it."""
        return words.say(self.key, **{name: _told(name, value, words, named) for name, value in self.values.items()})


def remark(key: str, **values: object) -> Remark:
    """A remark by the key of its sentence."""
    return Remark(key=key, values=values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caution:
    """A remark on a place in a file.

    Attributes
    ----------
    line
        Counted from 1; None where the place has none.
    place
        The key, as messages write it.
    """

    line: int | None
    place: str
    remark: Remark

    def told(self, words: Words, named: Callable[[str], str] = str) -> str:
        """Line, key and remark in a language."""
        text = self.remark.told(words, named)
        return words.say("remark.place", line="–" if self.line is None else self.line, place=self.place, text=text)


def _told(name: str, value: object, words: Words, named: Callable[[str], str]) -> str:
    if isinstance(value, Remark):
        return value.told(words, named)
    if isinstance(value, tuple):
        numbers = all(isinstance(part, float) for part in value)
        return words.sentences["list.numbers" if numbers else "list.words"].join(
            _told(name.removesuffix("s"), part, words, named) for part in value
        )
    if isinstance(value, float):
        return words.day(24 * value) if name == "day" else words.number(written_out(value, 6))
    if name == "phenotype":
        return words.say(f"remark.{value}")
    return named(str(value)) if name == "drug" else str(value)
