"""How a dose enters the body: the tables under ``[absorption.<name>]``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pkinteract.library.schema.values import Count, Duration, Fraction, Mass, MonographTable, Number, Rate, Shape, Time


class Transit(MonographTable):
    """A chain of ``number`` transit compartments before the depot; ``mean_time`` is the mean transit time of it all."""

    number: Count
    mean_time: Duration


class Weibull(MonographTable):
    """Release of the share 1 - exp(-(t/scale)^shape) of the dose by the time t."""

    scale: Duration
    shape: Shape


class InputShape(MonographTable):
    """One way in: ka; zero_order with or without ka; transit with ka; weibull with or without ka.

    Attributes
    ----------
    ka
        Rate constant from the depot to the gut wall; without one, what is released is absorbed at once.
    lag
        Time before anything happens.
    zero_order
        Time over which the dose is released at a constant rate.
    transit, weibull
        Other shapes of the release.
    """

    ka: Rate | None = None
    lag: Time | None = None
    zero_order: Duration | None = None
    transit: Transit | None = None
    weibull: Weibull | None = None


class Part(InputShape):
    """A share of the dose with its own way in."""

    fraction: Fraction


class Food(MonographTable):
    """Factors on a formulation's constants when it is taken with food; 1 or nothing is no effect."""

    bioavailability: Number | None = None
    ka: Number | None = None
    lag: Number | None = None


class Formulation(InputShape):
    """How a dose enters the body: one way in, or ``parts`` that have one each.

    ``bioavailability`` is the absolute F of the uninduced normal metaboliser; ``salt_factor`` converts the labelled
    dose to free drug. With ``half_dose``, of free drug, absorption saturates: F is that over 1 + dose/half_dose.
    """

    route: Literal["oral", "intravenous"] = "oral"
    parts: tuple[Part, ...] = Field(default=(), alias="part", strict=False)
    bioavailability: Fraction | None = None
    half_dose: Mass | None = None
    food: Food | None = None
    salt: str | None = None
    salt_factor: Fraction | None = None
    note: str | None = None

    @property
    def inputs(self) -> tuple[InputShape, ...]:
        """Its ways in: the parts, or the formulation itself."""
        return self.parts or (self,)
