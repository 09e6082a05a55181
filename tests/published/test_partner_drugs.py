"""Partner drugs: what genotypes, the pill, smoking and kidneys do, against the papers that their monographs cite."""

from __future__ import annotations

import pytest
from runs import average, daily, half_life, once, regimen, run, text

POOR: list[tuple[str, str, str, float, float, str]] = [
    ("metoprolol", "100 mg", "CYP2D6", 4.9, 5.9, "Blake 2013: AUC and CL/F of 264 people"),
    ("desipramine", "100 mg", "CYP2D6", 4.5, 10, "Brosen 1986 and 1993: CYP2D6 carries 0.78 to 0.90"),
    ("atomoxetine", "40 mg", "CYP2D6", 8, 10.5, "label: AUC 8 to 10 times; rounded"),
    (
        "risperidone",
        "2 mg",
        "CYP2D6",
        4.67,
        7.1,
        "Spina 2002 on fluoxetine; Feng 2008: CL/F 65.4 over 12.9; paroxetine",
    ),
    ("omeprazole", "20 mg", "CYP2C19", 5.8, 11.2, "Ther Drug Monit 1994: Chinese 426/73, Caucasians 950/85"),
    ("escitalopram", "10 mg", "CYP2C19", 2.5, 4.3, "Jukic 2018: level 3.3-fold, within 1.3-fold of it"),
    (
        "venlafaxine",
        "75 mg",
        "CYP2D6",
        3.0,
        5.2,
        "Eap 2003: both enantiomers together 3.95-fold, within 1.3-fold of it",
    ),
    ("mirtazapine", "30 mg", "CYP2D6", 1.18, 1.4, "level 1.18-fold in 2315 patients, AUC 1.35-fold in 68 volunteers"),
]


@pytest.mark.parametrize(("drug", "dose", "gene", "low", "high", "paper"), POOR, ids=[row[0] for row in POOR])
def test_a_poor_metaboliser_has_the_published_multiple_of_the_area(
    drug: str, dose: str, gene: str, low: float, high: float, paper: str
) -> None:
    """AUC by mouth of one dose in poor over normal metabolisers."""
    doses = regimen(drug, once(dose))
    poor = f'[patient.phenotype]\n{gene} = "poor"\n'

    normal, lacking = (run(text(doses, days=25, patient=patient)).curve(drug) for patient in ("", poor))

    assert low < lacking.integral(0, 600) / normal.integral(0, 600) < high, paper


def test_the_pill_halves_lamotrigine() -> None:
    """AUC of lamotrigine with 30 ug of ethinylestradiol over without: 0.48, 90 % interval 0.44 to 0.53 (Sidhu 2006)."""
    steady = ("-1 d", "1 d", "steady_state = true")
    alone = regimen("lamotrigine", daily("150 mg", "12 h", *steady))
    pill = regimen("ethinylestradiol", daily("0.03 mg", "24 h", *steady))

    without, together = (run(text(alone, more, days=1)).curve("lamotrigine") for more in ("", pill))

    assert 0.44 < average(together, 0, 24) / average(without, 0, 24) < 0.53


def test_smokers_clear_caffeine_faster() -> None:
    """CYP1A2 of heavy smokers falls by 36.1 % when they stop (Faber 2004) and carries 95 % of the clearance."""
    doses = regimen("caffeine", once("200 mg"))

    smoker, other = (run(text(doses, days=4, patient=row)).curve("caffeine") for row in ("smoker = true\n", ""))

    fall = 1 - smoker.integral(0, 96) / other.integral(0, 96)
    assert fall == pytest.approx(1 - 1 / (0.95 / (1 - 0.361) + 0.05), rel=1e-3)


def test_smokers_have_less_duloxetine() -> None:
    """The level of smokers is 0.70 of that of others (Knadler 2011), within a tenth."""
    doses = regimen("duloxetine", daily("60 mg", "24 h", "-1 d", "1 d", "steady_state = true"))

    smoker, other = (run(text(doses, days=1, patient=row)).curve("duloxetine") for row in ("smoker = true\n", ""))

    assert average(smoker, 0, 24) / average(other, 0, 24) == pytest.approx(0.70, rel=0.1)


def test_clozapine_rises_when_smoking_stops() -> None:
    """By the share of CYP1A2, 0.6·1.565 + 0.4 of an oral area, most of it within a week; Wetzel 1998 saw 1/0.68."""
    stops = 'smoker = true\n[[patient.change]]\nat = "0 d"\nsmoker = false\n'
    doses = regimen("clozapine", daily("150 mg", "12 h", "-30 d", "40 d"))

    curve, smoking = (run(text(doses, days=40, patient=row)).curve("clozapine") for row in (stops, "smoker = true\n"))
    rise = [average(curve, day * 24 - 12, day * 24) / average(smoking, 948, 960) for day in (2, 7, 40)]

    assert rise[-1] == pytest.approx(0.6 / (1 - 0.361) + 0.4, rel=2e-3)
    assert rise[0] - 1 < 0.7 * (rise[-1] - 1)
    assert rise[1] - 1 > 0.85 * (rise[-1] - 1)


@pytest.mark.parametrize(
    ("drug", "dose", "analyte", "kidneys", "multiple"),
    [
        ("lithium", "450 mg", "lithium", 30, 100 / 30),
        ("risperidone", "2 mg", "paliperidone", 40, 1 / 0.36),
        ("risperidone", "2 mg", "paliperidone", 20, 1 / 0.29),
    ],
)
def test_levels_rise_as_kidneys_fail(drug: str, dose: str, analyte: str, kidneys: float, multiple: float) -> None:
    """Lithium in proportion to creatinine clearance, at first 100 mL/min; paliperidone by the bands of its label.

    Of risperidone itself 4 % is renal, so a little more of it becomes paliperidone.
    """
    doses = regimen(drug, daily(dose, "12 h", "-1 d", "1 d", "steady_state = true"))

    levels = [
        average(run(text(doses, days=1).replace('"95 mL/min"', f'"{row} mL/min"')).curve(analyte), 0, 24)
        for row in (kidneys, 100)
    ]

    assert levels[0] / levels[1] == pytest.approx(multiple, rel=0.03)


@pytest.mark.parametrize(
    ("drug", "dose", "start", "low", "high", "paper"),
    [
        ("alprazolam", "1 mg", 12, 8.7, 15.8, "sixteen digitised curves"),
        ("triazolam", "0.25 mg", 4, 1.8, 5.0, "24 digitised curves"),
        ("quinidine", "200 mg", 10, 5.8, 8.4, "nine digitised curves"),
        ("caffeine", "200 mg", 8, 3, 7, "Tornio 2019"),
        ("imipramine", "100 mg", 24, 6, 18, "Sutfin 1984"),
        ("desipramine", "100 mg", 24, 16.7, 28.7, "eight digitised curves of extensive metabolisers"),
        ("ethinylestradiol", "0.05 mg", 24, 6, 20, "Fattore 1999"),
        ("metoprolol", "100 mg", 6, 2.7, 3.6, "Vss and CL, and half-life of the compilation"),
    ],
)
def test_half_lives_are_as_published(drug: str, dose: str, start: float, low: float, high: float, paper: str) -> None:
    """Terminal half-life after one dose by mouth lies in the published range [h]."""
    curve = run(text(regimen(drug, once(dose)), days=5)).curve(drug)

    assert low < half_life(curve, start, start + low) < high, paper
