"""Values of the parameters -> predicted concentrations of one subject: no file and no validation on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from pkinteract.engine.compiled import solve_at
from pkinteract.engine.curves import Array
from pkinteract.engine.solve import Failure
from pkinteract.errors import SimulationError
from pkinteract.fitting.begin import beginning
from pkinteract.fitting.bodies import Body, Change, changed
from pkinteract.fitting.clearances import cleared
from pkinteract.fitting.follow import followed, read_at
from pkinteract.fitting.types import Analyte, Recorded, Series
from pkinteract.library.monograph import Monograph
from pkinteract.model import Model
from pkinteract.model.absorption import Entry, entry_of
from pkinteract.model.build import build_model
from pkinteract.model.limits import availability_problem, liver_problems

RTOL = 1e-9
"""Relative tolerance of a step: its noise stays far below what a step of the derivatives changes."""


def predict(series: Series, changes: Sequence[Change], values: Mapping[str, float]) -> Array:
    """Prediction of every measurement of a series, in the analyte's unit.

    Raises
    ------
    SimulationError
        When the values describe no possible body, or the solver gives up.
    """
    body = changed(series, changes, values)
    levels = _solved(series, body) if series.recorded is None else _followed(series, series.recorded, body)
    return np.array([levels[column][row] for row, column in zip(series.rows, series.columns, strict=True)])


def dense(series: Series, analytes: tuple[Analyte, ...], times: Array) -> Series:
    """The series with every analyte at all sorted ``times`` in place of its measurements, one analyte after another."""
    count = len(analytes)
    return replace(
        series,
        analytes=analytes,
        times=times,
        recorded=None if series.recorded is None else read_at(series.recorded, times),
        rows=tuple(row for _ in range(count) for row in range(len(times))),
        columns=tuple(column for column in range(count) for _ in range(len(times))),
    )


def _followed(series: Series, recorded: Recorded, body: Body) -> list[Array]:
    """Every analyte at every time, from dosing records."""
    compounds, found = followed(recorded, body, RTOL, _subject(series))
    places = [[compounds.index(part) for part in analyte.parts] for analyte in series.analytes]
    return [found[:, place] @ np.array(row.factors) for place, row in zip(places, series.analytes, strict=True)]


def _solved(series: Series, body: Body) -> list[Array]:
    """Every analyte at every time, from the doses of a scenario."""
    model, used = model_of(series, body)
    _refuse_impossible(series, body.monographs, model, used)
    system = replace(model.system, step_all=True)
    initial, inputs = beginning(series, model, system, _subject(series))
    states = solve_at(
        system,
        inputs,
        series.scenario.first_time,
        series.times,
        rtol=RTOL,
        initial=initial,
        switches=model.switches,
    )
    if isinstance(states, Failure):
        raise SimulationError((states.start, states.stop), "compiled", states.reason, _subject(series))
    begin = series.scenario.first_time, initial
    levels = []
    for analyte in series.analytes:
        if analyte.measure != "level":
            levels.append(cleared(model, analyte, inputs, begin, series.times, states))
            continue
        level = np.zeros(len(series.times))
        for part, factor in zip(analyte.parts, analyte.factors, strict=True):
            i = model.compounds.index(part)
            level += factor * states[:, system.central[i]] / _volume(model, i, series.times)
        levels.append(level)
    return levels


def model_of(series: Series, body: Body) -> tuple[Model, list[Entry]]:
    """What the doses of a scenario are given to, and how they enter."""
    given = series.doses if series.steady is None else (*series.steady.doses, *series.doses)
    used = list(dict.fromkeys(entry_of(dose) for dose in given))
    model = build_model(
        body.monographs,
        body.patient,
        body.enzymes,
        entries=used,
        doses=[(dose.drug, dose.free) for dose in given],
        changes=body.patients,
    )
    return model, used


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
