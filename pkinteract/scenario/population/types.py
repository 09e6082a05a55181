"""What a population is: how many virtual patients, and from what they are drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pkinteract.scenario.types import ANCESTRY

ADULTS = (18.0, 90.0)
"""Ages of a population that names none [y]."""

Shape = Literal["normal", "lognormal", "uniform"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenSpread:
    """A distribution that the file gives instead of the reference people's, cut off at ``low`` and ``high``.

    Attributes
    ----------
    shape
        "normal" with ``mean`` and ``sd``; "lognormal" with the same two of the value itself; "uniform" between the
        bounds.
    mean, sd, low, high
        In kg, y, m, mg/dL or mL/min, as the quantity is; mean and sd are 0 and not used when uniform.
    """

    shape: Shape
    mean: float
    sd: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Adherence:
    """How the doses are taken.

    Attributes
    ----------
    taken
        Probability that a scheduled dose is taken [1], for one, two, three and four or more doses a day.
    late
        SD of the delay of a dose [h]; a delay is the size of a normal deviate, 0 for none.
    source
        Paper behind published probabilities; None when the file gives them.
    """

    taken: tuple[float, float, float, float]
    late: float
    source: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EmpiricalPeople:
    """Rows of an empirical table of patients, each column as long as the others.

    Attributes
    ----------
    numbers
        "weight" [kg], "age" [y], "height" [m], "creatinine_clearance" [mL/min] and "female", "smoker" (0 or 1), as far
        as the file has them.
    phenotype
        Gene to what each row says of it: a phenotype, an activity score or two star alleles.
    """

    name: str
    size: int
    numbers: Mapping[str, tuple[float, ...]]
    phenotype: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncertain:
    """A parameter of a fit.

    Attributes
    ----------
    paths
        The (drug or "enzymes", dotted path) pairs that it stands for.
    estimate
        In the unit of the fit.
    expression
        How it follows from the others; None for one that was estimated or held.
    logarithmic
        Whether it is drawn on its logarithm.
    root
        Its row of the triangular root of the covariance of those that are drawn, on their own scales; empty if it is
        not drawn.
    highest
        Values above this are impossible.
    """

    name: str
    paths: tuple[tuple[str, str], ...]
    estimate: float
    expression: str | None
    logarithmic: bool
    root: tuple[float, ...]
    highest: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncertainty:
    """The parameters of a fit, drawn anew for each of ``draws`` sets; patient i belongs to set i % draws."""

    name: str
    draws: int
    parameters: tuple[Uncertain, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PopulationSpecification:
    """A population.

    Attributes
    ----------
    n, seed
        Number of patients, and what their draws begin from.
    ancestry
        Biogeographic group to its share [1]; the shares sum to 1.
    ages
        Lowest and highest age [y].
    women, smokers
        Shares [1]; smokers None when all are as in ``[patient]``.
    spreads
        "age", "weight", "height", "serum_creatinine" or "creatinine_clearance" to a distribution in place of the
        reference people's.
    fixed
        What stays as ``[patient]`` has it: "age", "female", "weight", "height", "creatinine_clearance",
        "serum_creatinine", "smoker", enzymes with their genes; and drugs, which then do not vary by themselves.
    cvs
        CV in place of the published one [1], by enzyme, or by "<drug>.clearance", ".volume", ".ka", ".bioavailability".
    adherence
        None when every dose is taken on time.
    """

    n: int = 1000
    seed: int = 1
    ancestry: Mapping[str, float] = field(default_factory=lambda: {ANCESTRY: 1.0})
    ages: tuple[float, float] = ADULTS
    women: float = 0.5
    smokers: float | None = None
    spreads: Mapping[str, GivenSpread] = field(default_factory=dict)
    fixed: frozenset[str] = frozenset()
    cvs: Mapping[str, float] = field(default_factory=dict)
    adherence: Adherence | None = None
    ward: EmpiricalPeople | None = None
    uncertainty: Uncertainty | None = None
