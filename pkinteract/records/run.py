"""A data set and a drug to the table of concentrations."""

from __future__ import annotations

from collections.abc import Iterator
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
    notes = (*data.notes, *_salts(dosing), *_ages(data, dosing))
    if residuals and max(residuals) > 0:
        notes = (*notes, f"steady states repeat themselves to {max(residuals):.1e} of each amount")
    return Predictions(
        subjects=tuple(record.subject for record in data.records),
        time=np.array([record.time for record in data.records]),
        concentrations=_columns(dosing, np.concatenate(parts)),
        notes=notes,
    )


def _salts(dosing: RecordedDrug) -> Iterator[str]:
    """That AMT is no labelled dose, of a drug that a label counts as a salt: in the form of CMT 1, else in another."""
    forms = dosing.monographs[dosing.drug].absorption
    for name in dict.fromkeys([*([dosing.formulation] if dosing.formulation else []), *forms]):
        factor = forms[name].salt_factor
        if factor is not None and factor.canonical != 1:
            labelled = f"100 mg of {name} ({forms[name].salt or 'salt'}) are AMT {100 * factor.canonical:.4g}"
            yield f"AMT is mg of {dosing.drug} itself, not of a salt: {labelled}"
            return


def _ages(data: DataSet, dosing: RecordedDrug) -> Iterator[str]:
    """Records of ages for which the drug is not described."""
    recorded = [record.covariates.age for record in data.records]
    for name, monograph in dosing.monographs.items():
        ages = monograph.ages
        outside = 0 if ages is None else sum(not ages.from_years <= age <= ages.until_years for age in recorded)
        if ages is not None and outside:
            known = f"{name} is described for {ages.from_years:g} to {ages.until_years:g} y"
            yield f"{known}; records of another age: {outside}"


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
