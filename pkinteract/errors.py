"""Every exception of the package.

PkinteractError
├── InputError        what the user wrote is wrong: file, line, key, what to write instead; all problems at once
├── SimulationError   the solver gave up: interval, method, what to try
├── PopulationError   not one virtual patient has a result: why, what to try
└── ClusterError      the machines that computed gave up: why, and how to go on
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches
from pathlib import Path

_LISTED = 60
"""Names that are listed at most where none is close."""

_ALIKE = 0.05
"""Likeness by which a name may be behind the closest one and still be named [1]."""


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
        lines = [
            f"{problem.line or '':>4}  {printable(problem.key):<{width}}  {printable(problem.message, 1200)}".rstrip()
            for problem in self.problems
        ]
        return "\n".join([f"{printable(str(self.file))}: {count} problem{'s' if count != 1 else ''}", *lines])


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


class PopulationError(PkinteractError):
    """Not one of ``count`` virtual patients of ``subject`` has a result, for these reasons."""

    def __init__(self, subject: str, count: int, reasons: Iterable[str]) -> None:
        self.subject = subject
        self.count = count
        self.reasons = tuple(dict.fromkeys(reasons))
        super().__init__(subject, count, self.reasons)

    def __str__(self) -> str:
        lines = [f"  {printable(reason)}" for reason in self.reasons]
        return "\n".join([f"{printable(self.subject)}: not one of {self.count:,} patients has a result:", *lines, _TRY])


_TRY = (
    "  The scenario's own patient has one. Try smaller doses, or smaller values of cv and narrower distributions in "
    "[population]; fixed = [...] there keeps weight, enzymes or drugs as in [patient] and shows what it depends on."
)


class ClusterError(PkinteractError):
    """Processes or machines that compute for us were lost."""


def printable(text: str, limit: int = 400) -> str:
    """Text that is safe to print: control characters escaped, very long text cut in the middle."""
    if len(text) > 2 * limit:
        text = text[:limit] + text[-limit:]
    clean = "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
    return clean if len(clean) <= limit else f"{clean[: limit // 2]} … {clean[-limit // 4 :]}"


def did_you_mean(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """What to write instead of an unknown word: the names that are about as close as the closest, in any case.

    Parameters
    ----------
    otherwise
        What to say where no name is close; by default it lists them.
    """
    names = list(known)
    written = {name.lower(): name for name in names}
    likeness = SequenceMatcher(b=word.lower())
    near: dict[str, float] = {}
    for name in get_close_matches(word.lower(), written, n=3):
        likeness.set_seq1(name)
        near[written[name]] = likeness.ratio()
    if near:
        return f"did you mean {' or '.join(name for name, like in near.items() if like > max(near.values()) - _ALIKE)}?"
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return otherwise or f"known are {', '.join(names[:_LISTED])}{more}"
