"""The schema of a drug file: a monograph is one TOML file, and every number in it has its unit, kind and source.

Strict: an unknown key is an error. What one table says of another is checked in ``coherence``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from typing import Literal

from pydantic import BaseModel, Field

from pkinteract.library.schema.absorption import Formulation
from pkinteract.library.schema.dosing import Dosing
from pkinteract.library.schema.interactions import Displacement, Inactivation, Induction, Inhibition
from pkinteract.library.schema.names import AtcCode, Names
from pkinteract.library.schema.ranges import ReferenceRange
from pkinteract.library.schema.targets import Affinity, Brain, Pillar
from pkinteract.library.schema.values import (
    ID,
    Age,
    Capacity,
    Clearance,
    ClearanceBound,
    Constant,
    Fraction,
    Line,
    MassConcentration,
    MolarMass,
    MonographTable,
    Number,
    UnboundConstant,
    Value,
    Volume,
)
from pkinteract.units import from_canonical

__all__ = [
    "REFERENCE_WEIGHT",
    "Binding",
    "Citation",
    "Dialysis",
    "Displacement",
    "Distribution",
    "Efflux",
    "Elimination",
    "Formulation",
    "Inactivation",
    "Induction",
    "Inhibition",
    "Monograph",
    "Pathway",
    "ReferenceRange",
    "Value",
]

REFERENCE_WEIGHT = 70.0
"""Body weight [kg] at which clearances and volumes of a monograph hold."""


NORMAL_CREATININE_CLEARANCE = 100.0
"""Creatinine clearance [mL/min] at which a renal clearance of a monograph holds, and that of kidneys not known of."""

RENAL_SHARE = 0.2
"""Share of the clearance above which a drug is not simulated in kidneys that are not known of [1]."""


class Peripheral(MonographTable):
    """A peripheral compartment: volume and intercompartmental clearance."""

    volume: Volume
    flow: Clearance


class Distribution(MonographTable):
    """Central volume and peripheral compartments (at most two)."""

    volume: Volume
    peripheral: tuple[Peripheral, ...] = Field(default=(), strict=False, max_length=2)


class ScoreFactor(MonographTable):
    """What a pathway keeps with this activity score of its enzyme's gene, where that is not what the enzyme keeps."""

    score: Number
    factor: Number


class Pathway(MonographTable):
    """A share of the uninduced plasma clearance, and the enzyme that carries it.

    Attributes
    ----------
    kind
        "enzyme" and "biliary" are hepatic; "renal" follows creatinine clearance; "other" follows nothing.
    enzyme
        Enzyme, or transporter: of a renal pathway the one that secretes it, slowed by inhibitors and never induced.
    fraction
        Share at low concentration and without inhibitor.
    forms, formed
        Metabolite, and the molar fraction (``yield`` in the file) of what passes that becomes it.
    km
        Concentration of the compound at which the pathway runs at half its capacity.
    activity
        Its own factors by activity score; at other scores it keeps what the enzyme keeps.
    inhibition
        How inhibitors of the enzyme combine with ``km``.
    returned, returned_by
        Share of what it takes at rest that comes back, and the enzyme that makes the product into the compound again.
    """

    id: str = Field(pattern=ID, max_length=60, examples=['"hydroxylation"'])
    kind: Literal["enzyme", "renal", "biliary", "other"] = "enzyme"
    enzyme: str | None = None
    fraction: Fraction
    km: Constant | None = None
    activity: tuple[ScoreFactor, ...] = Field(default=(), strict=False)
    inhibition: Literal["competitive", "non-competitive"] = "competitive"
    forms: str | None = None
    formed: Fraction | None = Field(default=None, alias="yield")
    returned: Fraction | None = None
    returned_by: str | None = None

    @property
    def organ(self) -> str:
        """Where its enzyme or transporter works."""
        return "kidney" if self.kind == "renal" else "liver"


class RenalBand(MonographTable):
    """The factor on the whole clearance from this creatinine clearance upwards (to the next band)."""

    since: ClearanceBound = Field(alias="from")
    factor: Number


class AgeEffect(MonographTable):
    """A factor on the whole clearance from an age upwards."""

    age_from: Age
    factor: Number


class HepaticFunction(MonographTable):
    """The factor on the whole clearance in a Child-Pugh class."""

    child_pugh: Literal["A", "B", "C"] = Field(alias="class")
    factor: Number


class PregnancyEffect(MonographTable):
    """The factor on the whole clearance from a gestational age on (to the next one)."""

    since: Age = Field(alias="from")
    factor: Number


class Elimination(MonographTable):
    """Plasma clearance at 70 kg, its pathways, and what changes it."""

    clearance: Clearance
    weight_exponent: Number | None = None
    liver: Literal["linear", "well-stirred"] = "linear"
    pathway: tuple[Pathway, ...] = Field(default=(), strict=False)
    renal_function: tuple[RenalBand, ...] = Field(default=(), strict=False)
    hepatic_function: tuple[HepaticFunction, ...] = Field(default=(), strict=False)
    age_effect: tuple[AgeEffect, ...] = Field(default=(), strict=False)
    pregnancy: tuple[PregnancyEffect, ...] = Field(default=(), strict=False)


class Dialysis(MonographTable):
    """What a session of haemodialysis clears from plasma, bound and unbound together, besides the body itself."""

    clearance: ClearanceBound


class FirstPass(MonographTable):
    """Share of the absorbed drug that escapes the gut wall, and the enzyme that acts there."""

    gut_availability: Fraction
    gut_enzyme: str


class Efflux(MonographTable):
    """A transporter of the gut wall that sends absorbed drug back: efflux over uptake at rest."""

    transporter: str
    ratio: Number


class Sites(MonographTable):
    """One class of saturable binding sites in plasma: concentration of sites, and the unbound one that fills half."""

    capacity: Capacity
    kd: UnboundConstant


class Binding(MonographTable):
    """Plasma binding and blood-to-plasma ratio; ``fraction_unbound`` is the one at which clearance and volume hold.

    ``albumin`` is the level of albumin at which it and the sites hold, of a drug that binds to albumin.
    """

    fraction_unbound: Fraction
    albumin: MassConcentration | None = None
    blood_to_plasma: Number | None = None
    sites: Sites | None = None


class Unbound(MonographTable):
    """The unbound level is reported too, in the unit of the total one, and judged by a range of its own."""

    reference_range: ReferenceRange = Field(default_factory=ReferenceRange)


class Sum(MonographTable):
    """A sum of analytes that is judged together, for example parent + active metabolite."""

    id: str = Field(pattern=rf"{ID[:-1]}([+]{ID[1:-1]})*$", max_length=120, examples=['"parent+metabolite"'])
    parts: tuple[str, ...] = Field(strict=False, min_length=2)
    unit: str
    reference_range: ReferenceRange = Field(default_factory=ReferenceRange)


class Ages(MonographTable):
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


class Citation(MonographTable):
    """Where a number comes from."""

    cite: str
    url: str | None = None


class Revision(MonographTable):
    """One line of the monograph's history."""

    day: date = Field(alias="date")
    by: str
    why: str


class Monograph(MonographTable):
    """Everything the model knows of one compound."""

    id: str = Field(pattern=ID, max_length=60, examples=['"my-drug"'])
    name: Line
    atc: AtcCode | None = None
    group: str | None = None
    notes: str | None = None
    names: Names = Field(default_factory=Names)
    unit: str
    sample: Literal["plasma", "whole blood"] = "plasma"
    molar_mass: MolarMass
    ages: Ages | None = None
    binding: Binding | None = None
    distribution: Distribution
    elimination: Elimination
    dialysis: Dialysis | None = None
    first_pass: FirstPass | None = None
    efflux: Efflux | None = None
    absorption: dict[str, Formulation] = Field(default_factory=dict)
    formulation: str | None = None
    induces: dict[str, Induction] = Field(default_factory=dict)
    inhibits: dict[str, Inhibition] = Field(default_factory=dict)
    inactivates: dict[str, Inactivation] = Field(default_factory=dict)
    displaces: dict[str, Displacement] = Field(default_factory=dict)
    pillar: tuple[Pillar, ...] = Field(default=(), strict=False)
    target: tuple[Affinity, ...] = Field(default=(), strict=False)
    brain: Brain = Field(default_factory=Brain)
    dosing: Dosing = Field(default_factory=Dosing)
    reference_range: ReferenceRange = Field(default_factory=ReferenceRange)
    unbound: Unbound | None = None
    sum: tuple[Sum, ...] = Field(default=(), strict=False)
    sources: dict[str, Citation] = Field(default_factory=dict)
    history: tuple[Revision, ...] = Field(default=(), strict=False)

    @property
    def default_formulation(self) -> str | None:
        """The formulation used when a regimen names none; None if the compound is never dosed."""
        return self.formulation or next(iter(self.absorption), None)

    @property
    def measured(self) -> str:
        """What a laboratory reports: its name, and of what, where that is not plasma."""
        return self.name if self.sample == "plasma" else f"{self.name} in {self.sample}"

    @property
    def gut_proteins(self) -> tuple[str, ...]:
        """Enzyme and transporter that it meets in the gut wall."""
        enzyme = None if self.first_pass is None else self.first_pass.gut_enzyme
        transporter = None if self.efflux is None else self.efflux.transporter
        return tuple(name for name in (enzyme, transporter) if name is not None)

    @property
    def renal_share(self) -> float:
        """Share of the clearance that follows creatinine clearance [1]."""
        return sum(pathway.fraction.canonical for pathway in self.elimination.pathway if pathway.kind == "renal")

    @property
    def needs_creatinine(self) -> bool:
        """Whether so much of the clearance depends on the kidneys that they must be known."""
        return self.renal_share > RENAL_SHARE + 1e-9 or bool(self.elimination.renal_function)

    @property
    def spread_known(self) -> bool:
        """Whether it is known how its levels differ between people: its own clearance has a CV."""
        return self.elimination.clearance.cv is not None

    @property
    def unbound_id(self) -> str:
        """Id of its unbound level, where that is reported."""
        return f"{self.id}-unbound"

    @property
    def metabolites(self) -> tuple[str, ...]:
        """Ids of the compounds its pathways form, each once, in file order."""
        return tuple(dict.fromkeys(pathway.forms for pathway in self.elimination.pathway if pathway.forms))

    def values(self) -> Iterator[tuple[str, Value]]:
        """Every number with its dotted path, in the order of the schema."""
        yield from values(self)


def sold_only(monograph: Monograph, form: str) -> str:
    """What to say of a form of a drug that is sold and has no absorption in its monograph."""
    other = monograph.dosing.other_forms[form]
    note = f"; {other.note}" if other.kind == "label" and other.note else ""
    sold = f"{monograph.id} {form} is sold ({other.sold}{note}) but has no absorption in the library"
    return f"{sold}; its formulations are {', '.join(monograph.absorption)}"


def clearing(monographs: Iterable[Monograph]) -> set[str]:
    """Enzymes that clear one of the compounds, or give it back."""
    enzymes: set[str] = set()
    for monograph in monographs:
        for pathway in monograph.elimination.pathway:
            enzymes |= {name for name in (pathway.enzyme, pathway.returned_by) if name is not None}
        enzymes |= set(monograph.gut_proteins)
    return enzymes


def enzymes_of(monographs: Collection[Monograph]) -> set[str]:
    """Enzymes that clear one of the compounds, or that one acts on."""
    acted = {
        name for monograph in monographs for name in (*monograph.induces, *monograph.inhibits, *monograph.inactivates)
    }
    return acted | clearing(monographs)


def label(entry: object, index: int) -> str:
    """What a dotted path calls an entry of a list: its id, class or site, else its position."""
    named = entry if isinstance(entry, Mapping) else dict(entry) if isinstance(entry, BaseModel) else {}
    return str(next(filter(None, map(named.get, ("id", "class", "child_pugh", "site"))), index))


def values(node: object, path: str = "") -> Iterator[tuple[str, Value]]:
    """Every number inside a piece of the library with its dotted path."""
    if isinstance(node, Value):
        yield path, node
    elif isinstance(node, BaseModel):
        for name, field in type(node).model_fields.items():
            yield from values(getattr(node, name), f"{path}.{field.alias or name}".lstrip("."))
    elif isinstance(node, Mapping):
        for key, child in node.items():
            yield from values(child, f"{path}.{key}")
    elif isinstance(node, tuple) and node and isinstance(node[0], BaseModel):
        for index, child in enumerate(node):
            yield from values(child, f"{path}.{label(child, index)}")
