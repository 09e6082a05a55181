"""Fit file -> Fit with its data, or every problem in all of it at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np
from pydantic import BaseModel, ValidationError

from pkinteract.errors import InputError, Problem, did_you_mean
from pkinteract.fitting.data.sources import KINDS, read_source, within
from pkinteract.fitting.data.weights import residual_problems
from pkinteract.fitting.inputs.allowed import bounded
from pkinteract.fitting.inputs.methods import method_problems, sampling_of
from pkinteract.fitting.inputs.names import FitNaming
from pkinteract.fitting.inputs.parameters import Refuse, own_counts, read_parameters, residual_sds
from pkinteract.fitting.inputs.schema import (
    DataTable,
    FitTable,
    IntervalTable,
    MethodTable,
    ParameterTable,
    PosteriorTable,
    ResidualTable,
)
from pkinteract.fitting.predict.bodies import ENZYMES, PATIENT, trait_problem
from pkinteract.fitting.types import Fit, Parameter, Series
from pkinteract.library import load_library
from pkinteract.library.overrides import is_left_out
from pkinteract.scenario import Scenario
from pkinteract.scenario.file.overrides import Wanted, override, override_each
from pkinteract.text.inputs import files_read
from pkinteract.text.toml import TomlFile, read_toml
from pkinteract.text.toml_lines import Key, key_text
from pkinteract.text.toml_words import problems
from pkinteract.units import split

_T = TypeVar("_T", bound=BaseModel)


def read_fit(path: Path | str) -> Fit:
    """Read a fit file, its data and its scenarios.

    Raises
    ------
    InputError
        With every problem of the file and of what it names, in file order.
    """
    with files_read(Path(path).parent, but=Path(path)) as files:
        fit = _FitReader(read_toml(Path(path))).fit()
    return replace(fit, read=files)


@dataclass(slots=True)
class _FitReader:
    """Collects problems while it reads; lives for one file."""

    file: TomlFile
    problems: list[Problem]

    naming: FitNaming

    def __init__(self, file: TomlFile) -> None:
        self.file = file
        self.problems = []
        self.naming = FitNaming(library=load_library())

    def refuse(self, key: Key, message: str) -> None:
        problem = Problem(line=self.file.line(key), key=key_text(key), message=message)
        if problem not in self.problems:
            self.problems.append(problem)

    def fit(self) -> Fit:
        data = self.file.data
        try:
            FitTable.model_validate(data)
        except ValidationError as error:
            self.problems += problems(error, self.file, FitTable)
        tables = {i: self.naming.data(table) for i, table in self._tables("data", DataTable).items()}
        residual = _silently(ResidualTable, data.get("residual", {}))
        refuse: Refuse = self.refuse
        folder = self.file.path.parent
        sources = [
            read_source(i, table, residual or ResidualTable(), folder, within(i, refuse)) for i, table in tables.items()
        ]
        whole = None not in sources and bool(sources)
        read = [source for source in sources if source is not None]
        parameters = read_parameters(self._parameters(), refuse, self.file.line)
        method = _silently(MethodTable, data.get("method", {}))
        interval = _silently(IntervalTable, data.get("interval", {}))
        series = [series for one in read for series in one.series]
        if whole:
            self._paths(parameters, {id(scenario): scenario for one in read for scenario in one.scenarios}.values())
        if whole and not self.problems:
            given = [name for name, table in self._parameters().items() if table.upper is not None]
            parameters = bounded(parameters, series, given, refuse)
        sds = None if residual is None else residual_sds(residual, series, refuse)
        if residual is not None and residual.model in ("log", "proportional"):
            self._above_zero(residual.model, series)
        if residual is not None and sds is not None:
            series = own_counts(tables, residual, sds[1], series, refuse)
        by_sd = residual is not None and residual.weights == "sd"
        known = by_sd or residual is None or residual.additive is not None or residual.proportional is not None
        if residual is not None:
            residual_problems(residual, method, refuse)
        if method is not None:
            self._together(method, interval, parameters, known=known)
            method_problems(method, parameters, refuse)
        posterior = _silently(PosteriorTable, data["posterior"]) if "posterior" in data else None
        subjects = len({one.subject for one in series})
        sampling = None if posterior is None else sampling_of(posterior, method, parameters, subjects, refuse)
        if sampling is not None and not known and not all(np.all(one.measured) for one in series):
            text = "needs the SD of the residuals where levels below quantification count; give it in [residual]"
            self.refuse(("posterior",), text)
        self._all_measured(residual, method, series)
        self._enough(parameters, series, known=known)
        if self.problems or residual is None or method is None or interval is None or sds is None:
            raise InputError(self.file.path, self.problems)
        path = self.file.path
        return Fit(
            name=path.resolve().parent.name if path.stem == "fit" else path.stem,
            title=data["title"],
            path=path,
            text=self.file.text,
            files=tuple(entry.path for entry in read),
            parameters=tuple(parameters),
            series=tuple(series),
            residual=residual.model,
            additive=sds[0],
            proportional=sds[1],
            method=method.name,
            loss=method.loss,
            starts=method.starts,
            profile=interval.method == "profile",
            omitted=tuple(omitted for one in read for omitted in one.omitted),
            notes=tuple(dict.fromkeys([*self.naming.said, *(note for one in read for note in one.notes)])),
            weights=residual.weights,
            seed=method.seed,
            sampling=sampling,
        )

    def _tables(self, name: str, model: type[_T]) -> dict[int, _T]:
        entries = self.file.data.get(name)
        list_entries = entries if isinstance(entries, list) else []
        tables = {i: _silently(model, entry) for i, entry in enumerate(list_entries)}
        return {i: table for i, table in tables.items() if table is not None}

    def _parameters(self) -> dict[str, ParameterTable]:
        entries = self.file.data.get("parameter")
        named_entries = entries if isinstance(entries, dict) else {}
        tables = {name: _silently(ParameterTable, entry) for name, entry in named_entries.items()}
        return {name: self.naming.parameter(table) for name, table in tables.items() if table is not None}

    def _paths(self, parameters: Iterable[Parameter], scenarios: Iterable[Scenario]) -> None:
        """Paths name values of the drugs that are given, with values they can take, each by one parameter."""
        wanted: dict[str, Wanted] = {}
        for parameter in parameters:
            key: Key = ("parameter", parameter.name, "path")
            for drug, path in parameter.paths:
                if path in wanted.get(drug, {}):
                    first = key_text(wanted[drug][path][1])
                    self.refuse(key, f"{drug}.{path} is set by {first} as well; keep one of them")
                wanted.setdefault(drug, {}).setdefault(path, (f"{parameter.initial!r} {parameter.unit}", key))
        all_scenarios = list(scenarios)
        for drug, values in wanted.items():
            if drug in (ENZYMES, PATIENT):
                self._bodily(drug, values, all_scenarios)
                continue
            having = [scenario.monographs[drug] for scenario in all_scenarios if drug in scenario.monographs]
            for monograph in having:
                known = [path for path, _ in monograph.values()]
                settable = {*known, *(path for path in values if is_left_out(monograph, path))}
                for path in values.keys() - settable:
                    close = did_you_mean(path, known, f"its values are {', '.join(known)}")
                    self.refuse(values[path][1], f"{path} is not a value of {drug}; {close}")
                override(monograph, {path: value for path, value in values.items() if path in settable}, self.refuse)
            if not having:
                names = sorted({name for scenario in all_scenarios for name in scenario.monographs})
                for _, key in values.values():
                    self.refuse(key, self.naming.library.absent(drug, names, "part of any scenario here"))

    def _bodily(self, owner: str, values: Wanted, scenarios: Iterable[Scenario]) -> None:
        """Paths into the enzymes or the patient name values that can be set."""
        for enzymes in [scenario.enzymes for scenario in scenarios][:1]:
            if owner == ENZYMES:
                override_each(enzymes, values, self.refuse)
            else:
                for path, (text, key) in values.items():
                    problem = trait_problem(path, split(text)[1], enzymes)
                    if problem is not None:
                        self.refuse(key, problem)

    def _all_measured(
        self, residual: ResidualTable | None, method: MethodTable | None, series: Iterable[Series]
    ) -> None:
        """A robust loss has no likelihood for levels that CENS says to lie beyond their DV."""
        told = residual is None or residual.below == "likelihood"
        if method is None or method.loss == "linear" or told or all(np.all(one.measured) for one in series):
            return
        text = f'"{method.loss}" does not go with CENS; write loss = "linear", or below = "leave out" in [residual]'
        self.refuse(("method", "loss"), text)

    def _named(self, index: int) -> Key:
        """The key under which an entry of ``[[data]]`` names its file."""
        entries = self.file.data["data"]
        return ("data", index, next(name for name in KINDS if name in entries[index]))

    def _above_zero(self, model: str, series: Iterable[Series]) -> None:
        for one in series:
            lines = [str(line) for line, value in zip(one.lines, one.values, strict=True) if value <= 0]
            if lines:
                key = self._named(one.data)
                name = self.file.data["data"][one.data][key[-1]]
                text = f"a {model} residual needs concentrations above 0; leave the cell empty or write BLQ"
                self.refuse(key, f"{name}: line {', '.join(lines)}: {text}")

    def _together(
        self, method: MethodTable, interval: IntervalTable | None, parameters: list[Parameter], *, known: bool
    ) -> None:
        """What needs an SD of the residuals, or another method."""
        for parameter in parameters:
            if parameter.prior is not None and not known:
                text = "needs the SD of the residuals beside it; give additive or proportional in [residual]"
                self.refuse(("parameter", parameter.name, "prior"), text)
            if method.starts > 1 and parameter.vary and not (parameter.upper - parameter.lower < float("inf")):
                text = 'is required for more than one start; write for example upper = "10"'
                self.refuse(("parameter", parameter.name, "upper"), text)
        if method.loss != "linear":
            if method.name != "least_squares":
                self.refuse(("method", "loss"), f'"{method.loss}" goes with name = "least_squares"')
            if not known:
                text = "needs the SD of the residuals to tell outliers by; give additive or proportional in [residual]"
                self.refuse(("method", "loss"), text)
            if interval is not None and interval.method == "profile":
                self.refuse(("interval", "method"), '"profile" goes with loss = "linear" only')

    def _enough(self, parameters: list[Parameter], series: list[Series], *, known: bool) -> None:
        """There is something to estimate, and more measurements than numbers to estimate."""
        free = [parameter for parameter in parameters if parameter.vary]
        broken = any(problem.key.startswith("parameter") for problem in self.problems)
        if not free:
            if not broken:
                self.refuse(("parameter",), "nothing is left to estimate; give one of them vary = true and no expr")
            return
        subjects = list(dict.fromkeys(one.subject for one in series))
        separate = all(parameter.per_subject for parameter in free)
        for name in subjects if separate else [""]:
            mine = [one for one in series if name in ("", one.subject)]
            values = [float(value) for one in mine for value in one.values[one.measured]]
            who = f"subject {name}: " if separate else ""
            file = mine[0].data if mine else 0
            count = len(free) if separate else sum(len(subjects) if parameter.per_subject else 1 for parameter in free)
            levels = not any(one.runs for one in mine)
            if levels and len(values) > 1 and len(set(values)) == 1:
                text = f"{who}all {len(values)} concentrations are {values[0]:g}; they do not vary and say nothing"
                self.refuse(self._named(file), text)
            elif values and len(values) <= count and not known:
                text = f"{who}{len(values)} concentrations cannot give {count} estimates and their residual SD"
                self.refuse(self._named(file), f"{text}; hold parameters by vary = false or give the SD")


def _silently(model: type[_T], data: object) -> _T | None:
    """A table whose problems were reported already."""
    try:
        return model.model_validate(data)
    except ValidationError:
        return None
