"""A level that had not settled when something else changed: what is its own course, and what the change makes of it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pkinteract.analysis.causes import Cause
from pkinteract.analysis.moves import LEAST, Move
from pkinteract.analysis.risks import level_with, there
from pkinteract.result import Result

SMALL = 0.5
"""Largest logarithm of a level's own course, relative to that of the effect of a change, that is left out [1]."""


def effect_beside_drift(result: Result, move: Move, causes: Sequence[Cause]) -> float | None:
    """Fold that drugs which start or stop make of a level, where another part of its move is its own course [1].

    The effect is that of the long-run averages which ``check`` estimates, with the drugs before and after; what the
    move is more or less than that is the course of a level that had not settled, as in autoinduction or after the first
    doses. None where it had settled, where a change of dose or of the patient is among the causes, where it is not
    known where the level ends, and where its own course is less than ``LEAST`` or small beside the effect.
    """
    end = move.after if move.settled else move.limit
    if move.steady or end is None or not causes or any(cause.what not in ("starts", "stops") for cause in causes):
        return None
    scenario = result.scenario
    patient = scenario.patients[-1][1] if scenario.patients else scenario.patient
    before, after = (
        level_with(scenario, patient, there(scenario, time, move), move) for time in (move.cause, move.stop)
    )
    if min(before, after, end) <= 0:
        return None
    effect = after / before
    drift = abs(math.log(end / move.before / effect))
    return effect if drift > max(math.log(LEAST), SMALL * abs(math.log(effect))) else None
