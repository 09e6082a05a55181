"""``pkinteract run``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from pkinteract.commands.inputs import PATH, read_all, read_each
from pkinteract.commands.progress import evaluation_progress, one_by_one
from pkinteract.text.words import LANGUAGES

if TYPE_CHECKING:
    from pkinteract.analysis import Answer
    from pkinteract.guidance import Guidance
    from pkinteract.model.expectation.evidence import PairEvidence
    from pkinteract.report.run.sentences import Sentence
    from pkinteract.report.workers import Draw
    from pkinteract.result import Result
    from pkinteract.scenario import Scenario
    from pkinteract.text.folder import Writer
    from pkinteract.text.words import Words


@click.command()
@click.argument("scenarios", metavar="SCENARIO...", nargs=-1, required=True, type=PATH)
@click.option(
    "--out", metavar="DIR", type=PATH, help="Folder for the files; default results/<name>/, or results/ for several."
)
@click.option("--levels", is_flag=True, help="Fit the patient to the [[observation]] levels first.")
@click.option("--no-figure", is_flag=True, help="Write no report.html, concentrations.png and .svg; faster.")
@click.option(
    "--language", type=click.Choice(LANGUAGES), help="Of report.html and all texts; default [output] language, or en."
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "parquet", "nonmem"]),
    default="csv",
    show_default=True,
    help="Tables as CSV or Parquet; nonmem: CSV, and a data set of each drug for NONMEM, mrgsolve, nlmixr2.",
)
@click.option("--excel", is_flag=True, help="Also write every table to a sheet of tables.xlsx.")
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
    scenarios: tuple[Path, ...],
    out: Path | None,
    levels: bool,
    no_figure: bool,
    language: str | None,
    form: str,
    excel: bool,
    solver: str,
    force: bool,
    show_code: bool,
) -> None:
    """Simulate each SCENARIO file and write its page (report.html), tables and picture.

    Times are in h and days, doses in mg, clearances in L/h; each concentration column names its unit. Several scenarios
    are also compared with the first one, week by week.

    With --levels the patient of each is fitted to the measured levels first, as by fit --patient: everything is of this
    patient, beside what was to be expected of a typical one.

    Example: pkinteract run scenarios/carbamazepine-to-levetiracetam.toml --out switch
    """
    from tempfile import TemporaryDirectory

    from pkinteract.export.excel import require_excel
    from pkinteract.export.parquet import require_parquet
    from pkinteract.report.workers import drawing, in_room
    from pkinteract.simulation import system_code
    from pkinteract.text.folder import refuse_foreign

    read = read_all(scenarios)
    if form == "parquet":
        require_parquet()
    if excel:
        require_excel(max(1 + int(scenario.duration / scenario.step) for scenario in read))
    if show_code:
        click.echo("\n\n".join(system_code(scenario) for scenario in read))
        return
    several = len(read) > 1
    top = out or (Path("results") if several else Path("results") / read[0].name)
    folders = [top / scenario.name if several else top for scenario in read]
    if not force:
        for scenario, folder in zip(read, folders, strict=True):
            refuse_foreign(folder, scenario.name)
    simulated = _simulating("reference" if solver == "reference" else "fast", read if levels else ())
    endings = () if no_figure else ("png", "svg")
    with drawing(_drawer, beside=not no_figure) as draw, TemporaryDirectory(prefix="pkinteract-") as room:
        results = [simulated(scenario) for scenario in one_by_one(read)]
        shown = [([result], "concentrations") for result in results] + [(results, "comparison")] * several
        named = [(what, [f"{name}.{ending}" for ending in endings]) for what, name in shown]
        figures = in_room(Path(room), draw, named)
        for result, folder, files in zip(results, folders, figures, strict=False):
            _write(result, folder, files, _Wanted(form=form, excel=excel, language=language))
        if several:
            _write_comparison(results, top, form, figures[-1])


def _simulating(solver: Literal["fast", "reference"], fitted: Sequence[Scenario]) -> Callable[[Scenario], Result]:
    """What simulates a scenario: as it is, or with its patient fitted to its levels; refuses those that cannot be.

    Raises
    ------
    InputError
        When there is nothing to estimate, or nothing to estimate it from.
    """
    from pkinteract.simulation import simulate

    if not fitted:
        return partial(simulate, solver=solver)
    from pkinteract.fitting.patient.fitted import fitted_run
    from pkinteract.fitting.patient.priors import patient_fit

    read_each(patient_fit, fitted)

    def simulated(scenario: Scenario) -> Result:
        with evaluation_progress() as progress:
            return fitted_run(scenario, solver=solver, progress=progress)

    return simulated


def _drawer() -> Draw:
    """What draws the figures; imports matplotlib."""
    from pkinteract.report import spare_help_texts

    spare_help_texts()
    from pkinteract.report.run.figure import write_figure

    return write_figure


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """In which form tables and texts are asked for; without a language that of the scenario."""

    form: str
    excel: bool
    language: str | None


def _write(result: Result, folder: Path, figures: Mapping[str, Writer], wanted: _Wanted) -> None:
    """Write everything about one result, and the page beside its figures if there are any."""
    from pkinteract.analysis import answer_of
    from pkinteract.export import nonmem_files, write_parquet
    from pkinteract.export.calendar import write_calendar
    from pkinteract.export.excel import write_excel
    from pkinteract.export.record.run import run_record
    from pkinteract.export.tables.guidance import guidance_table
    from pkinteract.export.tables.run import (
        alert_table,
        clearance_table,
        concentration_table,
        day_table,
        dose_table,
        enzyme_table,
        exposure_table,
        observation_table,
        pair_table,
        sampling_table,
    )
    from pkinteract.guidance import fire
    from pkinteract.guidance.run import facts_of_run
    from pkinteract.model.expectation.evidence import pair_evidence
    from pkinteract.report.guidance.text import gravest_lines
    from pkinteract.report.pairs import pair_lines, taken_lines
    from pkinteract.report.run.sentences import sentences_of
    from pkinteract.report.run.text import summary_lines
    from pkinteract.text.csv import write_csv
    from pkinteract.text.folder import write_all
    from pkinteract.text.record import write_record
    from pkinteract.text.words import words_of

    words = words_of(wanted.language or result.scenario.language)
    typical = result if result.fit is None else result.fit.typical
    answer, pairs = answer_of(result), pair_evidence(typical.scenario)
    guidance = fire(result.scenario, facts_of_run(answer), words.language)
    sentences = sentences_of(answer, words, pairs, guidance=guidance)
    exposure, alerts = exposure_table(result), alert_table(answer, words.language)
    tables = {
        "concentrations": concentration_table(result),
        "enzymes": enzyme_table(result),
        "clearances": clearance_table(result),
        "doses": dose_table(result),
        "exposure": exposure,
        "alerts": alerts,
        "daily": day_table(result),
        "sampling": sampling_table(answer, words.language),
        "pairs": pair_table(pairs),
        "guidance": guidance_table(guidance, result.scenario, words),
    }
    if result.scenario.observations:
        tables["observations"] = observation_table(result)
    put, ending = (write_parquet, "parquet") if wanted.form == "parquet" else (write_csv, "csv")
    files: dict[str, Writer] = {f"{name}.{ending}": partial(put, table) for name, table in tables.items()}
    if wanted.form == "nonmem":
        files |= nonmem_files(result)
    if wanted.excel:
        files["tables.xlsx"] = partial(write_excel, tables)
    if result.scenario.start is not None and answer.samples:
        files["sampling.ics"] = partial(write_calendar, answer, words)
    if figures:
        files["report.html"] = _page(answer, sentences, pairs, guidance, words)
    files["run.json"] = partial(write_record, run_record(result, pairs, guidance))
    written = write_all(folder, {**files, **figures})
    told = [
        *pair_lines(pairs, words, f"pairs.{ending}"),
        *taken_lines(result.scenario, words),
        *gravest_lines(guidance, result.scenario, words, f"guidance.{ending}"),
    ]
    click.echo("\n".join(summary_lines(answer, sentences, words, exposure, alerts, told, written)))


def _page(
    answer: Answer,
    sentences: Sequence[Sentence],
    pairs: Sequence[PairEvidence],
    guidance: Sequence[Guidance],
    words: Words,
) -> Writer:
    """What writes the page; imports what fills in its template."""
    from pkinteract.report.page.write import write_page

    return partial(write_page, answer, sentences, pairs, words, guidance=guidance)


def _write_comparison(results: list[Result], folder: Path, form: str, figures: Mapping[str, Writer]) -> None:
    from pkinteract.export import write_parquet
    from pkinteract.export.tables.run import comparison_table
    from pkinteract.text.csv import write_csv
    from pkinteract.text.folder import write_all

    table = comparison_table(results)
    put, ending = (write_parquet, "parquet") if form == "parquet" else (write_csv, "csv")
    files: dict[str, Writer] = {f"comparison.{ending}": partial(put, table)}
    names = [f"comparison.{ending}" for ending in ("csv", "parquet", "png", "svg")]
    written = write_all(folder, {**files, **figures}, stale=names)
    click.echo("Compared: " + ", ".join(str(path) for path in written))
