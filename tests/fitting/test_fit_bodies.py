"""Enzymes and patients as parameters of a fit, and digitised curves as its data."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from fit_files import ALL, DATA, DOSE, TIMES, TRUE, bateman, command, csv, values, written
from own_drugs import INDUCER, LEVEL
from runs import drug, once, oral, pathway, regimen, text

from pkinteract import load_scenario, simulate
from pkinteract.fitting import estimate, read_fit

pytestmark = pytest.mark.compiled

HEAD = (
    "dataset_id,study,grouping,molecule,matrix,route,regimen,formulation,co_medication,body_weight_kg,time_h,"
    "conc_mg_per_L,phase"
)


def free(name: str, path: str, initial: str, *rows: str) -> str:
    return "\n".join([f"[parameter.{name}]", f'path = "{path}"', f'initial = "{initial}"', *rows]) + "\n"


def scenario(*regimens: str, library: str = '["drug.toml"]') -> str:
    return f"library = {library}\n" + text(*regimens, days=4)


TAKEN = regimen("drug-x", once("100 mg", "0 d"))


def test_the_abundance_of_an_enzyme_is_found_and_can_be_used(tmp_path: Path) -> None:
    """All clearance by CYP2D6 and half the enzyme: abundance 0.5 (closed form); a scenario can use it."""
    medicine = drug("drug-x", pathway("only", 1.0, "CYP2D6"), oral(1.0, 1.0))
    levels = csv(zip(TIMES, bateman(TIMES, clearance=2.5), strict=True))
    table = free("abundance", "patient.abundance.CYP2D6", "1", 'lower = "0.05"', 'upper = "20"')
    made = written(tmp_path, DATA, table, levels=levels, files={"drug.toml": medicine})

    [group] = estimate(read_fit(made)).groups
    outcome = command("fit", made, "--out", tmp_path / "out", "--no-figure")
    used = tmp_path / "used.toml"
    used.write_text('parameters = "out/result.toml"\n' + scenario(TAKEN), "utf-8")
    curve = simulate(load_scenario(used)).curve("drug-x").value(TIMES)

    assert outcome.exit_code == 0
    assert values(group) == pytest.approx({"abundance": 0.5}, rel=1e-6)
    np.testing.assert_allclose(curve, bateman(TIMES, clearance=2.5), rtol=1e-5)


def test_a_creatinine_clearance_is_found(tmp_path: Path) -> None:
    """A renal clearance of 5 L/h at 100 mL/min; data at 3 L/h mean 60 mL/min (closed form)."""
    medicine = drug("drug-x", pathway("renal", 1.0, "", kind="renal"), oral(1.0, 1.0))
    levels = csv(zip(TIMES, bateman(TIMES, clearance=3.0), strict=True))
    table = free("kidneys", "patient.creatinine_clearance", "100 mL/min")

    [group] = estimate(read_fit(written(tmp_path, DATA, table, levels=levels, files={"drug.toml": medicine}))).groups

    assert values(group) == pytest.approx({"kidneys": 60}, rel=1e-6)


def test_a_weight_is_found(tmp_path: Path) -> None:
    """Volume goes with weight and clearance with its power of 0.75 (closed form)."""
    levels = csv(zip(TIMES, bateman(TIMES, clearance=5 * 0.5**0.75, volume=25), strict=True))
    table = free("weight", "patient.weight", "70 kg", 'lower = "20 kg"', 'upper = "200 kg"')

    [group] = estimate(read_fit(written(tmp_path, DATA, table, levels=levels))).groups

    assert values(group) == pytest.approx({"weight": 35}, rel=1e-6)


def test_the_half_life_of_an_enzyme_is_found(tmp_path: Path) -> None:
    """A constant inducer from t = 0 on: CYP3A4 is 3.5 - 2.5·exp(-kt), and the level exp(-CL/V·its integral)."""
    k = math.log(2) / 20
    integral = LEVEL * TIMES - (LEVEL - 1) * (1 - np.exp(-k * TIMES)) / k
    levels = csv(zip(TIMES, DOSE / 50 * np.exp(-1 / 50 * integral), strict=True))
    doses = [
        regimen("inducer", once("1000 mg", "0 d", 'route = "intravenous"')),
        regimen("drug-x", once("100 mg", "0 d", 'route = "intravenous"')),
    ]
    files = {
        "inducer.toml": INDUCER,
        "drug.toml": drug("drug-x", pathway("only", 1.0, "CYP3A4"), clearance="1 L/h"),
        "scenario.toml": scenario(*doses, library='["drug.toml", "inducer.toml"]'),
    }
    table = free("half_life", "enzymes.CYP3A4.liver.half_life", "60 h", 'lower = "1 h"', 'upper = "500 h"')
    made = written(tmp_path, DATA, table, levels=levels, files=files)

    [group] = estimate(read_fit(made)).groups

    assert values(group) == pytest.approx({"half_life": 20}, rel=1e-5)


def test_wrong_enzymes_and_patients_are_all_told(tmp_path: Path) -> None:
    """Unknown enzymes and traits, and units that do not fit, with their lines."""
    tables = (
        free("a", "enzymes.CYP3A9.liver.half_life", "60 h"),
        free("b", "enzymes.CYP3A4.liver.half_life", "60 kg"),
        free("c", "patient.height", "1.7 m"),
        free("d", "patient.abundance.CYPX", "1"),
        free("e", "patient.weight", "70 L"),
    )

    outcome = command("fit", written(tmp_path, DATA, *tables), "--out", tmp_path / "out")

    assert outcome.exit_code == 2
    assert not (tmp_path / "out").exists()
    for found in (
        "parameter.a.path CYP3A9.liver.half_life is not a value of the enzymes; did you mean",
        'parameter.b.path "kg" is a unit of mass; this key needs a time, such as "12 h"',
        "parameter.c.path patient.height is not estimated; write patient.weight, patient.creatinine_clearance or",
        "parameter.d.path patient.abundance.CYPX is not estimated;",
        'parameter.e.path "L" is a unit of volume; patient.weight is in kg',
    ):
        assert found in " ".join(outcome.stderr.split())


def curves(*rows: tuple[str, str, str, str, float | str, float | str]) -> str:
    """A file of digitised curves: id, matrix, dosing, co-medication, time, level."""
    lines = [
        f"{id},Somebody 1980,group,drug-x,{matrix},PO,{doses},tablet,{other},,{time},{level},single-dose"
        for id, matrix, doses, other, time, level in rows
    ]
    return "\n".join([HEAD, *lines]) + "\n"


def test_digitised_curves_are_taken_with_the_doses_of_their_studies(tmp_path: Path) -> None:
    """Two studies of 100 and 300 mg (closed form); saliva, other drugs and early points are left out."""
    rows = [
        *(("A", "plasma", "0:100", "", time, level) for time, level in zip(TIMES, bateman(TIMES), strict=True)),
        *(("B", "serum", "0:300", "", time, 3 * level) for time, level in zip(TIMES, bateman(TIMES), strict=True)),
        ("B", "serum", "0:300", "", 0.0, 0.4),
        ("C", "saliva", "0:100", "", 1.0, 99.0),
        ("D", "plasma", "0:100", "Erythromycin", 1.0, 99.0),
        ("E", "plasma", "0:5mg/kg", "", 1.0, 99.0),
    ]
    data = '[[data]]\nprofiles = "curves.csv"\nscenario = "scenario.toml"\n'
    made = written(tmp_path, data, ALL, '[residual]\nmodel = "log"\n', files={"curves.csv": curves(*rows)})

    outcome = estimate(read_fit(made))

    [group] = outcome.groups
    assert values(group) == pytest.approx(TRUE, rel=1e-5)
    assert [row.subject for row in group.series] == ["A Somebody 1980, group", "B Somebody 1980, group"]
    assert [(row.reason, row.count) for row in outcome.fit.omitted] == [("not after the first dose", 1)]


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ('profiles = "none.csv"\n', "data[0].profiles  there is no such file; the digitised curves are not part of"),
        ('profiles = "curves.csv"\nphase = "multi-dose"\n', "holds no curve of drug-x in plasma or serum without"),
        ('profiles = "curves.csv"\nfile = "levels.csv"\n', "needs one of"),
        ("", "needs one of"),
    ],
)
def test_a_data_set_without_curves_is_told(keys: str, message: str, tmp_path: Path) -> None:
    """A missing file, no curve of that kind, and none or two kinds of data."""
    row = ("A", "plasma", "0:100", "", 1.0, 1.0)
    table = f'[[data]]\nscenario = "scenario.toml"\n{keys}'

    outcome = command("fit", written(tmp_path, table, ALL, files={"curves.csv": curves(row)}), "--out", tmp_path / "o")

    assert outcome.exit_code == 2
    assert message in outcome.stderr


def test_curves_with_cells_that_are_no_numbers_are_told(tmp_path: Path) -> None:
    """Every one with its line and column; of rows that are not taken nothing is asked."""
    rows = [
        ("A", "plasma", "0:100", "", "noon", 1.0),
        ("A", "plasma", "0:100", "", 2.0, "<0.1"),
        ("B", "saliva") + ("",) * 4,
    ]
    table = '[[data]]\nscenario = "scenario.toml"\nprofiles = "curves.csv"\n'

    outcome = command(
        "fit", written(tmp_path, table, ALL, files={"curves.csv": curves(*rows)}), "--out", tmp_path / "o"
    )

    assert outcome.exit_code == 2
    assert outcome.stderr.count("must be a number") == 2
    assert 'curves.csv: line 2, time_h: must be a number, got "noon"' in outcome.stderr
    assert 'curves.csv: line 3, conc_mg_per_L: must be a number, got "<0.1"' in outcome.stderr
