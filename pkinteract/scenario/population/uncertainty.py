"""The uncertainty that a fit wrote beside its estimates, for ``uncertainty`` in ``[population]``."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from pkinteract.errors import InputError, did_you_mean, printable
from pkinteract.library.overrides import apply_overrides
from pkinteract.library.schema.monograph import Monograph
from pkinteract.scenario.expressions import value_of
from pkinteract.scenario.population.schema import PopulationTable
from pkinteract.scenario.population.types import Uncertain, Uncertainty
from pkinteract.scenario.values import StrictTable
from pkinteract.text.remark import Remark, remark
from pkinteract.text.toml import TomlFile, read_toml
from pkinteract.text.toml_lines import Key
from pkinteract.text.toml_words import problems

Report = Callable[[Key, str], None]
Warn = Callable[[Key, Remark], None]

DRAWS = 20
"""Sets of parameters unless another number is given."""

KEY: Key = ("uncertainty",)


class UncertainTable(StrictTable):
    """``[[uncertainty]]`` of the ``result.toml`` of a fit: one of its parameters.

    Attributes
    ----------
    paths
        Drug, or "enzymes", and dotted path in its file.
    estimate
        In the unit that the fit gives it.
    scale
        What ``standard_error`` and ``correlation`` hold for: the value or its natural logarithm.
    correlation
        With each parameter above that has a standard error too.
    expression
        How it follows from parameters above.
    """

    parameter: str
    paths: tuple[str, ...] = Field(default=(), strict=False)
    estimate: float
    scale: Literal["natural", "logarithmic"] = "natural"
    standard_error: float | None = Field(default=None, gt=0)
    correlation: tuple[float, ...] = Field(default=(), strict=False)
    expression: str | None = None


class _ResultTable(StrictTable):
    """What is read of a ``result.toml``."""

    uncertainty: list[UncertainTable]


def read_uncertainty(
    file: TomlFile, table: PopulationTable, monographs: Mapping[str, Monograph], wrong: Report, warn: Warn
) -> Uncertainty | None:
    """What a fit knows of the drugs of a scenario; None if it was reported as wrong."""
    name = table.uncertainty or ""
    try:
        tables = _read(file.path.parent / name)
        parameters = tuple(_parameters(tables, monographs))
        if not any(parameter.paths for parameter in parameters):
            raise ValueError("has no parameter of a drug of this scenario")
        if not any(parameter.root for parameter in parameters):
            raise ValueError("knows no standard error of a parameter")
        _check_expressions(parameters)
    except ValueError as error:
        wrong(KEY, f"{printable(name)}: {error}")
        return None
    if file.data.get("parameters") != name:
        warn(("population", *KEY), remark("remark.uncertainty", file=name))
    return Uncertainty(name=name, draws=table.draws or DRAWS, parameters=parameters)


def _read(path: Path) -> list[UncertainTable]:
    try:
        file = read_toml(path)
        if "uncertainty" not in file.data:
            raise ValueError("holds no [[uncertainty]]; name the result.toml of a fit that was run with this version")
        return _ResultTable.model_validate({"uncertainty": file.data["uncertainty"]}).uncertainty
    except ValidationError as error:
        problem = problems(error, file, _ResultTable)[0]
        raise ValueError(f"line {problem.line}, {problem.key}: {problem.message}") from None
    except InputError as error:
        raise ValueError(error.problems[0].message) from None


def _parameters(tables: Sequence[UncertainTable], monographs: Mapping[str, Monograph]) -> list[Uncertain]:
    """The parameters with those of their paths that lead into the drugs of the scenario."""
    root = _root([table for table in tables if table.standard_error is not None])
    parameters = []
    for table in tables:
        paths = tuple(_path(path) for path in table.paths)
        mine = tuple(path for path in paths if path[0] in monographs or path[0] == "enzymes")
        if any(owner == "patient" for owner, _ in paths):
            raise ValueError(f"{table.parameter} is a value of the patient, which a population draws by itself")
        parameters.append(
            Uncertain(
                name=table.parameter,
                paths=mine,
                estimate=table.estimate,
                expression=table.expression,
                logarithmic=table.scale == "logarithmic",
                root=root.pop(0) if table.standard_error is not None else (),
                highest=min((_highest(monographs, *path) for path in mine), default=math.inf),
            )
        )
    return parameters


def _path(path: str) -> tuple[str, str]:
    owner, dot, rest = path.partition(".")
    if not dot or not rest:
        raise ValueError(f'"{printable(path, 60)}" is not a drug and a path in its file')
    return owner, rest


def _root(tables: Sequence[UncertainTable]) -> list[tuple[float, ...]]:
    """Rows of the triangular root of the covariance."""
    import numpy as np

    correlation = np.eye(len(tables))
    for n, table in enumerate(tables):
        if len(table.correlation) != n:
            text = f"{table.parameter} needs {n} correlations, one with each estimate above"
            raise ValueError(f"{text}, has {len(table.correlation)}")
        correlation[n, :n] = correlation[:n, n] = table.correlation
    try:
        factor = np.linalg.cholesky(correlation)
    except np.linalg.LinAlgError:
        raise ValueError("the correlations of the estimates cannot all hold together") from None
    factor *= np.array([[table.standard_error] for table in tables]).reshape(-1, 1)
    return [tuple(line[: n + 1]) for n, line in enumerate(factor.tolist())]


def _highest(monographs: Mapping[str, Monograph], owner: str, path: str) -> float:
    """1 for a value that cannot be larger, as fractions; else infinite."""
    if owner == "enzymes":
        return math.inf
    known = dict(monographs[owner].values())
    if path not in known:
        raise ValueError(f"{path} is not a value of {owner}; {did_you_mean(path, known)}")
    if known[path].unit != "1":
        return math.inf
    try:
        apply_overrides(monographs[owner], {path: "1.01"})
    except ValidationError:
        return 1.0
    except ValueError:
        return math.inf
    return math.inf


def _check_expressions(parameters: Sequence[Uncertain]) -> None:
    known: dict[str, float] = {}
    for row in parameters:
        if row.expression is not None:
            try:
                value_of(row.expression, known)
            except ValueError as error:
                raise ValueError(f"{row.name}: {error}") from None
        known[row.name] = row.estimate
