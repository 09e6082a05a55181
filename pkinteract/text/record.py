"""``run.json``: what every record of a run begins with, and how it is written."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterable, Mapping
from importlib import import_module
from pathlib import Path

from pkinteract import NOTICE, __version__


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


def checksum(content: bytes) -> str:
    """SHA-256 of a file, as ``sha256sum`` prints it."""
    return hashlib.sha256(content).hexdigest()


def write_record(record: Mapping[str, object], path: Path) -> None:
    """Write ``record`` to ``path``, as UTF-8 and one key a line."""
    path.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", "utf-8")
