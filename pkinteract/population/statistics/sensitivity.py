"""What a result depends on: Sobol' indices of everything in which patients differ, and one input at a time.

Patients are random numbers by name ("level of CYP3A4", "weight"), so an input is a set of names. For Sobol' indices
each patient is paired with a stranger, and for every input there is a third who is like the patient but has that input
of the stranger: Saltelli's design. Indices and their intervals are for the logarithm of a result, since levels and
their ratios are spread evenly on that scale.

Design and first index: Saltelli et al. Comput Phys Commun 2010;181:259-70. Total index: Jansen. Comput Phys Commun
1999;117:35-43.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np

from pkinteract.errors import PopulationError
from pkinteract.library.people import reference as people
from pkinteract.population.people.cohort import Array, IntArray
from pkinteract.population.people.draw import drawn
from pkinteract.population.run.block import OK, columns_of
from pkinteract.population.run.plan import BLOCK, RunPlan
from pkinteract.population.statistics.metrics import measure_column
from pkinteract.scenario.streams import Streams

MEASURES = ("cavg_before", "cavg_after", "peak_after", "fold_rise")
"""Results of each analyte that are traced to inputs."""

LOW, HIGH = 0.05, 0.95
"""Where one input at a time is put, all others at their medians: its 5th and 95th percentile."""

RESAMPLES = 1000
"""Bootstrap samples of the patients behind an interval."""

STRANGERS = 1 << 40
"""Number of the first stranger: beyond every patient."""

GONE = 1e-3
"""A drug whose average at the end is below this share of its highest level is gone, and nothing depends on it [1]."""


SPREAD = 1e-3
"""A result whose logarithm has a smaller SD is the same in everybody, and what is left is that of the solver [1]."""

_ORDERED = {"sex": "sex (woman, man)", "smoking": "smoking (smoker, non-smoker)"}
"""What stands at the low and at the high percentile of what is one of two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """Something in which patients differ: what is said of it, and the names of its random numbers."""

    label: str
    names: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """How much of the variance of a result an input explains.

    Attributes
    ----------
    first, total
        By itself, and with everything that it does together with others [1]; each with its 95 % interval.
    """

    input: Factor
    first: tuple[float, float, float]
    total: tuple[float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class TornadoBar:
    """A result with one input at its 5th and at its 95th percentile, all others at their medians.

    Doses are taken as they are due: each is a chance of its own, and all of them have no percentile.
    """

    input: Factor
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SensitivityResult:
    """One result of one analyte.

    Attributes
    ----------
    place
        Of the analyte in the plan.
    used
        Patients of the design that had this result, with all that are like them.
    spread
        SD of its logarithm [1].
    typical
        With every input at its median.
    indices, swings
        The largest total index, and the widest swing, first.
    """

    place: int
    measure: str
    used: int
    spread: float
    typical: float
    indices: tuple[Index, ...]
    swings: tuple[TornadoBar, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _ResampledDraw(Streams):
    """Patients with some random numbers of strangers."""

    swapped: frozenset[str]

    def pairs(self, names: Sequence[str], places: Sequence[int] | None = None) -> tuple[Array, Array]:
        """As for the patient, or as for the stranger where the name says so."""
        own = Streams(seed=self.seed, number=self.number).pairs(names, places)
        theirs = np.array([name in self.swapped for name in names])
        if theirs.any():
            chosen = np.flatnonzero(theirs).tolist()
            strangers = Streams(seed=self.seed, number=self.number + STRANGERS)
            others = strangers.pairs(
                [names[n] for n in chosen], None if places is None else [places[n] for n in chosen]
            )
            for mine, other in zip(own, others, strict=True):
                mine[chosen] = other
        return own


@dataclass(frozen=True, slots=True, kw_only=True)
class _FixedDraw(Streams):
    """Patients whose random numbers are all medians, but for what each holds elsewhere; keeps the names asked for."""

    held: Mapping[int, tuple[frozenset[str], float]]
    asked: dict[str, None] = field(default_factory=dict)

    def pairs(self, names: Sequence[str], places: Sequence[int] | None = None) -> tuple[Array, Array]:
        """A half, or what is held."""
        self.asked.update(dict.fromkeys(names))
        uniforms = np.full((len(names), len(self.number)), 0.5)
        for patient, (moved, level) in self.held.items():
            uniforms[[n for n, name in enumerate(names) if name in moved], patient] = level
        return uniforms, uniforms.copy()


def inputs_of(plan: RunPlan) -> tuple[Factor, ...]:
    """Everything in which the patients of a plan differ.

    Levels of enzymes that are drawn together are one input, as only together they are independent of the others.

    Raises
    ------
    InputError
        When the estimates of a fit are too uncertain to be drawn.
    """
    asked = _FixedDraw(seed=plan.spec.seed, number=np.arange(1), held={})
    drawn(plan.scenario, plan.spec, asked)
    tied = {f"level of {name}" for name in set().union(*people.rank_correlations())} & set(asked.asked)
    genes = {name: f"genotype of {name}" for name in people.drawn_genes()}
    labels = genes | _ORDERED
    factors = [
        Factor(label=labels.get(name, name), names=frozenset([name])) for name in asked.asked if name not in tied
    ]
    if tied:
        enzymes = ", ".join(sorted(name.removeprefix("level of ") for name in tied))
        factors.append(Factor(label=f"levels of {enzymes}", names=frozenset(tied)))
    return tuple(factors)


def trace(plan: RunPlan, done: Callable[[int], None] | None = None) -> tuple[SensitivityResult, ...]:
    """Trace the results of a population to what its patients differ in.

    ``plan.spec.n`` patients and as many strangers are simulated, and for every input as many again; inputs without any
    effect on any result are left out.

    Parameters
    ----------
    done
        Is told the number of patients that are finished.

    Raises
    ------
    PopulationError
        When not one patient has a result.
    InputError
        When the estimates of a fit are too uncertain to be drawn, or monograph values contradict each other.
    """
    inputs = inputs_of(plan)
    number = np.arange(plan.spec.n)
    everything = frozenset().union(*(factor.names for factor in inputs))
    design = [frozenset[str](), everything, *(factor.names for factor in inputs)]
    sets = [_ResampledDraw(seed=plan.spec.seed, number=number, swapped=swapped) for swapped in design]
    results = _simulated(plan, sets, done)
    status = np.concatenate([result["status"] for result in results])
    if not np.any(status == OK):
        raise PopulationError(plan.scenario.name, len(status), np.unique(status.astype(str)).tolist())
    held = {
        2 * n + side: (factor.names, level) for n, factor in enumerate(inputs) for side, level in enumerate((LOW, HIGH))
    }
    moved = _FixedDraw(seed=plan.spec.seed, number=np.arange(2 * len(inputs) + 1), held=held)
    taken = replace(plan, spec=replace(plan.spec, adherence=None))
    [swung] = _simulated(taken, [moved], None)
    sensitivities = []
    for place, analyte in enumerate(plan.analytes):
        top, end = (swung[measure_column(analyte, measure)][-1] for measure in ("cmax", "cavg_after"))
        for measure in MEASURES[:1] if end < GONE * top else MEASURES:
            name = measure_column(analyte, measure)
            values = np.array([result[name] for result in results])
            sensitivities.append(_traced(place, measure, inputs, values, swung[name], plan.spec.seed))
    return tuple(result for result in sensitivities if result is not None)


def runs(plan: RunPlan) -> int:
    """How many patients are simulated."""
    return plan.spec.n * (2 + len(inputs_of(plan)))


def _simulated(plan: RunPlan, sets: Sequence[Streams], done: Callable[[int], None] | None) -> list[Mapping[str, Array]]:
    """Results of sets of patients, not a number where there is none."""

    def computed(part: tuple[int, slice]) -> Mapping[str, Array]:
        streams = sets[part[0]]
        cohort = drawn(plan.scenario, plan.spec, replace(streams, number=streams.number[part[1]]))
        columns = columns_of(plan, cohort)
        if done is not None:
            done(len(cohort.number))
        return columns

    parts = [(n, here) for n, streams in enumerate(sets) for here in _blocks(streams)]
    with ThreadPoolExecutor() as pool:
        pieces = list(pool.map(computed, parts))
    mine = [[piece for (m, _), piece in zip(parts, pieces, strict=True) if m == n] for n in range(len(sets))]
    return [{name: np.concatenate([piece[name] for piece in some]) for name in pieces[0]} for some in mine]


def _blocks(streams: Streams) -> Iterator[slice]:
    size = len(streams.number) if isinstance(streams, _FixedDraw) else BLOCK
    for start in range(0, len(streams.number), size):
        yield slice(start, start + size)


def _traced(
    place: int, measure: str, inputs: Sequence[Factor], values: Array, swung: Array, seed: int
) -> SensitivityResult | None:
    """Indices and swings of one result, from values (patients, strangers, like each input's; patient).

    None if it does not vary by ``SPREAD``.
    """
    with np.errstate(invalid="ignore"):
        sound = np.all(values > 0, axis=0)
    logs = np.log(values[:, sound])
    if sound.sum() < 2 or not logs[:2].std() > SPREAD:
        return None
    numbers = np.random.default_rng(seed).integers(0, logs.shape[1], (RESAMPLES, logs.shape[1]))
    indices = [
        Index(input=factor, first=_interval(logs, n + 2, numbers, first), total=_interval(logs, n + 2, numbers, total))
        for n, factor in enumerate(inputs)
        if np.any(logs[n + 2] != logs[0])
    ]
    swings = [
        TornadoBar(input=factor, low=float(swung[2 * n]), high=float(swung[2 * n + 1]))
        for n, factor in enumerate(inputs)
        if swung[2 * n] != swung[2 * n + 1]
    ]
    return SensitivityResult(
        place=place,
        measure=measure,
        used=int(sound.sum()),
        spread=float(logs[:2].std()),
        typical=float(swung[-1]),
        indices=tuple(sorted(indices, key=lambda index: -index.total[0])),
        swings=tuple(sorted(swings, key=lambda bar: -abs(np.log(bar.high / bar.low)))),
    )


def first(patients: Array, strangers: Array, like: Array) -> Array:
    """Share of the variance that an input explains by itself, (…) [1].

    ``patients`` and ``strangers`` are results (…, patient), ``like`` those of patients with this input of strangers.
    """
    middle = strangers.mean(axis=-1, keepdims=True)
    return np.asarray(np.mean((strangers - middle) * (like - patients), axis=-1) / _variance(patients, strangers))


def total(patients: Array, strangers: Array, like: Array) -> Array:
    """Share of the variance that is left when everything but an input is known, (…) [1]; see :func:`first`."""
    return np.asarray(np.mean((patients - like) ** 2, axis=-1) / (2 * _variance(patients, strangers)))


def _variance(patients: Array, strangers: Array) -> Array:
    return np.asarray(np.concatenate([patients, strangers], axis=-1).var(axis=-1))


def _interval(
    logs: Array, row: int, numbers: IntArray, estimate: Callable[[Array, Array, Array], Array]
) -> tuple[float, float, float]:
    """An index with its 95 % bootstrap interval."""
    again = estimate(logs[0][numbers], logs[1][numbers], logs[row][numbers])
    low, high = np.quantile(again, (0.025, 0.975))
    return float(estimate(logs[0], logs[1], logs[row])), float(low), float(high)
