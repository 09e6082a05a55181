"""What the page shows of pillars, engagement and the ratio, as plain data for its template."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from pkinteract.analytes import name_of
from pkinteract.effect.types import Engagement
from pkinteract.engine.curves import Array
from pkinteract.report.effect.pillars import combination_texts, pillar_text
from pkinteract.report.effect.text import (
    claims,
    drugs_at,
    overlap_texts,
    ratio_texts,
    seizure_name,
    short,
    site_name,
)
from pkinteract.scenario import Scenario
from pkinteract.text.words import Words

Row = Mapping[str, Any]

WIDE, TALL, GAP, LEFT = 720.0, 46.0, 22.0, 34.0
"""Width of the picture, height of a strip, room for its name above it, room for marks on its left [px]."""

TALLEST = 110.0
"""Height of the panel of the ratio [px]."""

MARKS = (0.25, 0.5, 1.0, 2.0, 4.0)
"""Ratios that are marked [1]."""


ON_PAPER = ("one-site", "one-pillar")
"""Meetings of two drugs that stand on paper too."""


def pillar_content(scenario: Scenario, words: Words) -> Row:
    """The pillars of every antiseizure drug of a scenario, and how every two of them meet; empty without any."""
    names = {drug: name_of(drug, scenario, words.language) for drug in scenario.dosed}
    return {
        "drugs": [
            {"drug": name, "works": pillar_text(scenario.monographs[drug], words)}
            for drug, name in names.items()
            if scenario.monographs[drug].pillar
        ],
        "together": [
            {"text": text, "paper": meet.kind in ON_PAPER} for meet, text in combination_texts(scenario, names, words)
        ],
    }


def effect_content(effect: Engagement, words: Words) -> Row:
    """Picture, tables, sentences and assumptions."""
    scenario, at = effect.result.scenario, effect.reference or 0
    picture = list(_strips(effect, words))
    return {
        "picture": picture,
        "wide": WIDE,
        "height": (picture[-1]["bottom"] if picture else 0.0) + 18,
        "days": _ticks(effect),
        "bottom": picture[-1]["bottom"] if picture else 0.0,
        "hatched": effect.ranged and any(drug.units is not None for drug in effect.ranges),
        "sites": [
            {
                "site": site_name(site, words),
                "drugs": drugs_at(site, effect, words),
                "engaged": [round(100 * float(site.engagement[n])) for n in (at, -1)],
                "band": f"{100 * float(site.low[-1]):.0f}–{100 * float(site.high[-1]):.0f}",
                "units": ["–" if site.units is None else short(site.units[n], words) for n in (at, -1)],
                "units_band": "–"
                if site.units_low is None or site.units_high is None
                else f"{short(site.units_low[-1], words)}–{short(site.units_high[-1], words)}",
            }
            for site in effect.sites
        ],
        "overlaps": [text for site in effect.sites for text in overlap_texts(site, effect, words)],
        "ranges": [
            {
                "drug": name_of(drug.drug, scenario, words.language),
                "works": ", ".join(words.say(f"pillar.{pillar}") for pillar in drug.pillars),
                "states": [words.say(f"state.{drug.states[n]}") for n in (at, -1)],
            }
            for drug in effect.ranges
        ],
        "partners": [
            {
                "site": site_name(site, words),
                "drugs": drugs_at(site, effect, words),
                "engaged": [round(100 * float(site.engagement[n])) for n in (at, -1)],
            }
            for site in effect.partners
        ],
        "sentences": [text[0].upper() + text[1:] for text in ratio_texts(effect, words)],
        "assumptions": [text for key, text in words.sentences.items() if key.startswith("assumption.")],
        "claims": claims(words),
        "pumps": [
            words.say(
                "page.pump", drug=name_of(drug, scenario, words.language), answer=words.say(f"pump.{said.answer}")
            )
            for drug in scenario.dosed
            if (said := scenario.monographs[drug].brain.p_gp) is not None
        ],
    }


def _strips(effect: Engagement, words: Words) -> Iterator[Row]:
    """One strip for every site and every drug that counts by its range, then the ratio for each kind of seizure."""
    top = GAP
    known = [(f"{site_name(site, words)}: {drugs_at(site, effect, words)}", site) for site in effect.sites]
    highest = max([1.0, *(float(site.units_high.max()) for _, site in known if site.units_high is not None)])
    for name, site in known:
        if site.units is None or site.units_low is None or site.units_high is None:
            continue
        rows = [_heights(values, highest, top) for values in (site.units, site.units_low, site.units_high)]
        yield _strip(effect, name, top, rows, marks=[(1.0, _heights(np.ones(1), highest, top)[0])])
        top += TALL + GAP
    for drug in effect.ranges:
        if effect.ranged and drug.units is not None:
            rows = [_heights(values, 2.0, top) for values in (drug.units, np.zeros_like(drug.units), drug.units)]
            name = f"{name_of(drug.drug, effect.result.scenario, words.language)} ({words.say('page.hatched')})"
            yield {**_strip(effect, name, top, rows, [(1.0, _heights(np.ones(1), 2.0, top)[0])]), "hatched": True}
            top += TALL + GAP
    yield from _ratios(effect, words, top)


def _ratios(effect: Engagement, words: Words, top: float) -> Iterator[Row]:
    """The ratio on a logarithmic axis from the lowest to the highest end of all bands."""
    given = [values[np.isfinite(values)] for ratio in effect.ratios for values in (ratio.low, ratio.high)]
    ends = [0.45, 2.2, *(float(end) for values in given if len(values) for end in (values.min(), values.max()))]
    low, high = math.log2(min(ends)), math.log2(max(ends))

    def height(values: Array) -> Array:
        return top + TALLEST * (high - np.log2(values)) / (high - low)

    for ratio in effect.ratios:
        if np.isfinite(ratio.ratio).any():
            marks = [(mark, float(height(np.array(mark)))) for mark in MARKS if low <= math.log2(mark) <= high]
            rows = [height(values) for values in (ratio.ratio, ratio.low, ratio.high)]
            strip = _strip(effect, f"{words.say('page.ratio')}: {seizure_name(ratio, words)}", top, rows, marks)
            yield {**strip, "tall": TALLEST, "bottom": top + TALLEST}
            top += TALLEST + GAP


def _heights(units: Array, highest: float, top: float) -> Array:
    """Where units lie in a strip [px]."""
    return np.asarray(top + TALL * (1 - np.minimum(units, highest) / highest))


def _strip(
    effect: Engagement, name: str, top: float, rows: list[Array], marks: list[tuple[float, Any]]
) -> dict[str, Any]:
    """A strip: the line and the outline of its band as points, broken where there is no number."""
    days = _across(effect, effect.time)
    line, low, high = rows
    runs = np.split(np.arange(len(days)), np.flatnonzero(np.diff(np.isfinite(line).astype(int))) + 1)
    there = [run for run in runs if np.isfinite(line[run[0]])]
    return {
        "name": name,
        "top": round(top, 1),
        "tall": TALL,
        "bottom": round(top + TALL, 1),
        "lines": [_points(days[run], line[run]) for run in there],
        "bands": [f"{_points(days[run], high[run])} {_points(days[run][::-1], low[run][::-1])}" for run in there],
        "marks": [{"text": f"{mark:g}", "y": round(float(y), 1)} for mark, y in marks],
        "hatched": False,
    }


def _across(effect: Engagement, times: Array) -> Array:
    """Where times [h] lie from left to right [px]."""
    return np.asarray(LEFT + (WIDE - LEFT - 6) * times / effect.result.scenario.duration)


def _ticks(effect: Engagement) -> list[Row]:
    """Some five whole days below the picture."""
    last = effect.result.scenario.duration / 24
    step = max(1, round(last / 5))
    days = np.arange(0, last + 1e-9, step)
    return [{"day": int(day), "x": round(float(x), 1)} for day, x in zip(days, _across(effect, days * 24), strict=True)]


def _points(across: Array, down: Array) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(across, down, strict=True))
