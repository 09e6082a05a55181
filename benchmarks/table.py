"""What is measured, as a table for the terminal and for the page; and how it is timed."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

Name = TypeVar("Name", str, int)


@dataclass(frozen=True, kw_only=True)
class Section:
    """A question and its answer."""

    title: str
    said: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]

    def text(self) -> str:
        """For the terminal."""
        cells = [list(self.head), *(list(row) for row in self.rows)]
        widths = [max(len(row[n]) for row in cells) for n in range(len(self.head))]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in cells]
        return "\n".join([f"\n{self.title}", *(f"  {line.rstrip()}" for line in lines)])

    def markdown(self) -> str:
        """For the page."""
        rows = [self.head, ["---"] * len(self.head), *self.rows]
        return "\n".join([f"\n## {self.title}\n", f"{self.said}\n", *(f"| {' | '.join(row)} |" for row in rows), ""])


def medians(calls: Mapping[Name, Callable[[], object]], rounds: int, *, warm: bool = True) -> dict[Name, float]:
    """Median seconds of each call over interleaved rounds, after one that does not count unless ``warm`` is false."""
    return {name: statistics.median(taken) for name, taken in timed(calls, rounds, warm=warm).items()}


def timed(calls: Mapping[Name, Callable[[], object]], rounds: int, *, warm: bool = True) -> dict[Name, list[float]]:
    """Seconds of each call in every one of the rounds."""
    taken: dict[Name, list[float]] = {name: [] for name in calls}
    if warm:
        for call in calls.values():
            call()
    for _ in range(rounds):
        for name, call in calls.items():
            begin = time.perf_counter()
            call()
            taken[name].append(time.perf_counter() - begin)
    return taken


def milliseconds(seconds: float) -> str:
    """Seconds as milliseconds with three significant digits."""
    return f"{float(f'{1000 * seconds:.3g}'):,g}" if seconds < 1 else f"{float(f'{1000 * seconds:.3g}'):,.0f}"


def times(ratio: float) -> str:
    """A ratio as text, with two significant digits."""
    return f"{float(f'{ratio:.2g}'):,.0f}" if ratio >= 10 else f"{ratio:.2g}"
