"""No dose vanishes on its way: a release gives off what was taken, however narrow, late, long or steep it is."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from runners import MARKED, RUNNERS
from scipy.stats import gamma

from pkinteract import load_scenario, simulate
from pkinteract.engine.events import Event
from pkinteract.engine.mechanisms.release import (
    FINISHED,
    NARROW,
    QUIET,
    SHARP,
    SHORTEST,
    longest_first,
    transit_profile,
    weibull_profile,
)
from pkinteract.engine.system import Compound, Enzyme, Pathway, Release, System

KE, KA, DOSE = 0.1, 0.7, 100.0
ELSEWHERE = 5000.37
"""When the dose is taken [h]: between doses of others, long after the start."""

TRANSIT = [
    (number, mean)
    for number in (0.0, 0.3, 4.0, 20.0, 47.9, 49.0, 100.0, 1e4, 1e8, 1e300)
    for mean in (1e-300, 1e-5, 0.02, 2.0, 300.0)
]
WEIBULL = [(shape, scale) for shape in (0.3, 0.6, 1.0, 1.99, 2.0, 10.0) for scale in (1e-12, 1e-5, 0.02, 5.0)]


def system(kind: str, first: float, second: float) -> System:
    """One compartment of 10 L; through an enzyme it is stepped."""
    return System(
        parameters=(10.0, 10.0 * KE, KA, 0.02, 1.0, first, second),
        compounds=(Compound(volume=0),),
        scale=(DOSE,),
        releases=(Release(compound=0, kind=kind, first=5, second=6, ka=2),),  # type: ignore[arg-type]
        enzymes=(Enzyme(kdeg=3, activity=4),),
        pathways=(Pathway(compound=0, clearance=1, enzyme=0),),
    )


def area(runner: str, kind: str, first: float, second: float, over: float) -> float:
    """What is eliminated in the end of one dose, beside boluses of the same drug that come at any age of it [mg]."""
    own = system(kind, first, second)
    boluses = [Event(time=ELSEWHERE + age, kind="bolus", target=0, amount=7.0) for age in (-0.3, 0.001, 0.7, 1.9, 30.0)]
    events = sorted([*boluses, Event(time=ELSEWHERE, kind="release", target=0, amount=DOSE)])
    stop = ELSEWHERE + max(over, 30.0) + 300.0
    solved = RUNNERS[runner](own, events, 4990.0, stop)
    return KE * float(solved.amounts[0].integral(4990.0, stop)) - 35.0


@pytest.mark.slow
@pytest.mark.parametrize("runner", MARKED)
@pytest.mark.parametrize(("number", "mean"), TRANSIT)
def test_a_transit_chain_of_any_number_and_time_gives_its_dose(runner: str, number: float, mean: float) -> None:
    """From an exponential to a jump, from nothing to weeks: what went in is eliminated, to 1e-5 of the dose."""
    rate = (number + 1) / mean
    found = area(runner, "transit", rate, number, transit_profile(rate, number).over)

    assert found == pytest.approx(DOSE, abs=1e-5 * DOSE)


@pytest.mark.slow
@pytest.mark.parametrize("runner", MARKED)
@pytest.mark.parametrize(("shape", "scale"), WEIBULL)
def test_a_weibull_release_of_any_shape_and_time_gives_its_dose(runner: str, shape: float, scale: float) -> None:
    """What is not released in 3000 h is left out; all else is eliminated, to 1e-5 of the dose."""
    over = min(weibull_profile(scale, shape).over, 3000.0)
    found = area(runner, "weibull", scale, shape, over)

    begun, ended = (1 - math.exp(-((age / scale) ** shape)) for age in (over, max(over, 30.0) + 300.0))
    assert DOSE * begun - 1e-5 * DOSE <= found <= DOSE * ended + 1e-5 * DOSE


@pytest.mark.parametrize("runner", MARKED)
def test_a_narrow_chain_is_a_delay(runner: str) -> None:
    """Ten thousand compartments of 2 h in all: the level is that of a dose into the depot 2 h later."""
    own = system("transit", 10001 / 2.0, 1e4)
    times = np.array([1.0, 2.5, 4.0, 12.0])
    found = RUNNERS[runner](own, [Event(time=0.0, kind="release", target=0, amount=DOSE)], 0.0, 24.0)

    since = np.maximum(times - 2.0, 0.0)
    delayed = DOSE * KA / (KA - KE) * (np.exp(-KE * since) - np.exp(-KA * since))
    np.testing.assert_allclose(found.amounts[0].value(times), delayed, rtol=0, atol=3e-4 * DOSE)


@pytest.mark.parametrize("number", [0.0, 0.2, 0.99, 1.0, 1.5, 4.0, 80.0])
def test_where_a_chain_begins_and_ends(number: float) -> None:
    """Closed form: mean, width and both ends of a gamma distribution of mean 4 h; even at first where it is steepest.

    The even stretch gives off what the first term of its series says, k^n·t^(n + 1)/Γ(n + 2), where the rate begins
    with an infinite slope: with 0 < n < 1. What comes too late to be seen at once is looked for from ``quiet`` on.
    """
    rate = (number + 1) / 4.0
    profile, exact = transit_profile(rate, number), gamma(number + 1, scale=1 / rate)

    assert profile.width == pytest.approx(exact.std(), rel=1e-12)
    assert exact.sf(profile.over) < FINISHED
    assert profile.over == pytest.approx(4.0 + 10 * exact.std() + 20 / rate)
    if 0 < number < 1:
        assert (rate * profile.sharp) ** (number + 1) / math.gamma(number + 2) == pytest.approx(SHARP)
        assert profile.even == SHARP
    else:
        assert (profile.sharp, profile.even) == (0.0, 0.0)
    late = exact.std() * NARROW < 4.0
    assert profile.quiet == pytest.approx(4.0 - QUIET * exact.std() if late else 0.0)
    assert exact.cdf(profile.quiet) < 1e-8
    assert profile.jumps == tuple(age for age in (profile.sharp, profile.quiet) if age)


@pytest.mark.parametrize(("width", "longest"), [(2.0, 1e-3), (4e-3, 1e-3), (2e-3, 5e-4), (1e-4, 2.5e-5)])
def test_the_first_step_sees_a_release_however_narrow(width: float, longest: float) -> None:
    """A quarter of its width, and no more than 1e-3 h."""
    assert longest_first(weibull_profile(2 * width, 2.0)) == pytest.approx(longest)


@pytest.mark.parametrize("shape", [0.4, 1.0, 1.9, 2.0, 5.0])
def test_where_a_weibull_release_begins_and_ends(shape: float) -> None:
    """Closed form: quantiles of 1 - exp(-(t/τ)^b), and its rate b/τ·(t/τ)^(b - 1) less what is gone."""
    profile = weibull_profile(3.0, shape)

    def left(age: float) -> float:
        return math.exp(-((age / 3.0) ** shape))

    assert left(profile.over) == pytest.approx(FINISHED, rel=1e-6)
    assert profile.width == pytest.approx(3.0 / max(shape, 1))
    assert 1 - left(profile.sharp) == pytest.approx(profile.even, rel=1e-9)
    assert profile.sharp == SHORTEST if shape < 1 else profile.even == pytest.approx(SHARP if shape < 2 else 0.0)
    assert profile.quiet == 0
    for age in (0.5, 3.0, 4.0):
        rate = shape / 3.0 * (age / 3.0) ** (shape - 1) * left(age)
        assert profile.rate(age, after=False) == pytest.approx(rate, rel=1e-12)
    if shape < 2:
        assert profile.rate(profile.sharp / 2, after=False) == pytest.approx(profile.even / profile.sharp)


@settings(deadline=None)
@given(st.floats(1e-3, 1e11), st.floats(1e-3, 1e3), st.floats(-6.0, 6.0))
def test_the_density_of_a_chain_is_that_of_a_gamma_distribution(number: float, mean: float, widths: float) -> None:
    """Of any number of compartments, as far as six widths from the mean, also where scipy's terms are 1e12."""
    width = mean / math.sqrt(number + 1)
    age = mean + widths * width
    if age <= 0 or width < 2 * SHORTEST:
        return
    profile = transit_profile((number + 1) / mean, number)
    if age < 2 * profile.sharp:
        return
    if number < 1e6:
        expected = float(gamma(number + 1, scale=mean / (number + 1)).pdf(age))
        assert profile.rate(age, after=False) == pytest.approx(expected, rel=1e-8, abs=1e-12 / width)
    else:
        skewed = math.exp(-(widths**2) / 2) / math.sqrt(2 * math.pi) / width
        third = (widths**3 - 3 * widths) / 3 / math.sqrt(number)
        assert profile.rate(age, after=False) == pytest.approx(skewed * (1 + third), rel=1e-3)


@pytest.mark.parametrize(("number", "mean"), [("10000", "2 h"), ("4", "0.00001 h"), ("1e300", "1e-300 h")])
def test_a_tablet_with_such_a_chain_has_its_area(number: str, mean: str, tmp_path: Path) -> None:
    """100 mg, clearance 10 L/h, F 1: an AUC of 10 mg·h/L by the ordinary door."""
    (tmp_path / "x.toml").write_text(
        'id = "x"\nname = "X"\nmolar_mass = "300 g/mol"\nunit = "mg/L"\n[distribution]\nvolume = "10 L"\n'
        '[elimination]\nclearance = "10 L/h"\n[absorption.oral]\nka = "1 1/h"\n'
        f'transit = {{ number = "{number}", mean_time = "{mean}" }}\n',
        "utf-8",
    )
    (tmp_path / "case.toml").write_text(
        'title = "x"\nlibrary = ["x.toml"]\n[simulation]\nduration = "3 d"\n[patient]\nweight = "70 kg"\nage = "45 y"\n'
        'sex = "female"\n[[regimen]]\ndrug = "x"\n[[regimen.course]]\nfrom = "0 d"\ndose = "100 mg"\n',
        "utf-8",
    )

    result = simulate(load_scenario(tmp_path / "case.toml"))

    assert float(result.curve("x").integral(0, 72)) == pytest.approx(10.0, rel=1e-5)
