"""Levels that leave their reference range before a dose, or at a time after one, and levels above the alert level."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from pkinteract.analysis.alerts.types import Alert
from pkinteract.analysis.levels import alert_spans, sample_times, trough_doses
from pkinteract.engine.curves import distinct, extremes
from pkinteract.result import Analyte, Result
from pkinteract.scenario import Scenario
from pkinteract.scenario.types import Dose

DAY = 24.0
"""Passages of an alert level less than this apart are one alert [h]."""

APART = 72.0
"""Stretches out of range less than this apart are one alert [h]: every other trough is no news of its own.

Nor is every round of a cycle.
"""


TOTAL = {"above-range": "above-range-total", "below-range": "below-range-total"}
"""What is said of a total level beside an unbound one that is judged."""


def range_alerts(result: Result) -> Iterator[Alert]:
    """Every stretch from t = 0 on in which an analyte is above its alert level or out of its range."""
    for place, analyte in enumerate(result.analytes):
        yield from _above_alert(result, place, analyte)
        yield from _out_of_range(result, place, analyte)


def _above_alert(result: Result, place: int, analyte: Analyte) -> Iterator[Alert]:
    """Stretches above the alert level, those close to each other as one: samples as those of the range are."""
    if analyte.alert is None:
        return
    curve, sampled = result.curves[place], analyte.alert_sampled
    apart = _apart(result.scenario) if sampled else DAY
    spans: list[tuple[float, float, bool]] = []
    for start, stop in alert_spans(result, place).within(0.0, result.scenario.duration).tolist():
        if spans and start - spans[-1][1] < apart:
            spans[-1] = (spans[-1][0], stop, True)
        elif stop > start:
            spans.append((start, stop, False))
    times = sample_times(result.scenario, analyte) if sampled else np.empty(0)
    for start, stop, broken in spans:
        if sampled:
            last = max(int(np.searchsorted(times, start, "right")) - 1, 0)
            worst = float(curve.value(times[last : int(np.searchsorted(times, stop))]).max())
        else:
            worst = extremes(curve, start, stop).cmax
        peaks = "above-alert-peaks" if broken else "above-alert"
        yield Alert(
            start=start,
            stop=stop,
            severity="grave",
            analyte=analyte.id,
            rule="above-alert",
            sentence="above-alert-sampled" if sampled else peaks,
            values=_values(analyte, analyte.alert, worst),
        )


def _out_of_range(result: Result, place: int, analyte: Analyte) -> Iterator[Alert]:
    """Stretches of values above or below the range, before ``trough_doses`` but the first, or after each dose.

    The first dose of all counts only at steady state; nothing is to be there before a single dose. A stretch that the
    last value before t = 0 belongs to was there before the change, whenever the next value is.
    """
    scenario = result.scenario
    doses = (dose for dose in scenario.doses if dose.drug == analyte.parent)
    repeated = [dose for dose in doses if analyte.after is not None or not _single(scenario, dose)]
    given = distinct([dose.time for dose in repeated])
    settled = () if scenario.steady_state is None else scenario.steady_state.courses
    known = given if any(scenario.regimens[r].drug == analyte.parent for r, _ in settled) else given[1:]
    drawn = set(trough_doses(scenario, analyte.parent).tolist())
    before = np.array([time for time in known.tolist() if time in drawn])
    times = before if analyte.after is None else known + analyte.after
    times = times[times <= scenario.duration]
    times = times[max(int(np.searchsorted(times, 0.0)) - 1, 0) :]
    shown = times >= 0
    if not shown.any():
        return
    values = result.curves[place].value(times)
    apart = _apart(scenario)
    decides = not analyte.unbound and any(other.unbound and other.parts == analyte.parts for other in result.analytes)
    for level, rule in ((analyte.high, "above-range"), (analyte.low, "below-range")):
        if level is None:
            continue
        above = rule == "above-range"
        outside = values > level if above else values < level
        for first, last in _runs(outside, times, apart):
            mine = first + np.flatnonzero((outside & shown)[first : last + 1])
            if len(mine) == 0:
                continue
            stretch = values[mine]
            yield Alert(
                start=float(times[mine[0]]),
                stop=float(times[last + 1]) if last + 1 < len(times) else float(times[last]),
                severity="warning" if above else "note",
                analyte=analyte.id,
                rule=rule,
                sentence=TOTAL[rule] if decides else rule,
                values=_values(analyte, level, float(stretch.max() if above else stretch.min())),
                since="before" if not shown[first] and shown[: mine[0]].sum() == 0 else "after",
            )


def _apart(scenario: Scenario) -> float:
    """Stretches of samples less than this apart are one alert [h]."""
    courses = (course for regimen in scenario.regimens for course in regimen.courses)
    return max([APART, *(sum(course.cycle) for course in courses if course.cycle is not None)])


def _single(scenario: Scenario, dose: Dose) -> bool:
    return scenario.regimens[dose.regimen].courses[dose.course].single


def _values(analyte: Analyte, level: float, worst: float) -> dict[str, object]:
    return {"analyte": analyte.id, "level": level, "worst": worst, "unit": analyte.unit}


def _runs(mask: npt.NDArray[np.bool_], times: npt.NDArray[np.float64], apart: float) -> Iterator[tuple[int, int]]:
    """First and last index of every run of True, runs less than ``apart`` [h] apart in one."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(np.int8), [0]])))
    runs: list[tuple[int, int]] = []
    for first, after in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if runs and times[first] - times[runs[-1][1]] < apart:
            runs[-1] = (runs[-1][0], after - 1)
        else:
            runs.append((first, after - 1))
    yield from runs
