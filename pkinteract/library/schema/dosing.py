"""What is usually given of a drug: the table ``[dosing]``. It changes no run; a scenario outside it draws a warning."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from pkinteract.library.schema.values import Dose, Kind, MonographTable, Number, unsourced
from pkinteract.units import parse


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
    single_high
        Highest usual dose of a drug that is given once; ``high`` if left out.
    restart
        Half-lives without a dose after which a treatment begins again at ``start``.
    strengths
        Formulation to its strengths; one that is not named, such as a liquid, can be measured out.
    other_forms
        Forms that are sold but not modelled.
    """

    start: Dose | None = None
    low: Dose | None = None
    high: Dose | None = None
    most: Dose | None = None
    single_high: Dose | None = None
    restart: Number | None = None
    strengths: dict[str, Strengths] = Field(default_factory=dict)
    other_forms: dict[str, OtherForm] = Field(default_factory=dict)
