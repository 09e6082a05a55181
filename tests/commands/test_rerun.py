"""``pkinteract rerun``: the same bytes from the record alone."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from fit_files import ALL, DATA, TIMES, bateman, csv
from runs import daily, drug, once, oral, pathway, regimen, text
from study_tables import course_table, table

from pkinteract.cli import main
from pkinteract.qualify import processes
from pkinteract.text.record import file_checksum

pytestmark = pytest.mark.compiled

LEVEL = '[[observation]]\nat = "4 d"\nanalyte = "drug-x"\nlevel = "1.5 mg/L"\n'
PARAMETERS = '[override.drug-x.absorption.oral]\nka = "2 1/h"\n'
START = "start = 2026-03-02T08:00:00\n"
WARD = "sex,age_y,weight_kg,height_m\nfemale,40,60,1.65\nmale,50,80,1.80\n"


FOLDERS = ("scenarios", "drugs", "mine", "fits")
RECORDS = "\ufeffID,TIME,EVID,AMT,DV\r\n" + "".join(
    f"1,{t},{int(t == 0)},{100 * (t == 0)},{y:.6g}\r\n" for t, y in zip((0, *TIMES), (0, *bateman(TIMES)), strict=True)
)
"""A mark and the line ends of other systems."""
FIT = (
    'title = "test"\n[[data]]\nrecords = "../../mine/doses.csv"\nunit = "mg/L"\ndrug = "../../drugs/x.toml"\n'
    f"{DATA}[residual]\nproportional = '10 %'\nmodel = 'proportional'\nbelow = 'leave out'\n"
).replace('scenario = "scenario.toml"', 'scenario = "../../scenarios/once.toml"')


def inputs(folder: Path) -> Path:
    """A scenario with a drug of one's own and fitted values from other folders, tables of others, a fit."""
    for name in FOLDERS:
        (folder / name).mkdir()
    own = drug("drug-x", oral()).replace('clearance = "5 L/h"', "clearance = { value = 5.0, unit = 'L/h', cv = 0.4 }")
    (folder / "drugs" / "x.toml").write_text(own, "utf-8", newline="\r\n")
    (folder / "mine" / "result.toml").write_text(PARAMETERS, "utf-8")
    (folder / "mine" / "ward.csv").write_text(WARD, "utf-8")
    head = f'library = ["../drugs/x.toml"]\nparameters = "{folder / "mine" / "result.toml"}"\n'
    plain = text(regimen("drug-x", daily("100 mg", "12 h", "0 d", "5 d")), days=5, extra='[output]\nlanguage = "de"\n')
    dated = plain.replace("[simulation]\n", f"[simulation]\n{START}")
    (folder / "scenarios" / "case.toml").write_text(head + dated + LEVEL, "utf-8")
    population = 'library = ["../drugs/x.toml"]\n' + plain + '[population]\npatients = "../mine/ward.csv"\n'
    (folder / "scenarios" / "ward.toml").write_text(population, "utf-8")
    other = text(
        regimen("amitriptyline", daily("50 mg")), regimen("carbamazepine", daily("200 mg", "12 h", "3 d")), days=20
    )
    (folder / "other.toml").write_text(other.replace("[simulation]\n", f"[simulation]\n{START}"), "utf-8")
    (folder / "scenarios" / "once.toml").write_text(
        'library = ["../drugs/x.toml"]\n' + text(regimen("drug-x", once("100 mg")), days=4), "utf-8"
    )
    (folder / "drugs" / "parent.toml").write_text(
        drug("parent", pathway("all", 1.0, "", 'forms = "child"'), oral()), "utf-8"
    )
    (folder / "drugs" / "child.toml").write_text(drug("child"), "utf-8")
    (folder / "mine" / "doses.csv").write_bytes(RECORDS.encode())
    (folder / "fits" / "own").mkdir()
    (folder / "fits" / "own" / "fit.toml").write_text(FIT + ALL, "utf-8")
    (folder / "fits" / "own" / "levels.csv").write_text(csv(zip(TIMES, 1.02 * bateman(TIMES), strict=True)), "utf-8")
    own = {"perpetrator": "rifampicin", "perpetrator_regimen": "0:600 q24 x5", "victim": "drug-x", "analyte": "drug-x"}
    table(folder / "mine", own)
    course_table(folder / "mine", {"victim": "drug-x", "analyte": "drug-x"})
    return folder


def done(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


LINES: dict[str, list[str]] = {
    "run": ["run", "scenarios/case.toml", "--levels", "--no-figure", "--excel", "--language", "en"],
    "reference": ["run", "scenarios/case.toml", "--no-figure", "--solver", "reference", "--format", "parquet"],
    "nonmem and figures": ["run", "other.toml", "--format", "nonmem"],
    "several": ["run", "scenarios/case.toml", "other.toml", "--no-figure"],
    "population": [
        "population",
        "other.toml",
        "-n",
        "3",
        "--seed",
        "7",
        "--no-figure",
        "--profiles",
        "--format",
        "parquet",
    ],
    "patients of a table": ["population", "scenarios/ward.toml", "--no-figure"],
    "sensitivity": ["sensitivity", "other.toml", "-n", "2", "--seed", "0", "--no-figure"],
    "fit": ["fit", "fits/own/fit.toml", "--no-figure"],
    "patient": [
        *("fit", "--patient", "scenarios/case.toml", "--error", "20 %", "--language", "en", "--no-figure"),
    ],
    "events": ["events", "mine/doses.csv", "--drug", "drugs/parent.toml", "--drug", "drugs/child.toml"],
    "events of a drug by name": ["events", "mine/doses.csv", "--drug", "Tegretol"],
    "qualify": [
        *("qualify", "--table", "mine/studies.csv", "--timecourses", "mine/courses.csv", "--drug", "drugs/x.toml"),
        *("--row", "row-0", "--victim", "drug-x", "--no-figure"),
    ],
}


@pytest.mark.parametrize("line", LINES.values(), ids=LINES)
def test_the_same_bytes_from_the_record_alone(line: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All files, the record and the calendar included, after everything that it was made from is gone."""
    monkeypatch.chdir(inputs(tmp_path))
    assert done(*line, "--out", "first").exit_code == 0
    assert (tmp_path / "first" / "sampling.ics").exists() == (line[1] == "other.toml" and line[0] != "sensitivity")
    (tmp_path / "elsewhere").mkdir()
    shutil.copy(tmp_path / "first" / "run.json", tmp_path / "elsewhere" / "kept.json")
    for name in FOLDERS:
        shutil.rmtree(tmp_path / name)
    (tmp_path / "other.toml").unlink()

    again = done("rerun", "elsewhere/kept.json", "--out", "second")

    assert again.exit_code == 0, again.output
    assert f"all {len(contents(tmp_path / 'first'))} files are, byte for byte, those of the record" in again.stdout
    assert contents(tmp_path / "second") == contents(tmp_path / "first")


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = inputs(tmp_path_factory.mktemp("rerun"))
    assert done("run", folder / "scenarios" / "case.toml", "--no-figure", "--out", folder / "out").exit_code == 0
    kept: dict[str, Any] = json.loads((folder / "out" / "run.json").read_text("utf-8"))
    return kept


def rerun(record: object, folder: Path, *more: str) -> Result:
    (folder / "run.json").write_text(record if isinstance(record, str) else json.dumps(record), "utf-8")
    return done("rerun", folder / "run.json", "--out", folder / "out", *more)


@pytest.mark.parametrize("name", ["library", "pkinteract"])
def test_a_changed_library_or_version_is_refused(name: str, record: dict[str, Any], tmp_path: Path) -> None:
    """Exit status 2 with what it was and is; with --anyway it runs, and says which files are others now."""
    old = {**record, "versions": {**record["versions"], name: "0.0"}}

    refused, anyway = rerun(old, tmp_path), rerun(old, tmp_path, "--anyway")

    assert refused.exit_code == 2
    now = record["versions"][name]
    assert f"versions  the record is of {name} 0.0, here is {now}; numbers may differ: add --anyway" in refused.stderr
    assert anyway.exit_code == 0, anyway.output
    assert f"Note: the record is of {name} 0.0, here is {now}; numbers may differ\n" in anyway.stderr
    assert "1 of 12 files are not as they were: run.json" in anyway.stdout


def test_a_version_that_is_no_text_for_a_terminal_is_escaped(record: dict[str, Any], tmp_path: Path) -> None:
    """A record that somebody wrote by hand moves no cursor and rings no bell."""
    other = {**record, "versions": {**record["versions"], "numpy": "\x1b]0;title\x07"}}

    again = rerun(other, tmp_path)

    assert again.exit_code == 0
    assert "\\x1b]0;title\\x07" in again.stderr
    assert not {"\x1b", "\x07"} & set(again.output)


def test_another_numpy_is_said(record: dict[str, Any], tmp_path: Path) -> None:
    """It may change the last digits and stops nobody."""
    again = rerun({**record, "versions": {**record["versions"], "numpy": "1.0"}}, tmp_path)

    assert again.exit_code == 0
    assert "Note: the record is of numpy 1.0, here is" in again.stderr


def test_files_that_are_not_as_they_were_are_named(record: dict[str, Any], tmp_path: Path) -> None:
    """Exit status 1 where the versions are those of the record: then it is a defect, or the record was altered."""
    again = rerun({**record, "files": {**record["files"], "doses.csv": "0" * 64}}, tmp_path)

    assert again.exit_code == 1
    assert "2 of 12 files are not as they were: doses.csv, run.json" in again.stdout


BROKEN: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "results outside": (
        lambda record: {**record, "files": {**record["files"], "../../etc/hostname": "0" * 64}},
        "files.../../etc/hostname  must be the name of a file in the folder of results",
    ),
    "results anywhere": (
        lambda record: {**record, "files": {**record["files"], "/etc/passwd": "0" * 64}},
        "files./etc/passwd  must be the name of a file in the folder of results",
    ),
    "a name too long": (
        lambda record: {**record, "files": {**record["files"], "x" * 5000: "0" * 64}},
        "must be the name of a file in the folder of results",
    ),
    "a path with nothing in it": (
        lambda record: {**record, "rerun": {**record["rerun"], "inputs": ["a\0b"]}},
        "rerun.inputs  must be a list of paths",
    ),
    "no JSON": (lambda record: "{", "it cannot be read as JSON"),
    "a list": (
        lambda record: [1],
        "has no rerun; records of run, population, advise, sensitivity, fit, events, qualify have it",
    ),
    "deep": (lambda record: "[" * 100_000, "it cannot be read as JSON"),
    "other text": (
        lambda record: {**record, "scenario": {**record["scenario"], "text": "x"}},
        "scenario.text  is not the one that was run",
    ),
    "a file less": (
        lambda record: {**record, "rerun": {**record["rerun"], "files": {}}},
        "is not among the files of the record",
    ),
    "where to": (
        lambda record: {**record, "rerun": {**record["rerun"], "options": {"out": "/tmp/x", "levels": "yes"}}},
        "rerun.options.levels  must be true",
    ),
    "a name that leads away": (
        lambda record: {**record, "scenario": {**record["scenario"], "name": "../x"}},
        "scenario.name  must be the name of a scenario",
    ),
    "a file that it does not hold": (
        lambda record: {
            **record,
            "rerun": {**record["rerun"], "command": "events", "options": {"drug": [{"file": "/etc/passwd"}]}},
        },
        'rerun.options.drug  must be a list of texts, or of {"file": …} with names of rerun.files',
    ),
    "a drug file of the disk": (
        lambda record: {**record, "rerun": {**record["rerun"], "command": "events", "options": {"drug": ["x.toml"]}}},
        "x.toml: 1 problem\n        is not among the files of the record",
    ),
    "stopped": (lambda record: {**record, "rerun": None}, "cannot be run again: a search that Ctrl-C ended"),
    "half a letter": (
        lambda record: {**record, "rerun": {**record["rerun"], "files": {"a": "\ud800"}}},
        "rerun.files.a  must be text",
    ),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_what_is_no_record_is_refused(kind: str, record: dict[str, Any], tmp_path: Path) -> None:
    """Exit status 2, every problem with its key, nothing written; no file of the disk stands in for one."""
    make, message = BROKEN[kind]

    again = rerun(make(record), tmp_path)

    assert again.exit_code == 2, again.output
    assert message in again.stderr
    assert not (tmp_path / "out").exists()


def test_checksums_of_data_are_those_of_the_files(tmp_path: Path) -> None:
    """With a mark, line ends of other systems or none of them: what ``sha256sum`` prints."""
    path = inputs(tmp_path) / "fits" / "own" / "fit.toml"

    assert done("fit", path, "--no-figure", "--out", tmp_path / "out").exit_code == 0

    files = [tmp_path / "mine" / "doses.csv", path.with_name("levels.csv")]
    data = json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))["data"]
    assert data == [{"file": file.name, "sha256": file_checksum(file)} for file in files]


@pytest.mark.slow
@pytest.mark.cluster
def test_other_processes_read_from_the_record_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Arms that are simulated by processes of their own, with a drug file that the disk no longer has."""
    own = inputs(tmp_path) / "drugs" / "x.toml"
    line = ["qualify", "--table", tmp_path / "mine" / "studies.csv", "--drug", own, "--no-figure"]
    assert done(*line, "--out", tmp_path / "first").exit_code == 0
    own.unlink()
    monkeypatch.setattr(processes, "FEW", 0)

    again = done("rerun", tmp_path / "first" / "run.json", "--out", tmp_path / "second")

    assert again.exit_code == 0, again.output
    assert contents(tmp_path / "second") == contents(tmp_path / "first")
