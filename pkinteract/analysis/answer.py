"""What a run answers: how levels move, what is to be told, when to draw a level."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from pkinteract.analysis.alerts import OF_LEVELS, Alert, alerts_of
from pkinteract.analysis.drift import unknown_part
from pkinteract.analysis.moves import Move, first_change, moves_of, named, told
from pkinteract.analysis.sampling import Sample, samples_of
from pkinteract.result import Result
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
    unknown: tuple[Move, ...]


def answer_of(result: Result) -> Answer:
    """What a result answers."""
    moves = moves_of(result)
    unknown = [move for move in named(result, moves) if unknown_part(result, move)]
    alerts = alerts_of(result, moves)
    telling = _in_order([move for move in told(result, moves) if move not in unknown], alerts)
    return Answer(
        result=result,
        change=first_change(result.scenario),
        moves=moves,
        alerts=alerts,
        samples=samples_of(result, moves, alerts),
        told=telling,
        unknown=tuple(move for move in unknown if not telling or _earlier(result, move)),
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


def _earlier(result: Result, move: Move) -> bool:
    """Whether a drug was taken before t = 0: what is titrated in the run is on its own way."""
    return any(dose.time < -TOLERANCE for dose in result.scenario.doses if dose.drug == move.analyte.parent)
