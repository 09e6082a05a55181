"""Scenario and monographs -> System, with the names that the engine does not know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pkinteract.engine import system as rows
from pkinteract.engine.events import Event, Switch
from pkinteract.errors import InputError, Problem
from pkinteract.library import Enzyme
from pkinteract.library.schema.monograph import Monograph
from pkinteract.model.absorption import AbsorptionRoute, Entry, add_routes, dose_events, entries, scale
from pkinteract.model.clearance import add_pathways
from pkinteract.model.disposition import add_compounds
from pkinteract.model.enzymes import add_enzymes, organs_in_use, regulated_enzymes
from pkinteract.model.limits import availability_problem, liver_problems
from pkinteract.model.parts import ModelContext, Organ, SystemRows
from pkinteract.model.transport import add_effluxes
from pkinteract.scenario import Patient, Scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class EnzymeLevel:
    """An enzyme in an organ: its name (``CYP3A4_liver``), its row if it moves, and its uninduced level [1].

    ``inhibitors`` are what slows it down where it clears something, each over its Ki.
    """

    name: str
    row: int | None
    activity: float
    inhibitors: tuple[rows.Ratio, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A system with its names.

    Attributes
    ----------
    system
        What the engine solves.
    switches
        Parameters from each change of the patient on.
    compounds, pathways
        Ids in the order of the system's rows; a pathway is (compound, pathway).
    levels
        Enzymes in the order they are reported.
    ways
        How each (drug, formulation, with food) enters.
    events
        Inputs of the run, sorted by time.
    """

    system: rows.System
    switches: tuple[Switch, ...]
    compounds: tuple[str, ...]
    pathways: tuple[tuple[str, str], ...]
    levels: tuple[EnzymeLevel, ...]
    ways: Mapping[Entry, AbsorptionRoute]
    events: tuple[Event, ...]


def build(scenario: Scenario) -> Model:
    """Make the system of a scenario.

    Raises
    ------
    InputError
        When a monograph's numbers contradict each other, for example an F above what gut and liver let through.
    """
    problems = liver_problems(scenario.monographs)
    if problems:
        raise InputError(scenario.path, problems)
    model = build_model(
        scenario.monographs,
        scenario.patient,
        scenario.enzymes,
        entries=entries(scenario),
        doses=[(dose.drug, dose.free) for dose in scenario.doses],
        changes=scenario.states,
    )
    _refuse_availability(scenario, model.ways)
    return replace(model, events=dose_events(scenario.doses, model.ways))


def build_model(
    monographs: Mapping[str, Monograph],
    patient: Patient,
    enzymes: Mapping[str, Enzyme],
    *,
    entries: Iterable[Entry],
    doses: Iterable[tuple[str, float]],
    changes: Sequence[tuple[float, Patient]] = (),
) -> Model:
    """Make the system of some drugs in a patient, without events.

    Parameters
    ----------
    monographs
        Dosed drugs and the metabolites they form.
    entries
        The (drug, formulation, with food) that doses will take.
    doses
        Drug and free amount [mg] of the doses, for the scale of errors.
    changes
        What the patient becomes, and when [h].
    """
    ways_used = list(entries)
    organs = organs_in_use(monographs, enzymes)
    rows_of = regulated_enzymes(organs, monographs, enzymes, [patient, *(person for _, person in changes)])
    frame = ModelContext(
        patient=patient,
        monographs=monographs,
        enzymes=enzymes,
        regulated=rows_of,
        dialysis=any(person.dialysed for _, person in changes),
        albumin=any(person.albumin is not None for person in (patient, *(person for _, person in changes))),
    )
    parts, ways = assembled(frame, ways_used)
    states: list[tuple[Patient, tuple[float, ...]]] = [(patient, _numbers(parts))]
    switches = []
    for time, person in changes:
        known = next((numbers for state, numbers in states if state == person), None)
        if known is None:
            known = _numbers(assembled(replace(frame, patient=person), ways_used)[0])
            states.append((person, known))
        switches.append(Switch(time=time, parameters=known))
    slowed = _inhibitors(parts, monographs)
    return Model(
        system=rows.checked(_system(parts, scale(monographs, doses), step_all=bool(changes))),
        switches=tuple(switches),
        compounds=tuple(monographs),
        pathways=tuple(parts.names),
        levels=tuple(
            EnzymeLevel(
                name=f"{n}_{o}",
                row=rows_of.get((n, o)),
                activity=float(frame.activity[n]),
                inhibitors=slowed.get((n, o), ()),
            )
            for n, o in organs
        ),
        ways=ways,
        events=(),
    )


def assembled(frame: ModelContext, used: Iterable[Entry]) -> tuple[SystemRows, dict[Entry, AbsorptionRoute]]:
    """Rows of the system of some drugs in a patient, or in many; and the ways in ``used``, which depend on nobody."""
    parts = SystemRows()
    add_compounds(parts, frame)
    add_pathways(parts, frame)
    add_enzymes(parts, frame)
    add_effluxes(parts, frame)
    return parts, add_routes(parts, frame, used)


def _inhibitors(parts: SystemRows, monographs: Mapping[str, Monograph]) -> dict[Organ, tuple[rows.Ratio, ...]]:
    """What inhibits every enzyme and transporter in its organ, as the rows have it: the same for all that it clears."""
    slowed: dict[Organ, tuple[rows.Ratio, ...]] = {}
    rows_of = dict(zip(parts.names, parts.pathways, strict=True))
    for drug, monograph in monographs.items():
        for pathway in monograph.elimination.pathway:
            row = rows_of[drug, pathway.id]
            if pathway.enzyme is not None:
                slowed[pathway.enzyme, pathway.organ] = row.inhibitors
            if pathway.returned_by is not None and row.back is not None:
                slowed[pathway.returned_by, "liver"] = row.back.inhibitors
    for monograph, compound in zip(monographs.values(), parts.compounds, strict=True):
        if monograph.first_pass is not None:
            slowed[monograph.first_pass.gut_enzyme, "gut"] = compound.gut_inhibitors
    compounds = tuple(monographs.values())
    for efflux in parts.effluxes:
        given = compounds[efflux.compound].efflux
        if given is not None:
            slowed[given.transporter, "gut"] = efflux.inhibitors
    return slowed


def _numbers(parts: SystemRows) -> tuple[float, ...]:
    return tuple(float(number) for number in parts.parameters)


def _system(parts: SystemRows, sizes: tuple[float, ...], *, step_all: bool) -> rows.System:
    return rows.System(
        parameters=_numbers(parts),
        compounds=tuple(parts.compounds),
        scale=sizes,
        depots=tuple(parts.depots),
        releases=tuple(parts.releases),
        enzymes=tuple(parts.enzymes),
        inductions=tuple(parts.inductions),
        inactivations=tuple(parts.inactivations),
        pathways=tuple(parts.pathways),
        formations=tuple(parts.formations),
        gut_formations=tuple(parts.gut_formations),
        effluxes=tuple(parts.effluxes),
        further=tuple(parts.further),
        step_all=step_all,
    )


def _refuse_availability(scenario: Scenario, ways: Mapping[Entry, AbsorptionRoute]) -> None:
    """Refuse formulations and courses whose F is above what gut and liver let through."""
    problems: dict[str, Problem] = {}
    for r, regimen in enumerate(scenario.regimens):
        for c, course in enumerate(regimen.courses):
            given = course.bioavailability
            key = f"{regimen.drug}.absorption.{course.formulation}.bioavailability"
            if given is not None:
                key = f"regimen[{r}].course[{c}].bioavailability"
            way = ways[regimen.drug, course.formulation, course.food == "fed"]
            problem = availability_problem(way, key, given)
            if problem is not None:
                problems[key] = problem
    if problems:
        raise InputError(scenario.path, list(problems.values()))
