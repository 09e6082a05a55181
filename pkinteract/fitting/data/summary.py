"""Table of published summary numbers -> rows that are checked against their scenarios, or every problem at once."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pkinteract.errors import InputError, Problem, did_you_mean
from pkinteract.fitting.data.weights import MeasurementPrecision
from pkinteract.fitting.predict.quantities import CLEARANCES, ENDLESS, KINDS, MOMENTARY, PAIRED, Kind
from pkinteract.fitting.types import RULED
from pkinteract.model import build
from pkinteract.scenario import Scenario, read_scenario
from pkinteract.scenario.types import TOLERANCE
from pkinteract.text.csv import read_csv
from pkinteract.units import UNITS

REQUIRED = ("scenario", "analyte", "quantity", "value", "unit", "source")
TIMES = ("from_h", "to_h", "at_h")
REFERENCE = "reference_"
COLUMNS = (
    *REQUIRED, *TIMES, "sd", "n", "note", f"{REFERENCE}scenario", *(f"{REFERENCE}{name}" for name in TIMES)
)  # fmt: skip

PARTS = {"mol/mol": "umol/L", "g/g": "mg/L"}
"""Unit of a ratio of two analytes to the unit in which their levels are compared."""

_TIMED = "*h"
"""Ends the unit of an area."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyScenario:
    """A scenario of the table, and the times at which its input or its patient jumps [h]."""

    scenario: Scenario
    jumps: tuple[float, ...]

    @property
    def end(self) -> float:
        """Where its run ends [h]."""
        return self.scenario.duration


def study_of(scenario: Scenario) -> StudyScenario:
    """A scenario with the times of its doses and of the changes of its patient.

    Raises
    ------
    InputError
        When monograph values contradict each other in this patient.
    """
    jumps = {event.time for event in build(scenario).events} | {time for time, _ in scenario.states}
    return StudyScenario(scenario=scenario, jumps=tuple(sorted(jumps)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From when to when [h], in which study; ``stop`` is infinite for an endless area and ``start`` at one time."""

    study: StudyScenario
    start: float
    stop: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedNumber:
    """One published number.

    Attributes
    ----------
    analytes
        One, or both of a ratio.
    unit
        Of the value; with a ``reference`` the value is the ratio of both in ``base``.
    base
        Unit in which the quantity itself is taken.
    """

    line: int
    kind: Kind
    analytes: tuple[str, ...]
    span: Span
    reference: Span | None
    value: float
    unit: str
    base: str
    precision: MeasurementPrecision


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryEntry:
    """A ``[[data]]`` entry of published numbers that could be read; ``log``, ``weights`` as in ``[residual]``."""

    index: int
    path: Path
    rows: tuple[PublishedNumber, ...]
    log: bool
    weights: str

    @property
    def scenarios(self) -> list[Scenario]:
        """Every scenario that a row names, each once."""
        spans = [span for row in self.rows for span in (row.span, row.reference) if span is not None]
        return list({id(span.study): span.study.scenario for span in spans}.values())


def read_summary(path: Path, index: int, *, log: bool, weights: str) -> SummaryEntry:
    """Read a table of published numbers and the scenarios that it names.

    Raises
    ------
    InputError
        With every problem of the table, in file order.
    """
    rows = _SummaryReader(path, weights=weights).rows()
    return SummaryEntry(index=index, path=path, rows=tuple(rows), log=log, weights=weights)


class _SummaryReader:
    """Collects problems while it reads; lives for one file."""

    def __init__(self, path: Path, *, weights: str) -> None:
        self.path = path
        self.weights = weights
        self.problems: list[Problem] = []
        self.studies: dict[str, StudyScenario | None] = {}

    def rows(self) -> list[PublishedNumber]:
        file = read_csv(self.path, self.problems)
        if not file.rows:
            self._refuse(None, "", f"holds no rows; write a line of names such as {','.join(REQUIRED)} and the rows")
            raise InputError(self.path, self.problems)
        first, names = file.head, file.names
        self._names(first, names)
        rows = []
        for line, cells in file.rows:
            if len(cells) != len(names):
                text = (
                    f"has {len(cells)} cells where the first line has {len(names)} names; text with a comma is quoted"
                )
                self._refuse(line, "", text)
            elif not any(problem.line == first for problem in self.problems):
                rows.append(self._row(line, {n: c for n, c in zip(names, cells, strict=True) if c}))
        if self.problems:
            raise InputError(self.path, self.problems)
        return [row for row in rows if row is not None]

    def _refuse(self, line: int | None, key: str, message: str) -> None:
        problem = Problem(line=line, key=key, message=message)
        if problem not in self.problems:
            self.problems.append(problem)

    def _names(self, line: int, names: Sequence[str]) -> None:
        for name in [name for name in REQUIRED if name not in names]:
            self._refuse(line, name, f"is missing; columns are {', '.join(COLUMNS)}")
        for i, name in enumerate(names):
            if name in names[:i]:
                self._refuse(line, name, "stands twice; keep one of the columns")
            elif name not in COLUMNS:
                self._refuse(line, name, f"is not a column; {did_you_mean(name, COLUMNS)}")

    def _row(self, line: int, cells: Mapping[str, str]) -> PublishedNumber | None:
        """One line; None if something in it is wrong."""
        before = len(self.problems)
        for name in [name for name in REQUIRED if name not in cells]:
            example = "the paper" if name == "source" else f"a {name}"
            self._refuse(line, name, f"is missing; write {example}")
        kind = next((kind for kind in KINDS if kind == cells.get("quantity")), None)
        if kind is None and "quantity" in cells:
            close = did_you_mean(cells["quantity"], KINDS)
            self._refuse(line, "quantity", f'"{cells["quantity"]}" is not known; {close}')
        value = self._number(line, cells, "value")
        study = self._study(line, "scenario", cells.get("scenario"))
        compared = any(name.startswith(REFERENCE) for name in cells)
        other = self._study(line, f"{REFERENCE}scenario", cells.get(f"{REFERENCE}scenario")) if compared else None
        if compared and f"{REFERENCE}scenario" not in cells:
            self._refuse(line, f"{REFERENCE}scenario", "is missing; name the scenario that it is compared with")
        precision = self._precision(line, cells)
        if kind is None or study is None or value is None or (compared and other is None):
            return None
        span = self._span(line, kind, cells, study, "")
        given = {name for name in TIMES if f"{REFERENCE}{name}" in cells}
        times = {name: cells[name] for name in TIMES if name in cells and not given}
        times |= {name: cells[f"{REFERENCE}{name}"] for name in given}
        reference = None if other is None else self._span(line, kind, times, other, REFERENCE if given else "")
        studies = [study] if other is None else [study, other]
        analytes = self._analytes(line, kind, cells.get("analyte", ""), studies)
        for one in [span, reference]:
            if one is not None and analytes:
                self._doses(line, kind, analytes[0], one)
        unit = cells.get("unit", "")
        base = self._unit(line, kind, unit, compared=compared)
        if len(self.problems) > before or span is None or base is None or precision is None:
            return None
        return PublishedNumber(
            line=line,
            kind=kind,
            analytes=analytes,
            span=span,
            reference=reference,
            value=value * (UNITS[unit][1] if compared else 1.0),
            unit="1" if compared else unit,
            base=base,
            precision=precision
            if not compared or precision.sd is None
            else MeasurementPrecision(count=precision.count, sd=precision.sd * UNITS[unit][1]),
        )

    def _number(self, line: int, cells: Mapping[str, str], name: str) -> float | None:
        text = cells.get(name)
        if text is None:
            return None
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not (math.isfinite(value) and value > 0):
            self._refuse(line, name, f'must be a number above 0 such as 1.54, got "{text}"')
            return None
        return value

    def _precision(self, line: int, cells: Mapping[str, str]) -> MeasurementPrecision | None:
        """How sure the number is, as far as the residual asks for it; None if something is wrong."""
        count, sd = self._number(line, cells, "n"), self._number(line, cells, "sd")
        if count is not None and (count < 1 or count != int(count)):
            self._refuse(line, "n", f'must be a number of subjects such as 6, got "{cells["n"]}"')
        for name, wanted in (("n", "n"), ("sd", "sd")):
            if self.weights == wanted and name not in cells:
                self._refuse(line, name, f'is missing; [residual] weights = "{wanted}" needs it in every row')
        broken = ("n" in cells and count is None) or ("sd" in cells and sd is None)
        return None if broken else MeasurementPrecision(count=count or 1.0, sd=sd if self.weights == "sd" else None)

    def _study(self, line: int, key: str, name: str | None) -> StudyScenario | None:
        """A scenario, read once; reports its problems at the first line that names it."""
        if name is None:
            return None
        if name not in self.studies:
            self.studies[name] = None
            try:
                scenario = read_scenario(self.path.parent / name)
                if scenario.protocols:
                    self._refuse(line, key, f"{name}: {RULED}")
                    return None
                self.studies[name] = study_of(scenario)
            except InputError as error:
                for problem in error.problems:
                    where = ", ".join(
                        part for part in (f"line {problem.line}" if problem.line else "", problem.key) if part
                    )
                    self._refuse(line, key, f"{name}: {where}{': ' if where else ''}{problem.message}")
        return self.studies[name]

    def _span(self, line: int, kind: Kind, cells: Mapping[str, str], study: StudyScenario, prefix: str) -> Span | None:
        """The times of a row, or those of its reference; reports those that are missing, too many, or outside."""
        wanted = ("at_h",) if kind in MOMENTARY else ("from_h", "to_h")
        times: list[float] = []
        for name in TIMES:
            if name in cells and name not in wanted:
                self._refuse(line, prefix + name, f"does not go with {kind}; write {' and '.join(wanted)}")
            elif name in wanted and name not in cells:
                self._refuse(line, prefix + name, f"is missing; {kind} needs {' and '.join(wanted)}")
            elif name in wanted:
                endless = name == "to_h" and kind in ENDLESS
                times += self._time(line, prefix + name, cells[name], study, endless=endless)
        if len(times) < len(wanted):
            return None
        start, stop = times[0], times[-1]
        if kind not in MOMENTARY and stop <= start:
            self._refuse(line, f"{prefix}to_h", f"must be after {prefix}from_h, got {start:g} to {stop:g} h")
            return None
        return Span(study=study, start=start, stop=stop)

    def _time(self, line: int, key: str, text: str, study: StudyScenario, *, endless: bool) -> list[float]:
        """A time inside a run; none if it is wrong."""
        if endless and text == "inf":
            return [math.inf]
        try:
            time = float(text)
        except ValueError:
            time = math.nan
        more = " or inf" if endless else ""
        if not math.isfinite(time):
            self._refuse(line, key, f'must be a number of hours{more}, got "{text}"')
            return []
        first = study.scenario.first_time
        if not first - TOLERANCE <= time <= study.end + TOLERANCE:
            inside = f"{study.scenario.path.name} runs from {first:g} to {study.end:g} h"
            self._refuse(line, key, f"{time:g} h is outside the run; {inside}")
            return []
        return [min(max(time, first), study.end)]

    def _analytes(self, line: int, kind: Kind, text: str, studies: Iterable[StudyScenario]) -> tuple[str, ...]:
        """The analyte of a row, or both of a ratio; none if they are wrong."""
        names = tuple(part.strip() for part in text.split("/"))
        if not text:
            return ()
        if kind in PAIRED and len(names) != 2:
            self._refuse(line, "analyte", f'must be two compounds, metabolite/parent, for {kind}, got "{text}"')
            return ()
        if kind not in PAIRED and len(names) != 1:
            self._refuse(line, "analyte", f'must be one analyte for {kind}, got "{text}"')
            return ()
        for study in studies:
            for name in names:
                whole = kind in (*CLEARANCES, *PAIRED)
                known = study.scenario.monographs if whole else study.scenario.units
                if name not in known:
                    what = "a compound" if whole else "an analyte"
                    said = f'"{name}" is not {what} of {study.scenario.path.name}; {did_you_mean(name, known)}'
                    self._refuse(line, "analyte", said)
                    return ()
        if kind == "formation_clearance" and not all(names[0] in _formed(study, names[1]) for study in studies):
            self._refuse(line, "analyte", f"{names[0]} is not formed from {names[1]}; write metabolite/parent")
            return ()
        return names

    def _doses(self, line: int, kind: Kind, analyte: str, span: Span) -> None:
        """A half-life has no dose in its interval, an oral clearance at least one."""
        times = [d.time for d in span.study.scenario.doses if d.drug == analyte and not d.missed]
        inside = [time for time in times if span.start - TOLERANCE <= time < span.stop - TOLERANCE]
        if kind == "half_life" and inside:
            self._refuse(line, "from_h", f"{analyte} is dosed at {inside[0]:g} h; a half-life needs time without doses")
        if kind == "oral_clearance" and not inside:
            text = f"{analyte} is not dosed from {span.start:g} to {span.stop:g} h; an oral clearance is dose over area"
            self._refuse(line, "from_h", text)

    def _unit(self, line: int, kind: Kind, unit: str, *, compared: bool) -> str | None:
        """Unit in which the quantity itself is taken; None if the unit does not go with it."""
        plain: Mapping[Kind, str] = {"half_life": "h", **dict.fromkeys(CLEARANCES, "L/h")}
        if compared:
            if unit not in ("1", "%"):
                self._refuse(line, "unit", f'must be 1 or % for the ratio to a reference, got "{unit}"')
                return None
            ratio = "mol/mol" if kind == "metabolite_ratio" else "mg/L*h" if kind == "auc" else "mg/L"
            return plain.get(kind, ratio)
        given = unit.removesuffix(_TIMED) if kind == "auc" else unit
        dimension = UNITS.get(given, ("", 0.0))[0]
        if kind == "metabolite_ratio":
            good, example = unit in PARTS, "mol/mol, or g/g for levels compared by mass"
        elif kind == "half_life":
            good, example = dimension == "time", "h"
        elif kind in CLEARANCES:
            good, example = dimension in ("clearance", "clearance per weight"), "L/h or L/h/kg"
        elif kind == "auc":
            good, example = unit.endswith(_TIMED) and dimension in _LEVELS, "mg/L*h"
        else:
            good, example = dimension in _LEVELS, "mg/L"
        if not good:
            self._refuse(line, "unit", f'must be a unit of {kind} such as {example}, got "{unit}"')
            return None
        return unit


_LEVELS = ("concentration", "molar concentration")


def _formed(study: StudyScenario, parent: str) -> Iterable[str]:
    return study.scenario.monographs[parent].metabolites
