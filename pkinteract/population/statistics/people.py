"""How the levels of the patients lie around the curve of the typical one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from pkinteract.population.people.cohort import Array
from pkinteract.population.run.plan import RunPlan
from pkinteract.population.statistics.tally import Tally, quantiles
from pkinteract.scenario.types import TOLERANCE
from pkinteract.text.remark import Remark

EDGES = (0.05, 0.5, 0.95)
"""Ends of the band that holds nine patients in ten, and their median between them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientSpread:
    """The spread of the levels of virtual patients.

    Attributes
    ----------
    count
        Patients that were simulated.
    times
        (time,) the grid of the plan [h].
    levels
        (analyte, 3, time) ``EDGES`` of the levels, in the unit of each analyte; NaN where there is nobody.
    warnings
        What to know of the patients.
    """

    count: int
    times: Array
    levels: Array
    warnings: tuple[Remark, ...]

    def band(self, place: int, time: float) -> tuple[float, float] | None:
        """5 and 95 % of the levels of an analyte at a time [h]; None where nobody has one, or off the grid.

        Between two times of the grid a dose may lie: nothing is read across it.
        """
        near = int(np.argmin(np.abs(self.times - time)))
        low, _, high = (float(level) for level in self.levels[place, :, near])
        return None if abs(self.times[near] - time) > TOLERANCE or np.isnan(low) else (low, high)


def people_of(plan: RunPlan, tally: Tally, warnings: Iterable[Remark] = ()) -> PatientSpread:
    """The spread of what was counted."""
    levels = [quantiles(tally.levels[place], EDGES, lowest) for place, lowest in enumerate(plan.lowest)]
    return PatientSpread(
        count=int(tally.patients[0]), times=plan.grid, levels=np.array(levels), warnings=tuple(warnings)
    )
