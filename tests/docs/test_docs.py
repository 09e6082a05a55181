"""Prose that cannot drift: help texts, links, examples and keys in README.md and docs/."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from docs.refresh_cli import PAGE, page
from pkinteract import load_scenario
from pkinteract.cli import main
from pkinteract.library.people import reference as people
from pkinteract.scenario.advise.schema import AdviseTable
from pkinteract.scenario.file.schema import (
    ChangeTable,
    CourseTable,
    CycleTable,
    ObservationTable,
    Output,
    PatientTable,
    RegimenTable,
    ScenarioTable,
    Simulation,
)
from pkinteract.scenario.population.schema import AdherenceTable, PopulationTable, SpreadTable
from pkinteract.scenario.population.ward import NUMBERS, WORDS
from pkinteract.scenario.values import StrictTable
from pkinteract.units import UNITS

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
WRITTEN = [path for path in PAGES if path != PAGE]
"""Pages that a person wrote."""


def known() -> dict[str, set[str]]:
    """Commands and their options; the options of the program itself stand under an empty name."""
    everywhere = {"--help", "-h"}
    options = {
        name: everywhere | {text for row in command.params if isinstance(row, click.Option) for text in row.opts}
        for name, command in main.commands.items()
    }
    return {"": everywhere | {"--version"}, **options}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def blocks(path: Path, language: str) -> list[str]:
    """Fenced blocks of a page in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", path.read_text("utf-8"), re.DOTALL | re.MULTILINE)


def prose(path: Path) -> str:
    """A page without its fenced blocks."""
    return re.sub(r"^```.*?^```", "", path.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)


def anchors(path: Path) -> set[str]:
    """What a link may point at in a page: its headings, as GitHub names them."""
    headings = re.findall(r"^#+ +(.*)$", prose(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_help_page_is_the_help() -> None:
    """docs/cli.md holds the help text of today; ``make docs`` writes it anew."""
    assert PAGE.read_text("utf-8") == page()


@pytest.mark.parametrize("command", known())
def test_every_command_and_option_is_described(command: str) -> None:
    """README or a page that a person wrote names each command and each option of it."""
    text = "\n".join(path.read_text("utf-8") for path in WRITTEN)
    options = known()[command] - {"-h", "--help", "--version"}

    missing = [option for option in sorted(options) if not re.search(rf"(?<![\w-]){option}(?![\w-])", text)]

    assert f"pkinteract {command}".strip() in text
    assert not missing


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_no_page_shows_a_command_that_does_not_exist(path: Path) -> None:
    """Every ``pkinteract …`` in a code block or in backticks is a command of today with options of today."""
    code = "\n".join(_code(path.read_text("utf-8")))
    shown = re.findall(r"^(?:\$ +)?(?:\.venv/bin/)?pkinteract((?: +[^\s`]+)+)", code, re.MULTILINE)

    for line in shown:
        first, *rest = line.split()
        command = "" if first.startswith("-") else first
        used = {word.split("=")[0] for word in (first, *rest) if re.fullmatch(r"--?[a-z][a-z-]*(=.*)?", word)}
        assert command in known() or command.isupper(), line
        assert used <= known().get(command, used), line


def _code(text: str) -> Iterator[str]:
    """Lines of fenced and indented blocks other than help texts, and what stands in backticks."""
    text = re.sub(r"^```text\n.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    yield from (line.split("#")[0] for line in re.findall(r"^    (.*)$", text, re.MULTILINE))
    for block in re.findall(r"^```\w*\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
        yield from (line.split("#")[0] for line in block.splitlines())
    yield from re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE))


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_every_relative_link_leads_somewhere(path: Path) -> None:
    """Links and pictures point at files of the repository, and at headings that exist."""
    text = prose(path)
    targets = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'<(?:img|a)[^>]*? (?:src|href)="([^"]+)"', text)

    for target in targets:
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        there = (path.parent / file) if file else path
        assert there.exists(), target
        assert there.resolve().is_relative_to(ROOT), target
        assert not anchor or anchor in anchors(there), target


def scenarios() -> list[tuple[str, str]]:
    """Every complete scenario that a page shows, and where."""
    return [
        (f"{name_of(path)}-{n}", block)
        for path in PAGES
        if path.name != "tutorial.md"  # its scenarios need the drug file of the page; test_tutorial runs them
        for n, block in enumerate(blocks(path, "toml"))
        if re.search(r"^title *=", block, re.MULTILINE) and "[simulation]" in block
    ]


def test_the_pages_show_a_complete_scenario() -> None:
    """The page of the scenario file begins with a full example."""
    assert any(where.startswith("docs/scenario.md") for where, _ in scenarios())


@pytest.mark.parametrize(("where", "block"), scenarios(), ids=[where for where, _ in scenarios()])
def test_every_scenario_shown_can_be_read(where: str, block: str, tmp_path: Path) -> None:
    """What a page shows can be copied and run: no problem and no warning."""
    path = tmp_path / "shown.toml"
    path.write_text(block, "utf-8")

    assert load_scenario(path).warnings == ()


@pytest.mark.parametrize(
    "table",
    [
        AdviseTable,
        ScenarioTable,
        Simulation,
        PatientTable,
        ChangeTable,
        RegimenTable,
        CourseTable,
        CycleTable,
        ObservationTable,
        Output,
    ],
)
def test_every_key_of_a_scenario_is_described(table: type[StrictTable]) -> None:
    """docs/scenario.md names each key that the reader knows, in backticks and outside the examples."""
    marked = " ".join(re.findall(r"`([^`\n]+)`", prose(ROOT / "docs/scenario.md")))
    keys = [field.alias or name for name, field in table.model_fields.items()]

    missing = [key for key in keys if not re.search(rf"(?<![\w-]){key}(?![\w-])", marked)]

    assert not missing


@pytest.mark.parametrize("table", [PopulationTable, SpreadTable, AdherenceTable])
def test_every_key_of_a_population_is_described(table: type[StrictTable]) -> None:
    """docs/population.md names each key of ``[population]``, in backticks and outside the examples."""
    marked = " ".join(re.findall(r"`([^`\n]+)`", prose(ROOT / "docs/population.md")))
    keys = [field.alias or name for name, field in table.model_fields.items()]

    missing = [key for key in keys if not re.search(rf"(?<![\w-]){key}(?![\w-])", marked)]

    assert not missing


def test_every_column_of_a_table_of_patients_is_described() -> None:
    """docs/population.md names each column that the file may have, and each gene and group of the frequencies."""
    marked = " ".join(re.findall(r"`([^`\n]+)`", prose(ROOT / "docs/population.md")))

    assert not [name for name in (*NUMBERS, *WORDS, *people.drawn_genes(), *people.ANCESTRIES) if name not in marked]


def test_every_unit_of_a_scenario_is_described() -> None:
    """The table of quantities names each unit of the dimensions that it has rows for, and no other."""
    page = (ROOT / "docs" / "scenario.md").read_text("utf-8").split("## Quantities")[1].split("\n## ")[0]
    rows = {
        line.split("|")[1].strip(): set(re.findall(r"`([^`]+)`", line)) for line in page.splitlines() if "|" in line
    }
    shown = set().union(*rows.values())

    dimensions = {UNITS[unit][0] for unit in shown}
    assert shown == {unit for unit, (dimension, _) in UNITS.items() if dimension in dimensions}
