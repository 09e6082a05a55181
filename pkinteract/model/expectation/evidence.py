"""What is known of every two drugs: studied, mechanism only, known and not modelled, looked for and none, no data."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Literal

from pkinteract.library.evidence.outcomes import KeptOutcome, kept_outcomes
from pkinteract.library.grades import Grade, grade_of
from pkinteract.library.pairs import KnownPair, known_pairs
from pkinteract.model.expectation.estimate import pair_changes
from pkinteract.model.expectation.intake import family_of
from pkinteract.model.expectation.network import links
from pkinteract.scenario import Scenario

Status = Literal["studied", "mechanism", "known-not-modelled", "looked-for-none", "no-data"]

MISS = 1.5
"""Fold error from which a study is told as a miss [1]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairEvidence:
    """What is known of a drug's effect on another.

    Attributes
    ----------
    expected
        The victim's average with the perpetrator over that without, as ``check`` expects it [1]; None where no constant
        speaks of the pair, none settles, or the two are never there together.
    published
        Ends of the published ratios of exposure, of the victim or of what forms from it [1]; None without one.
    studies, fold_error
        Rows of the kept qualification whose papers were read, and the geometric mean of their fold errors [1]; no error
        with drugs and values of one's own, which the qualification does not know.
    worst
        The study that is missed by most, if by ``MISS`` and more.
    known
        What pairs.toml says of it.
    """

    perpetrator: str
    victim: str
    status: Status
    expected: float | None
    published: tuple[float, float] | None
    studies: int
    fold_error: float | None
    worst: KeptOutcome | None
    known: KnownPair | None
    grade_perpetrator: Grade
    grade_victim: Grade
    source: str

    @property
    def published_text(self) -> str:
        """What was published, as one number where the ends are equal; empty without one."""
        ends = [] if self.published is None else [f"{end:.3g}" for end in self.published]
        return " to ".join(dict.fromkeys(ends))


def pair_evidence(scenario: Scenario) -> tuple[PairEvidence, ...]:
    """Every ordered pair of dosed drugs, in the order of the file."""
    network = links(scenario)
    grades = {drug: grade_of(scenario.monographs[drug]).grade for drug in scenario.dosed}
    families = {drug: frozenset(family_of(scenario, drug)) for drug in scenario.dosed}
    studied = [outcome for outcome in kept_outcomes() if outcome.victim in scenario.dosed and not outcome.recalled]
    pairs = list(permutations(scenario.dosed, 2))
    acting = [
        (other, victim)
        for other, victim in pairs
        if any(
            link.perpetrator in families[other] and not families[victim].isdisjoint(link.victims) for link in network
        )
    ]
    expected = pair_changes(scenario, acting)
    return tuple(
        _evidence(scenario, other, victim, expected.get((other, victim)), families, grades, studied)
        for other, victim in pairs
    )


def _evidence(
    scenario: Scenario,
    other: str,
    victim: str,
    expected: Mapping[str, float] | None,
    families: Mapping[str, frozenset[str]],
    grades: Mapping[str, Grade],
    studied: Iterable[KeptOutcome],
) -> PairEvidence:
    acts = expected is not None
    changed = {*scenario.own, *scenario.overrides}
    ours = changed.isdisjoint({*families[other], *families[victim], "enzymes"})
    outcomes = [outcome for outcome in studied if outcome.victim == victim and _of(other, outcome, scenario)]
    known = next((pair for pair in known_pairs() if (pair.perpetrator, pair.victim) == (other, victim)), None)
    change = None if expected is None else expected.get(victim)
    errors = [outcome.fold_error for outcome in outcomes if ours]
    status = _status(known, outcomes, acts)
    worst = max(outcomes, key=lambda outcome: outcome.fold_error, default=None) if ours else None
    return PairEvidence(
        perpetrator=other,
        victim=victim,
        status=status,
        expected=change if change is not None and math.isfinite(change) else None,
        published=_published(known, outcomes),
        studies=len(outcomes),
        fold_error=math.exp(sum(map(math.log, errors)) / len(errors)) if errors else None,
        worst=worst if worst is not None and worst.fold_error >= MISS else None,
        known=known,
        grade_perpetrator=grades[other],
        grade_victim=grades[victim],
        source="; ".join(dict.fromkeys(outcome.study for outcome in outcomes))
        if known is None or status == "studied"
        else known.source,
    )


def _of(other: str, outcome: KeptOutcome, scenario: Scenario) -> bool:
    """Whether a study is of this perpetrator, with nothing beside it that the scenario lacks."""
    return other in outcome.perpetrators and set(outcome.perpetrators) <= set(scenario.dosed)


def _status(known: KnownPair | None, outcomes: Sequence[KeptOutcome], acts: bool) -> Status:
    if known is not None and known.status == "known-not-modelled":
        return known.status
    if outcomes:
        return "studied"
    if known is not None:
        return known.status
    return "mechanism" if acts else "no-data"


def _published(known: KnownPair | None, outcomes: Iterable[KeptOutcome]) -> tuple[float, float] | None:
    if known is not None and known.ratio is not None:
        return known.ratio
    observed = [outcome.observed for outcome in outcomes]
    return (min(observed), max(observed)) if observed else None
