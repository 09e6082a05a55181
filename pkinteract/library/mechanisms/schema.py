"""What ``mechanisms.toml`` may hold."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from pkinteract.library.schema.monograph import Citation
from pkinteract.library.schema.targets import PillarName, SiteId
from pkinteract.library.schema.values import ID, Kind, MonographTable

SeizureType = Literal["focal", "tonic-clonic", "absence", "myoclonic"]
"""Seizures of which the library says which mechanisms count nothing for them."""

DrugId = Annotated[str, Field(pattern=ID)]


class Bilingual(MonographTable):
    """A statement in each language of the page."""

    en: str
    de: str

    def said(self, language: str) -> str:
        """The statement in a language; in English where there is no other."""
        return self.de if language == "de" else self.en


class Sourced(MonographTable):
    """A statement with its kind and source."""

    kind: Kind
    source: str
    note: str | None = None


class Site(Sourced):
    """A place where drugs bind.

    Attributes
    ----------
    pillar
        The pillar it belongs to; None for what only partner drugs bind to.
    shared
        What is known of drugs that bind there together.
    adapts
        Whether the receptors give way in months of use.
    """

    id: SiteId
    pillar: PillarName | None = None
    name: Bilingual
    shared: Bilingual | None = None
    adapts: bool = False


class Silent(Sourced):
    """Pillars that count nothing for some seizures; ``but`` are drugs of which this is not so, and for which."""

    pillars: tuple[PillarName, ...] = Field(strict=False, min_length=1)
    seizures: tuple[SeizureType, ...] = Field(strict=False, min_length=1)
    worse: bool
    but: dict[DrugId, Annotated[tuple[SeizureType, ...], Field(strict=False)]] = Field(default_factory=dict)


class Synergy(Sourced):
    """What was published of two drugs together."""

    drugs: Annotated[tuple[DrugId, DrugId], Field(strict=False)]
    text: Bilingual


class Claim(Sourced):
    """What is said of a variant that changes no number."""

    id: str
    text: Bilingual


class MechanismFile(MonographTable):
    """The whole file."""

    site: tuple[Site, ...] = Field(strict=False)
    silent: tuple[Silent, ...] = Field(strict=False)
    synergy: tuple[Synergy, ...] = Field(strict=False)
    claim: tuple[Claim, ...] = Field(strict=False)
    sources: dict[str, Citation]

    def named(self, id: str) -> Site:
        """The site with this id.

        Raises
        ------
        KeyError
            When there is none.
        """
        for site in self.site:
            if site.id == id:
                return site
        raise KeyError(id)

    def cite(self, statement: Sourced) -> str:
        """The citation of a statement."""
        return self.sources[statement.source].cite
