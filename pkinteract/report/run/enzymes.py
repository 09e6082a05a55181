"""What is drawn of the enzymes of a run: how much there is of each, and what reversible inhibitors leave of it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from pkinteract.engine.curves import Array
from pkinteract.result import Result

DAY = 24.0

ENZYME_POINTS = 1200
"""Points of an enzyme at most: two an hour in 25 d."""

MOVES = 1e-3
"""How far an amount moves at least to be drawn [1]."""

INHIBITED = 0.02
"""Share of an enzyme's activity from which its inhibition is drawn [1]."""


@dataclass(frozen=True, eq=False, kw_only=True)
class DrawnEnzyme:
    """An enzyme that is drawn.

    Attributes
    ----------
    name
        Enzyme and organ as ``enzymes.csv`` has them, such as ``CYP3A4_liver``.
    times
        On an even grid (time,) [h].
    level
        Amount (time,), 1 in the uninduced normal metaboliser [1].
    moves
        Whether the amount does.
    left
        Share that reversible inhibitors leave (time,) [1]; None for all of it.
    resting
        Whether everything stood before the run as it stands in its beginning.
    """

    name: str
    times: Array
    level: Array
    moves: bool
    left: Array | None
    resting: bool

    def averages(self) -> tuple[Array, Array]:
        """Times [h], and the average activity of the 24 h before each [1]; from where these are known."""
        values = self.level if self.left is None else self.level * self.left
        times = self.times
        steps = np.diff(times) * (values[1:] + values[:-1]) / 2
        total = np.concatenate([[0.0], np.cumsum(steps)])
        window = min(DAY, (times[-1] - times[0]) / 2)
        before = times - window
        earlier = np.interp(before, times, total) + np.minimum(before - times[0], 0.0) * values[0]
        shown = slice(None) if self.resting else before >= times[0] - 1e-9
        return times[shown], ((total - earlier) / window)[shown]


def drawn_enzymes(result: Result, start: float, end: float) -> list[DrawnEnzyme]:
    """Enzymes that clear a compound of the run in an organ, and whose activity moves there from start to end [h]."""
    monographs = result.scenario.monographs.values()
    used = {
        f"{pathway.enzyme}_{pathway.organ}" for monograph in monographs for pathway in monograph.elimination.pathway
    }
    used |= {f"{pathway.returned_by}_liver" for monograph in monographs for pathway in monograph.elimination.pathway}
    used |= {f"{protein}_gut" for monograph in monographs for protein in monograph.gut_proteins}
    lead = max(result.scenario.first_time, start - DAY)
    times = np.linspace(lead, end, 1 + math.ceil(min(2 * (end - lead), ENZYME_POINTS)))
    left = {} if result.activity is None else result.activity.left(times)
    drawn = []
    for name, curve in zip(result.enzymes, result.enzyme_curves, strict=True):
        share = left.get(name)
        share = share if share is not None and share.min() < 1 - INHIBITED else None
        level = curve.value(times)
        moves = bool(np.ptp(level) > MOVES)
        if name in used and (moves or share is not None):
            drawn.append(
                DrawnEnzyme(
                    name=name,
                    times=times,
                    level=level,
                    moves=moves,
                    left=share,
                    resting=result.kept is None,
                )
            )
    return drawn
