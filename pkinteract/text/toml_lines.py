"""The line that every key of a TOML text stands on."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Sequence

Key = tuple[str | int, ...]
DEEPEST = 50


class Lines:
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
        self.lines: dict[Key, int] = {}
        self.arrays: dict[Key, int] = {}
        self.tables: dict[Key, int] = {}
        self._counted = (0, 1)
        table: Key = ()
        while self._blank() < len(text):
            if text.startswith("[[", self.at):
                self.at += 2
                path = self._resolved(self._path(), last=False)
                self.arrays[path] = self.arrays.get(path, -1) + 1
                table = (*path, self.arrays[path])
                self._note(table)
                self.tables[table] = self._line()
                self.at += 2
            elif text[self.at] == "[":
                self.at += 1
                table = self._resolved(self._path(), last=True)
                self._note(table)
                self.tables[table] = self._line()
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
        if len(path) > DEEPEST:
            raise RecursionError
        line = self._line()
        for size in range(1, len(path) + 1):
            self.lines.setdefault(path[:size], line)

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
