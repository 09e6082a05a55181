"""What the figure of an analyte shows: read off the counts, before anything is drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pkinteract.export.tables.population import shares
from pkinteract.population.people.cohort import Array
from pkinteract.population.run.plan import RunPlan
from pkinteract.population.statistics.tally import Tally, quantiles
from pkinteract.report.population.text import patient_count
from pkinteract.result import Analyte
from pkinteract.text.words import words_of

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fan:
    """The spread of an analyte.

    Attributes
    ----------
    patients
        How many there are, in words.
    ends
        (day,) ends of the stretches of 24 h [day].
    days, averages
        (point,) and (quantile, point): ``QUANTILES`` of the averages up to these days.
    swing
        Days, and the lowest and the highest median level within the 24 h before each, (point,) each.
    above
        Share of the patients above the alert level, and the ends of its 95 % interval [%], (day,) each.
    """

    analyte: Analyte
    patients: str
    ends: Array
    days: Array
    averages: Array
    swing: tuple[Array, Array, Array]
    above: tuple[Array, ...]


def fan_of(plan: RunPlan, tally: Tally, place: int) -> Fan:
    """The fan of the analyte at a place of the plan."""
    ends = plan.windows.ends / 24
    days, averages = ends, quantiles(tally.averages[place], QUANTILES, plan.lowest[place])
    if plan.windows.edges[0] < 0:  # what was taken for weeks has the same average all through the first day
        days, averages = np.append(ends[0] - 1, ends), np.concatenate([averages[:, :1], averages], axis=1)
    everybody = np.full(len(ends), tally.patients[0], dtype=np.int64)
    return Fan(
        analyte=plan.analytes[place],
        patients=patient_count(plan, tally, words_of("en")),
        ends=ends,
        days=days,
        averages=averages,
        swing=_swing(plan, quantiles(tally.levels[place], (0.5,), plan.lowest[place])[0]),
        above=tuple(100 * share for share in shares(tally.above[place], everybody)),
    )


def _swing(plan: RunPlan, median: Array) -> tuple[Array, Array, Array]:
    """Days, and the lowest and the highest median level on the grid within the 24 h before each."""
    ends = plan.windows.ends[plan.windows.ends >= plan.grid[0] + 24]
    inside = [(plan.grid > end - 24) & (plan.grid <= end) for end in ends]
    return ends / 24, *(np.array([how(median[hours]) for hours in inside]) for how in (np.min, np.max))
