"""Files of the user: which of them were read, and reading them again from a record instead of the disk."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from pkinteract.text.files import MARK, marked_text, read_text, refused

_OURS = Path(__file__).resolve().parents[1]
_READ: ContextVar[dict[str, str] | None] = ContextVar("read", default=None)
_KEPT: ContextVar[Mapping[str, str] | None] = ContextVar("kept", default=None)


def input_text(path: Path, *, largest: int, otherwise: str, encoding: str = "UTF-8") -> str:
    """The text of a file of the user, or of ours, as :func:`read_text` gives it.

    Raises
    ------
    InputError
        As :func:`read_text` does; where files are read from a record, when the record does not have this one.
    """
    if _OURS in path.parents:
        return read_text(path, largest=largest, otherwise=otherwise, encoding=encoding)
    kept, read = _KEPT.get(), _READ.get()
    if kept is None:
        text = marked_text(path, largest=largest, otherwise=otherwise, encoding=encoding)
    elif (place := _place(path)) in kept:
        text = kept[place]
    else:
        raise refused(path, None, "is not among the files of the record")
    if read is not None:
        read[str(path)] = text
    return text.removeprefix(MARK)


def input_exists(path: Path) -> bool:
    """Whether a file of the user is there: on the disk, or in the record where files are read from one."""
    kept = _KEPT.get()
    return path.exists() if kept is None else _place(path) in kept


@contextmanager
def files_read(folder: Path, but: Path | None = None) -> Iterator[dict[str, str]]:
    """Collects what is read within, ``but`` one file: names as the ``folder`` sees them, and texts.

    A text as UTF-8 is the file, byte for byte.
    """
    read: dict[str, str] = {}
    files: dict[str, str] = {}
    around = _READ.get()
    before = _READ.set(read)
    try:
        yield files
    finally:
        _READ.reset(before)
        if around is not None:
            around |= read
    texts = list(read.values())
    for name, text in read.items():
        if name != str(but):
            files[_named(name, folder, texts)] = text


def name_among(files: Mapping[str, str], folder: Path, path: Path) -> str | None:
    """What :func:`files_read` calls a file that was read, as the ``folder`` sees it; None of others."""
    return next((name for name in (seen_from(folder, path), str(path)) if name in files), None)


def _named(name: str, folder: Path, texts: list[str]) -> str:
    """A file as a folder sees it, unless one of the files names it from the root."""
    if Path(name).is_absolute() and any(name in text for text in texts):
        return name
    return seen_from(folder, Path(name))


def seen_from(folder: Path, path: Path) -> str:
    """A path as a folder sees it, with forward slashes; from the root where they share none."""
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:
        return str(path)


def _place(path: Path) -> str:
    """Where a path leads, whatever is there."""
    return os.path.normpath(path.absolute())


@contextmanager
def files_kept(files: Mapping[Path, str]) -> Iterator[None]:
    """Has all files of the user read from a record within; ``files`` are paths and texts."""
    before = _KEPT.set({_place(path): text for path, text in files.items()})
    try:
        yield
    finally:
        _KEPT.reset(before)


def kept_files() -> Mapping[str, str] | None:
    """What files are read from instead of the disk, for :func:`keep_files` of another process; None is the disk."""
    return _KEPT.get()


def keep_files(files: Mapping[str, str] | None) -> None:
    """Has files read as in the process that :func:`kept_files` is of, from now on."""
    _KEPT.set(files)
