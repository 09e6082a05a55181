"""Unbound levels and albumin: what is reported, by which law, in every runner."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.legend import Legend
from runs import INTRAVENOUS, daily, drug, once, oral, regimen, run, text, written
from scenario_files import load
from virtual_patients import crowd, person

from pkinteract import simulate
from pkinteract.analysis import answer_of
from pkinteract.cli import main
from pkinteract.engine.curves import extremes
from pkinteract.errors import InputError
from pkinteract.export.tables.run import alert_text
from pkinteract.population.run.bodies import bodies
from pkinteract.population.run.solve import solved_patients
from pkinteract.report.run.figure import draw_result
from pkinteract.result import Result
from pkinteract.text.words import words_of

CONSTANT = 24.0
"""Rate of the infusion of the closed forms [mg/h]."""

DISPLACED = (
    regimen("phenytoin", daily("300 mg")),
    regimen("valproate", daily("750 mg", "12 h", "5 d")),
)


def bound_drug(unbound: float, *tables: str) -> str:
    """A drug of low extraction, 2 L/h, that binds to albumin; the constants hold at 40 g/L."""
    binding = f'[binding]\nfraction_unbound = "{unbound!r}"\nalbumin = "40 g/L"\n'
    return drug("own", binding, "[unbound]\n", *tables, oral(), INTRAVENOUS, clearance="2 L/h", volume="10 L")


def infused(albumin: float | None, own: str, days: float = 60) -> Result:
    """The drug at a constant rate into a vein, to its steady state."""
    rows = ('route = "intravenous"', f'infusion = "{days} d"')
    patient = "" if albumin is None else f'albumin = "{albumin} g/L"\n'
    source = text(regimen("own", once(f"{CONSTANT * 24 * days} mg", "0 d", *rows)), days=days, patient=patient)
    return run(source, "fast", 1e-9, drugs=(own,))


def last(result: Result, name: str) -> float:
    return float(result.curve(name).value(result.scenario.duration))


@settings(max_examples=15, deadline=None)
@given(st.floats(0.02, 0.9), st.floats(10.0, 60.0))
def test_low_albumin_lowers_the_total_and_leaves_the_unbound_level(unbound: float, albumin: float) -> None:
    """At steady state Cu = R·fu/CL whatever albumin is; C = Cu·(1 + (1/fu - 1)·albumin/reference) (closed form)."""
    result = infused(albumin, bound_drug(unbound))

    free = CONSTANT * unbound / 2
    assert last(result, "own-unbound") == pytest.approx(free, rel=1e-6)
    assert last(result, "own") == pytest.approx(free * (1 + (1 / unbound - 1) * albumin / 40), rel=1e-6)


@settings(max_examples=10, deadline=None)
@given(st.floats(10.0, 60.0))
def test_albumin_scales_the_sites(albumin: float) -> None:
    """C = Cu + Bmax·Cu/(Kd + Cu) with Bmax·albumin/reference; Cu stays (closed form)."""
    sites = '[binding.sites]\ncapacity = "50 mg/L"\nkd = "5 mg/L"\n'

    result = infused(albumin, bound_drug(0.2, sites))

    free = CONSTANT * 0.2 / 2
    assert last(result, "own-unbound") == pytest.approx(free, rel=1e-6)
    assert last(result, "own") == pytest.approx(free + 50 * albumin / 40 * free / (5 + free), rel=1e-6)


def test_albumin_changes_nothing_at_its_reference_and_where_a_drug_does_not_bind_to_it() -> None:
    """40 g/L is what the constants hold at; carbamazepine has no albumin in its monograph."""
    own = bound_drug(0.1)
    same, silent = infused(40, own), infused(None, own)
    np.testing.assert_allclose(same.concentration, silent.concentration, rtol=1e-6)

    source = text(regimen("carbamazepine", daily("200 mg", "12 h")))
    low = run(text(regimen("carbamazepine", daily("200 mg", "12 h")), patient='albumin = "20 g/L"\n'))
    np.testing.assert_array_equal(low.concentration, run(source).concentration)
    assert any("albumin: changes nothing for carbamazepine: bound, but" in text for text in low.scenario.warnings)
    assert not any("changes nothing" in text for text in same.scenario.warnings)


def test_albumin_may_change_during_the_run() -> None:
    """At the time of the change the amount stays and the unbound level rises; later it is back (closed form)."""
    change = '[[patient.change]]\nat = "30 d"\nalbumin = "20 g/L"\n'
    rows = ('route = "intravenous"', 'infusion = "60 d"')
    source = text(regimen("own", once(f"{CONSTANT * 24 * 60} mg", "0 d", *rows)), days=60, patient=change)

    curve = run(source, "fast", 1e-9, drugs=(bound_drug(0.1),)).curve("own-unbound")

    before, after, end = (
        float(curve.value(time, side)) for time, side in ((720, "left"), (720, "right"), (1440, "left"))
    )
    assert (before, end) == (pytest.approx(1.2, rel=1e-6), pytest.approx(1.2, rel=1e-6))
    assert after / before == pytest.approx((1 + 9) / (1 + 9 / 2), rel=1e-6)


@pytest.mark.parametrize("albumin", ["43 g/L", "2.5 g/dL"])
def test_the_reference_has_the_same_unbound_levels(albumin: str) -> None:
    """Valproate displaces phenytoin and saturates its own sites: every analyte to 1e-5 of its Cmax."""
    source = text(*DISPLACED, days=20, patient=f'albumin = "{albumin}"\n')

    fast, reference = run(source), run(source, "reference")

    assert [analyte.id for analyte in fast.analytes] == [
        "phenytoin", "phenytoin-unbound", "valproate", "valproate-unbound",
    ]  # fmt: skip
    for mine, theirs in zip(fast.concentration, reference.concentration, strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-5 * theirs.max(), rtol=0)


def test_an_unbound_curve_has_its_law_between_the_points_of_the_grid_too() -> None:
    """Valproate: C = Cu + 130·Cu/(7.8 + Cu) at any time; the integral is that of a fine grid, to 1e-7."""
    result = run(text(regimen("valproate", daily("750 mg", "12 h")), days=4))
    times = np.linspace(0.01, 96, 40_001)

    total, free = (result.curve(name).value(times) for name in ("valproate", "valproate-unbound"))

    np.testing.assert_allclose(free + 130 * free / (7.8 + free), total, atol=1e-8 * total.max())
    area = float(result.curve("valproate-unbound").integral(0.01, 96))
    assert area == pytest.approx(np.trapezoid(free, times), rel=1e-6)


@pytest.mark.compiled
@pytest.mark.parametrize("steady", [False, True])
def test_a_population_has_the_unbound_levels_of_each_patient(steady: bool) -> None:
    """Levels in lanes as in the run of that patient to 1e-5 of Cmax; averages, peaks and time above to 2e-4."""
    rows = ("steady_state = true",) if steady else ()
    scenario = load(
        text(
            regimen("phenytoin", daily("500 mg", "24 h", "0 d", "400 d", *rows)),
            regimen("valproate", daily("750 mg", "12 h", "3 d")),
            days=12,
            patient='albumin = "28 g/L"\n',
        )
    )
    cohort, grid, edges = crowd(scenario, 20), np.arange(0.0, 289.0), np.arange(0.0, 289.0, 24)
    if steady:
        cohort = crowd(scenario, 20, phenotype={}, abundance={}, weight=np.full(20, 90.0))

    lanes = solved_patients(scenario, bodies(scenario, cohort), grid, edges)

    assert lanes.ok.all()
    for column in (0, 7, 19):
        alone = simulate(replace(scenario, patient=person(scenario, cohort, column)))
        for place, analyte in enumerate(alone.analytes):
            curve, windows = alone.curves[place], lanes.windows[place, :, :, column]
            expected = curve.value(grid)
            top = expected.max()
            np.testing.assert_allclose(lanes.of(column)[place], expected, atol=1e-5 * top, rtol=0)
            np.testing.assert_allclose(windows[:, 0] / 24, curve.integral(edges[:-1], edges[1:]) / 24, atol=2e-4 * top)
            ends = [extremes(curve, low, high) for low, high in itertools.pairwise(edges)]
            np.testing.assert_allclose(windows[:, 1], [end.cmax for end in ends], atol=2e-4 * top)
            np.testing.assert_allclose(windows[:, 3], [end.cmin for end in ends], atol=2e-4 * top)
            if analyte.unbound and analyte.alert is not None:
                fine = np.linspace(0, 288, 288 * 200 + 1)
                above = (curve.value(fine) > analyte.alert).mean() * 288
                assert windows[:, 4].sum() == pytest.approx(above, abs=0.1)


def test_ranges_and_alerts_of_the_unbound_level_stand_beside_those_of_the_total() -> None:
    """Phenytoin 1 to 2 mg/L, valproate 5 to 15 mg/L; the alert of a total level points at the unbound one."""
    result = run(text(*DISPLACED, days=60))

    ranges = {a.id: (a.low, a.high, a.unit) for a in result.analytes if a.unbound}
    assert ranges == {"phenytoin-unbound": (1.0, 2.0, "mg/L"), "valproate-unbound": (5.0, 15.0, "mg/L")}
    assert next(a.column for a in result.analytes if a.unbound) == "phenytoin-unbound_mg_per_L"
    texts = [
        (alert.analyte, alert_text(alert, result, words_of("en")))
        for alert in answer_of(result).alerts
        if alert.rule.endswith("-range")
    ]
    total = [words for analyte, words in texts if analyte == "phenytoin"]
    assert total
    assert all(words.endswith("; the unbound level decides") for words in total)
    assert not any("decides" in words for analyte, words in texts if analyte.endswith("-unbound"))


def test_the_unbound_level_is_in_the_unit_of_the_total() -> None:
    """In umol/L by the molar mass, range included."""
    source = text(regimen("phenytoin", daily("300 mg")))

    mass, molar = run(source), run(source + '[output]\nunits = { phenytoin = "umol/L" }\n')

    factor = 1000 / 252.27
    np.testing.assert_allclose(molar.concentration[1], mass.concentration[1] * factor, rtol=1e-9)
    assert molar.analytes[1].low == pytest.approx(factor)
    assert mass.concentration[1] == pytest.approx(0.095 * mass.concentration[0], rel=1e-12)


def test_a_measured_unbound_level_stands_beside_the_curve(tmp_path: Path) -> None:
    """``run`` compares it; a patient is not fitted to it, and the command says so with the line."""
    level = '[[observation]]\nat = "9 d"\nanalyte = "phenytoin-unbound"\nlevel = "1.4 mg/L"\n'
    path = written(tmp_path, text(regimen("phenytoin", daily("300 mg"))) + level)

    done = CliRunner().invoke(main, ["run", str(path), "--no-figure", "--out", str(tmp_path / "out")])
    fitted = CliRunner().invoke(main, ["fit", "--patient", str(path), "--out", str(tmp_path / "fit")])

    assert done.exit_code == 0
    assert "phenytoin-unbound,mg/L,1.4," in (tmp_path / "out" / "observations.csv").read_text("utf-8")
    assert fitted.exit_code == 2
    assert "phenytoin-unbound is an unbound level" in fitted.stderr
    with pytest.raises(InputError, match="did you mean phenytoin-unbound"):
        load(path.read_text("utf-8").replace('analyte = "phenytoin-unbound"', 'analyte = "phenytoin-unbond"'))


def test_an_unbound_level_is_drawn_apart_with_its_own_range() -> None:
    """A panel of its own: beside the total one its range would look like that of the total."""
    figure = draw_result(run(text(regimen("phenytoin", daily("300 mg")))))

    told = [[label.get_text() for legend in legends(axis) for label in legend.get_texts()] for axis in figure.axes]
    assert {"Phenytoin", "reference range 10–20, before a dose"} <= {*told[0]}
    assert {"Phenytoin, unbound", "reference range 1–2, before a dose"} <= {*told[1]}
    assert not {*told[0]} & {"Phenytoin, unbound"}


def legends(axis: Axes) -> list[Legend]:
    return [child for child in axis.get_children() if isinstance(child, Legend)]
