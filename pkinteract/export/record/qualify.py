"""``run.json`` of a qualification: the versions, and how many rows came to what."""

from __future__ import annotations

from collections.abc import Sequence

from pkinteract import __version__
from pkinteract.qualify.outcome import StudyOutcome
from pkinteract.text.record import head

NAME = "qualification"
"""What the folder's record calls it."""


def record(outcomes: Sequence[StudyOutcome]) -> dict[str, object]:
    """The record of a qualification as plain data."""
    states = [outcome.state for outcome in outcomes]
    counts = {state: states.count(state) for state in dict.fromkeys(states)}
    return {**head(), "scenario": {"name": NAME}, "pkinteract": __version__, "rows": counts}
