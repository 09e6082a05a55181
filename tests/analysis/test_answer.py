"""What an answer tells first, and what it says of a level of which nothing tells whose part is which."""

from __future__ import annotations

import pytest
from own_drugs import INDUCER, INHIBITOR
from runs import daily, drug, once, pathway, regimen, run, text

from pkinteract.analysis import Answer, answer_of
from pkinteract.report.run.sentences import sentences_of
from pkinteract.text.words import words_of

RANGE = '[reference_range]\nlow = "0.5 mg/L"\nhigh = "0.8 mg/L"\n'
WAKES = INDUCER.replace("CYP3A4", "CYP2C9")
TWICE = daily("60 mg", "12 h", "-10 d", "90 d")


def partly(name: str, share: float, enzyme: str, *tables: str) -> str:
    return drug(name, pathway("met", share, enzyme), pathway("rest", 1 - share), *tables)


def answered(*regimens: str, drugs: tuple[str, ...]) -> Answer:
    return answer_of(run(text(*regimens, days=60, step="6 h"), drugs=drugs))


def test_what_passes_a_limit_is_told_first_and_then_what_moves_most() -> None:
    """A rise of 1.5, a fall to a half, a smaller rise out of its range, whatever their order in the scenario."""
    drugs = partly("a", 0.35, "CYP3A4"), partly("b", 0.4, "CYP2C9"), partly("c", 0.25, "CYP3A4", RANGE)
    victims = [regimen(name, TWICE) for name in "abc"]
    causes = (
        regimen("inhibitor", daily("100 mg", "12 h", "5 d", "90 d")),
        regimen("inducer", once("1000 mg", "5 d", 'route = "intravenous"')),
    )

    told = answered(*victims, *causes, drugs=(*drugs, INHIBITOR, WAKES)).told

    assert [move.analyte.id for move in told] == ["c", "b", "a"]
    assert [round(move.ratio, 1) for move in told] == [1.3, 0.5, 1.5]


def test_a_level_that_was_low_before_the_run_and_is_again_is_alerted() -> None:
    """Below its range before the second dose alone, a day before t = 0, and again as an inducer comes."""
    own = drug("a", pathway("met", 1.0, "CYP2C9"), '[reference_range]\nlow = "0.42 mg/L"\n')
    induced = regimen("inducer", once("1000 mg", "5 d", 'route = "intravenous"'))

    answer = answered(regimen("a", daily("60 mg", "12 h", "-1 d", "90 d")), induced, drugs=(own, WAKES))

    (low,) = (alert for alert in answer.alerts if alert.rule == "below-range")
    assert 5 * 24 < low.start < 9 * 24


def test_of_a_drug_and_what_it_forms_the_sum_is_told() -> None:
    """Of the sum alone, though it has no range, and neither its parts."""
    forms = pathway("forms", 0.8, "CYP3A4", 'forms = "child"'), pathway("rest", 0.2)
    total = '[[sum]]\nid = "a+child"\nparts = ["a", "child"]\nunit = "mg/L"\n'
    child = drug("child", pathway("own", 1.0)).split("[absorption")[0].replace('formulation = "oral"\n', "")
    inhibitor = regimen("inhibitor", daily("100 mg", "12 h", "5 d", "90 d"))

    told = answered(regimen("a", TWICE), inhibitor, drugs=(drug("a", *forms, total), child, INHIBITOR)).told

    assert [move.analyte.id for move in told] == ["a+child"]


@pytest.mark.parametrize(
    ("begins", "beside", "said"), [("-10 d", True, True), ("0 d", True, False), ("0 d", False, True)]
)
def test_a_drug_that_begins_in_the_run_is_left_to_its_doses_where_something_else_is_told(
    begins: str, beside: bool, said: bool
) -> None:
    """Its dose is stepped half a day before that of an inhibitor; where nothing else moves, that is said."""
    steps = daily("30 mg", "12 h", begins, "19.5 d"), daily("60 mg", "12 h", "19.5 d", "90 d")
    doubled = daily("50 mg", "12 h", "-10 d", "20 d"), daily("100 mg", "12 h", "20 d", "90 d")
    taken = [regimen("b", *steps), regimen("inhibitor", *doubled), regimen("c", TWICE)]
    taken += [regimen("inducer", once("1000 mg", "5 d", 'route = "intravenous"'))] if beside else []
    drugs = partly("b", 0.9, "CYP3A4"), partly("c", 0.9, "CYP2C9"), INHIBITOR, WAKES
    words = words_of("en")

    happens = next(one.text for one in sentences_of(answered(*taken, drugs=drugs), words) if one.label == "happens")

    assert ("What other changes make of b cannot be told apart" in happens) == said
    assert "No level moves" not in happens
