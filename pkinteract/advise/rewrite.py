"""A scenario with a schedule in it: the file as it was written, but for the courses of the advised drug."""

from __future__ import annotations

import json
import math
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any

from pkinteract.advise.types import PRESENT, Schedule, Task
from pkinteract.analysis.settled import DAY
from pkinteract.errors import InputError, Problem
from pkinteract.library import load_library
from pkinteract.scenario import Scenario
from pkinteract.scenario.file.reader import scenario_of
from pkinteract.scenario.types import TOLERANCE, Course
from pkinteract.text.toml import TomlFile
from pkinteract.text.toml_lines import Key, Lines
from pkinteract.units import parse

Table = Mapping[str, Any]


def advised_scenario(task: Task, schedule: Schedule) -> Scenario:
    """The scenario with a schedule in it, of the same patient.

    Raises
    ------
    InputError
        When the file with the schedule is none: a defect.
    """
    text = advised_text(task, schedule)
    read = scenario_of(TomlFile(path=task.scenario.path, text=text, data=tomllib.loads(text)))
    return replace(
        task.scenario,
        text=text,
        regimens=read.regimens,
        doses=read.doses,
        steady_state=read.steady_state,
        cautions=read.cautions,
        advise=None,
    )


def advised_text(task: Task, schedule: Schedule) -> str:
    """The file with a schedule in it; ``[advise]`` and the old courses of the drug are left out.

    Raises
    ------
    InputError
        When the regimen is not written as a table of its own.
    """
    scenario = task.scenario
    data = tomllib.loads(scenario.text)
    place = next(r for r, regimen in enumerate(scenario.regimens) if regimen.drug == task.drug)
    written = _written(data["regimen"], place)
    lines, text = Lines(scenario.text), scenario.text.splitlines(keepends=True)
    own = ("regimen", written)
    if own not in lines.tables:
        problem = Problem(line=lines.lines.get(own), key="regimen", message="must be written as [[regimen]] tables")
        raise InputError(scenario.path, [problem])
    old = data["regimen"][written]
    courses: list[str] = []
    for c, table in enumerate(old["course"]):
        beside = _beside(lines, (*own, "course", c), text)
        for piece in _pieces(table, scenario.regimens[place].courses[c], (place, c), task, schedule):
            same = {key: comment for key, comment in beside.items() if piece.get(key) == table.get(key)}
            courses += _course(piece, same)
    head = {key: value for key, value in old.items() if key != "course"}
    beside = _beside(lines, own, text)
    new = [f"[[regimen]]{beside.get('', '')}\n", *_pairs(head, beside), *courses, "\n"]
    gone = {*_span(lines, own, text), *_span(lines, ("advise",), text)}
    at = sum(n not in gone for n in range(1, lines.tables[own]))
    kept = [line for n, line in enumerate(text, 1) if n not in gone]
    return "".join([*kept[:at], *new, *kept[at:]]).rstrip("\n") + "\n"


def _written(regimens: Sequence[Table], place: int) -> int:
    """Where the regimen of a drug stands in the file: a racemate is one there and two in the scenario."""
    library, read = load_library(), 0
    for n, table in enumerate(regimens):
        racemate = library.racemate(table["drug"])
        read += 1 if racemate is None else len(racemate.drugs)
        if place < read:
            return n
    raise IndexError(place)


def _span(lines: Lines, own: Key, text: Sequence[str]) -> range:
    """Lines of a table and of those below it, without what is said above the next one; none where it is not there."""
    begin = lines.tables.get(own)
    if begin is None:
        return range(0)
    after = [line for key, line in lines.tables.items() if line > begin and key[: len(own)] != own]
    end = min(after, default=len(text) + 1)
    while after and text[end - 2].lstrip().startswith("#"):
        end -= 1
    return range(begin, end)


_COMMENT = re.compile(r"""(?:[^#"']|"(?:[^"\\]|\\.)*"|'[^']*')*?([ \t]*#.*)""")
"""A line of TOML with a comment behind it."""


def _beside(lines: Lines, own: Key, text: Sequence[str]) -> dict[str, str]:
    """The comment behind the line of each key of a table, and that of its header by an empty name."""
    if own not in lines.tables:
        return {}
    here = {"": lines.tables[own]} | {str(key[-1]): n for key, n in lines.lines.items() if key[:-1] == own}
    begun = [(name, _COMMENT.fullmatch(text[n - 1].rstrip())) for name, n in here.items()]
    return {name: line[1] for name, line in begun if line is not None}


def _pieces(
    table: Table, course: Course, at: tuple[int, int], task: Task, schedule: Schedule
) -> Iterator[dict[str, Any]]:
    """What a course becomes: as it was up to the first step, and one or more courses for each step."""
    scenario = task.scenario
    edges = [task.start + DAY * step.day for step in schedule]
    times = [dose.time for dose in scenario.doses if (dose.regimen, dose.course) == at]
    kept = [time for time in times if not edges or time < edges[0] - TOLERANCE]
    if len(kept) == len(times):
        yield dict(table)
        return
    if kept:
        yield _between(table, None, times[len(kept)])
    for n, step in enumerate(schedule):
        stop = edges[n + 1] if n + 1 < len(edges) else math.inf
        here = [time for time in times if edges[n] - TOLERANCE <= time < stop - TOLERANCE]
        if not here:
            continue
        later = next((time for time in times if time >= stop - TOLERANCE), course.stop)
        if step.option == PRESENT:
            yield _between(table, here[0], later)
            continue
        amounts = task.options[step.option]
        if amounts.max() <= 0:
            continue
        if amounts[0] == amounts[-1] or task.a_day == 1:
            yield _dosed(_between(table, here[0], later), float(amounts[0]))
            continue
        for first in here[: task.a_day]:
            if amounts[_slot_of(task, first)] <= 0:
                continue
            daily = {key: value for key, value in table.items() if key != "at"}
            piece = _between(daily, first, later, every=DAY)
            yield _dosed(piece, float(amounts[_slot_of(task, first)])) | {"every": "24 h"}


def _slot_of(task: Task, time: float) -> int:
    """Whether the dose at a time [h] may be the larger one of its day."""
    return int(
        next(
            slot
            for row, slot in zip(task.doses.tolist(), task.slot.tolist(), strict=True)
            if abs(task.scenario.doses[row].time - time) < TOLERANCE
        )
    )


def _between(table: Table, start: float | None, stop: float, *, every: float = 0.0) -> dict[str, Any]:
    """A course within other times [h], from where it begins if left out; of missed doses only those at an interval."""
    piece = {key: value for key, value in table.items() if key not in ("count", "until")}
    if start is not None:
        piece = {key: value for key, value in piece.items() if key != "steady_state"} | {"from": _time(start)}
    piece["until"] = _time(stop)
    if "missed" in piece:
        low = -math.inf if start is None else start
        times = [(text, parse(text, "time")) for text in piece["missed"]]
        missed = [
            text
            for text, time in times
            if low - TOLERANCE <= time < stop - TOLERANCE
            and (every == 0 or abs(math.remainder(time - low, every)) < TOLERANCE)
        ]
        piece = {key: value for key, value in piece.items() if key != "missed"} | ({"missed": missed} if missed else {})
    order = ("from", "until")
    return {key: piece[key] for key in (*order, *(key for key in piece if key not in order))}


def _dosed(piece: dict[str, Any], amount: float) -> dict[str, Any]:
    """A course with another dose [mg]."""
    text = f"{amount:g} mg"
    constant = {key: value for key, value in piece.items() if key not in ("taper_to", "step_every", "round_to")}
    if "at" in constant:
        return {**constant, "at": dict.fromkeys(constant["at"], text)}
    return {**constant, "dose": text}


def _time(hours: float) -> str:
    days = round(hours / 24, 9)
    return f"{days:g} d" if abs(24 * float(f"{days:g}") - hours) < TOLERANCE / 10 else f"{round(hours, 9)!r} h"


def _course(table: Table, beside: Mapping[str, str]) -> Iterator[str]:
    yield f"  [[regimen.course]]{beside.get('', '')}\n"
    yield from (f"  {line}" for line in _pairs(table, beside))


def _pairs(table: Table, beside: Mapping[str, str]) -> Iterator[str]:
    for key, value in table.items():
        yield f"{_key(key)} = {_value(value)}{beside.get(key, '')}\n"


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else json.dumps(key)


def _value(value: Any) -> str:
    """A value as TOML writes it."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(key)} = {_value(part)}" for key, part in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_value(part) for part in value) + "]"
    if isinstance(value, (date, datetime, time)):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False)
