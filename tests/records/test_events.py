"""Dosing records: ``pkinteract events`` against closed forms and against runs."""

from __future__ import annotations

import csv
import json
import tempfile
from functools import cache
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from event_oracle import Oracle, largest, predicted
from runs import daily, drug, pathway, regimen, run, text
from scipy.linalg import expm

from pkinteract.cli import main
from pkinteract.library import load_library

FOLDER = Path(__file__).parent / "events"
LIBRARY = Path(__file__).parents[2] / "pkinteract/library/drugs"
DRUGS = {
    "one-compartment": Oracle(volume=20, clearance=2),
    "two-compartments": Oracle(volume=10, clearance=2, peripheral=30, flow=4),
    "oral-one-compartment": Oracle(volume=20, clearance=2, ka=1.2, lag=0.25, share=0.7),
    "oral-two-compartments": Oracle(volume=10, clearance=2, peripheral=30, flow=4, ka=0.9, lag=0.5, share=0.85),
}


def subjects(path: Path) -> list[str]:
    """IDs of a data set, in its order."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(dict.fromkeys(row["ID"] for row in csv.DictReader(file)))


def command(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@cache
def found(name: str, *drugs: str) -> dict[str, list[tuple[float, float]]]:
    """(time, concentration) at every record of a data set of the table, by subject, from ``concentrations.csv``."""
    files = drugs or (f"{FOLDER / name}.toml",)
    with tempfile.TemporaryDirectory() as folder:
        options = [text for file in files for text in ("--drug", file)]
        done = command("events", FOLDER / f"{name}.csv", *options, "--out", Path(folder) / "out")
        assert done.exit_code == 0, done.output
        with (Path(folder) / "out/concentrations.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    column = next(key for key in rows[0] if key.endswith("_mg_per_L"))
    groups = groupby(rows, key=lambda row: row["id"])
    return {subject: [(float(row["time_h"]), float(row[column])) for row in group] for subject, group in groups}


TABLE = [(name, case) for name in DRUGS for case in subjects(FOLDER / f"{name}.csv")]


@pytest.mark.parametrize(("name", "case"), TABLE, ids=[f"{name}-{case}" for name, case in TABLE])
def test_a_combination_of_events_agrees_with_superposition(name: str, case: str) -> None:
    """Every record of every case is the sum of its doses' closed forms, to 1e-6 of Cmax (closed form)."""
    expected = predicted(FOLDER / f"{name}.csv", DRUGS[name])[case]

    levels = found(name)[case]

    assert [time for time, _ in levels] == [time for time, _ in expected]
    np.testing.assert_allclose(
        [level for _, level in levels],
        [level for _, level in expected],
        rtol=0,
        atol=1e-6 * largest(expected),
    )


@pytest.mark.parametrize("filler", ["0", "-99", "1e9"])
@pytest.mark.parametrize("name", DRUGS)
def test_a_column_says_nothing_where_it_does_not_count(name: str, filler: str, tmp_path: Path) -> None:
    """DUR but for RATE -2, R1 but for RATE -1, LAG and F but for doses may hold anything: the same bytes (property)."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    filled = 0
    for row in rows:
        dose = row["EVID"] in ("1", "4") or (row["EVID"] == "." and row["AMT"] not in (".", "0"))
        counts = {"LAG": dose, "F": dose, "DUR": dose and row["RATE"] == "-2", "R1": dose and row["RATE"] == "-1"}
        idle = [column for column, used in counts.items() if not used]
        row |= dict.fromkeys(idle, filler)
        filled += len(idle)
    text = "\n".join([",".join(rows[0]), *(",".join(row.values()) for row in rows)]) + "\n"

    paths = [FOLDER / f"{name}.csv", written(tmp_path, text, "filled")]
    for path in paths:
        done = command("events", path, "--drug", FOLDER / f"{name}.toml", "--out", tmp_path / path.stem)
        assert done.exit_code == 0, done.output

    plain, other = ((tmp_path / path.stem / "concentrations.csv").read_bytes() for path in paths)
    assert filled > len(rows)
    assert other == plain


# ---- the stepped engine, formulations, steady state of what is not linear ----


def written(folder: Path, text: str, name: str = "data") -> Path:
    path = folder / f"{name}.csv"
    path.write_text(text, "utf-8")
    return path


def levels_of(data: str, *drugs: str) -> np.ndarray:
    """Concentrations at the records of a data set, in its order; ``drugs`` are monographs as text or library ids."""
    with tempfile.TemporaryDirectory() as folder:
        top = Path(folder)
        files = [
            LIBRARY / f"{text}.toml" if "\n" not in text else top / f"own-{n}.toml" for n, text in enumerate(drugs)
        ]
        for path, text in zip(files, drugs, strict=True):
            if "\n" in text:
                path.write_text(text, "utf-8")
        options = [word for path in files for word in ("--drug", path)]
        done = command("events", written(top, data), *options, "--out", top / "out")
        assert done.exit_code == 0, done.output
        with (top / "out/concentrations.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    return np.array([float(row[list(row)[2]]) for row in rows])


@pytest.mark.parametrize("name", DRUGS)
def test_the_table_holds_for_a_drug_that_is_stepped(name: str, tmp_path: Path) -> None:
    """A drug that forms a metabolite is stepped by the Runge-Kutta pair: the same table within 1e-5 of Cmax."""
    path = tmp_path / "parent.toml"
    forming = pathway("conversion", 1.0, "", 'forms = "product"')
    sound = (FOLDER / f"{name}.toml").read_text("utf-8")
    before, marker, after = sound.partition("\n[absorption")
    path.write_text(f"{before}\n{forming}{marker}{after}", "utf-8")
    product = tmp_path / "product.toml"
    product.write_text(drug("product"), "utf-8")

    levels = found(name, str(path), str(product))

    for case, expected in predicted(FOLDER / f"{name}.csv", DRUGS[name]).items():
        values = [level for _, level in levels[case]]
        wanted = [level for _, level in expected]
        np.testing.assert_allclose(values, wanted, rtol=0, atol=1e-5 * largest(expected), err_msg=case)


FORMS = {
    "zero order into a depot": 'ka = "1 1/h"\nzero_order = "3 h"\nlag = "0.5 h"\n',
    "zero order": 'zero_order = "5 h"\nbioavailability = "0.6"\n',
    "transit": 'ka = "1 1/h"\ntransit = { number = "2.5", mean_time = "2 h" }\n',
    "weibull": 'weibull = { scale = "6 h", shape = "1.5" }\n',
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("steady", [False, True], ids=["from the first dose", "at steady state"])
def test_a_formulation_enters_as_it_does_in_a_run(form: str, steady: bool) -> None:
    """Records of the doses of a scenario give the scenario's levels, whatever the form's own course of input."""
    monograph = drug("drug-x", f"[absorption.oral]\n{FORMS[form]}")
    extra = ("steady_state = true",) if steady else ()
    result = run(text(regimen("drug-x", daily("100 mg", "8 h", "0 d", "1 d", *extra)), days=2), drugs=(monograph,))
    times = [0.0, 0.5, 3.0, 8.0, 9.0, 17.0, 24.0, 30.0, 48.0]
    code = 1 if steady else 0
    rows = [f"0,100,1,8,2,{code}", *(f"{time},0,0,0,0,0" for time in times)]

    levels = levels_of("TIME,AMT,EVID,II,ADDL,SS\n" + "\n".join(rows), monograph)[1:]

    expected = result.curve("drug-x").value(times)
    np.testing.assert_allclose(levels, expected, rtol=0, atol=2e-5 * expected.max())


def test_a_modelled_duration_is_the_forms_own_where_the_record_has_none() -> None:
    """RATE -2 without DUR takes the zero-order time of the drug file, so it is the plain dose of that form."""
    monograph = drug("drug-x", f"[absorption.oral]\n{FORMS['zero order into a depot']}")
    rows = "\n".join(f"{time},0,0,0" for time in (0.5, 1, 3.5, 5, 12))

    plain, modelled = (levels_of(f"TIME,AMT,EVID,RATE\n0,100,1,{rate}\n{rows}", monograph) for rate in (0, -2))

    assert plain.max() > 0
    np.testing.assert_allclose(modelled, plain, rtol=1e-6)


def test_the_steady_state_of_a_drug_that_induces_its_own_clearance_is_the_end_of_a_long_course() -> None:
    """SS 1 of carbamazepine equals 400 days of the same doses, within the solver's 1e-5 of Cmax."""
    rows = [f"{9600 + time},0,0,0,0,0" for time in (0, 3, 8, 12)]
    tail = "\n".join(rows)

    long = levels_of(f"TIME,AMT,EVID,II,ADDL,SS\n0,400,1,12,800,0\n{tail}", "carbamazepine")[1:]
    steady = levels_of(f"TIME,AMT,EVID,II,ADDL,SS\n9600,400,1,12,1,1\n{tail}", "carbamazepine")[1:]

    np.testing.assert_allclose(steady, long, rtol=0, atol=2e-5 * long.max())


def test_a_second_steady_state_adds_to_what_is_there() -> None:
    """SS 2 of carbamazepine: the level at its record is the level before plus that of the steady state alone."""
    head = "ID,TIME,AMT,EVID,II,SS\n"
    data = head + "1,0,400,1,0,0\n1,30,0,0,0,0\n1,30,200,1,12,2\n2,30,200,1,12,1\n"

    levels = levels_of(data, "carbamazepine")

    assert levels[2] == pytest.approx(levels[1] + levels[3], rel=1e-6)


def test_doses_beyond_what_can_be_eliminated_have_no_steady_state(tmp_path: Path) -> None:
    """A drug of Vmax 10 mg/h reaches a steady state on 100 mg every 12 h and none on 200 mg: exit status 3."""
    saturable = 'km = { value = 4, unit = "mg/L", kind = "assumed", note = "test", basis = "total" }'
    made = drug("drug-x", pathway("main", 1.0, "CYP2C9", saturable), volume="45 L", clearance="2.5 L/h")
    (tmp_path / "drug.toml").write_text(made, "utf-8")

    below, above = (
        command("events", written(tmp_path, data), "--drug", tmp_path / "drug.toml", "--out", tmp_path / "out")
        for data in ("TIME,AMT,II,SS\n0,100,12,1\n", "TIME,AMT,II,SS\n0,200,12,1\n")
    )

    assert below.exit_code == 0, below.output
    assert above.exit_code == 3
    assert "The doses of line 2 have no steady state, they may be more than can be eliminated." in above.stderr


# ---- covariates ----


@pytest.mark.parametrize("name", ["one-compartment", "oral-two-compartments"])
def test_covariates_hold_from_the_record_above_on(name: str) -> None:
    """Volumes follow the weight and clearances its power 0.75, from the record above up to each record (closed form).

    The oracle multiplies matrix exponentials of the compartments, a matrix for each stretch between two records.
    """
    oracle = DRUGS[name]
    times, kilos = [0.0, 2.0, 2.0, 5.0, 9.0, 9.0, 20.0, 33.0], [70.0, 90.0, 55.0, 55.0, 55.0, 80.0, 80.0, 20.0]
    doses = {0: 100.0, 2: 50.0, 4: 30.0}
    rows = [f"{t},{doses.get(i, 0)},{w}" for i, (t, w) in enumerate(zip(times, kilos, strict=True))]

    levels = levels_of("TIME,AMT,WT\n" + "\n".join(rows), (FOLDER / f"{name}.toml").read_text("utf-8"))

    amounts, last, expected = np.zeros(3), 0.0, []
    waiting: list[tuple[float, float]] = []
    for i, (time, kilo) in enumerate(zip(times, kilos, strict=True)):
        for at, free in sorted(row for row in waiting if row[0] <= time):
            amounts = expm(_rates(oracle, kilo) * (at - last)) @ amounts
            amounts[0 if oracle.ka else 1] += free
            last = at
        waiting = [row for row in waiting if row[0] > time]
        amounts = expm(_rates(oracle, kilo) * (time - last)) @ amounts
        last = time
        if i in doses and oracle.ka:
            waiting.append((time + oracle.lag, doses[i] * oracle.share))
        elif i in doses:
            amounts[1] += doses[i]
        expected.append(amounts[1] / (oracle.volume * kilo / 70))
    np.testing.assert_allclose(levels, expected, rtol=0, atol=1e-6 * max(expected))


def _rates(drug: Oracle, weight: float) -> np.ndarray:
    """Rate constants between depot, central and peripheral compartment [1/h]."""
    size = weight / 70
    out, leaving = drug.flow * size**0.75 / (drug.volume * size), drug.clearance * size**0.75 / (drug.volume * size)
    back = drug.flow * size**0.75 / (drug.peripheral * size) if drug.peripheral else 0.0
    ka = drug.ka or 0.0
    return np.array([[-ka, 0, 0], [ka, -leaving - out, back], [0, out, -back]])


def test_creatinine_clearance_changes_with_the_records() -> None:
    """A renally cleared drug falls at CL·CrCl/100 mL/min of each record, up to that record (closed form)."""
    monograph = drug("drug-x", pathway("renal", 1.0, kind="renal"), volume="20 L", clearance="4 L/h")

    levels = levels_of("TIME,AMT,CMT,CRCL\n0,100,2,90\n3,0,2,50\n8,0,2,100\n20,0,2,25\n", monograph)

    exponents = np.cumsum([0, 3 * 0.5, 5 * 1.0, 12 * 0.25]) * 4 / 20
    np.testing.assert_allclose(levels, 5 * np.exp(-exponents), rtol=1e-6)


# ---- the files ----

ORAL = (FOLDER / "oral-one-compartment.toml").read_text("utf-8")
PLAIN = "ID,TIME,AMT,EVID,CMT,II,ADDL\n1,0,100,1,1,12,2\n1,3,0,0,2,0,0\n1,30,0,0,2,0,0\n"


@pytest.mark.parametrize(
    "data",
    [
        PLAIN.replace("ID,TIME,AMT,EVID,CMT,II,ADDL", "id,Time,amt,evid,Cmt,ii,addl"),
        "addl,ii,cmt,evid,amt,time,id\n2,12,1,1,100,0,1\n0,0,2,0,0,3,1\n0,0,2,0,0,30,1\n",
        PLAIN.replace(",0,0\n", ",.,\n"),
        PLAIN.replace("\n", "\r\n"),
        "\ufeff" + PLAIN,
        "# made by hand\n\n" + PLAIN.replace("1,3,", "# nothing\n1,3,"),
        "TIME,AMT,II,ADDL\n0,100,12,2\n3,0,0,0\n30,.,.,.\n",
        'ID,TIME,AMT,EVID,CMT,II,ADDL,DV,MDV,note\n1,0,100,1,1,12,2,.,1,"a, b"\n1,3,0,0,2,0,0,4.5,0,\n'
        "1,30,0,0,2,0,0,9,1,=x\n",
    ],
    ids=["names in any case", "any order", "missing cells", "CRLF", "mark", "comments", "defaults", "other columns"],
)
def test_a_data_set_may_be_written_in_many_ways(data: str) -> None:
    """Case and order of names, ways to write nothing, line ends, comments and further columns change no level."""
    expected = levels_of(PLAIN, ORAL)

    levels = levels_of(data, ORAL)

    assert levels.tolist() == expected.tolist()


def test_rows_follow_the_records_and_subjects_are_independent() -> None:
    """One row per record in the order of the file; a subject's levels do not depend on who stands beside it."""
    one = "b,0,100,20\nb,5,0,.\nb,5,30,.\n"
    other = "a,2,50,.\na,1000,0,.\n"
    head = "ID,TIME,AMT,RATE\n"

    both = levels_of(head + one + other, ORAL)

    assert both.tolist() == [*levels_of(head + one, ORAL), *levels_of(head + other, ORAL)]


def test_columns_are_the_analytes_of_the_drug(tmp_path: Path) -> None:
    """The drug, its metabolites and its sums, each with its unit; AMT is free drug, no salt factor is applied."""
    data = written(tmp_path, "ID,TIME,AMT,CMT\nann,0,50,2\nann,4.5,0,.\n")

    done = command("events", data, "--drug", LIBRARY / "amitriptyline.toml", "--out", tmp_path / "out")

    rows = list(csv.reader((tmp_path / "out/concentrations.csv").read_text("utf-8").splitlines()))
    names = ["amitriptyline_ng_per_mL", "nortriptyline_ng_per_mL", "amitriptyline+nortriptyline_ng_per_mL"]
    assert done.exit_code == 0, done.output
    assert rows[0] == ["id", "time_h", *names]
    assert [row[:2] for row in rows[1:]] == [["ann", "0"], ["ann", "4.5"]]
    volume = load_library().monograph("amitriptyline").distribution.volume
    assert volume.unit == "L"
    assert float(rows[1][2]) == pytest.approx(50 / volume.value * 1000, rel=1e-6)
    assert float(rows[2][4]) == pytest.approx(float(rows[2][2]) + float(rows[2][3]), rel=1e-6)


def test_a_drug_of_the_library_is_given_by_any_name(tmp_path: Path) -> None:
    """A brand is the drug's file; a brand of a form brings that form; what it means is said, on paper too."""
    data = written(tmp_path, "TIME,AMT,EVID\n0,400,1\n4,0,0\n24,0,0\n")
    runs = {}
    for name in ("carbamazepine", "Tegretol", "Tegretol XR", LIBRARY / "carbamazepine.toml"):
        out = tmp_path / Path(name).stem
        done = command("events", data, "--drug", name, "--out", out)
        assert done.exit_code == 0, done.output
        runs[str(name)] = done.stdout.splitlines()[0], (out / "concentrations.csv").read_text("utf-8")

    by_id, brand, form, file = runs.values()
    assert by_id[1] == brand[1] == file[1] != form[1]
    assert brand[0] == "Tegretol is carbamazepine"
    assert form[0] == "Tegretol XR is carbamazepine extended-release"
    assert '"Tegretol is carbamazepine"' in (tmp_path / "Tegretol/run.json").read_text("utf-8")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Tegretoll", "did you mean Tegretol (carbamazepine, antiseizure)?"),
        ("Coumadin", '"Coumadin" is given as s-warfarin and r-warfarin; write one of them'),
        ("Depakote", "valproate tablet-acid is sold"),
        ("my-drug", '"my-drug" is not in the library'),
        ("my-drug.toml", "there is no such file"),
    ],
)
def test_a_name_that_is_no_drug_of_a_data_set_is_refused(name: str, words: str, tmp_path: Path) -> None:
    """Status 2, what it means and what to write; nothing written."""
    data = written(tmp_path, "TIME,AMT,EVID\n0,400,1\n4,0,0\n")

    done = command("events", data, "--drug", name, "--out", tmp_path / "out")

    assert done.exit_code == 2
    assert words in done.stderr
    assert not (tmp_path / "out").exists()


def test_what_was_passed_over_or_assumed_is_said(tmp_path: Path) -> None:
    """The command lists further columns and the defaults it took, and where it wrote; the record holds them too."""
    data = written(tmp_path, "TIME,AMT,DV,STUDY\n0,100,.,7\n")

    done = command("events", data, "--drug", FOLDER / "oral-one-compartment.toml", "--out", tmp_path / "out")

    assert done.stdout.splitlines() == [
        "columns passed over: STUDY",
        "no column ID: all records are of one subject, 1",
        "no column WT: 70 kg, the weight at which the drug file's numbers hold",
        str(tmp_path / "out/concentrations.csv"),
        str(tmp_path / "out/run.json"),
    ]
    assert json.loads((tmp_path / "out/run.json").read_text("utf-8"))["notes"] == done.stdout.splitlines()[:3]


def test_doses_of_a_salt_and_ages_that_are_not_described_are_said(tmp_path: Path) -> None:
    """AMT is no labelled dose of lithium; a child whom a scenario would refuse gets a number, with a word on it."""
    data = written(tmp_path, "ID,TIME,AMT,WT,AGE,CRCL\n1,0,300,70,40,95\n2,0,300,20,5,95\n2,4,0,20,5,95\n")

    said = {
        drug: command("events", data, "--drug", drug, "--out", tmp_path / drug).stdout.splitlines()[:-2]
        for drug in ("lithium", "levetiracetam")
    }

    assert said["lithium"] == [
        "AMT is mg of lithium itself, not of a salt: 100 mg of tablet (carbonate) are AMT 18.78",
        "lithium is described for 18 to 100 y; records of another age: 2",
    ]
    assert said["levetiracetam"] == ["levetiracetam is described for 16 to 100 y; records of another age: 2"]


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    """Nothing is written among files that are not ours unless asked for; results of the same data are renewed."""
    data = written(tmp_path, PLAIN)
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers/notes.txt").write_text("mine", "utf-8")
    arguments = ("events", data, "--drug", FOLDER / "oral-one-compartment.toml", "--out")

    refused = command(*arguments, tmp_path / "papers")
    forced = command(*arguments, tmp_path / "papers", "--force")
    again = command(*arguments, tmp_path / "papers")

    assert refused.exit_code == 2
    assert "holds files that are not ours; name another folder or add --force" in refused.stderr
    assert (forced.exit_code, again.exit_code) == (0, 0)
