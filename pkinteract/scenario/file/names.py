"""Names of drugs in a scenario -> ids of the library, as every file and column shows them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pkinteract.library import Library
from pkinteract.library.names import given_as, id_of, said_of
from pkinteract.text.toml import TomlFile
from pkinteract.text.toml_lines import Key

NO_DRUGS = frozenset({"enzymes", "patient"})
"""Tables of overrides that are not of a drug."""

Refuse = Callable[[Key, str], None]


@dataclass(slots=True, kw_only=True)
class Naming:
    """Writes ids for the names of one file.

    Attributes
    ----------
    unread
        Drugs of files that could not be read: their names are not looked for.
    said
        What names mean that are no ids, each once.
    moved
        Beginning of a key path with ids, to that with names.
    """

    library: Library
    unread: Collection[str]
    refuse: Refuse
    said: dict[str, str] = field(default_factory=dict)
    moved: dict[Key, Key] = field(default_factory=dict)

    def file(self, file: TomlFile) -> TomlFile:
        """The file with ids in place of names, and a regimen for each part of a racemate.

        Names that mean no drug, or several, stay: what reads them refuses them.
        """
        data = {**file.data}
        data |= {"regimen": self._regimens(data["regimen"])} if isinstance(data.get("regimen"), list) else {}
        if isinstance(data.get("observation"), list):
            data["observation"] = [self._value(entry, "analyte") for entry in data["observation"]]
        if isinstance(data.get("protocol"), list):
            data["protocol"] = [self._protocol(entry) for entry in data["protocol"]]
        if isinstance(data.get("override"), dict):
            data["override"] = self.tables(data["override"], ("override",))
        if isinstance(data.get("advise"), dict):
            data["advise"] = self._value(self._judged(data["advise"]), "target")
        output, population = data.get("output"), data.get("population")
        if isinstance(output, dict) and isinstance(output.get("units"), dict):
            data["output"] = {**output, "units": self.tables(output["units"], ("output", "units"))}
        if isinstance(population, dict) and isinstance(population.get("cv"), dict):
            population = {**population, "cv": self.tables(population["cv"], ("population", "cv"))}
        if isinstance(population, dict) and isinstance(population.get("fixed"), list):
            population = {**population, "fixed": [self._fixed(name) for name in population["fixed"]]}
        data |= {} if population is None else {"population": population}
        return replace(file, data=data, moved=self.moved)

    def analyte(self, name: str) -> str:
        """A compound or a sum by its id."""
        return "+".join(self._id(part) for part in name.split("+"))

    def tables(self, given: Mapping[str, Any], at: Key) -> dict[str, Any]:
        """A table by its ids: of drugs, of analytes, or of numbers of drugs such as "carbamazepine.clearance"."""
        by_id: dict[str, Any] = {}
        for name, value in given.items():
            drug, dot, number = name.partition(".") if at == ("population", "cv") else (name, "", "")
            if (at == ("population", "cv") and not dot) or name in NO_DRUGS:
                by_id[name] = value
                continue
            id = self.analyte(drug) + dot + number
            if id in by_id or (id != name and id in given):
                self.refuse((*at, name), f"is {id}, which has a value here already; keep one of them")
                continue
            by_id[id] = value
            if id != name:
                self.moved[*at, id] = (*at, name)
        return by_id

    def _id(self, name: str) -> str:
        if name in self.library.files or name in self.unread:
            return name
        meaning = self.library.meaning(name.strip())
        if meaning is None:
            return name
        self._say(name.strip(), meaning.drug)
        return meaning.drug

    def _fixed(self, name: object) -> object:
        """What is fixed: a drug by its id, anything else as it stands."""
        from pkinteract.scenario.population.spreads import PERSONAL

        other = not isinstance(name, str) or name in PERSONAL or name in self.library.enzymes
        return name if other else self._id(str(name))

    def _value(self, entry: object, key: str) -> object:
        """A table with an analyte's id under its ``key``."""
        name = entry.get(key) if isinstance(entry, dict) else None
        return {**entry, key: self.analyte(name)} if isinstance(entry, dict) and isinstance(name, str) else entry

    def _judged(self, table: dict[str, Any]) -> object:
        """``[advise]`` with the drug's id: of a racemate its first part, which is what acts."""
        racemate = self.library.racemate(table["drug"]) if isinstance(table.get("drug"), str) else None
        return self._value(table, "drug") if racemate is None else {**table, "drug": racemate.drugs[0]}

    def _protocol(self, entry: object) -> object:
        """A protocol with the ids of its drug, and of the analyte of its condition."""
        from pkinteract.scenario.protocol.reader import LEVEL_RULE

        named = self._value(entry, "drug")
        when = named.get("when") if isinstance(named, dict) else None
        rule = LEVEL_RULE.fullmatch(when) if isinstance(when, str) else None
        if not isinstance(named, dict) or rule is None:
            return named
        return {**named, "when": " ".join([self.analyte(rule.group(1)), *rule.groups()[1:]])}

    def _regimens(self, entries: list[Any]) -> list[Any]:
        regimens: list[Any] = []
        for i, entry in enumerate(entries):
            drug = entry.get("drug") if isinstance(entry, dict) else None
            known = not isinstance(drug, str) or drug in self.library.files or drug in self.unread
            for regimen in [entry] if known else self._named(entry, ("regimen", i)):
                if len(regimens) != i:
                    self.moved["regimen", len(regimens)] = ("regimen", i)
                regimens.append(regimen)
        return regimens

    def _named(self, entry: dict[str, Any], key: Key) -> list[dict[str, Any]]:
        """A regimen by its id, or those of the parts of a racemate."""
        name = entry["drug"]
        racemate = self.library.racemate(name)
        if racemate is not None:
            other = "" if id_of(name) == racemate.id else f"{racemate.id}, "
            self._say(name, f"{other}{given_as(racemate)}")
            form = racemate.formulation
            self._only(form, entry, key, f"{name} is given as {form}; give {' and '.join(racemate.drugs)} by name")
            return [{**entry, "drug": drug, "formulation": form} for drug in racemate.drugs]
        meaning = self.library.meaning(name)
        if meaning is None:
            return [entry]
        self._say(name, meaning.text)
        if meaning.formulation is None:
            return [{**entry, "drug": meaning.drug}]
        write = f'write drug = "{meaning.drug}" and the formulation that is taken'
        self._only(meaning.formulation, entry, key, f"{name} is {meaning.text}; {write}")
        return [{**entry, "drug": meaning.drug, "formulation": meaning.formulation}]

    def _only(self, form: str, entry: Mapping[str, Any], key: Key, text: str) -> None:
        """Refuse another formulation, or another route, than that which the name stands for."""
        if entry.get("formulation", form) != form:
            self.refuse((*key, "formulation"), text)
        courses = entry.get("course")
        for c, course in enumerate(courses if isinstance(courses, list) else ()):
            if isinstance(course, dict) and course.get("route") == "intravenous":
                self.refuse((*key, "course", c, "route"), text)

    def _say(self, name: str, text: str) -> None:
        """Keep what a name means, unless it is the id in other letters."""
        if said := said_of(name, text):
            self.said.setdefault(id_of(name), said)
