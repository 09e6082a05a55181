"""What ``run`` says of engagement and the ratio."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap

import numpy as np

from pkinteract.analytes import name_of
from pkinteract.effect.contexts import Withholding
from pkinteract.effect.types import Engagement, RatioDays, SiteDays
from pkinteract.library.mechanisms.reader import mechanisms
from pkinteract.text.words import Words

WIDTH = 108
"""Longest line; those who print it indent it by two."""

OVERLAP = 0.02
"""Engagement by a second drug from which it is told what both make of a site [1]."""


def engagement_lines(engagement: Engagement, words: Words) -> Iterator[str]:
    """Lines for ``run --engagement``: sites, drugs by their range, ratios or why there are none."""
    yield f"{words.say('effect.head')}:"
    for text in (*site_texts(engagement, words), *range_texts(engagement, words), *ratio_texts(engagement, words)):
        yield from wrap(text, WIDTH, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False)


def site_texts(engagement: Engagement, words: Words) -> Iterator[str]:
    """Units of every site before the change and at the end; what several drugs at one make of it on one day."""
    first = engagement.reference or 0
    for site in engagement.sites:
        named = {"site": site_name(site, words), "drugs": drugs_at(site, engagement, words)}
        if site.units is None:
            ends = (round(100 * float(site.engagement[n])) for n in (first, -1))
            yield words.say("effect.unmeasured", **named, **dict(zip(("before", "after"), ends, strict=True)))
        else:
            yield words.say(
                "effect.sites", **named, before=short(site.units[first], words), after=short(site.units[-1], words)
            )
        yield from overlap_texts(site, engagement, words)


def overlap_texts(site: SiteDays, engagement: Engagement, words: Words) -> Iterator[str]:
    """What a second drug adds at a site, on the day on which it is most; nothing where two never meet."""
    if len(site.drugs) < 2:
        return
    order = np.sort(site.alone, axis=0)
    day = int(np.argmax(order[-2]))
    if order[-2, day] < OVERLAP:
        return
    first = site.drugs[int(np.argmax(site.alone[:, day]))]
    yield words.say(
        "effect.overlap",
        day=float(engagement.time[day]) / 24,
        first=name_of(first, engagement.result.scenario, words.language),
        alone=round(100 * float(order[-1, day])),
        both=round(100 * float(site.engagement[day])),
        independent=round(100 * float(1 - np.prod(1 - site.alone[:, day]))),
    )


def range_texts(engagement: Engagement, words: Words) -> Iterator[str]:
    """Drugs without a constant: where their level stands at the end."""
    for drug in engagement.ranges:
        yield words.say(
            "effect.range",
            drug=name_of(drug.drug, engagement.result.scenario, words.language),
            state=words.say(f"state.{drug.states[-1]}"),
            pillars=", ".join(words.say(f"pillar.{pillar}") for pillar in drug.pillars),
        )


def ratio_texts(engagement: Engagement, words: Words) -> Iterator[str]:
    """The ratio for every kind of seizure, or why and when there is none; what counts nothing or may make it worse."""
    scenario = engagement.result.scenario
    for ratio in engagement.ratios:
        kind = seizure_name(ratio, words)
        given = np.flatnonzero(np.isfinite(ratio.ratio))
        if len(given) > 1:
            most, least = given[np.argmax(ratio.ratio[given])], given[np.argmin(ratio.ratio[given])]
            last = given[-1]
            yield words.say(
                "effect.ratio",
                seizure=kind,
                last=short(ratio.ratio[last], words),
                day=float(engagement.time[last]) / 24,
                low=short(ratio.low[last], words),
                high=short(ratio.high[last], words),
                most=short(ratio.ratio[most], words),
                most_day=float(engagement.time[most]) / 24,
                least=short(ratio.ratio[least], words),
                least_day=float(engagement.time[least]) / 24,
            )
        for key, drugs in (("silent", set(ratio.silent) - set(ratio.worse)), ("worse", set(ratio.worse))):
            if drugs:
                names = [name_of(drug, scenario, words.language) for drug in scenario.dosed if drug in drugs]
                yield words.say(f"effect.{key}", drugs=words.listed(names), seizure=kind)
    yield from withheld_texts(engagement, words)
    if "sodium-in-dravet" in {reason for ratio in engagement.ratios for why in ratio.withheld for reason in why}:
        left = engagement.sodium_left
        if left is not None:
            yield words.say("effect.sodium", share=round(100 * float(left[-1])))


def withheld_texts(engagement: Engagement, words: Words) -> Iterator[str]:
    """Every reason for which there is no ratio, with the kinds of seizures and the days that it holds for."""
    stretches: dict[tuple[Withholding, int, int], list[str]] = {}
    for ratio in engagement.ratios:
        for reason in dict.fromkeys(reason for why in ratio.withheld for reason in why):
            days = np.flatnonzero([reason in why for why in ratio.withheld])
            for run in np.split(days, np.flatnonzero(np.diff(days) > 1) + 1):
                kinds = stretches.setdefault((reason, int(run[0]), int(run[-1])), [])
                kinds.append(seizure_name(ratio, words))
    for (reason, first, last), kinds in stretches.items():
        yield words.say(
            "effect.withheld",
            seizure=words.listed(kinds),
            first=words.day(float(engagement.time[first])),
            last=words.day(float(engagement.time[last])),
            reasons=words.say(f"withheld.{reason}"),
        )


def seizure_name(ratio: RatioDays, words: Words) -> str:
    """The kind of seizure that a ratio is for."""
    return words.say(f"seizure.{ratio.seizure or 'all'}")


def site_name(site: SiteDays, words: Words) -> str:
    """A site in words."""
    return mechanisms().named(site.site).name.said(words.language)


def drugs_at(site: SiteDays, engagement: Engagement, words: Words) -> str:
    """The drugs that bind to a site."""
    return ", ".join(name_of(drug, engagement.result.scenario, words.language) for drug in site.drugs)


def short(value: float, words: Words) -> str:
    """A number with two decimals."""
    return words.number(f"{value:.2f}")


def claims(words: Words) -> Sequence[str]:
    """What is said of variants that change no number, each with its source."""
    return [f"{claim.text.said(words.language)} ({mechanisms().cite(claim)})" for claim in mechanisms().claim]
