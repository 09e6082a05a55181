"""The days to draw a level as a calendar (RFC 5545), which every calendar program opens.

Times are those of a clock on the wall, as in the scenario; nothing in it is about the patient. The stamp that the
standard asks of every entry is the start of the scenario, so that the same scenario gives the same file.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from pkinteract import __version__
from pkinteract.analysis import Answer
from pkinteract.analysis.sampling import Sample, hours_after
from pkinteract.analytes import name_of
from pkinteract.text.record import checksum
from pkinteract.text.words import Words

if TYPE_CHECKING:
    from pkinteract.population.statistics.people import PatientSpread

LENGTH = timedelta(minutes=15)
"""How long an entry lasts."""

LONGEST_LINE = 75
"""Longest line before it is folded [byte]."""


def write_calendar(answer: Answer, words: Words, path: Path, *, people: PatientSpread | None = None) -> None:
    """Write the samples of a dated run; of ``people`` with 5 and 95 % of their levels."""
    path.write_bytes(calendar_text(answer, words, people).encode())


def calendar_text(answer: Answer, words: Words, people: PatientSpread | None = None) -> str:
    """The calendar: one entry for every time, with all levels that are to be drawn then."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:-//pkinteract//pkinteract {__version__}//EN"]
    lines += [line for entry in _entries(answer, words, people) for line in entry]
    return "".join(f"{_folded(line)}\r\n" for line in [*lines, "END:VCALENDAR"])


def _entries(answer: Answer, words: Words, people: PatientSpread | None) -> Iterator[list[str]]:
    scenario = answer.result.scenario
    for time, group in groupby(answer.samples, lambda sample: sample.time):
        samples, start = list(group), scenario.date(time)
        if start is None or scenario.start is None:
            continue
        names = [name_of(sample.analyte.id, scenario, words.language) for sample in samples]
        told = [_told(answer, sample, name, words, people) for name, sample in zip(names, samples, strict=True)]
        own = checksum(f"{scenario.text}\n{time:.6f}".encode())[:32]
        yield [
            "BEGIN:VEVENT",
            f"UID:{own}@pkinteract",
            f"DTSTAMP:{scenario.start:%Y%m%dT%H%M%SZ}",
            f"DTSTART:{start:%Y%m%dT%H%M%S}",
            f"DTEND:{start + LENGTH:%Y%m%dT%H%M%S}",
            f"SUMMARY:{_escaped(_summary(answer, samples, names, words))}",
            f"DESCRIPTION:{_escaped('; '.join(told))}",
            "END:VEVENT",
        ]


def _summary(answer: Answer, samples: list[Sample], names: list[str], words: Words) -> str:
    """What is drawn, and when: before a dose, or the hours after one that the range of the first is of."""
    after = hours_after(answer.result.scenario, samples[0])
    if after is not None:
        return words.say("calendar.summary-after", analytes=words.listed(names), hours=after)
    return words.say("calendar.summary", analytes=words.listed(names))


def _told(answer: Answer, sample: Sample, name: str, words: Words, people: PatientSpread | None) -> str:
    """Why a level is to be drawn, and what people have then."""
    place = [analyte.id for analyte in answer.result.analytes].index(sample.analyte.id)
    band = None if people is None else people.band(place, sample.time)
    reason = f"{name}: {words.say(f'sample.{sample.why}')}"
    if band is None:
        return reason
    return f"{reason}; {words.say('calendar.people', low=band[0], high=band[1], unit=sample.analyte.unit)}"


def _escaped(text: str) -> str:
    for sign in ("\\", ";", ","):
        text = text.replace(sign, f"\\{sign}")
    return text.replace("\n", "\\n")


def _folded(line: str) -> str:
    """A line in pieces of at most ``LONGEST_LINE`` bytes, each but the first after a blank; no letter is cut in two."""
    pieces, size = [""], 0
    for letter in line:
        width = len(letter.encode())
        if size + width > LONGEST_LINE:
            pieces.append(" ")
            size = 1
        pieces[-1] += letter
        size += width
    return "\r\n".join(pieces)
