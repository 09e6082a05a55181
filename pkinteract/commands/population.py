"""``pkinteract population``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from pkinteract.commands.shared.inputs import PATH, SEED
from pkinteract.commands.shared.progress import Begin, busy, progress_bar
from pkinteract.text.words import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pkinteract.analysis import Answer
    from pkinteract.errors import PopulationError
    from pkinteract.guidance import Guidance
    from pkinteract.population.run.plan import RunPlan
    from pkinteract.population.run.store import Store
    from pkinteract.population.statistics.tally import Tally
    from pkinteract.report.workers import Begin as BeginDrawing
    from pkinteract.report.workers import Draw
    from pkinteract.scenario import Scenario
    from pkinteract.text.folder import Writer
    from pkinteract.text.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class PopulationOptions:
    """What the command was asked for; None where it was not said."""

    n: int | None
    seed: int | None
    workers: int | None
    scheduler: str | None
    profiles: bool
    form: Literal["csv", "parquet"]
    resume: bool
    keep_partitions: bool
    figure: bool
    language: str | None
    force: bool


SMALL = 10_000
"""Patients up to whom matplotlib is loaded while they are computed; with more of them its memory comes after theirs."""


@click.command("population")
@click.argument("scenario", metavar="SCENARIO", type=PATH)
@click.option("-n", metavar="N", type=click.IntRange(1, 100_000_000), help="Patients; default the scenario's, or 1000.")
@click.option("--seed", metavar="N", type=SEED, help="Begins the draws; default the scenario's, or 1.")
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
@click.option("--out", metavar="DIR", type=PATH, help="Default results/<name>-population/.")
@click.option("--no-figure", is_flag=True, help="Write no report.html and draw no fans.")
@click.option(
    "--language",
    type=click.Choice(LANGUAGES),
    help="Of the answer, report.html, sampling.csv and .ics; default [output] language, or en.",
)
@click.option("--force", is_flag=True, help="Write into a folder that holds something else.")
def population(scenario: Path, out: Path | None, no_figure: bool, **options: Any) -> None:
    """Simulate virtual patients under a SCENARIO and write how they differ.

    The patients are drawn as the [population] table of the scenario says, or as European adults. Prints the answer
    first, in the sentences of the page. Writes each patient with body, genes and measures, the spread of levels over
    time, of daily averages and of every measure, who is above an alert level and how these patients differ, when to
    draw a level, a figure per analyte, and the page of the typical patient with the others around (report.html). The
    same seed gives the same patients and the same files, whoever computes them.

    Example: pkinteract population scenarios/carbamazepine-to-levetiracetam.toml -n 1000
    """
    from pkinteract.scenario import read_scenario

    if options["workers"] is not None and options["scheduler"] is not None:
        raise click.UsageError("give either --workers or --scheduler")
    read = read_scenario(scenario)
    folder = out or Path("results") / f"{read.name}-population"
    try:
        with progress_bar("patients") as progress:
            lines, failure = _run(read, folder, PopulationOptions(figure=not no_figure, **options), progress)
    except KeyboardInterrupt:
        kept = f" The same command with --resume goes on from what is kept in {folder}." if folder.is_dir() else ""
        click.echo(f"\nStopped.{kept}", err=True)
        raise
    click.echo("\n".join(lines))
    if failure is not None:
        raise failure


def _run(
    scenario: Scenario, folder: Path, options: PopulationOptions, progress: Begin | None
) -> tuple[list[str], PopulationError | None]:
    """Simulate the patients, or those that are left, and write the files.

    Returns
    -------
    tuple
        The lines that it prints; and the error with which it ends after these where nobody has a result. Files are
        written all the same, without figures, since they hold the reason of every patient.

    Raises
    ------
    InputError
        When the folder holds something else, Parquet or Dask is missing, or the scheduler does not answer.
    SimulationError
        When the typical patient cannot be simulated.
    ClusterError
        When the workers or their scheduler are lost.
    """
    from pkinteract.export.parquet import require_parquet
    from pkinteract.population.people.specification import specification
    from pkinteract.population.run.plan import plan_of
    from pkinteract.population.run.store import FOLDER
    from pkinteract.report.workers import drawing
    from pkinteract.text.folder import refuse_foreign

    if options.form == "parquet" or options.profiles:
        require_parquet("--format" if options.form == "parquet" else "--profiles")
    if not options.force:
        refuse_foreign(folder, _name(scenario), unfinished=(FOLDER,))
    spec = specification(scenario, options.n, options.seed)
    with drawing(partial(_fans, scenario), beside=options.figure and spec.n <= SMALL) as draw:
        with busy("simulating the typical patient"):
            plan = plan_of(scenario, spec, profiles=options.profiles)
        return _simulated(plan, folder, options, progress, draw)


def _fans(scenario: Scenario) -> Draw:
    """What draws the figures; imports matplotlib."""
    from pkinteract.report import spare_help_texts

    spare_help_texts()
    from pkinteract.report.population.figure import write_fan

    return partial(write_fan, scenario)


def _simulated(
    plan: RunPlan, folder: Path, options: PopulationOptions, progress: Begin | None, draw: BeginDrawing
) -> tuple[list[str], PopulationError | None]:
    """Run what is planned and write what came of it."""
    from pkinteract.analysis import answer_of
    from pkinteract.errors import PopulationError
    from pkinteract.export.record.population import population_record
    from pkinteract.guidance import fire
    from pkinteract.guidance.run import facts_of_run
    from pkinteract.population.run.executors import executor
    from pkinteract.population.run.partitions import FORMS
    from pkinteract.population.run.store import Store, run_plan
    from pkinteract.report.population.text import population_lines
    from pkinteract.simulation import simulate
    from pkinteract.text.words import words_of

    typical = simulate(plan.scenario)
    store = Store(plan=plan, form=FORMS[options.form], top=folder)
    with executor(options.workers, options.scheduler) as compute:
        store.begin(resume=options.resume, force=options.force)
        ready = store.finished()
        there = sum(len(plan.patients(partition)) for partition in ready)
        tally = run_plan(store, ready, compute, progress(plan.spec.n, there) if progress else _silent)
    somebody = bool(tally.patients[0])
    words = words_of(options.language or plan.scenario.language)
    typical_answer = answer_of(typical)
    guidance = fire(plan.scenario, facts_of_run(typical_answer), words.language)
    answered, answer = _answered(plan, tally, typical_answer, guidance, words, options)
    fans = draw if options.figure and somebody else None
    record = population_record(_name(plan.scenario), plan, tally, guidance, _asked(options))
    written = _write(store, tally, record, answered, fans, keep=options.keep_partitions)
    lines = population_lines(plan, tally, len(ready), written, words, answer)
    tally.release()
    return lines, None if somebody else PopulationError(plan.scenario.name, plan.spec.n, tally.failures.values())


def _silent(_: int) -> None:
    """Tell nobody how many more are done."""


def _name(scenario: Scenario) -> str:
    return f"{scenario.name}-population"


def _answered(
    plan: RunPlan,
    tally: Tally,
    answer: Answer,
    guidance: Sequence[Guidance],
    words: Words,
    options: PopulationOptions,
) -> tuple[dict[str, Writer], list[str]]:
    """Writers of what the run answers, the page among them unless there is no figure; and lines of the answer."""
    from pkinteract.export import write_parquet
    from pkinteract.export.calendar import write_calendar
    from pkinteract.export.tables.guidance import guidance_table
    from pkinteract.export.tables.run import sampling_table
    from pkinteract.model.expectation.evidence import pair_evidence
    from pkinteract.population.statistics.people import people_of
    from pkinteract.report.lines import sentence_lines
    from pkinteract.report.population.sentences import people_sentences
    from pkinteract.report.run.sentences import sentences_of
    from pkinteract.text.csv import write_csv

    people, pairs = people_of(plan, tally), pair_evidence(plan.scenario)
    sentences = sentences_of(answer, words, pairs, people_sentences(plan, tally, answer, words), guidance)
    tables = {
        "sampling": sampling_table(answer, words.language, people),
        "guidance": guidance_table(guidance, plan.scenario, words),
    }
    put = write_parquet if options.form == "parquet" else write_csv
    files: dict[str, Writer] = {f"{name}.{options.form}": partial(put, table) for name, table in tables.items()}
    if plan.scenario.start is not None and answer.samples:
        files["sampling.ics"] = partial(write_calendar, answer, words, people=people)
    if options.figure and people.count:
        from pkinteract.report.page.write import write_page

        page = partial(write_page, answer, sentences, pairs, words)
        files["report.html"] = partial(page, people=people, guidance=guidance)
    return files, [f"  {words.say('terminal.people')}", *sentence_lines(sentences, words)]


def _asked(options: PopulationOptions) -> dict[str, object]:
    """What decides the files, for the record."""
    asked: dict[str, object] = {"n": options.n, "seed": options.seed, "profiles": options.profiles}
    asked |= {"format": None if options.form == "csv" else options.form, "no-figure": not options.figure}
    return {**asked, "language": options.language}


def _write(
    store: Store,
    tally: Tally,
    record: dict[str, object],
    answered: dict[str, Writer],
    draw: BeginDrawing | None,
    *,
    keep: bool,
) -> list[Path]:
    """Write everything as one set, what is kept in partitions with it; returns files, and folders of many files."""
    from pkinteract.text.folder import RECORD, scratch, write_all
    from pkinteract.text.record import write_record

    plan = store.plan
    with scratch() as room:
        fans: dict[str, Writer] = {} if draw is None else _drawn(plan, tally, draw, room)
        kept: Writer = partial(write_record, record)
        files: dict[str, Writer] = {**store.handed_out(), **_tables(store, tally), **answered, RECORD: kept, **fans}
        written = write_all(store.top, files)
    if not keep:
        store.remove()
    shown = dict.fromkeys(path if path.parent == store.top else path.parent for path in written)
    return [*shown, *([store.folder] if keep else [])]


def _tables(store: Store, tally: Tally) -> dict[str, Writer]:
    """Writers of the tables."""
    from pkinteract.export import write_parquet
    from pkinteract.export.tables.population import bands_table, days_table, metrics_table, risk_table
    from pkinteract.text.csv import write_csv

    put, ending = (write_parquet, "parquet") if store.form.ending == "parquet" else (write_csv, "csv")
    tables = {"bands": bands_table, "days": days_table, "metrics": metrics_table, "risk": risk_table}
    files: dict[str, Writer] = {"patients.csv": store.put_together} if store.form.ending == "csv" else {}
    for name, table in tables.items():
        files[f"{name}.{ending}"] = partial(put, table(store.plan, tally))
    return files


def _drawn(plan: RunPlan, tally: Tally, draw: BeginDrawing, room: Path) -> dict[str, Writer]:
    """Writers of the figures, which are drawn in a ``room`` meanwhile."""
    from pkinteract.report.population.fan import fan_of
    from pkinteract.report.workers import in_room

    fans = [
        (fan_of(plan, tally, place), [f"fan-{analyte.id}.{ending}" for ending in ("png", "svg")])
        for place, analyte in enumerate(plan.analytes)
    ]
    return {name: put for fan in in_room(room, draw, fans) for name, put in fan.items()}
