"""``run.json``: what every record of a run begins with, and how it is written."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterable, Mapping
from importlib import import_module
from pathlib import Path

from pkinteract import NOTICE, __version__
from pkinteract.text.inputs import name_among

LARGEST = 200_000_000
"""Largest record that is read [byte]: it holds the files that a run was made from."""


def head(data: str, *, notice: str = NOTICE, libraries: Iterable[str] = ()) -> dict[str, object]:
    """What stands first in every record: the notice, and the versions that made the numbers.

    Parameters
    ----------
    data
        Checksum of the library of drugs.
    libraries
        Modules that made the numbers together with numpy.
    """
    versions = {"pkinteract": __version__, "library": data, "python": platform.python_version()}
    versions |= {name: import_module(name).__version__ for name in ("numpy", *libraries)}
    return {"notice": notice, "versions": versions}


def source(name: str, title: str, text: str) -> dict[str, str]:
    """The file that was run: its name, title, checksum and text."""
    return {"name": name, "title": title, "sha256": checksum(text.encode()), "text": text}


def recipe(
    command: str, options: Mapping[str, object], inputs: Iterable[str], files: Mapping[str, str]
) -> dict[str, object]:
    """What the same command needs to be run again, beside the text of the file that was run.

    Parameters
    ----------
    options
        By name, those that decide what is written; what was not asked for is left out. Files as :func:`file_option`
        has them.
    inputs
        Paths of the files that were run, as the folder of the first one sees them.
    files
        What else was read: such paths, and texts.
    """
    asked = {name: value for name, value in options.items() if value is not None and value is not False and value != []}
    return {"command": command, "options": asked, "inputs": list(inputs), "files": dict(sorted(files.items()))}


def file_option(files: Mapping[str, str], folder: Path, path: Path) -> object:
    """A path that an option names, as a recipe has it: which of the ``files`` that were read, else as it was written.

    What is none of them is the name of a drug, or a file of ours; ``folder`` is the one that sees the files.
    """
    name = name_among(files, folder, path)
    return str(path) if name is None else {"file": name}


def checksum(content: bytes) -> str:
    """SHA-256 of a file, as ``sha256sum`` prints it."""
    return hashlib.sha256(content).hexdigest()


def file_checksum(path: Path) -> str:
    """SHA-256 of a file of any size."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_record(record: Mapping[str, object], path: Path) -> None:
    """Write ``record`` to ``path``, as UTF-8 and one key a line."""
    path.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", "utf-8")
