"""The run of a patient who is fitted to the levels of the scenario first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from pkinteract.fitting.patient.individual import Band, Individual, individual
from pkinteract.fitting.patient.priors import ERROR
from pkinteract.fitting.search.target import Progress
from pkinteract.library.overrides import apply_overrides
from pkinteract.result import FittedValue, LevelBand, LevelFit, Result
from pkinteract.scenario import Scenario
from pkinteract.simulation import Solver, simulate

NOTE = "fitted to the measured levels of the scenario"
"""What a value says of where it is from."""


def fitted_run(
    scenario: Scenario, *, solver: Solver = "fast", error: float = ERROR, progress: Progress | None = None
) -> Result:
    """Fit a patient to the levels of a scenario, and simulate it with what they say.

    Parameters
    ----------
    solver
        Of the runs before and after; the fit has its own.
    error
        SD of the residuals on the logarithm [1].

    Raises
    ------
    InputError
        When there is nothing to estimate, or nothing to estimate it from.
    SimulationError
        When the values of the population describe no possible body, or the solver gives up.
    KeyboardInterrupt
        After Ctrl-C.
    """
    typical = simulate(scenario, solver=solver)
    return fitted_result(individual(scenario, error=error, progress=progress), typical, solver=solver)


def fitted_result(weighed: Individual, typical: Result, *, solver: Solver = "fast") -> Result:
    """Simulate a patient with what the levels said, beside the ``typical`` run of the same scenario.

    Raises
    ------
    SimulationError
        When the solver gives up.
    """
    fit = LevelFit(
        typical=typical,
        error=weighed.error,
        values=_values(weighed),
        conflicts=tuple(level.conflict for level in weighed.levels if level.conflict is not None),
        unweighed=weighed.unweighed,
        warnings=weighed.search_warnings,
        bands=tuple(_band(weighed, band) for band in weighed.bands),
    )
    return replace(simulate(_with(weighed.scenario, _overrides(weighed)), solver=solver), fit=fit)


def _band(weighed: Individual, band: Band) -> LevelBand:
    """The band after the levels, over the curve of this patient."""
    curve = np.where(band.individual > 0, band.individual, np.nan)
    low, high = band.after / curve
    return LevelBand(analyte=band.analyte.id, times=weighed.times, low=low, high=high)


def _values(weighed: Individual) -> tuple[FittedValue, ...]:
    """The values that a monograph has; what they follow from has none there."""
    return tuple(
        FittedValue(
            drug=drug,
            path=path,
            unit=learned.estimate.parameter.unit,
            typical=learned.population,
            value=learned.estimate.value,
            low=learned.estimate.low,
            high=learned.estimate.high,
        )
        for learned in weighed.learned
        for drug, path in learned.estimate.parameter.paths
    )


def _overrides(weighed: Individual) -> dict[str, dict[str, str]]:
    """Drug to path to quantity, as ``result.toml`` has them: what was held as well."""
    tables: dict[str, dict[str, str]] = {}
    for estimate in weighed.outcome.groups[0].estimates:
        for drug, path in estimate.parameter.paths:
            tables.setdefault(drug, {})[path] = estimate.quantity
    return tables


def _with(scenario: Scenario, overrides: Mapping[str, Mapping[str, str]]) -> Scenario:
    """The scenario with values of its drugs replaced."""
    monographs = {drug: apply_overrides(scenario.monographs[drug], table, NOTE) for drug, table in overrides.items()}
    merged = {drug: {**scenario.overrides.get(drug, {}), **table} for drug, table in overrides.items()}
    return replace(
        scenario,
        monographs={**scenario.monographs, **monographs},
        overrides={**scenario.overrides, **merged},
    )
