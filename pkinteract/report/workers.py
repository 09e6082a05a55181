"""Figures drawn by processes beside this one, which load matplotlib while this one computes."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache, partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from shutil import move
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pkinteract.text.folder import Writer

Job = tuple[Any, Sequence[Path]]
"""What a figure shows, and the files that it goes to."""

Draw = Callable[[Any, Sequence[Path]], None]
"""Draws a figure and writes it."""

Begin = Callable[[Sequence[Job]], Callable[[], None]]
"""Begins to draw figures; what it returns comes back when all are written."""


@contextmanager
def drawing(load: Callable[[], Draw], *, beside: bool) -> Iterator[Begin]:
    """What draws figures while others write.

    A process is made by ``fork``, so that it has everything that is loaded here already: on Linux, where there is more
    than one processor, and while there is one thread. Otherwise the figures are drawn here, and are the same.

    Parameters
    ----------
    load
        Imports what the figures need and returns what draws one.
    beside
        Whether to make such a process now, which loads while others compute.
    """
    if not (beside and sys.platform == "linux" and (os.cpu_count() or 1) > 1 and threading.active_count() == 1):
        yield lambda jobs: lambda: _drawn(load(), jobs)
        return
    ours, theirs = get_context("fork").Pipe()
    process = get_context("fork").Process(target=_beside, args=(load, ours, theirs))
    process.start()
    theirs.close()

    def begin(jobs: Sequence[Job]) -> Callable[[], None]:
        with suppress(OSError):
            ours.send(jobs)

        def wait() -> None:
            try:
                ours.recv()
            except (EOFError, OSError):
                _drawn(load(), jobs)

        return wait

    try:
        yield begin
    finally:
        ours.close()
        process.terminate()
        process.join()


def in_room(room: Path, begin: Begin, figures: Sequence[tuple[Any, Sequence[str]]]) -> list[dict[str, Writer]]:
    """Begin to draw figures below a folder.

    Parameters
    ----------
    figures
        What each shows, and the names of its files.

    Returns
    -------
    list
        By figure and name, what moves a file from there to its place when all are drawn.
    """
    folders = [room / str(n) for n in range(len(figures))]
    for folder in folders:
        folder.mkdir()
    drawings = list(zip(folders, figures, strict=True))
    wait = cache(begin([(what, [folder / name for name in names]) for folder, (what, names) in drawings]))

    def put(drawn: Path, path: Path) -> None:
        wait()
        move(drawn, path)

    return [{name: partial(put, folder / name) for name in names} for folder, (_, names) in drawings]


def _drawn(draw: Draw, jobs: Sequence[Job]) -> None:
    for what, paths in jobs:
        draw(what, paths)


def _beside(load: Callable[[], Draw], theirs: Connection, ours: Connection) -> None:
    """Load, wait for figures, and share several with another process.

    Who asked hears of it only if all are written; a library that does not load is its to tell.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    theirs.close()
    with suppress(EOFError, OSError, ImportError):
        draw = load()
        jobs = ours.recv()
        others = [get_context("fork").Process(target=_drawn, args=(draw, half)) for half in [jobs[1::2]] if half]
        for other in others:
            other.start()
        _drawn(draw, jobs[::2])
        for other in others:
            other.join()
        if all(other.exitcode == 0 for other in others):
            ours.send(None)
