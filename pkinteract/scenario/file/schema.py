"""The scenario file as pydantic models: strict, and converted to h, mg and the patient's units on the way in."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, ValidationInfo

from pkinteract.library.guidance.vocabulary import (
    ALLELES,
    ANCESTRIES,
    CONDITIONS,
    CONTRACEPTION,
    INDICATIONS,
    SEIZURE_TYPES,
)
from pkinteract.library.schema.values import one_line
from pkinteract.scenario.advise.schema import AdviseTable
from pkinteract.scenario.population.schema import PopulationTable
from pkinteract.scenario.values import (
    READERS,
    StrictTable,
    indexed_rate,
    is_date,
    number_of,
    one_allele,
    one_of,
    point_in_time,
    quantity,
    reader,
    text_of,
)
from pkinteract.units import UNITS, parse, split


def _title(value: object) -> str:
    return one_line(text_of(value, "Carbamazepine to levetiracetam"))


def _note(value: object) -> str:
    text = text_of(value, "before the morning dose")
    if len(text) > 200 or not text.isprintable():
        raise ValueError("must be one line of at most 200 printable characters")
    return text


def _dose(value: object) -> tuple[float, bool]:
    """Amount [mg] and whether it is per kg of body weight."""
    text = text_of(value, "200 mg")
    unit = text.split()[-1] if text.split() else ""
    if unit in UNITS and UNITS[unit][0] == "volume":
        juice = 'of grapefruit juice "200 g" for 200 mL'
        raise ValueError(f'"{unit}" is a unit of volume; write the mass that is in it, such as "200 mg"; {juice}')
    amount = parse(text, "mass", "dose per weight", example="200 mg")
    per_weight = split(text)[1].endswith("/kg")
    if amount <= 0:
        raise ValueError(f'must be above 0, got "{text}"')
    if amount > (10_000 if per_weight else 1e6):
        raise ValueError(f'must be at most {"10 g/kg" if per_weight else "1 kg"}, got "{text}"')
    return amount, per_weight


def _fraction(value: object) -> float:
    number = number_of(value, "0.8")
    if not 0 < number <= 1:
        raise ValueError(f'must lie above 0 and be at most 1, got {value}; write for example 0.8 or "80 %"')
    return number


def _factor(value: object) -> float:
    number = number_of(value, "0.7")
    if not 0.01 <= number <= 100:
        raise ValueError(f"must lie between 0.01 and 100, got {value}; write for example 0.7")
    return number


def _clock(time: str) -> str:
    if not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", time):
        raise ValueError(f'"{time}" is not a clock time; write hours and minutes such as "08:00"')
    return time


Time = Annotated[float, BeforeValidator(point_in_time("12 d"))]
Span = Annotated[float, quantity("time", "12 h", "1 s", "50 y", "h")]
Dose = Annotated[tuple[float, bool], BeforeValidator(_dose)]
Clock = Annotated[str, BeforeValidator(_clock)]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
ChildPugh = Literal["A", "B", "C"]
Age = Annotated[float, BeforeValidator(READERS["age"])]
Weight = Annotated[float, BeforeValidator(READERS["weight"])]
Height = Annotated[float, BeforeValidator(READERS["height"])]
CreatinineClearance = Annotated[float, BeforeValidator(READERS["creatinine_clearance"])]
SerumCreatinine = Annotated[float, BeforeValidator(READERS["serum_creatinine"])]
FiltrationRate = Annotated[float, BeforeValidator(indexed_rate)]
Conditions = list[Annotated[str, one_of(CONDITIONS)]]
SeizureTypes = list[Annotated[str, one_of(SEIZURE_TYPES)]]
Alleles = list[Annotated[str, one_allele(ALLELES)]]
Albumin = Annotated[float, quantity("concentration", "40 g/L", "5 g/L", "70 g/L", "g/L")]

LONGEST_PREGNANCY = 42.0
"""Latest gestational age [wk]."""

_pregnancy = reader("time", "20 wk", "0 wk", f"{LONGEST_PREGNANCY:g} wk", "wk", above=True)


def _pregnancy_or_none(value: object) -> float:
    """Gestational age [wk]; 0 for "none"."""
    if value == "none":
        return 0.0
    try:
        return _pregnancy(value)
    except ValueError as error:
        raise ValueError(f'{error}; a pregnancy that has ended is "none"') from None


_first_session = point_in_time("2 d")


def _session(value: object, info: ValidationInfo) -> str | float:
    """A clock time, or the time of the first session [h]."""
    if isinstance(value, str) and ":" in value and not is_date(value):
        return _clock(value)
    try:
        return _first_session(value, info)
    except ValueError as error:
        raise ValueError(f'{error}; or write a clock time such as "08:00"') from None


class Simulation(StrictTable):
    """``[simulation]``."""

    duration: Annotated[float, quantity("time", "120 d", "0 d", "20 y", "h", above=True)] = Field(examples=['"120 d"'])
    step: Annotated[float, quantity("time", "1 h", "1 s", "20 y", "h")] = 1.0
    start: datetime | None = None


class PatientTable(StrictTable):
    """``[patient]``; weight in kg, age in y, height in m, creatinine clearance in mL/min, creatinine in mg/dL.

    ``egfr`` is in mL/min per 1.73 m2 of body surface, ``albumin`` in g/L.
    ``pregnancy`` is the gestational age at t = 0 in wk. Changes are read one by one, as courses are. From
    ``conditions`` on only rules ask.
    """

    weight: Weight = Field(examples=['"70 kg"'])
    age: Age = Field(examples=['"45 y"'])
    sex: Literal["female", "male"] = Field(examples=['"female"'])
    height: Height | None = None
    creatinine_clearance: CreatinineClearance | None = None
    serum_creatinine: SerumCreatinine | None = None
    egfr: FiltrationRate | None = None
    albumin: Albumin | None = None
    smoker: bool = False
    hepatic_class: ChildPugh | None = None
    pregnancy: Annotated[float, BeforeValidator(_pregnancy)] | None = None
    conditions: Conditions = Field(default=[], examples=['["dravet"]'])
    seizure_types: SeizureTypes = Field(default=[], examples=['["focal"]'])
    alleles: Alleles = Field(default=[], examples=['["HLA-B*15:02"]'])
    alleles_absent: Alleles = Field(default=[], examples=['["HLA-B*15:02"]'])
    ancestry: Annotated[str, one_of(ANCESTRIES)] | None = None
    pregnant: bool = False
    breastfeeding: bool = False
    childbearing: bool | None = None
    contraception: Annotated[str, one_of(CONTRACEPTION)] | None = None
    indication: Annotated[str, one_of(INDICATIONS)] | None = None
    extrapolate: bool = False
    phenotype: dict[str, str | float | int] = Field(default={})
    abundance: dict[str, Annotated[float, BeforeValidator(_factor)]] = Field(default={})
    change: list[object] = Field(default=[], examples=['[{ at = "10 d", weight = "72 kg" }]'])


class ChangeTable(StrictTable):
    """``[[patient.change]]``: what holds from ``at`` on; what is left out stays as it was.

    ``hepatic_class`` and ``pregnancy`` may be "none", the latter is then 0.
    """

    at: Time = Field(examples=['"10 d"'])
    weight: Weight | None = None
    height: Height | None = None
    creatinine_clearance: CreatinineClearance | None = None
    serum_creatinine: SerumCreatinine | None = None
    egfr: FiltrationRate | None = None
    albumin: Albumin | None = None
    smoker: bool | None = None
    hepatic_class: Literal["A", "B", "C", "none"] | None = None
    pregnancy: Annotated[float, BeforeValidator(_pregnancy_or_none)] | None = None


class DialysisTable(StrictTable):
    """``[[dialysis]]``: sessions of haemodialysis [h]; ``at`` is a clock time, or the time of the first session."""

    at: Annotated[str | float, BeforeValidator(_session)] = Field(examples=['"2 d"'])
    length: Annotated[float, quantity("time", "4 h", "15 min", "24 h", "h")] = Field(examples=['"4 h"'])
    every: Span | None = None
    days: tuple[Weekday, ...] | None = Field(default=None, strict=False, min_length=1, examples=['["mon", "wed"]'])
    since: Time | None = Field(default=None, alias="from")
    until: Time | None = None


class CycleTable(StrictTable):
    """``cycle``: days with doses and days without, over and over from the start of the course [h]."""

    on: Span = Field(examples=['"21 d"'])
    off: Span = Field(examples=['"7 d"'])


class CourseTable(StrictTable):
    """``[[regimen.course]]``; times in h, doses as (mg, per kg)."""

    start: Time = Field(alias="from", examples=['"0 d"'])
    until: Time | None = None
    count: int | None = Field(default=None, ge=1, le=1_000_000)
    dose: Dose | None = None
    every: Span | None = None
    at: dict[Clock, Dose] | None = Field(
        default=None, min_length=1, examples=['{ "08:00" = "200 mg", "20:00" = "400 mg" }']
    )
    cycle: CycleTable | None = Field(default=None, examples=['{ on = "21 d", off = "7 d" }'])
    days: tuple[Weekday, ...] | None = Field(default=None, strict=False, min_length=1, examples=['["mon", "thu"]'])
    food: Literal["fed", "fasted"] = "fasted"
    route: Literal["oral", "intravenous"] | None = None
    infusion: Span | None = None
    missed: tuple[Time, ...] = Field(default=(), strict=False, examples=['["12 d", "12.5 d"]'])
    lag: Annotated[float, quantity("time", "30 min", "0 h", "240 h", "h")] | None = None
    bioavailability: Annotated[float, BeforeValidator(_fraction)] | None = None
    taper_to: Dose | None = None
    step_every: Span | None = None
    round_to: Dose | None = None
    steady_state: bool = False


class RegimenTable(StrictTable):
    """``[[regimen]]``; courses are read one by one, so that one bad course does not hide another's problems."""

    drug: str = Field(examples=['"amitriptyline"'])
    formulation: str | None = None
    course: list[object] = Field(min_length=1, examples=['[{ from = "0 d", dose = "75 mg" }]'])


class ObservationTable(StrictTable):
    """``[[observation]]``: a level that was measured; ``at`` in h, the level as it is written."""

    at: Time = Field(examples=['"5 d"'])
    analyte: str = Field(min_length=1, examples=['"carbamazepine"'])
    level: Annotated[str, BeforeValidator(lambda value: text_of(value, "6.2 mg/L"))] = Field(examples=['"6.2 mg/L"'])
    note: Annotated[str, BeforeValidator(_note)] | None = None


class Output(StrictTable):
    """``[output]``."""

    units: dict[str, str] = Field(default={}, examples=['{ carbamazepine = "umol/L" }'])
    language: Literal["en", "de"] = "en"


class ScenarioTable(StrictTable):
    """The whole file, for its known keys and the tables that are read in one piece."""

    title: Annotated[str, BeforeValidator(_title)] = Field(examples=['"A switch"'])
    simulation: Simulation = Field(examples=['{ duration = "120 d" }'])
    patient: PatientTable = Field(examples=['{ weight = "70 kg", age = "45 y", sex = "female" }'])
    regimen: list[object] = Field(
        min_length=1, examples=['[{ drug = "amitriptyline", course = [{ from = "0 d", dose = "75 mg" }] }]']
    )
    not_modelled: list[str] = Field(default=[], examples=['["metformin", "ramipril"]'])
    dialysis: list[object] = Field(default=[], examples=['[{ at = "2 d", length = "4 h" }]'])
    observation: list[object] = Field(
        default=[], examples=['[{ at = "5 d", analyte = "carbamazepine", level = "6.2 mg/L" }]']
    )
    protocol: list[object] = Field(
        default=[], examples=['[{ drug = "carbamazepine", when = "day 14", then = "halve" }]']
    )
    override: dict[str, dict[str, object]] = Field(
        default={}, examples=['{ carbamazepine = { "elimination.clearance" = "1.1 L/h" } }']
    )
    parameters: str | None = Field(default=None, examples=['"fits/carbamazepine/result.toml"'])
    library: list[str] = Field(default=[], examples=['["my-drug.toml"]'])
    population: PopulationTable | None = Field(default=None, examples=["{ n = 1000 }"])
    advise: AdviseTable | None = Field(default=None, examples=['{ drug = "amitriptyline", keep = "20 %" }'])
    output: Output = Field(default_factory=Output)
