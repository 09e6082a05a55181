"""Sentences as a ward reads them: none is against a table, an alert or another sentence of the same run."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from runs import average, daily, regimen, run, text

from pkinteract.analysis import Answer, answer_of
from pkinteract.model.expectation.evidence import pair_evidence
from pkinteract.report.run.sentences import sentences_of
from pkinteract.text.words import words_of

STEADY = "steady_state = true"


def kept(dose: str, every: str = "24 h", *, start: str = "-60 d", until: str = "400 d") -> str:
    """A course at steady state as the run begins."""
    return daily(dose, every, start, until, STEADY)


def answered(*regimens: str, days: float, patient: str = "") -> Answer:
    return answer_of(run(text(*regimens, days=days, patient=patient, step="6 h")))


def told(answer: Answer, language: str = "en") -> Mapping[str, str]:
    pairs = pair_evidence(answer.result.scenario)
    return {sentence.label: sentence.text for sentence in sentences_of(answer, words_of(language), pairs)}


# ---- who is at risk ----


def test_a_risk_is_told_of_the_patient_whose_level_it_is() -> None:
    """Kidneys that fail and recover: at the peak the clearance is 35 mL/min already, and 30 make little more of it."""
    failing = '[[patient.change]]\nat = "5 d"\ncreatinine_clearance = "35 mL/min"\n'
    recovered = '[[patient.change]]\nat = "15 d"\ncreatinine_clearance = "95 mL/min"\n'
    lithium = regimen("lithium", kept("450 mg", "12 h"))

    answer = answered(lithium, days=30, patient=failing + recovered)
    for_good = told(answered(lithium, days=30, patient=failing))

    assert answer.told[0].ratio > 2
    assert "risk" not in told(answer)
    assert "risk" not in for_good


# ---- what to do ----

POOR = '[patient.phenotype]\nCYP3A5 = "poor"\n'
TACROLIMUS = regimen("tacrolimus", kept("3 mg", "12 h"))


def test_a_level_that_is_too_low_and_then_too_high_asks_for_both() -> None:
    """Tacrolimus beside rifampicin and then fluconazole: weeks below the range were not told beside what followed."""
    rifampicin = regimen("rifampicin", daily("600 mg", "24 h", "0 d", "20 d"))
    fluconazole = regimen("fluconazole", daily("200 mg", "24 h", "25 d", "39 d"))

    do = told(answered(TACROLIMUS, rifampicin, fluconazole, days=50, patient=POOR))["do"]

    low, high = do.index("expected below 5 ng/mL from day 1 to day 25.5"), do.index("above 15 ng/mL until day")
    assert low < high


@pytest.mark.parametrize(("until", "said"), [("7 d", True), ("30 d", False)])
def test_a_level_that_is_too_high_for_a_time_asks_for_the_old_dose_after_it(until: str, said: bool) -> None:
    """Tacrolimus beside a week of clarithromycin: a dose that was lowered for it is too low when it is over."""
    clarithromycin = regimen("clarithromycin", daily("500 mg", "12 h", "0 d", until))
    answer = answered(TACROLIMUS, clarithromycin, days=30, patient=POOR)

    do = told(answer)["do"]

    assert do.startswith("Decide on the dose of tacrolimus before day 2.5")
    assert ("go back to the old one" in do) == said


def test_a_dose_is_that_of_a_drug_and_what_is_asked_of_it_is_one_thing() -> None:
    """Clobazam beside cenobamate: its metabolite rises above its range, and no dose of a metabolite is decided on."""
    clobazam = regimen("clobazam", kept("10 mg", "12 h"))
    answer = answered(clobazam, regimen("cenobamate", daily("200 mg", "24 h", "0 d")), days=60)

    english, german = (told(answer, language)["do"] for language in ("en", "de"))

    assert "Decide on the dose of clobazam before day" in english
    assert "when N-desmethylclobazam is expected above 3000 ng/mL" in english
    assert "no change of dose" not in english
    assert "Die Dosis von Clobazam" in german
    assert "keine Dosisänderung" not in german


def test_a_level_below_its_range_before_a_dose_is_not_told_against_its_average() -> None:
    """Quetiapine after primidone: the average ends above 100 ng/mL, what is below it is the value before a dose."""
    quetiapine = regimen("quetiapine", kept("150 mg", "12 h", start="-120 d"))
    answer = answered(quetiapine, regimen("primidone", kept("250 mg", "8 h", start="-120 d", until="0 d")), days=60)
    curve = answer.result.curve("quetiapine")

    english, german = (told(answer, language)["do"] for language in ("en", "de"))

    assert average(curve, 59 * 24, 60 * 24) > 100 > float(curve.value(60 * 24.0))
    assert "Quetiapine before a dose was below 100 ng/mL before the change and stays there, though its average" in english
    assert "lag vor einer Dosis schon vor der Änderung unter 100 ng/mL und bleibt darunter" in german


# ---- what happens ----


def test_what_is_left_of_a_single_dose_is_no_level_that_something_moves() -> None:
    """Midazolam once, itraconazole two days later: the wash-out was a fall to 0.001 % after itraconazole, grave."""
    once = (f'[[regimen.course]]\nfrom = "{day} d"\ndose = "7.5 mg"\n' for day in (0, 8))
    answer = answered(
        regimen("midazolam", *once), regimen("itraconazole", daily("200 mg", "24 h", "2 d", "12 d")), days=20
    )

    assert [alert.rule for alert in answer.alerts if alert.analyte == "midazolam"] == ["single-dose"]
    assert "itraconazole is started" not in told(answer)["happens"]
    assert told(answer)["do"] == "No range is known for midazolam: judge the change by effect and harm."
