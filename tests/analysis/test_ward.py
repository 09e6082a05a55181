"""What a ward pharmacist asks: alerts, periods, ratios and sentences of cases from practice, each with its promise."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest
from runs import course, daily, once, regimen, run, text

from pkinteract.analysis import Alert, Answer, answer_of
from pkinteract.export.tables.run import alert_table, alert_text, exposure_table
from pkinteract.report.run.sentences import sentences_of
from pkinteract.report.run.text import summary_lines
from pkinteract.text.words import words_of

STEADY = "steady_state = true"
ENGLISH = words_of("en")


def kept(dose: str, every: str = "24 h", *rows: str, until: str = "400 d") -> str:
    """A course at steady state from t = 0 on."""
    return daily(dose, every, "0 d", until, *rows, STEADY)


def answered(*regimens: str, days: float, extra: str = "", patient: str = "") -> Answer:
    return answer_of(run(text(*regimens, days=days, extra=extra, patient=patient, step="6 h")))


def told(answer: Answer) -> Mapping[str, str]:
    return {sentence.label: sentence.text for sentence in sentences_of(answer, ENGLISH)}


def alerts(answer: Answer, rule: str, analyte: str = "") -> list[Alert]:
    return [alert for alert in answer.alerts if alert.rule == rule and analyte in ("", alert.analyte)]


def periods(answer: Answer, analyte: str) -> list[tuple[float, float, float | None, str]]:
    """First and last day, ratio and state of each period."""
    table = exposure_table(answer.result)
    rows = zip(table["from_day"], table["to_day"], table["ratio_to_reference"], table["state"], strict=True)
    return [row for row, name in zip(rows, table["analyte"], strict=True) if name == analyte]


# ---- displaced binding ----

PHENYTOIN = regimen("phenytoin", kept("300 mg"))


def test_a_total_level_that_falls_is_told_with_the_unbound_one_that_does_not() -> None:
    """Valproate displaces phenytoin: both averages, the range of the unbound one, and no advice to raise the dose."""
    answer = answered(PHENYTOIN, regimen("valproate", daily("750 mg", "12 h", "10 d")), days=60)
    curves = {name: answer.result.curve(name) for name in ("phenytoin", "phenytoin-unbound")}
    last = {name: float(curve.integral(59 * 24, 60 * 24)) / 24 for name, curve in curves.items()}

    (alert,) = alerts(answer, "displaced")

    assert alert.analyte == "phenytoin"
    assert not [other for other in alerts(answer, "change") if other.analyte == "phenytoin"]
    assert alert.values["after"] == pytest.approx(last["phenytoin"], rel=1e-6)
    assert alert.values["free_after"] == pytest.approx(last["phenytoin-unbound"], rel=1e-6)
    assert last["phenytoin"] < 0.9 * float(str(alert.values["before"]))
    assert last["phenytoin-unbound"] > 0.9 * float(str(alert.values["free_before"]))
    assert (alert.values["low"], alert.values["high"]) == pytest.approx((1.0, 2.0))
    assert "no reason for a higher dose" in alert_text(alert, answer.result, ENGLISH)
    assert "Do not raise the dose of phenytoin" in told(answer)["do"]


def test_an_inducer_that_lowers_both_levels_displaces_nothing() -> None:
    """Rifampicin speeds phenytoin up: total and unbound fall alike, told as changes."""
    answer = answered(PHENYTOIN, regimen("rifampicin", daily("600 mg", "24 h", "10 d")), days=50)

    assert not alerts(answer, "displaced")
    assert alerts(answer, "change", "phenytoin")
    assert alerts(answer, "change", "phenytoin-unbound")


# ---- cycles ----


def test_each_phase_of_a_pill_ends_a_period_with_a_ratio() -> None:
    """21 days of 28: lamotrigine at the end of the days without over that at the end of those with, told once."""
    pill = regimen("ethinylestradiol", kept("0.03 mg", "24 h", 'cycle = { on = "21 d", off = "7 d" }'))
    answer = answered(regimen("lamotrigine", kept("150 mg", "12 h")), pill, days=84)
    curve = answer.result.curve("lamotrigine")
    fold = float(curve.integral(27 * 24, 28 * 24)) / float(curve.integral(20 * 24, 21 * 24))

    rows = periods(answer, "lamotrigine")
    (alert,) = alerts(answer, "cycle")

    assert [(first, last) for first, last, _, _ in rows] == [(0, 21), (21, 28), (28, 49), (49, 56), (56, 77), (77, 84)]
    assert [ratio for _, _, ratio, _ in rows] == pytest.approx([1, fold] * 3, rel=1e-3)
    assert {state for *_, state in rows} == {"settled"}
    assert fold > 1.3
    assert alert.values["fold"] == pytest.approx(fold, rel=1e-3)
    assert "goes up and down with the cycle of ethinylestradiol" in told(answer)["happens"]
    assert len(alerts(answer, "below-range", "lamotrigine")) <= 1


def test_a_first_round_that_still_moves_is_not_settled() -> None:
    """Phenobarbital still rises after three days: the first phase is another thing than that of the next round."""
    pill = regimen("ethinylestradiol", daily("0.03 mg", "24 h", "0 d", "400 d", 'cycle = { on = "3 d", off = "4 d" }'))
    answer = answered(regimen("phenobarbital", daily("100 mg")), pill, days=14)

    assert periods(answer, "phenobarbital")[0][2:] == (None, "moving")


# ---- changes of the patient ----


@pytest.mark.parametrize(
    ("given", "patient", "analyte", "day", "rises"),
    [
        (
            regimen("caffeine", kept("100 mg", "8 h")),
            'smoker = true\n[[patient.change]]\nat = "5 d"\nsmoker = false\n',
            "caffeine",
            5,
            True,
        ),
        (
            regimen("levetiracetam", kept("1500 mg", "12 h")),
            '[[patient.change]]\nat = "10 d"\ncreatinine_clearance = "17 mL/min"\n',
            "levetiracetam",
            10,
            True,
        ),
        (
            regimen("lamotrigine", kept("100 mg", "12 h")),
            'pregnancy = "9 wk"\n[[patient.change]]\nat = "100 d"\npregnancy = "none"\n',
            "lamotrigine",
            35,
            False,
        ),
    ],
    ids=["smoking", "kidneys", "pregnancy"],
)
def test_a_change_of_the_patient_ends_a_period(given: str, patient: str, analyte: str, day: int, rises: bool) -> None:
    """A period ends there, the ratio is that of the averages before and after, and the change itself is told."""
    answer = answered(given, days=140 if analyte == "lamotrigine" else 40, patient=patient)

    rows = periods(answer, analyte)

    assert rows[0][1] == day
    ratio = rows[1][2]
    assert ratio is not None
    assert (ratio > 1.2) == rises
    assert (ratio < 0.85) != rises
    assert answer.moves[0].cause == 24 * day
    assert "happens" in told(answer)


# ---- what still moves, what is gone, what was never there ----


def test_there_is_no_ratio_to_a_level_that_still_moves() -> None:
    """Three days after the first dose beside an inducer that began with it: nothing has settled, and it is said."""
    victim = regimen("amitriptyline", daily("150 mg", "24 h", "-3 d"))
    answer = answered(victim, regimen("carbamazepine", daily("400 mg", "12 h", "-3 d", "0 d")), days=60)

    rows = periods(answer, "amitriptyline+nortriptyline")

    assert [row[2] for row in rows] == [None, None]
    assert rows[0][3] == "moving"
    assert "had not settled" in told(answer)["much"]


def test_an_end_on_its_way_is_no_ratio_and_told_with_where_it_goes_only_if_that_is_sure() -> None:
    """Perampanel 10 d after carbamazepine: too early; where an end is told, a longer run ends there within 10 %."""
    drugs = (
        regimen("perampanel", kept("8 mg")),
        regimen("carbamazepine", kept("400 mg", "12 h", until="4 d")),
    )
    runs = {days: answered(*drugs, days=days) for days in (14, 18, 22, 26, 30, 120)}
    end = float(runs[120].result.curve("perampanel").integral(119 * 24, 120 * 24)) / 24

    assert periods(runs[14], "perampanel")[1][2:] == (None, "moving")
    assert "still moving" in told(runs[14])["much"]
    found = [re.search(r"on the way to about ([\d.]+)", told(answer)["much"]) for answer in runs.values()]
    assert found[0] is None
    assert all(float(limit[1]) == pytest.approx(end, rel=0.1) for limit in found if limit)


def test_what_ended_long_before_raises_no_alert() -> None:
    """Carbamazepine until two months before t = 0: no alert of its end, and 0 for what is left of it."""
    old = regimen("carbamazepine", daily("400 mg", "12 h", "-120 d", "-60 d"))
    answer = answered(regimen("quetiapine", daily("200 mg", "12 h")), old, days=30)
    table = exposure_table(answer.result)
    left = [row for row, name in zip(table["cavg_24h"], table["analyte"], strict=True) if name == "carbamazepine"]

    assert not alerts(answer, "lost")
    assert left[1:] == [0.0, 0.0]


def test_single_doses_before_and_beside_an_inducer_are_compared_by_their_areas() -> None:
    """Voriconazole on day 0 and on day 15 of St John's wort: areas over ten days; no ratio, no trough, no noise."""
    victim = regimen("voriconazole", once("400 mg", "0 d"), once("400 mg", "20 d"))
    answer = answered(victim, regimen("hyperforin", daily("12 mg", "8 h", "6 d", "21 d")), days=30)
    curve = answer.result.curve("voriconazole")
    fold = float(curve.integral(480, 720)) / float(curve.integral(0, 240))

    (alert,) = alerts(answer, "single-dose")
    table = exposure_table(answer.result)

    assert alert.values["fold"] == pytest.approx(fold, rel=1e-9)
    assert alert.values["fold"] == pytest.approx(0.41, rel=0.25), "recalled, not read: Rengelshausen 2005"
    assert not alerts(answer, "below-range")
    assert "No level moves" not in told(answer)["happens"]
    ratios = [ratio for ratio, name in zip(table["ratio_to_reference"], table["analyte"], strict=True) if ratio]
    assert all(0.01 < ratio < 100 for ratio in ratios)
    assert all(value == 0 or value > 1e-7 for value in [*table["cavg_24h"], *table["ctrough"]])


# ---- causes, order and number of alerts ----


def test_a_rise_is_laid_to_the_drug_that_is_there_when_it_happens() -> None:
    """Ketoconazole has come and gone when voriconazole lifts carbamazepine furthest: voriconazole is named there."""
    answer = answered(
        regimen("carbamazepine", kept("400 mg", "12 h")),
        regimen("ketoconazole", daily("200 mg", "24 h", "10 d", "38 d")),
        regimen("voriconazole", daily("400 mg", "12 h", "40 d", "41 d"), daily("200 mg", "12 h", "41 d", "55 d")),
        days=60,
    )

    (first, second) = (move for move in answer.told if move.analyte.id == "carbamazepine")
    assert (first.cause, second.cause) == (10 * 24, 40 * 24)
    first_sentence, second_sentence = told(answer)["happens"].split("The level of carbamazepine ")[1:3]
    assert "after ketoconazole is started" in first_sentence
    assert "after voriconazole is started" in second_sentence
    assert "ketoconazole" not in second_sentence
    gravity = [("grave", "warning", "note").index(alert.severity) for alert in answer.alerts]
    assert gravity == sorted(gravity)
    assert len(answer.alerts) < 8


def test_a_titrated_inducer_is_one_cause() -> None:
    """Started low and raised twice: carbamazepine is started; stopped while valproate begins: both are named."""
    steps = daily("200 mg", "12 h", "0 d", "40 d", 'taper_to = "400 mg"', 'step_every = "4 d"')
    rising = answered(regimen("amitriptyline", kept("100 mg")), regimen("carbamazepine", steps), days=40)
    switch = answered(
        regimen("amitriptyline", kept("150 mg")),
        regimen("carbamazepine", kept("400 mg", "12 h", until="7 d")),
        regimen("valproate", daily("500 mg", "12 h", "7 d")),
        days=60,
    )

    assert "after carbamazepine is started" in told(rising)["happens"]
    assert "after carbamazepine is stopped and valproate is started" in told(switch)["happens"]


def test_every_other_trough_is_one_alert() -> None:
    """Ketoconazole once a day lifts every other trough of carbamazepine: at most one alert of each rule."""
    answer = answered(
        regimen("carbamazepine", kept("400 mg", "12 h")),
        regimen("ketoconazole", daily("200 mg", "24 h", "10 d", "38 d")),
        days=45,
    )
    seen = [(alert.analyte, alert.rule) for alert in answer.alerts]

    assert len(seen) == len(set(seen))


@pytest.mark.parametrize(
    ("victim", "other", "least"),
    [
        (regimen("simvastatin", kept("40 mg")), regimen("itraconazole", daily("200 mg", "24 h", "10 d", "20 d")), 10),
        (regimen("s-warfarin", kept("5 mg")), regimen("fluconazole", daily("400 mg", "24 h", "7 d")), 2),
    ],
    ids=["simvastatin", "warfarin"],
)
def test_a_victim_without_a_range_has_an_alert_on_its_change(victim: str, other: str, least: float) -> None:
    """A grave one on the change itself, and a note that no range is known."""
    answer = answered(victim, other, days=30)
    name = answer.result.analytes[0].id

    (change,) = alerts(answer, "change", name)

    assert change.severity == "grave"
    assert float(str(change.values["fold"])) > least
    assert len(alerts(answer, "no-range", name)) == 1


# ---- doses ----


def test_a_drug_in_two_regimens_draws_a_warning() -> None:
    """As two courses that overlap do; one regimen after the other is nothing to tell of."""
    both = run(text(*2 * [regimen("carbamazepine", kept("200 mg", "12 h"))], days=5))
    one_by_one = [regimen("carbamazepine", daily("400 mg", "12 h", *span)) for span in (("0 d", "5 d"), ("5 d", "9 d"))]
    after = run(text(*one_by_one, days=9))

    warned = "gives carbamazepine at the same time as regimen[0]; both are given"
    assert [warning for warning in both.scenario.warnings if warned in warning]
    assert not [warning for warning in after.scenario.warnings if "same time" in warning]


@pytest.mark.parametrize(
    ("given", "first", "severity", "words"),
    [
        (regimen("carbamazepine", kept("400 mg", "12 h", until="10 d")), 10, "warning", "stops on day 10"),
        (
            regimen("lamotrigine", kept("100 mg", "12 h", until="10 d"), daily("100 mg", "12 h", "18 d")),
            10,
            "grave",
            "more than 5 of its half-lives",
        ),
        (
            regimen("phenytoin", kept("300 mg", "24 h", 'missed = ["10 d", "11 d", "12 d", "13 d", "14 d", "15 d"]')),
            10,
            "warning",
            "not taken for 6 days from day 10 on",
        ),
    ],
    ids=["stopped", "restarted", "missed"],
)
def test_the_loss_of_a_level_is_an_alert_of_its_own(given: str, first: int, severity: str, words: str) -> None:
    """With its day; it was not so before, whether or not anything else changes in the run."""
    answer = answered(given, days=40)

    (alert,) = alerts(answer, "lost")

    assert (alert.start / 24, alert.severity, alert.since) == (first, severity, "after")
    assert words in alert_text(alert, answer.result, ENGLISH)


def test_a_level_five_times_the_prediction_is_told() -> None:
    """With the fold of measured over predicted and the prediction itself."""
    measured = '[[observation]]\nat = "16 d"\nanalyte = "lamotrigine"\nlevel = "23.4 mg/L"\n'
    given = regimen("lamotrigine", course("0 d", 'until = "13 d"', 'dose = "200 mg"', 'every = "12 h"', STEADY))
    answer = answered(given, measured, days=40)

    (alert,) = alerts(answer, "measured")

    predicted = float(answer.result.curve("lamotrigine").value(16 * 24))
    assert alert.values["fold"] == pytest.approx(23.4 / predicted, rel=1e-9)
    assert alert.start == 16 * 24


# ---- ten days of fluconazole on phenytoin, whose level saturates ----

LOW = regimen("phenytoin", daily("100 mg", "12 h", "-60 d"))
AZOLE = regimen("fluconazole", daily("200 mg", "24 h", "3 d", "13 d"))
STATIN = daily("20 mg", "24 h", "-60 d")
SLOW = '[patient.phenotype]\nCYP2C9 = "*1/*3"\n'


def beside_azole(*others: str, patient: str = SLOW) -> Answer:
    return answered(LOW, AZOLE, *others, days=45, patient=patient)


def test_a_level_that_is_low_again_as_before_is_no_news() -> None:
    """Phenytoin is below its range, in it beside fluconazole, and below it again: said as that, and not as a loss."""
    answer = beside_azole()
    notes = alerts(answer, "below-range", "phenytoin")

    assert [alert.since for alert in notes] == ["before", "again"]
    assert notes[1].values["worst"] == pytest.approx(notes[0].values["worst"], rel=0.02)
    assert (
        f"was below 10 mg/L before the change and is so again from day {notes[1].start / 24:g} on" in told(answer)["do"]
    )
    assert "below 10 mg/L" not in told(answer)["much"]


def test_a_level_that_is_lower_than_before_is_news() -> None:
    """Phenytoin is given up in halves after fluconazole: below its range as before, and then a third of that."""
    halved = regimen("phenytoin", daily("100 mg", "12 h", "-60 d", "20 d"), daily("50 mg", "12 h", "20 d"))
    answer = answered(halved, AZOLE, days=60, patient=SLOW)

    assert [alert.since for alert in alerts(answer, "below-range", "phenytoin")] == ["before", "after"]


def test_levels_to_draw_are_of_what_can_be_judged() -> None:
    """Simvastatin rises most and has no range: levels of phenytoin are asked for; where it rises alone, its own."""
    statin = regimen("simvastatin", STATIN)
    both = told(beside_azole(statin))
    alone = told(answered(statin, AZOLE, days=45))

    assert both["happens"].startswith("The level of simvastatin")
    assert "simvastatin" not in both["measure"]
    assert "A level of phenytoin before the dose on day" in both["measure"]
    assert "A level of simvastatin before the dose on day" in alone["measure"]


def test_an_estimate_of_the_long_run_is_not_told_of_a_weeks_partner() -> None:
    """
    Simvastatin is quartered for the ten days of fluconazole, which raises phenytoin, which induces.

    In the long run that would be a tenth, in these days it is a rise: nothing tells the parts apart, so that is said.
    """
    quartered = regimen(
        "simvastatin",
        daily("20 mg", "24 h", "-60 d", "3 d"),
        daily("5 mg", "24 h", "3 d", "13 d"),
        daily("20 mg", "24 h", "13 d"),
    )

    assert "of simvastatin cannot be told apart" in told(beside_azole(quartered))["happens"]


# ---- doses and levels as they are ----


def test_a_dose_is_told_as_it_is_and_a_level_to_three_digits() -> None:
    """A step to 162.5 mg is told as that wherever doses are; 1518 ng/mL is no 1.52e+03 on the terminal."""
    steps = regimen("clozapine", daily("100 mg", "12 h", "-30 d", "10 d"), daily("162.5 mg", "12 h", "10 d"))
    inhibitor = daily("50 mg", "24 h", "-30 d", "20 d"), daily("56.25 mg", "12 h", "20 d")
    answer = answered(steps, regimen("fluvoxamine", *inhibitor), days=50)
    lines = summary_lines(answer, (), ENGLISH, exposure_table(answer.result), alert_table(answer), (), ())

    assert "after fluvoxamine goes from 50 to 112.5 mg a day" in told(answer)["happens"]
    assert float(answer.result.curve("clozapine").value(49 * 24)) > 1000
    assert not [line for line in lines if "e+" in line]
    assert ENGLISH.dose(162.5) == "162.5"
    assert words_of("de").dose(1162.5) == "1162,5"


# ---- below a range that says little of the one patient ----


@pytest.mark.parametrize(
    ("later", "said"),
    [
        ([], r"inside its range from day 35 on, though far from where it was: ask for effect and harm"),
        (
            [daily("150 mg", "12 h", "3 d")],
            r"stays there, though its average rises 1\.\d+-fold: ask for effect and harm",
        ),
        ([daily("250 mg", "12 h", "3 d")], r"was below 400 ng/mL before the change and stays there: ask whether"),
    ],
)
def test_a_rise_from_below_the_range_is_no_lack_of_effect(later: list[str], said: str) -> None:
    """Methadone, low beside carbamazepine, rises as that stops, less as its dose is lowered: harm is asked for."""
    methadone = regimen("methadone", daily("120 mg", "24 h", "-90 d"))
    inducer = regimen("carbamazepine", daily("400 mg", "12 h", "-90 d", "3 d"), *later)

    assert re.search(said, told(answered(methadone, inducer, days=40))["do"])


def test_a_drug_that_begins_is_not_asked_whether_it_still_works() -> None:
    """Lacosamide begun at 50 mg beside carbamazepine that ends: below its range from the first sample on."""
    begun = regimen("lacosamide", daily("50 mg", "12 h", "0 d", "7 d"), daily("100 mg", "12 h", "7 d"))
    ended = regimen("carbamazepine", daily("400 mg", "12 h", "-90 d", "10 d"))

    said = told(answered(begun, ended, days=40))["do"]

    assert "still works" not in said
    assert "at these doses: whether they are enough, effect and a level decide" in said


# ---- what random scenarios showed ----


@pytest.mark.parametrize(("language", "said"), [("en", "after albumin is 21 g/L"), ("de", "Albumin von 21 g/L")])
def test_a_trait_that_nobody_told_of_before_is_told_as_it_is(language: str, said: str) -> None:
    """Albumin is written down from day 10 on alone: no "from None", and a share of next to nothing is that."""
    low = '[[patient.change]]\nat = "10 d"\nalbumin = "21 g/L"\n'
    answer = answered(regimen("valproate", daily("500 mg", "12 h", "-20 d")), days=30, patient=low)
    words = words_of(language)

    assert said in " ".join(sentence.text for sentence in sentences_of(answer, words))
    assert "<" in words.say(
        "happens.fall", cause="", share=0.02, **dict.fromkeys(("analyte", "before", "after", "unit", "average"), "")
    )


def test_a_cycle_that_ended_before_the_run_is_no_alert() -> None:
    """A strong inducer was taken in a cycle until five days before t = 0: no alert that ends before it begins."""
    weeks = daily("600 mg", "24 h", "-61 d", "-5 d", 'cycle = { on = "7 d", off = "7 d" }')
    answer = answered(regimen("rifampicin", weeks), regimen("apixaban", daily("5 mg", "12 h", "-61 d")), days=5)

    assert not alerts(answer, "cycle")
    assert all(0 <= alert.start <= alert.stop for alert in answer.alerts)


# ---- a pill taken in a cycle ----

PILL = 'cycle = { on = "21 d", off = "7 d" }'


def test_the_rhythm_of_a_partners_cycle_is_no_effect_of_what_comes_beside_it() -> None:
    """
    Lamotrigine rises in the days without the pill, whenever rifampicin is given for two days before.

    The rise is told of the pill alone, once, of the part that acts; a ratio to the days without it is none.
    """
    answer = answered(
        regimen("levonorgestrel", daily("0.15 mg", "24 h", "-84 d", "50 d", PILL)),
        regimen("ethinylestradiol", daily("0.03 mg", "24 h", "-84 d", "50 d", PILL)),
        regimen("lamotrigine", daily("100 mg", "12 h", "-84 d")),
        regimen("rifampicin", daily("600 mg", "12 h", "4 d", "6 d")),
        days=50,
    )

    (swing,) = alerts(answer, "cycle")
    assert (swing.analyte, swing.values["drug"]) == ("lamotrigine", "ethinylestradiol")
    assert "lamotrigine" not in [move.analyte.id for move in answer.told]
    assert told(answer)["happens"].count("lamotrigine") == 1
    assert {ratio for *_, ratio, _ in periods(answer, "levonorgestrel")} == {None}
    assert "had not settled" not in told(answer).get("much", "")


def test_a_level_per_dose_that_settles_is_what_a_partner_makes_of_it() -> None:
    """Ciclosporin is halved as itraconazole begins: told is its level per dose, as at the whole dose, to 3 %."""
    azole = regimen("itraconazole", daily("200 mg", "24 h", "5 d"))
    before = daily("150 mg", "12 h", "-30 d", "5 d")
    whole, halved = (
        answered(regimen("ciclosporin", before, daily(dose, "12 h", "5 d")), azole, days=30)
        for dose in ("150 mg", "75 mg")
    )

    (rise,) = (move for move in whole.told if move.analyte.id == "ciclosporin")
    said = re.search(r"at about ([\d.]+) times what it would be otherwise at the same dose", told(halved)["happens"])
    assert said is not None
    assert float(said.group(1)) == pytest.approx(rise.ratio, rel=0.03)
