"""CSV of measured concentrations -> rows per subject, or every problem of the file at once."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from pkinteract.errors import InputError, Problem
from pkinteract.fitting.data.quantified import MISSING, quantified
from pkinteract.fitting.data.weights import MeasurementPrecision, PrecisionColumns, is_weight, precision_columns
from pkinteract.text.csv import read_csv
from pkinteract.units import UNITS

_PER_SUBJECT = ("dose_mg", "dose_mg_per_kg", "weight_kg")
_EXAMPLES = {"dose_mg": "320", "dose_mg_per_kg": "4.02", "weight_kg": "79.6"}

SUFFIXES = {
    unit.replace("/", "_per_"): unit
    for unit, (dimension, _) in UNITS.items()
    if dimension in ("concentration", "molar concentration") and "/" in unit
}
"""End of a column's name to its unit."""
_TIMES = {f"time_{unit}": factor for unit, (dimension, factor) in UNITS.items() if dimension == "time"}


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelColumn:
    """A column of concentrations: ``name`` is an analyte, or "conc"."""

    place: int
    name: str
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One concentration, as written, in the unit of its column; ``below`` means somewhere below ``value``."""

    line: int
    time: float
    column: LevelColumn
    value: float
    precision: MeasurementPrecision
    below: bool


@dataclass(slots=True, kw_only=True)
class Subject:
    """A subject's rows, and what the columns say of the subject."""

    line: int
    measured: list[Measured] = field(default_factory=list)
    traits: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelTable:
    """A data file that was read.

    Attributes
    ----------
    below, empty
        Cells below quantification, and cells without a value.
    silent
        Subjects of whom no level counts.
    other
        Columns that are passed over.
    """

    head: int
    people: Mapping[str, Subject]
    columns: tuple[LevelColumn, ...]
    below: int
    empty: int
    other: tuple[str, ...]
    silent: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelFormat:
    """How a data file is read.

    Attributes
    ----------
    lloq
        Limit of quantification, a canonical number and its dimension: what is lower counts as below it.
    weights
        "none", "n" or "sd": which columns beside the concentrations count.
    log
        Whether the residuals are those of logarithms.
    keep_below
        Whether what is below quantification is kept with its limit rather than left out.
    signed
        Whether a level may be negative.
    """

    lloq: tuple[float, str] | None = None
    weights: str = "none"
    log: bool = False
    keep_below: bool = False
    signed: bool = False


def read_levels(path: Path, reading: LevelFormat) -> LevelTable:
    """Read a data file.

    Raises
    ------
    InputError
        With every problem of the file, in file order.
    """
    return _LevelReader(path, reading).levels()


class _LevelReader:
    """Collects problems while it reads; lives for one file."""

    def __init__(self, path: Path, reading: LevelFormat) -> None:
        self.path = path
        self.reading = reading
        self.names: Sequence[str] = ()
        self.beside: dict[LevelColumn, PrecisionColumns] = {}
        self.problems: list[Problem] = []
        self.people: dict[str, Subject] = {}
        self.below = 0
        self.empty = 0

    def refuse(self, line: int | None, key: str, message: str) -> None:
        self.problems.append(Problem(line=line, key=key, message=message))

    def levels(self) -> LevelTable:
        file = read_csv(self.path, self.problems)
        if not file.rows:
            text = "holds no rows; write a line of names such as subject,time_h,conc_mg_per_L and the rows below it"
            self.refuse(None, "", text)
            raise InputError(self.path, self.problems)
        first, names = file.head, file.names
        self.names = names
        time, columns, places = self._columns(first, names)
        self._weights(first, columns)
        for line, cells in file.rows:
            if len(cells) != len(names):
                text = f"has {len(cells)} cells where the first line has {len(names)} names; decimals are written 12.5"
                self.refuse(line, "", text)
            elif time is not None:
                self._row(line, cells, (time, _TIMES[names[time]]), columns, places)
        if self.problems:
            raise InputError(self.path, self.problems)
        if all(level.below for person in self.people.values() for level in person.measured):
            reason = "every concentration is below quantification" if self.below else "no row holds a concentration"
            self.refuse(None, "", f"{reason}; nothing can be fitted to it")
            raise InputError(self.path, self.problems)
        used = {time, *places.values(), *(column.place for column in columns)}
        used |= {place for precision in self.beside.values() for place in (precision.count, precision.sd)}
        return LevelTable(
            head=first,
            people={name: person for name, person in self.people.items() if person.measured},
            columns=tuple(columns),
            below=self.below,
            empty=self.empty,
            other=tuple(name for i, name in enumerate(names) if i not in used),
            silent=tuple(name for name, person in self.people.items() if not person.measured),
        )

    def _columns(self, line: int, names: Sequence[str]) -> tuple[int | None, list[LevelColumn], dict[str, int]]:
        """Place of the time, the columns of concentrations, and places of the others that we know."""
        times = [i for i, name in enumerate(names) if name in _TIMES]
        columns, places = [], {}
        for i, name in enumerate(names):
            if name in names[:i]:
                self.refuse(line, name, "stands twice; keep one of the columns")
            elif name in (*_PER_SUBJECT, "subject", "blq"):
                places[name] = i
            elif name.lower() in ("time", "conc", "dose", "weight", "lloq") or name.startswith("time_"):
                if i not in times:
                    self.refuse(line, name, _unnamed(name))
            elif name.lower() in ("cens", "limit"):
                self.refuse(line, name, "is not read here; write <0.1 or BLQ as a low level, or a column blq")
            elif is_weight(name):
                continue
            elif named := _concentration(name):
                columns.append(LevelColumn(place=i, name=named[0], unit=named[1]))
            elif "_per_" in name:
                ends = sorted(SUFFIXES)
                close = get_close_matches(name, [name[: name.find("_") + 1] + end for end in ends], n=1, cutoff=0.5)
                hint = f"did you mean {close[0]}?" if close else f"units are {', '.join(ends)}"
                self.refuse(line, name, f"does not end in a unit that is known; {hint}")
        if not times and not any(name.lower().startswith("time") for name in names):
            self.refuse(line, "time_h", "is missing; name the column of times with its unit: time_h, time_min, time_d")
        if len(times) > 1:
            self.refuse(line, names[times[1]], f"is a second column of times beside {names[times[0]]}; keep one")
        if not columns and not any(problem.line == line and "conc" in problem.key for problem in self.problems):
            text = "is missing; add a column of concentrations named with its unit, such as conc_mg_per_L"
            self.refuse(line, "conc_mg_per_L", text)
        if "dose_mg" in places and "dose_mg_per_kg" in places:
            self.refuse(line, "dose_mg_per_kg", "stands beside dose_mg; keep one of them")
        return (times[0] if times else None), columns, places

    def _row(
        self,
        line: int,
        cells: Sequence[str],
        clock: tuple[int, float],
        columns: Sequence[LevelColumn],
        places: Mapping[str, int],
    ) -> None:
        place, hour = clock
        name = cells[places["subject"]] if "subject" in places else "1"
        if name in MISSING:
            self.refuse(line, "subject", "is missing; write the subject's number or name")
            return
        person = self.people.setdefault(name, Subject(line=line))
        for trait in _PER_SUBJECT:
            if trait in places:
                self._trait(line, trait, cells[places[trait]], person)
        time = self._number(line, "time", cells[place], "hours such as 1.5")
        flagged = "blq" in places and self._flag(line, cells[places["blq"]])
        for column in columns:
            limit = self._limit(column.unit)
            keep, signed = self.reading.keep_below, self.reading.signed
            text = cells[column.place]
            cell = quantified(text, column.unit, flagged=flagged, limit=limit, keep_below=keep, signed=signed)
            self.empty += cell.kind == "empty"
            self.below += cell.kind == "below"
            if cell.message:
                self.refuse(line, f"{column.name}_{column.unit.replace('/', '_per_')}", cell.message)
            elif cell.value is not None and time is not None:
                precision, below = self._precision(line, column, cells), cell.kind == "below"
                level = Measured(
                    line=line, time=time * hour, column=column, value=cell.value, precision=precision, below=below
                )
                person.measured.append(level)

    def _limit(self, unit: str) -> float | None:
        """The limit of quantification in a column's unit; None if none is given in such a unit, mass or molar."""
        dimension, factor = UNITS[unit]
        lloq = self.reading.lloq
        return lloq[0] / factor if lloq is not None and lloq[1] == dimension else None

    def _weights(self, line: int, columns: Sequence[LevelColumn]) -> None:
        """Find the columns that say how sure the concentrations are, where they count."""
        if self.reading.weights == "none":
            return

        def refuse(key: str, message: str) -> None:
            self.refuse(line, key, message)

        owners = {column.name: column for column in columns}
        units = {name: column.unit for name, column in owners.items()}
        reading = self.reading
        precisions = precision_columns(self.names, units, SUFFIXES, refuse, weights=reading.weights, log=reading.log)
        self.beside = {owners[name]: precision for name, precision in precisions.items()}

    def _precision(self, line: int, column: LevelColumn, cells: Sequence[str]) -> MeasurementPrecision:
        def refuse(key: str, message: str) -> None:
            self.refuse(line, key, message)

        beside = self.beside.get(column, PrecisionColumns())
        return beside.read(self.names, cells, refuse) or MeasurementPrecision()

    def _trait(self, line: int, name: str, text: str, person: Subject) -> None:
        value = self._number(line, name, text, _EXAMPLES[name])
        if value is None:
            return
        if value <= 0:
            self.refuse(line, name, f'must be above 0, got "{text}"')
        elif person.traits.setdefault(name, value) != value:
            text = f"changes from {person.traits[name]:g} to {value:g} within a subject; give each subject one"
            self.refuse(line, name, text)

    def _flag(self, line: int, text: str) -> bool:
        if text.lower() not in ("1", "0", "true", "false", ""):
            self.refuse(line, "blq", f'must be 1 or 0, got "{text}"')
        return text.lower() in ("1", "true")

    def _number(self, line: int, key: str, text: str, example: str) -> float | None:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            self.refuse(line, key, f'must be a number, got "{text}"; write {example}')
            return None
        return value


def _concentration(name: str) -> tuple[str, str] | None:
    """Analyte and unit that a column's name says."""
    for suffix, unit in SUFFIXES.items():
        if name.endswith(f"_{suffix}") and len(name) > len(suffix) + 1:
            return name[: -len(suffix) - 1], unit
    return None


def _unnamed(name: str) -> str:
    wanted = {
        "time": "time_h, time_min or time_d",
        "conc": "conc_mg_per_L, conc_ng_per_mL or conc_umol_per_L",
        "dose": "dose_mg or dose_mg_per_kg",
        "weight": "weight_kg",
    }
    if name.lower() == "lloq":
        return 'is not read; write lloq = "0.1 mg/L" in [[data]]'
    return f"says no unit that is known; name it {wanted[name.lower().split('_')[0]]}"
