"""A data file and its scenario -> one series of measurements per subject."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from pkinteract.engine.curves import Array
from pkinteract.errors import did_you_mean
from pkinteract.fitting.data.levels import LevelColumn, LevelTable, Subject
from pkinteract.fitting.inputs.parameters import Refuse
from pkinteract.fitting.search.censored import limits
from pkinteract.fitting.types import Measurand, Series
from pkinteract.scenario import Dose, Scenario, SteadyState
from pkinteract.scenario.types import TOLERANCE
from pkinteract.text.toml import read_toml
from pkinteract.text.toml_lines import Key
from pkinteract.units import dimension_of, from_canonical, to_canonical


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredSeries:
    """A ``[[data]]`` entry that could be read; ``log``: whether its residuals are those of logarithms."""

    index: int
    path: Path
    levels: LevelTable
    scenario: Scenario
    analyte: str | None
    log: bool = False


def series_of(data: MeasuredSeries, refuse: Refuse) -> Iterator[Series]:
    """The series of every subject; reports what does not go together, at () or a key of the entry."""
    analyte_of_column = _analytes(data, refuse)
    if analyte_of_column is None or not _doses_fit(data, refuse):
        return
    analytes = tuple(dict.fromkeys(analyte for analyte, _ in analyte_of_column.values()))
    for subject, person in data.levels.people.items():
        outside = [level for level in person.measured if not _inside(data.scenario, level.time)]
        for level in outside:
            refuse((), f"{data.path.name}: line {level.line}, time: {_outside(data.scenario, level.time)}")
        if outside:
            continue
        times = np.unique([level.time for level in person.measured])
        values = np.array([level.value * analyte_of_column[level.column][1] for level in person.measured])
        patient = data.scenario.patient
        yield Series(
            data=data.index,
            subject=subject,
            scenario=data.scenario,
            patient=replace(patient, weight=person.traits.get("weight_kg", patient.weight)),
            doses=tuple(_dose(dose, person, data.scenario) for dose in data.scenario.doses),
            steady=_steady(person, data.scenario),
            analytes=analytes,
            times=times,
            rows=tuple(int(np.searchsorted(times, level.time)) for level in person.measured),
            columns=tuple(analytes.index(analyte_of_column[level.column][0]) for level in person.measured),
            values=values,
            lines=tuple(level.line for level in person.measured),
            counts=_counts(person),
            sds=_sds(person, analyte_of_column, log=data.log),
            ends=limits(values, np.array([level.below for level in person.measured])),
        )


def _counts(person: Subject) -> Array | None:
    """Subjects behind every measurement; None where there is one each, or the data give SDs."""
    counts = np.array([level.precision.count for level in person.measured])
    alone = bool(np.all(counts == 1)) or any(level.precision.sd is not None for level in person.measured)
    return None if alone else counts


def _sds(person: Subject, analytes: Mapping[LevelColumn, tuple[Measurand, float]], *, log: bool) -> Array | None:
    """SD of every measurement in the analyte's unit, or of its logarithm; None where the data give none."""
    widths = [level.precision.width(level.value, log=log) for level in person.measured]
    factors = [1.0 if log else analytes[level.column][1] for level in person.measured]
    known = [width * factor for width, factor in zip(widths, factors, strict=True) if width is not None]
    return np.array(known) if len(known) == len(widths) else None


def _steady(person: Subject, scenario: Scenario) -> SteadyState | None:
    """The steady state at which the run begins, with the subject's own doses."""
    steady = scenario.steady_state
    if steady is None:
        return None
    return replace(steady, doses=tuple(_dose(dose, person, scenario) for dose in steady.doses))


def _inside(scenario: Scenario, time: float) -> bool:
    return scenario.first_time - TOLERANCE <= time <= scenario.duration + TOLERANCE


def _outside(scenario: Scenario, time: float) -> str:
    first, last = scenario.first_time, scenario.duration
    if time < first:
        return f"{time:g} h is before the run, which begins at {first:g} h; count from t = 0 of the scenario"
    return f"{time:g} h is after the run, which ends at {last:g} h; give the scenario a longer duration"


def _analytes(data: MeasuredSeries, refuse: Refuse) -> dict[LevelColumn, tuple[Measurand, float]] | None:
    """Analyte of every column, and what makes its numbers the analyte's unit; None if one cannot be told."""
    known = data.scenario.units
    analytes: dict[LevelColumn, tuple[Measurand, float]] = {}
    before = len(data.levels.columns)
    for column in data.levels.columns:
        name = data.analyte if column.name == "conc" else column.name
        shown = f"{column.name}_{column.unit.replace('/', '_per_')}"
        where: Key = ("analyte",) if column.name == "conc" and data.analyte is not None else ()
        head = f"{data.path.name}: line {data.levels.head}, {shown}: " if not where else ""
        if name is None:
            refuse((), f'{head}says no analyte; write analyte = "{next(iter(known))}" in [[data]]')
        elif name not in known:
            refuse(where, f'{head}"{name}" is not an analyte of {data.scenario.path.name}; {did_you_mean(name, known)}')
        else:
            analyte = analyte_of(data.scenario, name)
            factor = _factor_between(data.scenario, analyte, column.unit)
            if factor is None:
                refuse((), f"{head}a sum is read in {analyte.unit} only; choose it by [output.units] of the scenario")
            else:
                analytes[column] = (analyte, factor)
    return analytes if len(analytes) == before else None


def analyte_of(scenario: Scenario, name: str, unit: str = "") -> Measurand:
    """An analyte of a scenario, with what it adds up; in its reporting unit unless another one is given.

    Raises
    ------
    KeyError, ValueError
        When the scenario has no such analyte, or there is no such unit.
    """
    sums = {total.id: total.parts for drug in scenario.dosed for total in scenario.monographs[drug].sum}
    parts = sums.get(name, (name,))
    unit = unit or scenario.units[name]
    return Measurand(
        id=name, unit=unit, parts=parts, factors=tuple(1 / _mass_per_unit(scenario, part, unit) for part in parts)
    )


def _mass_per_unit(scenario: Scenario, compound: str, unit: str) -> float:
    """mg/L of a compound in one ``unit``."""
    molar = dimension_of(unit) == "molar concentration"
    return to_canonical(1.0, unit) * (scenario.monographs[compound].molar_mass.canonical / 1000 if molar else 1.0)


def _factor_between(scenario: Scenario, analyte: Measurand, unit: str) -> float | None:
    """What makes numbers in ``unit`` the analyte's unit; None for a sum between mass and molar units."""
    if dimension_of(unit) == dimension_of(analyte.unit):
        return from_canonical(to_canonical(1.0, unit), analyte.unit)
    if len(analyte.parts) > 1:
        return None
    return _mass_per_unit(scenario, analyte.parts[0], unit) * analyte.factors[0]


def _doses_fit(data: MeasuredSeries, refuse: Refuse) -> bool:
    """Whether dose and weight per subject go together with the scenario."""
    traits = {trait for person in data.levels.people.values() for trait in person.traits}
    dosed = {"dose_mg", "dose_mg_per_kg"} & traits
    name = data.path.name
    good = True
    if dosed and len(data.scenario.dosed) > 1:
        refuse((), f"{name}: {dosed.pop()} needs a scenario that doses one drug, not {', '.join(data.scenario.dosed)}")
        good = False
    if "weight_kg" in traits and data.scenario.patients:
        refuse((), f"{name}: weight_kg does not go with a patient that changes; use one scenario per subject")
        good = False
    if "weight_kg" in traits and not dosed and _by_weight(data.scenario.path):
        refuse((), f"{name}: weight_kg needs a column dose_mg_per_kg beside it, the scenario doses per kg")
        good = False
    for trait in traits:
        for subject, person in data.levels.people.items():
            if trait not in person.traits:
                refuse((), f"{name}: line {person.line}, {trait}: is missing for subject {subject}")
                good = False
    return good


def _by_weight(path: Path) -> bool:
    """Whether a scenario doses per body weight."""
    courses: list[Mapping[str, object]] = [
        course for regimen in read_toml(path).data["regimen"] for course in regimen["course"]
    ]
    return any("/kg" in str(value) for course in courses for value in course.values())


def _dose(dose: Dose, person: Subject, scenario: Scenario) -> Dose:
    """The dose with the subject's own amount."""
    amount = dose.amount
    if "dose_mg" in person.traits:
        amount = person.traits["dose_mg"]
    elif "dose_mg_per_kg" in person.traits:
        weight = person.traits.get("weight_kg", scenario.patient.weight)
        amount = person.traits["dose_mg_per_kg"] * weight
    return replace(dose, amount=amount, free=dose.free / dose.amount * amount)
