"""``pkinteract run``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from pkinteract.commands.shared.inputs import PATH, read_all, read_each
from pkinteract.commands.shared.progress import busy, evaluation_progress
from pkinteract.text.words import LANGUAGES

if TYPE_CHECKING:
    from pkinteract.analysis import Answer
    from pkinteract.effect.types import Engagement
    from pkinteract.model.expectation.evidence import PairEvidence
    from pkinteract.report.advise.told import ToldAdvice
    from pkinteract.report.run.sentences import Sentence
    from pkinteract.report.workers import Draw
    from pkinteract.result import Result
    from pkinteract.scenario import Scenario
    from pkinteract.text.folder import Writer
    from pkinteract.text.words import Words

    Shown = tuple[Sequence[Result], Engagement | None]


@click.command()
@click.argument("scenarios", metavar="SCENARIO...", nargs=-1, required=True, type=PATH)
@click.option(
    "--out",
    metavar="DIR",
    type=PATH,
    help="Folder for the files; default results/<name>/, or results/ for several.",
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
@click.option(
    "--engagement",
    is_flag=True,
    help="Also what levels do in the brain (exploratory): engagement.csv, page, picture.",
)
@click.option(
    "--range-units", is_flag=True, help="With --engagement: drugs without a constant count by their reference range."
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
    engagement: bool,
    range_units: bool,
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

    With --engagement it is also told how far the sites of antiseizure drugs are engaged, and how excitation over
    inhibition moves relative to the day before the first change: a convention, not a risk (docs/effect.md).

    Example: pkinteract run scenarios/carbamazepine-to-levetiracetam.toml --out switch
    """
    from pkinteract.export.excel import require_excel
    from pkinteract.export.parquet import require_parquet
    from pkinteract.export.record.run import comparison_name
    from pkinteract.report.workers import drawing, in_room
    from pkinteract.simulation import system_code
    from pkinteract.text.folder import refuse_foreign, scratch, write_all

    if range_units and not engagement:
        raise click.UsageError("--range-units goes with --engagement")
    read = read_all(scenarios)
    if form == "parquet":
        require_parquet()
    if excel:
        require_excel(max(1 + int(scenario.duration / scenario.step) for scenario in read))
    if show_code:
        click.echo("\n\n".join(system_code(scenario) for scenario in read))
        return
    options = {"levels": levels, "no-figure": no_figure, "language": language, "excel": excel}
    options |= {"engagement": engagement, "range-units": range_units}
    options |= {"format": None if form == "csv" else form, "solver": None if solver == "fast" else solver}
    wanted = Wanted(form=form, excel=excel, language=language, options=options)
    several = len(read) > 1
    places = {Path("results") / scenario.name: scenario.name for scenario in read}
    if out is not None:
        places = {out: comparison_name(read) if several else read[0].name}
    for place, name in () if force else places.items():
        refuse_foreign(place, name)
    simulated = _simulating("reference" if solver == "reference" else "fast", read if levels else ())
    endings = () if no_figure else ("png", "svg")
    with drawing(drawer, beside=not no_figure) as draw, scratch() as room:
        results = [simulated(scenario) for scenario in read]
        effects = [_engaged(result, ranged=range_units) if engagement else None for result in results]
        shown: list[tuple[Shown, str]] = [
            (([result], effect), "concentrations") for result, effect in zip(results, effects, strict=True)
        ]
        shown += [((results, None), "comparison")] * several
        named = [(what, [f"{name}.{ending}" for ending in endings]) for what, name in shown]
        figures = in_room(room, draw, named)
        each = zip(results, effects, figures, strict=False)
        with busy("making the tables"):
            made = [made_of(result, drawn, wanted, effect=effect) for result, effect, drawn in each]
            compared = _compared(results, figures[-1], wanted, recorded=out is not None) if several else {}
        if out is not None and several:
            _write_as_one(results, made, compared, out)
            return
        for place, one in zip(places, made, strict=True):
            with busy(f"writing {place}"):
                lines = one.lines(write_all(place, one.files))
            click.echo("\n".join(lines))
        if several:
            written = write_all(Path("results"), compared)
            for name in {f"comparison.{ending}" for ending in ("csv", "parquet", "png", "svg")} - set(compared):
                (Path("results") / name).unlink(missing_ok=True)
            click.echo("Compared: " + ", ".join(map(str, written)))


def _simulating(solver: Literal["fast", "reference"], fitted: Sequence[Scenario]) -> Callable[[Scenario], Result]:
    """What simulates a scenario: as it is, or with its patient fitted to its levels; refuses those that cannot be.

    Raises
    ------
    InputError
        When there is nothing to estimate, or nothing to estimate it from.
    """
    from pkinteract.simulation import simulate

    if not fitted:

        def typical(scenario: Scenario) -> Result:
            with busy(f"simulating {scenario.name}") as progress:
                return simulate(scenario, solver=solver, progress=progress)

        return typical
    from pkinteract.fitting.patient.fitted import fitted_run
    from pkinteract.fitting.patient.priors import patient_fit

    read_each(patient_fit, fitted)

    def simulated(scenario: Scenario) -> Result:
        with evaluation_progress() as progress:
            return fitted_run(scenario, solver=solver, progress=progress)

    return simulated


def _engaged(result: Result, *, ranged: bool) -> Engagement:
    """What a run does in the brain."""
    from pkinteract.effect.engagement import engagement_of

    context = result.scenario.context
    kinds = sorted(context.seizure_types)
    return engagement_of(result, conditions=context.conditions, seizures=kinds, ranged=ranged)


def drawer() -> Draw:
    """What draws the figures; imports matplotlib."""
    from pkinteract.report import spare_help_texts

    spare_help_texts()
    from pkinteract.report.run.figure import write_figure

    return write_figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """In which form tables and texts are asked for; without a language that of the scenario."""

    form: str
    excel: bool
    language: str | None
    options: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What writes the files of a result, and the lines that are printed of those that were written."""

    files: Mapping[str, Writer]
    lines: Callable[[list[Path]], list[str]]


def made_of(
    result: Result,
    figures: Mapping[str, Writer],
    wanted: Wanted,
    *,
    advised: ToldAdvice | None = None,
    effect: Engagement | None = None,
) -> Made:
    """Everything about one result, and the page beside its figures if there are any.

    With what was advised, and with what the run does in the brain, where that was asked for.
    """
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
    from pkinteract.text.record import write_record
    from pkinteract.text.words import words_of

    words = words_of(wanted.language or result.scenario.language)
    typical = result if result.fit is None else result.fit.typical
    answer, pairs = answer_of(result), pair_evidence(typical.scenario)
    people = None if advised is None else advised.advised.spread
    asked = answer if advised is None or result.unchanged is None else advised.advised.before
    guidance = fire(result.scenario, facts_of_run(asked), words.language)
    instead = {} if advised is None else advised.sentences
    sentences = sentences_of(asked, words, pairs, guidance=guidance, instead=instead)
    exposure, alerts = exposure_table(result), alert_table(answer, words.language)
    tables = {
        "concentrations": concentration_table(result),
        "enzymes": enzyme_table(result),
        "clearances": clearance_table(result),
        "doses": dose_table(result),
        "exposure": exposure,
        "alerts": alerts,
        "daily": day_table(result),
        "sampling": sampling_table(answer, words.language, people),
        "pairs": pair_table(pairs),
        "guidance": guidance_table(guidance, result.scenario, words),
    }
    if result.scenario.observations:
        tables["observations"] = observation_table(result)
    tables |= {} if advised is None else advised.tables
    put, ending = (write_parquet, "parquet") if wanted.form == "parquet" else (write_csv, "csv")
    told = [*pair_lines(pairs, words, f"pairs.{ending}"), *taken_lines(result.scenario, words)]
    if effect is not None:
        from pkinteract.export.tables.engagement import engagement_table
        from pkinteract.report.effect.text import engagement_lines

        tables["engagement"] = engagement_table(effect)
        told += engagement_lines(effect, words)
    files: dict[str, Writer] = {f"{name}.{ending}": partial(put, table) for name, table in tables.items()}
    if wanted.form == "nonmem":
        files |= nonmem_files(result)
    if wanted.excel:
        files["tables.xlsx"] = partial(write_excel, tables)
    if result.scenario.start is not None and answer.samples:
        files["sampling.ics"] = partial(write_calendar, answer, words, people=people)
    if figures:
        content = None if advised is None else advised.content(words)
        shown = {"people": people, "effect": effect, "guidance": guidance, "advised": content}
        files["report.html"] = _page(answer, sentences, pairs, words, **shown)
    record = run_record(result, pairs, guidance, effect, wanted.options)
    files["run.json"] = partial(
        write_record, record if advised is None else {**record, **advised.record(wanted.options)}
    )
    told += gravest_lines(guidance, result.scenario, words, f"guidance.{ending}")
    lines = partial(summary_lines, answer, sentences, words, exposure, alerts, told)
    return Made(files={**files, **figures}, lines=lines)


def _page(
    answer: Answer,
    sentences: Sequence[Sentence],
    pairs: Sequence[PairEvidence],
    words: Words,
    **shown: Any,
) -> Writer:
    """What writes the page, with what else is ``shown``; imports what fills in its template."""
    from pkinteract.report.page.write import write_page

    return partial(write_page, answer, sentences, pairs, words, **shown)


def _compared(
    results: Sequence[Result], figures: Mapping[str, Writer], wanted: Wanted, *, recorded: bool
) -> dict[str, Writer]:
    """What writes the files of a comparison; ``recorded`` where it has a folder with a record of its own."""
    from pkinteract.export import write_parquet
    from pkinteract.export.tables.run import comparison_table
    from pkinteract.text.csv import write_csv

    put, ending = (write_parquet, "parquet") if wanted.form == "parquet" else (write_csv, "csv")
    table = partial(put, comparison_table(results))
    files: dict[str, Writer] = {f"comparison.{ending}": table, **figures}
    if recorded:
        from pkinteract.export.record.run import comparison_record
        from pkinteract.text.folder import RECORD
        from pkinteract.text.record import write_record

        files[RECORD] = partial(write_record, comparison_record(results, wanted.options))
    return files


def _write_as_one(
    results: Sequence[Result], made: Sequence[Made], compared: Mapping[str, Writer], folder: Path
) -> None:
    """Write the files of every result below a folder, and their comparison, as one set."""
    from pkinteract.text.folder import write_all

    names = [result.scenario.name for result in results]
    below = [{f"{name}/{file}": put for file, put in one.files.items()} for name, one in zip(names, made, strict=True)]
    files = {file: put for one in [*below, compared] for file, put in one.items()}
    with busy(f"writing {folder}"):
        written = dict(zip(files, write_all(folder, files), strict=True))
    for one, mine in zip(made, below, strict=True):
        click.echo("\n".join(one.lines([written[file] for file in mine])))
    click.echo("Compared: " + ", ".join(str(written[file]) for file in compared))
