"""Tables as Parquet (extra ``parquet``)."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from pkinteract.errors import InputError, Problem
from pkinteract.text.csv import Table


def require_parquet(option: str = "--format") -> None:
    """Check that Parquet can be written, which an option asks for.

    Raises
    ------
    InputError
        When pyarrow is not installed; the message says how to install it.
    """
    if find_spec("pyarrow") is None:
        text = 'parquet needs pyarrow; install it with: pip install "pkinteract[parquet]"'
        raise InputError(option, [Problem(line=None, key="parquet", message=text)])


def write_parquet(table: Table, path: Path) -> None:
    """Write ``table`` to ``path``."""
    import pandas as pd

    pd.DataFrame(dict(table)).to_parquet(path, index=False)
