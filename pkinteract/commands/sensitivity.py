"""``pkinteract sensitivity``."""

from __future__ import annotations

from pathlib import Path

import click

from pkinteract.commands.progress import counted


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
    from pkinteract.report.sensitivity.files import run_sensitivity
    from pkinteract.scenario import read_scenario

    read = read_scenario(scenario)
    folder = out or Path("results") / f"{read.name}-sensitivity"
    with counted("patients") as progress:
        lines = run_sensitivity(read, folder, n, seed, figure=not no_figure, force=force, progress=progress)
    click.echo("\n".join(lines))
