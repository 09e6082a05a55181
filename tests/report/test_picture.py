"""The picture: what inhibitors leave of an enzyme, whole peaks, averages that follow the doses, doses, dates."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from runs import INTRAVENOUS, daily, drug, once, oral, pathway, regimen, run, text

from pkinteract.engine.curves import extremes
from pkinteract.model.patient import GUT_FLOW
from pkinteract.report.drawing import DOTS, outline
from pkinteract.report.run.figure import draw_result
from pkinteract.result import Result

VICTIM = drug(
    "victim",
    pathway("oxidation", 1.0, "CYP3A4"),
    '[first_pass]\ngut_enzyme = "CYP3A4"\ngut_availability = "0.5"\n',
    oral(1.0, 0.4),
    INTRAVENOUS,
)
INHIBITOR = drug(
    "inhibitor",
    "[inhibits.CYP3A4]\n",
    'ki = { value = 10, unit = "mg/L", kind = "assumed", note = "test", basis = "total" }\n',
    volume="100 L",
    clearance="0.000000001 L/h",
)
"""Nothing clears it: 1000 mg into the vein are 10 mg/L for ever, its Ki."""


def beside(dose: str, route: str, days: float = 10) -> Result:
    other = regimen("inhibitor", once(dose, "3 d", f'route = "{route}"'))
    return run(text(regimen("victim", daily("100 mg", "24 h")), other, days=days), drugs=(VICTIM, INHIBITOR))


def labels(figure: Figure) -> list[str]:
    """Every label of every legend."""
    legends = [child for axis in figure.axes for child in axis.get_children() if hasattr(child, "get_texts")]
    return [entry.get_text() for legend in legends for entry in legend.get_texts()]


def test_an_inhibitor_at_its_ki_leaves_half_of_the_enzyme() -> None:
    """1/(1 + I/Ki) by the level at the liver's inlet from the dose on; all of it before."""
    result = beside("1000 mg", "intravenous")
    assert result.activity is not None

    left = result.activity.left(np.array([24.0, 71.9, 73.0, 200.0]))["CYP3A4_liver"]

    np.testing.assert_allclose(left, [1, 1, 0.5, 0.5], rtol=1e-8)


def test_in_the_gut_wall_it_acts_while_it_is_absorbed() -> None:
    """Level there: ka·D·exp(-ka·t) over the flow of the mucosa; the liver sees plasma and what is absorbed."""
    result = beside("100 mg", "oral")
    assert result.activity is not None
    hours = np.array([0.5, 2.0, 5.0])

    left = result.activity.left(72 + hours)

    wall = 100 * np.exp(-hours) / GUT_FLOW
    np.testing.assert_allclose(left["CYP3A4_gut"], 1 / (1 + wall / 10), rtol=1e-6)
    assert np.all(left["CYP3A4_liver"] < 1 / (1 + (1 - np.exp(-hours)) / 10))


def test_the_panel_of_enzymes_shows_inhibition_without_induction() -> None:
    """No level moves, and yet the enzyme stands there with what is left of it: half."""
    figure = draw_result(beside("1000 mg", "intravenous"))

    assert "CYP3A4 liver" in labels(figure)
    panel = next(axis for axis in figure.axes if "activity" in axis.get_ylabel())
    thick = next(line for line in panel.lines if line.get_linewidth() == 1.3)
    assert float(np.asarray(thick.get_ydata())[-1]) == pytest.approx(0.5, rel=1e-6)


@pytest.mark.parametrize("days", [3, 60, 400])
def test_no_peak_is_cut_off_however_long_the_run_and_coarse_its_step(days: int) -> None:
    """A quick drug once a day on a grid of half a day: the highest point that is drawn is Cmax, and points are few."""
    quick = drug("victim", oral(3.0, 1.0), INTRAVENOUS, clearance="50 L/h")
    result = run(text(regimen("victim", daily("100 mg", "24 h")), days=days, step="12 h"), drugs=(quick,))
    curve, end = result.curve("victim"), 24.0 * days

    times, values = outline(curve, 0.0, end)

    assert values.max() == pytest.approx(extremes(curve, 0.0, end).cmax, rel=2e-3)
    assert values.min() >= 0
    assert np.all(np.diff(times) >= 0)
    assert len(times) <= 4 * DOTS


def test_an_average_does_not_rise_before_the_first_dose() -> None:
    """The thick line is 0 up to the dose on day 10; after it the average of the 24 h before, as the curve has it."""
    other = regimen("victim", daily("100 mg", "24 h", "10 d"))
    result = run(text(regimen("inhibitor", once("1 mg")), other, days=20), drugs=(VICTIM, INHIBITOR))

    panels = [axis for axis in draw_result(result).axes if axis.get_ylabel() == "mg/L"]
    line = next(line for line in panels[1].lines if line.get_linewidth() == 1.8)
    days, values = np.asarray(line.get_xdata(), dtype=float), np.asarray(line.get_ydata(), dtype=float)

    assert np.all(np.abs(values[days <= 10]) < 1e-12)
    later = days > 10.5
    expected = [float(result.curve("victim").integral(24 * (day - 1), 24 * day)) / 24 for day in days[later]]
    np.testing.assert_allclose(values[later], expected, rtol=1e-9)


@pytest.mark.parametrize(
    ("row", "stretches"),
    [
        ('cycle = { on = "21 d", off = "7 d" }', [(0, 21), (28, 49), (56, 60)]),
        ('days = ["mon", "tue", "thu"]', [(0, 1), (1, 2), (3, 4), (7, 8)]),
    ],
)
def test_a_lane_shows_the_days_with_doses(row: str, stretches: list[tuple[int, int]]) -> None:
    """21 days of 28, and days of the week: no bar where nothing is taken."""
    start = "start = 2026-01-05T00:00:00\n"
    source = text(regimen("victim", daily("100 mg", "24 h", "0 d", "60 d", row)), days=60)
    result = run(source.replace("[simulation]\n", f"[simulation]\n{start}"), drugs=(VICTIM,))

    lane = draw_result(result).axes[-1]
    bars = next(child for child in lane.collections if isinstance(child, PolyCollection))
    drawn = sorted((path.vertices[:, 0].min(), path.vertices[:, 0].max()) for path in bars.get_paths())

    np.testing.assert_allclose(drawn[: len(stretches)], stretches, atol=1e-9)


@pytest.mark.parametrize("days", [1, 4, 9, 20, 21, 50, 69, 71, 112, 200, 365, 800])
def test_dates_do_not_touch_each_other(days: int) -> None:
    """Labels of the time, drawn: between every two there is room."""
    source = text(regimen("victim", daily("100 mg", "24 h", "0 d", f"{days} d")), days=days, step="6 h")
    start = "start = 2026-12-28T08:00:00\n"
    result = run(source.replace("[simulation]\n", f"[simulation]\n{start}"), drugs=(VICTIM,))

    figure = draw_result(result)
    figure.canvas.draw()
    boxes = [label.get_window_extent() for label in figure.axes[-1].get_xticklabels() if label.get_text()]

    assert len(boxes) >= 2
    assert all(one.x1 < other.x0 for one, other in pairwise(boxes))
    first, last = 2026, 2026 if days < 4 else 2027 if days < 400 else 2029
    assert figure.axes[-1].get_xlabel().startswith(f"date, {first}" + (f" to {last}" if last != first else ""))


def test_a_drug_long_gone_has_no_panel_but_a_note() -> None:
    """A course that ended sixty half-lives before what is drawn: its row says until when."""
    old = drug("old", volume="10 L", clearance="5 L/h")
    given = regimen("old", daily("100 mg", "24 h", "-120 d", "-60 d"))
    result = run(text(given, regimen("victim", daily("100 mg")), days=20), drugs=(old, VICTIM))

    figure = draw_result(result)

    assert "old" not in labels(figure)
    assert "until day −60" in [entry.get_text() for entry in figure.axes[-1].texts]
    assert math.isclose(figure.axes[0].get_xlim()[1], 20)
