"""Columns that say how sure a concentration is: the subjects behind a mean, and the SD among them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pkinteract.fitting.inputs.schema import MethodTable, ResidualTable
from pkinteract.text.toml_lines import Key
from pkinteract.units import UNITS

RefuseCell = Callable[[str, str], None]
"""Reports a problem of a line: column and message."""

_KINDS = ("n", "sd", "gsd")


@dataclass(frozen=True, slots=True, kw_only=True)
class PrecisionColumns:
    """What stands beside a column of concentrations.

    Attributes
    ----------
    count, sd
        Places of the number of subjects and of their SD; None where there is no column.
    factor
        What makes the SD the unit of the concentrations; None for a geometric SD, which is a factor.
    """

    count: int | None = None
    sd: int | None = None
    factor: float | None = None

    def read(self, names: Sequence[str], cells: Sequence[str], refuse: RefuseCell) -> MeasurementPrecision | None:
        """The numbers of one line; reports those that are wrong."""
        count = 1.0 if self.count is None else _number(cells[self.count])
        wrong = count is None or count < 1 or count != int(count)
        if self.count is not None and wrong:
            refuse(names[self.count], f'must be a number of subjects such as 6, got "{cells[self.count]}"')
        if self.sd is None:
            return None if wrong or count is None else MeasurementPrecision(count=count)
        sd, least = _number(cells[self.sd]), 1 if self.factor is None else 0
        if sd is None or sd <= least:
            refuse(names[self.sd], f'must be a number above {least}, got "{cells[self.sd]}"')
            return None
        sd = math.log(sd) if self.factor is None else sd * self.factor
        return (
            None if wrong or count is None else MeasurementPrecision(count=count, sd=sd, geometric=self.factor is None)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasurementPrecision:
    """How sure one concentration is: subjects behind it, their SD in its unit or, if geometric, of its logarithm."""

    count: float = 1.0
    sd: float | None = None
    geometric: bool = False

    def width(self, value: float, *, log: bool) -> float | None:
        """SD of a mean ``value``, or of its logarithm; None where the data give none.

        An SD of concentrations becomes one of logarithms as in a log-normal distribution, √ln(1 + (SD/mean)²).
        """
        if self.sd is None:
            return None
        sd = math.sqrt(math.log1p((self.sd / value) ** 2)) if log and not self.geometric and value else self.sd
        return sd / math.sqrt(self.count)


def is_weight(name: str) -> bool:
    """Whether a column is named like one of ours."""
    return _kind(name) is not None


def _kind(name: str) -> tuple[str, str] | None:
    """Kind of a column of ours, and what its name says beyond that."""
    kind, _, rest = name.partition("_")
    return (kind, rest) if kind in _KINDS and (rest or kind != "sd") else None


def precision_columns(
    names: Sequence[str],
    columns: Mapping[str, str],
    suffixes: Mapping[str, str],
    refuse: RefuseCell,
    *,
    weights: str,
    log: bool,
) -> dict[str, PrecisionColumns]:
    """What stands beside every column of concentrations; reports what is missing or belongs to none.

    Parameters
    ----------
    names
        All columns of the file.
    columns
        Name of a column of concentrations without its unit, to its unit.
    suffixes
        End of a column's name to its unit.
    weights
        "n" or "sd".
    log
        Whether the residuals are those of logarithms.
    """
    places: dict[tuple[str, str], int] = {}
    factors: dict[str, float] = {}
    for place, name in enumerate(names):
        if (kind_and_rest := _kind(name)) is None:
            continue
        kind, rest = kind_and_rest
        unit = None
        if kind == "sd":
            end = next((end for end in suffixes if rest == end or rest.endswith(f"_{end}")), None)
            if end is None:
                refuse(name, "names no unit that is known; write for example sd_mg_per_L")
                continue
            unit, rest = suffixes[end], rest[: -len(end)].rstrip("_")
        for owner in [rest] if rest else list(columns):
            if owner not in columns:
                refuse(name, f"belongs to no column of concentrations; known are {', '.join(columns)}")
            elif kind == "gsd" and weights == "sd" and not log:
                refuse(name, f'is a factor, which goes with model = "log"; write sd_{_end(columns[owner])}')
            elif kind != "n" and ("spread", owner) in places:
                refuse(name, f"is a second SD of {owner}; keep one of them")
            elif unit is not None and UNITS[unit][0] != UNITS[columns[owner]][0]:
                refuse(name, f"is in {unit} where the concentrations are in {columns[owner]}; write both alike")
            else:
                places["n" if kind == "n" else "spread", owner] = place
                if unit is not None:
                    factors[owner] = UNITS[unit][1] / UNITS[columns[owner]][1]
    for owner, unit in columns.items():
        if weights == "n" and ("n", owner) not in places:
            refuse("n", f'is missing; weights = "n" needs the number of subjects behind every {_what(owner)}')
        if weights == "sd" and ("spread", owner) not in places and not any(_of_spread(name) for name in names):
            text = f'is missing; weights = "sd" needs the SD of every {_what(owner)}, or gsd, a factor'
            refuse(f"sd_{_end(unit)}", text)
    return {
        owner: PrecisionColumns(
            count=places.get(("n", owner)),
            sd=places.get(("spread", owner)) if weights == "sd" else None,
            factor=factors.get(owner),
        )
        for owner in columns
    }


def _what(owner: str) -> str:
    return "concentration" if owner == "conc" else owner


def _end(unit: str) -> str:
    return unit.replace("/", "_per_")


def _of_spread(name: str) -> bool:
    kind_and_rest = _kind(name)
    return kind_and_rest is not None and kind_and_rest[0] != "n"


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def residual_problems(residual: ResidualTable, method: MethodTable | None, refuse: Callable[[Key, str], None]) -> None:
    """What ``weights`` and ``below`` do not go with."""
    if residual.weights == "sd":
        for name in ("additive", "proportional"):
            if getattr(residual, name) is not None:
                refuse(("residual", name), 'does not go with weights = "sd", the data give the SDs; leave it out')
        if residual.model not in ("additive", "log"):
            refuse(("residual", "weights"), f'"sd" goes with model = "additive" or "log", not "{residual.model}"')
    if residual.below == "likelihood" and method is not None and method.loss != "linear":
        refuse(("residual", "below"), '"likelihood" goes with loss = "linear" only')
