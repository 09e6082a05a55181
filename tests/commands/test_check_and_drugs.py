"""The commands ``check`` and ``drugs``: what they print, and with which status."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from runs import daily, once, regimen, text

from pkinteract.cli import main
from pkinteract.library import load_library
from pkinteract.library.grades import grade_of
from pkinteract.report.drugs.text import library_lines

SCENARIOS = Path(__file__).parents[2] / "scenarios"
EVERYTHING = Path(__file__).parents[1] / "library" / "drugs" / "everything.toml"
SHORT = text(
    regimen("amitriptyline", daily("75 mg", "24 h", "-20 d", "10 d")),
    regimen("carbamazepine", daily("200 mg", "12 h", "-20 d", "0 d")),
)


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test works in a folder of its own, with a scenario in it."""
    monkeypatch.chdir(tmp_path)
    Path("short.toml").write_text(SHORT, "utf-8")


def command(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def test_check_prints_the_patient_the_regimens_and_who_induces_whom() -> None:
    """What a reader verifies before a run, without simulating (golden for one scenario)."""
    done = command("check", "short.toml")

    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert lines[:6] == [
        "short.toml: ok",
        "  test",
        "  patient   female, 45 y, 70 kg, creatinine clearance 95 mL/min",
        "  run       from day -20, output from 0 to 10 d every 1 h, 70 doses, 16 states",
        "  regimen   amitriptyline tablet: day -20 to 10, 75 mg every 24 h",
        "  regimen   carbamazepine tablet: day -20 to 0, 200 mg every 12 h",
    ]
    monographs = {drug: dict(load_library().monograph(drug).values()) for drug in ("carbamazepine", "amitriptyline")}
    emax = monographs["carbamazepine"]["induces.CYP3A4.emax"].value
    share = monographs["amitriptyline"]["elimination.pathway.demethylation-3a4.fraction"].value
    (line,) = (line for line in lines if line.startswith("  acts      carbamazepine → CYP3A4, induction (CAR/PXR)"))
    assert f"(Emax {emax:g}," in line
    assert f"amitriptyline ({share:.0%}" in line
    assert not Path("results").exists()


def test_check_prints_warnings() -> None:
    """What looks like a slip is said, and the status stays 0."""
    Path("slip.toml").write_text(text(regimen("carbamazepine", once("200 mg", "0 d", 'until = "9 d"'))), "utf-8")

    done = command("check", "slip.toml")

    assert done.exit_code == 0
    assert "  warning   line 12, regimen[0].course[0]: is a single dose and needs no until" in done.stdout


TOLD = {
    "amitriptyline-raised-during-induction": [
        "amitriptyline 250 mg a day from day -90: above the usual 25 to 150 mg; 300 mg is the highest dose"
    ],
    "levetiracetam-renal-impairment": [
        "levetiracetam 2000 mg a day from day 0: above 1500 mg, the highest at a creatinine clearance below 50 mL/min "
        "(750 mg twice a day)"
    ],
}


@pytest.mark.parametrize("path", sorted(SCENARIOS.glob("*.toml")), ids=lambda path: path.stem)
def test_every_scenario_of_the_repository_passes_check(path: Path) -> None:
    """Read and built, with no warning but of the dose that the scenario is about."""
    done = command("check", str(path))

    assert done.exit_code == 0
    told = [line.split(": ", 1)[1] for line in done.stdout.splitlines() if line.startswith("  warning")]
    assert told == TOLD.get(path.stem, [])


def test_drugs_lists_the_library() -> None:
    """Every drug begins a line, by class and then by id, with its grade; 120 columns hold it."""
    library = load_library()

    done = command("drugs")

    assert done.exit_code == 0
    table, _, legend = done.stdout.partition("\n\n")
    first, *rows = table.splitlines()
    assert re.split(r"  +", first) == ["drug", "class", "cleared by", "induces", "inhibits", "grade"]
    drugs = [row.split()[0] for row in rows if not row.startswith(" ")]
    assert sorted(drugs) == list(library.ids())
    assert drugs == sorted(drugs, key=lambda drug: (library.monograph(drug).group or "", drug))
    assert {row.split()[-1] for row in rows if not row.startswith(" ")} <= {"A", "B", "C"}
    assert max(map(len, done.stdout.splitlines())) <= 120
    assert "* inactivates" in legend


def test_the_list_of_drugs_says_what_clears_a_drug_and_everything_that_it_does_to_others() -> None:
    """Induction, inhibition, inactivation and displacement, each with its targets (golden for one drug)."""
    library = load_library([EVERYTHING])

    lines = library_lines(library)

    first = next(n for n, line in enumerate(lines) if line.startswith("everything "))
    names = ["class", "cleared by", "induces", "inhibits", "grade"]
    edges = [lines[0].index(name) for name in names]
    cells = {
        name: [line[start:stop].strip() for line in lines[first : first + 2]]
        for name, start, stop in zip(names, edges, [*edges[1:], None], strict=True)
    }
    assert cells == {
        "class": ["–", ""],
        "cleared by": ["2C9 50 %, renal 20 %,", "biliary 20 %, other 10 %"],
        "induces": ["3A4, 1A2", ""],
        "inhibits": ["3A4*, 2D6", "displaces carbamazepine"],
        "grade": ["C", ""],
    }
    assert max(map(len, lines)) <= 120


def test_drugs_prints_a_monograph_with_its_sources() -> None:
    """Every number with unit and kind, and every citation."""
    monograph = load_library().monograph("carbamazepine")

    done = command("drugs", "carbamazepine")

    assert done.exit_code == 0
    for path, value in monograph.values():
        (row,) = (line for line in done.stdout.splitlines() if line.split()[:1] == [path])
        assert f"{value.value:g}" in row
        assert value.unit in row
        assert value.kind in row
    for form, strengths in monograph.dosing.strengths.items():
        (row,) = (line for line in done.stdout.splitlines() if line.split()[:1] == [f"dosing.strengths.{form}"])
        assert all(f"{mg:g}" in row for mg in strengths.amounts)
    assert all(form in done.stdout for form in monograph.absorption)
    for source in monograph.sources.values():
        assert source.cite in done.stdout


@pytest.mark.parametrize("drug", ["carbamazepine", "levetiracetam", "carbamazepine-epoxide"])
def test_a_monograph_says_what_its_grade_rests_on(drug: str) -> None:
    """Grade, sourced and deciding values, and the rows of the qualification stand below the name."""
    found = grade_of(load_library().monograph(drug))

    done = command("drugs", drug)

    words = " ".join(" ".join(done.stdout.splitlines()[1:9]).split())
    assert f"Grade {found.grade}: {found.sourced} of {found.deciding} values" in words
    assert (f"{found.rows} ratio" in words) if found.rows else ("no interaction study" in words)


@pytest.mark.parametrize("name", ["carbamazepine", "Tegretol", "Tegretol XR", "N03AF01", "st johns wort", "Coumadin"])
def test_what_is_printed_of_a_name_begins_with_the_id(name: str) -> None:
    """The id is the first word, whatever led to it; the next line says what the name means."""
    first = {"st johns wort": "hyperforin", "Coumadin": "warfarin"}.get(name, "carbamazepine")

    done = command("drugs", name)

    lines = done.stdout.splitlines()
    assert done.exit_code == 0
    assert lines[0].startswith(f"{first}: ")
    assert (f"{name} is {first}" in lines[1]) == (name != first)


def test_the_list_names_every_drug_and_racemate() -> None:
    """Every id begins a line; the racemates that may be written stand below."""
    lines = command("drugs").stdout.splitlines()

    assert {line.split()[0] for line in lines if line.strip()} >= {*load_library().ids(), "warfarin"}


@pytest.mark.parametrize(
    ("text", "there", "absent"),
    [
        ("tegret", {"carbamazepine"}, {"lamotrigine"}),
        ("Johanniskraut", {"hyperforin"}, {"carbamazepine"}),
        ("B01AA", {"r-warfarin", "s-warfarin"}, {"carbamazepine"}),
        ("marevan", {"r-warfarin", "s-warfarin"}, {"carbamazepine"}),
        ("rifinah", {"rifampicin"}, {"carbamazepine"}),
        ("2d6", {"paroxetine", "quinidine"}, {"metoprolol", "carbamazepine"}),
        ("cyp1a2", {"fluvoxamine"}, {"caffeine"}),
        ("beta block", {"metoprolol"}, {"verapamil"}),
    ],
)
def test_a_search_finds_names_classes_and_what_is_acted_on(text: str, there: set[str], absent: set[str]) -> None:
    """Any part of any name, of the class, or of an enzyme that is induced, inhibited or inactivated."""
    done = command("drugs", "--search", text)

    listed = {line.split()[0] for line in done.stdout.splitlines() if line.strip()}
    assert done.exit_code == 0
    assert there <= listed
    assert not absent & listed


def test_a_class_narrows_the_list() -> None:
    """All drugs of the class and no others, and of those the ones that a search finds."""
    library = load_library()
    benzodiazepines = {id for id in library.ids() if library.monograph(id).group == "benzodiazepine"}

    narrowed = command("drugs", "--group", "Benzodiazepine").stdout.splitlines()
    both = command("drugs", "--group", "benzodiazepine", "--search", "dormicum").stdout.splitlines()

    assert {line.split()[0] for line in narrowed if line.strip()} & set(library.ids()) == benzodiazepines
    assert {line.split()[0] for line in both if line.strip()} & set(library.ids()) == {"midazolam"}


def test_what_fits_nothing_is_said() -> None:
    """A search without a hit is an answer (status 0), a class that there is not is a mistake (2)."""
    search = command("drugs", "--search", "xyzzy")
    both = command("drugs", "--search", "xyzzy", "--group", "statin")
    group = command("drugs", "--group", "antisizure")
    named = command("drugs", "carbamazepine", "--group", "statin")

    assert (search.exit_code, both.exit_code, group.exit_code, named.exit_code) == (0, 0, 2, 2)
    assert search.stdout == 'No drug has "xyzzy" in a name, its class, or an enzyme that it acts on.\n'
    assert (
        both.stdout == 'No drug of the class statin has "xyzzy" in a name, its class, or an enzyme that it acts on.\n'
    )
    assert '"antisizure" is no class of the library; did you mean antiseizure?' in group.stderr
    assert "give NAME to print a monograph or --search, --group or --pillars for the list" in named.stderr


def test_an_unknown_drug_that_resembles_none_is_told_where_the_list_is() -> None:
    """The message is as short with sixty drugs as with five (golden)."""
    done = command("drugs", "zolpidem")

    assert done.exit_code == 2
    assert done.stderr == (
        "Error: drugs: 1 problem\n"
        '      NAME  "zolpidem" is not in the library, and no drug there stands for it; '
        "pkinteract drugs lists what there is\n"
    )


def test_an_unknown_drug_is_refused_with_a_suggestion() -> None:
    """A slip of the pen finds its drug (golden)."""
    done = command("drugs", "carbamzepine")

    assert done.exit_code == 2
    assert done.stderr == (
        "Error: drugs: 1 problem\n"
        '      NAME  "carbamzepine" is not in the library; did you mean carbamazepine (antiseizure)?\n'
    )
