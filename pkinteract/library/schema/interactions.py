"""What a compound does to enzymes and to the binding of others; every constant says total or unbound."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pkinteract.library.schema.values import Constant, MonographTable, Number, Rate, Slope

Organs = tuple[Literal["liver", "gut"], ...]


class Induction(MonographTable):
    """Induction of an enzyme's synthesis: Emax within a ``receptor`` group that competes, or a ``slope`` alone.

    ``emax_gut`` is that of the gut wall, where it is not that of the liver.
    """

    receptor: Literal["CAR/PXR", "AhR"] | None = None
    emax: Number | None = None
    emax_gut: Number | None = None
    ec50: Constant | None = None
    hill: Number | None = None
    slope: Slope | None = None


class Inhibition(MonographTable):
    """Reversible inhibition of an enzyme or transporter, in ``organs`` or wherever it is.

    ``ki_gut`` is that in the gut wall, where it is not that of the other organs.
    """

    ki: Constant
    ki_gut: Constant | None = None
    organs: tuple[Literal["liver", "gut", "kidney"], ...] | None = Field(default=None, strict=False)


class Inactivation(MonographTable):
    """Mechanism-based inactivation of an enzyme: it is lost at kinact·I/(ki + I)."""

    kinact: Rate
    ki: Constant
    organs: Organs | None = Field(default=None, strict=False)


class Displacement(MonographTable):
    """Competition for the plasma binding of another compound."""

    ki: Constant
