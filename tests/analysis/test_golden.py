"""Golden files: everything that is told of runs of drugs of one's own, number by number.

What they show is promised by closed forms elsewhere; here nothing moves unnoticed. After a change that is meant they
are written again by ``python tests/analysis/test_golden.py``, with ``tests/helpers`` on the path, and read.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from golden import compare, write
from runs import course, daily, drug, once, pathway, regimen, run, text

from pkinteract.analysis import answer_of
from pkinteract.analysis.causes import causes_of
from pkinteract.analysis.days import days_of
from pkinteract.analysis.drift import effect_beside_drift
from pkinteract.analysis.exposure import dose_folds, exposures
from pkinteract.analysis.moves import displacements, move_after, own_changes
from pkinteract.analysis.risks import ratio_ends, risk_ends, risks_of

FOLDER = Path(__file__).parent / "golden"
STEADY = "steady_state = true"
MONDAY = "start = 2026-01-05T08:00:00\n"
RANGE = '[reference_range]\nlow = "0.5 mg/L"\nhigh = "1.5 mg/L"\nalert = "1.8 mg/L"\n'
RESTART = '[dosing]\nrestart = { value = 5, unit = "1", kind = "assumed", note = "test" }\n'
TO_CHILD = pathway("first", 0.6, "CYP3A4", 'forms = "child"')
CHILD = drug("child", pathway("own", 0.5, "CYP2D6"), pathway("rest", 0.5), clearance="3 L/h").split("[absorption")[0]
CHILD = CHILD.replace('formulation = "oral"\n', "")
SUM = (
    '[[sum]]\nid = "victim+child"\nparts = ["victim", "child"]\nunit = "mg/L"\n[sum.reference_range]\nlow = "1 mg/L"\n'
)
SUM += 'high = "2.5 mg/L"\n'

VICTIM = drug("victim", pathway("first", 0.6, "CYP3A4"), pathway("kidney", 0.4, kind="renal"), RANGE, RESTART)
PARENT = drug("victim", TO_CHILD, pathway("second", 0.4, "CYP2D6"), SUM)
INDUCER = drug(
    "inducer",
    '[induces.CYP3A4]\nreceptor = "CAR/PXR"\nemax = "9"\n',
    'ec50 = { value = 1, unit = "mg/L", kind = "assumed", note = "test", basis = "total" }\n',
)
INHIBITOR = drug(
    "inhibitor",
    '[inhibits.CYP3A4]\nki = { value = 0.1, unit = "mg/L", basis = "total", interval = [0.03, 0.3], '
    'kind = "assumed", note = "test" }\n',
)
SATURATED = drug(
    "victim",
    pathway(
        "first", 1.0, "CYP3A4", 'km = { value = 1.2, unit = "mg/L", kind = "assumed", note = "x", basis = "total" }'
    ),
    RANGE,
)
SAMPLED = RANGE.replace("alert =", 'alert_of = "sample"\nalert =')
LITHIUM = RANGE.replace("low =", 'after = "10 h"\nalert_of = "sample"\nlow =')
BOUND = '[binding]\nfraction_unbound = "0.1"\nblood_to_plasma = "1"\n'
FREE = '[unbound.reference_range]\nlow = "0.06 mg/L"\nhigh = "0.2 mg/L"\n'
OF_BOTH = "[unbound]\n"
DISPLACER = drug("rival", '[displaces.victim]\nki = { value = 2, unit = "mg/L", basis = "total" }\n', BOUND)
PILL = drug("pill", pathway("first", 0.8, "CYP3A4"), pathway("rest", 0.2)).replace(
    'unit = "mg/L"', 'unit = "mg/L"\ngroup = "contraceptive"', 1
)
SLOW = drug("victim", pathway("first", 0.7, "CYP3A4"), pathway("kidney", 0.3, kind="renal"), RANGE, volume="900 L")
REMOVED = VICTIM + '[dialysis]\nclearance = "8 L/h"\n'
TWICE = regimen("victim", daily("60 mg", "12 h", "-30 d", "60 d"))


def source(*regimens: str, days: float, **more: Any) -> str:
    written = text(*regimens, days=days, step="6 h", **{name: value for name, value in more.items() if name != "start"})
    return written.replace("[simulation]\n", f"[simulation]\n{MONDAY}") if more.get("start") else written


CASES: dict[str, tuple[str, tuple[str, ...]]] = {
    "inducer comes and goes": (
        source(TWICE, regimen("inducer", daily("300 mg", "24 h", "5 d", "25 d")), days=60, start=True),
        (VICTIM, INDUCER),
    ),
    "inhibitor for a week": (
        source(
            regimen("victim", daily("100 mg", "24 h", "0 d", "40 d", STEADY)),
            regimen("inhibitor", daily("100 mg", "12 h", "9 d", "16 d")),
            days=40,
            patient='[patient.phenotype]\nCYP2D6 = "normal"\n',
        ),
        (PARENT, CHILD, INHIBITOR),
    ),
    "inhibitor that stays": (
        source(TWICE, regimen("inhibitor", daily("100 mg", "12 h", "6 d", "30 d")), days=30),
        (VICTIM, INHIBITOR),
    ),
    "a metabolite that nothing judges": (
        source(
            regimen("victim", daily("100 mg", "24 h", "0 d", "30 d", STEADY)),
            regimen("inhibitor", daily("100 mg", "12 h", "9 d", "30 d")),
            days=30,
        ),
        (PARENT.replace(SUM, ""), CHILD, INHIBITOR),
    ),
    "two that still move": (
        source(
            TWICE,
            regimen("second", daily("60 mg", "12 h", "-30 d", "60 d")),
            regimen("inducer", daily("300 mg", "24 h", "5 d", "12 d")),
            days=9.5,
        ),
        (
            VICTIM,
            drug("second", pathway("first", 1.0, "CYP3A4"), RANGE),
            INDUCER,
        ),
    ),
    "an inhibitor after an inducer": (
        source(
            TWICE,
            regimen("inducer", daily("300 mg", "24 h", "-30 d", "-6 d")),
            regimen("inhibitor", daily("100 mg", "12 h", "6 d", "30 d")),
            days=30,
        ),
        (VICTIM, INDUCER, INHIBITOR),
    ),
    "inducer in cycles": (
        source(
            TWICE,
            regimen("inducer", daily("300 mg", "24 h", "-28 d", "40 d", 'cycle = { on = "10 d", off = "10 d" }')),
            days=40,
        ),
        (VICTIM, INDUCER),
    ),
    "single doses": (
        source(
            regimen("victim", once("100 mg", "1 d"), once("100 mg", "15 d"), once("100 mg", "22 d")),
            regimen("inducer", daily("300 mg", "24 h", "5 d", "16 d")),
            days=30,
        ),
        (VICTIM, INDUCER),
    ),
    "single doses beside a weak inhibitor": (
        source(
            regimen("victim", once("100 mg", "1 d"), once("100 mg", "15 d")),
            regimen("inhibitor", daily("8 mg", "6 h", "13 d", "20 d")),
            days=30,
        ),
        (VICTIM, INHIBITOR),
    ),
    "doses that are missing": (
        source(
            regimen("victim", daily("60 mg", "12 h", "-9 d", "4 d"), daily("60 mg", "12 h", "9 d", "20 d")),
            regimen("inhibitor", daily("20 mg", "24 h", "-20 d", "25 d", 'missed = ["3 d", "4 d", "5 d"]')),
            days=30,
        ),
        (VICTIM, INHIBITOR),
    ),
    "more than can be cleared": (
        source(
            regimen("victim", daily("250 mg", "24 h", "0 d", "60 d")),
            regimen("idle", daily("1 mg", "12 h", "59.5 d", "60 d")),
            days=60,
        ),
        (SATURATED, drug("idle")),
    ),
    "kidneys fail": (
        source(TWICE, days=30, patient='[[patient.change]]\nat = "6 d"\ncreatinine_clearance = "15 mL/min"\n'),
        (VICTIM,),
    ),
    "weekly doses": (
        source(
            regimen("victim", course("-28 d", 'until = "28 d"', 'dose = "100 mg"', 'every = "24 h"', 'days = ["mon"]')),
            regimen("inducer", daily("300 mg", "24 h", "6 d", "28 d")),
            days=28,
            start=True,
        ),
        (VICTIM.replace(RESTART, ""), INDUCER),
    ),
    "a contraceptive beside an inducer that ends": (
        source(
            regimen("pill", daily("30 mg", "24 h", "-30 d", "60 d")),
            regimen("inducer", daily("300 mg", "24 h", "5 d", "12 d")),
            days=60,
        ),
        (PILL, INDUCER),
    ),
    "a contraceptive after an inducer": (
        source(
            regimen("pill", daily("30 mg", "24 h", "-30 d", "60 d")),
            regimen("inducer", daily("300 mg", "24 h", "-40 d", "8 d")),
            days=30,
        ),
        (PILL, INDUCER),
    ),
    "a contraceptive beside an inducer that stays": (
        source(
            regimen("pill", daily("30 mg", "24 h", "-30 d", "60 d")),
            regimen("inducer", daily("300 mg", "24 h", "5 d", "28 d")),
            days=30,
        ),
        (PILL, INDUCER),
    ),
    "displaced": (
        source(
            regimen("victim", daily("120 mg", "12 h", "-20 d", "40 d")),
            regimen("rival", daily("600 mg", "12 h", "5 d", "40 d")),
            days=25,
        ),
        (VICTIM.replace(RANGE, RANGE + BOUND + FREE), DISPLACER),
    ),
    "displaced and unjudged": (
        source(
            regimen("victim", daily("120 mg", "12 h", "-20 d", "40 d")),
            regimen("rival", daily("600 mg", "12 h", "5 d", "40 d")),
            days=12,
        ),
        (VICTIM.replace(RANGE, RANGE + BOUND + OF_BOTH), DISPLACER),
    ),
    "measured and sampled": (
        source(
            TWICE.replace('"60 d"', '"21 d"'),
            regimen("inhibitor", daily("60 mg", "12 h", "6 d", "15 d")),
            days=30,
        )
        + "".join(
            f'[[observation]]\nat = "{day} d"\nanalyte = "victim"\nlevel = "{level} mg/L"\n'
            for day, level in ((1, 1.7), (2, 0.5), (3, 1.6), (4, 0.2), (5, "<0.1"))
        ),
        (VICTIM.replace(RANGE, SAMPLED), INHIBITOR),
    ),
    "hours after a dose": (
        source(
            regimen("victim", daily("100 mg", "24 h", "0 d", "30 d", STEADY)),
            regimen("inhibitor", daily("60 mg", "12 h", "6 d", "12 d")),
            days=24,
            start=True,
        ),
        (VICTIM.replace(RANGE, LITHIUM), INHIBITOR),
    ),
    "a poor metaboliser": (
        source(
            regimen("victim", daily("20 mg", "24 h", "0 d", "50 d", STEADY)),
            regimen("inhibitor", daily("10 mg", "12 h", "9 d", "50 d")),
            days=50,
            patient='[patient.phenotype]\nCYP2D6 = "poor"\n',
        ),
        (PARENT, CHILD, INHIBITOR),
    ),
    "still on its way, to a limit that is sure": (
        source(
            regimen("victim", daily("60 mg", "12 h", "-9 d", "40 d")),
            regimen("inhibitor", daily("30 mg", "12 h", "4 d", "40 d")),
            days=16,
        ),
        (SLOW, INHIBITOR),
    ),
    "a course of its own beside an effect": (
        source(
            regimen("victim", daily("60 mg", "12 h", "-3 d", "50 d")),
            regimen("inhibitor", daily("4 mg", "12 h", "1 d", "50 d")),
            days=50,
        ),
        (SLOW, INHIBITOR),
    ),
    "between sessions": (
        source(
            TWICE,
            regimen("inhibitor", daily("20 mg", "12 h", "7 d", "40 d")),
            days=28,
        ).replace("95 mL", "15 mL")
        + '[[dialysis]]\nat = "-28 d"\nevery = "84 h"\nlength = "5 h"\n',
        (REMOVED, INHIBITOR),
    ),
    "beyond clearance and falling": (
        source(
            regimen("victim", daily("250 mg", "24 h", "0 d", "28.5 d")),
            regimen("idle", daily("1 mg", "12 h", "3 d", "9 d")),
            days=30,
        ),
        (SATURATED, drug("idle")),
    ),
    "more than can be cleared after a rise": (
        source(
            regimen("victim", daily("60 mg", "24 h", "-9 d", "8 d"), daily("250 mg", "24 h", "8 d", "60 d")),
            days=40,
        ),
        (SATURATED.replace('unit = "mg/L"\nform', 'unit = "umol/L"\nform'),),
    ),
    "one round of a cycle": (
        source(
            TWICE,
            regimen("inducer", daily("300 mg", "24 h", "0 d", "20 d", 'cycle = { on = "10 d", off = "10 d" }')),
            days=20,
        ),
        (VICTIM, INDUCER),
    ),
    "a course of its own, and a patient who changes later": (
        source(
            regimen("victim", daily("60 mg", "12 h", "-3 d", "50 d")),
            regimen("inhibitor", daily("4 mg", "12 h", "1 d", "50 d")),
            days=50,
            patient='[[patient.change]]\nat = "30 d"\ncreatinine_clearance = "60 mL/min"\n',
        ),
        (SLOW, INHIBITOR),
    ),
    "single doses of two drugs, one too soon": (
        source(
            regimen("victim", once("100 mg", "1 d"), once("100 mg", "1.5 d"), once("100 mg", "20 d")),
            regimen("second", once("100 mg", "1 d"), once("100 mg", "15 d")),
            regimen("inducer", daily("300 mg", "24 h", "5 d", "16 d")),
            days=30,
        ),
        (VICTIM, drug("second", pathway("first", 1.0, "CYP3A4")), INDUCER),
    ),
    "low, and nothing known of high": (
        source(
            regimen("victim", daily("40 mg", "12 h", "-9 d", "20 d")),
            regimen("inhibitor", daily("20 mg", "12 h", "0 d", "20 d")),
            days=12,
        ),
        (VICTIM.replace(RANGE, '[reference_range]\nlow = "0.7 mg/L"\n'), INHIBITOR),
    ),
    "high already, and nothing known of low": (
        source(
            TWICE,
            regimen("inhibitor", daily("20 mg", "12 h", "0 d", "20 d")),
            days=12,
        ),
        (VICTIM.replace(RANGE, '[reference_range]\nhigh = "0.3 mg/L"\nalert = "0.4 mg/L"\n'), INHIBITOR),
    ),
    "a linear drug on its way beyond its range": (
        source(
            regimen("victim", daily("150 mg", "12 h", "-2 d", "60 d")),
            regimen("idle", daily("1 mg", "12 h", "9 d", "60 d")),
            days=12,
        ),
        (SLOW, drug("idle")),
    ),
    "stopped and not replaced": (
        source(
            regimen("victim", daily("60 mg", "12 h", "-9 d", "4 d"), daily("40 mg", "12 h", "5.5 d", "9 d")),
            regimen("inducer", daily("100 mg", "24 h", "-9 d", "7 d", 'taper_to = "20 mg"', 'step_every = "3 d"')),
            days=20,
        ),
        (
            VICTIM.replace("value = 5", "value = 20"),
            INDUCER.replace('unit = "mg/L"', 'unit = "mg/L"\ngroup = "other"', 1),
        ),
    ),
}


def told(name: str) -> dict[str, Any]:
    """Alerts, moves, causes, risks, samples, periods and days of a run, and what each change of a drug moves."""
    written, drugs = CASES[name]
    result = run(written, drugs=drugs)
    answer = answer_of(result)
    return {
        "change": answer.change,
        "alerts": [asdict(alert) for alert in answer.alerts],
        "told": [move.analyte.id for move in answer.told],
        "moves": [_plain(asdict(move)) for move in answer.moves],
        "causes": [
            [asdict(one) for one in causes_of(result.scenario, [m.cause], m.analyte.parent)] for m in answer.moves
        ],
        "risks": [
            [(one.trait, one.name, one.fold, risk_ends(result, move, one)) for one in risks_of(result, move)]
            for move in answer.told
        ],
        "ends": [ratio_ends(result, move) for move in answer.told],
        "beside drift": [
            effect_beside_drift(result, m, causes_of(result.scenario, [m.cause], m.analyte.parent))
            for m in answer.moves
        ],
        "after each": [
            None if move is None else _plain(asdict(move))
            for drug in result.scenario.dosed
            for change in own_changes(result.scenario, drug)
            for place in range(len(result.analytes))
            for move in [move_after(result, place, drug, change)]
        ],
        "displaced": [[one.analyte.id, other.analyte.id] for one, other in displacements(result, answer.moves)],
        "samples": [_plain(asdict(sample)) for sample in answer.samples],
        "periods": [_plain(asdict(one)) for one in exposures(result)],
        "folds": list(dose_folds(result)),
        "days": [_days(one) for one in days_of(result)],
    }


def _plain(one: dict[str, Any]) -> dict[str, Any]:
    return {**one, "analyte": one["analyte"]["id"]}


def _days(one: Any) -> dict[str, Any]:
    """Every fifth day, and the last."""
    kept = [*range(0, len(one.day), 5), len(one.day) - 1]
    names = ("day", "dose", "trough", "peak", "average", "ratio", "above", "inside")
    return {name: None if (row := getattr(one, name)) is None else np.asarray(row)[kept].tolist() for name in names}


def path_of(name: str) -> Path:
    return FOLDER / f"{name.replace(' ', '-').replace(',', '')}.json"


@pytest.mark.parametrize("name", CASES)
def test_what_is_told_of_a_run(name: str) -> None:
    """Golden: the file of the case, to 2e-5."""
    compare(told(name), path_of(name))


if __name__ == "__main__":
    for case in CASES:
        write(told(case), path_of(case))
