"""``[[observation]]`` -> measured levels in the reporting unit of their analyte."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pkinteract.library import Library
from pkinteract.library.schema.monograph import Monograph
from pkinteract.scenario.file.schema import ObservationTable
from pkinteract.scenario.observation import Observation
from pkinteract.scenario.types import TOLERANCE, Regimen
from pkinteract.text.toml import TomlFile
from pkinteract.text.toml_lines import Key
from pkinteract.units import dimension_of, from_canonical, parse, split, to_canonical

MOST_TIMES = 1000
"""A level may be this many times the highest of its analyte's range, as after a poisoning; then the unit is wrong."""

BELOW = "<"
"""Begins a level that lay somewhere below the limit of quantification that follows."""

Refuse = Callable[[Key, str], None]
Part = Callable[[type[ObservationTable], object, Key], ObservationTable | None]
"""Reads a table, reports what is wrong with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurable:
    """What a level can be of.

    Attributes
    ----------
    units
        Reporting unit of every analyte.
    span
        Begin and end of the run [h]; None where they are not known.
    whole
        Whether every drug and course of the file could be read; otherwise an analyte that is missing is not reported.
    """

    monographs: Mapping[str, Monograph]
    units: Mapping[str, str]
    regimens: Sequence[Regimen]
    span: tuple[float, float] | None
    whole: bool

    @property
    def sums(self) -> dict[str, tuple[str, ...]]:
        """Compounds that every sum adds up."""
        return {total.id: total.parts for monograph in self.monographs.values() for total in monograph.sum}

    @property
    def unbound(self) -> dict[str, str]:
        """Compound of every unbound level that is reported."""
        return {monograph.unbound_id: drug for drug, monograph in self.monographs.items() if monograph.unbound}

    def compound(self, analyte: str) -> str:
        """The compound of an unbound level; other analytes as they are."""
        return self.unbound.get(analyte, analyte)


def read_observations(
    file: TomlFile, known: Measurable, part: Part, refuse: Refuse, library: Library
) -> tuple[Observation, ...]:
    """Levels sorted by time; reports those that cannot be."""
    entries = file.data.get("observation")
    observations = []
    for i, entry in enumerate(entries if isinstance(entries, list) else ()):
        key: Key = ("observation", i)
        table = part(ObservationTable, entry, key)
        observation = None if table is None else _observation(key, file.line(key), table, known, refuse, library)
        observations += [] if observation is None else [observation]
    return tuple(sorted(observations, key=lambda observation: observation.time))


def _observation(
    key: Key, line: int | None, table: ObservationTable, known: Measurable, refuse: Refuse, library: Library
) -> Observation | None:
    level = (*key, "level")
    if known.span is not None:
        _check_time((*key, "at"), table, known, known.span, refuse)
    try:
        if known.compound(table.analyte) not in known.units:
            if known.whole:
                known_names = (*known.units, *known.unbound)
                refuse((*key, "analyte"), library.absent(table.analyte, known_names, "an analyte of this scenario"))
            _level(table.level)
            return None
        value = reported_level(table.level, table.analyte, known)
    except ValueError as error:
        refuse(level, str(error))
        return None
    unit, usual = known.units[known.compound(table.analyte)], _usual_limit(table.analyte, known)
    if usual is not None and usual[1] == dimension_of(unit) and to_canonical(value, unit) > MOST_TIMES * usual[0]:
        text = f"is more than {MOST_TIMES:,} times the highest level of its range; is the unit right?"
        refuse(level, f'{text} got "{table.level}"')
        return None
    return Observation(
        time=table.at,
        analyte=table.analyte,
        value=value,
        unit=unit,
        below=table.level.startswith(BELOW),
        note=table.note or "",
        line=line,
    )


def _usual_limit(analyte: str, known: Measurable) -> tuple[float, str] | None:
    """Alert level or end of the range of an analyte or of a sum with it, and its dimension; None if unknown."""
    ranges = [known.monographs[analyte].reference_range] if analyte in known.monographs else []
    unbound = known.monographs[known.unbound[analyte]].unbound if analyte in known.unbound else None
    ranges += [] if unbound is None else [unbound.reference_range]
    sums = (total for monograph in known.monographs.values() for total in monograph.sum)
    ranges += [level.reference_range for level in sums if analyte in (level.id, *level.parts)]
    highest = next((level.alert or level.high for level in ranges if level.alert or level.high), None)
    return None if highest is None else (highest.canonical, dimension_of(highest.unit))


def _level(text: str) -> float:
    """The level as a canonical number of its own dimension."""
    level = parse(text.removeprefix(BELOW), "concentration", "molar concentration", example="6.2 mg/L")
    if level <= 0:
        raise ValueError(f'must be above 0, got "{text}"')
    return level


def _check_time(
    key: Key, table: ObservationTable, known: Measurable, span: tuple[float, float], refuse: Refuse
) -> None:
    """A level lies within the run, and after a dose that can have made it."""
    first, last = span
    if not first - TOLERANCE <= table.at <= last + TOLERANCE:
        text = f"{table.at:g} h is not within the run, which goes from {first:g} to {last:g} h"
        refuse(key, f"{text}; count from t = 0, or give the run a longer duration")
        return
    parts = known.sums.get(table.analyte, (known.compound(table.analyte),))
    sources = {drug for part in parts for drug in precursors(part, known.monographs)}
    courses = [course for regimen in known.regimens if regimen.drug in sources for course in regimen.courses]
    if courses and all(course.start >= table.at - TOLERANCE and not course.steady_state for course in courses):
        earliest = min(course.start for course in courses)
        text = f"{table.at:g} h is not after the first dose that gives {table.analyte}, at {earliest:g} h"
        refuse(key, f"{text}; correct the time of the level or of the dose")


def precursors(compound: str, monographs: Mapping[str, Monograph]) -> tuple[str, ...]:
    """A compound, what forms it, what forms that, and so on; in the order of ``monographs``."""
    compounds, waiting = set(), [compound]
    while waiting:
        one = waiting.pop()
        if one not in compounds:
            compounds.add(one)
            waiting += [drug for drug, monograph in monographs.items() if one in monograph.metabolites]
    return tuple(drug for drug in monographs if drug in compounds)


def reported_level(text: str, analyte: str, known: Measurable) -> float:
    """A level as it is written, in the reporting unit of its analyte, which must be one of the scenario.

    Raises
    ------
    ValueError
        When it is no level, or none of this analyte; the message says what to write.
    """
    level, compound = _level(text), known.compound(analyte)
    unit, written = known.units[compound], split(text.removeprefix(BELOW))[1]
    if dimension_of(unit) == dimension_of(written):
        return from_canonical(level, unit)
    if analyte in known.sums:
        told = f'a sum is read in units such as {unit} only, got "{text}"'
        raise ValueError(f"{told}; choose its unit by [output] units")
    mass = known.monographs[compound].molar_mass.canonical / 1000
    return from_canonical(level * mass if dimension_of(written) == "molar concentration" else level / mass, unit)
