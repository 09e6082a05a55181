"""``report.md`` of a fit, and the lines that the command prints."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

import pkinteract
from pkinteract.analysis.profiles import gmfe
from pkinteract.export.fit import number
from pkinteract.fitting.search.optimum import GLOBAL
from pkinteract.fitting.types import Estimate, FitResult, Group
from pkinteract.report.lines import markdown
from pkinteract.report.posterior.text import posterior_lines

SURE = 3.090232306167813
"""Normal quantile of 99.9 %."""

_MODELS = {
    "additive": "additive: one SD for all concentrations",
    "proportional": "proportional: SD in proportion to the predicted concentration",
    "combined": "combined: additive and proportional SD, at the predicted concentration",
    "log": "log: SD of the logarithm of the concentration",
}
_WEIGHTS = {
    "none": "",
    "n": "; of one subject, divided by √n for a mean of n",
    "sd": ", divided by √n where n is given",
}
_INTERVALS = {True: "profile likelihood (of what follows from others: covariance)", False: "covariance at the optimum"}


def fit_report(outcome: FitResult) -> str:
    """The whole report."""
    fit = outcome.fit
    start = f", {fit.starts} starts" if fit.starts > 1 else ""
    ended = f" (seed {fit.seed}), then least_squares" if fit.method in GLOBAL else ""
    robust = f", {fit.loss} loss" if fit.loss != "linear" else ""
    lines = [f"# {markdown(fit.title)}", "", pkinteract.NOTICE, ""]
    names = [markdown(file.name) for file in fit.files]
    lines += [f"* Data: {', '.join(names)}"]
    lines += [
        f"* Left out of {names[omission.data]}: {omission.count} cells, {omission.reason}" for omission in fit.omitted
    ]
    lines += [
        f"* In {names[place]}: {count} cells {what}, in the likelihood" for place, what, count in _beyond(outcome)
    ]
    lines += [f"* {markdown(note)}" for note in fit.notes]
    lines += [f"* Residual {_MODELS[fit.residual]}{_given(outcome)}{_WEIGHTS[fit.weights]}"]
    lines += [f"* Search: {fit.method}{ended}{robust}{start}; 95 % intervals: {_INTERVALS[fit.profile]}"]
    if fit.separate and len(outcome.groups) > 1:
        lines.append("* The subjects have no estimate in common: each was fitted by itself")
    for group in outcome.groups:
        who = f"Subject {markdown(group.subject)}" if group.subject else "All subjects"
        lines += ["", f"## {who}", "", *_group(outcome, group)]
        lines += posterior_lines(fit, group)
    return "\n".join(lines) + "\n"


def _beyond(outcome: FitResult) -> Iterator[tuple[int, str, int]]:
    """Places of data files with levels that were not measured but count, where these lay, and how many."""
    fit = outcome.fit
    for place in range(len(fit.files)):
        series = [series for series in fit.series if series.data == place and series.ends is not None]
        ends = np.concatenate([np.empty((0, 2)), *(one.ends for one in series if one.ends is not None)])
        low, high = np.isfinite(ends).T
        whole = ~np.isnan(ends[:, 0])
        kinds = {"below quantification": whole & ~low, "above a limit": whole & ~high, "between two limits": low & high}
        yield from ((place, what, int(np.sum(chosen))) for what, chosen in kinds.items() if np.any(chosen))


def _given(outcome: FitResult) -> str:
    fit = outcome.fit
    if fit.weights == "sd":
        return "; given for every concentration by the data"
    parts = [] if fit.additive is None else [f"{fit.additive:g} {fit.series[0].analytes[0].unit}"]
    parts += [] if fit.proportional is None else [f"{100 * fit.proportional:g} %"]
    return f"; given: {' and '.join(parts)}" if parts else "; its size estimated"


def _group(outcome: FitResult, group: Group) -> Iterator[str]:
    warnings = [*group.warnings, *_misjudged(outcome, group)]
    yield from (f"**Warning**: {markdown(text)}" for text in warnings)
    yield from [""] if warnings else []
    yield "| parameter | estimate | unit | standard error | RSE | 95 % interval | initial | prior |"
    yield "|---|---:|---|---:|---:|---|---:|---|"
    yield from (_row(estimate) for estimate in group.estimates)
    yield ""
    what = "measurements" if any(series.runs for series in group.series) else "concentrations"
    yield f"{group.observations} {what}, {_scatter(outcome, group, 4)}{_criteria(group)}; {_reached(group)}"
    yield from _fold_error(outcome, group)
    if len(group.names) > 1:
        yield ""
        yield f"| correlation | {' | '.join(group.names)} |"
        yield f"|---|{'---:|' * len(group.names)}"
        for i, name in enumerate(group.names):
            cells = ["" if math.isnan(value) else f"{value:.3f}" for value in group.correlation[i, : i + 1]]
            yield f"| {name} | {' | '.join([*cells, *[''] * (len(group.names) - i - 1)])} |"


def _scatter(outcome: FitResult, group: Group, digits: int) -> str:
    """How large the residuals are: their SD, or how many times as large as one that was given."""
    size = f"{group.sd:.{digits}g}"
    return f"residuals {size} times the given SD" if outcome.fit.known else f"residual SD {size}"


def _misjudged(outcome: FitResult, group: Group) -> Iterator[str]:
    """That residuals are larger than a given SD lets them be by chance: intervals rest on it.

    The bound of the chi-square distribution after Wilson and Hilferty. Proc Natl Acad Sci 1931;17:684-8.
    """
    ninth = 2 / (9 * max(group.observations, 1))
    if outcome.fit.known and outcome.fit.loss == "linear" and group.sd**2 > (1 - ninth + SURE * math.sqrt(ninth)) ** 3:
        yield (
            f"the residuals are {group.sd:.3g} times as large as the given SD, so the intervals are too narrow; "
            "let it be estimated, give a larger one, or let what differs between the subjects differ"
        )


def _fold_error(outcome: FitResult, group: Group) -> Iterator[str]:
    """How far off a concentration is on average, as a factor."""
    if outcome.fit.residual == "log":
        pairs = zip(group.series, group.predicted, strict=True)
        errors = np.concatenate([np.log(level / series.values)[series.measured] for series, level in pairs])
        yield ""
        yield f"Geometric mean fold error {gmfe(errors):.3f} over {len(errors)} measurements."


def _row(estimate: Estimate) -> str:
    parameter = estimate.parameter
    name = parameter.name + (f" ({markdown(estimate.subject)})" if estimate.subject else "")
    rse = "" if estimate.se is None or estimate.value == 0 else f"{100 * estimate.se / abs(estimate.value):.1f} %"
    interval = (
        f"{number(estimate.low)} to {number(estimate.high)}"
        if estimate.low is not None or estimate.high is not None
        else ""
    )
    prior = ""
    if parameter.prior is not None:
        mean, sd = parameter.prior
        prior = f"{math.exp(mean) if parameter.log else mean:.4g}, SD {sd:.3g}{' (log)' if parameter.log else ''}"
    begun = number(parameter.initial) if estimate.free else "held" if parameter.expr is None else f"`{parameter.expr}`"
    cells = [
        name,
        f"{estimate.value:.5g}",
        parameter.unit,
        "" if estimate.se is None else number(estimate.se),
        rse,
        interval,
        begun,
    ]
    return f"| {' | '.join([*cells, prior])} |"


def _criteria(group: Group) -> str:
    if group.aic is None or group.bic is None or group.minus_2ll is None:
        return "; no AIC with a robust loss"
    return f", -2LL {group.minus_2ll:.2f}, AIC {group.aic:.2f}, BIC {group.bic:.2f}"


def _reached(group: Group) -> str:
    text = f"{group.evaluations} evaluations"
    if group.failed:
        text += f" and {group.failed} more at values that describe no possible body"
    if len(group.starts) > 1:
        best = min(group.starts)
        same = sum(cost <= best * (1 + 1e-4) for cost in group.starts)
        text += f", {same} of {len(group.starts)} starts reached the same optimum"
    return text


def fit_lines(outcome: FitResult, written: Iterable[Path]) -> Iterator[str]:
    """Estimates, warnings and files, as the command prints them."""
    yield outcome.fit.title
    for group in outcome.groups:
        who = f"subject {group.subject}: " if group.subject else ""
        free = [estimate for estimate in group.estimates if estimate.free]
        shown = [estimate for estimate in free if not estimate.subject or group.subject]
        yield "  " + who + ", ".join(_short(estimate) for estimate in shown) + f"; {_scatter(outcome, group, 3)}"
        if len(shown) < len(free):
            yield f"  and {len(free) - len(shown)} estimates of single subjects, in estimates.csv"
        yield from (f"  warning: {who}{text}" for text in (*group.warnings, *_misjudged(outcome, group)))
    yield from (str(path) for path in written)


def _short(estimate: Estimate) -> str:
    span = "" if estimate.low is None else f" ({number(estimate.low)} to {number(estimate.high)})"
    unit = "" if estimate.parameter.unit == "1" else f" {estimate.parameter.unit}"
    return f"{estimate.parameter.name} {number(estimate.value)}{unit}{span}"
