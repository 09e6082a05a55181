"""The scenario file as pydantic models: strict, and converted to h, mg and the patient's units on the way in."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from pkinteract.scenario.types import ANCESTRY
from pkinteract.units import from_canonical, parse, split

CREATININE_MOLAR_MASS = 113.12
"""Molar mass of creatinine, C4H7N3O [g/mol]."""


class Table(BaseModel):
    """A strict, frozen table of the file."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, defer_build=True)


def _text(value: object, example: str) -> str:
    if not isinstance(value, str):
        shown = str(value).lower() if isinstance(value, bool) else value
        kind = "a table" if isinstance(value, dict) else "a list" if isinstance(value, list) else shown
        raise ValueError(f'must be text in quotes such as "{example}", got {kind}')
    return value


def _reader(
    dimension: str, example: str, low: str, high: str, unit: str, *, above: bool = False
) -> Callable[[object], float]:
    """What reads a quantity in ``unit``, from ``low`` to ``high`` (or above ``low``)."""
    bounds = [from_canonical(parse(bound, dimension), unit) for bound in (low, high)]
    span = f"between {low} and {high}"

    def read(value: object) -> float:
        text = _text(value, example)
        number = from_canonical(parse(text, dimension, example=example), unit)
        if above and number <= bounds[0]:
            raise ValueError(f'must be above {low}, got "{text}"')
        if not bounds[0] * (1 - 1e-12) <= number <= bounds[1]:
            raise ValueError(f'must lie {span}, got "{text}"')
        return number

    return read


def _quantity(dimension: str, example: str, low: str, high: str, unit: str, *, above: bool = False) -> BeforeValidator:
    return BeforeValidator(_reader(dimension, example, low, high, unit, above=above))


def _title(value: object) -> str:
    text = _text(value, "Carbamazepine to levetiracetam")
    if not text.strip() or len(text) > 200 or not text.isprintable():
        raise ValueError("must be one line of 1 to 200 printable characters")
    return text


def _note(value: object) -> str:
    text = _text(value, "before the morning dose")
    if len(text) > 200 or not text.isprintable():
        raise ValueError("must be one line of at most 200 printable characters")
    return text


def _dose(value: object) -> tuple[float, bool]:
    """Amount [mg] and whether it is per kg of body weight."""
    text = _text(value, "200 mg")
    amount = parse(text, "mass", "dose per weight", example="200 mg")
    per_weight = split(text)[1].endswith("/kg")
    if amount <= 0:
        raise ValueError(f'must be above 0, got "{text}"')
    if amount > (10_000 if per_weight else 1e6):
        raise ValueError(f'must be at most {"10 g/kg" if per_weight else "1 kg"}, got "{text}"')
    return amount, per_weight


def creatinine_level(text: str) -> float:
    """A level of creatinine, mass or molar [mg/dL]."""
    unit = split(text)[1]
    amount = parse(text, "concentration", "molar concentration", example="0.8 mg/dL")
    return amount * CREATININE_MOLAR_MASS / 1e4 if unit[-1] == "M" or "mol" in unit else amount / 10


def _creatinine(value: object) -> float:
    """Serum creatinine [mg/dL]."""
    text = _text(value, "0.8 mg/dL")
    level = creatinine_level(text)
    if not 0.1 <= level <= 30:
        raise ValueError(f'must lie between 0.1 and 30 mg/dL (9 and 2650 umol/L), got "{text}"')
    return level


def _number(value: object, example: str) -> float:
    """A fraction or factor, with or without a unit [1]."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    return parse(_text(value, example), "fraction")


def _fraction(value: object) -> float:
    number = _number(value, "0.8")
    if not 0 < number <= 1:
        raise ValueError(f'must lie above 0 and be at most 1, got {value}; write for example 0.8 or "80 %"')
    return number


def _factor(value: object) -> float:
    number = _number(value, "0.7")
    if not 0.01 <= number <= 100:
        raise ValueError(f"must lie between 0.01 and 100, got {value}; write for example 0.7")
    return number


def _share(value: object) -> float:
    number = _number(value, "80 %")
    if not 0 <= number <= 1:
        raise ValueError(f'must lie between 0 and 1, got {value}; write for example 0.8 or "80 %"')
    return number


def _cv(value: object) -> float:
    number = _number(value, "30 %")
    if not 0 < number <= 5:
        raise ValueError(f'must lie above 0 and be at most 5 (500 %), got {value}; write for example 0.3 or "30 %"')
    return number


def _taken(value: object) -> tuple[float, float, float, float] | None:
    """Share taken of one, two, three and four or more doses a day [1]; None as published."""
    if value == "published":
        return None
    if isinstance(value, list):
        if len(value) != 4:
            raise ValueError(f"must be four shares, of one, two, three and four doses a day, got {len(value)}")
        return _share(value[0]), _share(value[1]), _share(value[2]), _share(value[3])
    return (_share(value),) * 4


def _adherence(value: object) -> object:
    if isinstance(value, dict) or value == "published":
        return {"taken": value} if isinstance(value, str) else value
    shown = f'"{value}"' if isinstance(value, str) else str(value).lower()
    raise ValueError(f'must be "published" or a table such as {{ taken = 0.87, late = "1 h" }}, got {shown}')


def _clock(time: str) -> str:
    if not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", time):
        raise ValueError(f'"{time}" is not a clock time; write hours and minutes such as "08:00"')
    return time


Share = Annotated[float, BeforeValidator(_share)]
_age = _reader("time", "45 y", "0 y", "120 y", "y")
_weight = _reader("mass", "70 kg", "0.5 kg", "400 kg", "kg")
_height = _reader("length", "165 cm", "30 cm", "250 cm", "m")
_clearance = _reader("clearance", "95 mL/min", "0 mL/min", "300 mL/min", "mL/min")
READERS: dict[str, Callable[[object], float]] = {
    "age": _age,
    "weight": _weight,
    "height": _height,
    "serum_creatinine": _creatinine,
    "creatinine_clearance": _clearance,
}
"""Numbers of a person, and what reads each within its bounds [y, kg, m, mg/dL, mL/min]."""
Time = Annotated[float, _quantity("time", "-90 d", "-50 y", "50 y", "h")]
Span = Annotated[float, _quantity("time", "12 h", "1 s", "50 y", "h")]
Dose = Annotated[tuple[float, bool], BeforeValidator(_dose)]
Clock = Annotated[str, BeforeValidator(_clock)]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
ChildPugh = Literal["A", "B", "C"]
Age = Annotated[float, BeforeValidator(_age)]
Weight = Annotated[float, BeforeValidator(_weight)]
Height = Annotated[float, BeforeValidator(_height)]
CreatinineClearance = Annotated[float, BeforeValidator(_clearance)]
SerumCreatinine = Annotated[float, BeforeValidator(_creatinine)]

MOST_PATIENTS = 100_000_000
"""Largest population."""

LONGEST_PREGNANCY = 42.0
"""Latest gestational age [wk]."""

_pregnancy = _reader("time", "20 wk", "0 wk", f"{LONGEST_PREGNANCY:g} wk", "wk", above=True)


def _pregnancy_or_none(value: object) -> float:
    """Gestational age [wk]; 0 for "none"."""
    if value == "none":
        return 0.0
    try:
        return _pregnancy(value)
    except ValueError as error:
        raise ValueError(f'{error}; a pregnancy that has ended is "none"') from None


class Simulation(Table):
    """``[simulation]``."""

    duration: Annotated[float, _quantity("time", "120 d", "0 d", "20 y", "h", above=True)] = Field(examples=['"120 d"'])
    step: Annotated[float, _quantity("time", "1 h", "1 s", "20 y", "h")] = 1.0
    start: datetime | None = None


class PatientTable(Table):
    """``[patient]``; weight in kg, age in y, height in m, creatinine clearance in mL/min, creatinine in mg/dL.

    ``pregnancy`` is the gestational age at t = 0 in wk. Changes are read one by one, as courses are.
    """

    weight: Weight = Field(examples=['"70 kg"'])
    age: Age = Field(examples=['"45 y"'])
    sex: Literal["female", "male"] = Field(examples=['"female"'])
    height: Height | None = None
    creatinine_clearance: CreatinineClearance | None = None
    serum_creatinine: SerumCreatinine | None = None
    smoker: bool = False
    hepatic_class: ChildPugh | None = None
    pregnancy: Annotated[float, BeforeValidator(_pregnancy)] | None = None
    extrapolate: bool = False
    phenotype: dict[str, str | float | int] = {}
    abundance: dict[str, Annotated[float, BeforeValidator(_factor)]] = {}
    change: list[object] = Field(default=[], examples=['[{ at = "10 d", weight = "72 kg" }]'])


class ChangeTable(Table):
    """``[[patient.change]]``: what holds from ``at`` on; what is left out stays as it was.

    ``hepatic_class`` and ``pregnancy`` may be "none", the latter is then 0.
    """

    at: Time = Field(examples=['"10 d"'])
    weight: Weight | None = None
    height: Height | None = None
    creatinine_clearance: CreatinineClearance | None = None
    serum_creatinine: SerumCreatinine | None = None
    smoker: bool | None = None
    hepatic_class: Literal["A", "B", "C", "none"] | None = None
    pregnancy: Annotated[float, BeforeValidator(_pregnancy_or_none)] | None = None


class CycleTable(Table):
    """``cycle``: days with doses and days without, over and over from the start of the course [h]."""

    on: Span = Field(examples=['"21 d"'])
    off: Span = Field(examples=['"7 d"'])


class CourseTable(Table):
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
    lag: Annotated[float, _quantity("time", "30 min", "0 h", "240 h", "h")] | None = None
    bioavailability: Annotated[float, BeforeValidator(_fraction)] | None = None
    taper_to: Dose | None = None
    step_every: Span | None = None
    round_to: Dose | None = None
    steady_state: bool = False


class RegimenTable(Table):
    """``[[regimen]]``; courses are read one by one, so that one bad course does not hide another's problems."""

    drug: str = Field(examples=['"amitriptyline"'])
    formulation: str | None = None
    course: list[object] = Field(min_length=1, examples=['[{ from = "0 d", dose = "75 mg" }]'])


class ObservationTable(Table):
    """``[[observation]]``: a level that was measured; ``at`` in h, the level as it is written."""

    at: Time = Field(examples=['"5 d"'])
    analyte: str = Field(min_length=1, examples=['"carbamazepine"'])
    level: Annotated[str, BeforeValidator(lambda value: _text(value, "6.2 mg/L"))] = Field(examples=['"6.2 mg/L"'])
    note: Annotated[str, BeforeValidator(_note)] | None = None


class SpreadTable(Table):
    """A distribution; its quantities are read by what they are of."""

    shape: Literal["normal", "lognormal", "uniform"] | None = None
    mean: str | None = None
    sd: str | None = None
    since: str | None = Field(default=None, alias="from")
    until: str | None = None


class AdherenceTable(Table):
    """``adherence``: shares of doses taken of one, two, three, four a day (None: as published), and delays in h."""

    taken: Annotated[tuple[float, float, float, float] | None, BeforeValidator(_taken)] = (1.0, 1.0, 1.0, 1.0)
    late: Annotated[float, _quantity("time", "1 h", "0 h", "24 h", "h")] = 0.0


class PopulationTable(Table):
    """``[population]``."""

    n: int | None = Field(default=None, ge=1, le=MOST_PATIENTS)
    seed: int = Field(default=1, ge=0)
    ancestry: str | dict[str, Share] = Field(default=ANCESTRY, examples=[f'"{ANCESTRY}"'])
    age: Annotated[tuple[str, str], Field(strict=False)] | SpreadTable | None = Field(
        default=None, examples=['["18 y", "90 y"]']
    )
    women: Share | None = None
    smokers: Share | None = None
    weight: SpreadTable | None = Field(default=None, examples=['{ mean = "75 kg", sd = "15 kg" }'])
    height: SpreadTable | None = Field(default=None, examples=['{ mean = "170 cm", sd = "9 cm" }'])
    serum_creatinine: SpreadTable | None = Field(default=None, examples=['{ mean = "0.9 mg/dL", sd = "0.2 mg/dL" }'])
    creatinine_clearance: SpreadTable | None = Field(
        default=None, examples=['{ mean = "60 mL/min", sd = "25 mL/min" }']
    )
    patients: str | None = Field(default=None, examples=['"ward.csv"'])
    fixed: tuple[str, ...] = Field(default=(), strict=False, examples=['["weight", "CYP2D6"]'])
    cv: dict[str, Annotated[float, BeforeValidator(_cv)]] = Field(default={}, examples=["{ CYP3A4 = 0.3 }"])
    adherence: Annotated[AdherenceTable, BeforeValidator(_adherence)] | None = Field(
        default=None, examples=['"published"']
    )
    uncertainty: str | None = Field(default=None, examples=['"fits/carbamazepine-autoinduction/result.toml"'])
    draws: int | None = Field(default=None, ge=1, le=10_000)


class Output(Table):
    """``[output]``."""

    units: dict[str, str] = Field(default={}, examples=['{ carbamazepine = "umol/L" }'])


class ScenarioTable(Table):
    """The whole file, for its known keys and the tables that are read in one piece."""

    title: Annotated[str, BeforeValidator(_title)] = Field(examples=['"A switch"'])
    simulation: Simulation = Field(examples=['{ duration = "120 d" }'])
    patient: PatientTable = Field(examples=['{ weight = "70 kg", age = "45 y", sex = "female" }'])
    regimen: list[object] = Field(
        min_length=1, examples=['[{ drug = "amitriptyline", course = [{ from = "0 d", dose = "75 mg" }] }]']
    )
    observation: list[object] = Field(
        default=[], examples=['[{ at = "5 d", analyte = "carbamazepine", level = "6.2 mg/L" }]']
    )
    override: dict[str, dict[str, object]] = Field(
        default={}, examples=['{ carbamazepine = { "elimination.clearance" = "1.1 L/h" } }']
    )
    parameters: str | None = Field(default=None, examples=['"fits/carbamazepine-autoinduction/result.toml"'])
    library: list[str] = Field(default=[], examples=['["my-drug.toml"]'])
    population: PopulationTable | None = Field(default=None, examples=["{ n = 1000 }"])
    output: Output = Field(default_factory=Output)
