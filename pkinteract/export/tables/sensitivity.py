"""The tables of a sensitivity analysis."""

from __future__ import annotations

from collections.abc import Sequence

from pkinteract.population.run.plan import RunPlan
from pkinteract.population.statistics.metrics import MEASURES
from pkinteract.population.statistics.sensitivity import SensitivityResult
from pkinteract.text.csv import Table


def sobol_table(plan: RunPlan, results: Sequence[SensitivityResult]) -> Table:
    """``sobol.csv``: first and total index of every input that has an effect, with 95 % intervals."""
    pairs = [(result, index) for result in results for index in result.indices]
    columns = _named(plan, [result for result, _ in pairs])
    columns |= {"patients": [result.used for result, _ in pairs], "input": [index.input.label for _, index in pairs]}
    for kind in ("first", "total"):
        for place, suffix in enumerate(("", "_low", "_high")):
            columns[f"{kind}{suffix}"] = [getattr(index, kind)[place] for _, index in pairs]
    return columns


def tornado_table(plan: RunPlan, results: Sequence[SensitivityResult]) -> Table:
    """``tornado.csv``: results with one input at its 5th and 95th percentile, all others at their medians."""
    pairs = [(result, swing) for result in results for swing in result.swings]
    return {
        **_named(plan, [result for result, _ in pairs]),
        "input": [swing.input.label for _, swing in pairs],
        "at_p5": [swing.low for _, swing in pairs],
        "at_median": [result.typical for result, _ in pairs],
        "at_p95": [swing.high for _, swing in pairs],
    }


def _named(plan: RunPlan, results: Sequence[SensitivityResult]) -> dict[str, list[object]]:
    return {
        "analyte": [plan.analytes[result.place].id for result in results],
        "measure": [result.measure for result in results],
        "unit": [unit_of(plan, result) for result in results],
    }


def unit_of(plan: RunPlan, result: SensitivityResult) -> str:
    """Unit of a result."""
    return plan.analytes[result.place].unit if MEASURES[result.measure] == "level" else MEASURES[result.measure]
