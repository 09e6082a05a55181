"""Broken fit files: each ``fits/broken/*.toml`` has the whole message that the command prints beside it."""

from __future__ import annotations

from pathlib import Path

import pytest
from fit_files import command

BROKEN = sorted((Path(__file__).parent / "broken").glob("[0-9]*.toml"))
SOLVED = {"016-no-data-inform-it"}
"""Refused by what the first predictions show."""


@pytest.mark.parametrize(
    "file",
    [pytest.param(file, id=file.stem, marks=[pytest.mark.compiled] * (file.stem in SOLVED)) for file in BROKEN],
)
def test_a_broken_fit_is_refused_with_its_message(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit status 2, every problem of fit file, data and scenario at once, and nothing written (golden)."""
    monkeypatch.chdir(file.parent)

    done = command("fit", file.name, "--out", tmp_path / "out")

    assert done.stderr == file.with_suffix(".txt").read_text("utf-8")
    assert (done.exit_code, done.stdout) == (2, "")
    assert not (tmp_path / "out").exists()
