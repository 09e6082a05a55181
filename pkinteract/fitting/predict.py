"""Values of the parameters -> predicted concentrations of one subject: no file and no validation on the way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from pydantic import BaseModel

from pkinteract.engine.compiled import solve_at
from pkinteract.engine.curves import Array
from pkinteract.engine.solve import Failure
from pkinteract.errors import SimulationError
from pkinteract.fitting.types import Parameter, Series
from pkinteract.library import Enzyme
from pkinteract.library.monograph import Monograph, Value, label
from pkinteract.model import Model
from pkinteract.model.absorption import Entry, entries, events
from pkinteract.model.build import build_model
from pkinteract.model.limits import availability_problem, liver_problems

RTOL = 1e-9
"""Relative tolerance of a step: its noise stays far below what a step of the derivatives changes."""

Steps = tuple[str | int, ...]
"""Attributes, keys and positions that lead to a value inside a monograph."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A value of a monograph that takes the value of a parameter, in ``unit``."""

    drug: str
    steps: Steps
    parameter: str
    unit: str


def steps_of(monograph: Monograph) -> dict[str, Steps]:
    """How every dotted path of a monograph is reached."""
    return dict(_walk(monograph, "", ()))


def _walk(node: object, path: str, steps: Steps) -> Iterator[tuple[str, Steps]]:
    children: list[tuple[str, str | int, object]] = []
    if isinstance(node, Value):
        yield path, steps
    elif isinstance(node, BaseModel):
        children = [(row.alias or name, name, getattr(node, name)) for name, row in type(node).model_fields.items()]
    elif isinstance(node, Mapping):
        children = [(key, key, child) for key, child in node.items()]
    elif isinstance(node, tuple) and node and isinstance(node[0], BaseModel):
        children = [(label(child, i), i, child) for i, child in enumerate(node)]
    for name, step, child in children:
        yield from _walk(child, f"{path}.{name}".lstrip("."), (*steps, step))


def changes_of(parameters: Sequence[Parameter], series: Series) -> tuple[Change, ...]:
    """The values of a series' monographs that parameters set."""
    found = []
    for row in parameters:
        for drug, path in row.paths:
            if drug in series.scenario.monographs:
                steps = steps_of(series.scenario.monographs[drug])[path]
                found.append(Change(drug=drug, steps=steps, parameter=row.name, unit=row.unit))
    return tuple(found)


def _put(node: Any, steps: Steps, number: float, unit: str) -> Any:
    """A copy of ``node`` with the value at ``steps`` replaced."""
    if not steps:
        return node.model_copy(update={"value": number, "unit": unit})
    first, *rest = steps
    if isinstance(node, BaseModel):
        name = str(first)
        return node.model_copy(update={name: _put(getattr(node, name), tuple(rest), number, unit)})
    inner = _put(node[first], tuple(rest), number, unit)
    if isinstance(node, tuple):
        return tuple(inner if i == first else child for i, child in enumerate(node))
    return {**node, first: inner}


def predict(
    series: Series, changes: Sequence[Change], values: Mapping[str, float], enzymes: Mapping[str, Enzyme]
) -> Array:
    """Prediction of every measurement of a series, in the analyte's unit.

    Raises
    ------
    SimulationError
        When the values describe no possible body, or the solver gives up.
    """
    monographs = dict(series.scenario.monographs)
    for row in changes:
        monographs[row.drug] = _put(monographs[row.drug], row.steps, values[row.parameter], row.unit)
    used = entries(series.scenario)
    model = build_model(
        monographs,
        series.patient,
        enzymes,
        entries=used,
        doses=[(dose.drug, dose.free) for dose in series.doses],
        changes=series.scenario.patients,
    )
    _refuse_impossible(series, monographs, model, used)
    system = replace(model.system, step_all=True)
    states = solve_at(
        system,
        events(series.doses, model.ways),
        series.scenario.first_time,
        series.times,
        rtol=RTOL,
        switches=model.switches,
    )
    if isinstance(states, Failure):
        raise SimulationError((states.start, states.stop), "compiled", states.reason, _subject(series))
    levels = {}
    for place, analyte in enumerate(series.analytes):
        level = np.zeros(len(series.times))
        for part, factor in zip(analyte.parts, analyte.factors, strict=True):
            i = model.compounds.index(part)
            level += factor * states[:, system.central[i]] / _volume(model, i, series.times)
        levels[place] = level
    return np.array([levels[column][row] for row, column in zip(series.rows, series.columns, strict=True)])


def _volume(model: Model, compound: int, times: Array) -> Array:
    """Central volume at ``times`` [L]."""
    index = model.system.compounds[compound].volume
    found = np.full(len(times), model.system.parameters[index])
    for change in model.switches:
        found[times > change.time] = change.parameters[index]
    return found


def _refuse_impossible(
    series: Series, monographs: Mapping[str, Monograph], model: Model, used: Sequence[Entry]
) -> None:
    problems = liver_problems(monographs)
    for entry in used:
        drug, form, _ = entry
        problem = availability_problem(model.ways[entry], f"{drug}.absorption.{form}.bioavailability")
        problems += [] if problem is None else [problem]
    if problems:
        advice = f"{problems[0].key}: {problems[0].message}, or narrow the bounds of the parameters."
        raise SimulationError(None, "compiled", advice, _subject(series))


def _subject(series: Series) -> str:
    return f"{series.scenario.name}, subject {series.subject}"
