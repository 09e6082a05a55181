"""Files that are read: regular ones up to a size, as UTF-8, or refused with the reason.

A pipe waits for ever and a device such as ``/dev/zero`` has no end, so neither is opened.
"""

from __future__ import annotations

import stat
from pathlib import Path

from pkinteract.errors import InputError, Problem

_OTHERS = {
    stat.S_IFDIR: "is a folder, not a file",
    stat.S_IFIFO: "is a pipe, not a file; write what comes through it to a file and name that",
    stat.S_IFCHR: "is a device, not a file; write what is to be read to a file and name that",
    stat.S_IFBLK: "is a device, not a file; write what is to be read to a file and name that",
    stat.S_IFSOCK: "is a socket, not a file; write what is to be read to a file and name that",
}


MARK = "\ufeff"
"""What some programs begin a file with; it is no part of the text."""


def read_text(path: Path, *, largest: int, otherwise: str, encoding: str = "UTF-8") -> str:
    """The text of a file, without a mark at its start, as :func:`marked_text` reads it.

    Raises
    ------
    InputError
        As :func:`marked_text` does.
    """
    return marked_text(path, largest=largest, otherwise=otherwise, encoding=encoding).removeprefix(MARK)


def marked_text(path: Path, *, largest: int, otherwise: str, encoding: str = "UTF-8") -> str:
    """The text of a file with the mark at its start, if it has one: as UTF-8 it is the file again, byte for byte.

    Parameters
    ----------
    largest
        How long it may be [byte].
    otherwise
        What to do with one that is larger, or how large they are.
    encoding
        What to save one of another encoding as.

    Raises
    ------
    InputError
        When it is missing, no regular file, too large or not UTF-8; with the line where it has one.
    """
    raw = _bytes(path, largest, otherwise)
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in raw[:2]:
        raise refused(path, 1, f"the file is UTF-16; save it as {encoding}")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise refused(path, line, f"byte 0x{raw[error.start]:02x} is not UTF-8; save the file as UTF-8") from None


def refused(path: Path, line: int | None, message: str) -> InputError:
    """The error of a file with one problem."""
    return InputError(path, [Problem(line=line, key="", message=message)])


def _bytes(path: Path, largest: int, otherwise: str) -> bytes:
    """The size is asked for first, and no more is read of a file that grows meanwhile."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise refused(path, None, _OTHERS.get(stat.S_IFMT(status.st_mode), "is not a file"))
        raw = b""
        if status.st_size <= largest:
            with path.open("rb") as stream:
                raw = stream.read(largest + 1)
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or "cannot be read; is the name right?").lower()
        known = {"no such file or directory": "there is no such file"}
        raise refused(path, None, known.get(reason, reason)) from None
    if max(status.st_size, len(raw)) > largest:
        raise refused(path, None, f"the file is larger than {largest:,} bytes; {otherwise}")
    return raw
