"""``run.json`` of a qualification: the versions, and how many rows came to what."""

from __future__ import annotations

from collections.abc import Sequence

from pkinteract import __version__
from pkinteract.library.fingerprint import fingerprint
from pkinteract.qualify.courses import PointOutcome
from pkinteract.qualify.outcome import StudyOutcome
from pkinteract.text.record import head

NAME = "qualification"
"""What the folder's record calls it."""


def qualification_record(arms: Sequence[StudyOutcome], points: Sequence[PointOutcome]) -> dict[str, object]:
    """The record of a qualification as plain data."""
    counts = {"rows": _counts([arm.state for arm in arms]), "time_points": _counts([point.state for point in points])}
    return {**head(fingerprint()), "scenario": {"name": NAME}, "pkinteract": __version__, **counts}


def _counts(states: Sequence[str]) -> dict[str, int]:
    return {state: states.count(state) for state in dict.fromkeys(states)}
