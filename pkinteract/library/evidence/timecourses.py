"""Published time courses of interactions: one row per time point, with the design as it was and what was observed.

The file is ``evidence/timecourses.csv``; ``docs/qualification.md`` explains its columns. The clock of a row begins at
the change: a drug, a habit or a pregnancy begins or ends at 0. Doses are free drug.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pkinteract.errors import InputError
from pkinteract.library.evidence.cells import NUMBER, CellReader
from pkinteract.library.evidence.studies import Intake

TIMECOURSES = Path(__file__).parent / "timecourses.csv"
"""The shipped time courses."""

CHANGES = ("start", "stop")
MEASURES = (
    "average",
    "oral-clearance",
    "peak",
    "trough",
    "clearance",
    "half-life",
    "half-time-clearance",
    "half-time-oral-clearance",
)
HALF_TIMES = MEASURES[-2:]
"""Measures in h; the others are ratios to the reference."""

HABITS = ("smoking", "pregnancy")
"""Perpetrators that are no drugs; they act by the patient."""

_BODY = {"sex": r"female|male", "smoker": r"yes|no", "pregnancy": NUMBER, "weight": NUMBER, "age": NUMBER}
_CHANGE = {"smoker": r"yes|no", "pregnancy": rf"none|{NUMBER}"}
"""What may be said of a patient, and of a change: pregnancy in weeks, weight in kg, age in years."""

COLUMNS = (
    "id",
    "series",
    "study",
    "perpetrator",
    "perpetrator_formulation",
    "perpetrator_regimen",
    "change",
    "victim",
    "victim_formulation",
    "victim_regimen",
    "background",
    "analyte",
    "patient",
    "patient_change",
    "design_assumed",
    "measure",
    "window",
    "reference",
    "day",
    "value",
    "low",
    "high",
    "spread",
    "n",
    "use",
    "reason",
    "note",
    "paper",
    "url",
)

_SPAN = re.compile(rf"(?P<start>-?{NUMBER}) to (?P<stop>-?{NUMBER})")

Span = tuple[float, float]
"""From and until when, on the clock of the row [h]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyChange:
    """From a time on [h], what is said of the patient, as text."""

    time: float
    key: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TimePoint:
    """One row: what was measured how long after a change.

    Attributes
    ----------
    series
        What belongs to one curve.
    perpetrators
        Ids, or habits of the patient; the victim itself in an autoinduction.
    change
        Whether the perpetrator starts or stops.
    intakes, alone
        Every drug that is given, and those that are no perpetrators.
    body, patient_changes
        What is said of the patient as the run begins, and of its changes.
    assumed
        Whether part of the design was not published and is a usual one instead.
    measure, window
        What is measured, and from and until when [h].
    reference
        The window that it is compared with [h]; None is the same window without the perpetrators. No meaning for a
        half-time.
    day
        After the change, as published; None for a half-time.
    value, low, high
        Ratio to the reference [1], or half-time [h], and its spread.
    used, reason
        Whether the row is simulated, and why not.
    """

    id: str
    line: int
    series: str
    study: str
    perpetrators: tuple[str, ...]
    change: str
    victim: str
    analyte: str
    intakes: tuple[Intake, ...]
    alone: tuple[Intake, ...]
    body: Mapping[str, str]
    patient_changes: tuple[BodyChange, ...]
    assumed: bool
    measure: str
    window: Span
    reference: Span | None
    day: float | None
    value: float | None
    low: float | None
    high: float | None
    spread: str
    n: str
    used: bool
    reason: str
    note: str
    paper: str
    url: str

    @property
    def is_half_time(self) -> bool:
        """Whether ``value`` is the time in which half of a change is done."""
        return self.measure in HALF_TIMES


def read_time_courses(path: Path = TIMECOURSES) -> tuple[TimePoint, ...]:
    """Read a table of time courses.

    Raises
    ------
    InputError
        With every problem of the file, in file order.
    """
    return _TimePointReader(path, COLUMNS).points()


class _TimePointReader(CellReader):
    __slots__ = ()

    def points(self) -> tuple[TimePoint, ...]:
        read = [self._point(row) for row in self.rows()]
        if self.problems:
            raise InputError(self.path, self.problems)
        return tuple(read)

    def _point(self, row: Mapping[str, str]) -> TimePoint:
        self.filled(row, ("id", "series", "study", "perpetrator", "victim", "analyte", "paper"))
        used = self.used(row)
        perpetrators = self.ids("perpetrator", row["perpetrator"])
        victim = self.intake("victim", row["victim"], row["victim_formulation"])
        shared = self.background(row["background"])
        given = [*HABITS, *(intake.drug for intake in shared)]
        acting = self.acting(row, perpetrators, given) if used else ()
        alone = (*shared, *victim(self.doses("victim_regimen", row["victim_regimen"], used)))
        measure = self.one_of(row, "measure", MEASURES) if used else row["measure"]
        value, low, high = (self.number(row, key) for key in ("value", "low", "high"))
        if used and value is None:
            self.refuse("value", "is empty; a row that is used has one")
        if (low is None) != (high is None):
            self.refuse("low", "low and high go together")
        if low is not None and not row["spread"]:
            self.refuse("spread", "says what low and high are, for example 95 % CI")
        return TimePoint(
            id=row["id"],
            line=self.line,
            series=row["series"],
            study=row["study"],
            perpetrators=perpetrators,
            change=self.one_of(row, "change", CHANGES),
            victim=row["victim"],
            analyte=row["analyte"],
            intakes=(*acting, *alone),
            alone=alone,
            body=self._pairs("patient", row["patient"], _BODY),
            patient_changes=self._changes(row["patient_change"]),
            assumed=self.flag(row, "design_assumed") if used else False,
            measure=measure,
            window=self._span("window", row["window"]) if used else (0.0, 0.0),
            reference=self._reference(row, measure) if used else None,
            day=self._day(row["day"], needed=used and measure not in HALF_TIMES),
            value=value,
            low=low,
            high=high,
            spread=row["spread"],
            n=row["n"],
            used=used,
            reason=row["reason"],
            note=row["note"],
            paper=row["paper"],
            url=row["url"],
        )

    def _span(self, key: str, text: str) -> Span:
        match = _SPAN.fullmatch(text)
        if match is None:
            self.refuse(key, f'"{text}" is not a window; write from and until in h from the change, as -24 to 0')
            return 0.0, 0.0
        span = float(match["start"]), float(match["stop"])
        if span[1] <= span[0]:
            self.refuse(key, f'"{text}" ends before it begins')
        return span

    def _reference(self, row: Mapping[str, str], measure: str) -> Span | None:
        if measure in HALF_TIMES:
            if row["reference"]:
                self.refuse("reference", "stays empty for a half-time, which is compared with nothing")
            return None
        if row["reference"] == "alone":
            if row["victim"] in row["perpetrator"].split("+"):
                self.refuse("reference", "a drug that acts on itself is never alone; write a window")
            return None
        return self._span("reference", row["reference"])

    def _day(self, text: str, *, needed: bool) -> float | None:
        if not text:
            if needed:
                self.refuse("day", "is empty; say on which day after the change it was measured")
            return None
        try:
            day = float(text)
        except ValueError:
            day = math.nan
        if not (math.isfinite(day) and day >= 0):
            self.refuse("day", f'must be a number of days from 0 on, got "{text}"')
            return None
        return day

    def _pairs(self, key: str, text: str, known: Mapping[str, str]) -> dict[str, str]:
        pairs = {}
        for part in filter(None, (part.strip() for part in text.split(";"))):
            name, _, value = part.partition("=")
            if name not in known or re.fullmatch(known[name], value) is None:
                self.refuse(key, f'"{part}" is not one of {", ".join(f"{name}=…" for name in known)}, or its value')
                continue
            pairs[name] = value
        return pairs

    def _changes(self, text: str) -> tuple[BodyChange, ...]:
        changes = []
        for part in filter(None, (part.strip() for part in text.split(";"))):
            time, _, rest = part.partition(":")
            if re.fullmatch(rf"-?{NUMBER}", time) is None:
                self.refuse("patient_change", f'"{part}" is not a change; write time:what, as 0:smoker=no')
                continue
            said = self._pairs("patient_change", rest, _CHANGE)
            changes += [BodyChange(time=float(time), key=name, value=value) for name, value in said.items()]
        return tuple(changes)
