"""The record of a run: every number used, with its source."""

from __future__ import annotations

from collections.abc import Mapping, Set

from pkinteract.library import load_library
from pkinteract.library.schema.monograph import NORMAL_CREATININE_CLEARANCE, REFERENCE_WEIGHT, Citation, values
from pkinteract.library.schema.values import Value
from pkinteract.model.build import Model
from pkinteract.model.patient import CLEARANCE_EXPONENT, GUT_FLOW, LIVER_FLOW
from pkinteract.scenario import Scenario

Record = Mapping[str, object]


def numbers_used(scenario: Scenario, model: Model) -> tuple[Record, ...]:
    """Every number of the library that a run used, with unit, kind and citation."""
    records: list[Record] = []
    formulations = {drug: {name for owner, name, _ in model.ways if owner == drug} for drug in scenario.monographs}
    for drug, monograph in scenario.monographs.items():
        for path, value in monograph.values():
            parts = path.split(".")
            if _used(scenario, path) and (parts[0] != "absorption" or parts[1] in formulations[drug]):
                records.append(_record(drug, path, value, monograph.sources))
    sources = load_library().enzyme_sources
    patients = [scenario.patient, *(patient for _, patient in scenario.patients)]
    for name in dict.fromkeys(level.name.split("_")[0] for level in model.levels):
        for organ, entry in scenario.enzymes[name].organs.items():
            records += [_record(name, path, value, sources) for path, value in values(entry, organ)]
        smoking = scenario.enzymes[name].smoking
        if smoking is not None and any(patient.smoker for patient in patients):
            records.append(_record(name, "smoking", smoking, sources))
    records += _physiology(scenario, {actor.site for actor in model.system.actors})
    for gene, activity in scenario.patient.phenotype.items():
        records.append(
            {
                "item": gene,
                "path": "activity factor",
                "value": activity.factor,
                "unit": "1",
                "kind": activity.kind,
                "source": activity.source,
                "note": "; ".join([f"{activity.phenotype} metaboliser", *([activity.note] if activity.note else [])]),
            }
        )
    return tuple(records)


def _used(scenario: Scenario, path: str) -> bool:
    """Whether a scenario asks for what a monograph says at this path."""
    if path == "binding.albumin":
        return any(patient.albumin is not None for _, patient in [(0.0, scenario.patient), *scenario.patients])
    return not path.startswith(("dosing.", "target.", "brain.")) and (
        bool(scenario.sessions) or not path.startswith("dialysis.")
    )


def _physiology(scenario: Scenario, sites: Set[str]) -> list[Record]:
    """Numbers of the model itself, those that the run used; ``sites`` are where its compounds act."""
    monographs = scenario.monographs.values()
    numbers: list[tuple[bool, str, float, str, str]] = [
        (
            True,
            "reference_weight",
            REFERENCE_WEIGHT,
            "kg",
            "weight at which clearances, flows and volumes of a monograph hold",
        ),
        (
            True,
            "clearance_exponent",
            CLEARANCE_EXPONENT,
            "1",
            "clearances and flows follow weight to this power; volumes follow weight",
        ),
        (
            "inlet" in sites or any(m.elimination.liver == "well-stirred" for m in monographs),
            "liver_flow",
            LIVER_FLOW,
            "L/h",
            "hepatic blood flow at 70 kg",
        ),
        (
            "gut" in sites,
            "gut_flow",
            GUT_FLOW,
            "L/h",
            "blood flow of the gut mucosa at 70 kg; absorption rate over it is the concentration in the gut wall",
        ),
        (
            any(pathway.kind == "renal" for m in monographs for pathway in m.elimination.pathway),
            "normal_creatinine_clearance",
            NORMAL_CREATININE_CLEARANCE,
            "mL/min",
            "renal clearances of a monograph hold at this creatinine clearance",
        ),
    ]
    return [
        {
            "item": "physiology",
            "path": path,
            "value": value,
            "unit": unit,
            "kind": "assumed",
            "source": None,
            "note": note,
        }
        for used, path, value, unit, note in numbers
        if used
    ]


def _record(item: str, path: str, value: Value, sources: Mapping[str, Citation]) -> Record:
    cite = None if value.source is None else sources[value.source].cite
    record = {"item": item, "path": path, "value": value.value, "unit": value.unit, "kind": value.kind, "source": cite}
    more = {"cv": value.cv, "interval": value.interval, "basis": value.basis, "note": value.note}
    return {**record, **{key: given for key, given in more.items() if given is not None}}
