"""``run.json`` read back: what a command needs to be run again from its record alone."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pkinteract.errors import InputError, Problem, did_you_mean, printable
from pkinteract.text.files import read_text, refused
from pkinteract.text.folder import RECORD, is_inside
from pkinteract.text.record import LARGEST, checksum, file_checksum

OPTIONS: Mapping[str, Mapping[str, type]] = {
    "run": {
        "levels": bool,
        "no-figure": bool,
        "language": str,
        "excel": bool,
        "format": str,
        "solver": str,
        "engagement": bool,
        "range-units": bool,
    },
    "population": {"n": int, "seed": int, "no-figure": bool, "language": str, "format": str, "profiles": bool},
    "advise": {"levels": bool, "population": int, "seed": int, "no-figure": bool, "language": str},
    "sensitivity": {"n": int, "seed": int, "no-figure": bool},
    "fit": {"patient": Path, "error": str, "no-figure": bool, "language": str},
    "events": {"drug": list},
    "qualify": {
        "perpetrator": str,
        "victim": str,
        "row": str,
        "table": Path,
        "timecourses": Path,
        "drug": list,
        "no-figure": bool,
    },
}
"""Commands whose records can be run again, and what they may ask for; where files go and who computes is not in it.

A list is of paths; a path is text, or ``{"file": name}`` of a file that the record holds.
"""

DECIDING = ("pkinteract", "library")
"""Versions without which nothing is promised; with others the last digits may differ."""

LONGEST = 255
"""Bytes that a file system takes for the name of a file at most."""

_KINDS = {
    bool: "true",
    int: "a whole number",
    str: "text",
    Path: 'text, or {"file": …} with a name of rerun.files or rerun.inputs',
    list: 'a list of texts, or of {"file": …} with names of rerun.files',
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """What a record says of a run.

    Attributes
    ----------
    name
        What the results are called.
    options
        Of the ``command``, by name, as ``OPTIONS`` has them.
    inputs
        Paths of the files that are run, as the folder of the record is to see them; none of a qualification.
    files
        All that is read: such paths, and texts.
    written
        Files that it wrote, the record itself among them, and their SHA-256.
    versions
        Of what made the numbers.
    """

    name: str
    command: str
    options: Mapping[str, object]
    inputs: tuple[str, ...]
    files: Mapping[str, str]
    written: Mapping[str, str]
    versions: Mapping[str, str]


def read_again(path: Path) -> Again:
    """Read a record for its command to be run again.

    Raises
    ------
    InputError
        When it is no record, one of a command that cannot be run again, or not what it was when it was written.
    """
    text = read_text(path, largest=LARGEST, otherwise="records are not as large as that")
    try:
        record = json.loads(text)
    except (ValueError, RecursionError):
        raise refused(path, None, "is not the run.json of a run: it cannot be read as JSON") from None
    wanted = record.get("rerun") if isinstance(record, dict) else None
    if isinstance(record, dict) and "rerun" in record and wanted is None:
        text = "cannot be run again: a search that Ctrl-C ended, or a cross-validation"
        raise refused(path, None, text) from None
    if not isinstance(wanted, dict):
        raise refused(path, None, f"has no rerun; records of {', '.join(OPTIONS)} have it") from None
    problems = list(_faults(record, wanted))
    if problems:
        raise InputError(path, [Problem(line=None, key=key, message=message) for key, message in problems])
    texts = dict(zip(wanted["inputs"], (one["text"] for one in _sources(record, wanted)), strict=True))
    return Again(
        name=record["scenario"]["name"],
        command=wanted["command"],
        options=wanted["options"],
        inputs=tuple(wanted["inputs"]),
        files={**wanted["files"], **texts},
        written={**record["files"], RECORD: file_checksum(path)},
        versions=record["versions"],
    )


def _faults(record: Mapping[str, object], wanted: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Key and what is wrong there, of all that is read from a record."""
    command, options = wanted.get("command"), wanted.get("options")
    held = {name for part in ("files", "inputs") for name in _names(wanted.get(part))}
    if not (isinstance(command, str) and command in OPTIONS):
        yield "rerun.command", f"must be one of {', '.join(OPTIONS)}"
    elif not isinstance(options, dict):
        yield "rerun.options", "must hold options by name"
    else:
        for name, value in options.items():
            kind = OPTIONS[command].get(name)
            if kind is None:
                yield f"rerun.options.{name}", f"is no option of {command}; {did_you_mean(name, OPTIONS[command])}"
            elif not _is_option(value, kind, held):
                yield f"rerun.options.{name}", f"must be {_KINDS[kind]}"
    yield from _texts("rerun.files", wanted.get("files"))
    yield from _texts("files", record.get("files"))
    yield from _outside(record.get("files"))
    yield from _texts("versions", record.get("versions"))
    head = record.get("scenario")
    if not (isinstance(head, dict) and _is_name(head.get("name"))):
        yield "scenario.name", "must be the name of a scenario"
    inputs, sources = wanted.get("inputs"), _sources(record, wanted)
    if not (isinstance(inputs, list) and all(map(_is_path, inputs))):
        yield "rerun.inputs", "must be a list of paths"
    elif len(inputs) != len(sources) or len(set(inputs)) != len(inputs):
        yield "rerun.inputs", f"must be as many paths as there are scenarios, {len(sources)}, and each another one"
    for n, source in enumerate(sources):
        key = f"scenarios[{n}]" if "scenarios" in record else "scenario"
        if not (isinstance(source, dict) and _is_text(source.get("text"))):
            yield f"{key}.text", "must be the text of the scenario"
        elif source.get("sha256") != checksum(source["text"].encode()):
            yield f"{key}.text", "is not the one that was run: its checksum is not that of sha256"


def _sources(record: Mapping[str, Any], wanted: Mapping[str, object]) -> list[Any]:
    """What a record says of the files that were run: several scenarios, one file, or none of a qualification."""
    if wanted.get("command") == "qualify":
        return []
    several = record.get("scenarios")
    return several if isinstance(several, list) and several else [record.get("scenario")]


def _names(table: object) -> Iterator[str]:
    """Names in a list or a table, whatever else stands there."""
    yield from (name for name in (table if isinstance(table, (list, dict)) else ()) if isinstance(name, str))


def _is_option(value: object, kind: type, held: Collection[str]) -> bool:
    """Whether a value is of the kind of an option; ``held`` are names of files in the record."""
    if kind is list:
        return isinstance(value, list) and value != [] and all(_is_option(one, Path, held) for one in value)
    if kind is Path and isinstance(value, dict):
        return list(value) == ["file"] and isinstance(value["file"], str) and value["file"] in held
    if kind in (Path, str):
        return _is_path(value)
    return type(value) is kind and value is not False


def _texts(key: str, table: object) -> Iterator[tuple[str, str]]:
    if not isinstance(table, dict):
        yield key, "must hold texts by name"
        return
    for name, text in table.items():
        if not (_is_text(name) and _is_text(text)):
            yield f"{key}.{name}", "must be text"


def _is_text(thing: object) -> bool:
    """Whether it is text that a file can hold: JSON also writes halves of letters."""
    return isinstance(thing, str) and thing.encode("utf-8", "replace") == thing.encode("utf-8", "surrogatepass")


def _outside(table: object) -> Iterator[tuple[str, str]]:
    """Names of results that are none of files in a folder: nothing else is looked at when they are compared."""
    for name in _names(table):
        if not (_is_path(name) and is_inside(name)) or max(map(len, name.encode().split(b"/"))) > LONGEST:
            yield f"files.{printable(name, 60)}", "must be the name of a file in the folder of results"


def _is_path(thing: object) -> bool:
    """Whether it is text that a path can hold."""
    return _is_text(thing) and "\0" not in str(thing)


def _is_name(thing: object) -> bool:
    """Whether it can be the name of a folder."""
    return _is_text(thing) and Path(str(thing)).name == thing and thing not in ("", "..") and "\0" not in str(thing)
