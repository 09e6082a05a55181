"""The output folder of a run: every file complete or not there at all, and all of them of one run."""

from __future__ import annotations

import json
import os
import platform
import shutil
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pkinteract.errors import InputError, Problem
from pkinteract.interrupts import deferred
from pkinteract.text.exchange import exchange
from pkinteract.text.files import read_text
from pkinteract.text.record import write_record

RECORD = "run.json"
DRAFT = ".unfinished-"
"""How the folder of unfinished files begins; a killed run leaves it behind."""
_LARGEST = 50_000_000
"""Largest record that is read [byte]."""

Writer = Callable[[Path], None]


def refuse_foreign(folder: Path, name: str, *, unfinished: Collection[str] = ()) -> None:
    """Refuse to write the results of scenario ``name`` into a folder that holds something else.

    An empty or missing folder is free, also if a killed run left unfinished files in it; one that holds a record of
    the same scenario is written over.

    Parameters
    ----------
    unfinished
        What else a run that was interrupted may have left.

    Raises
    ------
    InputError
        When the folder is a file, or holds other files or another scenario's results.
    """
    if not folder.exists():
        return
    if not folder.is_dir():
        raise _taken(folder, "is a file; name a folder")
    if all(entry.name.startswith(DRAFT) or entry.name in unfinished for entry in folder.iterdir()):
        return
    try:
        recorded = json.loads(read_text(folder / RECORD, largest=_LARGEST, otherwise=""))["scenario"]["name"]
    except (InputError, ValueError, KeyError, TypeError):
        raise _taken(folder, "holds files that are not ours; name another folder or add --force") from None
    if recorded != name:
        raise _taken(folder, f'holds the results of "{recorded}"; name another folder or add --force')


def write_all(folder: Path, files: Mapping[str, Writer], *, stale: Collection[str] = ()) -> list[Path]:
    """Write every file, and put them in place together; returns their paths.

    A set with a record changes places with the one before as a folder, so that it is old or new whenever the program is
    killed. Where the system cannot do that, or the folder must stay what it is (a mount, the folder one is in, one
    below a folder that cannot be written), files are renamed one by one, the record last. What the record before names
    and this set lacks is removed; everything else in the folder stays. Ctrl-C comes before the first of these steps or
    after the last.

    Parameters
    ----------
    stale
        Further files of an earlier run, to be removed unless they are written.

    Raises
    ------
    InputError
        When the folder cannot be written.
    """
    place = folder.resolve()
    for name in files:
        if (place / name).is_dir():
            raise _taken(folder, f"holds a folder named {name}, the name of a result; move it, nothing was written")
    beside = RECORD in files and _may_be_replaced(place)
    try:
        (place.parent if beside else place).mkdir(parents=True, exist_ok=True)
        _clear_remains(place)
        with _draft(place, beside=beside) as draft:
            for name, write in files.items():
                write(draft / name)
            gone = {*stale, *_recorded(place)} - set(files)
            if RECORD in files:
                record = json.loads((draft / RECORD).read_text("utf-8"))
                write_record({**record, "files": sorted(files)}, draft / RECORD)
            with deferred():
                if not (beside and _replaced(place, draft, {*gone, *files})):
                    _renamed(place, draft, files, gone)
    except OSError as error:
        raise _taken(folder, f"cannot be written: {error.strerror or error}") from None
    return [folder / name for name in files]


def _may_be_replaced(place: Path) -> bool:
    """Whether a folder may become another one of the same name."""
    above = next(path for path in place.parents if path.exists())
    here = Path.cwd()
    return not (place.is_mount() or here == place or place in here.parents) and os.access(above, os.W_OK | os.X_OK)


def _recorded(place: Path) -> set[str]:
    """The files that the record in a folder names, if they are in that folder."""
    try:
        names = json.loads(read_text(place / RECORD, largest=_LARGEST, otherwise=""))["files"]
        return {name for name in names if Path(name).name == name}
    except (InputError, ValueError, KeyError, TypeError):
        return set()


def _prefix(place: Path) -> str:
    return f"{DRAFT}{place.name}-{platform.node()}-"


@contextmanager
def _draft(place: Path, *, beside: bool) -> Iterator[Path]:
    """An empty folder in the one of the results, or beside it and with its permissions; gone at the end."""
    draft = (place.parent if beside else place) / f"{_prefix(place)}{os.getpid()}"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    try:
        if place.is_dir():
            draft.chmod(place.stat().st_mode)
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _clear_remains(place: Path) -> None:
    """Remove what killed runs left unfinished for this folder."""
    for near in (place.parent, place):
        for path in near.iterdir() if near.is_dir() else ():
            owner = path.name.removeprefix(_prefix(place))
            if owner != path.name and owner.isdecimal() and not _runs(int(owner)):
                shutil.rmtree(path, ignore_errors=True)


def _runs(process: int) -> bool:
    """Whether a process of this machine is still there."""
    if sys.platform == "win32":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def _replaced(place: Path, draft: Path, ours: Collection[str]) -> bool:
    """Put a draft where the folder is, with everything in it that is not ours; False where that is not possible."""
    if not place.exists():
        draft.rename(place)
        return True
    others = [path for path in place.iterdir() if path.name not in ours and not path.name.startswith(DRAFT)]
    try:
        for path in others:
            _linked(path, draft / path.name)
    except (OSError, shutil.Error):
        done = False
    else:
        done = exchange(draft, place)
    if not done:
        for path in others:
            _unlinked(draft / path.name)
        return False
    for path in draft.iterdir():
        if path.name not in ours and not path.name.startswith(DRAFT) and not os.path.lexists(place / path.name):
            path.rename(place / path.name)
    return True


def _linked(source: Path, target: Path) -> None:
    """Give a file, or every file of a folder, a second name."""
    if source.is_dir() and not source.is_symlink():
        shutil.copytree(source, target, symlinks=True, copy_function=os.link)
    elif source.is_symlink():
        target.symlink_to(source.readlink())
    else:
        target.hardlink_to(source)


def _unlinked(target: Path) -> None:
    if target.is_dir() and not target.is_symlink():
        shutil.rmtree(target)
    else:
        target.unlink(missing_ok=True)


def _renamed(place: Path, draft: Path, files: Collection[str], gone: Collection[str]) -> None:
    """Move the files of a draft to where they belong one by one, the record last, and remove what is gone."""
    place.mkdir(exist_ok=True)
    for name in sorted(files, key=lambda name: name == RECORD):
        (draft / name).replace(place / name)
    for name in gone:
        if (place / name).is_file():
            (place / name).unlink()


def _taken(folder: Path, message: str) -> InputError:
    return InputError(folder, [Problem(line=None, key="--out", message=message)])


def write_text(path: Path, text: str) -> None:
    """Write a file of its own, complete or not there at all.

    Raises
    ------
    InputError
        When it cannot be written.
    """
    draft = path.with_name(f"{DRAFT}{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(text, "utf-8")
        draft.replace(path)
    except OSError as error:
        raise InputError(path, [Problem(line=None, key="", message=f"cannot be written: {error.strerror}")]) from None
