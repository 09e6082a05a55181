"""The tables of a run, and of several compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from pkinteract.analysis import Alert, Answer, compared_weeks, exposures
from pkinteract.analysis.days import days_of
from pkinteract.analysis.levels import first_of_day
from pkinteract.analytes import name_of
from pkinteract.export.tables.dates import dates
from pkinteract.model.expectation.evidence import PairEvidence
from pkinteract.result import Analyte, Result
from pkinteract.scenario import Scenario
from pkinteract.text.csv import Table
from pkinteract.text.words import Words, words_of

if TYPE_CHECKING:
    from pkinteract.population.statistics.people import PatientSpread


def concentration_table(result: Result) -> Table:
    """``concentrations.csv``."""
    columns = {analyte.column: levels for analyte, levels in zip(result.analytes, result.concentration, strict=True)}
    return {"time_h": result.time, "day": result.time / 24, **dates(result.scenario, result.time), **columns}


def enzyme_table(result: Result) -> Table:
    """``enzymes.csv``."""
    return {"time_h": result.time, **dict(zip(result.enzymes, result.enzyme_level, strict=True))}


def clearance_table(result: Result) -> Table:
    """``clearances.csv``."""
    return {"time_h": result.time, **result.clearance}


def dose_table(result: Result) -> Table:
    """``doses.csv``."""
    doses = result.scenario.doses
    times = np.array([dose.time for dose in doses])
    return {
        "time_h": times,
        "day": times / 24,
        **dates(result.scenario, times),
        "drug": [dose.drug for dose in doses],
        "formulation": [dose.formulation for dose in doses],
        "route": [dose.route for dose in doses],
        "dose_mg": np.array([dose.amount for dose in doses]),
        "free_drug_mg": np.array([dose.free for dose in doses]),
        "duration_h": np.array([dose.duration for dose in doses]),
        "missed": [dose.missed for dose in doses],
    }


def observation_table(result: Result) -> Table:
    """``observations.csv``: measured levels beside the curve, and the typical one where the patient is fitted."""
    observations = result.scenario.observations
    times = np.array([observation.time for observation in observations])
    predicted = result.at_levels()
    return {
        "time_h": times,
        "day": times / 24,
        **dates(result.scenario, times),
        "analyte": [observation.analyte for observation in observations],
        "unit": [observation.unit for observation in observations],
        "observed": [observation.value for observation in observations],
        "below": [observation.below for observation in observations],
        "predicted": predicted,
        **({} if result.fit is None else {"typical": result.fit.typical.at_levels()}),
        "ratio": [
            observation.value / level if level > 0 else None
            for observation, level in zip(observations, predicted, strict=True)
        ],
        "note": [observation.note for observation in observations],
    }


def exposure_table(result: Result) -> Table:
    """``exposure.csv``: one row per analyte and period.

    ``cmax`` and ``tmax_h`` (on the clock of the run) are the exact maximum over the period; ``ctrough`` is the lowest
    value, ``cavg_24h`` the average and ``auc_24h`` the area of its last 24 h. In a period shorter than
    that the average is over all of it, and the area is 24 h times the average.
    """
    measured = list(exposures(result))
    return {
        "analyte": [exposure.analyte.id for exposure in measured],
        "unit": [exposure.analyte.unit for exposure in measured],
        "period": [exposure.period.number for exposure in measured],
        "from_day": [exposure.period.start / 24 for exposure in measured],
        "to_day": [exposure.period.stop / 24 for exposure in measured],
        "cmax": [exposure.cmax for exposure in measured],
        "tmax_h": [exposure.tmax for exposure in measured],
        "ctrough": [exposure.ctrough for exposure in measured],
        "cavg_24h": [exposure.average for exposure in measured],
        "auc_24h": [exposure.average * 24.0 for exposure in measured],
        "ratio_to_reference": [exposure.ratio for exposure in measured],
        "reference_low": [exposure.analyte.low for exposure in measured],
        "reference_high": [exposure.analyte.high for exposure in measured],
        "percent_time_in_range": [exposure.inside for exposure in measured],
        "percent_time_above_alert": [exposure.above for exposure in measured],
        "state": ["settled" if exposure.settled else "moving" for exposure in measured],
    }


def alert_table(answer: Answer, language: str = "en") -> Table:
    """``alerts.csv``, the gravest first, then by time."""
    raised, result, words = answer.alerts, answer.result, words_of(language)
    stamps = dates(result.scenario, np.array([alert.start for alert in raised]))
    return {
        "from_h": [alert.start for alert in raised],
        "to_h": [alert.stop for alert in raised],
        "date": stamps.get("date", [None] * len(raised)),
        "severity": [alert.severity for alert in raised],
        "analyte": [alert.analyte for alert in raised],
        "rule": [alert.rule for alert in raised],
        "text": [alert_text(alert, result, words) for alert in raised],
        "since": [alert.since for alert in raised],
    }


def alert_text(alert: Alert, result: Result, words: Words) -> str:
    """An alert in words."""
    values = dict(alert.values)
    analyte = next((analyte for analyte in result.analytes if analyte.id == alert.analyte), None)
    for key in ("analyte", "drug"):
        if key in values:
            values[key] = name_of(str(values[key]), result.scenario, words.language)
    first = values.get("first")
    if isinstance(first, float):
        values["first"] = words.day(24 * first)
    share = values.get("share")
    if isinstance(share, float) and share < 1:
        values["share"] = words.say("less-than", limit=1)
    if "average" in values:
        values["average"] = average_text(float(str(values["average"])), words)
    if "inducers" in values:
        drugs = values["inducers"]
        names = [name_of(drug, result.scenario, words.language) for drug in drugs] if isinstance(drugs, list) else []
        values["inducers"] = words.listed(names)
    if analyte is not None:
        values["judged"] = judged_text(analyte, result.scenario, words)
    text = words.say(f"alert.{alert.sentence}", **values)
    return text[0].upper() + text[1:]


def average_text(hours: float, words: Words) -> str:
    """What a level is the average of, in words: mostly of a day."""
    days = f"{hours / 24:.0f}"
    return words.say("average.day") if days == "1" else words.say("average.days", days=days)


def judged_text(analyte: Analyte, scenario: Scenario, words: Words) -> str:
    """The time of a dosing interval at which an analyte is judged, in words."""
    if analyte.after is not None:
        return words.say("judged.after", hours=analyte.after)
    return words.say("judged.first" if first_of_day(scenario, analyte.parent) else "judged.trough")


def day_table(result: Result) -> Table:
    """``daily.csv``: every analyte on every day from t = 0 on."""
    analytes = list(days_of(result))

    def column(part: str) -> list[object]:
        cells = [getattr(days, part) for days in analytes]
        return [
            value
            for days, own in zip(analytes, cells, strict=True)
            for value in ([None] * len(days.day) if own is None else own.tolist())
        ]

    starts = np.concatenate([days.day for days in analytes]) if analytes else np.zeros(0)
    return {
        "day": starts,
        **dates(result.scenario, starts * 24.0),
        "analyte": [days.analyte.id for days in analytes for _ in days.day],
        "unit": [days.analyte.unit for days in analytes for _ in days.day],
        "dose_mg": column("dose"),
        "trough": column("trough"),
        "peak": column("peak"),
        "average": column("average"),
        "ratio_to_before": column("ratio"),
        "in_range": column("inside"),
        "above_alert": column("above"),
    }


def sampling_table(answer: Answer, language: str = "en", people: PatientSpread | None = None) -> Table:
    """``sampling.csv``: when to draw a level, and what to expect; of ``people`` 5 and 95 % of their levels then."""
    samples, result, words = answer.samples, answer.result, words_of(language)
    places = {analyte.id: place for place, analyte in enumerate(result.analytes)}
    bands = [None if people is None else people.band(places[sample.analyte.id], sample.time) for sample in samples]
    times = np.array([sample.time for sample in samples])
    return {
        "day": times / 24,
        "date": dates(result.scenario, times).get("date", [None] * len(samples)),
        "analyte": [sample.analyte.id for sample in samples],
        "hours_after_dose": [sample.hours for sample in samples],
        "why": [words.say(f"sample.{sample.why}") for sample in samples],
        "share_of_change": [sample.share for sample in samples],
        "expected": [sample.expected for sample in samples],
        "low": [None if band is None else band[0] for band in bands],
        "high": [None if band is None else band[1] for band in bands],
        "unit": [sample.analyte.unit for sample in samples],
    }


def pair_table(evidence: Sequence[PairEvidence]) -> Table:
    """``pairs.csv``: what is known of every two drugs, each acting on the other."""
    return {
        "perpetrator": [pair.perpetrator for pair in evidence],
        "victim": [pair.victim for pair in evidence],
        "status": [pair.status for pair in evidence],
        "expected": [pair.expected for pair in evidence],
        "published": [pair.published_text or None for pair in evidence],
        "studies": [pair.studies for pair in evidence],
        "fold_error": [pair.fold_error for pair in evidence],
        "grade_perpetrator": [pair.grade_perpetrator for pair in evidence],
        "grade_victim": [pair.grade_victim for pair in evidence],
        "source": [pair.source for pair in evidence],
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
