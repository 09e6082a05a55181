"""``--format nonmem``: data sets that say the same as the scenario they come from."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from numpy.typing import NDArray
from runs import INTRAVENOUS, course, daily, drug, once, oral, pathway, regimen, text, written

from pkinteract.cli import main

Numbers = NDArray[np.float64]

PLAIN = drug("plain", oral(0.8, 0.6), INTRAVENOUS)
"""Clearance 5 L/h, volume 50 L, ka 0.8 1/h, F 0.6."""


@dataclass(frozen=True)
class Written:
    """A folder that ``run --format nonmem`` wrote."""

    folder: Path
    files: tuple[Path, ...]

    def rows(self, name: str = "plain") -> list[dict[str, str]]:
        return table(self.folder / f"nonmem-{name}.csv")

    def concentrations(self, name: str = "plain") -> tuple[Numbers, Numbers]:
        found = table(self.folder / "concentrations.csv")
        return column(found, "time_h"), column(found, f"{name}_mg_per_L")


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def column(rows: list[dict[str, str]], name: str) -> Numbers:
    return np.array([float(row[name]) for row in rows])


def command(*arguments: str | Path) -> str:
    done = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert done.exit_code == 0, done.output
    return done.output


def export(folder: Path, *regimens: str, drugs: tuple[str, ...] = (PLAIN,), start: str = "", **more: object) -> Written:
    """Run a scenario with ``--format nonmem``; ``start`` anchors it."""
    source = text(*regimens, **more)  # type: ignore[arg-type]
    source = source.replace("[simulation]", f"[simulation]\nstart = {start}") if start else source
    path = written(folder, source, drugs)
    command("run", path, "--format", "nonmem", "--no-figure", "--force", "--out", folder / "out")
    return Written(folder / "out", tuple(folder / f"own-{n}.toml" for n in range(len(drugs))))


def test_an_observation_is_the_sum_of_the_doses_before_it(tmp_path: Path) -> None:
    """Superposition of closed forms over the rows of the file gives ``concentrations.csv`` (oral, one compartment)."""
    rows = [
        daily("100 mg", "12 h", "-1 d", "2 d", 'missed = ["0.5 d"]'),
        course("2 d", 'until = "5 d"', 'dose = "80 mg"', 'taper_to = "20 mg"', 'step_every = "1 d"', 'every = "8 h"'),
    ]
    found = export(tmp_path, regimen("plain", *rows), days=6)

    records = found.rows()
    time, amount = column(records, "TIME"), column(records, "AMT")
    level = np.zeros(len(time))
    for given, dose in zip(time[amount > 0], amount[amount > 0], strict=True):
        since = np.maximum(time - given, 0)
        level += 0.6 * dose / 50 * 0.8 / 0.7 * (np.exp(-0.1 * since) - np.exp(-0.8 * since))

    grid, concentration = found.concentrations()
    observed = column(records, "EVID") == 0
    np.testing.assert_allclose(time[observed] - 24, grid, atol=1e-9)
    np.testing.assert_allclose(level[observed], concentration, rtol=0, atol=1e-6 * concentration.max())
    assert int((amount > 0).sum()) == 5 + 9


def test_the_file_is_what_the_readers_ask_for(tmp_path: Path) -> None:
    """Numbers only, TIME from 0 and never back, one event a row, an observation before a dose of its time."""
    courses = [
        daily("100 mg", "12 h", "-3 d", "2 d"),
        once("50 mg", "1 d", 'route = "intravenous"', 'infusion = "30 min"'),
    ]
    found = export(
        tmp_path, regimen("plain", *courses), days=3, patient='[[patient.change]]\nat = "30 h"\nweight = "80 kg"\n'
    )

    records = found.rows()

    assert ",".join(records[0]) == "ID,TIME,DV,AMT,EVID,CMT,RATE,II,ADDL,SS,WT,AGE,SEX,CRCL"
    assert {row["DV"] for row in records} == {"."}
    time = column(records, "TIME")
    assert time[0] == 0
    assert np.all(np.diff(time) >= 0)
    at_dose = [row["EVID"] for row in records if float(row["TIME"]) == 96]
    assert at_dose == ["0", "1", "1"]
    (infusion,) = (row for row in records if float(row["RATE"]) > 0)
    assert (infusion["AMT"], infusion["RATE"], infusion["CMT"]) == ("50", "100", "2")
    assert {row["CMT"] for row in records if row["EVID"] == "1"} == {"1", "2"}
    assert [(row["TIME"], row["WT"]) for row in records if row["EVID"] == "2"] == [("102", "70")]
    assert {row["WT"] for row in records if float(row["TIME"]) <= 102} == {"70"}
    assert {row["WT"] for row in records if float(row["TIME"]) > 102} == {"80"}


CASES = {
    "oral": [daily("100 mg", "12 h", "0 d", "4 d", 'missed = ["1 d"]')],
    "before t = 0": [daily("100 mg", "9 h", "-5 d", "2 d"), daily("50 mg", "24 h", "2 d", "5 d")],
    "starts later": [daily("100 mg", "12 h", "2 d", "4 d")],
    "infusions": [daily("100 mg", "6 h", "0 d", "3 d", 'route = "intravenous"', 'infusion = "9 h"')],
    "lag and F of a course": [
        daily("100 mg", "12 h", "0 d", "2 d", 'lag = "5 h"', "bioavailability = 0.9"),
        daily("100 mg", "12 h", "2 d", "4 d"),
    ],
    "steady state": [daily("100 mg", "8 h", "0 d", "2 d", "steady_state = true")],
    "steady state of clock times": [
        course("-1 d", 'until = "2 d"', 'at = { "07:00" = "50 mg", "19:30" = "100 mg" }', "steady_state = true")
    ],
    "steady state of long infusions": [
        daily("60 mg", "6 h", "0 d", "2 d", 'route = "intravenous"', 'infusion = "10 h"', "steady_state = true")
    ],
    "steady state of a lag beyond the interval": [
        daily("100 mg", "8 h", "0 d", "2 d", 'lag = "11 h"', "steady_state = true")
    ],
    "cycle": [daily("100 mg", "12 h", "-7 d", "5 d", 'cycle = { on = "2 d", off = "1 d" }')],
    "days of the week": [daily("100 mg", "12 h", "-7 d", "5 d", 'days = ["mon", "sat"]')],
}


@pytest.mark.parametrize("case", CASES)
def test_the_records_give_the_levels_of_the_scenario(case: str, tmp_path: Path) -> None:
    """``pkinteract events`` on the exported file predicts what the run wrote, at every observation."""
    found = export(tmp_path, regimen("plain", *CASES[case]), days=6, start="2026-01-05T08:00:00")

    _same(found, tmp_path, "plain")


def test_the_records_carry_a_patient_that_changes(tmp_path: Path) -> None:
    """Weight and creatinine clearance change in the records as they do in the run, also between two grid points."""
    kidney = drug("filtered", pathway("kidney", 0.7, kind="renal"), pathway("rest", 0.3), oral(0.8, 0.6), INTRAVENOUS)
    changes = (
        '[[patient.change]]\nat = "30.25 h"\nweight = "80 kg"\n[[patient.change]]\nat = "3 d"\n'
        'creatinine_clearance = "20 mL/min"\n'
    )
    doses = regimen("filtered", daily("100 mg", "12 h", "-2 d", "5 d"))

    found = export(tmp_path, doses, drugs=(kidney,), patient=changes, days=6)

    _same(found, tmp_path, "filtered", tolerance=1e-5)


def _same(found: Written, folder: Path, name: str, *, tolerance: float = 2e-6) -> None:
    """Compare within the accuracy of exact compounds, or the ``tolerance`` of one that is stepped, of its Cmax."""
    data = found.folder / f"nonmem-{name}.csv"
    command("events", data, "--drug", found.files[0], "--out", folder / "back")
    evid = column(table(data), "EVID")
    predicted = column(table(folder / "back" / "concentrations.csv"), f"{name}_mg_per_L")[evid == 0]
    _, concentration = found.concentrations(name)
    np.testing.assert_allclose(predicted, concentration, rtol=0, atol=tolerance * concentration.max())


def test_the_text_beside_the_files_says_where_time_begins(tmp_path: Path) -> None:
    """``nonmem.txt`` names the shift of TIME and the formulations behind FORM."""
    slow = '[absorption.slow]\nka = "0.2 1/h"\nlag = "1 h"\n'
    two = drug("two-forms", oral(0.8, 0.6), slow)
    regimens = [
        regimen("two-forms", daily("100 mg", "12 h", "-3 d", "0 d")),
        regimen("two-forms", daily("100 mg", "12 h", "0 d", "3 d"), formulation="slow"),
    ]

    found = export(tmp_path, *regimens, drugs=(two,), days=3)

    said = (found.folder / "nonmem.txt").read_text("utf-8")
    assert "TIME [h] counts from day -3 of the scenario: TIME = time_h + 72." in said
    assert "  FORM 1 oral (oral), ka 0.8 1/h, F 0.6\n  FORM 2 slow (oral), ka 0.2 1/h, lag 1 h\n" in said
    forms = [row["FORM"] for row in found.rows("two-forms") if row["EVID"] == "1"]
    assert forms == ["1"] * 6 + ["2"] * 6


def test_data_sets_of_an_earlier_run_do_not_stay(tmp_path: Path) -> None:
    """A run without ``--format nonmem``, or without the drug, removes what an earlier one left."""
    both = (PLAIN, drug("second"))
    found = export(tmp_path, regimen("plain", once("1 mg")), regimen("second", once("1 mg")), drugs=both, days=1).folder
    assert sorted(path.name for path in found.glob("nonmem*")) == [
        "nonmem-plain.csv",
        "nonmem-second.csv",
        "nonmem.txt",
    ]

    export(tmp_path, regimen("plain", once("1 mg")), days=1)
    assert sorted(path.name for path in found.glob("nonmem*")) == ["nonmem-plain.csv", "nonmem.txt"]

    command("run", tmp_path / "test.toml", "--no-figure", "--out", found)
    assert not list(found.glob("nonmem*"))
