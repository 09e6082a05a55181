"""CSV files that are read: names, cells and lines, or what is wrong with which line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkinteract.errors import InputError, Problem
from pkinteract.fitting.data.levels import LevelFormat, read_levels
from pkinteract.library.evidence.ratios import read_studies
from pkinteract.records.reader import read_records
from pkinteract.text.csv import CsvFile, csv_text, read_csv, read_table


def written(folder: Path, raw: bytes) -> Path:
    path = folder / "table.csv"
    path.write_bytes(raw)
    return path


def rows(file: CsvFile) -> list[tuple[int, tuple[str, ...]]]:
    return list(file.rows)


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "mark"])
def test_lines_are_counted_as_an_editor_counts_them(tmp_path: Path, mark: bytes, end: bytes) -> None:
    """With every line end, with and without a mark; comments and empty lines count and hold no row."""
    lines = [b"# from the ward", b"", b" a , b", b"1, 2", b"  # not now", b'3,"4, ""5"""', b"   "]

    file = read_csv(written(tmp_path, mark + end.join(lines)))

    assert (file.head, file.names) == (3, ("a", "b"))
    assert rows(file) == [(4, ("1", "2")), (6, ("3", '4, "5"'))]


def test_a_file_without_a_line_has_no_names(tmp_path: Path) -> None:
    """An empty file and one of comments alone: what to say of it knows who reads it."""
    for raw in (b"", b"\n\n", b"# nothing\n"):
        file = read_csv(written(tmp_path, raw))
        assert (file.head, file.names, file.rows) == (0, (), ())


BROKEN = b'a,b\n1,"2\n3,4\n"5"6,7\n8,' + b"9" * 200_000 + b"\n"
MESSAGES = [
    (2, 'does not close its quotes; a cell ends on its line, quotes inside it are written ""'),
    (4, 'goes on behind closed quotes; quotes inside a cell are written ""'),
    (5, "is not CSV (field larger than field limit (131072))"),
]


def test_lines_that_are_no_csv_are_told_all_at_once(tmp_path: Path) -> None:
    """Quotes across a line, text behind quotes, an endless cell: raised with their lines, or handed to the reader."""
    path = written(tmp_path, BROKEN)
    found: list[Problem] = []

    with pytest.raises(InputError) as raised:
        read_csv(path)
    file = read_csv(path, found)

    assert [(problem.line, problem.message) for problem in raised.value.problems] == MESSAGES
    assert tuple(found) == raised.value.problems
    assert rows(file) == [(3, ("3", "4"))]


def test_a_line_of_names_that_is_no_csv_is_raised(tmp_path: Path) -> None:
    """Without names no row means anything, so nothing else is told."""
    with pytest.raises(InputError) as raised:
        read_csv(written(tmp_path, b'a,"b\n1,"2\n'), [])

    assert [problem.line for problem in raised.value.problems] == [1]


def test_a_table_needs_its_columns_and_whole_rows(tmp_path: Path) -> None:
    """Missing columns are named; rows with fewer or more cells are named with their lines, all at once."""
    with pytest.raises(InputError) as columns:
        read_table(written(tmp_path, b"a,b\n1,2\n"), ("b", "c", "d"))
    with pytest.raises(InputError) as cells:
        read_table(written(tmp_path, b"a,b\n1\n1,2\n1,2,3\n"), ("a",))

    assert [(problem.line, problem.key) for problem in columns.value.problems] == [(1, "c"), (1, "d")]
    assert [(problem.line, problem.message) for problem in cells.value.problems] == [
        (2, "has 1 cells where the first line has 2 names"),
        (4, "has 3 cells where the first line has 2 names"),
    ]
    assert read_table(written(tmp_path, b"a,b\n\n1,2\n"), ("b",)) == ((3, {"a": "1", "b": "2"}),)


CELLS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12).map(str.strip).filter(bool)


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=5))
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, cells: list[tuple[str, str]]) -> None:
    """Cells of one line come back as they are, but for the apostrophe before formulas; a row may not begin with #."""
    first, second = ([f"x{cell}" for cell in column] for column in zip(*cells, strict=True))
    text = csv_text({"a": first, "b": second})

    file = read_csv(written(tmp_path_factory.getbasetemp(), text.encode()))

    assert file.names == ("a", "b")
    assert [row for _, row in file.rows] == list(zip(first, second, strict=True))


@given(st.binary(max_size=60) | st.text("ab,\"'\n\r# 1\0", max_size=60).map(str.encode))
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    """Nothing that a file can hold ends in another exception."""
    path = written(tmp_path_factory.getbasetemp(), raw)
    try:
        file = read_csv(path)
    except InputError:
        return
    assert all(line > file.head for line, _ in file.rows)


@pytest.mark.parametrize(
    ("raw", "mark"),
    [
        (b"a;b;c\n1;0,5;2,3\n1;2;4,5\n", "semicolons"),
        (b'# from a spreadsheet\n"a";"b,c";"d"\n1;2;3\n', "semicolons"),
        (b"a\tb\n1\t0,5\n", "tabs"),
    ],
)
def test_columns_that_are_not_parted_by_commas_are_one_problem(tmp_path: Path, raw: bytes, mark: str) -> None:
    """One message for the whole file says what parts columns and how decimals are written, whoever reads it."""
    path = written(tmp_path, raw)
    for read in (
        lambda: read_csv(path),
        lambda: read_csv(path, []),
        lambda: read_table(path, ("a",)),
        lambda: read_records(path),
        lambda: read_levels(path, LevelFormat()),
        lambda: read_studies(path),
    ):
        with pytest.raises(InputError) as caught:
            read()
        (problem,) = caught.value.problems
        assert f"columns parted by {mark}; part them by commas, and write decimals with a point" in problem.message
