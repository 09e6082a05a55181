"""The file of enzymes."""

from __future__ import annotations

from collections.abc import Mapping

from pkinteract.library.schema.monograph import Citation
from pkinteract.library.schema.values import Duration, Line, MonographTable, Number


class Organ(MonographTable):
    """Turnover of an enzyme in one organ."""

    half_life: Duration


class Enzyme(MonographTable):
    """An enzyme of the library: turnover per organ, and what else sets its level."""

    name: Line
    liver: Organ
    gut: Organ | None = None
    smoking: Number | None = None
    transporter: bool = False

    @property
    def organs(self) -> Mapping[str, Organ]:
        """The organs it is modelled in, liver first."""
        return {"liver": self.liver} if self.gut is None else {"liver": self.liver, "gut": self.gut}


class EnzymeFile(MonographTable):
    """The whole file: enzymes by name, citations by key."""

    enzymes: dict[str, Enzyme]
    sources: dict[str, Citation]
