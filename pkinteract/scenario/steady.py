"""Runs that begin at a periodic state: which courses, which period, which doses came before."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from fractions import Fraction

from pkinteract.library.monograph import Monograph
from pkinteract.scenario.regimen import dose_at, schedule
from pkinteract.scenario.types import TOLERANCE, Course, Regimen, SteadyState
from pkinteract.toml_file import Key

LONGEST_PERIOD = 60 * 24.0
"""Longest common multiple of dosing intervals that is taken for a period [h]."""


def steady_state(
    regimens: tuple[Regimen, ...], monographs: Mapping[str, Monograph], first: float, refuse: Callable[[Key, str], None]
) -> SteadyState | None:
    """The joint periodic state that courses with ``steady_state = true`` ask for; None if none does or one is wrong."""
    places = [
        (r, c) for r, regimen in enumerate(regimens) for c, course in enumerate(regimen.courses) if course.steady_state
    ]
    if not places:
        return None
    late = [place for place in places if regimens[place[0]].courses[place[1]].start > first + TOLERANCE]
    for r, c in late:
        text = f"must begin with the run ({first / 24:g} d), the earliest time of any course and of t = 0"
        refuse(("regimen", r, "course", c, "steady_state"), text)
    period = common_period([regimens[r].courses[c] for r, c in places])
    if period > LONGEST_PERIOD:
        r, c = places[0]
        text = f"the dosing intervals repeat together only every {period / 24:g} d; at most {LONGEST_PERIOD / 24:g} d"
        refuse(("regimen", r, "course", c, "steady_state"), text)
    if late or period > LONGEST_PERIOD:
        return None
    before = []
    for r, c in places:
        course = regimens[r].courses[c]
        for time, amount in schedule(course):
            if time < first + period - TOLERANCE:
                dose = dose_at(regimens[r], course, time - period, amount, monographs[regimens[r].drug], (r, c))
                before.append(dose)
    return SteadyState(
        time=first, period=period, courses=tuple(places), doses=tuple(sorted(before, key=lambda dose: dose.time))
    )


def common_period(courses: list[Course]) -> float:
    """Least common multiple of the dosing intervals [h]; clock times repeat every 24 h."""
    period = Fraction(0)
    for course in courses:
        interval = Fraction(24 if course.every is None else course.every).limit_denominator(3600)
        if period == 0:
            period = interval
        else:
            over = math.lcm(period.numerator * interval.denominator, interval.numerator * period.denominator)
            period = Fraction(over, period.denominator * interval.denominator)
    return float(period)
