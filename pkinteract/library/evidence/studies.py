"""What a published interaction study is: doses, arms, what was observed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

RECALLED = "recalled"
"""The set of studies whose papers were not read: simulated and shown apart, never fitted, in no other summary."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenDrug:
    """Doses of one size.

    Attributes
    ----------
    time
        Of the first dose on the clock of its arm [h].
    amount
        Free drug [mg], or [mg/kg] with ``per_weight``.
    intravenous, infusion
        Route, and length of the infusion [h]; 0 is a bolus.
    every, count
        Interval [h] and number of doses; one dose has 0 and 1.
    """

    time: float
    amount: float
    per_weight: bool
    intravenous: bool
    infusion: float
    every: float
    count: int
    fed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """A drug and its doses; ``formulation`` is empty for the monograph's default."""

    drug: str
    formulation: str
    doses: tuple[GivenDrug, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """What was given in one arm, and when the victim was measured.

    Attributes
    ----------
    phenotype
        Gene to what a scenario would say of it, as text.
    window
        From and until when the area is taken, on the clock of the arm [h]; the end may be infinite.
    """

    intakes: tuple[Intake, ...]
    phenotype: Mapping[str, str]
    window: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """A published ratio, treatment over control, with what is known of its spread; ``spread`` names what that is."""

    ratio: float
    low: float | None
    high: float | None
    sd: float | None
    spread: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """One row: a study arm against its control.

    Attributes
    ----------
    perpetrators
        Ids; none in a comparison of genotypes.
    analyte
        What was measured: the victim, a metabolite of it, or a sum that its monograph declares.
    weight, age
        Of the subjects [kg], [y].
    assumed
        Whether part of the design was not published and is a usual one instead.
    metric
        What the paper gives; "cl" was inverted, so that every ratio is one of exposure per dose.
    exposure, peak
        Ratio of areas (or of averages), and of peaks; None where not given.
    pksim, pksim_peak
        What PK-Sim's published qualification predicts for the row.
    used, reason
        Whether the row is simulated, and why not.
    """

    id: str
    line: int
    set: str
    study: str
    perpetrators: tuple[str, ...]
    victim: str
    analyte: str
    mechanism: str
    enzyme: str
    control: Arm
    treatment: Arm
    weight: float
    age: float
    assumed: bool
    metric: str
    average: str
    n: str
    exposure: Observed | None
    peak: Observed | None
    pksim: float | None
    pksim_peak: float | None
    used: bool
    reason: str
    note: str
    paper: str
    url: str

    @property
    def recalled(self) -> bool:
        """Whether the paper was not read: a check, no data."""
        return self.set == RECALLED

    @property
    def measured(self) -> tuple[str, ...]:
        """Compounds that the analyte adds up."""
        return tuple(self.analyte.split("+"))

    @property
    def drugs(self) -> tuple[str, ...]:
        """Every drug that is given, each once."""
        return tuple(dict.fromkeys(intake.drug for intake in (*self.control.intakes, *self.treatment.intakes)))
