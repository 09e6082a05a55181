"""The command line. Heavy imports live inside the commands."""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pkinteract import __version__
from pkinteract.cli_population import population, sensitivity
from pkinteract.interrupts import INTERRUPTED

if TYPE_CHECKING:
    from pkinteract.export.folder import Writer
    from pkinteract.result import Result
    from pkinteract.scenario import Scenario

PATH = click.Path(path_type=Path)


class _Commands(click.Group):
    """Turns errors into messages and exit statuses: 2 wrong input, 3 solver failed, 130 Ctrl-C, 1 a defect of ours."""

    def invoke(self, ctx: click.Context) -> Any:
        from pkinteract.errors import InputError, PkinteractError

        try:
            return super().invoke(ctx)
        except PkinteractError as error:
            click.echo(f"Error: {error}", err=True)
            sys.exit(2 if isinstance(error, InputError) else 3)
        except KeyboardInterrupt:
            click.echo("\nInterrupted.", err=True)
            sys.exit(INTERRUPTED)
        except (click.ClickException, click.Abort, click.exceptions.Exit, BrokenPipeError):
            raise
        except Exception as error:  # the one place where a defect of ours becomes a message
            if os.environ.get("PKINTERACT_DEBUG"):
                raise
            click.echo(
                f"Error: a defect in pkinteract ({type(error).__name__}: {error}). "
                "Run again with PKINTERACT_DEBUG=1 and report the traceback with your scenario.",
                err=True,
            )
            sys.exit(1)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="pkinteract")
def main() -> None:
    """Drug levels, day by day, when an interacting drug is started, stopped or switched.

    Decision support for professionals, not a medical device: verify against measured levels.
    """


@main.command()
@click.argument("scenarios", metavar="SCENARIO...", nargs=-1, required=True, type=PATH)
@click.option(
    "--out", metavar="DIR", type=PATH, help="Folder for the files; default results/<name>/, or results/ for several."
)
@click.option("--no-figure", is_flag=True, help="Write no concentrations.png and .svg; half a second faster.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "parquet", "nonmem"]),
    default="csv",
    show_default=True,
    help="Tables as CSV or Parquet; nonmem: CSV, and a data set of each drug for NONMEM, mrgsolve, nlmixr2.",
)
@click.option(
    "--solver",
    type=click.Choice(["fast", "reference"]),
    default="fast",
    show_default=True,
    help="Generated code, or scipy as a check.",
)
@click.option("--force", is_flag=True, help="Write into a folder that holds something else.")
@click.option("--show-code", is_flag=True, help="Print the generated step function and simulate nothing.")
def run(
    scenarios: tuple[Path, ...], out: Path | None, no_figure: bool, form: str, solver: str, force: bool, show_code: bool
) -> None:
    """Simulate each SCENARIO file and write its tables and picture.

    Times are in h and days, doses in mg, clearances in L/h; each concentration column names its unit. Several scenarios
    are also compared with the first one, week by week.

    Example: pkinteract run scenarios/carbamazepine-to-levetiracetam.toml --out switch
    """
    from pkinteract.export import refuse_foreign
    from pkinteract.export.parquet import require_parquet
    from pkinteract.report import spare_help_texts
    from pkinteract.simulate import simulate, system_code

    read = _read_all(scenarios)
    if form == "parquet":
        require_parquet()
    if show_code:
        click.echo("\n\n".join(system_code(scenario) for scenario in read))
        return
    several = len(read) > 1
    top = out or (Path("results") if several else Path("results") / read[0].name)
    folders = [top / scenario.name if several else top for scenario in read]
    if not force:
        for scenario, folder in zip(read, folders, strict=True):
            refuse_foreign(folder, scenario.name)
    results = []
    for n, scenario in enumerate(read, start=1):
        if several and sys.stderr.isatty():
            click.echo(f"simulating {n} of {len(read)}: {scenario.name}", err=True)
        results.append(simulate(scenario, solver="reference" if solver == "reference" else "fast"))
    if not no_figure:
        spare_help_texts()
    for result, folder in zip(results, folders, strict=True):
        _write(result, folder, form, figure=not no_figure)
    if several:
        _write_comparison(results, top, form, figure=not no_figure)


@main.command()
@click.argument("scenarios", metavar="SCENARIO...", nargs=-1, required=True, type=PATH)
def check(scenarios: tuple[Path, ...]) -> None:
    """Validate each SCENARIO file without simulating it.

    Prints the patient, the regimens, who acts on whom and what that makes of the levels in the long run; warns of what
    is allowed but looks like a slip. Exit status 2 if anything is wrong, with every problem of every file.

    Example: pkinteract check scenarios/*.toml
    """
    from pkinteract.model import build
    from pkinteract.model.estimate import changes
    from pkinteract.model.network import links
    from pkinteract.report.text import check_lines

    for scenario in _read_all(scenarios):
        click.echo("\n".join(check_lines(scenario, build(scenario), links(scenario), changes(scenario))))


@main.command()
@click.argument("name", required=False)
@click.option(
    "--new", metavar="NAME", help="Write a commented drug file NAME.toml to fill in, into the current folder."
)
def drugs(name: str | None, new: str | None) -> None:
    """List the drugs of the library, or print the monograph NAME.

    The list shows class, the enzymes that clear a drug, those that it induces and inhibits, and its grade, A to C. A
    monograph shows what the grade rests on and every value with its unit, kind (measured, fitted, in vitro, label,
    assumed), between-subject CV and source.

    Example: pkinteract drugs carbamazepine
    """
    from pkinteract.errors import InputError, Problem
    from pkinteract.library import load_library
    from pkinteract.library.reader import drug_hint
    from pkinteract.library.template import write_template
    from pkinteract.report.drugs_text import library_lines, monograph_lines

    library = load_library()
    if new is not None and name is not None:
        raise click.UsageError("give NAME to print a monograph or --new NAME to write a file, not both")
    if new is not None:
        path = write_template(new, Path(), library.ids())
        click.echo(f'wrote {path}; fill it in and name it in a scenario: library = ["{path.name}"]')
    elif name is None:
        click.echo("\n".join(library_lines(library)))
    elif name in library.files:
        click.echo("\n".join(monograph_lines(library.monograph(name))))
    else:
        message = f"is not in the library; {drug_hint(name, library.ids())}"
        raise InputError("drugs", [Problem(line=None, key=name, message=message)])


@main.command()
@click.argument("data", metavar="DATA.csv", type=PATH)
@click.option(
    "--drug",
    "files",
    metavar="FILE",
    type=PATH,
    multiple=True,
    required=True,
    help="The drug's TOML file; given again, files of metabolites that the library lacks.",
)
@click.option("--out", metavar="DIR", type=PATH, help="Folder for the files; default results/<name of DATA>/.")
@click.option("--force", is_flag=True, help="Write into a folder that holds something else.")
def events(data: Path, files: tuple[Path, ...], out: Path | None, force: bool) -> None:
    """Predict the concentration at every record of a NONMEM-style data set.

    DATA.csv has the columns TIME (h) and AMT (mg of free drug), and as needed ID, EVID, CMT, RATE, II, ADDL, SS, LAG,
    F, DUR, R1 and the covariates WT (kg), AGE (y), CRCL (mL/min). They mean what they mean in NONMEM.

    Example: pkinteract events doses.csv --drug my-drug.toml --out predicted
    """
    from pkinteract.errors import InputError
    from pkinteract.export import refuse_foreign, write_all, write_csv
    from pkinteract.records import dosing_of, predict, read_records
    from pkinteract.records.record import write_record

    try:
        dosing = dosing_of(files)
    except InputError as wrong:
        try:
            read_records(data)
        except InputError as error:
            click.echo(f"Error: {error}", err=True)
        raise wrong from None
    read = read_records(data, dosing)
    folder = out or Path("results") / data.stem
    if not force:
        refuse_foreign(folder, data.stem)
    found = predict(read, dosing)
    tables: dict[str, Writer] = {
        "concentrations.csv": partial(write_csv, found.table),
        "run.json": partial(write_record, read, dosing, found),
    }
    written = write_all(folder, tables)
    click.echo("\n".join([*found.notes, *(str(path) for path in written)]))


@main.command()
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
    from pkinteract.export import refuse_foreign
    from pkinteract.fitting.individual import individual
    from pkinteract.fitting.patient import read_error
    from pkinteract.report.fit_files import write_fit
    from pkinteract.report.patient_files import patient_files
    from pkinteract.report.patient_text import patient_lines
    from pkinteract.report.progress import evaluated

    sd = read_error(error)
    [scenario] = _read_all((path,))
    name = f"{scenario.name}-patient"
    folder = out or Path("results") / name
    if not force:
        refuse_foreign(folder, name)
    found = individual(scenario, error=sd, progress=evaluated if sys.stderr.isatty() else None)
    if sys.stderr.isatty():
        click.echo(err=True)
    click.echo("\n".join(patient_lines(found, write_fit(folder, patient_files(found, figure=figure)))))


def _fit_file(file: Path, out: Path | None, *, force: bool, figure: bool) -> None:
    from pkinteract.export import refuse_foreign
    from pkinteract.fitting import estimate, read_fit
    from pkinteract.report.fit_files import fit_files, write_fit
    from pkinteract.report.fit_text import fit_lines
    from pkinteract.report.progress import evaluated

    read = read_fit(file)
    folder = out or Path("results") / read.name
    if not force:
        refuse_foreign(folder, read.name)
    outcome = estimate(read, progress=evaluated if sys.stderr.isatty() else None)
    if sys.stderr.isatty():
        click.echo(err=True)
    click.echo("\n".join(fit_lines(outcome, write_fit(folder, fit_files(outcome, figure=figure)))))
    if any(group.stopped for group in outcome.groups):
        sys.exit(INTERRUPTED)


@main.command("qualify")
@click.option("--perpetrator", metavar="DRUG", help="Only studies of this perpetrator.")
@click.option("--victim", metavar="DRUG", help="Only studies of this victim.")
@click.option("--row", metavar="ID", help="Only this study; draws the curves of both arms.")
@click.option("--table", metavar="CSV", type=PATH, help="Studies of your own instead of the shipped ones.")
@click.option(
    "--drug", "files", metavar="FILE", type=PATH, multiple=True, help="A drug file of your own; may be given again."
)
@click.option("--out", metavar="DIR", type=PATH, help="Folder for the files; default results/qualification[-ID]/.")
@click.option("--no-figure", is_flag=True, help="Write no figures.")
@click.option("--force", is_flag=True, help="Write into a folder that holds something else.")
def qualify_command(
    table: Path | None, files: tuple[Path, ...], out: Path | None, no_figure: bool, force: bool, **named: str | None
) -> None:
    """Hold the predictions against published interaction studies.

    Simulates the control and the treatment arm of every study as they were done and compares the ratios of areas and
    peaks. Prints the geometric mean fold error and the shares within Guest's limits and twofold by mechanism,
    perpetrator and victim, beside a static estimate (ICH M12) and PK-Sim's published predictions. Writes a row per
    study arm, a summary and figures.

    Example: pkinteract qualify --perpetrator carbamazepine --out carbamazepine
    """
    from pkinteract.report.progress import counted
    from pkinteract.report.qualify_files import run_qualification

    folder = out or Path("results") / (f"qualification-{named['row']}" if named["row"] else "qualification")
    progress = counted if sys.stderr.isatty() else None
    lines = run_qualification(folder, named, table, files, figure=not no_figure, force=force, progress=progress)
    click.echo("\n".join(lines))


main.add_command(population)
main.add_command(sensitivity)


def _read_all(paths: tuple[Path, ...]) -> list[Scenario]:
    """Read every file before anything else happens; problems of all files are reported together."""
    from pkinteract.errors import InputError, Problem
    from pkinteract.scenario import read_scenario

    read, failed = [], []
    for path in paths:
        try:
            read.append(read_scenario(path))
        except InputError as error:
            failed.append(error)
    for earlier in failed[:-1]:
        click.echo(f"Error: {earlier}", err=True)
    if failed:
        raise failed[-1]
    names = [scenario.name for scenario in read]
    for i, name in enumerate(names):
        if name in names[:i]:
            first = read[names.index(name)].path
            text = f"has the same name as {first}; results are kept by file name, rename one"
            raise InputError(read[i].path, [Problem(line=None, key="", message=text)])
    return read


def _write(result: Result, folder: Path, form: str, *, figure: bool) -> None:
    from pkinteract.analysis import alert_table, exposure_table
    from pkinteract.export import nonmem_files, write_all, write_csv, write_parquet, write_record
    from pkinteract.report.text import summary_lines
    from pkinteract.result import clearance_table, concentration_table, dose_table, enzyme_table, observation_table

    exposure, found = exposure_table(result), alert_table(result)
    tables = {
        "concentrations": concentration_table(result),
        "enzymes": enzyme_table(result),
        "clearances": clearance_table(result),
        "doses": dose_table(result),
        "exposure": exposure,
        "alerts": found,
    }
    if result.scenario.observations:
        tables["observations"] = observation_table(result)
    put, ending = (write_parquet, "parquet") if form == "parquet" else (write_csv, "csv")
    files: dict[str, Writer] = {f"{name}.{ending}": partial(put, table) for name, table in tables.items()}
    if form == "nonmem":
        files |= nonmem_files(result)
    files["run.json"] = partial(write_record, result)
    if figure:
        from pkinteract.report.figure import draw_result, save

        files |= dict.fromkeys(("concentrations.png", "concentrations.svg"), partial(save, draw_result(result)))
    written = write_all(folder, files)
    click.echo("\n".join(summary_lines(result, exposure, found, written)))


def _write_comparison(results: list[Result], folder: Path, form: str, *, figure: bool) -> None:
    from pkinteract.analysis import comparison_table
    from pkinteract.export import write_all, write_csv, write_parquet

    table = comparison_table(results)
    put, ending = (write_parquet, "parquet") if form == "parquet" else (write_csv, "csv")
    files: dict[str, Writer] = {f"comparison.{ending}": partial(put, table)}
    if figure:
        from pkinteract.report.figure import draw_comparison, save

        files |= dict.fromkeys(("comparison.png", "comparison.svg"), partial(save, draw_comparison(results)))
    written = write_all(folder, files)
    click.echo("Compared: " + ", ".join(str(path) for path in written))
