"""Who takes what and when, as rules ask for it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

from pkinteract.scenario import Scenario
from pkinteract.scenario.doses import dosing_changes, schedule
from pkinteract.scenario.types import TOLERANCE, Course

DAY = 24.0

PAUSE = 48.0
"""Days without a dose between two courses that are no more than this apart are no pause [h]."""

PLATEAU, LOOK_BACK = 0.9, 60
"""A daily dose of at least this share of the largest of that many days before is the full one [1], [d]."""


@dataclass(frozen=True, kw_only=True)
class Taken:
    """One drug of a scenario.

    Attributes
    ----------
    drug
        Its id; of what is not modelled the name.
    spans
        Stretches with doses, from the first to the first that is no longer given [h], sorted.
    courses
        Its courses, sorted; none of what is not modelled, which counts as taken all along.
    amounts
        Day to the amount that is taken on it [mg].
    full_days
        The same as daily doses: a last day that the drug does not fill counts as a whole one, and doses whose interval
        does not divide the day are spread over it [mg].
    end
        Of the run [h].
    """

    drug: str
    spans: tuple[tuple[float, float], ...]
    courses: tuple[Course, ...]
    amounts: Mapping[int, float]
    full_days: Mapping[int, float]
    end: float

    @property
    def modelled(self) -> bool:
        return bool(self.courses)

    @property
    def start(self) -> float:
        """First dose [h]."""
        return self.spans[0][0]

    @property
    def steady(self) -> bool:
        """Whether it begins at steady state, having been taken for a time that is not said."""
        return not self.modelled or any(course.steady_state for course in self.courses)

    @property
    def stop(self) -> float | None:
        """When it is no longer taken [h]; None where it goes on, or is a single dose."""
        if not self.modelled or all(course.single for course in self.courses):
            return None
        stop = self.spans[-1][1]
        return stop if stop < self.end - DAY else None

    @property
    def in_run(self) -> bool:
        """Whether it is taken from t = 0 on."""
        return self.spans[-1][1] > TOLERANCE or (self.modelled and self.courses[-1].stop >= -TOLERANCE)

    @property
    def pauses(self) -> tuple[float, ...]:
        """Lengths of the stretches without a dose that end in a new one from t = 0 on [h]."""
        return tuple(later[0] - earlier[1] for earlier, later in pairwise(self.spans) if later[0] >= -TOLERANCE)

    @cached_property
    def daily(self) -> list[float]:
        """Daily doses of the days from that of the first dose to the last with one [mg]."""
        days = sorted(self.full_days)
        return [self.full_days.get(day, 0.0) for day in range(days[0], days[-1] + 1)] if days else []

    @property
    def highest(self) -> float:
        """Largest amount of a day from t = 0 on, or of the last before [mg]."""
        inside = [amount for day, amount in self.amounts.items() if day >= 0]
        return max(inside, default=self.amounts.get(max(self.amounts, default=0), 0.0))

    @property
    def taper(self) -> float:
        """Time from the last full dose to the stop [h]; 0 when it is stopped from the full dose."""
        recent = self.daily[-LOOK_BACK:]
        full = PLATEAU * max(recent, default=0.0)
        after = next((n for n, amount in enumerate(reversed(recent)) if amount >= full), 0)
        return after * DAY

    @property
    def withdrawn(self) -> float | None:
        """When the stop begins: the first step of the taper, or the stop itself [h]; None where it goes on."""
        if self.stop is None:
            return None
        begin = self.stop - self.taper - DAY
        steps = [time for course in self.courses for time in course.changes[1:] if begin <= time <= self.stop]
        return min(steps, default=self.stop)

    @property
    def rises(self) -> bool:
        """Whether a day from t = 0 on has a larger dose than every day before it."""
        first = min(self.amounts, default=0)
        before = max((amount for day, amount in self.amounts.items() if day < max(0, first + 1)), default=0.0)
        return self.highest > before * (1 + 1e-9)

    @property
    def changes(self) -> bool:
        """Whether a course begins, steps or ends from t = 0 on."""
        return any(-TOLERANCE <= time < self.end - DAY for time in dosing_changes(self.courses))

    def falls(self, within: float, *, share: float | None, amount: float | None) -> bool:
        """Whether the dose of a day falls by more than a share [1], or an amount [mg], in ``within`` [h].

        The end of the last dose is no such fall where a share is asked for.
        """
        daily, days = self.daily, round(within / DAY)
        first = min(self.full_days, default=0)
        later = daily if self.stop is None or share is not None else [*daily, *[0.0] * days]
        for n, before in enumerate(daily):
            if first + n + days < 0:
                continue
            least = min(later[n + 1 : n + 1 + days], default=before)
            if (share is not None and least < before * (1 - share) * (1 - 1e-9)) or (
                amount is not None and before - least > amount * (1 + 1e-9)
            ):
                return True
        return False

    def together(self, other: Taken, within: float) -> tuple[float, float] | None:
        """The last stretch in which both are taken, or lie no more than ``within`` apart [h]; None without one."""
        shared = [
            (max(mine[0], theirs[0]), min(mine[1], theirs[1]))
            for mine in self.spans
            for theirs in other.spans
            if min(mine[1], theirs[1]) - max(mine[0], theirs[0]) > (TOLERANCE if within == 0 else -within - TOLERANCE)
        ]
        return max(shared, key=lambda span: span[1], default=None)


def taken_in(scenario: Scenario) -> dict[str, Taken]:
    """Every drug of a scenario by id, and what is not modelled by name."""
    amounts: dict[str, dict[int, float]] = {drug: {} for drug in scenario.dosed}
    for dose in scenario.doses:
        day = int(dose.time // DAY)
        amounts[dose.drug][day] = amounts[dose.drug].get(day, 0.0) + (0.0 if dose.missed else dose.amount)
    taken = {}
    for drug in scenario.dosed:
        courses = [course for regimen in scenario.regimens if regimen.drug == drug for course in regimen.courses]
        ordered = tuple(sorted(courses, key=lambda course: course.start))
        taken[drug] = Taken(
            drug=drug,
            spans=_spans(ordered),
            courses=ordered,
            amounts=amounts[drug],
            full_days=_full_days(ordered, scenario.duration),
            end=scenario.duration,
        )
    for name in scenario.not_modelled:
        always = ((float("-inf"), float("inf")),)
        taken[name] = Taken(drug=name, spans=always, courses=(), amounts={}, full_days={}, end=scenario.duration)
    return {drug: one for drug, one in taken.items() if one.courses or not one.modelled}


def _full_days(courses: tuple[Course, ...], end: float) -> dict[int, float]:
    """Daily doses by day [mg], as ``Taken`` has them."""
    days: dict[int, float] = {}
    rest: dict[int, float] = {}
    for course in courses:
        stop = min(course.stop, end)
        last = math.ceil((stop - TOLERANCE) / DAY) * DAY
        other = any(one.start < last and min(one.stop, end) > stop + TOLERANCE for one in courses)
        whole = course if course.single else replace(course, stop=stop if other else last)
        if course.start >= end - TOLERANCE:
            continue
        for time, labelled in schedule(whole):
            amount = 0.0 if any(abs(time - missed) <= TOLERANCE for missed in course.missed) else labelled
            into = rest if not course.single and time >= stop - TOLERANCE else days
            for day, share in _spread(time, course.every, whole.stop):
                into[day] = into.get(day, 0.0) + amount * share
    for day, amount in rest.items():
        mine = days.get(day, 0.0)
        if day in days:
            days[day] = max(mine, min(mine + amount, days.get(day - 1, 0.0)))
    return days


def _spread(time: float, every: float | None, stop: float) -> Iterator[tuple[int, float]]:
    """Days on which a dose at a time [h] counts, and the share of it; the whole on its own where the interval fits."""
    if every is None or abs(DAY / every - round(DAY / every)) < TOLERANCE:
        yield int(time // DAY), 1.0
        return
    until = min(time + every, max(stop, time + TOLERANCE))
    day = int(time // DAY)
    while day * DAY < until - TOLERANCE:
        yield day, (min(until, (day + 1) * DAY) - max(time, day * DAY)) / every
        day += 1


def _spans(courses: tuple[Course, ...]) -> tuple[tuple[float, float], ...]:
    spans: list[tuple[float, float]] = []
    for course in courses:
        stop = course.start + DAY if course.single else course.stop
        if spans and course.start <= spans[-1][1] + PAUSE:
            spans[-1] = (spans[-1][0], max(spans[-1][1], stop))
        else:
            spans.append((course.start, stop))
    return tuple(spans)
