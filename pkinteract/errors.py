"""Every exception of the package.

PkinteractError
├── InputError        what the user wrote is wrong: file, line, key, what to write instead; all problems at once
└── SimulationError   the solver gave up: interval, method, what to try
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


class PkinteractError(Exception):
    """Base of every error that a command reports without a traceback."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong in a file.

    Attributes
    ----------
    line
        Line it stands on, from 1; None when it has none.
    key
        The key, as ``regimen[0].course[1].dose``.
    message
        What is wrong with the value and what to write.
    """

    line: int | None
    key: str
    message: str


class InputError(PkinteractError):
    """A file is wrong, with every problem found in it, in file order."""

    def __init__(self, file: Path | str, problems: Sequence[Problem]) -> None:
        self.file = Path(file)
        self.problems = tuple(sorted(problems, key=lambda problem: problem.line or 0))
        super().__init__(file, self.problems)

    def __str__(self) -> str:
        count = len(self.problems)
        width = max((min(len(printable(problem.key)), 60) for problem in self.problems), default=0)
        rows = [
            f"{problem.line or '':>4}  {printable(problem.key):<{width}}  {printable(problem.message)}".rstrip()
            for problem in self.problems
        ]
        return "\n".join([f"{printable(str(self.file))}: {count} problem{'s' if count != 1 else ''}", *rows])


class SimulationError(PkinteractError):
    """The solver could not finish ``subject`` in an interval [h]."""

    def __init__(self, interval: tuple[float, float] | None, method: str, advice: str, subject: str = "") -> None:
        self.interval = interval
        self.method = method
        self.advice = advice
        self.subject = subject
        super().__init__(interval, method, advice, subject)

    def __str__(self) -> str:
        span = "" if self.interval is None else f"{self.interval[0]:.6g} to {self.interval[1]:.6g} h"
        where = ", ".join(part for part in (printable(self.subject), span) if part)
        return f"{where}{': ' if where else ''}the {self.method} solver gave up. {self.advice}"


def printable(text: str, limit: int = 400) -> str:
    """Text that is safe to print: control characters escaped, very long text cut in the middle."""
    if len(text) > 2 * limit:
        text = text[:limit] + text[-limit:]
    clean = "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
    return clean if len(clean) <= limit else f"{clean[: limit // 2]} … {clean[-limit // 4 :]}"
