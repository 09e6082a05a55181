"""Writing: cells that no spreadsheet misreads, and folders that never hold a half file."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from pkinteract.errors import InputError
from pkinteract.text.csv import write_csv
from pkinteract.text.folder import refuse_foreign, write_all


@pytest.mark.parametrize(
    ("cell", "written_as"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@sum", "'@sum"),
        ("  =1", "'  =1"),
        ("\t=1", "'\t=1"),
        ("\uff1d1", "'\uff1d1"),
        ("plain", "plain"),
        ('5 "mg", once', '"5 ""mg"", once"'),
        ("two\nlines", '"two\nlines"'),
        ("höher", "höher"),
    ],
)
def test_text_cells_are_safe_and_quoted(tmp_path: Path, cell: str, written_as: str) -> None:
    """Every sign that begins a formula is defused; commas, quotes and line ends are quoted."""
    write_csv({"text": [cell], "more": ["x"]}, tmp_path / "table.csv")

    assert (tmp_path / "table.csv").read_bytes() == f"text,more\r\n{written_as},x\r\n".encode()


def test_what_is_missing_is_an_empty_cell(tmp_path: Path) -> None:
    """None and not-a-number are empty, minus zero is zero, truth is true or false."""
    columns = {"a": [None, 1.5], "b": np.array([np.nan, -0.0]), "c": [True, False], "d": [1, 2]}

    write_csv(columns, tmp_path / "table.csv")

    assert (tmp_path / "table.csv").read_text("utf-8").split() == ["a,b,c,d", ",,true,1", "1.5,0,false,2"]


def interrupted(_path: Path) -> None:
    raise KeyboardInterrupt


def half_written(path: Path) -> None:
    path.write_text("half", "utf-8")
    raise OSError(28, "No space left on device")


def test_an_interrupted_write_leaves_what_was_there(tmp_path: Path) -> None:
    """Stopped at the second file: the first keeps its old content, nothing else is there."""
    (tmp_path / "concentrations.csv").write_text("old", "utf-8")
    files = {"concentrations.csv": lambda path: path.write_text("new", "utf-8"), "enzymes.csv": interrupted}

    with pytest.raises(KeyboardInterrupt):
        write_all(tmp_path, files)  # type: ignore[arg-type]

    assert [(path.name, path.read_text("utf-8")) for path in tmp_path.iterdir()] == [("concentrations.csv", "old")]


def test_a_full_disk_is_told_and_leaves_no_half_file(tmp_path: Path) -> None:
    """The reason in the message, the folder as it was."""
    with pytest.raises(InputError, match="cannot be written: No space left on device"):
        write_all(tmp_path / "out", {"enzymes.csv": half_written})

    assert list((tmp_path / "out").iterdir()) == []


def test_a_killed_run_does_not_block_its_folder(tmp_path: Path) -> None:
    """What a killed run leaves unfinished is not taken for somebody's file; anything else is."""
    (tmp_path / ".unfinished-x").mkdir()

    refuse_foreign(tmp_path, "test")

    (tmp_path / "notes.txt").write_text("mine", "utf-8")
    with pytest.raises(InputError, match="holds files that are not ours"):
        refuse_foreign(tmp_path, "test")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names on this system")
def test_a_record_that_is_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """A folder whose ``run.json`` is no file holds nothing of ours."""
    os.mkfifo(tmp_path / "run.json")

    with pytest.raises(InputError, match="holds files that are not ours"):
        refuse_foreign(tmp_path, "case")
