"""Predicted against published interaction ratios: every study arm simulated as it was done, beside its control."""

from pkinteract.qualify.measure import GroupSummary, guest_limit, summaries
from pkinteract.qualify.outcome import StudyOutcome
from pkinteract.qualify.regression import read_summary, worse
from pkinteract.qualify.run import qualify

__all__ = ["GroupSummary", "StudyOutcome", "guest_limit", "qualify", "read_summary", "summaries", "worse"]
