"""Sentences as a ward reads them: none is against a table, an alert or another sentence of the same run."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from runs import average, daily, regimen, run, text

from pkinteract.analysis import Answer, answer_of
from pkinteract.export.tables.run import alert_text
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
    assert (
        "Quetiapine before a dose was below 100 ng/mL before the change and stays there, though its average" in english
    )
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


@pytest.mark.parametrize(("dose", "ends"), [("150 mg", "falls to"), ("400 mg", "above 20 mg/L")])
def test_a_step_of_the_own_dose_is_told_where_nothing_else_is(dose: str, ends: str) -> None:
    """Phenytoin after a step of its dose alone: "no level moves" was said of one that fell to a quarter, or doubled.

    The level is that of the curve, and in proportion to the dose it would be another one.
    """
    answer = answered(regimen("phenytoin", kept("300 mg", until="0 d"), daily(dose, "24 h", "0 d")), days=60)
    curve = answer.result.curve("phenytoin")
    before, after = average(curve, -24, 0), average(curve, 59 * 24, 60 * 24)

    sentences = told(answer)

    assert f"from {before:.3g} to {after:.3g} mg/L" in sentences["happens"]
    assert f"In proportion to the dose it would be {before * float(dose[:3]) / 300:.3g} mg/L" in sentences["happens"]
    assert ends in sentences["happens"] + sentences["do"]
    assert "300 auf 150 mg/Tag" in told(answer, "de")["happens"] or dose == "400 mg"


def test_a_step_in_proportion_is_told_only_where_nothing_else_is() -> None:
    """Lithium at half its dose: told alone, without a proportion; not beside phenytoin that valproate displaces."""
    lithium = regimen("lithium", kept("450 mg", "12 h", until="0 d"), daily("225 mg", "12 h", "0 d"))
    more = [regimen("phenytoin", kept("300 mg")), regimen("valproate", daily("500 mg", "12 h", "0 d"))]

    alone, beside = (told(answered(*regimens, days=30))["happens"] for regimens in ([lithium], [lithium, *more]))

    assert (
        alone
        == "The level of lithium falls to 50 % as the dose of lithium goes from 900 to 450 mg a day, "
        + (alone[alone.index("from 0.7") :])
    )
    assert "lithium" not in beside


def test_a_metabolite_that_moves_alone_is_no_silence() -> None:
    """Valproate raises the epoxide and not carbamazepine: an alert of its rise stood beside "no level moves"."""
    answer = answered(
        regimen("carbamazepine", kept("400 mg", "12 h")), regimen("valproate", daily("500 mg", "12 h", "0 d")), days=30
    )

    happens = told(answer)["happens"]

    assert happens.startswith("The level of carbamazepine-10,11-epoxide rises 1.37-fold after valproate is started")


@pytest.mark.parametrize(("days", "said"), [(14, True), (40, False)])
def test_a_run_that_ends_too_early_says_so(days: int, said: bool) -> None:
    """Fluvoxamine stops on the last day but one: clozapine falls to a third later, and "no level moves" was told."""
    clozapine = regimen("clozapine", kept("100 mg", "12 h"))
    answer = answered(clozapine, regimen("fluvoxamine", kept("100 mg", until="13 d")), days=days)

    happens = told(answer)["happens"]

    assert ("too early to show what becomes of clozapine after fluvoxamine is stopped" in happens) == said
    assert ("zu früh" in told(answer, "de")["happens"]) == said
    assert "No level" not in happens


def test_doses_that_are_missed_are_told_beside_what_else_moves_the_level() -> None:
    """Lamotrigine without doses for four days as valproate stops: its dip was laid to valproate alone, and came back.

    It goes on at half of what it was, which is what valproate makes of it.
    """
    missed = f"missed = {[f'{day / 2} d' for day in range(10, 17)]}".replace("'", '"')
    lamotrigine = regimen("lamotrigine", daily("100 mg", "12 h", "-60 d", "400 d", STEADY, missed))
    answer = answered(lamotrigine, regimen("valproate", kept("500 mg", "12 h", until="5 d")), days=30)
    end = average(answer.result.curve("lamotrigine"), 29 * 24, 30 * 24)

    happens = told(answer)["happens"]

    assert happens.startswith("Lamotrigine is not taken for 3.5 days from day 5 on")
    assert f"and then goes to {end:.3g} mg/L" in happens
    assert "comes back" not in happens
    assert all("comes back" not in alert_text(alert, answer.result, words_of("en")) for alert in answer.alerts)
