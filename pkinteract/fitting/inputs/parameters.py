"""``[parameter.<name>]`` and ``[residual]`` -> parameters with numbers in one unit each."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

import numpy as np

from pkinteract.errors import did_you_mean
from pkinteract.fitting.inputs.expressions import in_order, name_problem, names_in
from pkinteract.fitting.inputs.schema import DataTable, ParameterTable, PriorTable, ResidualTable
from pkinteract.fitting.types import Parameter, Series
from pkinteract.scenario.expressions import value_of
from pkinteract.text.toml_lines import Key
from pkinteract.units import UNITS, dimension_of, from_canonical, parse, split

Refuse = Callable[[Key, str], None]

WIDEST = 1e3
"""How far the bounds of a logarithm lie from its start where none are given, as a factor."""


def read_parameters(
    tables: Mapping[str, ParameterTable], refuse: Refuse, line: Callable[[Key], int | None]
) -> list[Parameter]:
    """Parameters so that each follows those its expression uses; reports what is wrong with the others."""
    uses: dict[str, set[str]] = {}
    for name, table in tables.items():
        key: Key = ("parameter", name)
        wrong = name_problem(name)
        used = set() if table.expr is None else _used(table.expr, (*key, "expr"), tables, refuse)
        if wrong is not None:
            refuse(key, wrong)
        elif used is not None:
            uses[name] = used
    order, circle = in_order({name: used & uses.keys() for name, used in uses.items()})
    if circle:
        text = f"{', '.join(circle)} follow from each other in a circle; give one of them an initial value"
        refuse(("parameter",), text)
    parameters: dict[str, Parameter] = {}
    for name in order:
        read = (
            _derived(name, tables[name], parameters, refuse) if tables[name].expr else _own(name, tables[name], refuse)
        )
        if read is not None:
            parameters[name] = replace(read, line=line(("parameter", name)))
            for other in uses[name]:
                if other in parameters and parameters[other].per_subject and not read.per_subject:
                    text = f'{other} differs between subjects, so this must too; write shared = "subject"'
                    refuse(("parameter", name, "expr"), text)
    return list(parameters.values())


def _used(text: str, key: Key, tables: Mapping[str, ParameterTable], refuse: Refuse) -> set[str] | None:
    try:
        used = names_in(text)
    except ValueError as error:
        refuse(key, str(error))
        return None
    unknown = sorted(used - tables.keys())
    for name in unknown:
        refuse(key, f"{name} is not a parameter; {did_you_mean(name, tables)}")
    return None if unknown else used


def _derived(name: str, table: ParameterTable, known: Mapping[str, Parameter], refuse: Refuse) -> Parameter | None:
    key: Key = ("parameter", name)
    for extra in ("initial", "lower", "upper", "prior"):
        if getattr(table, extra) is not None:
            refuse((*key, extra), "does not go with expr; leave one of them out")
    unit = table.unit
    if unit is None:
        refuse(key, 'unit is required beside expr; write for example unit = "L/h"')
        return None
    if unit not in UNITS:
        _unknown_unit(unit, (*key, "unit"), refuse)
        return None
    expr = table.expr or ""
    if not names_in(expr) <= known.keys():
        return None
    value = value_of(expr, {other: parameter.initial for other, parameter in known.items()})
    if not math.isfinite(value) or value <= 0:
        refuse((*key, "expr"), f"gives {value:g} at the initial values; must be finite and above 0")
        return None
    return Parameter(
        name=name,
        paths=_paths(table, key, refuse),
        unit=unit,
        initial=value,
        lower=0.0,
        upper=math.inf,
        log=table.transform == "log",
        per_subject=table.shared == "subject",
        vary=False,
        expr=expr,
        prior=None,
        line=None,
    )


def _unknown_unit(unit: str, key: Key, refuse: Refuse) -> None:
    try:
        dimension_of(unit)
    except ValueError as error:
        refuse(key, str(error))


def _own(name: str, table: ParameterTable, refuse: Refuse) -> Parameter | None:
    key: Key = ("parameter", name)
    if table.initial is None:
        refuse(key, 'needs initial or expr; write for example initial = "1.1 L/h"')
        return None
    if table.unit is not None:
        refuse((*key, "unit"), "goes with expr; otherwise the unit stands in initial")
    try:
        number, unit = split(table.initial)
    except ValueError as error:
        refuse((*key, "initial"), str(error))
        return None
    log = table.transform == "log" and table.vary
    if log and number <= 0:
        refuse((*key, "initial"), f'must be above 0 for transform = "log", got "{table.initial}"')
        return None
    lower = number / WIDEST if log else 0.0 if table.path is not None else -math.inf
    upper = number * WIDEST if log else math.inf
    for bound in ("lower", "upper"):
        text = getattr(table, bound)
        if text is not None and not table.vary:
            refuse((*key, bound), "does not go with vary = false; leave it out")
    low = _quantity(table.lower, unit, (*key, "lower"), refuse, lower)
    high = _quantity(table.upper, unit, (*key, "upper"), refuse, upper)
    if low is None or high is None:
        return None
    if log and low <= 0:
        refuse((*key, "lower"), f'must be above 0 for transform = "log", got "{table.lower}"')
    elif table.vary and not low < number < high:
        refuse((*key, "initial"), f"must lie between lower and upper ({low:g} and {high:g} {unit}), got {number:g}")
    return Parameter(
        name=name,
        paths=_paths(table, key, refuse),
        unit=unit,
        initial=number,
        lower=low,
        upper=high,
        log=log,
        per_subject=table.shared == "subject",
        vary=table.vary,
        expr=None,
        prior=None if table.prior is None else _prior(table.prior, unit, log, (*key, "prior"), refuse),
        line=None,
    )


def _quantity(text: str | None, unit: str, key: Key, refuse: Refuse, default: float) -> float | None:
    """A quantity in ``unit``; ``default`` where it is not given, None where it is wrong."""
    if text is None:
        return default
    try:
        return from_canonical(parse(text, dimension_of(unit)), unit)
    except ValueError as error:
        refuse(key, str(error))
        return None


def _prior(table: PriorTable, unit: str, log: bool, key: Key, refuse: Refuse) -> tuple[float, float] | None:
    mean = _quantity(table.mean, unit, (*key, "mean"), refuse, math.nan)
    cv = _quantity(table.cv, "1", (*key, "cv"), refuse, math.nan)
    if mean is None or cv is None:
        return None
    if mean <= 0 or cv <= 0:
        refuse((*key, "mean" if mean <= 0 else "cv"), "must be above 0")
        return None
    return (math.log(mean), math.sqrt(math.log1p(cv**2))) if log else (mean, cv * mean)


def _paths(table: ParameterTable, key: Key, refuse: Refuse) -> tuple[tuple[str, str], ...]:
    given = [] if table.path is None else [table.path] if isinstance(table.path, str) else table.path
    paths = []
    for path in given:
        drug, dot, rest = path.partition(".")
        if not dot or not rest:
            text = f'must be a drug and a path in its file such as "carbamazepine.elimination.clearance", got "{path}"'
            refuse((*key, "path"), text)
        else:
            paths.append((drug, rest))
    return tuple(paths)


def own_counts(
    tables: Mapping[int, DataTable],
    residual: ResidualTable,
    common: float | None,
    series: Iterable[Series],
    refuse: Refuse,
) -> list[Series]:
    """Series of data sets with an SD of their own: a measurement counts like (common SD / own SD)² of the others.

    Parameters
    ----------
    common
        SD of the residual model that the data sets share [1]; None where it is estimated.
    """
    shares: dict[int, float] = {}
    for index, table in tables.items():
        if table.proportional is None:
            continue
        key: Key = ("data", index, "proportional")
        if residual.model not in ("log", "proportional") or common is None:
            text = 'needs model = "log" or "proportional" in [residual], with an SD such as proportional = "20 %"'
            refuse(key, text)
            continue
        own = _fraction(table.proportional, key, refuse)
        if own is not None:
            shares[index] = (common / own) ** 2
    return [
        replace(one, counts=(np.ones(len(one.values)) if one.counts is None else one.counts) * shares[one.data])
        if one.data in shares
        else one
        for one in series
    ]


def _fraction(text: str, key: Key, refuse: Refuse) -> float | None:
    """An SD as a fraction, above 0."""
    try:
        value = parse(text, "fraction", example="15 %")
    except ValueError as error:
        refuse(key, str(error))
        return None
    if value <= 0:
        refuse(key, "must be above 0")
        return None
    return value


def residual_sds(
    table: ResidualTable, series: Iterable[Series], refuse: Refuse
) -> tuple[float | None, float | None] | None:
    """SDs of the residuals, additive in the analytes' unit and proportional [1]; None if something is wrong."""
    good = True
    wanted = {"additive": ("additive",), "combined": ("additive", "proportional")}.get(table.model, ("proportional",))
    for name in ("additive", "proportional"):
        if getattr(table, name) is not None and name not in wanted:
            refuse(("residual", name), f'does not go with model = "{table.model}"; leave it out')
            good = False
        elif table.model == "combined" and getattr(table, name) is None:
            refuse(("residual",), f'combined needs additive = "0.2 mg/L" and proportional = "15 %"; {name} is missing')
            good = False
    units = list(dict.fromkeys(analyte.unit for one in series for analyte in one.analytes))
    if "additive" in wanted and len(units) > 1:
        text = f'adds up {" and ".join(units)}; choose one unit by [output.units] of the scenarios, or model = "log"'
        refuse(("residual", "model"), text)
        good = False
    additive = proportional = None
    if table.proportional is not None:
        proportional = _fraction(table.proportional, ("residual", "proportional"), refuse)
        good = good and proportional is not None
    try:
        if table.additive is not None and len(units) == 1:
            unit = units[0]
            additive = from_canonical(parse(table.additive, dimension_of(unit), example=f"0.2 {unit}"), unit)
    except ValueError as error:
        refuse(("residual", "additive"), str(error))
        good = False
    if additive is not None and additive <= 0:
        refuse(("residual", "additive"), "must be above 0")
        good = False
    return (additive, proportional) if good else None
