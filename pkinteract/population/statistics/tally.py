"""What merges by addition: whole numbers only, so that a sum never depends on its order or on who counted the parts.

Levels and measures are counted in bins of equal width on a logarithmic scale (1.1 to 1.6 % wide), from which quantiles
are read; patients are counted by whether they are at risk, in all and by what distinguishes them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from pkinteract.engine.counts.bins import ALL_BINS, Counts, bins, edges_of_bins, located, sums
from pkinteract.engine.memory import release, reserve_zeros
from pkinteract.population.people.cohort import Array, BoolArray, Cohort
from pkinteract.population.run.plan import BINS, LARGEST_PARTITION, RunPlan
from pkinteract.population.statistics.metrics import measures_of

AGES, WEIGHTS, CLEARANCES = (18.0, 45.0, 65.0, 75.0), (50.0, 70.0, 90.0), (15.0, 30.0, 60.0, 90.0)
"""Bounds between the bands of age [y], weight [kg] and creatinine clearance [mL/min], the last ones those of KDIGO."""

PHENOTYPES = ("poor", "intermediate", "normal", "rapid", "ultrarapid")

BEFORE, AFTER, EVER = 1, 2, 3
"""Where it is counted who is above the alert level on the reference day, on the last one, at any time from t = 0 on."""

_WIDEST, _HALVINGS = 25.0, 60
"""Logarithm of the largest ratio of two shares that is looked at, and how often a search halves its interval."""

NAMED = 20
"""Failures that are kept with their reasons: those of the lowest numbers. Every one stands in its patient's row."""


@dataclass(frozen=True, kw_only=True)
class Tally:
    """Counts of a part of a population, or of all of it; what is empty is all zero.

    Attributes
    ----------
    patients
        (2,) patients that were simulated, and those that were not.
    levels
        (analyte, time, bin) levels on the grid of the plan.
    averages
        (analyte, day, bin) averages of the stretches of 24 h that ``Windows`` names.
    above
        (analyte, day) patients whose highest level of the stretch is above the alert level.
    measures
        (measure, group, bin) measures of all analytes in turn, in the first groups.
    risk
        (analyte, group, 4) patients, and those ``BEFORE``, ``AFTER``, ``EVER`` above the alert level.
    changes
        (protocol, 2) patients with a result whose doses a protocol changed, and how often it did in all of them.
    failures
        Number of a patient to why there is no result.
    """

    patients: Counts
    levels: Counts
    averages: Counts
    above: Counts
    measures: Counts
    risk: Counts
    changes: Counts
    failures: dict[int, str]

    def arrays(self) -> dict[str, Counts]:
        """The counts by name."""
        return {name: value for name, value in vars(self).items() if name != "failures"}

    def add(self, other: Tally) -> None:
        """Add the counts of another part."""
        for name, counts in self.arrays().items():
            counts += getattr(other, name)
        self.name(other.failures)

    def release(self) -> None:
        """Let others have the room of the counts; they are lost."""
        release(self.levels)
        release(self.measures)

    def name(self, failures: Mapping[int, str]) -> None:
        """Keep the failures of the lowest numbers among those that are known and these."""
        lowest = sorted({**self.failures, **failures}.items())[:NAMED]
        self.failures.clear()
        self.failures.update(lowest)


def empty_tally(plan: RunPlan, patients: int) -> Tally:
    """The tally of nobody, with room for so many patients."""
    analytes, days, named = len(plan.analytes), len(plan.windows.days), groups(plan)

    def zeros(*shape: int) -> Counts:
        return np.zeros(shape, dtype=np.uint32)

    def counts(*shape: int) -> Counts:
        empty_counts: Counts = reserve_zeros(shape, np.uint16 if patients <= LARGEST_PARTITION else np.uint32)
        return empty_counts

    return Tally(
        patients=zeros(2),
        levels=counts(analytes, len(plan.grid), BINS),
        averages=zeros(analytes, days, BINS),
        above=zeros(analytes, days),
        measures=counts(sum(len(measures_of(analyte)) for analyte in plan.analytes), patient_measures(plan), ALL_BINS),
        risk=zeros(analytes, len(named), 4),
        changes=zeros(len(plan.scenario.protocols), 2),
        failures={},
    )


def groups(plan: RunPlan) -> tuple[tuple[str, str], ...]:
    """Names of the groups and of their levels: everybody, phenotypes, then sex, age, kidneys, weight and smoking."""
    return (
        ("all", "all"),
        *((gene, phenotype) for gene in plan.genes for phenotype in PHENOTYPES),
        ("sex", "female"),
        ("sex", "male"),
        *(("age_y", name) for name in _bands(AGES)),
        *(("creatinine_clearance_mL_per_min", name) for name in _bands(CLEARANCES)),
        *(("weight_kg", name) for name in _bands(WEIGHTS)),
        ("smoker", "true"),
        ("smoker", "false"),
    )


def patient_measures(plan: RunPlan) -> int:
    """How many of the groups have counts of measures: everybody and the phenotypes."""
    return 1 + len(plan.genes) * len(PHENOTYPES)


def group_members(plan: RunPlan, cohort: Cohort) -> BoolArray:
    """Who belongs to which group, (group, patient)."""
    rows: list[BoolArray] = [np.ones(len(cohort.number), dtype=bool)]
    rows += [cohort.phenotype[gene].phenotype == name for gene in plan.genes for name in PHENOTYPES]
    rows += [cohort.female, ~cohort.female]
    for values, bounds in (
        (cohort.age, AGES),
        (cohort.creatinine_clearance, CLEARANCES),
        (cohort.weight, WEIGHTS),
    ):
        band = np.searchsorted(bounds, values, side="right")
        rows += [band == n for n in range(len(bounds) + 1)]
    return np.array([*rows, cohort.smoker, ~cohort.smoker], dtype=bool)


def _bands(bounds: Sequence[float]) -> list[str]:
    inner = [f"{low:g}-{high - 1:g}" for low, high in pairwise(bounds)]
    return [f"below {bounds[0]:g}", *inner, f"{bounds[-1]:g} and above"]


def count_bins(counts: Counts, values: Array, lowest: int) -> None:
    """Add values (day, patient) of one analyte to its counts (day, bin), whose first bin is ``lowest`` of all."""
    places = np.clip(bins(values) - lowest, 0, counts.shape[1] - 1) + np.arange(len(counts))[:, None] * counts.shape[1]
    counts += np.bincount(places.ravel(), minlength=counts.size).reshape(counts.shape).astype(counts.dtype)


def quantiles(counts: Counts, shares: Sequence[float], lowest: int = 0) -> Array:
    """Quantiles (share, row), for ``shares`` [1], of counts in bins (row, bin), whose first is ``lowest`` of all.

    Neighbouring ranks are joined by a straight line, as numpy does; within a bin ranks are spread evenly, so that each
    is off by less than the width of a bin, 1.6 %. Below the first bin is 0; NaN where nothing was counted.
    """
    total = counts.sum(axis=1, dtype=np.int64)
    wanted = np.multiply.outer(np.asarray(shares), np.maximum(total - 1, 0))
    low = np.floor(wanted).astype(np.int64)
    ranks = np.concatenate([low, np.minimum(low + 1, np.maximum(total - 1, 0))])
    places, inside = located(counts, ranks.T)
    edges = edges_of_bins(lowest, counts.shape[1])
    levels = np.where(places == 0, 0.0, edges[places] + inside * (edges[places + 1] - edges[places])).T
    below, above = levels[: len(low)], levels[len(low) :]
    return np.where(total > 0, below + (wanted - low) * (above - below), np.nan)


def share_below(counts: Counts, level: float) -> Array:
    """Share of what was counted in bins (row, bin) that is below a level [1]; within a bin it is spread evenly."""
    edges = edges_of_bins(0, counts.shape[1])
    place = int(np.searchsorted(edges, level, side="right")) - 1
    inside = counts[:, place] * (level - edges[place]) / (edges[place + 1] - edges[place])
    with np.errstate(invalid="ignore"):
        share: Array = (counts[:, :place].sum(axis=1, dtype=np.int64) + inside) / counts.sum(axis=1, dtype=np.int64)
    return share


def moments(counts: Counts, lowest: int = 0) -> tuple[Array, Array]:
    """Mean and standard deviation (row,) of what was counted in bins (row, bin), each value the middle of its bin."""
    edges = edges_of_bins(lowest, counts.shape[1])
    middle = (edges[:-1] + edges[1:]) / 2
    middle[0] = 0.0
    total, first, second = sums(counts, middle)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = first / total
        spread = second / total - mean**2
        return mean, np.sqrt(np.maximum(spread, 0.0) * total / np.where(total > 1, total - 1, np.nan))


def wilson(events: npt.ArrayLike, total: npt.ArrayLike, z: float = 1.959963984540054) -> tuple[Array, Array]:
    """Ends of the interval of a share [1], 95 % unless ``z`` is another normal quantile; NaN for nobody.

    ``events`` of ``total``, arrays of one shape. Wilson. J Am Stat Assoc 1927;22:209-12.
    """
    k, n = np.asarray(events, dtype=float), np.asarray(total, dtype=float)
    with np.errstate(invalid="ignore", divide="ignore"):
        middle = (k + z**2 / 2) / (n + z**2)
        half = z / (n + z**2) * np.sqrt(k * (n - k) / n + z**2 / 4)
        low, high = np.where(k == 0, 0.0, middle - half), np.where(k == n, 1.0, middle + half)
    return np.where(n > 0, low, np.nan), np.where(n > 0, high, np.nan)


def chance_of(events: int, total: int, all_events: int, everybody: int) -> float:
    """How often a group of ``total`` that is drawn from ``everybody`` at random has at least ``events`` [1].

    Of ``all_events`` in everybody: the hypergeometric tail, which is exact also for few events.
    """
    if events * everybody <= all_events * total:
        return 1.0
    ways = _log_ways(total, events) + _log_ways(everybody - total, all_events - events)
    term = math.exp(ways - _log_ways(everybody, all_events))
    chance = 0.0
    for count in range(events, min(total, all_events) + 1):
        chance += term
        term *= (total - count) * (all_events - count)
        term /= (count + 1) * (everybody - total - all_events + count + 1)
        if term <= 1e-9 * chance:
            break
    return chance


def _log_ways(many: int, few: int) -> float:
    """Logarithm of the number of ways in which few are chosen of many."""
    return math.lgamma(many + 1) - math.lgamma(few + 1) - math.lgamma(many - few + 1)


def ratio_interval(
    events: npt.ArrayLike,
    total: npt.ArrayLike,
    other: npt.ArrayLike,
    others: npt.ArrayLike,
    z: float = 1.959963984540054,
) -> tuple[Array, Array]:
    """Ends of the score interval of the ratio of two shares [1], ``events`` of ``total`` over ``other`` of ``others``.

    The ratios that the chi-square test does not refuse, 95 % unless ``z`` is another normal quantile: from 0 without
    events, to infinity where the others have none. Koopman. Biometrics 1984;40:513-7.
    """
    x, n, y, m = (np.asarray(value, dtype=float) for value in np.broadcast_arrays(events, total, other, others))
    with np.errstate(invalid="ignore", divide="ignore"):
        middle = np.clip(np.nan_to_num(np.log(x / n) - np.log(y / m), nan=0.0), -_WIDEST, _WIDEST)
    ends = []
    for side in (-_WIDEST, _WIDEST):
        inside, outside = middle, np.full_like(middle, side)
        for _ in range(_HALVINGS):
            half = (inside + outside) / 2
            accepted = _chi_square(x, n, y, m, np.exp(half)) <= z**2
            inside, outside = np.where(accepted, half, inside), np.where(accepted, outside, half)
        ends.append(np.exp(inside))
    known = (n > 0) & (m > 0)
    return np.where(known, np.where(x == 0, 0.0, ends[0]), np.nan), np.where(
        known, np.where(y == 0, np.inf, ends[1]), np.nan
    )


def _chi_square(x: Array, n: Array, y: Array, m: Array, ratio: Array) -> Array:
    """Pearson's statistic of two shares at their most likely values with this ratio."""
    twice, middle = (n + m) * ratio, n * ratio + x + m + y * ratio
    with np.errstate(invalid="ignore", divide="ignore"):
        share = (middle - np.sqrt(np.maximum(middle**2 - 4 * twice * (x + y), 0.0))) / (2 * twice)
        mine = share * ratio
        parts = (x - n * mine) ** 2 / (n * mine * (1 - mine)), (y - m * share) ** 2 / (m * share * (1 - share))
    return np.nan_to_num(parts[0], nan=0.0, posinf=np.inf) + np.nan_to_num(parts[1], nan=0.0, posinf=np.inf)
