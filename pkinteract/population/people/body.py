"""Age, sex, size and kidneys of virtual patients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from pkinteract.library.lognormal import NORMAL_SD, log_moment, log_sd
from pkinteract.library.people import reference as people
from pkinteract.population.people.cohort import Array, BoolArray, IntArray
from pkinteract.population.people.specification import GivenSpread, PopulationSpecification
from pkinteract.scenario import Patient
from pkinteract.scenario.kidneys import cockcroft_gault, dosing_weight, most_cleared
from pkinteract.scenario.streams import Streams, uniform_between

_DEVIATES = np.array([-1.6448536269514722, -0.6744897501960817, 0.0, 0.6744897501960817, 1.6448536269514722])
"""Standard normal deviates at the percentiles of the tables."""

MIDDLE_AGE, SPAN = 40.0, 60.0
"""Where the median creatinine stands [y], and over how many years it rises as the table says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Physique:
    """(n,) each: weight [kg], age [y], height [m], creatinine clearance [mL/min] and flags."""

    weight: Array
    age: Array
    female: BoolArray
    height: Array
    creatinine_clearance: Array
    smoker: BoolArray


def physiques(patient: Patient, spec: PopulationSpecification, streams: Streams, rows: IntArray | None) -> Physique:
    """Bodies of virtual patients.

    Weight follows age and sex, height follows weight, creatinine follows age and sex, and its clearance all of them.

    Parameters
    ----------
    patient
        Who stands for what is fixed.
    rows
        (n,) rows of the table of patients; None without one.
    """
    names = ("age", "sex", "weight", "height", "creatinine", "smoking")
    chance = dict(zip(names, streams.uniforms(names), strict=True))
    known = _known(patient, spec, rows, len(streams.number))
    female = known["female"] > 0 if "female" in known else chance["sex"] < spec.women
    smoker = known["smoker"] > 0 if "smoker" in known else chance["smoking"] < (spec.smokers or 0.0)
    age = known["age"] if "age" in known else _ages(spec, chance["age"])
    weight = known["weight"] if "weight" in known else _weights(spec, chance["weight"], age, female)
    height = known["height"] if "height" in known else _heights(spec, chance["height"], age, female, weight)
    if "creatinine_clearance" in known:
        clearance = known["creatinine_clearance"]
    else:
        level = known.get("serum_creatinine")
        clearance = _clearances(spec, chance["creatinine"], age, female, weight, height, level)
    return Physique(weight=weight, age=age, female=female, height=height, creatinine_clearance=clearance, smoker=smoker)


def _known(patient: Patient, spec: PopulationSpecification, rows: IntArray | None, count: int) -> dict[str, Array]:
    """What is not drawn: columns of the table of patients, and what stays as the scenario's patient has it."""
    columns: dict[str, Array] = {"smoker": np.full(count, float(patient.smoker))} if spec.smokers is None else {}
    if spec.ward is not None and rows is not None:
        columns |= {name: np.array(column)[rows] for name, column in spec.ward.numbers.items()}
    values = {
        "age": patient.age,
        "female": float(patient.sex == "female"),
        "weight": patient.weight,
        "height": patient.height,
        "creatinine_clearance": patient.creatinine_clearance,
        "serum_creatinine": patient.serum_creatinine,
        "smoker": float(patient.smoker),
    }
    for name in spec.fixed & values.keys():
        value = values[name]
        if value is not None:
            columns[name] = np.full(count, value)
    return columns


def _ages(spec: PopulationSpecification, chance: Array) -> Array:
    low, high = spec.ages
    return low + (high - low) * chance if "age" not in spec.spreads else spread_out(spec.spreads["age"], chance)


def _weights(spec: PopulationSpecification, chance: Array, age: Array, female: BoolArray) -> Array:
    if "weight" in spec.spreads:
        return spread_out(spec.spreads["weight"], chance)
    table = np.log(_percentiles("weight", age, female))
    low, high = (_rank(np.full(len(age), np.log(bound)), table) for bound in people.bounds()["weight"])
    return np.asarray(np.exp(_value(uniform_between(chance, low, high), table)))


def _heights(spec: PopulationSpecification, chance: Array, age: Array, female: BoolArray, weight: Array) -> Array:
    """Heights by rank: correlated with weight's, within the bounds of height and of the body mass index."""
    from scipy.special import ndtr

    correlation = _by_sex(people.weight_and_height(), female)
    rest = np.sqrt(1 - correlation**2)
    pulled = correlation * np.clip(_rank(np.log(weight), np.log(_percentiles("weight", age, female))), -3, 3)
    if "height" in spec.spreads:
        return spread_out(spec.spreads["height"], ndtr(pulled + rest * uniform_between(chance)))
    table = _percentiles("height", age, female)
    least, most = people.bounds()["height"]
    slight, heavy = people.bounds()["body_mass_index"]
    low = np.clip(np.sqrt(weight / heavy), least, most)
    high = np.clip(np.sqrt(weight / slight), least, most)
    ranks = [(_rank(bound, table) - pulled) / rest for bound in (low, high)]
    return np.clip(_value(pulled + rest * uniform_between(chance, *ranks), table), low, high)


def _clearances(
    spec: PopulationSpecification,
    chance: Array,
    age: Array,
    female: BoolArray,
    weight: Array,
    height: Array,
    creatinine: Array | None,
) -> Array:
    """Creatinine clearances by Cockcroft–Gault [mL/min], or from a distribution of their own.

    From a creatinine that is given, they are those of a scenario's patient; where it is drawn, the whole weight counts.
    """
    if "creatinine_clearance" in spec.spreads:
        return spread_out(spec.spreads["creatinine_clearance"], chance)
    years = np.minimum(age, 139.0)
    if creatinine is None and "serum_creatinine" in spec.spreads:
        creatinine = spread_out(spec.spreads["serum_creatinine"], chance)
    if creatinine is not None:
        counted = dosing_weight(weight, height, female)
        return np.asarray(np.minimum(cockcroft_gault(years, counted, female, creatinine), most_cleared()))
    whole = np.asarray(cockcroft_gault(years, weight, female, 1.0))
    table = people.kidneys()
    rise = np.log(_by_sex({sex: kidneys.rise for sex, kidneys in table.items()}, female))
    middle = np.log(_by_sex({sex: kidneys.median for sex, kidneys in table.items()}, female))
    middle = middle + rise * (age - MIDDLE_AGE) / SPAN
    spread = _by_sex({sex: kidneys.spread for sex, kidneys in table.items()}, female)
    least, most = people.bounds()["creatinine_clearance"]
    low, high = ((np.log(whole / bound) - middle) / spread for bound in (most, least))
    return np.clip(whole / np.exp(middle + spread * uniform_between(chance, low, high)), least, most)


def spread_out(spread: GivenSpread, chance: Array) -> Array:
    """Values (n,) of a distribution of the file, in its unit, at uniform numbers ``chance`` (n,) between 0 and 1."""
    if spread.shape == "uniform":
        return spread.low + (spread.high - spread.low) * chance
    if spread.shape == "normal":
        sd = spread.sd / NORMAL_SD
        low, high = ((bound - spread.mean) / sd for bound in (spread.low, spread.high))
        return spread.mean + sd * uniform_between(chance, low, high)
    sd = log_sd(spread.sd / spread.mean)
    middle = np.log(spread.mean) - log_moment(sd, 1)
    low, high = ((np.log(bound) - middle) / sd for bound in (spread.low, spread.high))
    return np.asarray(np.exp(middle + sd * uniform_between(chance, low, high)))


def _by_sex(values: Any, female: BoolArray) -> Array:
    return np.asarray(np.where(female, values["female"], values["male"]))


def _percentiles(quantity: str, age: Array, female: BoolArray) -> Array:
    """(percentile, n) of weight [kg] or height [m], interpolated between the middles of the age bands."""
    by_sex = {}
    for sex in ("female", "male"):
        size = people.sizes()[quantity, sex]
        columns = np.array(size.percentiles).T
        by_sex[sex] = np.array([np.interp(age, size.ages, column) for column in columns])
    return _by_sex(by_sex, female)


def _value(deviate: Array, table: Array) -> Array:
    """Where a standard normal deviate lies among percentiles: linear between them and beyond."""
    segment = np.searchsorted(_DEVIATES[1:-1], deviate)
    low, high = _ends(segment, table)
    share = (deviate - _DEVIATES[segment]) / (_DEVIATES[segment + 1] - _DEVIATES[segment])
    return np.asarray(low + (high - low) * share)


def _rank(value: Array, table: Array) -> Array:
    """The standard normal deviate of a value: :func:`_value` backwards."""
    segment = np.sum(value > table[1:-1], axis=0)
    low, high = _ends(segment, table)
    share = (value - low) / (high - low)
    return np.asarray(_DEVIATES[segment] + share * (_DEVIATES[segment + 1] - _DEVIATES[segment]))


def _ends(segment: IntArray, table: Array) -> tuple[Array, Array]:
    """Percentiles below and above each patient's segment."""
    columns = np.arange(table.shape[1])
    return table[segment, columns], table[segment + 1, columns]
