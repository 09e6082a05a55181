"""Units: the closed table, and what is refused."""

from __future__ import annotations

import math
import re
from typing import Any

import pint
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkinteract.units import UNITS, dimension_of, from_canonical, parse, to_canonical

REGISTRY: pint.UnitRegistry[float] = pint.UnitRegistry()
CANONICAL = {
    "time": "h",
    "mass": "mg",
    "volume": "L",
    "rate": "1/h",
    "clearance": "L/h",
    "clearance per weight": "L/h/kg",
    "volume per weight": "L/kg",
    "concentration": "mg/L",
    "molar concentration": "umol/L",
    "molar mass": "g/mol",
    "dose per weight": "mg/kg",
    "mass rate": "mg/h",
    "slope": "L/mg",
    "length": "m",
}
SPELLING = {"d": "day", "wk": "week", "y": "year", "nM": "nmol/L", "uM": "umol/L", "mM": "mmol/L"}


def spelled(unit: str) -> str:
    return "/".join(SPELLING.get(part, part) for part in unit.split("/"))


@pytest.mark.parametrize("unit", [unit for unit, (dimension, _) in UNITS.items() if dimension != "fraction"])
def test_every_unit_agrees_with_pint(unit: str) -> None:
    """The hand-written table says what an independent units library says."""
    wanted = CANONICAL[dimension_of(unit)]

    value = to_canonical(1.0, unit)

    assert value == pytest.approx(REGISTRY.Quantity(1.0, spelled(unit)).to(spelled(wanted)).magnitude, rel=1e-12)


@given(st.floats(min_value=1e-6, max_value=1e6), st.sampled_from(sorted(UNITS)))
def test_there_and_back_is_the_same(value: float, unit: str) -> None:
    """Converting to canonical units and back loses nothing."""
    assert math.isclose(from_canonical(to_canonical(value, unit), unit), value, rel_tol=1e-14)


@pytest.mark.parametrize(
    ("text", "dimension", "value"),
    [
        ("200 mg", "mass", 200.0),
        ("12h", "time", 12.0),
        ("-90 d", "time", -2160.0),
        ("1e3 ug", "mass", 1.0),
        ("5\u00a0mg", "mass", 5.0),
        ("50%", "fraction", 0.5),
        ("0.5", "fraction", 0.5),
        ("95 mL/min", "clearance", 5.7),
        ("20 µmol/L", "molar concentration", 20.0),
    ],
)
def test_quantities_are_read_as_people_write_them(text: str, dimension: str, value: float) -> None:
    """Spaces are optional, signs and exponents are numbers, the micro sign is a u."""
    assert parse(text, dimension) == pytest.approx(value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("12", 'must be a quantity with a unit such as "12 h", got "12"'),
        ("12 mL", '"mL" is a unit of volume; write a time such as "12 h"'),
        ("12 hr", '"hr" is not a known unit; did you mean h?'),
        ("1,5 h", 'must use a decimal point and no thousands separators, got "1,5 h"'),
        ("nan h", 'must be a number with a unit such as "12 h", got "nan h"'),
        ("inf h", 'must be a number with a unit such as "12 h", got "inf h"'),
        ("1e999 h", 'must be finite, got "1e999 h"'),
        ("0x10 h", '"x10 h" is not a known unit;'),
        ("--5 h", 'must be a number with a unit such as "12 h", got "--5 h"'),
        ("5 h h", '"h h" is not a known unit'),
        ("٣ h", 'must be a number with a unit such as "12 h"'),
        ("9" * 500 + " h", "must be a number with a unit"),
        ("", 'must be a number with a unit such as "12 h", got ""'),
    ],
)
def test_what_is_no_time_is_refused_with_what_to_write(text: str, message: str) -> None:
    """Every refusal says what to write instead."""
    with pytest.raises(ValueError, match="^" + re.escape(message)):
        parse(text, "time")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("12", 'must be a quantity with a unit such as "200 mg", got "12"'),
        ("mg 5", 'must be a number with a unit such as "200 mg", got "mg 5"'),
        ("5\nmg", 'must be a number with a unit such as "200 mg"'),
        ("5 mg\n", 'must be a number with a unit such as "200 mg"'),
        ("0x10 mg", '"x10 mg" is not a known unit; '),
        ("1,000 mg", "must use a decimal point and no thousands separators"),
        ("1.000,5 mg", "must use a decimal point and no thousands separators"),
        ("1 000 mg", "must use a decimal point and no thousands separators"),
        ("1e308 kg", "must be finite"),
        ("1e-400 mg", "is too small to be told from 0"),
        (True, 'must be text in quotes such as "200 mg", got true'),
        (200, 'must be text in quotes such as "200 mg", got 200'),
        (None, 'must be text in quotes such as "200 mg", got None'),
    ],
)
def test_what_is_no_mass_is_refused_with_a_mass_to_write(text: Any, message: str) -> None:
    """The example in a refusal is of the quantity that was asked for, whatever was given."""
    with pytest.raises(ValueError, match="^" + re.escape(message)):
        parse(text, "mass")


@pytest.mark.parametrize(
    ("unit", "dimension", "meant"),
    [
        ("mcg", "mass", "ug"),
        ("MG", "mass", "mg"),
        ("hours", "time", "h"),
        ("weeks", "time", "wk"),
        ("ml/min", "clearance", "mL/min"),
        ("mcg/ml", "concentration", "ug/mL"),
    ],
)
def test_common_spellings_lead_to_the_unit_that_was_meant(unit: str, dimension: str, meant: str) -> None:
    """A microgram is never taken for a milligram."""
    with pytest.raises(ValueError, match=f"did you mean {meant}[?]$"):
        parse(f"5 {unit}", dimension)


@pytest.mark.parametrize(
    ("unit", "dimension"),
    [("pg/mL", "concentration"), ("mg/uL", "concentration"), ("pmol/L", "molar concentration"), ("months", "time")],
)
def test_a_unit_of_another_size_is_never_suggested(unit: str, dimension: str) -> None:
    """Where no unit of the table is meant, the message lists those that would do."""
    with pytest.raises(ValueError, match="known units are") as caught:
        parse(f"5 {unit}", dimension)

    listed = str(caught.value).rpartition("known units are ")[2].split(", ")
    assert listed == [known for known, (kind, _) in UNITS.items() if kind == dimension]


@given(st.text(max_size=80), st.sampled_from(sorted({dimension for dimension, _ in UNITS.values()})))
def test_any_text_is_a_finite_number_or_refused(text: str, dimension: str) -> None:
    """Nothing that a user can type ends in another exception, NaN or infinity."""
    try:
        value = parse(text, dimension)
    except ValueError:
        return
    assert math.isfinite(value)
