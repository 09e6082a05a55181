"""Digitised concentration curves of carbamazepine studies, read in place, against the model.

The curves (Open Systems Pharmacology, digitised from papers) are not part of the repository; nothing the program needs
depends on them.
"""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pkinteract.engine.curves import Array
from pkinteract.scenario import read_scenario
from pkinteract.simulate import simulate

FLOOR = 0.05
"""Predictions and observations below this are taken as this [mg/L]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One published curve: times [h], concentrations [mg/L] and the doses behind it (h, mg)."""

    id: str
    study: str
    group: str
    formulation: str
    weight: float
    multiple: bool
    doses: tuple[tuple[float, float], ...]
    times: tuple[float, ...]
    observed: tuple[float, ...]


def profiles(path: Path) -> Iterator[Profile]:
    """Carbamazepine in plasma or serum, without co-medication."""
    with path.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["molecule"] == "Carbamazepine"]
    kept = [row for row in rows if row["matrix"] in ("plasma", "serum") and not row["co_medication"]]
    for key in dict.fromkeys(row["dataset_id"] for row in kept):
        mine = [row for row in kept if row["dataset_id"] == key]
        first = mine[0]
        pairs = [part.split(":") for part in first["regimen"].split(";")]
        yield Profile(
            id=key,
            study=first["study"],
            group=first["grouping"],
            formulation=formulation(f"{first['formulation']} {first['grouping']}".lower()),
            weight=float(first["body_weight_kg"] or 70),
            multiple=first["phase"] == "multi-dose",
            doses=tuple((float(time), float(dose)) for time, dose in pairs),
            times=tuple(float(row["time_h"]) for row in mine),
            observed=tuple(float(row["conc_mg_per_L"]) for row in mine),
        )


def formulation(text: str) -> str:
    """Formulation of the library that a study's description means."""
    if any(word in text for word in ("solution", "syrup", "suspension", "glycol")):
        return "suspension"
    extended = ("extended", "carbatrol", "cbtl", "-xr", "cr tablet")
    return "extended-release" if any(word in text for word in extended) else "tablet"


def scenario_text(profile: Profile, overrides: Mapping[str, str] | None = None) -> str:
    """The study as a scenario, with values of the monograph replaced by dotted path."""
    table = "".join(f'"{path}" = "{text}"\n' for path, text in (overrides or {}).items())
    courses = "".join(
        f'[[regimen.course]]\nfrom = "{time} h"\ndose = "{dose} mg"\n'
        for time, dose in profile.doses
        if time <= max(profile.times)
    )
    return (
        f'title = "{profile.id}"\n[simulation]\nduration = "{max(profile.times) + 1} h"\n'
        f'[patient]\nweight = "{profile.weight} kg"\nage = "30 y"\nsex = "male"\n'
        f'[[regimen]]\ndrug = "carbamazepine"\nformulation = "{profile.formulation}"\n{courses}'
        f"[override.carbamazepine]\n{table}"
    )


def predicted(profile: Profile, overrides: Mapping[str, str] | None = None) -> Array:
    """Model prediction at the sampling times [mg/L]."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "study.toml"
        path.write_text(scenario_text(profile, overrides), "utf-8")
        curve = simulate(read_scenario(path)).curve("carbamazepine")
    return curve.value(np.array(profile.times))


def log_errors(profile: Profile, overrides: Mapping[str, str] | None = None) -> Array:
    """log(predicted/observed) of every point, both floored."""
    ratio: Array = np.maximum(predicted(profile, overrides), FLOOR) / np.maximum(profile.observed, FLOOR)
    return np.asarray(np.log(ratio))


def gmfe(errors: Array) -> float:
    """Geometric mean fold error."""
    return float(np.exp(np.mean(np.abs(errors))))
