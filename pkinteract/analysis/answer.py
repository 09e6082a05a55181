"""What a run answers: how levels move, what is to be told, when to draw a level."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pkinteract.analysis.alerts import OF_LEVELS, Alert, alerts_of
from pkinteract.analysis.causes import dose_causes
from pkinteract.analysis.drift import unknown_part
from pkinteract.analysis.moves import (
    LEAST,
    Move,
    first_change,
    fold_of,
    formed,
    moves_of,
    named,
    own_changes,
    redosed_moves,
    told,
)
from pkinteract.analysis.risks import WORTH
from pkinteract.analysis.sampling import Sample, samples_of
from pkinteract.result import Result
from pkinteract.scenario import Scenario
from pkinteract.scenario.types import TOLERANCE


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What follows from a result.

    Attributes
    ----------
    change
        The first change [h]; None without one.
    told
        Moves that are worth telling and can be laid to something: first those of unchanged doses, of them those of
        analytes that newly pass a limit, and of them those that move most.
    dosed
        Moves of levels after steps of their own dose: of drugs of which nothing else is told, where nothing is or where
        the level does not go in proportion to the dose.
    unknown
        Moves of levels that had not settled after a change of their own dose, where nothing tells whose part is which;
        of drugs that begin in the run only where nothing else is told.
    """

    result: Result
    change: float | None
    moves: tuple[Move, ...]
    alerts: tuple[Alert, ...]
    samples: tuple[Sample, ...]
    told: tuple[Move, ...]
    dosed: tuple[Move, ...]
    unknown: tuple[Move, ...]


def answer_of(result: Result) -> Answer:
    """What a result answers."""
    moves = moves_of(result)
    unknown = [move for move in named(result, moves) if unknown_part(result, move)]
    alerts = alerts_of(result, moves)
    telling = _in_order([move for move in told(result, moves) if move not in unknown], alerts)
    telling = telling or _in_order([move for move in formed(result, moves) if not unknown_part(result, move)], alerts)
    left = tuple(move for move in unknown if not telling or _earlier(result, move))
    return Answer(
        result=result,
        change=first_change(result.scenario),
        moves=moves,
        alerts=alerts,
        samples=samples_of(result, moves, alerts),
        told=telling,
        dosed=tuple(_dosed(result, [*telling, *left])),
        unknown=left,
    )


def _in_order(moves: Iterable[Move], alerts: Iterable[Alert]) -> tuple[Move, ...]:
    known = list(moves)
    passing = {alert.analyte for alert in alerts if alert.rule in OF_LEVELS and alert.since == "after"}
    most: dict[int, float] = {}
    for move in known:
        most[move.place] = max(most.get(move.place, 0.0), abs(math.log(max(move.ratio, 1e-12))))
    return tuple(
        sorted(
            known,
            key=lambda move: (
                move.redosed, move.analyte.id not in passing, -most[move.place], move.place, move.cause,
            ),
        )
    )  # fmt: skip


def _dosed(result: Result, said: Sequence[Move]) -> Iterator[Move]:
    """Moves after steps of the own dose that are worth telling beside some others."""
    parents = {move.analyte.parent for move in said}
    for move in named(result, redosed_moves(result)):
        if move.analyte.parent in parents or fold_of(move.target, move.before) <= LEAST:
            continue
        fold = dose_fold(result.scenario, move)
        if not said or fold_of(move.ratio, fold) >= WORTH:
            yield move


def dose_fold(scenario: Scenario, move: Move) -> float:
    """Labelled daily dose after the steps of a move's drug over that before them [1]."""
    before, after = daily_doses(scenario, move)
    return after / before


def daily_doses(scenario: Scenario, move: Move) -> tuple[float, float]:
    """Labelled daily doses before and after the steps of a move's drug [mg]."""
    drug = move.analyte.parent
    steps = [
        cause for time in own_changes(scenario, drug) for cause in dose_causes(scenario, time) if cause.drug == drug
    ]
    return steps[0].before or 0.0, steps[-1].after or 0.0


def _earlier(result: Result, move: Move) -> bool:
    """Whether a drug was taken before t = 0: what is titrated in the run is on its own way."""
    return any(dose.time < -TOLERANCE for dose in result.scenario.doses if dose.drug == move.analyte.parent)
