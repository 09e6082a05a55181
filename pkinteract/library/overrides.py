"""Values of a monograph, or of the enzymes, replaced by dotted path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from pkinteract.errors import did_you_mean
from pkinteract.library.checks import monograph_problems
from pkinteract.library.schema.absorption import InputShape
from pkinteract.library.schema.enzyme import Enzyme
from pkinteract.library.schema.monograph import Monograph, label, values
from pkinteract.library.schema.values import Value

Steps = tuple[str | int, ...]
"""Attributes, keys and positions that lead to a value."""


class IncoherentError(ValueError):
    """Every value is right by itself, but together they contradict each other; another override could mend it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where an override lands: the container and the key in it."""

    container: Any
    key: Any


OVERRIDE = "override in the scenario"
"""What a value says of where it is from."""


def apply_overrides(monograph: Monograph, overrides: Mapping[str, str], note: str = OVERRIDE) -> Monograph:
    """Replace values of a monograph by dotted path.

    Parameters
    ----------
    monograph
        The monograph to start from; it is left as it is.
    overrides
        Dotted path (``"elimination.clearance"``, ``"elimination.pathway.epoxidation.fraction"``) to quantity text.
    note
        Where the new values are from.

    Raises
    ------
    ValueError
        When a path names no value, or the result is no longer a valid monograph.
    IncoherentError
        When the tables of the result contradict each other; a ValueError too.
    """
    data = monograph.model_dump(by_alias=True, exclude_defaults=True)
    known = [path for path, _ in monograph.values()]
    for path, text in overrides.items():
        place = _find(data, path)
        if place is None or not (path in known or is_left_out(monograph, path)):
            close = did_you_mean(path, known, f"its values are {', '.join(known)}")
            raise ValueError(f"{path} is not a value of {monograph.id}; {close}")
        quantity = Value.model_validate(text).model_dump(exclude_none=True)
        old = place.container[place.key] if path in known else {}
        kept = {key: old[key] for key in ("basis",) if key in old}
        place.container[place.key] = {**quantity, "note": note, **kept}
    changed = type(monograph).model_validate(data)
    contradictions = [message for _, message in monograph_problems(data)]
    if contradictions:
        raise IncoherentError("; ".join(contradictions))
    return changed


def override_enzymes(enzymes: Mapping[str, Enzyme], overrides: Mapping[str, str]) -> dict[str, Enzyme]:
    """Replace values of enzymes by dotted path, such as ``"CYP3A4.liver.half_life"``, to quantity text.

    Raises
    ------
    ValueError
        When a path names no value, or a value does not fit it.
    """
    changed = dict(enzymes)
    known = [path for path, _ in values(enzymes)]
    for path, text in overrides.items():
        if path not in known:
            raise ValueError(f"{path} is not a value of the enzymes; {did_you_mean(path, known)}")
        name, rest = path.split(".", 1)
        data = changed[name].model_dump(exclude_defaults=True)
        place = _find(data, rest)
        if place is not None:
            quantity = Value.model_validate(text).model_dump(exclude_none=True)
            place.container[place.key] = {**quantity, "note": OVERRIDE}
        changed[name] = Enzyme.model_validate(data)
    return changed


def _find(data: Any, path: str) -> _Place | None:
    *steps, last = path.split(".")
    node = data
    for step in steps:
        if isinstance(node, (list, tuple)):
            node = next((entry for i, entry in enumerate(node) if label(entry, i) == step), None)
        else:
            node = node.get(step) if isinstance(node, dict) else None
        if node is None:
            return None
    return _Place(container=node, key=last) if isinstance(node, dict) else None


OPTIONAL = ("lag", "bioavailability", "ka", "zero_order")
"""Values of a formulation that may be set where a monograph leaves them out."""


def is_left_out(monograph: Monograph, path: str) -> bool:
    """Whether ``path`` is a value of a formulation that the monograph leaves out, and that may be set."""
    head, _, last = path.rpartition(".")
    name, _, inner = head.removeprefix("absorption.").partition(".")
    if not head.startswith("absorption.") or name not in monograph.absorption:
        return False
    return last in OPTIONAL and (not inner or inner.startswith("part."))


def steps_of(root: object) -> dict[str, Steps]:
    """How every dotted path of a monograph, or of the enzymes, is reached; values that may be left out included."""
    return dict(_walk(root, "", ()))


def _walk(node: object, path: str, steps: Steps) -> Iterator[tuple[str, Steps]]:
    children: list[tuple[str, str | int, object]] = []
    if isinstance(node, Value):
        yield path, steps
    elif isinstance(node, BaseModel):
        children = [(field.alias or name, name, getattr(node, name)) for name, field in type(node).model_fields.items()]
    elif isinstance(node, Mapping):
        children = [(key, key, child) for key, child in node.items()]
    elif isinstance(node, tuple) and node and isinstance(node[0], BaseModel):
        children = [(label(child, i), i, child) for i, child in enumerate(node)]
    for name, step, child in children:
        if child is None and isinstance(node, InputShape) and name in OPTIONAL:
            yield f"{path}.{name}", (*steps, step)
        yield from _walk(child, f"{path}.{name}".lstrip("."), (*steps, step))


def with_value(node: Any, steps: Steps, number: float, unit: str) -> Any:
    """A copy of ``node`` whose value at ``steps`` is ``number`` in ``unit``."""
    if node is None:
        return Value(value=number, unit=unit, kind="assumed", note="parameter of a fit")
    if not steps:
        return node.model_copy(update={"value": number, "unit": unit})
    first, *rest = steps
    if isinstance(node, BaseModel):
        name = str(first)
        return node.model_copy(update={name: with_value(getattr(node, name), tuple(rest), number, unit)})
    inner = with_value(node[first], tuple(rest), number, unit)
    if isinstance(node, tuple):
        return tuple(inner if i == first else child for i, child in enumerate(node))
    return {**node, first: inner}
