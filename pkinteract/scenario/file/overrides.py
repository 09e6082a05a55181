"""Values of a scenario in place of those of the library, and which of them is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pkinteract.errors import InputError
from pkinteract.library import Enzyme
from pkinteract.library.overrides import IncoherentError, apply_overrides, override_enzymes
from pkinteract.library.schema.monograph import Monograph
from pkinteract.text.toml import read_toml
from pkinteract.text.toml_lines import Key

Wanted = dict[str, tuple[str, Key]]
"""Dotted path to the quantity's text and the key it stands under."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideValue:
    """A value of an override table and the keys that lead to it."""

    keys: tuple[str, ...]
    value: object


def fitted_tables(folder: Path, name: str, refuse: Callable[[Key, str], None]) -> dict[str, Any]:
    """The tables of the file that ``parameters`` names, by drug; none if it cannot be used."""
    try:
        tables = read_toml(folder / name).data.get("override")
    except InputError as error:
        refuse(("parameters",), f"{name}: {error.problems[0].message}")
        return {}
    if not isinstance(tables, dict):
        refuse(("parameters",), f"{name}: has no [override.<drug>] tables; name the result.toml of a fit")
        return {}
    return tables


def flat(table: object, keys: tuple[str, ...] = ()) -> Iterator[OverrideValue]:
    """The values of nested tables: unquoted dotted keys mean the same as quoted ones."""
    if isinstance(table, dict):
        for key, value in table.items():
            yield from flat(value, (*keys, key))
    else:
        yield OverrideValue(keys=keys, value=table)


def override(monograph: Monograph, values: Wanted, refuse: Callable[[Key, str], None]) -> Monograph:
    """The monograph with all its overrides at once, as fractions add up only together; reports those that are wrong."""
    try:
        return apply_overrides(monograph, {path: text for path, (text, _) in values.items()})
    except ValueError as error:
        together = error
    alone = {key: reason for path, (text, key) in values.items() if (reason := _wrong(monograph, path, text))}
    for key, reason in alone.items():
        refuse(key, reason)
    if not alone:
        *_, (_, key) = values.values()
        refuse(key if len(values) == 1 else key[:2], _reason(together))
    return monograph


def override_each(
    enzymes: Mapping[str, Enzyme], values: Wanted, refuse: Callable[[Key, str], None]
) -> Mapping[str, Enzyme]:
    """The enzymes with their overrides; reports those that are wrong."""
    for path, (text, key) in values.items():
        try:
            enzymes = override_enzymes(enzymes, {path: text})
        except ValueError as error:
            refuse(key, _reason(error))
    return enzymes


def _wrong(monograph: Monograph, path: str, text: str) -> str | None:
    """What is wrong with one override; None if nothing is, or nothing that another could not mend."""
    try:
        apply_overrides(monograph, {path: text})
    except ValidationError as error:
        if error.title == Monograph.__name__:
            return _reason(error) if len(error.errors()[0]["loc"]) > 1 else None
        examples = _examples(monograph)
        return f'must be a quantity such as "{examples.get(path, "1.5 1/h")}", got "{text}"'
    except IncoherentError:
        return None
    except ValueError as error:
        return str(error)
    return None


def _examples(monograph: Monograph) -> Mapping[str, str]:
    return {path: f"{value.value:g} {value.unit}" for path, value in monograph.values()}


def _reason(error: ValueError) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    fault = error.errors()[0]
    return str(fault.get("ctx", {}).get("error", fault["msg"]))
