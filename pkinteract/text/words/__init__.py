"""What is said, in words: a file of sentences per language, filled in with numbers."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

LANGUAGES = ("en", "de")
"""Languages that ship, the default first."""

LEAST_SHARE = 0.1
"""A share [%] below this is told as that."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Words:
    """The sentences of one language.

    Attributes
    ----------
    sentences
        Key, such as ``alert.above-range``, to a sentence with names in braces for what is filled in.
    """

    language: str
    sentences: Mapping[str, str]

    def say(self, key: str, **values: object) -> str:
        """The sentence of a key with values filled in; numbers to three digits, as the language writes them.

        A number whose name is ``gone`` or ends in ``day`` is a time [d] and is told as ``day_number`` does, one whose
        name is ``share`` is in per cent.

        Raises
        ------
        KeyError
            When the language has no such sentence, or the sentence asks for a value that is not given.
        """
        return self.sentences[key].format(**{name: self._filled(name, value) for name, value in values.items()})

    def written(self, value: object) -> str:
        """A value as it stands in a sentence."""
        if not isinstance(value, float):
            return str(value)
        return self.number(three_digits(value))

    def dose(self, amount: float) -> str:
        """What is given [mg]: as it is, not rounded as levels are."""
        return self.number(written_out(amount, 6))

    def _filled(self, name: str, value: object) -> str:
        is_day = isinstance(value, float) and (name.endswith("day") or name == "gone")
        if name == "share" and isinstance(value, float) and 0 < value < LEAST_SHARE:
            return f"<{self.number(f'{LEAST_SHARE:g}')}"
        return self.day(24 * value) if is_day and isinstance(value, float) else self.written(value)

    def day(self, time: float, digits: int = 1) -> str:
        """A time [h] as a day, as ``day_number`` tells it."""
        return self.number(day_number(time, digits))

    def number(self, text: str) -> str:
        """A number that is written with a point, as the language writes it."""
        return text.replace(".", ",") if self.language == "de" else text

    def listed(self, parts: list[str]) -> str:
        """Parts as a list in a sentence: one, one and another, one, two and three."""
        if len(parts) < 2:
            return "".join(parts)
        return self.sentences["list.last"].format(first=", ".join(parts[:-1]), last=parts[-1])


def three_digits(value: float) -> str:
    """A level or a ratio as it is told: to three digits, above a hundred to the whole number."""
    return f"{value:.0f}" if abs(value) >= 100 else written_out(value, 3)


def written_out(value: float, digits: int) -> str:
    """A number to significant digits, without an exponent."""
    text = f"{value:.{digits}g}"
    return f"{Decimal(text):f}" if "e" in text else text


def day_number(time: float, digits: int = 1) -> str:
    """A time [h] as a day to the tenth, and never as the day after: 22:00 of day 13 is 13.9, and 23:30 too."""
    parts = 10**digits
    last = math.floor(time / 24 + 1e-6) + 1 - 1 / parts
    return f"{min(math.floor(time * parts / 24 + 0.5) / parts, last):.10g}"


@cache
def words_of(language: str) -> Words:
    """The sentences of a language.

    Raises
    ------
    KeyError
        When it is none of ``LANGUAGES``.
    """
    if language not in LANGUAGES:
        raise KeyError(language)
    data = tomllib.loads((Path(__file__).parent / f"{language}.toml").read_text("utf-8"))
    return Words(language=language, sentences=dict(_flat(data)))


def _flat(node: Mapping[str, object], path: str = "") -> list[tuple[str, str]]:
    flat: list[tuple[str, str]] = []
    for name, child in node.items():
        key = f"{path}.{name}".lstrip(".")
        flat += _flat(child, key) if isinstance(child, Mapping) else [(key, str(child))]
    return flat
