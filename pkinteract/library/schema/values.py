"""A number of the library: value, unit, kind, source; and the kinds of quantity that a key may ask for.

In a user's own file a value may be a bare quantity (``clearance = "1.1 L/h"``); its kind is then "assumed".
"""

from __future__ import annotations

import math
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)

from pkinteract.units import EXAMPLES, dimension_of, split, to_canonical

Kind = Literal["measured", "fitted", "in vitro", "label", "assumed"]
Basis = Literal["total", "unbound"]

ID = r"^[a-z0-9]+(-[a-z0-9]+)*$"
"""Ids become parts of column names: lower case letters, digits and hyphens."""

UNSOURCED = "no source given"
"""Note of a value that is given without kind and source."""


def one_line(text: str) -> str:
    """Text that is one line of printable characters, as names and titles stand in tables, figures and terminals.

    Raises
    ------
    ValueError
        When it is empty, longer than 200 characters, or holds what cannot be printed.
    """
    if not text.strip() or len(text) > 200 or not text.isprintable():
        raise ValueError("must be one line of 1 to 200 printable characters")
    return text


def unsourced(data: object) -> object:
    """Data that do not say where they come from count as assumed."""
    if isinstance(data, dict) and not {"kind", "source", "note"} & set(data):
        return {**data, "kind": "assumed", "note": UNSOURCED}
    return data


Line = Annotated[str, AfterValidator(one_line)]


class MonographTable(BaseModel):
    """A strict, frozen piece of the library."""

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, allow_inf_nan=False, populate_by_name=True, defer_build=True
    )


class Value(MonographTable):
    """One number of the library.

    Attributes
    ----------
    value, unit
        The number as published and its unit.
    kind
        measured, fitted, in vitro, label or assumed; without kind, source and note the value is assumed.
    source
        A key of the file's ``[sources]``; None only for assumed values.
    cv
        Between-subject coefficient of variation [1], where one is published.
    interval
        95 % confidence interval of a fitted value, in ``unit``.
    basis
        Whether a concentration is total or unbound.
    """

    value: float
    unit: str
    kind: Kind = Field(examples=['"assumed"'])
    source: str | None = None
    cv: float | None = Field(default=None, gt=0)
    interval: tuple[float, float] | None = Field(default=None, strict=False)
    basis: Basis | None = None
    note: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, data: object) -> object:
        """Read a bare quantity, or one with a basis beside it, as an assumed value."""
        if isinstance(data, str):
            number, unit = split(data)
            return {"value": number, "unit": unit, "kind": "assumed", "note": UNSOURCED}
        if not isinstance(data, dict):
            return data
        if isinstance(data.get("value"), int) and not isinstance(data["value"], bool):
            data = {**data, "value": _real(data["value"])}
        if not {"kind", "source", "note"} & set(data):
            data = {**data, "kind": "assumed", "note": UNSOURCED}
        return data

    @model_validator(mode="after")
    def _finite(self) -> Self:
        dimension_of(self.unit)
        if not math.isfinite(self.value):
            raise ValueError(f"must be a finite number, got {self.value}")
        return self

    @property
    def canonical(self) -> float:
        """The number in canonical units (h, mg, L, mg/L and their quotients)."""
        return to_canonical(self.value, self.unit)


def _real(number: int) -> float:
    try:
        return float(number)
    except OverflowError:
        raise ValueError("must be a finite number of at most 300 digits") from None


def _has(*dimensions: str, positive: bool = True) -> WrapValidator:
    def check(data: object, read: ValidatorFunctionWrapHandler) -> Value:
        if isinstance(data, (bool, int, float)):
            such = '"0.8"' if dimensions[0] == "fraction" else f'with a unit, such as "{EXAMPLES[dimensions[0]]}"'
            raise ValueError(f"must be text in quotes {such}, or a table {{ value, unit, kind }}")
        value: Value = read(data)
        dimension = dimension_of(value.unit)
        if dimension not in dimensions:
            wanted = f'a {" or ".join(dimensions)}, such as "{EXAMPLES[dimensions[0]]}"'
            raise ValueError(f'"{value.unit}" is a unit of {dimension}; this key needs {wanted}')
        if value.value < 0 or (positive and value.value == 0):
            raise ValueError(f"must be {'above' if positive else 'at least'} 0, got {_written(value)}")
        return value

    return WrapValidator(check)


def _fraction(value: Value) -> Value:
    if not 0 < value.canonical <= 1:
        raise ValueError(f"must lie above 0 and be at most 1, got {_written(value)}")
    return value


def _shape(value: Value) -> Value:
    if not 0.3 <= value.canonical <= 10:
        raise ValueError(f"must lie between 0.3 and 10, got {_written(value)}")
    return value


def _based(value: Value) -> Value:
    if value.basis is None:
        written = f'value = {value.value:g}, unit = "{value.unit}"'
        raise ValueError(
            "must say whether the concentration is total or unbound; write for example "
            f'{{ {written}, basis = "total" }}'
        )
    return value


def _unbound(value: Value) -> Value:
    if value.basis == "total":
        raise ValueError('is an unbound concentration; write basis = "unbound" or leave the basis out')
    return value


def _baseless(value: Value) -> Value:
    if value.basis is not None:
        raise ValueError("has no basis; leave it out")
    return value


def _molar(value: Value) -> Value:
    if not 1 <= value.canonical <= 1e6:
        raise ValueError(f"must lie between 1 and 1,000,000 g/mol, got {_written(value)}")
    return value


def _written(value: Value) -> str:
    return f"{value.value:g} {value.unit}".removesuffix(" 1")


Fraction = Annotated[Value, _has("fraction"), AfterValidator(_fraction)]
Number = Annotated[Value, _has("fraction")]
Count = Annotated[Value, _has("fraction", positive=False)]
Shape = Annotated[Value, _has("fraction"), AfterValidator(_shape)]
Clearance = Annotated[Value, _has("clearance", "clearance per weight")]
CreatinineClearance = Annotated[Value, _has("clearance")]
ClearanceBound = Annotated[Value, _has("clearance", positive=False)]
Volume = Annotated[Value, _has("volume", "volume per weight")]
Rate = Annotated[Value, _has("rate")]
Time = Annotated[Value, _has("time", positive=False)]
Duration = Annotated[Value, _has("time")]
Age = Time
Dose = Annotated[Value, _has("mass", "dose per weight")]
Mass = Annotated[Value, _has("mass")]
MolarMass = Annotated[Value, _has("molar mass"), AfterValidator(_molar)]
Concentration = Annotated[Value, _has("concentration", "molar concentration")]
MassConcentration = Annotated[Value, _has("concentration"), AfterValidator(_baseless)]
Constant = Annotated[Value, _has("concentration", "molar concentration"), AfterValidator(_based)]
"""A concentration that must say whether it is total or unbound: Km, Ki, KI, EC50."""
UnboundConstant = Annotated[Value, _has("concentration", "molar concentration"), AfterValidator(_unbound)]
Capacity = Annotated[Value, _has("concentration", "molar concentration"), AfterValidator(_baseless)]
Slope = Annotated[Value, _has("slope"), AfterValidator(_based)]
