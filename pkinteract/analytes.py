"""What a scenario reports: its analytes, their reference ranges, and how amounts become concentrations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pkinteract.library.schema.monograph import Monograph, Value
from pkinteract.library.schema.ranges import ReferenceRange
from pkinteract.model import Model
from pkinteract.model.parts import fraction_unbound
from pkinteract.result import Analyte
from pkinteract.scenario import Scenario
from pkinteract.units import COLUMN_SUFFIX, dimension_of, from_canonical


def analytes(scenario: Scenario) -> tuple[Analyte, ...]:
    """Compounds in scenario order, each before its unbound level.

    A sum follows its parts, and a metabolite in a sum is judged by the sum.
    """
    analytes: list[Analyte] = []
    sums = [(drug, total) for drug in scenario.dosed for total in scenario.monographs[drug].sum]
    summed = {part for drug, total in sums for part in total.parts if part != drug}
    for drug in scenario.dosed:
        parent = scenario.monographs[drug]
        for compound in _family(drug, scenario.monographs):
            monograph = scenario.monographs[compound]
            if all(analyte.id != compound for analyte in analytes):
                band = monograph.reference_range
                band = ReferenceRange(alert=band.alert, alert_of=band.alert_of) if compound in summed else band
                origin = compound if compound in scenario.dosed else drug
                analytes.append(_analyte(scenario, compound, monograph.measured, (compound,), origin, monograph, band))
                if monograph.unbound is not None:
                    free = _analyte(
                        scenario,
                        compound,
                        f"{monograph.name}, unbound",
                        (compound,),
                        origin,
                        monograph,
                        monograph.unbound.reference_range,
                    )
                    id, suffix = monograph.unbound_id, COLUMN_SUFFIX[free.unit]
                    analytes.append(replace(free, id=id, column=f"{id}_{suffix}", unbound=True))
        for total in parent.sum:
            name = " + ".join(scenario.monographs[part].name for part in total.parts)
            analytes.append(_analyte(scenario, total.id, name, total.parts, drug, parent, total.reference_range))
    return tuple(analytes)


def _family(drug: str, monographs: Mapping[str, Monograph]) -> list[str]:
    family, waiting = [], [drug]
    while waiting:
        compound = waiting.pop(0)
        if compound not in family:
            family.append(compound)
            waiting = [*monographs[compound].metabolites, *waiting]
    return family


def _analyte(
    scenario: Scenario, id: str, name: str, parts: tuple[str, ...], parent: str, owner: Monograph, band: ReferenceRange
) -> Analyte:
    unit = scenario.units[id]
    sources = [value.source for value in (band.low, band.high, band.alert) if value is not None and value.source]
    return Analyte(
        id=id,
        name=name,
        unit=unit,
        column=f"{id}_{COLUMN_SUFFIX[unit]}",
        parts=parts,
        parent=parent,
        low=_level(band.low, unit, owner),
        high=_level(band.high, unit, owner),
        alert=_level(band.alert, unit, owner),
        alert_sampled=band.alert_of is not None and band.alert_of.level == "sample",
        after=None if band.after is None else band.after.canonical,
        range_source="; ".join(dict.fromkeys(owner.sources[source].cite for source in sources)),
    )


def name_of(id: str, scenario: Scenario, language: str = "en") -> str:
    """An analyte inside a sentence; a sum as its parts, an unbound level as such."""
    free = next((drug for drug, monograph in scenario.monographs.items() if monograph.unbound_id == id), None)
    if free is not None and id not in scenario.monographs:
        name = name_of(free, scenario, language)
        return f"{name} (frei)" if language == "de" else f"unbound {name}"
    sums = {total.id: total.parts for drug in scenario.dosed for total in scenario.monographs[drug].sum}
    monographs = [scenario.monographs[part] for part in sums.get(id, (id,)) if part in scenario.monographs]
    if language == "de":
        names = [monograph.names.german or monograph.name for monograph in monographs]
    else:
        names = [_small(monograph.name) for monograph in monographs]
    return " + ".join(names) or id


def _small(name: str) -> str:
    """A name inside an English sentence: its first word small, unless it is a letter or an abbreviation."""
    head = name[:2]
    return name[0].lower() + name[1:] if head[1:].islower() else name


def _level(value: Value | None, unit: str, owner: Monograph) -> float | None:
    if value is None:
        return None
    mass = value.canonical
    if dimension_of(value.unit) == "molar concentration":
        mass *= owner.molar_mass.canonical / 1000
    return mass * unit_factor(unit, owner)


def unit_factor(unit: str, monograph: Monograph) -> float:
    """Factor from mg/L to a reporting unit; molar units take the molar mass of the monograph.

    Raises
    ------
    ValueError
        When there is no such unit.
    """
    if dimension_of(unit) == "molar concentration":
        return from_canonical(1000 / monograph.molar_mass.canonical, unit)
    return from_canonical(1.0, unit)


def parts_of(analyte: Analyte, scenario: Scenario, model: Model) -> list[tuple[int, int, float]]:
    """Compounds that an analyte adds up: each one's row, the parameter that is its volume, and its unit per mg/L.

    Of an unbound level whose binding does not vary the unit is that per mg/L of total drug.
    """
    rows = [model.compounds.index(part) for part in analyte.parts]
    factors = [unit_factor(analyte.unit, scenario.monographs[part]) for part in analyte.parts]
    if analyte.unbound and not is_varying(analyte, model):
        factors = [factors[0] * fraction_unbound(scenario.monographs[analyte.parts[0]])]
    return [(row, model.system.compounds[row].volume, factor) for row, factor in zip(rows, factors, strict=True)]


def is_varying(analyte: Analyte, model: Model) -> bool:
    """Whether an analyte is an unbound level that is no constant share of the total one."""
    return analyte.unbound and model.system.compounds[model.compounds.index(analyte.parts[0])].binding is not None
