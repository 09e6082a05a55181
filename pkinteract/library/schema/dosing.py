"""What is usually given of a drug: the table ``[dosing]``. It changes no run; a scenario outside it draws a warning."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from pkinteract.library.schema.values import (
    CreatinineClearance,
    Dose,
    Duration,
    Kind,
    MonographTable,
    Number,
    Value,
    unsourced,
)
from pkinteract.units import from_canonical, parse


def _strength(text: str) -> str:
    if not 1e-3 <= parse(text, "mass", example="200 mg") <= 1e5:
        raise ValueError(f'must lie between 1 ug and 100 g, got "{text}"')
    return text


def _some(texts: tuple[str, ...]) -> tuple[str, ...]:
    if not texts:
        raise ValueError(
            'must have at least 1 entry, such as "200 mg"; leave the formulation out if it has no strengths'
        )
    return texts


class Strengths(MonographTable):
    """The strengths that a formulation is sold in, as labelled; a bare list counts as assumed.

    ``halves`` says whether one may be broken in two, or names those that may.
    """

    values: Annotated[tuple[Annotated[str, AfterValidator(_strength)], ...], AfterValidator(_some)] = Field(
        strict=False, examples=['["100 mg", "200 mg"]']
    )
    halves: bool | Annotated[tuple[Annotated[str, AfterValidator(_strength)], ...], Field(strict=False)] = True
    kind: Kind = Field(examples=['"assumed"'])
    source: str | None = None
    note: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, data: object) -> object:
        return unsourced({"values": data} if isinstance(data, (list, tuple)) else data)

    @property
    def amounts(self) -> tuple[float, ...]:
        """The strengths, ascending [mg]."""
        return tuple(sorted(parse(text, "mass") for text in self.values))

    @property
    def halved(self) -> tuple[float, ...]:
        """The strengths that may be broken in two, ascending [mg]."""
        if isinstance(self.halves, bool):
            return self.amounts if self.halves else ()
        return tuple(sorted(parse(text, "mass") for text in self.halves))


class OtherForm(MonographTable):
    """A form that is sold and that the monograph has no absorption of: ``sold`` is its strengths in words."""

    sold: str = Field(examples=['"10 and 20 mg"'])
    kind: Kind = Field(examples=['"assumed"'])
    source: str | None = None
    note: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, data: object) -> object:
        return unsourced({"sold": data} if isinstance(data, str) else data)


def milligrams(dose: Value, weight: float) -> float:
    """A dose of somebody of a body weight [kg], in mg."""
    return dose.canonical * (weight if dose.unit.endswith("/kg") else 1.0)


class KidneyLimit(MonographTable):
    """The highest dose a day, ``most``, of who has a creatinine clearance ``below`` this and is not on dialysis."""

    below: CreatinineClearance
    most: Dose

    @property
    def clearance(self) -> float:
        """The clearance from which on it does not hold any more [mL/min]."""
        return from_canonical(self.below.canonical, "mL/min")


class Dosing(MonographTable):
    """Usual doses of an adult, as labelled on the default formulation.

    Attributes
    ----------
    low, high
        Lowest and highest usual dose a day.
    start
        Dose a day that a treatment begins with.
    most
        Highest dose a day that a label or guideline allows; ``high`` if left out.
    most_for
        How long ``most`` may be given; then ``high`` is the highest. Without end if left out.
    kidneys
        Highest doses a day of kidneys that fail, from the highest clearance down.
    rise, rise_every
        Largest increase of the dose a day at once, and shortest time from one increase to the next, of who is treated
        already.
    single_high
        Highest usual dose of a drug that is given once; ``high`` if left out.
    restart
        Half-lives without a dose after which a treatment begins again at ``start``.
    led_by
        What a dose is judged by in place of a level, such as "INR".
    strengths
        Formulation to its strengths; one that is not named, such as a liquid, can be measured out.
    other_forms
        Forms that are sold but not modelled.
    """

    start: Dose | None = None
    low: Dose | None = None
    high: Dose | None = None
    most: Dose | None = None
    most_for: Duration | None = None
    rise: Dose | None = None
    rise_every: Duration | None = None
    single_high: Dose | None = None
    restart: Number | None = None
    led_by: str | None = None
    strengths: dict[str, Strengths] = Field(default_factory=dict)
    other_forms: dict[str, OtherForm] = Field(default_factory=dict)
    kidneys: tuple[KidneyLimit, ...] = Field(default=(), strict=False)

    def kidney_limit(self, clearance: float | None) -> KidneyLimit | None:
        """The strictest limit that holds at a creatinine clearance [mL/min]; None if none does or it is not known."""
        if clearance is None:
            return None
        return next((row for row in reversed(self.kidneys) if clearance < row.clearance - 1e-9), None)

    def limit(self, weight: float, clearance: float | None, *, lasting: bool) -> float | None:
        """Highest dose a day of an adult, as labelled on the default formulation [mg]; None if none is known.

        Parameters
        ----------
        weight
            Body weight [kg].
        clearance
            Creatinine clearance [mL/min]; None if it is not known, and kidneys count as normal.
        lasting
            Whether the dose is given for longer than ``most_for``.
        """
        ends = [self.most or self.high]
        if lasting and self.most_for is not None:
            ends.append(self.high)
        kidneys = self.kidney_limit(clearance)
        if kidneys is not None:
            ends.append(kidneys.most)
        return min((milligrams(end, weight) for end in ends if end is not None), default=None)
