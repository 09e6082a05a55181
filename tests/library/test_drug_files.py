"""Drug files of one's own: the template of ``pkinteract drugs --new``, and every mistake at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pydantic import BaseModel
from runs import once, regimen, text

from pkinteract.cli import main
from pkinteract.errors import InputError
from pkinteract.library import load_library
from pkinteract.library.schema.monograph import Monograph

TYPOS = Path(__file__).parent / "drugs" / "typos.toml"


def command(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run_with(*files: str) -> Result:
    """Run a scenario of one dose of drug-x with these drug files."""
    Path("case.toml").write_text(
        f"library = {list(files)}\n" + text(regimen("drug-x", once("100 mg")), days=2), "utf-8"
    )
    return command("run", "case.toml", "--no-figure")


def filled_in(path: Path) -> str:
    """The template with every optional line in use."""
    return re.sub(r"^#(?=[a-z\[])", "", path.read_text("utf-8"), flags=re.MULTILINE)


def test_the_template_runs_as_it_is(folder: Path) -> None:
    """``--new NAME`` writes NAME.toml, a valid drug that a scenario can dose."""
    made = command("drugs", "--new", "drug-x")

    assert (made.exit_code, made.stderr) == (0, "")
    assert made.stdout == 'wrote drug-x.toml; fill it in and name it in a scenario: library = ["drug-x.toml"]\n'
    assert run_with("drug-x.toml").exit_code == 0


def test_the_template_runs_with_every_optional_line(folder: Path) -> None:
    """Taking the # away from all lines that begin with it and a letter gives a valid drug as well."""
    command("drugs", "--new", "drug-x")
    command("drugs", "--new", "drug-x-metabolite")
    Path("full.toml").write_text(filled_in(Path("drug-x.toml")), "utf-8")

    done = run_with("full.toml", "drug-x-metabolite.toml")

    assert (done.exit_code, done.stderr) == (0, "")


def test_the_template_shows_every_key(folder: Path) -> None:
    """Each key of each table of the schema stands in the template, in use or behind a #."""
    command("drugs", "--new", "drug-x")
    Path("full.toml").write_text(filled_in(Path("drug-x.toml")), "utf-8")
    command("drugs", "--new", "drug-x-metabolite")
    read = load_library([Path("full.toml"), Path("drug-x-metabolite.toml")]).monograph("drug-x")

    given: dict[type[BaseModel], set[str]] = {}
    for row in _tables(read):
        given.setdefault(type(row), set()).update(row.model_fields_set)

    missing = {table.__name__: set(table.model_fields) - keys for table, keys in given.items()}
    assert {name: keys for name, keys in missing.items() if keys} == {}
    assert {table.__name__ for table in _schema(Monograph)} == {table.__name__ for table in given}


def _tables(node: object) -> Iterator[BaseModel]:
    """The tables of a monograph."""
    if isinstance(node, BaseModel):
        yield node
        for name in type(node).model_fields:
            yield from _tables(getattr(node, name))
    elif isinstance(node, Mapping):
        for child in node.values():
            yield from _tables(child)
    elif isinstance(node, tuple):
        for child in node:
            yield from _tables(child)


def _schema(model: type[BaseModel]) -> set[type[BaseModel]]:
    """A table and the tables that may stand in it."""
    found = {model}
    for field in model.model_fields.values():
        for inner in _models(field.annotation):
            found |= _schema(inner)
    return found


def _models(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in getattr(annotation, "__args__", ()):
        yield from _models(part)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Drug X", 'must be lower case letters, digits and hyphens, at most 60, got "Drug X"; write drug-x'),
        ("../x", 'must be lower case letters, digits and hyphens, at most 60, got "../x"; write x'),
        ("", 'must be lower case letters, digits and hyphens, at most 60, got ""; write my-drug'),
        ("carbamazepine", "carbamazepine is a drug of the library; choose another name, for example my-carbamazepine"),
        ("there", "there.toml exists already and is left as it is; choose another name"),
    ],
)
def test_a_name_that_will_not_do_is_refused(name: str, message: str, folder: Path) -> None:
    """Exit status 2, what to write instead, and no file written or changed (golden)."""
    Path("there.toml").write_text("mine", "utf-8")

    done = command("drugs", "--new", name)

    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == f"Error: drugs: 1 problem\n      --new  {message}\n"
    assert [(path.name, path.read_text("utf-8")) for path in folder.iterdir()] == [("there.toml", "mine")]


def test_new_and_a_name_do_not_go_together(folder: Path) -> None:
    """Printing one drug and writing another at once is a mistake."""
    done = command("drugs", "carbamazepine", "--new", "drug-x")

    assert done.exit_code == 2
    assert not list(folder.iterdir())


def test_a_typo_in_every_table_gives_every_error_at_once() -> None:
    """One reading reports every marked line, no other, and every table of the schema has one."""
    lines = TYPOS.read_text("utf-8").split("\n")
    marked = {n for n, line in enumerate(lines, start=1) if line.endswith("# wrong")}

    with pytest.raises(InputError) as refused:
        load_library([TYPOS])

    assert {problem.line for problem in refused.value.problems} == marked
    tables = {re.sub(r"\[\d+\]", "", problem.key).split(".")[0] for problem in refused.value.problems}
    assert set(Monograph.model_fields) - tables <= {"id", "name", "atc", "group", "notes", "sample"}


def test_a_scenario_reports_a_broken_drug_file_with_the_lines_of_that_file(folder: Path) -> None:
    """``library = [...]`` names file, line and key of each problem, and blames nothing else for it."""
    Path("typos.toml").write_text(TYPOS.read_text("utf-8"), "utf-8")
    Path("case.toml").write_text('library = ["typos.toml"]\n' + text(regimen("typos", once("1 mg"))), "utf-8")
    with pytest.raises(InputError) as alone:
        load_library([TYPOS])

    done = command("check", "case.toml")

    assert done.exit_code == 2
    rows = [line.split("  library[0]  ")[1] for line in done.stderr.splitlines()[1:]]
    expected = [f"typos.toml: line {row.line}, {row.key}: {row.message}" for row in alone.value.problems]
    assert [row[:150] for row in rows] == [row[:150] for row in expected]
