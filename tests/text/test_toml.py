"""TOML files: the line of every key, files that cannot be read, and pydantic's findings in our words."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError, model_validator

from pkinteract.errors import InputError, Problem
from pkinteract.text.toml import TomlFile, read_toml
from pkinteract.text.toml_lines import Key, Lines, key_text
from pkinteract.text.toml_words import problems

EXAMPLE = r"""# a comment with [brackets] and key = 1
title = "a # not a comment"   # one
[a.b]          # implicit a
"quoted key" = 1
at = { "08:00" = "200 mg", "20:00" = "400 mg" }
list = [
  1,  # one
  [2, 3],
  { x = 4 },
]
text = '''
[not.a.table]
key = 5
'''
[[r]]
d.e = 2026-01-05 08:00:00
  [[r.c]]
  f = 'lit\'
  [[r.c]]
  f = -1.5e3
[[r]]
[[r.c]]
g = true
[ a . "b.c" ]
h = ""
"""


def keys(data: object, path: Key = ()) -> list[Key]:
    """Every key path of some data, containers included."""
    inside = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [found for key, value in inside for found in [(*path, key), *keys(value, (*path, key))]]


def assert_every_key_has_its_line(text: str) -> None:
    lines = text.split("\n")
    found = Lines(text).lines
    for path in keys(tomllib.loads(text)):
        assert path in found, path
        if isinstance(path[-1], str):
            assert path[-1] in lines[found[path] - 1], path


def test_every_key_of_a_tangled_file_has_its_line() -> None:
    """Headers, arrays of tables, inline tables, multi-line strings and lists are all found (golden)."""
    found = Lines(EXAMPLE).lines

    assert_every_key_has_its_line(EXAMPLE)
    assert found["a", "b", "at", "20:00"] == 5
    assert found["a", "b", "list", 2, "x"] == 9
    assert found["r", 0, "c", 1, "f"] == 20
    assert found["r", 1, "c", 0, "g"] == 23
    assert found["a", "b.c", "h"] == 25
    assert_every_key_has_its_line('a = \'\'\'\'x\'\'\'\'\nb = """"y"""""\nc = 1\n')


bare = st.text("abcdef", min_size=1, max_size=3)
names = bare | st.sampled_from(["x y", "a.b", "08:00", "[a]", "#1", "a = 1", "é"])
leaves = (
    st.integers(-9, 9)
    | st.booleans()
    | st.floats(allow_nan=False, allow_infinity=False).map(lambda x: float(f"{x:.3g}"))
)
leaves |= st.sampled_from(["x", "a = 1", "[t]", "[[t]]\nb = 1\n", "it's", "#", "", '"""', "\\", "'''"])
trees = st.recursive(
    leaves, lambda inner: st.dictionaries(names, inner, max_size=3) | st.lists(inner, max_size=3), max_leaves=12
)


class Writer:
    """Data as TOML text, in a layout that hypothesis chooses."""

    def __init__(self, choose: Callable[[int], int]) -> None:
        self.choose = choose
        self.out: list[str] = []

    def key(self, name: str) -> str:
        plain = name.isascii() and name.isalnum()
        return [f'"{name}"', f"'{name}'", name][self.choose(3 if plain else 2)]

    def string(self, value: str) -> str:
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        forms = [f'"{escaped}"'.replace("\n", "\\n"), f'"""{escaped}"""']
        return [*forms, f"'''\n{value}'''"][self.choose(2 if "'" in value else 3)]

    def gap(self) -> str:
        return ["", " ", "\n", " # ] } , = [x]\n\n  "][self.choose(4)]

    def value(self, value: object) -> str:
        if isinstance(value, dict):
            rows = [f"{self.dotted(key)} = {self.value(item)}" for key, item in value.items()]
            return "{ " + ", ".join(rows) + " }"
        if isinstance(value, list):
            rows = [f"{self.gap()}{self.value(item)}{self.gap()}" for item in value]
            return "[" + ",".join(rows) + ("," if rows and self.choose(2) else "") + self.gap() + "]"
        return self.string(value) if isinstance(value, str) else str(value).lower()

    def dotted(self, *names: str) -> str:
        return [".", " . "][self.choose(2)].join(self.key(name) for name in names)

    def table(self, data: dict[str, Any], path: tuple[str, ...]) -> None:
        """Keys of one table: plain and dotted ones first, then those that get a header."""
        later: list[tuple[str, Any]] = []
        for name, value in data.items():
            headed = isinstance(value, list) and value and all(isinstance(item, dict) for item in value)
            if (headed or isinstance(value, dict)) and self.choose(2):
                later.append((name, value))
            elif isinstance(value, dict) and value and self.choose(2):
                for inner, item in value.items():
                    self.out.append(f"{self.dotted(name, inner)} = {self.value(item)}{self.tail()}")
            else:
                self.out.append(f"{self.key(name)} = {self.value(value)}{self.tail()}")
        for name, value in later:
            for item in value if isinstance(value, list) else [value]:
                opening, closing = ("[[", "]]") if isinstance(value, list) else ("[", "]")
                self.out.append(f"{opening}{self.dotted(*path, name)}{closing}{self.tail()}")
                self.table(item, (*path, name))

    def tail(self) -> str:
        return ["", "  # x = 1", "\n", "\n# [x]\n\t"][self.choose(4)]


@given(st.dictionaries(names, trees, max_size=4), st.data())
def test_every_key_that_tomllib_sees_has_a_line_that_shows_it(data: dict[str, Any], draw: st.DataObject) -> None:
    """Whatever the nesting and the layout, each key path and each of its prefixes has a line that shows the key."""
    writer = Writer(lambda many: draw.draw(st.integers(0, many - 1)))
    writer.table(data, ())
    text = "\n".join(writer.out) + "\n"

    assert tomllib.loads(text) == data
    assert_every_key_has_its_line(text)
    assert all(path[:size] in Lines(text).lines for path in keys(data) for size in range(1, len(path)))


def test_a_key_that_is_not_there_has_the_line_of_its_table(tmp_path: Path) -> None:
    """A missing key is reported where it belongs; at the top it has no line."""
    file = written(tmp_path, "a = 1\n\n[b]\nc = 2\n")

    assert file.line(("b", "missing", 0)) == 3
    assert file.line(("missing",)) is None


def test_keys_read_as_people_write_them() -> None:
    """Positions in brackets, keys with dots (golden)."""
    assert key_text(("regimen", 0, "course", 1, "dose")) == "regimen[0].course[1].dose"


def written(folder: Path, text: str | bytes) -> TomlFile:
    path = folder / "file.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_toml(path)


@pytest.mark.parametrize(
    ("raw", "line", "message"),
    [
        (b"a = 1\nb = = 2\n", 2, "is not valid TOML, column 5: no value can be read here; write text"),
        (b"a = 40 d\n", 1, "is not valid TOML, column 8: the line goes on; write text in quotes"),
        (b"a = 1\n\na = 2\n", 3, "is not valid TOML, column 6: the key stands twice; keep one of them"),
        (b"[x.y]\n[x.y]\n", 2, "is not valid TOML, column 5: the table x.y stands twice; entries of a list"),
        (b'a = "open\n', 1, "is not valid TOML, column 10: text in quotes must end on the line it begins on"),
        (b"a = [1,\n2\n\n\n", 2, "is not valid TOML: a list has no closing ]"),
        (b"a = 1\nb = \xe9\n", 2, "byte 0xe9 is not UTF-8; save the file as UTF-8"),
        (b"\xef\xbb\xbfa = 1\n\xff", 2, "byte 0xff is not UTF-8; save the file as UTF-8"),
        ("a = 1\n".encode("utf-16"), 1, "the file is UTF-16; save it as UTF-8"),
        ("a = 1\n".encode("utf-16-le"), 1, "the file is UTF-16; save it as UTF-8"),
        (b"a = " + b"[" * 3000 + b"]" * 3000, None, "is nested too deeply"),
        (b"a = " + b"[{a = " * 150 + b"1" + b"}]" * 150, None, "is nested too deeply"),
        (b".".join([b"a"] * 60) + b" = 1", None, "is nested too deeply"),
        (b"a = " + b"9" * 5000, None, "holds a number of too many digits"),
        (b"#" * 5_000_001, None, "the file is larger than 5,000,000 bytes"),
    ],
    ids=range(15),
)
def test_a_file_that_is_no_toml_is_refused_with_its_line(
    tmp_path: Path, raw: bytes, line: int | None, message: str
) -> None:
    """Broken syntax and wrong encodings name the line and say what to write."""
    with pytest.raises(InputError) as caught:
        written(tmp_path, raw)

    (problem,) = caught.value.problems
    assert problem.message.startswith(message)
    assert problem.line == line


def test_a_whole_number_that_no_float_holds_is_refused_wherever_it_stands(tmp_path: Path) -> None:
    """TOML has whole numbers of 64 bits; one of 400 digits in a key of any name is refused, all at once with lines."""
    large = "9" * 400
    text = f"a = {large}\n[b]\nc = {{ d = -{large} }}\ne = [\n  1,\n  {2**63},\n]\nf = {2**63 - 1}\n"

    with pytest.raises(InputError) as caught:
        written(tmp_path, text.encode())

    assert [(problem.line, problem.key) for problem in caught.value.problems] == [(1, "a"), (3, "b.c.d"), (6, "b.e[1]")]
    assert all(len(problem.message) < 100 for problem in caught.value.problems)


def test_a_file_that_cannot_be_opened_is_refused(tmp_path: Path) -> None:
    """No path ends in a traceback."""
    for name, message in {"none.toml": "is no such file", ".": "is a folder, not a file", "a\0b": "cannot be"}.items():
        with pytest.raises(InputError, match=message):
            read_toml(tmp_path / name)


@given(st.binary(max_size=60) | st.text("ab[]{}=\"'\n.,# 1-\\", max_size=60).map(str.encode))
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    """Nothing that a file can hold ends in another exception, and what is read has all its lines."""
    try:
        file = written(tmp_path_factory.getbasetemp(), raw)
    except InputError:
        return
    assert all(path in file.lines for path in keys(file.data))


def test_a_mark_at_the_start_is_no_error(tmp_path: Path) -> None:
    """Files saved as "UTF-8 with BOM" and with CRLF read like any other, lines included."""
    file = written(tmp_path, b"\xef\xbb\xbfa = 1\r\nb = 2\r\n")

    assert file.data == {"a": 1, "b": 2}
    assert file.lines == {("a",): 1, ("b",): 2}


def test_reading_needs_no_pydantic() -> None:
    """The module is cheap to import."""
    code = "import sys, pkinteract.text.toml; sys.exit('pydantic' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


class Table(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Course(Table):
    start: str = Field(alias="from", examples=['"0 d"'])
    dose: str = Field(examples=['"75 mg"'])
    route: Literal["oral", "intravenous"] = "oral"


class Fast(Table):
    kind: Literal["fast"]
    rate: float


class Slow(Table):
    kind: Literal["slow"]
    delay: float


class Whole(Table):
    duration: str = Field(default="", examples=['"120 d"'])
    title: str = Field(default="ab", min_length=2, max_length=3, pattern="^[a-z]")
    count: int = Field(default=1, ge=1, le=5)
    factor: float = Field(default=1.0, gt=0, lt=9, multiple_of=0.5)
    size: FiniteFloat = 1.0
    smoker: bool = False
    course: Annotated[tuple[Course, ...], Field(strict=False)] = ()
    start: datetime | None = None
    names: list[str] = Field(default=[], min_length=1, max_length=2)
    levels: dict[str, str | float | int] = {}
    by: dict[Literal["p", "q"], int] = {}
    gate: Fast | Slow | None = None
    either: Fast | str = ""

    @model_validator(mode="after")
    def agrees(self) -> Whole:
        if self.count == 3:
            raise ValueError("three is refused; write 2")
        return self


def found(folder: Path, text: str) -> list[Problem]:
    file = written(folder, text)
    with pytest.raises(ValidationError) as caught:
        Whole.model_validate(file.data)
    return problems(caught.value, file, Whole)


@pytest.mark.parametrize(
    ("text", "key", "message"),
    [
        ("duration = 40", "duration", 'must be text in quotes such as "120 d", got 40'),
        ('title = ""', "title", 'must have at least 2 characters, got ""'),
        ('title = "abcd"', "title", 'must have at most 3 characters, got "abcd"'),
        ('title = "AB"', "title", 'is not written as it should be, got "AB"'),
        ('count = "a"', "count", 'must be a whole number, got "a"'),
        ("count = true", "count", "must be a whole number, got true"),
        ("count = 0", "count", "must be at least 1, got 0"),
        ("count = 6", "count", "must be at most 5, got 6"),
        ("factor = 0.0", "factor", "must be above 0, got 0"),
        ("factor = 1.3", "factor", "must be a multiple of 0.5, got 1.3"),
        ("size = nan", "size", "must be finite, got nan"),
        ('smoker = "no"', "smoker", 'must be true or false, got "no"'),
        ('start = "2026"', "start", "must be a date and time without quotes such as 2026-01-05T08:00:00, got"),
        ("start = 2026-01-05", "start", "must be a date and time without quotes such as 2026-01-05T08:00:00"),
        ("levels = 5", "levels", "must be a table, got 5"),
        ("names = []", "names", "must have at least 1 entry, got 0"),
        ('names = ["a", "b", "c"]', "names", "must have at most 2 entries, got 3"),
        ("names = [1]", "names[0]", "must be text in quotes, got 1"),
        ("levels.CYP2D6 = true", "levels.CYP2D6", "must be text in quotes or a number, got true"),
        ("levels.CYP2D6 = {float = 1}", "levels.CYP2D6", "must be text in quotes or a number, got a table"),
        ("by = { z = 1 }", "by.z", '"z" is not one of "p" or "q"'),
        ('gate = { kind = "fast", rate = "x" }', "gate.rate", 'must be a number, got "x"'),
        ("either = 5", "either", "must be a table or text in quotes, got 5"),
        (
            'either = {kind = "fast", rate = 1.0, rats = 2}',
            "either.rats",
            "rats is not a known key; did you mean rate?",
        ),
        ("course = 5", "course", "must be a list, got 5"),
        ("course = [5]", "course[0]", "must be a table, got 5"),
        ('course = [{ from = "0 d" }]', "course[0].dose", 'is required; write for example dose = "75 mg"'),
        ('course = [{ dose = "1 mg" }]', "course[0].from", 'is required; write for example from = "0 d"'),
        ('Duration = "1 d"', "Duration", "Duration is not a known key; did you mean duration?"),
        ("zzz = 1", "zzz", "zzz is not a known key; known keys are duration, title, count"),
        ('"a\\u001bb" = 1', "a\\x1bb", "a\\x1bb is not a known key; known keys are"),
        ("count = 3", "", "three is refused; write 2"),
    ],
)
def test_one_mistake_is_one_problem_in_plain_words(tmp_path: Path, text: str, key: str, message: str) -> None:
    """Subject, what is wrong with the value, what to write; also where pydantic tries several types (golden)."""
    (problem,) = found(tmp_path, text)

    assert problem.key == key
    assert problem.message.startswith(message)


def test_a_tag_that_no_table_has_names_all_tags(tmp_path: Path) -> None:
    """A union of tables is reported once, with what any of them would take."""
    (problem,) = found(tmp_path, '\ngate = { kind = "fats", rate = 1.0, delay = 1.0 }')[:1]

    assert problem == Problem(line=2, key="gate.kind", message='"fats" is not one of "fast" or "slow"')


def test_all_problems_come_with_their_lines(tmp_path: Path) -> None:
    """Entries of a list are told apart, and a missing key stands at its table (golden)."""
    text = (
        'duration = 40\n[[course]]\nfrom = "0 d"\ndoes = "5 mg"\n[[course]]\nfrom = "1 d"\ndose = ""\nroute = "orl"\n'
    )

    rows = {(row.line, row.key, row.message) for row in found(tmp_path, text)}

    assert rows == {
        (1, "duration", 'must be text in quotes such as "120 d", got 40'),
        (2, "course[0].dose", 'is required; write for example dose = "75 mg"'),
        (4, "course[0].does", "does is not a known key; did you mean dose?"),
        (8, "course[1].route", '"orl" is not one of "oral" or "intravenous"'),
    }


def test_a_part_of_the_file_is_reported_where_it_stands(tmp_path: Path) -> None:
    """With a prefix, keys and lines are those of the whole file."""
    file = written(tmp_path, 'a = 1\n[[b]]\n[[b]]\nfrom = 5\ndose = "1 mg"\n')
    with pytest.raises(ValidationError) as caught:
        Course.model_validate(file.data["b"][1])

    (problem,) = problems(caught.value, file, Course, ("b", 1))

    assert problem == Problem(line=4, key="b[1].from", message='must be text in quotes such as "0 d", got 5')


@given(st.dictionaries(st.sampled_from([*Whole.model_fields, "zzz", "float", "str"]), trees, min_size=1, max_size=4))
def test_pydantic_never_speaks(tmp_path_factory: pytest.TempPathFactory, data: dict[str, Any]) -> None:
    """Whatever stands in the file, no class name, address or wording of pydantic is shown, one row a key."""
    file = written(tmp_path_factory.getbasetemp(), "\n".join(f"{key} = {plain(value)}" for key, value in data.items()))
    try:
        Whole.model_validate(file.data)
    except ValidationError as error:
        rows = problems(error, file, Whole)
        shown = " ".join(row.message for row in rows)

        assert rows
        assert len({row.key for row in rows}) == len(rows)
        assert not any(word in shown for word in ("nput should", "http", "Whole", "Course", "Fast", "Slow", "pydantic"))


def plain(value: object) -> str:
    return Writer(lambda _: 0).value(value)
