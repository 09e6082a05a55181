"""Hours above alert levels that were published for samples: levels of virtual patients at the times of these."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pkinteract.analysis.levels import sample_times
from pkinteract.engine.curves import distinct
from pkinteract.engine.lanes.types import Lanes
from pkinteract.engine.memory import release, reserve
from pkinteract.population.people.cohort import Array
from pkinteract.population.run.plan import RunPlan
from pkinteract.population.statistics.metrics import ABOVE
from pkinteract.scenario.types import TOLERANCE


def times_with_samples(plan: RunPlan) -> Array:
    """The grid of a plan with the times of samples, sorted [h]."""
    return distinct(np.concatenate([plan.grid, *_samples(plan).values()]))


def write_sampled(done: Lanes, plan: RunPlan, times: Array) -> Lanes:
    """What was read at ``times`` [h], hours above alert levels by samples, levels on the plan's grid alone.

    A sample counts to the next one. Windows are changed in place; levels at other times are given back.
    """
    for row, sampled in _samples(plan).items():
        limit, edges = plan.analytes[row].alert or 0.0, plan.windows.edges
        starts, stops = sampled, np.append(sampled[1:], edges[-1])
        hours = np.minimum(stops, edges[1:, None]) - np.maximum(starts, edges[:-1, None])
        hours = np.where(hours > TOLERANCE, hours, 0.0)
        levels = done.curves[:, np.searchsorted(times, sampled), row]
        above = hours @ (levels > limit).transpose(1, 0, 2).reshape(len(sampled), -1)
        done.windows[row, :, ABOVE] = np.where(done.ok, above[:, : len(done.ok)], np.nan)
    if len(times) == len(plan.grid):
        return done
    groups, _, analytes, lanes = done.curves.shape
    kept = reserve((groups, len(plan.grid), analytes, lanes), done.curves.dtype)
    kept[:] = done.curves[:, np.searchsorted(times, plan.grid)]
    release(done.curves)
    return replace(done, curves=kept)


def _samples(plan: RunPlan) -> dict[int, Array]:
    """Analytes whose alert level is of a sample, by their place, and when it is drawn, once before the windows too."""
    begin = plan.windows.edges[0]
    rows: dict[int, Array] = {}
    for row, analyte in enumerate(plan.analytes):
        times = sample_times(plan.scenario, analyte) if analyte.alert_sampled else np.empty(0)
        if len(times):
            rows[row] = times[max(int(np.searchsorted(times, begin, "right")) - 1, 0) :]
    return rows
