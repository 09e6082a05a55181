"""``pkinteract population``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from pkinteract.commands.progress import counted


@click.command("population")
@click.argument("scenario", metavar="SCENARIO", type=click.Path(path_type=Path))
@click.option("-n", metavar="N", type=click.IntRange(1, 100_000_000), help="Patients; default the scenario's, or 1000.")
@click.option("--seed", metavar="N", type=click.IntRange(min=0), help="Begins the draws; default the scenario's, or 1.")
@click.option("--workers", metavar="N", type=click.IntRange(min=1), help="Processes of this machine, not threads.")
@click.option("--scheduler", metavar="ADDRESS", help="Workers of a Dask scheduler, such as tcp://10.0.0.5:8786.")
@click.option("--profiles", is_flag=True, help="Keep the curve of every patient, as Parquet below profiles/.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "parquet"]),
    default="csv",
    show_default=True,
    help="Tables as CSV or Parquet; the patients as Parquet are several files below patients/.",
)
@click.option("--resume", is_flag=True, help="Go on from what an interrupted run has finished.")
@click.option("--keep-partitions", is_flag=True, help="Leave the finished pieces in partitions/.")
@click.option("--out", metavar="DIR", type=click.Path(path_type=Path), help="Default results/<name>-population/.")
@click.option("--no-figure", is_flag=True, help="Draw no fans.")
@click.option("--force", is_flag=True, help="Write into a folder that holds something else.")
def population(scenario: Path, out: Path | None, no_figure: bool, **wanted: Any) -> None:
    """Simulate virtual patients under a SCENARIO and write how they differ.

    The patients are drawn as the [population] table of the scenario says, or as European adults. Writes each patient
    with body, genes and measures, the spread of levels over time, of daily averages and of every measure, who is above
    an alert level and how these patients differ, and a figure per analyte. The same seed gives the same patients and
    the same files, whoever computes them.

    Example: pkinteract population scenarios/carbamazepine-to-levetiracetam.toml -n 1000
    """
    from pkinteract.report.population.files import Wanted, run_population
    from pkinteract.scenario import read_scenario

    if wanted["workers"] is not None and wanted["scheduler"] is not None:
        raise click.UsageError("give either --workers or --scheduler")
    read = read_scenario(scenario)
    folder = out or Path("results") / f"{read.name}-population"
    try:
        with counted("patients") as progress:
            lines, failure = run_population(read, folder, Wanted(figure=not no_figure, **wanted), progress)
    except KeyboardInterrupt:
        click.echo(f"\nStopped. The same command with --resume goes on from what is kept in {folder}.", err=True)
        raise
    click.echo("\n".join(lines))
    if failure is not None:
        raise failure
