"""The files of a fit, and the folder they go to."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from pkinteract.export import write_all, write_csv
from pkinteract.export.folder import Writer
from pkinteract.fitting.files import estimate_table, prediction_table, result_texts, write_record
from pkinteract.fitting.types import Outcome
from pkinteract.report.fit_text import fit_report
from pkinteract.report.posterior_files import posterior_files


def fit_files(outcome: Outcome, *, figure: bool) -> dict[str, Writer]:
    """File name to what writes it."""
    texts = {**result_texts(outcome), "report.md": fit_report(outcome)}
    files: dict[str, Writer] = {name: partial(write_text, text) for name, text in texts.items()}
    files["estimates.csv"] = partial(write_csv, estimate_table(outcome))
    files["predictions.csv"] = partial(write_csv, prediction_table(outcome))
    files["run.json"] = partial(write_record, outcome)
    if figure:
        from pkinteract.fitting.curves import curves
        from pkinteract.report.figure import save
        from pkinteract.report.fit_figure import analytes_of, draw_observed, draw_profiles
        from pkinteract.report.fit_quality import draw_correlation, draw_likelihood, draw_residuals
        from pkinteract.report.fit_summary import draw_summary

        if analytes_of(outcome):
            files["observed-predicted.png"] = partial(save, draw_observed(outcome))
            files["residuals.png"] = partial(save, draw_residuals(outcome))
        if any(series.runs for series in outcome.fit.series):
            files["summary.png"] = partial(save, draw_summary(outcome))
        if profiles := list(curves(outcome)):
            files["profiles.png"] = partial(save, draw_profiles(outcome, profiles))
        if any(len(group.names) > 1 for group in outcome.groups):
            files["correlation.png"] = partial(save, draw_correlation(outcome))
        if any(group.likelihoods for group in outcome.groups):
            files["profile-likelihood.png"] = partial(save, draw_likelihood(outcome))
    return files | posterior_files(outcome, figure=figure)


def write_fit(folder: Path, files: dict[str, Writer]) -> list[Path]:
    """Write the files of a fit; those of an earlier one that this one lacks go."""
    earlier = _sometimes_written(folder) if (folder / "run.json").is_file() else []
    return write_all(folder, files, earlier=earlier)


def _sometimes_written(folder: Path) -> list[Path]:
    """Files of an earlier fit that the next one need not write."""
    names = (
        "result*.toml",
        "observed-predicted.png",
        "profiles.png",
        "residuals.png",
        "summary.png",
        "correlation.png",
        "profile-likelihood.png",
        "posterior*",
        "patient.png",
    )
    return [path for name in names for path in folder.glob(name)]


def write_text(text: str, path: Path) -> None:
    """Write a text file."""
    path.write_text(text, "utf-8")
