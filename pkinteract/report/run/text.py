"""What ``run`` prints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pkinteract.analysis.exposure import PRESENT, dose_folds
from pkinteract.report.cautions import cautions_told
from pkinteract.report.lines import rows_text, sentence_lines
from pkinteract.report.run.phrases import days_told
from pkinteract.text.words import Words, three_digits, written_out

if TYPE_CHECKING:
    from pkinteract.analysis import Answer
    from pkinteract.report.run.sentences import Sentence
    from pkinteract.text.csv import Table

SAME_DOSE = 1e-6
"""Relative difference of two doses that are one [1]."""

MANY = 20
"""Periods from the beginning, and to the end, that are shown at most."""

SHOWN = 6
"""Alerts that are shown at most."""


def summary_lines(
    answer: Answer,
    sentences: Sequence[Sentence],
    words: Words,
    exposure: Table,
    alerts: Table,
    pairs: Sequence[str],
    written: Sequence[Path],
) -> list[str]:
    """What ``run`` prints of one result, the answer first; ``pairs`` are the lines on what is known of its pairs."""
    result = answer.result
    names = ("analyte", "unit", "day", "average", "lowest", "ratio")
    rows: list[Sequence[str]] = [tuple(words.say(f"terminal.{name}") for name in names)]
    highest: dict[str, float] = {}
    for analyte, peak in zip(exposure["analyte"], exposure["cmax"], strict=True):
        highest[analyte] = max(highest.get(analyte, 0.0), peak)
    last = max(exposure["period"])
    for i, (analyte, fold) in enumerate(zip(exposure["analyte"], dose_folds(result), strict=True)):
        if MANY < exposure["period"][i] <= last - MANY:
            continue
        ratio = exposure["ratio_to_reference"][i]
        cells = [words.number(_level(exposure[name][i], highest[analyte])) for name in ("cavg_24h", "ctrough")]
        still = "–" if exposure["state"][i] == "settled" else words.say("terminal.moving")
        day = words.day(24 * exposure["to_day"][i])
        unit = str(exposure["unit"][i])
        rows.append((str(analyte), unit, day, *cells, _ratio(ratio, fold, words) if ratio else still))
    lines = [f"{result.scenario.name}: {result.scenario.title}", *(f"  {text}" for text in result.scenario.names)]
    lines += sentence_lines(sentences, words)
    lines.append(f"  {words.say('terminal.head')}")
    lines += rows_text(rows)
    if last > 2 * MANY:
        lines.append(f"  {words.say('terminal.periods', count=last - 2 * MANY)}")
    lines += [f"  {text}" for text in _alert_lines(alerts, words)]
    lines += [f"  {text}" for text in pairs]
    lines += [f"  {words.say('terminal.caution', text=text)}" for text in cautions_told(result.scenario, words)]
    lines += [f"  {words.say('terminal.wrote', path=path)}" for path in written]
    notes = [] if result.fit is None else [note.told(words) for note in result.fit.warnings]
    lines += [f"  {words.say('terminal.caution', text=text)}" for text in notes]
    notice = "terminal.notice" if result.fit is None else "terminal.notice-fitted"
    return [*lines, f"  {words.say(notice)}"]


def _ratio(ratio: float, fold: float | None, words: Words) -> str:
    """A ratio, and what it is per dose where the dose is ``fold`` times the one before."""
    whole = words.number(f"{ratio:.2f}")
    if fold is None or abs(fold - 1) < SAME_DOSE:
        return whole
    return words.say("terminal.per_dose", ratio=whole, per_dose=words.number(f"{ratio / fold:.2f}"))


def _level(level: float, highest: float) -> str:
    """A level to three digits; of one that is next to nothing beside the highest of the run only that it is."""
    least = PRESENT * highest
    return three_digits(level) if level == 0 or level >= least else f"<{written_out(least, 1)}"


def _alert_lines(alerts: Table, words: Words) -> Iterator[str]:
    """How many alerts there are, and the gravest of them."""
    count = len(alerts["text"])
    head = "none" if count == 0 else "alert" if count == 1 else "alerts"
    yield words.say(f"terminal.{head}", count=count)
    for i in range(min(count, SHOWN)):
        since = words.say(f"since.{alerts['since'][i]}")
        yield "  " + words.say(
            "terminal.line",
            severity=words.say(f"terminal.{alerts['severity'][i]}"),
            span=days_told("terminal.at", "terminal.span", (alerts["from_h"][i], alerts["to_h"][i]), words),
            since=words.say("terminal.since", since=since) if since else "",
            text=alerts["text"][i],
        )
    if count > SHOWN:
        yield "  " + words.say("terminal.more", count=count - SHOWN)
