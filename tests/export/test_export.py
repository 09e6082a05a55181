"""The files of a run, as design and scripts outside the repository expect them."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from runs import INTRAVENOUS, daily, drug, once, oral, pathway, regimen, run, text, written

from pkinteract import NOTICE, load_scenario, simulate
from pkinteract.cli import main
from pkinteract.errors import InputError
from pkinteract.library import load_library

SWITCH = text(
    regimen("amitriptyline", daily("75 mg", "24 h", "-2 d")),
    regimen("carbamazepine", daily("200 mg", "12 h", "-2 d", "0 d", 'missed = ["-1 d"]')),
    regimen(
        "levetiracetam",
        daily("500 mg", "12 h", "0 d"),
        once("250 mg", "6 h", 'route = "intravenous"', 'infusion = "15 min"'),
    ),
    days=2,
)
ANCHORED = SWITCH.replace("[simulation]\n", "[simulation]\nstart = 2026-03-28T20:00:00\n")

CONCENTRATIONS = [
    "time_h",
    "day",
    "amitriptyline_ng_per_mL",
    "nortriptyline_ng_per_mL",
    "amitriptyline+nortriptyline_ng_per_mL",
    "carbamazepine_mg_per_L",
    "carbamazepine-epoxide_mg_per_L",
    "levetiracetam_mg_per_L",
]
ENZYMES = [
    "time_h",
    "CYP3A4_liver",
    "CYP3A4_gut",
    *(f"{name}_liver" for name in ("CYP1A2", "CYP2B6", "CYP2C9", "CYP2C19", "CYP2D6")),
    "P-gp_liver",
    "P-gp_gut",
    *(f"{name}_liver" for name in ("UGT1A1", "UGT1A4", "UGT2B7", "EPHX1", "CES1", "inducible")),
]
CLEARANCES = ["time_h"] + [
    f"{compound}_{pathway}_L_per_h"
    for compound, pathways in {
        "amitriptyline": "total demethylation-2c19 demethylation-3a4 hydroxylation demethylation-1a2 "
        "demethylation-2c9 other-inducible",
        "nortriptyline": "total hydroxylation other-inducible cyp3a4",
        "carbamazepine": "total epoxidation other-inducible other",
        "carbamazepine-epoxide": "total hydrolysis other",
        "levetiracetam": "total renal hydrolysis",
    }.items()
    for pathway in pathways.split()
]
DOSES = ["time_h", "day", "drug", "formulation", "route", "dose_mg", "free_drug_mg", "duration_h", "missed"]
EXPOSURE = [
    *("analyte", "unit", "period", "from_day", "to_day", "cmax", "tmax_h", "ctrough", "cavg_24h", "auc_24h"),
    *("ratio_to_reference", "reference_low", "reference_high", "percent_time_in_range", "percent_time_above_alert"),
    "state",
]
ALERTS = ["from_h", "to_h", "date", "severity", "analyte", "rule", "text", "since"]
DAILY = [
    *("day", "analyte", "unit", "dose_mg", "trough", "peak", "average", "ratio_to_before", "in_range", "above_alert"),
]
SAMPLING = [
    *("day", "date", "analyte", "hours_after_dose", "why", "share_of_change", "expected", "low", "high", "unit"),
]
GUIDANCE = ["severity", "drugs", "rule", "advice", "why", "changes", "body", "source", "confidence"]
PAIRS = [
    *("perpetrator", "victim", "status", "expected", "published", "studies", "fold_error"),
    *("grade_perpetrator", "grade_victim", "source"),
]


def dated(columns: list[str]) -> list[str]:
    return [*columns[: columns.index("day") + 1], "date", *columns[columns.index("day") + 1 :]]


def command(*arguments: object) -> str:
    """Output of the real command, which must succeed."""
    done = CliRunner().invoke(main, [str(argument) for argument in arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """Results of the switch without and with a calendar anchor."""
    base = tmp_path_factory.mktemp("export")
    for name, source in (("plain", SWITCH), ("anchored", ANCHORED)):
        command("run", written(base, source, name=name), "--out", base / name, "--no-figure")
    return {name: base / name for name in ("plain", "anchored")}


def table(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        rows = list(reader)
    return list(reader.fieldnames or ()), rows


def test_a_run_leaves_these_files_and_no_others(folders: Mapping[str, Path]) -> None:
    """Ten tables and the record; the pictures only without --no-figure."""
    for folder in folders.values():
        names = {path.name for path in folder.iterdir()}

        tables = (
            "concentrations",
            "enzymes",
            "clearances",
            "doses",
            "exposure",
            "alerts",
            "daily",
            "sampling",
            "pairs",
            "guidance",
        )
        assert names == {*(f"{name}.csv" for name in tables), "run.json"}


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("concentrations", CONCENTRATIONS),
        ("enzymes", ENZYMES),
        ("clearances", CLEARANCES),
        ("doses", DOSES),
        ("exposure", EXPOSURE),
        ("alerts", ALERTS),
        ("daily", DAILY),
        ("sampling", SAMPLING),
        ("pairs", PAIRS),
        ("guidance", GUIDANCE),
    ],
)
def test_every_table_has_the_columns_that_scripts_rely_on(
    folders: Mapping[str, Path], name: str, columns: list[str]
) -> None:
    """Names, order and units; a calendar anchor adds the date column where there is a day column."""
    plain, anchored = (table(folders[kind] / f"{name}.csv")[0] for kind in ("plain", "anchored"))

    assert plain == columns
    assert anchored == (dated(columns) if "day" in columns and "date" not in columns else columns)


def test_tables_are_rfc_4180_in_utf_8(folders: Mapping[str, Path]) -> None:
    """Comma, CRLF at every end of line, no byte-order mark, as many cells in each row as in the head."""
    for path in folders["anchored"].glob("*.csv"):
        raw = path.read_bytes()

        content = raw.decode("utf-8")
        assert not content.startswith("\ufeff")
        assert content.endswith("\r\n")
        assert content.count("\n") == content.count("\r\n") == content.count("\r")
        lines = list(csv.reader(content.splitlines(), strict=True))
        assert {len(line) for line in lines} == {len(lines[0])}


def test_concentrations_are_the_result_to_seven_digits(folders: Mapping[str, Path]) -> None:
    """Rows at every hour from 0 to the duration, day = hour/24, values of the simulation."""
    _, rows = table(folders["plain"] / "concentrations.csv")
    result = run(SWITCH)

    assert [float(row["time_h"]) for row in rows] == list(range(49))
    np.testing.assert_allclose([float(row["day"]) for row in rows], np.arange(49) / 24, rtol=1e-9)
    for analyte, values in zip(result.analytes, result.concentration, strict=True):
        np.testing.assert_allclose([float(row[analyte.column]) for row in rows], values, rtol=5.1e-7)


def test_the_sum_is_the_sum_of_its_parts(folders: Mapping[str, Path]) -> None:
    """Column by column, to the digits written."""
    _, rows = table(folders["plain"] / "concentrations.csv")

    for row in rows:
        parts = float(row["amitriptyline_ng_per_mL"]) + float(row["nortriptyline_ng_per_mL"])
        assert float(row["amitriptyline+nortriptyline_ng_per_mL"]) == pytest.approx(parts, rel=2e-6)


def test_dates_count_from_the_anchor_by_the_clock_on_the_wall(folders: Mapping[str, Path]) -> None:
    """Local time without a zone: 24 h after 20:00 is 20:00, also over the night in which summer time begins."""
    start = datetime(2026, 3, 28, 20)
    for name in ("concentrations", "doses"):
        _, rows = table(folders["anchored"] / f"{name}.csv")

        for row in rows:
            assert row["date"] == (start + timedelta(hours=float(row["time_h"]))).isoformat()


def test_doses_are_listed_with_salt_route_and_what_was_missed(folders: Mapping[str, Path]) -> None:
    """As labelled and as free drug; an infusion's duration; missed doses flagged; also before t = 0."""
    _, rows = table(folders["plain"] / "doses.csv")

    first = rows[0]
    assert (first["time_h"], first["day"], first["drug"], first["formulation"], first["route"]) == (
        "-48",
        "-2",
        "amitriptyline",
        "tablet",
        "oral",
    )
    assert (first["dose_mg"], first["free_drug_mg"], first["duration_h"], first["missed"]) == (
        "75",
        "66.3",
        "0",
        "false",
    )
    assert [row["time_h"] for row in rows if row["missed"] == "true"] == ["-24"]
    infusion = next(row for row in rows if row["route"] == "intravenous")
    assert (infusion["formulation"], infusion["dose_mg"], infusion["duration_h"]) == ("intravenous", "250", "0.25")
    assert [float(row["time_h"]) for row in rows] == sorted(float(row["time_h"]) for row in rows)


def test_clearances_add_up(folders: Mapping[str, Path]) -> None:
    """The pathways of a compound make its total, at every hour."""
    names, rows = table(folders["plain"] / "clearances.csv")

    for compound in ("amitriptyline", "nortriptyline", "carbamazepine", "carbamazepine-epoxide", "levetiracetam"):
        mine = [name for name in names if name.startswith(f"{compound}_")]
        for row in rows:
            assert sum(float(row[name]) for name in mine[1:]) == pytest.approx(float(row[mine[0]]), rel=2e-6)


@pytest.mark.parametrize(
    ("step", "time"), [("1 h", "6 h"), ("6 min", "0.3 h"), ("20 min", "40 min"), ("1 h", "0.25 d")]
)
def test_a_row_at_a_dose_time_holds_the_value_before_the_dose(tmp_path: Path, step: str, time: str) -> None:
    """An intravenous dose at once: nothing in its own row, all of it in the next, whatever the rounding of the grid."""
    victim = drug("victim", oral(), INTRAVENOUS)
    source = text(regimen("victim", once("100 mg", time, 'route = "intravenous"')), days=0.5, step=step)
    path = written(tmp_path, source, (victim,))

    command("run", path, "--out", tmp_path / "out", "--no-figure")

    _, rows = table(tmp_path / "out" / "concentrations.csv")
    _, doses = table(tmp_path / "out" / "doses.csv")
    given = float(doses[0]["time_h"])
    at = next(i for i, row in enumerate(rows) if abs(float(row["time_h"]) - given) < 1e-6)
    assert rows[at]["victim_mg_per_L"] == "0"
    assert float(rows[at + 1]["victim_mg_per_L"]) > 1.0


@pytest.mark.parametrize(("unit", "column", "scale"), [("umol/L", "umol", 1000), ("mmol/L", "mmol", 1)])
def test_a_reporting_unit_changes_name_and_values(unit: str, column: str, scale: float, tmp_path: Path) -> None:
    """umol/L of carbamazepine: the column says so and holds mg/L·1000/236.27; range and exposure follow."""
    path = written(tmp_path, SWITCH + f'[output.units]\ncarbamazepine = "{unit}"\n', name="molar")

    command("run", path, "--out", tmp_path / "out", "--no-figure")

    names, rows = table(tmp_path / "out" / "concentrations.csv")
    assert f"carbamazepine_{column}_per_L" in names
    plain = run(SWITCH).concentration[3] * scale / 236.27
    np.testing.assert_allclose([float(row[f"carbamazepine_{column}_per_L"]) for row in rows], plain, rtol=1e-6)
    exposure = next(row for row in table(tmp_path / "out" / "exposure.csv")[1] if row["analyte"] == "carbamazepine")
    assert exposure["unit"] == unit
    assert float(exposure["reference_high"]) == pytest.approx(12 * scale / 236.27, rel=1e-6)


def test_no_text_cell_is_a_formula(tmp_path: Path) -> None:
    """A drug of one's own may be called anything; what a spreadsheet would run gets an apostrophe."""
    name = '=HYPERLINK(\\"http://x\\", 1)'
    victim = drug("victim", '[reference_range]\nalert = "0.5 mg/L"\n', oral(), INTRAVENOUS, name=name)
    path = written(tmp_path, text(regimen("victim", once("100 mg", "0 d", 'route = "intravenous"')), days=1), (victim,))

    command("run", path, "--out", tmp_path / "out", "--no-figure")

    _, rows = table(tmp_path / "out" / "alerts.csv")
    assert rows[0]["text"].startswith('\'=HYPERLINK("http://x", 1) above the alert level')


def record(folder: Path) -> dict[str, object]:
    found = json.loads((folder / "run.json").read_text("utf-8"))
    assert isinstance(found, dict)
    return found


def numbers_of(drug_id: str, formulations: set[str]) -> Iterator[tuple[str, float, str]]:
    for path, value in load_library().monograph(drug_id).values():
        parts = path.split(".")
        unused = parts[0] in ("dosing", "dialysis", "target", "brain") or path == "binding.albumin"
        if not unused and (parts[0] != "absorption" or parts[1] in formulations):
            yield path, value.value, value.unit


def test_the_record_holds_every_number_with_its_source(folders: Mapping[str, Path]) -> None:
    """All values that a run uses, with unit, kind and citation; an assumed one may have a reason instead."""
    rows = record(folders["plain"])["numbers"]
    assert isinstance(rows, list)
    listed = {(row["item"], row["path"]): row for row in rows}

    forms = {"amitriptyline": {"tablet"}, "carbamazepine": {"tablet"}, "levetiracetam": {"tablet", "intravenous"}}
    for drug_id in (*forms, "nortriptyline", "carbamazepine-epoxide"):
        for path, value, unit in numbers_of(drug_id, forms.get(drug_id, set())):
            row = listed[drug_id, path]
            assert (row["value"], row["unit"]) == (value, unit)
    for row in rows:
        assert row["source"] or (row["kind"] == "assumed" and row["note"]), row


def test_the_record_holds_enzymes_and_physiology(folders: Mapping[str, Path]) -> None:
    """Every value of every enzyme in the run, and the numbers of the model itself that it used."""
    rows = record(folders["plain"])["numbers"]
    assert isinstance(rows, list)
    listed = {(row["item"], row["path"]): (row["value"], row["unit"]) for row in rows}

    assert listed["CYP3A4", "liver.half_life"] == (load_library().enzymes["CYP3A4"].liver.half_life.value, "h")
    assert listed["CYP3A4", "gut.half_life"] == (23, "h")
    for name, enzyme in load_library().enzymes.items():
        for organ, entry in enzyme.organs.items() if (name, "liver.half_life") in listed else ():
            for key, value in entry:
                assert value is None or listed[name, f"{organ}.{key}"] == (value.value, value.unit)
    assert listed["physiology", "liver_flow"] == (90, "L/h")
    assert listed["physiology", "clearance_exponent"] == (0.75, "1")


def test_the_record_holds_the_flows_that_inhibitors_meet_and_a_later_change() -> None:
    """Liver and gut flow if something acts there, and what smoking does also if it begins during the run."""
    inhibitor = '[inhibits.CYP3A4]\nki = { value = 1, unit = "mg/L", basis = "total" }\n'
    victim = drug(
        "victim",
        pathway("a", 1.0, "CYP3A4"),
        '[first_pass]\ngut_availability = "0.5"\ngut_enzyme = "CYP3A4"\n',
        oral(1.0, 0.5),
    )
    smoker = drug("other", pathway("b", 1.0, "CYP1A2"), inhibitor)
    begins = '[[patient.change]]\nat = "2 d"\nsmoker = true\n'
    doses = regimen("victim", once("1 mg")) + regimen("other", once("1 mg"))

    listed = {
        (row["item"], row["path"]): row["value"]
        for row in run(text(doses, patient=begins), drugs=(victim, smoker)).numbers
    }

    assert listed["physiology", "liver_flow"] == 90
    assert listed["physiology", "gut_flow"] == 18
    assert listed["CYP1A2", "smoking"] == 1.565


def test_the_record_names_who_acts_on_whom(folders: Mapping[str, Path]) -> None:
    """Carbamazepine induces CYP3A4, which touches amitriptyline, nortriptyline and itself, by their shares."""
    rows = record(folders["plain"])["interactions"]
    assert isinstance(rows, list)

    row = next(row for row in rows if row["acts_on"] == "CYP3A4")
    constants = load_library().monograph("carbamazepine").induces["CYP3A4"]
    assert constants.emax is not None
    assert constants.ec50 is not None
    assert row["perpetrator"] == "carbamazepine"
    assert row["mechanism"] == "induction (CAR/PXR)"
    assert row["constants"] == {
        "emax": {"value": constants.emax.value, "unit": "1"},
        "ec50": {"value": constants.ec50.value, "unit": "mg/L", "basis": "total"},
    }
    shares = {
        drug: next(
            row.fraction.value for row in load_library().monograph(drug).elimination.pathway if row.enzyme == "CYP3A4"
        )
        for drug in ("amitriptyline", "nortriptyline", "carbamazepine")
    }
    assert row["victims"] == shares
    assert "fits/carbamazepine" in row["source"]


def test_the_record_says_what_was_run_and_how(folders: Mapping[str, Path], tmp_path: Path) -> None:
    """Versions, the scenario's own text (which runs again), patient, solver statistics, and what this is not."""
    found = record(folders["anchored"])
    result = run(ANCHORED)

    assert found["notice"] == NOTICE
    assert set(found["versions"]) >= {"pkinteract", "python", "numpy"}  # type: ignore[call-overload]
    assert found["solver"] == {
        "method": result.status.method,
        "steps": result.status.steps,
        "rejected": result.status.rejected,
        "note": result.status.message,
    }
    assert result.status.steps > 0
    path = written(tmp_path, found["scenario"]["text"])  # type: ignore[index]
    np.testing.assert_array_equal(simulate(load_scenario(path)).concentration, result.concentration)


def test_the_record_says_which_activity_factors_are_assumed(tmp_path: Path) -> None:
    """CYP2D6 counts functional genes, as published; factors of CYP2C19 between poor and normal are assumed."""
    genes = '[patient.phenotype]\nCYP2D6 = "*1/*4"\nCYP2C19 = "*2/*9"\n'
    path = written(tmp_path, text(regimen("amitriptyline", once("75 mg")), days=1, patient=genes))

    command("run", path, "--out", tmp_path / "out", "--no-figure")

    rows = record(tmp_path / "out")["numbers"]
    assert isinstance(rows, list)
    factors = {row["item"]: row for row in rows if row["path"] == "activity factor"}
    assert (factors["CYP2D6"]["value"], factors["CYP2D6"]["kind"]) == (0.5, "measured")
    assert "Kvist" in factors["CYP2D6"]["source"]
    assert (factors["CYP2C19"]["value"], factors["CYP2C19"]["kind"]) == (0.25, "assumed")
    assert factors["CYP2C19"]["source"] is None
    assert factors["CYP2C19"]["note"].startswith("poor metaboliser; ")


@pytest.mark.parametrize("id", ["a,b", "total", "Upper", "=cmd"])
def test_a_pathway_cannot_spoil_a_column_name(id: str) -> None:
    """Ids are lower case letters, digits and hyphens, and "total" is taken."""
    with pytest.raises(InputError, match="elimination"):
        run(text(regimen("victim", once("1 mg"))), drugs=(drug("victim", pathway(id, 1.0)),))


def test_a_second_run_writes_the_same_bytes(folders: Mapping[str, Path], tmp_path: Path) -> None:
    """No time stamp, no order by chance: results can be compared by their bytes."""
    command("run", written(tmp_path, SWITCH, name="plain"), "--out", tmp_path / "again", "--no-figure")

    for path in folders["plain"].iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes(), path.name
