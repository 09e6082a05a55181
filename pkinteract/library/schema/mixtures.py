"""The schema of ``mixtures.toml``: racemates and fixed combinations, names that mean several drugs."""

from __future__ import annotations

from pydantic import Field

from pkinteract.library.schema.monograph import Citation
from pkinteract.library.schema.names import AtcCode
from pkinteract.library.schema.values import Fraction, Line, MonographTable


class RacematePart(MonographTable):
    """An enantiomer, and its share of a dose of the racemate."""

    drug: str
    share: Fraction


class Racemate(MonographTable):
    """A racemate that is given as its parts.

    Attributes
    ----------
    formulation
        Of the parts: the one whose doses are those of the racemate, as labelled; its salt factor holds the share.
    """

    id: str
    name: Line
    group: Line
    brands: tuple[Line, ...] = Field(default=(), strict=False)
    synonyms: tuple[Line, ...] = Field(default=(), strict=False)
    atc: tuple[AtcCode, ...] = Field(default=(), strict=False)
    formulation: str
    part: tuple[RacematePart, ...] = Field(strict=False, min_length=2)

    @property
    def names(self) -> tuple[str, ...]:
        """Its id first."""
        return (self.id, self.name, *self.brands, *self.synonyms, *self.atc)

    @property
    def drugs(self) -> tuple[str, ...]:
        """Ids of its parts."""
        return tuple(part.drug for part in self.part)


class Combination(MonographTable):
    """A product of several drugs; ``holds`` says how much of each is in one tablet, or in what ``of`` names."""

    brands: tuple[Line, ...] = Field(strict=False, min_length=1)
    atc: tuple[AtcCode, ...] = Field(default=(), strict=False)
    holds: dict[str, Line] = Field(min_length=2)
    of: Line = "a tablet"

    @property
    def names(self) -> tuple[str, ...]:
        """By which it is found."""
        return (*self.brands, *self.atc)

    @property
    def drugs(self) -> tuple[str, ...]:
        """Names of its parts, whether the library has them or not."""
        return tuple(self.holds)


class MixtureFile(MonographTable):
    """The whole file."""

    racemate: tuple[Racemate, ...] = Field(strict=False)
    combination: tuple[Combination, ...] = Field(strict=False)
    sources: dict[str, Citation]
