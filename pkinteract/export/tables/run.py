"""The tables of a run, and of several compared."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pkinteract.analysis import alerts, compared_weeks, exposures
from pkinteract.export.tables.dates import dates
from pkinteract.model.expectation.evidence import PairEvidence
from pkinteract.result import Result
from pkinteract.text.csv import Table


def concentration_table(result: Result) -> Table:
    """``concentrations.csv``."""
    columns = {analyte.column: row for analyte, row in zip(result.analytes, result.concentration, strict=True)}
    return {"time_h": result.time, "day": result.time / 24, **dates(result.scenario, result.time), **columns}


def enzyme_table(result: Result) -> Table:
    """``enzymes.csv``."""
    return {"time_h": result.time, **dict(zip(result.enzymes, result.enzyme_level, strict=True))}


def clearance_table(result: Result) -> Table:
    """``clearances.csv``."""
    return {"time_h": result.time, **result.clearance}


def dose_table(result: Result) -> Table:
    """``doses.csv``."""
    rows = result.scenario.doses
    times = np.array([dose.time for dose in rows])
    return {
        "time_h": times,
        "day": times / 24,
        **dates(result.scenario, times),
        "drug": [dose.drug for dose in rows],
        "formulation": [dose.formulation for dose in rows],
        "route": [dose.route for dose in rows],
        "dose_mg": np.array([dose.amount for dose in rows]),
        "free_drug_mg": np.array([dose.free for dose in rows]),
        "duration_h": np.array([dose.duration for dose in rows]),
        "missed": [dose.missed for dose in rows],
    }


def observation_table(result: Result) -> Table:
    """``observations.csv``: measured levels beside the curve."""
    rows = result.scenario.observations
    times = np.array([row.time for row in rows])
    predicted = [float(result.curve(row.analyte).value(np.array([row.time]))[0]) for row in rows]
    return {
        "time_h": times,
        "day": times / 24,
        **dates(result.scenario, times),
        "analyte": [row.analyte for row in rows],
        "unit": [row.unit for row in rows],
        "observed": [row.value for row in rows],
        "below": [row.below for row in rows],
        "predicted": predicted,
        "ratio": [row.value / level if level > 0 else None for row, level in zip(rows, predicted, strict=True)],
        "note": [row.note for row in rows],
    }


def exposure_table(result: Result) -> Table:
    """``exposure.csv``: one row per analyte and period.

    ``cmax`` and ``tmax_h`` (on the clock of the run) are the exact maximum over the period; ``ctrough`` is the lowest
    value, ``cavg_24h`` the average and ``auc_24h`` the area of its last 24 h. In a period shorter than
    that the average is over all of it, and the area is 24 h times the average.
    """
    rows = list(exposures(result))
    return {
        "analyte": [row.analyte.id for row in rows],
        "unit": [row.analyte.unit for row in rows],
        "period": [row.period.number for row in rows],
        "from_day": [row.period.start / 24 for row in rows],
        "to_day": [row.period.stop / 24 for row in rows],
        "cmax": [row.cmax for row in rows],
        "tmax_h": [row.tmax for row in rows],
        "ctrough": [row.ctrough for row in rows],
        "cavg_24h": [row.average for row in rows],
        "auc_24h": [row.average * 24.0 for row in rows],
        "ratio_to_reference": [row.ratio for row in rows],
        "reference_low": [row.analyte.low for row in rows],
        "reference_high": [row.analyte.high for row in rows],
        "percent_time_in_range": [row.inside for row in rows],
        "percent_time_above_alert": [row.above for row in rows],
    }


def alert_table(result: Result) -> Table:
    """``alerts.csv``."""
    rows = alerts(result)
    stamps = dates(result.scenario, np.array([row.start for row in rows]))
    return {
        "from_h": [row.start for row in rows],
        "to_h": [row.stop for row in rows],
        "date": stamps.get("date", [None] * len(rows)),
        "severity": [row.severity for row in rows],
        "analyte": [row.analyte for row in rows],
        "rule": [row.rule for row in rows],
        "text": [row.text for row in rows],
    }


def pair_table(evidence: Sequence[PairEvidence]) -> Table:
    """``pairs.csv``: what is known of every two drugs, each acting on the other."""
    return {
        "perpetrator": [row.perpetrator for row in evidence],
        "victim": [row.victim for row in evidence],
        "status": [row.status for row in evidence],
        "expected": [row.expected for row in evidence],
        "published": [row.published_text or None for row in evidence],
        "studies": [row.studies for row in evidence],
        "fold_error": [row.fold_error for row in evidence],
        "grade_perpetrator": [row.grade_perpetrator for row in evidence],
        "grade_victim": [row.grade_victim for row in evidence],
        "source": [row.source for row in evidence],
    }


def comparison_table(results: Sequence[Result]) -> Table:
    """``comparison.csv``: Cavg, Cmax, Ctrough (lowest) per analyte and week, and ratios to the first scenario."""
    weeks = list(compared_weeks(results))
    measures = ("cavg", "cmax", "ctrough")
    return {
        "scenario": [week.scenario for week in weeks],
        "analyte": [week.analyte.id for week in weeks],
        "unit": [week.analyte.unit for week in weeks],
        "from_day": [week.start / 24 for week in weeks],
        "to_day": [week.stop / 24 for week in weeks],
        **{name: [week.levels[n] for week in weeks] for n, name in enumerate(measures)},
        **{f"{name}_ratio": [week.ratios[n] for week in weeks] for n, name in enumerate(measures)},
    }
