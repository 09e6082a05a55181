"""Names of drugs in a fit file -> ids of the library."""

from __future__ import annotations

from dataclasses import dataclass, field

from pkinteract.fitting.inputs.schema import DataTable, ParameterTable
from pkinteract.fitting.predict.bodies import ENZYMES, PATIENT
from pkinteract.library import Library
from pkinteract.library.names import said_of


@dataclass(slots=True, kw_only=True)
class FitNaming:
    """Writes ids for the names of one fit file; ``said`` keeps what they mean, each once.

    What means no drug, or several, stays: what reads it refuses it. Drugs of one's own are found by their ids.
    """

    library: Library
    said: dict[str, None] = field(default_factory=dict)

    def data(self, table: DataTable) -> DataTable:
        """An entry of ``[[data]]`` with ids of analytes and of the drugs of studies."""
        update: dict[str, object] = {}
        if table.analyte is not None:
            update["analyte"] = self._analyte(table.analyte)
        if table.dvid is not None:
            update["dvid"] = {number: self._analyte(name) for number, name in table.dvid.items()}
        if table.studies is not None:
            drugs = {key: [self._id(name) for name in getattr(table.studies, key)] for key in ("perpetrator", "victim")}
            update["studies"] = table.studies.model_copy(update=drugs)
        return table.model_copy(update=update) if update else table

    def parameter(self, table: ParameterTable) -> ParameterTable:
        """A parameter with the ids of the drugs that its paths are of."""
        if table.path is None:
            return table
        if isinstance(table.path, str):
            return table.model_copy(update={"path": self._path(table.path)})
        return table.model_copy(update={"path": [self._path(path) for path in table.path]})

    def _path(self, path: str) -> str:
        drug, dot, rest = path.partition(".")
        return self._id(drug) + dot + rest if dot else path

    def _analyte(self, name: str) -> str:
        return "+".join(self._id(part) for part in name.split("+"))

    def _id(self, name: str) -> str:
        meaning = None if name in (ENZYMES, PATIENT) else self.library.meaning(name.strip())
        if meaning is None:
            return name
        if said := said_of(name.strip(), meaning.drug):
            self.said.setdefault(said)
        return meaning.drug
