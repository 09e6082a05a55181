"""Virtual patients put into the model: the parameters and the doses of all of them at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pkinteract.analytes import analytes, parts_of
from pkinteract.engine.lanes.doses import Inputs
from pkinteract.library import Enzyme
from pkinteract.library.overrides import steps_of, with_value
from pkinteract.library.schema.monograph import Monograph, values
from pkinteract.model import Model, build
from pkinteract.model.absorption import AbsorptionRoute, Entry, entries
from pkinteract.model.build import assembled
from pkinteract.model.enzymes import organs_in_use, regulated_enzymes
from pkinteract.model.limits import liver_problems
from pkinteract.model.parts import ModelContext
from pkinteract.model.patient import GeneActivity, Number
from pkinteract.population.people.cohort import Array, BoolArray, Cohort, IntArray
from pkinteract.population.run.doses import (
    Columns,
    Jumps,
    PeriodicInputs,
    absorbing_too_much,
    inputs,
    jumps_by,
    periodic_inputs,
)
from pkinteract.result import Analyte
from pkinteract.scenario import Scenario

OWN = ("clearance", "volume", "ka", "bioavailability")
"""What a patient's factor on a drug may be on; every other key of ``Cohort.factors`` is a path into its file."""


@dataclass(frozen=True, kw_only=True)
class Bodies:
    """Virtual patients as the engine sees them.

    Attributes
    ----------
    model
        Structure and names; every compound is stepped. The parameters of its system are those of the first patient.
    parameters
        (parameter, n).
    dialysed
        The same during a session of haemodialysis; None without one.
    inputs
        Jumps by the doses, in the order in which they are due. Times or amounts that are the same for everybody are a
        read-only view of one column. A dose that is not taken has amount 0; late doses may be out of order.
    due
        (jump,) which of ``scenario.doses`` is behind each jump.
    periodic
        None unless the run begins at steady state.
    impossible
        Column to why there is no such patient; its parameters need not be numbers, and it is not to be simulated.
    """

    model: Model
    parameters: Array
    dialysed: Array | None
    inputs: Inputs
    due: IntArray
    periodic: PeriodicInputs | None
    impossible: Mapping[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Typical:
    """What a scenario makes of its own patient: the model, and the jumps by its doses."""

    model: Model
    jumps: Jumps


def typical_of(scenario: Scenario) -> Typical:
    """What a scenario makes of its own patient.

    Raises
    ------
    InputError
        When monograph values contradict each other whoever takes the drugs.
    """
    model = build(scenario)
    return Typical(model=model, jumps=jumps_by(scenario.doses, model.ways))


def bodies(scenario: Scenario, cohort: Cohort, typical: Typical | None = None) -> Bodies:
    """Put virtual patients into the model; each column is what ``build_model`` makes of that patient alone.

    Parameters
    ----------
    scenario
        Its patient stands for all that the cohort does not say, and must not change during the run.
    typical
        What it makes of that patient; worked out if left out.

    Raises
    ------
    InputError
        When monograph values contradict each other whoever takes the drugs.
    """
    if typical is None:
        typical = typical_of(scenario)
    system = typical.model.system
    organs = organs_in_use(scenario.monographs, scenario.enzymes)
    regulated = regulated_enzymes(organs, scenario.monographs, scenario.enzymes, [scenario.patient])
    parameters = np.full((len(system.parameters), len(cohort.number)), np.nan)
    dialysed = parameters.copy() if scenario.sessions else None
    impossible: dict[int, str] = {}
    ways: list[tuple[Columns, Mapping[Entry, AbsorptionRoute]]] = []
    jumps: list[Jumps] = []
    for where, monographs, enzymes in _drug_files(scenario, cohort):
        problems = liver_problems(monographs)
        if problems:
            text = f"{problems[0].key}: {problems[0].message.removesuffix('; lower it')}"
            impossible |= dict.fromkeys(np.arange(len(cohort.number))[where].tolist(), text)
            continue
        people = _people(scenario, cohort, where)
        frame = ModelContext(
            patient=people,
            monographs=monographs,
            enzymes=enzymes,
            regulated=regulated,
            factors={key: factor[where] for key, factor in cohort.factors.items() if key[1] in OWN},
            dialysis=dialysed is not None,
            albumin=people.albumin is not None,
        )
        parts, routes = assembled(frame, entries(scenario))
        ways.append((where, routes))
        usual = monographs is scenario.monographs
        jumps.append(typical.jumps if usual else jumps_by(scenario.doses, routes))
        for row, number in zip(parameters, parts.parameters, strict=True):
            row[where] = number
        if dialysed is not None:
            during, _ = assembled(replace(frame, patient=replace(people, dialysed=True)), entries(scenario))
            for row, number in zip(dialysed, during.parameters, strict=True):
                row[where] = number
    unknown = np.flatnonzero(~np.isfinite(parameters).all(axis=0)).tolist()
    system = replace(system, parameters=tuple(parameters[:, 0].tolist()), step_all=True)
    given, due = inputs(scenario, cohort, ways, jumps)
    return Bodies(
        model=replace(typical.model, system=system, events=()),
        parameters=parameters,
        dialysed=dialysed,
        inputs=given,
        due=due,
        periodic=periodic_inputs(scenario, cohort, ways, system),
        impossible={
            **dict.fromkeys(unknown, "a number of this patient is missing or infinite"),
            **absorbing_too_much(scenario, cohort, ways),
            **impossible,
        },
    )


def reporting(scenario: Scenario, model: Model, parameters: Array) -> tuple[tuple[Analyte, ...], Array, Array]:
    """What is reported of a population.

    Parameters
    ----------
    parameters
        (parameter, n) of the model's system.

    Returns
    -------
    tuple
        The analytes; (analyte, compound, n) reporting unit per mg in the central compartment; (analyte,) alert levels
        in the reporting unit, infinite where there is none.
    """
    reported = analytes(scenario)
    weights = np.zeros((len(reported), len(model.compounds), parameters.shape[1]))
    for row, analyte in zip(weights, reported, strict=True):
        for compound, volume, factor in parts_of(analyte, scenario, model):
            row[compound] = factor / parameters[volume]
    return reported, weights, np.array([np.inf if analyte.alert is None else analyte.alert for analyte in reported])


def _drug_files(
    scenario: Scenario, cohort: Cohort
) -> Iterator[tuple[Columns, Mapping[str, Monograph], Mapping[str, Enzyme]]]:
    """Patients with the same monographs and enzymes: all of them, unless the parameters of a fit are uncertain."""
    paths = [key for key in cohort.factors if key[1] not in OWN]
    if not paths:
        yield slice(None), scenario.monographs, scenario.enzymes
        return
    sets, member = np.unique(np.array([cohort.factors[key] for key in paths]), axis=1, return_inverse=True)
    for k, factors in enumerate(sets.T.tolist()):
        monographs, enzymes = dict(scenario.monographs), scenario.enzymes
        for (owner, path), factor in zip(paths, factors, strict=True):
            if owner == "enzymes":
                enzymes = _multiplied(enzymes, path, factor)
            else:
                monographs[owner] = _multiplied(monographs[owner], path, factor)
        yield np.flatnonzero(member.ravel() == k), monographs, enzymes


def _multiplied(root: Any, path: str, factor: float) -> Any:
    """A monograph, or the enzymes, with the value at a dotted path times a factor."""
    value = dict(values(root))[path]
    return with_value(root, steps_of(root)[path], value.value * factor, value.unit)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Gene:
    """(n,) factor on the uninduced level of an enzyme [1]."""

    factor: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class _People:
    """Some of the patients, with what the model asks for."""

    weight: Array
    age: Array
    creatinine_clearance: Array
    smoker: BoolArray
    hepatic_class: str | None
    pregnancy: float | None
    dialysed: bool
    albumin: float | None
    phenotype: Mapping[str, GeneActivity]
    abundance: Mapping[str, Number]


def _people(scenario: Scenario, cohort: Cohort, where: Columns) -> _People:
    genes = {gene: _Gene(factor=genotype.factor[where]) for gene, genotype in cohort.phenotype.items()}
    amounts = {enzyme: factor[where] for enzyme, factor in cohort.abundance.items()}
    return _People(
        weight=cohort.weight[where],
        age=cohort.age[where],
        creatinine_clearance=cohort.creatinine_clearance[where],
        smoker=cohort.smoker[where],
        hepatic_class=scenario.patient.hepatic_class,
        pregnancy=scenario.patient.pregnancy,
        dialysed=False,
        albumin=scenario.patient.albumin,
        phenotype={**scenario.patient.phenotype, **genes},
        abundance={**scenario.patient.abundance, **amounts},
    )
