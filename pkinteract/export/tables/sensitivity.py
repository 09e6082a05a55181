"""The tables of a sensitivity analysis."""

from __future__ import annotations

from collections.abc import Sequence

from pkinteract.population.run.plan import RunPlan
from pkinteract.population.statistics.metrics import MEASURES
from pkinteract.population.statistics.sensitivity import SensitivityResult
from pkinteract.text.csv import Table


def sobol_table(plan: RunPlan, found: Sequence[SensitivityResult]) -> Table:
    """``sobol.csv``: first and total index of every input that has an effect, with 95 % intervals."""
    rows = [(row, index) for row in found for index in row.indices]
    columns = _named(plan, [row for row, _ in rows])
    columns |= {"patients": [row.used for row, _ in rows], "input": [index.input.label for _, index in rows]}
    for kind in ("first", "total"):
        for place, suffix in enumerate(("", "_low", "_high")):
            columns[f"{kind}{suffix}"] = [getattr(index, kind)[place] for _, index in rows]
    return columns


def tornado_table(plan: RunPlan, found: Sequence[SensitivityResult]) -> Table:
    """``tornado.csv``: results with one input at its 5th and 95th percentile, all others at their medians."""
    rows = [(row, swing) for row in found for swing in row.swings]
    return {
        **_named(plan, [row for row, _ in rows]),
        "input": [swing.input.label for _, swing in rows],
        "at_p5": [swing.low for _, swing in rows],
        "at_median": [row.typical for row, _ in rows],
        "at_p95": [swing.high for _, swing in rows],
    }


def _named(plan: RunPlan, rows: Sequence[SensitivityResult]) -> dict[str, list[object]]:
    return {
        "analyte": [plan.analytes[row.place].id for row in rows],
        "measure": [row.measure for row in rows],
        "unit": [unit_of(plan, row) for row in rows],
    }


def unit_of(plan: RunPlan, row: SensitivityResult) -> str:
    """Unit of a result."""
    return plan.analytes[row.place].unit if MEASURES[row.measure] == "level" else MEASURES[row.measure]
