"""Doses that are missing, and doses that are more than can be cleared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np

from pkinteract.analysis.alerts.types import Alert
from pkinteract.analysis.settled import at_steady_state, averaged, mean, standing
from pkinteract.analytes import unit_factor
from pkinteract.engine.curves import extremes
from pkinteract.library.schema.monograph import Monograph
from pkinteract.model.expectation.estimate import averages
from pkinteract.model.expectation.intake import daily_dose
from pkinteract.result import Analyte, Result
from pkinteract.scenario import Course, Scenario

DAY = 24.0

MISSING = 2.5
"""A gap between doses is one from this many of the usual intervals on [1]."""

LOST = 0.5
"""Share of the level before a gap below which it is lost [1]."""

GONE = 1 / 32
"""What five half-lives leave [1]."""

HALVINGS = 12
"""Halvings of the search for the dose that can be cleared: to 0.03 %."""


def dose_alerts(result: Result) -> Iterator[Alert]:
    """Levels that are lost, for a time or for good, of drugs that a range or a titration speaks of; and overload."""
    for analyte in result.analytes:
        if analyte.id == analyte.parent:
            monograph = result.scenario.monographs[analyte.id]
            judged = any(other.low is not None for other in result.analytes if other.parent == analyte.id)
            if judged or monograph.dosing.restart is not None:
                yield from _losses(result, analyte, monograph)
            yield from _overload(result, analyte, monograph)


def _losses(result: Result, analyte: Analyte, monograph: Monograph) -> Iterator[Alert]:
    """Gaps between doses, and the end of a treatment that was there before t = 0."""
    scenario, curve = result.scenario, result.curve(analyte.id)
    doses = [dose for dose in scenario.doses if dose.drug == analyte.id]
    taken = [dose.time for dose in doses if not dose.missed]
    if len(taken) < 3:
        return
    gaps = np.sort(np.diff([dose.time for dose in doses]))
    usual = float(gaps[(len(gaps) - 1) // 2] + gaps[len(gaps) // 2]) / 2
    for last, following in pairwise([*taken, scenario.duration]):
        if following - last <= MISSING * usual or following <= 0 or last <= scenario.first_time:
            continue
        missing, level = last + usual, mean(curve, max(last - DAY, scenario.first_time), last)
        if level <= 0:
            continue
        if following < scenario.duration:
            left = extremes(curve, last, following).cmin / level
            yield from _interrupted(monograph, (missing, following), left)
        elif taken[0] < 0 or at_steady_state(scenario, analyte.id):
            yield from _stopped(result, analyte, missing, level)


def _stopped(result: Result, analyte: Analyte, stop: float, level: float) -> Iterator[Alert]:
    """A treatment that ends, unless all of it is gone at t = 0; a note where another of its group is taken after it."""
    scenario, curve = result.scenario, result.curve(analyte.id)
    times = np.arange(stop, scenario.duration, 1.0)
    gone = times[curve.value(times) < GONE * level] if len(times) else times
    if len(gone) == 0 or gone[0] <= 0:
        return
    group = scenario.monographs[analyte.id].group
    replaced = any(
        dose.time > stop and dose.drug != analyte.id and scenario.monographs[dose.drug].group == group
        for dose in scenario.doses
    )
    yield Alert(
        start=max(stop, 0.0),
        stop=scenario.duration,
        severity="note" if replaced else "warning",
        analyte=analyte.id,
        rule="lost",
        sentence="gone",
        values={"drug": analyte.id, "day": stop / DAY, "gone": float(gone[0]) / DAY},
    )


def _interrupted(monograph: Monograph, gap: tuple[float, float], left: float) -> Iterator[Alert]:
    """A gap without doses [h] in which a level is lost; ``left`` is the share of it that is left at the end [1]."""
    start, stop = gap
    restart = monograph.dosing.restart
    again = restart is not None and left < 0.5**restart.canonical
    if not again and left >= LOST:
        return
    values: dict[str, object] = {
        "drug": monograph.id,
        "day": start / DAY,
        "days": (stop - start) / DAY,
        "share": 100 * left,
    }
    if restart is not None:
        values["lives"] = restart.canonical
    yield Alert(
        start=max(start, 0.0),
        stop=stop,
        severity="grave" if again else "warning",
        analyte=monograph.id,
        rule="lost",
        sentence="restart" if again else "interrupted",
        values=values,
    )


def _overload(result: Result, analyte: Analyte, monograph: Monograph) -> Iterator[Alert]:
    """A drug of saturable clearance that rises on beyond its range: the dose that would stay at the end of it."""
    scenario = result.scenario
    level = analyte.high if analyte.high is not None else analyte.alert
    saturable = any(pathway.km is not None for pathway in monograph.elimination.pathway)
    if level is None or not saturable:
        return
    window = averaged(scenario, analyte.id)
    curve, end = result.curve(analyte.id), scenario.duration
    begin = max([scenario.first_time, *(time for time in scenario.changes if time < end - DAY)])
    now = standing(curve, begin, end, window)
    if now.settled or now.average <= level or now.average <= mean(curve, max(begin, end - 2 * DAY), end - DAY):
        return
    dose = _clearable(scenario, analyte.id, level / unit_factor(analyte.unit, monograph))
    if dose is not None:
        yield Alert(
            start=max(begin, 0.0),
            stop=end,
            severity="grave",
            analyte=analyte.id,
            rule="beyond-clearance",
            sentence="beyond-clearance",
            values={"drug": analyte.id, "dose": dose, "level": level, "unit": analyte.unit},
        )


def _clearable(scenario: Scenario, drug: str, level: float) -> float | None:
    """The daily dose of a drug that settles at a level [mg/L], by halving [mg]; None where its own settles below."""
    courses = [course for regimen in scenario.regimens if regimen.drug == drug for course in regimen.courses]
    highest = max(map(daily_dose, courses))

    def settles(factor: float) -> bool:
        average = averages(_scaled(scenario, drug, factor), drug).get(drug)
        return average is not None and average <= level

    if settles(1.0):
        return None
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if settles(middle) else (low, middle)
    return low * highest


def _scaled(scenario: Scenario, drug: str, factor: float) -> Scenario:
    """The scenario with all doses of a drug times a factor."""

    def scaled(course: Course) -> Course:
        clock = tuple(replace(dose, amount=dose.amount * factor) for dose in course.clock)
        return replace(course, levels=tuple(level * factor for level in course.levels), clock=clock)

    regimens = (
        replace(regimen, courses=tuple(map(scaled, regimen.courses))) if regimen.drug == drug else regimen
        for regimen in scenario.regimens
    )
    return replace(scenario, regimens=tuple(regimens))
