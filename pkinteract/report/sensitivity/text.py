"""What ``sensitivity`` prints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from pkinteract.export.record.population import NOTICE
from pkinteract.population.run.plan import RunPlan
from pkinteract.population.statistics.people import remarks_of
from pkinteract.population.statistics.sensitivity import SensitivityResult, runs
from pkinteract.report.cautions import remarks_told
from pkinteract.report.lines import rows_text
from pkinteract.text.words import words_of

_PRINTED = ("cavg_after", "fold_rise")
_SHOWN, _LEAST = 5, 0.01
"""Inputs of a result that are printed at most, and the total index that they have at least."""


def sensitivity_lines(plan: RunPlan, results: Sequence[SensitivityResult], written: Sequence[Path]) -> Iterator[str]:
    """What ``sensitivity`` prints: the inputs that explain most of every average and rise."""
    yield f"{plan.scenario.name}: {plan.scenario.title}"
    text = f"{plan.spec.n:,} patients and as many strangers, {runs(plan):,} simulated in all, seed {plan.spec.seed}"
    yield f"  {text}"
    yield from (f"  {said}" for said in plan.scenario.names)
    yield from (f"  warning: {text}" for text in remarks_told(remarks_of(plan), plan.scenario, words_of("en")))
    yield "  share of the variance of the logarithm that an input explains alone, and with all that it does together"
    yield "  with others (95 % interval)"
    for result in (result for result in results if result.measure in _PRINTED):
        analyte = plan.analytes[result.place]
        yield f"  {analyte.id}, {result.measure}: SD of the logarithm {result.spread:.2f}"
        if result.used < plan.spec.n:
            yield f"    from the {result.used:,} patients of whom all variants have a result"
        shown = [index for index in result.indices if index.total[0] >= _LEAST][:_SHOWN]
        yield from rows_text([(index.input.label, _share(index.first), _share(index.total)) for index in shown], "    ")
    yield from (f"  wrote {path}" for path in written)
    yield f"  {NOTICE}"


def _share(index: tuple[float, float, float]) -> str:
    value, low, high = (max(0.0, number) for number in index)
    return f"{value:.2f} ({low:.2f}–{high:.2f})"
