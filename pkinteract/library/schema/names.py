"""The names of a drug, as a drug file gives them."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from pkinteract.library.schema.values import Line, MonographTable

_ATC = re.compile(r"[ABCDGHJLMNPRSV]\d\d[A-Z]{2}\d\d")


def _atc_code(text: str) -> str:
    if not _ATC.fullmatch(text):
        raise ValueError(f'must be the ATC code of a substance such as "N03AF01", got "{text}"')
    return text


AtcCode = Annotated[str, AfterValidator(_atc_code)]


class Names(MonographTable):
    """Other names by which a drug is found.

    Attributes
    ----------
    german
        Its German INN.
    brands, synonyms
        What stands for the default formulation.
    formulations
        Formulation to the brands and salts that stand for it: one of the monograph, or one of the other forms that are
        sold, which is then refused with its strengths.
    atc
        Further codes.
    """

    german: Line | None = None
    brands: tuple[Line, ...] = Field(default=(), strict=False)
    synonyms: tuple[Line, ...] = Field(default=(), strict=False)
    formulations: dict[str, Annotated[tuple[Line, ...], Field(strict=False)]] = Field(default_factory=dict)
    atc: tuple[AtcCode, ...] = Field(default=(), strict=False)
