"""[advise] tables that cannot be: every problem at once, with line and key, and nothing written."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from runs import course, daily, regimen, text

from pkinteract.cli import main

pytestmark = pytest.mark.compiled

LAMOTRIGINE = regimen("lamotrigine", daily("100 mg", "12 h", "-10 d", "10 d"))
VALPROATE = regimen("valproate", daily("500 mg", "12 h", "0 d", "10 d"))
INFUSED = regimen("levetiracetam", daily("500 mg", "12 h", "-5 d", "10 d"), formulation="intravenous")
USUAL = (LAMOTRIGINE, VALPROATE)

READ = {
    "words": (
        'drg = "lamotrigine"\nkeep = "120 %"\nof = "peak"\nmost_changes = 9\nleast_between = "1 h"\nstrengths = ["x"]\n'
        'weekdays = ["monday"]\n',
        {
            "drg": "drug",
            "keep": "below 1",
            "of": "average",
            "most_changes": "6",
            "least_between": "1 d",
            "strengths[0]": "25 mg",
            "weekdays[0]": "mon",
        },
    ),
    "names and times": (
        'drug = "clozapine"\ntarget = "olanzapine"\nfrom = "6 d"\nuntil = "5 d"\nearliest = "12 d"\n'
        'weekdays = ["mon"]\nhalves = true\nstrengths = ["25 mg"]\n',
        {
            "drug": "lamotrigine",
            "target": "lamotrigine",
            "until": "whole day",
            "earliest": "10 d",
            "weekdays": "start = ",
            "halves": "strengths",
        },
    ),
    "two bands": ('drug = "lamotrigine"\nkeep = "10 %"\nrange = true\n', {"range": "one of", "of": "trough"}),
    "three bands": (
        'drug = "lamotrigine"\nkeep = "10 %"\nrange = true\nbetween = ["9 mg/L", "3 mg/L"]\n',
        {"range": "one of keep, range, between", "between": "below the second", "of": "trough"},
    ),
    "unit of a band": ('drug = "lamotrigine"\nbetween = ["3 mg", "9 mg/L"]\n', {"between[0]": "concentration"}),
    "unbound": ('drug = "valproate"\ntarget = "valproate-unbound"\nkeep = "10 %"\n', {"target": "unbound"}),
    "target of another": ('drug = "lamotrigine"\ntarget = "valproate"\n', {"target": "does not come from"}),
    "target alone": ('target = "lamotrigine"\n', {"drug": "required"}),
    "band of a drug that is not there": (
        'drug = "phenytoin"\nbetween = ["3 mg/L", "9 mg/L"]\n',
        {"drug": "a drug that this scenario doses"},
    ),
    "band alone": ('between = ["3 mg/L", "9 mg/L"]\n', {"drug": "required"}),
    "earliest too late": ('until = "4 d"\nearliest = "4 d"\n', {"earliest": "last judged day"}),
    "no day": ("weekdays = []\n", {"weekdays": "names no day"}),
    "no strengths": ('drug = "levetiracetam"\nbetween = ["9 mg/L", "20 mg/L"]\n', {"strengths": "strengths = ["}),
}
WITH = {"no strengths": (*USUAL, INFUSED)}


def command(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def written(folder: Path, regimens: tuple[str, ...], table: str, *, days: float = 10) -> Path:
    path = folder / "case.toml"
    path.write_text(text(*regimens, f"[advise]\n{table}", days=days), "utf-8")
    return path


def problems(done: Result) -> dict[str, tuple[str, str]]:
    """Line and message of each problem, by key below [advise]."""
    rows = [line.split(maxsplit=2) for line in done.output.splitlines()[1:]]
    return {row[1].removeprefix("advise."): (row[0], row[2]) for row in rows}


@pytest.mark.parametrize("name", READ)
def test_a_table_that_cannot_be_is_refused_with_every_problem(name: str, tmp_path: Path) -> None:
    """Status 2 from every command that reads the file; keys, lines, and what to write, all at once."""
    table, expected = READ[name]
    path = written(tmp_path, WITH.get(name, USUAL), table)

    done = command("advise", path, "--out", tmp_path / "out")

    assert done.exit_code == 2, done.output
    told = problems(done)
    assert set(told) == set(expected)
    lines = path.read_text("utf-8").splitlines()
    for key, part in expected.items():
        line, message = told[key]
        assert part in message
        assert lines[int(line) - 1].startswith((key.split("[")[0], "[advise]"))
    assert not (tmp_path / "out").exists()
    assert command("check", path).output == done.output


SIMULATED = {
    "no level before": (
        (regimen("lamotrigine", daily("100 mg", "12 h", "0 d", "10 d")), VALPROATE),
        'drug = "lamotrigine"\n',
        {"keep", "drug"},
    ),
    "changes of its own": (
        (
            regimen("lamotrigine", daily("50 mg", "12 h", "-10 d", "4 d"), daily("100 mg", "12 h", "4 d", "10 d")),
            VALPROATE,
        ),
        'drug = "lamotrigine"\nkeep = "10 %"\n',
        {"drug"},
    ),
    "nothing changes": ((LAMOTRIGINE,), 'drug = "lamotrigine"\nkeep = "10 %"\n', {"keep"}),
    "not taken any more": (
        (regimen("lamotrigine", daily("100 mg", "12 h", "-10 d", "0 d")), VALPROATE),
        'drug = "lamotrigine"\nbetween = ["1 mg/L", "9 mg/L"]\n',
        {"drug"},
    ),
    "its last dose before the change": (
        (regimen("lamotrigine", daily("100 mg", "24 h", "-10 d", "2.5 d")), VALPROATE.replace("0 d", "2.1 d", 1)),
        'drug = "lamotrigine"\nbetween = ["1 mg/L", "9 mg/L"]\n',
        {"drug"},
    ),
    "its first dose after the last whole day": (
        (regimen("levetiracetam", daily("500 mg", "12 h", "9.8 d", "10 d")), VALPROATE.replace("0 d", "0.75 d", 1)),
        'drug = "levetiracetam"\nbetween = ["1 mg/L", "9 mg/L"]\n',
        {"drug"},
    ),
    "less than once a day": (
        (regimen("aripiprazole", daily("400 mg", "28 d", "-56 d", "30 d"), formulation="tablet"), VALPROATE),
        'drug = "aripiprazole"\n',
        {"drug"},
    ),
    "cycles": (
        (
            regimen(
                "ethinylestradiol",
                course(
                    "-56 d",
                    'until = "30 d"',
                    'dose = "30 ug"',
                    'every = "24 h"',
                    'cycle = { on = "21 d", off = "7 d" }',
                ),
            ),
            regimen("carbamazepine", daily("200 mg", "12 h", "0 d", "30 d")),
        ),
        'drug = "ethinylestradiol"\nstrengths = ["20 ug"]\n',
        {"drug"},
    ),
    "no whole day": (
        (LAMOTRIGINE, regimen("valproate", daily("500 mg", "12 h", "9.5 d", "10 d"))),
        'drug = "lamotrigine"\n',
        {"until"},
    ),
    "begins with a titration of its own": (
        (regimen("lamotrigine", daily("25 mg", "24 h", "0 d", "10 d")), VALPROATE.replace("0 d", "1 d")),
        'drug = "lamotrigine"\nbetween = ["1 mg/L", "9 mg/L"]\n',
        {"drug"},
    ),
    "missed doses to come": (
        (regimen("lamotrigine", daily("100 mg", "12 h", "-10 d", "10 d", 'missed = ["3 d"]')), VALPROATE),
        'drug = "lamotrigine"\n',
        {"drug"},
    ),
    "missed, and no tablets known": (
        (regimen("cannabidiol", daily("100 mg", "12 h", "-10 d", "10 d", 'missed = ["3 d"]')), VALPROATE),
        "",
        {"drug", "strengths"},
    ),
    "infusions after the change": (
        (
            regimen(
                "levetiracetam",
                daily("500 mg", "12 h", "-10 d", "3 d"),
                daily("500 mg", "12 h", "3 d", "10 d", 'route = "intravenous"'),
            ),
            VALPROATE,
        ),
        'drug = "levetiracetam"\nbetween = ["4 mg/L", "8 mg/L"]\n',
        {"strengths"},
    ),
    "three that cannot be": (
        (regimen("lamotrigine", daily("100 mg", "12 h", "9.5 d", "10 d")), VALPROATE.replace("0 d", "9.5 d")),
        'drug = "lamotrigine"\nkeep = "10 %"\n',
        {"keep", "until", "drug"},
    ),
}


@pytest.mark.parametrize("name", SIMULATED)
def test_what_cannot_be_searched_is_refused(name: str, tmp_path: Path) -> None:
    """The file is sound and runs, but no doses can be looked for in it: status 2, why, and nothing written."""
    regimens, table, keys = SIMULATED[name]
    path = written(tmp_path, regimens, table)

    done = command("advise", path, "--out", tmp_path / "out")

    assert command("check", path).exit_code == 0
    assert done.exit_code == 2, done.output
    assert set(problems(done)) == keys
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("own", "table", "said"),
    [
        (daily("100 mg", "12 h", "-10 d", "10 d", 'missed = ["3 d"]'), "", "missed doses after day 2.5,"),
        (daily("100 mg", "12 h", "-10 d", "1 d"), 'between = ["1 mg/L", "9 mg/L"]\n', "from day 2.5 on; name"),
        (daily("9 mg", "12 h", "-30 d", "-29 d") + daily("100 mg", "12 h", "2.5 d", "10 d"), "", "before day 2.5 to"),
        (
            daily("100 mg", "12 h", "-10 d", "4 d") + daily("50 mg", "12 h", "4 d", "10 d"),
            'keep = "10 %"\n',
            "own dose from day 2.5 on",
        ),
    ],
)
def test_the_day_of_the_change_is_told_with_the_refusal(own: str, table: str, said: str, tmp_path: Path) -> None:
    """Valproate begins on day 2.5: days are told as such."""
    regimens = regimen("lamotrigine", own), VALPROATE.replace("0 d", "2.5 d", 1)
    path = written(tmp_path, regimens, f'drug = "lamotrigine"\n{table}')

    done = command("advise", path, "--out", tmp_path / "out")

    assert done.exit_code == 2
    assert said in " ".join(done.output.split())


def test_no_drug_that_keeps_its_dose_is_said_so(tmp_path: Path) -> None:
    """Without [advise]: a scenario of one drug that begins has nothing to look for."""
    path = tmp_path / "case.toml"
    path.write_text(text(VALPROATE), "utf-8")

    done = command("advise", path)

    assert done.exit_code == 2
    assert "name one under [advise]" in done.output


def test_a_drug_that_is_contraindicated_in_this_patient_gets_no_schedule(tmp_path: Path) -> None:
    """A carrier of HLA-B*15:02 who begins carbamazepine: status 2 with the rule; without the allele there is advice."""
    source = text(
        regimen("carbamazepine", daily("200 mg", "12 h", "0 d", "20 d")),
        regimen("erythromycin", daily("500 mg", "8 h", "8 d", "12 d")),
        '[advise]\ndrug = "carbamazepine"\nbetween = ["4 mg/L", "12 mg/L"]\n',
        days=20,
    )
    path = tmp_path / "case.toml"
    path.write_text(source.replace("[patient]\n", '[patient]\nalleles = ["HLA-B*15:02"]\n'), "utf-8")

    refused = command("advise", path, "--out", tmp_path / "out")
    path.write_text(source.replace("[patient]\n", '[patient]\nalleles_absent = ["HLA-B*15:02"]\n'), "utf-8")
    given = command("advise", path, "--out", tmp_path / "given", "--no-figure")

    assert refused.exit_code == 2
    assert "contraindicated" in refused.output
    assert not (tmp_path / "out").exists()
    assert given.exit_code == 0, given.output


def test_the_limit_of_weak_kidneys_holds_on_its_days_alone(tmp_path: Path) -> None:
    """Kidneys that fail on day 3 and are well again on day 9: no dose above 1000 mg/d while they do (label)."""
    change = '[[patient.change]]\nat = "{}"\ncreatinine_clearance = "{}"\n'
    source = text(
        regimen("levetiracetam", daily("1500 mg", "12 h", "-10 d", "20 d")),
        '[advise]\ndrug = "levetiracetam"\n' + change.format("3 d", "10 mL/min") + change.format("9 d", "95 mL/min"),
        days=20,
    )
    path = tmp_path / "case.toml"
    path.write_text(source, "utf-8")

    done = command("advise", path, "--out", tmp_path / "out", "--no-figure")

    assert done.exit_code == 0, done.output
    with (tmp_path / "out" / "schedule.csv").open(encoding="utf-8", newline="") as file:
        steps = [(float(row["day"]), float(row["dose_mg"])) for row in csv.DictReader(file)]
    assert steps
    assert all(dose <= 500 for day, dose in steps if 3 <= day < 9)
    assert any(dose > 500 for day, dose in steps if day >= 9)


def test_days_on_which_no_dose_can_show_yet_are_no_advice(tmp_path: Path) -> None:
    """Lamotrigine far below the levels that are asked for on the one day that is judged: run longer, and no "nan"."""
    path = tmp_path / "case.toml"
    path.write_text(
        text(*USUAL, '[advise]\ndrug = "lamotrigine"\nbetween = ["30 mg/L", "40 mg/L"]\nuntil = "1 d"\n'), "utf-8"
    )

    done = command("advise", path, "--out", tmp_path / "out")

    assert done.exit_code == 2, done.output
    assert "advise  until leaves no day by which another dose of lamotrigine must have shown" in done.output
    assert not (tmp_path / "out").exists()
