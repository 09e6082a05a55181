"""An outcome as files: ``result.toml`` for scenarios, tables of estimates and predictions, the record of the run."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import scipy

import pkinteract
from pkinteract.fitting.types import Estimate, Outcome
from pkinteract.result import Table


def result_texts(outcome: Outcome) -> dict[str, str]:
    """File name to text: ``result.toml``, or ``result-<subject>.toml`` for each subject where they have their own."""
    rows = [row for group in outcome.groups for row in group.estimates if row.parameter.paths]
    subjects = list(dict.fromkeys(row.subject for row in rows if row.subject))
    head = f"# Estimates of the fit {outcome.fit.name}: {outcome.fit.title}\n"
    if not subjects:
        return {"result.toml": head + _overrides(rows) + _uncertainty(outcome)} if rows else {}
    files = {}
    for subject in subjects:
        mine = [row for row in rows if row.subject in ("", subject)]
        files[f"result-{file_name(subject)}.toml"] = f"{head}# Subject {_line(subject)}\n{_overrides(mine)}"
    return files


def _line(text: str) -> str:
    return " ".join(text.split())


def file_name(subject: str) -> str:
    """A subject's name as part of a file name."""
    return "".join(char if char.isalnum() and char.isascii() else "-" for char in subject)


def _overrides(rows: Iterable[Estimate]) -> str:
    """``[override.<drug>]`` tables, each value with its interval as a comment."""
    tables: dict[str, list[str]] = {}
    for row in rows:
        for drug, path in row.parameter.paths:
            unit = "" if row.parameter.unit == "1" else f" {row.parameter.unit}"
            told = f"  # {row.parameter.name}{_told(row)}"
            tables.setdefault(drug, []).append(f'"{path}" = "{row.value:.10g}{unit}"{told}')
    return "".join(f"\n[override.{drug}]\n" + "\n".join(lines) + "\n" for drug, lines in tables.items())


def _uncertainty(outcome: Outcome) -> str:
    """``[[uncertainty]]`` of every parameter: what a population draws the parameters from.

    A parameter without a standard error stays as it is.
    """
    group = outcome.groups[0]
    if len(outcome.groups) > 1 or any(row.subject for row in group.estimates):
        return ""
    text = ""
    above: list[int] = []
    for row in group.estimates:
        name, sd = row.parameter.name, row.se if row.log_se is None else row.log_se
        text += f'\n[[uncertainty]]\nparameter = "{name}"\n'
        if row.parameter.paths:
            paths = ", ".join(f'"{drug}.{path}"' for drug, path in row.parameter.paths)
            text += f"paths = [{paths}]\n"
        text += f"estimate = {row.value:.10g}\n"
        if row.parameter.expr is not None:
            text += f'expression = "{row.parameter.expr}"\n'
        elif row.free and sd is not None:
            place = group.names.index(name)
            text += f'scale = "{"natural" if row.log_se is None else "logarithmic"}"\nstandard_error = {sd:.10g}\n'
            correlations = [float(group.correlation[place, other]) for other in above]
            text += f"correlation = [{', '.join(f'{value:.10g}' for value in correlations)}]\n"
            above.append(place)
    return text


def _told(row: Estimate) -> str:
    if row.low is not None or row.high is not None:
        return f", 95 % {number(row.low)} to {number(row.high)}"
    return ", held" if not row.free and row.parameter.expr is None else ", no interval"


def number(value: float | None) -> str:
    """Four significant digits, or what stands for an end that is not known."""
    return "?" if value is None else f"{value:.4g}"


def estimate_table(outcome: Outcome) -> Table:
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


def prediction_table(outcome: Outcome) -> Table:
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


def write_record(outcome: Outcome, path: Path) -> None:
    """Write ``run.json``: what was fitted, by which versions, and what came out."""
    fit = outcome.fit
    record = {
        "notice": pkinteract.NOTICE,
        "versions": {
            "pkinteract": pkinteract.__version__,
            "python": platform.python_version(),
            "numpy": np.__version__,
            "scipy": scipy.__version__,
        },
        "scenario": {
            "name": fit.name,
            "title": fit.title,
            "sha256": hashlib.sha256(fit.text.encode()).hexdigest(),
            "text": fit.text,
        },
        "data": [{"file": file.name, "sha256": hashlib.sha256(file.read_bytes()).hexdigest()} for file in fit.files],
        "omitted": [
            {"file": fit.files[row.data].name, "reason": row.reason, "count": row.count} for row in fit.omitted
        ],
        "notes": list(fit.notes),
        "groups": [
            {
                "subject": group.subject,
                "observations": group.observations,
                "residual_sd": group.sd,
                "minus_2ll": group.minus_2ll,
                "aic": group.aic,
                "bic": group.bic,
                "evaluations": group.evaluations,
                "stopped": group.stopped,
                "warnings": list(group.warnings),
            }
            for group in outcome.groups
        ],
    }
    path.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", "utf-8")
