"""``pkinteract fit``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from pkinteract.commands.inputs import PATH, read_all
from pkinteract.interrupts import INTERRUPTED


@click.command()
@click.argument("file", metavar="[FIT.toml]", required=False, type=PATH)
@click.option("--patient", metavar="SCENARIO", type=PATH, help="Fit one patient to the levels of a scenario instead.")
@click.option(
    "--error", metavar="PERCENT", help='With --patient: how far levels lie from predictions, as SD; default "15 %".'
)
@click.option("--out", metavar="DIR", type=PATH, help="Folder for the files; default results/<name>/.")
@click.option("--no-figure", is_flag=True, help="Write no figures.")
@click.option("--force", is_flag=True, help="Write into a folder that holds something else.")
def fit(
    file: Path | None, patient: Path | None, error: str | None, out: Path | None, no_figure: bool, force: bool
) -> None:
    """Estimate parameters from measured concentrations.

    FIT.toml names the data (CSV), their scenarios, and which numbers of the drugs vary. Writes the estimates with
    standard errors and 95 % intervals, predictions, a report, figures, and a result.toml that a scenario can use by
    parameters = "result.toml". Ctrl-C ends the search and keeps the best point so far; the exit status is 130.

    With --patient the [[observation]] levels of a scenario are weighed against what the drug files say of people in
    general. Writes this patient's clearance and other values, the curve before and after, and which levels contradict
    the doses.

    Example: pkinteract fit fits/theophylline/fit.toml --out theophylline
    """
    if (file is None) == (patient is None):
        raise click.UsageError("give either a FIT.toml or --patient SCENARIO")
    if error is not None and patient is None:
        raise click.UsageError("--error goes with --patient; a FIT.toml has its [residual]")
    if patient is not None:
        _fit_patient(patient, error, out, force=force, figure=not no_figure)
    elif file is not None:
        _fit_file(file, out, force=force, figure=not no_figure)


def _fit_patient(path: Path, error: str | None, out: Path | None, *, force: bool, figure: bool) -> None:
    from pkinteract.commands.progress import evaluated
    from pkinteract.fitting.patient.individual import individual
    from pkinteract.fitting.patient.priors import read_error
    from pkinteract.report.fit.files import write_fit
    from pkinteract.report.patient.files import patient_files
    from pkinteract.report.patient.text import patient_lines
    from pkinteract.text.folder import refuse_foreign

    sd = read_error(error)
    [scenario] = read_all((path,))
    name = f"{scenario.name}-patient"
    folder = out or Path("results") / name
    if not force:
        refuse_foreign(folder, name)
    with evaluated() as progress:
        found = individual(scenario, error=sd, progress=progress)
    click.echo("\n".join(patient_lines(found, write_fit(folder, patient_files(found, figure=figure)))))


def _fit_file(file: Path, out: Path | None, *, force: bool, figure: bool) -> None:
    from pkinteract.commands.progress import evaluated
    from pkinteract.fitting import estimate, read_fit
    from pkinteract.report.fit.files import fit_files, write_fit
    from pkinteract.report.fit.text import fit_lines
    from pkinteract.text.folder import refuse_foreign

    read = read_fit(file)
    folder = out or Path("results") / read.name
    if not force:
        refuse_foreign(folder, read.name)
    with evaluated() as progress:
        outcome = estimate(read, progress=progress)
    click.echo("\n".join(fit_lines(outcome, write_fit(folder, fit_files(outcome, figure=figure)))))
    if any(group.stopped for group in outcome.groups):
        sys.exit(INTERRUPTED)
