"""Digitised concentration curves of published studies, read in place, against the model.

The curves (Open Systems Pharmacology, digitised from papers) are not part of the repository; nothing the program needs
depends on them.
"""

from __future__ import annotations

import math
import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pkinteract.engine.curves import Array
from pkinteract.errors import InputError, Problem
from pkinteract.library.schema.monograph import REFERENCE_WEIGHT
from pkinteract.scenario import read_scenario
from pkinteract.simulation import simulate
from pkinteract.text.csv import read_table

FLOOR = 0.05
"""Predictions and observations below this are taken as this [mg/L]."""

FORMS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "carbamazepine": {
        "suspension": ("solution", "syrup", "suspension", "glycol"),
        "extended-release": ("extended", "carbatrol", "cbtl", "-xr", "cr tablet"),
    }
}
"""Per drug: formulation of the library to words in a study's description that mean it; else the drug's default."""

COLUMNS = (
    "dataset_id",
    "study",
    "grouping",
    "molecule",
    "matrix",
    "route",
    "regimen",
    "formulation",
    "co_medication",
    "body_weight_kg",
    "time_h",
    "conc_mg_per_L",
    "phase",
)
"""Columns that are read."""

NUMBERS = ("body_weight_kg", "time_h", "conc_mg_per_L")
"""Those that hold numbers; a body weight may be left out."""

_NUMBER = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)"
_DOSE = re.compile(rf"(?P<time>{_NUMBER}):(?P<amount>{_NUMBER})(?:/inf(?P<infusion>{_NUMBER})h|/bolus)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyDose:
    """A dose of a study: time [h], amount [mg] and length of an infusion [h]."""

    time: float
    amount: float
    infusion: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedCurve:
    """One published curve.

    Attributes
    ----------
    formulation
        Formulation of the library; None means the drug's default.
    weight
        Mean body weight [kg]; None where the paper gives none.
    multiple
        Whether it was measured under repeated doses.
    times, observed
        Times [h] and total concentrations [mg/L].
    lines
        Where they stand in the file.
    """

    id: str
    drug: str
    study: str
    group: str
    formulation: str | None
    weight: float | None
    multiple: bool
    doses: tuple[StudyDose, ...]
    times: tuple[float, ...]
    observed: tuple[float, ...]
    lines: tuple[int, ...]


def published_curves(path: Path, drug: str = "carbamazepine") -> Iterator[PublishedCurve]:
    """Curves of a drug in plasma or serum, without co-medication and with a dosing that is known.

    Raises
    ------
    InputError
        When the file cannot be read or a number in it is none, with every problem.
    """
    kept = [
        (line, cells)
        for line, cells in read_table(path, COLUMNS)
        if cells["molecule"].lower() == drug
        and cells["matrix"] in ("plasma", "serum")
        and not cells["co_medication"]
        and _given(cells["regimen"])
    ]
    problems = [
        Problem(line=line, key=name, message=f'must be a number, got "{cells[name]}"')
        for line, cells in kept
        for name in NUMBERS
        if not _is_number(cells[name]) and (cells[name] or name != "body_weight_kg")
    ]
    if problems:
        raise InputError(path, problems)
    for key in dict.fromkeys(cells["dataset_id"] for _, cells in kept):
        mine = [(line, cells) for line, cells in kept if cells["dataset_id"] == key]
        first = mine[0][1]
        yield PublishedCurve(
            id=key,
            drug=drug,
            study=first["study"],
            group=first["grouping"],
            formulation=_formulation(drug, first),
            weight=float(first["body_weight_kg"]) if first["body_weight_kg"] else None,
            multiple=first["phase"] == "multi-dose",
            doses=_given(first["regimen"]),
            times=tuple(float(cells["time_h"]) for _, cells in mine),
            observed=tuple(float(cells["conc_mg_per_L"]) for _, cells in mine),
            lines=tuple(line for line, _ in mine),
        )


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _given(text: str) -> tuple[StudyDose, ...]:
    """Doses as the file writes them; none where they are not known as amounts."""
    matches = [_DOSE.fullmatch(part) for part in text.split(";")]
    return (
        tuple(
            StudyDose(time=float(match["time"]), amount=float(match["amount"]), infusion=float(match["infusion"] or 0))
            for match in matches
            if match is not None
        )
        if all(matches)
        else ()
    )


def _formulation(drug: str, cells: Mapping[str, str]) -> str | None:
    if cells["route"] == "IV":
        return "intravenous"
    text = f"{cells['formulation']} {cells['grouping']}".lower()
    for name, words in FORMS.get(drug, {}).items():
        if any(word in text for word in words):
            return name
    return None


def curve_scenario_text(profile: PublishedCurve, overrides: Mapping[str, str] | None = None) -> str:
    """The study as a scenario, with values of the monograph replaced by dotted path."""
    table = "".join(f'"{path}" = "{text}"\n' for path, text in (overrides or {}).items())
    courses = "".join(_course(dose) for dose in profile.doses if dose.time <= max(profile.times))
    weight = REFERENCE_WEIGHT if profile.weight is None else profile.weight
    formulation = "" if profile.formulation is None else f'formulation = "{profile.formulation}"\n'
    return (
        f'title = "{profile.id}"\n[simulation]\nduration = "{max(profile.times) + 1} h"\n'
        f'[patient]\nweight = "{weight} kg"\nage = "30 y"\nsex = "male"\n'
        f'[[regimen]]\ndrug = "{profile.drug}"\n{formulation}{courses}'
        f"[override.{profile.drug}]\n{table}"
    )


def _course(dose: StudyDose) -> str:
    infusion = f'infusion = "{dose.infusion} h"\n' if dose.infusion else ""
    return f'[[regimen.course]]\nfrom = "{dose.time} h"\ndose = "{dose.amount} mg"\n{infusion}'


def predicted_levels(profile: PublishedCurve, overrides: Mapping[str, str] | None = None) -> Array:
    """Model prediction at the sampling times, (time,) [mg/L].

    Raises
    ------
    InputError, SimulationError
        As :func:`pkinteract.simulate` does; InputError also when the values replaced are none of the monograph.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "study.toml"
        path.write_text(curve_scenario_text(profile, overrides), "utf-8")
        curve = simulate(read_scenario(path)).curve(profile.drug)
    return curve.value(np.array(profile.times))


def log_errors(profile: PublishedCurve, overrides: Mapping[str, str] | None = None) -> Array:
    """log(predicted/observed) of every point, (time,) [1]; both are at least ``FLOOR``.

    Raises
    ------
    InputError, SimulationError
        As :func:`predicted_levels` does.
    """
    ratio: Array = np.maximum(predicted_levels(profile, overrides), FLOOR) / np.maximum(profile.observed, FLOOR)
    return np.asarray(np.log(ratio))


def gmfe(errors: Array) -> float:
    """Geometric mean fold error [1] of logarithmic errors of any shape: exp(mean |error|)."""
    return float(np.exp(np.mean(np.abs(errors))))
