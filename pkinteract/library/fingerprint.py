"""Which numbers a run was made with: a checksum over the data of the library."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent

LENGTH = 12
"""Digits of the checksum that are told."""


@cache
def fingerprint() -> str:
    """The first digits of the SHA-256 of every data file of the library, with its path, in the order of the paths."""
    whole = hashlib.sha256()
    for path in sorted((*FOLDER.rglob("*.toml"), *FOLDER.rglob("*.csv")), key=_name):
        content = path.read_bytes()
        whole.update(f"{_name(path)}\0{len(content)}\0".encode())
        whole.update(content)
    return whole.hexdigest()[:LENGTH]


def _name(path: Path) -> str:
    return path.relative_to(FOLDER).as_posix()
