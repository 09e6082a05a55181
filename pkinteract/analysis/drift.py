"""What course a level takes; of one that had not settled when something else changed, what is its own course."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from pkinteract.analysis.causes import Cause, causes_of, dose_causes
from pkinteract.analysis.moves import LEAST, Move, changes_dose, fold_of, own_changes
from pkinteract.analysis.risks import patient_then, there
from pkinteract.analysis.settled import DAY, at_steady_state, averaged, standing
from pkinteract.model.expectation.estimate import averages_together
from pkinteract.model.expectation.intake import family_of, stays
from pkinteract.result import Result
from pkinteract.scenario import Scenario
from pkinteract.scenario.types import TOLERANCE

SMALL = 0.5
"""Largest logarithm of a level's own course, relative to that of the effect of a change, that is left out [1]."""


def course_of(move: Move, ratio: float) -> str:
    """What a move is called that went to a ratio: one way, or there and back, or back in part."""
    if not move.returns:
        return "rise" if ratio > 1 else "fall"
    there_and = "peaks" if ratio > 1 else "dips"
    return there_and if move.back else f"{there_and}-part"


def causes_of_move(result: Result, move: Move) -> tuple[Cause, ...]:
    """What led to the average that a move is judged by: nothing of its last round, as an average goes behind.

    Of a level that comes and goes also what was undone after half of the way: it had done its part by then. Changes of
    the drug's own dose, from which the move began, are none of it.
    """
    end = (move.extreme_time if move.returns else move.stop) - move.round
    times = [time for time in result.scenario.changes if move.cause - TOLERANCE <= time < end - TOLERANCE]
    causes = causes_of(result.scenario, times or [move.cause], move.analyte.parent)
    if move.returns and move.half is not None:
        said = {cause.drug for cause in causes}
        early = [time for time in times if time <= move.half] or [move.cause]
        causes += tuple(
            cause for cause in causes_of(result.scenario, early, move.analyte.parent) if cause.drug not in said
        )
    return tuple(cause for cause in causes if not (move.redosed and cause.drug == move.analyte.parent))


def effect_of(result: Result, move: Move, causes: Sequence[Cause]) -> float | None:
    """Fold that drugs which start or stop make of a level that its own doses move too [1].

    Where a schedule was advised, what the run without it makes of it. Where the dose changes with the cause, from one
    settled level to another, their ratio per dose. Else that of the long run, as ``check`` estimates it by the drugs
    that are there before and after, of a level that comes and goes at its furthest; what stops is gone. None where a
    change of dose or of the patient is among the causes, the level does not settle, a cause does not last as long as it
    takes to settle, or something whose level the causes change saturates.
    """
    end = move.extreme_time if move.returns else move.stop
    if result.unchanged is not None and not _own_before(result.unchanged.scenario, move, end):
        spans = ((time - move.round, time) for time in (move.cause, end))
        return _ratio(*(float(result.unchanged.area(move.place, *span)) for span in spans))
    shown = _per_dose(result, move)
    if shown is not None:
        return shown
    known = all(cause.what in ("starts", "stops") for cause in causes)
    return _expected(result, move, causes, end) if causes and known and not _passing(result, causes) else None


def _per_dose(result: Result, move: Move) -> float | None:
    """Fold of a level per dose, from one that had settled to one that has, where its dose changes with the cause [1].

    None of a drug that saturates, or does with what it becomes.
    """
    scenario, drug = result.scenario, move.analyte.parent
    if not doses_with(result, move) or not move.settled or move.returns:
        return None
    family = [scenario.monographs[name] for name in family_of(scenario, drug)]
    if any(pathway.km is not None for monograph in family for pathway in monograph.elimination.pathway):
        return None
    before = standing(result.curves[move.place], scenario.first_time, move.cause, averaged(scenario, drug))
    steps = [cause for cause in dose_causes(scenario, move.cause) if cause.drug == drug]
    if (
        not (before.settled or at_steady_state(scenario, drug))
        or not steps
        or not steps[0].before
        or not steps[0].after
    ):
        return None
    return _ratio(move.before * steps[0].after / steps[0].before, move.target)


def _expected(result: Result, move: Move, causes: Sequence[Cause], end: float) -> float | None:
    """Fold that drugs which start or stop make of a level in the long run [1]; None where levels saturate."""
    scenario = replace(result.scenario, patient=patient_then(result.scenario, move), patients=())
    stopped = {cause.drug for cause in causes if cause.what == "stops"}
    left = [drug for drug in there(scenario, end, move) if drug not in stopped]
    first, last = (averages_together(scenario, drugs) for drugs in (there(scenario, move.cause, move), left))
    saturating = (
        name
        for name, monograph in scenario.monographs.items()
        if any(pathway.km is not None for pathway in monograph.elimination.pathway)
    )
    if any(name in first and name in last and fold_of(first[name], last[name]) > LEAST for name in saturating):
        return None
    return _ratio(*(sum(levels.get(part, 0.0) for part in move.analyte.parts) for levels in (first, last)))


def _ratio(before: float, after: float) -> float | None:
    return after / before if min(before, after) > 0 else None


def _own_before(scenario: Scenario, move: Move, end: float) -> bool:
    """Whether the drug's own doses change in a scenario before a move is done: it may be on its own way then."""
    return any(time < end - TOLERANCE for time in own_changes(scenario, move.analyte.parent))


def _passing(result: Result, causes: Sequence[Cause]) -> bool:
    """Whether a drug that starts is given for less time than it and what it does take to settle."""
    there = stays(result.scenario)
    started = (there[cause.drug] for cause in causes if cause.what == "starts" and cause.drug in there)
    return any(
        stay.last < result.scenario.duration - DAY and stay.last - stay.first < stay.gone - stay.last
        for stay in started
    )


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
