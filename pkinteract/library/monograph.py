"""The schema of a drug file: every number with its unit, kind and source.

A monograph is one TOML file. Strict: an unknown key is an error. In a user's own file a value may be a bare quantity
(``clearance = "1.1 L/h"``); its kind is then "assumed".
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from pkinteract.units import COLUMN_SUFFIX, dimension_of, from_canonical, split, to_canonical

Kind = Literal["measured", "fitted", "in vitro", "label", "assumed"]
Basis = Literal["total", "unbound"]

REFERENCE_WEIGHT = 70.0
"""Body weight [kg] at which clearances and volumes of a monograph hold."""

_ID = r"^[a-z0-9]+(-[a-z0-9]+)*$"
"""Ids become parts of column names: lower case letters, digits and hyphens."""


class Row(BaseModel):
    """A strict, frozen piece of a monograph."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, populate_by_name=True, defer_build=True)


class Value(Row):
    """One number of the library.

    Attributes
    ----------
    value, unit
        The number as published and its unit.
    kind
        measured, fitted, in vitro, label or assumed.
    source
        A key of the monograph's ``[sources]``; None only for assumed values.
    cv
        Between-subject coefficient of variation [1], where one is published.
    interval
        95 % confidence interval of a fitted value, in ``unit``.
    basis
        Whether a concentration is total or unbound.
    """

    value: float
    unit: str
    kind: Kind
    source: str | None = None
    cv: float | None = Field(default=None, gt=0)
    interval: tuple[float, float] | None = Field(default=None, strict=False)
    basis: Basis | None = None
    note: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, data: object) -> object:
        """Read a bare quantity string as an assumed value."""
        if isinstance(data, str):
            number, unit = split(data)
            return {"value": number, "unit": unit, "kind": "assumed", "note": "no source given"}
        if isinstance(data, dict) and isinstance(data.get("value"), int) and not isinstance(data["value"], bool):
            return {**data, "value": float(data["value"])}
        return data

    @model_validator(mode="after")
    def _traceable(self) -> Self:
        dimension_of(self.unit)
        if not math.isfinite(self.value):
            raise ValueError(f"must be a finite number, got {self.value}")
        if self.kind != "assumed" and self.source is None:
            raise ValueError(f'a value of kind "{self.kind}" needs a source')
        if self.kind == "assumed" and self.note is None:
            raise ValueError("an assumed value needs a note that says why this value")
        return self

    @property
    def canonical(self) -> float:
        """The number in canonical units (h, mg, L, mg/L and their quotients)."""
        return to_canonical(self.value, self.unit)


def _has(*dimensions: str, positive: bool = True) -> AfterValidator:
    def check(value: Value) -> Value:
        dimension = dimension_of(value.unit)
        if dimension not in dimensions:
            raise ValueError(f'"{value.unit}" is a unit of {dimension}; this key needs a {" or ".join(dimensions)}')
        if value.value < 0 or (positive and value.value == 0):
            raise ValueError(f"must be {'above' if positive else 'at least'} 0, got {_written(value)}")
        return value

    return AfterValidator(check)


def _fraction(value: Value) -> Value:
    if not 0 < value.canonical <= 1:
        raise ValueError(f"must lie above 0 and be at most 1, got {_written(value)}")
    return value


def _written(value: Value) -> str:
    return f"{value.value:g} {value.unit}".removesuffix(" 1")


Fraction = Annotated[Value, _has("fraction"), AfterValidator(_fraction)]
Number = Annotated[Value, _has("fraction")]
Clearance = Annotated[Value, _has("clearance", "clearance per weight")]
Volume = Annotated[Value, _has("volume", "volume per weight")]
Rate = Annotated[Value, _has("rate")]
Time = Annotated[Value, _has("time", positive=False)]
HalfLife = Annotated[Value, _has("time")]
Concentration = Annotated[Value, _has("concentration", "molar concentration")]
Age = Annotated[Value, _has("time", positive=False)]


class Formulation(Row):
    """How a dose enters the body.

    ``bioavailability`` is the absolute F of the uninduced normal metaboliser; ``salt_factor`` converts the labelled
    dose to free drug.
    """

    route: Literal["oral", "intravenous"] = "oral"
    ka: Rate | None = None
    lag: Time | None = None
    bioavailability: Fraction | None = None
    salt: str | None = None
    salt_factor: Fraction | None = None
    note: str | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.route == "oral" and self.ka is None:
            raise ValueError('an oral formulation needs ka, for example ka = "1.5 1/h"')
        if self.route == "intravenous" and (self.ka or self.lag or self.bioavailability):
            raise ValueError("an intravenous formulation has neither ka, lag nor bioavailability")
        return self


class Peripheral(Row):
    """A peripheral compartment: volume and intercompartmental clearance."""

    volume: Volume
    flow: Clearance


class Distribution(Row):
    """Central volume and peripheral compartments (at most two)."""

    volume: Volume
    peripheral: tuple[Peripheral, ...] = Field(default=(), strict=False, max_length=2)


class Pathway(Row):
    """A share of the uninduced plasma clearance, and the enzyme that carries it.

    ``yield`` is the molar fraction of what passes that becomes the metabolite ``forms``.
    """

    id: str = Field(pattern=_ID, max_length=60, examples=['"hydroxylation"'])
    kind: Literal["enzyme", "renal", "other"] = "enzyme"
    enzyme: str | None = None
    fraction: Fraction
    forms: str | None = None
    formed: Fraction | None = Field(default=None, alias="yield")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.kind == "enzyme") != (self.enzyme is not None):
            raise ValueError(f'pathway "{self.id}" must name an enzyme if its kind is "enzyme", and only then')
        if self.formed is not None and self.forms is None:
            raise ValueError(f'pathway "{self.id}" has a yield but forms nothing')
        return self


class RenalBand(Row):
    """The factor on the whole clearance from this creatinine clearance upwards (to the next band)."""

    since: Annotated[Value, _has("clearance", positive=False)] = Field(alias="from")
    factor: Number


class AgeEffect(Row):
    """A factor on the whole clearance from an age upwards."""

    age_from: Age
    factor: Number


class Elimination(Row):
    """Plasma clearance at 70 kg, its pathways, and what changes it."""

    clearance: Clearance
    liver: Literal["linear", "well-stirred"] = "linear"
    pathway: tuple[Pathway, ...] = Field(default=(), strict=False)
    renal_function: tuple[RenalBand, ...] = Field(default=(), strict=False)
    age_effect: tuple[AgeEffect, ...] = Field(default=(), strict=False)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        total = sum(pathway.fraction.canonical for pathway in self.pathway)
        if self.pathway and abs(total - 1) > 1e-9:
            raise ValueError(f"the fractions of the pathways must add up to 1, they add up to {total:.6g}")
        ids = [pathway.id for pathway in self.pathway]
        if len(set(ids)) < len(ids):
            raise ValueError("two pathways have the same id")
        if "total" in ids:
            raise ValueError('a pathway must not be called "total", the name of the whole clearance')
        starts = [band.since.canonical for band in self.renal_function]
        if starts and (starts[-1] != 0 or sorted(starts, reverse=True) != starts):
            raise ValueError('renal_function bands run from the highest "from" down to 0 mL/min')
        if starts and any(pathway.kind == "renal" for pathway in self.pathway):
            raise ValueError("renal_function replaces renal pathways; give one or the other")
        return self


class FirstPass(Row):
    """Share of the absorbed drug that escapes the gut wall, and the enzyme that acts there."""

    gut_availability: Fraction
    gut_enzyme: str


class Binding(Row):
    """Plasma binding and blood-to-plasma ratio."""

    fraction_unbound: Fraction
    blood_to_plasma: Number | None = None


class Induction(Row):
    """Emax induction of an enzyme's synthesis; inducers of one ``receptor`` group compete."""

    receptor: Literal["CAR/PXR", "AhR"]
    emax: Number
    ec50: Concentration
    hill: Number | None = None

    @model_validator(mode="after")
    def _stated(self) -> Self:
        if self.ec50.basis is None:
            raise ValueError('ec50 must state basis = "total" or "unbound"')
        return self


class ReferenceRange(Row):
    """Therapeutic reference range (pre-dose) and laboratory alert level."""

    low: Concentration | None = None
    high: Concentration | None = None
    alert: Concentration | None = None


class Sum(Row):
    """A sum of analytes that is judged together, for example parent + active metabolite."""

    id: str = Field(pattern=rf"{_ID[:-1]}([+]{_ID[1:-1]})*$", max_length=120, examples=['"parent+metabolite"'])
    parts: tuple[str, ...] = Field(strict=False, min_length=2)
    unit: str
    reference_range: ReferenceRange = Field(default_factory=ReferenceRange)


class Ages(Row):
    """Ages that the monograph covers."""

    since: Age = Field(alias="from")
    until: Age

    @property
    def from_years(self) -> float:
        """Lowest age covered [y]."""
        return from_canonical(self.since.canonical, "y")

    @property
    def until_years(self) -> float:
        """Highest age covered [y]."""
        return from_canonical(self.until.canonical, "y")


class Source(Row):
    """Where a number comes from."""

    cite: str
    url: str | None = None


class Change(Row):
    """One line of the monograph's history."""

    day: date = Field(alias="date")
    by: str
    why: str


class Monograph(Row):
    """Everything the model knows of one compound."""

    id: str = Field(pattern=_ID, max_length=60, examples=['"my-drug"'])
    name: str
    atc: str | None = None
    group: str | None = None
    notes: str | None = None
    unit: str
    molar_mass: Annotated[Value, _has("molar mass")]
    ages: Ages | None = None
    binding: Binding | None = None
    distribution: Distribution
    elimination: Elimination
    first_pass: FirstPass | None = None
    absorption: dict[str, Formulation] = {}
    formulation: str | None = None
    induces: dict[str, Induction] = {}
    reference_range: ReferenceRange = Field(default_factory=ReferenceRange)
    sum: tuple[Sum, ...] = Field(default=(), strict=False)
    sources: dict[str, Source] = {}
    history: tuple[Change, ...] = Field(default=(), strict=False)

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        for unit in (self.unit, *(total.unit for total in self.sum)):
            if unit not in COLUMN_SUFFIX:
                raise ValueError(f'unit must be one of {", ".join(COLUMN_SUFFIX)}, got "{unit}"')
        if self.formulation is not None and self.formulation not in self.absorption:
            raise ValueError(f'formulation "{self.formulation}" is not one of {", ".join(self.absorption)}')
        for path, value in self.values():
            if value.source is not None and value.source not in self.sources:
                raise ValueError(f'{path}: source "{value.source}" is not in [sources]')
        bound = any(row.ec50.basis == "unbound" for row in self.induces.values())
        if self.binding is None and (bound or self.elimination.liver == "well-stirred"):
            raise ValueError("needs [binding] fraction_unbound (unbound constants or a well-stirred liver)")
        if self.elimination.liver == "well-stirred" and (self.binding is None or self.binding.blood_to_plasma is None):
            raise ValueError("a well-stirred liver needs [binding] blood_to_plasma")
        return self

    @property
    def default_formulation(self) -> str | None:
        """The formulation used when a regimen names none; None if the compound is never dosed."""
        return self.formulation or next(iter(self.absorption), None)

    @property
    def needs_creatinine(self) -> bool:
        """Whether clearance depends on renal function."""
        renal = any(pathway.kind == "renal" for pathway in self.elimination.pathway)
        return renal or bool(self.elimination.renal_function)

    @property
    def metabolites(self) -> tuple[str, ...]:
        """Ids of the compounds its pathways form, each once, in file order."""
        return tuple(dict.fromkeys(pathway.forms for pathway in self.elimination.pathway if pathway.forms))

    def values(self) -> Iterator[tuple[str, Value]]:
        """Every number with its dotted path, in the order of the schema."""
        yield from _walk(self, "")


def _walk(node: object, path: str) -> Iterator[tuple[str, Value]]:
    if isinstance(node, Value):
        yield path, node
    elif isinstance(node, BaseModel):
        for name, field in type(node).model_fields.items():
            yield from _walk(getattr(node, name), f"{path}.{field.alias or name}".lstrip("."))
    elif isinstance(node, Mapping):
        for key, child in node.items():
            yield from _walk(child, f"{path}.{key}")
    elif isinstance(node, tuple) and node and isinstance(node[0], BaseModel):
        for index, child in enumerate(node):
            yield from _walk(child, f"{path}.{getattr(child, 'id', index)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where an override lands: the container and the key in it."""

    container: Any
    key: Any


def apply_overrides(monograph: Monograph, overrides: Mapping[str, str]) -> Monograph:
    """Replace values of a monograph by dotted path.

    Parameters
    ----------
    monograph
        The monograph to start from; it is left as it is.
    overrides
        Dotted path (``"elimination.clearance"``, ``"elimination.pathway.epoxidation.fraction"``) to quantity text.

    Raises
    ------
    ValueError
        When a path names no value, or the result is no longer a valid monograph.
    """
    from difflib import get_close_matches

    data = monograph.model_dump(by_alias=True, exclude_none=True)
    known = [path for path, _ in monograph.values()]
    for path, text in overrides.items():
        place = _find(data, path)
        if place is None or not (path in known or _optional(monograph, path)):
            close = get_close_matches(path, known, n=3, cutoff=0.5)
            hint = f"did you mean {' or '.join(close)}?" if close else f"its values are {', '.join(known)}"
            raise ValueError(f"{path} is not a value of {monograph.id}; {hint}")
        quantity = Value.model_validate(text).model_dump(exclude_none=True)
        old = place.container[place.key] if path in known else {}
        kept = {key: old[key] for key in ("basis",) if key in old}
        place.container[place.key] = {**quantity, "note": "override in the scenario", **kept}
    return type(monograph).model_validate(data)


def _find(data: Any, path: str) -> _Place | None:
    *steps, last = path.split(".")
    node = data
    for step in steps:
        if isinstance(node, (list, tuple)):
            node = next((row for i, row in enumerate(node) if row.get("id", str(i)) == step), None)
        else:
            node = node.get(step) if isinstance(node, dict) else None
        if node is None:
            return None
    return _Place(container=node, key=last) if isinstance(node, dict) else None


def _optional(monograph: Monograph, path: str) -> bool:
    """Whether ``path`` is a formulation's or distribution's value that the monograph leaves out."""
    head, _, last = path.rpartition(".")
    name = head.removeprefix("absorption.")
    return head.startswith("absorption.") and name in monograph.absorption and last in ("lag", "bioavailability", "ka")
