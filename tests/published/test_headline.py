"""What the program is for: carbamazepine stops, amitriptyline and nortriptyline rise.

Days count from the last carbamazepine dose.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from runs import average, daily, half_life, once, regimen, run, text

from pkinteract.export.tables.run import exposure_table
from pkinteract.result import Result

SCENARIOS = Path(__file__).parents[2] / "scenarios"
SUM = "amitriptyline+nortriptyline"
LAST_DOSE = -12.0
"""Time of the last carbamazepine dose in the scenarios of the abrupt stop [h]."""


def scenario(name: str, **changes: str) -> Result:
    """A scenario of the folder, with pieces of its text replaced."""
    source = (SCENARIOS / f"{name}.toml").read_text("utf-8")
    for old, new in changes.items():
        assert old.replace("_", " ") in source
        source = source.replace(old.replace("_", " "), new)
    return run(source)


def switch(phenotype: str = "normal") -> Result:
    return scenario("carbamazepine-to-levetiracetam" if phenotype == "normal" else "cyp2d6-poor-metaboliser")


def rise(result: Result) -> tuple[float, float, float]:
    """Fold rise of the sum's 24-h average, and the days by which half and nine tenths of it are reached."""
    curve = result.curve(SUM)
    last = result.scenario.duration
    before, after = average(curve, LAST_DOSE - 24, LAST_DOSE), average(curve, last - 24, last)
    hours = np.arange(LAST_DOSE, last)
    done = np.array([(average(curve, hour - 24, hour) - before) / (after - before) for hour in hours])
    half, most = (float(hours[np.argmax(done >= share)] - LAST_DOSE) / 24 for share in (0.5, 0.9))
    return after / before, half, most


def test_the_last_carbamazepine_dose_is_where_the_days_begin() -> None:
    """Both scenarios of the abrupt stop give carbamazepine for the last time 12 h before t = 0."""
    for phenotype in ("normal", "poor"):
        doses = [dose.time for dose in switch(phenotype).scenario.doses if dose.drug == "carbamazepine"]

        assert max(doses) == LAST_DOSE


def test_the_sum_rises_by_half_to_double() -> None:
    """Normal metaboliser, 800 mg/d carbamazepine, amitriptyline 150 mg/d: 1.7- to 2.1-fold."""
    fold, _, _ = rise(switch())

    assert 1.7 <= fold <= 2.1


def test_the_rise_takes_days_to_reach_half_and_weeks_to_end() -> None:
    """Half of it by day 5 to 8, nine tenths by day 11 to 16."""
    _, half, most = rise(switch())

    assert 5 <= half <= 8
    assert 11 <= most <= 16


def test_a_poor_metaboliser_rises_more() -> None:
    """No CYP2D6, so that more of nortriptyline's clearance is inducible: at least 2.5-fold."""
    fold, _, _ = rise(switch("poor"))

    assert fold >= 2.5


def test_less_carbamazepine_means_a_smaller_rise() -> None:
    """400 mg/d of carbamazepine: above 1.3-fold, below the rise after 800 mg/d."""
    fold, _, _ = rise(scenario("carbamazepine-to-levetiracetam", **{'"400_mg"': '"200 mg"'}))

    assert 1.3 <= fold < rise(switch())[0]


def test_carbamazepine_at_400_mg_a_day_is_where_patients_have_it() -> None:
    """24-h average of 5 to 7 mg/L, molar epoxide ratio 0.08 to 0.15."""
    result = scenario("carbamazepine-to-levetiracetam", **{'"400_mg"': '"200 mg"'})

    parent, epoxide = (
        average(result.curve(name), LAST_DOSE - 24, LAST_DOSE) for name in ("carbamazepine", "carbamazepine-epoxide")
    )

    assert 5 <= parent <= 7
    assert 0.08 <= (epoxide / 252.27) / (parent / 236.27) <= 0.15


def test_autoinduction_halves_the_half_life_of_carbamazepine() -> None:
    """800 mg/d: 25 to 45 h after one dose, 10 to 22 h after two months."""
    single = half_life(scenario("carbamazepine-single-dose").curve("carbamazepine"), 24, 96)
    chronic = half_life(scenario("carbamazepine-chronic").curve("carbamazepine"), 12, 36)

    assert 25 <= single <= 45
    assert 10 <= chronic <= 22


def test_carbamazepine_at_800_mg_a_day_is_cleared_as_in_patients() -> None:
    """CL/F 3.6 to 4.3 L/h (Eichelbaum 1985: 3.8; population models 4.5), 2.7 to 3.6 times the first clearance."""
    clearance = scenario("carbamazepine-chronic").clearance["carbamazepine_total_L_per_h"]
    first = scenario("carbamazepine-single-dose").clearance["carbamazepine_total_L_per_h"][0]
    parent = average(switch().curve("carbamazepine"), LAST_DOSE - 24, LAST_DOSE)

    assert 3.6 <= 800 / 24 / parent <= 4.3
    assert 2.7 <= clearance[0] / first <= 3.6


def test_clearance_falls_within_days_of_the_last_dose() -> None:
    """5.7 days after the last dose it is 0.56 to 0.64 of the induced one (0.597, six patients)."""
    result = scenario("carbamazepine-chronic")

    clearance = np.interp([0.0, 5.7 * 24], result.time, result.clearance["carbamazepine_total_L_per_h"])

    assert 0.56 <= clearance[1] / clearance[0] <= 0.64


def test_without_an_inducer_nothing_moves() -> None:
    """Amitriptyline at steady state when levetiracetam begins: every ratio is 1 to 1e-6, every enzyme stays."""
    steady = daily("150 mg", "24 h", "-30 d", "30 d", "steady_state = true")
    result = run(text(regimen("amitriptyline", steady), regimen("levetiracetam", daily("500 mg", "12 h")), days=30))

    table = exposure_table(result)

    ratios = [
        ratio
        for analyte, ratio in zip(table["analyte"], table["ratio_to_reference"], strict=True)
        if analyte != "levetiracetam"
    ]
    assert len(ratios) == 6
    np.testing.assert_allclose(np.array(ratios, dtype=float), 1.0, rtol=0, atol=1e-6)
    np.testing.assert_array_equal(result.enzyme_level, 1.0)


def test_levetiracetam_changes_no_other_drug() -> None:
    """Amitriptyline with levetiracetam is amitriptyline without it, to 1e-9 of Cmax."""
    amitriptyline = regimen("amitriptyline", daily("150 mg"))
    alone = run(text(amitriptyline, days=20))
    both = run(text(amitriptyline, regimen("levetiracetam", once("1000 mg", "7 h")), days=20))

    for one, other in zip(alone.concentration, both.concentration, strict=False):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-9 * one.max())


def test_enzymes_return_to_where_they_were() -> None:
    """150 days after the last carbamazepine every enzyme is back at 1 to 1e-6, having been above it."""
    result = scenario("carbamazepine-to-levetiracetam", **{'"60_d"': '"150 d"'})

    induced = result.enzyme_level[:, 0] > 1.1

    assert {name for name, moved in zip(result.enzymes, induced, strict=True) if moved} >= {
        "CYP3A4_liver",
        "CYP2B6_liver",
        "inducible_liver",
    }
    np.testing.assert_allclose(result.enzyme_level[:, -1], 1.0, rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", ["amitriptyline", "nortriptyline"])
def test_both_parts_of_the_sum_are_halved_by_carbamazepine(name: str) -> None:
    """On 800 mg/d each has 0.45 to 0.58 of its level without (Jerling 1994: both about half)."""
    curve = switch().curve(name)

    share = average(curve, LAST_DOSE - 24, LAST_DOSE) / average(curve, 59 * 24, 60 * 24)

    assert 0.45 <= share <= 0.58
