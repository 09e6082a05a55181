"""The tables of a fit: estimates, measurements beside predictions, draws of the posterior."""

from __future__ import annotations

from collections.abc import Iterable

from pkinteract.fitting.types import Estimate, FitResult, Posterior
from pkinteract.text.csv import Table


def estimate_table(outcome: FitResult) -> Table:
    """``estimates.csv``: one row per parameter, and subject where they have their own."""
    rows = [row for group in outcome.groups for row in group.estimates]
    return {
        "subject": [row.subject for row in rows],
        "parameter": [row.parameter.name for row in rows],
        "kind": [_kind(row) for row in rows],
        "unit": [row.parameter.unit for row in rows],
        "estimate": [row.value for row in rows],
        "standard_error": [row.se for row in rows],
        "low_95": [row.low for row in rows],
        "high_95": [row.high for row in rows],
        "log_estimate": [row.log_value for row in rows],
        "log_standard_error": [row.log_se for row in rows],
        "initial": [row.parameter.initial for row in rows],
    }


def _kind(row: Estimate) -> str:
    if row.free:
        return "estimated"
    return "held" if row.parameter.expr is None else "from others"


def prediction_table(outcome: FitResult) -> Table:
    """``predictions.csv``: every measurement beside its prediction."""
    columns: dict[str, list[object]] = {
        name: [] for name in ("data", "line", "subject", "time_h", "analyte", "unit", "observed", "below")
    }
    columns |= {"predicted": [], "residual": [], "weighted_residual": []}
    for group in outcome.groups:
        for series, predicted, weighted in zip(group.series, group.predicted, group.weighted, strict=True):
            for n, value in enumerate(series.values):
                analyte = series.analytes[series.columns[n]]
                row = (
                    outcome.fit.files[series.data].name,
                    series.lines[n],
                    series.subject,
                    float(series.times[series.rows[n]]),
                    analyte.id,
                    analyte.unit,
                    float(value),
                    int(series.side[n]),
                    float(predicted[n]),
                    float(value - predicted[n]),
                    float(weighted[n]) if outcome.fit.known else float(weighted[n]) / group.sd,
                )
                for name, cell in zip(columns, row, strict=True):
                    columns[name].append(cell)
    return columns


def posterior_table(groups: Iterable[tuple[str, Posterior]], unit: str) -> Table:
    """``posterior.csv``: a row for every draw and estimate; those of one draw belong together.

    Parameters
    ----------
    groups
        Subject that was fitted by itself, or "", and its posterior.
    unit
        Of the residual SD.
    """
    columns: dict[str, list[object]] = {name: [] for name in ("draw", "subject", "parameter", "unit", "value")}
    for whose, posterior in groups:
        names = ["residual_sd" if row is None else row.name for row in posterior.parameters]
        units = [unit if row is None else row.unit for row in posterior.parameters]
        subjects = [subject or whose for subject in posterior.subjects]
        for draw, values in enumerate(posterior.values, start=1):
            columns["draw"] += [draw] * len(names)
            columns["subject"] += subjects
            columns["parameter"] += names
            columns["unit"] += units
            columns["value"] += [float(value) for value in values]
    return columns
