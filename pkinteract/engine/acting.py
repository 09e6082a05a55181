"""By which concentration a compound acts on something, and over which constant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Site = Literal["plasma", "inlet", "gut"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """The concentration by which a compound acts.

    Attributes
    ----------
    site
        "plasma"; "inlet", the blood that enters the liver: plasma plus what is being absorbed; or "gut", absorption
        rate over gut flow.
    total
        Whether the total concentration acts rather than the one bound as in the reference; the same thing unless the
        compound's binding varies.
    """

    compound: int
    site: Site = "plasma"
    total: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """A concentration over the constant it acts by, ``constant`` [mg/L]: I/Ki, or Cu/Km."""

    actor: Actor
    constant: int
