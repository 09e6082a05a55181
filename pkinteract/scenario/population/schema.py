"""``[population]`` as pydantic models."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from pkinteract.scenario.types import ANCESTRY
from pkinteract.scenario.values import Share, StrictTable, number_of, quantity, share_of

MOST_PATIENTS = 100_000_000
"""Largest population."""


def _cv(value: object) -> float:
    number = number_of(value, "30 %")
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
        return share_of(value[0]), share_of(value[1]), share_of(value[2]), share_of(value[3])
    return (share_of(value),) * 4


def _adherence(value: object) -> object:
    if isinstance(value, dict) or value == "published":
        return {"taken": value} if isinstance(value, str) else value
    shown = f'"{value}"' if isinstance(value, str) else str(value).lower()
    raise ValueError(f'must be "published" or a table such as {{ taken = 0.87, late = "1 h" }}, got {shown}')


class SpreadTable(StrictTable):
    """A distribution; its quantities are read by what they are of."""

    shape: Literal["normal", "lognormal", "uniform"] | None = None
    mean: str | None = None
    sd: str | None = None
    since: str | None = Field(default=None, alias="from")
    until: str | None = None


class AdherenceTable(StrictTable):
    """``adherence``: shares of doses taken of one, two, three, four a day (None: as published), and delays in h."""

    taken: Annotated[tuple[float, float, float, float] | None, BeforeValidator(_taken)] = (1.0, 1.0, 1.0, 1.0)
    late: Annotated[float, quantity("time", "1 h", "0 h", "24 h", "h")] = 0.0


class PopulationTable(StrictTable):
    """``[population]``."""

    n: int | None = Field(default=None, ge=1, le=MOST_PATIENTS)
    seed: int = Field(default=1, ge=0, le=2**63 - 1)
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
    uncertainty: str | None = Field(default=None, examples=['"fits/carbamazepine/result.toml"'])
    draws: int | None = Field(default=None, ge=1, le=10_000)
