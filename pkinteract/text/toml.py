"""TOML files: read, with the line of every key, or refused with the reason."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from pkinteract.errors import InputError, Problem, printable
from pkinteract.text.files import refused
from pkinteract.text.inputs import input_text
from pkinteract.text.toml_lines import DEEPEST, Key, Lines, key_text

LARGEST = 5_000_000
"""Largest TOML file that is read [byte]."""


@dataclass(frozen=True, kw_only=True)
class TomlFile:
    """A TOML file that was read.

    Attributes
    ----------
    text, data
        As written, and as tomllib reads it.
    moved
        Where the data were rearranged after that: the beginning of a key path now, to that in the text.
    """

    path: Path
    text: str
    data: dict[str, Any]
    moved: Mapping[Key, Key] = field(default_factory=dict)

    @cached_property
    def lines(self) -> Mapping[Key, int]:
        """Line of every key path, from 1; a path names tables by key and array entries by position."""
        return Lines(self.text).lines

    def line(self, key: Key) -> int | None:
        """Line of a key, or of the closest table around it."""
        key = self.written(key)
        for size in range(len(key), 0, -1):
            if key[:size] in self.lines:
                return self.lines[key[:size]]
        return None

    def written(self, key: Key) -> Key:
        """A key path as it stands in the text."""
        for size in range(len(key), 0, -1) if self.moved else ():
            if key[:size] in self.moved:
                return (*self.moved[key[:size]], *key[size:])
        return key

    def name(self, key: Key) -> str:
        """A key path as it stands in the text, in words such as ``regimen[0].drug``."""
        return key_text(self.written(key))


def read_toml(path: Path, *, ours: bool = False) -> TomlFile:
    """Read a TOML file; one of ``ours`` is not searched for nesting that is too deep.

    Raises
    ------
    InputError
        When it is no regular file, is larger than ``LARGEST`` or not UTF-8; as :func:`toml_of` does.
    """
    text = input_text(path, largest=LARGEST, otherwise="a scenario has a few thousand").replace("\r\n", "\n")
    return toml_of(path, text, ours=ours)


def toml_of(path: Path, text: str, *, ours: bool = False) -> TomlFile:
    """A text as the TOML file that it would be at ``path``.

    Raises
    ------
    InputError
        When it is not TOML, or holds a whole number of more than 64 bits; with the line.
    """
    try:
        file = TomlFile(path=path, text=text, data=tomllib.loads(text))
        if not ours:
            _ = file.lines
            _refuse_too_large(file)
    except tomllib.TOMLDecodeError as error:
        raise refused(path, *_broken(str(error), text)) from None
    except RecursionError:
        raise refused(path, None, f"is nested too deeply; at most {DEEPEST} levels are read") from None
    except ValueError:
        raise refused(path, None, "holds a number of too many digits") from None
    return file


def read_some(path: Path, keys: Iterable[str], table: str) -> dict[str, Any]:
    """Some ``keys`` and one ``table`` of a TOML file of ours, in a twentieth of the time that it takes to read it all.

    The keys stand before the first table, each with its value on one line; the table is followed by its own.
    """
    text = path.read_text("utf-8")
    first, start = text.find("\n["), text.find(f"\n[{table}]")
    parts = re.findall(rf"^(?:{'|'.join(keys)}) = .*$", text[: first if first >= 0 else None], re.MULTILINE)
    if start >= 0:
        end = text.find("\n[", start + 1)
        while text.startswith(f"\n[{table}.", end):
            end = text.find("\n[", end + 1)
        parts.append(text[start : end if end >= 0 else None])
    return tomllib.loads("\n".join(parts))


def _refuse_too_large(file: TomlFile) -> None:
    """Refuse whole numbers beyond the range of TOML: Python reads them, and no float may hold them."""
    problems = []
    for key, number in _beyond(file.data):
        text = f"must be a whole number of at most 18 digits, got {printable(str(number), 40)}"
        problems.append(Problem(line=file.line(key), key=printable(key_text(key), 80), message=text))
    if problems:
        raise InputError(file.path, problems)


def _beyond(value: object, key: Key = ()) -> Iterator[tuple[Key, int]]:
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        yield key, value
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for part, one in inside:
        yield from _beyond(one, (*key, part))


_BROKEN = {
    "Invalid value": 'no value can be read here; write text and quantities in quotes such as "40 d"',
    "Expected newline or end of document after a statement": 'the line goes on; write text in quotes such as "40 d"',
    "Expected '=' after a key in a key/value pair": "expected key = value",
    "Invalid statement": "expected key = value or [table]",
    "Cannot overwrite a value": "the key stands twice; keep one of them",
    "Illegal character '\\n'": "text in quotes must end on the line it begins on",
    "Unterminated string": "a text in quotes has no closing quotes",
    "Unclosed array": "a list has no closing ]",
    "Expected ']' at the end of a table declaration": "the header has no closing ]",
}


def _broken(text: str, source: str) -> tuple[int, str]:
    """Line and message of what tomllib says."""
    match = re.search(r"^(.*) \(at (?:line (\d+), column (\d+)|end of document)\)$", text, re.DOTALL)
    reason = match[1] if match else text
    if twice := re.match(r"Cannot declare \((.*?),?\) twice", reason):
        name = ".".join(part.strip(" '\"") for part in twice[1].split(","))
        reason = f"the table {name} stands twice; entries of a list are written [[{name}]]"
    line = int(match[2]) if match and match[2] else source.rstrip().count("\n") + 1
    header = re.match(r"\s*\[\[?([^\]]+)\]", source.split("\n")[line - 1])
    if reason == "Cannot overwrite a value" and header:
        reason = f"{header[1]} stands twice; entries of a list are written [[{header[1]}]], each of them"
    reason = re.sub(r"Duplicate inline table key '(.*)'", r"the key \1 stands twice; keep one of them", reason)
    reason = _BROKEN.get(reason, reason[:1].lower() + reason[1:]).rstrip(".")
    column = f", column {match[3]}" if match and match[3] else ""
    return line, f"is not valid TOML{column}: {reason}"
