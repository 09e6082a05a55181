"""What is minimised: residuals of one group of series over their SDs, and how they change with the parameters."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

import numpy as np

from pkinteract.engine.curves import Array
from pkinteract.errors import SimulationError
from pkinteract.fitting.predict.bodies import Assignment, changes_of
from pkinteract.fitting.predict.levels import Prepared, predicted, prepared
from pkinteract.fitting.predict.quantities import summarized
from pkinteract.fitting.search.numbers import LOG, Numbers
from pkinteract.fitting.search.residuals import Residuals
from pkinteract.fitting.types import Fit, Parameter, Series
from pkinteract.interrupts import heed

STEP = 1e-4
"""Half-width of a central difference, on the logarithm or relative to the value."""

Progress = Callable[[int, float], None]
"""Called with the number of evaluations so far and the smallest sum of squares."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A parameter of one subject, or of all: ``name`` tells it from those of others."""

    name: str
    parameter: Parameter
    subject: str


@dataclass(kw_only=True)
class Best:
    """The best point so far, how many were tried, and how many of those described no possible body."""

    cost: float = math.inf
    values: Mapping[str, float] | None = None
    evaluations: int = 0
    failed: int = 0


@dataclass(frozen=True, kw_only=True)
class Target:
    """The residuals of a group as a function of its numbers.

    Attributes
    ----------
    pool
        Where series are predicted side by side.
    """

    fit: Fit
    series: tuple[Series, ...]
    pool: ThreadPoolExecutor
    best: Best
    progress: Progress | None = None

    @cached_property
    def slots(self) -> tuple[Slot, ...]:
        """Every parameter, once per subject where subjects have their own."""
        slots = []
        for parameter in self.fit.parameters:
            for n, subject in enumerate(self.subjects if parameter.per_subject else ("",)):
                name = f"{parameter.name}__{n}" if parameter.per_subject else parameter.name
                slots.append(Slot(name=name, parameter=parameter, subject=subject))
        return tuple(slots)

    @cached_property
    def errors(self) -> Residuals:
        """How the measurements lie about their predictions."""
        return Residuals(fit=self.fit, series=self.series)

    @cached_property
    def subjects(self) -> tuple[str, ...]:
        """Subjects in the order of the data."""
        return tuple(dict.fromkeys(series.subject for series in self.series))

    @cached_property
    def runs(self) -> tuple[Series, ...]:
        """What is solved: every series, or the runs that its summary numbers are made of."""
        return tuple(run for series in self.series for run in series.runs or (series,))

    @cached_property
    def changes(self) -> tuple[tuple[Assignment, ...], ...]:
        """Per run: the values of its monographs that parameters set."""
        return tuple(changes_of(self.fit.parameters, run) for run in self.runs)

    def start(self) -> Numbers:
        """The numbers at the initial values."""
        made = Numbers()
        for slot in self.slots:
            parameter = slot.parameter
            if parameter.expr is not None:
                made.add_following(slot.name, parameter.expr, self._names(slot.subject))
            elif parameter.vary and parameter.log:
                made.add_by_logarithm(slot.name, parameter.initial, low=parameter.lower, high=parameter.upper)
            else:
                made.add(slot.name, parameter.initial, low=parameter.lower, high=parameter.upper, vary=parameter.vary)
        return made

    def _names(self, subject: str) -> dict[str, str]:
        """What the parameters are called that an expression of a subject means."""
        return {slot.parameter.name: slot.name for slot in self.slots if slot.subject in ("", subject)}

    def residuals(self, numbers: Numbers) -> Array:
        """What is minimised as a sum of squares; see ``Residuals.minimised``. Those of the priors come last.

        Raises
        ------
        SimulationError
            When the values describe no possible body, or the solver gives up.
        """
        values = numbers.all_values()
        return self._noted(numbers, self.weighted(values, self.predictions([values])[0]))

    def many_residuals(self, points: Sequence[Numbers]) -> list[Array | None]:
        """The same at many points; None where the values describe no possible body."""
        values = [numbers.all_values() for numbers in points]
        tries = zip(points, values, self.tried(values), strict=True)
        return [
            None if isinstance(prediction, SimulationError) else self._noted(numbers, self.weighted(here, prediction))
            for numbers, here, prediction in tries
        ]

    def _noted(self, numbers: Numbers, residuals: Array) -> Array:
        """Residuals, having noted that they were evaluated and where they are smallest."""
        self.best.evaluations += 1
        cost = self.cost(residuals)
        if cost < self.best.cost:
            self.best.cost = cost
            self.best.values = {name: number.value for name, number in numbers.items() if number.vary}
        if self.progress is not None:
            self.progress(self.best.evaluations, self.best.cost)
        return residuals

    def cost(self, residuals: Array) -> float:
        """What is minimised: the sum of squares, or of what the robust loss makes of them, as scipy defines it."""
        squared = residuals**2
        if self.fit.loss == "soft_l1":
            squared = 2 * (np.sqrt(1 + squared) - 1)
        elif self.fit.loss == "huber":
            squared = np.where(squared <= 1, squared, 2 * np.sqrt(squared) - 1)
        elif self.fit.loss == "cauchy":
            squared = np.log1p(squared)
        return float(np.sum(squared))

    def jacobian(self, numbers: Numbers) -> Array:
        """Derivatives of the residuals, (residual, parameter)."""
        return self._derivatives(numbers, self.weighted)

    def slopes(self, numbers: Numbers) -> Array:
        """Derivatives of the locations of all levels, then of the residuals of the priors, (row, parameter)."""
        return self._derivatives(numbers, self._located)

    def _derivatives(self, numbers: Numbers, made: Callable[[Mapping[str, float], Sequence[Array]], Array]) -> Array:
        """Derivatives of what is ``made`` of the values and the predictions, by central differences side by side."""
        names = [name for name, number in numbers.items() if number.vary]
        points, spans = [], []
        for name in names:
            number = numbers[name]
            half = STEP * (1.0 if name.startswith(LOG) else max(abs(number.value), STEP * abs(number.initial or 1.0)))
            low, high = max(number.value - half, number.min), min(number.value + half, number.max)
            spans.append(high - low)
            points += [self.moved(numbers, name, low), self.moved(numbers, name, high)]
        tried = self.tried(points)
        good = [not isinstance(prediction, SimulationError) for prediction in tried]
        if not all(good):
            here = numbers.all_values()
            spans = [span * (1.0 if all(good[2 * n : 2 * n + 2]) else 0.5) for n, span in enumerate(spans)]
            points = [values if fine else here for values, fine in zip(points, good, strict=True)]
            tried = self.tried(points)
        evaluations = [made(values, possible(prediction)) for values, prediction in zip(points, tried, strict=True)]
        columns = [(evaluations[2 * n + 1] - evaluations[2 * n]) / span for n, span in enumerate(spans)]
        return np.array(columns).T

    def end(self, numbers: Numbers, name: str) -> str:
        """On which side, "lower" or "upper", values next to a number describe no possible body; else empty."""
        half = STEP * (1.0 if name.startswith(LOG) else max(abs(numbers[name].value), STEP))
        sides = {"lower": -half, "upper": half}
        points = [self.moved(numbers, name, numbers[name].value + move) for move in sides.values()]
        tried = self.tried(points)
        return next(
            (side for side, prediction in zip(sides, tried, strict=True) if isinstance(prediction, SimulationError)), ""
        )

    def moved(self, numbers: Numbers, name: str, value: float) -> dict[str, float]:
        """Values of all parameters when one of its own is another."""
        kept = numbers[name].value
        numbers[name].value = value
        moved = numbers.all_values()
        numbers[name].value = kept
        return moved

    def predictions(self, points: Sequence[Mapping[str, float]]) -> list[list[Array]]:
        """Predictions of every series at every point; what a run does not feel is predicted once.

        Raises
        ------
        KeyboardInterrupt
            When Ctrl-C waits to be heeded.
        SimulationError
            When a point describes no possible body, or the solver gives up there.
        """
        return [possible(prediction) for prediction in self.tried(points)]

    def tried(self, points: Sequence[Mapping[str, float]]) -> list[list[Array] | SimulationError]:
        """Predictions of every series at every point, or why there are none; neighbours take the same steps."""
        heed()
        wanted: list[dict[tuple[float, ...], Prepared]] = [{} for _ in self.runs]
        keys: list[list[tuple[float, ...]]] = []
        for values in points:
            keys.append([])
            for place, run in enumerate(self.runs):
                names = self._names(run.subject)
                mine = {change.parameter: values[names[change.parameter]] for change in self.changes[place]}
                key = tuple(mine.values())
                keys[-1].append(key)
                if key not in wanted[place]:
                    wanted[place][key] = self._prepared(place, mine)
        for place, by_key in enumerate(wanted):
            often = Counter(keys_of_point[place] for keys_of_point in keys)
            wanted[place] = dict(sorted(by_key.items(), key=lambda item: often[item[0]] > 1))
        solved = self.pool.map(predicted, self.runs, [list(by_key.values()) for by_key in wanted])
        done = [dict(zip(by_key, predictions, strict=True)) for by_key, predictions in zip(wanted, solved, strict=True)]
        return [
            self._together([by_key[key] for by_key, key in zip(done, keys_of_point, strict=True)])
            for keys_of_point in keys
        ]

    def _together(self, solved: Sequence[Array | SimulationError]) -> list[Array] | SimulationError:
        """Predictions of every series from those of the runs."""
        good = [prediction for prediction in solved if not isinstance(prediction, SimulationError)]
        wrong = [prediction for prediction in solved if isinstance(prediction, SimulationError)]
        return wrong[0] if wrong else self._made(good)

    def _made(self, solved: Sequence[Array]) -> list[Array]:
        """Predictions of every series from those of the runs."""
        left = iter(solved)
        taken = [list(islice(left, len(series.runs) or 1)) for series in self.series]
        return [
            summarized(series, levels) if series.runs else levels[0]
            for series, levels in zip(self.series, taken, strict=True)
        ]

    def _prepared(self, place: int, values: Mapping[str, float]) -> Prepared:
        wrong = next((name for name, value in values.items() if not (math.isfinite(value) and value >= 0)), None)
        if wrong is not None:
            advice = f"{wrong} became {values[wrong]:g}; narrow the bounds of the parameters it follows from."
            return SimulationError(None, "fit", advice, f"subject {self.runs[place].subject}")
        return prepared(self.runs[place], self.changes[place], values)

    def weighted(self, values: Mapping[str, float], predicted: Sequence[Array]) -> Array:
        """Residuals of ``predicted``, then those of the priors."""
        return np.concatenate([self.errors.minimised(predicted), self._priors(values)])

    def _located(self, values: Mapping[str, float], predicted: Sequence[Array]) -> Array:
        return np.concatenate([self.errors.located(predicted), self._priors(values)])

    def _priors(self, values: Mapping[str, float]) -> Array:
        priors = [(slot, slot.parameter.prior) for slot in self.slots if slot.parameter.prior is not None]
        residuals = []
        for slot, prior in priors:
            value = math.log(values[slot.name]) if slot.parameter.log else values[slot.name]
            residuals.append((value - prior[0]) / prior[1])
        return np.array(residuals, dtype=float)


def possible(prediction: list[Array] | SimulationError) -> list[Array]:
    """Predictions of every series, (measurement,) each, if there are any.

    Raises
    ------
    SimulationError
        Why there are none.
    """
    if isinstance(prediction, SimulationError):
        raise prediction
    return prediction
