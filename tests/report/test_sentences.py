"""The answer in words: every number in a sentence is one of the run, and a sentence without numbers is left out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from runs import course, daily, drug, pathway, regimen, run, text

from pkinteract import load_scenario, simulate
from pkinteract.analysis import Answer, answer_of
from pkinteract.analysis.alerts.types import Alert
from pkinteract.analysis.risks import ratio_ends, risk_ends, risks_of
from pkinteract.export.tables.run import alert_text
from pkinteract.model.expectation.evidence import pair_evidence
from pkinteract.report.run.sentences import sentences_of, told_moves
from pkinteract.text.words import LANGUAGES, words_of

SCENARIOS = Path(__file__).parents[2] / "scenarios"
LABELS = ("happens", "much", "risk", "measure", "do")


@cache
def answer(name: str) -> Answer:
    return answer_of(simulate(load_scenario(SCENARIOS / f"{name}.toml")))


def told(answer: Answer, language: str = "en") -> Mapping[str, str]:
    pairs = pair_evidence(answer.result.scenario)
    return {sentence.label: sentence.text for sentence in sentences_of(answer, words_of(language), pairs)}


def numbers(sentence: str) -> list[float]:
    return [float(number) for number in re.findall(r"(?<![\w-])-?\d+(?:\.\d+)?", sentence)]


def averages(answer: Answer, analyte: str, first: float, last: float) -> tuple[np.ndarray, np.ndarray]:
    """Averages of the 24 h before every hour, from the curve by sums of a fine grid, not by the code under test."""
    curve = answer.result.curve(analyte)
    times = np.arange(first, last + 0.5)
    fine = (np.arange(480) + 0.5) / 20
    return times, np.array([curve.value(time - 24 + fine).mean() for time in times])


def when(times: np.ndarray, values: np.ndarray, before: float, after: float, share: float) -> float:
    """The first day on which a share of the way is done."""
    return float(times[np.argmax((values - before) / (after - before) >= share)]) / 24


@pytest.mark.parametrize(
    ("name", "analyte", "cause", "came_back"),
    [
        ("carbamazepine-to-levetiracetam", "amitriptyline+nortriptyline", 0.0, False),
        ("cyp2d6-poor-metaboliser", "amitriptyline+nortriptyline", 0.0, False),
        ("erythromycin-with-carbamazepine", "carbamazepine", 120.0, True),
    ],
)
def test_what_happens_and_when_is_what_the_curve_does(name: str, analyte: str, cause: float, came_back: bool) -> None:
    """Ratio, averages, half and 90 % day within the digits that are told, from the curve itself."""
    answered = answer(name)
    sentences = told(answered)
    times, values = averages(answered, analyte, cause, answered.result.scenario.duration)
    before, after = values[0], values.max() if came_back else values[-1]
    fold, first, last = numbers(sentences["happens"])[:3]
    half, most = numbers(sentences["much"].replace("90 %", ""))[:2]

    assert fold == pytest.approx(after / before, rel=0.005)
    assert (first, last) == pytest.approx((before, after), rel=0.006)
    assert half == pytest.approx(when(times, values, before, after, 0.5), abs=0.1)
    assert most == pytest.approx(when(times, values, before, after, 0.9), abs=0.5 if most > 10 else 0.1)
    assert ("comes back" in sentences["happens"]) == came_back
    if came_back:
        assert numbers(sentences["much"].split("largest on")[1])[0] == pytest.approx(
            float(times[values.argmax()]) / 24, abs=0.5
        )


@pytest.mark.parametrize(
    "name", ["carbamazepine-to-levetiracetam", "cyp2d6-poor-metaboliser", "erythromycin-with-carbamazepine"]
)
def test_the_level_to_draw_is_the_one_before_that_dose(name: str) -> None:
    """Day and level of every sentence on measuring are those of the curve; the share is of such values."""
    answered = answer(name)
    for sentence in re.split(r"(?<=expected\.) ", told(answered)["measure"]):
        analyte = re.sub(r" \+ ", "+", re.findall(r"(?:of|Draw) (.+?) before", sentence)[0]).lower()
        day = numbers(sentence.split("before the dose on")[1])[0]
        level = numbers(re.findall(r"([\d.]+) \S+ is expected", sentence)[0])[0]
        doses = [dose.time for dose in answered.result.scenario.doses if dose.drug == analyte.split("+")[0]]
        time = min(doses, key=lambda dose: abs(dose / 24 - day))

        assert time / 24 == pytest.approx(day + 0.05, abs=0.051)
        assert level == pytest.approx(float(answered.result.curve(analyte).value(time)), rel=0.006)


def test_the_day_out_of_range_is_the_first_dose_with_a_value_above_it() -> None:
    """In the poor metaboliser: the day told is that of the first value before a dose beyond the limit told."""
    answered = answer("cyp2d6-poor-metaboliser")
    much = re.split(r"(?<=\.) ", told(answered)["much"])
    sentence = next(part for part in much if "above" in part or "passes" in part)
    limit, day = numbers(sentence)[:2]
    curve = answered.result.curve("amitriptyline+nortriptyline")
    above = [alert for alert in answered.alerts if alert.rule.startswith("above") and alert.since == "after"]
    first = min(
        (alert for alert in above if alert.analyte == "amitriptyline+nortriptyline"), key=lambda alert: alert.start
    )

    assert day == pytest.approx(first.start / 24, abs=0.51)
    if first.rule == "above-range":
        assert float(curve.value(first.start)) > limit
        assert float(curve.value(first.start - 24)) <= limit
    else:
        assert float(curve.value(first.start)) == pytest.approx(limit, rel=1e-3)


@pytest.mark.parametrize(("until", "ends"), [("20 d", True), ("60 d", False)])
def test_a_level_that_comes_back_into_its_range_is_not_told_as_out_for_good(until: str, ends: bool) -> None:
    """Carbamazepine for 20 of 60 days: below from a day to a day, those of the alert; for all: from a day on."""
    victim = regimen("amitriptyline", course("-20 d", 'dose = "125 mg"', 'every = "24 h"', 'until = "60 d"'))
    inducer = regimen("carbamazepine", course("0 d", 'dose = "300 mg"', 'every = "12 h"', f'until = "{until}"'))
    answered = answer_of(run(text(victim, inducer, days=60)))
    (below,) = [
        alert
        for alert in answered.alerts
        if alert.rule == "below-range" and alert.since == "after" and alert.analyte == "amitriptyline+nortriptyline"
    ]

    said = told(answered)

    for label in ("much", "do"):
        days = re.search(r"below 80 ng/mL from day (\d+) (?:on|to day (\d+))", said[label])
        assert days is not None
        assert float(days[1]) == pytest.approx(below.start / 24, abs=0.51)
        assert (days[2] is not None) == ends
        assert days[2] is None or float(days[2]) == pytest.approx(below.stop / 24, abs=0.51)


def test_without_a_change_nothing_is_made_up() -> None:
    """One drug whose doses stay: no sentence on what happens, when or who; none that its numbers do not carry."""
    alone = answer_of(run(text(regimen("levetiracetam", daily("500 mg", "12 h", "-20 d")), days=10)))

    assert set(told(alone)) <= {"measure", "do"}
    assert alone.samples == ()


def test_a_change_that_moves_nothing_is_said_in_one_sentence() -> None:
    """Levetiracetam added to lamotrigine: no level moves by more than a tenth."""
    calm = regimen("lamotrigine", daily("100 mg", "12 h", "-40 d"))
    added = answer_of(run(text(calm, regimen("levetiracetam", daily("500 mg", "12 h", "2 d")), days=20)))

    assert told(added)["happens"] == "No level moves by more than 10 % while its own dose stays."
    assert not {"much", "measure"} & set(told(added))


def test_what_is_known_and_not_modelled_stands_in_the_answer() -> None:
    """Indometacin raises lithium 1.3- to 1.59-fold by way of the kidneys, which no constant carries: it is told."""
    lithium = regimen("lithium", daily("450 mg", "12 h", "-20 d"))
    added = answer_of(run(text(lithium, regimen("indometacin", daily("50 mg", "8 h", "2 d")), days=10)))

    assert "indometacin acts on lithium" in told(added)["happens"].lower()
    assert "1.3 to 1.59-fold" in told(added)["happens"]
    assert "Indometacin wirkt auf Lithium" in told(added, "de")["happens"]


def test_what_is_known_of_a_metabolite_is_told_of_the_metabolite() -> None:
    """Quetiapine raises the epoxide 3- to 4-fold, not carbamazepine."""
    drugs = (regimen("carbamazepine", daily("400 mg", "12 h", "-30 d")), regimen("quetiapine", daily("200 mg")))

    assert "on carbamazepine-10,11-epoxide (3 to 4-fold" in told(answer_of(run(text(*drugs, days=5))))["happens"]


def test_a_level_that_nothing_acts_on_is_not_laid_to_another_drug() -> None:
    """Amitriptyline still on its way when pregabalin, which acts on nothing, begins: it rises by itself."""
    rising = regimen("amitriptyline", daily("50 mg", "24 h", "-1 d"))
    added = answer_of(run(text(rising, regimen("pregabalin", daily("75 mg", "12 h", "1 d")), days=20)))

    happens = told(added)["happens"]
    assert "amitriptyline" in happens
    assert "pregabalin" not in happens
    assert "had not settled" in happens


def test_a_level_that_dialysis_moves_is_not_laid_to_another_drug() -> None:
    """Levetiracetam on three sessions a week when pregabalin begins: its averages go with the sessions."""
    sessions = '[[dialysis]]\nat = "-26 d"\nevery = "56 h"\nlength = "4 h"\n'
    steady = regimen("levetiracetam", daily("500 mg", "24 h", "-28 d"))
    source = text(steady, regimen("pregabalin", daily("25 mg", "24 h", "1 d")), days=20).replace("95 mL", "8 mL")

    dialysed = answer_of(run(source + sessions))

    assert "The level of levetiracetam goes up and down with dialysis" in told(dialysed)["happens"]
    assert "pregabalin" not in told(dialysed)["happens"]
    assert "Half of the change" not in told(dialysed).get("much", "")
    assert all(sample.why == "alert" for sample in dialysed.samples)


def test_a_rise_is_laid_to_all_that_led_to_it() -> None:
    """Amlodipine: carbamazepine stops, fluconazole comes a month later and goes; the peak is of both."""
    drugs = (
        regimen("amlodipine", daily("5 mg", "24 h", "-40 d")),
        regimen("carbamazepine", daily("400 mg", "12 h", "-40 d", "0 d")),
        regimen("fluconazole", daily("200 mg", "24 h", "30 d", "44 d")),
    )
    peak = told(answer_of(run(text(*drugs, days=60))))["happens"]

    assert "amlodipine rises up to" in peak
    assert "carbamazepine is stopped and fluconazole is started" in peak


def test_a_taper_is_told_from_its_begin_to_its_end() -> None:
    """Carbamazepine 300 and 100 mg twice a day, then none: it is stopped, not lowered by its first step."""
    taper = course(
        "0 d", 'until = "14 d"', 'dose = "300 mg"', 'taper_to = "100 mg"', 'step_every = "7 d"', 'every = "12 h"'
    )
    before = daily("400 mg", "12 h", "-40 d", "0 d")
    drugs = (regimen("amitriptyline", daily("75 mg", "24 h", "-40 d")), regimen("carbamazepine", before, taper))

    happens = told(answer_of(run(text(*drugs, days=70))))["happens"]

    assert "after carbamazepine is stopped" in happens


def test_no_level_is_drawn_where_nothing_is_left_before_a_dose() -> None:
    """Omeprazole is gone hours before its next dose: its rise on voriconazole is told, no trough asked for."""
    drugs = (regimen("omeprazole", daily("20 mg", "24 h", "-9 d")), regimen("voriconazole", daily("200 mg", "12 h")))
    added = answer_of(run(text(*drugs, days=20)))

    assert "omeprazole rises" in told(added)["happens"]
    assert [sample for sample in added.samples if sample.analyte.id == "omeprazole"] == []


def test_an_unbound_level_has_the_name_of_its_drug() -> None:
    """In a sentence it is unbound valproate, in German with the German name, and not the id of a column."""
    steady = regimen("valproate", daily("500 mg", "12 h", "-20 d"))
    added = answer_of(run(text(steady, regimen("meropenem", daily("1000 mg", "8 h", "2 d")), days=6)))

    assert "Unbound valproate" in told(added)["happens"]
    assert "Valproinsäure (frei)" in told(added, "de")["happens"]


def test_a_level_on_its_way_is_not_given_a_half_day() -> None:
    """A run that ends five days after the inducer stops says that the level still moves, and no share of the change."""
    switch = text(
        regimen("amitriptyline", daily("150 mg", "24 h", "-40 d")),
        regimen("carbamazepine", daily("400 mg", "12 h", "-40 d", "0 d")),
        days=5,
    )
    sentences = told(answer_of(run(switch)))

    assert "still moving" in sentences["much"]
    assert "Half of the change" not in sentences["much"]
    assert "% of the change" not in sentences.get("measure", "")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "name", sorted(path.stem for path in SCENARIOS.glob("*.toml") if "population" not in path.stem)
)
def test_every_scenario_is_answered_in_sentences(name: str, language: str) -> None:
    """In order, each with a capital and a full stop, no empty blank, no number that is none; names are small."""
    answered = answer(name)
    sentences = told(answered, language)
    names = {analyte.name for analyte in answered.result.analytes if analyte.name[1:2].islower()}

    assert list(sentences) == [label for label in LABELS if label in sentences]
    for sentence in sentences.values():
        assert sentence[0].isupper()
        assert sentence.endswith(".")
        assert not re.search(r"[{}]|nan|inf\b|None|  |\.\.", sentence)
        if language == "en":
            inner = re.sub(r"(?:^|(?<=\. ))\S+", "", sentence)
            assert not [word for word in names if re.search(rf"\b{word}\b", inner)]


# ---- alerts ----

QUICK = drug("victim", pathway("oxidation", 1.0, "CYP3A4"), volume="1 L", clearance="100 L/h")
ALERTS = {
    "above-alert": {"level": 300.0, "worst": 350.0},
    "above-alert-sampled": {"level": 300.0, "worst": 350.0},
    "above-alert-peaks": {"level": 300.0, "worst": 350.0},
    "above-range": {"level": 200.0, "worst": 250.0},
    "above-range-total": {"level": 200.0, "worst": 250.0},
    "below-range-total": {"level": 200.0, "worst": 150.0},
    "below-range": {"level": 80.0, "worst": 40.0},
    "rise": {"fold": 1.914, "before": 77.9, "after": 148.0},
    "fall": {"share": 28.4, "before": 148.0, "after": 42.0},
    "peaks": {"fold": 1.6, "before": 77.9, "after": 125.0, "day": 9.3},
    "dips": {"share": 0.4, "before": 148.0, "after": 0.6, "day": 9.3},
    "peaks-part": {"fold": 1.6, "before": 77.9, "after": 125.0, "day": 9.3, "end": 95.0},
    "dips-part": {"share": 0.4, "before": 148.0, "after": 0.6, "day": 9.3, "end": 95.0},
    "drifting": {"before": 5.24, "after": 11.4, "fold": 2.18},
    "settling": {"before": 32.8, "after": 10.3},
    "dosed": {"before": 77.9, "after": 74.0, "fold": 1.91},
    "displaced": {
        "share": 64.0,
        "before": 10.3,
        "after": 6.56,
        "free_before": 0.98,
        "free_after": 1.04,
        "low": 1.0,
        "high": 2.0,
    },
    "displaced-unjudged": {"share": 64.0, "before": 10.3, "after": 6.56, "free_before": 0.98, "free_after": 1.04},
    "cycle": {"beside": 2.75, "without": 4.97, "fold": 1.81},
    "single-dose": {"days": 10.0, "day": 20.0, "fold": 0.38, "first": 3.0},
    "no-range": {},
    "gone": {"day": 3.5, "gone": 9.1},
    "interrupted": {"day": 3.5, "days": 4.0, "share": 12.0},
    "restart": {"day": 3.5, "days": 8.0, "lives": 5.0},
    "beyond-clearance": {"dose": 310.0, "level": 20.0},
    "measured": {"day": 6.0, "measured": 60.0, "predicted": 20.0, "fold": 3.0},
    "measured-low": {"day": 6.0, "measured": 6.0, "predicted": 20.0, "share": 30.0},
    "measured-unknown": {"day": 6.0, "measured": 60.0, "predicted": 20.0, "fold": 3.0},
    "measured-low-unknown": {"day": 6.0, "measured": 6.0, "predicted": 20.0, "share": 30.0},
    "measured-alert": {"day": 6.0, "measured": 60.0, "level": 20.0},
    "measured-alert-untimely": {"day": 6.0, "measured": 60.0, "level": 20.0},
    "contraception": {"share": 55.0, "day": 38.0},
    "contraception-recovers": {"day": 38.0},
    "contraception-open": {"share": 55.0},
}
"""Every sentence of an alert, and what is filled in."""


def test_no_alert_is_without_a_sample_here() -> None:
    """The alerts below are all that the words know."""
    for language in LANGUAGES:
        known = {key.removeprefix("alert.") for key in words_of(language).sentences if key.startswith("alert.")}
        assert known == set(ALERTS)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", ALERTS)
def test_an_alert_says_what_it_is_about_and_every_number(key: str, language: str) -> None:
    """Name and numbers of each rule in each language, three digits, less than 1 % as such; no blank left open."""
    result = answer("carbamazepine-to-levetiracetam").result
    values = {**ALERTS[key], "analyte": "nortriptyline", "drug": "nortriptyline", "unit": "ng/mL"}
    values |= {"inducers": ["carbamazepine"], "free_unit": "ng/mL", "average": 24.0}
    words = words_of(language)
    alert = Alert(start=0.0, stop=1.0, severity="note", analyte="nortriptyline", rule=key, sentence=key, values=values)

    sentence = alert_text(alert, result, words)

    assert re.search("nortriptylin", sentence, re.IGNORECASE)
    assert sentence[0].isupper()
    assert not re.search(r"[{}\[\]]", sentence)
    for name, value in ALERTS[key].items():
        shown = words.written(1.0 if name == "share" and value < 1 else value)
        asked = f"{{{name}}}" in words.sentences[f"alert.{key}"]
        assert not asked or re.search(rf"(?<!\d){re.escape(shown)}(?!\d)", sentence)


# ---- what a specialist would say ----


def test_total_and_unbound_levels_that_fall_together_are_told_once() -> None:
    """Meropenem on valproate: one move, one timing, one sample with both levels; no dose is asked to be raised."""
    said = told(answer("meropenem-on-valproate"))

    assert said["happens"].count("meropenem") == 1
    assert said["much"].count("Half of the change") == 1
    assert re.findall(r"[\d.]+ mg/L is expected, unbound [\d.]+ mg/L", said["measure"])
    assert said["measure"].count("of the change") == 1
    assert said["do"].startswith("A higher dose of valproate does not bring its level back beside meropenem")
    assert "raised" not in said["do"]


@pytest.mark.parametrize("carbapenem", ["ertapenem", "imipenem"])
def test_what_is_known_of_a_pair_is_asked_for_whatever_its_size(carbapenem: str) -> None:
    """Every carbapenem of the table: another antibacterial, in both languages."""
    steady = regimen("valproate", daily("500 mg", "12 h", "-20 d"))
    added = answer_of(run(text(steady, regimen(carbapenem, daily("1 g", "24 h", "2 d")), days=8)))

    assert "choose another antibacterial" in told(added)["do"]
    assert "ein anderes Antibiotikum" in told(added, "de")["do"]


def test_the_alert_level_is_told_beside_the_range() -> None:
    """The poor metaboliser passes 200 ng/mL first and 300 ng/mL days later; both days are those of the alerts."""
    answered = answer("cyp2d6-poor-metaboliser")
    days = re.findall(r"above 200 ng/mL from day (\d+).*alert level of 300 ng/mL on day (\d+)", told(answered)["much"])
    first = {
        alert.rule: alert.start / 24 for alert in reversed(answered.alerts) if alert.analyte.startswith("amitriptyline")
    }

    assert [tuple(map(float, found)) for found in days] == [
        (pytest.approx(first["above-range"], abs=0.51), pytest.approx(first["above-alert"], abs=0.51))
    ]


def test_a_level_that_comes_into_its_range_does_not_stay_in_it() -> None:
    """Amitriptyline was below 80 ng/mL beside carbamazepine: it comes into its range, on the day the note ends."""
    answered = answer("carbamazepine-to-levetiracetam")
    (below,) = [alert for alert in answered.alerts if alert.rule == "below-range" and alert.since == "before"]

    said = told(answered)["do"]

    assert "was below 80 ng/mL before the change" in said
    assert f"inside its range from day {below.stop / 24:.0f} on" in said


@pytest.mark.parametrize("lowered", [False, True])
def test_a_level_that_comes_back_below_its_range_is_no_news(lowered: bool) -> None:
    """Clozapine after a week of ciprofloxacin is as low as before; after a lower dose of its own it is news."""
    own = [daily("125 mg", "12 h", "-30 d", "12 d" if lowered else "20 d")]
    own += [daily("100 mg", "12 h", "12 d", "20 d")] if lowered else []
    other = daily("500 mg", "12 h", "1.5 d", "8.5 d")
    result = run(text(regimen("clozapine", *own), regimen("ciprofloxacin", other), days=20))

    answered = answer_of(result)
    said = {one.label: one.text for one in sentences_of(answered, words_of("en"))}
    low = [alert.since for alert in answered.alerts if alert.rule == "below-range" and alert.analyte == "clozapine"]

    assert low == ["before", "after" if lowered else "again"]
    assert ("before the change and is so again from" in said["do"]) is not lowered
    assert ("below 350 ng/mL from day" in said["much"] + said["do"]) is lowered


def test_a_level_below_its_range_that_falls_is_said_to_fall_further() -> None:
    """Carbamazepine started on amitriptyline that was below its range."""
    assert "and falls further" in told(answer("starting-carbamazepine"))["do"]


def test_a_contraceptive_is_not_relied_on_for_28_days_after_an_inducer() -> None:
    """Carbamazepine ends on day 70: the answer asks for protection until 28 days after its last dose, once."""
    answered = answer("carbamazepine-to-lamotrigine-on-the-pill")
    last = max(dose.time for dose in answered.result.scenario.doses if dose.drug == "carbamazepine")

    said = told(answered)["do"]

    assert said.count("other protection") == 1
    assert numbers(said.split("until day")[1])[0] == pytest.approx(last / 24 + 28, abs=0.51)
    assert "No range" not in said


def test_the_same_days_of_two_drugs_are_one_sentence() -> None:
    """Both drugs of the pill recover alike."""
    said = told(answer("carbamazepine-to-lamotrigine-on-the-pill"))["much"]

    assert said.count("Half of the change") == 1
    assert "ethinylestradiol and levonorgestrel" in said


def test_a_loss_is_told_where_nothing_else_moves() -> None:
    """Doses that are missed, and a level that does not fit what is taken, are what happens."""
    assert "is not taken for 2 days" in told(answer("missed-carbamazepine-doses"))["happens"]


def with_valproate(gene: str, ki: str = "") -> Answer:
    drugs = (
        regimen("amitriptyline", course("-40 d", 'until = "50 d"', 'dose = "75 mg"', 'every = "12 h"')),
        regimen("valproate", course("0 d", 'until = "50 d"', 'dose = "500 mg"', 'every = "12 h"')),
    )
    other = f'[override.valproate]\n"inhibits.inducible.ki" = "{ki} mg/L"\n' if ki else ""
    return answer_of(run(text(*drugs, other, days=50, patient=f'[patient.phenotype]\nCYP2D6 = "{gene}"\n')))


def test_a_move_in_a_poor_metaboliser_is_told_with_its_span() -> None:
    """Valproate on amitriptyline: runs with its constant at the ends of the interval give the ends that are told."""
    poor = with_valproate("poor")
    low, high = (told_moves(with_valproate("poor", ki))[0].ratio for ki in ("36.47", "1.569"))
    (move,) = told_moves(poor)
    ends = ratio_ends(poor.result, move)

    assert ends == (pytest.approx(low, rel=0.05), pytest.approx(high, rel=0.05))
    assert low < move.ratio < high
    for language in LANGUAGES:
        words = words_of(language)
        assert words.say("happens.extrapolated", low=ends[0], high=ends[1]) in told(poor, language)["happens"]


def test_the_risk_of_a_poor_metaboliser_is_told_with_its_span() -> None:
    """The level of a poor metaboliser over a normal one's, with the constant at either end in both; not of the move."""
    normal = with_valproate("normal")
    (move,) = told_moves(normal)
    risk = risks_of(normal.result, move)[0]
    ends = risk_ends(normal.result, move, risk)
    expected = [
        told_moves(with_valproate("poor", ki))[0].after / told_moves(with_valproate("normal", ki))[0].after
        for ki in ("36.47", "1.569")
    ]

    assert ends == (pytest.approx(expected[0], rel=0.15), pytest.approx(expected[1], rel=0.15))
    assert ratio_ends(normal.result, move) is None
    for language in LANGUAGES:
        assert all(words_of(language).written(end) in told(normal, language)["risk"] for end in ends)


@pytest.mark.parametrize(
    ("partner", "dose", "every"),
    [
        ("verapamil", "80 mg", "8 h"),
        ("diltiazem", "60 mg", "8 h"),
        ("ketoconazole", "100 mg", "24 h"),
        ("cimetidine", "400 mg", "12 h"),
        ("omeprazole", "20 mg", "24 h"),
    ],
)
def test_a_level_on_its_own_course_is_told_with_what_the_partner_makes_of_it(
    partner: str, dose: str, every: str
) -> None:
    """Carbamazepine falls as it induces itself; a partner from day 3 on gets no part of that.

    Its effect is that of a run without it beside this one, to a tenth; one that does nothing is not named.
    """
    alone = regimen("carbamazepine", daily("200 mg", "12 h", "0 d", "40 d"))
    both = run(text(alone, regimen(partner, daily(dose, every, "3 d", "40 d")), days=40))
    otherwise = run(text(alone, days=40))
    ends = [float(one.curve("carbamazepine").integral(39 * 24, 40 * 24)) for one in (both, otherwise)]

    happens = told(answer_of(both))["happens"]

    if partner == "omeprazole":
        assert "by itself, as it had not settled before" in happens
        return
    found = re.search(rf"after {partner} is started it is expected at about ([\d.]+) times", happens)
    assert found is not None
    assert float(found[1]) == pytest.approx(ends[0] / ends[1], rel=0.1)
    assert "falls to" not in happens
    assert "comes back" not in happens
    assert "No level moves" not in happens


def test_a_limit_that_is_passed_once_is_told_once_beside_two_changes_of_the_level() -> None:
    """Clarithromycin comes and goes: carbamazepine rises above 12 mg/L, its dose is lowered, and it falls."""
    taken = regimen("carbamazepine", daily("500 mg", "12 h", "-60 d", "10 d"), daily("400 mg", "12 h", "10 d"))
    beside = regimen("clarithromycin", daily("500 mg", "12 h", "5 d", "15 d"))
    much = told(answer_of(run(text(taken, beside, days=40))))["much"]
    sentences = much.rstrip(".").split(". ")

    assert any("above 12 mg/L" in sentence for sentence in sentences)
    assert len(sentences) == len(set(sentences))
