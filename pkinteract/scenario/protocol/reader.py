"""``[[protocol]]``: rules that change the doses of a drug by a level, checked again and again, or on a day."""

from __future__ import annotations

import itertools
import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import BeforeValidator, Field

from pkinteract.library import Library
from pkinteract.scenario.doses import LEAST_PIECE, schedule
from pkinteract.scenario.file.courses import since_midnight
from pkinteract.scenario.file.observations import BELOW, Measurable, precursors, reported_level
from pkinteract.scenario.file.schema import Clock, Span, Time
from pkinteract.scenario.protocol.types import Condition, DoseAction, Measure, Protocol
from pkinteract.scenario.types import TOLERANCE
from pkinteract.scenario.values import StrictTable, number_of, quantity, text_of
from pkinteract.text.toml_lines import Key
from pkinteract.units import parse

Report = Callable[[Key, str], None]
Part = Callable[[type["ProtocolTable"], object, Key], "ProtocolTable | None"]

LEVEL_RULE = re.compile(r"\s*(.+?)\s+(trough|average|level)\s+(above|below)\s+(.+?)\s*")
"""A condition on a level: analyte, what of it, the side, and the limit."""

DAY_RULE = re.compile(r"\s*day\s+([0-9]+(?:[.][0-9]+)?)\s*")
"""A day of the run."""

FACTORS = {"halve": 0.5, "double": 2.0}
"""Words that multiply a dose [1]."""

MOST_CHECKS = 500
"""Checks of a file at most: daily for more than a year."""

_WHEN = '"carbamazepine trough above 12 mg/L" (trough, average or level; above or below) or "day 14"'
_THEN = '"halve", "double", "stop", "200 mg", "+50 mg", "-50 mg", "+25 %" or "-25 %"'


@dataclass(frozen=True, slots=True, kw_only=True)
class _ProtocolRule:
    """What ``when`` says: a day [h], or a condition on a level as it is written."""

    day: float | None = None
    analyte: str = ""
    measure: Measure = "level"
    above: bool = True
    limit: str = ""


def _when(value: object) -> _ProtocolRule:
    text = text_of(value, "carbamazepine trough above 12 mg/L")
    day, level = DAY_RULE.fullmatch(text), LEVEL_RULE.fullmatch(text)
    if day is not None:
        return _ProtocolRule(day=24 * float(day.group(1)))
    if level is None:
        raise ValueError(f'must be a condition such as {_WHEN}, got "{text}"')
    analyte, measure, side, limit = level.groups()
    if limit.startswith(BELOW):
        raise ValueError(f'must name a level such as "12 mg/L" without {BELOW}, got "{text}"')
    return _ProtocolRule(analyte=analyte, measure=_MEASURES[measure], above=side == "above", limit=limit)


_MEASURES: dict[str, Measure] = {"trough": "trough", "average": "average", "level": "level"}


def _then(value: object) -> DoseAction:
    text = text_of(value, "halve").strip()
    if text == "stop":
        return DoseAction(kind="stop", amount=0.0)
    if text in FACTORS:
        return DoseAction(kind="times", amount=FACTORS[text])
    sign = text[:1] if text[:1] in "+-" else ""
    try:
        amount, share = parse(text[len(sign) :].strip(), "mass", "fraction"), text.endswith("%")
    except ValueError:
        raise ValueError(f'must be {_THEN}, got "{text}"') from None
    if amount <= 0 or amount > 1e6 or (share != bool(sign) and share) or (not share and not _has_unit(text)):
        raise ValueError(f'must be {_THEN}, got "{text}"')
    if not share:
        return DoseAction(kind="plus" if sign else "set", amount=-amount if sign == "-" else amount)
    if (sign == "-" and amount >= 1) or amount > 10:
        raise ValueError(f'must take away less than 100 % and add at most 1000 %, got "{text}"; what ends it is "stop"')
    return DoseAction(kind="times", amount=1 - amount if sign == "-" else 1 + amount)


def _has_unit(text: str) -> bool:
    return text[-1:].isalpha()


def _error(value: object) -> float:
    cv = number_of(value, "10 %")
    if not 0 <= cv <= 0.5:
        raise ValueError(f'must lie between 0 and 50 %, got {value}; write for example "10 %"')
    return cv


Amount = Annotated[float, quantity("mass", "200 mg", "0 mg", "1 kg", "mg", above=True)]
Piece = Annotated[float, quantity("mass", "25 mg", f"{LEAST_PIECE:.6f} mg", "1 kg", "mg")]


class ProtocolTable(StrictTable):
    """``[[protocol]]``; times in h, doses in mg."""

    drug: str = Field(min_length=1, examples=['"carbamazepine"'])
    when: Annotated[_ProtocolRule, BeforeValidator(_when)] = Field(examples=['"carbamazepine trough above 12 mg/L"'])
    then: Annotated[DoseAction, BeforeValidator(_then)] = Field(examples=['"halve"'])
    check: Span | None = None
    since: Time | None = Field(default=None, alias="from")
    until: Time | None = None
    at: Clock | None = None
    delay: Annotated[float, quantity("time", "24 h", "0 h", "60 d", "h")] = 0.0
    error: Annotated[float, BeforeValidator(_error)] = 0.0
    at_most: int | None = Field(default=None, ge=1, le=1000)
    lowest: Amount | None = None
    highest: Amount | None = None
    round_to: Piece | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtocolContext:
    """What protocols need to know of the rest of the file: what can be measured, and when t = 0 is."""

    known: Measurable
    start: datetime | None


def read_protocols(
    entries: object, part: Part, around: ProtocolContext, refuse: Report, library: Library
) -> tuple[Protocol, ...]:
    """Protocols in the order of the file; reports those that cannot be."""
    protocols = []
    for i, entry in enumerate(entries if isinstance(entries, list) else ()):
        key: Key = ("protocol", i)
        table = part(ProtocolTable, entry, key)
        if table is None or not isinstance(entry, dict):
            continue
        wrong: list[Key] = []

        def report(name: str, message: str, key: Key = key, wrong: list[Key] = wrong) -> None:
            wrong.append(key)
            refuse((*key, name), message)

        _check_together(table, report)
        drugs = list(dict.fromkeys(regimen.drug for regimen in around.known.regimens))
        if table.drug not in drugs and around.known.whole:
            report("drug", library.absent(table.drug, drugs, "a drug of this scenario"))
        condition = None
        if table.when.day is None:
            condition = _condition(table, around.known, report, library)
        checks = () if wrong or around.known.span is None else _checks(table, around, report)
        if not wrong and checks:
            protocols.append(
                Protocol(
                    drug=table.drug,
                    when=" ".join(entry["when"].split()),
                    then=" ".join(entry["then"].split()),
                    condition=condition,
                    checks=checks,
                    action=table.then,
                    delay=table.delay,
                    error=table.error,
                    at_most=table.at_most,
                    lowest=table.lowest,
                    highest=table.highest,
                    round_to=table.round_to,
                )
            )
    if sum(len(protocol.checks) for protocol in protocols) > MOST_CHECKS:
        refuse(("protocol",), f"would be checked more than {MOST_CHECKS} times; check less often, or write until")
    return tuple(protocols)


def _check_together(table: ProtocolTable, report: Callable[[str, str], None]) -> None:
    """Keys that do not go with each other, and amounts that cannot be given."""
    if table.when.day is None and table.check is None:
        report("check", 'is required with a level; write for example check = "7 d"')
    for name in ("check", "since", "until", "delay", "error", "at_most") if table.when.day is not None else ():
        if getattr(table, name) not in (None, 0.0):
            report("from" if name == "since" else name, "goes with a level; a day comes once. Remove it")
    if table.until is not None and table.until <= (first := _first(table)) + TOLERANCE:
        report("until", f"must be later than the first check ({first / 24:g} d), got {table.until / 24:g} d")
    action = table.then
    if action.kind in ("set", "stop"):
        for name in ("lowest", "highest", "round_to"):
            if getattr(table, name) is not None:
                report(name, f'does not go with then = "{"stop" if action.kind == "stop" else "an amount"}"; remove it')
        return
    grows = action.kind == "times" and action.raises and table.when.day is None
    if grows and table.at_most is None and table.highest is None:
        report(
            "highest", 'is required with what multiplies a dose; write for example highest = "600 mg", or at_most = 1'
        )
    if action.raises and table.lowest is not None:
        report("lowest", "goes with what lowers a dose; write highest, or remove it")
    if not action.raises and table.highest is not None:
        report("highest", "goes with what raises a dose; write lowest, or remove it")
    for name in ("lowest", "highest"):
        limit = getattr(table, name)
        if limit is not None and table.round_to is not None:
            pieces = limit / table.round_to
            if abs(pieces - round(pieces)) > TOLERANCE:
                report(name, f"must be a multiple of round_to ({table.round_to:g} mg), got {limit:g} mg")


def _condition(
    table: ProtocolTable, known: Measurable, report: Callable[[str, str], None], library: Library
) -> Condition | None:
    rule = table.when
    compound = known.compound(rule.analyte)
    if compound not in known.units:
        if known.whole:
            names = (*known.units, *known.unbound)
            report("when", library.absent(rule.analyte, names, "an analyte of this scenario"))
        return None
    try:
        limit = reported_level(rule.limit, rule.analyte, known)
    except ValueError as error:
        report("when", str(error))
        return None
    return Condition(
        analyte=rule.analyte, measure=rule.measure, above=rule.above, limit=limit, unit=known.units[compound]
    )


def _first(table: ProtocolTable) -> float:
    """The first check, or the day, without a clock time [h]."""
    if table.when.day is not None:
        return table.when.day
    return (table.check or 0.0) if table.since is None else table.since


def _checks(table: ProtocolTable, around: ProtocolContext, report: Callable[[str, str], None]) -> tuple[float, ...]:
    """When it is checked [h]: within the run, after the first dose that is to change, where a trough is due."""
    known = around.known
    begin, end = known.span or (0.0, 0.0)
    first = _first(table)
    if table.at is not None:
        offset = int(table.at[:2]) + int(table.at[3:]) / 60 - since_midnight(around.start)
        first += (offset - first + TOLERANCE) % 24 - TOLERANCE
    until = min(end, end if table.until is None else table.until)
    each = table.check or end - begin
    times = [first + k * each for k in range(max(0, min(MOST_CHECKS + 1, int(1 + (until - first) // each))))]
    times = [time for time in times if time < until - TOLERANCE]
    name = "when" if table.when.day is not None else "check" if table.since is None else "from"
    if not times:
        report(name, f"gives no check within the run, which ends at {end / 24:g} d; check earlier")
        return ()
    given = _due([table.drug], known)
    earliest = 24.0 + begin if table.when.measure == "average" and table.when.day is None else begin
    if times[0] < -TOLERANCE:
        report(name, f"must not be before t = 0, got {times[0] / 24:g} d; what was done before stands in the courses")
    elif not given or times[0] + table.delay <= given[0] + TOLERANCE:
        report(name, f"changes doses of {table.drug} before there is one; check later")
    elif times[0] <= earliest + TOLERANCE and table.when.day is None:
        report(name, f"must be later than {earliest / 24:g} d: there is no {table.when.measure} yet; check later")
    sums = known.sums.get(table.when.analyte, (known.compound(table.when.analyte),))
    sources = {drug for part in sums if part in known.monographs for drug in precursors(part, known.monographs)}
    due = _due(sources, known)
    following = [*times[1:], until]
    return tuple(
        _drawn(time, later, due, table.when.measure == "trough" and table.when.day is None)
        for time, later in zip(times, following, strict=True)
    )


def _due(drugs: Sequence[str] | set[str], known: Measurable) -> list[float]:
    """When doses of drugs are due [h], sorted; those that are missed too."""
    courses = [course for regimen in known.regimens if regimen.drug in drugs for course in regimen.courses]
    return sorted(set(itertools.chain.from_iterable((time for time, _ in schedule(course)) for course in courses)))


def _drawn(time: float, later: float, due: list[float], trough: bool) -> float:
    """When the level of a check is drawn [h]: a trough where the next dose is due before the next check."""
    place = bisect_left(due, time - TOLERANCE)
    following = due[place] if place < len(due) else later
    near = following <= time + TOLERANCE
    return following if near or (trough and following < later - TOLERANCE) else time
