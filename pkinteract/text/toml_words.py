"""What pydantic finds in the data of a TOML file, in our words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, get_args

from pkinteract.errors import Problem, printable
from pkinteract.text.toml import TomlFile
from pkinteract.text.toml_lines import Key

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError

_Members = dict[str | None, list[tuple[Key, Any]]]


def problems(error: ValidationError, file: TomlFile, model: type[BaseModel], prefix: Key = ()) -> list[Problem]:
    """What pydantic found when it validated the data at ``prefix`` as a ``model``, in our words and with lines."""
    by_path: dict[Key, Problem] = {}
    groups: dict[tuple[Key, int], _Members] = {}
    data: Any = file.data
    for part in prefix:
        data = data[part]
    for n, fault in enumerate(error.errors(include_url=False)):
        inner, union, member = _keys(fault, data)
        members = groups.setdefault((union, n if member is None else -1), {})
        members.setdefault(member, []).append((inner, fault))
    for (at, _), members in groups.items():
        for inner, message in _least_faults(at, members, model, prefix):
            path = (*prefix, *inner)
            name = printable(file.name(path), 80)
            by_path.setdefault(path, Problem(line=file.line(path), key=name, message=message))
    return list(by_path.values())


def _keys(fault: Any, data: Any) -> tuple[Key, Key, str | None]:
    """Key path of a finding; if it is about one member of a union, also the path of the union and the member."""
    path: Key = ()
    union: Key = ()
    member = None
    for n, part in enumerate(fault["loc"]):
        last = n == len(fault["loc"]) - 1
        if isinstance(part, int):
            known, named = isinstance(data, list) and part < len(data), isinstance(data, list)
        else:
            known = isinstance(data, dict) and part in data and not (last and fault["input"] is data)
            named = known or (isinstance(data, dict) and last and fault["type"] == "missing")
        if named:
            path, data = (*path, part), data[part] if known else None
        elif member is None and part != "[key]":
            union, member = path, str(part)
    return path, union, member


def _least_faults(at: Key, members: _Members, model: type[BaseModel], prefix: Key) -> list[tuple[Key, str]]:
    """One voice for a union: of the members that the value has the shape of, the one with the fewest problems."""
    shaped = {
        name: not any(key == at and _expected_kind(fault) for key, fault in faults) for name, faults in members.items()
    }
    fitting = [faults for name, faults in members.items() if name is None or shaped[name]]
    if not fitting:
        wanted = list(
            dict.fromkeys(
                _expected_kind(fault) for faults in members.values() for _, fault in faults if _expected_kind(fault)
            )
        )
        if _REAL in wanted and _WHOLE in wanted:
            wanted.remove(_WHOLE)
        given = next(iter(members.values()))[0][1]["input"]
        return [(at, f"must be {' or '.join(wanted)}, got {_short(given)}")]
    tags = [(key, fault) for faults in fitting for key, fault in faults if fault["type"] == "literal_error"]
    if len(tags) == len(fitting) > 1 and len({key for key, _ in tags}) == 1:
        expected = " or ".join(dict.fromkeys(fault["ctx"]["expected"] for _, fault in tags))
        return [(tags[0][0], _not_one_of(tags[0][1]["input"], expected))]
    return [(key, _message(fault, model, key, prefix)) for key, fault in min(fitting, key=len)]


_TEXT, _WHOLE, _REAL = "text in quotes", "a whole number", "a number"
_KINDS = dict.fromkeys(("dict", "mapping", "model", "dataclass"), "a table") | dict.fromkeys(
    ("list", "tuple"), "a list"
)
_OPENING = {_TEXT: '"', "a list": "[", "a table": "{"}
_KINDS |= {"string": _TEXT, "bool": "true or false", "int": _WHOLE, "float": _REAL}
_KINDS |= {
    "datetime": "a date and time without quotes such as 2026-01-05T08:00:00",
    "date": "a date without quotes such as 2026-01-05",
    "time": "a time of day without quotes such as 08:00:00",
}
_BOUNDS = {"greater_than": "above", "greater_than_equal": "at least", "multiple_of": "a multiple of"}
_BOUNDS |= {"less_than": "below", "less_than_equal": "at most"}


def _expected_kind(fault: Any) -> str:
    """What the value should have been when it is of the wrong type, else an empty string."""
    head, _, rest = fault["type"].partition("_")
    wrong = rest in ("type", "parsing", "from_float", "attributes_type") or rest.startswith("from_date")
    return _KINDS.get(head, "") if wrong else ""


def _message(fault: Any, model: type[BaseModel], path: Key, prefix: Key = ()) -> str:
    kind, given, context = fault["type"], fault["input"], fault.get("ctx", {})
    got = f", got {_short(given)}"
    field = _fields(model, path[:-1]).get(str(path[-1])) if path else None
    example = str(field.examples[0]) if field is not None and field.examples else ""
    such = f" such as {example}" if example else ""
    if kind == "extra_forbidden":
        return _unknown(str(path[-1]), _fields(model, path[:-1]))
    if kind == "missing":
        return "is required" + (f"; write for example {path[-1]} = {example}" if example else "")
    if kind in ("value_error", "assertion_error"):
        return str(context.get("error", fault["msg"]))
    if kind in ("literal_error", "enum"):
        return _not_one_of(given, context["expected"])
    if wanted := _expected_kind(fault):
        if wanted == "a list" and isinstance(given, dict):
            header = ".".join(part for part in (*prefix, *path) if isinstance(part, str))
            return f"must be a list{got}; write [[{header}]] with two brackets"
        return f"must be {wanted}{such if example[:1] == _OPENING.get(wanted) else ''}{got}"
    if kind in _BOUNDS:
        return f"must be {_BOUNDS[kind]} {_short(next(iter(context.values())))}{got}"
    if kind == "finite_number":
        return f"must be finite{got}"
    if kind in ("too_short", "too_long", "string_too_short", "string_too_long"):
        size = context.get("min_length", context.get("max_length"))
        bound = f"must have {'at least' if kind.endswith('short') else 'at most'} {size}"
        if kind.startswith("string"):
            return f"{bound} character{'s' if size != 1 else ''}{got}"
        return f"{bound} {'entry' if size == 1 else 'entries'}{such}, got {len(given)}"
    wrong = "is not written as it should be" if kind == "string_pattern_mismatch" else "is not allowed here"
    return f"{wrong}{got}" + (f"; write for example {example}" if example else "")


def _not_one_of(given: object, expected: str) -> str:
    options = re.sub(r"'([^']*)'", r'"\1"', expected)
    return (
        f"{_short(given)} is not one of {options}" if " or " in options else f"must be {options}, got {_short(given)}"
    )


def _unknown(key: str, fields: Mapping[str, Any]) -> str:
    folded = {name.lower(): name for name in fields}
    close = get_close_matches(key.lower(), folded, n=1, cutoff=0.6)
    hint = f"did you mean {folded[close[0]]}?" if close else f"known keys are {', '.join(fields)}"
    return f"{printable(key, 60)} is not a known key; {hint}"


def _fields(model: type[BaseModel], path: Key) -> dict[str, Any]:
    """Fields of the models that describe the table at ``path``, by the key written in the file."""
    current: list[Any] = [model]
    for part in path:
        fields = _named(current)
        if isinstance(part, str) and part in fields:
            current = _models_in(fields[part].annotation)
    return _named(current)


def _named(models: Sequence[Any]) -> dict[str, Any]:
    return {field.alias or name: field for model in models for name, field in model.model_fields.items()}


def _models_in(annotation: Any) -> list[Any]:
    """The models inside an annotation such as ``tuple[Course, ...]`` or ``dict[str, Value] | None``."""
    if hasattr(annotation, "model_fields"):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models_in(part)]


def _short(given: object) -> str:
    if isinstance(given, bool):
        return str(given).lower()
    if isinstance(given, (dict, list, tuple)):
        return "a table" if isinstance(given, dict) else "a list"
    if isinstance(given, str):
        return f'"{printable(given, 60)}"'
    if isinstance(given, float):
        return f"{given:.15g}"
    return printable(given.isoformat() if hasattr(given, "isoformat") else str(given), 60)
