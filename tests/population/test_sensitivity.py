"""What a result depends on: indices with known values, and the command that writes them."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from populations import log_sd
from runs import daily, drug, regimen, text, written

from pkinteract import load_scenario
from pkinteract.cli import main
from pkinteract.population.people.specification import specification
from pkinteract.population.run.plan import plan_of
from pkinteract.population.statistics.sensitivity import first, inputs_of, total, trace

pytestmark = pytest.mark.compiled

CV = 0.3
OWN = drug("victim", volume="20 L", clearance="5 L/h")
PATIENTS = """
[population]
weight = { mean = "70 kg", sd = "17.5 kg" }
fixed = ["creatinine_clearance"]
cv = { "victim.clearance" = 0.3 }
"""


@pytest.fixture
def additive(tmp_path: Path) -> Path:
    """A linear drug at steady state: the logarithm of its average is a sum over clearance and weight."""
    source = text(regimen("victim", daily("100 mg", "12 h")), days=20, patient=PATIENTS)
    return written(tmp_path, source, (OWN,))


def test_indices_of_the_function_of_ishigami() -> None:
    """sin x + 7 sin² y + z⁴ sin x / 10: 0.314, 0.442, 0 alone and 0.558, 0.442, 0.244 in all (Saltelli 2008, p. 196).

    Tolerance: five standard errors of 100,000 points.
    """
    uniform = np.random.default_rng(5).uniform(-np.pi, np.pi, (2, 3, 100_000))

    def f(x: np.ndarray) -> np.ndarray:
        return np.sin(x[0]) + 7 * np.sin(x[1]) ** 2 + 0.1 * x[2] ** 4 * np.sin(x[0])

    patients, strangers = f(uniform[0]), f(uniform[1])
    found = []
    for n in range(3):
        mixed = uniform[0].copy()
        mixed[n] = uniform[1, n]
        found.append((first(patients, strangers, f(mixed)), total(patients, strangers, f(mixed))))

    expected = [(0.3139, 0.5576), (0.4424, 0.4424), (0.0, 0.2437)]
    np.testing.assert_allclose(np.array(found), np.array(expected), atol=5 * 2 / math.sqrt(100_000))


def test_a_sum_of_independent_inputs_splits_its_variance(additive: Path) -> None:
    """ln Cavg = c - ln f - 0.75 ln W: each input's index is its share of the variance, alone and in all.

    Tolerance: twice the reported 95 % interval.
    """
    scenario = load_scenario(additive)
    plan = plan_of(scenario, specification(scenario, 600))

    [row] = [row for row in trace(plan) if row.measure == "cavg_after"]

    weight = 0.75**2 * math.log1p((17.5 / 70) ** 2)
    shares = {"clearance of victim": math.log1p(CV**2), "weight": weight}
    whole = sum(shares.values())
    assert {index.input.label for index in row.indices} == set(shares)
    assert row.spread == pytest.approx(math.sqrt(whole), rel=0.1)
    for index in row.indices:
        for value, low, high in (index.first, index.total):
            assert value == pytest.approx(shares[index.input.label] / whole, abs=high - low)
            assert low <= value <= high


def test_one_input_at_a_time_is_the_closed_form(additive: Path) -> None:
    """At the 5th and 95th percentile of the clearance's factor the average is that of the median over the factor."""
    scenario = load_scenario(additive)
    plan = plan_of(scenario, specification(scenario, 10))

    [row] = [row for row in trace(plan) if row.measure == "cavg_after"]

    [swing] = [swing for swing in row.swings if swing.input.label == "clearance of victim"]
    factor = math.exp(1.6449 * log_sd(CV))
    assert swing.low / row.typical == pytest.approx(factor, rel=2e-3)  # the tails are cut off at 3.29 SD
    assert swing.high / row.typical == pytest.approx(1 / factor, rel=2e-3)


@pytest.mark.parametrize("every", ["24 h", "6 h"])
def test_doses_are_taken_where_one_input_is_moved(every: str, tmp_path: Path) -> None:
    """Closed form: dose over clearance and interval, at the median and with any input of doses at its percentiles.

    Each dose is a chance of its own: of four a day, 39 % of which are taken, a "median" patient took none.
    """
    patients = PATIENTS.replace("[population]", '[population]\nadherence = "published"')
    source = text(regimen("victim", daily("100 mg", every, "-10 d", "10 d")), days=10, patient=patients)
    scenario = load_scenario(written(tmp_path, source, (OWN,)))

    rows = [row for row in trace(plan_of(scenario, specification(scenario, 40))) if row.measure == "cavg_after"]

    [row] = rows
    clearance = 5 * (1 + 0.25**2) ** (-0.75 / 2)  # of the median weight
    assert row.typical == pytest.approx(100 / (clearance * float(every.split()[0])), rel=1e-3)
    assert all(min(swing.low, swing.high) > 0.3 * row.typical for swing in row.swings)
    assert "doses of victim" in {index.input.label for index in row.indices}
    assert "doses of victim" not in {swing.input.label for swing in row.swings}


def test_what_is_the_same_in_everybody_is_not_traced(tmp_path: Path) -> None:
    """Nothing acts on the drug: its rise is 1 in all, and what the solver leaves of it depends on nothing."""
    source = text(regimen("victim", daily("100 mg", "12 h", "-20 d", "10 d")), days=10, patient=PATIENTS)
    scenario = load_scenario(written(tmp_path, source, (OWN,)))

    rows = trace(plan_of(scenario, specification(scenario, 40)))

    assert {row.measure for row in rows} == {"cavg_before", "cavg_after", "peak_after"}


def test_enzymes_that_are_drawn_together_are_one_input() -> None:
    """CYP3A4, CYP2C8 and CYP2C9 correlate: only together are they independent of everything else."""
    scenario = load_scenario(Path(__file__).parents[2] / "scenarios" / "carbamazepine-to-levetiracetam.toml")

    labels = {row.label for row in inputs_of(plan_of(scenario, specification(scenario, 10)))}

    assert "levels of CYP2C8, CYP2C9, CYP3A4" in labels
    assert {"level of CYP2D6", "genotype of CYP2D6", "weight", "clearance of amitriptyline"} <= labels
    assert not {"level of CYP3A4", "level of CYP2C9"} & labels


def test_the_command_writes_what_it_found(additive: Path, tmp_path: Path) -> None:
    """Two tables and a figure; the same seed writes the same bytes."""
    for name in ("one", "two"):
        line = ["sensitivity", str(additive), "-n", "40", "--out", str(tmp_path / name)]
        result = CliRunner().invoke(main, line)
        assert result.exit_code == 0, result.output

    files = {path.name for path in (tmp_path / "one").iterdir()}
    assert files == {"sobol.csv", "tornado.csv", "run.json", "sensitivity-victim.png", "sensitivity-victim.svg"}
    rows = list(csv.DictReader((tmp_path / "one" / "sobol.csv").read_text("utf-8").splitlines()))
    assert list(rows[0]) == [
        *("analyte", "measure", "unit", "patients", "input"),
        *("first", "first_low", "first_high", "total", "total_low", "total_high"),
    ]
    assert {row["unit"] for row in rows if row["measure"] == "cavg_after"} == {"mg/L"}
    for table in ("sobol.csv", "tornado.csv"):
        assert (tmp_path / "one" / table).read_bytes() == (tmp_path / "two" / table).read_bytes()
    assert "decision support" in result.output
