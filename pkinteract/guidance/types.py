"""What fires."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pkinteract.library.schema.guidance import Body, Confidence, Severity

Assumed = Literal["indication", "epilepsy", "childbearing", "duration"]
"""What is not given, and a rule fires as if it were."""

Noted = Literal["above", "level", "activity", "activity-back", "moves", "uncovered", "open", "taken-over"]
"""What the run, or the plan, says beside a rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something of this run that a rule is told with; ``values`` fill in its sentence."""

    what: Noted
    values: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """A drug to offer instead, itself run through the rules.

    Attributes
    ----------
    severity, rule
        The gravest that it would fire in this patient; None if nothing from *caution* on.
    """

    drug: str
    severity: Severity | None
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Guidance:
    """A rule that fires.

    Attributes
    ----------
    drugs
        Those of the scenario that it is about; of a pair both.
    advice, why, changes
        In one language; what would change it is empty where nothing is known that would.
    source
        The citation.
    recommends
        Whether it speaks for the drug.
    assumed
        What is not given, and it fires as if it were.
    """

    severity: Severity
    drugs: tuple[str, ...]
    rule: str
    topic: str
    advice: str
    why: str
    changes: str
    body: Body
    source: str
    confidence: Confidence
    recommends: bool
    alternatives: tuple[Alternative, ...]
    assumed: tuple[Assumed, ...]
    notes: tuple[Note, ...]
