"""The outcome of a fit as ``result.toml``, for scenarios."""

from __future__ import annotations

from collections.abc import Iterable

from pkinteract.fitting.types import Estimate, FitResult


def result_texts(outcome: FitResult) -> dict[str, str]:
    """File name to text: ``result.toml``, or ``result-<subject>.toml`` for each subject where they have their own."""
    estimates = [estimate for group in outcome.groups for estimate in group.estimates if estimate.parameter.paths]
    subjects = list(dict.fromkeys(estimate.subject for estimate in estimates if estimate.subject))
    head = f"# Estimates of the fit {outcome.fit.name}: {outcome.fit.title}\n"
    if not subjects:
        return {"result.toml": head + _overrides(estimates) + _uncertainty(outcome)} if estimates else {}
    files = {}
    for subject in subjects:
        mine = [estimate for estimate in estimates if estimate.subject in ("", subject)]
        files[f"result-{file_name(subject)}.toml"] = f"{head}# Subject {_line(subject)}\n{_overrides(mine)}"
    return files


def _line(text: str) -> str:
    return " ".join(text.split())


def file_name(subject: str) -> str:
    """A subject's name as part of a file name."""
    return "".join(char if char.isalnum() and char.isascii() else "-" for char in subject)


def _overrides(estimates: Iterable[Estimate]) -> str:
    """``[override.<drug>]`` tables, each value with its interval as a comment."""
    tables: dict[str, list[str]] = {}
    for estimate in estimates:
        for drug, path in estimate.parameter.paths:
            told = f"  # {estimate.parameter.name}{_interval_note(estimate)}"
            tables.setdefault(drug, []).append(f'"{path}" = "{estimate.quantity}"{told}')
    return "".join(f"\n[override.{drug}]\n" + "\n".join(lines) + "\n" for drug, lines in tables.items())


def _uncertainty(outcome: FitResult) -> str:
    """``[[uncertainty]]`` of every parameter: what a population draws the parameters from.

    A parameter without a standard error stays as it is.
    """
    group = outcome.groups[0]
    if len(outcome.groups) > 1 or any(estimate.subject for estimate in group.estimates):
        return ""
    text = ""
    above: list[int] = []
    for estimate in group.estimates:
        name, sd = estimate.parameter.name, estimate.se if estimate.log_se is None else estimate.log_se
        text += f'\n[[uncertainty]]\nparameter = "{name}"\n'
        if estimate.parameter.paths:
            paths = ", ".join(f'"{drug}.{path}"' for drug, path in estimate.parameter.paths)
            text += f"paths = [{paths}]\n"
        text += f"estimate = {estimate.value:.10g}\n"
        if estimate.parameter.expr is not None:
            text += f'expression = "{estimate.parameter.expr}"\n'
        elif estimate.free and sd is not None:
            place = group.names.index(name)
            text += f'scale = "{"natural" if estimate.log_se is None else "logarithmic"}"\nstandard_error = {sd:.10g}\n'
            correlations = [float(group.correlation[place, other]) for other in above]
            text += f"correlation = [{', '.join(f'{value:.10g}' for value in correlations)}]\n"
            above.append(place)
    return text


def _interval_note(estimate: Estimate) -> str:
    if estimate.low is not None or estimate.high is not None:
        return f", 95 % {number(estimate.low)} to {number(estimate.high)}"
    return ", held" if not estimate.free and estimate.parameter.expr is None else ", no interval"


def number(value: float | None) -> str:
    """A number to four significant digits, or what stands for an end that is not known."""
    return "?" if value is None else f"{value:.4g}"
