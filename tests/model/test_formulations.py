"""Every way in that a monograph can describe, through ``simulate``, against convolution of its written release."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from runs import course, drug, once, pathway, regimen, run, text
from scipy.integrate import quad
from scipy.special import gammaincc

KE = 0.1
"""5 L/h over 50 L."""

DOSE = 100.0
TIMES = np.linspace(0, 36, 37)
EXACT = 1e-7
SHARP = 2e-6
"""A release that begins infinitely steeply gives off the first ten-thousandth of the dose evenly."""

Share = Callable[[float], float]


def absorbed_then(ka: float | None) -> Share:
    """Amount in the body at an age, of 1 mg that reaches the depot, or without ``ka`` the blood, at age 0."""
    if ka is None:
        return lambda age: math.exp(-KE * age)
    return lambda age: ka / (ka - KE) * (math.exp(-KE * age) - math.exp(-ka * age))


def amounts(release: Share, ka: float | None = None, lag: float = 0.0) -> np.ndarray:
    """Amount in the body at ``TIMES`` of 1 mg of which the share ``release`` R is left unreleased at each age.

    By parts, so that a release rate may be infinite: body(t) = R(0)·g(t) - R(t)·g(0) + ∫ R(s)·d/ds g(t - s) ds.
    """
    response = absorbed_then(ka)

    def slope(age: float) -> float:
        if ka is None:
            return -KE * math.exp(-KE * age)
        return ka / (ka - KE) * (ka * math.exp(-ka * age) - KE * math.exp(-KE * age))

    def body(t: float) -> float:
        if t <= 0:
            return 0.0
        inside = quad(lambda s: release(s) * slope(t - s), 0, t, limit=400, epsabs=1e-11)[0]
        return response(t) - release(t) * response(0.0) - float(inside)

    return np.array([body(t - lag) for t in TIMES])


def constant_rate(hours: float) -> Share:
    return lambda age: max(1 - age / hours, 0.0)


def weibull(scale: float, shape: float) -> Share:
    return lambda age: math.exp(-((age / scale) ** shape))


def transit(n: float, mean: float) -> Share:
    return lambda age: float(gammaincc(n + 1, (n + 1) / mean * age))


def level(form: str, *rows: str, stepped: bool = False) -> np.ndarray:
    """Level after one dose; through an enzyme that an idle inducer moves, the drug is stepped, else exact."""
    elimination = pathway("all", 1.0, "CYP3A4") if stepped else ""
    idle = '[induces.CYP3A4]\nslope = { value = 1e-12, unit = "L/mg", basis = "total" }\n' if stepped else ""
    formed = drug("victim", elimination, idle, f"[absorption.oral]\n{form}")
    dose = regimen("victim", once(f"{DOSE} mg", "0 d", *rows))
    return run(text(dose, days=1.5), rtol=1e-10, drugs=(formed,)).concentration[0]


CASES = {
    "zero order into the gut wall": ('zero_order = "6 h"', lambda: amounts(constant_rate(6)), EXACT),
    "zero order into a depot": ('zero_order = "6 h"\nka = "0.7 1/h"', lambda: amounts(constant_rate(6), 0.7), EXACT),
    "zero order after a lag": (
        'zero_order = "150 min"\nka = "0.7 1/h"\nlag = "90 min"',
        lambda: amounts(constant_rate(2.5), 0.7, 1.5),
        EXACT,
    ),
    "transit": (
        'transit = { number = "3", mean_time = "4 h" }\nka = "0.7 1/h"',
        lambda: amounts(transit(3, 4), 0.7),
        EXACT,
    ),
    "transit with a broken number": (
        'transit = { number = "2.4", mean_time = "4 h" }\nka = "0.7 1/h"\nlag = "1 h"',
        lambda: amounts(transit(2.4, 4), 0.7, 1),
        EXACT,
    ),
    "transit with less than one": (
        'transit = { number = "0.5", mean_time = "4 h" }\nka = "0.7 1/h"',
        lambda: amounts(transit(0.5, 4), 0.7),
        SHARP,
    ),
    "transit of none": (
        'transit = { number = "0", mean_time = "4 h" }\nka = "0.7 1/h"',
        lambda: amounts(lambda age: math.exp(-age / 4), 0.7),
        EXACT,
    ),
    "weibull": ('weibull = { scale = "6 h", shape = "2.2" }', lambda: amounts(weibull(6, 2.2)), EXACT),
    "weibull into a depot": (
        'weibull = { scale = "6 h", shape = "2.2" }\nka = "0.7 1/h"\nlag = "30 min"',
        lambda: amounts(weibull(6, 2.2), 0.7, 0.5),
        EXACT,
    ),
    "weibull that begins at an infinite rate": (
        'weibull = { scale = "6 h", shape = "0.6" }',
        lambda: amounts(weibull(6, 0.6)),
        SHARP,
    ),
    "parts": (
        '[[absorption.oral.part]]\nfraction = "0.4"\nka = "1.2 1/h"\n'
        '[[absorption.oral.part]]\nfraction = "0.35"\nka = "0.5 1/h"\nzero_order = "8 h"\nlag = "2 h"\n'
        '[[absorption.oral.part]]\nfraction = "0.25"\nweibull = { scale = "9 h", shape = "3" }\n',
        lambda: (
            0.4 * np.vectorize(absorbed_then(1.2))(TIMES)
            + 0.35 * amounts(constant_rate(8), 0.5, 2)
            + 0.25 * amounts(weibull(9, 3))
        ),
        EXACT,
    ),
}


@pytest.mark.parametrize("stepped", [True, False])
@pytest.mark.parametrize("name", CASES)
def test_a_dose_enters_as_its_formulation_is_written(name: str, stepped: bool) -> None:
    """The level is the written release convolved with absorption and elimination, also where the drug is exact."""
    form, expected, tolerance = CASES[name]

    found = level(f"{form}\n", stepped=stepped)

    np.testing.assert_allclose(50 * found, DOSE * expected(), rtol=0, atol=tolerance * DOSE)


FOOD = '[absorption.oral.food]\nbioavailability = "1.5"\nka = "0.4"\nlag = "3"\n'


@pytest.mark.parametrize("fed", [True, False])
def test_food_multiplies_availability_ka_and_lag(fed: bool) -> None:
    """F 0.5, ka 1.5 /h and lag 1 h become 0.75, 0.6 /h and 3 h in a course with food, and stay without."""
    form = f'ka = "1.5 1/h"\nlag = "1 h"\nbioavailability = "0.5"\n{FOOD}'

    found = level(form, f'food = "{"fed" if fed else "fasted"}"')

    share, ka, lag = (0.75, 0.6, 3) if fed else (0.5, 1.5, 1)
    expected = share * np.vectorize(absorbed_then(ka))(np.maximum(TIMES - lag, 0))
    np.testing.assert_allclose(50 * found, DOSE * expected, rtol=0, atol=EXACT * DOSE)


def test_food_acts_on_every_part() -> None:
    """Its ka and lag multiply those of each part that has them, its bioavailability the whole dose."""
    form = (
        'bioavailability = "0.5"\n[[absorption.oral.part]]\nfraction = "0.5"\nka = "1.5 1/h"\nlag = "1 h"\n'
        f'[[absorption.oral.part]]\nfraction = "0.5"\nka = "0.5 1/h"\nzero_order = "4 h"\n{FOOD}'
    )

    found = level(form, 'food = "fed"')

    quick = np.vectorize(absorbed_then(0.6))(np.maximum(TIMES - 3, 0))
    expected = 0.75 * (0.5 * quick + 0.5 * amounts(constant_rate(4), 0.2))
    np.testing.assert_allclose(50 * found, DOSE * expected, rtol=0, atol=EXACT * DOSE)


def test_meals_may_change_from_course_to_course() -> None:
    """Fasted and fed doses of one run each have their own factors; the levels add."""
    form = drug("victim", f'[absorption.oral]\nka = "1.5 1/h"\nlag = "1 h"\nbioavailability = "0.5"\n{FOOD}')
    courses = [
        course(f"{hour} h", f'dose = "{DOSE} mg"', f'food = "{food}"') for hour, food in ((0, "fasted"), (5, "fed"))
    ]

    found = run(text(regimen("victim", *courses), days=1.5), rtol=1e-10, drugs=(form,)).concentration[0]

    first = 0.5 * np.vectorize(absorbed_then(1.5))(np.maximum(TIMES - 1, 0))
    second = 0.75 * np.vectorize(absorbed_then(0.6))(np.maximum(TIMES - 8, 0))
    np.testing.assert_allclose(50 * found, DOSE * (first + second), rtol=0, atol=EXACT * DOSE)


def test_a_course_may_set_lag_and_bioavailability_of_any_form() -> None:
    """They replace those of the formulation, in every part."""
    form = (
        '[[absorption.oral.part]]\nfraction = "0.5"\nka = "1.5 1/h"\nlag = "1 h"\n'
        '[[absorption.oral.part]]\nfraction = "0.5"\nzero_order = "4 h"\n'
    )

    found = level(form, 'lag = "2 h"', "bioavailability = 0.6")

    quick = np.vectorize(absorbed_then(1.5))(np.maximum(TIMES - 2, 0))
    expected = 0.6 * 0.5 * (quick + amounts(constant_rate(4), None, 2))
    np.testing.assert_allclose(50 * found, DOSE * expected, rtol=0, atol=EXACT * DOSE)
