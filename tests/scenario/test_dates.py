"""Dates where a time of the run is asked for: which time they are is said, instead of what a unit is."""

from __future__ import annotations

import pytest
from runs import course, daily, regimen, text
from scenario_files import load

from pkinteract.errors import InputError

DATED = "[simulation]\nstart = 2026-01-01T08:00:00"
TAKEN = regimen("carbamazepine", daily("400 mg", "12 h", "0 d", "70 d"))


def refused(source: str, key: str) -> str:
    with pytest.raises(InputError) as caught:
        load(source)
    return next(problem.message for problem in caught.value.problems if problem.key == key)


def measured(at: str) -> str:
    level = f'[[observation]]\nanalyte = "carbamazepine"\nlevel = "8 mg/L"\nat = {at}\n'
    return text(TAKEN, level, days=70).replace("[simulation]", DATED)


@pytest.mark.parametrize(
    ("at", "days"),
    [
        ('"2026-03-02 08:00"', "60 d"),
        ('"2026-03-01T16:00:00"', "59.3333 d"),
        ("2026-03-01T20:00:00", "59.5 d"),
        ("2026-03-02", "60 d"),
        ('"2026-03-02"', "60 d"),
        ('"2025-12-31 20:00"', "-0.5 d"),
    ],
)
def test_a_date_is_answered_with_the_time_that_it_is(at: str, days: str) -> None:
    """Times count from the start of the run; a date without a clock time is at that of the start."""
    message = refused(measured(at), "observation[0].at")

    assert "is a date, and times count from the start of the run" in message
    assert f'write "{days}"' in message


@pytest.mark.parametrize("at", ['"2.3.2026"', '"02/03/2026 08:00"', '"2026-13-02"', "2026-03-02T08:00:00Z"])
def test_a_date_that_could_be_two_has_no_time(at: str) -> None:
    """The day or the month first, no such month, another clock: what a time looks like is said, and no number."""
    assert 'write for example "12 d"' in refused(measured(at), "observation[0].at")


def test_every_time_of_a_file_is_asked_for_so() -> None:
    """Courses, missed doses, changes of the patient, dialysis, protocols, advice; an interval is no point in time."""
    rows = ("until = 2026-03-01", 'dose = "400 mg"', 'every = "2026-01-02"', 'missed = ["2026-01-20"]')
    rest = (
        '[[patient.change]]\nat = "2026-01-20"\nweight = "80 kg"\n'
        '[[dialysis]]\nkind = "haemodialysis"\nlength = "4 h"\ndays = ["mon"]\nat = "2026-01-20 08:00"\n'
        '[[protocol]]\ndrug = "carbamazepine"\nwhen = "carbamazepine trough above 12 mg/L"\nthen = "halve"\n'
        'check = "7 d"\nfrom = "2026-01-20"\n'
        '[advise]\ndrug = "carbamazepine"\nfrom = "2026-01-20"\n'
    )
    source = text(regimen("carbamazepine", course("2026-01-05", *rows)), rest, days=70).replace("[simulation]", DATED)
    with pytest.raises(InputError) as caught:
        load(source)
    said = {problem.key: problem.message for problem in caught.value.problems}

    for key in (
        "regimen[0].course[0].from",
        "regimen[0].course[0].until",
        "regimen[0].course[0].missed[0]",
        "patient.change[0].at",
        "dialysis[0].at",
        "protocol[0].from",
        "advise.from",
    ):
        assert "is a date, and times count from the start" in said[key], key
    assert "a length of time" in said["regimen[0].course[0].every"]
    assert 'write "19 d" for 2026-01-20 08:00' in said["protocol[0].from"]
