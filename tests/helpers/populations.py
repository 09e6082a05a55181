"""Populations of scenarios for tests: drawn, and reduced to what tests compare."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache
from pathlib import Path

from runs import daily, regimen, text
from scenario_files import load
from scipy import optimize, stats

from pkinteract import load_scenario
from pkinteract.library.lognormal import TAIL
from pkinteract.population.people.cohort import Array, Cohort
from pkinteract.population.people.draw import draw
from pkinteract.population.people.specification import specification
from pkinteract.scenario import Scenario

ROOT = Path(__file__).parents[2]
HEADLINE = ROOT / "scenarios" / "carbamazepine-to-levetiracetam.toml"
AUTOINDUCTION = ROOT / "fits" / "carbamazepine" / "result.toml"
AMITRIPTYLINE = ROOT / "fits" / "amitriptyline-nortriptyline" / "result.toml"
N = 20_000
CRITICAL = 1.95 / math.sqrt(N)
"""Largest distance of Kolmogorov and Smirnov from the true distribution in 999 of 1,000 samples of ``N``."""
ERROR = 4 / math.sqrt(N)
"""Four standard errors of a correlation near 0, or of a mean in SDs."""

SWITCH = (regimen("amitriptyline", daily("100 mg")), regimen("carbamazepine", daily("400 mg", "12 h")))


@cache
def headline() -> Scenario:
    return load_scenario(HEADLINE)


def population(*rows: str, regimens: tuple[str, ...] = SWITCH, days: float = 10) -> Scenario:
    """A scenario with these lines in ``[population]``."""
    return load(text(*regimens, days=days, patient="".join(f"{row}\n" for row in ("[population]", *rows))))


def drawn(scenario: Scenario, count: int = N, first: int = 0, **changes: object) -> Cohort:
    return draw(scenario, replace(specification(scenario), **changes), first, count)


def columns(cohort: Cohort) -> dict[str, Array]:
    """Everything of a cohort that is (n,), by name."""
    names = ("number", "weight", "age", "female", "height", "creatinine_clearance", "smoker")
    found = {name: getattr(cohort, name) for name in names}
    for gene, row in cohort.phenotype.items():
        found |= {f"{gene} {name}": getattr(row, name) for name in ("phenotype", "score", "factor")}
    found |= {f"level {name}": row for name, row in cohort.abundance.items()}
    return found | {f"{key} {drug}": row for (drug, key), row in cohort.factors.items()}


def distance(values: Array, mean: float, sd: float) -> float:
    """Distance of Kolmogorov and Smirnov from a normal distribution without its tails."""
    lowest = stats.norm.ppf(TAIL)
    return float(stats.kstest(values, stats.truncnorm(lowest, -lowest, loc=mean, scale=sd).cdf).statistic)


def log_mean(sd: float, power: int = 1) -> float:
    """Mean of a power of the exponential of a normal number with mean 0 and this SD, without its tails."""
    edge = -stats.norm.ppf(TAIL)
    return float(stats.truncnorm(-edge, edge).expect(lambda deviate: math.exp(power * sd * deviate)))


@cache
def log_sd(cv: float) -> float:
    """The SD with which that exponential has this CV."""
    low, high = 0.9 * cv / (1 + cv), 2 * cv
    return float(optimize.brentq(lambda sd: log_mean(sd, 2) / log_mean(sd) ** 2 - 1 - cv**2, low, high))
