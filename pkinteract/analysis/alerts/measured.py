"""Measured levels that are far from what the run predicts."""

from __future__ import annotations

from collections.abc import Iterator

from pkinteract.analysis.alerts.types import Alert
from pkinteract.result import Result
from pkinteract.scenario.file.observations import precursors

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
    """Whether a compound that leads to a level has a between-subject CV, or values of somebody's own."""
    scenario = result.scenario if result.fit is None else result.fit.typical.scenario
    leading = {drug for part in result.analyte(analyte).parts for drug in precursors(part, scenario.monographs)}
    return any(
        scenario.overrides.get(drug) or any(value.cv is not None for _, value in scenario.monographs[drug].values())
        for drug in leading
    )
