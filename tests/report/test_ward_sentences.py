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
    assert "vor einer Dosis lag schon vor der Änderung unter 100 ng/mL und bleibt darunter" in german


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


@pytest.mark.parametrize(
    ("drug", "dose", "partner", "partners"),
    [("lithium", "450 mg", "indometacin", "50 mg"), ("tizanidine", "4 mg", "ciprofloxacin", "500 mg")],
)
def test_a_published_effect_that_is_not_in_the_numbers_is_asked_for(
    drug: str, dose: str, partner: str, partners: str
) -> None:
    """Indometacin on lithium, ciprofloxacin on tizanidine: nothing was to do, or less than the tenfold asks for."""
    answer = answered(regimen(drug, kept(dose, "12 h")), regimen(partner, daily(partners, "12 h", "0 d")), days=20)

    assert f"hold little or nothing of what {partner} does to {drug}: levels" in told(answer)["do"]
    assert "nicht die Kurve" in told(answer, "de")["do"]


# ---- when to measure ----


def test_a_level_is_drawn_when_its_range_is_of() -> None:
    """Lithium once a day as kidneys fail: 12 h after a dose, where its range is, not 24 h, and told with that level."""
    failing = '[[patient.change]]\nat = "5 d"\ncreatinine_clearance = "35 mL/min"\n'
    answer = answered(regimen("lithium", kept("900 mg")), days=30, patient=failing)

    assert answer.samples
    for sample in answer.samples:
        assert sample.hours == pytest.approx(12)
        assert sample.expected == pytest.approx(float(answer.result.curve("lithium").value(sample.time)))
    assert "lithium 12 h after a dose on day" in told(answer)["measure"]
    assert "12 h nach einer Dosis an Tag" in told(answer, "de")["measure"]


# ---- two things more ----


def test_a_metabolite_that_induces_takes_a_contraceptive_its_protection() -> None:
    """Oxcarbazepine acts by its metabolite: of the pill beside it "judge the change by effect" was told, no alert."""
    answer = answered(
        regimen("levonorgestrel", kept("0.15 mg")), regimen("oxcarbazepine", daily("600 mg", "12 h")), days=30
    )

    assert [alert.severity for alert in answer.alerts if alert.rule == "contraception"] == ["grave"]
    assert "other protection until 28 days after the last dose" in told(answer)["do"]


def test_what_lifted_a_level_and_ended_just_before_its_peak_is_named() -> None:
    """S-warfarin after phenytoin, with a week of fluconazole: the peak was laid to the end of phenytoin alone."""
    warfarin = regimen("s-warfarin", kept("2.5 mg", start="-90 d"))
    phenytoin = regimen("phenytoin", kept("300 mg", start="-90 d", until="0 d"))
    answer = answered(warfarin, phenytoin, regimen("fluconazole", daily("200 mg", "24 h", "3 d", "10 d")), days=50)

    assert "after phenytoin is stopped and fluconazole is started" in told(answer)["happens"]


@pytest.mark.parametrize("began", [True, False])
def test_a_level_above_its_range_is_told_without_a_move(began: bool) -> None:
    """Theophylline that begins beside fluvoxamine passes its alert level: a grave alert stood beside "no level moves".

    Where it is so all the time, and something else begins, it is told as before the change.
    """
    course = daily("250 mg", "12 h", "0 d") if began else kept("250 mg", "12 h")
    more = [] if began else [regimen("levetiracetam", daily("500 mg", "12 h", "5 d"))]
    answer = answered(regimen("fluvoxamine", kept("100 mg")), regimen("theophylline", course), *more, days=20)

    sentences = told(answer)

    assert any(alert.rule == "above-alert" for alert in answer.alerts)
    if began:
        assert sentences["happens"].startswith("Theophylline above the alert level of 20 mg/L")
        assert "Theophylline passes its alert level of 20 mg/L on day 3.6" in sentences["much"]
        assert "Decide on the dose of theophylline before day 3.6" in sentences["do"]
    else:
        assert "Theophylline was above its alert level of 20 mg/L before the change and stays there" in sentences["do"]


def test_a_level_that_is_raised_and_comes_down_again_is_told_with_its_end() -> None:
    """Lamotrigine doubled as valproate stops: "goes to 4.9 mg/L" was told of a peak on day 2, not of 3.7 at the end."""
    lamotrigine = regimen("lamotrigine", kept("50 mg", "12 h", until="0 d"), daily("100 mg", "12 h", "0 d"))
    answer = answered(lamotrigine, regimen("valproate", kept("500 mg", "12 h", until="0 d")), days=40)
    end = average(answer.result.curve("lamotrigine"), 39 * 24, 40 * 24)

    assert f"and then to {end:.3g} mg/L, as its own dose changes too" in told(answer)["happens"]


def test_no_change_of_dose_is_not_said_of_numbers_that_leave_an_effect_out() -> None:
    """Clarithromycin on digoxin, of which the numbers hold less than half: "no change of dose follows" is not told."""
    clarithromycin = regimen("clarithromycin", daily("500 mg", "12 h", "0 d", "7 d"))
    do = told(answered(regimen("digoxin", kept("0.125 mg")), clarithromycin, days=20))["do"]

    assert "hold little or nothing of what clarithromycin does to digoxin" in do
    assert "no change of dose" not in do


def test_a_dose_that_is_cut_as_a_partner_begins_is_told_beside_what_follows() -> None:
    """Tacrolimus at a third beside voriconazole, which stops later: only the fall after it was told, not the rise."""
    cut = regimen("tacrolimus", kept("3 mg", "12 h", until="0 d"), daily("1 mg", "12 h", "0 d"))
    answer = answered(cut, regimen("voriconazole", daily("200 mg", "12 h", "0 d", "20 d")), days=40, patient=POOR)

    happens = told(answer)["happens"]

    first, then = (
        happens.index("after voriconazole is started it is expected"),
        happens.index("voriconazole is stopped"),
    )
    assert first < then
    assert float(happens[first:].split("about ")[1].split(" times")[0]) == pytest.approx(
        3 * answer.told[0].before / average(answer.result.curve("tacrolimus"), -24, 0), rel=0.1
    )


def test_a_move_that_the_own_dose_cuts_is_not_told_to_need_a_longer_run() -> None:
    """Phenytoin on its way beside fluconazole, its dose lowered on day 7 of 60: the run goes on, and levels decide."""
    phenytoin = regimen("phenytoin", kept("300 mg", until="7 d"), daily("250 mg", "24 h", "7 d"))
    do = told(answered(phenytoin, regimen("fluconazole", daily("200 mg", "24 h", "0 d")), days=60))["do"]

    assert "on day 7, when its own dose changes, but still moving" in do
    assert "a longer run" not in do


def test_nothing_follows_from_a_curve_that_a_measured_level_contradicts() -> None:
    """Amitriptyline measured at four times what is predicted: "was below 80 ng/mL and stays there" was told."""
    level = '[[observation]]\nat = "-3 d"\nanalyte = "amitriptyline+nortriptyline"\nlevel = "160 ng/mL"\n'
    drugs = regimen("amitriptyline", kept("100 mg")), regimen("carbamazepine", kept("400 mg", "12 h", until="0 d"))
    answer = answered(*drugs, level, days=40)

    assert "is not told from a curve that its measured level contradicts" in told(answer)["do"]
    assert "below 80" not in told(answer)["do"]
    assert "--levels" in told(answer, "de")["do"]


def test_what_is_not_taken_any_more_is_neither_silence_nor_asked_for() -> None:
    """Lamotrigine and valproate both stop; lamotrigine pauses: no "no level moves", no dose of what is stopped."""
    valproate = regimen("valproate", kept("500 mg", "12 h", until="0 d"))
    stopped = answered(regimen("lamotrigine", kept("100 mg", "12 h", until="0 d")), valproate, days=20)
    paused = regimen("lamotrigine", kept("100 mg", "12 h", until="0 d"), daily("100 mg", "12 h", "10 d"))

    assert "hold little" not in told(stopped).get("do", "")
    assert "No level" not in told(answered(paused, days=30)).get("happens", "")
