"""CSV with NONMEM's names -> frozen records, or every problem of the file at once."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pkinteract.errors import InputError, Problem
from pkinteract.records.rules import COLUMNS, MISNAMED, UNSUPPORTED, Raw, record_problems
from pkinteract.records.subject import DEFAULT_AGE, DEFAULT_WEIGHT, RecordedDrug, dosing_notes
from pkinteract.records.types import Covariates, DataSet, Record
from pkinteract.text.csv import read_csv

_MISSING = {"", ".", "NA"}
_PASSED_OVER = {"DV", "MDV"}


def read_records(path: Path | str, dosing: RecordedDrug | None = None, *, beside: Collection[str] = ()) -> DataSet:
    """Read a data set.

    Parameters
    ----------
    path
        The CSV file: names in the first line, in any case and order.
    dosing
        The drug, which decides what compartments there are and what covariates are needed; what depends on it is not
        checked if it is left out.
    beside
        Columns that the caller reads, in capitals: they are not passed over.

    Raises
    ------
    InputError
        With every problem of the file, in file order.
    """
    return _RecordReader(Path(path), dosing, frozenset({*_PASSED_OVER, *beside})).data_set()


@dataclass(slots=True)
class _SubjectSoFar:
    """What was seen of a subject so far."""

    line: int
    time: float | None = None


@dataclass(slots=True)
class _RecordReader:
    """Collects problems while it reads; lives for one file."""

    path: Path
    dosing: RecordedDrug | None
    silent: frozenset[str]
    problems: list[Problem] = field(default_factory=list)
    seen: dict[str, _SubjectSoFar] = field(default_factory=dict)

    def refuse(self, line: int | None, key: str, message: str) -> None:
        self.problems.append(Problem(line=line, key=key, message=message))

    def data_set(self) -> DataSet:
        file = read_csv(self.path, self.problems)
        head = file.names
        if not head:
            self.refuse(None, "", "has no line of names; write for example ID,TIME,AMT,EVID,CMT")
            raise InputError(self.path, self.problems)
        places = self._names(file.head, head)
        records: list[Record] = []
        current = ""
        for line, cells in file.rows:
            if len(cells) != len(head):
                text = f"has {len(cells)} cells where the first line has {len(head)} names; decimals are written 12.5"
                self.refuse(line, "", text)
                continue
            record = self._record(line, {name: cells[i] for name, i in places.items()}, current)
            current = record.subject
            records.append(record)
        if not file.rows:
            self.refuse(None, "", "holds no records below the line of names")
        if self.problems:
            raise InputError(self.path, self.problems)
        notes = list(self._notes(head, places))
        if self.dosing is not None:
            notes += dosing_notes(self.dosing, [record.covariates.age for record in records])
        return DataSet(path=self.path, text=file.text, records=tuple(records), notes=tuple(notes))

    def _names(self, line: int, head: Sequence[str]) -> dict[str, int]:
        """Place of every column that we know; refuses what NONMEM would take for something else."""
        places: dict[str, int] = {}
        if len(head) == 1 and (";" in head[0] or "\t" in head[0] or " " in head[0]):
            self.refuse(line, "", "has one column; separate columns by commas")
            raise InputError(self.path, self.problems)
        if not any(name.upper() in COLUMNS for name in head):
            self.refuse(line, "", "must hold the names of the columns, for example ID,TIME,AMT,EVID,CMT")
            raise InputError(self.path, self.problems)
        for i, written in enumerate(head):
            name = {"RATE1": "R1"}.get(written.upper(), written.upper())
            if not name:
                self.refuse(line, "", f"column {i + 1} has no name")
            elif name in UNSUPPORTED:
                self.refuse(line, written, UNSUPPORTED[name])
            elif name in MISNAMED:
                text = f"is not read; a column {MISNAMED[name]} says it for the doses of its record"
                self.refuse(line, written, text)
            elif name in COLUMNS and name in places:
                self.refuse(line, written, "stands twice; keep one of the columns")
            elif name in COLUMNS:
                places[name] = i
        needed = {"TIME": "in hours", "AMT": "in mg of free drug, 0 where nothing is given"}
        for name, what in needed.items():
            if name not in places and not (name == "TIME" and UNSUPPORTED.keys() & {n.upper() for n in head}):
                self.refuse(line, name, f"is missing; add the column, {what}")
        if self.dosing is not None and self.dosing.needs_creatinine and "CRCL" not in places:
            text = f"is missing, {self.dosing.drug} is cleared by the kidneys; add the column, in mL/min"
            self.refuse(line, "CRCL", text)
        return places

    def _record(self, line: int, cells: Mapping[str, str], current: str) -> Record:
        before = len(self.problems)
        subject = self._subject(line, cells, current)
        kind = Raw({name: _finite(text) for name, text in cells.items()})
        raw = {
            name: self._number(line, name, text, bounded=kind.counts(name))
            for name, text in cells.items()
            if name != "ID"
        }
        record = Raw({name: value for name, value in raw.items() if kind.counts(name)})
        if len(self.problems) == before and "AMT" in cells:
            for name, message in record_problems(record, self.dosing):
                self.refuse(line, name, message)
        self._in_order(line, subject, record)
        event = record.event
        dose = event in (1, 4)
        depot = self.dosing is None or self.dosing.formulation is not None
        return Record(
            line=line,
            subject=subject,
            time=record.get("TIME"),
            event=event,
            amount=record.get("AMT"),
            compartment="depot" if dose and depot and record.compartment == 1 else "central",
            rate=record.get("RATE"),
            interval=record.get("II"),
            additional=int(record.get("ADDL")),
            steady_state=int(record.get("SS")),
            lag=record.values.get("LAG"),
            bioavailability=record.values.get("F"),
            duration=record.values.get("DUR"),
            modelled_rate=record.values.get("R1"),
            covariates=Covariates(
                weight=record.get("WT", DEFAULT_WEIGHT),
                age=record.get("AGE", DEFAULT_AGE),
                creatinine_clearance=record.values.get("CRCL"),
            ),
        )

    def _subject(self, line: int, cells: Mapping[str, str], current: str) -> str:
        subject = cells.get("ID", "1")
        if subject.upper() in _MISSING:
            self.refuse(line, "ID", "is missing; write the subject's number or name")
        elif subject != current and subject in self.seen:
            last = self.seen[subject].line
            text = f'"{subject}" had its last record on line {last}; keep the records of a subject together'
            self.refuse(line, "ID", text)
        return subject

    def _number(self, line: int, name: str, text: str, *, bounded: bool) -> float | None:
        if text.upper() in _MISSING:
            if COLUMNS[name].required:
                self.refuse(line, name, f"is missing; write {COLUMNS[name].example}")
            return None
        value = _finite(text)
        if value is None:
            clock = name == "TIME" and ":" in text
            hint = "count hours, clock times are not read" if clock else f"write {COLUMNS[name].example}"
            self.refuse(line, name, f'must be a number, got "{text}"; {hint}')
            return None
        problem = COLUMNS[name].problem(value) if bounded else ""
        if problem:
            self.refuse(line, name, f'{problem}, got "{text}"')
            return None
        return value

    def _in_order(self, line: int, subject: str, record: Raw) -> None:
        """Time does not run backwards, except at a reset."""
        known = self.seen.setdefault(subject, _SubjectSoFar(line=line))
        known.line = line
        time = record.values.get("TIME")
        if time is None:
            return
        if known.time is not None and time < known.time and record.event not in (3, 4):
            text = f"goes back from {known.time:g} to {time:g} h; only a reset (EVID 3 or 4) may begin time anew"
            self.refuse(line, "TIME", text)
        known.time = time

    def _notes(self, head: Sequence[str], places: Mapping[str, int]) -> tuple[str, ...]:
        used = {*places.values()}
        other = [name for i, name in enumerate(head) if i not in used and name.upper() not in self.silent]
        notes = [f"columns passed over: {', '.join(other)}"] if other else []
        if "ID" not in places:
            notes.append("no column ID: all records are of one subject, 1")
        if "WT" not in places:
            notes.append(f"no column WT: {DEFAULT_WEIGHT:g} kg, the weight at which the drug file's numbers hold")
        if self.dosing is not None and self.dosing.depends_on_age and "AGE" not in places:
            notes.append(f"no column AGE: {DEFAULT_AGE:g} y")
        return tuple(notes)


def _finite(text: str) -> float | None:
    """A finite number; None if it is none."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
