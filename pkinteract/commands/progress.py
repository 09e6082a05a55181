"""How far a long run has come, on standard error."""

from __future__ import annotations

import time
from threading import Lock

import click

_OFTEN = 0.1
"""How long the line of the progress stands at least [s]."""


class Progress:
    """A line on standard error: how many patients are done, how fast, and for how long still."""

    def __init__(self, total: int, there: int) -> None:
        self.total, self.there, self.done = total, there, there
        self.start = time.monotonic()
        self.shown = -_OFTEN
        self.lock = Lock()

    def __call__(self, count: int) -> None:
        with self.lock:
            self.done += count
            now = time.monotonic() - self.start
            if now - self.shown < _OFTEN and self.done < self.total:
                return
            self.shown = now
            rate = (self.done - self.there) / max(now, 1e-9)
            bar = "#" * (30 * self.done // self.total)
            left = _span((self.total - self.done) / rate)
            text = f"{self.done:,} of {self.total:,} patients, {rate:,.0f} a second, {left}"
            click.echo(f"\r[{bar:<30}] {text:<60}" + ("\n" if self.done == self.total else ""), nl=False, err=True)


def counted(done: int, total: int) -> None:
    """A bar of the arms that are done."""
    bar = "#" * (40 * done // total)
    click.echo(f"\r[{bar:<40}] {done} of {total} arms" + ("\n" if done == total else ""), nl=False, err=True)


def evaluated(evaluations: int, cost: float) -> None:
    """How often a fit was evaluated, and the smallest sum of squares so far."""
    click.echo(f"\r{evaluations} evaluations, sum of squares {cost:.6g}    ", nl=False, err=True)


def _span(seconds: float) -> str:
    hours, minutes = divmod(round(seconds) // 60, 60)
    left = f"{hours} h {minutes} min" if hours else f"{minutes} min" if minutes else f"{round(seconds)} s"
    return f"{left} left"
