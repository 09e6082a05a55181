"""``pkinteract fit``."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pkinteract.commands.shared.inputs import PATH, read_all
from pkinteract.interrupts import INTERRUPTED
from pkinteract.text.words import LANGUAGES

if TYPE_CHECKING:
    from pkinteract.fitting.patient.individual import Individual
    from pkinteract.fitting.types import FitResult
    from pkinteract.text.folder import Writer


@click.command()
@click.argument("file", metavar="[FIT.toml]", required=False, type=PATH)
@click.option("--patient", metavar="SCENARIO", type=PATH, help="Fit one patient to the levels of a scenario instead.")
@click.option(
    "--error", metavar="PERCENT", help='With --patient: how far levels lie from predictions, as SD; default "15 %".'
)
@click.option("--out", metavar="DIR", type=PATH, help="Folder for the files; default results/<name>/.")
@click.option("--no-figure", is_flag=True, help="Write no figures and no report.html.")
@click.option(
    "--language",
    type=click.Choice(LANGUAGES),
    help="With --patient: of report.html; default [output] language, or en.",
)
@click.option("--force", is_flag=True, help="Write into a folder that holds something else.")
def fit(
    file: Path | None,
    patient: Path | None,
    error: str | None,
    out: Path | None,
    no_figure: bool,
    language: str | None,
    force: bool,
) -> None:
    """Estimate parameters from measured concentrations.

    FIT.toml names the data (CSV), their scenarios, and which numbers of the drugs vary. Writes the estimates with
    standard errors and 95 % intervals, predictions, a report, figures, and a result.toml that a scenario can use by
    parameters = "result.toml". Ctrl-C ends the search and keeps the best point so far; the exit status is 130.

    With --patient the [[observation]] levels of a scenario are weighed against what the drug files say of people in
    general. Writes this patient's clearance and other values, the curve before and after, which levels contradict the
    doses, and the page of the run with these values beside the typical patient (report.html).

    Example: pkinteract fit fits/theophylline/fit.toml --out theophylline
    """
    if (file is None) == (patient is None):
        raise click.UsageError("give either a FIT.toml or --patient SCENARIO")
    if error is not None and patient is None:
        raise click.UsageError("--error goes with --patient; a FIT.toml has its [residual]")
    if language is not None and patient is None:
        raise click.UsageError("--language goes with --patient; the report of a FIT.toml is English")
    if patient is not None:
        _fit_patient(patient, error, out, force=force, page=None if no_figure else _Page(language=language))
    elif file is not None:
        _fit_file(file, out, force=force, figure=not no_figure)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """The page and the picture that are asked for; without a language in that of the scenario."""

    language: str | None


def _fit_patient(path: Path, error: str | None, out: Path | None, *, force: bool, page: _Page | None) -> None:
    from pkinteract.commands.shared.progress import evaluation_progress
    from pkinteract.fitting.patient.individual import individual
    from pkinteract.fitting.patient.priors import read_error
    from pkinteract.report.patient.text import patient_lines
    from pkinteract.text.folder import refuse_foreign, write_all

    sd = read_error(error)
    [scenario] = read_all((path,))
    name = f"{scenario.name}-patient"
    folder = out or Path("results") / name
    if not force:
        refuse_foreign(folder, name)
    with evaluation_progress() as progress:
        individual_fit = individual(scenario, error=sd, progress=progress)
    asked = {"error": error, "no-figure": page is None, "language": page and page.language}
    written = write_all(folder, _patient_files(individual_fit, page, asked))
    click.echo("\n".join(patient_lines(individual_fit, written)))


def _fit_file(file: Path, out: Path | None, *, force: bool, figure: bool) -> None:
    from pkinteract.commands.shared.progress import evaluation_progress
    from pkinteract.fitting import estimate, read_fit
    from pkinteract.report.fit.text import fit_lines
    from pkinteract.text.folder import refuse_foreign, write_all

    read = read_fit(file)
    folder = out or Path("results") / read.name
    if not force:
        refuse_foreign(folder, read.name)
    with evaluation_progress() as progress:
        outcome = estimate(read, progress=progress)
    click.echo("\n".join(fit_lines(outcome, write_all(folder, _fit_files(outcome, figure=figure)))))
    if any(group.stopped for group in outcome.groups):
        sys.exit(INTERRUPTED)


def _fit_files(outcome: FitResult, *, figure: bool) -> dict[str, Writer]:
    """File name to what writes it."""
    from pkinteract.export.fit import result_texts
    from pkinteract.export.record.fit import file_recipe, fit_record
    from pkinteract.export.tables.fit import estimate_table, prediction_table
    from pkinteract.report.fit.text import fit_report
    from pkinteract.text.csv import write_csv
    from pkinteract.text.record import write_record

    texts = {**result_texts(outcome), "report.md": fit_report(outcome)}
    files: dict[str, Writer] = {name: partial(_write_text, text) for name, text in texts.items()}
    files["estimates.csv"] = partial(write_csv, estimate_table(outcome))
    files["predictions.csv"] = partial(write_csv, prediction_table(outcome))
    again = file_recipe(outcome.fit, {"no-figure": not figure})
    files["run.json"] = partial(write_record, fit_record(outcome, again))
    if figure:
        from pkinteract.fitting.predict.curves import predicted_curves
        from pkinteract.report.drawing import save
        from pkinteract.report.fit.figure import analytes_of, draw_observed, draw_profiles
        from pkinteract.report.fit.quality import draw_correlation, draw_likelihood, draw_residuals
        from pkinteract.report.fit.summary import draw_summary

        if analytes_of(outcome):
            files["observed-predicted.png"] = partial(save, draw_observed(outcome))
            files["residuals.png"] = partial(save, draw_residuals(outcome))
        if any(series.runs for series in outcome.fit.series):
            files["summary.png"] = partial(save, draw_summary(outcome))
        if profiles := list(predicted_curves(outcome)):
            files["profiles.png"] = partial(save, draw_profiles(outcome, profiles))
        if any(len(group.names) > 1 for group in outcome.groups):
            files["correlation.png"] = partial(save, draw_correlation(outcome))
        if any(group.likelihoods for group in outcome.groups):
            files["profile-likelihood.png"] = partial(save, draw_likelihood(outcome))
    return files | _posterior_files(outcome, figure=figure)


def _posterior_files(outcome: FitResult, *, figure: bool) -> dict[str, Writer]:
    """File name to what writes it; nothing where no posterior was sampled."""
    from pkinteract.export.fit import file_name
    from pkinteract.export.tables.fit import posterior_table
    from pkinteract.report.posterior.text import residual_unit
    from pkinteract.text.csv import write_csv

    posteriors = [(group, group.posterior) for group in outcome.groups if group.posterior is not None]
    if not posteriors:
        return {}
    table = posterior_table([(group.subject, posterior) for group, posterior in posteriors], residual_unit(outcome.fit))
    files: dict[str, Writer] = {"posterior.csv": partial(write_csv, table)}
    if figure:
        from pkinteract.report.drawing import save
        from pkinteract.report.posterior.figure import draw_posterior

        for group, posterior in posteriors:
            name = f"posterior-{file_name(group.subject)}.png" if group.subject else "posterior.png"
            files[name] = partial(save, draw_posterior(outcome.fit, group, posterior))
    return files


def _patient_files(individual: Individual, page: _Page | None, asked: Mapping[str, object]) -> dict[str, Writer]:
    """File name to what writes it; ``asked`` are the options that decide it."""
    from pkinteract.export.fit import result_texts
    from pkinteract.export.record.fit import fit_record, patient_recipe
    from pkinteract.export.tables.patient import band_table, influence_table, level_table, value_table
    from pkinteract.report.patient.text import notice, patient_report
    from pkinteract.text.csv import write_csv
    from pkinteract.text.record import write_record

    texts = {**result_texts(individual.outcome), "report.md": patient_report(individual)}
    tables = {
        "estimates.csv": value_table(individual),
        "levels.csv": level_table(individual),
        "influence.csv": influence_table(individual),
        "bands.csv": band_table(individual),
    }
    files: dict[str, Writer] = {name: partial(_write_text, text) for name, text in texts.items()}
    files |= {name: partial(write_csv, table) for name, table in tables.items()}
    again = patient_recipe(individual.outcome.fit, asked)
    files["run.json"] = partial(write_record, fit_record(individual.outcome, again, notice()))
    if page is not None:
        from pkinteract.analysis import answer_of
        from pkinteract.fitting.patient.fitted import fitted_result
        from pkinteract.guidance import fire
        from pkinteract.guidance.run import facts_of_run
        from pkinteract.model.expectation.evidence import pair_evidence
        from pkinteract.report.drawing import save
        from pkinteract.report.page.write import write_page
        from pkinteract.report.patient.figure import draw_patient
        from pkinteract.report.run.sentences import sentences_of
        from pkinteract.simulation import simulate
        from pkinteract.text.words import words_of

        typical = simulate(individual.scenario)
        words = words_of(page.language or individual.scenario.language)
        answer, pairs = answer_of(fitted_result(individual, typical)), pair_evidence(individual.scenario)
        guidance = fire(answer.result.scenario, facts_of_run(answer), words.language)
        sentences = sentences_of(answer, words, pairs, guidance=guidance)
        files["report.html"] = partial(write_page, answer, sentences, pairs, words, guidance=guidance)
        files["patient.png"] = partial(save, draw_patient(individual, typical))
    return files


def _write_text(text: str, path: Path) -> None:
    """Write a text file."""
    path.write_text(text, "utf-8")
