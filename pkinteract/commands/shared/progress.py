"""How far a long command has come, on standard error where that is a terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from threading import Event, Lock, Thread

import click

PATIENCE, REFRESHED = 1.0, 0.25
"""What takes no longer is not worth a line; how often the line is written anew [s]."""

LONGEST = 50
"""Characters that the name of what goes on may take."""

Begin = Callable[[int, int], Callable[[int], None]]
"""From a total, and how many of it are there already, to what is told how many more are done."""

OFTEN = 0.1
"""A count is written no more often than this [s]."""


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


@contextmanager
def search_progress(what: str) -> Iterator[Callable[[int | None], Callable[[int], None]] | None]:
    """What begins to tell how many of ``what`` are done: with a bar where their number is known, else the count alone.

    None where nobody looks.
    """
    with progress_bar(what) as begin, ExitStack() as ends:

        def begin_either(total: int | None) -> Callable[[int], None]:
            return begin(total, 0) if begin is not None and total is not None else ends.enter_context(_count(what))

        yield None if begin is None else begin_either


@contextmanager
def _count(what: str) -> Iterator[Callable[[int], None]]:
    """What is told how many more are done, and writes how many are and how fast."""
    start = time.monotonic()
    count, told = 0, start

    def show() -> None:
        rate = count / max(time.monotonic() - start, 1e-9)
        click.echo(f"\r{count:,} {what}, {rate:,.0f} a second    ", nl=False, err=True)

    def done(more: int) -> None:
        nonlocal count, told
        count += more
        if time.monotonic() - told >= OFTEN:
            told = time.monotonic()
            show()

    try:
        yield done
    finally:
        show()
        click.echo(err=True)


@contextmanager
def busy(what: str) -> Iterator[Callable[[float], None] | None]:
    """Keep a line on what goes on and for how long already, from the second second on.

    Yields what is told the share of it that is done [1], where that is known; None where nobody looks. The line is gone
    when the block ends.
    """
    if not sys.stderr.isatty():
        yield None
        return
    ended, shares, begin = Event(), [0.0], time.monotonic()

    def show() -> None:
        if ended.wait(PATIENCE):
            return
        while True:
            done = f" {shares[-1]:.0%}," if shares[-1] else ""
            click.echo(f"\r{what[:LONGEST]}:{done} {time.monotonic() - begin:.0f} s\x1b[K", nl=False, err=True)
            if ended.wait(REFRESHED):
                break
        click.echo("\r\x1b[K", nl=False, err=True)

    def tell(share: float) -> None:
        shares[0] = share

    shown = Thread(target=show, daemon=True)
    shown.start()
    try:
        yield tell
    finally:
        ended.set()
        shown.join()


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
