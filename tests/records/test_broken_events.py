"""Broken data sets: each ``events/broken/*.csv`` begins with its drug and the whole message that the command prints."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from own_drugs import binding
from runs import drug, oral, pathway

from pkinteract.cli import main

FOLDER = Path(__file__).parent / "events"
LIBRARY = Path(__file__).parents[2] / "pkinteract/library/drugs"
PLAIN = "ID,TIME,AMT,EVID,CMT,II,ADDL\n1,0,100,1,1,12,2\n1,3,0,0,2,0,0\n1,30,0,0,2,0,0\n"


def command(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


BROKEN = sorted((FOLDER / "broken").glob("[0-9]*.csv"))


def golden(file: Path) -> tuple[Path, str]:
    """The drug file and the message that the comments at the top of a data set name."""
    head = [line[2:] for line in file.read_text("utf-8").split("\n") if line.startswith("# ")]
    name = head[0].removeprefix("drug: ")
    own = FOLDER / f"{name}.toml"
    return own if own.exists() else LIBRARY / f"{name}.toml", "".join(f"{line}\n" for line in head[1:])


@pytest.mark.parametrize("file", BROKEN, ids=lambda file: file.stem)
def test_a_broken_data_set_is_refused_with_its_message(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit status 2, every problem with line, column and what to write, and nothing written (golden)."""
    monkeypatch.chdir(file.parent)
    medicine, expected = golden(file)

    done = command("events", file.name, "--drug", medicine, "--out", tmp_path / "out")

    assert done.stderr == expected
    assert (done.exit_code, done.stdout) == (2, "")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("raw", "row"),
    [
        (PLAIN.encode("utf-16"), "   1    the file is UTF-16; save it as CSV in UTF-8"),
        ("ID,TIME,AMT\nMüller,0,1\n".encode("latin-1"), "   2    byte 0xfc is not UTF-8; save the file as UTF-8"),
        (b"", "        has no line of names; write for example ID,TIME,AMT,EVID,CMT"),
    ],
    ids=["utf-16", "latin-1", "empty"],
)
def test_a_file_that_is_no_text_is_refused(
    raw: bytes, row: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wrong encodings are named with the line and the remedy (golden)."""
    monkeypatch.chdir(tmp_path)
    Path("data.csv").write_bytes(raw)

    done = command("events", "data.csv", "--drug", FOLDER / "one-compartment.toml")

    assert (done.exit_code, done.stderr) == (2, f"Error: data.csv: 1 problem\n{row}\n")
    assert [path.name for path in tmp_path.iterdir()] == ["data.csv"]


def test_problems_of_the_data_set_and_of_the_drug_are_reported_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong drug file does not hide what is wrong with the data set (golden)."""
    monkeypatch.chdir(tmp_path)
    Path("drug.toml").write_text(drug("drug-x", pathway("conversion", 1.0, "", 'forms = "product"')), "utf-8")
    Path("data.csv").write_text("TIME,AMT\n0,much\n", "utf-8")

    done = command("events", "data.csv", "--drug", "drug.toml")

    assert done.exit_code == 2
    assert done.stderr == (
        'Error: data.csv: 1 problem\n   2  AMT  must be a number, got "much"; write mg such as 100\n'
        "Error: drug.toml: 1 problem\n"
        '  15  elimination.pathway[0].forms  "product" is not in the library; '
        "name its file too, in library or by another --drug\n"
    )


def test_a_drug_that_no_liver_could_clear_is_refused(tmp_path: Path) -> None:
    """Clearance above hepatic flow, and an F above what gut and liver let through, name the drug file."""
    data = tmp_path / "data.csv"
    data.write_text(PLAIN, "utf-8")
    for n, clearance in enumerate(("100 L/h", "60 L/h")):
        tables = (binding(), pathway("all", 1.0, "CYP3A4"), oral(1.0, 0.9))
        made = drug("drug-x", *tables, clearance=clearance, liver="well-stirred")
        (tmp_path / f"drug-{n}.toml").write_text(made, "utf-8")

    above, available = (command("events", data, "--drug", tmp_path / f"drug-{n}.toml") for n in (0, 1))

    assert "hepatic clearance 100 L/h is not below hepatic flow Rb·Qh 90 L/h; lower it" in above.stderr
    assert "F 0.9 is above Fg·Fh 0.3333, what gut and liver let through; lower it" in available.stderr
    assert (above.exit_code, available.exit_code) == (2, 2)
