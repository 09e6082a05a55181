"""One patient's levels -> a fit: what the monographs say of people in general is the prior of this one."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from pkinteract.errors import InputError, Problem
from pkinteract.fitting.data.series import analyte_of
from pkinteract.fitting.search.censored import limits
from pkinteract.fitting.types import Fit, Measurand, Parameter, Series
from pkinteract.library.reader import load_library
from pkinteract.library.schema.monograph import Monograph, Value
from pkinteract.model import Model, build
from pkinteract.model.parts import liver
from pkinteract.scenario import Observation, Scenario
from pkinteract.scenario.file.observations import precursors
from pkinteract.units import dimension_of, parse, to_canonical

ERROR = 0.15
"""SD of what lies between a measured and a predicted level, on the logarithm: assay, timing, model [1]."""

REACH = 8.0
"""How many SDs of its prior a value may move."""

_CLEARANCE = "elimination.clearance"


def patient_fit(scenario: Scenario, error: float = ERROR) -> Fit:
    """The fit of one patient's levels.

    The values that vary are those with a between-subject CV of the compounds that were measured and of what forms them;
    each is log-normal about the monograph's value. Only ``weighed_levels`` count.

    Parameters
    ----------
    error
        SD of the residuals, on the logarithm [1].

    Raises
    ------
    InputError
        When there is no level, one that was measured after a protocol began, or no value with a CV.
    """
    if not scenario.observations:
        analyte, unit = next(iter(scenario.units.items()))
        text = "there is no measured level; add each as [[observation]] with "
        text += f'at = "5 d", analyte = "{analyte}", level = "6.2 {unit}"'
        raise InputError(scenario.path, [Problem(line=None, key="observation", message=text)])
    unbound = [level for level in scenario.observations if level.analyte not in scenario.units]
    if unbound:
        text = "is an unbound level, to which no patient is fitted; remove it, or give the total level"
        problems = [
            Problem(line=level.line, key="observation.analyte", message=f"{level.analyte} {text}") for level in unbound
        ]
        raise InputError(scenario.path, problems)
    first = min((protocol.checks[0] for protocol in scenario.protocols), default=math.inf)
    later = [level for level in scenario.observations if level.time > first]
    if later:
        text = (
            f"was measured after the first check of a [[protocol]], on day {first / 24:g}; write the doses that were "
        )
        text += "given up to the last level as courses, and let the protocol begin after it"
        problems = [Problem(line=level.line, key="observation.at", message=text) for level in later]
        raise InputError(scenario.path, problems)
    if not weighed_levels(scenario):
        raise InputError(scenario.path, [Problem(line=None, key="observation", message=_unknown_spread(scenario))])
    return Fit(
        name=f"{scenario.name}-patient",
        title=scenario.title,
        path=scenario.path,
        text=scenario.text,
        files=(scenario.path,),
        read=scenario.files,
        parameters=tuple(_parameters(scenario)),
        series=(_series(scenario),),
        residual="log",
        additive=None,
        proportional=error,
        method="least_squares",
        loss="linear",
        starts=1,
        profile=False,
        omitted=(),
        notes=(f"residual error {100 * error:g} %, the SD of the logarithm",),
    )


def weighed_levels(scenario: Scenario) -> tuple[Observation, ...]:
    """The measured levels of which it is known how people differ: all that was measured has a CV of its clearance."""
    return tuple(
        level
        for level in scenario.observations
        if all(scenario.monographs[part].spread_known for part in analyte_of(scenario, level.analyte).parts)
    )


def _unknown_spread(scenario: Scenario) -> str:
    """Why no level can be weighed, and what to write."""
    measured = {part for one in measured_analytes(scenario, scenario.observations) for part in one.parts}
    compounds = [
        name for name, monograph in scenario.monographs.items() if name in measured and not monograph.spread_known
    ]
    first = compounds[0]
    text = f"the clearance of {' and '.join(compounds)} has no between-subject CV, without which a level cannot be "
    text += "weighed: how people differ in it is not known here; "
    if any(_CLEARANCE in scenario.overrides.get(drug, {}) for drug in compounds):
        text += "leave out the override of the clearance: an override has no CV; "
    if first in load_library().files:
        text += f"copy pkinteract/library/drugs/{first}.toml beside the scenario, "
        text += f'name the copy on top of the scenario, library = ["{first}.toml"], and add '
    else:
        text += "in its drug file add "
    return f"{text}a published CV to the clearance, such as cv = 0.27 in clearance = {{ ... }}"


def read_error(text: str | None) -> float:
    """The SD that ``--error`` gives [1].

    Raises
    ------
    InputError
        When it is no fraction above 0.
    """
    if text is None:
        return ERROR
    try:
        error = parse(text, "fraction", example="15 %")
    except ValueError as wrong:
        raise InputError("--error", [Problem(line=None, key="", message=str(wrong))]) from None
    if not 0.001 <= error <= 2:
        text = f'must lie between 0.1 % and 200 %, got "{text}"; write for example "15 %"'
        raise InputError("--error", [Problem(line=None, key="", message=text)])
    return error


def measured_analytes(scenario: Scenario, levels: Sequence[Observation]) -> tuple[Measurand, ...]:
    """What ``levels`` measured, each once, in the order of the scenario's analytes."""
    measured = {level.analyte for level in levels}
    return tuple(analyte_of(scenario, name) for name in scenario.units if name in measured)


def judged(scenario: Scenario, levels: Sequence[Observation]) -> tuple[Measurand, ...]:
    """What ``levels`` measured, and the sums of what they measured, in the order of the scenario's analytes."""
    measured = {level.analyte for level in levels}
    sums = [total for monograph in scenario.monographs.values() for total in monograph.sum]
    known = measured | {total.id for total in sums if measured.issuperset(total.parts)}
    return tuple(analyte_of(scenario, name) for name in scenario.units if name in known)


def _series(scenario: Scenario) -> Series:
    observations = weighed_levels(scenario)
    measured = measured_analytes(scenario, observations)
    ids = [analyte.id for analyte in measured]
    times = np.unique([observation.time for observation in observations])
    values = np.array([observation.value for observation in observations])
    return Series(
        data=0,
        subject="patient",
        scenario=scenario,
        patient=scenario.patient,
        doses=scenario.doses,
        steady=scenario.steady_state,
        analytes=measured,
        times=times,
        rows=tuple(int(np.searchsorted(times, observation.time)) for observation in observations),
        columns=tuple(ids.index(observation.analyte) for observation in observations),
        values=values,
        lines=tuple(observation.line or 0 for observation in observations),
        ends=limits(values, np.array([observation.below for observation in observations])),
    )


def without_level(fit: Fit, place: int) -> Fit | None:
    """The fit without the level at ``place``; None if none is left."""
    [series] = fit.series
    kept = [n for n in range(len(series.values)) if n != place]
    if not kept:
        return None
    left = replace(
        series,
        rows=tuple(series.rows[n] for n in kept),
        columns=tuple(series.columns[n] for n in kept),
        values=series.values[kept],
        lines=tuple(series.lines[n] for n in kept),
        ends=None if series.ends is None else series.ends[kept],
    )
    return replace(fit, series=(left,))


def with_fixed(fit: Fit, names: set[str]) -> Fit:
    """The fit with some parameters held at the population's values."""
    parameters = [
        replace(parameter, vary=False, log=False, prior=None) if parameter.name in names else parameter
        for parameter in fit.parameters
    ]
    return replace(fit, parameters=tuple(parameters))


def _compounds(scenario: Scenario) -> dict[str, Monograph]:
    """The compounds that were measured, and what forms them."""
    parts = {part for analyte in measured_analytes(scenario, scenario.observations) for part in analyte.parts}
    names = {name for part in parts for name in precursors(part, scenario.monographs)}
    return {name: monograph for name, monograph in scenario.monographs.items() if name in names}


def _parameters(scenario: Scenario) -> Iterator[Parameter]:
    """The values that vary."""
    model = build(scenario)
    for drug, monograph in _compounds(scenario).items():
        values = {path: value for path, value in monograph.values() if _counts(drug, path, scenario)}
        own = liver(monograph)
        clearance = values.get(_CLEARANCE)
        if own.flow is not None and clearance is not None and clearance.cv is not None:
            yield from _first_pass(drug, values, own.clearance / own.flow, model)
            values = {path: value for path, value in values.items() if path != _CLEARANCE and not _available(path)}
        for path, value in values.items():
            if value.cv is not None and value.value > 0:
                yield from _single(drug, path, value, value.cv, model)


def _counts(drug: str, path: str, scenario: Scenario) -> bool:
    """Whether a value of a monograph can act in the run; shares of pathways add up to 1 and do not vary."""
    if path.startswith("elimination.pathway.") and path.endswith(".fraction"):
        return False
    if not path.startswith("absorption."):
        return True
    taken = [dose for dose in scenario.doses if dose.drug == drug and dose.formulation == path.split(".")[1]]
    return any(dose.bioavailability is None for dose in taken) if _available(path) else bool(taken)


def _available(path: str) -> bool:
    return path.startswith("absorption.") and path.endswith(".bioavailability")


def _single(drug: str, path: str, value: Value, cv: float, model: Model) -> Iterator[Parameter]:
    """A value that varies by itself."""
    highest = math.inf
    if _available(path):
        highest = value.value / _absorbed(drug, path, model)
    elif dimension_of(value.unit) == "fraction" and path.startswith("binding."):
        highest = 1 / to_canonical(1.0, value.unit)
    if value.value < highest * (1 - 1e-6):
        yield _free(_name(drug, path), value.value, value.unit, cv, highest, ((drug, path),))


def _absorbed(drug: str, path: str, model: Model) -> float:
    """The largest fraction absorbed of a formulation, fed or fasted [1]."""
    form = path.split(".")[1]
    return max(way.absorbed() for (owner, name, _), way in model.ways.items() if (owner, name) == (drug, form))


def _first_pass(drug: str, values: Mapping[str, Value], extraction: float, model: Model) -> Iterator[Parameter]:
    """Intrinsic clearance varies; clearance and availability of a well-stirred liver follow it together."""
    clearance = values[_CLEARANCE]
    intrinsic = f"{_name(drug, '')}_intrinsic_clearance"
    yield _free(intrinsic, 1.0, "1", clearance.cv or 0.0, math.inf, ())
    slowed = f"({1 - extraction!r} + {extraction!r}*{intrinsic})"
    yield _derived(drug, _CLEARANCE, clearance, f"{clearance.value!r}*{intrinsic}/{slowed}")
    for path, value in values.items():
        if _available(path):
            absorbed = ""
            highest = 1 / _absorbed(drug, path, model)
            if value.cv is not None and highest > 1 + 1e-6:
                absorbed = f"{_name(drug, path).removesuffix('_bioavailability')}_absorption"
                yield _free(absorbed, 1.0, "1", value.cv, highest, ())
            yield _derived(drug, path, value, f"{value.value!r}{absorbed and '*' + absorbed}/{slowed}")


def _name(drug: str, path: str) -> str:
    """A parameter's name: the drug and the end of the path, in letters, digits and underscores."""
    head, _, rest = path.partition(".")
    shown = rest if head in ("elimination", "distribution", "absorption") else path
    name = "_".join(part for part in f"{drug}.{shown}".replace("-", "_").split(".") if part)
    return name if name[0].isalpha() else f"drug_{name}"


def _free(
    name: str, value: float, unit: str, cv: float, highest: float, paths: tuple[tuple[str, str], ...]
) -> Parameter:
    sd = math.sqrt(math.log1p(cv**2))
    return Parameter(
        name=name,
        paths=paths,
        unit=unit,
        initial=value,
        lower=value * math.exp(-REACH * sd),
        upper=min(value * math.exp(REACH * sd), highest),
        log=True,
        per_subject=False,
        vary=True,
        expr=None,
        prior=(math.log(value), sd),
        line=None,
    )


def _derived(drug: str, path: str, value: Value, expr: str) -> Parameter:
    return Parameter(
        name=_name(drug, path),
        paths=((drug, path),),
        unit=value.unit,
        initial=value.value,
        lower=0.0,
        upper=math.inf,
        log=True,
        per_subject=False,
        vary=False,
        expr=expr,
        prior=None,
        line=None,
    )
