"""What every table of a scenario is made of: strict pydantic models, and quantities converted on the way in."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationInfo

from pkinteract.errors import did_you_mean, printable
from pkinteract.units import from_canonical, parse, split

CREATININE_MOLAR_MASS = 113.12
"""Molar mass of creatinine, C4H7N3O [g/mol]."""


class StrictTable(BaseModel):
    """A strict, frozen table of the file."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False, defer_build=True)


def text_of(value: object, example: str) -> str:
    """A value that must be text, such as ``example``.

    Raises
    ------
    ValueError
        When it is none; the message says what to write.
    """
    if not isinstance(value, str):
        shown = str(value).lower() if isinstance(value, bool) else value
        kind = "a table" if isinstance(value, dict) else "a list" if isinstance(value, list) else shown
        raise ValueError(f'must be text in quotes such as "{example}", got {kind}')
    return value


def reader(
    dimension: str, example: str, low: str, high: str, unit: str, *, above: bool = False
) -> Callable[[object], float]:
    """What reads a quantity in ``unit``, from ``low`` to ``high`` (or above ``low``).

    Parameters
    ----------
    dimension, example
        What it may be, and what to suggest when it is something else.
    low, high
        Ends of what is allowed, as quantities such as "70 kg".

    Returns
    -------
    callable
        From a value of a file to a number in ``unit``; raises ValueError, whose message says what to write.

    Raises
    ------
    ValueError
        When one of the ends is no such quantity.
    """
    bounds = [from_canonical(parse(bound, dimension), unit) for bound in (low, high)]
    span = f"between {low} and {high}"

    def read(value: object) -> float:
        if dimension == "time" and is_date(value):
            raise ValueError(f'must be a length of time such as "{example}", got the date {_shown_date(value)}')
        text = text_of(value, example)
        number = from_canonical(parse(text, dimension, example=example), unit)
        if above and number <= bounds[0]:
            raise ValueError(f'must be above {low}, got "{text}"')
        if not bounds[0] * (1 - 1e-12) <= number <= bounds[1]:
            raise ValueError(f'must lie {span}, got "{text}"')
        return number

    return read


def quantity(dimension: str, example: str, low: str, high: str, unit: str, *, above: bool = False) -> BeforeValidator:
    """What reads a quantity as :func:`reader` does, for a field of a table."""
    return BeforeValidator(reader(dimension, example, low, high, unit, above=above))


_DATE = re.compile(r"\s*([0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9].*)?|[0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{2,4}\b.*)")
"""A date that begins with the year, or any other."""


def point_in_time(example: str) -> Callable[[object, ValidationInfo], float]:
    """What reads a time that counts from the start of the run [h]; of a date it says which time that is.

    The context of the validation may have the start as :func:`dated_from` gives it.
    """
    read = reader("time", example, "-50 y", "50 y", "h")
    return lambda value, info: read(_no_date(value, example, info))


def dated_from(data: Mapping[str, Any]) -> dict[str, datetime]:
    """The context in which times of a file's ``data`` are read: the start of the run, where it is dated."""
    simulation = data.get("simulation")
    start = simulation.get("start") if isinstance(simulation, dict) else None
    return {"start": start} if isinstance(start, datetime) else {}


def _no_date(value: object, example: str, info: ValidationInfo) -> object:
    """The value, where it is no date.

    Raises
    ------
    ValueError
        When it is one; the message says which time it is, where the run is dated and it can be read.
    """
    if not is_date(value):
        return value
    told = f"{_shown_date(value)} is a date, and times count from the start of the run (t = 0)"
    start = (info.context or {}).get("start")
    moment = _moment(value, start)
    if moment is None or start is None:
        raise ValueError(f'{told}; write for example "{example}"')
    days = f"{(moment - start) / timedelta(days=1):.4f}".rstrip("0").rstrip(".")
    raise ValueError(f'{told}, {start:%Y-%m-%d %H:%M}; write "{days} d" for {moment:%Y-%m-%d %H:%M}')


def _moment(value: object, start: datetime | None) -> datetime | None:
    """A date as a moment, at the clock time of the start where it has none; None where it cannot be told."""
    try:
        moment = value if isinstance(value, date) else datetime.fromisoformat(str(value).strip())
        dated = isinstance(moment, datetime) and (isinstance(value, date) or ":" in str(value))
        if start is None:
            return None
        moment = moment if dated else datetime.combine(moment, start.time(), start.tzinfo)
        return moment if isinstance(moment, datetime) and (moment.tzinfo is None) == (start.tzinfo is None) else None
    except ValueError:
        return None


def is_date(value: object) -> bool:
    """Whether a value is a date, or text that is written as one."""
    return isinstance(value, date) or (isinstance(value, str) and _DATE.fullmatch(value) is not None)


def _shown_date(value: object) -> str:
    return f'"{printable(value, 60)}"' if isinstance(value, str) else str(value)


_SHORTEST_ALLELE = 4
"""Letters and digits that the end of an allele's name must have to stand for it."""


def one_of(words: Sequence[str]) -> BeforeValidator:
    """What reads one word of a closed list, for a field of a table; of another it says which one is meant."""

    def read(value: object) -> str:
        word = text_of(value, words[0])
        if word not in words:
            raise ValueError(f'"{printable(word, 60)}" is not known here; {did_you_mean(word, words)}')
        return word

    return BeforeValidator(read)


def one_allele(known: Sequence[str]) -> BeforeValidator:
    """What reads one allele of a closed list; of another spelling it says which one is meant, never another allele."""

    def read(value: object) -> str:
        word = text_of(value, known[0])
        if word in known:
            return word
        bare = _bare(word)
        same = [name for name in known if len(bare) >= _SHORTEST_ALLELE and _bare(name).endswith(bare)]
        hint = f"did you mean {' or '.join(same)}?" if same else f"known are {', '.join(known)}"
        raise ValueError(f'"{printable(word, 60)}" is not known here; {hint}')

    return BeforeValidator(read)


def _bare(word: str) -> str:
    """Letters and digits of a name alone, in lower case."""
    return "".join(sign for sign in word.lower() if sign.isalnum())


def creatinine_level(text: str) -> float:
    """A level of creatinine, mass or molar [mg/dL].

    Raises
    ------
    ValueError
        When it is no such quantity; the message says what to write.
    """
    unit = split(text)[1]
    amount = parse(text, "concentration", "molar concentration", example="0.8 mg/dL")
    return amount * CREATININE_MOLAR_MASS / 1e4 if unit[-1] == "M" or "mol" in unit else amount / 10


def creatinine(value: object) -> float:
    """Serum creatinine [mg/dL].

    Raises
    ------
    ValueError
        When it is no such quantity or not between 0.1 and 30 mg/dL; the message says what to write.
    """
    text = text_of(value, "0.8 mg/dL")
    level = creatinine_level(text)
    if not 0.1 <= level <= 30:
        raise ValueError(f'must lie between 0.1 and 30 mg/dL (9 and 2650 umol/L), got "{text}"')
    return level


def number_of(value: object, example: str) -> float:
    """A fraction or factor, with or without a unit [1].

    Raises
    ------
    ValueError
        When it is neither; the message says what to write.
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    return parse(text_of(value, example), "fraction")


def share_of(value: object) -> float:
    """A share from 0 to 1, with or without a unit [1].

    Raises
    ------
    ValueError
        When it is no number or outside; the message says what to write.
    """
    number = number_of(value, "80 %")
    if not 0 <= number <= 1:
        raise ValueError(f'must lie between 0 and 1, got {value}; write for example 0.8 or "80 %"')
    return number


INDEXED = re.compile(r"(.*[^\s/])\s*/\s*1[.]73\s*m(?:2|\^2|²)\s*")
"""A filtration rate that is indexed to the body's surface: the rate, then the surface."""


def indexed_rate(value: object) -> float:
    """A filtration rate per 1.73 m2 of body surface [mL/min].

    Raises
    ------
    ValueError
        When it is no such quantity, or not between 1 and 200 mL/min/1.73m2; the message says what to write.
    """
    text = text_of(value, "60 mL/min/1.73m2")
    indexed = INDEXED.fullmatch(text)
    if indexed is None:
        how = 'must be per 1.73 m2, such as "60 mL/min/1.73m2"; a rate of the body itself is a creatinine_clearance'
        raise ValueError(f'{how}, got "{text}"')
    rate = from_canonical(parse(indexed.group(1), "clearance", example="60 mL/min/1.73m2"), "mL/min")
    if not 1 <= rate <= 200:
        raise ValueError(f'must lie between 1 and 200 mL/min/1.73m2, got "{text}"')
    return rate


Share = Annotated[float, BeforeValidator(share_of)]
READERS: dict[str, Callable[[object], float]] = {
    "age": reader("time", "45 y", "0 y", "120 y", "y"),
    "weight": reader("mass", "70 kg", "0.5 kg", "400 kg", "kg"),
    "height": reader("length", "165 cm", "30 cm", "250 cm", "m"),
    "serum_creatinine": creatinine,
    "creatinine_clearance": reader("clearance", "95 mL/min", "0 mL/min", "300 mL/min", "mL/min"),
}
"""Numbers of a person, and what reads each within its bounds [y, kg, m, mg/dL, mL/min]."""
