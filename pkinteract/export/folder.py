"""The output folder of a run: every file complete or not there at all."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from pkinteract.errors import InputError, Problem
from pkinteract.interrupts import deferred

RECORD = "run.json"
DRAFT = ".unfinished-"
"""How the folder of unfinished files begins; a killed run leaves it behind."""
_OURS = {"csv", "parquet", "json", "png", "svg"}

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
        recorded = json.loads((folder / RECORD).read_text("utf-8"))["scenario"]["name"]
    except (OSError, ValueError, KeyError, TypeError):
        raise _taken(folder, "holds files that are not ours; name another folder or add --force") from None
    if recorded != name:
        raise _taken(folder, f'holds the results of "{recorded}"; name another folder or add --force')


def write_all(folder: Path, files: Mapping[str, Writer], *, earlier: Collection[Path] = ()) -> list[Path]:
    """Write every file under a temporary name, then rename them all; returns their paths.

    Results of an earlier run that this one does not write are removed, so that a folder never mixes two runs. Ctrl-C
    comes before the first of these steps or after the last.

    Parameters
    ----------
    earlier
        Further files of an earlier run, to be removed unless they are written.

    Raises
    ------
    InputError
        When the folder cannot be written.
    """
    again = RECORD in files and (folder / RECORD).is_file()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=DRAFT, dir=folder) as draft:
            for name, write in files.items():
                write(Path(draft) / name)
            with deferred():
                for name in files:
                    (Path(draft) / name).replace(folder / name)
                for stale in {*_stale(folder, files), *(_stale_tables(folder, files) if again else []), *earlier}:
                    if stale.name not in files:
                        stale.unlink(missing_ok=True)
    except OSError as error:
        raise _taken(folder, f"cannot be written: {error.strerror or error}") from None
    return [folder / name for name in files]


def _stale(folder: Path, written: Collection[str]) -> list[Path]:
    """What an earlier run wrote under the same stems: another format, or figures that this one does without."""
    known = {f"{Path(name).stem}.{ending}" for name in written for ending in _OURS}
    return [folder / name for name in known - set(written) if (folder / name).is_file()]


def _stale_tables(folder: Path, written: Collection[str]) -> list[Path]:
    """What only some runs write: data sets of drugs that this one does not have, and measured levels."""
    found = [path for path in folder.glob("nonmem[-.]*") if path.suffix in (".csv", ".txt")]
    found += [folder / name for name in ("observations.csv", "observations.parquet") if (folder / name).is_file()]
    return [path for path in found if path.name not in written]


def _taken(folder: Path, message: str) -> InputError:
    return InputError(folder, [Problem(line=None, key="--out", message=message)])
