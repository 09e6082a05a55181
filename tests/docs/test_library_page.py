"""The tables of docs/library.md say what the files of the library say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from runs import daily, regimen, text
from scenario_files import load

from docs.refresh_library import PAGES, PART, parts, refreshed
from pkinteract.library import load_library
from pkinteract.library.schema.monograph import Monograph
from pkinteract.population.people.draw import draw
from pkinteract.population.people.specification import PopulationSpecification
from pkinteract.scenario.population.reader import FACTORS

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "library.md").read_text("utf-8")
LIBRARY = load_library()
IDS = LIBRARY.ids()


def rows(heading: str) -> list[list[str]]:
    """Cells of the first table below a heading, without its two head lines."""
    section = PAGE.split(f"\n{heading}\n")[1]
    table = re.search(r"^\|.*?(?=^$)", section, re.DOTALL | re.MULTILINE)
    assert table
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.group().splitlines()[2:]]


COMPOUNDS = rows("## The library: choices and weak points")
ENZYMES = rows("## Enzymes and their turnover")
SHARES = [(row[0], *share) for row in COMPOUNDS for share in re.findall(r"\b([A-Z][A-Z0-9]+) (0\.\d+)", row[2])]


def roles(drug: Monograph) -> Iterator[str]:
    if drug.induces:
        yield "inducer"
    if drug.inhibits:
        yield "inhibitor"
    if drug.inactivates:
        yield "inactivator"
    if drug.displaces:
        yield "displacer"


def test_the_page_names_every_compound_once() -> None:
    """The table and the sentence below it together are the library, and its size is the one that is told."""
    also = re.search(r"^Also there: (.*?)\.$", PAGE, re.DOTALL | re.MULTILINE)
    count = re.search(r"(\d+) compounds\b", PAGE)
    assert also
    assert count

    named = [row[0] for row in COMPOUNDS] + re.split(r",\s+", also.group(1))

    assert sorted(named) == sorted(IDS)
    assert int(count.group(1)) == len(IDS)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_the_marked_parts_are_those_of_today(path: Path) -> None:
    """Counts, lists and shares that a page marks as of the library are what ``make docs`` writes; none is unknown."""
    text = path.read_text("utf-8")

    assert refreshed(text, parts()) == text
    assert text.count("<!-- library: ") == len(PART.findall(text))
    assert not re.search(r"^<!-- library: [\w-]+ -->.", text, re.MULTILINE), "Markdown takes such a line for HTML"


def test_no_count_of_the_library_is_typed() -> None:
    """Where a page tells the number of compounds or of study arms, it is inside a marked part."""
    for path in PAGES:
        typed = re.findall(
            r"\b\d+ (?:compounds of the library|compounds\b(?! of)|published study arms)",
            PART.sub("", path.read_text("utf-8")),
        )
        assert not typed, path.name


def varied(key: str) -> set[str]:
    """What differs between patients by the CV of one value of a drug file."""

    def value(name: str, number: float, unit: str) -> str:
        spread = ", cv = 0.3" if name == key else ""
        basis = ', basis = "total"' if name == "km" else ""
        return f'{{ value = {number}, unit = "{unit}", kind = "assumed", note = "test"{basis}{spread} }}'

    own = f"""id = "own"
name = "own"
molar_mass = "300 g/mol"
unit = "mg/L"
formulation = "tablet"
[distribution]
volume = {value("volume", 50, "L")}
[[distribution.peripheral]]
volume = {value("volume of a peripheral compartment", 20, "L")}
flow = {value("flow", 5, "L/h")}
[elimination]
clearance = {value("clearance", 5, "L/h")}
liver = "linear"
[[elimination.pathway]]
id = "all"
kind = "other"
fraction = {value("fraction", 1, "1")}
km = {value("km", 40, "mg/L")}
[absorption.tablet]
ka = {value("ka", 1, "1/h")}
lag = {value("lag", 0.5, "h")}
bioavailability = {value("bioavailability", 0.8, "1")}
"""
    source = f'library = ["own.toml"]\n{text(regimen("own", daily("100 mg")))}'
    return {name for _, name in draw(load(source, {"own.toml": own}), PopulationSpecification(), 0, 2).factors}


def test_the_cvs_that_are_drawn_by_are_those_that_the_page_names() -> None:
    """Each value of a drug file alone with a CV: a population varies by it exactly where the row on ``cv`` names it."""
    [row] = re.findall(r"^\| `cv` \|.*", PAGE, re.MULTILINE)
    named = set(re.findall(r"`([a-z_]+)`", row)) - {"cv"}
    others = {"volume of a peripheral compartment", "flow", "fraction", "km", "lag"}

    assert {key: varied(key) for key in named | others} == {
        **{key: {key} for key in named},
        **{key: set() for key in others},
    }
    assert named == set(FACTORS)


@pytest.mark.parametrize("row", COMPOUNDS, ids=lambda row: row[0])
def test_a_role_is_what_the_file_does_to_others(row: list[str]) -> None:
    """Inducer, inhibitor, inactivator, displacer: exactly where the monograph has such a table."""
    name, role, *_ = row

    assert ([] if role == "none" else role.split(", ")) == list(roles(LIBRARY.monograph(name)))


@pytest.mark.parametrize(("name", "enzyme", "share"), SHARES)
def test_a_share_of_the_table_is_that_of_the_file(name: str, enzyme: str, share: str) -> None:
    """A number behind an enzyme is the fraction of the uninduced clearance that the enzyme has."""
    pathways = LIBRARY.monograph(name).elimination.pathway

    whole = sum(way.fraction.canonical for way in pathways if way.enzyme == enzyme)

    assert whole == pytest.approx(float(share), abs=0.005)


def test_what_is_said_to_be_missing_is_missing() -> None:
    """No drug under "Not in the library" has a file there."""
    missing = [name for names, _ in rows("### Not in the library") for name in names.split(", ")]

    assert missing
    assert not set(missing) & set(IDS)


def test_the_half_lives_of_the_enzymes_are_those_of_the_file() -> None:
    """Every enzyme and organ of enzymes.toml with its half-life and kind, and no other."""
    shown = set()
    for enzyme, organs, hours, kind, _ in ENZYMES:
        numbers = re.sub(r"\(.*?\)", "", hours).split(",")
        shown |= {
            (enzyme, organ, float(number), kind) for organ, number in zip(organs.split(", "), numbers, strict=True)
        }

    turnover = {
        (name, place, organ.half_life.value, organ.half_life.kind)
        for name, enzyme in LIBRARY.enzymes.items()
        for place, organ in (("liver", enzyme.liver), ("gut", enzyme.gut))
        if organ is not None
    }
    assert shown == turnover


def test_the_drugs_with_factors_are_named() -> None:
    """docs/model.md names every drug that liver disease, pregnancy or age changes."""
    text = " ".join((DOCS / "model.md").read_text("utf-8").split())
    named = re.search(
        r"Only (.*) have a factor for a Child–Pugh class, only (.*) one for pregnancy, only (.*?) one for age\.", text
    )
    assert named

    ways = {name: LIBRARY.monograph(name).elimination for name in IDS}

    assert re.split(", | and ", named.group(1)) == [name for name, way in ways.items() if way.hepatic_function]
    assert [named.group(2)] == [name for name, way in ways.items() if way.pregnancy]
    assert re.split(r", | and ", named.group(3)) == [name for name, way in ways.items() if way.age_effect]
