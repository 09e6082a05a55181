"""What the estimate of a change leaves out, where that matters: saturation, binding, hours, days."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pkinteract.model.expectation.intake import Stay, family_of, half_life, stays
from pkinteract.model.expectation.network import Link
from pkinteract.scenario import Scenario
from pkinteract.text.words import day_number

SHORT = 6.0
"""Half-life of an inducer whose level is far from even between daily doses [h]."""


def estimate_limits(scenario: Scenario, network: Sequence[Link]) -> dict[str, tuple[str, ...]]:
    """Dosed drug to what the estimate of its change and of its metabolites' leaves out, as nouns."""
    there = stays(scenario)
    return {drug: tuple(dict.fromkeys(_of(scenario, drug, there, network))) for drug in there}


def _of(scenario: Scenario, victim: str, there: dict[str, Stay], network: Sequence[Link]) -> Iterator[str]:
    mine = family_of(scenario, victim)
    for name in mine:
        monograph = scenario.monographs[name]
        if any(pathway.km is not None for pathway in monograph.elimination.pathway):
            yield f"the doses at which {name} saturates"
        if monograph.binding is not None and monograph.binding.sites is not None:
            yield f"the binding of {name}"
    for other, stay in there.items():
        if other == victim or not stay.meets(there[victim]):
            continue
        theirs = family_of(scenario, other)
        acting = [
            link
            for link in network
            if link.perpetrator in theirs and link.why_nil is None and not set(mine).isdisjoint(link.victims)
        ]
        if not acting:
            continue
        for link in acting:
            if link.mechanism == "displacement":
                yield f"the binding of {link.target}"
            elif link.mechanism.startswith("induction") and _short(scenario, link.perpetrator):
                yield f"the peaks of {link.perpetrator}, which induce less than an even level"
            elif link.mechanism == "reversible inhibition" and not set(mine).isdisjoint(link.gut):
                yield f"the hours between {other} and {victim} in the gut wall"
        yield from _days(other, stay, there[victim])


def _short(scenario: Scenario, name: str) -> bool:
    return half_life(scenario.monographs[name], scenario.patient) < SHORT


def _days(other: str, stay: Stay, victim: Stay) -> Iterator[str]:
    """How long a drug is there, where that is not long."""
    if stay.last <= max(victim.first, 0.0):
        yield f"that {other}, last taken on day {day_number(stay.last)}, fades"
    elif stay.last - stay.first < stay.gone - stay.last:
        days, needed = (stay.last - stay.first) / 24, (stay.gone - stay.last) / 24
        yield f"that {other} is given for {days:.3g} d of the {needed:.3g} d in which it settles"
