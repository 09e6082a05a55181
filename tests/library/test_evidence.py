"""The table of interaction studies: what is read, and every problem at once."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from study_tables import table

from pkinteract.errors import InputError
from pkinteract.library import load_library
from pkinteract.library.evidence.outcomes import kept_outcomes
from pkinteract.library.evidence.ratios import COLUMNS, RATIOS, read_studies

ROOT = Path(__file__).parents[2]


def test_the_shipped_table_reads_and_drops_nothing_silently() -> None:
    """224, 117, 81, 228 and 193 rows of the five sets; each is simulated or says why not."""
    studies = read_studies()

    sets = ("osp", "asm", "pairs", "ward", "recalled")
    assert [sum(row.set == name for row in studies) for name in sets] == [224, 117, 81, 228, 193]
    assert {row.set for row in studies} == set(sets)
    assert all(row.reason for row in studies if not row.used)
    assert sum(row.used for row in studies) >= 280


def test_a_recalled_row_says_that_its_paper_was_not_read() -> None:
    """Whoever reads the table or the result sees it in the row; a row that was read does not say so."""
    for study in read_studies():
        assert study.paper.startswith("recalled, not read: ") == study.recalled, study.id


def test_the_kept_outcomes_are_those_of_the_table() -> None:
    """Ids, drugs and observed ratios of the rows that are simulated, in the order of the table."""
    wanted = [row for row in read_studies() if row.used and row.exposure is not None]
    kept = kept_outcomes()

    assert {row.id for row in kept} <= {row.id for row in wanted}
    known = {row.id: row for row in wanted}
    for row in kept:
        study = known[row.id]
        assert (row.perpetrators, row.victim, row.analyte) == (study.perpetrators, study.victim, study.analyte)
        assert study.exposure is not None
        assert row.observed == pytest.approx(study.exposure.ratio, rel=1e-3)
    library = set(load_library().ids())
    assert {row.id for row in wanted if {*row.drugs, *row.measured} <= library} == {row.id for row in kept}


def test_a_shipped_victim_is_given_before_or_when_its_window_begins() -> None:
    """In both arms of every row a dose of the victim falls into the window, or at steady state before it."""
    for study in read_studies():
        for arm in (study.control, study.treatment) if study.used else ():
            times = [
                dose.time + n * dose.every
                for intake in arm.intakes
                if intake.drug == study.victim
                for dose in intake.doses
                for n in range(dose.count)
            ]
            assert any(arm.window[0] - 24 <= time < arm.window[1] for time in times), study.id


def test_an_area_to_infinity_has_no_later_dose_of_the_victim() -> None:
    """What is taken after the dose in question would be part of its area."""
    for study in read_studies():
        for arm in (study.control, study.treatment):
            for intake in arm.intakes:
                if intake.drug == study.victim and math.isinf(arm.window[1]):
                    last = max(dose.time + (dose.count - 1) * dose.every for dose in intake.doses)
                    assert last <= arm.window[0], study.id


def test_every_kind_of_dose_is_read(tmp_path: Path) -> None:
    """Oral and intravenous, per weight, infused, repeated, with food; several perpetrators and a background."""
    path = table(
        tmp_path,
        {
            "perpetrator": "first + second",
            "perpetrator_regimen": "0:600 q24 x5;200:300 fed | -24:5mg/kg iv",
            "victim_treatment": "113:15;120:0.05mg/kg inf0.5",
            "background": "third 0:100 q12 x3",
            "phenotype_control": "CYP2D6=poor; CYP2C19=*1/*2",
        },
    )

    [study] = read_studies(path)

    assert study.perpetrators == ("first", "second")
    assert study.drugs == ("third", "victim", "first", "second")
    assert study.control.phenotype == {"CYP2D6": "poor", "CYP2C19": "*1/*2"}
    third, first, second, victim = study.treatment.intakes
    assert [(dose.time, dose.amount, dose.every, dose.count, dose.fed) for dose in first.doses] == [
        (0, 600, 24, 5, False),
        (200, 300, 0, 1, True),
    ]
    assert (second.doses[0].time, second.doses[0].per_weight, second.doses[0].intravenous) == (-24, True, True)
    assert (victim.doses[1].infusion, victim.doses[1].intravenous) == (0.5, True)
    assert third.doses[0].count == 3


BROKEN = [
    ({"use": "no"}, "reason", 'a row with use = "no" says why'),
    ({"use": "maybe"}, "use", 'must be yes or no, got "maybe"'),
    ({"perpetrator_regimen": "600 mg"}, "perpetrator_regimen", '"600 mg" is not a dose; write time:mg'),
    ({"perpetrator_regimen": "0:600 q0 x3"}, "perpetrator_regimen", "must be above 0"),
    ({"perpetrator": "a + b"}, "perpetrator_regimen", "has 1 regimens for 2 perpetrators"),
    ({"victim_control": ""}, "victim_control", "has no doses; write for example 0:600"),
    ({"window_control": "0 to 24"}, "window_control", '"0 to 24" is not a window; write from-until in h'),
    ({"window_treatment": "24-1"}, "window_treatment", "ends before it begins"),
    ({"phenotype_control": "CYP2D6 poor"}, "phenotype_control", "is not gene=phenotype"),
    ({"ratio": "-1"}, "ratio", 'must be a number above 0, got "-1"'),
    ({"ratio": ""}, "ratio", "a row that is used has a ratio or a cmax_ratio"),
    ({"low": "1.2", "spread": "90 % CI"}, "low", "low and high go together"),
    ({"low": "1.2", "high": "1.4"}, "spread", "says what the spread is"),
    ({"mechanism": "magic"}, "mechanism", '"magic" is not one of induction, inhibition'),
    ({"metric": "area"}, "metric", '"area" is not one of auc'),
    ({"victim": "Midazolam"}, "victim", '"Midazolam" is not an id of the library'),
    ({"weight": "heavy"}, "weight", 'must be a number above 0, got "heavy"'),
    ({"id": "row-0"}, "id", '"row-0" already stands in line 2; ids must differ'),
]


def test_every_problem_of_a_table_is_reported_at_once(tmp_path: Path) -> None:
    """One wrong cell in each of many rows: all are named, with line and column, in file order."""
    path = table(tmp_path, {}, *(change for change, _, _ in BROKEN))

    with pytest.raises(InputError) as refused:
        read_studies(path)

    problems = refused.value.problems
    for line, (_, key, message) in enumerate(BROKEN, start=3):
        mine = [problem for problem in problems if problem.line == line]
        assert any(problem.key == key and message in problem.message for problem in mine), (line, key, mine)
    assert [problem.line for problem in problems] == sorted(problem.line or 0 for problem in problems)


def test_wrong_columns_are_named(tmp_path: Path) -> None:
    """A slip in a name and a missing column."""
    path = table(tmp_path, {}, columns=tuple("perpetrater" if name == "perpetrator" else name for name in COLUMNS))

    with pytest.raises(InputError) as refused:
        read_studies(path)

    assert [(problem.key, problem.message) for problem in refused.value.problems] == [
        ("perpetrater", "is not a column of this table; did you mean perpetrator?"),
        ("perpetrator", "is missing; the table needs this column"),
    ]


def test_a_missing_file_is_an_input_error(tmp_path: Path) -> None:
    """As with every other file."""
    with pytest.raises(InputError, match="there is no such file"):
        read_studies(tmp_path / "none.csv")


@given(st.text(max_size=40))
def test_no_text_of_a_regimen_breaks_the_reader(text: str) -> None:
    """Read as at least one dose, or refused with the column; never anything else."""
    with tempfile.TemporaryDirectory() as folder:
        path = table(Path(folder), {"perpetrator_regimen": text})
        try:
            keys = {"perpetrator_regimen"} if read_studies(path)[0].treatment.intakes[0].doses else set()
        except InputError as error:
            keys = {problem.key for problem in error.problems}

    assert keys
    assert keys <= {"perpetrator_regimen", ""}


def test_the_page_describes_every_column() -> None:
    """docs/qualification.md names each column of the table."""
    page = (ROOT / "docs" / "qualification.md").read_text("utf-8")

    assert RATIOS.is_file()
    assert not [name for name in COLUMNS if f"`{name}`" not in page]
