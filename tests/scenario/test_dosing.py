"""Usual doses and strengths: what ``check`` warns of, and what it leaves alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from runs import drug, oral, regimen, text, written

from pkinteract import load_scenario
from pkinteract.cli import main
from pkinteract.errors import InputError
from pkinteract.library import load_library
from pkinteract.library.reader import FOLDER

DOSED = [path.stem for path in sorted((FOLDER / "drugs").glob("*.toml")) if "\n[absorption" in path.read_text("utf-8")]
FORMS = (
    oral()
    + '[absorption.salt]\nka = "1 1/h"\nsalt_factor = "0.5"\n[absorption.syrup]\nka = "1 1/h"\n'
    + '[absorption.intravenous]\nroute = "intravenous"\n'
)
STRENGTHS = '[dosing.strengths]\noral = ["20 mg", "50 mg"]\n'
RANGE = '[dosing]\nlow = "100 mg"\nhigh = "400 mg"\n'
DOSING = RANGE + STRENGTHS
MOST = RANGE + 'start = "100 mg"\nmost = "500 mg"\n'
PER_KG = '[dosing]\nlow = "1 mg/kg"\nhigh = "10 mg/kg"\n'
ONCE = '[dosing]\nhigh = "400 mg"\nsingle_high = "600 mg"\n'


def warnings(folder: Path, *courses: str, dosing: str = DOSING, form: str = "", age: float = 45) -> list[str]:
    """The warnings of ``check`` for these courses of drug-x, without their lines."""
    path = written(
        folder,
        text(regimen("drug-x", *courses, formulation=form), days=30, age=age),
        (drug("drug-x", '[[elimination.pathway]]\nid = "p"\nkind = "other"\nfraction = "1"\n', FORMS, dosing),),
    )
    done = CliRunner().invoke(main, ["check", str(path)])
    assert (done.exit_code, done.stderr) == (0, "")
    found = [line for line in done.stdout.splitlines() if line.startswith("  warning")]
    return [line.split(", ", 1)[1] for line in found]


def course(start: str, stop: str, *rows: str) -> str:
    return f'[[regimen.course]]\nfrom = "{start}"\nuntil = "{stop}"\n' + "".join(f"{row}\n" for row in rows)


def once(*rows: str) -> str:
    return '[[regimen.course]]\nfrom = "0 d"\n' + "".join(f"{row}\n" for row in rows)


DAY = 'every = "24 h"'
HALF_DAY = 'every = "12 h"'
CASES: dict[str, tuple[list[str], str, list[str]]] = {
    "too much": (
        [course("0 d", "9 d", 'dose = "250 mg"', HALF_DAY)],
        DOSING,
        ["regimen[0].course[0]: drug-x 500 mg a day from day 0: above the usual 100 to 400 mg"],
    ),
    "too much at clock times": (
        [course("0 d", "9 d", 'at = { "08:00" = "200 mg", "14:00" = "100 mg", "20:00" = "200 mg" }')],
        DOSING,
        ["regimen[0].course[0]: drug-x 500 mg a day from day 0: above the usual 100 to 400 mg"],
    ),
    "too little": (
        [course("-3 d", "9 d", 'dose = "40 mg"', HALF_DAY)],
        DOSING,
        ["regimen[0].course[0]: drug-x 80 mg a day at most: below the usual 100 to 400 mg"],
    ),
    "the ends of the range": (
        [course("0 d", "3 d", 'dose = "50 mg"', HALF_DAY), course("3 d", "9 d", 'dose = "200 mg"', HALF_DAY)],
        DOSING,
        [],
    ),
    "titrated into the range": (
        [course("0 d", "3 d", 'dose = "20 mg"', DAY), course("3 d", "9 d", 'dose = "100 mg"', DAY)],
        DOSING,
        [],
    ),
    "tapered out of it": (
        [
            course(
                "0 d", "9 d", 'dose = "200 mg"', 'taper_to = "10 mg"', 'step_every = "3 d"', 'round_to = "10 mg"', DAY
            )
        ],
        RANGE,
        [],
    ),
    "tapered from too much": (
        [course("0 d", "9 d", 'dose = "500 mg"', 'taper_to = "100 mg"', 'step_every = "3 d"', DAY)],
        RANGE,
        ["regimen[0].course[0]: drug-x 500 mg a day from day 0: above the usual 100 to 400 mg"],
    ),
    "two courses together": (
        [course("0 d", "9 d", 'dose = "300 mg"', DAY), course("4 d", "9 d", 'dose = "200 mg"', DAY)],
        RANGE,
        [
            "regimen[0].course[1]: begins before the course above it ends; both are given",
            "regimen[0].course[1]: drug-x 500 mg a day from day 4: above the usual 100 to 400 mg",
        ],
    ),
    "two courses at once": (
        [course("0 d", "9 d", 'dose = "300 mg"', DAY), course("0 d", "9 d", 'dose = "200 mg"', DAY)],
        RANGE,
        [
            "regimen[0].course[1]: begins before the course above it ends; both are given",
            "regimen[0].course[1]: drug-x 500 mg a day from day 0: above the usual 100 to 400 mg",
        ],
    ),
    "one course after the other": (
        [course("0 d", "4 d", 'dose = "300 mg"', DAY), course("4 d", "9 d", 'dose = "200 mg"', DAY)],
        RANGE,
        [],
    ),
    "no more than it begins with": (
        [course("0 d", "9 d", 'dose = "50 mg"', DAY)],
        RANGE + 'start = "50 mg"\n',
        [],
    ),
    "less than it begins with": (
        [course("0 d", "9 d", 'dose = "49 mg"', DAY)],
        RANGE + 'start = "50 mg"\n',
        ["regimen[0].course[0]: drug-x 49 mg a day at most: below the usual 100 to 400 mg"],
    ),
    "between the usual and the most": (
        [course("0 d", "9 d", 'dose = "450 mg"', DAY)],
        MOST,
        [
            "regimen[0].course[0]: drug-x 450 mg a day from day 0: above the usual 100 to 400 mg; "
            "500 mg is the highest dose"
        ],
    ),
    "more than the most": (
        [course("0 d", "9 d", 'dose = "501 mg"', DAY)],
        MOST,
        [
            "regimen[0].course[0]: drug-x 501 mg a day from day 0: far above the usual 100 to 400 mg; 500 mg is the "
            "highest dose"
        ],
    ),
    "per kg, more than the most": (
        [course("0 d", "9 d", 'dose = "9 mg/kg"', DAY)],
        PER_KG + 'most = "600 mg"\n',
        [
            "regimen[0].course[0]: drug-x 630 mg a day from day 0: far above the usual 70 to 600 mg; "
            "600 mg is the highest dose"
        ],
    ),
    "every other day": ([course("0 d", "9 d", 'dose = "600 mg"', 'every = "48 h"')], RANGE, []),
    "once, little": ([once('dose = "10 mg"')], DOSING, []),
    "once, as a course of one": ([course("0 d", "1 d", 'dose = "10 mg"', DAY)], DOSING, []),
    "once, much": (
        [once('dose = "500 mg"')],
        DOSING,
        ["regimen[0].course[0]: drug-x 500 mg at once on day 0: above the usual 100 to 400 mg a day"],
    ),
    "once, as much as is given once": ([once('dose = "600 mg"')], ONCE, []),
    "once, more than is given once": (
        [once('dose = "601 mg"')],
        ONCE,
        ["regimen[0].course[0]: drug-x 601 mg at once on day 0: above the usual 600 mg at most"],
    ),
    "per kg": (
        [course("0 d", "9 d", 'dose = "11 mg/kg"', DAY)],
        PER_KG,
        ["regimen[0].course[0]: drug-x 770 mg a day from day 0: above the usual 70 to 700 mg"],
    ),
    "no table": ([course("0 d", "9 d", 'dose = "900 g"', DAY)], "", []),
    "intravenous, little": (
        [course("0 d", "9 d", 'dose = "10 mg"', 'route = "intravenous"', DAY)],
        DOSING,
        [],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_daily_dose_outside_the_usual_range_is_said(name: str, tmp_path: Path) -> None:
    """Courses that repeat are held against the range of a day, single doses against its upper end (golden)."""
    courses, dosing, expected = CASES[name]

    found = warnings(tmp_path, *courses, dosing=dosing)

    assert found == expected


@pytest.mark.parametrize(
    ("dose", "words"),
    [
        ("100 mg", None),
        ("35 mg", None),
        ("10 mg", None),
        ("25 mg", None),
        ("5 mg", "nearest is 10 mg"),
        ("15 mg", "nearest are 10 and 20 mg"),
        ("101 mg", "nearest are 100 and 105 mg"),
        ("137.5 mg", "nearest are 135 and 140 mg"),
        ("101.5 mg/kg", None),
    ],
)
def test_a_dose_that_no_tablets_make_up_is_said(dose: str, words: str | None, tmp_path: Path) -> None:
    """Sums of 10, 20, 25 and 50 mg, the strengths and their halves; doses per kg are left to be rounded (golden)."""
    found = warnings(tmp_path, once(f'dose = "{dose}"'), dosing=STRENGTHS)

    text = f"regimen[0].course[0].dose: {dose} cannot be made of drug-x oral 20, 50 mg (halves counted); {words}"
    assert found == ([] if words is None else [text])


def test_a_capsule_is_not_halved(tmp_path: Path) -> None:
    """``halves = false``: 25 mg cannot be made of 50 mg, and at clock times it is said once (golden)."""
    dosing = '[dosing.strengths]\noral = { values = ["50 mg"], halves = false }\n'
    clock = 'at = { "08:00" = "25 mg", "20:00" = "75 mg" }'

    found = warnings(tmp_path, course("0 d", "9 d", clock), dosing=dosing)

    assert found == [
        "regimen[0].course[0].at: 25 mg cannot be made of drug-x oral 50 mg (whole ones); nearest is 50 mg"
    ]


def test_only_the_strengths_that_are_named_are_halved(tmp_path: Path) -> None:
    """``halves = ["50 mg"]``: 25 mg can be made, 10 mg of a tablet of 20 mg cannot (golden)."""
    dosing = '[dosing.strengths]\noral = { values = ["20 mg", "50 mg"], halves = ["50 mg"] }\n'

    made = warnings(tmp_path, once('dose = "25 mg"'), dosing=dosing)
    broken = warnings(tmp_path, once('dose = "10 mg"'), dosing=dosing)

    assert made == []
    assert broken == [
        "regimen[0].course[0].dose: 10 mg cannot be made of drug-x oral 20, 50 mg (halves of 50 counted); "
        "nearest is 20 mg"
    ]


def test_a_form_that_is_sold_but_not_modelled_is_refused_as_such(tmp_path: Path) -> None:
    """Not as a slip of the pen: its strengths, and the formulations that there are (golden)."""
    path = tmp_path / "run.toml"
    path.write_text(text(regimen("alprazolam", once('dose = "1 mg"'), formulation="extended-release"), days=2), "utf-8")

    with pytest.raises(InputError) as refused:
        load_scenario(path)

    assert [problem.message for problem in refused.value.problems] == [
        "alprazolam extended-release is sold (0.5, 1, 2 and 3 mg) but has no absorption in the library; its "
        "formulations are tablet, intravenous"
    ]


@pytest.mark.parametrize("id", DOSED)
def test_every_dose_of_the_library_says_whether_it_was_read(id: str) -> None:
    """A dose, strength or range is read from a source, or assumed with a note that says recalled or unverified."""
    monograph = load_library().monograph(id)
    ranges = [monograph.reference_range, *(row.reference_range for row in monograph.sum)]
    dosing = monograph.dosing
    told = [getattr(dosing, name) for name in ("start", "low", "high", "most", "single_high")]
    told += [getattr(limits, name) for limits in ranges for name in ("low", "high", "alert", "after")]
    told += [*dosing.strengths.values(), *dosing.other_forms.values()]

    for one in filter(None, told):
        if one.kind == "assumed":
            assert any(word in one.note for word in ("recalled", "unverified", "source not seen")), one
        else:
            assert one.source in monograph.sources, one


def test_a_taper_between_the_strengths_is_told_of_round_to(tmp_path: Path) -> None:
    """The first level that no tablets make up is named, with the key that rounds the levels (golden)."""
    dosing = '[dosing.strengths]\noral = ["100 mg"]\n'
    rows = ('dose = "200 mg"', 'taper_to = "90 mg"', 'step_every = "3 d"', DAY)

    found = warnings(tmp_path, course("0 d", "9 d", *rows), dosing=dosing)

    assert found == [
        "regimen[0].course[0].dose: 90 mg cannot be made of drug-x oral 100 mg (halves counted); "
        "nearest are 50 and 100 mg; round_to rounds the levels of a taper"
    ]


def test_a_formulation_without_strengths_can_be_measured_out(tmp_path: Path) -> None:
    """A liquid, or an injection, is exempt: 101 mg of it draws no warning."""
    found = warnings(tmp_path, once('dose = "101 mg"'), form="syrup")

    assert found == []


def test_the_range_is_that_of_the_default_formulation(tmp_path: Path) -> None:
    """A salt with half as much drug may be given twice as much: 800 mg a day is 400 mg (closed form).

    What is told is what was written, and what it counts as; of two formulations together what they count as.
    """
    at_most, above = (
        warnings(tmp_path, course("0 d", "9 d", f'dose = "{dose} mg"', DAY), form="salt") for dose in (800, 802)
    )

    assert at_most == []
    told = "802 mg as salt (counts as 401 mg as oral, as the limit is written) a day from day 0"
    assert above == [f"regimen[0].course[0]: drug-x {told}: above the usual 100 to 400 mg"]
    first, second = (course("0 d", "9 d", f'dose = "{dose} mg"', DAY) for dose in (300, 302.3))
    told = "451 mg (counted as oral, as the limit is written) a day from day 0"
    said = warnings(tmp_path, first, regimen("drug-x", second, formulation="salt"))
    assert f"regimen[1].course[0]: drug-x {told}: above the usual 100 to 400 mg" in said


def test_a_child_is_not_held_against_the_range_of_adults(tmp_path: Path) -> None:
    """Below 18 years no range is looked at; the strengths are."""
    rows = ('dose = "501 mg"', DAY)

    found = warnings(tmp_path, course("0 d", "9 d", *rows), age=17)

    assert [row.partition(" mg")[0] for row in found] == ["regimen[0].course[0].dose: 501"]


@pytest.mark.slow
@given(
    strengths=st.lists(st.integers(1, 40), min_size=1, max_size=3, unique=True),
    numbers=st.lists(st.integers(0, 3), min_size=3, max_size=3),
    halves=st.booleans(),
)
def test_whatever_is_put_together_of_tablets_is_accepted(
    strengths: list[int], numbers: list[int], halves: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Any sum of whole tablets draws no warning, nor does half of it where tablets may be halved."""
    total = sum(n * mg for n, mg in zip(numbers, strengths, strict=False)) or strengths[0]
    dose = total / 2 if halves else total
    sold = ", ".join(f'"{mg} mg"' for mg in strengths)
    dosing = f"[dosing.strengths]\noral = {{ values = [{sold}], halves = {str(halves).lower()} }}\n"

    found = warnings(tmp_path_factory.mktemp("tablets"), once(f'dose = "{dose!r} mg"'), dosing=dosing)

    assert found == []


def test_run_prints_the_warning_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What ``check`` says of a dose, ``run`` says beside its result; nothing is refused."""
    monkeypatch.chdir(tmp_path)
    Path("much.toml").write_text(
        text(regimen("carbamazepine", course("0 d", "2 d", 'dose = "1500 mg"', HALF_DAY)), days=2), "utf-8"
    )

    done = CliRunner().invoke(main, ["run", "much.toml", "--no-figure"])

    assert done.exit_code == 0
    assert "carbamazepine 3000 mg a day from day 0: far above the usual 800 to 1200 mg; 2000 mg" in done.stdout


@pytest.mark.parametrize("id", DOSED)
def test_every_dosed_drug_has_its_usual_doses(id: str) -> None:
    """Each has an upper end, low to high to the most ascend in an adult of 50 kg, no tablet is more than the most."""
    dosing = load_library().monograph(id).dosing

    start, low, high, most, once = (
        None if value is None else value.canonical * (50 if value.unit.endswith("/kg") else 1)
        for value in (dosing.start, dosing.low, dosing.high, dosing.most, dosing.single_high)
    )
    for ends in ((low, high, most), (start, high)):
        given = [end for end in ends if end is not None]
        assert given == sorted(given)
    assert high is not None or once is not None
    for strengths in dosing.strengths.values():
        assert max(strengths.amounts) <= max(end for end in (high, most, once) if end is not None)


@pytest.mark.parametrize(
    ("tables", "key", "words"),
    [
        ('low = "500 mg"\nhigh = "400 mg"\n', "dosing.low", "is above high"),
        ('low = "5 mg/L"\n', "dosing.low", 'this key needs a mass or dose per weight, such as "200 mg"'),
        ('[dosing.strengths]\ntablet = ["100 mg"]\n', "dosing.strengths.tablet", "is not a formulation of this drug"),
        ('[dosing.strengths]\noral = ["0 mg"]\n', "dosing.strengths.oral[0]", "must lie between 1 ug and 100 g"),
        ('[dosing.strengths]\noral = ["10"]\n', "dosing.strengths.oral[0]", "200 mg"),
        ("[dosing.strengths]\noral = []\n", "dosing.strengths.oral", "must have at least 1 entry"),
        ('high = "400 mg"\nmost = "300 mg"\n', "dosing.most", "is below high"),
        (
            '[dosing.strengths]\noral = { values = ["10 mg"], halves = ["5 mg"] }\n',
            "dosing.strengths.oral.halves",
            "5 mg is not among values",
        ),
        ('[dosing.other_forms]\noral = "10 mg"\n', "dosing.other_forms.oral", "is a formulation of this drug"),
        (
            '[dosing.other_forms]\nfilm = { sold = "10 mg", kind = "label" }\n',
            "dosing.other_forms.film.source",
            "needs a source",
        ),
        (
            '[dosing.strengths]\noral = { values = ["10 mg"], kind = "label" }\n',
            "dosing.strengths.oral.source",
            "needs a source",
        ),
        (
            '[dosing.strengths]\noral = { values = ["10 mg"], kind = "assumed" }\n',
            "dosing.strengths.oral.note",
            "needs a note",
        ),
    ],
)
def test_a_slip_in_the_usual_doses_is_refused(tables: str, key: str, words: str, tmp_path: Path) -> None:
    """With its key and what to write."""
    mine = drug("drug-x", '[[elimination.pathway]]\nid = "p"\nkind = "other"\nfraction = "1"\n', FORMS)
    path = tmp_path / "mine.toml"
    path.write_text(f"{mine}[dosing]\n{tables}", "utf-8")

    with pytest.raises(InputError) as refused:
        load_library([path])

    (problem,) = refused.value.problems
    assert problem.key == key
    assert words in problem.message
    assert problem.line is not None


def test_usual_doses_are_not_among_the_numbers_of_a_run(tmp_path: Path) -> None:
    """They change no run, so ``run.json`` leaves them out."""
    from pkinteract.model import build
    from pkinteract.model.trace import numbers_used

    path = tmp_path / "run.toml"
    path.write_text(text(regimen("carbamazepine", once('dose = "400 mg"')), days=2), "utf-8")
    scenario = load_scenario(path)

    rows = numbers_used(scenario, build(scenario))

    assert rows
    assert not [row["path"] for row in rows if str(row["path"]).startswith("dosing")]
