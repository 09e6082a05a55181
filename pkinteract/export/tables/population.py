"""The tables of a population: bands over time, days, measures, and who is at risk."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from pkinteract.export.tables.dates import dates
from pkinteract.population.people.cohort import Array
from pkinteract.population.run.plan import RunPlan
from pkinteract.population.statistics.metrics import DAY, measures_of
from pkinteract.population.statistics.tally import (
    AFTER,
    BEFORE,
    EVER,
    Tally,
    groups,
    moments,
    patient_measures,
    quantiles,
    ratio_interval,
    wilson,
)
from pkinteract.text.csv import Table

BANDS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
"""Quantiles of the bands."""

SPREAD = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Quantiles of the measures."""


def bands(plan: RunPlan, tally: Tally, place: int) -> tuple[Array, Array]:
    """Quantiles (share, time) and mean (time,) of an analyte's level on the grid of the plan, in its unit."""
    counts, lowest = tally.levels[place], plan.lowest[place]
    return quantiles(counts, BANDS, lowest), moments(counts, lowest)[0]


def bands_table(plan: RunPlan, tally: Tally) -> Table:
    """``bands.csv``: how levels spread at every time of the output; no patient follows a line of it."""
    bands_of = [bands(plan, tally, place) for place in range(len(plan.analytes))]
    spread, mean = (
        np.concatenate([band[0] for band in bands_of], axis=1),
        np.concatenate([band[1] for band in bands_of]),
    )
    times = np.tile(plan.grid, len(plan.analytes))
    return {
        "time_h": times,
        "day": times / DAY,
        **dates(plan.scenario, times),
        "analyte": [analyte.id for analyte in plan.analytes for _ in plan.grid],
        "unit": [analyte.unit for analyte in plan.analytes for _ in plan.grid],
        **_named(BANDS, spread),
        "mean": mean,
    }


def days_table(plan: RunPlan, tally: Tally) -> Table:
    """``days.csv``: how averages of 24 h spread, and the share of patients above the alert level on that day."""
    ends = plan.windows.ends
    columns: dict[str, list[object]] = {}
    for place, analyte in enumerate(plan.analytes):
        counts, lowest = tally.averages[place], plan.lowest[place]
        judged = analyte.alert is not None
        share, low, high = shares(tally.above[place], np.full(len(ends), tally.patients[0]))
        table = {
            "day": ends / DAY,
            "analyte": [analyte.id] * len(ends),
            "unit": [analyte.unit] * len(ends),
            **_named(BANDS, quantiles(counts, BANDS, lowest)),
            "mean": moments(counts, lowest)[0],
            "alert": [analyte.alert] * len(ends),
            "share_above_alert": share if judged else [None] * len(ends),
            "low": low if judged else [None] * len(ends),
            "high": high if judged else [None] * len(ends),
        }
        for name, cells in table.items():
            columns.setdefault(name, []).extend(cells)
    return columns


def metrics_table(plan: RunPlan, tally: Tally) -> Table:
    """``metrics.csv``: how every measure spreads, in everybody and by phenotype."""
    names = groups(plan)[: patient_measures(plan)]
    owners = [(analyte, measure, unit) for analyte in plan.analytes for measure, unit in measures_of(analyte).items()]
    counts = tally.measures.reshape(-1, tally.measures.shape[2])
    total = counts.sum(axis=1, dtype=np.int64)
    some = total > 0
    mean, sd = moments(counts[some])
    rows = [(*owner, *group) for owner in owners for group in names]
    shown = [row for row, here in zip(rows, some, strict=True) if here]
    return {
        "analyte": [analyte.id for analyte, *_ in shown],
        "metric": [measure for _, measure, *_ in shown],
        "unit": [unit for _, _, unit, *_ in shown],
        "group": [group for *_, group, _ in shown],
        "level": [level for *_, level in shown],
        "n": total[some],
        "mean": mean,
        "sd": sd,
        **_named(SPREAD, quantiles(counts[some], SPREAD)),
    }


def risk_table(plan: RunPlan, tally: Tally) -> Table:
    """``risk.csv``: who is above an alert level before, after and at any time, with 95 % intervals.

    The risk ratio, with its 95 % interval, compares the shares after of a level of a group and of everybody else; it is
    empty where nobody else is at risk, and so is the upper end of its interval.
    """
    names = ["analyte", "alert", "unit", "group", "level", "n"]
    for word in ("before", "after", "ever"):
        names += [f"at_risk_{word}", f"share_{word}", f"low_{word}", f"high_{word}"]
    names += ["risk_ratio_after", "risk_ratio_low_after", "risk_ratio_high_after"]
    columns: dict[str, list[object]] = {name: [] for name in names}
    risk = tally.risk.astype(np.int64)
    ends = _ratio_ends(risk)
    for n, analyte in enumerate(plan.analytes):
        for g, (group, level) in enumerate(groups(plan)):
            row, rest = risk[n, g], risk[n, 0] - risk[n, g]
            if analyte.alert is None or row[0] == 0:
                continue
            cells: list[object] = [analyte.id, analyte.alert, analyte.unit, group, level, int(row[0])]
            for when in (BEFORE, AFTER, EVER):
                share, low, high = shares(row[when], row[0])
                cells += [int(row[when]), float(share), float(low), float(high)]
            other = rest[AFTER] / rest[0] if rest[0] else 0.0
            cells.append(float(row[AFTER] / row[0] / other) if other else None)
            cells += [float(end) if math.isfinite(end) else None for end in ends[:, n, g]]
            for column, cell in zip(columns.values(), cells, strict=True):
                column.append(cell)
    return columns


def _ratio_ends(risk: npt.NDArray[np.int64]) -> Array:
    """Ends of the interval of the share after of every group over that of everybody else, (2, analyte, group)."""
    rest = risk[:, :1] - risk
    return np.array(ratio_interval(risk[..., AFTER], risk[..., 0], rest[..., AFTER], rest[..., 0]))


def shares(events: np.ndarray, total: np.ndarray) -> tuple[Array, Array, Array]:
    """Share ``events``/``total`` [1] and the ends of its 95 % interval, in the shape of the counts; NaN for nobody."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return (np.asarray(events) / np.asarray(total), *wilson(events, total))


def _named(which: tuple[float, ...], measures: Array) -> dict[str, Array]:
    return {f"p{round(100 * share)}": measure for share, measure in zip(which, measures, strict=True)}
