"""Predicted against published interaction ratios and time courses: every study simulated as it was done."""

from pkinteract.qualify.courses import PointOutcome, qualify_courses
from pkinteract.qualify.measure import GroupSummary, course_summaries, guest_limit, summaries
from pkinteract.qualify.outcome import StudyOutcome
from pkinteract.qualify.regression import read_summary, worse
from pkinteract.qualify.run import qualify

__all__ = [
    "GroupSummary",
    "PointOutcome",
    "StudyOutcome",
    "course_summaries",
    "guest_limit",
    "qualify",
    "qualify_courses",
    "read_summary",
    "summaries",
    "worse",
]
