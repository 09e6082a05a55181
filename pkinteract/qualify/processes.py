"""Independent tasks over all processors, each process with a library of its own."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any, TypeVar

from pkinteract.library import Library, load_library
from pkinteract.text.inputs import keep_files, kept_files

FEW = 6
"""Tasks that are not worth other processes."""

Progress = Callable[[int, int], Callable[[int], None]]
"""From how many tasks there are, and how many of them are done already, to what is told how many more are done."""

_Task = TypeVar("_Task")
_Outcome = TypeVar("_Outcome")


def each(
    work: Callable[[_Task, Library], _Outcome],
    tasks: Mapping[object, _Task],
    *,
    extra: tuple[Path, ...],
    workers: int | None,
) -> Iterator[tuple[object, _Outcome]]:
    """Key and outcome of every task, as they come.

    Parameters
    ----------
    work
        A function of a module, so that other processes find it.
    extra
        Drug files of one's own beside the library.
    workers
        Processes; as many as there are processors if None.
    """
    count = workers or os.cpu_count() or 1
    if count == 1 or len(tasks) <= FEW:
        library = load_library(extra)
        for key, task in tasks.items():
            yield key, work(task, library)
        return
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(count, spawn, initializer=_begin, initargs=(extra, kept_files())) as pool:
        waiting = {pool.submit(_work, work, task): key for key, task in tasks.items()}
        for future in as_completed(waiting):
            yield waiting[future], future.result()


_LIBRARY: list[Library] = []
"""The library of a worker process, read once."""


def _begin(extra: tuple[Path, ...], kept: Mapping[str, str] | None) -> None:
    keep_files(kept)
    _LIBRARY[:] = [load_library(extra)]


def _work(work: Callable[[Any, Library], Any], task: object) -> Any:
    return work(task, _LIBRARY[0])
