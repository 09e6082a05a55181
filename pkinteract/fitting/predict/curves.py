"""The predicted curve of every series of an outcome."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pkinteract.engine.curves import Array
from pkinteract.fitting.predict.bodies import changes_of
from pkinteract.fitting.predict.levels import dense, predict
from pkinteract.fitting.predict.records import dose_times
from pkinteract.fitting.types import FitResult, Group, Series

POINTS = 200
"""Points of a curve, beside the times of the measurements."""

AFTER = 1e-3
"""How long after a dose the curve has a point of its own, so that a bolus is drawn as a jump [h]."""


@dataclass(frozen=True, kw_only=True)
class PredictedCurve:
    """A series and its predicted curve: ``times`` [h] and the level of every analyte in its unit."""

    series: Series
    times: Array
    levels: tuple[Array, ...]


def predicted_curves(outcome: FitResult) -> Iterator[PredictedCurve]:
    """The curve of every series of levels, from t = 0 or its first measurement to its last.

    Raises
    ------
    SimulationError
        When the solver gives up on the finer grid of times.
    """
    for group in outcome.groups:
        for series in group.series:
            if not series.runs:
                yield _profile(outcome, group, series)


def _profile(outcome: FitResult, group: Group, series: Series) -> PredictedCurve:
    first = max(min(0.0, float(series.times[0])), series.scenario.first_time)
    last = float(series.times[-1])
    doses = [dose.time for dose in series.doses] if series.recorded is None else dose_times(series.recorded)
    after = [time + AFTER for time in doses if first <= time < last - AFTER]
    times = np.unique(np.concatenate([np.linspace(first, last, POINTS), after, series.times]))
    values = {
        estimate.parameter.name: estimate.value
        for estimate in group.estimates
        if estimate.subject in ("", series.subject)
    }
    changes = changes_of(outcome.fit.parameters, series)
    levels = predict(dense(series, series.analytes, times), changes, values)
    return PredictedCurve(series=series, times=times, levels=tuple(levels.reshape(-1, len(times))))
