"""What a result means: how levels move, alerts, when to sample, exposure per period, scenarios side by side."""

from pkinteract.analysis.alerts import Alert
from pkinteract.analysis.answer import Answer, answer_of
from pkinteract.analysis.comparison import ComparedWeek, compared_weeks
from pkinteract.analysis.exposure import PeriodExposure, exposures

__all__ = ["Alert", "Answer", "ComparedWeek", "PeriodExposure", "answer_of", "compared_weeks", "exposures"]
