"""Scenario and monographs -> System, with the names that the engine does not know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pkinteract.engine import system as rows
from pkinteract.errors import InputError, Problem
from pkinteract.library import Enzyme
from pkinteract.library.monograph import Induction, Monograph, Pathway, Value
from pkinteract.model import patient as body
from pkinteract.model.routes import Way, events, scale, ways
from pkinteract.scenario import Scenario
from pkinteract.units import dimension_of

GROUPS = ("CAR/PXR", "AhR")
"""Receptor groups: inducers of one group compete, groups add."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """An enzyme in an organ: its name (``CYP3A4_liver``), its row if it moves, and its uninduced level [1]."""

    name: str
    row: int | None
    activity: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A system with its names.

    Attributes
    ----------
    system
        What the engine solves.
    compounds, pathways
        Ids in the order of the system's rows; a pathway is (compound, pathway).
    levels
        Enzymes in the order they are reported.
    ways
        How each (drug, formulation) of the scenario enters.
    events
        Inputs of the run, sorted by time.
    """

    system: rows.System
    compounds: tuple[str, ...]
    pathways: tuple[tuple[str, str], ...]
    levels: tuple[Level, ...]
    ways: Mapping[tuple[str, str], Way]
    events: tuple[rows.Event, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Liver:
    """A compound's liver at 70 kg, uninduced: flow Rb·Qh [L/h], clearance [L/h]; the linear limit has no flow."""

    flow: float | None
    clearance: float

    @property
    def availability(self) -> float:
        return 1.0 if self.flow is None else 1 - self.clearance / self.flow


@dataclass(slots=True)
class _Parts:
    """Rows as they are collected."""

    parameters: list[float] = field(default_factory=list)
    compounds: list[rows.Compound] = field(default_factory=list)
    pathways: list[rows.Pathway] = field(default_factory=list)
    names: list[tuple[str, str]] = field(default_factory=list)
    formations: list[rows.Formation] = field(default_factory=list)
    gut_formations: list[rows.GutFormation] = field(default_factory=list)
    inductions: list[rows.Induction] = field(default_factory=list)

    def add(self, value: float) -> int:
        """Append a parameter; returns its index."""
        self.parameters.append(value)
        return len(self.parameters) - 1


def build(scenario: Scenario, enzymes: Mapping[str, Enzyme]) -> Model:
    """Make the system of a scenario.

    Raises
    ------
    InputError
        When a monograph's numbers contradict each other, for example an F above what gut and liver let through.
    """
    monographs = scenario.monographs
    livers = {drug: _liver(monograph) for drug, monograph in monographs.items()}
    _refuse_impossible(scenario, livers)
    activity = body.activities(scenario.patient, enzymes)
    organs = _organs(monographs, enzymes)
    inducers = {name: [d for d, m in monographs.items() if name in m.induces] for name, _ in organs}
    row = {key: i for i, key in enumerate(key for key in organs if inducers[key[0]])}
    parts = _Parts()
    for drug, monograph in monographs.items():
        _compound(parts, scenario, monograph, livers[drug], row, activity)
    for index, (drug, monograph) in enumerate(monographs.items()):
        _pathways(parts, scenario, index, monograph, livers[drug], row, activity)
    turnover = tuple(_enzyme(parts, scenario, enzymes, key, i, inducers, activity) for key, i in row.items())
    found = ways(scenario, {drug: livers[drug].availability * _gut(m) for drug, m in monographs.items()})
    depots = [
        rows.Depot(compound=way.compound, ka=parts.add(way.ka)) for way in found.values() if way.depot is not None
    ]
    system = rows.System(
        parameters=tuple(parts.parameters),
        compounds=tuple(parts.compounds),
        scale=scale(scenario),
        depots=tuple(depots),
        enzymes=turnover,
        inductions=tuple(parts.inductions),
        pathways=tuple(parts.pathways),
        formations=tuple(parts.formations),
        gut_formations=tuple(parts.gut_formations),
    )
    return Model(
        system=rows.checked(system),
        compounds=tuple(monographs),
        pathways=tuple(parts.names),
        levels=tuple(Level(name=f"{n}_{o}", row=row.get((n, o)), activity=activity[n]) for n, o in organs),
        ways=found,
        events=events(scenario.doses, found),
    )


def _liver(monograph: Monograph) -> _Liver:
    elimination = monograph.elimination
    total = body.reference_clearance(elimination.clearance)
    hepatic = total * sum(pathway.fraction.canonical for pathway in elimination.pathway if pathway.kind == "enzyme")
    if elimination.liver == "linear" or monograph.binding is None or monograph.binding.blood_to_plasma is None:
        return _Liver(flow=None, clearance=hepatic)
    return _Liver(flow=monograph.binding.blood_to_plasma.canonical * body.LIVER_FLOW, clearance=hepatic)


def _gut(monograph: Monograph) -> float:
    return 1.0 if monograph.first_pass is None else monograph.first_pass.gut_availability.canonical


def _refuse_impossible(scenario: Scenario, livers: Mapping[str, _Liver]) -> None:
    problems = []
    for drug, liver in livers.items():
        if liver.flow is not None and liver.clearance >= liver.flow:
            text = f"hepatic clearance {liver.clearance:.4g} L/h is not below hepatic flow Rb·Qh {liver.flow:.4g} L/h"
            text += "; lower it"
            problems.append(Problem(line=None, key=f"{drug}.elimination.clearance", message=text))
    if not problems:
        problems = _too_available(scenario, livers)
    if problems:
        raise InputError(scenario.path, problems)


def _too_available(scenario: Scenario, livers: Mapping[str, _Liver]) -> list[Problem]:
    """Formulations and courses whose F is above what gut and liver let through."""
    passes = {drug: livers[drug].availability * _gut(m) for drug, m in scenario.monographs.items()}
    found = ways(scenario, passes)
    texts: dict[str, str] = {}
    for r, regimen in enumerate(scenario.regimens):
        for c, course in enumerate(regimen.courses):
            way, given = found[regimen.drug, course.formulation], course.bioavailability
            key = f"{regimen.drug}.absorption.{course.formulation}.bioavailability"
            if given is not None:
                key = f"regimen[{r}].course[{c}].bioavailability"
            if way.depot is not None and way.absorbed(given) > 1 + 1e-9:
                level = way.bioavailability if given is None else given
                texts[key] = (
                    f"F {level:.4g} is above Fg·Fh {way.first_pass:.4g}, what gut and liver let through; lower it"
                )
    return [Problem(line=None, key=key, message=text) for key, text in texts.items()]


def _organs(monographs: Mapping[str, Monograph], enzymes: Mapping[str, Enzyme]) -> list[tuple[str, str]]:
    """Enzymes that clear or are induced by a compound of the run, in library order, each organ."""
    used = {pathway.enzyme for m in monographs.values() for pathway in m.elimination.pathway}
    used |= {name for m in monographs.values() for name in m.induces}
    used |= {m.first_pass.gut_enzyme for m in monographs.values() if m.first_pass is not None}
    return [(name, organ) for name in enzymes if name in used for organ in enzymes[name].organs]


def _compound(
    parts: _Parts,
    scenario: Scenario,
    monograph: Monograph,
    liver: _Liver,
    row: Mapping[tuple[str, str], int],
    activity: Mapping[str, float],
) -> None:
    patient = scenario.patient
    size = body.size(patient)
    central = body.volume(monograph.distribution.volume, patient)
    sides = []
    for side in monograph.distribution.peripheral:
        flow = body.reference_clearance(side.flow) * size
        back = flow / body.volume(side.volume, patient)
        sides.append(rows.Peripheral(out=parts.add(flow / central), back=parts.add(back)))
    gut_enzyme = gut_ratio = None
    if monograph.first_pass is not None:
        name, ratio = monograph.first_pass.gut_enzyme, 1 / _gut(monograph) - 1
        gut_enzyme = row.get((name, "gut"))
        gut_ratio = parts.add(ratio if gut_enzyme is not None else ratio * activity[name])
    parts.compounds.append(
        rows.Compound(
            volume=parts.add(central),
            peripherals=tuple(sides),
            flow=None if liver.flow is None else parts.add(liver.flow * size),
            gut_enzyme=gut_enzyme,
            gut_ratio=gut_ratio,
        )
    )


def _pathways(
    parts: _Parts,
    scenario: Scenario,
    index: int,
    monograph: Monograph,
    liver: _Liver,
    row: Mapping[tuple[str, str], int],
    activity: Mapping[str, float],
) -> None:
    patient, elimination = scenario.patient, monograph.elimination
    total = body.reference_clearance(elimination.clearance)
    factor = body.renal_factor(elimination, patient) * body.age_factor(elimination, patient)
    targets = list(scenario.monographs)
    through_gut: dict[str, float] = {}
    for pathway in elimination.pathway or (Pathway(id="other", kind="other", fraction=_WHOLE),):
        share = total * pathway.fraction.canonical * factor
        if pathway.kind == "renal":
            clearance = share * (patient.creatinine_clearance or 0.0) / body.NORMAL_CREATININE_CLEARANCE
        else:
            clearance = share * body.size(patient)
        hepatic = pathway.kind == "enzyme" and liver.flow is not None
        if hepatic:
            clearance /= liver.availability
        enzyme = None
        if pathway.enzyme is not None:
            enzyme = row.get((pathway.enzyme, "liver"))
            clearance *= 1.0 if enzyme is not None else activity[pathway.enzyme]
        parts.pathways.append(
            rows.Pathway(compound=index, clearance=parts.add(clearance), enzyme=enzyme, hepatic=hepatic)
        )
        parts.names.append((monograph.id, pathway.id))
        if pathway.forms is not None:
            ratio = _ratio(scenario, monograph, pathway)
            target = targets.index(pathway.forms)
            here = len(parts.pathways) - 1
            parts.formations.append(rows.Formation(pathway=here, target=target, ratio=parts.add(ratio)))
            if monograph.first_pass is not None and pathway.enzyme == monograph.first_pass.gut_enzyme:
                part = pathway.fraction.canonical / _carried(elimination.pathway, pathway.enzyme)
                through_gut[pathway.forms] = through_gut.get(pathway.forms, 0.0) + ratio * part
    for metabolite, ratio in through_gut.items():
        parts.gut_formations.append(
            rows.GutFormation(compound=index, target=targets.index(metabolite), ratio=parts.add(ratio))
        )


_WHOLE = Value(value=1.0, unit="1", kind="assumed", note="the only pathway")


def _carried(pathways: tuple[Pathway, ...], enzyme: str) -> float:
    return sum(pathway.fraction.canonical for pathway in pathways if pathway.enzyme == enzyme)


def _ratio(scenario: Scenario, parent: Monograph, pathway: Pathway) -> float:
    """Metabolite formed per parent lost [mg/mg]: yield times ratio of molar masses."""
    if pathway.forms is None:
        raise ValueError(f"{pathway.id} forms nothing")
    formed = 1.0 if pathway.formed is None else pathway.formed.canonical
    return formed * scenario.monographs[pathway.forms].molar_mass.canonical / parent.molar_mass.canonical


def _enzyme(
    parts: _Parts,
    scenario: Scenario,
    enzymes: Mapping[str, Enzyme],
    key: tuple[str, str],
    index: int,
    inducers: Mapping[str, list[str]],
    activity: Mapping[str, float],
) -> rows.Enzyme:
    name, organ = key
    compounds = list(scenario.monographs)
    for drug in inducers[name]:
        monograph = scenario.monographs[drug]
        induction = monograph.induces[name]
        parts.inductions.append(
            rows.Induction(
                enzyme=index,
                compound=compounds.index(drug),
                group=GROUPS.index(induction.receptor),
                emax=parts.add(induction.emax.canonical),
                ec50=parts.add(total_ec50(induction, monograph)),
                hill=None if induction.hill is None else parts.add(induction.hill.canonical),
            )
        )
    half_life = enzymes[name].organs[organ].half_life.canonical
    return rows.Enzyme(kdeg=parts.add(_LN2 / half_life), activity=parts.add(activity[name]))


_LN2 = 0.6931471805599453


def total_ec50(induction: Induction, monograph: Monograph) -> float:
    """EC50 as a total concentration [mg/L]: molar constants by the molar mass, unbound ones by fu."""
    value = induction.ec50.canonical
    if dimension_of(induction.ec50.unit) == "molar concentration":
        value *= monograph.molar_mass.canonical / 1000
    if induction.ec50.basis == "unbound" and monograph.binding is not None:
        value /= monograph.binding.fraction_unbound.canonical
    return value
