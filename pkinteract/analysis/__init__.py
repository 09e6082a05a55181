"""What a result means: exposure per period, alerts, scenarios side by side."""

from pkinteract.analysis.alerts import Alert, alerts_of
from pkinteract.analysis.comparison import ComparedWeek, compared_weeks
from pkinteract.analysis.exposure import PeriodExposure, exposures

__all__ = ["Alert", "ComparedWeek", "PeriodExposure", "alerts_of", "compared_weeks", "exposures"]
