"""Alerts: levels out of their range, levels that change or are lost, doses and measurements that do not fit."""

from __future__ import annotations

from dataclasses import replace

from pkinteract.analysis.alerts.changes import change_alerts
from pkinteract.analysis.alerts.doses import dose_alerts
from pkinteract.analysis.alerts.measured import measured_alerts
from pkinteract.analysis.alerts.ranges import range_alerts
from pkinteract.analysis.alerts.types import GRAVITY, Alert
from pkinteract.analysis.moves import first_change
from pkinteract.result import Result
from pkinteract.scenario.types import TOLERANCE

__all__ = ["Alert", "alerts_of"]


def alerts_of(result: Result) -> tuple[Alert, ...]:
    """Every alert from t = 0 on, the gravest first, then by time."""
    change = first_change(result.scenario)
    alerts = (*range_alerts(result), *change_alerts(result), *dose_alerts(result), *measured_alerts(result))
    told = [
        replace(alert, since="before" if change is None or alert.start < change - TOLERANCE else "after")
        for alert in alerts
    ]
    return tuple(sorted(told, key=lambda alert: (GRAVITY[alert.severity], alert.start)))
