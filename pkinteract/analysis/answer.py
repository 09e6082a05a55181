"""What a run answers: how levels move, what is to be told, when to draw a level."""

from __future__ import annotations

from dataclasses import dataclass

from pkinteract.analysis.alerts import Alert, alerts_of
from pkinteract.analysis.moves import Move, first_change, moves_of
from pkinteract.analysis.sampling import Sample, samples_of
from pkinteract.result import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What follows from a result.

    Attributes
    ----------
    change
        The first change [h]; None without one.
    """

    result: Result
    change: float | None
    moves: tuple[Move, ...]
    alerts: tuple[Alert, ...]
    samples: tuple[Sample, ...]


def answer_of(result: Result) -> Answer:
    """What a result answers."""
    moves = moves_of(result)
    alerts = alerts_of(result, moves)
    return Answer(
        result=result,
        change=first_change(result.scenario),
        moves=moves,
        alerts=alerts,
        samples=samples_of(result, moves, alerts),
    )
