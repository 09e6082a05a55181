"""The commands on populations. Heavy imports live inside the commands."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from threading import Lock
from typing import Any

import click

_OFTEN = 0.1
"""How long the line of the progress stands at least [s]."""


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
    from pkinteract.report.population_files import Wanted, run_population
    from pkinteract.scenario import read_scenario

    if wanted["workers"] is not None and wanted["scheduler"] is not None:
        raise click.UsageError("give either --workers or --scheduler")
    read = read_scenario(scenario)
    folder = out or Path("results") / f"{read.name}-population"
    progress = _Progress if sys.stderr.isatty() else None
    try:
        lines, failure = run_population(read, folder, Wanted(figure=not no_figure, **wanted), progress)
    except KeyboardInterrupt:
        click.echo(f"\nStopped. The same command with --resume goes on from what is kept in {folder}.", err=True)
        raise
    click.echo("\n".join(lines))
    if failure is not None:
        raise failure


@click.command("sensitivity")
@click.argument("scenario", metavar="SCENARIO", type=click.Path(path_type=Path))
@click.option(
    "-n", type=click.IntRange(min=2), help="Patients of the design, default 1000; each costs as many runs as inputs."
)
@click.option("--seed", type=click.IntRange(min=0), help="Seed of the draws; default that of the scenario, or 1.")
@click.option("--out", metavar="DIR", type=click.Path(path_type=Path), help="Default results/<name>-sensitivity/.")
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
    from pkinteract.report.sensitivity_files import run_sensitivity
    from pkinteract.scenario import read_scenario

    read = read_scenario(scenario)
    folder = out or Path("results") / f"{read.name}-sensitivity"
    progress = _Progress if sys.stderr.isatty() else None
    lines = run_sensitivity(read, folder, n, seed, figure=not no_figure, force=force, progress=progress)
    click.echo("\n".join(lines))


class _Progress:
    """A line on standard error: how many patients are done, how fast, and for how long still."""

    def __init__(self, total: int, there: int) -> None:
        self.total, self.there, self.done = total, there, there
        self.start = time.monotonic()
        self.shown = -_OFTEN
        self.lock = Lock()

    def __call__(self, count: int) -> None:
        with self.lock:
            self.done += count
            now = time.monotonic() - self.start
            if now - self.shown < _OFTEN and self.done < self.total:
                return
            self.shown = now
            rate = (self.done - self.there) / max(now, 1e-9)
            bar = "#" * (30 * self.done // self.total)
            left = _span((self.total - self.done) / rate)
            text = f"{self.done:,} of {self.total:,} patients, {rate:,.0f} a second, {left}"
            click.echo(f"\r[{bar:<30}] {text:<60}" + ("\n" if self.done == self.total else ""), nl=False, err=True)


def _span(seconds: float) -> str:
    hours, minutes = divmod(round(seconds) // 60, 60)
    left = f"{hours} h {minutes} min" if hours else f"{minutes} min" if minutes else f"{round(seconds)} s"
    return f"{left} left"
