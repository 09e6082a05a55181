"""Published summary numbers from predicted levels: averages, areas, extremes, half-lives, clearances and their ratios.

A run is sampled on panels between its jumps, short ones after each jump, at the eight nodes of a Gauss-Lobatto rule.
Integrals and extremes come from the polynomials through the nodes, so every number follows the parameters smoothly.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
from numpy.polynomial import Polynomial
from numpy.polynomial.legendre import Legendre

from pkinteract.engine.curves import Array
from pkinteract.errors import SimulationError
from pkinteract.fitting.types import Series

Kind = Literal[
    "cavg", "auc", "cmax", "cmin", "ctrough", "concentration", "half_life", "clearance", "oral_clearance",
    "formation_clearance", "metabolite_ratio",
]  # fmt: skip
KINDS: tuple[Kind, ...] = get_args(Kind)
MOMENTARY: tuple[Kind, ...] = ("ctrough", "concentration", "clearance", "formation_clearance")
"""Kinds that hold at one time; the others hold from a time to another."""
ENDLESS: tuple[Kind, ...] = ("auc", "oral_clearance", "metabolite_ratio")
"""Kinds whose interval may go on for ever."""
CLEARANCES: tuple[Kind, ...] = ("clearance", "formation_clearance", "oral_clearance")
PAIRED: tuple[Kind, ...] = ("formation_clearance", "metabolite_ratio")
"""Kinds of a metabolite and its parent."""

SHORTEST, LONGEST = 0.25, 8.0
"""Panel after a jump; each further one is twice as long, up to the longest [h]."""

AFTER = 1e-8
"""How long after a jump the first node of a panel lies, so that it is on the far side of it [h]."""

TAIL = 0.1
"""Share of the time since the last jump, at the end of a run, from which the terminal slope is taken [1]."""

_LEGENDRE = Legendre.basis(7)
NODES = (1 + np.concatenate([[-1.0], np.sort(np.real(_LEGENDRE.deriv().roots())), [1.0]])) / 2
WEIGHTS = 1 / (56 * _LEGENDRE(2 * NODES - 1) ** 2)
"""Nodes and weights of the rule on the unit interval; exact up to degree 13."""

_COEFFICIENTS = np.linalg.inv(np.vander(NODES, increasing=True))
"""Values at the nodes to the polynomial through them, lowest power first."""

NOTHING = 1e-8
"""Share of the largest level below which nothing is left to extrapolate [1]."""

Places = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """What is made of the levels of one run.

    Attributes
    ----------
    run
        Position among the runs of its series.
    columns
        Analyte, by position; for a ratio of two analytes both.
    widths
        Length of every panel [h].
    nodes
        (panel, node): place of every node in the times of the run.
    moments
        Places of single times: where a momentary kind holds, the ends of a half-life, or the tail of an endless area.
    apart
        Time between two moments [h].
    factor
        What makes the number its unit; holds the dose of an oral clearance.
    """

    kind: Kind
    run: int
    columns: tuple[int, ...]
    widths: Array
    nodes: Places
    moments: Places
    apart: float
    factor: float

    def value(self, levels: Array) -> float:
        """The number from the levels of the run, (time, analyte); NaN where a level does not fall that has to."""
        first = levels[:, self.columns[0]]
        if self.kind in MOMENTARY:
            number = float(first[self.moments[0]])
        elif self.kind == "half_life":
            number = math.log(2) / self._slope(first)
        elif self.kind in ("cmax", "cmin"):
            sign = 1.0 if self.kind == "cmax" else -1.0
            number = sign * _largest(sign * first[self.nodes])
        elif self.kind == "metabolite_ratio":
            number = self._area(first) / self._area(levels[:, self.columns[1]])
        elif self.kind == "oral_clearance":
            number = 1 / self._area(first)
        else:
            number = self._area(first) / (float(np.sum(self.widths)) if self.kind == "cavg" else 1.0)
        return number * self.factor

    def _area(self, level: Array) -> float:
        sampled = level[self.nodes]
        area = float(self.widths @ (sampled @ WEIGHTS))
        if len(self.moments) == 2 and level[self.moments[1]] > NOTHING * float(sampled.max()):
            area += float(level[self.moments[1]]) / self._slope(level)
        return area

    def _slope(self, level: Array) -> float:
        """Rate at which a level falls between the two moments [1/h]; NaN if it does not."""
        first, last = level[self.moments]
        return math.log(first / last) / self.apart if first > last > 0 else math.nan


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryQuantity:
    """A summary number: a measure, or its ratio to another one."""

    measure: Measure
    reference: Measure | None

    def value(self, levels: Sequence[Array]) -> float:
        """The number from the levels of every run."""
        number = self.measure.value(levels[self.measure.run])
        return number if self.reference is None else number / self.reference.value(levels[self.reference.run])


def summarized(series: Series, levels: Sequence[Array]) -> Array:
    """The summary numbers of a series, (number,), each in its unit, from the levels of its runs.

    ``levels`` has an array for each run, (time · analyte,).

    Raises
    ------
    SimulationError
        When a level does not fall over an interval from which a half-life or a terminal slope is taken.
    """
    shaped = [level.reshape(len(run.times), len(run.analytes)) for run, level in zip(series.runs, levels, strict=True)]
    numbers = np.array([quantity.value(shaped) for quantity in series.quantities])
    if not np.all(np.isfinite(numbers)):
        line = series.lines[int(np.argmin(np.isfinite(numbers)))]
        advice = (
            f"line {line} of the summary table: the level does not fall where its slope is taken; move the interval."
        )
        raise SimulationError(None, "fit", advice, series.subject)
    return numbers


def quadrature_panels(start: float, stop: float, jumps: Iterable[float]) -> Array:
    """Panels that cover ``start`` to ``stop`` and cross none of the ``jumps`` [h]: (panel, 2) begin and end [h]."""
    edges = [start, *sorted({time for time in jumps if start < time < stop}), stop]
    pieces = []
    for low, high in pairwise(edges):
        width = SHORTEST
        while high - low > 1.5 * width:
            pieces.append((low, low + width))
            low, width = low + width, min(2 * width, LONGEST)
        pieces.append((low, high))
    return np.array(pieces)


def nodes_of(edges: Array) -> Array:
    """Times of the nodes of panels (panel, 2), (panel, node) [h]; the first lies after any jump there."""
    times = edges[:, :1] + np.diff(edges, axis=1) * NODES
    times[:, 0] += AFTER
    times[:, -1] = edges[:, 1]
    return times


def _largest(values: Array) -> float:
    """Largest value of the polynomials through nodes, (panel, node), in the panel of the largest and beside it."""
    best = int(np.argmax(values.max(axis=1)))
    largest = float(values.max())
    for nodes in values[max(best - 1, 0) : best + 2]:
        curve = Polynomial(_COEFFICIENTS @ nodes)
        roots = curve.deriv().roots()
        inside = np.real(roots[np.isreal(roots) & (np.real(roots) > 0) & (np.real(roots) < 1)])
        largest = max(largest, *(float(value) for value in curve(inside))) if len(inside) else largest
    return largest
