"""What is promised of a schedule is what a run of the file with the schedule in it does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from advised import asked, daily_levels, rewritten, searched
from hypothesis import given, settings
from hypothesis import strategies as st
from runs import course, daily, regimen, text

from pkinteract import load_scenario, simulate
from pkinteract.advise.advised import advised
from pkinteract.advise.rewrite import advised_text
from pkinteract.advise.types import Schedule, Step, Task
from pkinteract.analysis import answer_of
from pkinteract.analysis.settled import mean
from pkinteract.report.advise.told import told_advice

pytestmark = pytest.mark.compiled

VALPROATE = regimen("valproate", daily("500 mg", "12 h", "0 d", "16 d"))
LAMOTRIGINE = regimen("lamotrigine", daily("100 mg", "12 h", "-12 d", "16 d"))
CARBAMAZEPINE = regimen("carbamazepine", daily("200 mg", "12 h", "-15 d", "0 d"))
AMITRIPTYLINE = regimen("amitriptyline", daily("100 mg", "24 h", "-15 d", "16 d"))
SUM = 'drug = "amitriptyline"\n'


def case(*regimens: str, advise: str = "", patient: str = "", start: str = "", extra: str = "") -> str:
    source = text(*regimens, extra, f"[advise]\n{advise}", days=16, patient=patient)
    return source.replace("[simulation]\n", f"[simulation]\n{start}")


def at(doses: str, start: str, until: str, *rows: str) -> str:
    return course(start, f'until = "{until}"', f"at = {{ {doses} }}", *rows)


CASES = {
    "average": case(AMITRIPTYLINE, CARBAMAZEPINE, advise=SUM),
    "trough": case(AMITRIPTYLINE, CARBAMAZEPINE, advise=SUM + 'of = "trough"\n'),
    "between": case(AMITRIPTYLINE, CARBAMAZEPINE, advise=SUM + 'between = ["60 ng/mL", "90 ng/mL"]\n'),
    "range": case(AMITRIPTYLINE, CARBAMAZEPINE, advise=SUM + 'range = true\nof = "trough"\n'),
    "one compound of a sum": case(AMITRIPTYLINE, CARBAMAZEPINE, advise=SUM + 'target = "nortriptyline"\n'),
    "halves": case(AMITRIPTYLINE, CARBAMAZEPINE, advise=SUM + "halves = true\n"),
    "calendar": case(
        AMITRIPTYLINE,
        CARBAMAZEPINE,
        advise=SUM + 'weekdays = ["mon", "fri"]\n',
        start="start = 2026-01-05T08:00:00\n",
    ),
    "twice a day": case(LAMOTRIGINE, VALPROATE, advise='drug = "lamotrigine"\n'),
    "split": case(LAMOTRIGINE, VALPROATE, advise='drug = "lamotrigine"\nsplit = true\nkeep = "5 %"\n'),
    "own strengths": case(LAMOTRIGINE, VALPROATE, advise='drug = "lamotrigine"\nstrengths = ["15 mg", "40 mg"]\n'),
    "unequal at the clock": case(
        regimen("lamotrigine", at('"08:00" = "50 mg", "20:00" = "100 mg"', "-12 d", "16 d")),
        VALPROATE,
        advise='drug = "lamotrigine"\n',
    ),
    "unequal and split": case(
        regimen("lamotrigine", at('"08:00" = "50 mg", "20:00" = "100 mg"', "-12 d", "16 d")),
        VALPROATE,
        advise='drug = "lamotrigine"\nsplit = true\nkeep = "5 %"\n',
        start="start = 2026-01-05T18:00:00\n",
    ),
    "missed": case(
        regimen("lamotrigine", daily("100 mg", "12 h", "-12 d", "16 d", 'missed = ["-1 d", "-0.5 d"]')),
        VALPROATE,
        advise='drug = "lamotrigine"\n',
    ),
    "per weight": case(
        regimen("lamotrigine", daily("1.5 mg/kg", "12 h", "-12 d", "16 d")), VALPROATE, advise='drug = "lamotrigine"\n'
    ),
    "steady state": case(
        regimen("amitriptyline", daily("100 mg", "24 h", "-2 d", "16 d", "steady_state = true")),
        regimen("carbamazepine", daily("200 mg", "12 h", "-2 d", "0 d", "steady_state = true")),
        advise=SUM,
    ),
    "count": case(
        regimen("lamotrigine", course("-12 d", 'dose = "100 mg"', 'every = "12 h"', "count = 56")),
        VALPROATE,
        advise='drug = "lamotrigine"\n',
    ),
    "several courses": case(
        regimen("lamotrigine", daily("50 mg", "12 h", "-12 d", "-6 d"), daily("100 mg", "12 h", "-6 d", "16 d")),
        VALPROATE,
        advise='drug = "lamotrigine"\n',
    ),
    "saturated": case(
        regimen("phenytoin", daily("300 mg", "24 h", "-20 d", "16 d")),
        regimen("fluconazole", daily("200 mg", "24 h", "0 d", "8 d")),
        advise='drug = "phenytoin"\nkeep = "15 %"\nmost_changes = 2\n',
    ),
    "of itself": case(
        regimen("carbamazepine", daily("400 mg", "12 h", "-15 d", "16 d")),
        regimen("erythromycin", daily("500 mg", "6 h", "0 d", "8 d")),
        advise='drug = "carbamazepine"\nkeep = "10 %"\nmost_changes = 2\n',
    ),
    "tablets after infusions": case(
        regimen(
            "levetiracetam",
            daily("500 mg", "12 h", "-3 d", "0 d", 'route = "intravenous"'),
            daily("500 mg", "12 h", "0 d", "16 d"),
        ),
        VALPROATE,
        advise='drug = "levetiracetam"\nbetween = ["4 mg/L", "8 mg/L"]\n',
    ),
    "taper": case(
        regimen("lamotrigine", daily("100 mg", "12 h", "-12 d", "16 d")),
        regimen(
            "valproate",
            daily("500 mg", "12 h", "-12 d", "0 d"),
            daily("500 mg", "12 h", "0 d", "8 d", 'taper_to = "100 mg"', 'step_every = "2 d"', 'round_to = "50 mg"'),
        ),
        advise='drug = "valproate"\nbetween = ["30 mg/L", "60 mg/L"]\n',
    ),
    "incoming": case(
        LAMOTRIGINE,
        regimen("levetiracetam", daily("500 mg", "12 h", "2 d", "16 d")),
        advise='drug = "levetiracetam"\nbetween = ["4 mg/L", "8 mg/L"]\n',
    ),
    "uneven": case(
        regimen("lamotrigine", daily("50 mg", "5 h", "-12 d", "16 d")),
        VALPROATE,
        advise='drug = "lamotrigine"\nsplit = true\n',
    ),
    "racemate": case(
        regimen("warfarin", daily("6 mg", "24 h", "-15 d", "16 d")),
        regimen("fluconazole", daily("200 mg", "24 h", "0 d", "8 d")),
        advise='drug = "s-warfarin"\n',
    ),
    "behind a racemate": case(
        regimen("warfarin", daily("6 mg", "24 h", "-15 d", "16 d")),
        LAMOTRIGINE,
        VALPROATE,
        advise='drug = "lamotrigine"\n',
    ),
    "smoking": case(
        regimen("olanzapine", daily("15 mg", "24 h", "-12 d", "16 d")),
        advise='drug = "olanzapine"\nkeep = "10 %"\n',
        patient='smoker = true\n[[patient.change]]\nat = "0.25 d"\nsmoker = false\n',
    ),
    "dialysis": case(
        regimen("levetiracetam", daily("1000 mg", "24 h", "-6 d", "16 d")),
        advise='drug = "levetiracetam"\nbetween = ["20 mg/L", "28 mg/L"]\n',
        patient='[[patient.change]]\nat = "1 d"\ncreatinine_clearance = "10 mL/min"\n',
        extra='[[dialysis]]\nat = "4 d"\nevery = "48 h"\nlength = "4 h"\nuntil = "16 d"\n',
    ),
}
ALIKE = ("average", "split", "unequal and split", "missed", "count", "racemate", "saturated", "steady state")
"""Those of which schedules are drawn too: each another way of writing doses."""


def agrees(task: Task, schedule: Schedule, promised: np.ndarray) -> None:
    kept = daily_levels(task, rewritten(task, schedule))
    assert kept == pytest.approx(promised, rel=1e-5, abs=1e-6 * task.band.target)


@pytest.mark.parametrize("name", CASES)
def test_a_run_of_the_written_file_does_what_was_promised(name: str) -> None:
    """Property: levels of every day of the scenario with the schedule in it are those by which it was chosen."""
    advised = searched(CASES[name])

    agrees(advised.task, advised.advice.best.schedule, advised.advice.best.levels)
    unchanged = next(one.candidate for one in advised.advice.alternatives if one.name == "unchanged")
    agrees(advised.task, (), unchanged.levels)


@settings(max_examples=10)
@given(name=st.sampled_from(ALIKE), seed=st.integers(0, 10_000))
def test_so_does_any_other_schedule(name: str, seed: int) -> None:
    """Property: the same of schedules that nobody would advise: pauses, returns, doses of every kind."""
    task, levels = asked(CASES[name])
    random = np.random.default_rng(seed)
    days = sorted(random.choice(task.count, size=3, replace=False).tolist())
    options = random.integers(0, len(task.options), 3).tolist()
    schedule = tuple(Step(day=day, option=option) for day, option in zip(days, options, strict=True))

    agrees(task, schedule, levels.of([schedule])[0])


NOTED = """# a case
title = "noted"
[simulation]
duration = "12 d"
start = 2026-01-05T18:00:00
[patient]
weight = "70 kg"
age = "45 y"
sex = "female"
creatinine_clearance = "95 mL/min"

# of the partner
[[regimen]]
drug = "valproate"
[[regimen.course]]
from = "0 d"  # that day
until = "12 d"
dose = "500 mg"
every = "12 h"

# of what is asked for
[advise]
drug = "lamotrigine"
keep = "10 %"

# of the drug itself
[[regimen]]
drug = "lamotrigine"
# of its first course
[[regimen.course]]
from = "-12 d"
until = "-6 d"
at = { "08:00" = "50 mg", "20:00" = "100 mg" }
missed = ["-178 h"]
[[regimen.course]]
from = "-6 d"
until = "12 d"
at = { "08:00" = "50 mg", "20:00" = "100 mg" }
missed = ["-34 h"]

  # of the end
[output]
units = { lamotrigine = "mg/L" }
"""


def test_what_is_said_of_other_tables_stays() -> None:
    """Golden: comments and lines of all else are kept as they are; those between the old courses go with them."""
    task, _ = asked(NOTED)
    kinds = [(float(amounts[0]), kind) for amounts, kind in zip(task.options, task.kinds, strict=True)]
    option = kinds.index((50.0, "tablets"))

    written = advised_text(task, (Step(day=2, option=option), Step(day=6, option=0)))

    whole = NOTED.splitlines()
    asks, own, end = whole.index("[advise]"), whole.index("# of the drug itself") + 1, whole.index("  # of the end")
    old = whole[own + 3 : end - 1]
    assert written.splitlines() == [
        *whole[:asks],
        "# of the drug itself",
        "[[regimen]]",
        'drug = "lamotrigine"',
        *(f"  {line}" for line in old[:5]),
        "  [[regimen.course]]",
        '  from = "-6 d"',
        '  until = "50.0 h"',
        *(f"  {line}" for line in old[8:]),
        "  [[regimen.course]]",
        '  from = "50.0 h"',
        '  until = "146.0 h"',
        '  at = { "08:00" = "50 mg", "20:00" = "50 mg" }',
        "  [[regimen.course]]",
        '  from = "146.0 h"',
        '  until = "12 d"',
        f"  {old[8]}",
        "",
        *whole[end:],
    ]


def test_a_name_stays_as_it_is_written() -> None:
    """With its umlaut, not as code for it."""
    named = regimen("Valproinsäure", daily("500 mg", "12 h", "-9 d", "12 d"))
    inducer = regimen("rifampicin", daily("600 mg", "24 h", "0 d", "12 d"))
    task, _ = asked(case(named, inducer, advise='drug = "valproate"\nbetween = ["40 mg/L", "80 mg/L"]\n'))

    assert 'drug = "Valproinsäure"' in advised_text(task, ()).splitlines()


def test_comments_behind_lines_that_stay_are_kept() -> None:
    """Behind the headers, the drug and each value that is what it was; what is said of an old value goes with it."""
    marked = (
        NOTED.replace('[[regimen]]\ndrug = "lamotrigine"', '[[regimen]]  # her own\ndrug = "lamotrigine" # the "brand"')
        .replace('from = "-6 d"', 'from = "-6 d"  # after # a month')
        .replace('until = "12 d"\nat', 'until = "12 d"  # her end\nat')
        .replace('missed = ["-34 h"]', 'missed = ["-34 h"]# forgotten')
    )
    task, _ = asked(marked)
    kinds = [(float(amounts[0]), kind) for amounts, kind in zip(task.options, task.kinds, strict=True)]

    written = advised_text(task, (Step(day=2, option=kinds.index((50.0, "tablets"))),)).splitlines()

    own = written.index("[[regimen]]  # her own")
    assert written[own + 1] == 'drug = "lamotrigine" # the "brand"'
    assert written.count('  from = "-6 d"  # after # a month') == 1
    assert '  missed = ["-34 h"]# forgotten' in written
    assert [line for line in written if "her end" in line] == ['  until = "12 d"  # her end']


def test_what_a_partner_makes_of_an_advised_level_is_what_the_run_without_the_schedule_shows(tmp_path: Path) -> None:
    """Lamotrigine's dose goes down as valproate begins: the fold told is that of the unchanged run, and not grave."""
    path = tmp_path / "case.toml"
    path.write_text(CASES["twice a day"], "utf-8")
    found = advised(simulate(load_scenario(path)))
    unchanged = found.before.result.curve("lamotrigine")

    alerts = [alert for alert in answer_of(found.result).alerts if alert.sentence == "dosed"]

    for alert in alerts:
        before, after = (mean(unchanged, end - 24, end) for end in (alert.start, alert.stop))
        assert alert.values["fold"] == pytest.approx(after / before, rel=1e-6)
    assert {alert.severity for alert in alerts} == {"warning"}


def test_a_partner_that_only_builds_up_is_no_rise_that_a_schedule_makes() -> None:
    """Erythromycin begins a day before carbamazepine's dose goes down: its own accumulation was a grave rise."""
    path = Path(__file__).parents[2] / "scenarios" / "advise" / "carbamazepine-with-erythromycin.toml"
    alerts = answer_of(advised(simulate(load_scenario(path))).result).alerts

    assert [alert.rule for alert in alerts if alert.analyte == "erythromycin"] == []


def test_where_nobody_names_the_drug_the_others_that_move_are_told(tmp_path: Path) -> None:
    """Valproate raises lamotrigine and nortriptyline: doses of lamotrigine, and how to ask for amitriptyline's."""
    path = tmp_path / "case.toml"
    said = []
    for drug in ("", 'drug = "lamotrigine"\n'):
        path.write_text(case(LAMOTRIGINE, AMITRIPTYLINE, VALPROATE, advise=drug), "utf-8")
        said.append(" ".join(told_advice(advised(simulate(load_scenario(path))), "en").sentences["do"]))

    assert said[0].startswith(said[1])
    assert said[0].removeprefix(said[1]) == (
        " Doses were looked for of lamotrigine, whose level moves most; levels of amitriptyline change too: "
        'for that write drug = "amitriptyline" under [advise].'
    )
