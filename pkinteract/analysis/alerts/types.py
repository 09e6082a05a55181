"""What an alert is, and what comes first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["grave", "warning", "note"]
Since = Literal["before", "after", "again"]

GRAVITY: Mapping[Severity, int] = {"grave": 0, "warning": 1, "note": 2}
"""The gravest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One stretch of time in which something is to be told.

    Attributes
    ----------
    start, stop
        [h].
    analyte
        Analyte or drug that it is about.
    rule
        What kind it is, for tables.
    sentence, values
        Key of the words that tell it, and what is filled in; ``analyte`` and ``drug`` are ids there.
    since
        Whether it was so before the first change of the run; "again" where it is so once more after it was not.
    """

    start: float
    stop: float
    severity: Severity
    analyte: str
    rule: str
    sentence: str
    values: Mapping[str, object] = field(default_factory=dict)
    since: Since = "after"
