"""Broken scenarios: ``broken/NNN-name.toml`` begins with the whole message that the command prints of it.

The comment at the top of each file is the golden message; line numbers count it. Encodings, folders and names, which no
text file can hold, are written by the tests below.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from pkinteract import load_scenario
from pkinteract.cli import main
from pkinteract.errors import InputError, Problem

FOLDER = Path(__file__).parent / "broken"
FILES = sorted(FOLDER.glob("[0-9]*.toml"))
REFUSED_BY_THE_MODEL = {"084-override-beyond-the-liver.toml", "099-bioavailability-beyond-the-liver.toml"}

SOUND = """title = "Sound"
[simulation]
duration = "2 d"
[patient]
weight = "70 kg"
age = "45 y"
sex = "female"
[[regimen]]
drug = "amitriptyline"
  [[regimen.course]]
  from = "0 d"
  dose = "75 mg"
"""


def golden(file: Path) -> str:
    """The comment block that a file begins with."""
    block, _, _ = file.read_text("utf-8").partition("\n\n")
    return "".join(f"{line[2:]}\n" for line in block.split("\n"))


def command(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_broken_scenario_is_refused_with_its_message(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit status 2, every problem with line, key and what to write, and nothing written (golden)."""
    monkeypatch.chdir(FOLDER)
    expected = golden(file)

    done = command("run", file.name, "--out", tmp_path / "out")

    assert done.stderr == expected
    assert (done.exit_code, done.stdout) == (2, "")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "name",
    [
        "001-not-toml-unquoted-quantity",
        "006-empty",
        "084-override-beyond-the-liver",
        "101-everything-at-once",
    ],
)
def test_the_installed_command_says_the_same(name: str, tmp_path: Path) -> None:
    """A process of its own has the same status and message, and no traceback (golden)."""
    arguments = [sys.executable, "-m", "pkinteract", "run", f"{name}.toml", "--out", str(tmp_path / "out")]

    done = subprocess.run(arguments, cwd=FOLDER, capture_output=True, text=True, encoding="utf-8", check=False)

    assert done.stderr == golden(FOLDER / f"{name}.toml")
    assert (done.returncode, done.stdout) == (2, "")
    assert not (tmp_path / "out").exists()


def test_problems_of_all_files_are_reported_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """``check`` of many files lists every problem of every one, in the order given (golden)."""
    monkeypatch.chdir(FOLDER)
    names = [file.name for file in FILES if file.name not in REFUSED_BY_THE_MODEL]

    done = command("check", *names)

    assert done.exit_code == 2
    assert done.stderr == "".join(golden(FOLDER / name) for name in names)


def test_one_broken_file_stops_the_sound_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All files are read before anything is simulated or written."""
    monkeypatch.chdir(tmp_path)
    Path("sound.toml").write_text(SOUND, "utf-8")
    Path("broken.toml").write_text(SOUND.replace("75 mg", "75 kg"), "utf-8")

    done = command("run", "sound.toml", "broken.toml", "--no-figure")

    assert done.exit_code == 2
    assert done.stderr == (
        'Error: broken.toml: 1 problem\n  12  regimen[0].course[0].dose  must be at most 1 kg, got "75 kg"\n'
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["broken.toml", "sound.toml"]


@pytest.mark.parametrize(
    ("raw", "row"),
    [
        (SOUND.encode("utf-16"), "   1    the file is UTF-16; save it as UTF-8"),
        (SOUND.encode("utf-16-be"), "   1    the file is UTF-16; save it as UTF-8"),
        (
            SOUND.replace("Sound", "Wirkung über Zeit").encode("latin-1"),
            "   1    byte 0xfc is not UTF-8; save the file as UTF-8",
        ),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "   1    byte 0x89 is not UTF-8; save the file as UTF-8"),
        (b"#" * 5_000_001, "        the file is larger than 5,000,000 bytes; a scenario has a few thousand"),
    ],
    ids=["utf-16", "utf-16 without mark", "latin-1", "picture", "huge"],
)
def test_a_file_that_is_no_text_is_refused(
    raw: bytes, row: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wrong encodings are named with the line and the remedy (golden)."""
    monkeypatch.chdir(tmp_path)
    Path("file.toml").write_bytes(raw)

    done = command("run", "file.toml")

    assert done.exit_code == 2
    assert done.stderr == f"Error: file.toml: 1 problem\n{row}\n"
    assert [path.name for path in tmp_path.iterdir()] == ["file.toml"]


@pytest.mark.parametrize(
    ("name", "reason"),
    [("missing.toml", "there is no such file"), (".", "is a folder, not a file")],
)
def test_a_file_that_is_not_there_is_refused(
    name: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A path that leads to no file says so (golden)."""
    monkeypatch.chdir(tmp_path)

    done = command("run", name)

    assert done.exit_code == 2
    assert done.stderr == f"Error: {name}: 1 problem\n        {reason}\n"
    assert not list(tmp_path.iterdir())


def test_two_scenarios_with_one_name_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Results are kept by file name, so two of one name would overwrite each other (golden)."""
    monkeypatch.chdir(tmp_path)
    for folder in ("first", "second"):
        Path(folder).mkdir()
        (Path(folder) / "switch.toml").write_text(SOUND, "utf-8")

    done = command("run", "first/switch.toml", "second/switch.toml", "--out", "out")

    assert done.exit_code == 2
    assert done.stderr == (
        "Error: second/switch.toml: 1 problem\n"
        "        has the same name as first/switch.toml; results are kept by file name, rename one\n"
    )
    assert not Path("out").exists()


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is written among files that are not ours, nor over another scenario's results (golden)."""
    monkeypatch.chdir(tmp_path)
    Path("sound.toml").write_text(SOUND, "utf-8")
    Path("other.toml").write_text(SOUND, "utf-8")
    Path("papers").mkdir()
    Path("papers/concentrations.csv").write_text("mine", "utf-8")
    Path("notes.txt").write_text("mine", "utf-8")
    assert command("run", "other.toml", "--out", "taken", "--no-figure").exit_code == 0
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    foreign, taken, file = (
        command("run", "sound.toml", "--out", out, "--no-figure") for out in ("papers", "taken", "notes.txt")
    )

    assert foreign.stderr == (
        "Error: papers: 1 problem\n      --out  holds files that are not ours; name another folder or add --force\n"
    )
    assert taken.stderr == (
        'Error: taken: 1 problem\n      --out  holds the results of "other"; name another folder or add --force\n'
    )
    assert file.stderr == "Error: notes.txt: 1 problem\n      --out  is a file; name a folder\n"
    assert {foreign.exit_code, taken.exit_code, file.exit_code} == {2}
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


FULL = (Path(__file__).parents[2] / "docs/scenario.md").read_text("utf-8").partition("```toml\n")[2].partition("```")[0]
VALUES = [
    *("true", "0", "-1", "1e400", "nan", "[]", "{}", '""', '"x"', '"0"', '"-1 d"', '"1e308 y"', '"5 mg"', '"5 mg/kg"'),
    *('"1e-300 h"', '"12 h"', '"50 y"', '"20 L/h"', '"\\u0000"', "2026-01-05", "9999-12-31T23:59:59", "[[1]]"),
    *('{ "08:00" = "5 mg" }', '["1 d", "nan d"]', '[{ from = "0 d" }]', '"*1/*1"', '"carbamazepine"', '"../.."', '"."'),
]
LINES = [n for n, line in enumerate(FULL.split("\n")) if "=" in line]


@pytest.mark.slow
@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(LINES), st.sampled_from(VALUES)), min_size=1, max_size=3), st.integers(0, 3))
def test_any_value_anywhere_is_read_or_refused(changes: list[tuple[int, str]], dropped: int) -> None:
    """Whatever stands behind a key, and whichever line is left out, the file is read or refused with its lines."""
    lines = FULL.split("\n")
    for n, value in changes:
        lines[n] = f"{lines[n].partition('=')[0]}= {value}"
    if dropped:
        del lines[LINES[len(LINES) * dropped // 4]]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "case.toml"
        path.write_text("\n".join(lines), "utf-8")

        found = problems(path)

    assert all(problem.message and problem.line != 0 for problem in found)


def problems(path: Path) -> tuple[Problem, ...]:
    """What is wrong with a scenario; nothing if it can be read."""
    try:
        load_scenario(path)
    except InputError as error:
        return error.problems
    return ()
