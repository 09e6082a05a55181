"""Doses that tablets can give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product

MOST_PIECES = 3
"""Tablets, or halves of one, that make a dose at most (advise.md, 5)."""

GRAIN = 1e-6
"""Doses closer than this are the same [mg]."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Tablets:
    """What makes up one dose: number of tablets of a strength [mg], the largest strength first; none is a pause."""

    pieces: int
    parts: tuple[tuple[float, float], ...]

    @property
    def text(self) -> str:
        """As a prescription says it, such as "2 x 25 mg + 1 x 10 mg"; nothing for a pause."""
        return " + ".join(f"{count:g} x {strength:g} mg" for strength, count in self.parts)


NONE = Tablets(pieces=0, parts=())


def doses_of(strengths: Sequence[float], halved: Sequence[float], most: float) -> Mapping[float, Tablets]:
    """Every dose up to ``most`` [mg] that at most three pieces of two strengths give, ascending, 0 among them.

    Parameters
    ----------
    strengths, halved
        Tablets there are, and those that may be broken in two [mg].

    Returns
    -------
    mapping
        Dose [mg] to the fewest pieces that give it; of equally many, those of fewer strengths, then of whole ones.
    """
    made: dict[float, tuple[tuple[float, ...], Tablets]] = {}
    for kinds in [*combinations(strengths, 1), *combinations(strengths, 2)]:
        counts = [_counts(strength in halved) for strength in kinds]
        for chosen in product(*counts):
            pieces = sum(pieces for _, pieces in chosen)
            amount = round(sum(count * strength for (count, _), strength in zip(chosen, kinds, strict=True)), 6)
            if not 0 < pieces <= MOST_PIECES or amount > most + GRAIN:
                continue
            parts = sorted(((s, count) for (count, _), s in zip(chosen, kinds, strict=True) if count), reverse=True)
            broken = sum(count % 1 for _, count in parts)
            rank = (pieces, float(len(parts)), broken, -parts[0][0])
            if amount not in made or rank < made[amount][0]:
                made[amount] = rank, Tablets(pieces=pieces, parts=tuple(parts))
    return {0.0: NONE, **{amount: made[amount][1] for amount in sorted(made)}}


def _counts(broken: bool) -> list[tuple[float, int]]:
    """How often a strength may be taken, and of how many pieces that is."""
    whole = [(float(count), count) for count in range(MOST_PIECES + 1)]
    return whole + ([(count + 0.5, count + 1) for count in range(MOST_PIECES)] if broken else [])
