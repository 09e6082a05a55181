"""Published time courses simulated day by day, each design once, beside what was observed.

The run begins with the first dose (or window) of a row, so that its clock is that of the row, moved.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pkinteract.errors import InputError, PkinteractError
from pkinteract.library import Library, load_library
from pkinteract.library.evidence.studies import Intake
from pkinteract.library.evidence.timecourses import HABITS, Span, TimePoint
from pkinteract.qualify.design import SUBJECT, read_scenario_text, scenario_text
from pkinteract.qualify.passage import DAY, Passage, clearance_course, half_time, measured_quantity
from pkinteract.qualify.processes import Progress, each
from pkinteract.simulation import simulate


@dataclass(frozen=True, slots=True, kw_only=True)
class PointOutcome:
    """A time point beside its prediction.

    Attributes
    ----------
    state
        "simulated"; "excluded" by the table; "no monograph" of a drug; or "failed".
    reason
        Why it was not simulated.
    predicted
        In the terms of the row: ratio to its reference [1], or half-time [h].
    daily
        Day after the change, and the same ratio if it had been measured on that day; of a half-time, the clearance
        over that at the beginning; empty where the analyte is not given every day.
    """

    point: TimePoint
    state: str
    reason: str = ""
    predicted: float | None = None
    daily: tuple[tuple[float, float], ...] = ()


def qualify_courses(
    points: Sequence[TimePoint],
    *,
    extra: Sequence[Path] = (),
    workers: int | None = None,
    progress: Progress | None = None,
) -> tuple[PointOutcome, ...]:
    """Simulate every design that the library has the drugs for; points of one design are read from one run.

    Parameters
    ----------
    extra
        Drug files of one's own beside the library.
    workers
        Processes; as many as there are processors if left out.

    Raises
    ------
    InputError
        When an extra drug file is wrong.
    """
    library = load_library(tuple(extra))
    designs: dict[object, tuple[TimePoint, ...]] = {}
    for point in points:
        if point.used and not _lacking(point, library):
            designs[_key(point)] = (*designs.get(_key(point), ()), point)
    done: dict[str, PointOutcome] = {}
    tell = None if progress is None else progress(len(designs), 0)
    for _, outcomes in each(_simulate, designs, extra=tuple(extra), workers=workers):
        done |= {outcome.point.id: outcome for outcome in outcomes}
        if tell is not None:
            tell(1)
    return tuple(done.get(point.id) or _untouched(point, library) for point in points)


def course_curves(outcomes: Sequence[PointOutcome]) -> tuple[tuple[PointOutcome, ...], ...]:
    """What was simulated of a series and measure, half-times left out; each is one curve."""
    curves: dict[tuple[str, str], tuple[PointOutcome, ...]] = {}
    for outcome in outcomes:
        if outcome.state == "simulated" and not outcome.point.is_half_time:
            name = outcome.point.series, outcome.point.measure
            curves[name] = (*curves.get(name, ()), outcome)
    return tuple(curves.values())


def course_scenario(point: TimePoint, library: Library, *, alone: bool = False) -> tuple[str, float]:
    """The text of a design as a scenario, and where the change lies in it [h]; ``alone`` leaves the perpetrators out.

    Raises
    ------
    ValueError
        When a drug has no formulation for the route that it was given by.
    InputError
        When a monograph is wrong.
    """
    zero = -_begin(point)
    intakes = [_moved(intake, zero) for intake in (point.alone if alone else point.intakes)]
    said = {"weight": "70", "age": "30", "sex": "male", **point.body}
    words = {
        "weight": f'"{said["weight"]} kg"',
        "age": f'"{said["age"]} y"',
        "sex": f'"{said["sex"]}"',
        **{key: _word(key, value) for key, value in point.body.items() if key in ("smoker", "pregnancy")},
    }
    patient = "".join(f"{key} = {word}\n" for key, word in words.items()) + SUBJECT
    patient += "".join(
        f'[[patient.change]]\nat = "{change.time + zero:.10g} h"\n{change.key} = {_word(change.key, change.value)}\n'
        for change in point.patient_changes
    )
    return scenario_text(point.id, patient, intakes, library, step="1 h"), zero


def _word(key: str, value: str) -> str:
    if key == "smoker":
        return "true" if value == "yes" else "false"
    return '"none"' if value == "none" else f'"{value} wk"'


def _moved(intake: Intake, later: float) -> Intake:
    return replace(intake, doses=tuple(replace(dose, time=dose.time + later) for dose in intake.doses))


def _begin(point: TimePoint) -> float:
    """Before the first dose, window and change of the patient [h]."""
    doses = [dose.time for intake in point.intakes for dose in intake.doses]
    spans = [span[0] for span in (point.window, point.reference) if span is not None]
    return min([*doses, *spans, *(change.time - 1 for change in point.patient_changes)])


def _lacking(point: TimePoint, library: Library) -> list[str]:
    drugs = [*(intake.drug for intake in point.intakes), *point.perpetrators, point.analyte]
    return [drug for drug in dict.fromkeys(drugs) if drug not in library.files and drug not in HABITS]


def _untouched(point: TimePoint, library: Library) -> PointOutcome:
    if not point.used:
        return PointOutcome(point=point, state="excluded", reason=point.reason)
    return PointOutcome(point=point, state="no monograph", reason=", ".join(_lacking(point, library)))


def _key(point: TimePoint) -> object:
    """Points with one key are read from one run."""
    return point.intakes, point.alone, tuple(point.body.items()), point.patient_changes, _begin(point)


def _simulate(points: Sequence[TimePoint], library: Library) -> tuple[PointOutcome, ...]:
    try:
        passage, alone = _passages(points, library)
    except InputError as error:
        reason = "; ".join(f"{problem.key} {problem.message}" for problem in error.problems)
    except (PkinteractError, ValueError) as error:
        reason = str(error)
    else:
        return tuple(_outcome(point, passage, alone) for point in points)
    return tuple(PointOutcome(point=point, state="failed", reason=reason) for point in points)


def _passages(points: Sequence[TimePoint], library: Library) -> tuple[Passage, Passage | None]:
    """The design, and its victim alone if a point is compared with that."""
    first = points[0]
    stop = max(span[1] for point in points for span in (point.window, point.reference) if span is not None)
    lonely = any(point.reference is None and not point.is_half_time for point in points)
    passages: list[Passage] = []
    for alone in (False, True) if lonely else (False,):
        text, zero = course_scenario(first, library, alone=alone)
        result = simulate(read_scenario_text(text, stop + zero, library))
        passages.append(Passage(result=result, zero=zero, stop=stop))
    return passages[0], passages[1] if lonely else None


def _outcome(point: TimePoint, passage: Passage, alone: Passage | None) -> PointOutcome:
    try:
        return _read(point, passage, alone)
    except ValueError as error:
        return PointOutcome(point=point, state="failed", reason=str(error))


def _read(point: TimePoint, passage: Passage, alone: Passage | None) -> PointOutcome:
    if point.is_half_time:
        times, values = clearance_course(passage, point.analyte, point.measure, point.window)
        hourly = zip((times / DAY).tolist(), (values / values[0]).tolist(), strict=True)
        daily = tuple((day, ratio) for day, ratio in hourly if math.isclose(math.remainder(day, 1), 0, abs_tol=1e-6))
        return PointOutcome(point=point, state="simulated", predicted=half_time(times, values), daily=daily)
    predicted = _ratio(point, passage, alone, 0.0)
    return PointOutcome(point=point, state="simulated", predicted=predicted, daily=_daily(point, passage, alone))


def _ratio(point: TimePoint, passage: Passage, alone: Passage | None, later: float) -> float:
    """The quantity ``later`` [h] than the row says, over its reference [1]."""
    window = point.window[0] + later, point.window[1] + later
    if point.reference is None:
        assert alone is not None, "a point without a window of reference is compared with its victim alone"
        before = measured_quantity(alone, point.analyte, point.measure, window)
    else:
        before = measured_quantity(passage, point.analyte, point.measure, point.reference)
    return measured_quantity(passage, point.analyte, point.measure, window) / before


def _daily(point: TimePoint, passage: Passage, alone: Passage | None) -> tuple[tuple[float, float], ...]:
    """Day by day from a week before the change to the end, as far as doses of the victim reach."""
    reach = _reach(point)
    if point.day is None or reach is None:
        return ()
    first = math.ceil(max(reach[0] - point.window[0], -7 * DAY - DAY * point.day) / DAY - 1e-9)
    last = math.floor((min(reach[1], passage.stop) - point.window[1]) / DAY + 1e-9)
    return tuple((point.day + n, _ratio(point, passage, alone, DAY * n)) for n in range(first, last + 1))


def _reach(point: TimePoint) -> Span | None:
    """While the ratio can be read every day [h]; None if it cannot: of doses that do not repeat."""
    if point.measure == "clearance":
        return _begin(point), math.inf
    doses = [dose for intake in point.alone if intake.drug == point.victim for dose in intake.doses]
    daily = [dose for dose in doses if dose.count > 1 and math.isclose(math.remainder(DAY, dose.every), 0)]
    if not daily or point.measure == "half-life":
        return None
    return min(dose.time for dose in daily), max(dose.time + dose.every * dose.count for dose in daily)
