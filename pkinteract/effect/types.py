"""What ``--engagement`` gives: sites, drugs without a constant, partners, and a ratio for each kind of seizure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pkinteract.effect.contexts import Withholding
from pkinteract.engine.curves import Array
from pkinteract.library.schema.targets import PillarName
from pkinteract.result import Result

State = Literal["gone", "below", "inside", "above", "no-range"]
Arrow = Literal["up", "down", ""]


@dataclass(frozen=True, eq=False, kw_only=True)
class BrainDays:
    """Unbound level of a compound in the brain, (time,) [mg/L], and whether its ratio to plasma is from a source."""

    compound: str
    level: Array
    ratio: float
    kind: str


@dataclass(frozen=True, eq=False, kw_only=True)
class SiteDays:
    """A site through the run; (time,) each.

    Attributes
    ----------
    drugs
        Dosed drugs that bind there.
    alone
        (drug, time) engagement by each without the others [1].
    engagement, low, high
        By all of them, and its band [1].
    units, units_low, units_high
        Engagement over that in the middle of the ranges [1]; None where a drug has no range.
    """

    site: str
    pillar: PillarName | None
    drugs: tuple[str, ...]
    alone: Array
    engagement: Array
    low: Array
    high: Array
    units: Array | None
    units_low: Array | None
    units_high: Array | None


@dataclass(frozen=True, eq=False, kw_only=True)
class RangeDays:
    """A drug without a constant that fits: where its level stands in the range.

    Attributes
    ----------
    judged
        The analyte that has the range: the drug, a metabolite or a sum.
    states
        One a time.
    units
        (time,) as if half saturated in the middle of the range [1]; None without a range.
    """

    drug: str
    judged: str
    pillars: tuple[PillarName, ...]
    states: tuple[State, ...]
    units: Array | None


@dataclass(frozen=True, eq=False, kw_only=True)
class RatioDays:
    """Excitation over inhibition relative to the day before the first change, for a kind of seizure; (time,) each.

    Attributes
    ----------
    seizure
        None where the scenario names none: all sites count.
    units
        Of everything that counts [1].
    ratio, low, high
        NaN where it is withheld.
    withheld
        Reasons, one tuple a time; empty where the ratio is given.
    arrows
        Which way a context pushes, where it is known.
    silent, worse
        Drugs that count nothing for this kind, and those of them that may bring it on.
    """

    seizure: str | None
    units: Array
    ratio: Array
    low: Array
    high: Array
    withheld: tuple[tuple[Withholding, ...], ...]
    arrows: tuple[Arrow, ...]
    silent: tuple[str, ...]
    worse: tuple[str, ...]


@dataclass(frozen=True, eq=False, kw_only=True)
class Engagement:
    """What a run does in the brain.

    Attributes
    ----------
    time
        (time,) [h]; levels are averages of the 24 h before.
    reference
        Position of the first change; None without one.
    sites, partners
        Those of antiseizure drugs, and transporters that partner drugs bind to, which are in no ratio.
    ranged
        Whether drugs without a constant count by their range.
    conditions
        Of the patient, those that matter here.
    sodium_left
        (time,) sodium units over those of the reference day [1]; None without any there.
    """

    result: Result
    time: Array
    reference: int | None
    brain: tuple[BrainDays, ...]
    sites: tuple[SiteDays, ...]
    ranges: tuple[RangeDays, ...]
    partners: tuple[SiteDays, ...]
    ratios: tuple[RatioDays, ...]
    ranged: bool
    conditions: tuple[str, ...]
    sodium_left: Array | None
