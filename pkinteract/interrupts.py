"""Ctrl-C where it may not strike anywhere: it waits for a place that asks for it, or for the end.

A ``KeyboardInterrupt`` between two renames would leave a folder with files of two runs, and one inside a search may
come when the best point is half noted.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from signal import SIGINT, default_int_handler, getsignal, signal
from threading import current_thread, main_thread

INTERRUPTED = 130
"""Exit status of a command that Ctrl-C ended: 128 and the number of the signal."""

_waiting: list[int] = []


@contextmanager
def deferred() -> Iterator[None]:
    """Lets Ctrl-C wait for ``heed``, or for the end of the block; within another such block it waits for that one's.

    Raises
    ------
    KeyboardInterrupt
        At the end of the block, when one waits.
    """
    if current_thread() is not main_thread() or getsignal(SIGINT) is not default_int_handler:
        yield
        return
    _waiting.clear()
    signal(SIGINT, lambda number, _: _waiting.append(number))
    try:
        yield
    finally:
        signal(SIGINT, default_int_handler)
    heed()


def heed() -> None:
    """Let Ctrl-C come now, if one waits.

    Raises
    ------
    KeyboardInterrupt
        When one does.
    """
    if _waiting:
        _waiting.clear()
        raise KeyboardInterrupt
