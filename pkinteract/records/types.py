"""What a data set is once it is read: frozen records in h, mg and L."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Compartment = Literal["depot", "central"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Covariates:
    """What a record says of its subject: weight [kg], age [y], creatinine clearance [mL/min] or None."""

    weight: float
    age: float
    creatinine_clearance: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One line of a data set.

    Attributes
    ----------
    line
        Line of the file, from 1.
    subject
        ID as written.
    time
        TIME [h].
    event
        EVID: 0 observation, 1 dose, 2 other, 3 reset, 4 reset and dose.
    amount
        AMT [mg of free drug]; 0 with a constant infusion at steady state.
    compartment
        Where a dose goes.
    rate
        RATE [mg/h] of an infusion; 0 for a dose at once, -1 when ``modelled_rate`` and -2 when ``duration`` says it.
    interval, additional
        II [h] and ADDL.
    steady_state
        SS: 0, 1 or 2.
    lag, bioavailability
        LAG [h] and F [1] of this record's doses; None leaves it to the drug file.
    duration, modelled_rate
        DUR [h] and R1 [mg/h]; None where they do not count.
    """

    line: int
    subject: str
    time: float
    event: int
    amount: float
    compartment: Compartment
    rate: float
    interval: float
    additional: int
    steady_state: int
    lag: float | None
    bioavailability: float | None
    duration: float | None
    modelled_rate: float | None
    covariates: Covariates

    @property
    def doses(self) -> bool:
        """Whether it is a dose."""
        return self.event in (1, 4)

    @property
    def resets(self) -> bool:
        """Whether it empties the body first."""
        return self.event in (3, 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSet:
    """A data set: its records in the order of the file, and what was passed over or assumed."""

    path: Path
    text: str
    records: tuple[Record, ...]
    notes: tuple[str, ...]
