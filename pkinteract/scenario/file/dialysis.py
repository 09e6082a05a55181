"""``[[dialysis]]``: sessions of haemodialysis, one or again and again."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from math import inf
from typing import Any

from pkinteract.library.schema.monograph import Monograph
from pkinteract.scenario.doses import weekday
from pkinteract.scenario.file.courses import WEEKDAYS, monday, since_midnight
from pkinteract.scenario.file.schema import DialysisTable
from pkinteract.scenario.types import TOLERANCE, Session
from pkinteract.text.remark import Remark, remark
from pkinteract.text.toml_lines import Key

Report = Callable[[Key, str], None]
Warn = Callable[[Key, Remark], None]

MOST_SESSIONS = 5000
"""Most sessions of a run: three a week for thirty years."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DialysisContext:
    """What sessions need to know of the rest of the file.

    Attributes
    ----------
    span
        Begin and end of the run [h].
    start
        Calendar time of t = 0; None when the file gives none.
    steady
        Whether the run begins at a steady state.
    """

    span: tuple[float, float]
    start: datetime | None
    steady: bool
    monographs: Mapping[str, Monograph]


def read_dialysis(
    entries: object,
    part: Callable[[type[DialysisTable], object, Key], DialysisTable | None],
    around: DialysisContext | None,
    refuse: Report,
    warn: Warn,
) -> tuple[Session, ...]:
    """Sessions within the run, sorted; ``around`` is None where the rest of the file is wrong itself."""
    tables: list[tuple[Key, DialysisTable]] = []
    for i, entry in enumerate(entries if isinstance(entries, list) else ()):
        table = part(DialysisTable, entry, ("dialysis", i))
        if table is not None and _sound(("dialysis", i), table, around, refuse):
            tables.append((("dialysis", i), table))
    if around is None or not tables:
        return ()
    sessions: list[tuple[Session, Key]] = []
    for key, table in tables:
        mine = list(itertools.islice(_sessions(table, around), MOST_SESSIONS + 1))
        if not mine:
            warn(key, remark("remark.no-session"))
        sessions += [(session, key) for session in mine]
    if len(sessions) > MOST_SESSIONS:
        refuse(("dialysis",), f"would give more than {MOST_SESSIONS:,} sessions; write fewer")
        return ()
    sessions.sort(key=lambda one: one[0])
    for (before, _), (session, key) in itertools.pairwise(sessions):
        if session.start < before.stop - TOLERANCE:
            text = f"the session at {session.start / 24:g} d begins before that at {before.start / 24:g} d ends"
            refuse(key, f"{text}; write it later")
            break
    _warn_of_unknown(sessions, around.monographs, warn)
    return tuple(session for session, _ in sessions)


def _warn_of_unknown(sessions: list[Any], monographs: Mapping[str, Monograph], warn: Warn) -> None:
    """Say of which drugs it is not known what dialysis removes."""
    unknown = [drug for drug, monograph in monographs.items() if monograph.dialysis is None]
    if sessions and unknown:
        warn(("dialysis",), remark("remark.removed", drugs=tuple(unknown)))


def _sound(key: Key, table: DialysisTable, around: DialysisContext | None, refuse: Report) -> bool:
    """Whether a table goes together; reports what does not."""
    faults: list[tuple[str, str]] = []
    clock, repeated = isinstance(table.at, str), table.every is not None or table.days is not None
    if table.every is not None and table.days is not None:
        faults.append(("days", "give every or days, not both"))
    elif table.every is not None and clock:
        faults.append(("every", 'goes with the time of the first session, for example at = "2 d"; remove it'))
    elif table.every is not None and table.every <= table.length + TOLERANCE:
        faults.append(("every", f"must be longer than a session ({table.length:g} h), got {table.every:g} h"))
    if table.days is not None and around is not None and around.start is None:
        calendar = "needs a calendar; write for example start = 2026-01-05T08:00:00 in [simulation]"
        faults.append(("days", calendar))
    if table.since is not None and not clock:
        faults.append(("from", 'goes with a clock time such as at = "08:00"; at is the first session here'))
    if table.until is not None and not (repeated or clock):
        faults.append(("until", 'needs sessions that repeat, for example every = "48 h"'))
    begin = table.since if isinstance(table.at, str) else table.at
    if table.until is not None and begin is not None and table.until <= begin + TOLERANCE:
        text = f"must be later than the first session ({begin / 24:g} d), got {table.until / 24:g} d"
        faults.append(("until", text))
    if around is not None and around.steady and (repeated or clock):
        text = "sessions that repeat have no part in a steady state; leave steady_state out and begin the courses "
        faults.append(("at", text + 'some weeks before t = 0, for example from = "-60 d"'))
    for name, message in faults:
        refuse((*key, name), message)
    return not faults


def _sessions(table: DialysisTable, around: DialysisContext) -> Iterator[Session]:
    """The sessions of a table that touch the run."""
    first, last = around.span
    end = min(last, inf if table.until is None else table.until)
    for time in _times(table, around):
        if time >= end - TOLERANCE:
            return
        if time + table.length > first + TOLERANCE:
            yield Session(start=max(time, first), stop=time + table.length)


def _times(table: DialysisTable, around: DialysisContext) -> Iterator[float]:
    """When sessions begin [h], for ever if they repeat."""
    if isinstance(table.at, str):
        begin = around.span[0] if table.since is None else table.since
        offset = int(table.at[:2]) + int(table.at[3:]) / 60 - since_midnight(around.start)
        begin += (offset - begin + TOLERANCE) % 24 - TOLERANCE
    else:
        begin = table.at
    repeated = isinstance(table.at, str) or table.every is not None or table.days is not None
    days = {WEEKDAYS.index(day) for day in table.days or WEEKDAYS}
    for k in itertools.count():
        time = begin + k * (24.0 if table.every is None else table.every)
        if table.days is None or weekday(time, monday(around.start)) in days:
            yield time
        if not repeated:
            return
