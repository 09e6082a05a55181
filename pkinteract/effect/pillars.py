"""Pillars of single drugs and of combinations: where two meet, and where each covers what the other leaves out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from pkinteract.effect.constants import middle_strength
from pkinteract.library.mechanisms.reader import mechanisms
from pkinteract.library.mechanisms.schema import Synergy
from pkinteract.library.schema.monograph import Monograph
from pkinteract.library.schema.targets import SODIUM, PillarName

VAGUE: frozenset[PillarName] = frozenset({"multiple", "other"})
"""Pillars that say nothing of what two drugs share: several, none agreed on, and none of the others."""

Meeting = Literal["one-site", "one-pillar", "possible", "complement", "unknown"]
"""How two drugs meet: at one site, by one pillar, by one that is not settled, not at all, or nobody knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """Engagement of a site by each of two drugs in the middle of its range, and by both [1].

    ``independent`` is what both would reach at two sites of this kind.
    """

    first: float
    second: float
    both: float

    @property
    def independent(self) -> float:
        """1 - (1 - first)·(1 - second)."""
        return 1.0 - (1.0 - self.first) * (1.0 - self.second)


@dataclass(frozen=True, slots=True, kw_only=True)
class Meet:
    """How two drugs meet, and where.

    Attributes
    ----------
    pillar, site
        Where; None where they complement each other, and where no site is known to be one.
    synergy
        What was published of the two, if anything.
    together
        What both make of one site; None where a constant or a range is missing.
    """

    drugs: tuple[str, str]
    kind: Meeting
    pillar: PillarName | None
    site: str | None
    synergy: Synergy | None
    together: Together | None = None


def together(first: float, second: float) -> Together:
    """What two strengths [1] at one site make of it: they add, and the site is engaged by S/(1 + S)."""
    alone = [strength / (1.0 + strength) for strength in (first, second)]
    return Together(first=alone[0], second=alone[1], both=(first + second) / (1.0 + first + second))


def main_pillars(monograph: Monograph) -> tuple[PillarName, ...]:
    """What a drug works by, as far as it is settled."""
    return tuple(pillar.name for pillar in monograph.pillar if pillar.part == "main")


def meets(monographs: Mapping[str, Monograph]) -> tuple[Meet, ...]:
    """Every two of some antiseizure drugs, in their order; others are left out."""
    drugs = [drug for drug, monograph in monographs.items() if monograph.pillar]
    return tuple(_meet(monographs[one], monographs[other]) for one, other in combinations(drugs, 2))


def silent_for(monograph: Monograph, seizure: str) -> Literal["silent", "worse"] | None:
    """Whether a drug counts nothing for a kind of seizure, or may bring it on; None if it counts.

    All its main pillars must be such ones; "several, none agreed on" is none of them.
    """
    mine = main_pillars(monograph)
    said = [
        row for row in mechanisms().silent if seizure in row.seizures and seizure not in row.but.get(monograph.id, ())
    ]
    if not mine or not all(any(pillar in row.pillars for row in said) for pillar in mine):
        return None
    return "worse" if any(row.worse and set(mine) & set(row.pillars) for row in said) else "silent"


def _meet(one: Monograph, other: Monograph) -> Meet:
    synergy = next((row for row in mechanisms().synergy if {*row.drugs} == {one.id, other.id}), None)
    drugs = (one.id, other.id)
    sites = _sites(one) & _sites(other)
    if sites:
        site = min(sites)
        strengths = [middle_strength(monograph) for monograph in (one, other)]
        first, second = (0.0 if strength is None else strength for strength in strengths)
        return Meet(
            drugs=drugs,
            kind="one-site",
            pillar=mechanisms().named(site).pillar,
            site=site,
            synergy=synergy,
            together=together(first, second) if first > 0 and second > 0 else None,
        )
    shared = _shared(main_pillars(one), main_pillars(other))
    if shared is not None:
        return Meet(drugs=drugs, kind="one-pillar", pillar=shared, site=None, synergy=synergy)
    perhaps = _shared(_all_pillars(one), _all_pillars(other))
    vague = any(set(main_pillars(monograph)) <= VAGUE for monograph in (one, other))
    kind: Meeting = "possible" if perhaps is not None else "unknown" if vague else "complement"
    return Meet(drugs=drugs, kind=kind, pillar=perhaps, site=None, synergy=synergy)


def _sites(monograph: Monograph) -> set[str]:
    return {pillar.site for pillar in monograph.pillar if pillar.site is not None and pillar.part == "main"}


def _all_pillars(monograph: Monograph) -> tuple[PillarName, ...]:
    return tuple(pillar.name for pillar in monograph.pillar)


def _shared(one: Sequence[PillarName], other: Sequence[PillarName]) -> PillarName | None:
    """The first pillar of one that the other has; fast and slow inactivation are of one channel."""
    for pillar in one:
        alike = SODIUM if pillar in SODIUM else (pillar,)
        if pillar not in VAGUE and any(name in alike for name in other):
            return pillar
    return None
