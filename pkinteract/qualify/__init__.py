"""Predicted against published interaction ratios and time courses: every study simulated as it was done."""

from pkinteract.qualify.courses import PointOutcome, qualify_courses
from pkinteract.qualify.measure import GroupSummary, course_summaries, guest_limit, summaries
from pkinteract.qualify.outcome import StudyOutcome
from pkinteract.qualify.regression import kept_summaries, regressions
from pkinteract.qualify.run import qualify_studies

__all__ = [
    "GroupSummary",
    "PointOutcome",
    "StudyOutcome",
    "course_summaries",
    "guest_limit",
    "kept_summaries",
    "qualify_courses",
    "qualify_studies",
    "regressions",
    "summaries",
]
