"""Measured levels in a scenario, and the fit of one patient to them."""

from __future__ import annotations

import csv
import json
import math
import re
from pathlib import Path

import numpy as np
import pytest
from fit_files import bateman, command
from patient_levels import CV, ERROR, LEVELS, TIMES, TWO, fitted, monograph, observation, values, written
from runs import daily, oral, regimen, text
from scipy import optimize

import pkinteract
from pkinteract import load_scenario, simulate
from pkinteract.engine.curves import Array
from pkinteract.errors import InputError
from pkinteract.fitting.patient.individual import individual
from pkinteract.fitting.patient.priors import patient_fit
from pkinteract.guidance import fire

DRUGS = Path(pkinteract.__file__).parent / "library/drugs"

pytestmark = pytest.mark.compiled

SHIPPED = Path(__file__).parents[2] / "fits/one-patient-tdm"


def superposed(times: Array, clearance: float, volume: float, doses: Array) -> Array:
    """One compartment by mouth after many doses (closed form) [mg/L]."""
    after = times[:, None] - doses[None, :]
    single = bateman(np.maximum(after, 0.0), clearance, volume)
    return np.asarray(np.where(after > 0, single, 0.0).sum(axis=1))


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_estimate_minimises_minus_log_posterior() -> None:
    """Two levels: clearance and volume as by direct minimisation over a superposition of closed forms, to 1e-5."""
    found = fitted()

    def posterior(logs: Array) -> float:
        clearance, volume = np.exp(logs)
        errors = np.log(LEVELS / superposed(TIMES, clearance, volume, np.arange(0, 120, 12.0))) / ERROR
        prior = math.log(clearance / 5) ** 2 / math.log1p(CV["clearance"] ** 2)
        prior += math.log(volume / 50) ** 2 / math.log1p(CV["volume"] ** 2)
        return float((errors @ errors + prior) / 2)

    options = {"xatol": 1e-10, "fatol": 1e-14, "maxiter": 5000}
    direct = optimize.minimize(posterior, np.log([5.0, 50.0]), method="Nelder-Mead", options=options)
    expected = dict(zip(("drug_x_clearance", "drug_x_volume"), np.exp(direct.x), strict=True))
    assert values(found) == pytest.approx(expected, rel=1e-5)


def test_shrinkage_is_the_variance_that_is_left() -> None:
    """A bolus measured at once informs the volume alone: 1/(1 + prior variance/error variance) (closed form)."""
    bolus = '[[regimen.course]]\nfrom = "0 d"\ndose = "100 mg"\nroute = "intravenous"\n'
    form = oral() + '[absorption.intravenous]\nroute = "intravenous"\n'

    found = fitted(observation("1 s", "2.4 mg/L"), doses=bolus, own=monograph(form))

    prior = math.log1p(CV["volume"] ** 2)
    weight = prior / (prior + ERROR**2)
    rows = {row.estimate.parameter.name: row for row in found.learned}
    assert rows["drug_x_volume"].shrinkage == pytest.approx(1 - weight, rel=1e-4)
    assert rows["drug_x_clearance"].shrinkage == pytest.approx(1, rel=1e-4)
    assert rows["drug_x_volume"].estimate.value == pytest.approx(50 * (2 / 2.4) ** weight, rel=1e-4)


def test_levels_narrow_the_band() -> None:
    """At every level, and on average over the run, the band after the levels is narrower than before them."""
    found = fitted()

    [band] = found.bands
    before, after = (np.log(rows[1] / rows[0]) for rows in (band.before[:, 1:], band.after[:, 1:]))
    places = np.searchsorted(found.times[1:], TIMES)
    assert np.all(after[places] < before[places])
    assert np.mean(after) < 0.7 * np.mean(before)
    assert np.all((band.before[0] <= band.population) & (band.population <= band.before[1]))


def test_a_band_before_the_levels_is_the_spread_of_people() -> None:
    """The 95 % band of a bolus at once is the log-normal quantile of 1/V (closed form); 5 %: 256 drawn people."""
    bolus = '[[regimen.course]]\nfrom = "0 d"\ndose = "100 mg"\nroute = "intravenous"\n'
    form = oral() + '[absorption.intravenous]\nroute = "intravenous"\n'

    found = fitted(observation("1 s", "2.4 mg/L"), doses=bolus, own=monograph(form))

    sd = math.sqrt(math.log1p(CV["volume"] ** 2))
    place = int(np.searchsorted(found.times, 1 / 3600))
    expected = [2 * math.exp(side * 1.959964 * sd) for side in (-1, 1)]
    assert found.bands[0].before[:, place] == pytest.approx(expected, rel=0.05)


def test_a_fit_without_a_level_says_how_far_it_moved_the_estimate() -> None:
    """What is told of each level is the fit to the other one; without the only level it is the population."""
    both = fitted()
    last = observation(f"{TIMES[1]:g} h", f"{LEVELS[1]:g} mg/L")
    alone = fitted(last)

    assert both.levels[0].without_values == pytest.approx(values(alone), rel=1e-6)
    assert alone.levels[0].without_values == pytest.approx({"drug_x_clearance": 5, "drug_x_volume": 50}, rel=1e-9)
    assert alone.levels[0].without == pytest.approx(alone.levels[0].population, rel=1e-9)


def test_a_level_after_missed_doses_contradicts_the_record(tmp_path: Path) -> None:
    """The truth misses two days, the scenario does not know: the level is named, with what to check."""
    missed = ", ".join(f'"{time} h"' for time in (48, 60, 72, 84))
    truth = daily("100 mg", "12 h", "0 d", "5 d", f"missed = [{missed}]")
    real = simulate(load_scenario(written(tmp_path, "", doses=truth))).curve("drug-x").value(np.array([47.0, 95.0]))
    levels = [observation(at, f"{level:.4g} mg/L") for at, level in zip(("47 h", "95 h"), real, strict=True)]

    found = fitted("".join(levels))
    knowing = individual(load_scenario(written(tmp_path, "".join(levels), doses=truth)), error=ERROR)

    assert [bool(row.contradiction) for row in found.levels] == [False, True]
    assert "missed or extra doses" in found.warnings[0]
    assert "on day 3.9" in found.warnings[0]
    low, high = (float(f"{end:.3g}") for end in found.levels[1].expected)
    assert f"95 of 100 people have {low:g} to {high:g}, fewer" in found.warnings[0]
    assert knowing.warnings == ()


@pytest.mark.parametrize(("low", "high", "apart"), [(0.5, 1.9, True), (0.8, 1.32, True), (0.88, 1.2, False)])
def test_levels_that_contradict_each_other_are_named(low: float, high: float, apart: bool) -> None:
    """Twice the same moment of the dosing interval: either alone could be, together not, from 2 SD of 10 % on."""
    found = fitted(observation("71 h", f"{low} mg/L") + observation("95 h", f"{high} mg/L"))

    assert all(row.probability >= 0.01 for row in found.levels)
    for row in found.levels:
        assert ("does not go together with the other levels" in row.contradiction) == apart
        assert (f": {row.individual:.3g} mg/L is predicted for this patient" in row.contradiction) == apart


@pytest.mark.slow
def test_a_level_below_quantification_counts_as_that() -> None:
    """A limit far above what is predicted moves nothing; one far below it raises the clearance."""
    high, low = (fitted(TWO + observation("118 h", f"<{limit} mg/L")) for limit in ("50", "1.5"))

    assert values(high) == pytest.approx(values(fitted()), rel=1e-6)
    assert values(low)["drug_x_clearance"] > values(high)["drug_x_clearance"]


def test_a_level_beside_one_below_quantification_is_fitted() -> None:
    """Without the measured level only a limit is left, which still says that the clearance is not low."""
    found = fitted(observation("47 h", "1.2 mg/L") + observation("95 h", "<0.9 mg/L"))

    assert found.levels[0].without_values["drug_x_clearance"] > 5
    assert found.warnings == ()


def test_what_no_level_informs_keeps_the_value_and_spread_of_people() -> None:
    """A formulation that is taken after the level: its F is named, and varies in the band after it as before it."""
    available = 'ka = "1 1/h"\nbioavailability = { value = 0.6, unit = "1", cv = 0.2 }\n'
    form = f"[absorption.oral]\n{available}[absorption.late]\n{available}"
    doses = daily("100 mg", "12 h", "0 d", "2 d") + regimen(
        "drug-x", daily("100 mg", "12 h", "2 d"), formulation="late"
    )

    found = fitted(observation("47 h", "0.6 mg/L"), doses=doses, own=monograph(form))

    [band] = found.bands
    width = float(np.log(band.after[1, -1] / band.after[0, -1]))
    assert found.uninformed == ("drug_x_late_bioavailability",)
    assert width > 2 * 1.96 * math.sqrt(math.log1p(0.2**2))


def test_first_pass_and_clearance_vary_together() -> None:
    """Of a well-stirred liver intrinsic clearance varies: F·Qh stays CL/CLint-proportional at any of its values."""
    scenario = load_scenario(SHIPPED / "amitriptyline-nortriptyline.toml")

    found = {row.name: row for row in patient_fit(scenario).parameters}

    clearance, available = (
        found[f"amitriptyline_{name}"].expr or "" for name in ("clearance", "tablet_bioavailability")
    )
    for intrinsic in (0.3, 1.0, 3.0):
        names = {"amitriptyline_intrinsic_clearance": intrinsic, "amitriptyline_tablet_absorption": 1.0}
        plasma, f = eval(clearance, names), eval(available, names)
        typical = scenario.monographs["amitriptyline"].elimination.clearance.canonical
        x = typical / (90 - typical) * intrinsic
        assert plasma == pytest.approx(90 * x / (1 + x), rel=1e-12)
        assert f == pytest.approx(0.53 / (1 - typical / 90) * (1 - plasma / 90), rel=1e-12)


def test_the_result_is_a_parameter_file_of_the_scenario(tmp_path: Path) -> None:
    """A scenario with ``parameters = "out/result.toml"`` runs through the individual predictions of the levels."""
    path = written(tmp_path)
    done = command("fit", "--patient", path, "--error", "10 %", "--out", tmp_path / "out")
    source = 'parameters = "out/result.toml"\n' + path.read_text("utf-8")
    (tmp_path / "fitted.toml").write_text(source, "utf-8")

    curve = simulate(load_scenario(tmp_path / "fitted.toml"), rtol=1e-9).curve("drug-x")

    rows = table(tmp_path / "out/levels.csv")
    assert done.exit_code == 0, done.output
    assert curve.value(TIMES) == pytest.approx([float(row["individual"]) for row in rows], rel=1e-6)


def test_the_command_writes_every_file_and_says_the_error(tmp_path: Path) -> None:
    """Report, tables, record, parameter file and figure; without a figure the old one goes; the error is told."""
    path, out = written(tmp_path), tmp_path / "out"

    first = command("fit", "--patient", path, "--out", out)
    names = {file.name for file in out.iterdir()}
    second = command("fit", "--patient", path, "--error", "20 %", "--out", out, "--no-figure")

    expected = {"report.md", "result.toml", "estimates.csv", "levels.csv", "influence.csv", "bands.csv", "run.json"}
    assert (first.exit_code, second.exit_code) == (0, 0), first.output + second.output
    assert names == expected | {"patient.png", "report.html"}
    assert {file.name for file in out.iterdir()} == expected
    assert "levels 15 % (SD of the logarithm" in first.output
    assert "levels 20 % (SD of the logarithm" in (out / "report.md").read_text("utf-8")
    assert (out / "patient.png").exists() is False


@pytest.mark.slow
@pytest.mark.parametrize("file", sorted(SHIPPED.glob("*.toml")), ids=lambda file: file.stem)
def test_the_shipped_patients_can_be_fitted(file: Path, tmp_path: Path) -> None:
    """Each is said to be made up, runs, and contradicts nothing."""
    done = command("fit", "--patient", file, "--out", tmp_path / "out", "--no-figure")

    assert file.read_text("utf-8").startswith("# A made-up patient")
    assert done.exit_code == 0, done.output
    assert [row["contradiction"] for row in table(tmp_path / "out/levels.csv")] == ["", ""]


def test_no_level_is_refused_with_what_to_write(tmp_path: Path) -> None:
    """Exit status 2, nothing written, and the table to add."""
    done = command("fit", "--patient", written(tmp_path, ""), "--out", tmp_path / "out")

    assert done.exit_code == 2
    assert "add each as [[observation]]" in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--patient", "anna.toml", "fit.toml"], "give either a FIT.toml or --patient SCENARIO"),
        ([], "give either a FIT.toml or --patient SCENARIO"),
        (["fit.toml", "--error", "15 %"], "--error goes with --patient"),
        (["--patient", "anna.toml", "--error", "15 mg"], '"mg" is a unit of mass'),
        (["--patient", "anna.toml", "--error", "0 %"], "must lie between 0.1 % and 200 %"),
    ],
)
def test_options_that_do_not_go_together_are_refused(
    arguments: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit status 2 with what to give."""
    monkeypatch.chdir(tmp_path)
    written(tmp_path)

    done = command("fit", *arguments)

    assert done.exit_code == 2
    assert message in done.stderr


def test_every_wrong_observation_is_reported_at_once(tmp_path: Path) -> None:
    """Unknown analyte, key, unit; times outside the run or before a dose; levels of nothing: all with their lines."""
    levels = (
        observation("2 d", "6 mg/L", "drug-y")
        + observation("9 d", "6 mg/L")
        + observation("0 d", "6 mg/L")
        + observation("2 d", "0 mg/L")
        + observation("2 d", "6 mg")
        + observation("2 d", "high")
        + observation("2 d", "6 mg/L", "drug-x", 'remark = "fasted"')
    )
    path = written(tmp_path, levels)

    with pytest.raises(InputError) as caught:
        load_scenario(path)

    lines = path.read_text("utf-8").splitlines()
    found = {row.key: (row.message, lines[(row.line or 0) - 1]) for row in caught.value.problems}
    expected = {
        "observation[0].analyte": "did you mean drug-x?",
        "observation[1].at": "216 h is not within the run, which goes from 0 to 120 h",
        "observation[2].at": "0 h is not after the first dose that gives drug-x, at 0 h",
        "observation[3].level": 'must be above 0, got "0 mg/L"',
        "observation[4].level": '"mg" is a unit of mass; write a concentration such as "6.2 mg/L"',
        "observation[5].level": "must be a number with a unit",
        "observation[6].remark": "not a known key",
    }
    assert found.keys() == expected.keys()
    for key, words in expected.items():
        assert words in found[key][0]
        assert found[key][1].startswith((key.split(".")[1], "[[observation]]"))


def test_a_level_is_read_in_mass_and_molar_units(tmp_path: Path) -> None:
    """300 g/mol: 10 umol/L are 3 mg/L (closed form)."""
    path = written(tmp_path, observation("2 d", "10 umol/L") + observation("2 d", "3000 ng/mL"))

    levels = [row.value for row in load_scenario(path).observations]

    assert levels == pytest.approx([3.0, 3.0], rel=1e-12)


def test_check_and_run_show_the_levels(tmp_path: Path) -> None:
    """``check`` lists them, ``run`` writes them beside the curve; a run without levels removes the table."""
    path = written(tmp_path, observation("47 h", "3.1 mg/L", "drug-x", 'note = "trough"'))
    out = tmp_path / "out"

    check = command("check", path)
    run = command("run", path, "--out", out)
    [row] = table(out / "observations.csv")
    again = command("run", written(tmp_path, ""), "--out", out, "--no-figure")

    exact = superposed(np.array([47.0]), 5.0, 50.0, np.arange(0, 120, 12.0))[0]
    assert (check.exit_code, run.exit_code, again.exit_code) == (0, 0, 0)
    assert "level     day 1.95833, drug-x 3.1 mg/L, trough" in check.output
    assert (row["analyte"], row["unit"], row["observed"], row["note"]) == ("drug-x", "mg/L", "3.1", "trough")
    assert float(row["predicted"]) == pytest.approx(exact, rel=1e-5)
    assert float(row["ratio"]) == pytest.approx(3.1 / exact, rel=1e-5)
    assert not (out / "observations.csv").exists()


def test_the_page_draws_the_band_of_the_table(tmp_path: Path) -> None:
    """At every time of ``bands.csv`` that is drawn, both ends to three digits; no page with --no-figure."""
    source = written(tmp_path)
    assert command("fit", "--patient", source, "--out", tmp_path / "out", "--language", "de").exit_code == 0
    assert command("fit", "--patient", source, "--out", tmp_path / "bare", "--no-figure").exit_code == 0

    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    data = re.search(r'id="data">(.*?)</script>', page)
    assert data is not None
    chart = json.loads(data.group(1))
    low, high = chart["panels"][0]["curves"][0]["people"]
    drawn = {round(24 * day, 2): (low[n], high[n]) for n, day in enumerate(chart["day"])}
    rows = table(tmp_path / "out" / "bands.csv")
    both = [(drawn[float(row["time_h"])], row) for row in rows if float(row["time_h"]) in drawn]
    assert len(both) > 100
    for ends, row in both:
        expected = [float(row[f"individual_{end}_95"]) for end in ("low", "high")]
        assert list(ends) == pytest.approx(expected, rel=2e-3) or float(row["individual"]) == 0
    assert '<html lang="de">' in page
    assert not (tmp_path / "bare" / "report.html").exists()


def test_the_page_of_a_fit_has_the_guidance_of_its_patient(tmp_path: Path) -> None:
    """A rule that fires stands on it: the page said that none does, unasked. The notice is of this patient."""
    levels = observation("47 h", "5 mg/L", "lamotrigine")
    doses = regimen("lamotrigine", daily("200 mg", "12 h", "0 d", "3 d"))
    source = tmp_path / "anna.toml"
    source.write_text(text(doses, days=3) + levels, "utf-8")

    done = command("fit", "--patient", source, "--out", tmp_path / "out")
    rules = {one.rule for one in fire(load_scenario(source))}

    assert done.exit_code == 0, done.output
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert rules
    assert all(rule in page for rule in rules)
    record = json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))
    for told in (done.output, (tmp_path / "out" / "report.md").read_text("utf-8"), record["notice"]):
        assert "for this patient, fitted to measured levels" in told
        assert "typical patient;" not in told
