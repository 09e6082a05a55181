"""The sampled posterior of a fit in ``report.md``."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pkinteract.export.fit import number
from pkinteract.fitting.types import Fit, Group, Sampling
from pkinteract.report.lines import markdown


def residual_unit(fit: Fit) -> str:
    """Unit of the residual SD."""
    return fit.series[0].analytes[0].unit if fit.residual == "additive" else "1"


def posterior_lines(fit: Fit, group: Group) -> Iterator[str]:
    """Medians and 95 % of the draws, and how the chain went; nothing where none was sampled."""
    posterior = group.posterior
    if posterior is None or fit.sampling is None:
        return
    yield ""
    yield "| posterior | median | unit | 2.5 % to 97.5 % |"
    yield "|---|---:|---|---|"
    for parameter, subject, (low, middle, high) in zip(
        posterior.parameters, posterior.subjects, posterior.quantiles, strict=True
    ):
        name = "residual SD" if parameter is None else parameter.name + (f" ({markdown(subject)})" if subject else "")
        unit = residual_unit(fit) if parameter is None else parameter.unit
        yield f"| {name} | {middle:.5g} | {unit} | {number(low)} to {number(high)} |"
    yield ""
    yield (
        f"{_chain(fit.sampling, posterior.steps)}; {len(posterior.values)} draws kept, every {posterior.thin}th step. "
        f"Longest autocorrelation time {np.max(posterior.times):.0f} steps, "
        f"{100 * posterior.acceptance:.0f} % of moves taken"
    )


def _chain(sampling: Sampling, steps: int) -> str:
    return f"{sampling.walkers} walkers, {steps} steps after {sampling.burn} of burn-in, seed {sampling.seed}"
