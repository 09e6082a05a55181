"""One course of the file, checked against its drug and its patient."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import get_args

from pkinteract.library.schema.monograph import Monograph
from pkinteract.scenario.doses import (
    LEAST_PIECE,
    MOST_DOSES,
    dose_count,
    end_of_count,
    schedule,
    taper,
    taper_steps,
    weekday,
)
from pkinteract.scenario.file.schema import CourseTable, Weekday
from pkinteract.scenario.types import TOLERANCE, ClockDose, Course, Route

WEEKDAYS: tuple[str, ...] = get_args(Weekday)

Report = Callable[[str, str], None]
"""Takes a key of the course and what is wrong with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseContext:
    """What a course needs to know of the rest of the file; None where that part is wrong itself.

    ``weight`` is the patient's [kg] at a time [h]; ``anchored`` says whether t = 0 has a date.
    """

    weight: Callable[[float], float] | None
    start: datetime | None
    anchored: bool | None
    monograph: Monograph | None
    formulation: str | None


def read_course(table: CourseTable, setting: CourseContext, report: Report) -> Course | None:
    """The course of a table; None if anything in it was reported as wrong."""
    wrong: list[str] = []

    def refuse(key: str, message: str) -> None:
        wrong.append(key)
        report(key, message)

    repeated = table.every is not None or table.at is not None
    _check_times(table, refuse, repeated=repeated)
    _check_days(table, setting, refuse, repeated=repeated)
    _check_doses(table, refuse)
    entry = _entry(table, setting, refuse)
    if wrong or entry is None:
        return None
    weight = 1.0 if setting.weight is None else setting.weight(table.start)

    def mg(dose: tuple[float, bool]) -> float:
        return dose[0] * (weight if dose[1] else 1.0)

    course = Course(
        start=table.start,
        stop=table.start if table.until is None or not repeated else table.until,
        every=table.every,
        clock=_clock(table, setting, mg),
        cycle=None if table.cycle is None else (table.cycle.on, table.cycle.off),
        weekdays=frozenset(WEEKDAYS.index(day) for day in table.days or ()),
        midnight=monday(setting.start),
        count=table.count,
        levels=() if table.dose is None else (mg(table.dose),),
        per_weight=table.dose is not None and table.dose[1],
        level_length=None,
        formulation=entry[0],
        route=entry[1],
        food=table.food,
        infusion=table.infusion or 0.0,
        lag=table.lag,
        bioavailability=table.bioavailability,
        missed=tuple(sorted(table.missed)),
        steady_state=table.steady_state,
    )
    if table.count is not None:
        course = replace(course, stop=end_of_count(course, table.count))
    length = table.step_every
    if table.dose is not None and table.taper_to is not None and length is not None:
        rounding = None if table.round_to is None else mg(table.round_to)
        if rounding is not None and rounding < LEAST_PIECE:
            refuse(
                "round_to", f"must be at least {LEAST_PIECE:.6f} mg, got {rounding:g} mg; leave it out for exact doses"
            )
            return None
        steps = taper_steps(course.start, course.stop, length)
        if steps > MOST_DOSES:
            refuse(
                "step_every", f"would give the taper {steps:,} levels, at most {MOST_DOSES:,} are allowed; write fewer"
            )
            return None
        levels = taper(mg(table.dose), mg(table.taper_to), steps, rounding)
        course = replace(course, levels=levels, level_length=length if len(levels) > 1 else None)
    count = dose_count(course)
    if count > MOST_DOSES:
        refuse(
            "every" if table.every else "at",
            f"would schedule {count:,} doses, at most {MOST_DOSES:,} are allowed; write fewer",
        )
    elif count == 0 and (course.cycle or course.weekdays):
        refuse(*_empty(course))
    elif setting.weight is not None and any(level <= 0 for level in course.levels):
        refuse("round_to", "rounds a level of the taper to 0 mg; round to a smaller amount or end the course earlier")
    elif course.missed:
        _check_missed(course, refuse)
    return None if wrong else course


def _check_times(table: CourseTable, refuse: Report, *, repeated: bool) -> None:
    if table.every is not None and table.at is not None:
        refuse("at", "give every or at, not both")
    if table.until is not None and table.count is not None:
        refuse("count", "give until or count, not both")
    if repeated and table.until is None and table.count is None:
        refuse("until", 'is required for repeated doses; write for example until = "120 d", or count = 12')
    if not repeated and table.count is not None:
        refuse("count", 'needs every, for example every = "12 h"')
    if table.at is not None and table.count is not None:
        refuse("count", 'goes with every; with at write until = "30 d"')
    if table.until is not None and table.until <= table.start + TOLERANCE:
        refuse("until", f"must be later than from ({table.start / 24:g} d), got {table.until / 24:g} d")


def _check_days(table: CourseTable, setting: CourseContext, refuse: Report, *, repeated: bool) -> None:
    for key in ("cycle", "days"):
        if getattr(table, key) is not None and not repeated:
            refuse(key, 'needs repeated doses, for example every = "24 h"')
    if table.days is not None and setting.anchored is False:
        refuse("days", "needs a calendar; write for example start = 2026-01-05T08:00:00 in [simulation]")


def _empty(course: Course) -> tuple[str, str]:
    """Key and message for a course whose days off leave no dose."""
    every_day = replace(course, weekdays=frozenset())
    days = {weekday(time, course.midnight) for time, _ in schedule(every_day)}
    if not days:
        return "cycle", "leaves no dose of the course, its clock times fall on the days off; write a longer on"
    return "days", f"leaves no dose of the course, its doses fall on {', '.join(WEEKDAYS[day] for day in sorted(days))}"


def _check_doses(table: CourseTable, refuse: Report) -> None:
    if table.at is None and table.dose is None:
        refuse("dose", 'is required; write for example dose = "200 mg"')
    if table.at is not None and table.dose is not None and table.every is None:
        refuse("dose", "is given by at; remove one of them")
    if table.taper_to is not None:
        if table.step_every is None:
            refuse("step_every", 'is required with taper_to; write for example step_every = "7 d"')
        if table.every is None:
            refuse("taper_to", 'needs every, for example every = "12 h"')
    else:
        for key in ("step_every", "round_to"):
            if getattr(table, key) is not None:
                refuse(key, 'goes with taper_to, for example taper_to = "50 mg"')
    if table.steady_state:
        if table.every is None and table.at is None:
            refuse("steady_state", "needs repeated doses (every or at)")
        if table.taper_to is not None:
            refuse("steady_state", "a taper has no steady state; begin with a constant course")


def _entry(table: CourseTable, setting: CourseContext, refuse: Report) -> tuple[str, Route] | None:
    """Formulation and route; a course may ask for the intravenous one of its drug."""
    monograph = setting.monograph
    if monograph is None:
        return None
    name = setting.formulation
    route = monograph.absorption[name].route if name is not None else "oral"
    if table.route is not None and table.route != route:
        fitting = [other for other, entry in monograph.absorption.items() if entry.route == table.route]
        if not fitting:
            refuse(
                "route", f"{monograph.id} has no {table.route} formulation; it has {', '.join(monograph.absorption)}"
            )
            return None
        name, route = fitting[0], table.route
    if route == "oral" and table.infusion is not None:
        refuse("infusion", 'is for intravenous doses; write route = "intravenous" or remove it')
    if route == "intravenous" and table.lag is not None:
        refuse("lag", "is for oral doses; remove it")
    return None if name is None else (name, route)


def since_midnight(begin: datetime | None) -> float:
    """Time of day of t = 0 [h]."""
    return 0.0 if begin is None else begin.hour + begin.minute / 60 + begin.second / 3600


def monday(begin: datetime | None) -> float:
    """When the week of t = 0 began [h]."""
    return 0.0 if begin is None else -24.0 * begin.weekday() - since_midnight(begin)


def _clock(
    table: CourseTable, setting: CourseContext, mg: Callable[[tuple[float, bool]], float]
) -> tuple[ClockDose, ...]:
    zero = since_midnight(setting.start)
    doses = []
    for clock, dose in (table.at or {}).items():
        hour = int(clock[:2]) + int(clock[3:]) / 60
        doses.append(ClockDose(offset=(hour - zero) % 24, amount=mg(dose), per_weight=dose[1]))
    return tuple(sorted(doses, key=lambda dose: dose.offset))


def _check_missed(course: Course, refuse: Report) -> None:
    times = [time for time, _ in schedule(course)]
    for time in course.missed:
        near = sorted(times, key=lambda other: abs(other - time))[:2]
        if not near or abs(near[0] - time) > TOLERANCE:
            hint = " and ".join(f"{other / 24:g} d" for other in sorted(near))
            refuse("missed", f"{time / 24:g} d is not a scheduled dose; the nearest are at {hint}")
