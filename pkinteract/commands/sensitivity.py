"""``pkinteract sensitivity``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pkinteract.commands.shared.inputs import PATH, SEED
from pkinteract.commands.shared.progress import busy, progress_bar

if TYPE_CHECKING:
    from pkinteract.population.run.plan import RunPlan
    from pkinteract.population.statistics.sensitivity import SensitivityResult
    from pkinteract.text.folder import Writer

PATIENTS = 1000
"""Patients of the design where nothing else is said."""


@click.command("sensitivity")
@click.argument("scenario", metavar="SCENARIO", type=PATH)
@click.option(
    "-n", type=click.IntRange(min=2), help="Patients of the design, default 1000; each costs as many runs as inputs."
)
@click.option("--seed", type=SEED, help="Seed of the draws; default that of the scenario, or 1.")
@click.option("--out", metavar="DIR", type=PATH, help="Default results/<name>-sensitivity/.")
@click.option("--no-figure", is_flag=True, help="Draw no figures.")
@click.option("--force", is_flag=True, help="Write into a folder that holds something else.")
def sensitivity(
    scenario: Path, n: int | None, seed: int | None, out: Path | None, no_figure: bool, force: bool
) -> None:
    """Trace levels and their rise under a SCENARIO to what virtual patients differ in.

    The patients are those of the population command. Writes for every analyte how much of the variance of its average,
    peak and rise each input explains by itself and together with others (Sobol' indices with 95 % intervals), and the
    results with one input at its 5th and 95th percentile and all others at their medians.

    Example: pkinteract sensitivity scenarios/carbamazepine-to-levetiracetam.toml -n 500
    """
    from pkinteract.population.people.specification import specification
    from pkinteract.population.run.plan import plan_of
    from pkinteract.population.statistics.sensitivity import runs, trace
    from pkinteract.report.sensitivity.text import sensitivity_lines
    from pkinteract.scenario import read_scenario
    from pkinteract.text.folder import refuse_foreign, write_all

    read = read_scenario(scenario)
    name = f"{read.name}-sensitivity"
    folder = out or Path("results") / name
    if not force:
        refuse_foreign(folder, name)
    with busy("simulating the typical patient"):
        plan = plan_of(read, specification(read, n or PATIENTS, seed))
    with progress_bar("patients") as progress:
        results = trace(plan, progress(runs(plan), 0) if progress else None)
    asked = {"n": n, "seed": seed, "no-figure": no_figure}
    written = write_all(folder, _files(name, plan, results, asked))
    click.echo("\n".join(sensitivity_lines(plan, results, written)))


def _files(
    name: str, plan: RunPlan, results: Sequence[SensitivityResult], asked: Mapping[str, object]
) -> dict[str, Writer]:
    """File name to what writes it."""
    from pkinteract.export.record.sensitivity import sensitivity_record
    from pkinteract.export.tables.sensitivity import sobol_table, tornado_table
    from pkinteract.text.csv import write_csv
    from pkinteract.text.folder import RECORD
    from pkinteract.text.record import write_record

    files: dict[str, Writer] = {
        "sobol.csv": partial(write_csv, sobol_table(plan, results)),
        "tornado.csv": partial(write_csv, tornado_table(plan, results)),
        RECORD: partial(write_record, sensitivity_record(name, plan, asked)),
    }
    if not asked["no-figure"]:
        from pkinteract.report.drawing import save
        from pkinteract.report.sensitivity.figure import draw_sensitivity

        for place, analyte in enumerate(plan.analytes):
            drawing = draw_sensitivity(plan, results, place)
            if drawing is not None:
                names = (f"sensitivity-{analyte.id}.png", f"sensitivity-{analyte.id}.svg")
                files |= dict.fromkeys(names, partial(save, drawing))
    return files
