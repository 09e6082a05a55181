"""Conditional dosing: what a protocol is, when it is checked, and what came of a check."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Measure = Literal["trough", "average", "level"]
ActionKind = Literal["times", "plus", "set", "stop"]
Decision = Literal["changed", "not-met", "no-change"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A level of an analyte above, or else below, a ``limit`` in its reporting ``unit``."""

    analyte: str
    measure: Measure
    above: bool
    limit: float
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseAction:
    """What becomes of every dose: times ``amount`` [1], plus it [mg], set to it [mg], or none any more."""

    kind: ActionKind
    amount: float

    @property
    def raises(self) -> bool:
        """Whether it makes a dose larger; what sets one does either."""
        return self.amount > (1.0 if self.kind == "times" else 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """A rule that changes the doses of a drug.

    Attributes
    ----------
    when, then
        As they are written.
    condition
        None for a rule that holds on a day.
    checks
        When it is checked [h], sorted: when the level is drawn, or the day.
    delay
        From a check to the first dose that may be another [h].
    error
        CV of the measured level [1].
    at_most
        Changes that it makes; None for any number.
    lowest, highest
        Labelled dose that it does not go beyond [mg]; None without.
    round_to
        Doses that it makes are multiples of this [mg]; None for any.
    """

    drug: str
    when: str
    then: str
    condition: Condition | None
    checks: tuple[float, ...]
    action: DoseAction
    delay: float
    error: float
    at_most: int | None
    lowest: float | None
    highest: float | None
    round_to: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckOutcome:
    """What a check of a run measured and decided.

    Attributes
    ----------
    time
        When the level was drawn, or the day [h].
    level, measured
        True level, and with the error of the assay, in the unit of the condition; None for a day.
    decision
        "changed", "not-met", or "no-change" where the condition holds and no dose of the run becomes another.
    since
        The first dose that is another [h]; None unless it was changed.
    doses
        Labelled amounts before and after of the doses of that day, each pair once, by time, also of a dose that stays
        [mg]; of that week where doses are not given every day. Empty unless one was changed.
    """

    protocol: Protocol
    time: float
    level: float | None
    measured: float | None
    decision: Decision
    since: float | None
    doses: tuple[tuple[float, float], ...]


def checks_in_order(protocols: Sequence[Protocol]) -> list[tuple[float, int]]:
    """Time [h] of every check and the place of its protocol; at equal times in the order of the file."""
    return sorted((time, n) for n, protocol in enumerate(protocols) for time in protocol.checks)
