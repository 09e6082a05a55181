"""The tables of a fit: estimates, measurements beside predictions, draws of the posterior."""

from __future__ import annotations

from collections.abc import Iterable

from pkinteract.fitting.types import Estimate, FitResult, Posterior
from pkinteract.text.csv import Table


def estimate_table(outcome: FitResult) -> Table:
    """``estimates.csv``: one row per parameter, and subject where they have their own."""
    estimates = [estimate for group in outcome.groups for estimate in group.estimates]
    return {
        "subject": [estimate.subject for estimate in estimates],
        "parameter": [estimate.parameter.name for estimate in estimates],
        "kind": [_kind(estimate) for estimate in estimates],
        "unit": [estimate.parameter.unit for estimate in estimates],
        "estimate": [estimate.value for estimate in estimates],
        "standard_error": [estimate.se for estimate in estimates],
        "low_95": [estimate.low for estimate in estimates],
        "high_95": [estimate.high for estimate in estimates],
        "log_estimate": [estimate.log_value for estimate in estimates],
        "log_standard_error": [estimate.log_se for estimate in estimates],
        "initial": [estimate.parameter.initial for estimate in estimates],
    }


def _kind(estimate: Estimate) -> str:
    if estimate.free:
        return "estimated"
    return "held" if estimate.parameter.expr is None else "from others"


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
                cells = (
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
                for name, cell in zip(columns, cells, strict=True):
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
        names = ["residual_sd" if parameter is None else parameter.name for parameter in posterior.parameters]
        units = [unit if parameter is None else parameter.unit for parameter in posterior.parameters]
        subjects = [subject or whose for subject in posterior.subjects]
        for draw, values in enumerate(posterior.values, start=1):
            columns["draw"] += [draw] * len(names)
            columns["subject"] += subjects
            columns["parameter"] += names
            columns["unit"] += units
            columns["value"] += [float(value) for value in values]
    return columns
