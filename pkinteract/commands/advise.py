"""``pkinteract advise``."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pkinteract.commands.shared.inputs import PATH, SEED
from pkinteract.commands.shared.progress import busy, evaluation_progress, search_progress
from pkinteract.interrupts import INTERRUPTED
from pkinteract.text.words import LANGUAGES

if TYPE_CHECKING:
    from pkinteract.report.advise.told import ToldAdvice
    from pkinteract.result import Result
    from pkinteract.scenario import Scenario


@click.command("advise")
@click.argument("scenario", metavar="SCENARIO", type=PATH)
@click.option("--levels", is_flag=True, help="Fit the patient to the [[observation]] levels first.")
@click.option(
    "--population",
    "count",
    metavar="N",
    type=click.IntRange(1, 100_000),
    help="Try the best schedules in so many virtual patients too.",
)
@click.option("--seed", metavar="N", type=SEED, help="Begins their draws; default the scenario's, or 1.")
@click.option("--out", metavar="DIR", type=PATH, help="Default results/<name>-advise/.")
@click.option("--write", metavar="FILE.toml", type=PATH, help="Also write the scenario with the schedule in it.")
@click.option("--no-figure", is_flag=True, help="Write no report.html, concentrations.png and .svg; faster.")
@click.option(
    "--language", type=click.Choice(LANGUAGES), help="Of report.html and all texts; default [output] language, or en."
)
@click.option("--force", is_flag=True, help="Write into a folder, or over a file, that holds something else.")
def advise(
    scenario: Path,
    levels: bool,
    count: int | None,
    seed: int | None,
    out: Path | None,
    write: Path | None,
    no_figure: bool,
    language: str | None,
    force: bool,
) -> None:
    """Find the doses that keep a level where it should be through the switch of SCENARIO.

    A few dated changes of one drug's tablets are looked for, as the [advise] table says: by default no day's average
    further than 20 % from that before the first change, in at most three changes. Writes them (schedule.csv), what else
    could be done (alternatives.csv), and everything that run writes, of the scenario with the schedule in it. Where
    nothing passes it says what stands in the way. Ctrl-C ends the search and keeps the best so far; the exit status is
    130.

    Example: pkinteract advise scenarios/carbamazepine-to-levetiracetam.toml --population 1000
    """
    from pkinteract.advise.advised import advised
    from pkinteract.population.people.specification import specification
    from pkinteract.report.advise.told import told_advice
    from pkinteract.scenario import read_scenario
    from pkinteract.text.folder import refuse_foreign, write_text

    if levels and count is not None:
        raise click.UsageError("give either --levels or --population: virtual patients are no one patient")
    read = read_scenario(scenario)
    folder = out or Path("results") / f"{read.name}-advise"
    if not force:
        refuse_foreign(folder, f"{read.name}-advise")
    _refuse_file(write, force=force)
    spec = None if count is None else specification(read, count, seed)
    told = told_advice(advised(_simulated(read, levels), spec, bar=search_progress), language or read.language)
    asked = {"levels": levels, "population": count, "seed": seed, "no-figure": no_figure, "language": language}
    _write(told, folder, asked)
    if write is not None:
        write_text(write, told.advised.result.scenario.text)
        click.echo(f"  wrote {write}")
    if told.advised.advice.stopped:
        sys.exit(INTERRUPTED)


def _refuse_file(path: Path | None, *, force: bool) -> None:
    """Refuse to write over a file."""
    from pkinteract.errors import InputError, Problem

    if path is not None and not path.parent.is_dir():
        raise InputError(path, [Problem(line=None, key="--write", message="lies in no folder that is there; make it")])
    if path is not None and (path.is_dir() or (path.exists() and not force)):
        raise InputError(path, [Problem(line=None, key="--write", message="is there; name another or add --force")])


def _simulated(scenario: Scenario, levels: bool) -> Result:
    """The scenario as it is; with the patient fitted to its levels if that is wanted."""
    from pkinteract.simulation import simulate

    if not levels:
        with busy(f"simulating {scenario.name}") as progress:
            return simulate(scenario, progress=progress)
    from pkinteract.fitting.patient.fitted import fitted_run
    from pkinteract.fitting.patient.priors import patient_fit

    patient_fit(scenario)
    with evaluation_progress() as progress:
        return fitted_run(scenario, progress=progress)


def _write(told: ToldAdvice, folder: Path, asked: Mapping[str, object]) -> None:
    """Write everything about the schedule; ``asked`` are the options that decide it."""
    from pkinteract.commands.run import Wanted, drawer, made_of
    from pkinteract.report.workers import drawing, in_room
    from pkinteract.text.folder import scratch, write_all

    language = asked["language"]
    wanted = Wanted(form="csv", excel=False, language=None if language is None else str(language), options=asked)
    names = [] if asked["no-figure"] else [f"concentrations.{ending}" for ending in ("png", "svg")]
    with drawing(drawer, beside=False) as draw, scratch() as room:
        [figures] = in_room(room, draw, [(([told.advised.result], None), names)])
        made = made_of(told.advised.result, figures, wanted, advised=told)
        click.echo("\n".join(made.lines(write_all(folder, made.files))))
