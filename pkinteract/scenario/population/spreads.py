"""Ages and distributions of ``[population]``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from pkinteract.library.people import reference as people
from pkinteract.scenario.population.schema import PopulationTable, SpreadTable
from pkinteract.scenario.population.types import ADULTS, GivenSpread, Shape
from pkinteract.scenario.values import READERS, creatinine_level
from pkinteract.text.toml_lines import Key
from pkinteract.units import from_canonical, parse

Report = Callable[[Key, str], None]

OLDEST = 110.0
"""Highest age that is drawn [y]."""

PERSONAL = {"sex": "female"} | {name: name for name in (*READERS, "smoker")}
"""Keys of [patient] that virtual patients draw, and what a population calls them."""


class _SpreadKind(NamedTuple):
    """How an SD is read, the shape of a distribution that names none, and examples of mean and SD."""

    dimension: str
    unit: str
    shape: Shape
    mean: str
    sd: str


_QUANTITIES: Mapping[str, _SpreadKind] = {
    "age": _SpreadKind("time", "y", "normal", "50 y", "15 y"),
    "weight": _SpreadKind("mass", "kg", "lognormal", "75 kg", "15 kg"),
    "height": _SpreadKind("length", "m", "normal", "170 cm", "9 cm"),
    "serum_creatinine": _SpreadKind("concentration", "mg/dL", "lognormal", "0.9 mg/dL", "0.2 mg/dL"),
    "creatinine_clearance": _SpreadKind("clearance", "mL/min", "lognormal", "60 mL/min", "25 mL/min"),
}


def read_ages(pair: tuple[str, str], wrong: Report) -> tuple[float, float] | None:
    """Lowest and highest age [y]; None if one of them was reported as wrong."""
    low, high = (_read("age", text, ("age", n), wrong) for n, text in enumerate(pair))
    if low is None or high is None:
        return None
    if low > high:
        wrong(("age",), f"begins above its end, {low:g} y and {high:g} y; write the lower age first")
        return None
    return _adult(low, high, wrong)


def _adult(low: float, high: float, wrong: Report) -> tuple[float, float] | None:
    if low < ADULTS[0] - 1e-9:
        text = f"the tables of weight and height begin at {ADULTS[0]:g} y"
        wrong(("age",), f'{text}, got {low:g} y; for younger people name a table of them, patients = "ward.csv"')
    elif high > OLDEST:
        wrong(("age",), f"must not go beyond {OLDEST:g} y, got {high:g} y")
    else:
        return low, high
    return None


def read_spreads(
    table: PopulationTable, columns: Iterable[str], ages: tuple[float, float], wrong: Report
) -> dict[str, GivenSpread]:
    """Distributions that stand in place of the reference people's.

    Parameters
    ----------
    columns
        What the table of patients has.
    ages
        Bounds of an age that names none [y].
    """
    known = {*columns, *({"age", "weight", "women"} if table.patients is not None else ())}
    bounds = {**people.bounds(), "age": ages, "serum_creatinine": (0.1, 30.0)}
    spreads = {}
    for name in READERS:
        entry = getattr(table, name)
        if entry is not None and name in known:
            wrong((name,), f"stands in {table.patients} too; remove one of them")
        elif isinstance(entry, SpreadTable):
            spread = _spread(name, entry, bounds[name], wrong)
            if spread is not None and (name != "age" or _adult(spread.low, spread.high, wrong)):
                spreads[name] = spread
    if table.serum_creatinine is not None and table.creatinine_clearance is not None:
        wrong(("creatinine_clearance",), "give creatinine_clearance or serum_creatinine, not both")
    for name, column in (("women", "women"), ("smokers", "smoker")):
        if getattr(table, name) is not None and column in known:
            wrong((name,), f"stands in {table.patients} too; remove one of them")
    return spreads


def _spread(name: str, table: SpreadTable, bounds: tuple[float, float], wrong: Report) -> GivenSpread | None:
    quantity = _QUANTITIES[name]
    shape = table.shape or quantity.shape
    good = True

    def refuse(key: str, text: str) -> None:
        nonlocal good
        good = False
        wrong((name, key) if key else (name,), text)

    needed = {"from": table.since, "until": table.until} if shape == "uniform" else {"mean": table.mean, "sd": table.sd}
    for key, given in needed.items():
        if given is None:
            example = quantity.sd if key == "sd" else quantity.mean
            refuse(key, f'is required with shape = "{shape}"; write for example {key} = "{example}"')
    for key, given in {"mean": table.mean, "sd": table.sd}.items():
        if shape == "uniform" and given is not None:
            refuse(key, 'does not go with shape = "uniform"; remove it')
    numbers = {
        key: None if text is None else _read(name, text, (name, key), wrong)
        for key, text in (("mean", table.mean), ("from", table.since), ("until", table.until))
    }
    good &= all(numbers[key] is not None for key, text in _texts(table) if text is not None)
    sd = None if table.sd is None else _sd(name, table.sd, refuse)
    low = bounds[0] if numbers["from"] is None else numbers["from"]
    high = bounds[1] if numbers["until"] is None else numbers["until"]
    mean = numbers["mean"]
    if good and low >= high:
        refuse("until", f"must lie above from; from {low:g} to {high:g} {quantity.unit} nothing is left")
    elif good and mean is not None and not low < mean < high:
        refuse("mean", f"must lie within {low:g} and {high:g} {quantity.unit}; write from and until to move these")
    if not good:
        return None
    least = 1e-6 * (mean or 0.0) if shape == "lognormal" else low
    return GivenSpread(shape=shape, mean=mean or 0.0, sd=sd or 0.0, low=max(low, least), high=high)


def _texts(table: SpreadTable) -> tuple[tuple[str, str | None], ...]:
    return ("mean", table.mean), ("from", table.since), ("until", table.until)


def _read(name: str, text: str, key: Key, wrong: Report) -> float | None:
    try:
        return READERS[name](text)
    except ValueError as error:
        wrong(key, str(error))
        return None


def _sd(name: str, text: str, refuse: Callable[[str, str], None]) -> float | None:
    quantity = _QUANTITIES[name]
    try:
        if name == "serum_creatinine":
            sd = creatinine_level(text)
        else:
            sd = from_canonical(parse(text, quantity.dimension, example=quantity.sd), quantity.unit)
    except ValueError as error:
        refuse("sd", str(error))
        return None
    if sd <= 0:
        refuse("sd", f'must be above 0, got "{text}"')
    return sd
