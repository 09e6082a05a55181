"""A scenario whose doses are others from a time on: courses that end there, and new ones that follow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import groupby

import numpy as np

from pkinteract.scenario.doses import doses, schedule
from pkinteract.scenario.judging import SAME, changed_dose
from pkinteract.scenario.protocol.types import Protocol
from pkinteract.scenario.types import TOLERANCE, ClockDose, Course, Dose, Regimen, Scenario

Given = tuple[float, float]
"""Time [h] and labelled amount [mg] of a dose."""


DAY, WEEK = 24.0, 168.0
"""What all doses of a drug fall in: a day, or a week where days are left out [h]."""


def redosed(
    scenario: Scenario, protocol: Protocol, since: float
) -> tuple[Scenario, float, tuple[tuple[float, float], ...]] | None:
    """The scenario with the doses that a protocol makes of those at or after a time [h].

    Returns
    -------
    tuple
        The scenario; the time of the first dose that is another [h]; the labelled amounts of the drug's doses of that
        day before and after, each pair once, also where a dose stays [mg]. Of that week where doses are not given every
        day. None where no dose within the run becomes another.
    """
    first = next((dose for dose in scenario.doses if _changes(dose, protocol, since)), None)
    if first is None:
        return None
    regimens, places = [], dict[tuple[int, int], tuple[int, int]]()
    for r, regimen in enumerate(scenario.regimens):
        courses, moved = _courses(regimen, protocol, since)
        regimens.append(replace(regimen, courses=courses))
        places |= {(r, old): (r, new) for old, new in moved.items()}
    steady = scenario.steady_state
    kept = None if steady is None else replace(steady, courses=tuple(places[place] for place in steady.courses))
    given = doses(tuple(regimens), scenario.monographs, scenario.duration)
    changed = replace(scenario, regimens=tuple(regimens), doses=given, steady_state=kept)
    return changed, first.time, _pairs(scenario, protocol, first.time)


def _pairs(scenario: Scenario, protocol: Protocol, since: float) -> tuple[tuple[float, float], ...]:
    """Doses of a drug before and after a protocol changes them from a time [h] on, each pair once, by time [mg]."""
    later = [dose for dose in scenario.doses if dose.drug == protocol.drug and dose.time >= since - TOLERANCE]
    courses = [scenario.regimens[r].courses[c] for r, c in {(dose.regimen, dose.course) for dose in later}]
    rare = any(course.weekdays or (course.every or DAY) > DAY + TOLERANCE for course in courses)
    stop = since + (WEEK if rare else DAY) - TOLERANCE
    return tuple(dict.fromkeys((dose.amount, _dose(protocol, dose.amount)) for dose in later if dose.time < stop))


def _changes(dose: Dose, protocol: Protocol, since: float) -> bool:
    later = dose.drug == protocol.drug and dose.time >= since - TOLERANCE
    return later and abs(_dose(protocol, dose.amount) - dose.amount) > SAME * dose.amount


def _dose(protocol: Protocol, before: float) -> float:
    return float(changed_dose(protocol, np.array(before)))


def _courses(regimen: Regimen, protocol: Protocol, since: float) -> tuple[tuple[Course, ...], Mapping[int, int]]:
    """The courses of a regimen, those that a change begins behind the others; and where each of before is now."""
    if regimen.drug != protocol.drug:
        return regimen.courses, {n: n for n in range(len(regimen.courses))}
    kept: list[Course] = []
    begun: list[Course] = []
    moved: dict[int, int] = {}
    for n, course in enumerate(regimen.courses):
        given = list(schedule(course))
        later = [dose for dose in given if dose[0] >= since - TOLERANCE]
        if not later:
            moved[n] = len(kept)
            kept.append(course)
            continue
        if len(later) < len(given):
            moved[n] = len(kept)
            kept.append(_until(course, later[0][0]))
        begun += _pieces(course, later, protocol)
    return (*kept, *begun), moved


def _until(course: Course, stop: float) -> Course:
    """A course that ends at a time [h] within it."""
    levels = course.levels
    if course.level_length is not None:
        levels = levels[: max(1, int(np.ceil((stop - course.start - TOLERANCE) / course.level_length)))]
    return replace(
        course,
        stop=stop,
        count=None,
        levels=levels,
        level_length=course.level_length if len(levels) > 1 else None,
        missed=tuple(time for time in course.missed if time < stop - TOLERANCE),
    )


def _pieces(course: Course, later: list[Given], protocol: Protocol) -> Iterator[Course]:
    """What a protocol makes of the later doses of a course: one course for each level and each cycle."""
    stretches = [(key, list(given)) for key, given in groupby(later, lambda dose: _stretch(course, dose[0]))]
    for n, ((cycle, _), given) in enumerate(stretches):
        start, amount = given[0]
        stop = course.stop
        if n + 1 < len(stretches) and stretches[n + 1][0][0] == cycle:
            stop = stretches[n + 1][1][0][0]
        elif course.cycle is not None:
            stop = min(stop, course.start + cycle * sum(course.cycle) + course.cycle[0])
        clock = tuple(
            ClockDose(offset=dose.offset, amount=after, per_weight=False)
            for dose in course.clock
            if (after := _dose(protocol, dose.amount)) > 0
        )
        level = _dose(protocol, amount)
        if not (clock if course.clock else level > 0):
            continue
        yield replace(
            course,
            start=start,
            stop=start if course.single else stop,
            clock=clock,
            cycle=None,
            count=None,
            levels=() if course.clock else (level,),
            per_weight=False,
            level_length=None,
            missed=tuple(time for time in course.missed if start - TOLERANCE <= time < stop - TOLERANCE),
            steady_state=False,
        )


def _stretch(course: Course, time: float) -> tuple[int, int]:
    """Which cycle of a course a time [h] is in, and which level of its taper."""
    since = time - course.start + TOLERANCE
    cycle = 0 if course.cycle is None else int(since // sum(course.cycle))
    return cycle, 0 if course.level_length is None else min(int(since / course.level_length), len(course.levels) - 1)
