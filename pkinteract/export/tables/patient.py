"""The tables of one patient's levels."""

from __future__ import annotations

import numpy as np

from pkinteract.export.tables.dates import dates
from pkinteract.fitting.patient.individual import Individual, PatientEstimate
from pkinteract.fitting.patient.weighed import WeighedLevel
from pkinteract.text.csv import Table


def value_table(individual: Individual) -> Table:
    """``estimates.csv``: the population and the patient."""
    values = individual.learned
    return {
        "parameter": [value.estimate.parameter.name for value in values],
        "unit": [value.estimate.parameter.unit for value in values],
        "population": [value.population for value in values],
        "population_low_95": [None if value.spread is None else value.spread[0] for value in values],
        "population_high_95": [None if value.spread is None else value.spread[1] for value in values],
        "estimate": [value.estimate.value for value in values],
        "low_95": [value.estimate.low for value in values],
        "high_95": [value.estimate.high for value in values],
        "shrinkage": [value.shrinkage for value in values],
    }


def level_table(individual: Individual) -> Table:
    """``levels.csv``: every level with its predictions; nothing but these of one that was not weighed."""
    levels, left = individual.levels, individual.unweighed
    observations = [*(level.observation for level in levels), *(level.observation for level in left)]
    times = np.array([observation.time for observation in observations])
    nothing = [None] * len(left)
    return {
        "time_h": times,
        "day": times / 24,
        **dates(individual.scenario, times),
        "analyte": [observation.analyte for observation in observations],
        "unit": [observation.unit for observation in observations],
        "observed": [observation.value for observation in observations],
        "below": [observation.below for observation in observations],
        "weighed": [True] * len(levels) + [False] * len(left),
        "population": [*(level.population for level in levels), *(level.predicted for level in left)],
        "population_low_95": [*(level.expected[0] for level in levels), *nothing],
        "population_high_95": [*(level.expected[1] for level in levels), *nothing],
        "individual": [*(level.individual for level in levels), *(level.predicted for level in left)],
        "individual_low_95": [*(level.individually_expected[0] for level in levels), *nothing],
        "individual_high_95": [*(level.individually_expected[1] for level in levels), *nothing],
        "residual_sd": [*(level.residual for level in levels), *nothing],
        "probability": [*(level.probability for level in levels), *nothing],
        "without": [*(level.without for level in levels), *nothing],
        "contradiction": [*(level.contradiction for level in levels), *nothing],
    }


def influence_table(individual: Individual) -> Table:
    """``influence.csv``: every estimate again without each level."""
    free = [value for value in individual.learned if value.spread is not None]
    pairs = [(level, value) for level in individual.levels for value in free]
    return {
        "time_h": np.array([level.observation.time for level, _ in pairs]),
        "analyte": [level.observation.analyte for level, _ in pairs],
        "parameter": [value.estimate.parameter.name for _, value in pairs],
        "unit": [value.estimate.parameter.unit for _, value in pairs],
        "estimate": [value.estimate.value for _, value in pairs],
        "without_level": [level.without_values[value.estimate.parameter.name] for level, value in pairs],
        "moved_percent": [percent_moved(level, value) for level, value in pairs],
    }


def band_table(individual: Individual) -> Table:
    """``bands.csv``: curves and 95 % bands of every measured analyte."""
    count = len(individual.times)
    times = np.tile(individual.times, len(individual.bands))
    return {
        "time_h": times,
        "day": times / 24,
        **dates(individual.scenario, times),
        "analyte": [band.analyte.id for band in individual.bands for _ in range(count)],
        "unit": [band.analyte.unit for band in individual.bands for _ in range(count)],
        "population": np.concatenate([band.population for band in individual.bands]),
        "population_low_95": np.concatenate([band.before[0] for band in individual.bands]),
        "population_high_95": np.concatenate([band.before[1] for band in individual.bands]),
        "individual": np.concatenate([band.individual for band in individual.bands]),
        "individual_low_95": np.concatenate([band.after[0] for band in individual.bands]),
        "individual_high_95": np.concatenate([band.after[1] for band in individual.bands]),
    }


def percent_moved(level: WeighedLevel, value: PatientEstimate) -> float:
    """How far a level moved an estimate from what the others give [%]."""
    return 100 * (value.estimate.value / level.without_values[value.estimate.parameter.name] - 1)
