"""Sets of the parameters of a fit, drawn from the covariance of its estimates."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from pkinteract.errors import InputError, Problem
from pkinteract.population.people.cohort import Array, IntArray
from pkinteract.population.people.specification import Uncertainty
from pkinteract.scenario import Scenario
from pkinteract.scenario.expressions import value_of
from pkinteract.scenario.streams import Streams, uniform_between

MOST_TRIES = 200
"""How often a set is drawn anew that has an impossible value."""


def uncertain_factors(
    scenario: Scenario, uncertainty: Uncertainty, seed: int, number: IntArray
) -> dict[tuple[str, str], Array]:
    """(drug, path) to the factor on its value in the set that each patient belongs to.

    Raises
    ------
    InputError
        When hardly any set has values that are possible.
    """
    try:
        sets = _sets(uncertainty, seed)
    except ValueError as error:
        problem = Problem(line=None, key="population.uncertainty", message=str(error))
        raise InputError(scenario.path, [problem]) from None
    member = number % uncertainty.draws
    return {
        path: np.array(ratios)[member]
        for parameter, ratios in zip(uncertainty.parameters, sets, strict=True)
        if parameter.root or parameter.expression
        for path in parameter.paths
        if _matters(scenario, *path)
    }


def _matters(scenario: Scenario, drug: str, path: str) -> bool:
    """Whether a path is not one of a formulation that nobody takes."""
    head, _, rest = path.partition(".")
    taken = {course.formulation for regimen in scenario.regimens if regimen.drug == drug for course in regimen.courses}
    return head != "absorption" or rest.partition(".")[0] in taken


@lru_cache(maxsize=8)
def _sets(uncertainty: Uncertainty, seed: int) -> tuple[tuple[float, ...], ...]:
    """(parameter, set) value over the estimate; sets with an impossible value are drawn anew."""
    drawn = [parameter for parameter in uncertainty.parameters if parameter.root]
    streams = Streams(seed=seed, number=np.arange(uncertainty.draws))
    names = [f"parameter {parameter.name}" for parameter in drawn]
    sets: dict[int, list[float]] = {}
    for attempt in range(MOST_TRIES):
        deviates = uniform_between(streams.pairs(names, [attempt] * len(names))[0])
        for n in range(uncertainty.draws):
            if n not in sets and (values := _values(uncertainty, deviates[:, n])) is not None:
                sets[n] = values
        if len(sets) == uncertainty.draws:
            return tuple(zip(*(sets[n] for n in range(uncertainty.draws)), strict=True))
    raise ValueError(
        f"hardly any set of parameters of {uncertainty.name} is possible; its estimates are too uncertain to be drawn"
    )


def _values(uncertainty: Uncertainty, deviates: Array) -> list[float] | None:
    """Every parameter over its estimate; None if one of them is impossible."""
    known: dict[str, float] = {}
    for parameter in uncertainty.parameters:
        change = float(np.dot(parameter.root, deviates[: len(parameter.root)])) if parameter.root else 0.0
        known[parameter.name] = (
            parameter.estimate * math.exp(change) if parameter.logarithmic else parameter.estimate + change
        )
    for parameter in uncertainty.parameters:
        if parameter.expression is not None:
            known[parameter.name] = value_of(parameter.expression, known)
    possible = all(
        math.isfinite(known[parameter.name]) and 0 < known[parameter.name] <= parameter.highest
        for parameter in uncertainty.parameters
        if parameter.paths
    )
    return [known[parameter.name] / parameter.estimate for parameter in uncertainty.parameters] if possible else None
