"""Fits to dosing records against closed forms, and against the same treatment written as scenarios."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fit_files import ALL, DATA, TIMES, TRUE, bateman, command, csv, fitted, parameter, values, written
from runs import course, drug, oral, pathway, regimen, text

pytestmark = pytest.mark.compiled

RECORDS = '[[data]]\nrecords = "records.csv"\ndrug = "drug.toml"\nunit = "mg/L"\n'


def twice(dose: float) -> list[float]:
    """Levels under two doses 12 h apart (closed form), before the second one at its time [mg/L]."""
    late = np.maximum(TIMES - 12, 0)
    return list(bateman(TIMES, dose=dose) + np.where(TIMES > 12, bateman(late, dose=dose), 0.0))


def rows_of(subject: str, dose: float, *, additional: int = 1) -> list[tuple[object, ...]]:
    """Records of a subject: a dose, repeated 12 h later, and levels; the one at 12 h stands before the dose."""
    given = [(subject, 0, 1, dose, 12 if additional else 0, additional, ".")]
    seen = [(subject, t, 0, 0, 0, 0, y) for t, y in zip(TIMES, twice(dose), strict=True)]
    later = [] if additional else [(subject, 12, 1, dose, 0, 0, ".")]
    return sorted([*given, *seen, *later], key=lambda row: (row[1], row[1] == 12 and row[2]))


HEAD = "ID,TIME,EVID,AMT,II,ADDL,DV"


def test_every_subject_has_the_doses_of_its_records(tmp_path: Path) -> None:
    """Two subjects, two doses each, written out: clearance, volume and ka of the closed form."""
    rows = [*rows_of("anna", 100, additional=0), *rows_of("7", 250, additional=0)]

    group = fitted(tmp_path, RECORDS, ALL, files={"records.csv": csv(rows, HEAD)})

    assert [series.subject for series in group.series] == ["anna", "7"]
    assert values(group) == pytest.approx(TRUE, rel=1e-5)


def test_an_additional_dose_counts_before_the_level_at_its_time(tmp_path: Path) -> None:
    """NONMEM's rule: a dose by ADDL precedes an observation at its time; by mouth with ka both are the same level."""
    group = fitted(tmp_path, RECORDS, ALL, files={"records.csv": csv(rows_of("1", 100), HEAD)})

    assert values(group) == pytest.approx(TRUE, rel=1e-5)


AUTO = pathway("induced", 0.8, "CYP3A4") + pathway("rest", 0.2)
AUTO += '[induces.CYP3A4]\nreceptor = "CAR/PXR"\nemax = "4"\nec50 = { value = 4, unit = "mg/L", basis = "total" }\n'


@pytest.mark.parametrize("tables", ["", AUTO], ids=["linear", "autoinduction"])
def test_a_steady_state_in_the_records_is_that_of_a_scenario(tables: str, tmp_path: Path) -> None:
    """SS 1 every 12 h, in closed form or solved in steps: estimates as from a scenario with steady_state, to 1e-6."""
    exact = 2 * np.exp(-TIMES / 9) + 0.5 * np.exp(-TIMES)
    scenario = 'library = ["drug.toml"]\n'
    once = course("0 d", 'until = "12 h"', 'every = "12 h"', 'dose = "100 mg"', "steady_state = true")
    scenario += text(regimen("drug-x", once), days=4)
    records = [(0, 1, 100, 12, 1, "."), *((t, 0, 0, 0, 0, y) for t, y in zip(TIMES, exact, strict=True))]
    levels = csv(zip(TIMES, exact, strict=True))
    free = parameter("clearance") + parameter("volume")
    files = {"drug.toml": drug("drug-x", tables, oral()), "scenario.toml": scenario}
    files["records.csv"] = csv(records, "TIME,EVID,AMT,II,SS,DV")

    written_out, recorded = (fitted(tmp_path, data, free, levels=levels, files=files) for data in (DATA, RECORDS))

    assert values(recorded) == pytest.approx(values(written_out), rel=1e-6)
    assert [row.se for row in recorded.estimates] == pytest.approx([row.se for row in written_out.estimates], rel=1e-4)


def test_dvid_says_what_was_measured(tmp_path: Path) -> None:
    """Parent and metabolite in one column, in umol/L: share formed and metabolite clearance (closed form)."""
    share, km = 0.4, 0.3
    formed = share * 0.1 * 100 * 250 / 300 * (np.exp(-0.1 * TIMES) - np.exp(-km * TIMES)) / (km - 0.1) / 20
    parent = 2 * np.exp(-0.1 * TIMES)
    rows: list[tuple[object, ...]] = [(0, 100, ".", 1)]
    for t, p, m in zip(TIMES, parent / 0.3, formed / 0.25, strict=True):
        rows += [(t, 0, p, 1), (t, 0, m, 2)]
    made = drug("drug-x", pathway("conversion", 0.5, "", 'forms = "product"'), pathway("rest", 0.5))
    made = made.split("[absorption")[0].replace('formulation = "oral"\n', "")
    product = drug("product", volume="20 L", mass="250 g/mol").split("[absorption")[0]
    files = {"drug.toml": made, "product.toml": product.replace('formulation = "oral"\n', "")}
    files["records.csv"] = csv(rows, "TIME,AMT,DV,DVID")
    data = '[[data]]\nrecords = "records.csv"\ndrug = ["drug.toml", "product.toml"]\nunit = "umol/L"\n'
    data += 'dvid = { 1 = "drug-x", 2 = "product" }\n'
    tables = (
        '[parameter.share]\npath = "drug-x.elimination.pathway.conversion.fraction"\ninitial = "0.5"\n'
        'lower = "0.01"\nupper = "0.99"\n[parameter.rest]\npath = "drug-x.elimination.pathway.rest.fraction"\n'
        'expr = "1 - share"\nunit = "1"\n'
        '[parameter.loss]\npath = "product.elimination.clearance"\ninitial = "3 L/h"\n'
    )

    group = fitted(tmp_path, data, tables, files=files)

    assert values(group) == pytest.approx({"share": share, "rest": 1 - share, "loss": km * 20}, rel=1e-5)


@pytest.mark.parametrize("way", ["leave out", "likelihood"])
def test_records_below_quantification_are_counted(way: str, tmp_path: Path) -> None:
    """A flag, <x and the LLOQ: left out, or in the likelihood; MDV 1 is no measurement. All files are written."""
    rows: list[tuple[object, ...]] = [(0, 100, ".", 1, 0)]
    rows += [(t, 0, y, 0, 0) for t, y in zip(TIMES, bateman(TIMES), strict=True)]
    rows += [(40, 0, "<0.1", 0, 0), (42, 0, 0.03, 0, 0), (44, 0, ".", 0, 1), (46, 0, 9, 1, 0), (47, 0, ".", 0, 0)]
    residual = f'[residual]\nmodel = "log"\nproportional = "10 %"\nbelow = "{way}"\n'
    files = {"records.csv": csv(rows, "TIME,AMT,DV,MDV,BLQ")}
    path = written(tmp_path, RECORDS + 'lloq = "50 ng/mL"\n', ALL, residual, files=files)

    done = command("fit", path, "--out", tmp_path / "out")

    report = (tmp_path / "out/report.md").read_text("utf-8")
    count = (
        "3 cells below quantification, in the likelihood" if way == "likelihood" else "3 cells, below quantification"
    )
    assert done.exit_code == 0, done.output
    assert count in report
    assert "Left out of records.csv: 1 cells, no value" in report
    assert (tmp_path / "out/profiles.png").exists()


def test_the_curve_of_records_goes_through_their_predictions(tmp_path: Path) -> None:
    """The result as parameters of a scenario with the same doses gives the predictions of the fit."""
    files = {"records.csv": csv(rows_of("1", 100, additional=0), HEAD), "drug.toml": drug("drug-x", oral(0.8, 1.0))}
    path = written(tmp_path, RECORDS, ALL, files=files)

    done = command("fit", path, "--out", tmp_path / "out", "--no-figure")
    given = course("0 d", 'until = "1 d"', 'every = "12 h"', 'dose = "100 mg"')
    scenario = 'library = ["drug.toml"]\nparameters = "out/result.toml"\n' + text(regimen("drug-x", given), days=2)
    (tmp_path / "again.toml").write_text(scenario, "utf-8")
    again = command("run", tmp_path / "again.toml", "--out", tmp_path / "run", "--no-figure")

    assert (done.exit_code, again.exit_code) == (0, 0), done.output + again.output
    rows = np.genfromtxt(tmp_path / "out/predictions.csv", delimiter=",", names=True, dtype=None, encoding="utf-8")
    curve = np.genfromtxt(tmp_path / "run/concentrations.csv", delimiter=",", names=True, dtype=None, encoding="utf-8")
    hours = [row for row in rows if float(row["time_h"]).is_integer()]
    found = [float(curve["drugx_mg_per_L"][curve["time_h"] == row["time_h"]][0]) for row in hours]
    np.testing.assert_allclose(found, [row["predicted"] for row in hours], rtol=1e-4)


@pytest.mark.parametrize("source", ["levels", "records"])
def test_who_has_no_level_is_named(source: str, tmp_path: Path) -> None:
    """A subject with doses alone, or whose levels are all left out, takes no part: the report says so."""
    seen = list(zip(TIMES, bateman(TIMES), strict=True))
    records = [("anna", 0, 100, "."), *(("anna", t, 0, y) for t, y in seen), ("bert", 0, 100, "."), ("bert", 4, 0, ".")]
    records += [("carl", 0, 100, "."), ("carl", 30, 0, "<0.1")]
    levels = [*(("anna", t, y) for t, y in seen), ("bert", 4, "."), ("carl", 30, "<0.1")]
    files = {"records.csv": csv(records, "ID,TIME,AMT,DV")}
    data = {"records": RECORDS, "levels": DATA}[source]
    path = written(tmp_path, data, ALL, levels=csv(levels, "subject,time_h,conc_mg_per_L"), files=files)

    done = command("fit", path, "--out", tmp_path / "out", "--no-figure")

    assert done.exit_code == 0, done.output
    report = (tmp_path / "out/report.md").read_text("utf-8")
    assert f"* {source}.csv: no level of subject bert, carl counts" in report
