"""One drug and one patient whose levels are fitted, shared by the tests of patients."""

from __future__ import annotations

import tempfile
from functools import lru_cache
from pathlib import Path

import numpy as np
from runs import daily, drug, oral, regimen, text

from pkinteract import load_scenario
from pkinteract.fitting.patient.individual import Individual, individual

CV = {"clearance": 0.4, "volume": 0.25}
ERROR = 0.1
TIMES, LEVELS = np.array([47.0, 98.0]), np.array([1.4, 3.0])
"""Two levels of 100 mg every 12 h."""


def monograph(form: str = oral()) -> str:
    """One compartment, 5 L/h and 50 L, with CVs."""
    text = drug("drug-x", form)
    for key, unit in (("clearance", "L/h"), ("volume", "L")):
        value = {"clearance": "5", "volume": "50"}[key]
        text = text.replace(
            f'{key} = "{value} {unit}"', f'{key} = {{ value = {value}.0, unit = "{unit}", cv = {CV[key]} }}'
        )
    return text


def observation(at: str, level: str, analyte: str = "drug-x", *rows: str) -> str:
    head = f'[[observation]]\nat = "{at}"\nanalyte = "{analyte}"\nlevel = "{level}"\n'
    return head + "".join(f"{row}\n" for row in rows)


TWO = "".join(observation(f"{at:g} h", f"{level:g} mg/L") for at, level in zip(TIMES, LEVELS, strict=True))


def written(folder: Path, levels: str = TWO, doses: str = "", days: float = 5, own: str = "") -> Path:
    """Write the drug and a scenario of 100 mg every 12 h with levels."""
    (folder / "drug.toml").write_text(own or monograph(), "utf-8")
    given = doses or daily("100 mg", "12 h", "0 d", f"{days} d")
    source = 'library = ["drug.toml"]\n' + text(regimen("drug-x", given), days=days) + levels
    (folder / "anna.toml").write_text(source, "utf-8")
    return folder / "anna.toml"


@lru_cache(maxsize=16)
def fitted(levels: str = TWO, doses: str = "", own: str = "") -> Individual:
    with tempfile.TemporaryDirectory() as folder:
        return individual(load_scenario(written(Path(folder), levels, doses, own=own)), error=ERROR)


def values(found: Individual) -> dict[str, float]:
    return {row.estimate.parameter.name: row.estimate.value for row in found.learned}
