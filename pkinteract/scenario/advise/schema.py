"""``[advise]`` as a pydantic model."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from pkinteract.scenario.values import StrictTable, number_of, point_in_time, quantity, text_of
from pkinteract.units import parse

Time = Annotated[float, BeforeValidator(point_in_time("3 d"))]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def _keep(value: object) -> float:
    number = number_of(value, "20 %")
    if not 0 < number < 1:
        raise ValueError(f'must lie above 0 and below 1, got {value}; write for example "20 %"')
    return number


def _mass(value: object) -> float:
    text = text_of(value, "25 mg")
    amount = parse(text, "mass", example="25 mg")
    if not 1e-3 <= amount <= 1e5:
        raise ValueError(f'must lie between 1 ug and 100 g, got "{text}"')
    return amount


def _level(value: object) -> str:
    text = text_of(value, "80 ng/mL")
    parse(text, "concentration", "molar concentration", example="80 ng/mL")
    return text


Mass = Annotated[float, BeforeValidator(_mass)]
Level = Annotated[str, BeforeValidator(_level)]


class AdviseTable(StrictTable):
    """``[advise]``; times in h, doses in mg."""

    drug: str | None = None
    target: str | None = None
    keep: Annotated[float, BeforeValidator(_keep)] | None = None
    range: bool | None = None
    between: tuple[Level, Level] | None = Field(default=None, strict=False, examples=['["80 ng/mL", "200 ng/mL"]'])
    of: Literal["average", "trough"] = "average"
    since: Time | None = Field(default=None, alias="from")
    until: Time | None = None
    earliest: Time | None = None
    most_changes: int = Field(default=3, ge=1, le=6)
    weekdays: tuple[Weekday, ...] | None = Field(default=None, strict=False, examples=['["mon", "thu"]'])
    least_between: Annotated[float, quantity("time", "7 d", "1 d", "365 d", "h")] = 24.0
    largest_step: Mass | None = None
    strengths: tuple[Mass, ...] = Field(default=(), strict=False, max_length=12, examples=['["10 mg", "25 mg"]'])
    halves: bool = False
    split: bool = False
    loading: bool = False
