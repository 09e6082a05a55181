"""Runs that begin at a periodic state: which courses, which period, which doses came before."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from pkinteract.library.schema.monograph import Monograph
from pkinteract.scenario.doses import dose_at, schedule
from pkinteract.scenario.types import TOLERANCE, Course, Regimen, SteadyState
from pkinteract.text.toml_lines import Key

LONGEST_PERIOD = 60 * 24.0
"""Longest common multiple of dosing intervals that is taken for a period [h]."""

MOST_PERIODS = 500
"""Most periods over which a dose may be released, as all of them count in each [1]."""

LEFT = 1e-9
"""Share of a dose that is left when its release counts as over [1]."""


def steady_state(
    regimens: tuple[Regimen, ...],
    monographs: Mapping[str, Monograph],
    first: float,
    keys: Sequence[Sequence[Key]],
    refuse: Callable[[Key, str], None],
) -> SteadyState | None:
    """The joint periodic state that courses with ``steady_state = true`` ask for; None if none does or one is wrong.

    ``first`` is where the run begins [h]; ``keys`` says where each course of each regimen stands in the file.
    """
    places = [
        (r, c) for r, regimen in enumerate(regimens) for c, course in enumerate(regimen.courses) if course.steady_state
    ]
    if not places:
        return None
    late = [place for place in places if regimens[place[0]].courses[place[1]].start > first + TOLERANCE]
    for r, c in late:
        begin = f"{first / 24:g} d"
        text = f'must begin with the run, at the earliest time of any course and of t = 0; write from = "{begin}"'
        refuse((*keys[r][c], "steady_state"), text)
    period = common_period([regimens[r].courses[c] for r, c in places])
    if period > LONGEST_PERIOD:
        r, c = places[0]
        text = (
            f"the dosing intervals do not repeat together within {LONGEST_PERIOD / 24:g} d; "
            "choose intervals that fit together"
        )
        refuse((*keys[r][c], "steady_state"), text)
    endless = {place: _endless(regimens, *place, period, monographs) for place in places}
    for (r, c), why in endless.items():
        if why is not None:
            refuse((*keys[r][c], "steady_state"), why)
    if late or any(endless.values()) or period > LONGEST_PERIOD:
        return None
    before = []
    for r, c in places:
        course = replace(regimens[r].courses[c], stop=first + period, missed=())
        for time, amount in schedule(course):
            dose = dose_at(regimens[r], course, time - period, amount, monographs[regimens[r].drug], (r, c))
            before.append(dose)
    return SteadyState(
        time=first, period=period, courses=tuple(places), doses=tuple(sorted(before, key=lambda dose: dose.time))
    )


def _endless(
    regimens: tuple[Regimen, ...], r: int, c: int, period: float, monographs: Mapping[str, Monograph]
) -> str | None:
    """Why a course has no steady state that could be found: its doses are released for too many periods."""
    form = regimens[r].courses[c].formulation
    for inlet in monographs[regimens[r].drug].absorption[form].inputs:
        if inlet.weibull is not None:
            shape = inlet.weibull.shape.canonical
            over = inlet.weibull.scale.canonical * (-math.log(LEFT)) ** (1 / shape)
            if over > MOST_PERIODS * period:
                dose = f"a dose of {regimens[r].drug} {form}"
                return (
                    f"{dose} is released over {over / 24:,.0f} d (Weibull, shape {shape:g}), "
                    f"more than {MOST_PERIODS} periods; leave steady_state out and write the earlier doses as a course"
                )
    return None


def common_period(courses: list[Course]) -> float:
    """Least common multiple of the dosing intervals [h]; infinite if there is none.

    Clock times repeat every 24 h, days of the week every 168 h, and a cycle with its own length.
    """
    intervals = {24.0 for course in courses if course.every is None}
    intervals |= {course.every for course in courses if course.every is not None and course.cycle is None}
    intervals |= {sum(course.cycle) for course in courses if course.cycle is not None}
    intervals |= {168.0 for course in courses if course.weekdays}
    if len(intervals) == 1:
        return intervals.pop()
    parts = {interval: Fraction(interval).limit_denominator(3600) for interval in intervals}
    if any(abs(float(part) - interval) > 1e-9 * interval for interval, part in parts.items()):
        return math.inf
    over = math.lcm(*(part.numerator for part in parts.values()))
    return float(Fraction(over, math.gcd(*(part.denominator for part in parts.values()))))
