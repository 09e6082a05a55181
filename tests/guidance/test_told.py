"""What is told of stops, of pairs, of silence, and in German."""

from __future__ import annotations

import re

import numpy as np
import pytest
from runs import INTRAVENOUS, course, daily, drug, oral, regimen, run, text
from scenario_files import load

from pkinteract import simulate
from pkinteract.analysis import answer_of
from pkinteract.guidance import Guidance, fire
from pkinteract.guidance.run import facts_of_run
from pkinteract.guidance.text import advice_text
from pkinteract.library import load_library
from pkinteract.library.guidance.rules import drug_groups
from pkinteract.report.guidance.text import guidance_lines, guidance_sentences
from pkinteract.text.words import words_of


def rules(*regimens: str, patient: str = "", days: float = 40) -> dict[str, Guidance]:
    return {one.rule: one for one in fire(load(text(*regimens, days=days, patient=patient)))}


def standing(dose: str, until: str = "40 d") -> str:
    return course("-60 d", f'until = "{until}"', f'dose = "{dose}"', 'every = "12 h"')


def test_the_stop_of_a_drug_that_also_starts_in_the_run_is_told_from_the_stop() -> None:
    """Valproate rises again after a week of meropenem; from the start on it falls."""
    dose = ('dose = "1000 mg"', 'every = "8 h"', 'route = "intravenous"', 'infusion = "30 min"')
    drugs = (
        regimen("valproate", standing("500 mg")),
        regimen("meropenem", course("5 d", 'until = "12 d"', *dose)),
    )
    scenario = load(text(*drugs, days=40))
    fired = fire(scenario, facts_of_run(answer_of(simulate(scenario))))
    (note,) = next(one for one in fired if one.rule == "vpa-carbapenem-stop").notes

    assert note.what == "moves"
    assert float(str(note.values["ratio"])) > 1.5
    assert 12 <= float(str(note.values["half_day"])) <= float(str(note.values["most_day"])) < 30


@pytest.mark.parametrize(("days", "what"), [(13.5, "open"), (40, "moves")])
def test_a_level_that_still_moves_as_the_run_ends_is_told_as_such(days: float, what: str) -> None:
    """A day and a half after meropenem valproate is on its way: no day of half is told, but what moves and how far."""
    dose = ('dose = "1000 mg"', 'every = "8 h"', 'route = "intravenous"', 'infusion = "30 min"')
    drugs = (
        regimen("valproate", standing("500 mg")),
        regimen("meropenem", course("-5 d", 'until = "12 d"', *dose)),
    )
    scenario = load(text(*drugs, days=days))
    fired = fire(scenario, facts_of_run(answer_of(simulate(scenario))))
    (note,) = next(one for one in fired if one.rule == "vpa-carbapenem-stop").notes

    assert note.what == what
    assert ({"half_day", "most_day"} <= set(note.values)) is (what == "moves")
    assert {"analyte", "ratio"} <= set(note.values)


def test_valproate_in_a_pregnancy_is_told_as_such() -> None:
    """The prevention programme is for those who are not pregnant yet."""
    drug = regimen("valproate", standing("500 mg"))
    pregnant = rules(drug, patient='pregnant = true\nindication = "epilepsy"\n')

    assert "vpa-pregnancy" in pregnant
    assert "vpa-childbearing" not in pregnant
    assert "vpa-childbearing" in rules(drug, patient='childbearing = true\nindication = "epilepsy"\n')


@pytest.mark.parametrize("language", ["en", "de"])
def test_as_grave_counts_the_same_severity(language: str) -> None:
    """Sentence 5 counts the others of the severity that it tells."""
    patient = 'pregnant = true\nindication = "epilepsy"\n'
    drugs = (regimen(drug, standing("100 mg")) for drug in ("valproate", "topiramate", "phenytoin"))
    scenario = load(text(*drugs, patient=patient, days=40))
    fired = fire(scenario, language=language)
    same = sum(one.severity == fired[0].severity for one in fired) - 1
    graver = sum(one.severity in ("contraindicated", "avoid") for one in fired) - 1
    words = words_of(language)
    told = list(guidance_sentences(fired, scenario, words))

    assert same < graver
    assert told[1:] == ([words.say("guidance.further", count=same)] if same else [])


@pytest.mark.parametrize(("language", "said"), [("en", "no all-clear"), ("de", "keine Entwarnung")])
def test_silence_is_no_all_clear(language: str, said: str) -> None:
    """Where no rule fires the terminal and the page say that not every pair is covered."""
    words = words_of(language)

    scenario = load(text(regimen("dextromethorphan", course("0 d", 'dose = "30 mg"')), days=2))
    assert said in " ".join(guidance_lines(fire(scenario), scenario, words))
    assert said in words.say("page.no_guidance").replace("Das ist ", "")


@pytest.mark.parametrize(
    "disease", ['conditions = ["juvenile-myoclonic-epilepsy"]\n', 'seizure_types = ["myoclonic"]\n']
)
def test_no_praise_of_a_pair_that_is_unfit_for_the_disease(disease: str) -> None:
    """Lamotrigine with levetiracetam is spoken for, but not where a caution for the disease is about one of the two."""
    drugs = (regimen("lamotrigine", standing("100 mg")), regimen("levetiracetam", standing("500 mg")))
    myoclonic = rules(*drugs, patient=disease)

    assert "different-pillars" in rules(*drugs, patient='seizure_types = ["focal"]\n')
    assert any(one.severity == "caution" and "lamotrigine" in one.drugs for one in myoclonic.values())
    assert not {"different-pillars", "ltg-lev-rational"} & set(myoclonic)


def test_a_seizure_type_alone_takes_praise_away_too() -> None:
    """Ethosuximide with lacosamide is spoken for in focal seizures, not in tonic-clonic ones, which it leaves alone."""
    drugs = (regimen("ethosuximide", standing("250 mg")), regimen("lacosamide", standing("100 mg")))
    focal, clonic = (rules(*drugs, patient=f'seizure_types = ["{kind}"]\n') for kind in ("focal", "tonic-clonic"))

    assert "different-pillars" in focal
    assert "esm-no-gtc" in clonic
    assert "different-pillars" not in clonic


def test_a_caution_that_is_not_of_the_disease_takes_no_praise_away() -> None:
    """A weak liver asks for less lamotrigine; the pair is spoken for all the same."""
    drugs = (regimen("lamotrigine", standing("100 mg")), regimen("levetiracetam", standing("500 mg")))
    fired = rules(*drugs, patient='seizure_types = ["focal"]\nhepatic_class = "B"\n')

    assert fired["ltg-hepatic"].severity == "caution"
    assert "different-pillars" in fired


@pytest.mark.parametrize(
    ("drug", "other", "rule"), [("carbamazepine", "moclobemide", "cbz-maoi"), ("sertraline", "selegiline", "maoi-ssri")]
)
def test_a_pair_that_must_lie_apart_is_told(drug: str, other: str, rule: str) -> None:
    """Beside a monoamine oxidase inhibitor that nothing models; without it not."""
    taken = regimen(drug, standing("100 mg"))
    fired = {one.rule for one in fire(load(text(taken, days=40, extra=f'not_modelled = ["{other}"]\n')))}

    assert rule in fired - set(rules(taken))


def test_a_pair_is_not_spoken_for_where_one_of_it_is_forbidden_by_anybody() -> None:
    """A carrier of HLA-B*15:02: carbamazepine is contraindicated by another body than that of the praise."""
    drugs = (regimen("carbamazepine", course("0 d", 'dose = "200 mg"', 'until = "40 d"', 'every = "12 h"')),)
    drugs += (regimen("levetiracetam", standing("500 mg")),)
    focal = 'seizure_types = ["focal"]\n'
    carrier = rules(*drugs, patient=f'{focal}alleles = ["HLA-B*15:02"]\n')

    assert any(one.severity == "contraindicated" and "carbamazepine" in one.drugs for one in carrier.values())
    assert "different-pillars" in rules(*drugs, patient=focal)
    assert "different-pillars" not in carrier


def test_a_level_passes_a_number_on_a_whole_day() -> None:
    """The day of the first value before a dose above it, here one at noon; none where no level is so high."""
    doubled = daily("60 mg", "12 h", "-9 d", "3 d"), daily("120 mg", "12 h", "3 d", "9 d")
    result = run(text(regimen("victim", *doubled), days=9), drugs=(drug("victim", oral(), INTRAVENOUS),))
    facts = facts_of_run(answer_of(result))
    before = float(result.curve("victim").value(72.0))

    assert facts.passes("victim", f"{1.05 * before} mg/L") == 3.0
    assert facts.passes("victim", f"{0.99 * before} mg/L") == 0.0
    assert facts.passes("victim", f"{3 * before} mg/L") is None
    assert facts.passes("nothing", "1 mg/L") is None


@pytest.mark.parametrize("drug", sorted(drug_groups()["sodium-fast"] | drug_groups()["sodium-slow"]))
def test_groups_and_monographs_agree_on_the_sodium_channel(drug: str) -> None:
    """Which inactivation a drug holds is the same in the groups of the rules and in its monograph."""
    monographs = load_library().files
    if drug not in monographs:
        assert drug == "fosphenytoin"
        return
    named = set(re.findall(r'name = "(sodium-(?:fast|slow))"', monographs[drug].read_text("utf-8")))

    assert named == {name for name in ("sodium-fast", "sodium-slow") if drug in drug_groups()[name]}


@pytest.mark.parametrize(
    ("drug", "rule"),
    [("carbamazepine", "asm-abrupt"), ("valproate", "vpa-abrupt"), ("phenobarbital", "barbiturate-abrupt")],
)
def test_a_taper_of_days_is_as_a_sudden_stop(drug: str, rule: str) -> None:
    """200 mg a day, 50 mg for three days, nothing: fires; a taper of three weeks does not."""

    def tapered(days: int) -> str:
        last = course("10 d", f'until = "{10 + days} d"', 'dose = "25 mg"', 'every = "12 h"')
        return regimen(drug, standing("100 mg", until="10 d") + last)

    assert rule in rules(tapered(3))
    assert rule not in rules(tapered(21))


@pytest.mark.parametrize(
    ("drug", "told"),
    [
        ("valproate", {("vpa-abrupt", "agency", "avoid")}),
        ("carbamazepine", {("asm-abrupt", "recalled", "caution")}),
        ("lamotrigine", {("ltg-stop", "label", "caution")}),
        ("brivaracetam", {("brv-stop", "label", "caution")}),
        ("clobazam", {("bzd-abrupt", "society", "avoid")}),
        ("phenobarbital", {("barbiturate-abrupt", "recalled", "caution")}),
    ],
)
def test_a_sudden_stop_cites_what_was_read_of_that_drug(drug: str, told: set[tuple[str, str, str]]) -> None:
    """The agency's page on valproate is the source for valproate alone; what nobody read is recalled and a caution."""
    fired = rules(regimen(drug, standing("100 mg", until="10 d"))).values()

    assert {(one.rule, one.body, one.severity) for one in fired if one.rule.endswith(("-abrupt", "-stop"))} == told


def test_a_switch_over_night_is_told_as_one() -> None:
    """Who takes over is named beside the rule, which stands; nobody is named who was there before or stops too."""
    stopped = regimen("valproate", standing("500 mg", until="10 d"))
    new = regimen("levetiracetam", course("10 d", 'until = "40 d"', 'dose = "500 mg"', 'every = "12 h"'))
    old = regimen("lamotrigine", standing("100 mg"))
    (alone,) = [rules(stopped, old)["vpa-abrupt"]]
    (switch,) = [rules(stopped, old, new)["vpa-abrupt"]]

    assert alone.notes == ()
    assert switch.severity == alone.severity
    assert [(note.values["drug"], note.values["day"]) for note in switch.notes] == [("levetiracetam", 10)]


@pytest.mark.parametrize(("begin", "told"), [("-18 d", True), ("-18.5 d", False), ("11 d", True), ("11.5 d", False)])
def test_who_takes_over_begins_within_four_weeks_before_or_a_day_after(begin: str, told: bool) -> None:
    """Levetiracetam beside valproate that is stopped on day 10: from 28 days before to the next day."""
    new = regimen("levetiracetam", course(begin, 'until = "40 d"', 'dose = "500 mg"', 'every = "12 h"'))

    notes = rules(regimen("valproate", standing("500 mg", until="10 d")), new)["vpa-abrupt"].notes

    assert bool(notes) is told


@pytest.mark.parametrize("until", ["10 d", "10.5 d"])
def test_a_half_filled_last_day_is_no_step_of_a_taper(until: str) -> None:
    """A stop at noon is as sudden as one at midnight."""
    assert "ssri-abrupt" in rules(regimen("citalopram", standing("10 mg", until=until)))


@pytest.mark.parametrize(("every", "days"), [("12 h", 20.5), ("8 h", 20.4), ("5 h", 20), ("36 h", 20), ("48 h", 20)])
def test_days_that_hold_unlike_numbers_of_doses_are_no_fall(every: str, days: float) -> None:
    """The same dose all along is no fall of it, whatever the interval and wherever the run ends."""
    drug = regimen("clonazepam", course("-60 d", 'until = "90 d"', 'dose = "0.5 mg"', f'every = "{every}"'))

    assert "bzd-abrupt" not in rules(drug, days=days)


def test_a_benzodiazepine_that_ends_soon_after_a_small_step_ends_suddenly() -> None:
    """A fifth less for ten days, then nothing: more than a quarter within two weeks."""
    last = course("10 d", 'until = "20 d"', 'dose = "0.8 mg"', 'every = "12 h"')

    assert "bzd-abrupt" in rules(regimen("clonazepam", standing("1 mg", until="10 d") + last))


def test_german_names_and_the_limit() -> None:
    """Drugs outside the library have their German ending, and a limit its number."""
    drugs = (
        regimen("amitriptyline", standing("100 mg")),
        regimen("paroxetine", course("0 d", 'until = "40 d"', 'dose = "40 mg"', 'every = "24 h"')),
    )
    head = 'not_modelled = ["tranylcypromine"]\n'
    scenario = load(text(*drugs, days=40, extra=head))
    fired = fire(scenario, facts_of_run(answer_of(simulate(scenario))), "de")
    told = " ".join(" ".join(guidance_lines(fired, scenario, words_of("de"))).split())

    assert "+ Tranylcypromin:" in told
    assert "Tranylcypromine" not in told
    assert re.search(r"über der Grenze von \d+ ng/mL", told)


def test_a_free_level_has_its_german_name() -> None:
    """A note on an unbound level names the drug and says that it is free, with its own limit."""
    scenario = load(
        text(
            regimen("phenytoin", course("0 d", 'until = "10 d"', 'dose = "300 mg"', 'every = "12 h"')),
            patient='albumin = "25 g/L"\nindication = "epilepsy"\n',
        )
    )
    fired = fire(scenario, facts_of_run(answer_of(simulate(scenario))), "de")
    told = advice_text(next(one for one in fired if one.rule == "toxic-level-seizures"), scenario, words_of("de"))

    assert "Hier liegt Phenytoin (frei) ab Tag" in told
    assert "über der Grenze von 2 mg/L" in told


def test_a_gap_between_drugs_for_a_seizure_type_is_told_with_its_days() -> None:
    """The first and the last day without one; nothing where another drug covers it, or nothing is stopped."""
    stopped = regimen("carbamazepine", standing("200 mg", until="10 d"))
    focal = 'seizure_types = ["focal"]\n'

    (note,) = rules(stopped, patient=focal)["replace-spectrum-gap"].notes

    assert (note.what, note.values) == ("uncovered", {"seizure": "focal", "day": 10, "until": 39})
    covered = regimen("levetiracetam", standing("500 mg"))
    assert "replace-spectrum-gap" not in rules(stopped, covered, patient=focal)
    assert "replace-spectrum-gap" not in rules(regimen("carbamazepine", standing("200 mg")), patient=focal)


VALPROATE = regimen("valproate", course("0 d", 'until = "20 d"', 'dose = "300 mg"', 'every = "12 h"'))
RISING = regimen("amitriptyline", course("0 d", 'until = "40 d"', 'dose = "200 mg"', 'every = "12 h"'))
BLOCKED = (
    regimen("nortriptyline", course("-60 d", 'until = "30 d"', 'dose = "50 mg"', 'every = "24 h"')),
    regimen("paroxetine", course("0 d", 'until = "30 d"', 'dose = "30 mg"', 'every = "24 h"')),
)


@pytest.mark.parametrize(
    ("drugs", "days", "rule", "what"),
    [
        ((RISING,), 30, "tca-csf-level-warning", "level"),
        ((VALPROATE.replace("300 mg", "900 mg"),), 20, "vpa-saturable-binding", "level"),
        (BLOCKED, 30, "phenoconv-cyp2d6-run", "activity"),
    ],
)
def test_what_the_run_says_to_a_rule_is_what_its_curves_do(
    drugs: tuple[str, ...], days: float, rule: str, what: str
) -> None:
    """The first day with a level above the rule's before a dose; the day on which an enzyme is least active."""
    result = simulate(load(text(*drugs, days=days, patient='[patient.phenotype]\nCYP2D6 = "normal"\n')))
    fired = fire(result.scenario, facts_of_run(answer_of(result)))
    (note,) = next(one for one in fired if one.rule == rule).notes

    assert note.what == what
    if what == "level":
        analyte, limit = str(note.values["analyte"]), float(str(note.values["level"]).split()[0])
        doses = [dose.time for dose in result.scenario.doses if dose.time >= 0]
        above = [time for time in doses if float(result.curve(analyte).value(time)) > limit]
        assert note.values == {"analyte": analyte, "level": note.values["level"], "day": int(above[0] // 24)}
        assert above[0] > 0
    else:
        assert result.activity is not None
        every = 24.0 * np.arange(days)
        curve = result.enzyme_curves[result.enzymes.index("CYP2D6_liver")]
        left = (curve.value(every) * result.activity.left(every).get("CYP2D6_liver", 1.0)).tolist()
        assert note.values == {
            "enzyme": "CYP2D6",
            "genotype": 1.0,
            "lowest": pytest.approx(min(left)),
            "day": left.index(min(left)),
        }


LIMITS = '[reference_range]\nhigh = "{high} mg/L"\nalert = "{alert} mg/L"\n'


@pytest.mark.parametrize(
    ("high", "alert", "rule"),
    [(1.5, 1.8, "above-alert"), (0.15, 1.8, "above-alert"), (0.15, 2.5, "above-range"), (0.5, 2.5, None)],
)
def test_what_rules_call_too_high_is_the_first_of_both_alerts(high: float, alert: float, rule: str | None) -> None:
    """100 mg a day: peaks of 2 mg/L from the first dose on, values before a dose of 0.18 and more (closed form)."""
    victim = drug("victim", LIMITS.format(high=high, alert=alert), oral(), INTRAVENOUS)
    doses = daily("100 mg", "24 h", "0 d", "4 d", 'route = "intravenous"')
    over = facts_of_run(answer_of(run(text(regimen("victim", doses), days=4), drugs=(victim,)))).above("victim")

    assert (None if over is None else over.rule) == rule


def test_a_level_that_never_passes_says_nothing() -> None:
    """A third of the dose stays below 60 mg/L before every dose."""
    result = simulate(load(text(VALPROATE.replace("300 mg", "150 mg"), days=20)))

    assert "vpa-saturable-binding" not in {one.rule for one in fire(result.scenario, facts_of_run(answer_of(result)))}
