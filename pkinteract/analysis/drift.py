"""A level that had not settled when something else changed: what is its own course, and what the change makes of it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pkinteract.analysis.causes import Cause, causes_of
from pkinteract.analysis.moves import LEAST, Move, changes_dose
from pkinteract.analysis.risks import level_with, there
from pkinteract.result import Result
from pkinteract.scenario.types import TOLERANCE

SMALL = 0.5
"""Largest logarithm of a level's own course, relative to that of the effect of a change, that is left out [1]."""


def causes_of_move(result: Result, move: Move) -> tuple[Cause, ...]:
    """What led to the average that a move is judged by: nothing of its last round, as an average goes behind.

    Changes of the drug's own dose, from which the move began, are none of it.
    """
    end = (move.extreme_time if move.returns else move.stop) - move.round
    times = [time for time in result.scenario.changes if move.cause - TOLERANCE <= time < end - TOLERANCE]
    causes = causes_of(result.scenario, times or [move.cause], move.analyte.parent)
    return tuple(cause for cause in causes if not (move.redosed and cause.drug == move.analyte.parent))


def effect_of(result: Result, move: Move, causes: Sequence[Cause]) -> float | None:
    """Fold that drugs which start or stop make of a level in the long run, as ``check`` estimates it [1].

    By the drugs that are there before and after, of a level that comes and goes at its furthest. None where a change of
    dose or of the patient is among the causes, or the level does not settle.
    """
    if not causes or any(cause.what not in ("starts", "stops") for cause in causes):
        return None
    scenario = result.scenario
    patient = scenario.patients[-1][1] if scenario.patients else scenario.patient
    before, after = (
        level_with(scenario, patient, there(scenario, time, move), move)
        for time in (move.cause, move.extreme_time if move.returns else move.stop)
    )
    return after / before if min(before, after) > 0 else None


def effect_beside_drift(result: Result, move: Move, causes: Sequence[Cause]) -> float | None:
    """Fold that causes make of a level, where another part of its move is its own course [1].

    What the move is more or less than :func:`effect_of` is the course of a level that had not settled, as in
    autoinduction or after a change of dose; after that what it has come to stands for an end that is not known. None
    where it had settled, where the effect or the end is not known, and, but for doses that change with the cause, where
    its own course is less than ``LEAST`` or small beside the effect.
    """
    end = move.target if move.settled or (move.redosed and move.limit is None) else move.limit
    if move.steady or end is None or end <= 0:
        return None
    effect = effect_of(result, move, causes)
    if effect is None:
        return None
    drift = abs(math.log(end / move.before / effect))
    if doses_with(result, move):
        return effect
    return effect if drift > max(math.log(LEAST), SMALL * abs(math.log(effect))) else None


def doses_with(result: Result, move: Move) -> bool:
    """Whether the drug's own dose changes with the cause of a move."""
    return move.redosed and changes_dose(result.scenario, move.analyte.parent, move.cause)


def unknown_part(result: Result, move: Move) -> bool:
    """Whether nothing tells what its causes make of a level that was on its way after a change of its own dose."""
    return move.redosed and effect_of(result, move, causes_of_move(result, move)) is None
