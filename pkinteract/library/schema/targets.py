"""What a drug file says of the effect in the brain: pillars, what the drug binds to how tightly, how it gets there."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from pkinteract.library.schema.values import ID, Constant, Kind, MonographTable, Number

PillarName = Literal[
    "sodium-fast",
    "sodium-slow",
    "gaba-a",
    "gaba-metabolism",
    "sv2a",
    "t-type",
    "glutamate",
    "alpha2-delta",
    "potassium",
    "multiple",
    "other",
]

SODIUM: tuple[PillarName, ...] = ("sodium-fast", "sodium-slow")
"""Pillars that are one channel."""

SiteId = Annotated[str, Field(pattern=ID, max_length=40, examples=['"sv2a"'])]


class Pillar(MonographTable):
    """A mechanism that a drug works by against seizures.

    Attributes
    ----------
    part
        Whether it is what the drug works by, or one that is named and not settled.
    site
        Where it binds; those with one site compete for it.
    through
        Id of the metabolite that carries the effect.
    """

    name: PillarName
    part: Literal["main", "possible"] = "main"
    site: SiteId | None = None
    through: Annotated[str, Field(pattern=ID)] | None = None
    kind: Kind = Field(examples=['"assumed"'])
    source: str | None = None
    note: str | None = None


class Affinity(MonographTable):
    """The concentration that fills or blocks half of a site; only the first one of a drug counts in an index.

    Attributes
    ----------
    measure
        What the constant is.
    constant
        Unbound where it was found in a bath, total where it is a level of plasma.
    low, high
        Ends of what was found, or of what is allowed for.
    """

    site: SiteId
    measure: Literal["Kd", "Ki", "IC50", "EC50"]
    constant: Constant
    low: Constant | None = None
    high: Constant | None = None


class Carried(MonographTable):
    """Whether human P-glycoprotein carries the drug."""

    answer: Literal["no", "weakly", "yes"]
    kind: Kind = Field(examples=['"assumed"'])
    source: str | None = None
    note: str | None = None


class Brain(MonographTable):
    """The way into the brain: unbound level there over that in plasma, and the pump at the barrier."""

    kp_uu: Number | None = None
    p_gp: Carried | None = None
