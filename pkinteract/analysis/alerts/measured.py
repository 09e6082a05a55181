"""Measured levels that are far from what the run predicts."""

from __future__ import annotations

from collections.abc import Iterator

from pkinteract.analysis.alerts.types import Alert
from pkinteract.result import Result

FAR = 2.0
"""Fold difference from which it is told [1]."""


def measured_alerts(result: Result) -> Iterator[Alert]:
    """Every level that is twice or half of what is predicted, or further away."""
    for observation in result.scenario.observations:
        predicted = float(result.curve(observation.analyte).value(observation.time))
        if predicted <= 0 or observation.below:
            continue
        ratio = observation.value / predicted
        if 1 / FAR < ratio < FAR:
            continue
        high, known = ratio > 1, _spread_known(result, observation.analyte)
        yield Alert(
            start=observation.time,
            stop=observation.time,
            severity="warning" if known else "note",
            analyte=observation.analyte,
            rule="measured",
            sentence=("measured" if high else "measured-low")
            if known
            else ("measured-unknown" if high else "measured-low-unknown"),
            values={
                "analyte": observation.analyte,
                "day": observation.time / 24,
                "measured": observation.value,
                "predicted": predicted,
                "unit": observation.unit,
                "fold": ratio,
                "share": 100 * ratio,
            },
        )


def _spread_known(result: Result, analyte: str) -> bool:
    """Whether all that was measured has a between-subject CV of its clearance, or values of somebody's own."""
    scenario = result.scenario if result.fit is None else result.fit.typical.scenario
    parts = result.analyte(analyte).parts
    return all(scenario.overrides.get(part) or scenario.monographs[part].spread_known for part in parts)
