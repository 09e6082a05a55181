"""Alerts: what leaves its reference range before a dose, or at a time after one; what passes its alert level."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pkinteract.analysis.levels import spans_above
from pkinteract.engine.curves import distinct, extremes, sample
from pkinteract.result import Analyte, Result

DAY = 24.0
"""Passages of an alert level less than this apart are one alert [h]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One stretch of time in which a rule is broken.

    Attributes
    ----------
    severity
        "high" above the alert level, "moderate" above the reference range, "low" below it.
    """

    start: float
    stop: float
    severity: str
    analyte: str
    rule: str
    text: str


def alerts_of(result: Result) -> tuple[Alert, ...]:
    """Every alert from t = 0 on, by time."""
    alerts = [
        alert
        for place, analyte in enumerate(result.analytes)
        for alert in (*_above_alert(result, place, analyte), *_out_of_range(result, place, analyte))
    ]
    order = {"high": 0, "moderate": 1, "low": 2}
    return tuple(sorted(alerts, key=lambda alert: (alert.start, order[alert.severity])))


def _above_alert(result: Result, place: int, analyte: Analyte) -> Iterator[Alert]:
    if analyte.alert is None:
        return
    curve = result.curves[place]
    spans: list[tuple[float, float, bool]] = []
    for start, stop in spans_above(curve, sample(curve, 0.0, result.scenario.duration), analyte.alert).tolist():
        if spans and start - spans[-1][1] < DAY:
            spans[-1] = (spans[-1][0], stop, True)
        elif stop > start:
            spans.append((start, stop, False))
    for start, stop, broken in spans:
        peak = extremes(curve, start, stop).cmax
        when = " around the daily peaks" if broken else ""
        level = f"{analyte.alert:g} {analyte.unit}"
        text = f"{analyte.name} above the alert level of {level}{when}, up to {peak:.3g} {analyte.unit}"
        yield Alert(start=start, stop=stop, severity="high", analyte=analyte.id, rule="above-alert", text=text)


def _out_of_range(result: Result, place: int, analyte: Analyte) -> Iterator[Alert]:
    """Stretches of values above or below the range, before each dose but a first one, or at the time after each dose.

    The first dose of all counts only at steady state.
    """
    scenario = result.scenario
    given = distinct([dose.time for dose in scenario.doses if dose.drug == analyte.parent])
    settled = () if scenario.steady_state is None else scenario.steady_state.courses
    known = given if any(scenario.regimens[r].drug == analyte.parent for r, _ in settled) else given[1:]
    times = known if analyte.after is None else known + analyte.after
    times = times[(times >= 0) & (times <= scenario.duration)]
    if len(times) == 0:
        return
    values = result.curves[place].value(times)
    unbound = any(other.unbound and other.parts == analyte.parts and other is not analyte for other in result.analytes)
    for level, rule, severity in ((analyte.high, "above-range", "moderate"), (analyte.low, "below-range", "low")):
        if level is None:
            continue
        broken = values > level if rule == "above-range" else values < level
        for first, last in _runs(broken):
            worst = values[first : last + 1].max() if rule == "above-range" else values[first : last + 1].min()
            word, way = ("above", "up") if rule == "above-range" else ("below", "down")
            text = (
                f"{analyte.name} {analyte.judged} {word} {level:g} {analyte.unit}, {way} to {worst:.3g} {analyte.unit}"
            )
            text += "; the unbound level decides" if unbound and not analyte.unbound else ""
            stop = float(times[last + 1]) if last + 1 < len(times) else float(times[last])
            yield Alert(
                start=float(times[first]), stop=stop, severity=severity, analyte=analyte.id, rule=rule, text=text
            )


def _runs(mask: npt.NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """First and last index of every run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(np.int8), [0]])))
    for first, after in zip(edges[::2], edges[1::2], strict=True):
        yield int(first), int(after) - 1
