"""Dosing records with concentrations -> the series of every subject, each with its own doses."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, pairwise
from pathlib import Path

import numpy as np

from pkinteract.errors import InputError, did_you_mean
from pkinteract.fitting.data.quantified import Cell, censored, quantified
from pkinteract.fitting.data.series import analyte_of
from pkinteract.fitting.types import Measurand, Recorded, Series
from pkinteract.records import DataSet, RecordedDrug, read_records
from pkinteract.records.subject import patient_of
from pkinteract.scenario import Regimen, Scenario
from pkinteract.text.csv import CsvFile, read_csv

RefuseLine = Callable[[int | None, str, str], None]
"""Reports a problem of the file: line, column and message."""

_COLUMNS = ("DV", "MDV", "DVID", "BLQ", "CENS", "LIMIT")
_FLAGS = {"": False, ".": False, "0": False, "1": True}
_SIDES = {"": 0, ".": 0, "0": 0, "1": 1, "-1": -1}


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFormat:
    """How the concentrations of a record file are read.

    Attributes
    ----------
    unit
        Of DV.
    analytes
        DVID to what was measured; one under "" where DVID does not count.
    limit
        Limit of quantification in ``unit``; None if none is given.
    keep_below
        Whether what is below quantification is kept with its limit rather than left out.
    keep_censored
        The same of levels that CENS says to lie beyond their DV.
    signed
        Whether a level may be negative.
    """

    unit: str
    analytes: Mapping[str, str]
    limit: float | None
    keep_below: bool
    keep_censored: bool
    signed: bool


@dataclass(frozen=True, kw_only=True)
class RecordData:
    """A record file that was read: its subjects, and how many cells of DV are not used."""

    series: tuple[Series, ...]
    scenario: Scenario
    below: int
    censored: int
    empty: int
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _RecordedLevel:
    """A concentration: the place of its record and of its analyte."""

    record: int
    analyte: int
    value: float
    ends: tuple[float, float] | None


@dataclass(slots=True, kw_only=True)
class _RecordedLevels:
    """Concentrations by line, and what is not used; lives for one file."""

    by_line: dict[int, tuple[int, Cell]] = field(default_factory=dict)
    below: int = 0
    censored: int = 0
    empty: int = 0


def read_recorded(
    path: Path, index: int, dosing: RecordedDrug, wanted: RecordFormat, report: RefuseLine
) -> RecordData | None:
    """Read the records and the concentrations beside them; None if anything is wrong, all of which is reported.

    Parameters
    ----------
    index
        Position of the data set in the fit file.
    """
    lines: list[int | None] = []

    def refuse(line: int | None, key: str, message: str) -> None:
        lines.append(line)
        report(line, key, message)

    try:
        file = read_csv(path, [])
    except InputError:
        file = None
    try:
        data = read_records(path, dosing, beside=_beside(file))
    except InputError as error:
        for problem in error.problems:
            refuse(problem.line, problem.key, problem.message)
        data = None
    levels = _levels(file, data, wanted, refuse)
    if data is None or levels is None:
        return None
    scenario = _scenario(data, dosing)
    analytes = tuple(analyte_of(scenario, name, wanted.unit) for name in dict.fromkeys(wanted.analytes.values()))
    series = tuple(_series(data, dosing, scenario, analytes, levels, index, refuse))
    if lines:
        return None
    if not any(np.any(one.measured) for one in series):
        lost = levels.below or levels.censored
        reason = "every concentration is below quantification" if lost else "no observation holds a DV"
        refuse(None, "", f"{reason}; nothing can be fitted to it")
        return None
    notes = tuple(f"{path.name}: {note}" for note in (*data.notes, *_silent(data, series)))
    return RecordData(
        series=series,
        scenario=scenario,
        below=levels.below,
        censored=levels.censored,
        empty=levels.empty,
        notes=notes,
    )


def _silent(data: DataSet, series: Sequence[Series]) -> Iterator[str]:
    """Who takes no part, as no level of theirs counts."""
    subjects = dict.fromkeys(record.subject for record in data.records)
    without = [subject for subject in subjects if subject not in {one.subject for one in series}]
    if without:
        yield f"no level of subject {', '.join(without)} counts"


def _beside(file: CsvFile | None) -> tuple[str, ...]:
    """Columns beside those of the doses that are read; LIMIT says nothing without CENS."""
    names = {name.upper() for name in file.names} if file is not None else set()
    return tuple(name for name in _COLUMNS if name in names and (name != "LIMIT" or "CENS" in names))


def unknown_analyte(dosing: RecordedDrug, name: str) -> str | None:
    """What is wrong with the name of an analyte; None if nothing is."""
    sums = [total.id for total in dosing.monographs[dosing.drug].sum]
    known = [*dosing.monographs, *sums]
    if name in known:
        return None
    return f'"{name}" is not an analyte of {dosing.drug}; {did_you_mean(name, known)}'


def _levels(
    file: CsvFile | None, data: DataSet | None, wanted: RecordFormat, refuse: RefuseLine
) -> _RecordedLevels | None:
    """The concentrations of all observations; None where a column is missing."""
    if file is None or not file.names:
        return None
    names = [name.upper() for name in file.names]
    places = {name: names.index(name) for name in _COLUMNS if name in names}
    if "DV" not in places:
        refuse(file.head, "DV", "is missing; add the column of concentrations")
        return None
    if "" not in wanted.analytes and "DVID" not in places:
        refuse(file.head, "DVID", "is missing; dvid in [[data]] says what its numbers mean")
        return None
    observed = {record.line for record in data.records if record.event == 0} if data is not None else set()
    order = list(dict.fromkeys(wanted.analytes.values()))
    levels = _RecordedLevels()
    for line, cells in file.rows:
        if len(cells) != len(names):
            continue
        row = {name: cells[place] for name, place in places.items()}
        flags = {name: _flag(line, name, row.get(name, ""), refuse) for name in ("MDV", "BLQ")}
        keep = wanted.keep_below
        side = _side(line, row.get("CENS", ""), refuse)
        if side:
            cell = censored(row["DV"], row.get("LIMIT", ""), side)
        else:
            cell = quantified(
                row["DV"],
                wanted.unit,
                flagged=flags["BLQ"],
                limit=wanted.limit,
                keep_below=keep,
                signed=wanted.signed,
            )
        if line not in observed:
            if cell.message and not keep and data is None:
                refuse(line, "DV", cell.message)
            continue
        if flags["MDV"]:
            continue
        levels.empty += cell.kind == "empty"
        levels.below += cell.kind == "below"
        levels.censored += cell.kind == "censored"
        name = wanted.analytes.get("") or wanted.analytes.get(_number(row.get("DVID", "")))
        if name is None:
            known = ", ".join(wanted.analytes)
            refuse(line, "DVID", f'must be {known}, as dvid in [[data]] says, got "{row["DVID"]}"')
        elif cell.message:
            refuse(line, "DV", cell.message)
        elif cell.value is not None and (wanted.keep_censored or not side):
            levels.by_line[line] = order.index(name), cell
    return levels


def _flag(line: int, name: str, text: str, refuse: RefuseLine) -> bool:
    if text not in _FLAGS:
        refuse(line, name, f'must be 0 or 1, got "{text}"')
    return _FLAGS.get(text, False)


def _side(line: int, text: str, refuse: RefuseLine) -> int:
    if text not in _SIDES:
        refuse(line, "CENS", f'must be 0, 1 (below DV) or -1 (above it), got "{text}"')
    return _SIDES.get(text, 0)


def _number(text: str) -> str:
    """A number as the keys of ``dvid`` write it."""
    try:
        return f"{float(text):g}"
    except ValueError:
        return text


def _scenario(data: DataSet, dosing: RecordedDrug) -> Scenario:
    """What the subjects have in common, as a scenario without doses."""
    monographs = dosing.monographs
    units = {name: monograph.unit for name, monograph in monographs.items()}
    units |= {total.id: total.unit for total in monographs[dosing.drug].sum}
    return Scenario(
        name=data.path.stem,
        title=data.path.stem,
        path=data.path,
        text=data.text,
        start=None,
        duration=max(record.time for record in data.records),
        step=1.0,
        first_time=min(record.time for record in data.records),
        patient=patient_of(data.records[0].covariates),
        patients=(),
        regimens=(Regimen(drug=dosing.drug, formulation=dosing.formulation or "", courses=()),),
        doses=(),
        steady_state=None,
        monographs=monographs,
        enzymes=dosing.library.enzymes,
        units=units,
        observations=(),
        population=None,
        overrides={},
        cautions=(),
    )


def _series(
    data: DataSet,
    dosing: RecordedDrug,
    scenario: Scenario,
    analytes: tuple[Measurand, ...],
    levels: _RecordedLevels,
    index: int,
    refuse: RefuseLine,
) -> Iterator[Series]:
    for subject, group in groupby(data.records, key=lambda record: record.subject):
        records = tuple(group)
        back = next((b for a, b in pairwise(records) if b.time < a.time), None)
        if back is not None:
            text = "begins time anew at a reset, which a fit does not read; give what follows an ID of its own"
            refuse(back.line, "TIME", text)
            continue
        seen = [
            _RecordedLevel(record=n, analyte=levels.by_line[record.line][0], value=cell.value, ends=cell.ends)
            for n, record in enumerate(records)
            if record.line in levels.by_line and (cell := levels.by_line[record.line][1]).value is not None
        ]
        if not seen:
            continue
        ends = np.array([(np.nan, np.nan) if level.ends is None else level.ends for level in seen])
        yield Series(
            data=index,
            subject=subject,
            scenario=replace(scenario, first_time=records[0].time),
            patient=patient_of(records[0].covariates),
            doses=(),
            analytes=analytes,
            times=np.array([records[level.record].time for level in seen]),
            rows=tuple(range(len(seen))),
            columns=tuple(level.analyte for level in seen),
            values=np.array([level.value for level in seen]),
            lines=tuple(records[level.record].line for level in seen),
            recorded=Recorded(records=records, dosing=dosing, reads=tuple(level.record for level in seen)),
            ends=None if all(level.ends is None for level in seen) else ends,
        )
