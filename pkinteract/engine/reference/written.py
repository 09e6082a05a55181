"""The reference's equations written out once for a system, as straight-line Python that works out its slopes.

The equations are those of :mod:`pkinteract.engine.reference.medium`: they are run with terms that write down what is
done with them. To walk over the rows of a system at every evaluation takes several times as long as the arithmetic.
The text holds numerals and names that are made here, nothing that a user writes, and shares nothing with that of the
fast runners.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias, cast

from pkinteract.engine.layout import Layout
from pkinteract.engine.reference.medium import Row, evaluated

Slopes: TypeAlias = Callable[[Sequence[float], Sequence[float]], tuple[float, ...]]
"""From states and depots [mg or 1] and rates of release [mg/h] to slopes, per h."""

WithInputs: TypeAlias = Callable[[Sequence[float]], Slopes]
"""From inflows and infusions [mg/h], the rest of the store, to slopes."""

WithParameters: TypeAlias = Callable[[Sequence[float]], WithInputs]
"""From parameters to what takes inflows and infusions."""

_DEPTHS = ("parameters", "inputs", "states")
"""How far inside a line stands: by what it takes to work it out."""


@dataclass(eq=False, slots=True)
class _SlopesText:
    """Lines of each depth; what was worked out once from the same terms is not worked out again."""

    lines: tuple[list[str], ...]
    known: dict[tuple[object, ...], _Term]

    def term(self, operator: str, left: _Term | float, right: _Term | float) -> _Term:
        key = (operator, *(one if isinstance(one, _Term) else float(one) for one in (left, right)))
        if key not in self.known:
            depth = max(one.depth for one in (left, right) if isinstance(one, _Term))
            shown = [one.name if isinstance(one, _Term) else repr(float(one)) for one in (left, right)]
            made = _Term(self, f"t{len(self.known)}", depth)
            self.lines[depth].append(f"{made.name} = {shown[0]} {operator} {shown[1]}")
            self.known[key] = made
        return self.known[key]


class _Term:
    """A number that is not known yet."""

    __slots__ = ("depth", "name", "text")

    def __init__(self, text: _SlopesText, name: str, depth: int) -> None:
        self.text, self.name, self.depth = text, name, depth

    __hash__ = object.__hash__

    def __add__(self, other: _Term | float) -> _Term:
        return self if _is(other, 0) else self.text.term("+", self, other)

    def __radd__(self, other: float) -> _Term:
        return self if _is(other, 0) else self.text.term("+", other, self)

    def __sub__(self, other: _Term | float) -> _Term:
        return self if _is(other, 0) else self.text.term("-", self, other)

    def __rsub__(self, other: float) -> _Term:
        return self.text.term("-", other, self)

    def __mul__(self, other: _Term | float) -> _Term | float:
        return 0.0 if _is(other, 0) else self if _is(other, 1) else self.text.term("*", self, other)

    def __rmul__(self, other: float) -> _Term | float:
        return 0.0 if _is(other, 0) else self if _is(other, 1) else self.text.term("*", other, self)

    def __truediv__(self, other: _Term | float) -> _Term:
        return self if _is(other, 1) else self.text.term("/", self, other)

    def __rtruediv__(self, other: float) -> _Term | float:
        return 0.0 if _is(other, 0) else self.text.term("/", other, self)

    def __pow__(self, other: _Term | float) -> _Term:
        return self.text.term("**", self, other)

    def __eq__(self, other: object) -> _Term:  # type: ignore[override]
        return self.text.term("==", self, cast("_Term | float", other))


def _is(value: _Term | float, number: float) -> bool:
    return not isinstance(value, _Term) and value == number


def written_slopes(layout: Layout) -> WithParameters:
    """The right-hand side of a system of which every compound is stepped; parameters of another set may go with it."""
    parameters, inputs, states = range(len(_DEPTHS))
    text = _SlopesText(lines=([], [], []), known={})
    moving = layout.n_states + len(layout.depots)
    numbers = [_Term(text, f"p{n}", parameters) for n in range(len(layout.system.parameters))]
    store = [_Term(text, f"y{n}", inputs if n >= moving else states) for n in range(layout.size)]
    released = [_Term(text, f"r{n}", states) for n in range(len(layout.system.releases))]
    none: list[Row] = [0.0] * len(layout.system.compounds)
    rows, rates, constants = (cast("list[Row]", terms) for terms in (store, released, numbers))
    slopes = evaluated(layout, rows, none, rates, parameters=constants).slopes
    made = [one.name if isinstance(one, _Term) else repr(float(cast("float", one))) for one in slopes]
    lines = [
        "def with_parameters(parameters):",
        *_inside(1, _unpacked(numbers, "parameters"), text.lines[parameters]),
        "    def with_inputs(inputs):",
        *_inside(2, _unpacked(store[moving:], "inputs"), text.lines[inputs]),
        "        def slopes(states, released):",
        *_inside(3, _unpacked(store[:moving], "states"), _unpacked(released, "released"), text.lines[states]),
        f"            return ({''.join(f'{name}, ' for name in made)})",
        "        return slopes",
        "    return with_inputs",
    ]
    names: dict[str, WithParameters] = {}
    exec(compile("\n".join(lines), "<reference>", "exec"), {}, names)
    return names["with_parameters"]


def _unpacked(terms: Sequence[_Term], name: str) -> list[str]:
    return [f"({''.join(f'{term.name}, ' for term in terms)}) = {name}"] if terms else []


def _inside(depth: int, *blocks: Sequence[str]) -> list[str]:
    return [f"{'    ' * depth}{line}" for block in blocks for line in block]
