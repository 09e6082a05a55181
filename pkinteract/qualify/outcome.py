"""What became of one study arm."""

from __future__ import annotations

from dataclasses import dataclass

from pkinteract.library.evidence.studies import Study


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyOutcome:
    """A study beside its prediction.

    Attributes
    ----------
    state
        "simulated"; "excluded" by the table; "no monograph" of a drug; or "failed".
    reason
        Why it was not simulated.
    exposure, peak
        Predicted ratios, None where not simulated; ``exposure`` is of troughs where the paper gives troughs.
    static
        The static estimate of ICH M12.
    """

    study: Study
    state: str
    reason: str = ""
    exposure: float | None = None
    peak: float | None = None
    static: float | None = None
