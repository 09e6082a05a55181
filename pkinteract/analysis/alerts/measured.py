"""Measured levels that are far from what the run predicts, or above an alert level."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pkinteract.analysis.alerts.types import Alert
from pkinteract.analysis.levels import sample_times
from pkinteract.result import Result
from pkinteract.scenario.observation import Observation

FAR = 2.0
"""Fold difference from which it is told [1]."""


NEAR = 2.0
"""A level counts as one of the time at which its alert level holds when it is drawn so near to it [h]."""


def measured_alerts(result: Result) -> Iterator[Alert]:
    """The last level of each analyte where it is above the alert level, and all that are twice or half as predicted."""
    last = {one.analyte: one for one in sorted(result.scenario.observations, key=lambda one: one.time)}
    for observation in last.values():
        yield from _above_alert(result, observation)
    yield from _far(result)


def _above_alert(result: Result, observation: Observation) -> Iterator[Alert]:
    """What was measured, whatever is predicted; a warning where the alert level is of samples at another time."""
    analyte = result.analyte(observation.analyte)
    if analyte.alert is None or observation.below or observation.value <= analyte.alert:
        return
    near = np.abs(sample_times(result.scenario, analyte) - observation.time) <= NEAR
    timely = not analyte.alert_sampled or bool(near.any())
    yield Alert(
        start=observation.time,
        stop=observation.time,
        severity="grave" if timely else "warning",
        analyte=analyte.id,
        rule="measured-alert",
        sentence="measured-alert" if timely else "measured-alert-untimely",
        values={
            "analyte": analyte.id,
            "day": observation.time / 24,
            "measured": observation.value,
            "level": analyte.alert,
            "unit": observation.unit,
        },
    )


def _far(result: Result) -> Iterator[Alert]:
    """Levels that are twice or half of what is predicted, or further away."""
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
