"""A data set and a drug to the table of concentrations."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import groupby

import numpy as np

from pkinteract.analytes import unit_factor
from pkinteract.engine.curves import Array
from pkinteract.engine.single.march import RTOL
from pkinteract.records.subject import RecordedDrug, SubjectModel, subject_model
from pkinteract.records.timeline import subject_timeline
from pkinteract.records.types import Covariates, DataSet
from pkinteract.units import COLUMN_SUFFIX


@dataclass(frozen=True, kw_only=True)
class Predictions:
    """What a data set comes to.

    Attributes
    ----------
    subjects, time
        ID and TIME [h] of every record, in the order of the file.
    concentrations
        Column name, such as ``drug-x_mg_per_L``, to the value at every record in that unit.
    notes
        What a reader of the numbers should know.
    """

    subjects: tuple[str, ...]
    time: Array
    concentrations: dict[str, Array]
    notes: tuple[str, ...]


def predict_records(data: DataSet, dosing: RecordedDrug, *, rtol: float = RTOL) -> Predictions:
    """Concentration of every analyte at every record, in its unit; ``rtol`` [1] is that of a step.

    Raises
    ------
    SimulationError
        When the solver gives up.
    """
    largest = max((record.amount for record in data.records), default=0.0) or 1.0

    @cache
    def bodies(covariates: Covariates) -> SubjectModel:
        return subject_model(dosing, covariates, largest)

    parts: list[Array] = []
    residuals: list[float] = []
    for _, group in groupby(data.records, key=lambda record: record.subject):
        followed = subject_timeline(list(group), bodies, rtol=rtol)
        parts.append(followed.concentrations)
        residuals += [] if followed.residual is None else [followed.residual]
    notes = data.notes
    if residuals and max(residuals) > 0:
        notes = (*notes, f"steady states repeat themselves to {max(residuals):.1e} of each amount")
    return Predictions(
        subjects=tuple(record.subject for record in data.records),
        time=np.array([record.time for record in data.records]),
        concentrations=_columns(dosing, np.concatenate(parts)),
        notes=notes,
    )


def _columns(dosing: RecordedDrug, levels: Array) -> dict[str, Array]:
    """Levels (record, compound) [mg/L] by compound, then the sums of the dosed drug, in their reporting units."""
    compounds = list(dosing.monographs)
    columns = {}
    for i, (name, monograph) in enumerate(dosing.monographs.items()):
        columns[f"{name}_{COLUMN_SUFFIX[monograph.unit]}"] = levels[:, i] * unit_factor(monograph.unit, monograph)
    for total in dosing.monographs[dosing.drug].sum:
        factors = {part: unit_factor(total.unit, dosing.monographs[part]) for part in total.parts}
        values = np.sum([levels[:, compounds.index(part)] * factor for part, factor in factors.items()], axis=0)
        columns[f"{total.id}_{COLUMN_SUFFIX[total.unit]}"] = values
    return {name: _clean(values) for name, values in columns.items()}


def _clean(values: Array) -> Array:
    """Values within the solver's tolerance of zero are zero."""
    noise = 1e-6 * float(np.max(values, initial=0.0))
    return np.where((values < 0) & (values >= -noise), 0.0, values)
