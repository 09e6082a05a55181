"""Published summary numbers as data of a fit: quantities against their closed forms, and what is wrong with a table."""

from __future__ import annotations

import csv as reader
import math
from pathlib import Path

import numpy as np
import pytest
from fit_files import ALL, TRUE, bateman, command, csv, fitted, parameter, values, written
from runs import daily, drug, once, oral, pathway, regimen, text

from pkinteract import load_scenario, simulate

pytestmark = pytest.mark.compiled

HEAD = "scenario,analyte,quantity,from_h,to_h,at_h,value,unit,source"
REFERENCE = f"{HEAD},reference_scenario,reference_from_h,reference_to_h,reference_at_h"
DATA = '[[data]]\nsummary = "published.csv"\n'
LOG = '[residual]\nmodel = "log"\n'
K = TRUE["clearance"] / TRUE["volume"]


def area(start: float, stop: float, ka: float = 1.0) -> float:
    """Integral of the closed form from ``start`` to ``stop`` [mg/L*h]."""

    def primitive(t: float) -> float:
        return 100 * ka / (50 * (ka - K)) * (math.exp(-ka * t) / ka - math.exp(-K * t) / K)

    return primitive(stop) - primitive(start)


def row(quantity: str, start: object, stop: object, at: object, value: float, unit: str, *more: object) -> list[object]:
    return ["scenario.toml", "drug-x", quantity, start, stop, at, repr(value), unit, "Test 2000", *more]


PEAK = math.log(1 / K) / (1 - K)
FALL = math.log(float(bateman(np.array(24.0))) / float(bateman(np.array(36.0))))
ONE_DOSE = {
    "cavg": row("cavg", 0, 24, "", area(0, 24) / 24, "mg/L"),
    "cavg of a part": row("cavg", 3, 5.5, "", area(3, 5.5) / 2.5 * 1000, "ng/mL"),
    "auc": row("auc", 0, 12, "", area(0, 12), "mg/L*h"),
    "auc in molar units": row("auc", 0, 12, "", area(0, 12) / 0.3, "umol/L*h"),
    "auc to infinity": row("auc", 0, "inf", "", 100 / 5, "mg/L*h"),
    "cmax": row("cmax", 0, 24, "", float(bateman(np.array(PEAK))), "mg/L"),
    "cmin": row("cmin", 12, 24, "", float(bateman(np.array(24.0))), "mg/L"),
    "ctrough": row("ctrough", "", "", 24, float(bateman(np.array(24.0))), "mg/L"),
    "concentration": row("concentration", "", "", 0.5, float(bateman(np.array(0.5))), "mg/L"),
    "half_life": row("half_life", 24, 36, "", math.log(2) * 12 / FALL, "h"),
    "half_life in days": row("half_life", 24, 36, "", math.log(2) * 12 / FALL / 24, "d"),
    "clearance": row("clearance", "", "", 12, 5.0, "L/h"),
    "clearance per kg": row("clearance", "", "", 12, 5.0 / 70 * 24, "L/d/kg"),
    "oral_clearance": row("oral_clearance", 0, "inf", "", 5.0, "L/h"),
    "oral_clearance of an interval": row("oral_clearance", 0, 12, "", 100 / area(0, 12), "L/h"),
}


@pytest.mark.parametrize("name", ONE_DOSE)
def test_a_quantity_is_its_closed_form(name: str, tmp_path: Path) -> None:
    """At the true values every summary of one dose is what one compartment with first-order absorption gives."""
    table = csv([ONE_DOSE[name], row("clearance", "", "", 24, 120.0, "L/d")], HEAD)
    held = "".join(parameter(key, "vary = false", initial=TRUE[key]) for key in ("volume", "ka"))

    group = fitted(tmp_path, DATA, parameter("clearance", initial=5.01), held, LOG, files={"published.csv": table})

    assert group.predicted[0][0] == pytest.approx(float(str(ONE_DOSE[name][6])), rel=2e-6)
    assert values(group)["clearance"] == pytest.approx(5.0, rel=2e-6)


def test_clearance_volume_and_absorption_come_out_of_a_table(tmp_path: Path) -> None:
    """AUC, half-life, peak and a trough of one dose determine all three values (closed form)."""
    rows = [ONE_DOSE[name] for name in ("auc to infinity", "half_life", "cmax", "ctrough")]

    group = fitted(tmp_path, DATA, ALL, LOG, files={"published.csv": csv(rows, HEAD)})

    assert values(group) == pytest.approx(TRUE, rel=1e-5)


def test_a_bolus_has_its_peak_right_after_the_dose(tmp_path: Path) -> None:
    """The largest level is dose over volume, the smallest the one just before the next dose (closed form)."""
    steady = 2.0 / (1 - math.exp(-K * 12))
    scenario = 'library = ["drug.toml"]\n' + text(
        regimen("drug-x", daily("100 mg", "12 h", "0 d", "10 d"), formulation="intravenous"), days=10
    )
    rows = [
        row("cmax", 216, 240, "", steady, "mg/L"),
        row("cmin", 216, 240, "", steady * math.exp(-K * 12), "mg/L"),
        row("cavg", 216, 240, "", 100 / 12 / 5, "mg/L"),
        row("oral_clearance", 216, 240, "", 5.0, "L/h"),
    ]
    files = {"published.csv": csv(rows, HEAD), "scenario.toml": scenario, "drug.toml": drug("drug-x")}
    tables = parameter("clearance") + parameter("volume")

    group = fitted(tmp_path, DATA, tables, LOG, files=files)

    assert group.predicted[0] == pytest.approx([float(str(one[6])) for one in rows], rel=1e-6)
    assert values(group) == pytest.approx({"clearance": 5.0, "volume": 50.0}, rel=1e-5)


def test_a_metabolite_ratio_is_by_molecules_or_by_mass(tmp_path: Path) -> None:
    """The ratio of areas is share times clearance over the metabolite's (closed form); 250/300 of it by mass."""
    made = drug("drug-x", pathway("conversion", 0.4, "", 'forms = "product"'), pathway("rest", 0.6), oral())
    product = drug("product", volume="20 L", mass="250 g/mol", clearance="4 L/h").split("[absorption")[0]
    product = product.replace('formulation = "oral"\n', "")
    scenario = 'library = ["drug.toml", "product.toml"]\n' + text(regimen("drug-x", once("100 mg")), days=10)
    pair = "product/drug-x"
    rows = [
        ["scenario.toml", pair, "metabolite_ratio", 0, "inf", "", 0.5, "mol/mol", "Test 2000"],
        ["scenario.toml", pair, "metabolite_ratio", 0, "inf", "", 0.5 * 250 / 300, "g/g", "Test 2000"],
    ]
    loss = '[parameter.loss]\npath = "product.elimination.clearance"\ninitial = "3 L/h"\n'
    files = {"drug.toml": made, "product.toml": product, "scenario.toml": scenario}

    group = fitted(tmp_path, DATA, loss, LOG, files={**files, "published.csv": csv(rows, HEAD)})

    assert values(group)["loss"] == pytest.approx(4.0, rel=1e-5)
    assert group.predicted[0] == pytest.approx([0.5, 0.5 * 250 / 300], rel=1e-5)


def test_a_ratio_compares_two_scenarios_or_two_times(tmp_path: Path) -> None:
    """Twice the dose gives twice the area; a level halves within a half-life (closed form)."""
    double = 'library = ["drug.toml"]\n' + text(regimen("drug-x", once("200 mg", "0 d")), days=4)
    late = float(bateman(np.array(36.0)) / bateman(np.array(24.0)))
    rows = [
        ["double.toml", *row("auc", 0, 24, "", 200, "%", "scenario.toml", "", "", "")[1:]],
        row("concentration", "", "", 36, late, "1", "scenario.toml", "", "", 24),
        row("half_life", 24, 36, "", math.log(2) * 12 / FALL, "h", "", "", "", ""),
    ]
    held = parameter("ka", "vary = false", initial=1.0) + parameter("volume", "vary = false", initial=50.0)
    files = {"double.toml": double, "published.csv": csv(rows, REFERENCE)}

    group = fitted(tmp_path, DATA, parameter("clearance"), held, LOG, files=files)

    assert len(group.series) == 1
    assert group.predicted[0] == pytest.approx([2.0, late, math.log(2) * 12 / FALL], rel=1e-6)
    assert values(group)["clearance"] == pytest.approx(5.0, rel=1e-5)


def test_a_clearance_on_an_inducer_is_that_of_a_run(tmp_path: Path) -> None:
    """Carbamazepine on its own enzymes while it is absorbed: the program's clearance at the same times (property)."""
    scenario = text(regimen("carbamazepine", daily("400 mg", "12 h", "0 d", "20 d")), days=30)
    (tmp_path / "cbz.toml").write_text(scenario, "utf-8")
    read = load_scenario(tmp_path / "cbz.toml")
    result = simulate(read)
    hours = [2, 100, 479, 600]
    said = result.clearances.set_index("time_h")["carbamazepine_total_L_per_h"]
    rows = [["cbz.toml", "carbamazepine", "clearance", "", "", t, said[t], "L/h", "Test 2000"] for t in hours]
    share = '[parameter.cl]\npath = "carbamazepine.elimination.clearance"\ninitial = "1.2 L/h"\n'

    group = fitted(tmp_path, DATA, share, LOG, files={"published.csv": csv(rows, HEAD)})

    assert group.predicted[0] == pytest.approx([said[t] for t in hours], rel=1e-5)
    known = read.monographs["carbamazepine"].elimination.clearance.canonical
    assert values(group)["cl"] == pytest.approx(known, rel=1e-4)


def test_weights_by_sd_and_n_are_those_of_a_weighted_mean(tmp_path: Path) -> None:
    """Two clearances with SD and n give the weighted mean of their logarithms, and its SE (closed form)."""
    head = f"{HEAD},sd,n"
    rows = [row("clearance", "", "", 1, 4.0, "L/h", 1.0, 4), row("clearance", "", "", 2, 6.0, "L/h", 0.6, 9)]
    held = parameter("ka", "vary = false", initial=1.0)
    tables = parameter("clearance"), held, '[residual]\nmodel = "log"\nweights = "sd"\n'

    group = fitted(tmp_path, DATA, *tables, files={"published.csv": csv(rows, head)})

    weights = np.array([4 / math.log1p(0.25**2), 9 / math.log1p(0.1**2)])
    mean = float(weights @ np.log([4.0, 6.0]) / weights.sum())
    estimate = next(one for one in group.estimates if one.parameter.name == "clearance")
    assert (estimate.log_value, estimate.log_se) == pytest.approx((mean, weights.sum() ** -0.5), rel=1e-5)


def test_levels_and_published_numbers_are_fitted_together(tmp_path: Path) -> None:
    """A data file and a table in one fit share its parameters; both are predicted, and the figures are drawn."""
    table = csv([ONE_DOSE["auc to infinity"], ONE_DOSE["half_life"]], HEAD)
    levels = '[[data]]\nfile = "levels.csv"\nscenario = "scenario.toml"\nanalyte = "drug-x"\n'
    path = written(tmp_path, levels, DATA, ALL, LOG, files={"published.csv": table})

    done = command("fit", path, "--out", tmp_path / "out")

    assert done.exit_code == 0, done.output
    with (tmp_path / "out/predictions.csv").open(encoding="utf-8") as file:
        said = [one for one in reader.DictReader(file) if one["data"] == "published.csv"]
    assert [one["analyte"] for one in said] == ["drug-x auc", "drug-x half_life"]
    assert [float(one["predicted"]) for one in said] == pytest.approx([20.0, math.log(2) * 12 / FALL], rel=1e-5)
    assert (tmp_path / "out/profiles.png").exists()


def test_a_table_alone_has_no_profiles(tmp_path: Path) -> None:
    """Without levels there is no curve through measurements to draw; the other figures are there."""
    table = csv([ONE_DOSE["auc to infinity"], ONE_DOSE["half_life"], ONE_DOSE["cmax"], ONE_DOSE["ctrough"]], HEAD)

    done = command("fit", written(tmp_path, DATA, ALL, LOG, files={"published.csv": table}), "--out", tmp_path / "out")

    assert done.exit_code == 0, done.output
    assert {file.name for file in (tmp_path / "out").glob("*.png")} == {
        "summary.png",
        "correlation.png",
    }


def test_a_run_from_steady_state_is_summarized_alike(tmp_path: Path) -> None:
    """The average over an interval at steady state is dose over clearance and interval (closed form)."""
    scenario = 'library = ["drug.toml"]\n' + text(
        regimen("drug-x", daily("100 mg", "12 h", "0 d", "2 d", "steady_state = true")), days=2
    )
    rows = [row("cavg", 12, 24, "", 100 / 12 / 5, "mg/L"), row("oral_clearance", 0, 24, "", 5.0, "L/h")]
    held = parameter("ka", "vary = false", initial=1.0) + parameter("volume", "vary = false", initial=50.0)
    files = {"scenario.toml": scenario, "published.csv": csv(rows, HEAD)}

    group = fitted(tmp_path, DATA, parameter("clearance"), held, LOG, files=files)

    assert values(group)["clearance"] == pytest.approx(5.0, rel=1e-6)


def test_what_forms_a_metabolite_is_its_share_of_the_intrinsic_clearance(tmp_path: Path) -> None:
    """Behind a well-stirred liver CLint is CL/(1 - CL/Q) [L/h], and a share of 0.4 forms the product (closed form)."""
    blood = '[binding]\nfraction_unbound = "0.5"\nblood_to_plasma = "1"\n'
    parts = pathway("conversion", 0.4, "CYP2C19", 'forms = "product"'), pathway("rest", 0.6, "CYP2D6")
    made = drug("drug-x", blood, *parts, oral(1.0, 0.6), clearance="30 L/h", liver="well-stirred")
    product = drug("product", volume="20 L", clearance="4 L/h").split("[absorption")[0]
    product = product.replace('formulation = "oral"\n', "")
    scenario = 'library = ["drug.toml", "product.toml"]\n' + text(regimen("drug-x", once("100 mg")), days=4)
    formed = 0.4 * 30 / (1 - 30 / 90)
    line = ["scenario.toml", "product/drug-x", "formation_clearance", "", "", 12, formed, "L/h", "Test 2000"]
    files = {"drug.toml": made, "product.toml": product, "scenario.toml": scenario}
    clearance = '[parameter.clearance]\npath = "drug-x.elimination.clearance"\ninitial = "29 L/h"\n'
    sd = f'{LOG}proportional = "10 %"\n'

    group = fitted(tmp_path, DATA, clearance, sd, files={**files, "published.csv": csv([line], HEAD)})

    assert values(group)["clearance"] == pytest.approx(30.0, rel=1e-6)


BROKEN = """\
scenario,analyte,quantity,from_h,to_h,at_h,value,unit,sd,source,reference_scenario,reference_at_h
scenario.toml,drug-x,cavg,0,24,,two,mg/L,,Test 2000,,
scenario.toml,drug-y,auc,0,24,,20,mg/L,,Test 2000,,
scenario.toml,drug-x,half-life,0,24,,7,h,,Test 2000,,
scenario.toml,drug-x,half_life,0,24,,7,L/h,,Test 2000,,
scenario.toml,drug-x,clearance,0,,,5,L/h,-1,Test 2000,,
scenario.toml,drug-x,oral_clearance,1,inf,,5,L/h,,,,
scenario.toml,drug-x,cmax,24,12,,5,mg/L,,Test 2000,,
scenario.toml,drug-x,ctrough,,,500,5,mg/L,,Test 2000,,
scenario.toml,drug-x,metabolite_ratio,0,24,,5,1,,Test 2000,,
nowhere.toml,drug-x,ctrough,,,24,5,mg/L,,Test 2000,,
scenario.toml,drug-x,ctrough,,,24,5,mg/L,,Test 2000,scenario.toml,12
scenario.toml,drug-x,ctrough,,,24,5
"""
SAID = """\
line 2, value: must be a number above 0 such as 1.54, got "two"
line 3, analyte: "drug-y" is not an analyte of scenario.toml; did you mean drug-x?
line 3, unit: must be a unit of auc such as mg/L*h, got "mg/L"
line 4, quantity: "half-life" is not known; did you mean half_life?
line 5, from_h: drug-x is dosed at 0 h; a half-life needs time without doses
line 5, unit: must be a unit of half_life such as h, got "L/h"
line 6, sd: must be a number above 0 such as 1.54, got "-1"
line 6, from_h: does not go with clearance; write at_h
line 6, at_h: is missing; clearance needs at_h
line 7, source: is missing; write the paper
line 7, from_h: drug-x is not dosed from 1 to inf h; an oral clearance is dose over area
line 8, to_h: must be after from_h, got 24 to 12 h
line 9, at_h: 500 h is outside the run; scenario.toml runs from 0 to 96 h
line 10, analyte: must be two compounds, metabolite/parent, for metabolite_ratio, got "drug-x"
line 10, unit: must be a unit of metabolite_ratio such as mol/mol, or g/g for levels compared by mass, got "1"
line 11, scenario: nowhere.toml: there is no such file
line 12, unit: must be 1 or % for the ratio to a reference, got "mg/L"
line 13: has 7 cells where the first line has 12 names; text with a comma is quoted
"""


def test_a_broken_table_is_refused_with_all_its_problems(tmp_path: Path) -> None:
    """Every line with its column, what is wrong and what to write instead; exit status 2 and nothing written."""
    path = written(tmp_path, DATA, ALL, LOG, files={"published.csv": BROKEN})

    done = command("fit", path, "--out", tmp_path / "out")

    said = [one.split("published.csv: ", 1)[1] for one in done.stderr.splitlines() if "published.csv: " in one]
    assert "\n".join(said) + "\n" == SAID
    assert done.exit_code == 2
    assert not (tmp_path / "out").exists()


def test_columns_of_a_table_are_known_or_refused(tmp_path: Path) -> None:
    """A misspelt column is named with the right one, and what is missing is listed; keys of other data are refused."""
    table = csv([["scenario.toml", "drug-x", "auc", 0, 12, 5]], "scenario,analyte,quantity,form_h,to_h,value")
    data = DATA + 'scenario = "scenario.toml"\nanalyte = "drug-x"\n'

    done = command("fit", written(tmp_path, data, ALL, LOG, files={"published.csv": table}), "--out", tmp_path / "out")

    assert done.exit_code == 2
    assert "line 1, form_h: is not a column; did you mean from_h" in done.stderr
    assert "line 1, unit: is missing" in done.stderr
    assert "line 1, source: is missing" in done.stderr
    assert done.stderr.count("does not go with summary") == 2


def test_weights_ask_for_their_column_in_every_row(tmp_path: Path) -> None:
    """With weights by SD a number without an SD is refused, at its line."""
    table = csv([row("auc", 0, "inf", "", 20, "mg/L*h", 2), row("auc", 0, 12, "", 12, "mg/L*h", "")], f"{HEAD},sd")
    tables = DATA, parameter("clearance"), LOG, 'weights = "sd"\n'

    done = command("fit", written(tmp_path, *tables, files={"published.csv": table}), "--out", tmp_path / "out")

    assert done.exit_code == 2
    assert 'line 3, sd: is missing; [residual] weights = "sd" needs it in every row' in done.stderr
    assert "line 2" not in done.stderr
