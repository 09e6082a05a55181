"""What is searched in a scenario: drug, days, band and doses; or why there is nothing to search (advise.md, 1 to 9)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from pkinteract.advise.search import SHORT
from pkinteract.advise.tablets import GRAIN, Tablets, doses_of
from pkinteract.advise.types import BoolArray, IntArray, Kind, TargetBand, Task
from pkinteract.analysis.exposure import PRESENT as LEAST_SHARE
from pkinteract.analysis.exposure import highest_level
from pkinteract.analysis.moves import before_change, changes_beside, own_changes
from pkinteract.analysis.settled import DAY
from pkinteract.engine.curves import Array
from pkinteract.errors import InputError, Problem
from pkinteract.library.schema.monograph import Monograph
from pkinteract.model.expectation.intake import family_of, half_life
from pkinteract.result import Analyte, Result
from pkinteract.scenario import Scenario
from pkinteract.scenario.advise.reader import target_of
from pkinteract.scenario.advise.types import USUAL, AdviseSpecification
from pkinteract.scenario.doses import weekday
from pkinteract.scenario.file.courses import monday
from pkinteract.scenario.types import TOLERANCE, Course, Dose
from pkinteract.scenario.warnings.doses import most_a_day
from pkinteract.text.toml_lines import Lines

LEAST_MOVE = 0.1
"""A level that moves by no more than this needs no other dose [1]."""

FINE = 40
"""Steps up to the highest dose in which doses are tried that no tablets give."""

HALF_LIVES = 5
"""Half-lives after which a dose has shown, but for what enzymes do: a level must be inside by then (advise.md, 3)."""


def task_of(result: Result) -> Task | None:
    """What to search in a simulated scenario; None where no level moves by more than ``LEAST_MOVE``.

    Raises
    ------
    InputError
        When what ``[advise]`` asks for cannot be searched: every reason, with what to write instead.
    """
    scenario = result.scenario
    wanted = scenario.advise or USUAL
    drug = wanted.drug or _most_moved(result, wanted)
    if drug is None:
        return None
    wanted = replace(wanted, drug=drug)
    target = wanted.target or target_of(scenario.monographs[drug])
    analyte = result.analyte(target)
    problems = [*_refused(result, wanted, analyte)]
    if problems:
        raise InputError(scenario.path, problems)
    start = _start(scenario, drug)
    return _task(result, wanted, analyte, start)


def needless_task(result: Result) -> Task:
    """The task of a scenario in which no level moves enough: that of the first drug with a level before the change.

    Raises
    ------
    InputError
        When no drug has one.
    """
    scenario = result.scenario
    for drug in scenario.dosed:
        others = changes_beside(scenario, drug)
        wanted = replace(scenario.advise or USUAL, drug=drug)
        analyte = result.analyte(target_of(scenario.monographs[drug]))
        if others and not _refused(result, wanted, analyte):
            return _task(result, wanted, analyte, others[0])
    text = "no drug of this scenario keeps its dose while something else changes; name one under [advise], with between"
    raise InputError(scenario.path, [Problem(line=None, key="advise", message=text)])


def _start(scenario: Scenario, drug: str) -> float:
    """The first change of anything but the drug; where nothing else changes, of the drug itself [h]."""
    times = changes_beside(scenario, drug) or own_changes(scenario, drug)
    return times[0] if times else 0.0


def _end(scenario: Scenario, wanted: AdviseSpecification) -> float:
    return scenario.duration if wanted.stop is None else wanted.stop


def _most_moved(result: Result, wanted: AdviseSpecification) -> str | None:
    """The drug whose level moves most with its own course unchanged."""
    scenario = result.scenario
    moved: list[tuple[float, str]] = []
    for drug in scenario.dosed:
        others = changes_beside(scenario, drug)
        if not others or _own_between(scenario, drug, others[0], _end(scenario, wanted)):
            continue
        place = [analyte.id for analyte in result.analytes].index(target_of(scenario.monographs[drug]))
        reference = _reference(result, place, others[0])
        if reference is None:
            continue
        days = np.arange(others[0], _end(scenario, wanted) - DAY + TOLERANCE, DAY)
        averages = result.curves[place].integral(days, days + DAY) / DAY
        if len(averages):
            moved.append((float(np.max(np.abs(np.log(np.maximum(averages / reference, 1e-6))))), drug))
    far, drug = max(moved, default=(0.0, ""))
    return drug if far > math.log(1 + LEAST_MOVE) else None


def _own_between(scenario: Scenario, drug: str, start: float, stop: float) -> bool:
    """Whether the drug's own dosing changes: a course begins, steps or ends."""
    return any(start - TOLERANCE <= time < stop - TOLERANCE for time in own_changes(scenario, drug))


def _reference(result: Result, place: int, start: float) -> float | None:
    """Average of the day before the first change; None without a level there."""
    before = before_change(result, place, start)
    curve = result.curves[place]
    top = highest_level(curve)
    return None if before is None or before <= LEAST_SHARE * top else before


def _refused(result: Result, wanted: AdviseSpecification, analyte: Analyte) -> Sequence[Problem]:
    """Why what is asked for cannot be searched."""
    scenario, drug = result.scenario, str(wanted.drug)
    start = _start(scenario, drug)
    problems: list[Problem] = []
    lines = Lines(scenario.text).lines
    refused: set[str] = set()

    def refuse(key: str, text: str) -> None:
        refused.add(key)
        problems.append(
            Problem(line=lines.get(("advise", key), lines.get(("advise",))), key=f"advise.{key}", message=text)
        )

    others, end = changes_beside(scenario, drug), _end(scenario, wanted)
    if not others and wanted.keep is not None:
        refuse("keep", f"nothing changes beside {drug}; write between, or what changes")
    elif wanted.keep is not None and _own_between(scenario, drug, start, end):
        text = f"{drug} has changes of its own dose from day {start / DAY:g} on"
        refuse("drug", f"{text}; write between or range, or leave them out")
    courses = [course for regimen in scenario.regimens if regimen.drug == drug for course in regimen.courses]
    for course in courses:
        if course.cycle is not None and course.stop > start:
            refuse("drug", f"{drug} is taken in cycles, whose doses are not looked for; name another drug")
        elif course.every is not None and course.every > 24 + TOLERANCE and course.stop > start:
            refuse("drug", f"{drug} is taken less than once a day; doses are looked for day by day, name another drug")
        elif course.weekdays and course.stop > start:
            refuse("drug", f"{drug} is not taken every day; doses are looked for day by day, name another drug")
        elif course.route == "intravenous" and course.stop > start and not wanted.strengths:
            refuse("strengths", 'are not known of an infusion; write for example strengths = ["50 mg", "100 mg"]')
    if any(dose.missed and dose.drug == drug and dose.time >= start - TOLERANCE for dose in scenario.doses):
        text = f"{drug} has missed doses after day {start / DAY:g}"
        refuse("drug", f"{text}, which nobody knows beforehand; leave missed out of the course")
    begin = min(course.start for course in courses)
    if begin >= -TOLERANCE and scenario.monographs[drug].dosing.restart is not None:
        text = f"{drug} begins in this run, and its titration is that of the label"
        refuse("drug", f"{text}, which no search may shorten; write its courses, and name another drug")
    if scenario.protocols:
        refuse("drug", "a scenario whose doses follow a [[protocol]] has none to look for; leave the protocol out")
    count = _whole_days(scenario, start)
    if not _doses(scenario, drug, start, max(count, 1)):
        refuse("drug", f"{drug} is not taken on a whole day from day {start / DAY:g} on; name a drug that is")
    place = list(result.analytes).index(analyte)
    if wanted.keep is not None and others and _reference(result, place, start) is None:
        refuse("keep", f"there is no level of {analyte.id} before day {start / DAY:g} to keep; write between or range")
    if not _judged(wanted, start, count).any():
        refuse("until", "leaves no whole day after the first change to judge; run longer")
    if not wanted.strengths and "strengths" not in refused:
        unknown = {course.formulation for course in courses if course.stop > start}
        unknown -= set(scenario.monographs[drug].dosing.strengths)
        if unknown:
            text = f"are not known of {drug} {min(unknown)}"
            refuse("strengths", f'{text}; write for example strengths = ["10 mg", "25 mg"]')
    return problems


def _task(result: Result, wanted: AdviseSpecification, analyte: Analyte, start: float) -> Task:
    scenario, drug = result.scenario, str(wanted.drug)
    place = list(result.analytes).index(analyte)
    count = _whole_days(scenario, start)
    chosen = _doses(scenario, drug, start, count)
    day = np.array([_day(dose, start) for _, dose in chosen], dtype=np.int64)
    slot = _slots(day, np.array([clock_of(scenario, dose.time) for _, dose in chosen]))
    a_day = max(1, round(len(chosen) / len(set(day.tolist()))))
    options, kinds, tablets = _options(scenario, wanted, [dose for _, dose in chosen], a_day)
    first = np.full(count, np.nan)
    for number, (_, dose) in reversed(list(zip(day.tolist(), chosen, strict=True))):
        first[number] = dose.time
    begins: Array = start + DAY * np.arange(count, dtype=float)
    reference = _reference(result, place, start)
    taken_before = [dose.time for dose in scenario.doses if dose.drug == drug and dose.time < start - TOLERANCE]
    before = next((time for time in taken_before if time >= start - DAY - TOLERANCE), None)
    if wanted.of == "trough" and reference is not None and before is not None:
        reference = float(result.curves[place].value(before))
    band = _band(wanted, analyte, reference)
    return Task(
        scenario=scenario,
        wanted=wanted,
        drug=drug,
        analyte=analyte,
        place=place,
        start=start,
        count=count,
        doses=np.array([i for i, _ in chosen], dtype=np.int64),
        day=day,
        slot=slot,
        present=np.array([dose.amount for _, dose in chosen]),
        sampled=np.where(np.isnan(first), begins, first),
        family=frozenset(family_of(scenario, drug)),
        options=options,
        ceilings=_ceilings(scenario, scenario.monographs[drug], [dose for _, dose in chosen], begins, a_day),
        kinds=kinds,
        tablets=tablets,
        a_day=a_day,
        changeable=np.array(_changeable(scenario, wanted, start, first), dtype=np.int64),
        judged=_judged(wanted, start, count),
        band=band,
        reference=reference,
        before=before,
        late=0 if wanted.keep is not None or _inside(reference, band) else _late(scenario, start, drug),
        unsettled=_unsettled(result, place, start),
    )


def _whole_days(scenario: Scenario, start: float) -> int:
    """How many there are from a time [h] to the end of the run."""
    return math.floor((scenario.duration - start + TOLERANCE) / DAY)


def _doses(scenario: Scenario, drug: str, start: float, count: int) -> list[tuple[int, Dose]]:
    """Doses of a drug on some days from a time [h] on, each with its position among those of the scenario."""
    stop = start + DAY * count - TOLERANCE
    return [
        (i, one) for i, one in enumerate(scenario.doses) if one.drug == drug and start - TOLERANCE <= one.time < stop
    ]


def _day(dose: Dose, start: float) -> int:
    return math.floor((dose.time - start + TOLERANCE) / DAY)


def clock_of(scenario: Scenario, time: float) -> float:
    """Time of the clock, after midnight or after t = 0 without a calendar [h]."""
    midnight = 0.0 if scenario.start is None else scenario.start.hour + scenario.start.minute / 60
    return round((time + midnight) % DAY, 4)


def uneven(scenario: Scenario, dose: Dose) -> float | None:
    """The interval of a dose where it does not divide the day: its times are others every day [h]; else None."""
    every = scenario.regimens[dose.regimen].courses[dose.course].every
    return None if every is None or math.isclose(DAY / every, round(DAY / every), rel_tol=1e-9) else every


def _slots(day: IntArray, hour: Array) -> IntArray:
    """1 for the latest of several doses of a day by the clock, which may be larger, else 0, (dose,)."""
    slots = np.zeros(len(day), dtype=np.int64)
    for one in np.unique(day).tolist():
        mine = np.flatnonzero(day == one)
        if len(mine) > 1:
            slots[mine[np.argmax(hour[mine])]] = 1
    return slots


def _options(
    scenario: Scenario, wanted: AdviseSpecification, doses: Sequence[Dose], a_day: int
) -> tuple[Array, tuple[Kind, ...], Mapping[float, Tablets]]:
    """Amounts of a dose in each slot with the kind of each, the present first; and what they are made of.

    Beside those that may be given are those that would be with one limit less: what stands in the way when nothing
    passes.
    """
    monograph = scenario.monographs[str(wanted.drug)]
    largest = max(dose.amount for dose in doses)
    labelled = _labelled(scenario, monograph, doses, None)
    most = largest if labelled is None else max(largest, labelled / a_day)
    sold = monograph.dosing.strengths.get(doses[0].formulation)
    strengths = wanted.strengths or (sold.amounts if sold is not None else ())
    halved = sold.halved if sold is not None and not wanted.strengths else ()
    own = {dose.amount for dose in doses}
    alone = min(own) if len(own) == 1 else math.nan
    whole, broken = doses_of(strengths, (), 2 * most), doses_of(strengths, halved, most)
    tablets = {**broken, **whole}
    kinds: dict[tuple[float, float], Kind] = {}

    def offer(one: float, other: float, kind: Kind) -> None:
        if not (abs(one - alone) <= GRAIN and abs(other - alone) <= GRAIN):
            kinds.setdefault((one, other), kind)

    for amount in whole:
        offer(amount, amount, "tablets" if amount <= most + GRAIN else "above")
    for amount in broken:
        offer(amount, amount, "tablets" if wanted.halves else "halves")
    if a_day > 1 and all(uneven(scenario, dose) is None for dose in doses):
        known = [amount for amount in (broken if wanted.halves else whole) if amount <= most + GRAIN]
        for amount, after in pairwise(known):
            offer(amount, after, "tablets" if wanted.split else "split")
    for step in range(1, FINE + 1):
        amount = round(most * step / FINE, 6)
        offer(amount, amount, "any")
    rows = [(largest, largest), *kinds]
    return np.array(rows), ("tablets", *kinds.values()), tablets


def _ceilings(scenario: Scenario, monograph: Monograph, doses: Sequence[Dose], begins: Array, a_day: int) -> Array:
    """(day,) largest dose that the kidneys of the day let be given, infinite where they set no limit [mg]."""
    states = [(-math.inf, scenario.patient), *scenario.patients]
    ceilings = np.full(len(begins), np.inf)
    for day, begin in enumerate(begins.tolist()):
        clearance = [person for time, person in states if time < begin + DAY - TOLERANCE][-1].creatinine_clearance
        if not scenario.sessions and monograph.dosing.kidney_limit(clearance) is not None:
            most = _labelled(scenario, monograph, doses, clearance)
            ceilings[day] = np.inf if most is None else most / a_day
    return ceilings


def kidney_ceiling(task: Task, weight: float, clearance: float) -> float:
    """Largest mean dose of somebody of a weight [kg] that a creatinine clearance [mL/min] lets be given [mg].

    Infinite where it sets no limit, and where haemodialysis replaces the kidneys.
    """
    scenario, monograph = task.scenario, task.scenario.monographs[task.drug]
    if scenario.sessions or monograph.dosing.kidney_limit(clearance) is None:
        return math.inf
    first = scenario.doses[int(task.doses[0])]
    course = scenario.regimens[first.regimen].courses[first.course]
    most = most_a_day(course, monograph, replace(scenario.patient, weight=weight), clearance)
    return math.inf if most is None else most / task.a_day


def _labelled(scenario: Scenario, monograph: Monograph, doses: Sequence[Dose], clearance: float | None) -> float | None:
    """Highest dose a day, as labelled on the formulation that is taken [mg]; None where none is known."""
    course: Course = scenario.regimens[doses[0].regimen].courses[doses[0].course]
    return most_a_day(course, monograph, scenario.patient, clearance)


def _changeable(scenario: Scenario, wanted: AdviseSpecification, start: float, first: Array) -> list[int]:
    """Days on which the dose may become another: it is taken then, the calendar allows it, and it can be judged."""
    earliest = start if wanted.earliest is None else max(wanted.earliest, start)
    end = _end(scenario, wanted) - (0.0 if wanted.loading else (SHORT - 1) * DAY)
    midnight = monday(scenario.start)
    return [
        day
        for day, time in enumerate(first.tolist())
        if not math.isnan(time)
        and start + DAY * day >= earliest - TOLERANCE
        and start + DAY * day < end - TOLERANCE
        and (not wanted.weekdays or weekday(time, midnight) in wanted.weekdays)
    ]


def _judged(wanted: AdviseSpecification, start: float, count: int) -> BoolArray:
    """(day,) whether a day counts: whole days in [from, until)."""
    begins: Array = start + DAY * np.arange(count, dtype=float)
    low = start if wanted.start is None else wanted.start
    high = math.inf if wanted.stop is None else wanted.stop
    return np.asarray((begins >= low - TOLERANCE) & (begins + DAY <= high + TOLERANCE))


def _band(wanted: AdviseSpecification, analyte: Analyte, reference: float | None) -> TargetBand:
    if wanted.keep is not None and reference is not None:
        return TargetBand(low=reference * (1 - wanted.keep), high=reference * (1 + wanted.keep), target=reference)
    low, high = wanted.between or (analyte.low or 0.0, analyte.high or 0.0)
    return TargetBand(low=low, high=high, target=math.sqrt(low * high))


def _inside(reference: float | None, band: TargetBand) -> bool:
    return reference is not None and band.low <= reference <= band.high


def _late(scenario: Scenario, start: float, drug: str) -> int:
    """Days from the first change, or the first dose where it comes later, until five half-lives are over."""
    begin = max(start, min(dose.time for dose in scenario.doses if dose.drug == drug))
    return math.ceil((begin - start) / DAY) + shown_after(scenario, drug)


def shown_after(scenario: Scenario, drug: str) -> int:
    """Days until a change of a drug's dose has shown in it and in what it becomes."""
    slowest = max(half_life(scenario.monographs[name], scenario.patient) for name in family_of(scenario, drug))
    return max(1, math.ceil(HALF_LIVES * slowest / DAY))


def _unsettled(result: Result, place: int, start: float) -> float | None:
    """Largest relative difference of the averages of the three days before the first change [1]."""
    curve, first = result.curves[place], result.scenario.first_time
    if start - 3 * DAY < first - TOLERANCE:
        return None
    edges = start - DAY * np.arange(3, -1, -1.0)
    averages = np.diff(curve.integral(np.full(4, edges[0]), edges)) / DAY
    return float(averages.max() / max(averages.min(), 1e-12 * averages.max()) - 1) if averages.max() > 0 else None
