"""What a level is judged by: the table ``[reference_range]`` of a drug, of a sum, of an unbound level."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from pkinteract.library.schema.values import Concentration, Duration, Kind, MonographTable, unsourced


class AlertOf(MonographTable):
    """What an alert level was published for: the sample that the range is of, or any level."""

    level: Literal["sample", "any"]
    kind: Kind = Field(examples=['"assumed"'])
    source: str | None = None
    note: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, data: object) -> object:
        return unsourced({"level": data} if isinstance(data, str) else data)


class ReferenceRange(MonographTable):
    """Therapeutic reference range and laboratory alert level.

    The range is of the level just before a dose, or at the time ``after`` one; so is the alert level if ``alert_of``
    says so, else it holds at all times.
    """

    low: Concentration | None = None
    high: Concentration | None = None
    alert: Concentration | None = None
    alert_of: AlertOf | None = None
    after: Duration | None = None
