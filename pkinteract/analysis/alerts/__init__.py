"""Alerts: levels out of their range, levels that change or are lost, doses and measurements that do not fit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pkinteract.analysis.alerts.changes import change_alerts, cycle_alerts, single_dose_alerts
from pkinteract.analysis.alerts.doses import dose_alerts
from pkinteract.analysis.alerts.measured import measured_alerts
from pkinteract.analysis.alerts.ranges import range_alerts
from pkinteract.analysis.alerts.types import GRAVITY, Alert
from pkinteract.analysis.moves import Move, first_change, own_changes
from pkinteract.result import Result
from pkinteract.scenario.types import TOLERANCE

OF_LEVELS = ("above-alert", "above-range", "below-range")
"""Rules about a level as it is."""

SAME = 1.02
"""Two levels less than this factor apart are one [1]."""

__all__ = ["OF_LEVELS", "Alert", "alerts_of"]


def alerts_of(result: Result, moves: Iterable[Move]) -> tuple[Alert, ...]:
    """Every alert from t = 0 on, the gravest first, then by time; ``moves`` are those of the result."""
    change = first_change(result.scenario)
    alerts = (
        *range_alerts(result),
        *change_alerts(result, moves),
        *cycle_alerts(result),
        *single_dose_alerts(result),
        *dose_alerts(result),
        *measured_alerts(result),
    )
    told = [replace(alert, since="before" if _earlier(alert, change or 0.0) else "after") for alert in alerts]
    told = [replace(alert, since="before") if _comes_back(result, alert, told) else alert for alert in told]
    return tuple(sorted(told, key=lambda alert: (GRAVITY[alert.severity], alert.start)))


def _comes_back(result: Result, alert: Alert, alerts: Iterable[Alert]) -> bool:
    """Whether a level comes back to where it was before the first change, at the same doses of its own."""
    if alert.rule not in OF_LEVELS or own_changes(result.scenario, result.analyte(alert.analyte).parent):
        return False
    furthest = [_worst(one) for one in alerts if _alike(one, alert) and one.since == "before"]
    above = alert.rule.startswith("above")
    return any(_worst(alert) <= most * SAME if above else _worst(alert) * SAME >= most for most in furthest)


def _alike(one: Alert, other: Alert) -> bool:
    return (one.rule, one.analyte) == (other.rule, other.analyte)


def _worst(alert: Alert) -> float:
    """The level that is furthest out."""
    return float(str(alert.values["worst"]))


def _earlier(alert: Alert, change: float) -> bool:
    """Whether it was so before the first change, or t = 0: a level before a dose at the time of the change was."""
    if alert.since == "before":
        return True
    return alert.start <= change + TOLERANCE if alert.rule in OF_LEVELS else alert.start < change - TOLERANCE
