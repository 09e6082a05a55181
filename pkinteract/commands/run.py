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
    "--out",
    metavar="DIR",
    type=PATH,
    help="Folder for the files; default results/<name>/, or results/<first>-comparison/.",
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
    from pkinteract.export.excel import require_excel
    from pkinteract.export.parquet import require_parquet
    from pkinteract.export.record.run import comparison_name
    from pkinteract.report.workers import drawing, in_room
    from pkinteract.simulation import system_code
    from pkinteract.text.folder import refuse_foreign, scratch, write_all

    read = read_all(scenarios)
    if form == "parquet":
        require_parquet()
    if excel:
        require_excel(max(1 + int(scenario.duration / scenario.step) for scenario in read))
    if show_code:
        click.echo("\n\n".join(system_code(scenario) for scenario in read))
        return
    options = {"levels": levels, "no-figure": no_figure, "language": language, "excel": excel}
    options |= {"format": None if form == "csv" else form, "solver": None if solver == "fast" else solver}
    wanted = _Wanted(form=form, excel=excel, language=language, options=options)
    several = len(read) > 1
    name = comparison_name(read) if several else read[0].name
    folder = out or Path("results") / (f"{read[0].name}-comparison" if several else name)
    if not force:
        refuse_foreign(folder, name)
    simulated = _simulating("reference" if solver == "reference" else "fast", read if levels else ())
    endings = () if no_figure else ("png", "svg")
    with drawing(_drawer, beside=not no_figure) as draw, scratch() as room:
        results = [simulated(scenario) for scenario in one_by_one(read)]
        shown = [([result], "concentrations") for result in results] + [(results, "comparison")] * several
        named = [(what, [f"{name}.{ending}" for ending in endings]) for what, name in shown]
        figures = in_room(room, draw, named)
        made = [_made(result, drawn, wanted) for result, drawn in zip(results, figures, strict=False)]
        if several:
            _write_several(results, made, _compared(results, figures[-1], wanted), folder)
        else:
            click.echo("\n".join(made[0].lines(write_all(folder, made[0].files))))


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
    options: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """What writes the files of a result, and the lines that are printed of those that were written."""

    files: Mapping[str, Writer]
    lines: Callable[[list[Path]], list[str]]


def _made(result: Result, figures: Mapping[str, Writer], wanted: _Wanted) -> _Made:
    """Everything about one result, and the page beside its figures if there are any."""
    from pkinteract.analysis import answer_of
    from pkinteract.export import nonmem_files, write_parquet
    from pkinteract.export.calendar import write_calendar
    from pkinteract.export.excel import write_excel
    from pkinteract.export.record.run import run_record
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
    from pkinteract.model.expectation.evidence import pair_evidence
    from pkinteract.report.pairs import pair_lines, taken_lines
    from pkinteract.report.run.sentences import sentences_of
    from pkinteract.report.run.text import summary_lines
    from pkinteract.text.csv import write_csv
    from pkinteract.text.record import write_record
    from pkinteract.text.words import words_of

    words = words_of(wanted.language or result.scenario.language)
    typical = result if result.fit is None else result.fit.typical
    answer, pairs = answer_of(result), pair_evidence(typical.scenario)
    sentences = sentences_of(answer, words, pairs)
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
        files["report.html"] = _page(answer, sentences, pairs, words)
    files["run.json"] = partial(write_record, run_record(result, pairs, wanted.options))
    told = [*pair_lines(pairs, words, f"pairs.{ending}"), *taken_lines(result.scenario, words)]
    lines = partial(summary_lines, answer, sentences, words, exposure, alerts, told)
    return _Made(files={**files, **figures}, lines=lines)


def _page(answer: Answer, sentences: Sequence[Sentence], pairs: Sequence[PairEvidence], words: Words) -> Writer:
    """What writes the page; imports what fills in its template."""
    from pkinteract.report.page.write import write_page

    return partial(write_page, answer, sentences, pairs, words)


def _compared(results: Sequence[Result], figures: Mapping[str, Writer], wanted: _Wanted) -> dict[str, Writer]:
    """What writes the files of a comparison."""
    from pkinteract.export import write_parquet
    from pkinteract.export.record.run import comparison_record
    from pkinteract.export.tables.run import comparison_table
    from pkinteract.text.csv import write_csv
    from pkinteract.text.folder import RECORD
    from pkinteract.text.record import write_record

    put, ending = (write_parquet, "parquet") if wanted.form == "parquet" else (write_csv, "csv")
    table = partial(put, comparison_table(results))
    record = partial(write_record, comparison_record(results, wanted.options))
    return {f"comparison.{ending}": table, RECORD: record, **figures}


def _write_several(
    results: Sequence[Result], made: Sequence[_Made], compared: Mapping[str, Writer], folder: Path
) -> None:
    """Write the files of every result below a folder, and their comparison, as one set."""
    from pkinteract.text.folder import write_all

    names = [result.scenario.name for result in results]
    below = [{f"{name}/{file}": put for file, put in one.files.items()} for name, one in zip(names, made, strict=True)]
    files = {file: put for one in [*below, compared] for file, put in one.items()}
    written = dict(zip(files, write_all(folder, files), strict=True))
    for one, mine in zip(made, below, strict=True):
        click.echo("\n".join(one.lines([written[file] for file in mine])))
    click.echo("Compared: " + ", ".join(str(written[file]) for file in compared))
