"""Conditional dosing: when a protocol is checked, what it asks of a level, and what it makes of a dose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from pkinteract.scenario.streams import Array, Streams, error_factors

Measure = Literal["trough", "average", "level"]
ActionKind = Literal["times", "plus", "set", "stop"]
Decision = Literal["changed", "not-met", "no-change"]

SAME = 1e-9
"""Relative difference of two doses that are one [1]."""

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A level of an analyte above, or else below, a ``limit`` in its reporting ``unit``."""

    analyte: str
    measure: Measure
    above: bool
    limit: float
    unit: str

    def met(self, level: Array) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
        """Whether levels in ``unit`` are beyond the limit; one that is not known is not."""
        return level > self.limit if self.above else level < self.limit


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

    def dose(self, before: Array) -> Array:
        """What it makes of labelled doses [mg]; none of one that is 0, as what was stopped stays so."""
        action = self.action
        if action.kind == "stop":
            return np.zeros_like(before)
        if action.kind == "set":
            return np.where(before > 0, action.amount, 0.0)
        after = before * action.amount if action.kind == "times" else before + action.amount
        if self.round_to is not None:
            pieces = np.floor(after / self.round_to + 0.5 + _ROUNDING)
            after = np.where(after > 0, self.round_to * np.maximum(pieces, 1.0), 0.0)
        if action.raises:
            ceiling = np.inf if self.highest is None else self.highest
            after = np.maximum(np.minimum(after, ceiling), before)
        else:
            after = np.minimum(np.maximum(after, self.lowest or 0.0), before)
        return np.where(before > 0, after, 0.0)

    def measured(self, level: Array, time: float, streams: Streams) -> Array:
        """What the laboratory reports of true levels (n,) at a check [h]: the same for two protocols on one sample."""
        if self.condition is None or self.error == 0:
            return level
        second = round((time + 100 * 8766) * 3600)
        return level * error_factors(self.error, f"level of {self.condition.analyte}", second, streams)


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
    before, after
        That dose before and after [mg]; None unless it was changed.
    """

    protocol: Protocol
    time: float
    level: float | None
    measured: float | None
    decision: Decision
    since: float | None
    before: float | None
    after: float | None


def checks_in_order(protocols: Sequence[Protocol]) -> list[tuple[float, int]]:
    """Time [h] of every check and the place of its protocol; at equal times in the order of the file."""
    return sorted((time, n) for n, protocol in enumerate(protocols) for time in protocol.checks)
