"""From rules and a scenario to what fires."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pkinteract.guidance.courses import COURSE, PAIR, beside, meet, takers, without
from pkinteract.guidance.facts import Facts, facts_of
from pkinteract.guidance.patient import PATIENT, Answered
from pkinteract.guidance.taken import Taken
from pkinteract.guidance.types import Alternative, Assumed, Guidance, Note
from pkinteract.library.guidance.rules import Condition, Rule, drugs_of, rules_of, source_of
from pkinteract.scenario import Scenario

if TYPE_CHECKING:
    from pkinteract.guidance.run import RunFacts

ORDER = ("contraindicated", "avoid", "caution", "monitor", "info")
"""The gravest first."""

GRAVE = ("contraindicated", "avoid")

SPEAKS_AGAINST = (*GRAVE, "caution")
"""What speaks against a drug."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """A rule, a drug that it begins with, and the other drug of a pair."""

    facts: Facts
    mine: Taken
    partner: Taken | None


@dataclass(slots=True)
class _Held:
    """What is collected while conditions hold."""

    assumed: dict[Assumed, None]
    notes: list[Note]


def fire(scenario: Scenario, run: RunFacts | None = None, language: str = "en") -> tuple[Guidance, ...]:
    """The rules that fire, the gravest first, then by body and rule.

    Parameters
    ----------
    run
        The simulated run; conditions that ask one do not hold without it.
    language
        Of advice, reason and what would change it.
    """
    return _fired(facts_of(scenario, run), language)


def gravest(guidance: Sequence[Guidance]) -> Guidance | None:
    """The gravest, if it is one to act on: *contraindicated* or *avoid*; else None."""
    return next((one for one in guidance if one.severity in GRAVE), None)


def _fired(facts: Facts, language: str) -> tuple[Guidance, ...]:
    fired: list[Guidance] = []
    unfit: set[str] = set()
    for rule in rules_of(facts.taken):
        ones = list(_of_rule(rule, facts, language))
        fired += ones
        if rule.severity in SPEAKS_AGAINST and not rule.recommends and _asks_disease(rule.when):
            unfit |= {drug for one in ones for drug in one.drugs}
    kept = (one for one in fired if not (one.recommends and _spoken_against(one, fired, unfit)))
    return tuple(sorted(kept, key=lambda one: (ORDER.index(one.severity), one.body, one.rule, one.drugs)))


def _asks_disease(conditions: Iterable[Condition]) -> bool:
    """Whether a rule asks for a condition or a seizure type."""
    return any(
        key in ("condition", "seizure") or (key in ("any", "all") and _asks_disease(value))
        for condition in conditions
        for key, value in condition.items()
    )


def _spoken_against(praise: Guidance, fired: Sequence[Guidance], unfit: Collection[str]) -> bool:
    """Whether what speaks for drugs meets a rule against one of them: of its own body, or of any where it is a pair.

    A pair is not spoken for either where one of it is ``unfit`` for the disease.
    """
    if len(praise.drugs) > 1 and not set(praise.drugs).isdisjoint(unfit):
        return True
    return any(
        other.severity in GRAVE
        and set(other.drugs) & set(praise.drugs)
        and (other.body == praise.body or len(praise.drugs) > 1)
        for other in fired
    )


def _of_rule(rule: Rule, facts: Facts, language: str) -> Iterator[Guidance]:
    """A rule of one drug fires once for all its drugs that are taken, one of a pair for every pair."""
    held = [(case, what) for case in _cases(rule, facts) if (what := _holds(rule.when, case)) is not None]
    if not held:
        return
    groups = [[one] for one in held] if rule.pair else [held]
    text = rule.text(language)
    for group in groups:
        drugs = tuple(
            dict.fromkeys(taken.drug for case, _ in group for taken in (case.mine, case.partner) if taken is not None)
        )
        yield Guidance(
            severity=rule.severity,
            drugs=drugs,
            rule=rule.id,
            topic=rule.topic,
            advice=text.advice,
            why=text.why,
            changes=text.changes,
            body=rule.body,
            source=source_of(rule.source),
            confidence=rule.confidence,
            recommends=rule.recommends,
            alternatives=tuple(_alternatives(rule.alternatives, drugs, facts)),
            assumed=tuple(dict.fromkeys(name for _, what in group for name in what.assumed)),
            notes=tuple(_each(note for _, what in group for note in what.notes)),
        )


def _each(notes: Iterable[Note]) -> list[Note]:
    """Notes, each once: drugs of one rule may be told the same."""
    told: list[Note] = []
    for note in notes:
        told += [] if note in told else [note]
    return told


def _cases(rule: Rule, facts: Facts) -> Iterator[_Case]:
    mine = [facts.taken[drug] for drug in facts.taken if drug in drugs_of(rule.drugs)]
    kinds = {key: value for condition in rule.when for key, value in condition.items()}
    if not rule.pair:
        yield from (_Case(facts=facts, mine=one, partner=None) for one in mine if one.in_run or "stops" in kinds)
        return
    others = drugs_of(rule.pair)
    seen: set[frozenset[str]] = set()
    for one in mine:
        for partner in facts.taken.values():
            pair = frozenset((one.drug, partner.drug))
            if partner.drug in others and len(pair) == 2 and pair not in seen and meet(one, partner, kinds):
                if one.drug in others and partner.drug in drugs_of(rule.drugs):
                    seen.add(pair)
                yield _Case(facts=facts, mine=one, partner=partner)


def _holds(conditions: Iterable[Condition], case: _Case) -> _Held | None:
    """What is assumed and noted if every condition holds; None if one does not."""
    held = _Held({}, [])
    return held if all(_one(condition, case, held) for condition in conditions) else None


def _one(condition: Mapping[str, Any], case: _Case, held: _Held) -> bool:
    ((key, value),) = condition.items()
    if key == "any":
        return _any(value, case, held)
    if key == "all":
        return all(_one(part, case, held) for part in value)
    if key in ("level_out", "level", "activity", "uncovered"):
        note = _noted(key, value, case)
        held.notes += [] if note is None else [note]
        return note is not None
    if key == "taken_over":
        held.notes += [
            Note(what="taken-over", values={"drug": drug, "day": day, "stopped": case.mine.drug})
            for drug, day in takers(case.facts, case.mine, value)
        ]
        return True
    answered = _asked(key, value, case)
    if isinstance(answered, str):
        held.assumed[answered] = None
        return True
    if answered and key == "partner_stops":
        held.notes += _moved(case)
    return answered


def _any(parts: Sequence[Mapping[str, Any]], case: _Case, held: _Held) -> bool:
    """Whether one holds; one that is only assumed counts where no other holds."""
    doubtful = None
    for part in parts:
        own = _Held({}, [])
        if _one(part, case, own):
            if not own.assumed:
                held.notes += own.notes
                return True
            doubtful = doubtful or own
    if doubtful is not None:
        held.assumed |= doubtful.assumed
        held.notes += doubtful.notes
    return doubtful is not None


def _asked(key: str, value: Any, case: _Case) -> Answered:
    if key in PATIENT:
        return PATIENT[key](case.facts, value)
    if key in COURSE:
        return COURSE[key](case.mine, value)
    if key in ("beside", "without"):
        return (beside if key == "beside" else without)(case.facts, case.mine, case.partner, value)
    return case.partner is not None and PAIR[key](case.facts, case.mine, case.partner, value)


def _noted(key: str, value: Any, case: _Case) -> Note | None:
    """What the run, or the plan, says where a condition that asks it holds; else None."""
    if key == "uncovered":
        bare = case.facts.uncovered()
        if bare is None or case.mine.stop is None:
            return None
        return Note(what="uncovered", values=dict(zip(("seizure", "day", "until"), bare, strict=True)))
    run = case.facts.run
    if run is None:
        return None
    if key == "level_out":
        over = run.above(case.mine.drug)
        if over is None:
            return None
        limit = {key: over.values[key] for key in ("level", "unit")}
        return Note(what="above", values={"analyte": over.analyte, "day": int(over.start // 24), **limit})
    if key == "level":
        day = run.passes(value["analyte"], value["above"])
        values = {"analyte": value["analyte"], "level": value["above"], "day": day}
        return None if day is None else Note(what="level", values={**values, "day": int(day)})
    low = run.lowest(value["enzyme"], value["below"])
    if low is None or low.genotype < value["below"]:
        return None
    values = {"enzyme": value["enzyme"], "genotype": low.genotype, "lowest": low.lowest, "day": low.day}
    if low.back is None:
        return Note(what="activity", values=values)
    return Note(what="activity-back", values={**values, "back": low.back})


def _moved(case: _Case) -> list[Note]:
    """How the level of a drug moves in the run after another is stopped."""
    run, other = case.facts.run, case.partner
    move = None if run is None or other is None else run.move(case.mine.drug, other)
    if move is None:
        return []
    values = {"analyte": move.analyte.id, "ratio": move.ratio}
    if move.half is None or move.most is None:
        return [Note(what="open", values=values)]
    return [Note(what="moves", values={**values, "half_day": move.half / 24, "most_day": move.most / 24})]


def _alternatives(names: Sequence[str], drugs: Sequence[str], facts: Facts) -> Iterator[Alternative]:
    """Each alternative with the gravest rule that it would fire in this patient beside the other drugs."""
    for name in names:
        if name in facts.taken:
            continue
        other = facts.with_instead(name, drugs[0])
        against = [
            rule
            for rule in rules_of(other.taken)
            if rule.severity in SPEAKS_AGAINST
            and not rule.recommends
            and any(name in _pair_of(case) and _holds(rule.when, case) is not None for case in _cases(rule, other))
        ]
        worst = min(against, key=lambda rule: ORDER.index(rule.severity), default=None)
        yield Alternative(
            drug=name,
            severity=None if worst is None else worst.severity,
            rule="" if worst is None else worst.id,
        )


def _pair_of(case: _Case) -> tuple[str, ...]:
    return (case.mine.drug,) if case.partner is None else (case.mine.drug, case.partner.drug)
