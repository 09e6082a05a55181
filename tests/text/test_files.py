"""Writing: cells that no spreadsheet misreads, and folders that never hold a half file."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from pkinteract.errors import InputError
from pkinteract.text.csv import write_csv
from pkinteract.text.folder import RECORD, Writer, refuse_foreign, write_all


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

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_killed_run_does_not_block_its_folder(tmp_path: Path) -> None:
    """What a killed run leaves unfinished is not taken for somebody's file; anything else is."""
    (tmp_path / ".unfinished-x").mkdir()

    refuse_foreign(tmp_path, "test")

    (tmp_path / "notes.txt").write_text("mine", "utf-8")
    with pytest.raises(InputError, match="holds files that are not ours"):
        refuse_foreign(tmp_path, "test")


def results(number: int, *names: str) -> dict[str, Writer]:
    """A set of results, each file with the number of its run."""

    def writer(name: str) -> Writer:
        text = "{}" if Path(name).name == RECORD else str(number)
        return lambda path: path.write_text(text, "utf-8") and None

    return {name: writer(name) for name in (*names, RECORD)}


def contents(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != RECORD)
    return {str(path.relative_to(folder)): path.read_text("utf-8") for path in files}


@pytest.mark.parametrize("able", [True, False], ids=["exchanged", "renamed"])
def test_a_set_replaces_the_one_before_and_leaves_what_is_the_users(
    able: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the record before names goes; a picture, a folder, a link and notes of one's own stay, whatever their names.

    The same where the system cannot let two folders change places.
    """
    if not able:
        monkeypatch.setattr("pkinteract.text.folder.exchange", lambda *_: False)
    out = tmp_path / "out"
    write_all(out, results(1, "doses.csv", "concentrations.png"))
    (out / "doses.png").write_text("mine", "utf-8")
    (out / "more").mkdir()
    (out / "more" / "notes.txt").write_text("mine", "utf-8")
    (out / "link").symlink_to("more/notes.txt")

    write_all(out, results(2, "doses.csv"))

    mine = {"doses.png": "mine", "more/notes.txt": "mine", "link": "mine"}
    assert contents(out) == {"doses.csv": "2", **mine}
    assert (out / "link").is_symlink()
    sums = {"doses.csv": hashlib.sha256(b"2").hexdigest()}
    assert json.loads((out / RECORD).read_text("utf-8")) == {"files": sums}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("able", [True, False], ids=["exchanged", "renamed"])
def test_folders_of_results_belong_to_the_set(able: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Partitions and the files of several scenarios: what is gone goes, one's own files among them stay, also empty
    folders; every record knows the files of its folder."""
    if not able:
        monkeypatch.setattr("pkinteract.text.folder.exchange", lambda *_: False)
    out = tmp_path / "out"
    write_all(out, results(1, "a/run.json", "a/doses.csv", "a/old.csv", "b/run.json", "b/doses.csv"))
    (out / "a" / "notes.txt").write_text("mine", "utf-8")
    (out / "mine" / "empty").mkdir(parents=True)

    write_all(out, results(2, "a/run.json", "a/doses.csv", "c/doses.csv"))

    assert contents(out) == {"a/doses.csv": "2", "a/notes.txt": "mine", "c/doses.csv": "2"}
    assert (out / "mine" / "empty").is_dir()
    assert not (out / "b").exists()
    assert list(json.loads((out / "a" / RECORD).read_text("utf-8"))["files"]) == ["doses.csv"]
    assert list(json.loads((out / RECORD).read_text("utf-8"))["files"]) == ["a/doses.csv", "a/run.json", "c/doses.csv"]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_file_where_a_folder_of_results_is_to_be_is_refused(tmp_path: Path) -> None:
    """Nothing is replaced before."""
    write_all(tmp_path / "out", results(1, "alerts.csv"))
    (tmp_path / "out" / "patients").write_text("mine", "utf-8")

    with pytest.raises(InputError, match=r"holds a file named patients, the name of a folder of results"):
        write_all(tmp_path / "out", results(2, "alerts.csv", "patients/part-00000.parquet"))

    assert contents(tmp_path / "out") == {"alerts.csv": "1", "patients": "mine"}


def test_a_folder_of_the_name_of_a_result_is_refused_before_anything_is_replaced(tmp_path: Path) -> None:
    """Old results stay whole, and nothing half written is left."""
    write_all(tmp_path / "out", results(1, "alerts.csv"))
    (tmp_path / "out" / "doses.csv").mkdir()

    with pytest.raises(InputError, match=r"holds a folder named doses\.csv"):
        write_all(tmp_path / "out", results(2, "alerts.csv", "doses.csv"))

    assert contents(tmp_path / "out") == {"alerts.csv": "1"}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_record_cannot_have_files_elsewhere_removed(tmp_path: Path) -> None:
    """A record that came from elsewhere names files beyond its folder: they stay."""
    (tmp_path / "mine.txt").write_text("mine", "utf-8")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / RECORD).write_text('{"files": ["../mine.txt", "/mine.txt", ".."]}', "utf-8")

    write_all(tmp_path / "out", results(1, "doses.csv"))

    assert (tmp_path / "mine.txt").read_text("utf-8") == "mine"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform not in ("linux", "darwin"), reason="folders cannot change places")
def test_a_killed_write_leaves_an_old_or_a_new_set(tmp_path: Path) -> None:
    """Killed wherever it is, sixteen times: all files are of one run, the user's is there, the next run cleans up."""
    program = (
        "import sys\nsys.path.insert(0, sys.argv[1])\nfrom pathlib import Path\nfrom test_files import results\n"
        "from pkinteract.text.folder import write_all\nnames = [f'{n}.csv' for n in range(20)]\n"
        "print('go', flush=True)\nfor number in range(10**6):\n    write_all(Path('out'), results(number, *names))\n"
    )
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine", "utf-8")
    for turn in range(16):
        arguments = [sys.executable, "-c", program, str(Path(__file__).parent)]
        with subprocess.Popen(arguments, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as running:
            assert running.stdout is not None
            running.stdout.readline()
            time.sleep(0.005 + 0.004 * turn)
            running.kill()
        found = contents(tmp_path / "out")
        assert found.pop("mine.txt") == "mine"
        assert len(found) in (0, 20)
        assert len(set(found.values())) <= 1
    write_all(tmp_path / "out", results(1, "doses.csv"))

    assert contents(tmp_path / "out") == {"doses.csv": "1", "mine.txt": "mine"}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names on this system")
def test_a_record_that_is_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """A folder whose ``run.json`` is no file holds nothing of ours."""
    os.mkfifo(tmp_path / "run.json")

    with pytest.raises(InputError, match="holds files that are not ours"):
        refuse_foreign(tmp_path, "case")
