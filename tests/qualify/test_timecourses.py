"""Time courses: predicted ratios and half-times against closed forms and a scenario by hand, the table, the command."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from runs import INTRAVENOUS, drug, oral, pathway
from study_tables import course_table

from pkinteract import load_scenario, simulate
from pkinteract import qualify as qualified
from pkinteract.cli import main
from pkinteract.errors import InputError
from pkinteract.library import load_library
from pkinteract.library.evidence.ratios import RATIOS
from pkinteract.library.evidence.timecourses import read_time_courses
from pkinteract.qualify import PointOutcome, course_summaries, kept_summaries, qualify_courses

KI, LEVEL, FM = 5.0, 10.0, 0.6
INHIBITOR = drug(
    "inhibitor",
    f'[inhibits.CYP1A2]\nki = {{ value = {KI}, unit = "mg/L", kind = "assumed", note = "test", basis = "total" }}\n',
    volume="100 L",
    clearance="0.000000001 L/h",
)
VICTIM = drug("victim", pathway("fast", FM, "CYP1A2"), pathway("other", 1 - FM, "CYP2D6"), oral(), INTRAVENOUS)

CYP1A2 = load_library().enzymes["CYP1A2"]
SMOKING = 1.0 if CYP1A2.smoking is None else CYP1A2.smoking.canonical
HALF_LIFE = CYP1A2.liver.half_life.canonical


@pytest.fixture
def drugs(tmp_path: Path) -> tuple[Path, ...]:
    """Files of the drugs above."""
    files = {"inhibitor": INHIBITOR, "victim": VICTIM}
    for name, text in files.items():
        (tmp_path / f"{name}.toml").write_text(text, "utf-8")
    return tuple(tmp_path / f"{name}.toml" for name in files)


def points(folder: Path, drugs: tuple[Path, ...], *changes: dict[str, str]) -> tuple[PointOutcome, ...]:
    """The outcomes of a table."""
    return qualify_courses(read_time_courses(course_table(folder, *changes)), extra=drugs)


def clearance(hours: float) -> float:
    """Clearance so long after the last cigarette, over that of a smoker."""
    level = 1 + (SMOKING - 1) * math.exp(-math.log(2) * hours / HALF_LIFE)
    return (1 - FM + FM * level) / (1 - FM + FM * SMOKING)


def test_who_stops_smoking_loses_cyp1a2_with_its_half_life(tmp_path: Path, drugs: tuple[Path, ...]) -> None:
    """Clearance on a day 1 − fm + fm·(1 + (s − 1)·exp(−kt)) over that before, half-time ln 2/k (closed form)."""
    half = {"measure": "half-time-clearance", "window": "0 to 900", "reference": "", "day": "", "value": "40"}

    level, time = points(tmp_path, drugs, {}, half)

    assert level.predicted == pytest.approx(clearance(48.5), rel=1e-4)
    assert dict(level.daily)[1] == pytest.approx(clearance(24.5), rel=1e-4)
    assert dict(level.daily)[-2] == pytest.approx(1, rel=1e-6)
    assert time.predicted == pytest.approx(HALF_LIFE, rel=1e-3)


def test_who_begins_to_smoke_gains_it(tmp_path: Path, drugs: tuple[Path, ...]) -> None:
    """The mirror of the above: 1 + (s − 1)·(1 − exp(−kt)) (closed form)."""
    start = {"change": "start", "patient": "smoker=no", "patient_change": "0:smoker=yes"}

    [level] = points(tmp_path, drugs, start)

    rise = (SMOKING - 1) * (1 - math.exp(-math.log(2) * 48.5 / HALF_LIFE))
    assert level.predicted == pytest.approx(1 - FM + FM * (1 + rise), rel=1e-4)


@pytest.mark.parametrize(("measure", "power"), [("average", 1), ("oral-clearance", -1), ("half-life", 1)])
def test_a_constant_inhibitor_gives_the_textbook_ratio(
    tmp_path: Path, drugs: tuple[Path, ...], measure: str, power: int
) -> None:
    """1/(1 − fm + fm/(1 + I/Ki)) of level and half-life, its reciprocal of the clearance (closed form)."""
    design = {
        "perpetrator": "inhibitor",
        "perpetrator_regimen": "0:1000 iv",
        "change": "start",
        "victim_regimen": "24:100 iv",
        "patient": "",
        "patient_change": "",
        "measure": measure,
        "window": "24 to 2000" if measure != "half-life" else "30 to 40",
        "reference": "alone",
    }

    [point] = points(tmp_path, drugs, design)

    assert point.predicted == pytest.approx((1 / (1 - FM + FM / (1 + LEVEL / KI))) ** power, rel=1e-4)
    assert point.daily == ()


def test_probes_of_every_day_give_the_half_time_of_a_clearance(tmp_path: Path, drugs: tuple[Path, ...]) -> None:
    """Reciprocal areas of daily doses that are gone within hours follow the enzyme with its half-life (closed form)."""
    path = tmp_path / "probe.toml"
    ways = pathway("fast", 1.0, "CYP1A2")
    path.write_text(drug("probe", ways, oral(), INTRAVENOUS, clearance="40 L/h", volume="20 L"), "utf-8")
    design = {
        "victim": "probe",
        "analyte": "probe",
        "victim_regimen": "-96:100 iv q24 x60",
        "measure": "half-time-oral-clearance",
        "window": "0 to 960",
        "reference": "",
        "day": "",
        "value": "40",
    }

    [point] = points(tmp_path, (*drugs, path), design)

    assert point.predicted == pytest.approx(HALF_LIFE, rel=0.01)


BY_HAND = """
title = "Midazolam 17 h after the last of five doses of rifampicin, and without"
[simulation]
duration = "137 h"
[patient]
weight = "70 kg"
age = "30 y"
sex = "male"
creatinine_clearance = "100 mL/min"
[[regimen]]
drug = "midazolam"
formulation = "oral"
  [[regimen.course]]
  from = "113 h"
  dose = "15 mg"
"""
RIFAMPICIN = """
[[regimen]]
drug = "rifampicin"
  [[regimen.course]]
  from = "0 h"
  dose = "600 mg"
  every = "24 h"
  count = 5
"""


def test_a_shipped_point_is_a_scenario_by_hand(tmp_path: Path) -> None:
    """rifampicin-midazolam-1: areas of midazolam from 17 to 41 h after the last dose, from two scenarios."""
    areas = []
    for name, text in (("alone", BY_HAND), ("after", BY_HAND + RIFAMPICIN)):
        path = tmp_path / f"{name}.toml"
        path.write_text(text, "utf-8")
        areas.append(float(simulate(load_scenario(path)).curve("midazolam").integral(113, 137)))

    frames = qualified(row="rifampicin-midazolam-1")

    assert frames.qualification.empty
    assert frames.timecourses.predicted[0] == pytest.approx(areas[1] / areas[0], rel=1e-4)


def test_no_row_is_dropped(tmp_path: Path, drugs: tuple[Path, ...]) -> None:
    """A row without a drug, one that cannot be simulated and one left out are listed, with the reason."""
    found = points(
        tmp_path,
        drugs,
        {"victim": "nobody", "analyte": "nobody"},
        {"analyte": "inhibitor"},
        {"use": "no", "reason": "said in words", "measure": "", "window": "", "reference": "", "value": ""},
    )

    assert [(row.state, row.reason) for row in found] == [
        ("no monograph", "nobody"),
        ("failed", "no drug that is given forms inhibitor"),
        ("excluded", "said in words"),
    ]
    assert course_summaries(found) == ()


WRONG: dict[str, tuple[str, str]] = {
    "window": ("24-48", "is not a window"),
    "reference": ("48 to 24", "ends before it begins"),
    "patient": ("smokes=yes", "is not one of sex=…, smoker=…"),
    "patient_change": ("smoker=no", "is not a change; write time:what"),
    "measure": ("area", '"area" is not one of average'),
    "change": ("begin", '"begin" is not one of start, stop'),
    "day": ("-1", "must be a number of days from 0 on"),
    "value": ("", "a row that is used has one"),
    "low": ("0.7", "low and high go together"),
    "victim_regimen": ("100 mg", "is not a dose"),
}


def test_everything_wrong_with_a_row_is_told_at_once(tmp_path: Path) -> None:
    """Line and column of every cell that cannot be read, in one error."""
    path = course_table(tmp_path, {name: cell for name, (cell, _) in WRONG.items()})

    with pytest.raises(InputError) as caught:
        read_time_courses(path)

    told = {problem.key: problem for problem in caught.value.problems}
    for name, (_, message) in WRONG.items():
        assert message in told[name].message
        assert told[name].line == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"reference": "alone", "perpetrator": "victim"}, "a drug that acts on itself is never alone"),
        ({"measure": "half-time-clearance", "day": ""}, "stays empty for a half-time"),
        ({"use": "no"}, "says why"),
    ],
)
def test_what_contradicts_itself_is_refused(tmp_path: Path, change: dict[str, str], message: str) -> None:
    """Cells that are right alone and wrong together."""
    with pytest.raises(InputError, match=message):
        read_time_courses(course_table(tmp_path, change))


def command(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["qualify", *arguments])


def test_the_command_writes_points_days_and_a_figure(tmp_path: Path, drugs: tuple[Path, ...]) -> None:
    """A row per time point and per day in the columns that are promised (golden), and nothing of what is shipped."""
    path = course_table(tmp_path, {}, {"victim": "nobody", "analyte": "nobody"})
    own = [word for file in drugs for word in ("--drug", str(file))]
    out = tmp_path / "out"

    done = command("--timecourses", str(path), *own, "--out", str(out))

    assert done.exit_code == 0, done.output
    assert "1 of 2 time points simulated, 1 studies, 1 no monograph" in done.output
    assert "study arms" not in done.output
    names = ["run.json", "summary.csv", "timecourses-daily.csv", "timecourses.csv", "timecourses.png"]
    assert sorted(file.name for file in out.iterdir()) == names
    with (out / "timecourses.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    head = (out / "timecourses.csv").read_text("utf-8").splitlines()[0]
    assert head == (
        "id,series,study,perpetrator,change,victim,analyte,state,reason,design_assumed,measure,day,n,unit,observed,"
        "observed_low,observed_high,predicted,fold_error,paper,url"
    )
    assert float(rows[0]["predicted"]) == pytest.approx(clearance(48.5), rel=1e-4)
    days = (out / "timecourses-daily.csv").read_text("utf-8").splitlines()
    assert days[0] == "series,measure,day,predicted,observed"
    assert [line for line in days if line.startswith("one,clearance,2,") and line.endswith(",0.8")]


def test_perpetrators_that_are_no_drugs_are_found(tmp_path: Path) -> None:
    """--perpetrator smoking: points alone; --row then draws that one, and clears what the earlier run left."""
    out = str(tmp_path / "out")
    smoking = command("--perpetrator", "smoking", "--out", out)
    one = command("--row", "smoking-caffeine-6", "--out", out)

    assert (smoking.exit_code, one.exit_code) == (0, 0), smoking.output + one.output
    assert "half-time-clearance: observed 38.6 h (27.4 to 54.4, 95 % CI), predicted 38.6 h" in one.output
    names = ["run.json", "smoking-caffeine-6.png", "summary.csv", "timecourses-daily.csv", "timecourses.csv"]
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == names


def test_more_processes_change_no_number(tmp_path: Path, drugs: tuple[Path, ...]) -> None:
    """Eight designs, in this process and in two others."""
    rows = [{"victim_regimen": f"-{96 + n}:100 q24 x40"} for n in range(8)]
    found = read_time_courses(course_table(tmp_path, *rows))

    assert qualify_courses(found, extra=drugs, workers=1) == qualify_courses(found, extra=drugs, workers=2)


KEPT = {(row.by, row.group): row for row in kept_summaries(RATIOS.parent / "summary.csv")}


@pytest.mark.slow
def test_the_kept_summary_is_what_the_library_gives_today() -> None:
    """Every shipped time course computed again: none fails, and the groups are those that are kept."""
    outcomes = qualify_courses(read_time_courses())

    assert [outcome.reason for outcome in outcomes if outcome.state == "failed"] == []
    for row in course_summaries(outcomes):
        kept = KEPT[row.by, row.group]
        assert row.n == kept.n
        assert row.gmfe == pytest.approx(kept.gmfe, rel=0.005)


def test_levels_and_half_times_are_met_well_enough() -> None:
    """40 points of 12 studies at least, mean fold error of a level on a day up to 1.35, of a half-time up to 1.4."""
    level, half_time = KEPT["time course", "level"], KEPT["time course", "half-time"]
    known = set(load_library().ids())
    used = [row for row in read_time_courses() if row.used and row.victim in known]

    assert level.n + half_time.n >= 40
    assert len({row.study for row in used}) >= 12
    assert level.gmfe is not None
    assert level.gmfe <= 1.35
    assert half_time.gmfe is not None
    assert half_time.gmfe <= 1.4
