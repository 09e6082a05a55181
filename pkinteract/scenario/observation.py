"""A measured level."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """A level that was measured.

    Attributes
    ----------
    time
        When the sample was drawn [h]; at the time of a dose it is the level before the dose.
    analyte
        A compound, or a sum of compounds.
    value
        Concentration in ``unit``, the analyte's reporting unit.
    below
        Whether the level lay somewhere below ``value``, the limit of quantification.
    line
        Where it stands in the file.
    """

    time: float
    analyte: str
    value: float
    unit: str
    below: bool
    note: str
    line: int | None
