"""What ``population`` prints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from pkinteract.export.tables.population import risk_table, shares
from pkinteract.population.run.plan import RunPlan
from pkinteract.population.statistics.metrics import measures_of
from pkinteract.population.statistics.people import remarks_of
from pkinteract.population.statistics.tally import AFTER, BEFORE, EVER, PHENOTYPES, Tally, chance_of, quantiles
from pkinteract.report.cautions import cautions_told, remarks_told
from pkinteract.report.lines import protocol_lines, rows_text
from pkinteract.report.pairs import taken_lines
from pkinteract.result import Analyte
from pkinteract.text.csv import Table
from pkinteract.text.words import Words, three_digits

When = Literal["after", "ever"]

_SHOWN = ("cavg_before", "cavg_after", "fold_rise", "t50", "t90")
_TURNS = ("fold_highest", "t_highest", "fold_lowest", "t_lowest")
_GROUPS = {"age_y": "age", "weight_kg": "weight", "creatinine_clearance_mL_per_min": "clearance"}
_COUNTS = {"events": "at_risk_after", "total": "n"}
"""Names in the sentence to columns of ``risk.csv``."""
_LEAST = 1e-3
"""A level or ratio below this is printed as 0."""
_CHANCE = 1e-3
"""A group is named when chance alone has as many of it at risk more rarely: of two dozen groups one in 20 is chance."""
_FEWEST = 2
"""Patients at risk that a group has at least when it is named."""
_MOST = 8
"""Groups and failures that are printed at most."""


def population_lines(
    plan: RunPlan, tally: Tally, resumed: int, written: Sequence[Path], words: Words, answer: Sequence[str] = ()
) -> list[str]:
    """What ``population`` prints, lines of the ``answer`` first; ``resumed`` partitions were there before."""
    seeded = words.say("virtual.seed", patients=patient_count(plan, tally, words), seed=plan.spec.seed)
    lines = [f"{plan.scenario.name}: {plan.scenario.title}", f"  {seeded}"]
    lines += [f"  {text}" for text in plan.scenario.names]
    if resumed:
        lines.append(f"  {words.say('virtual.resumed', done=resumed, of=plan.partitions)}")
    lines += answer
    lines += [f"  {words.say('virtual.spread')}", f"  {words.say('virtual.median')}"]
    head = ("analyte", "unit", "before", "after", "rise", "half", "most")
    lines += rows_text([[words.say(f"virtual.{name}") for name in head], *_spread(plan, tally, _SHOWN, words)])
    lines.append(f"  {words.say('virtual.turns')}")
    turns = ("analyte", "unit", "highest", "day", "lowest", "day")
    lines += rows_text([[words.say(f"virtual.{name}") for name in turns], *_spread(plan, tally, _TURNS, words)])
    lines += _at_risk(plan, tally, words)
    lines += _redosed(plan, tally, words)
    lines += [f"  {text}" for text in taken_lines(plan.scenario, words)]
    cautions = [*cautions_told(plan.scenario, words), *remarks_told(remarks_of(plan), plan.scenario, words)]
    lines += [f"  {words.say('terminal.caution', text=text)}" for text in cautions]
    lines += _failed(tally, words)
    lines += [f"  {words.say('terminal.wrote', path=path)}" for path in written]
    return [*lines, f"  {words.say('virtual.notice')}"]


def _redosed(plan: RunPlan, tally: Tally, words: Words) -> Iterator[str]:
    """In how many patients each protocol changed doses, and how often."""
    count = int(tally.patients[0])
    lines = protocol_lines(plan.scenario.protocols, words)
    for line, (patients, changes) in zip(lines, tally.changes.tolist(), strict=True):
        counts = {"patients": _whole(patients, words), "of": _whole(count, words), "changes": _whole(changes, words)}
        yield "  " + words.say("virtual.protocol", protocol=line, share=_share(patients, count, words), **counts)


def patient_count(plan: RunPlan, tally: Tally, words: Words) -> str:
    """How many patients there are, and how many without a result."""
    count = words.say("virtual.one" if plan.spec.n == 1 else "virtual.count", count=_whole(plan.spec.n, words))
    failed = int(tally.patients[1])
    return count + (words.say("virtual.lost", count=_whole(failed, words)) if failed else "")


def _whole(count: int, words: Words) -> str:
    """A whole number with its thousands set apart, as the language does."""
    return f"{count:,}".replace(",", words.say("virtual.thousands"))


def _spread(plan: RunPlan, tally: Tally, shown: Sequence[str], words: Words) -> Iterator[Sequence[str]]:
    first = 0
    for analyte in plan.analytes:
        names = list(measures_of(analyte))
        counts = tally.measures[first : first + len(names), 0][[names.index(name) for name in shown]]
        spreads = quantiles(counts, (0.05, 0.5, 0.95)).T
        known = counts.sum(axis=1, dtype=np.int64).tolist()
        cells = [
            "–" if np.isnan(spread[1]) else words.number(_range(spread)) + _of_fewer(count, tally, words)
            for spread, count in zip(spreads, known, strict=True)
        ]
        first += len(names)
        yield analyte.id, analyte.unit, *cells


def _of_fewer(count: int, tally: Tally, words: Words) -> str:
    """In how many patients there is a measure, where not all have it: a time course needs a change."""
    return "" if count == int(tally.patients[0]) else f" n={_whole(count, words)}"


def _range(spread: np.ndarray) -> str:
    low, middle, high = (_number(float(value)) for value in spread)
    return f"{middle} ({low}–{high})"


def _number(value: float) -> str:
    """Three significant digits, none after the point above a hundred; 0 for what is next to nothing."""
    return three_digits(value) if value >= _LEAST else "0"


def _at_risk(plan: RunPlan, tally: Tally, words: Words) -> Iterator[str]:
    judged = [(n, analyte) for n, analyte in enumerate(plan.analytes) if analyte.alert is not None]
    if not judged:
        yield f"  {words.say('virtual.unjudged')}"
        return
    yield f"  {words.say('virtual.above-alert')}"
    rows = [
        (
            analyte.id,
            words.number(f"{analyte.alert:g} {analyte.unit}"),
            *(_share(tally.risk[n, 0, when], tally.risk[n, 0, 0], words) for when in (BEFORE, AFTER, EVER)),
        )
        for n, analyte in judged
    ]
    yield from rows_text(rows, indent="    ")
    table = risk_table(plan, tally)
    for _, analyte in judged:
        yield from _who(table, analyte, words)


def often_at_risk(table: Table, analyte: Analyte, when: When = "after") -> list[int]:
    """Rows of ``risk.csv`` with the groups that are at risk more often than others, the highest share first.

    At the end of the run, or ever from t = 0 on. None of them is so by chance.
    """
    mine = [n for n, name in enumerate(table["analyte"]) if name == analyte.id]
    if not mine:
        return []
    events, total = ([int(table[name][n]) for n in mine] for name in (f"at_risk_{when}", "n"))
    at_risk = [
        n
        for n, some, of in zip(mine, events, total, strict=True)
        if some >= _FEWEST and chance_of(some, of, events[0], total[0]) < _CHANCE
    ]
    return sorted(at_risk, key=lambda n: -table[f"share_{when}"][n])


def _who(table: Table, analyte: Analyte, words: Words) -> Iterator[str]:
    """Groups that are at risk at the end more often than the others."""
    at_risk = often_at_risk(table, analyte)
    if at_risk:
        limit = words.number(f"{analyte.alert:g}")
        yield f"  {words.say('virtual.more-often', limit=limit, unit=analyte.unit, analyte=analyte.id)}"
    rows = [
        (
            _named(str(table["group"][n]), str(table["level"][n]), words),
            words.say("virtual.of", **{key: _whole(table[name][n], words) for key, name in _COUNTS.items()}),
            _share(table["at_risk_after"][n], table["n"][n], words),
            _times([table[f"risk_ratio_{word}after"][n] for word in ("", "low_", "high_")], words),
        )
        for n in at_risk[:_MOST]
    ]
    yield from rows_text(rows, indent="    ")


def _times(interval: Sequence[Any], words: Words) -> str:
    """A risk ratio with its 95 % interval; where none of the others is at risk, its lower end."""
    ratio, low, high = interval
    if ratio is None or high is None:
        return words.say("virtual.times-least", low=words.number(_number(low)))
    ends = {name: words.number(_number(value)) for name, value in (("ratio", ratio), ("low", low), ("high", high))}
    return words.say("virtual.times", **ends)


def _named(group: str, level: str, words: Words) -> str:
    """A level of a group in words, its unit behind the number."""
    if level in PHENOTYPES:
        return f"{group} {words.say(f'virtual.{level}')}"
    if group not in _GROUPS:
        return words.say(f"virtual.smoker-{level}" if group == "smoker" else f"patient.{level}")
    bound = level.removeprefix("below ").removesuffix(" and above")
    key = "between" if bound == level else "below" if level.startswith("below") else "from"
    return words.say(f"virtual.{_GROUPS[group]}-{key}", bound=bound)


def _share(events: int, total: int, words: Words) -> str:
    share, low, high = (100 * float(value) for value in shares(np.asarray(events), np.asarray(total)))
    return "–" if np.isnan(share) else words.number(f"{share:.1f} % ({low:.1f}–{high:.1f})")


def _failed(tally: Tally, words: Words) -> Iterator[str]:
    failed = int(tally.patients[1])
    if failed:
        yield "  " + words.say("virtual.failed-one" if failed == 1 else "virtual.failed", count=_whole(failed, words))
        for number, reason in list(tally.failures.items())[:_MOST]:
            yield "    " + words.say("virtual.failure", number=number, reason=reason)
    if failed > _MOST:
        yield "    " + words.say("virtual.further", count=_whole(failed - _MOST, words))
