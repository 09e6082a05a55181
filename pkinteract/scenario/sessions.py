"""The patient as sessions of dialysis begin and end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pkinteract.scenario.types import Patient, Session


def dialysed_states(
    stages: Sequence[tuple[float, Patient]], sessions: Sequence[Session]
) -> list[tuple[float, Patient]]:
    """The states of a patient, the first as the run begins, and begin and end of each session [h], sorted.

    The first is in it only where a session begins or ends with it.
    """
    edges = {time for session in sessions for time in (session.start, session.stop)}
    times = sorted(edges | {time for time, _ in stages[1:]})
    states, stage, running = [], 0, 0
    for time in times:
        while stage + 1 < len(stages) and stages[stage + 1][0] <= time:
            stage += 1
        while running < len(sessions) and sessions[running].stop <= time:
            running += 1
        dialysed = running < len(sessions) and sessions[running].start <= time
        states.append((time, replace(stages[stage][1], dialysed=dialysed)))
    return states
