"""Golden files: what is searched, what is advised and how it is prescribed, of drugs of one's own.

What schedules promise is shown by runs and by brute force elsewhere; here nothing moves unnoticed. After a change that
is meant they are written again by ``python tests/advise/test_golden.py``, with ``tests/helpers`` on the path, and read.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from golden import compare, write
from runs import course, daily, drug, pathway, regimen, text, written

from pkinteract import load_scenario, simulate
from pkinteract.advise.levels import Levels
from pkinteract.advise.outcome import best_advice, freedom_of
from pkinteract.advise.people import typical_people
from pkinteract.advise.rewrite import advised_scenario, advised_text
from pkinteract.advise.shares import PeopleAdvice, advised_people
from pkinteract.advise.steps import planned_steps
from pkinteract.advise.task import needless_task, task_of
from pkinteract.advise.types import Begin, Candidate, Task
from pkinteract.model import build
from pkinteract.population.people.specification import specification

pytestmark = pytest.mark.compiled

FOLDER = Path(__file__).parent / "golden"
MONDAY = "start = 2026-01-05T08:00:00\n"
STEADY = "steady_state = true"
DOSING = (
    '[dosing]\nhigh = "300 mg"\nrise = "100 mg"\nrise_every = "4 d"\n'
    '[[dosing.kidneys]]\nbelow = "50 mL/min"\nmost = "120 mg"\n'
    '[dosing.strengths]\noral = { values = ["25 mg", "60 mg"], halves = ["60 mg"] }\n'
)
RANGE = '[reference_range]\nlow = "0.6 mg/L"\nhigh = "1.4 mg/L"\nalert = "1.8 mg/L"\n'
VICTIM = drug("victim", pathway("first", 0.6, "CYP3A4"), pathway("kidney", 0.4, kind="renal"), RANGE, DOSING)
INDUCER = drug(
    "inducer",
    '[induces.CYP3A4]\nreceptor = "CAR/PXR"\nemax = "3"\n',
    'ec50 = { value = 1, unit = "mg/L", kind = "assumed", note = "test", basis = "total" }\n',
)
INHIBITOR = drug("inhibitor", '[inhibits.CYP3A4]\nki = { value = 0.5, unit = "mg/L", basis = "total" }\n')
KM = 'km = { value = 1.5, unit = "mg/L", kind = "assumed", note = "x", basis = "total" }'
SATURATED = drug(
    "victim",
    pathway("first", 0.7, "CYP3A4", KM),
    pathway("kidney", 0.3, kind="renal"),
    RANGE,
    DOSING,
)
REMOVED = VICTIM + '[dialysis]\nclearance = "6 L/h"\n'
BY_GENE = drug(
    "victim",
    pathway("first", 0.5, "CYP3A4"),
    pathway("second", 0.3, "CYP2D6"),
    pathway("kidney", 0.2, kind="renal"),
    RANGE,
    DOSING.replace('most = "120 mg"', 'most = "170 mg"').replace("50 mL/min", "80 mL/min"),
)
MORE = drug("second", pathway("first", 0.8, "CYP3A4"), pathway("kidney", 0.2, kind="renal"), RANGE, DOSING)
OWN = (VICTIM, INDUCER, INHIBITOR)
OTHERS = {
    "saturated": (SATURATED, INHIBITOR),
    "sessions": (REMOVED, INHIBITOR),
    "by gene and weight": (BY_GENE, INDUCER),
    "steady state by gene": (BY_GENE, INDUCER),
    "two that pass": (BY_GENE, INDUCER),
    "the one that moves most": (VICTIM, MORE, INDUCER),
}
"""Monographs of a case, where they are not these."""
TWICE = regimen("victim", daily("60 mg", "12 h", "-20 d", "18 d"))
ONCE = regimen("victim", daily("120 mg", "24 h", "-20 d", "18 d"))
UNEQUAL = regimen(
    "victim",
    course("-20 d", 'until = "18 d"', 'at = { "08:00" = "50 mg", "20:00" = "85 mg" }', 'missed = ["-1.4375 d"]'),
)
INDUCED = regimen("inducer", daily("300 mg", "24 h", "2 d", "18 d"))
BLOCKED = regimen("inhibitor", daily("100 mg", "12 h", "2 d", "6 d"))


def case(*regimens: str, advise: str = "", start: str = "", more: str = "") -> str:
    table = f"[advise]\n{advise}" if advise else ""
    return text(*regimens, table, more, days=18).replace("[simulation]\n", f"[simulation]\n{start}")


LIMITS = {
    "earliest": 'keep = "14 %"\nmost_changes = 1\nearliest = "9 d"\n',
    "weekdays": 'keep = "12 %"\nmost_changes = 1\nweekdays = ["mon"]\n',
    "between": 'keep = "6 %"\nleast_between = "9 d"\nmost_changes = 2\n',
}
"""What alone, or beside the tablets, makes that nothing passes."""

CASES = {
    "inducer": case(TWICE, INDUCED),
    "inducer and the calendar": case(
        TWICE, INDUCED, advise='drug = "victim"\nweekdays = ["mon", "thu"]\nearliest = "3.5 d"\n', start=MONDAY
    ),
    "inhibitor comes and goes": case(
        ONCE, BLOCKED, advise='drug = "victim"\nkeep = "10 %"\nmost_changes = 2\nhalves = true\n'
    ),
    "troughs": case(
        UNEQUAL,
        INDUCED,
        advise='drug = "victim"\nof = "trough"\nkeep = "15 %"\nsplit = true\nmost_changes = 1\n',
        start="start = 2026-01-05T18:30:00\n",
    ),
    "kidneys": case(
        TWICE,
        advise='drug = "victim"\nrange = true\nof = "trough"\nleast_between = "3 d"\nlargest_step = "40 mg"\n'
        'from = "2 d"\nuntil = "15 d"\n',
        more='[[patient.change]]\nat = "4 d"\ncreatinine_clearance = "20 mL/min"\n',
    ),
    "begins": case(
        regimen("victim", daily("25 mg", "12 h", "3.25 d", "18 d")),
        INDUCED,
        advise='drug = "victim"\nbetween = ["0.5 mg/L", "0.7 mg/L"]\nmost_changes = 2\n',
    ),
    "nothing passes": case(
        regimen("victim", daily("120 mg", "12 h", "-20 d", "18 d")),
        INDUCED,
        advise='drug = "victim"\nkeep = "3 %"\nmost_changes = 1\nstrengths = ["100 mg"]\n',
    ),
    "steady state, nothing needed": case(
        regimen("victim", daily("60 mg", "12 h", "0 d", "18 d", STEADY)),
        regimen("inhibitor", daily("1 mg", "24 h", "5 d", "8 d")),
    ),
    "little but enough": case(TWICE, regimen("inhibitor", daily("8 mg", "12 h", "4 d", "18 d"))),
    "troughs in a range": case(
        ONCE,
        INDUCED,
        advise='drug = "victim"\nrange = true\nof = "trough"\nmost_changes = 1\n',
    ),
    "saturated": case(
        ONCE, BLOCKED, advise='drug = "victim"\nkeep = "12 %"\nmost_changes = 2\nstrengths = ["50 mg", "20 mg"]\n'
    ),
    "sessions": case(
        regimen("victim", daily("60 mg", "12 h", "-20 d", "18 d")),
        regimen("inhibitor", daily("30 mg", "12 h", "4 d", "18 d")),
        advise='drug = "victim"\nof = "trough"\nkeep = "40 %"\nmost_changes = 1\nleast_between = "2 d"\n',
        more='[[dialysis]]\nat = "1 d"\nevery = "48 h"\nlength = "4 h"\nuntil = "18 d"\n',
    ).replace("95 mL", "40 mL"),
    "by gene and weight": case(
        regimen("victim", daily("1 mg/kg", "12 h", "-20 d", "18 d")),
        regimen("inducer", daily("60 mg", "24 h", "2 d", "18 d")),
        advise='drug = "victim"\nof = "trough"\nkeep = "25 %"\nmost_changes = 2\nuntil = "16 d"\n',
    ),
    "steady state by gene": case(
        regimen("victim", daily("75 mg", "12 h", "0 d", "18 d", STEADY)),
        regimen("inducer", daily("60 mg", "24 h", "3 d", "18 d")),
        advise='drug = "victim"\nkeep = "20 %"\nmost_changes = 1\nfrom = "9 d"\nearliest = "6 d"\n',
    ),
    "two that pass": case(
        regimen("victim", daily("75 mg", "12 h", "0 d", "18 d", STEADY)),
        regimen("inducer", daily("60 mg", "24 h", "3 d", "18 d")),
        advise='drug = "victim"\nkeep = "9.2 %"\nmost_changes = 2\nleast_between = "3 d"\nfrom = "7 d"\n'
        'weekdays = ["mon", "tue"]\n',
        start=MONDAY,
    ),
    "two days before": case(
        regimen("victim", daily("60 mg", "12 h", "0 d", "18 d")), INDUCED, advise='drug = "victim"\nmost_changes = 1\n'
    ),
    "on the last day": case(TWICE, regimen("inhibitor", daily("100 mg", "12 h", "17 d", "18 d"))),
    "limits of every kind": case(
        TWICE,
        INDUCED,
        advise='drug = "victim"\nkeep = "5 %"\nmost_changes = 2\nearliest = "5 d"\nweekdays = ["mon", "wed", "sat"]\n'
        'largest_step = "15 mg"\nleast_between = "4 d"\nuntil = "14 d"\n',
        start=MONDAY,
    ),
    **{
        f"{limit} stands in the way": case(
            TWICE,
            regimen("inhibitor", daily("40 mg", "12 h", "2 d", "18 d")),
            advise=f'drug = "victim"\nstrengths = ["30 mg", "5 mg"]\n{advise}',
            start=MONDAY,
        )
        for limit, advise in LIMITS.items()
    },
    "every five hours": case(
        regimen("victim", daily("20 mg", "5 h", "-20 d", "18 d", 'missed = ["-40 h"]')),
        INDUCED,
        advise='drug = "victim"\nsplit = true\nmost_changes = 1\nstrengths = ["10 mg"]\n',
    ),
    "infused": case(
        regimen(
            "victim",
            daily("100 mg", "24 h", "-9 d", "18 d", 'route = "intravenous"', 'infusion = "2 h"'),
        ),
        BLOCKED,
        advise='drug = "victim"\nstrengths = ["30 mg", "50 mg"]\nloading = true\nmost_changes = 2\nkeep = "7 %"\n',
    ),
    "the one that moves most": case(TWICE, TWICE.replace("victim", "second"), INDUCED, advise="most_changes = 1\n"),
    "doses of three times of the day": case(
        regimen(
            "victim",
            course("-9 d", 'until = "0 d"', 'dose = "40 mg"', 'every = "8 h"'),
            course(
                "0 d",
                'until = "18 d"',
                'at = { "08:00" = "25 mg", "14:00" = "50 mg", "22:00" = "50 mg" }',
            ),
        ),
        INDUCED,
        advise='drug = "victim"\nbetween = ["0.7 mg/L", "1.3 mg/L"]\nof = "trough"\nmost_changes = 1\nhalves = true\n',
        start="start = 2026-01-06T06:00:00\n",
    ),
}
PEOPLE = (
    "two that pass",
    "inducer",
    "troughs",
    "troughs in a range",
    "begins",
    "sessions",
    "by gene and weight",
    "steady state by gene",
)
"""Those that virtual patients take too."""


def told(name: str) -> dict[str, Any]:
    """Task, freedom, the best schedules, other ways, steps and the file with the schedule."""
    with tempfile.TemporaryDirectory() as folder:
        result = simulate(load_scenario(written(Path(folder), CASES[name], OTHERS.get(name, OWN))))
        moved = task_of(result)
        task = moved or needless_task(result)
        model = build(task.scenario)
        levels = Levels(task, typical_people(task.scenario, model, task.place), model)
        advice = best_advice(task, levels, keep=3)
        best = advice.best
        curve = simulate(advised_scenario(task, best.schedule)).curves[task.place]
        runs: list[int | None] = []
        people = None
        if name in PEOPLE:
            people = advised_people(advice, specification(task.scenario, 24, 1), begin=_counting(runs))
    return {
        "needed": moved is not None,
        "task": _task(task),
        "freedom": asdict(freedom_of(task, back=advice.back)),
        "ranked": [_candidate(one) for one in advice.ranked],
        "ways": {other.name: _candidate(other.candidate) for other in advice.alternatives},
        "limits": None if advice.limits is None else [advice.limits.names, _candidate(advice.limits.candidate)],
        "unavoidable": advice.unavoidable,
        "counted": advice.counted,
        "search": [advice.complete, advice.back, advice.stopped, levels.linear, advice.seen],
        "steps": [asdict(step) for step in planned_steps(advice, best, levels, curve)],
        "texts": {str(amount): tablets.text for amount, tablets in list(task.tablets.items())[:12]},
        "people": None if people is None else _people(people),
        "patients run": runs,
        "file": advised_text(task, best.schedule).splitlines(),
    }


def _counting(runs: list[int | None]) -> Begin:
    """What keeps how many runs of patients were said beforehand, and how many came."""

    def begin(count: int | None) -> Callable[[int], None]:
        runs.extend([count, 0])

        def more(done: int) -> None:
            runs[1] = (runs[1] or 0) + done

        return more

    return begin


def _task(task: Task) -> dict[str, Any]:
    names = (
        *("drug", "start", "count", "doses", "day", "slot", "present", "sampled", "options", "ceilings", "kinds"),
        *("a_day", "changeable", "judged", "reference", "before", "late", "unsettled", "sizes"),
    )
    chosen = {name: getattr(task, name) for name in names}
    return {**chosen, "analyte": task.analyte.id, "band": asdict(task.band)}


def _people(people: PeopleAdvice) -> dict[str, Any]:
    return {
        "chosen": _candidate(people.chosen),
        "shares": [asdict(share) for share in people.shares],
        "ends": [people.low[::5], people.middle[::5], people.high[::5]],
        "failed": people.failed,
    }


def _candidate(one: Candidate) -> dict[str, Any]:
    return {"schedule": [asdict(step) for step in one.schedule], "score": asdict(one.score), "levels": one.levels}


def path_of(name: str) -> Path:
    return FOLDER / f"{name.replace(' ', '-').replace(',', '')}.json"


@pytest.mark.parametrize("name", CASES)
def test_what_is_advised(name: str) -> None:
    """Golden: the file of the case, to 2e-5."""
    compare(told(name), path_of(name))


if __name__ == "__main__":
    for one in CASES:
        write(told(one), path_of(one))
