"""The outcome of a fit as ``result.toml``, for scenarios."""

from __future__ import annotations

from collections.abc import Iterable

from pkinteract.fitting.types import Estimate, FitResult


def result_texts(outcome: FitResult) -> dict[str, str]:
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


def _uncertainty(outcome: FitResult) -> str:
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
    """A number to four significant digits, or what stands for an end that is not known."""
    return "?" if value is None else f"{value:.4g}"
