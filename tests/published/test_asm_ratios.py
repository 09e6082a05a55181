"""Published changes of clobazam, stiripentol, cannabidiol, cenobamate, perampanel, brivaracetam and their partners."""

from __future__ import annotations

import numpy as np
import pytest
from runs import average, course, daily, half_life, once, regimen, run, text

from pkinteract.result import Result

CLOBAZAM = regimen("clobazam", daily("10 mg", "12 h"))
CARBAMAZEPINE = regimen("carbamazepine", daily("400 mg", "12 h"))
STIRIPENTOL = regimen("stiripentol", daily("1000 mg", "12 h"))
CANNABIDIOL = regimen("cannabidiol", daily("700 mg", "12 h", "0 d", "400 d", 'food = "fed"'))
BRIVARACETAM = regimen("brivaracetam", daily("100 mg", "12 h"))
PERAMPANEL = regimen("perampanel", daily("8 mg"))
CENOBAMATE = regimen("cenobamate", daily("200 mg"))

GATE = 1.5
"""Fold by which a prediction may miss the ratio of a study."""


def last_day(*regimens: str, patient: str = "", days: int = 60) -> Result:
    return run(text(*regimens, days=days, patient=patient))


def level(result: Result, analyte: str) -> float:
    """Average level of the last day."""
    stop = float(result.time[-1])
    return average(result.curve(analyte), stop - 24, stop)


@pytest.mark.parametrize(
    ("victim", "perpetrator", "analyte", "observed"),
    [
        (CLOBAZAM, STIRIPENTOL, "clobazam", 1.15),
        (CLOBAZAM, STIRIPENTOL, "n-desmethylclobazam", 6.7),
        (CLOBAZAM, CANNABIDIOL, "clobazam", 1.1),
        (CLOBAZAM, CANNABIDIOL, "n-desmethylclobazam", 2.6),
        (CLOBAZAM, CARBAMAZEPINE, "clobazam", 0.5),
        (CLOBAZAM, CARBAMAZEPINE, "n-desmethylclobazam", 2.0),
        (BRIVARACETAM, CARBAMAZEPINE, "brivaracetam", 0.74),
        (PERAMPANEL, CARBAMAZEPINE, "perampanel", 0.33),
        (CARBAMAZEPINE, CENOBAMATE, "carbamazepine", 0.77),
    ],
)
def test_the_level_changes_as_published(victim: str, perpetrator: str, analyte: str, observed: float) -> None:
    """Steady-state ratio with the other drug: PK-PD modelling 2019, VanLandingham 2020, Contin 1999, labels."""
    alone = level(last_day(victim), analyte)

    ratio = level(last_day(victim, perpetrator), analyte) / alone

    assert observed / GATE < ratio < observed * GATE


def test_brivaracetam_raises_the_epoxide_and_leaves_carbamazepine() -> None:
    """Only epoxide hydrolase is blocked; the epoxide does not act on carbamazepine."""
    alone, together = last_day(CARBAMAZEPINE), last_day(CARBAMAZEPINE, BRIVARACETAM)

    carbamazepine, epoxide = (
        level(together, name) / level(alone, name) for name in ("carbamazepine", "carbamazepine-epoxide")
    )

    assert carbamazepine == pytest.approx(1, abs=1e-5)
    assert epoxide > 1.3


def test_a_poor_metaboliser_has_1_43_times_the_brivaracetam() -> None:
    """CYP2C19 carries 0.30 of a linear clearance, so 1/0.70 without it (closed form; label 1.42)."""
    poor = '[patient.phenotype]\nCYP2C19 = "poor"\n'

    ratio = level(last_day(BRIVARACETAM, patient=poor), "brivaracetam") / level(last_day(BRIVARACETAM), "brivaracetam")

    assert ratio == pytest.approx(1 / 0.7, rel=1e-4)


@pytest.mark.parametrize(("dose", "observed"), [(100, 0.73), (200, 0.28)])
def test_cenobamate_lowers_oral_midazolam_steeply(dose: int, observed: float) -> None:
    """A small fall at 100 mg/d, a large one at 200 mg/d (product information)."""
    probe = regimen("midazolam", once("2 mg", "40 d"))
    inducer = regimen("cenobamate", daily(f"{dose} mg"))
    alone, together = last_day(probe, days=42), last_day(probe, inducer, days=42)

    ratio = float(together.curve("midazolam").integral(960, 1008)) / float(alone.curve("midazolam").integral(960, 1008))

    assert observed / GATE < ratio < observed * GATE


def test_stiripentol_rises_faster_than_its_dose() -> None:
    """Peaks of 2, 6.5 and 14.1 mg/L after 500, 1000 and 2000 mg, and a half-life that grows (Buck 2018, ACCP)."""
    runs = [run(text(regimen("stiripentol", once(f"{dose} mg")), days=2, step="0.25 h")) for dose in (500, 1000, 2000)]

    peaks = np.array([float(np.max(result.concentration[0])) for result in runs])
    half_lives = [half_life(result.curve("stiripentol"), 8, 24) for result in runs]

    assert np.all(np.abs(np.log(peaks / [2, 6.5, 14.1])) < np.log(GATE))
    assert np.all(np.diff(peaks / [500, 1000, 2000]) > 0)
    assert np.all(np.diff(half_lives) > 0)


def test_cannabidiol_with_food_is_four_times_cannabidiol_without() -> None:
    """CL/F 752 L/h fasted, 182 L/h after a high-fat meal; its own inhibition of CYP2C19 adds little."""
    fed, fasted = (
        run(text(regimen("cannabidiol", course("0 h", 'dose = "1500 mg"', f'food = "{food}"')), days=5))
        for food in ("fed", "fasted")
    )

    ratio = level(fed, "cannabidiol") / level(fasted, "cannabidiol")

    assert 3.9 < ratio < 5
