"""Alerts: levels out of their range, levels that change or are lost, doses and measurements that do not fit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from pkinteract.analysis.alerts.changes import change_alerts, cycle_alerts, single_dose_alerts
from pkinteract.analysis.alerts.doses import dose_alerts
from pkinteract.analysis.alerts.measured import measured_alerts
from pkinteract.analysis.alerts.ranges import range_alerts
from pkinteract.analysis.alerts.types import GRAVITY, Alert
from pkinteract.analysis.moves import LEAST, Move, first_change, own_changes
from pkinteract.result import Result
from pkinteract.scenario.types import TOLERANCE

OF_LEVELS = ("above-alert", "above-range", "below-range")
"""Rules about a level as it is."""

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
    known = {(alert.analyte, alert.rule): alert for alert in told if alert.since == "before"}
    back = [replace(alert, since="again") if _back(result, alert, known) else alert for alert in told]
    return tuple(sorted(back, key=lambda alert: (GRAVITY[alert.severity], alert.start)))


def _earlier(alert: Alert, change: float) -> bool:
    """Whether it was so before the first change, or t = 0: a level before a dose at the time of the change was."""
    if alert.since == "before":
        return True
    return alert.start <= change + TOLERANCE if alert.rule in OF_LEVELS else alert.start < change - TOLERANCE


def _back(result: Result, alert: Alert, known: Mapping[tuple[str, str], Alert]) -> bool:
    """Whether a level is out of its range once more, at the same doses, and hardly further than before the change."""
    earlier = known.get((alert.analyte, alert.rule))
    if alert.since == "before" or alert.rule not in OF_LEVELS or earlier is None:
        return False
    if own_changes(result.scenario, result.analyte(alert.analyte).parent):
        return False
    worst, then = (float(str(one.values["worst"])) for one in (alert, earlier))
    return worst >= then / LEAST if alert.rule == "below-range" else worst <= then * LEAST
