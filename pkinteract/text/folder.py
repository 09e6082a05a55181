"""The output folder of a run: every file complete or not there at all, and all of them of one run."""

from __future__ import annotations

import glob
import json
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath

from pkinteract.errors import InputError, Problem
from pkinteract.interrupts import deferred
from pkinteract.text.exchange import exchange
from pkinteract.text.files import read_text
from pkinteract.text.record import LARGEST, file_checksum, write_record

RECORD = "run.json"
DRAFT = ".unfinished-"
"""How the folder of unfinished files begins; a killed run leaves it behind."""

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
        recorded = json.loads(read_text(folder / RECORD, largest=LARGEST, otherwise=""))["scenario"]["name"]
    except (InputError, ValueError, KeyError, TypeError):
        raise _taken(folder, "holds files that are not ours; name another folder or add --force") from None
    if recorded != name:
        raise _taken(folder, f'holds the results of "{recorded}"; name another folder or add --force')


def write_all(folder: Path, files: Mapping[str, Writer]) -> list[Path]:
    """Write every file, and put them in place together; returns their paths.

    A set with a record changes places with the one before as a folder, so that it is old or new whenever the program is
    killed. Where the system cannot do that, or the folder must stay what it is (a mount, the folder one is in, one
    below a folder that cannot be written), files are renamed one by one, the record last. What the record before names
    and this set lacks is removed; everything else in the folder stays. Ctrl-C comes before the first of these steps or
    after the last.

    Parameters
    ----------
    files
        By name; one in a folder of the set is named as ``patients/part-00000.parquet``. Every record among them gets
        the names and checksums of the other files of its folder, by which the next run knows them.

    Raises
    ------
    InputError
        When the folder cannot be written.
    """
    place = folder.resolve()
    _refuse_taken_names(folder, place, files)
    beside = RECORD in files and _may_be_replaced(place)
    try:
        (place.parent if beside else place).mkdir(parents=True, exist_ok=True)
        _clear_remains(place)
        with _draft(place, beside=beside) as draft:
            for name, write in files.items():
                (draft / name).parent.mkdir(parents=True, exist_ok=True)
                write(draft / name)
            gone = _recorded(place) - set(files)
            for name in sorted(files, key=lambda name: -name.count("/")):
                if Path(name).name == RECORD:
                    _list_files(draft, name, files)
            with deferred():
                if not (beside and _replaced(place, draft, {*gone, *files})):
                    _renamed(place, draft, files, gone)
    except OSError as error:
        raise _taken(folder, f"cannot be written: {error.strerror or error}") from None
    return [folder / name for name in files]


def _refuse_taken_names(folder: Path, place: Path, files: Collection[str]) -> None:
    """Refuse a folder where a result is to be, and a file where a folder of results is to be."""
    for name in files:
        if (place / name).is_dir():
            raise _taken(folder, f"holds a folder named {name}, the name of a result; move it, nothing was written")
        for above in Path(name).parents[:-1]:
            if os.path.lexists(place / above) and not (place / above).is_dir():
                text = f"holds a file named {above.as_posix()}, the name of a folder of results; move it"
                raise _taken(folder, f"{text}, nothing was written")


def _list_files(draft: Path, record: str, files: Collection[str]) -> None:
    """Put into a record which files its set has, with their SHA-256."""
    path = draft / record
    prefix = record.removesuffix(RECORD)
    others = sorted(name for name in files if name.startswith(prefix) and name != record)
    sums = {name.removeprefix(prefix): file_checksum(draft / name) for name in others}
    write_record({**json.loads(path.read_text("utf-8")), "files": sums}, path)


def _may_be_replaced(place: Path) -> bool:
    """Whether a folder may become another one of the same name."""
    above = next(path for path in place.parents if path.exists())
    here = Path.cwd()
    return not (place.is_mount() or here == place or place in here.parents) and os.access(above, os.W_OK | os.X_OK)


def _recorded(place: Path) -> set[str]:
    """The files that the record in a folder names, if they are in that folder."""
    try:
        names = json.loads(read_text(place / RECORD, largest=LARGEST, otherwise=""))["files"]
        return {name for name in names if is_inside(name)} | {RECORD}
    except (InputError, ValueError, KeyError, TypeError):
        return set()


def is_inside(name: str) -> bool:
    """Whether a name is that of a file in a folder or below, written as we write it."""
    path = PurePosixPath(name)
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts and str(path) == name


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder for files on their way, gone at the end; those that killed runs left are removed first."""
    prefix = f"pkinteract-{platform.node()}-"
    for path in Path(tempfile.gettempdir()).glob(f"{glob.escape(prefix)}*"):
        owner = path.name.removeprefix(prefix).partition("-")[0]
        if owner.isdecimal() and not _runs(int(owner)):
            shutil.rmtree(path, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=f"{prefix}{os.getpid()}-") as room:
        yield Path(room)


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
    others = [path.relative_to(place) for path in _others(place, place, ours)]
    try:
        for name in others:
            _linked(place / name, draft / name)
    except (OSError, shutil.Error):
        done = False
    else:
        done = exchange(draft, place)
    if not done:
        for name in others:
            _unlinked(draft / name)
        return False
    for path in _others(draft, draft, ours):
        late = place / path.relative_to(draft)
        if not os.path.lexists(late):
            late.parent.mkdir(parents=True, exist_ok=True)
            path.rename(late)
    return True


def _others(folder: Path, top: Path, ours: Collection[str]) -> Iterator[Path]:
    """What is below a folder and not ours: whole folders where nothing in them is."""
    for path in folder.iterdir():
        name = path.relative_to(top).as_posix()
        if name.startswith(DRAFT):
            continue
        within = path.is_dir() and not path.is_symlink()
        if within and any(one.startswith(f"{name}/") for one in ours):
            yield from _others(path, top, ours)
        elif within or name not in ours:
            yield path


def _linked(source: Path, target: Path) -> None:
    """Give a file, or every file of a folder, a second name."""
    target.parent.mkdir(parents=True, exist_ok=True)
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
    for name in sorted(files, key=lambda name: (name == RECORD, Path(name).name == RECORD)):
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (draft / name).replace(place / name)
    for name in gone:
        if (place / name).is_file():
            (place / name).unlink()
        with suppress(OSError):
            for above in Path(name).parents[:-1]:
                (place / above).rmdir()


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
