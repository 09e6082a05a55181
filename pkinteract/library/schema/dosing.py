"""What is usually given of a drug: the table ``[dosing]``. It changes no run; a scenario outside it draws a warning."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from pkinteract.library.schema.values import UNSOURCED, Dose, Kind, MonographTable
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

    ``halves`` says whether one may be broken in two.
    """

    values: Annotated[tuple[Annotated[str, AfterValidator(_strength)], ...], AfterValidator(_some)] = Field(
        strict=False, examples=['["100 mg", "200 mg"]']
    )
    halves: bool = True
    kind: Kind = Field(examples=['"assumed"'])
    source: str | None = None
    note: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, data: object) -> object:
        if isinstance(data, (list, tuple)):
            data = {"values": data}
        if isinstance(data, dict) and not {"kind", "source", "note"} & set(data):
            return {**data, "kind": "assumed", "note": UNSOURCED}
        return data

    @property
    def amounts(self) -> tuple[float, ...]:
        """The strengths, ascending [mg]."""
        return tuple(sorted(parse(text, "mass") for text in self.values))


class Dosing(MonographTable):
    """Usual doses of an adult, as labelled on the default formulation.

    Attributes
    ----------
    low, high
        Lowest and highest usual dose a day.
    single_high
        Highest usual dose of a drug that is given once; ``high`` if left out.
    strengths
        Formulation to its strengths; one that is not named, such as a liquid, can be measured out.
    """

    low: Dose | None = None
    high: Dose | None = None
    single_high: Dose | None = None
    strengths: dict[str, Strengths] = Field(default_factory=dict)
