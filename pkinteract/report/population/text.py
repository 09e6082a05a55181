"""What ``population`` prints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from pkinteract.export.record.population import NOTICE
from pkinteract.export.tables.population import risk_table, shares
from pkinteract.population.run.plan import RunPlan
from pkinteract.population.statistics.metrics import measures_of
from pkinteract.population.statistics.tally import AFTER, BEFORE, EVER, Tally, quantiles, ratio_interval
from pkinteract.report.lines import rows_text
from pkinteract.report.pairs import taken_lines
from pkinteract.result import Analyte
from pkinteract.text.csv import Table
from pkinteract.text.remark import Remark, remark
from pkinteract.text.words import words_of

_SHOWN = ("cavg_before", "cavg_after", "fold_rise", "t50", "t90")
_TURNS = ("fold_highest", "t_highest", "fold_lowest", "t_lowest")
_GROUPS = {
    "sex": "{}",
    "age_y": "age {} y",
    "weight_kg": "weight {} kg",
    "creatinine_clearance_mL_per_min": "creatinine clearance {} mL/min",
    "smoker": "smoker: {}",
}
_LEAST = 1e-3
"""A level or ratio below this is printed as 0."""
_SURE = 3.2905267314919
"""A group is named when the 99.9 % interval of its risk ratio is above 1: with two dozen groups 95 % is chance."""
_FEWEST = 2
"""Patients at risk that a group has at least when it is named."""
_MOST = 8
"""Groups and failures that are printed at most."""


def population_lines(
    plan: RunPlan, tally: Tally, resumed: int, written: Sequence[Path], answer: Sequence[str] = ()
) -> list[str]:
    """What ``population`` prints, lines of the ``answer`` first; ``resumed`` partitions were there before."""
    spec = plan.spec
    lines = [f"{plan.scenario.name}: {plan.scenario.title}", f"  {patient_count(plan, tally)}, seed {spec.seed}"]
    lines += [f"  {text}" for text in plan.scenario.names]
    if resumed:
        lines.append(f"  went on from {resumed} of {plan.partitions} partitions")
    lines += answer
    lines.append("  24-h average before t = 0 and at the end, their ratio, day by which half and 90 % of it is there;")
    lines.append("  median (5 to 95 % of the patients):")
    head = ("analyte", "unit", "before", "after", "fold rise", "half, day", "90 %, day")
    lines += rows_text([head, *_spread(plan, tally, _SHOWN)])
    lines.append("  highest and lowest 24-h average of any day over the one before, and the day when it ends:")
    turns = ("analyte", "unit", "highest, fold", "day", "lowest, fold", "day")
    lines += rows_text([turns, *_spread(plan, tally, _TURNS)])
    lines += _at_risk(plan, tally)
    lines += [f"  {text}" for text in taken_lines(plan.scenario, words_of("en"))]
    lines += [f"  warning: {text}" for text in plan.scenario.warnings]
    lines += [f"  warning: {note.told(words_of('en'))}" for note in drawn_over(plan)]
    lines += _failed(tally)
    lines += [f"  wrote {path}" for path in written]
    return [*lines, f"  {NOTICE}"]


def drawn_over(plan: RunPlan) -> Iterator[Remark]:
    """What a scenario without ``[population]`` says of its patient's genes, which are drawn all the same."""
    for gene, activity in plan.scenario.patient.phenotype.items() if plan.scenario.population is None else ():
        if gene in plan.genes and activity.phenotype != "normal":
            yield remark("remark.drawn-over", gene=gene, phenotype=activity.phenotype)


def patient_count(plan: RunPlan, tally: Tally) -> str:
    """How many patients there are, and how many without a result."""
    failed = f", {tally.patients[1]:,} of them without a result" if tally.patients[1] else ""
    return f"{plan.spec.n:,} virtual patient{'s' if plan.spec.n != 1 else ''}{failed}"


def _spread(plan: RunPlan, tally: Tally, shown: Sequence[str]) -> Iterator[Sequence[str]]:
    first = 0
    for analyte in plan.analytes:
        names = list(measures_of(analyte))
        spreads = quantiles(tally.measures[first : first + len(names), 0], (0.05, 0.5, 0.95)).T
        cells = [
            "–" if np.isnan(spread[1]) else _range(spread) for spread in spreads[[names.index(name) for name in shown]]
        ]
        first += len(names)
        yield analyte.id, analyte.unit, *cells


def _range(spread: np.ndarray) -> str:
    low, middle, high = (_number(float(value)) for value in spread)
    return f"{middle} ({low}–{high})"


def _number(value: float) -> str:
    """Three significant digits, none after the point above a hundred; 0 for what is next to nothing."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}" if value >= _LEAST else "0"


def _at_risk(plan: RunPlan, tally: Tally) -> Iterator[str]:
    judged = [(n, analyte) for n, analyte in enumerate(plan.analytes) if analyte.alert is not None]
    if not judged:
        yield "  no analyte has an alert level"
        return
    yield "  above the alert level, share of the patients (95 % interval): before, at the end, at any time from t = 0"
    rows = [
        (
            analyte.id,
            f"{analyte.alert:g} {analyte.unit}",
            *(_share(tally.risk[n, 0, when], tally.risk[n, 0, 0]) for when in (BEFORE, AFTER, EVER)),
        )
        for n, analyte in judged
    ]
    yield from rows_text(rows, indent="    ")
    table = risk_table(plan, tally)
    for _, analyte in judged:
        yield from _who(table, analyte)


def often_at_risk(table: Table, analyte: Analyte) -> list[int]:
    """Rows of ``risk.csv`` with the groups that are at risk at the end more often than others, the highest share first.

    None of them is so by chance.
    """
    mine = [n for n, name in enumerate(table["analyte"]) if name == analyte.id]
    if not mine:
        return []
    events, total = (np.array([table[name][n] for n in mine]) for name in ("at_risk_after", "n"))
    low = ratio_interval(events, total, events[0] - events, total[0] - total, _SURE)[0]
    at_risk = [n for n, some, least in zip(mine, events, low, strict=True) if some >= _FEWEST and least > 1]
    return sorted(at_risk, key=lambda n: -table["share_after"][n])


def _who(table: Table, analyte: Analyte) -> Iterator[str]:
    """Groups that are at risk at the end more often than the others."""
    at_risk = often_at_risk(table, analyte)
    if at_risk:
        yield f"  more often above {analyte.alert:g} {analyte.unit} of {analyte.id} at the end than others:"
    rows = [
        (
            _named(str(table["group"][n]), str(table["level"][n])),
            f"{table['at_risk_after'][n]:,} of {table['n'][n]:,}",
            _share(table["at_risk_after"][n], table["n"][n]),
            _times(*(table[f"risk_ratio_{word}after"][n] for word in ("", "low_", "high_"))),
        )
        for n in at_risk[:_MOST]
    ]
    yield from rows_text(rows, indent="    ")


def _times(ratio: float | None, low: float, high: float | None) -> str:
    """A risk ratio with its 95 % interval; where none of the others is at risk, its lower end."""
    if ratio is None or high is None:
        return f"at least {_number(low)} times the share of the others"
    return f"{_number(ratio)} times the share of the others ({_number(low)}–{_number(high)})"


def _named(group: str, level: str) -> str:
    """A level of a group in words, its unit behind the number."""
    number, _, more = level.partition(" and ")
    return _GROUPS.get(group, f"{group} {{}}").format(number) + (f" and {more}" if more else "")


def _share(events: int, total: int) -> str:
    share, low, high = (100 * float(value) for value in shares(np.asarray(events), np.asarray(total)))
    return "–" if np.isnan(share) else f"{share:.1f} % ({low:.1f}–{high:.1f})"


def _failed(tally: Tally) -> Iterator[str]:
    failed = int(tally.patients[1])
    if failed:
        yield f"  {failed:,} patient{'s' if failed != 1 else ''} without a result, named in patients with the reason:"
        for number, reason in list(tally.failures.items())[:_MOST]:
            yield f"    patient {number}: {reason}"
    if failed > _MOST:
        yield f"    and {failed - _MOST:,} more"
