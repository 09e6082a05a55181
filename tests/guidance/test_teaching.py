"""What pharmacology teaches, on the shipped scenarios, and where guidance shows."""

from __future__ import annotations

import csv
import json
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner
from runs import course, regimen, text
from scenario_files import load

from pkinteract import load_scenario, simulate
from pkinteract.analysis import answer_of
from pkinteract.cli import main
from pkinteract.errors import InputError
from pkinteract.guidance import Guidance, fire, gravest
from pkinteract.guidance.run import facts_of_run
from pkinteract.guidance.text import advice_text
from pkinteract.report.run.sentences import sentences_of
from pkinteract.scenario import Scenario
from pkinteract.text.words import words_of

SCENARIOS = Path(__file__).parents[2] / "scenarios"


def shipped(name: str) -> Scenario:
    return load_scenario(SCENARIOS / f"{name}.toml")


@cache
def told(name: str) -> dict[str, Guidance]:
    """What fires without a run, by rule."""
    return {one.rule: one for one in fire(shipped(name))}


def offered(guidance: Guidance) -> set[str]:
    """Alternatives that no graver rule than *caution* speaks against."""
    return {other.drug for other in guidance.alternatives if other.severity in (None, "caution")}


def test_lamotrigine_with_levetiracetam_is_rational() -> None:
    """Another mechanism, no shared site: the pair is spoken for, and nothing grave against it."""
    rules = told("lamotrigine-with-levetiracetam")

    assert rules["ltg-lev-rational"].recommends
    assert rules["different-pillars"].recommends
    assert gravest(tuple(rules.values())) is None
    assert "na-plus-na" not in rules


def test_lamotrigine_with_carbamazepine_is_not() -> None:
    """One mechanism twice: toxicity adds, and how little block is gained stands there as a number."""
    rules = told("lamotrigine-with-carbamazepine")

    assert rules["na-plus-na"].severity == "caution"
    assert "0.04" in rules["na-plus-na"].why
    assert "levetiracetam" in offered(rules["na-plus-na"])
    assert not {"ltg-lev-rational", "different-pillars"} & set(rules)


def test_a_sodium_blocker_in_dravet_syndrome() -> None:
    """Avoid, what is compatible instead, and a specialist before it is taken away."""
    rule = told("dravet-on-carbamazepine")["dravet-carbamazepine"]

    assert rule.severity == "avoid"
    assert {"stiripentol", "fenfluramine", "levetiracetam"} <= offered(rule)
    assert told("dravet-on-carbamazepine")["dravet-first-line"].drugs == ("clobazam",)
    assert "specialist" in rule.advice


def test_phenytoin_in_alcohol_withdrawal() -> None:
    """Avoid, a benzodiazepine instead, with the reason; a standing drug for an epilepsy is not touched."""
    rule = told("phenytoin-in-alcohol-withdrawal")["aws-phenytoin"]
    patient = 'conditions = ["alcohol-withdrawal", "epilepsy"]\n'
    standing = regimen("phenytoin", course("-120 d", 'until = "10 d"', 'dose = "100 mg"', 'every = "8 h"'))

    epileptic = {one.rule for one in fire(load(text(standing, patient=patient)))}

    assert rule.severity == "avoid"
    assert {"diazepam", "lorazepam"} <= offered(rule)
    assert "GABA" in rule.why
    assert "aws-phenytoin" not in epileptic
    assert "Never stop" in rule.advice


def test_absences() -> None:
    """Ethosuximide is spoken for, carbamazepine is to be avoided."""
    drugs = [
        regimen(drug, course("0 d", 'until = "10 d"', 'dose = "200 mg"', 'every = "12 h"'))
        for drug in ("ethosuximide", "carbamazepine")
    ]
    rules = {one.rule: one for one in fire(load(text(*drugs, patient='seizure_types = ["absence"]\n')))}

    assert rules["absence-worse"].severity == "avoid"
    assert rules["absence-worse"].drugs == ("carbamazepine",)
    assert rules["absence-first-line"].drugs == ("ethosuximide",)


def test_hla_b1502() -> None:
    """Contraindicated where carbamazepine or oxcarbazepine begins, levetiracetam offered; caution if long tolerated."""
    patient = 'alleles = ["HLA-B*15:02"]\nchildbearing = false\n'
    rows = ('until = "10 d"', 'dose = "200 mg"', 'every = "12 h"')
    begun = {one.rule: one for one in fire(load(text(regimen("oxcarbazepine", course("0 d", *rows)), patient=patient)))}
    old = {one.rule: one for one in fire(load(text(regimen("carbamazepine", course("-91 d", *rows)), patient=patient)))}

    rule = told("carbamazepine-with-hla-b1502")["cbz-hla-b1502-naive"]

    assert rule.severity == "contraindicated"
    assert "levetiracetam" in offered(rule)
    assert begun["oxc-hla-b1502-naive"].severity == "contraindicated"
    assert old["cbz-hla-b1502-tolerated"].severity == "caution"
    assert "cbz-hla-b1502-naive" not in old


def test_an_alternative_runs_through_the_rules() -> None:
    """Valproate is offered to nobody who may become pregnant, and the rule that forbids it is named."""
    rule = told("carbamazepine-with-hla-b1502")["cbz-hla-b1502-naive"]
    valproate = next(other for other in rule.alternatives if other.drug == "valproate")

    assert (valproate.severity, valproate.rule) == ("contraindicated", "vpa-childbearing")


@cache
def simulated() -> tuple[Scenario, tuple[Guidance, ...], str]:
    scenario = shipped("carbamazepine-to-levetiracetam")
    answer = answer_of(simulate(scenario))
    fired = fire(scenario, facts_of_run(answer))
    sentences = {one.label: one.text for one in sentences_of(answer, words_of("en"), guidance=fired)}
    return scenario, fired, sentences["do"]


def test_an_inducer_stopped_on_amitriptyline_is_reviewed_with_the_days_of_the_run() -> None:
    """The rule of the stop says by which days the sum has gone half and nine tenths of its way in this run."""
    scenario, fired, _ = simulated()
    rule = next(one for one in fired if one.rule == "inducer-stop-tca")
    (note,) = rule.notes

    assert (rule.severity, note.what) == ("monitor", "moves")
    assert note.values["analyte"] == "amitriptyline+nortriptyline"
    assert 4 <= float(str(note.values["half_day"])) <= 8 < float(str(note.values["most_day"])) <= 16
    assert f"90 % by day {words_of('en').day(24 * float(str(note.values['most_day'])))}" in advice_text(
        rule, scenario, words_of("en")
    )


def test_the_fifth_sentence_takes_the_gravest() -> None:
    """What to do begins with the gravest rule, named with its body."""
    stopped = course("-60 d", 'until = "5 d"', 'dose = "500 mg"', 'every = "12 h"')
    scenario = load(
        text(regimen("valproate", stopped), days=8, patient='indication = "epilepsy"\nchildbearing = false\n')
    )
    answer = answer_of(simulate(scenario))
    fired = fire(scenario, facts_of_run(answer))
    worst = gravest(fired)
    sentence = next(one.text for one in sentences_of(answer, words_of("en"), guidance=fired) if one.label == "do")

    assert worst is not None
    assert sentence.startswith("Avoid (Agency), valproate: ")
    assert worst.advice in sentence


def test_phenoconversion_is_told_by_day() -> None:
    """A normal genotype beside paroxetine: the activity of the run, its day, and the day on which it is back."""
    rows = ('dose = "30 mg"', 'every = "24 h"')
    drugs = (
        regimen("nortriptyline", course("-60 d", 'until = "60 d"', 'dose = "50 mg"', 'every = "24 h"')),
        regimen("paroxetine", course("0 d", 'until = "20 d"', *rows)),
    )
    scenario = load(text(*drugs, days=60, patient='[patient.phenotype]\nCYP2D6 = "normal"\n'))
    fired = fire(scenario, facts_of_run(answer_of(simulate(scenario))))

    (note,) = next(one for one in fired if one.rule == "phenoconv-cyp2d6-run").notes

    assert note.what == "activity-back"
    assert float(str(note.values["lowest"])) < 0.25 <= float(str(note.values["genotype"]))
    assert 0 < int(str(note.values["day"])) <= 20 < int(str(note.values["back"])) < 60


def test_what_is_not_given_is_said() -> None:
    """Without an indication rules for epilepsy and for other uses fire, and each says so."""
    drug = regimen("phenytoin", course("0 d", 'until = "10 d"', 'dose = "100 mg"', 'every = "8 h"'))
    other = regimen("bupropion", course("0 d", 'until = "10 d"', 'dose = "150 mg"', 'every = "24 h"'))
    fired = {one.rule: one for one in fire(load(text(drug, other, patient='conditions = ["alcohol-withdrawal"]\n')))}

    assert fired["aws-phenytoin"].assumed == ("epilepsy",)
    assert fired["threshold-bupropion"].assumed == ("epilepsy",)


def test_the_files_of_a_run(tmp_path: Path) -> None:
    """guidance.csv has the columns of the contract and its head alone where nothing fires; run.json has every rule."""
    quiet = tmp_path / "quiet.toml"
    quiet.write_text(text(regimen("dextromethorphan", course("0 d", 'dose = "30 mg"')), days=2), "utf-8")
    grave = SCENARIOS / "phenytoin-in-alcohol-withdrawal.toml"

    done = CliRunner().invoke(main, ["run", str(quiet), str(grave), "--no-figure", "--out", str(tmp_path / "out")])

    assert done.exit_code == 0, done.output
    head = ["severity", "drugs", "rule", "advice", "why", "changes", "body", "source", "confidence"]
    with (tmp_path / "out" / "quiet" / "guidance.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == [head]
    with (tmp_path / "out" / grave.stem / "guidance.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    record = json.loads((tmp_path / "out" / grave.stem / "run.json").read_text("utf-8"))
    assert rows[0]["severity"] == "avoid"
    assert [row["rule"] for row in rows] == [one["rule"] for one in record["guidance"]]
    assert all(row["source"] and row["confidence"] in "ABC" for row in rows)
    assert record["patient"]["conditions"] == ["alcohol-withdrawal"]


def test_check_and_guidance_print_the_gravest_first() -> None:
    """Both begin with what is gravest; guidance has every rule with its source, in either language."""
    path = str(SCENARIOS / "carbamazepine-with-hla-b1502.toml")

    checked = CliRunner().invoke(main, ["check", path]).output
    english = CliRunner().invoke(main, ["guidance", path]).output
    german = CliRunner().invoke(main, ["guidance", path, "--language", "de"]).output

    assert "contraindicated · CPIC · carbamazepine" in checked
    assert english.splitlines()[1].startswith("  contraindicated · CPIC · carbamazepine")
    assert german.splitlines()[1].startswith("  kontraindiziert · CPIC · Carbamazepin")
    assert "CPIC data 1.20.0" in english


@pytest.mark.parametrize(
    ("row", "hint"),
    [
        ('conditions = ["dravett"]', "did you mean dravet?"),
        ('seizure_types = ["absences"]', "did you mean absence?"),
        ('alleles = ["HLA-B*1502"]', "did you mean HLA-B*15:02?"),
        ('alleles = ["HLA-B*15:11"]', "known are HLA-A*31:01, HLA-B*15:02"),
        ('alleles = ["HLA-A*15:02"]', "known are HLA-A*31:01, HLA-B*15:02"),
        ("pregnant = true\nchildbearing = false", "patient.childbearing"),
        ('pregnancy = "10 wk"\nchildbearing = false', "is false beside pregnancy; remove one of them"),
        ('pregnant = true\ncontraception = "sterilisation"', "sterilisation does not go with pregnant"),
        ('pregnant = true\ncontraception = "combined-pill"', "combined-pill does not go with pregnant"),
        ('conditions = ["fathering"]', 'has fathering, which goes with sex = "male"'),
        ('contraception = "combined pill"', "did you mean combined-pill?"),
        ('indication = "epilepsie"', "did you mean epilepsy?"),
        ('ancestry = "east asian"', "did you mean East Asian?"),
        ('pregnancy = "10 wk"\npregnant = true', "pregnancy has it; remove one of them"),
        ('alleles = ["HLA-B*15:02"]\nalleles_absent = ["HLA-B*15:02"]', "stands in alleles too"),
    ],
)
def test_a_word_that_is_not_known_is_refused_with_a_suggestion(row: str, hint: str, tmp_path: Path) -> None:
    """Vocabularies are closed: exit status 2, the key, and what was meant."""
    path = tmp_path / "case.toml"
    path.write_text(text(regimen("carbamazepine", course("0 d", 'dose = "200 mg"')), patient=row + "\n"), "utf-8")

    done = CliRunner().invoke(main, ["check", str(path)])

    assert done.exit_code == 2
    assert hint in done.output


def test_a_man_is_not_pregnant() -> None:
    """pregnant, breastfeeding and childbearing go with a woman."""
    source = text(regimen("carbamazepine", course("0 d", 'dose = "200 mg"')), patient="pregnant = true\n")

    with pytest.raises(InputError, match='goes with sex = "female"'):
        load(source.replace('"female"', '"male"'))


@pytest.mark.parametrize(
    ("row", "hint"),
    [
        ('contraception = "combined-pill"', 'combined-pill goes with sex = "female"'),
        ('conditions = ["postpartum"]', 'has postpartum, which goes with sex = "female"'),
    ],
)
def test_a_man_has_no_pill_and_no_childbed(row: str, hint: str) -> None:
    """What only a woman has is refused of a man, with the reason."""
    source = text(regimen("carbamazepine", course("0 d", 'dose = "200 mg"')), patient=row + "\n")

    with pytest.raises(InputError, match=hint):
        load(source.replace('"female"', '"male"'))


def test_a_birth_control_after_a_birth_in_the_run() -> None:
    """A pregnancy that ends in the run may stand beside the contraception that follows."""
    patient = 'pregnancy = "39 wk"\ncontraception = "implant"\nchange = [{ at = "5 d", pregnancy = "none" }]\n'

    assert load(text(regimen("levetiracetam", course("0 d", 'dose = "500 mg"')), patient=patient))
