"""TOML text to data plus the line of every key, and pydantic's findings in our words."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from pkinteract.errors import InputError, Problem, printable

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError

Key = tuple[str | int, ...]
_Members = dict[str | None, list[tuple[Key, Any]]]

_LARGEST = 5_000_000
_DEEPEST = 50


@dataclass(frozen=True, kw_only=True)
class TomlFile:
    """A TOML file that was read.

    Attributes
    ----------
    text, data
        As written, and as tomllib reads it.
    """

    path: Path
    text: str
    data: dict[str, Any]

    @cached_property
    def lines(self) -> Mapping[Key, int]:
        """Line of every key path, from 1; a path names tables by key and array entries by position."""
        return _Lines(self.text).found

    def line(self, key: Key) -> int | None:
        """Line of a key, or of the closest table around it."""
        for size in range(len(key), 0, -1):
            if key[:size] in self.lines:
                return self.lines[key[:size]]
        return None


def read_toml(path: Path, *, ours: bool = False) -> TomlFile:
    """Read a TOML file; one of ``ours`` is not searched for nesting that is too deep.

    Raises
    ------
    InputError
        When it cannot be read, is not UTF-8 or is not TOML; with the line.
    """
    try:
        with path.open("rb") as stream:
            raw = stream.read(_LARGEST + 1)
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or "cannot be read; is the name right?").lower()
        known = {"no such file or directory": "there is no such file", "is a directory": "is a folder, not a file"}
        raise _refused(path, None, known.get(reason, reason)) from None
    if len(raw) > _LARGEST:
        raise _refused(path, None, f"the file is larger than {_LARGEST:,} bytes; a scenario has a few thousand")
    text = _decoded(path, raw).replace("\r\n", "\n")
    try:
        file = TomlFile(path=path, text=text, data=tomllib.loads(text))
        if not ours:
            _ = file.lines
    except tomllib.TOMLDecodeError as error:
        raise _refused(path, *_broken(str(error), text)) from None
    except RecursionError:
        raise _refused(path, None, f"is nested too deeply; at most {_DEEPEST} levels are read") from None
    except ValueError:
        raise _refused(path, None, "holds a number of too many digits") from None
    return file


def _decoded(path: Path, raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in raw[:2]:
        raise _refused(path, 1, "the file is UTF-16; save it as UTF-8")
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise _refused(path, line, f"byte 0x{raw[error.start]:02x} is not UTF-8; save the file as UTF-8") from None


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
    found = re.search(r"^(.*) \(at (?:line (\d+), column (\d+)|end of document)\)$", text, re.DOTALL)
    reason = found[1] if found else text
    if twice := re.match(r"Cannot declare \((.*?),?\) twice", reason):
        name = ".".join(part.strip(" '\"") for part in twice[1].split(","))
        reason = f"the table {name} stands twice; entries of a list are written [[{name}]]"
    line = int(found[2]) if found and found[2] else source.rstrip().count("\n") + 1
    header = re.match(r"\s*\[\[?([^\]]+)\]", source.split("\n")[line - 1])
    if reason == "Cannot overwrite a value" and header:
        reason = f"{header[1]} stands twice; entries of a list are written [[{header[1]}]], each of them"
    reason = re.sub(r"Duplicate inline table key '(.*)'", r"the key \1 stands twice; keep one of them", reason)
    reason = _BROKEN.get(reason, reason[:1].lower() + reason[1:]).rstrip(".")
    column = f", column {found[3]}" if found and found[3] else ""
    return line, f"is not valid TOML{column}: {reason}"


def _refused(path: Path, line: int | None, message: str) -> InputError:
    return InputError(path, [Problem(line=line, key="", message=message)])


class _Lines:
    """A scanner over valid TOML that notes where each key stands."""

    _KEY = re.compile(r"""\s*("(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[A-Za-z0-9_-]+)\s*""")
    _STRINGS = (
        re.compile(r'"""(?:[^\\]|\\.)*?"""(?:"{0,2})', re.DOTALL),
        re.compile(r"'''.*?'''(?:'{0,2})", re.DOTALL),
        re.compile(r'"(?:[^"\\\n]|\\.)*"'),
        re.compile(r"'[^'\n]*'"),
    )
    _BARE = re.compile(r"[^\s,\]}#]+(?: [0-9][^\s,\]}#]*)?")
    _BLANK = re.compile(r"(?:[\s]|#[^\n]*)*")

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.found: dict[Key, int] = {}
        self.arrays: dict[Key, int] = {}
        self._counted = (0, 1)
        table: Key = ()
        while self._blank() < len(text):
            if text.startswith("[[", self.at):
                self.at += 2
                path = self._resolved(self._path(), last=False)
                self.arrays[path] = self.arrays.get(path, -1) + 1
                table = (*path, self.arrays[path])
                self._note(table)
                self.at += 2
            elif text[self.at] == "[":
                self.at += 1
                table = self._resolved(self._path(), last=True)
                self._note(table)
                self.at += 1
            else:
                self._pair(table)

    def _line(self) -> int:
        at, line = self._counted
        line += self.text.count("\n", at, self.at)
        self._counted = (self.at, line)
        return line

    def _blank(self) -> int:
        match = self._BLANK.match(self.text, self.at)
        self.at = match.end() if match else self.at
        return self.at

    def _path(self) -> list[str]:
        keys = []
        while True:
            match = self._KEY.match(self.text, self.at)
            if match is None:
                raise AssertionError(f"no key at {self.at}")
            raw = match[1]
            keys.append(next(iter(tomllib.loads(f"{raw} = 0"))) if raw[0] in "\"'" else raw)
            self.at = match.end()
            if self.text[self.at] != ".":
                return keys
            self.at += 1

    def _resolved(self, keys: Sequence[str], *, last: bool) -> Key:
        """Key path of a header, with the current entry of every array of tables on the way."""
        path: Key = ()
        for n, key in enumerate(keys):
            path = (*path, key)
            if path in self.arrays and (last or n < len(keys) - 1):
                path = (*path, self.arrays[path])
        return path

    def _note(self, path: Key) -> None:
        if len(path) > _DEEPEST:
            raise RecursionError
        line = self._line()
        for size in range(1, len(path) + 1):
            self.found.setdefault(path[:size], line)

    def _pair(self, table: Key) -> None:
        line_start = self.at
        path = (*table, *self._path())
        self.at, after = line_start, self.at
        self._note(path)
        self.at = after + 1
        self._value(path)

    def _value(self, path: Key) -> None:
        self._blank()
        opening = self.text[self.at]
        if opening == "{":
            self._sequence("}", lambda _: self._pair(path))
        elif opening == "[":
            self._sequence("]", lambda n: self._entry((*path, n)))
        else:
            for pattern in (*self._STRINGS, self._BARE) if opening in "\"'" else (self._BARE,):
                match = pattern.match(self.text, self.at)
                if match:
                    self.at = match.end()
                    return
            raise AssertionError(f"no value at {self.at}")

    def _entry(self, path: Key) -> None:
        self._note(path)
        self._value(path)

    def _sequence(self, closing: str, read: Callable[[int], None]) -> None:
        self.at += 1
        count = 0
        while self.text[self._blank()] != closing:
            read(count)
            count += 1
            if self.text[self._blank()] == ",":
                self.at += 1
        self.at += 1


def key_text(key: Key) -> str:
    """A key path as people write it: ``regimen[0].course[1].dose``."""
    text = ""
    for part in key:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def problems(error: ValidationError, file: TomlFile, model: type[BaseModel], prefix: Key = ()) -> list[Problem]:
    """What pydantic found when it validated the data at ``prefix`` as a ``model``, in our words and with lines."""
    found: dict[Key, Problem] = {}
    groups: dict[tuple[Key, int], _Members] = {}
    data: Any = file.data
    for part in prefix:
        data = data[part]
    for n, row in enumerate(error.errors(include_url=False)):
        inner, union, member = _keys(row, data)
        members = groups.setdefault((union, n if member is None else -1), {})
        members.setdefault(member, []).append((inner, row))
    for (at, _), members in groups.items():
        for inner, message in _chosen(at, members, model, prefix):
            path = (*prefix, *inner)
            found.setdefault(path, Problem(line=file.line(path), key=printable(key_text(path), 80), message=message))
    return list(found.values())


def _keys(row: Any, data: Any) -> tuple[Key, Key, str | None]:
    """Key path of a finding; if it is about one member of a union, also the path of the union and the member."""
    path: Key = ()
    union: Key = ()
    member = None
    for n, part in enumerate(row["loc"]):
        last = n == len(row["loc"]) - 1
        if isinstance(part, int):
            known, named = isinstance(data, list) and part < len(data), isinstance(data, list)
        else:
            known = isinstance(data, dict) and part in data and not (last and row["input"] is data)
            named = known or (isinstance(data, dict) and last and row["type"] == "missing")
        if named:
            path, data = (*path, part), data[part] if known else None
        elif member is None and part != "[key]":
            union, member = path, str(part)
    return path, union, member


def _chosen(at: Key, members: _Members, model: type[BaseModel], prefix: Key) -> list[tuple[Key, str]]:
    """One voice for a union: of the members that the value has the shape of, the one with the fewest problems."""
    shaped = {name: not any(key == at and _wanted(row) for key, row in rows) for name, rows in members.items()}
    fitting = [rows for name, rows in members.items() if name is None or shaped[name]]
    if not fitting:
        wanted = list(dict.fromkeys(_wanted(row) for rows in members.values() for _, row in rows if _wanted(row)))
        if _REAL in wanted and _WHOLE in wanted:
            wanted.remove(_WHOLE)
        given = next(iter(members.values()))[0][1]["input"]
        return [(at, f"must be {' or '.join(wanted)}, got {_short(given)}")]
    tags = [(key, row) for rows in fitting for key, row in rows if row["type"] == "literal_error"]
    if len(tags) == len(fitting) > 1 and len({key for key, _ in tags}) == 1:
        expected = " or ".join(dict.fromkeys(row["ctx"]["expected"] for _, row in tags))
        return [(tags[0][0], _not_one_of(tags[0][1]["input"], expected))]
    return [(key, _message(row, model, key, prefix)) for key, row in min(fitting, key=len)]


_TEXT, _WHOLE, _REAL = "text in quotes", "a whole number", "a number"
_KINDS = dict.fromkeys(("dict", "mapping", "model", "dataclass"), "a table") | dict.fromkeys(
    ("list", "tuple"), "a list"
)
_OPENING = {_TEXT: '"', "a list": "[", "a table": "{"}
_KINDS |= {"string": _TEXT, "bool": "true or false", "int": _WHOLE, "float": _REAL}
_KINDS |= {
    "datetime": "a date and time without quotes such as 2026-01-05T08:00:00",
    "date": "a date without quotes such as 2026-01-05",
    "time": "a time of day without quotes such as 08:00:00",
}
_BOUNDS = {"greater_than": "above", "greater_than_equal": "at least", "multiple_of": "a multiple of"}
_BOUNDS |= {"less_than": "below", "less_than_equal": "at most"}


def _wanted(row: Any) -> str:
    """What the value should have been when it is of the wrong type, else an empty string."""
    head, _, rest = row["type"].partition("_")
    wrong = rest in ("type", "parsing", "from_float", "attributes_type") or rest.startswith("from_date")
    return _KINDS.get(head, "") if wrong else ""


def _message(row: Any, model: type[BaseModel], path: Key, prefix: Key = ()) -> str:
    kind, given, context = row["type"], row["input"], row.get("ctx", {})
    got = f", got {_short(given)}"
    field = _fields(model, path[:-1]).get(str(path[-1])) if path else None
    example = str(field.examples[0]) if field is not None and field.examples else ""
    such = f" such as {example}" if example else ""
    if kind == "extra_forbidden":
        return _unknown(str(path[-1]), _fields(model, path[:-1]))
    if kind == "missing":
        return "is required" + (f"; write for example {path[-1]} = {example}" if example else "")
    if kind in ("value_error", "assertion_error"):
        return str(context.get("error", row["msg"]))
    if kind in ("literal_error", "enum"):
        return _not_one_of(given, context["expected"])
    if wanted := _wanted(row):
        if wanted == "a list" and isinstance(given, dict):
            header = ".".join(part for part in (*prefix, *path) if isinstance(part, str))
            return f"must be a list{got}; write [[{header}]] with two brackets"
        return f"must be {wanted}{such if example[:1] == _OPENING.get(wanted) else ''}{got}"
    if kind in _BOUNDS:
        return f"must be {_BOUNDS[kind]} {_short(next(iter(context.values())))}{got}"
    if kind == "finite_number":
        return f"must be finite{got}"
    if kind in ("too_short", "too_long", "string_too_short", "string_too_long"):
        size = context.get("min_length", context.get("max_length"))
        bound = f"must have {'at least' if kind.endswith('short') else 'at most'} {size}"
        if kind.startswith("string"):
            return f"{bound} character{'s' if size != 1 else ''}{got}"
        return f"{bound} {'entry' if size == 1 else 'entries'}{such}, got {len(given)}"
    wrong = "is not written as it should be" if kind == "string_pattern_mismatch" else "is not allowed here"
    return f"{wrong}{got}" + (f"; write for example {example}" if example else "")


def _not_one_of(given: object, expected: str) -> str:
    options = re.sub(r"'([^']*)'", r'"\1"', expected)
    return (
        f"{_short(given)} is not one of {options}" if " or " in options else f"must be {options}, got {_short(given)}"
    )


def _unknown(key: str, fields: Mapping[str, Any]) -> str:
    folded = {name.lower(): name for name in fields}
    close = get_close_matches(key.lower(), folded, n=1, cutoff=0.6)
    hint = f"did you mean {folded[close[0]]}?" if close else f"known keys are {', '.join(fields)}"
    return f"{printable(key, 60)} is not a known key; {hint}"


def _fields(model: type[BaseModel], path: Key) -> dict[str, Any]:
    """Fields of the models that describe the table at ``path``, by the key written in the file."""
    current: list[Any] = [model]
    for part in path:
        fields = _named(current)
        if isinstance(part, str) and part in fields:
            current = _models_in(fields[part].annotation)
    return _named(current)


def _named(models: Sequence[Any]) -> dict[str, Any]:
    return {field.alias or name: field for model in models for name, field in model.model_fields.items()}


def _models_in(annotation: Any) -> list[Any]:
    """The models inside an annotation such as ``tuple[Course, ...]`` or ``dict[str, Value] | None``."""
    if hasattr(annotation, "model_fields"):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models_in(part)]


def _short(given: object) -> str:
    if isinstance(given, bool):
        return str(given).lower()
    if isinstance(given, (dict, list, tuple)):
        return "a table" if isinstance(given, dict) else "a list"
    if isinstance(given, str):
        return f'"{printable(given, 60)}"'
    if isinstance(given, float):
        return f"{given:.15g}"
    return printable(given.isoformat() if hasattr(given, "isoformat") else str(given), 60)
