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
        yield Alert(
            start=observation.time,
            stop=observation.time,
            severity="warning",
            analyte=observation.analyte,
            rule="measured",
            sentence="measured" if ratio > 1 else "measured-low",
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
