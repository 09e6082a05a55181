"""A scenario that names drugs as people do: the same run as by ids, and what the names mean is said once."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from runs import average, course, daily, once, regimen, text, written

from pkinteract import load_scenario, simulate
from pkinteract.cli import main
from pkinteract.errors import InputError, Problem

BY_ID = (
    text(
        regimen("carbamazepine", daily("200 mg", "12 h", "-5 d", "10 d"), formulation="extended-release"),
        regimen("amitriptyline", daily("50 mg", "24 h", "-5 d", "10 d")),
    )
    + '[override.carbamazepine]\n"elimination.clearance" = "1.0 L/h"\n'
    + '[[observation]]\nat = "5 d"\nanalyte = "amitriptyline+nortriptyline"\nlevel = "150 ng/mL"\n'
    + '[output]\nunits = { carbamazepine = "umol/L", carbamazepine-epoxide = "umol/L" }\n'
    + '[population]\nfixed = ["weight", "amitriptyline"]\ncv = { "carbamazepine.clearance" = 0.3 }\n'
)
BY_NAME = (
    BY_ID.replace('drug = "carbamazepine"\nformulation = "extended-release"', 'drug = "TEGRETOL-XR"')
    .replace('drug = "amitriptyline"', 'drug = "n06aa09"')
    .replace("[override.carbamazepine]", "[override.Timonil]")
    .replace('analyte = "amitriptyline+nortriptyline"', 'analyte = "Elavil + Pamelor"')
    .replace("{ carbamazepine =", "{ Tegretal =")
    .replace("carbamazepine-epoxide =", '"Carbamazepin-10,11-epoxid" =')
    .replace('"amitriptyline"]', '"Elavil"]')
    .replace('"carbamazepine.clearance"', '"Carbamazepin.clearance"')
)
SAID = [
    "TEGRETOL-XR is carbamazepine extended-release",
    "n06aa09 is amitriptyline",
    "Elavil is amitriptyline",
    "Pamelor is nortriptyline",
    "Timonil is carbamazepine",
    "Tegretal is carbamazepine",
    "Carbamazepin-10,11-epoxid is carbamazepine-epoxide",
    "Carbamazepin is carbamazepine",
]


def command(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def refused(folder: Path, source: str, drugs: tuple[str, ...] = ()) -> list[Problem]:
    """The problems of a scenario."""
    with pytest.raises(InputError) as error:
        load_scenario(written(folder, source, drugs))
    return list(error.value.problems)


def test_every_table_takes_every_name(tmp_path: Path) -> None:
    """Regimens, overrides, levels, units and the population: all that is read has ids, and is that of the ids."""
    by_id = load_scenario(written(tmp_path, BY_ID, name="ids"))
    by_name = load_scenario(written(tmp_path, BY_NAME, name="names"))

    assert sorted(by_name.names) == sorted(SAID)
    assert by_id.names == ()
    for field in ("dosed", "doses", "overrides", "units", "population", "warnings", "monographs"):
        assert getattr(by_name, field) == getattr(by_id, field)
    assert [level.analyte for level in by_name.observations] == ["amitriptyline+nortriptyline"]


def test_files_are_those_of_the_ids_and_what_a_name_means_is_said_once(tmp_path: Path) -> None:
    """The same bytes in every table; `check` and `run` say "Tegretol is carbamazepine" once, and so does the record."""
    source = text(*(regimen("carbamazepine", daily("200 mg", "12 h", start, "20 d")) for start in ("0 d", "10 d")))
    paths = [written(tmp_path, source.replace('"carbamazepine"', f'"{name}"'), name="one") for name in ("Tegretol",)]
    said = [command("check", *paths), command("run", *paths, "--no-figure", "--out", tmp_path / "names")]
    written(tmp_path, source, name="one")
    command("run", *paths, "--no-figure", "--out", tmp_path / "ids")

    for done in said:
        assert done.exit_code == 0, done.output
        assert done.stdout.count("Tegretol is carbamazepine") == 1
    for table in sorted((tmp_path / "ids").glob("*.csv")):
        assert table.read_bytes() == (tmp_path / "names" / table.name).read_bytes(), table.name
    assert '"Tegretol is carbamazepine"' in (tmp_path / "names/run.json").read_text("utf-8")


def test_an_id_in_other_letters_needs_no_word(tmp_path: Path) -> None:
    """Nobody is told that Carbamazepine is carbamazepine."""
    scenario = load_scenario(written(tmp_path, text(regimen(" CARBAMAZEPINE", once("200 mg")))))

    assert (scenario.dosed, scenario.names) == (("carbamazepine",), ())


def test_a_name_of_a_form_goes_with_no_other_form(tmp_path: Path) -> None:
    """Another formulation or route beside it, or a form that has no absorption, is refused (golden)."""
    other = regimen("Seroquel XR", once("200 mg"), formulation="tablet")
    route = regimen("Tegretol XR", course("0 d", 'dose = "200 mg"', 'route = "intravenous"'))
    sold = regimen("Motpoly XR", once("100 mg"))

    problems = refused(tmp_path, text(other, route, sold))

    assert [(problem.key, problem.message) for problem in problems] == [
        (
            "regimen[0].formulation",
            'Seroquel XR is quetiapine extended-release; write drug = "quetiapine" and the formulation that is taken',
        ),
        (
            "regimen[1].course[0].route",
            'Tegretol XR is carbamazepine extended-release; write drug = "carbamazepine" and the formulation that is '
            "taken",
        ),
        (
            "regimen[2].formulation",
            "lacosamide extended-release is sold (100, 150 and 200 mg (capsule, US)) but has no absorption in the "
            "library; its formulations are tablet, intravenous",
        ),
    ]


def test_problems_keep_the_names_and_places_of_the_file(tmp_path: Path) -> None:
    """Behind a racemate and under a brand, line and key are those that were written, and each problem stands once."""
    source = text(
        regimen("Coumadin", daily("5 mg", "24 h", "0 d", "-1 d")),
        regimen("Tegretol", once("0 mg")),
    )
    source += '[override.Timonil]\n"elimination.clearence" = "1 L/h"\n[output]\nunits = { Tegretol = "mg" }\n'
    lines = source.splitlines()

    problems = refused(tmp_path, source)

    keys = [problem.key for problem in problems]
    assert keys == [
        "regimen[0].course[0].until",
        "regimen[1].course[0].dose",
        "override.Timonil.elimination.clearence",
        "output.units.Tegretol",
    ]
    wanted = ["until", 'dose = "0 mg', "clearence", "units = "]
    assert [word in lines[(problem.line or 0) - 1] for problem, word in zip(problems, wanted, strict=True)] == [
        True
    ] * 4


def test_a_drug_that_is_not_given_is_no_slip_of_one_that_is(tmp_path: Path) -> None:
    """Another drug under an override, a unit, a level or a CV draws no suggestion; a slip of a letter does (golden)."""
    source = text(regimen("carbamazepine", once("200 mg")))
    source += '[override.oxcarbazepine]\n"elimination.clearance" = "1 L/h"\n'
    source += '[override.carbamazepin-epoxide]\n"elimination.clearance" = "1 L/h"\n'
    source += '[[observation]]\nat = "5 d"\nanalyte = "Trileptal"\nlevel = "5 mg/L"\n'
    source += '[population]\nfixed = ["oxcarbazepine"]\ncv = { "oxcarbazepine.clearance" = 0.3 }\n'

    problems = refused(tmp_path, source)

    here = "known are carbamazepine, carbamazepine-epoxide"
    assert {problem.key: problem.message for problem in problems} == {
        "override.oxcarbazepine": f"oxcarbazepine is not part of this scenario; {here}",
        "override.carbamazepin-epoxide": (
            "carbamazepin-epoxide is not part of this scenario; did you mean carbamazepine-epoxide?"
        ),
        "observation[0].analyte": f"oxcarbazepine is not an analyte of this scenario; {here}",
        "population.fixed[0]": f"oxcarbazepine is not part of this scenario; {here}",
        "population.cv.oxcarbazepine.clearance": f"oxcarbazepine is not part of this scenario; {here}",
    }


def test_one_drug_under_two_names_is_overridden_once(tmp_path: Path) -> None:
    """Two tables for one drug are refused at the one that is a name (golden)."""
    source = text(regimen("carbamazepine", once("200 mg")))
    source += '[override.carbamazepine]\n"elimination.clearance" = "1 L/h"\n'
    source += '[override.Tegretol]\n"distribution.volume" = "60 L"\n'

    problems = refused(tmp_path, source)

    assert [(problem.key, problem.message) for problem in problems] == [
        ("override.Tegretol", "is carbamazepine, which has a value here already; keep one of them")
    ]


@pytest.mark.parametrize("name", ["warfarin", "Coumadin", "Marevan", "B01AA03", "Warfarin-Natrium"])
def test_a_racemate_is_given_as_its_parts(name: str, tmp_path: Path) -> None:
    """Half of the dose each: their moles add up to those of the labelled sodium salt; both are analytes."""
    path = written(tmp_path, text(regimen(name, once("5 mg"))))
    scenario = load_scenario(path)
    done = command("run", path, "--no-figure", "--out", tmp_path / "out")

    assert done.exit_code == 0, done.output
    with (tmp_path / "out/doses.csv").open(newline="", encoding="utf-8") as table:
        freed = {row["drug"]: float(row["free_drug_mg"]) for row in csv.DictReader(table)}
    assert list(freed) == ["s-warfarin", "r-warfarin"]
    assert freed["s-warfarin"] == freed["r-warfarin"]
    assert sum(freed.values()) == pytest.approx(5 * 308.33 / 330.31, rel=1e-3)
    assert {"s-warfarin", "r-warfarin"} == {analyte.id for analyte in simulate(scenario).analytes}
    (said,) = scenario.names
    assert said.startswith(f"{name} is ")
    assert said.endswith("given as s-warfarin and r-warfarin, half of the dose each")


def test_a_racemate_is_the_same_as_its_parts_written_out(tmp_path: Path) -> None:
    """One regimen of warfarin is two of its enantiomers, to the last bit."""
    doses = daily("5 mg", "24 h", "0 d", "10 d")
    whole = simulate(load_scenario(written(tmp_path, text(regimen("warfarin", doses)))))
    parts = simulate(load_scenario(written(tmp_path, text(regimen("s-warfarin", doses), regimen("r-warfarin", doses)))))

    for drug in ("s-warfarin", "r-warfarin"):
        assert average(whole.curve(drug), 0, 240) == average(parts.curve(drug), 0, 240)


def test_a_racemate_is_given_in_its_own_form_only(tmp_path: Path) -> None:
    """Another form would count the whole dose twice; and one analyte is not the other (golden)."""
    source = text(regimen("warfarin", once("5 mg"), formulation="intravenous"))
    source += '[output]\nunits = { Coumadin = "mg/L" }\n'

    problems = refused(tmp_path, source)

    assert [(problem.key, problem.message) for problem in problems] == [
        ("regimen[0].formulation", "warfarin is given as tablet; give s-warfarin and r-warfarin by name"),
        (
            "output.units.Coumadin",
            "Coumadin is not an analyte of this scenario; it is given as s-warfarin and r-warfarin, half of the dose "
            "each: write one of them",
        ),
    ]


def test_a_combination_is_refused_at_its_key_with_what_to_write(tmp_path: Path) -> None:
    """Rifinah is two drugs, whichever of them the library has."""
    (problem,) = refused(tmp_path, text(regimen("Rifinah", once("300 mg"))))

    assert problem.key == "regimen[0].drug"
    assert problem.message.startswith('"Rifinah" is rifampicin 150 or 300 mg and isoniazid 75 to 150 mg in a tablet')
    assert 'write a [[regimen]] for each drug: "rifampicin"' in problem.message


OPENED = """
import sys
opened = set()
sys.addaudithook(lambda event, given: event == "open" and opened.add(str(given[0])))
from pkinteract import load_scenario
load_scenario(sys.argv[1])
print("\\n".join(path for path in sorted(opened) if "/library/drugs/" in path))
"""


def test_an_id_opens_no_file_of_another_drug(tmp_path: Path) -> None:
    """However large the library: names of all drugs are read only where something is no id."""
    path = written(tmp_path, text(regimen("carbamazepine", once("200 mg")), regimen("levetiracetam", once("500 mg"))))

    done = subprocess.run([sys.executable, "-c", OPENED, path], capture_output=True, text=True, check=True)

    assert {Path(line).stem for line in done.stdout.splitlines()} == {
        "carbamazepine",
        "carbamazepine-epoxide",
        "levetiracetam",
    }


def own(id: str, names: str) -> str:
    """A drug file of one's own with a table of names."""
    return (
        f'id = "{id}"\nname = "Own"\nunit = "mg/L"\nmolar_mass = "300 g/mol"\n{names}\n'
        '[distribution]\nvolume = "50 L"\n[elimination]\nclearance = "5 L/h"\n'
        '[[elimination.pathway]]\nid = "all"\nkind = "other"\nfraction = "1"\n'
        '[absorption.tablet]\nka = "1 1/h"\n'
    )


def test_a_bad_table_of_names_is_refused_with_every_problem(tmp_path: Path) -> None:
    """Taken, empty and repeated names, another drug's id, wrong codes, an unknown form: file, line and key of each."""
    bad = own(
        "my-drug",
        'atc = "N03"\n[names]\ngerman = ""\nbrands = ["Tegretol", "Mine", "mine"]\n'
        'synonyms = ["levetiracetam", "Coumadin", "  "]\natc = ["N03AX99", "n03ax98"]\n'
        '[names.formulations]\nretard = ["Mine retard"]\ntablet = ["Mine", "Seroquel XR"]',
    )
    path = written(tmp_path, text(regimen("my-drug", once("5 mg"))), (bad,))

    done = command("run", path, "--out", tmp_path / "out")

    assert done.exit_code == 2
    assert not (tmp_path / "out").exists()
    alone = "write one that is of this drug alone"
    for line, key, message in (
        (5, "atc", 'must be the ATC code of a substance such as "N03AF01", got "N03"'),
        (7, "names.german", "must be one line of 1 to 200 printable characters"),
        (8, "names.brands[0]", f'"Tegretol" is a name of carbamazepine already; {alone}'),
        (8, "names.brands[2]", '"mine" stands twice; keep it once'),
        (9, "names.synonyms[0]", f'"levetiracetam" is the id of levetiracetam already; {alone}'),
        (9, "names.synonyms[1]", f'"Coumadin" is s-warfarin and r-warfarin already; {alone}'),
        (9, "names.synonyms[2]", "must be one line of 1 to 200 printable characters"),
        (10, "names.atc[1]", 'must be the ATC code of a substance such as "N03AF01", got "n03ax98"'),
        (12, "names.formulations.retard", "is neither a formulation nor another form of this drug; "),
        (13, "names.formulations.tablet[0]", '"Mine" stands for the drug, or for another form, already; keep it once'),
        (13, "names.formulations.tablet[1]", f'"Seroquel XR" is a name of quetiapine already; {alone}'),
    ):
        told = re.escape(f"own-0.toml: line {line}, {key}: {message}")
        assert re.search(told, done.stderr), (key, done.stderr)
    assert len(re.findall(r"own-0\.toml: line", done.stderr)) == 11


def test_two_files_of_ones_own_may_not_share_a_name(tmp_path: Path) -> None:
    """Each is refused with the other; an id that is another drug's name is refused too."""
    problems = refused(
        tmp_path,
        text(regimen("one", once("5 mg"))),
        (
            own("one", '[names]\nbrands = ["Shared"]'),
            own("two", '[names]\nbrands = ["shared"]'),
            own("tegretol", "[names]"),
        ),
    )

    assert [problem.message.split("; ")[0] for problem in problems] == [
        'own-0.toml: line 6, names.brands[0]: "Shared" is a name of two already',
        'own-1.toml: line 6, names.brands[0]: "shared" is a name of one already',
        'own-2.toml: line 1, id: "tegretol" is a name of carbamazepine already',
    ]


def test_a_drug_of_ones_own_is_named_by_its_brand(tmp_path: Path) -> None:
    """A brand of a form of one's own file brings that form."""
    drug = own("my-drug", '[names.formulations]\ndrops = ["Mydrops"]') + '[absorption.drops]\nka = "3 1/h"\n'

    scenario = load_scenario(written(tmp_path, text(regimen("mydrops", once("5 mg"))), (drug,)))

    assert [(one.drug, one.formulation) for one in scenario.regimens] == [("my-drug", "drops")]
    assert scenario.names == ("mydrops is my-drug drops",)


def test_a_name_of_millions_of_letters_is_refused_at_once(tmp_path: Path) -> None:
    """Nothing is looked for in what cannot be a name; the message is cut."""
    (problem,) = refused(tmp_path, text(regimen("x " * 1_000_000, once("5 mg"))))

    assert problem.message.endswith("is not in the library; leave it out, or list it in not_modelled")
