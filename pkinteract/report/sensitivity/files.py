"""The tables and the figure of a sensitivity analysis, and what the command prints."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from pkinteract.export.record.population import NOTICE
from pkinteract.export.record.sensitivity import record
from pkinteract.export.tables.sensitivity import sobol_table, tornado_table
from pkinteract.population.people.specification import specification
from pkinteract.population.run.plan import Plan, plan_of
from pkinteract.population.statistics.sensitivity import Traced, runs, trace
from pkinteract.report.lines import rows_text
from pkinteract.report.population.text import drawn_over
from pkinteract.scenario import Scenario
from pkinteract.text.csv import write_csv
from pkinteract.text.folder import RECORD, Writer, refuse_foreign, write_all
from pkinteract.text.record import write_record

PATIENTS = 1000
"""Patients of the design where nothing else is said."""

_PRINTED = ("cavg_after", "fold_rise")
_SHOWN, _LEAST = 5, 0.01
"""Inputs of a result that are printed at most, and the total index that they have at least."""


def run_sensitivity(
    scenario: Scenario,
    folder: Path,
    n: int | None,
    seed: int | None,
    *,
    figure: bool,
    force: bool,
    progress: Callable[[int, int], Callable[[int], None]] | None,
) -> list[str]:
    """Everything that the command does; returns the lines that it prints.

    Raises
    ------
    InputError, SimulationError
        As a population does.
    PopulationError
        When not one patient has a result; nothing is written then.
    """
    name = f"{scenario.name}-sensitivity"
    if not force:
        refuse_foreign(folder, name)
    plan = plan_of(scenario, specification(scenario, n or PATIENTS, seed))
    found = trace(plan, progress(runs(plan), 0) if progress else None)
    files: dict[str, Writer] = {
        "sobol.csv": partial(write_csv, sobol_table(plan, found)),
        "tornado.csv": partial(write_csv, tornado_table(plan, found)),
        RECORD: partial(write_record, record(name, plan)),
    }
    if figure:
        from pkinteract.report.drawing import save
        from pkinteract.report.sensitivity.figure import draw_sensitivity

        for place, analyte in enumerate(plan.analytes):
            drawing = draw_sensitivity(plan, found, place)
            if drawing is not None:
                names = (f"sensitivity-{analyte.id}.png", f"sensitivity-{analyte.id}.svg")
                files |= dict.fromkeys(names, partial(save, drawing))
    return [*_lines(plan, found), *(f"  wrote {path}" for path in write_all(folder, files)), f"  {NOTICE}"]


def _lines(plan: Plan, found: Sequence[Traced]) -> Iterator[str]:
    yield f"{plan.scenario.name}: {plan.scenario.title}"
    text = f"{plan.spec.n:,} patients and as many strangers, {runs(plan):,} simulated in all, seed {plan.spec.seed}"
    yield f"  {text}"
    yield from drawn_over(plan)
    yield "  share of the variance of the logarithm that an input explains alone, and with all that it does together"
    yield "  with others (95 % interval)"
    for row in (row for row in found if row.measure in _PRINTED):
        analyte = plan.analytes[row.place]
        yield f"  {analyte.id}, {row.measure}: SD of the logarithm {row.spread:.2f}"
        if row.used < plan.spec.n:
            yield f"    from the {row.used:,} patients of whom all variants have a result"
        shown = [index for index in row.indices if index.total[0] >= _LEAST][:_SHOWN]
        yield from rows_text([(index.input.label, _share(index.first), _share(index.total)) for index in shown], "    ")


def _share(index: tuple[float, float, float]) -> str:
    value, low, high = (max(0.0, number) for number in index)
    return f"{value:.2f} ({low:.2f}–{high:.2f})"
