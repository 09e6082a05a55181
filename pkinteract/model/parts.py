"""What the rooms of the model share: compounds and enzymes by row, and the rows as they are collected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from pkinteract.engine import system as rows
from pkinteract.library import Enzyme
from pkinteract.library.schema.monograph import Binding, Monograph
from pkinteract.library.schema.values import Value
from pkinteract.model import patient as body
from pkinteract.model.patient import Number, Person
from pkinteract.units import dimension_of, to_canonical

Organ = tuple[str, str]
"""An enzyme and an organ, as ("CYP3A4", "liver")."""

Factor = Literal["clearance", "volume", "ka"]
"""What a patient's own factor on a compound is on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Liver:
    """A compound's liver at 70 kg, uninduced: flow Rb·Qh [L/h], clearance [L/h]; the linear limit has no flow."""

    flow: float | None
    clearance: float

    @property
    def availability(self) -> float:
        """Share of what arrives that passes, Fh [1]."""
        return 1.0 if self.flow is None else 1 - self.clearance / self.flow


@dataclass(frozen=True, kw_only=True)
class ModelContext:
    """A patient, or many; the compounds of the run in the order of the system's rows; and the enzymes that move.

    Attributes
    ----------
    regulated
        Row of every enzyme and organ whose level changes during the run.
    factors
        (compound, what) to a factor of the patient on the clearance of every pathway (fu·CLint behind a well-stirred
        liver), on the volume of every compartment, or on every ka of the compound [1].
    dialysis
        Whether there is a session of haemodialysis at some time of the run.
    albumin
        Whether the patient's albumin is known at some time of the run.
    """

    patient: Person
    monographs: Mapping[str, Monograph]
    enzymes: Mapping[str, Enzyme]
    regulated: Mapping[Organ, int]
    factors: Mapping[tuple[str, str], Number] = field(default_factory=dict)
    dialysis: bool = False
    albumin: bool = False

    def factor(self, drug: str, what: Factor) -> Number:
        """Factor of the patient on the "clearance", "volume" or "ka" of a compound [1]."""
        return self.factors.get((drug, what), 1.0)

    @cached_property
    def order(self) -> dict[str, int]:
        """Row of every compound."""
        return {drug: i for i, drug in enumerate(self.monographs)}

    @cached_property
    def activity(self) -> dict[str, Number]:
        """Uninduced level of every enzyme in this patient [1]."""
        return body.activities(self.patient, self.enzymes)

    @cached_property
    def size(self) -> Number:
        """Allometric factor on clearances and flows [1]."""
        return body.size_factor(self.patient)

    @cached_property
    def livers(self) -> dict[str, Liver]:
        """Liver of every compound."""
        return {drug: liver(monograph) for drug, monograph in self.monographs.items()}

    def organs(self, enzyme: str) -> tuple[str, ...]:
        """Organs that an enzyme is modelled in."""
        return tuple(self.enzymes[enzyme].organs)


@dataclass(slots=True)
class SystemRows:
    """Rows as they are collected; a parameter is a number of one patient, or of many (n,)."""

    parameters: list[Number] = field(default_factory=list)
    compounds: list[rows.Compound] = field(default_factory=list)
    pathways: list[rows.Pathway] = field(default_factory=list)
    names: list[tuple[str, str]] = field(default_factory=list)
    formations: list[rows.Formation] = field(default_factory=list)
    gut_formations: list[rows.GutFormation] = field(default_factory=list)
    enzymes: list[rows.Enzyme] = field(default_factory=list)
    inductions: list[rows.Induction] = field(default_factory=list)
    inactivations: list[rows.Inactivation] = field(default_factory=list)
    depots: list[rows.Depot] = field(default_factory=list)
    releases: list[rows.Release] = field(default_factory=list)
    effluxes: list[rows.Efflux] = field(default_factory=list)
    further: list[object] = field(default_factory=list)

    def add(self, value: Number) -> int:
        """Append a parameter; returns its index."""
        self.parameters.append(value)
        return len(self.parameters) - 1


def liver(monograph: Monograph) -> Liver:
    """The liver that a monograph describes."""
    elimination = monograph.elimination
    total = body.reference_clearance(elimination.clearance)
    hepatic = total * sum(
        pathway.fraction.canonical for pathway in elimination.pathway if pathway.kind in ("enzyme", "biliary")
    )
    if elimination.liver == "linear" or monograph.binding is None or monograph.binding.blood_to_plasma is None:
        return Liver(flow=None, clearance=hepatic)
    return Liver(flow=monograph.binding.blood_to_plasma.canonical * body.LIVER_FLOW, clearance=hepatic)


def gut_availability(monograph: Monograph) -> float:
    """Share of the absorbed drug that escapes the gut wall, uninduced, Fg0 [1]."""
    return 1.0 if monograph.first_pass is None else monograph.first_pass.gut_availability.canonical


def fraction_unbound(monograph: Monograph) -> float:
    """Unbound fraction at which the constants hold [1]; 1 if the monograph gives none."""
    return 1.0 if monograph.binding is None else monograph.binding.fraction_unbound.canonical


def is_variable(frame: ModelContext, binding: Binding, displaced: bool) -> bool:
    """Whether plasma binding changes during a run, or is another than that of the monograph."""
    other = frame.albumin and binding.albumin is not None
    return displaced or other or binding.sites is not None


def albumin_factor(frame: ModelContext, monograph: Monograph) -> float:
    """Albumin of the patient over that at which the binding of a compound holds [1]; 1 where it does not bind to it."""
    binding, albumin = monograph.binding, frame.patient.albumin
    if binding is None or binding.albumin is None or albumin is None:
        return 1.0
    return to_canonical(albumin, "g/L") / binding.albumin.canonical


def mass_concentration(value: Value, monograph: Monograph) -> float:
    """A concentration of a compound [mg/L]; molar ones by its molar mass."""
    molar = dimension_of(value.unit) == "molar concentration"
    return value.canonical * (monograph.molar_mass.canonical / 1000 if molar else 1.0)


def acting_constant(value: Value, monograph: Monograph) -> float:
    """A constant as a concentration bound as in the reference [mg/L]: unbound ones over fu, total ones as they are."""
    level = mass_concentration(value, monograph)
    return level / fraction_unbound(monograph) if value.basis == "unbound" else level


def unbound_constant(value: Value, monograph: Monograph) -> float:
    """A constant as an unbound concentration [mg/L], for the gut, where nothing is bound."""
    level = mass_concentration(value, monograph)
    return level if value.basis == "unbound" else level * fraction_unbound(monograph)


def interaction_of(frame: ModelContext, drug: str, value: Value, site: rows.Site) -> rows.Actor:
    """The concentration of ``drug`` that a constant refers to, at a site."""
    return rows.Actor(compound=frame.order[drug], site=site, total=value.basis == "total")
