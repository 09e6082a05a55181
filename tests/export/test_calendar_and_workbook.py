"""The calendar of levels to draw and the workbook of tables, read by programs that are not ours."""

from __future__ import annotations

import csv
import importlib.util
import json
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from icalendar import Calendar
from openpyxl import load_workbook
from runs import daily, regimen, text, written

from pkinteract.cli import main

SWITCH = text(
    regimen("amitriptyline", daily("75 mg", "24 h", "-20 d")),
    regimen("carbamazepine", daily("200 mg", "12 h", "-20 d", "0 d")),
    days=30,
    step="6 h",
)
DATED = SWITCH.replace("[simulation]\n", "[simulation]\nstart = 2026-03-28T08:00:00\n").replace(
    'title = "test"', 'title = "Mrs Smith, room 7"'
)
SOFFICE = shutil.which("soffice")
EVERY_SHEET = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,-1"
"""CSV of LibreOffice: comma, quotes, UTF-8, cells as they are, every sheet to a file of its own."""


def command(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dated switch with its workbook."""
    base = tmp_path_factory.mktemp("dated")
    done = command("run", written(base, DATED, name="smith"), "--out", base / "out", "--no-figure", "--excel")
    assert done.exit_code == 0, done.output
    return base / "out"


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def test_a_calendar_program_reads_every_sample_with_its_time(folder: Path) -> None:
    """As many entries as times to draw, at the dates of sampling.csv, local and without a zone; names in lower case."""
    calendar = Calendar.from_ical((folder / "sampling.ics").read_bytes())
    events = calendar.walk("VEVENT")
    expected = sorted({row["date"] for row in rows(folder / "sampling.csv")})

    assert [event["DTSTART"].dt for event in events] == [datetime.fromisoformat(date) for date in expected]
    assert all(event["DTSTART"].dt.tzinfo is None for event in events)
    assert {str(event["SUMMARY"]) for event in events} == {"level: amitriptyline + nortriptyline, before the dose"}
    assert len({str(event["UID"]) for event in events}) == len(events) > 0
    assert all({"DTSTAMP", "DTEND", "DESCRIPTION"} <= set(event) for event in events)


def test_lines_of_the_calendar_are_short_and_end_as_the_standard_says(folder: Path) -> None:
    """CR LF, at most 75 bytes, and no word of the patient, the title or the file."""
    raw = (folder / "sampling.ics").read_bytes()

    assert raw.endswith(b"END:VCALENDAR\r\n")
    assert raw.count(b"\n") == raw.count(b"\r\n")
    assert max(map(len, raw.split(b"\r\n"))) <= 75
    for word in (b"smith", b"room", b"female", b" kg", b"ng/ml"):
        assert word not in raw.lower()


def test_without_a_start_there_is_no_calendar(tmp_path: Path) -> None:
    """Days of a run that is not anchored are no dates."""
    done = command("run", written(tmp_path, SWITCH), "--out", tmp_path / "out", "--no-figure")

    assert done.exit_code == 0
    assert not (tmp_path / "out" / "sampling.ics").exists()


def test_the_workbook_holds_every_table_with_numbers_as_numbers(folder: Path) -> None:
    """A sheet per CSV file, head frozen, the same cells: numbers, dates, truth, text, empty."""
    book = load_workbook(folder / "tables.xlsx")
    assert sorted(book.sheetnames) == sorted(path.stem for path in folder.glob("*.csv"))
    for sheet in book:
        read = rows(folder / f"{sheet.title}.csv")
        head, *body = sheet.iter_rows(values_only=True)
        assert sheet.freeze_panes == "A2"
        assert len(body) == len(read)
        for cells, row in zip(body, read, strict=True):
            assert list(row) == list(head)
            for cell, written_cell in zip(cells, row.values(), strict=True):
                _same(cell, written_cell)
    assert not any(cell.data_type == "f" for sheet in book for row in sheet.iter_rows() for cell in row)


def _same(cell: object, text: str) -> None:
    if cell is None:
        assert text == ""
    elif isinstance(cell, bool):
        assert text == ("true" if cell else "false")
    elif isinstance(cell, datetime):
        assert text == cell.isoformat()
    elif isinstance(cell, (int, float)):
        assert float(text) == pytest.approx(cell, rel=1e-6, abs=1e-300)
    else:
        assert text == cell


def test_the_workbook_is_recorded_with_the_other_files(folder: Path) -> None:
    """run.json names all that was written, so that the next run removes what it does not write again."""
    assert {"tables.xlsx", "sampling.ics"} <= set(json.loads((folder / "run.json").read_text("utf-8"))["files"])


def test_without_its_library_a_workbook_is_refused_before_anything_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit status 2, what to install, nothing written."""
    found = importlib.util.find_spec
    monkeypatch.setattr("pkinteract.export.excel.find_spec", lambda name: None if name == "xlsxwriter" else found(name))

    done = command("run", written(tmp_path, SWITCH), "--out", tmp_path / "out", "--excel")

    assert done.exit_code == 2
    assert 'pip install "pkinteract[excel]"' in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
@pytest.mark.skipif(SOFFICE is None, reason="needs LibreOffice (apt-get install libreoffice-calc)")
def test_libreoffice_opens_every_table_and_the_workbook_without_loss(folder: Path, tmp_path: Path) -> None:
    """What it saves of each CSV file, and of each sheet of the workbook, has the same cells."""
    files = sorted(folder.glob("*.csv"))
    _convert(tmp_path, EVERY_SHEET, folder / "tables.xlsx")
    for file in files:
        for row, expected in zip(rows(tmp_path / f"tables-{file.stem}.csv"), rows(file), strict=True):
            _row(row.values(), expected)
    _convert(tmp_path, "xlsx", *files)
    for file in files:
        sheet = load_workbook(tmp_path / f"{file.stem}.xlsx").worksheets[0]
        head, *body = sheet.iter_rows(values_only=True)
        read = rows(file)
        assert [str(name) for name in head] == list(read[0] if read else head)
        assert len(body) == len(read)
        for cells, row in zip(body, read, strict=True):
            _row(cells, row)


def _convert(out: Path, form: str, *files: Path) -> None:
    line = [SOFFICE or "", f"-env:UserInstallation={(out / 'profile').as_uri()}", "--headless", "--convert-to", form]
    subprocess.run([*line, "--outdir", str(out), *map(str, files)], check=True, capture_output=True, timeout=240)


def _row(cells: Iterable[object], expected: Mapping[str, str]) -> None:
    """The same numbers, dates, truth values and texts, however they are spelled."""
    for cell, text_ in zip(cells, expected.values(), strict=True):
        told = "" if cell is None else cell.isoformat() if isinstance(cell, datetime) else str(cell)
        try:
            assert float(told) == pytest.approx(float(text_), rel=1e-6, abs=1e-300)
        except ValueError:
            assert told.lower().replace(" ", "t") == text_.lower().replace(" ", "t")
