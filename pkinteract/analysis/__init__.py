"""What a result means: exposure per period, alerts, scenarios side by side."""

from pkinteract.analysis.alerts import alert_table
from pkinteract.analysis.comparison import comparison_table
from pkinteract.analysis.exposure import exposure_table

__all__ = ["alert_table", "comparison_table", "exposure_table"]
