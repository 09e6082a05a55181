"""Text with a unit to numbers in canonical units, and back; the only place that converts.

Canonical: h, mg, L, mg/L and their quotients; molar concentration in umol/L, molar mass in g/mol, length in m,
fractions in 1.
The table is closed: a unit that is not in it is an error. A test compares every row with pint.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from difflib import get_close_matches

_FACTORS: dict[str, dict[str, float]] = {
    "time": {"s": 1 / 3600, "min": 1 / 60, "h": 1.0, "d": 24.0, "wk": 168.0, "y": 8766.0},
    "mass": {"ng": 1e-6, "ug": 1e-3, "mg": 1.0, "g": 1e3, "kg": 1e6},
    "volume": {"uL": 1e-6, "mL": 1e-3, "dL": 0.1, "L": 1.0},
    "rate": {"1/s": 3600.0, "1/min": 60.0, "1/h": 1.0, "1/d": 1 / 24},
    "clearance": {"mL/min": 0.06, "mL/h": 1e-3, "L/min": 60.0, "L/h": 1.0, "L/d": 1 / 24},
    "clearance per weight": {"mL/min/kg": 0.06, "mL/h/kg": 1e-3, "L/h/kg": 1.0, "L/d/kg": 1 / 24},
    "volume per weight": {"mL/kg": 1e-3, "L/kg": 1.0},
    "concentration": {
        "ng/L": 1e-6,
        "ng/mL": 1e-3,
        "ug/L": 1e-3,
        "ug/mL": 1.0,
        "mg/L": 1.0,
        "mg/dL": 10.0,
        "mg/mL": 1e3,
        "g/dL": 1e4,
        "g/L": 1e3,
    },
    "molar concentration": {
        "nmol/L": 1e-3,
        "umol/L": 1.0,
        "mmol/L": 1e3,
        "mol/L": 1e6,
        "nM": 1e-3,
        "uM": 1.0,
        "mM": 1e3,
    },
    "molar mass": {"g/mol": 1.0},
    "dose per weight": {"ug/kg": 1e-3, "mg/kg": 1.0, "g/kg": 1e3},
    "mass rate": {"mg/h": 1.0, "mg/min": 60.0, "g/h": 1e3},
    "slope": {"L/g": 1e-3, "L/mg": 1.0, "L/ug": 1e3, "mL/mg": 1e-3, "mL/ug": 1.0, "mL/ng": 1e3},
    "length": {"mm": 1e-3, "cm": 1e-2, "m": 1.0},
    "fraction": {"1": 1.0, "%": 0.01},
}

UNITS: dict[str, tuple[str, float]] = {
    unit: (dimension, factor) for dimension, factors in _FACTORS.items() for unit, factor in factors.items()
}
"""Unit to its dimension and the factor that makes it canonical."""

COLUMN_SUFFIX = {"mg/L": "mg_per_L", "ng/mL": "ng_per_mL", "umol/L": "umol_per_L", "mmol/L": "mmol_per_L"}
"""Reporting unit to the suffix of a column's name."""

EXAMPLES = {
    "time": "12 h",
    "mass": "200 mg",
    "volume": "80 L",
    "rate": "1.5 1/h",
    "clearance": "1.1 L/h",
    "clearance per weight": "0.05 L/h/kg",
    "volume per weight": "0.6 L/kg",
    "concentration": "4 mg/L",
    "molar concentration": "20 umol/L",
    "molar mass": "300 g/mol",
    "dose per weight": "5 mg/kg",
    "mass rate": "10 mg/h",
    "slope": "0.02 L/mg",
    "length": "165 cm",
    "fraction": "80 %",
}
"""A usual quantity of each dimension."""

_SPELLINGS = {
    "s": "sec second seconds",
    "min": "mins minute minutes",
    "h": "hr hrs hour hours",
    "d": "day days",
    "wk": "w wks week weeks",
    "y": "yr yrs year years",
    "ug": "mcg microgram micrograms",
    "mg": "milligram milligrams",
    "g": "gr gram grams",
    "kg": "kilogram kilograms",
    "L": "liter liters litre litres",
    "mL": "cc milliliter millilitre milliliters millilitres",
    "%": "percent",
}
_MEANT = {word: unit for unit, words in _SPELLINGS.items() for word in words.split()}

_QUANTITY = re.compile(r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)[ \t]*([^\s,].*)?", re.ASCII)
_SEPARATED = re.compile(r"[+-]?[0-9][0-9.]*(?:,[0-9]|[ _'’][0-9]{3}(?![0-9]))", re.ASCII)
_SAME = str.maketrans({"µ": "u", "μ": "u", "\u00a0": " ", "\u2009": " ", "\u202f": " "})
_LONGEST = 60


def split(text: str) -> tuple[float, str]:
    """Number, in the unit as written, and unit of a quantity such as ``"200 mg"``; a bare number has unit "1".

    Raises
    ------
    ValueError
        When the text is no finite number with a known unit; the message says what to write.
    """
    return _split(text, ())


def parse(text: str, *dimensions: str, example: str = "") -> float:
    """A quantity in canonical units: ``parse("200 mg", "mass")`` is 200.0.

    Parameters
    ----------
    text
        Number and unit.
    dimensions
        What it may be; the first one is suggested when it is something else.
    example
        Quantity to suggest; a usual one of the first dimension if left out.

    Raises
    ------
    ValueError
        When it is no such quantity; the message says what to write.
    """
    example = example or EXAMPLES[dimensions[0]]
    number, unit = _split(text, dimensions, example)
    dimension, factor = UNITS[unit]
    if dimension not in dimensions:
        wanted = dimensions[0]
        if unit == "1":
            raise ValueError(f'must be a quantity with a unit such as "{example}", got "{_shown(text)}"')
        raise ValueError(f'"{unit}" is a unit of {dimension}; write a {wanted} such as "{example}"')
    if not math.isfinite(number * factor):
        raise ValueError(f'must be finite, got "{_shown(text)}"')
    return number * factor


def _split(text: object, dimensions: Sequence[str], example: str = "12 h") -> tuple[float, str]:
    if not isinstance(text, str):
        shown = str(text).lower() if isinstance(text, bool) else _shown(str(text))
        raise ValueError(f'must be text in quotes such as "{example}", got {shown}')
    clean = text.translate(_SAME).strip(" \t") if len(text) <= _LONGEST else ""
    if _SEPARATED.match(clean):
        raise ValueError(f'must use a decimal point and no thousands separators, got "{_shown(text)}"')
    match = _QUANTITY.fullmatch(clean)
    if match is None:
        raise ValueError(f'must be a number with a unit such as "{example}", got "{_shown(text)}"')
    number, unit = float(match[1]), match[2] or "1"
    if unit not in UNITS:
        raise ValueError(_unknown(unit, dimensions))
    if not math.isfinite(number):
        raise ValueError(f'must be finite, got "{_shown(text)}"')
    if number == 0 and re.search("[1-9]", re.split("[eE]", match[1])[0]):
        raise ValueError(f'is too small to be told from 0, got "{_shown(text)}"')
    return number, unit


def _unknown(unit: str, dimensions: Sequence[str] = ()) -> str:
    """What to say of a unit that is not in the table; never suggests one with another prefix, mcg is not mg."""
    pool = [known for known, (dimension, _) in UNITS.items() if not dimensions or dimension in dimensions]
    parts = [_MEANT.get(part.lower(), part) for part in unit.split("/")]
    meant = "/".join(parts)
    same = [known for known in pool if known == meant] or [known for known in pool if known.lower() == meant.lower()]
    close = [
        known for known in get_close_matches(meant, pool, n=3, cutoff=0.55) if _initials(known) == _initials(meant)
    ]
    if len(same) == 1 or (close and not same):
        return f'"{_shown(unit)}" is not a known unit; did you mean {(same or close)[0]}?'
    return f'"{_shown(unit)}" is not a known unit; known units are {", ".join(pool)}'


def _initials(unit: str) -> list[str]:
    return [part[:1] for part in unit.split("/")]


def dimension_of(unit: str) -> str:
    """Dimension of a unit.

    Raises
    ------
    ValueError
        When the unit is not in the table.
    """
    if unit not in UNITS:
        raise ValueError(_unknown(unit))
    return UNITS[unit][0]


def to_canonical(value: float, unit: str) -> float:
    """``value`` in ``unit`` as a canonical number: h, mg, L, mg/L and what is made of them.

    Raises
    ------
    ValueError
        When the unit is not in the table.
    """
    dimension_of(unit)
    return value * UNITS[unit][1]


def from_canonical(value: float, unit: str) -> float:
    """A canonical number (h, mg, L, mg/L and what is made of them) expressed in ``unit``.

    Raises
    ------
    ValueError
        When the unit is not in the table.
    """
    dimension_of(unit)
    return value / UNITS[unit][1]


def _shown(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
