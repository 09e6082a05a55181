"""What the script of the page draws: curves, ranges, measured levels, enzymes, doses."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pkinteract.analysis import Answer
from pkinteract.analytes import name_of
from pkinteract.engine.curves import Array
from pkinteract.report.run.enzymes import drawn_enzymes
from pkinteract.report.run.sentences import told_moves
from pkinteract.report.span import span
from pkinteract.result import Result
from pkinteract.scenario import Scenario
from pkinteract.scenario.types import TOLERANCE
from pkinteract.text.words import Words

if TYPE_CHECKING:
    from pkinteract.population.statistics.people import PatientSpread

ROOM = 24_000
"""Values of all curves together at most: some 150 kB."""

POINTS = 1800
"""Points of a curve at most."""

ENZYME_POINTS = 240
"""Points of an enzyme at most: they move over days."""

INSIDE = 8
"""Values of a curve between two points, of which the lowest and the highest are drawn."""

STRETCHES = 240
"""Stretches of equal dosing of a drug at most; more are drawn as averages of several days."""

Row = Mapping[str, Any]


def chart_content(answer: Answer, words: Words, people: PatientSpread | None = None) -> dict[str, Any]:
    """Everything that is drawn, thinned so that the page stays small; times in days.

    Unbound levels have a panel of their own, as in the picture: their range is none of the total ones.
    """
    result, scenario = answer.result, answer.result.scenario
    drawn_span = span(scenario)
    coarse = np.linspace(*drawn_span, ENZYME_POINTS)
    families: dict[tuple[str, str, bool], list[int]] = {}
    for i, analyte in enumerate(result.analytes):
        families.setdefault((analyte.parent, analyte.unit, analyte.unbound), []).append(i)
    drawn = len(result.curves) * (1 if people is None else 1 + len(people.levels[0]))
    drawn += 0 if result.fit is None else len(families) + 2 * len(result.fit.bands)
    times, sampled = _times(drawn_span, drawn)
    moved = [move.analyte.parent for move in told_moves(answer)]
    order = sorted(families, key=lambda family: moved.index(family[0]) if family[0] in moved else len(moved))
    return {
        "day": _rounded(times / 24, 5),
        "enzyme_day": _rounded(coarse / 24, 5),
        "start": None if scenario.start is None else scenario.start.isoformat(),
        "panels": [_panel(result, families[family], sampled, words, people) for family in order],
        "enzymes": _enzymes(result, drawn_span, coarse, words),
        "lanes": [_lane(scenario, drug, drawn_span, words) for drug in scenario.dosed],
        "changes": [round(time / 24, 4) for time in scenario.changes if drawn_span[0] < time < scenario.duration][:40],
    }


def _times(drawn_span: tuple[float, float], curves: int) -> tuple[Array, Array]:
    """Times that are drawn [h], and those that a curve is asked at: the same, or where they are sparse more.

    In a long run a point an hour is too much, and fewer would miss the peaks: then every stretch stands with its lowest
    and its highest value, in the order in which they come.
    """
    most = int(np.clip(ROOM / max(curves, 1), 120, POINTS))
    hourly = 1 + math.ceil(drawn_span[1] - drawn_span[0])
    if hourly <= most:
        times = np.linspace(*drawn_span, hourly)
        return times, times
    edges = np.linspace(*drawn_span, most // 2 + 1)
    width = edges[1] - edges[0]
    inside = edges[:-1, None] + width * (np.arange(INSIDE) + 0.5) / INSIDE
    return (edges[:-1, None] + width * np.array([0.25, 0.75])).ravel(), inside


def _drawn(values: Array) -> list[float]:
    """What is drawn of the values of a curve at the times that it is asked at."""
    values = np.maximum(values, 0.0)
    if values.ndim == 2:
        first = np.minimum(values.argmin(axis=1), values.argmax(axis=1))
        last = np.maximum(values.argmin(axis=1), values.argmax(axis=1))
        rows = np.arange(len(values))
        values = np.stack([values[rows, first], values[rows, last]], axis=1).ravel()
    return _rounded(values, 4)


def _band(people: PatientSpread, place: int, sampled: Array) -> list[list[float | None]]:
    """Ends of the band of an analyte, and the median between them; None before the patients are counted."""
    counted = sampled >= people.times[0] - TOLERANCE
    return [_known(np.interp(sampled, people.times, level), counted) for level in people.levels[place]]


def _fitted_band(result: Result, place: int, sampled: Array) -> list[list[float | None]] | None:
    """Ends of the band of a fitted patient; None where an analyte has none, or there is no such patient."""
    band = None if result.fit is None else result.fit.band(result.analytes[place].id)
    if band is None:
        return None
    ends = band.ends(sampled, result.curves[place].value(sampled))
    return [_known(end, np.isfinite(end)) for end in ends]


def _known(values: Array, known: npt.NDArray[np.bool_]) -> list[float | None]:
    """What is drawn of values that are known at some of the times."""
    whole = known if known.ndim == 1 else np.repeat(known.all(axis=1), 2)
    drawn = _drawn(np.where(known, values, 0.0))
    return [level if some else None for level, some in zip(drawn, whole, strict=True)]


def _panel(result: Result, members: Sequence[int], sampled: Array, words: Words, people: PatientSpread | None) -> Row:
    """A drug and what it forms; first, and drawn without a dash, what is judged by the range that is shown.

    Last, and drawn thin, what a typical patient has of the first, whose place is its ``typical``.
    """
    scenario, everything = result.scenario, [result.analytes[i] for i in members]
    judged = next((analyte for analyte in reversed(everything) if analyte.low is not None), everything[0])
    members = sorted(members, key=lambda i: result.analytes[i] is not judged)
    analytes = [result.analytes[i] for i in members]
    names = {analyte.id: name_of(analyte.id, scenario, words.language) for analyte in analytes}
    bands = [_fitted_band(result, i, sampled) if people is None else _band(people, i, sampled) for i in members]
    curves: list[dict[str, Any]] = [
        {
            "name": names[result.analytes[i].id],
            "values": _drawn(result.curves[i].value(sampled)),
            **({} if band is None else {"people": band}),
        }
        for i, band in zip(members, bands, strict=True)
    ]
    other = result.beside(members[0])
    if other is not None:
        name = words.say("chart.typical" if result.unchanged is None else "advise.unchanged", analyte=names[judged.id])
        curves.append({"name": name, "values": _drawn(other.value(sampled)), "typical": 0})
    return {
        "unit": analytes[0].unit,
        "low": judged.low,
        "high": judged.high,
        "alert": judged.alert,
        "judged": names[judged.id],
        "curves": curves,
        "measured": [
            {
                "day": round(observation.time / 24, 4),
                "value": observation.value,
                "curve": [analyte.id for analyte in analytes].index(observation.analyte),
            }
            for observation in scenario.observations
            if observation.analyte in names
        ],
    }


def _enzymes(result: Result, drawn_span: tuple[float, float], times: Array, words: Words) -> list[Row]:
    """Amounts that move, and the average activity of the 24 h before that reversible inhibitors leave, at times [h]."""
    rows: list[Row] = []
    for place, enzyme in enumerate(drawn_enzymes(result, *drawn_span)):
        known, averages = enzyme.averages()
        activity = [
            value if time >= known[0] else None
            for time, value in zip(times.tolist(), _rounded(np.interp(times, known, averages), 3), strict=True)
        ]
        protein, organ = enzyme.name.rsplit("_", 1)
        protein = words.say("chart.inducible") if protein == "inducible" else protein
        rows.append(
            {
                "name": f"{protein} {words.say(f'chart.{organ}')}",
                "place": place,
                **({"amount": _rounded(np.interp(times, enzyme.times, enzyme.level), 3)} if enzyme.moves else {}),
                **({} if enzyme.left is None else {"activity": activity}),
            }
        )
    return rows


def daily_amounts(scenario: Scenario, drug: str) -> dict[int, float]:
    """Labelled amount of a drug that is taken on each day with doses [mg]."""
    days: dict[int, float] = {}
    for dose in scenario.doses:
        if dose.drug == drug and not dose.missed:
            day = math.floor(dose.time / 24 + 1e-9)
            days[day] = days.get(day, 0.0) + dose.amount
    return days


def stretches_of(days: Mapping[int, float]) -> list[tuple[int, int, float]]:
    """First day, day after the last, and daily amount of every stretch of equal dosing."""
    stretches: list[tuple[int, int, float]] = []
    for day, amount in sorted(days.items()):
        first, after, before = stretches[-1] if stretches else (day, day - 1, 0.0)
        if after == day and abs(before - amount) < 1e-9:
            stretches[-1] = (first, day + 1, amount)
        else:
            stretches.append((day, day + 1, amount))
    return stretches


def _lane(scenario: Scenario, drug: str, drawn_span: tuple[float, float], words: Words) -> Row:
    """Stretches of equal dosing within a span [h]; averages of several days where there are too many."""
    first = math.floor(drawn_span[0] / 24 + 1e-9)
    days = {day: amount for day, amount in daily_amounts(scenario, drug).items() if day >= first}
    stretches = stretches_of(days)
    if len(stretches) > STRETCHES:
        edges = np.unique(np.linspace(min(days), max(days) + 1, STRETCHES // 2).astype(int)).tolist()
        stretches = [
            (one, other, sum(days.get(day, 0.0) for day in range(one, other)) / (other - one))
            for one, other in pairwise(edges)
        ]
    return {
        "name": name_of(drug, scenario, words.language),
        "stretches": [(one, other, float(f"{amount:.4g}")) for one, other, amount in stretches if amount > 0],
    }


def _rounded(values: Array, digits: int) -> list[float]:
    return [float(f"{value:.{digits}g}") for value in values.tolist()]
