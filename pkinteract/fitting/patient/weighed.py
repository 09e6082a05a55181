"""Measured levels with what is expected of them, and which of them contradict the doses or each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pkinteract.result import Conflict
from pkinteract.scenario import Observation
from pkinteract.text.words import words_of

Span = tuple[float, float]

RARE = 0.01
"""A level that fewer people than this would have contradicts the dosing record [1]."""

FAR = 2.0
"""A level further from the individual prediction contradicts the others [SD]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WeighedLevel:
    """One measured level.

    Attributes
    ----------
    population, individual
        Predictions with the population's values and with the patient's, in the level's unit.
    expected, individually_expected
        Where 95 % of measured levels lie before and after the fit, the residual error included.
    probability
        Of a level at least as far out, before the fit, in either tail [1].
    residual
        Distance from the individual prediction [SD].
    without
        Prediction of a fit to the other levels, and the estimates of that fit by parameter.
    conflict
        With the doses or with the other levels; None if there is none.
    """

    observation: Observation
    population: float
    individual: float
    expected: Span
    individually_expected: Span
    probability: float
    residual: float
    without: float
    without_values: Mapping[str, float]
    conflict: Conflict | None

    @property
    def contradiction(self) -> str:
        """What is wrong with the level, as a sentence; empty if nothing is."""
        return "" if self.conflict is None else self.conflict.told(self.observation.analyte, words_of("en"))


def with_conflicts(levels: list[WeighedLevel]) -> list[WeighedLevel]:
    """The levels with what is wrong with them; one that nobody would have spoils the residuals of the others."""
    wrong = [level.probability < RARE for level in levels]
    if not any(wrong):
        wrong = [level.residual < -FAR if level.observation.below else abs(level.residual) > FAR for level in levels]
    return [
        replace(level, conflict=_conflict(level)) if bad else level for level, bad in zip(levels, wrong, strict=True)
    ]


def _conflict(level: WeighedLevel) -> Conflict:
    """Why a level cannot be right together with the dosing record, or with the other levels."""
    rare = level.probability < RARE
    return Conflict(
        observation=level.observation,
        rare=rare,
        predicted=level.population if rare else level.individual,
        low=level.expected[0],
        high=level.expected[1],
        sds=abs(level.residual),
    )
