"""Who is at risk, and in how many protocols change doses: in words, with the numbers of the tables of a population."""

from __future__ import annotations

from collections.abc import Iterator

from pkinteract.analysis import Answer
from pkinteract.analysis.moves import Move
from pkinteract.analytes import name_of
from pkinteract.export.tables.population import risk_table
from pkinteract.population.run.plan import RunPlan
from pkinteract.population.statistics.metrics import measures_of
from pkinteract.population.statistics.people import spread_unknown
from pkinteract.population.statistics.tally import BEFORE, EVER, PHENOTYPES, Tally, share_below
from pkinteract.report.population.text import When, often_at_risk
from pkinteract.report.run.sentences import MOST, told_moves
from pkinteract.scenario.types import TOLERANCE
from pkinteract.text.csv import Table
from pkinteract.text.words import Words


def people_sentences(plan: RunPlan, tally: Tally, answer: Answer, words: Words) -> Iterator[str]:
    """Share of the patients beyond a limit, and the groups that are so more often; nothing where nobody has a result.

    Of the levels that a change moves, then of those that are above an alert level in somebody: the share above it as in
    ``risk.csv``. Where it has none, or falls, about how many have a lowest level of the last day out of range.
    """
    if not tally.patients[0]:
        return
    yield from _redosed(plan, tally, words)
    table, moves = risk_table(plan, tally), told_moves(answer)
    falling = {move.place for move in moves if move.ratio < 1}
    judged = [place for place, analyte in enumerate(plan.analytes) if analyte.alert is not None]
    rising = dict.fromkeys(move.place for move in moves if move.place in judged and move.place not in falling)
    passing = {move.place for move in answer.moves if move.returns}

    def above_alert(place: int) -> list[str]:
        return list(_above_alert(plan, table, place, "ever" if place in passing else "after", words))

    told = {place: above_alert(place) for place in rising}
    for move in moves:
        if move.place in falling or move.place not in judged:
            told[move.place] = list(_out_of_range(plan, tally, move, words))
    others = [place for place in judged if place not in rising and place not in falling]
    above = {place: int(max(tally.risk[place, 0, [BEFORE, EVER]])) for place in others}
    for place in sorted((place for place in others if above[place]), key=lambda place: -above[place])[:MOST]:
        told[place] = above_alert(place)
    yield from (sentence for sentences in told.values() for sentence in sentences)
    unknown = spread_unknown(plan, (plan.analytes[place] for place, sentences in told.items() if sentences))
    if unknown:
        names = [name_of(drug, plan.scenario, words.language) for drug in unknown]
        yield words.say("shares.unknown", drugs=words.listed(names))


def _redosed(plan: RunPlan, tally: Tally, words: Words) -> Iterator[str]:
    """In how many each protocol changes doses."""
    for protocol, changes in zip(plan.scenario.protocols, tally.changes, strict=True):
        yield words.say(
            "protocol.people",
            drug=name_of(protocol.drug, plan.scenario, words.language),
            when=protocol.when,
            then=protocol.then,
            share=100 * float(changes[0]) / float(tally.patients[0]),
            count=int(tally.patients[0]),
        )


def _above_alert(plan: RunPlan, table: Table, place: int, when: When, words: Words) -> Iterator[str]:
    analyte = plan.analytes[place]
    everybody = list(table["analyte"]).index(analyte.id)
    shares = {word: 100 * float(table[f"share_{word}"][everybody]) for word in ("before", "after", "ever")}
    yield words.say(
        "shares.above-alert",
        analyte=name_of(analyte.id, plan.scenario, words.language),
        count=table["n"][everybody],
        limit=float(table["alert"][everybody]),
        unit=analyte.unit,
        day=words.day(float(plan.windows.edges[plan.windows.days[plan.windows.reference].start])),
        low=100 * float(table["low_after"][everybody]),
        high=100 * float(table["high_after"][everybody]),
        **shares,
    )
    groups = [
        words.say(
            "shares.group",
            group=_named(str(table["group"][line]), str(table["level"][line]), words),
            share=100 * float(table[f"share_{when}"][line]),
            count=table["n"][line],
        )
        for line in often_at_risk(table, analyte, when)
        if table["group"][line] in (*plan.genes, "creatinine_clearance_mL_per_min")
    ]
    if groups:
        yield words.say(f"shares.groups-{when}", groups="; ".join(groups[:MOST]))


def _named(group: str, level: str, words: Words) -> str:
    """A phenotype of a gene, or a band of creatinine clearance, as the groups of ``risk.csv`` name them."""
    if level in PHENOTYPES:
        return f"{group} {words.say(f'phenotype.{level}')}"
    bound = level.removeprefix("below ").removesuffix(" and above")
    key = "between" if bound == level else "below" if level.startswith("below") else "from"
    return words.say(f"shares.clearance-{key}", clearance=bound.replace("-", "–"))


def _out_of_range(plan: RunPlan, tally: Tally, move: Move, words: Words) -> Iterator[str]:
    """About how many have a lowest level of the last day beyond the range, on the side to which it moves."""
    analyte, side = move.analyte, "above" if move.ratio > 1 else "below"
    limit = analyte.high if side == "above" else analyte.low
    if limit is None or move.stop < plan.scenario.duration - TOLERANCE:
        return
    first = sum(len(measures_of(other)) for other in plan.analytes[: move.place])
    counts = tally.measures[first + list(measures_of(analyte)).index("trough_after"), :1]
    share = float(share_below(counts, limit)[0])
    yield words.say(
        f"shares.{side}-range",
        analyte=name_of(analyte.id, plan.scenario, words.language),
        count=int(tally.patients[0]),
        share=round(100 * (share if side == "below" else 1 - share)),
        limit=limit,
        unit=analyte.unit,
    )
