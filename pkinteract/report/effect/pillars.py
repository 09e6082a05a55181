"""What ``check`` and the page say of pillars and of how two drugs meet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from textwrap import wrap

from pkinteract.effect.pillars import Meet, meets
from pkinteract.library.mechanisms.reader import mechanisms
from pkinteract.library.schema.monograph import Monograph
from pkinteract.scenario import Scenario
from pkinteract.text.words import Words

WIDTH = 108
"""Longest line; those who print it indent it by two."""


def pillar_text(monograph: Monograph, words: Words) -> str:
    """The pillars of a drug; those that are not settled are marked."""
    named = []
    for pillar in monograph.pillar:
        name = words.say(f"pillar.{pillar.name}")
        named.append(name if pillar.part == "main" else words.say("pillar.possible", pillar=name))
    return ", ".join(named)


def meet_text(meet: Meet, names: Mapping[str, str], words: Words) -> str:
    """How two drugs meet, how little the second adds, and what was published of them."""
    one, other = (names[drug] for drug in meet.drugs)
    if meet.site is not None:
        where = mechanisms().named(meet.site).name.said(words.language)
    else:
        where = "" if meet.pillar is None else words.say(f"pillar.{meet.pillar}")
    said = [words.say(f"meet.{meet.kind}", one=one, other=other, where=where)]
    if meet.together is not None:
        pair = meet.together
        said.append(
            words.say(
                "meet.added",
                stronger=one if pair.first >= pair.second else other,
                alone=round(100 * max(pair.first, pair.second)),
                both=round(100 * pair.both),
                independent=round(100 * pair.independent),
            )
        )
    if meet.synergy is not None:
        source = mechanisms().cite(meet.synergy)
        said.append(words.say("meet.published", text=meet.synergy.text.said(words.language), source=source))
    text = " ".join(said)
    return text[0].upper() + text[1:]


def combination_texts(scenario: Scenario, names: Mapping[str, str], words: Words) -> list[tuple[Meet, str]]:
    """How every two antiseizure drugs of a scenario meet, also in words; ``names`` are what the drugs are called."""
    dosed = {drug: scenario.monographs[drug] for drug in scenario.dosed}
    return [(meet, meet_text(meet, names, words)) for meet in meets(dosed)]


def pillar_lines(scenario: Scenario, words: Words) -> Iterator[str]:
    """Lines for ``check``: the pillars of every antiseizure drug, and how every two of them meet."""
    for drug in scenario.dosed:
        if scenario.monographs[drug].pillar:
            yield f"pillar    {drug}: {pillar_text(scenario.monographs[drug], words)}"
    for _, text in combination_texts(scenario, {drug: drug for drug in scenario.dosed}, words):
        yield from wrap(f"together  {text}", WIDTH, subsequent_indent=" " * 12, break_on_hyphens=False)
