"""Default upper bounds of what cannot exceed a whole: fractions, and a bioavailability with all of a dose absorbed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from pkinteract.fitting.inputs.parameters import Refuse
from pkinteract.fitting.predict.bodies import Treatment, changed, changes_of
from pkinteract.fitting.predict.levels import model_of
from pkinteract.fitting.types import Parameter, Series
from pkinteract.model.absorption import AbsorptionRoute
from pkinteract.units import from_canonical

FRACTIONS = ("fraction", "yield", "gut_availability", "fraction_unbound")
"""Last word of a path to a share of a whole."""

_MOVED = 0.99
"""Share of their initial values at which other parameters show whether gut and liver depend on them [1]."""


def bounded(
    parameters: Sequence[Parameter], series: Sequence[Series], given: Sequence[str], refuse: Refuse
) -> list[Parameter]:
    """The parameters with upper bounds that no body exceeds; reports those that begin above them.

    Parameters
    ----------
    given
        Names of those whose upper bound the fit file gives; it stands, and a search that leaves what is possible fails.
    """
    within = []
    for parameter in parameters:
        most = min((_most(parameter, parameters, series)), default=parameter.upper)
        if parameter.name in given or not parameter.vary or most >= parameter.upper:
            within.append(replace(parameter, beyond=parameter.vary and most < parameter.upper))
            continue
        if parameter.initial > most * (1 + 1e-9):
            unit = "" if parameter.unit == "1" else f" {parameter.unit}"
            text = f"is above {most:.4g}{unit}, the most that a body can have with the other initial values; lower it"
            refuse(("parameter", parameter.name, "initial"), text)
        within.append(replace(parameter, upper=max(most, parameter.initial)))
    return within


def _most(parameter: Parameter, parameters: Sequence[Parameter], series: Sequence[Series]) -> Iterator[float]:
    """What the value cannot exceed, by each of its paths and subjects; nothing where there is no such limit.

    Where gut and liver move with other parameters, what they let through is not known: F is at most 1.
    """
    for owner, path in parameter.paths:
        word = path.rpartition(".")[2]
        if word in FRACTIONS:
            yield from_canonical(1.0, parameter.unit)
        elif word == "bioavailability":
            form = path.split(".")[1]
            begin = {other.name: other.initial for other in parameters}
            moved = {other.name: _MOVED * other.initial if other.vary else other.initial for other in parameters}
            moved[parameter.name] = parameter.initial
            for run in (run for one in series for run in one.runs or (one,)):
                changes = changes_of(parameters, run)
                here, there = (_ways(run, changed(run, changes, values), owner, form) for values in (begin, moved))
                for way, other in zip(here, there, strict=True):
                    fixed = way.first_pass == other.first_pass
                    yield parameter.initial / (way.absorbed() if fixed else way.bioavailability)


def _ways(run: Series, body: Treatment, drug: str, form: str) -> Iterator[AbsorptionRoute]:
    """How the doses of a run enter by one formulation."""
    if run.recorded is None:
        model, used = model_of(run, body)
        yield from (model.ways[entry] for entry in used if entry[:2] == (drug, form) and model.ways[entry].inlets)
        return
    dosing = replace(run.recorded.dosing, monographs=dict(body.monographs))
    if (dosing.drug, dosing.formulation) == (drug, form) and dosing.way is not None:
        yield dosing.way
