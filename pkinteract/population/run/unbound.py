"""Unbound levels of virtual patients where binding varies: no weighted sum of amounts, so read point by point.

The engine reads sums of amounts while it steps. An unbound level follows from the amounts of all that compete for the
sites, which are read at points close together. Integral and time above a level are those of the lines between, a
maximum that of the parabola through three points: off by 1e-4 of the highest level.
"""

from __future__ import annotations

import numpy as np

from pkinteract.analytes import analytes, is_varying, parts_of
from pkinteract.engine.curves import distinct
from pkinteract.engine.kernel.vector import LANES
from pkinteract.engine.lanes.types import Lanes
from pkinteract.engine.reference.medium import unbound_levels
from pkinteract.population.people.cohort import Array, IntArray
from pkinteract.population.run.bodies import Bodies
from pkinteract.result import Analyte
from pkinteract.scenario import Scenario

POINTS_APART, MOST_POINTS = 0.125, 20_000
"""How far apart levels are read [h], at least, and how often in a run at most, about."""

CHUNK = 2000
"""Points at once: few enough to stay in the cache of a processor."""


def varying(scenario: Scenario, patients: Bodies) -> list[tuple[int, Analyte]]:
    """The unbound levels that are no constant share of the total one, and their places among the analytes."""
    everything = enumerate(analytes(scenario))
    return [(row, analyte) for row, analyte in everything if is_varying(analyte, patients.model)]


def binders(patients: Bodies, unbound: list[tuple[int, Analyte]]) -> list[int]:
    """Compounds whose amounts decide unbound levels."""
    model = patients.model
    rows = [model.compounds.index(analyte.parts[0]) for _, analyte in unbound]
    return sorted(frozenset[int]().union(*(model.system.binders(row) for row in rows)))


def points(scenario: Scenario, grid: Array, edges: Array) -> Array:
    """Times at which levels are read, (point,) [h]: evenly, on the grid, and at the ends of the windows."""
    start, stop = scenario.first_time, scenario.duration
    apart = max(POINTS_APART, (stop - start) / MOST_POINTS)
    return distinct(np.concatenate([np.arange(start, stop, apart), [stop], grid, edges]))


def write_unbound(
    done: Lanes,
    amounts: Lanes,
    scenario: Scenario,
    patients: Bodies,
    unbound: list[tuple[int, Analyte]],
    times: Array,
    grid: Array,
    edges: Array,
    alerts: Array,
) -> None:
    """Write unbound levels into what was read of the analytes, in place.

    Parameters
    ----------
    done
        Windows and levels of all analytes on the ``grid``.
    amounts
        Amounts of the binders [mg] at ``times``.
    alerts
        (analyte,) in the reporting unit.
    """
    acting, model = binders(patients, unbound), patients.model
    on_grid, ends = np.searchsorted(times, grid), np.searchsorted(times, edges)
    count = patients.parameters.shape[1]
    wanted = {row: parts_of(analyte, scenario, model)[0] for row, analyte in unbound}
    levels = {row: np.empty((len(times), LANES)) for row in wanted}
    for group, read in enumerate(amounts.curves):
        here = np.minimum(np.arange(LANES) + LANES * group, count - 1)
        parameters = tuple(patients.parameters[:, here])
        for start in range(0, len(times), CHUNK):
            piece = slice(start, start + CHUNK)
            rows = {i: np.maximum(read[piece, n], 0.0, dtype=float) for n, i in enumerate(acting)}
            free = unbound_levels(model.system, rows, parameters)
            for row, (compound, _, factor) in wanted.items():
                np.multiply(free[compound], factor, out=levels[row][piece])
        own = slice(LANES * group, min(LANES * (group + 1), count))
        for row in wanted:
            done.curves[group, :, row] = levels[row][on_grid]
            measured = _windows(levels[row], times, ends, float(alerts[row]))
            done.windows[row, :, :, own] = np.where(done.ok[own], measured[..., : own.stop - own.start], np.nan)


def _windows(levels: Array, times: Array, ends: IntArray, alert: float) -> Array:
    """What the windows between ``ends``, places among the ``times`` [h], hold of levels (time, lane).

    Integral, maximum, its time, minimum, and hours above ``alert``: (window, measure, lane).
    """
    if len(ends) < 2:
        return np.empty((0, 5, levels.shape[1]))
    first, last = ends[:-1, None], ends[1:, None]
    inside = np.minimum(first + np.arange((last - first).max() + 1), last)  # a shorter window stays at its last point
    when, level = times[inside], levels[inside]
    gaps = np.diff(when, axis=1)
    halves = (np.pad(gaps, ((0, 0), (0, 1))) + np.pad(gaps, ((0, 0), (1, 0)))) / 2
    top, at = _highest(level, when)
    measured = [np.einsum("wt,wtl->wl", halves, level), top, at, level.min(axis=1), _hours_above(level, gaps, alert)]
    return np.stack(measured, axis=1)


def _hours_above(levels: Array, gaps: Array, limit: float) -> Array:
    """Hours for which the lines between levels (window, time, lane) are above a limit, (window, lane)."""
    if not (levels > limit).any():
        return np.zeros((len(levels), levels.shape[2]))
    low, high = np.minimum(levels[:, :-1], levels[:, 1:]), np.maximum(levels[:, :-1], levels[:, 1:])
    share = np.clip((high - limit) / np.where(high > low, high - low, 1.0), 0.0, 1.0)
    return np.asarray(np.einsum("wt,wtl->wl", gaps, np.where(high > low, share, high > limit)))


def _highest(levels: Array, times: Array) -> tuple[Array, Array]:
    """Maximum of levels (window, time, lane) and its time [h], (window, lane): that of a parabola inside a window."""
    place = levels.argmax(axis=1)
    window, lane = np.ogrid[: len(levels), : levels.shape[2]]
    middle = np.clip(place, 1, max(levels.shape[1] - 2, 1))
    before, here, after = (levels[window, np.minimum(middle + n, levels.shape[1] - 1), lane] for n in (-1, 0, 1))
    steps = [times[window, np.minimum(middle + n, levels.shape[1] - 1)] - times[window, middle] for n in (-1, 1)]
    bend = 2 * here - before - after
    turns = (np.abs(steps[0] + steps[1]) <= 1e-9 * steps[1]) & (place == middle) & (bend > 0)
    shift = np.where(turns, (after - before) / np.where(turns, 2 * bend, 1.0), 0.0)
    return levels[window, place, lane] + shift * (after - before) / 4, times[window, place] + shift * steps[1]
