"""What a fit is once it is read, and what comes out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from pkinteract.engine.curves import Array
from pkinteract.records import Record, RecordedDrug
from pkinteract.scenario import Dose, Patient, Scenario, SteadyState

if TYPE_CHECKING:
    from pkinteract.fitting.predict.quantities import SummaryQuantity

Flags = NDArray[np.bool_]
"""Yes or no for every measurement."""

Residual = Literal["additive", "proportional", "combined", "log"]
Weights = Literal["none", "n", "sd"]


RULED = "has a [[protocol]], and a fit needs the doses that were given; write them as courses"
"""Why no fit is made with a scenario."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A number that is estimated, held, or follows from others.

    Attributes
    ----------
    paths
        (drug, path in its monograph) that take its value, or ("enzymes", path) or ("patient", path); none for a number
        that only other parameters use.
    unit
        Unit of all its numbers.
    initial, lower, upper
        Where the search begins and its bounds; ``initial`` is what the expression gives for one that follows.
    log
        Whether its logarithm is estimated.
    per_subject
        Whether every subject has its own.
    vary
        Whether it is estimated.
    expr
        What it follows from; None if it does not.
    prior
        Mean, and SD on the scale that is estimated; None without.
    line
        Where it stands in the fit file.
    beyond
        Whether the fit file lets it go beyond what a body can have.
    """

    name: str
    paths: tuple[tuple[str, str], ...]
    unit: str
    initial: float
    lower: float
    upper: float
    log: bool
    per_subject: bool
    vary: bool
    expr: str | None
    prior: tuple[float, float] | None
    line: int | None
    beyond: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurand:
    """What was measured: the compounds it adds up, and what makes mg/L of each its ``unit``.

    A clearance [L/h] is the total one of its part; a formation that by which its first part becomes the second.
    """

    id: str
    unit: str
    parts: tuple[str, ...]
    factors: tuple[float, ...]
    measure: Literal["level", "clearance", "formation"] = "level"


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """How a subject with dosing records was treated.

    Attributes
    ----------
    records, dosing
        All records of the subject, and the drug.
    reads
        Place of the record of every entry of the series' ``times``.
    """

    records: tuple[Record, ...]
    dosing: RecordedDrug
    reads: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Series:
    """The concentrations of one subject in one data set.

    Attributes
    ----------
    data
        Position of the data set in the fit file.
    patient, doses
        Who was treated and with what: as in ``scenario``, with the weight and dose of the data where they are given.
    analytes
        What was measured.
    times
        Times of the measurements, sorted, each once [h].
    rows, columns
        Place of every measurement in ``times`` and in ``analytes``.
    values
        Measured concentrations, in the analyte's unit.
    lines
        Where they stand in the data file.
    recorded
        The dosing records in place of ``doses``; None where a scenario gives the doses.
    counts
        Number of subjects behind every measurement, by which its variance is divided; None where it does not count.
    sds
        SD of every measurement, of its logarithm with a log residual; None where the residual model says it.
    steady
        The periodic state at which the run begins, with the subject's doses; None where it begins without drug.
    ends
        (measurement, 2): between which ends a level lay that was not measured, -∞ and ∞ among them; NaN for one that
        was. None where all were.
    runs, quantities
        For published summary numbers: the runs whose levels they are made of, and how; then ``times`` are the ends of
        their intervals. Empty for levels.
    """

    data: int
    subject: str
    scenario: Scenario
    patient: Patient
    doses: tuple[Dose, ...]
    analytes: tuple[Measurand, ...]
    times: Array
    rows: tuple[int, ...]
    columns: tuple[int, ...]
    values: Array
    lines: tuple[int, ...]
    steady: SteadyState | None = None
    recorded: Recorded | None = None
    counts: Array | None = None
    sds: Array | None = None
    ends: Array | None = None
    runs: tuple[Series, ...] = ()
    quantities: tuple[SummaryQuantity, ...] = ()

    @property
    def measured(self) -> Flags:
        """Whether each value is a measurement rather than an end that the level lay beyond."""
        return np.ones(len(self.values), dtype=bool) if self.ends is None else np.isnan(self.ends[:, 0])

    @property
    def side(self) -> NDArray[np.intp]:
        """0 for a measurement; for an end that the level lay beyond 1 if it lay below it, -1 if above."""
        if self.ends is None:
            return np.zeros(len(self.values), dtype=np.intp)
        return np.where(np.isnan(self.ends[:, 0]), 0, np.where(self.ends[:, 1] == self.values, 1, -1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Omitted:
    """Cells of a data file that are not used, and why."""

    data: int
    reason: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How a posterior is sampled: ``steps`` of every walker are kept after ``burn`` that are not."""

    walkers: int
    steps: int
    burn: int
    seed: int


@dataclass(frozen=True, kw_only=True)
class Fit:
    """A checked fit file with its data.

    Attributes
    ----------
    name
        Stem of the file's name, or of its folder for a ``fit.toml``.
    additive, proportional
        SDs of the residuals, in the analytes' unit and as a fraction; None where they are estimated.
    weights
        "n" where the residuals count by the number of subjects, "sd" where the data give their SDs, else "none".
    files
        Where the measurements of each data set stand.
    read
        What was read beside the fit file: paths as its folder sees them, and texts.
    omitted, notes
        Cells that are not used; columns that are passed over.
    seed
        Of further starts and of methods that draw numbers, so that a fit repeats itself.
    sampling
        None unless the posterior is sampled.
    """

    name: str
    title: str
    path: Path
    text: str
    files: tuple[Path, ...]
    parameters: tuple[Parameter, ...]
    series: tuple[Series, ...]
    residual: Residual
    additive: float | None
    proportional: float | None
    method: str
    loss: str
    starts: int
    profile: bool
    omitted: tuple[Omitted, ...]
    notes: tuple[str, ...]
    weights: Weights = "none"
    seed: int = 1
    sampling: Sampling | None = None
    read: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def known(self) -> bool:
        """Whether the SD of the residuals is given rather than estimated."""
        return self.additive is not None or self.proportional is not None or self.weights == "sd"

    @property
    def separate(self) -> bool:
        """Whether the subjects have no estimated number in common and are fitted one at a time."""
        return all(parameter.per_subject for parameter in self.parameters if parameter.vary)


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """The estimate of one parameter.

    Attributes
    ----------
    subject
        Whose it is; empty if shared.
    free
        Whether it was estimated itself rather than followed from others.
    se
        Standard error; None where the data give none.
    low, high
        95 % interval.
    log_value, log_se
        Natural logarithm of the value (in ``unit``) and its standard error; None for one that is not estimated so.
    """

    parameter: Parameter
    subject: str
    free: bool
    value: float
    se: float | None
    low: float | None
    high: float | None
    log_value: float | None
    log_se: float | None

    @property
    def quantity(self) -> str:
        """The value with its unit, as an override takes it."""
        unit = "" if self.parameter.unit == "1" else f" {self.parameter.unit}"
        return f"{self.value:.10g}{unit}"


@dataclass(frozen=True, kw_only=True)
class Likelihood:
    """The profile likelihood of one estimate, at the points where it was taken.

    Attributes
    ----------
    values
        Values it was held at, sorted, in its unit; the others were estimated again.
    drops
        By how much 2 log likelihood lies below its maximum there.
    threshold
        Drop at the ends of the 95 % interval.
    """

    parameter: Parameter
    subject: str
    best: float
    values: Array
    drops: Array
    threshold: float


@dataclass(frozen=True, kw_only=True)
class Posterior:
    """A sampled posterior.

    Attributes
    ----------
    parameters, subjects
        Whose every column of ``values`` is; the last column, without a parameter, is the residual SD where that is
        sampled.
    values
        (draw, column) in the parameters' units, thinned.
    quantiles
        (column, 3): 2.5 %, median and 97.5 % of all draws.
    times
        Autocorrelation time of every estimate [step].
    steps, thin
        Steps of every walker, and of which every how many is in ``values``.
    acceptance
        Share of proposed moves that were taken [1].
    """

    parameters: tuple[Parameter | None, ...]
    subjects: tuple[str, ...]
    values: Array
    quantiles: Array
    times: Array
    steps: int
    thin: int
    acceptance: float


@dataclass(frozen=True, kw_only=True)
class Group:
    """What was fitted together: all subjects, or one.

    Attributes
    ----------
    subject
        Whose fit it is; empty for all of them together.
    names, correlation
        Labels of the estimated numbers and the correlation of their estimates; NaN where there is none.
    likelihoods
        The profile of every estimate; none unless the intervals are profile likelihoods.
    predicted, weighted
        Per series: prediction of every measurement, and its residual over its SD (or weight).
    sd
        Residual SD: in the analytes' unit (additive) or relative (proportional, log). Where the SD is given: the root
        mean square of the residuals over it, 1 if they are as large as was said.
    minus_2ll, aic, bic
        None with a robust loss.
    starts
        Sum of squares that each start reached.
    evaluations
        Predictions of the whole group.
    warnings
        What to know before the numbers are used.
    failed
        Evaluations at values that describe no possible body, which the method passed over.
    posterior
        None unless it was sampled.
    """

    subject: str
    series: tuple[Series, ...]
    estimates: tuple[Estimate, ...]
    names: tuple[str, ...]
    correlation: Array
    likelihoods: tuple[Likelihood, ...]
    predicted: tuple[Array, ...]
    weighted: tuple[Array, ...]
    observations: int
    sd: float
    minus_2ll: float | None
    aic: float | None
    bic: float | None
    starts: tuple[float, ...]
    evaluations: int
    stopped: bool
    warnings: tuple[str, ...]
    failed: int = 0
    posterior: Posterior | None = None


@dataclass(frozen=True, kw_only=True)
class FitResult:
    """A fit and what was fitted together in it."""

    fit: Fit
    groups: tuple[Group, ...]
