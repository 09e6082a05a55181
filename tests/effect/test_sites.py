"""Engagement and units: the worked example, and what holds whatever the numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkinteract.effect.constants import constant_of, middle_strength
from pkinteract.effect.pillars import together
from pkinteract.effect.site import engagement, excitability_ratio, protection_units, ratio_band
from pkinteract.library import load_library
from pkinteract.library.overrides import apply_overrides

LIBRARY = load_library()
CBZ = LIBRARY.monograph("carbamazepine")
LTG = LIBRARY.monograph("lamotrigine")
LEV = apply_overrides(
    LIBRARY.monograph("levetiracetam"), {"reference_range.low": "12 mg/L", "reference_range.high": "46 mg/L"}
)
strengths = st.floats(0.001, 1000)


def strength(drug: str, level: float) -> float:
    """Strength [1] of a total level [mg/L] at a drug's first target."""
    monograph = LIBRARY.monograph(drug)
    target = monograph.target[0]
    assert monograph.binding is not None
    free = 1.0 if target.constant.basis == "total" else monograph.binding.fraction_unbound.canonical
    return free * level / constant_of(target, monograph)


def units(drug: str, level: float, *, factor: float = 1.0, reference: float | None = None) -> float:
    """Protection units [1] of a level [mg/L], with every constant ``factor`` times as large."""
    middle = {"carbamazepine": CBZ, "levetiracetam": LEV, "lamotrigine": LTG}[drug]
    centre = middle_strength(middle) if reference is None else reference
    assert centre is not None
    return float(protection_units(np.array([[strength(drug, level) / factor]]), [centre / factor])[0])


def ratio(before: float, after: float, base: float = 2.0) -> float:
    return float(excitability_ratio(np.array([after - before]), base)[0])


def test_the_worked_example_comes_out() -> None:
    """Carbamazepine 8 mg/L to levetiracetam 10 mg/L: 1.12 to 0.78 units, 1.26; both 0.58, neither 2.17."""
    one, other = units("carbamazepine", 8), units("levetiracetam", 10)

    assert engagement(np.array([strength("carbamazepine", 8), strength("levetiracetam", 10)])) == pytest.approx(
        [0.245, 0.613], abs=5e-4
    )
    assert (one, other) == (pytest.approx(1.117, abs=1e-3), pytest.approx(0.778, abs=1e-3))
    assert ratio(one, other) == pytest.approx(1.26, abs=5e-3)
    assert ratio(one, one + other) == pytest.approx(0.58, abs=5e-3)
    assert ratio(one, 0.0) == pytest.approx(2.17, abs=5e-3)
    assert (ratio(one, other, 1.5), ratio(one, other, 3.0)) == pytest.approx((1.15, 1.45), abs=5e-3)
    assert ratio(one, units("levetiracetam", 23.5)) == pytest.approx(1.08, abs=1e-2)


@pytest.mark.parametrize(
    ("carbamazepine", "levetiracetam", "expected"),
    [
        (8.0, 0.0, 1.0),
        (4.59, 6.95, 0.83),
        (2.64, 9.07, 0.95),
        (0.87, 9.91, 1.14),
        (0.29, 9.99, 1.22),
        (0.0, 10.0, 1.26),
    ],
)
def test_the_days_of_the_worked_example_come_out(carbamazepine: float, levetiracetam: float, expected: float) -> None:
    """The exchange overnight, day by day."""
    before, after = units("carbamazepine", 8), units("carbamazepine", carbamazepine)

    assert ratio(before, after + units("levetiracetam", levetiracetam)) == pytest.approx(expected, abs=6e-3)


@pytest.mark.parametrize(("drug", "low", "high"), [("carbamazepine", 1.09, 1.13), ("levetiracetam", 0.681, 0.835)])
def test_the_ends_of_a_constant_move_units_little(drug: str, low: float, high: float) -> None:
    """Engagement moves by half, units by a tenth: each site is measured against itself."""
    level = {"carbamazepine": 8.0, "levetiracetam": 10.0}[drug]
    monograph = {"carbamazepine": CBZ, "levetiracetam": LEV}[drug]
    constant = constant_of(monograph.target[0], monograph)
    ends = [constant_of(monograph.target[0], monograph, end) / constant for end in ("low", "high")]

    assert sorted(units(drug, level, factor=end) for end in ends) == pytest.approx([low, high], abs=6e-3)


@given(st.floats(0.5, 2.0))
def test_a_common_factor_on_every_constant_nearly_cancels(factor: float) -> None:
    """The ratio of the worked example stays within 9 % for a factor of ½ to 2."""
    scaled = ratio(units("carbamazepine", 8, factor=factor), units("levetiracetam", 10, factor=factor))

    assert scaled == pytest.approx(ratio(units("carbamazepine", 8), units("levetiracetam", 10)), rel=0.09)


@given(strengths, strengths, strengths, strengths)
def test_a_shared_site_never_exceeds_the_sum(one: float, other: float, middle: float, second: float) -> None:
    """Two drugs at one site give at most the units that each gives alone, added (Cauchy)."""
    both = protection_units(np.array([[one], [other]]), [middle, second])[0]
    alone = [float(protection_units(np.array([[s]]), [m])[0]) for s, m in ((one, middle), (other, second))]

    assert both <= sum(alone) * (1 + 1e-9)
    assert together(one, other).both <= together(one, other).independent + 1e-12


def test_how_little_a_second_sodium_blocker_adds() -> None:
    """Lamotrigine 8 mg/L engages 0.610, with carbamazepine 8 mg/L 0.654; at two sites it would be 0.705."""
    pair = together(strength("lamotrigine", 8), strength("carbamazepine", 8))

    assert (pair.first, pair.both, pair.independent) == pytest.approx((0.610, 0.654, 0.705), abs=6e-4)


@given(st.lists(st.floats(-3, 3), min_size=1, max_size=5))
def test_the_band_holds_the_ratio_and_is_one_where_nothing_moves(gained: list[float]) -> None:
    """Whatever is gained or lost, the ratio of base 2 lies inside, and no unit is a ratio of exactly 1."""
    units_gained = np.array([0.0, *gained])
    low, high = ratio_band(units_gained - 0.1, units_gained + 0.1)

    assert np.all(low < excitability_ratio(units_gained))
    assert np.all(excitability_ratio(units_gained) < high)
    assert excitability_ratio(units_gained)[0] == 1.0
    assert ratio_band(np.zeros(1), np.zeros(1)) == (1.0, 1.0)
    assert math.isclose(float(excitability_ratio(np.array([1.0]))[0]), 0.5)
