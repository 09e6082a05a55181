"""Scenario file -> Scenario, or every problem in it at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from pkinteract.errors import InputError, Problem, did_you_mean
from pkinteract.library import Library, load_library
from pkinteract.library.reader import drug_ids
from pkinteract.library.schema.monograph import Monograph, sold_only
from pkinteract.scenario.doses import MOST_DOSES, dose_count, doses
from pkinteract.scenario.file.courses import CourseContext, read_course
from pkinteract.scenario.file.dialysis import DialysisContext, read_dialysis
from pkinteract.scenario.file.kidneys import check_kidneys
from pkinteract.scenario.file.names import Naming
from pkinteract.scenario.file.not_modelled import OFFER, read_not_modelled
from pkinteract.scenario.file.observations import Measurable, read_observations
from pkinteract.scenario.file.output import check_grid, read_units
from pkinteract.scenario.file.overrides import Wanted, fitted_tables, flat, override, override_each
from pkinteract.scenario.file.patient import (
    PatientChange,
    Stages,
    check_abundance,
    check_ages,
    check_patient,
    context_of,
    fitted_patient,
    patients,
    read_phenotype,
    weights,
)
from pkinteract.scenario.file.schema import (
    ChangeTable,
    CourseTable,
    Output,
    PatientTable,
    RegimenTable,
    ScenarioTable,
    Simulation,
)
from pkinteract.scenario.file.steady_state import steady_state
from pkinteract.scenario.types import Course, Regimen, Scenario
from pkinteract.scenario.values import dated_from
from pkinteract.scenario.warnings.oddities import oddities
from pkinteract.text.inputs import files_read
from pkinteract.text.remark import Caution, Remark
from pkinteract.text.toml import TomlFile, read_toml
from pkinteract.text.toml_lines import Key
from pkinteract.text.toml_words import problems

if TYPE_CHECKING:
    from datetime import datetime

    from pkinteract.scenario.advise.types import AdviseSpecification
    from pkinteract.scenario.population.types import PopulationSpecification
    from pkinteract.scenario.protocol.types import Protocol

_T = TypeVar("_T", bound=BaseModel)


def read_scenario(path: Path | str, library: Library | None = None) -> Scenario:
    """Read a scenario file.

    Parameters
    ----------
    path
        The TOML file.
    library
        Drug library; the shipped one, with the files that the scenario names, if left out.

    Raises
    ------
    InputError
        With every problem of the file, in file order.
    """
    with files_read(Path(path).parent, but=Path(path)) as files:
        scenario = scenario_of(read_toml(Path(path)), library)
    return replace(scenario, files=files)


def scenario_of(file: TomlFile, library: Library | None = None) -> Scenario:
    """The scenario of a file that was read, as :func:`read_scenario`.

    Raises
    ------
    InputError
        With every problem of the file, in file order.
    """
    return _ScenarioReader(file, library).scenario()


class _ScenarioReader:
    """Collects problems while it reads; lives for one file."""

    def __init__(self, file: TomlFile, library: Library | None) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self.cautions: list[Caution] = []
        self.drugs: list[str] = []
        self.lost = False
        self.unread: set[str] = set()
        self.places: list[list[Key]] = []
        self.given = library

    def refuse(self, key: Key, message: str) -> None:
        self.problems.append(Problem(line=self.file.line(key), key=self.file.name(key), message=message))

    def warn(self, key: Key, message: Remark) -> None:
        caution = Caution(line=self.file.line(key), place=self.file.name(key), remark=message)
        if caution not in self.cautions:
            self.cautions.append(caution)

    def scenario(self) -> Scenario:
        self.library = self._library()
        naming = Naming(library=self.library, unread=self.unread, refuse=self.refuse)
        self.fitted = naming.tables(self._fitted(), ("parameters",))
        self.file = naming.file(self.file)
        data = self.file.data
        whole = self._part(ScenarioTable, data, ())
        simulation = whole.simulation if whole else _silently(Simulation, data.get("simulation"))
        table = whole.patient if whole else _silently(PatientTable, data.get("patient"))
        output = whole.output if whole else _silently(Output, data.get("output", {}))
        self.enzymes = self.library.enzymes
        if simulation is not None:
            check_grid(simulation, self.refuse)
        changes = self._changes()
        before = len(self.problems)
        regimens = self._regimens(simulation, None if table is None else weights(table, changes))
        scheduled = len(self.problems) == before
        others = read_not_modelled(data.get("not_modelled"), self.library, self.unread, self.refuse, self.warn)
        monographs = self._monographs()
        overrides = self._overrides(monographs)
        check_kidneys(data.get("patient"), monographs, self.refuse, self.warn)
        phenotype = read_phenotype(data.get("patient"), self.refuse)
        check_abundance(data.get("patient"), self.library.enzymes, self.refuse)
        units = read_units(output, monographs, self.drugs, self.library, self.refuse, whole=not self.lost)
        total = sum(dose_count(course) for regimen in regimens for course in regimen.courses)
        if total > MOST_DOSES:
            text = f"the courses would schedule {total:,} doses, at most {MOST_DOSES:,} are allowed; write fewer"
            self.refuse(("regimen",), text)
        first = min([0.0, *(course.start for regimen in regimens for course in regimen.courses)])
        stages: Stages | None = None
        check_patient(data.get("patient"), changes, first if scheduled else None, self.refuse)
        if table is not None:
            check_ages(table, monographs, self.refuse, self.warn)
            span = (first, first if simulation is None else simulation.duration)
            stages = patients(table, changes, phenotype, monographs.values(), span, self.refuse, self.warn)
        steady = steady_state(tuple(regimens), monographs, first, self.places, self.refuse)
        run = (first, simulation.duration) if simulation is not None and scheduled else None
        known = Measurable(monographs=monographs, units=units, regimens=regimens, span=run, whole=not self.lost)
        observations = read_observations(self.file, known, self._part, self.refuse, self.library)
        begin = None if simulation is None else simulation.start
        around = run and DialysisContext(span=run, start=begin, steady=steady is not None, monographs=monographs)
        sessions = read_dialysis(data.get("dialysis"), self._part, around, self.refuse, self.warn)
        protocols = self._protocols(known, begin)
        population = self._population(table, changes, monographs, regimens if whole else None)
        asked = {"monographs": monographs, "regimens": regimens, "units": units, "span": run, "start": begin}
        advise = self._advise(whole, **asked)
        if self.problems or simulation is None or stages is None or table is None:
            raise InputError(self.file.path, list(dict.fromkeys(self.problems)))
        given = doses(tuple(regimens), monographs, simulation.duration)
        states = () if sessions else ((first, stages[0]), *stages[1])
        odd = oddities(data, regimens, changes, monographs, simulation.duration, stages[0], states, protocols)
        for key, message in odd:
            self.warn(key, message)
        return Scenario(
            name=self.file.path.stem,
            title=data["title"],
            path=self.file.path,
            text=self.file.text,
            start=simulation.start,
            duration=simulation.duration,
            step=simulation.step,
            first_time=first,
            patient=stages[0],
            patients=stages[1],
            regimens=tuple(regimens),
            doses=given,
            steady_state=steady,
            monographs=monographs,
            enzymes=self.enzymes,
            units=units,
            observations=observations,
            population=population,
            advise=advise,
            overrides=overrides,
            names=tuple(naming.said.values()),
            cautions=tuple(self.cautions),
            own=self.library.own & monographs.keys(),
            sessions=sessions,
            protocols=protocols,
            context=context_of(table),
            not_modelled=others,
            language="en" if output is None else output.language,
        )

    def _library(self) -> Library:
        names = self.file.data.get("library", [])
        if self.given is not None or not isinstance(names, list):
            return self.given or load_library()
        good = []
        paths = [self.file.path.parent / name for name in names if isinstance(name, str)]
        for i, name in enumerate(names):
            if isinstance(name, str):
                try:
                    load_library([self.file.path.parent / name], beside=paths)
                    good.append(self.file.path.parent / name)
                except InputError as error:
                    self.unread |= {Path(name).stem, *drug_ids([self.file.path.parent / name])}
                    for problem in error.problems:
                        line, at = problem.line, problem.key
                        where = f"line {line}, {at}: " if line else f"{at}: " if at else ""
                        self.refuse(("library", i), f"{name}: {where}{problem.message}")
        return load_library(good, beside=paths)

    def _regimens(self, simulation: Simulation | None, weight: Callable[[float], float] | None) -> list[Regimen]:
        regimens = []
        entries = self.file.data.get("regimen", [])
        self.lost = not entries
        for i, entry in enumerate(entries if isinstance(entries, list) else []):
            key: Key = ("regimen", i)
            read = self._part(RegimenTable, entry, key)
            monograph = self._drug(entry, key)
            setting = CourseContext(
                weight=weight,
                start=None if simulation is None else simulation.start,
                anchored=None if simulation is None else simulation.start is not None,
                monograph=monograph,
                formulation=None if monograph is None else self._formulation(entry, monograph, key),
            )
            self.lost |= monograph is None
            self.drugs += [] if monograph is None else [monograph.id]
            courses = entry.get("course", []) if isinstance(entry, dict) else []
            read_courses = [
                self._course(course, (*key, "course", c), setting)
                for c, course in enumerate(courses if isinstance(courses, list) else [])
            ]
            if read is not None and monograph is not None and setting.formulation is not None:
                kept = tuple(course for course in read_courses if course is not None)
                regimens.append(Regimen(drug=monograph.id, formulation=setting.formulation, courses=kept))
                self.places.append([(*key, "course", c) for c, course in enumerate(read_courses) if course is not None])
        return regimens

    def _course(self, entry: object, key: Key, setting: CourseContext) -> Course | None:
        table = self._part(CourseTable, entry, key)
        if table is None:
            return None
        return read_course(table, setting, lambda part, message: self.refuse((*key, part), message))

    def _drug(self, entry: object, key: Key) -> Monograph | None:
        drug = entry.get("drug") if isinstance(entry, dict) else None
        if not isinstance(drug, str):
            return None
        if drug not in self.library.files:
            if drug not in self.unread:
                self.refuse((*key, "drug"), self.library.unknown(drug, OFFER))
            return None
        monograph = self.library.monograph(drug)
        if not monograph.absorption:
            self.refuse((*key, "drug"), f"{drug} is a metabolite and is not dosed; give the drug that forms it")
            return None
        return monograph

    def _formulation(self, entry: Any, monograph: Monograph, key: Key) -> str | None:
        name = entry.get("formulation", monograph.default_formulation)
        if isinstance(name, str) and name in monograph.absorption:
            return name
        if isinstance(name, str):
            known = tuple(monograph.absorption)
            text = f'"{name}" is not a formulation of {monograph.id}; {did_you_mean(name, known)}'
            if name in monograph.dosing.other_forms:
                text = sold_only(monograph, name)
            self.refuse((*key, "formulation"), text)
        return None

    def _monographs(self) -> dict[str, Monograph]:
        """Dosed drugs in file order, each followed by the metabolites it forms."""
        monographs: dict[str, Monograph] = {}
        waiting = list(self.drugs)
        while waiting:
            drug = waiting.pop(0)
            if drug in monographs:
                continue
            if drug not in self.library.files:
                self.lost = True
                continue
            monographs[drug] = self.library.monograph(drug)
            waiting = [*monographs[drug].metabolites, *waiting]
        return monographs

    def _overrides(self, monographs: dict[str, Monograph]) -> dict[str, dict[str, str]]:
        """Overrides of ``parameters`` and of the file itself; applies them to ``monographs``."""
        wanted: dict[str, Wanted] = {}
        for origin, tables in (("parameters", self.fitted), ("override", self.file.data.get("override", {}))):
            for drug, table in tables.items() if isinstance(tables, dict) else ():
                for entry in flat(table):
                    key: Key = (origin, drug, *entry.keys) if origin == "override" else (origin,)
                    if isinstance(entry.value, str):
                        wanted.setdefault(drug, {})[".".join(entry.keys)] = (entry.value, key)
                    else:
                        shown = str(entry.value).lower() if isinstance(entry.value, bool) else entry.value
                        self.refuse(key, f'must be text in quotes such as "20 L/h", got {shown}')
        for drug, values in wanted.items():
            first = next(iter(values.values()))[1]
            if drug in monographs:
                monographs[drug] = override(monographs[drug], values, self.refuse)
            elif drug == "enzymes":
                self.enzymes = override_each(self.enzymes, values, self.refuse)
            elif drug == "patient":
                self.refuse(first[:2], "values of the patient stand in [patient]; move them there")
            elif not self.lost:
                self.refuse(first[:2], self.library.absent(drug, monographs, "part of this scenario"))
        return {drug: {path: text for path, (text, _) in values.items()} for drug, values in wanted.items()}

    def _fitted(self) -> dict[str, Any]:
        """Tables of ``parameters``; what they say of the patient goes into the patient's table."""
        name = self.file.data.get("parameters")
        tables = fitted_tables(self.file.path.parent, name, self.refuse) if isinstance(name, str) else {}
        patient = tables.pop("patient", None)
        own = self.file.data.get("patient")
        if isinstance(patient, dict) and isinstance(own, dict):
            self.file = replace(self.file, data={**self.file.data, "patient": fitted_patient(own, patient)})
        return tables

    def _changes(self) -> list[PatientChange]:
        table = self.file.data.get("patient")
        given = table.get("change") if isinstance(table, dict) else None
        entries = given if isinstance(given, list) else []
        keys: list[Key] = [("patient", "change", i) for i in range(len(entries))]
        read = [(key, self._part(ChangeTable, entry, key)) for key, entry in zip(keys, entries, strict=True)]
        return [PatientChange(key=key, table=table) for key, table in read if table is not None]

    def _protocols(self, known: Measurable, begin: datetime | None) -> tuple[Protocol, ...]:
        if "protocol" not in self.file.data:
            return ()
        from pkinteract.scenario.protocol.reader import ProtocolContext, read_protocols

        asked = ProtocolContext(known=known, start=begin)
        return read_protocols(self.file.data["protocol"], self._part, asked, self.refuse, self.library)

    def _population(
        self,
        table: PatientTable | None,
        changes: list[PatientChange],
        monographs: Mapping[str, Monograph],
        regimens: list[Regimen] | None,
    ) -> PopulationSpecification | None:
        if "population" not in self.file.data:
            return None
        from pkinteract.scenario.population.reader import PopulationContext, read_population

        around = PopulationContext(
            patient=table,
            changing=bool(changes),
            monographs=monographs,
            enzymes=self.enzymes,
            regimens=regimens,
            library=self.library,
        )
        return read_population(self.file, around, self.refuse, self.warn)

    def _advise(self, whole: ScenarioTable | None, **around: Any) -> AdviseSpecification | None:
        if "advise" not in self.file.data:
            return None
        from pkinteract.scenario.advise.reader import AdviseContext, read_advise
        from pkinteract.scenario.advise.schema import AdviseTable

        table = whole.advise if whole else _silently(AdviseTable, self.file.data["advise"])
        if table is None:
            return None
        context = AdviseContext(**around, library=self.library, whole=not self.lost)
        return read_advise(table, context, self.refuse)

    def _part(self, model: type[_T], data: object, key: Key) -> _T | None:
        try:
            return model.model_validate(data, context=dated_from(self.file.data))
        except ValidationError as error:
            self.problems += problems(error, self.file, model, key)
            return None


def _silently(model: type[_T], data: object) -> _T | None:
    """A table whose problems were reported already."""
    try:
        return model.model_validate(data)
    except ValidationError:
        return None
