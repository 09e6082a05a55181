"""The numbers of a fit as a search moves them: what is estimated, on its scale and between its bounds; what follows."""

from __future__ import annotations

import math
from collections.abc import Callable, ItemsView, Mapping
from dataclasses import dataclass, field, replace

from pkinteract.scenario.expressions import value_of

LOG = "ln__"
"""Begins the name of the logarithm of a parameter."""

Follows = Callable[[Mapping[str, float]], float]
"""From the values so far to one that follows from them."""


@dataclass(slots=True, kw_only=True)
class Number:
    """A number of its own: its value, where the search begins, its bounds, and whether it is estimated."""

    value: float
    initial: float
    min: float
    max: float
    vary: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """Numbers of their own by name, and those that follow from them, each after all that it uses."""

    own: dict[str, Number] = field(default_factory=dict)
    following: dict[str, Follows] = field(default_factory=dict)

    def add(self, name: str, value: float, *, low: float, high: float, vary: bool) -> None:
        """Add a number of its own."""
        self.own[name] = Number(value=value, initial=value, min=low, max=high, vary=vary)

    def add_by_logarithm(self, name: str, value: float, *, low: float, high: float) -> None:
        """Add a number whose logarithm is estimated."""
        self.add(LOG + name, math.log(value), low=math.log(low), high=math.log(high), vary=True)
        self.following[name] = lambda values: math.exp(values[LOG + name])

    def add_following(self, name: str, expression: str, names: Mapping[str, str]) -> None:
        """Add a number that follows from others; ``names`` says what those of the expression are called here."""
        self.following[name] = lambda values: value_of(
            expression, {known: values[here] for known, here in names.items() if here in values}
        )

    def __getitem__(self, name: str) -> Number:
        return self.own[name]

    def items(self) -> ItemsView[str, Number]:
        """Numbers of their own by name."""
        return self.own.items()

    def all_values(self) -> dict[str, float]:
        """Every value by name, between its bounds; NaN for one that follows from what it cannot."""
        values = {name: min(max(number.value, number.min), number.max) for name, number in self.own.items()}
        for name, follows in self.following.items():
            values[name] = follows(values)
        return values

    def copy(self) -> Numbers:
        """The same, to be moved by itself."""
        return replace(self, own={name: replace(number) for name, number in self.own.items()})
