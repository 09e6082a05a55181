"""Data sets that NONMEM, mrgsolve and nlmixr2 read: one per dosed drug, each with one dose or observation a row.

Numbers only, "." where there is none. Lag, bioavailability and rate constants belong to the model that reads the file,
so doses are free drug as given: into the depot (CMT 1) by mouth, into the central compartment (CMT 2) intravenously.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pkinteract.library.schema.monograph import Monograph
from pkinteract.result import Result
from pkinteract.scenario import Dose, Patient, Scenario

README = "nonmem.txt"

Kind = tuple[str, str]
"""Formulation, and whether it is taken with food."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _DataRecord:
    """One record; rows of one time are sorted by ``rank``: observation, change of a covariate, dose."""

    time: float
    rank: int
    event: int
    dose: Dose | None = None
    interval: float = 0.0
    steady_state: int = 0


def nonmem_files(result: Result) -> dict[str, Callable[[Path], None]]:
    """A writer for the data set of every dosed drug, and one for the text that explains them."""
    scenario = result.scenario
    texts = {_name(drug): _data_set(result, drug) for drug in scenario.dosed}
    texts[README] = _readme(scenario)
    return {name: _writer(text) for name, text in texts.items()}


def _writer(text: str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_text(text, "utf-8")

    return write


def _name(drug: str) -> str:
    return f"nonmem-{drug}.csv"


def origin(scenario: Scenario) -> float:
    """Where TIME is 0 [h]: the earliest dose or t = 0, as TIME must not be negative."""
    return min([0.0, *(dose.time for dose in _given(scenario))])


def _given(scenario: Scenario) -> Iterator[Dose]:
    """Every dose that was taken, those of one period before a steady state included."""
    if scenario.steady_state is not None:
        yield from scenario.steady_state.doses
    yield from (dose for dose in scenario.doses if not dose.missed)


def _data_set(result: Result, drug: str) -> str:
    scenario = result.scenario
    zero = origin(scenario)
    kinds = _kinds(scenario, drug)
    mine = [dose for dose in _given(scenario) if dose.drug == drug]
    own = any(dose.lag is not None or dose.bioavailability is not None for dose in mine)
    columns = ["ID", "TIME", "DV", "AMT", "EVID", "CMT", "RATE", "II", "ADDL", "SS", "WT", "AGE", "SEX"]
    columns += ["CRCL"] if scenario.patient.creatinine_clearance is not None else []
    columns += ["LAG", "F"] if own else []
    columns += ["FORM"] if len(kinds) > 1 else []
    monograph = scenario.monographs[drug]
    central = _central(monograph)
    last = mine[0] if mine else None
    lines = [",".join(columns)]
    for record in _rows(result, drug):
        dose, last = record.dose, record.dose or last
        patient = _patient(scenario, record.time)
        cells: list[float | None] = [1, record.time - zero, None, 0.0, record.event, central, 0.0, record.interval, 0]
        if dose is not None:
            rate = dose.free / dose.duration if dose.duration else 0.0
            cells[3], cells[5], cells[6] = dose.free, 1 if dose.route == "oral" else central, rate
        cells += [record.steady_state, patient.weight, patient.age, 1 if patient.sex == "female" else 0]
        cells += [patient.creatinine_clearance] if "CRCL" in columns else []
        cells += _own(monograph, last) if own else []
        cells += [_form(kinds, last)] if len(kinds) > 1 else []
        lines.append(",".join("." if cell is None else f"{cell + 0.0:.10g}" for cell in cells))
    return "\n".join(lines) + "\n"


def _rows(result: Result, drug: str) -> list[_DataRecord]:
    """Observations on the output grid, changes of covariates and doses, in order."""
    scenario = result.scenario
    records = [_DataRecord(time=_exact(float(time)), rank=0, event=0) for time in result.time]
    zero = origin(scenario)
    records += [_DataRecord(time=_exact(time), rank=1, event=2) for time, _ in scenario.patients if time > zero]
    steady = scenario.steady_state
    before = [] if steady is None else [dose for dose in steady.doses if dose.drug == drug]
    for n, dose in enumerate(before):
        period = 0.0 if steady is None else steady.period
        kind = 2 if n else 1
        records.append(
            _DataRecord(time=_exact(dose.time), rank=2, event=1, dose=dose, interval=period, steady_state=kind)
        )
    taken = (dose for dose in scenario.doses if dose.drug == drug and not dose.missed)
    records += [_DataRecord(time=_exact(dose.time), rank=2, event=1, dose=dose) for dose in taken]
    return sorted(records, key=lambda record: (record.time, record.rank))


def _exact(time: float) -> float:
    """A time without the noise that would put a dose before the observation of the same time."""
    return round(time, 6)


def _patient(scenario: Scenario, time: float) -> Patient:
    """Who the patient was up to ``time`` [h]: a record's covariates hold for the time that ends with it."""
    past = [patient for since, patient in scenario.patients if _exact(since) < time]
    return past[-1] if past else scenario.patient


def _central(monograph: Monograph) -> int:
    """Number of the central compartment: 2 behind a depot, 1 without one."""
    return 2 if any(form.route == "oral" for form in monograph.absorption.values()) else 1


def _kind(dose: Dose) -> Kind:
    return dose.formulation, dose.food


def _kinds(scenario: Scenario, drug: str) -> list[Kind]:
    """Oral formulations of a drug in the run, with and without food, in order of use."""
    oral = (dose for dose in _given(scenario) if dose.drug == drug and dose.route == "oral")
    return list(dict.fromkeys(_kind(dose) for dose in oral))


def _form(kinds: Sequence[Kind], dose: Dose | None) -> int:
    """Number of the oral formulation of a dose, from 1; 0 for an intravenous one."""
    return kinds.index(_kind(dose)) + 1 if dose is not None and _kind(dose) in kinds else 0


def _own(monograph: Monograph, dose: Dose | None) -> list[float | None]:
    """Lag [h] and bioavailability [1] of a dose; None for the lag of a form whose parts have one each."""
    if dose is None:
        return [None, None]
    return [_lag(monograph, dose), _bioavailability(monograph, dose)]


def _lag(monograph: Monograph, dose: Dose) -> float | None:
    form = monograph.absorption[dose.formulation]
    if dose.lag is not None or form.parts:
        return dose.lag
    food = form.food if dose.food == "fed" else None
    factor = 1.0 if food is None or food.lag is None else food.lag.canonical
    return 0.0 if form.lag is None else form.lag.canonical * factor


def _bioavailability(monograph: Monograph, dose: Dose) -> float:
    if dose.bioavailability is not None:
        return dose.bioavailability
    form = monograph.absorption[dose.formulation]
    food = form.food if dose.food == "fed" else None
    factor = 1.0 if food is None or food.bioavailability is None else food.bioavailability.canonical
    factor /= 1.0 if form.half_dose is None else 1 + dose.free / form.half_dose.canonical
    return factor * (1.0 if form.bioavailability is None else form.bioavailability.canonical)


def _readme(scenario: Scenario) -> str:
    zero = origin(scenario)
    lines = [
        f"Data sets of {scenario.name} for NONMEM, mrgsolve and nlmixr2: one per dosed drug, one subject each.",
        f"TIME [h] counts from day {zero / 24:g} of the scenario: TIME = time_h + {0 - zero:g}.",
        "AMT [mg] and RATE [mg/h] are free drug after the salt factor; bioavailability and lag are left to the model.",
        "Missed doses are left out. What other drugs of the scenario do to this one is not in its data set.",
        "WT [kg], AGE [y], SEX (0 male, 1 female), CRCL [mL/min] hold from the record before up to their own record.",
    ]
    if scenario.steady_state is not None:
        lines.append(
            "The doses of one period before the run stand first: SS 1, then SS 2, every one with II the period."
        )
    if scenario.sessions:
        lines.append("Sessions of dialysis are not in the data sets; run.json lists them.")
    for drug in scenario.dosed:
        monograph = scenario.monographs[drug]
        central = _central(monograph)
        lines += ["", _name(drug), "  CMT 1 depot, 2 central" if central == 2 else "  CMT 1 central"]
        lines += _forms(monograph, _kinds(scenario, drug))
    return "\n".join(lines) + "\n"


def _forms(monograph: Monograph, kinds: Sequence[Kind]) -> Iterator[str]:
    for n, (name, food) in enumerate(kinds, start=1):
        form = monograph.absorption[name]
        number = f"FORM {n} " if len(kinds) > 1 else ""
        available = "" if form.bioavailability is None else f", F {form.bioavailability.canonical:g}"
        rate = "" if form.ka is None else f", ka {form.ka.canonical:g} 1/h"
        lag = "" if form.lag is None else f", lag {form.lag.canonical:g} h"
        fed = ", with food" if food == "fed" else ""
        yield f"  {number}{name} ({form.route}{fed}){rate}{lag}{available}"
