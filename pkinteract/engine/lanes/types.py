"""What lanes are asked and what they give: readings, changes, where subjects stand."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from pkinteract.engine.curves import Array
from pkinteract.engine.kernel.vector import LANES
from pkinteract.engine.memory import release

Levels = npt.NDArray[np.float32] | Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What is read of the curves.

    Attributes
    ----------
    grid
        (time,) sorted [h].
    weights
        (analyte, compound, subject) reporting unit per mg in the central compartment.
    alerts
        (analyte,) level above which hours are counted; infinite where there is none.
    edges
        (window + 1,) sorted [h].
    states
        States of the system that are read too, as they are, behind the analytes.
    """

    grid: Array
    weights: Array
    alerts: Array
    edges: Array
    states: tuple[int, ...] = ()

    @property
    def curves(self) -> int:
        """Number of curves that are read."""
        return len(self.alerts) + len(self.states)


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneStates:
    """Where subjects stand: what ``State`` says of each, (state, subject), (depot, subject) and (compound, subject)."""

    stepped: Array
    depots: Array
    inflows: Array
    rates: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """From ``time`` [h] on, parameters (parameter, subject) and weights (analyte, compound, subject) are these."""

    time: float
    parameters: Array
    weights: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Lanes:
    """What was read.

    Attributes
    ----------
    windows
        (analyte, window, measure, subject), see ``MEASURES``.
    curves
        (group, time, analyte, lane) levels, as they were written; subjects are numbered from group to group, and the
        last group is filled up.
    ok
        (subject,) whether it was solved to the end.
    begin, end
        Where all subjects stood just before the first jump, and at the end; None unless it was asked.
    """

    windows: Array
    curves: Levels
    ok: npt.NDArray[np.bool_]
    begin: LaneStates | None = None
    end: LaneStates | None = None

    @property
    def profile(self) -> Levels:
        """(analyte, time, subject) levels; not a number where it was not solved."""
        groups, times, analytes, lanes = self.curves.shape
        levels = self.curves.transpose(2, 1, 0, 3).reshape(analytes, times, groups * lanes)[:, :, : len(self.ok)]
        return levels if self.ok.all() else np.where(self.ok, levels, self.curves.dtype.type(np.nan))

    def of(self, subject: int) -> Array:
        """(analyte, time) levels of one subject."""
        group, lane = divmod(subject, LANES)
        return np.asarray(self.curves[group, :, :, lane].T, dtype=float)

    def first(self, count: int) -> Lanes:
        """The same of the first subjects alone."""
        return replace(self, windows=self.windows[..., :count], ok=self.ok[:count])

    def release(self) -> None:
        """Let others have the room of what was read; it is lost."""
        release(self.windows)
        release(self.curves)
