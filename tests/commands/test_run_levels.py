"""``run --levels``: the patient is fitted to the measured levels first, and everything is of this patient."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fit_files import command
from runs import daily, drug, oral, regimen, text

from pkinteract.text.words import LANGUAGES, words_of

pytestmark = pytest.mark.compiled

TABLES = ("concentrations", "enzymes", "clearances", "doses", "exposure", "alerts", "daily", "sampling")
SHIPPED = Path(__file__).parents[2] / "fits/one-patient-tdm/amitriptyline-nortriptyline.toml"
README = Path(__file__).parents[2] / "README.md"
CV = (('clearance = "5 L/h"', "clearance = { value = 5.0, unit = 'L/h', cv = 0.4 }"),)


def level(at: str, value: str, analyte: str = "drug-x") -> str:
    return f'[[observation]]\nat = "{at}"\nanalyte = "{analyte}"\nlevel = "{value}"\n'


def written(folder: Path, levels: str, name: str = "anna") -> Path:
    """A scenario of 100 mg every 12 h of a drug whose clearance varies, 5 L/h in a typical patient."""
    own = drug("drug-x", oral())
    for typical, varying in CV:
        own = own.replace(typical, varying)
    (folder / "drug.toml").write_text(own, "utf-8")
    source = 'library = ["drug.toml"]\n' + text(regimen("drug-x", daily("100 mg", "12 h", "0 d", "10 d")), days=10)
    path = folder / f"{name}.toml"
    path.write_text(source + levels, "utf-8")
    return path


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def record(folder: Path) -> Any:
    return json.loads((folder / "run.json").read_text("utf-8"))


def clearance(folder: Path) -> float:
    """The one fitted value of a run of ``written``, relative to the typical one."""
    [value] = record(folder)["levels"]["values"]
    return float(value["estimate"] / value["typical"])


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped patient with two levels, run with them and with the result of ``fit --patient``."""
    folder = tmp_path_factory.mktemp("levels")
    (folder / "patient.toml").write_text(SHIPPED.read_text("utf-8"), "utf-8")
    source = 'parameters = "fit/result.toml"\n' + SHIPPED.read_text("utf-8")
    (folder / "overridden.toml").write_text(source, "utf-8")
    for arguments in (
        ("fit", "--patient", folder / "patient.toml", "--out", folder / "fit", "--no-figure"),
        ("run", folder / "overridden.toml", "--out", folder / "overridden", "--no-figure"),
        ("run", folder / "patient.toml", "--levels", "--out", folder / "levels"),
    ):
        done = command(*arguments)
        assert done.exit_code == 0, done.output
        (folder / f"{arguments[0]}.txt").write_text(done.output, "utf-8")
    return folder


@pytest.mark.parametrize("name", TABLES)
def test_a_fitted_run_is_a_run_with_the_result_of_the_fit(name: str, fitted: Path) -> None:
    """Every table is, to the last digit, that of ``run`` with ``parameters`` from ``fit --patient``."""
    assert (fitted / f"levels/{name}.csv").read_bytes() == (fitted / f"overridden/{name}.csv").read_bytes()


def test_the_record_holds_what_the_levels_moved(fitted: Path) -> None:
    """``run.json`` has the values of ``estimates.csv`` as overrides too, and each level before and after."""
    kept = record(fitted / "levels")
    estimates = {row["parameter"]: row for row in table(fitted / "fit/estimates.csv")}
    levels = table(fitted / "fit/levels.csv")

    for value in kept["levels"]["values"]:
        path = value["path"]
        name = f"{value['drug']}_{path.partition('.')[2].replace('.', '_')}"
        row = estimates[name]
        ends = ("low_95", "high_95")
        assert [value["typical"], value["estimate"]] == pytest.approx(
            [float(row["population"]), float(row["estimate"])], rel=1e-6
        )
        assert [value[end] or "" for end in ends] == [
            row[end] and pytest.approx(float(row[end]), rel=1e-6) for end in ends
        ]
        assert kept["overrides"][value["drug"]][path].split()[0] == f"{value['estimate']:.10g}"
    for now, then in zip(kept["levels"]["observations"], levels, strict=True):
        assert [now["observed"], now["typical"], now["predicted"]] == pytest.approx(
            [float(then[key]) for key in ("observed", "population", "individual")], rel=1e-4
        )


def test_the_answer_says_what_moved_and_what_a_typical_patient_has(fitted: Path) -> None:
    """The line of values has their ratios and intervals; the first sentence the averages of the typical run as well."""
    said = " ".join((fitted / "run.txt").read_text("utf-8").split())
    values = {(value["drug"], value["path"]): value for value in record(fitted / "levels")["levels"]["values"]}
    value = values["nortriptyline", "elimination.clearance"]
    ratio, low, high = (value[key] / value["typical"] for key in ("estimate", "low_95", "high_95"))

    assert "This patient: Fitted to 2 measured levels: " in said
    assert f"clearance of nortriptyline {ratio:.2f} of the typical, 95 % {low:.2f} to {high:.2f}." in said
    assert "volume of" not in said
    assert said.index("This patient: ") < said.index("What happens: ") < said.index("In the typical patient")
    command("run", fitted / "patient.toml", "--out", fitted / "typical", "--no-figure")
    days = {
        kind: {
            row["day"]: float(row["average"])
            for row in table(fitted / kind / "daily.csv")
            if row["analyte"] == "amitriptyline+nortriptyline"
        }
        for kind in ("levels", "typical")
    }
    told = re.findall(r"from ([\d.]+) to ([\d.]+) ng/mL", said)[:2]
    for (before, after), kind in zip(told, ("levels", "typical"), strict=True):
        assert float(before) == pytest.approx(days[kind]["20"], rel=0.01)
        assert float(after) == pytest.approx(days[kind]["48"], rel=0.01)


def test_the_page_shows_before_and_after(fitted: Path) -> None:
    """The typical curve beside the fitted one in the panel that has it, both predictions of each level, the values."""
    html = (fitted / "levels/report.html").read_text("utf-8")
    [embedded] = re.findall(r'<script type="application/json" id="data">(.*?)</script>', html)
    panels = json.loads(embedded)["panels"]
    [observed] = [row for row in table(fitted / "levels/observations.csv") if row["analyte"] == "nortriptyline"]

    assert [[curve.get("typical") for curve in panel["curves"]] for panel in panels] == [
        [None, None, None, 0],
        [None, None],
    ]
    ours, theirs = (np.array(panels[0]["curves"][place]["values"]) for place in (0, 3))
    assert np.max(ours) / np.max(theirs) == pytest.approx(1.43, abs=0.1)
    for number in (observed["typical"], observed["predicted"]):
        assert f"<td>{float(number):.3g} ng/mL</td>" in html
    assert "Model prediction for this patient, fitted to measured levels." in html
    assert "typical patient. Decision support" not in html
    assert 'id="fitted-head"' in html


def test_the_genes_of_a_fitted_patient_are_no_further_risk(fitted: Path) -> None:
    """What a gene does to a measured drug is in its levels already: the fitted values make no poor metaboliser."""
    assert "poor metaboliser" not in (fitted / "run.txt").read_text("utf-8")
    assert "poor metaboliser" in command("run", fitted / "patient.toml", "--out", fitted / "plain").output


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_level_as_predicted_moves_nothing(language: str, tmp_path: Path) -> None:
    """Measured where the typical curve is: the values stay to 1e-4, the curve too, and it is said in one sentence."""
    command("run", written(tmp_path, level("96 h", "1 mg/L")), "--out", tmp_path / "out", "--no-figure")
    [predicted] = [row["predicted"] for row in table(tmp_path / "out/observations.csv")]
    typical = table(tmp_path / "out/concentrations.csv")

    path = written(tmp_path, level("96 h", f"{predicted} mg/L"))
    done = command("run", path, "--levels", "--out", tmp_path / "out", "--no-figure", "--language", language)

    assert done.exit_code == 0, done.output
    assert clearance(tmp_path / "out") == pytest.approx(1, rel=1e-4)
    after = [float(row["drug-x_mg_per_L"]) for row in table(tmp_path / "out/concentrations.csv")]
    assert after == pytest.approx([float(row["drug-x_mg_per_L"]) for row in typical], rel=1e-4)
    words = words_of(language)
    same = words.say("fitted.same", levels=words.say("fitted.level", count=1))
    assert same[1:] in " ".join(done.output.split())
    assert words.say("happens.typical", analyte="", before="", after="", unit="")[:20] not in done.output


def test_without_a_change_the_end_is_compared(tmp_path: Path) -> None:
    """Half of the level: at even dosing the averages of the last day of this patient and of a typical one."""
    path = written(tmp_path, level("96 h", "0.5 mg/L"))

    said = " ".join(command("run", path, "--levels", "--out", tmp_path / "out", "--no-figure").output.split())

    command("run", path, "--out", tmp_path / "plain", "--no-figure")
    ours, typical = (float(table(tmp_path / f"{kind}/daily.csv")[-1]["average"]) for kind in ("out", "plain"))
    assert f"averages {ours:.3g} mg/L over a day, {typical:.3g} mg/L in the typical patient" in said


def test_a_drug_that_is_washed_out_at_the_end_is_not_compared(tmp_path: Path) -> None:
    """Measured on day 4, stopped on day 5, gone on day 10: there is no level to compare."""
    path = written(tmp_path, level("96 h", "0.5 mg/L"))
    path.write_text(path.read_text("utf-8").replace('until = "10 d"', 'until = "5 d"'), "utf-8")

    done = command("run", path, "--levels", "--out", tmp_path / "out", "--no-figure")

    assert done.exit_code == 0, done.output
    assert "Fitted to 1 measured level" in done.output
    assert "over a day" not in done.output


@pytest.mark.parametrize(("language", "said"), [("en", "times what the dosing record predicts"), ("de", "Abnahmezeit")])
def test_a_level_that_cannot_be_is_named_in_the_answer(language: str, said: str, tmp_path: Path) -> None:
    """Ten times what is predicted: used, but told with what to check, in the language of the run and in the record."""
    path = written(tmp_path, level("96 h", "10 mg/L"))

    done = command("run", path, "--levels", "--out", tmp_path / "out", "--no-figure", "--language", language)

    assert done.exit_code == 0, done.output
    assert said in " ".join(done.output.split())
    [contradiction] = record(tmp_path / "out")["levels"]["contradictions"]
    assert "Check the time of the sample" in contradiction


def test_values_of_one_kind_are_told_apart(tmp_path: Path) -> None:
    """Phenytoin has a Km of each of its pathways: each is told with its pathway, on the screen and on the page."""
    source = text(regimen("phenytoin", daily("300 mg", "24 h", "-60 d", "5 d")), days=5)
    (tmp_path / "anna.toml").write_text(source + level("4 d", "16 mg/L", "phenytoin"), "utf-8")

    done = command("run", tmp_path / "anna.toml", "--levels", "--out", tmp_path / "out")

    told = re.findall(r"Km of phenytoin \(([\w-]+)\)", " ".join(done.output.split()))
    fitted = [value for value in record(tmp_path / "out")["levels"]["values"] if value["path"].endswith(".km")]
    names = [value["path"].split(".")[2] for value in fitted]
    assert done.exit_code == 0, done.output
    assert told
    assert set(told) <= set(names)
    page = (tmp_path / "out/report.html").read_text("utf-8")
    assert all(f'<th scope="row">Km of phenytoin ({name})</th>' in page for name in names)


def test_a_run_without_levels_records_none(tmp_path: Path) -> None:
    """The levels change nothing unless it is asked for, and a second run without them leaves nothing of the first."""
    path = written(tmp_path, level("96 h", "0.5 mg/L"))
    command("run", path, "--levels", "--out", tmp_path / "out", "--no-figure")
    assert clearance(tmp_path / "out") > 1.2

    done = command("run", path, "--out", tmp_path / "out", "--no-figure")

    assert "This patient" not in done.output
    assert record(tmp_path / "out")["levels"] is None
    assert "typical" not in table(tmp_path / "out/observations.csv")[0]


def test_scenarios_without_levels_are_refused_together(tmp_path: Path) -> None:
    """Exit status 2 with each file and the table to write; nothing is fitted or written."""
    paths = [written(tmp_path, "", "anna"), written(tmp_path, level("96 h", "0.5 mg/L"), "bert")]
    paths.append(written(tmp_path, "", "cleo"))

    done = command("run", *paths, "--levels", "--out", tmp_path / "out")

    assert done.exit_code == 2
    assert done.stderr.count('add each as [[observation]] with at = "5 d", analyte = "drug-x", level = "6.2 mg/L"') == 2
    assert all(name in done.stderr for name in ("anna.toml", "cleo.toml"))
    assert not (tmp_path / "out").exists()


def test_each_of_several_scenarios_is_fitted_to_its_own_levels(tmp_path: Path) -> None:
    """Together they are what each is alone, and the comparison is of the fitted patients."""
    paths = [written(tmp_path, level("96 h", f"{value} mg/L"), name) for name, value in (("anna", 0.5), ("bert", 2))]
    done = command("run", *paths, "--levels", "--out", tmp_path / "both", "--no-figure")
    assert done.exit_code == 0, done.output

    ratios = []
    for path in paths:
        command("run", path, "--levels", "--out", tmp_path / path.stem, "--no-figure")
        ratios.append(clearance(tmp_path / path.stem))
        assert ratios[-1] == clearance(tmp_path / "both" / path.stem)

    assert ratios[0] > 1 > ratios[1]
    last = {row["scenario"]: float(row["cavg_ratio"]) for row in table(tmp_path / "both/comparison.csv")}
    assert last["bert"] == pytest.approx(ratios[0] / ratios[1], rel=0.01)


@pytest.mark.slow
def test_the_round_trip_of_the_readme_gives_the_answer_it_shows(tmp_path: Path) -> None:
    """The switch with the level that README adds to it: the lines that README shows, word for word."""
    page = README.read_text("utf-8")
    [section] = re.findall(r"^## A level comes back\n(.*?)^## ", page, re.DOTALL | re.MULTILINE)
    [observation] = re.findall(r"^```toml\n(.*?)^```", section, re.DOTALL | re.MULTILINE)
    [shown] = re.findall(r"^```text\n(.*?)^```", section, re.DOTALL | re.MULTILINE)
    switch = README.parent / "scenarios/carbamazepine-to-levetiracetam.toml"
    (tmp_path / "switch.toml").write_text(f"{switch.read_text('utf-8')}\n{observation}", "utf-8")

    done = command("run", tmp_path / "switch.toml", "--levels", "--out", tmp_path / "out", "--no-figure")

    assert done.exit_code == 0, done.output
    assert " ".join(shown.split()) in " ".join(done.output.split())
