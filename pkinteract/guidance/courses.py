"""Conditions that ask the courses of one drug, and those of two."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pkinteract.guidance.facts import Facts
from pkinteract.guidance.patient import Answered
from pkinteract.guidance.taken import DAY, Taken
from pkinteract.library.guidance.rules import drug_groups, drugs_of, pillars
from pkinteract.scenario.types import TOLERANCE
from pkinteract.units import parse

AFTER = 28 * DAY
"""How long a stop before t = 0 still counts as one of this run [h]: enzymes need two to three weeks."""

ABRUPT = DAY
"""A taper that is shorter is none [h]."""

CourseTest = Callable[[Taken, Any], Answered]
PairTest = Callable[[Facts, Taken, Taken, Any], Answered]


def _hours(text: str) -> float:
    return parse(text, "time", example="14 d")


def _mg(text: str) -> float:
    return parse(text, "mass", example="200 mg")


def _begins(taken: Taken, _: object) -> bool:
    return taken.modelled and taken.start >= -TOLERANCE


def _less_than(taken: Taken, value: str) -> Answered:
    if taken.start <= -_hours(value) + TOLERANCE and taken.modelled:
        return False
    return "duration" if taken.steady else True


def _taken_for(taken: Taken, value: str) -> bool:
    return taken.modelled and taken.start <= -_hours(value) + TOLERANCE


def _standing(taken: Taken, value: str) -> Answered:
    return _taken_for(taken, value) or ("duration" if taken.steady else False)


def _stops(taken: Taken, _: object = True) -> bool:
    return taken.stop is not None and taken.stop >= -AFTER


def _abrupt(taken: Taken, _: object = True) -> bool:
    return _stops(taken) and taken.taper < ABRUPT


def _faster(taken: Taken, value: str) -> bool:
    return _stops(taken) and taken.taper < _hours(value) - TOLERANCE


def _falls(taken: Taken, value: Mapping[str, Any]) -> bool:
    amount = _mg(value["amount"]) if "amount" in value else None
    return taken.falls(_hours(value["within"]), share=value.get("share"), amount=amount)


def _other_product(taken: Taken, _: object) -> bool:
    """Whether more than one formulation is taken by mouth."""
    return len({course.formulation for course in taken.courses if course.route == "oral"}) > 1


COURSE: Mapping[str, CourseTest] = {
    "begins": _begins,
    "dose_rises": lambda taken, _: taken.modelled and taken.rises,
    "changes": lambda taken, _: taken.changes,
    "taken_for": _taken_for,
    "taken_less_than": _less_than,
    "standing": _standing,
    "stops": _stops,
    "abrupt": _abrupt,
    "tapered_faster_than": _faster,
    "falls_faster": _falls,
    "restarts_after": lambda taken, value: any(pause > _hours(value) for pause in taken.pauses),
    "dose_from": lambda taken, value: taken.highest >= _mg(value) - 1e-9,
    "dose_below": lambda taken, value: taken.modelled and taken.highest < _mg(value) - 1e-9,
    "intravenous": lambda taken, _: any(course.route == "intravenous" for course in taken.courses),
    "oral": lambda taken, _: any(course.route == "oral" for course in taken.courses),
    "formulation_changes": _other_product,
}
"""What is asked of the courses of the drug itself."""


def _others(facts: Facts, mine: Taken, partner: Taken | None) -> Iterator[str]:
    """Drugs of the run beside these."""
    here = {mine.drug, *(() if partner is None else (partner.drug,))}
    yield from (drug for drug, taken in facts.taken.items() if drug not in here and taken.in_run)


def beside(facts: Facts, mine: Taken, partner: Taken | None, value: list[str]) -> bool:
    """Whether a further drug of the run is one of these; a partner is none."""
    return not drugs_of(value).isdisjoint(_others(facts, mine, partner))


def takers(facts: Facts, mine: Taken, value: list[str]) -> Iterator[tuple[str, int]]:
    """Which other drugs of these begin around the stop of one and go on after it, with the day."""
    if mine.stop is None:
        return
    for drug in sorted(drugs_of(value) & set(facts.taken) - {mine.drug}):
        other = facts.taken[drug]
        goes_on = other.stop is None or other.stop > mine.stop + TOLERANCE
        if other.modelled and goes_on and mine.stop - AFTER <= other.start <= mine.stop + DAY + TOLERANCE:
            yield drug, int(other.start // DAY)


def without(facts: Facts, mine: Taken, partner: Taken | None, value: list[str]) -> bool:
    """Whether no further drug of the run is one of these."""
    return drugs_of(value).isdisjoint(_others(facts, mine, partner))


def _overlap_ends(facts: Facts, mine: Taken, partner: Taken, value: bool) -> bool:
    ends = any(taken.stop is not None and taken.stop < facts.duration - DAY for taken in (mine, partner))
    return ends is value


def _different(facts: Facts, mine: Taken, partner: Taken, _: object) -> bool:
    """Whether both have a pillar and share none."""
    own, other = ({name for name in pillars() if taken.drug in drug_groups()[name]} for taken in (mine, partner))
    return bool(own) and bool(other) and own.isdisjoint(other)


PAIR: Mapping[str, PairTest] = {
    "partner_begins": lambda facts, mine, partner, _: _begins(partner, True),
    "partner_stops": lambda facts, mine, partner, _: _stops(partner),
    "overlap_ends": _overlap_ends,
    "different_pillars": _different,
    "within": lambda facts, mine, partner, _: True,
}
"""What is asked of the courses of two drugs; ``within`` says how far apart they may lie."""


def meet(mine: Taken, partner: Taken, kinds: Mapping[str, Any]) -> bool:
    """Whether two drugs are taken together as a rule asks: in the run; up to its beginning if it asks for a stop."""
    span = mine.together(partner, _hours(kinds["within"]) if "within" in kinds else 0.0)
    if span is None:
        return False
    if "partner_stops" in kinds:
        return span[1] >= -AFTER and mine.in_run
    return span[1] > TOLERANCE
