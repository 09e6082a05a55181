"""Conditions of rules at their bounds: on either side of each number, and where a scenario says nothing."""

from __future__ import annotations

from typing import Any

import pytest
from runs import course, regimen, text
from scenario_files import load

from pkinteract.guidance.courses import COURSE, PAIR, beside, meet, without
from pkinteract.guidance.facts import Facts, facts_of
from pkinteract.guidance.patient import PATIENT

DRUG = "carbamazepine"
DAYS = 40
STEADY = "steady_state = true"


def given(start: str, until: str = "40 d", dose: str = "200 mg", *rows: str) -> str:
    """A course, twice a day."""
    return course(start, f'until = "{until}"', f'dose = "{dose}"', 'every = "12 h"', *rows)


def facts(*regimens: str, patient: str = "", age: float = 45, extra: str = "") -> Facts:
    return facts_of(load(text(*regimens, days=DAYS, patient=patient, age=age, extra=extra)), None)


HALF: dict[str, Any] = {"within": "7 d", "share": 0.5}
BY_100: dict[str, Any] = {"within": "7 d", "amount": "100 mg"}
BY_250: dict[str, Any] = {"within": "7 d", "amount": "250 mg"}

COURSES: list[tuple[str, object, list[str], object]] = [
    ("begins", None, [given("0 d")], True),
    ("begins", None, [given("-1 d")], False),
    ("taken_for", "28 d", [given("-28 d")], True),
    ("taken_for", "28 d", [given("-27 d")], False),
    ("taken_less_than", "28 d", [given("-28 d")], False),
    ("taken_less_than", "28 d", [given("-27 d")], True),
    ("taken_less_than", "28 d", [given("-1 d", "40 d", "200 mg", STEADY)], "duration"),
    ("standing", "28 d", [given("-28 d")], True),
    ("standing", "28 d", [given("-27 d")], False),
    ("standing", "28 d", [given("-1 d", "40 d", "200 mg", STEADY)], "duration"),
    ("stops", None, [given("-60 d", "38.5 d")], True),
    ("stops", None, [given("-60 d", "39 d")], False),
    ("stops", None, [given("-60 d", "-28 d")], True),
    ("stops", None, [given("-60 d", "-28.5 d")], False),
    ("stops", None, [course("1 d", 'dose = "200 mg"')], False),
    ("abrupt", None, [given("-60 d", "10 d")], True),
    ("abrupt", None, [given("-60 d", "10 d"), given("10 d", "11 d", "25 mg")], False),
    ("tapered_faster_than", "14 d", [given("-60 d", "10 d"), given("10 d", "23 d", "25 mg")], True),
    ("tapered_faster_than", "14 d", [given("-60 d", "10 d"), given("10 d", "24 d", "25 mg")], False),
    ("tapered_faster_than", "14 d", [given("-10 d", "10 d"), given("10 d", "24 d", "25 mg")], False),
    ("tapered_faster_than", "14 d", [given("-60 d", "10 d"), given("10 d", "24 d", "180 mg")], True),
    ("tapered_faster_than", "14 d", [given("-80 d", "-70 d", "400 mg"), given("-70 d", "10 d")], True),
    ("falls_faster", HALF, [given("-60 d", "5 d"), given("5 d", "40 d", "100 mg")], False),
    ("falls_faster", HALF, [given("-60 d", "5 d"), given("5 d", "40 d", "99 mg")], True),
    (
        "falls_faster",
        HALF,
        [given("-60 d", "5 d"), given("5 d", "12 d", "120 mg"), given("12 d", "40 d", "70 mg")],
        False,
    ),
    (
        "falls_faster",
        HALF,
        [given("-60 d", "5 d"), given("5 d", "11 d", "120 mg"), given("11 d", "40 d", "70 mg")],
        True,
    ),
    ("falls_faster", HALF, [given("-60 d", "-9 d"), given("-9 d", "40 d", "70 mg")], False),
    ("falls_faster", HALF, [given("-60 d", "-6 d"), given("-6 d", "40 d", "70 mg")], True),
    ("falls_faster", HALF, [given("-60 d", "5 d")], False),
    ("falls_faster", BY_100, [given("-60 d", "5 d"), given("5 d", "40 d", "150 mg")], False),
    ("falls_faster", BY_100, [given("-60 d", "5 d"), given("5 d", "40 d", "149 mg")], True),
    ("falls_faster", BY_100, [given("-60 d", "5 d", "51 mg")], True),
    ("falls_faster", BY_100, [given("-60 d", "5 d", "50 mg")], False),
    ("falls_faster", BY_250, [given("-60 d", "10 d", "100 mg"), given("10 d", "10.5 d")], False),
    ("falls_faster", BY_250, [given("-60 d", "10 d", "100 mg"), given("10 d", "11 d")], True),
    ("restarts_after", "14 d", [given("-60 d", "-10 d"), given("4 d")], False),
    ("restarts_after", "14 d", [given("-60 d", "-10 d"), given("4.5 d")], True),
    ("restarts_after", "14 d", [given("-60 d", "-40 d"), given("-1 d")], False),
    ("restarts_after", "14 d", [given("-60 d", "-40 d"), given("0 d")], True),
    ("restarts_after", "1 d", [given("-60 d", "4 d"), given("6 d")], False),
    ("restarts_after", "1 d", [given("-60 d", "4 d"), given("6.5 d")], True),
    ("dose_from", "400 mg", [given("-60 d")], True),
    ("dose_from", "401 mg", [given("-60 d")], False),
    ("dose_from", "401 mg", [given("-60 d", "-1 d", "300 mg"), given("-1 d")], False),
    ("dose_below", "400 mg", [given("-60 d")], False),
    ("dose_below", "401 mg", [given("-60 d")], True),
    ("dose_rises", None, [given("-60 d", "5 d"), given("5 d", "40 d", "201 mg")], True),
    ("dose_rises", None, [given("-60 d", "5 d"), given("5 d", "40 d", "200 mg")], False),
    (
        "dose_rises",
        None,
        [given("-60 d", "-9 d", "300 mg"), given("-9 d", "5 d"), given("5 d", "40 d", "300 mg")],
        False,
    ),
    ("dose_rises", None, [given("3 d")], False),
    ("dose_rises", None, [given("3 d", "5 d"), given("5 d", "40 d", "300 mg")], True),
    ("dose_rises", None, [given("0 d", "1 d"), given("1 d", "40 d", "300 mg")], True),
    ("changes", None, [given("-60 d", "38 d")], True),
    ("changes", None, [given("-60 d", "39 d"), given("39 d", "40 d", "300 mg")], False),
    ("changes", None, [given("-60 d", "39.5 d")], False),
    ("changes", None, [given("-60 d", "-1 d"), given("-1 d", "40 d", "300 mg")], False),
    ("changes", None, [given("-60 d", "0 d"), given("0 d", "40 d", "300 mg")], True),
    ("oral", None, [given("-60 d")], True),
    ("intravenous", None, [given("-60 d")], False),
    ("formulation_changes", None, [given("-60 d")], False),
]


@pytest.mark.parametrize(("kind", "value", "courses", "holds"), COURSES)
def test_a_condition_of_courses_holds_as_far_as_its_number(
    kind: str, value: object, courses: list[str], holds: object
) -> None:
    """A day, a milligram or a hundredth more or less, and before or in the run."""
    assert COURSE[kind](facts(regimen(DRUG, *courses)).taken[DRUG], value) == holds


@pytest.mark.parametrize(
    ("courses", "begin"),
    [
        ([given("-60 d", "10 d")], 10.0),
        ([given("-60 d", "10 d"), given("10 d", "14 d", "50 mg")], 10.0),
        ([given("-60 d", "10 d"), given("10 d", "14 d", "100 mg"), given("14 d", "20 d", "50 mg")], 10.0),
        ([given("-60 d", "5 d", "220 mg"), given("5 d", "10 d"), given("10 d", "14 d", "50 mg")], 10.0),
        ([given("-60 d")], None),
    ],
)
def test_a_stop_begins_with_its_taper(courses: list[str], begin: float | None) -> None:
    """The first step down from nine tenths of the dose and more; a step that leaves as much is none of the taper."""
    withdrawn = facts(regimen(DRUG, *courses)).taken[DRUG].withdrawn

    assert withdrawn == (None if begin is None else pytest.approx(24 * begin))


def changed(key: str, value: str) -> str:
    return f'[[patient.change]]\nat = "5 d"\n{key} = {value}\n'


CLEARANCE = changed("creatinine_clearance", '"50 mL/min"')
ANY_AGE = "extrapolate = true\n"

PATIENTS: list[tuple[str, object, str, float, object]] = [
    ("clearance_below", 95, "", 45, False),
    ("clearance_below", 96, "", 45, True),
    ("clearance_below", 51, CLEARANCE, 45, True),
    ("albumin_below", 35, 'albumin = "35 g/L"\n', 45, False),
    ("albumin_below", 36, 'albumin = "35 g/L"\n', 45, True),
    ("albumin_below", 36, "", 45, False),
    ("albumin_below", 36, 'albumin = "40 g/L"\n' + changed("albumin", '"35 g/L"'), 45, True),
    ("hepatic", ["B", "C"], 'hepatic_class = "A"\n', 45, False),
    ("hepatic", ["B", "C"], 'hepatic_class = "A"\n' + changed("hepatic_class", '"B"'), 45, True),
    ("smoking", "stops", "smoker = true\n" + changed("smoker", "false"), 45, True),
    ("smoking", "starts", "smoker = true\n" + changed("smoker", "false"), 45, False),
    ("smoking", "starts", "smoker = false\n" + changed("smoker", "true"), 45, True),
    ("smoking", "stops", "smoker = true\n" + CLEARANCE, 45, False),
    ("age_from", 45, "", 45, True),
    ("age_from", 46, "", 45, False),
    ("age_below", 45, "", 45, False),
    ("age_below", 46, "", 45, True),
    ("weight_from", 70, "", 45, True),
    ("weight_from", 71, "", 45, False),
    ("childbearing", None, "", 55, "childbearing"),
    ("childbearing", None, "", 56, False),
    ("childbearing", None, ANY_AGE, 12, "childbearing"),
    ("childbearing", None, ANY_AGE, 11.9, False),
    ("childbearing", None, "childbearing = false\n", 45, False),
    ("childbearing", None, "childbearing = true\n", 45, True),
    ("childbearing", None, 'conditions = ["planning-pregnancy"]\n', 45, True),
    ("childbearing", None, "pregnant = true\n", 45, True),
    ("pregnant", True, "pregnant = true\n", 45, True),
    ("pregnant", False, "", 45, True),
    ("epilepsy", None, "", 45, "epilepsy"),
    ("epilepsy", None, 'seizure_types = ["focal"]\n', 45, True),
    ("epilepsy", None, 'conditions = ["dravet"]\n', 45, True),
    ("epilepsy", None, 'indication = "pain"\n', 45, False),
    ("no_epilepsy", None, "", 45, "epilepsy"),
    ("no_epilepsy", None, 'indication = "pain"\n', 45, True),
    ("no_epilepsy", None, 'indication = "epilepsy"\n', 45, False),
    ("indication", ["pain"], "", 45, "indication"),
    ("indication", ["pain"], 'indication = "pain"\n', 45, True),
    ("indication", ["pain"], 'indication = "epilepsy"\n', 45, False),
    ("indication", ["pain"], 'seizure_types = ["focal"]\n', 45, False),
    ("indication", ["epilepsy"], 'seizure_types = ["focal"]\n', 45, True),
    ("gene", {"name": "CYP2D6", "least": 1.0, "most": 2.0}, "", 45, False),
    ("gene", {"name": "CYP2D6", "least": 1.0, "most": 2.0}, "[patient.phenotype]\nCYP2D6 = 1.0\n", 45, True),
    ("gene", {"name": "CYP2D6", "least": 1.0, "most": 2.0}, "[patient.phenotype]\nCYP2D6 = 2.0\n", 45, True),
    ("gene", {"name": "CYP2D6", "least": 1.0}, "[patient.phenotype]\nCYP2D6 = 0.5\n", 45, False),
    ("gene", {"name": "CYP2D6", "most": 0.5}, "[patient.phenotype]\nCYP2D6 = 1.0\n", 45, False),
    ("gene", {"name": "CYP2D6", "most": 0.5}, "[patient.phenotype]\nCYP2D6 = 0.0\n", 45, True),
    ("gene", {"name": "CYP2D6", "phenotype": ["poor"]}, '[patient.phenotype]\nCYP2D6 = "poor"\n', 45, True),
    ("gene", {"name": "CYP2D6", "phenotype": ["poor"]}, '[patient.phenotype]\nCYP2D6 = "normal"\n', 45, False),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "value", "patient", "age", "holds"), PATIENTS)
def test_a_condition_of_the_patient_holds_as_far_as_its_number(
    kind: str, value: object, patient: str, age: float, holds: object
) -> None:
    """On either side of each number, before or after a change, and as assumed where nothing is said."""
    assert PATIENT[kind](facts(regimen(DRUG, given("-9 d")), patient=patient, age=age), value) == holds


@pytest.mark.parametrize(
    ("courses", "seizures", "bare"),
    [
        ([given("-60 d", "10 d")], ["focal"], ("focal", 10, 39)),
        ([given("-60 d", "10 d"), given("15 d")], ["focal"], ("focal", 10, 14)),
        ([given("-60 d", "10.5 d"), given("15.75 d")], ["focal"], ("focal", 10, 15)),
        ([given("-60 d", "10.75 d"), given("15.5 d")], ["focal"], ("focal", 11, 14)),
        ([given("-60 d")], ["focal"], None),
        ([given("0 d", "10 d")], ["focal"], None),
        ([given("-60 d", "0 d")], ["focal"], ("focal", 0, 39)),
        ([given("-60 d", "-5 d")], ["focal"], None),
        ([given("-60 d", "10 d")], ["absence", "focal"], ("focal", 10, 39)),
    ],
)
def test_the_days_without_a_drug_for_a_seizure_type(
    courses: list[str], seizures: list[str], bare: tuple[str, int, int] | None
) -> None:
    """From the first day at whose noon none is taken to the last; one that was never covered does not count."""
    said = facts(regimen(DRUG, *courses), patient=f"seizure_types = {seizures}\n".replace("'", '"'))

    assert said.uncovered() == bare


OTHER = "lamotrigine"
STOPPED: dict[str, Any] = {"partner_stops": True}
WITHIN: dict[str, Any] = {"within": "14 d"}


@pytest.mark.parametrize(
    ("mine", "theirs", "kinds", "met"),
    [
        ([given("-60 d")], [given("-60 d", "1 d")], {}, True),
        ([given("-60 d")], [given("-60 d", "0 d")], {}, False),
        ([given("-60 d", "5 d")], [given("5 d")], {}, False),
        ([given("-60 d", "5.5 d")], [given("5 d")], {}, True),
        ([given("-60 d")], [given("-60 d", "-50 d"), given("5 d", "9 d")], {}, True),
        ([given("-60 d", "5 d")], [given("19 d")], WITHIN, True),
        ([given("-60 d", "5 d")], [given("19.5 d")], WITHIN, False),
        ([given("-60 d")], [given("-60 d", "-28 d")], STOPPED, True),
        ([given("-60 d")], [given("-60 d", "-28.5 d")], STOPPED, False),
        ([given("-60 d", "-2 d")], [given("-60 d", "-1 d")], STOPPED, False),
    ],
)
def test_two_drugs_meet_in_the_run(mine: list[str], theirs: list[str], kinds: dict[str, Any], met: bool) -> None:
    """Together after t = 0; up to four weeks before it where a rule asks for a stop; or as far apart as it says."""
    taken = facts(regimen(DRUG, *mine), regimen(OTHER, *theirs)).taken

    assert meet(taken[DRUG], taken[OTHER], kinds) is met
    assert meet(taken[OTHER], taken[DRUG], kinds) is met or kinds is STOPPED


@pytest.mark.parametrize(
    ("until", "ends"), [("40 d", False), ("39 d", False), ("38.5 d", True), ("5 d", True)]
)  # fmt: skip
def test_an_overlap_ends_where_one_of_two_does(until: str, ends: bool) -> None:
    """A course up to the last day of the run goes on."""
    said = facts(regimen(DRUG, given("-60 d")), regimen(OTHER, given("-60 d", until)))
    mine, partner = said.taken[DRUG], said.taken[OTHER]

    assert PAIR["overlap_ends"](said, mine, partner, True) is ends
    assert PAIR["overlap_ends"](said, partner, mine, False) is not ends
    assert PAIR["partner_stops"](said, mine, partner, True) is ends
    assert PAIR["partner_begins"](said, mine, partner, True) is False


def test_a_further_drug_is_neither_of_the_pair() -> None:
    """``beside`` and ``without`` ask the other drugs of the run, those that are only listed too."""
    said = facts(
        regimen(DRUG, given("-60 d")), regimen(OTHER, given("-60 d", "-5 d")), extra='not_modelled = ["warfarin-x"]\n'
    )
    mine = said.taken[DRUG]

    assert beside(said, mine, None, ["warfarin-x"])
    assert not without(said, mine, None, ["warfarin-x"])
    assert not beside(said, mine, said.taken["warfarin-x"], ["warfarin-x"])
    assert without(said, mine, None, [OTHER, DRUG])
