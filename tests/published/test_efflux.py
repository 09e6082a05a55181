"""Transporters against published ratios: dabigatran etexilate, digoxin and edoxaban, and the return after rifampicin.

Constants were set by hand on dabigatran with rifampicin (day 0), verapamil (before) and carbamazepine, on edoxaban with
quinidine, erythromycin and rifampicin, and on digoxin with St John's wort: those tests hold them there. Checks:
the return after rifampicin, verapamil two hours after, and digoxin with quinidine and rifampicin. Of statins and
OATP1B1 ciclosporin on atorvastatin was set by hand; what rifampicin does the day after is a check.
"""

from __future__ import annotations

import pytest
from runs import course, daily, once, regimen, run, text

from pkinteract.result import Result

FOLD = 1.3

RIFAMPICIN = regimen("rifampicin", course("0 h", 'dose = "600 mg"', 'every = "24 h"', "count = 7"))
"""Last dose at 144 h."""


def ratio(probe: str, dose: str, start: float, *others: str, hours: float = 96, formulation: str = "") -> float:
    """Area over ``hours`` after a single dose of ``probe`` with others over that without."""
    victim = regimen(probe, once(dose, f"{start} h"), formulation=formulation)
    areas = [
        _run(*drugs, victim, days=(start + hours) / 24).curve(probe).integral(start, start + hours)
        for drugs in (others, ())
    ]
    return float(areas[0] / areas[1])


def _run(*regimens: str, days: float) -> Result:
    return run(text(*regimens, days=days, step="24 h"))


@pytest.mark.parametrize(("day", "observed"), [(0, 0.33), (7, 0.82), (14, 0.85)])
def test_dabigatran_etexilate_falls_on_rifampicin_and_comes_back_within_a_week(day: int, observed: float) -> None:
    """150 mg on the day after a week of rifampicin, and 7 and 14 days later (Haertter 2012): 0.33, 0.82 and 0.85."""
    predicted = ratio("dabigatran", "150 mg", 168 + 24 * day, RIFAMPICIN)

    assert observed / FOLD <= predicted <= observed * FOLD


def test_half_life_of_dabigatran_is_unchanged_on_rifampicin() -> None:
    """Rifampicin moves absorption only (Haertter 2012): peak and area fall alike."""
    victim = regimen("dabigatran", once("150 mg", "168 h"))
    curves = [_run(*drugs, victim, days=11).curve("dabigatran") for drugs in ((RIFAMPICIN,), ())]

    peaks, areas = (
        [float(curve.value(170.0)) for curve in curves],
        [float(curve.integral(168, 264)) for curve in curves],
    )

    assert peaks[0] / peaks[1] == pytest.approx(areas[0] / areas[1], rel=0.05)


def test_verapamil_raises_dabigatran_before_and_hardly_after() -> None:
    """Extended-release 240 mg an hour before 1.71; two hours after less than a fifth (Haertter 2013)."""
    before = ratio("dabigatran", "150 mg", 1, regimen("verapamil", once("240 mg"), formulation="extended-release"))
    after = ratio("dabigatran", "150 mg", 0, regimen("verapamil", once("120 mg", "2 h")))

    assert 1.71 / FOLD <= before <= 1.71 * FOLD
    assert 1 < after < 1.2 * FOLD
    assert after < before


def test_edoxaban_rises_on_inhibitors_of_efflux_and_secretion() -> None:
    """Quinidine 300 mg 1.77 (Mendell 2013) and erythromycin 500 mg 1.87 (Cardiol Ther, PMC4906085)."""
    quinidine = regimen("quinidine", daily("300 mg", "8 h", "0 h", "4 d"), formulation="sulfate")
    erythromycin = regimen("erythromycin", daily("500 mg", "6 h", "0 h", "9 d"))

    assert 1.77 / FOLD <= ratio("edoxaban", "60 mg", 48, quinidine, hours=48) <= 1.77 * FOLD
    assert 1.87 / FOLD <= ratio("edoxaban", "60 mg", 144, erythromycin, hours=72) <= 1.87 * FOLD


def test_edoxaban_falls_on_rifampicin_that_is_taken_with_it() -> None:
    """CL/F up by a third with the last dose of a week (Mendell 2015): 0.75."""
    predicted = ratio("edoxaban", "60 mg", 144, RIFAMPICIN, hours=72)

    assert 0.75 / FOLD <= predicted <= 0.75 * FOLD


def test_digoxin_rises_on_quinidine() -> None:
    """Trough 0.41 to 0.70 ng/mL at steady state (Pedersen 1983): 1.71."""
    digoxin = regimen("digoxin", daily("0.25 mg", "24 h", "0 d", "60 d"))
    quinidine = regimen("quinidine", daily("200 mg", "6 h", "20 d", "60 d"), formulation="sulfate")
    troughs = [float(_run(digoxin, *others, days=60).curve("digoxin").value(1440.0)) for others in ((quinidine,), ())]

    assert 1.71 / FOLD <= troughs[0] / troughs[1] <= 1.71 * FOLD


def test_digoxin_falls_on_rifampicin_and_hypericum() -> None:
    """Area 0.75 on rifampicin 300 mg twice a day (Gurley 2008) and 0.82 on St John's wort (Duerr 2000)."""
    rifampicin = regimen("rifampicin", daily("300 mg", "12 h", "0 d", "7 d"))
    hypericum = regimen("hyperforin", daily("7.5 mg", "8 h", "0 d", "18 d"))

    assert 0.75 / FOLD <= ratio("digoxin", "0.25 mg", 144, rifampicin, hours=24) <= 0.75 * FOLD
    assert 0.82 / FOLD <= ratio("digoxin", "0.5 mg", 324, hypericum, hours=108) <= 0.82 * FOLD


def test_carbamazepine_lowers_dabigatran() -> None:
    """600 mg a day: 0.71 of the area of dabigatran etexilate (Lutz 2018)."""
    carbamazepine = regimen("carbamazepine", daily("300 mg", "12 h", "0 d", "24 d"))

    assert 0.714 / FOLD <= ratio("dabigatran", "75 mg", 456, carbamazepine) <= 0.714 * FOLD


@pytest.mark.parametrize(
    ("drug", "dose", "every", "share"),
    [("dabigatran", "150 mg", "12 h", 0.85), ("digoxin", "0.25 mg", "24 h", 0.61), ("edoxaban", "60 mg", "24 h", 0.5)],
)
def test_kidneys_raise_what_they_clear(drug: str, dose: str, every: str, share: float) -> None:
    """At a creatinine clearance of 30 mL/min the average is 1/(1 - 0.7 share) of that at 100 mL/min."""
    means = []
    for clearance in ("30 mL/min", "100 mL/min"):
        source = text(regimen(drug, daily(dose, every, "-1 d", "1 d", "steady_state = true")), days=1)
        curve = run(source.replace("95 mL/min", clearance)).curve(drug)
        means.append(float(curve.integral(0, 24)))

    assert means[0] / means[1] == pytest.approx(1 / (1 - 0.7 * share), rel=0.02)


def test_expressers_of_cyp3a5_clear_tacrolimus_faster() -> None:
    """CL/F of carriers of one *1 is 1.6 times that of *3/*3 (Zheng 2012)."""
    doses = regimen("tacrolimus", daily("3 mg", "12 h", "-1 d", "1 d", "steady_state = true"))
    genes = ('[patient.phenotype]\nCYP3A5 = "poor"\n', '[patient.phenotype]\nCYP3A5 = "intermediate"\n')
    means = [run(text(doses, days=1, patient=gene)).curve("tacrolimus").integral(0, 24) for gene in genes]

    assert float(means[0] / means[1]) == pytest.approx(1.6, rel=0.05)


def test_rifampicin_raises_atorvastatin_that_is_taken_with_it_and_lowers_it_the_day_after() -> None:
    """It blocks uptake for hours and induces for days: above 2 (4.6 to 12 published), and 0.20 on day 6 (recalled)."""
    beside = ratio("atorvastatin", "40 mg", 0, regimen("rifampicin", once("600 mg")))
    five = regimen("rifampicin", course("0 h", 'dose = "600 mg"', 'every = "24 h"', "count = 5"))

    assert beside > 2
    assert 0.20 / 1.5 <= ratio("atorvastatin", "40 mg", 120, five) <= 0.20 * 1.5


def test_ciclosporin_raises_statins_by_way_of_their_uptake() -> None:
    """Atorvastatin 7.5- to 15-fold (Varma); simvastatin acid by more than its lactone, which OATP1B1 does not carry."""
    ciclosporin = regimen("ciclosporin", daily("180 mg", "12 h", "0 d", "20 d"))
    simvastatin = regimen("simvastatin", once("20 mg", "240 h"))
    runs = [_run(*drugs, simvastatin, days=14) for drugs in ((ciclosporin,), ())]
    lactone, acid = (
        float(runs[0].curve(name).integral(240, 336) / runs[1].curve(name).integral(240, 336))
        for name in ("simvastatin", "simvastatin-acid")
    )

    assert 7.5 / FOLD <= ratio("atorvastatin", "10 mg", 240, ciclosporin) <= 15.3
    assert 1 < acid / lactone <= 1 / (1 - 0.60 - 0.25)
