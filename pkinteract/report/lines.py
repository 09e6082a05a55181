"""Lines of text that several reports share."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pkinteract.scenario import Observation, Protocol, Scenario
from pkinteract.text.words import Words


def rows_text(rows: Sequence[Sequence[str]], indent: str = "  ") -> list[str]:
    """Rows as aligned columns."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))] if rows else []
    return [
        indent + "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]


def markdown(text: str) -> str:
    """Text of a user in a Markdown report: it is shown as it was written, and ends no cell."""
    return _MARKS.sub(r"\\\g<0>", text)


_MARKS = re.compile(
    r"[\\`*|$]|~(?=~)|<(?=[A-Za-z/!?])|&(?=#?\w+;)|\[(?=[^\]]*\][(\[])|(?<!\w)_|_(?!\w)|^(?:[#+-]|\d+(?=[.)]))"
)
"""What Markdown takes for more than the sign itself."""


def level_text(observation: Observation) -> str:
    """A measured level with its unit; below quantification as less than the limit."""
    return f"{'<' if observation.below else ''}{observation.value:.4g} {observation.unit}"


def day_text(scenario: Scenario, time: float, words: Words) -> str:
    """A time [h] as a day, with its date where the run has a calendar."""
    date = scenario.date(time)
    day = f"{time / 24:.0f}" if time % 24 < 1e-6 or time > 240 else words.written(round(time / 24, 1))
    if date is None:
        return words.say("day.plain", day=day)
    weekday = words.sentences["day.weekdays"].split()[date.weekday()]
    month = words.sentences["day.months"].split()[date.month - 1]
    return words.say("day.dated", day=day, weekday=weekday, date=str(date.day), month=month)


def protocol_lines(protocols: Sequence[Protocol]) -> Iterator[str]:
    """What protocols are, a line each."""
    for protocol in protocols:
        if protocol.condition is None:
            yield f"{protocol.drug}: {protocol.then} on {protocol.when}"
            continue
        first, last = protocol.checks[0] / 24, protocol.checks[-1] / 24
        several = f"{len(protocol.checks)} checks from day {first:.4g} to {last:.4g}"
        checks = several if len(protocol.checks) > 1 else f"checked on day {first:.4g}"
        yield f"{protocol.drug}: {protocol.then} if {protocol.when}, {checks}"
