"""The highest dose a day, for a time and below a creatinine clearance: its limit, the warning, the library's values."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from runs import drug, oral, pathway, regimen, text, written

from pkinteract import load_scenario
from pkinteract.errors import InputError
from pkinteract.library import load_library
from pkinteract.library.schema.dosing import Dosing
from pkinteract.library.schema.values import Value

LIBRARY = load_library()
KIDNEYS = [{"below": "60 mL/min", "most": "300 mg"}, {"below": "1.8 L/h", "most": "150 mg"}]
DOSING = """[dosing]
low = "100 mg"
high = "400 mg"
[[dosing.kidneys]]
below = "60 mL/min"
most = "300 mg"
[[dosing.kidneys]]
below = { value = 30, unit = "mL/min", kind = "assumed", note = "recalled" }
most = { value = 2, unit = "mg/kg", kind = "assumed", note = "recalled" }
"""
PATHWAYS = pathway("p", 1.0, kind="other")
SESSION = '[[dialysis]]\nat = "1 d"\nlength = "4 h"\n'


@pytest.mark.parametrize(
    ("clearance", "lasting", "limit"),
    [
        (None, True, 400),
        (None, False, 800),
        (90, False, 800),
        (60, True, 400),
        (59.9, False, 300),
        (30, True, 300),
        (29.9, True, 150),
    ],
)
def test_the_limit_is_the_least_of_those_that_hold(clearance: float | None, lasting: bool, limit: float) -> None:
    """``most`` for a time, then ``high``; below a clearance at most that of its band (closed form)."""
    dosing = Dosing.model_validate({"high": "400 mg", "most": "800 mg", "most_for": "7 d", "kidneys": KIDNEYS})

    assert dosing.limit(70, clearance, lasting=lasting) == limit


@pytest.mark.parametrize(
    ("table", "limit"),
    [
        ({}, None),
        ({"high": "5 mg/kg"}, 250),
        ({"high": "5 mg/kg", "most": "600 mg"}, 600),
        ({"high": "5 mg/kg", "most": "200 mg", "most_for": "7 d"}, 200),
        ({"kidneys": [{"below": "60 mL/min", "most": "2 mg/kg"}]}, 100),
        ({"high": "80 mg", "kidneys": [{"below": "60 mL/min", "most": "2 mg/kg"}]}, 80),
    ],
)
def test_limits_per_kilogram_and_missing_ones(table: dict[str, object], limit: float | None) -> None:
    """Of 50 kg and 40 mL/min: what is per kg is multiplied, what is not known bounds nothing (closed form)."""
    assert Dosing.model_validate(table).limit(50, 40, lasting=True) == limit


@given(low=st.floats(1, 200), more=st.floats(0, 200), lasting=st.booleans(), id=st.sampled_from(LIBRARY.ids()))
def test_worse_kidneys_and_a_longer_time_never_allow_more(low: float, more: float, lasting: bool, id: str) -> None:
    """For every drug of the library."""
    dosing = LIBRARY.monograph(id).dosing
    worse, better, known = (dosing.limit(70, clearance, lasting=lasting) for clearance in (low, low + more, None))
    short = dosing.limit(70, low, lasting=False)

    assert (worse is None) == (short is None)
    if worse is not None and better is not None and known is not None and short is not None:
        assert worse <= better <= known
        assert worse <= short


def warnings(folder: Path, dose: str, patient: str, *, until: str = "10 d", extra: str = "", age: float = 45) -> list:
    """The warnings of a scenario that gives drug-x once a day from day 0, without their lines."""
    course = f'[[regimen.course]]\nfrom = "0 d"\nuntil = "{until}"\ndose = "{dose}"\nevery = "24 h"\n'
    source = text(regimen("drug-x", course), days=10, age=age)
    source = source.replace('creatinine_clearance = "95 mL/min"\n', patient) + extra
    tables = (PATHWAYS, oral(), DOSING, '[dialysis]\nclearance = "50 mL/min"\n[binding]\nfraction_unbound = "0.5"\n')
    read = load_scenario(written(folder, source, (drug("drug-x", *tables),)))
    return [line.split(": ", 1)[1] for line in read.warnings if "creatinine clearance" in line]


def kidneys(clearance: float) -> str:
    return f'creatinine_clearance = "{clearance} mL/min"\n'


@pytest.mark.parametrize(
    ("dose", "patient", "expected"),
    [
        ("300 mg", kidneys(59), []),
        ("301 mg", kidneys(60), []),
        ("400 mg", "", []),
        (
            "301 mg",
            kidneys(59),
            [
                "drug-x 301 mg a day from day 0: above 300 mg, the highest at a creatinine clearance below 60 mL/min "
                "(no source given)"
            ],
        ),
        (
            "300 mg",
            kidneys(29),
            [
                "drug-x 300 mg a day from day 0: above 140 mg, the highest at a creatinine clearance below 30 mL/min "
                "(recalled)"
            ],
        ),
    ],
)
def test_a_dose_above_the_limit_of_the_kidneys_is_said(
    dose: str, patient: str, expected: list[str], tmp_path: Path
) -> None:
    """With the limit of 70 kg, the clearance and the note; none where the clearance is not known (golden)."""
    assert warnings(tmp_path, dose, patient) == expected


def test_kidneys_that_fail_under_a_dose_are_said_from_then_on(tmp_path: Path) -> None:
    """Each limit that is passed, with its day; none after the last dose (golden)."""
    changes = "".join(
        f'[[patient.change]]\nat = "{day} d"\ncreatinine_clearance = "{clearance} mL/min"\n'
        for day, clearance in ((2, 50), (3, 45), (5, 20))
    )

    went_on = warnings(tmp_path, "400 mg", kidneys(90) + changes)
    stopped = warnings(tmp_path, "400 mg", kidneys(90) + changes, until="4 d")

    assert [line.partition(", the")[0] for line in went_on] == [
        "drug-x 400 mg a day from day 2: above 300 mg",
        "drug-x 400 mg a day from day 5: above 140 mg",
    ]
    assert stopped == went_on[:1]


def test_children_and_dialysis_are_not_held_against_the_kidneys(tmp_path: Path) -> None:
    """The limits are of adults, and of who is not on dialysis."""
    assert warnings(tmp_path, "400 mg", kidneys(20), age=17) == []
    assert warnings(tmp_path, "400 mg", kidneys(20), extra=SESSION) == []
    assert len(warnings(tmp_path, "400 mg", kidneys(20))) == 1


@pytest.mark.parametrize(
    ("dosing", "key", "words"),
    [
        ('rise = "10 mg"\n', "dosing.rise", "needs rise_every beside it"),
        ('rise_every = "10 mg"\n', "dosing.rise_every", "this key needs a time"),
        ('high = "10 mg"\nmost_for = "7 d"\n', "dosing.most_for", "needs most beside it"),
        ('most = "10 mg"\nmost_for = "7 d"\n', "dosing.most_for", "needs high beside it"),
        ('[[dosing.kidneys]]\nbelow = "0 mL/min"\nmost = "5 mg"\n', "dosing.kidneys[0].below", "must be above 0"),
        ('high = "5 mg"\n[[dosing.kidneys]]\nbelow = "9 mL/min"\nmost = "5 mg"\n', "dosing.kidneys", "most is lower"),
        (
            "".join(
                f'[[dosing.kidneys]]\nbelow = "{below} mL/min"\nmost = "{most} mg"\n'
                for below, most in ((9, 9), (30, 5))
            ),
            "dosing.kidneys",
            'run from the highest "below" down',
        ),
        (
            '[[dosing.kidneys]]\nbelow = "9 mL/min"\nmost = { value = 5, unit = "mg", kind = "label" }\n',
            "dosing.kidneys[0].most.source",
            "needs a source",
        ),
    ],
)
def test_a_slip_in_the_limits_is_refused(dosing: str, key: str, words: str, tmp_path: Path) -> None:
    """With its key and what to write."""
    path = tmp_path / "mine.toml"
    path.write_text(drug("drug-x", PATHWAYS, oral(), f"[dosing]\n{dosing}"), "utf-8")

    with pytest.raises(InputError) as refused:
        load_library([path])

    (problem,) = refused.value.problems
    assert problem.key == key
    assert words in problem.message


def test_every_limit_of_the_library_says_whether_it_was_read() -> None:
    """Read from a source of its monograph, or assumed with a note that says recalled."""
    told: list[tuple[str, Value]] = []
    for id in LIBRARY.ids():
        dosing = LIBRARY.monograph(id).dosing
        rows = [
            dosing.most_for,
            dosing.rise,
            dosing.rise_every,
            *(end for row in dosing.kidneys for end in (row.below, row.most)),
        ]
        told += [(id, value) for value in rows if value is not None]

    assert len({id for id, _ in told}) > 50
    for id, value in told:
        if value.kind == "assumed":
            assert "recalled" in (value.note or ""), (id, value)
        else:
            assert value.source in LIBRARY.monograph(id).sources, (id, value)


def test_levetiracetam_by_kidneys_is_that_of_its_label() -> None:
    """2000, 1500 and 1000 mg a day below 80, 50 and 30 mL/min, 3000 mg above (published: the label, on Medscape)."""
    dosing = LIBRARY.monograph("levetiracetam").dosing

    assert [dosing.limit(70, clearance, lasting=True) for clearance in (80, 79, 49, 29)] == [3000, 2000, 1500, 1000]
