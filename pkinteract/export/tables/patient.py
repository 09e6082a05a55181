"""The tables of one patient's levels."""

from __future__ import annotations

import numpy as np

from pkinteract.export.tables.dates import dates
from pkinteract.fitting.patient.individual import Individual, PatientEstimate, WeighedLevel
from pkinteract.text.csv import Table


def value_table(found: Individual) -> Table:
    """``estimates.csv``: the population and the patient."""
    rows = found.learned
    return {
        "parameter": [row.estimate.parameter.name for row in rows],
        "unit": [row.estimate.parameter.unit for row in rows],
        "population": [row.population for row in rows],
        "population_low_95": [None if row.spread is None else row.spread[0] for row in rows],
        "population_high_95": [None if row.spread is None else row.spread[1] for row in rows],
        "estimate": [row.estimate.value for row in rows],
        "low_95": [row.estimate.low for row in rows],
        "high_95": [row.estimate.high for row in rows],
        "shrinkage": [row.shrinkage for row in rows],
    }


def level_table(found: Individual) -> Table:
    """``levels.csv``: every level with its predictions."""
    rows = found.levels
    times = np.array([row.observation.time for row in rows])
    return {
        "time_h": times,
        "day": times / 24,
        **dates(found.scenario, times),
        "analyte": [row.observation.analyte for row in rows],
        "unit": [row.observation.unit for row in rows],
        "observed": [row.observation.value for row in rows],
        "below": [row.observation.below for row in rows],
        "population": [row.population for row in rows],
        "population_low_95": [row.expected[0] for row in rows],
        "population_high_95": [row.expected[1] for row in rows],
        "individual": [row.individual for row in rows],
        "individual_low_95": [row.individually_expected[0] for row in rows],
        "individual_high_95": [row.individually_expected[1] for row in rows],
        "residual_sd": [row.residual for row in rows],
        "probability": [row.probability for row in rows],
        "without": [row.without for row in rows],
        "contradiction": [row.contradiction for row in rows],
    }


def influence_table(found: Individual) -> Table:
    """``influence.csv``: every estimate again without each level."""
    free = [row for row in found.learned if row.spread is not None]
    pairs = [(level, row) for level in found.levels for row in free]
    return {
        "time_h": np.array([level.observation.time for level, _ in pairs]),
        "analyte": [level.observation.analyte for level, _ in pairs],
        "parameter": [row.estimate.parameter.name for _, row in pairs],
        "unit": [row.estimate.parameter.unit for _, row in pairs],
        "estimate": [row.estimate.value for _, row in pairs],
        "without_level": [level.without_values[row.estimate.parameter.name] for level, row in pairs],
        "moved_percent": [percent_moved(level, row) for level, row in pairs],
    }


def band_table(found: Individual) -> Table:
    """``bands.csv``: curves and 95 % bands of every measured analyte."""
    count = len(found.times)
    times = np.tile(found.times, len(found.bands))
    return {
        "time_h": times,
        "day": times / 24,
        **dates(found.scenario, times),
        "analyte": [row.analyte.id for row in found.bands for _ in range(count)],
        "unit": [row.analyte.unit for row in found.bands for _ in range(count)],
        "population": np.concatenate([row.population for row in found.bands]),
        "population_low_95": np.concatenate([row.before[0] for row in found.bands]),
        "population_high_95": np.concatenate([row.before[1] for row in found.bands]),
        "individual": np.concatenate([row.individual for row in found.bands]),
        "individual_low_95": np.concatenate([row.after[0] for row in found.bands]),
        "individual_high_95": np.concatenate([row.after[1] for row in found.bands]),
    }


def percent_moved(level: WeighedLevel, row: PatientEstimate) -> float:
    """How far a level moved an estimate from what the others give [%]."""
    return 100 * (row.estimate.value / level.without_values[row.estimate.parameter.name] - 1)
