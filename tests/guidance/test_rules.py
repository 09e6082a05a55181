"""The rules of the library: each is read, cited, written in both languages, fires where it should and nowhere else."""

from __future__ import annotations

import tempfile
import tomllib
from functools import cache
from pathlib import Path

import pytest
from rule_cases import LIBRARY, Wishes, asks_run, conditions, kinds
from runs import course, regimen, text

from pkinteract import simulate
from pkinteract.analysis import answer_of
from pkinteract.guidance import Guidance, fire
from pkinteract.guidance.run import facts_of_run
from pkinteract.library.guidance import Rule, read_rules
from pkinteract.library.guidance.rules import drugs_of, rule_files, rules_of, source_of
from pkinteract.library.guidance.vocabulary import ANCESTRIES, CONDITIONS, CONTRACEPTION, INDICATIONS, SEIZURE_TYPES
from pkinteract.library.schema.guidance import BODIES, SEVERITIES, ConditionTable
from pkinteract.scenario import read_scenario
from pkinteract.text.words import LANGUAGES, words_of

PAIR = ("carbamazepine", "clobazam")

RULES = {rule.id: rule for rule in read_rules()}


def fired(source: str, *, run: bool = False) -> tuple[Guidance, ...]:
    """What fires in a scenario."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rule.toml"
        path.write_text(source, "utf-8")
        scenario = read_scenario(path, LIBRARY)
    return fire(scenario, facts_of_run(answer_of(simulate(scenario))) if run else None)


@cache
def firing(id: str) -> tuple[Guidance, ...]:
    """What fires in the scenario that a rule is made to fire in."""
    rule = RULES[id]
    return fired(Wishes(rule).fires(), run=asks_run(rule))


def test_there_are_as_many_as_promised() -> None:
    """At least 200 rules, each with a source that is not a mere recollection or is marked as one."""
    assert len(RULES) >= 200
    assert sum(rule.confidence != "C" for rule in RULES.values()) >= 200
    assert all(source_of(rule.source) for rule in RULES.values())


def test_what_is_recalled_is_marked_and_not_grave() -> None:
    """A rule whose text nobody opened is of no body and never above caution."""
    recalled = [rule for rule in RULES.values() if rule.confidence == "C"]

    assert {rule.body for rule in recalled} == {"recalled"}
    assert {rule.severity for rule in recalled} <= set(SEVERITIES[2:])
    assert all("ecalled" in source_of(rule.source) for rule in recalled)


@pytest.mark.parametrize("id", RULES)
def test_a_rule_fires_where_its_conditions_hold(id: str) -> None:
    """In a scenario that is made of its conditions a rule fires, with its drugs."""
    mine = [one for one in firing(id) if one.rule == id]

    assert mine
    assert drugs_of((*RULES[id].drugs, *RULES[id].pair)) >= {drug for one in mine for drug in one.drugs}


@pytest.mark.parametrize("id", RULES)
def test_a_rule_is_silent_where_one_does_not(id: str) -> None:
    """With one condition turned round, or without the drug, it does not fire."""
    rule = RULES[id]

    assert id not in {one.rule for one in fired(Wishes(rule).silent(), run=asks_run(rule))}


@pytest.mark.parametrize("id", RULES)
def test_no_rule_contradicts_another_of_the_same_body(id: str) -> None:
    """Where one rule speaks for a drug, none of the same body forbids it or says to avoid it."""
    for one in firing(id):
        against = [
            other
            for other in firing(id)
            if other.body == one.body and set(other.drugs) <= set(one.drugs) and other.severity in SEVERITIES[:2]
        ]
        assert not (one.recommends and against), (one.rule, [other.rule for other in against])


def test_nothing_speaks_for_a_pair_of_which_one_is_to_be_avoided() -> None:
    """Different mechanisms are no praise for a sodium channel blocker in Dravet syndrome."""
    drugs = "".join(regimen(drug, course("-9 d", 'dose = "9 mg"', 'until = "9 d"', 'every = "12 h"')) for drug in PAIR)
    plain = {one.rule for one in fired(text(drugs))}
    dravet = {one.rule for one in fired(text(drugs, patient='conditions = ["dravet"]\n'))}

    assert "different-pillars" in plain - dravet
    assert "dravet-carbamazepine" in dravet - plain


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_rule_is_written_in_every_language(language: str) -> None:
    """Advice, reason and what would change it are whole sentences, and no two languages say it in the same words."""
    for rule in RULES.values():
        said = rule.text(language)
        assert said.advice.endswith((".", ":"))
        assert said.why.endswith(".")
        assert bool(said.changes) == bool(rule.text("en").changes)
        assert language == "en" or said.why != rule.text("en").why or said.advice != rule.text("en").advice, rule.id


def test_what_is_read_for_some_drugs_is_what_the_files_say() -> None:
    """The rules of a drug, found by the line of its name, are those of the whole files."""
    for drug in ("carbamazepine", "tiagabine", "amitriptyline"):
        whole = [
            rule
            for rule in RULES.values()
            if drug in drugs_of(rule.drugs) and drug in drugs_of(rule.pair or rule.drugs)
        ]
        assert sorted(rules_of((drug,)), key=by_id) == sorted(whole, key=by_id)


def by_id(rule: Rule) -> str:
    return rule.id


def test_the_fast_reading_is_the_reading_of_toml() -> None:
    """What is read line by line of a rule is what tomllib reads of its file."""
    for path in rule_files():
        for entry in tomllib.loads(path.read_text("utf-8"))["rule"]:
            rule = RULES[entry["id"]]
            assert (rule.topic, list(rule.drugs), list(rule.when)) == (path.stem, entry["drugs"], entry.get("when", []))
            assert (list(rule.pair), list(rule.alternatives)) == (entry.get("pair", []), entry.get("alternatives", []))
            assert (rule.severity, rule.body, rule.source) == (entry["severity"], entry["body"], entry["source"])
            assert (rule.confidence, rule.recommends) == (entry["confidence"], entry.get("recommends", False))
            for language in LANGUAGES:
                said = rule.text(language)
                whole = {"advice": said.advice, "why": said.why} | ({"changes": said.changes} if said.changes else {})
                assert whole == entry[language]


def test_every_condition_is_described() -> None:
    """docs/guidance.md has a line for each kind of condition, each severity and each body."""
    page = (Path(__file__).parents[2] / "docs" / "guidance.md").read_text("utf-8")

    assert [kind for kind in ConditionTable.model_fields if f"`{kind}`" not in page] == []
    assert [word for word in (*SEVERITIES, *BODIES) if f"`{word}`" not in page] == []


def test_every_condition_is_asked_by_a_rule() -> None:
    """No kind of condition stands in the schema for nothing."""
    assert set(ConditionTable.model_fields) - {kind for rule in RULES.values() for kind in kinds(rule.when)} == set()


def test_every_word_that_a_scenario_may_say_is_named_in_every_language() -> None:
    """The closed lists are complete in both languages."""
    lists = {
        "condition": CONDITIONS,
        "seizure": SEIZURE_TYPES,
        "ancestry": ANCESTRIES,
        "contraception": CONTRACEPTION,
        "indication": INDICATIONS,
    }
    for language in LANGUAGES:
        sentences = words_of(language).sentences
        assert [
            f"{key}.{word}" for key, words in lists.items() for word in words if f"{key}.{word}" not in sentences
        ] == []


def test_every_condition_of_a_patient_is_asked() -> None:
    """A word that no rule asks for is not offered."""
    asked = {
        word
        for rule in RULES.values()
        for kind, value in conditions(rule.when)
        if kind in ("condition", "no_condition", "seizure")
        for word in value
    }

    assert set(CONDITIONS) - asked == set()
