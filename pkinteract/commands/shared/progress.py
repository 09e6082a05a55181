"""How far a long command has come, on standard error where that is a terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from threading import Lock
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pkinteract.scenario import Scenario

Begin = Callable[[int, int], Callable[[int], None]]
"""From a total, and how many of it are there already, to what is told how many more are done."""


@contextmanager
def progress_bar(what: str) -> Iterator[Begin | None]:
    """What begins a bar of ``what`` is done, how fast, and for how long still; None where nobody looks."""
    if not sys.stderr.isatty():
        yield None
        return
    lock = Lock()
    with ExitStack() as ends:

        def begin(total: int, there: int) -> Callable[[int], None]:
            start = time.monotonic()

            def rate(_: object) -> str:
                return f"{bar.pos / max(time.monotonic() - start, 1e-9):,.0f} {what} a second"

            bar = click.progressbar(length=total - there, file=sys.stderr, show_pos=True, item_show_func=rate)
            ends.enter_context(bar)

            def done(count: int) -> None:
                with lock:
                    bar.update(count)

            return done

        yield begin


def one_by_one(scenarios: Sequence[Scenario]) -> Iterator[Scenario]:
    """Each scenario in its turn; where there are several and somebody looks, with a bar that names it."""
    if len(scenarios) == 1 or not sys.stderr.isatty():
        yield from scenarios
        return

    def name(scenario: Scenario | None) -> str | None:
        return None if scenario is None else scenario.name

    with click.progressbar(scenarios, file=sys.stderr, show_pos=True, item_show_func=name) as bar:
        yield from bar


@contextmanager
def evaluation_progress() -> Iterator[Callable[[int, float], None] | None]:
    """What is told how often a fit was evaluated and its least sum of squares [1] so far; None where nobody looks."""
    if not sys.stderr.isatty():
        yield None
        return

    def tell(evaluations: int, cost: float) -> None:
        click.echo(f"\r{evaluations} evaluations, sum of squares {cost:.6g}    ", nl=False, err=True)

    try:
        yield tell
    finally:
        click.echo(err=True)
