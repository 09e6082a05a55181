"""Short scenarios for tests: written to a file and read through the public doorway."""

from __future__ import annotations

import tempfile
from functools import lru_cache
from pathlib import Path

import numpy as np

from pkinteract import load_scenario, simulate
from pkinteract.engine.curves import Curve
from pkinteract.result import Result


def course(start: str, *rows: str) -> str:
    return f'[[regimen.course]]\nfrom = "{start}"\n' + "".join(f"{row}\n" for row in rows)


def regimen(drug: str, *courses: str, formulation: str = "") -> str:
    head = f'[[regimen]]\ndrug = "{drug}"\n' + (f'formulation = "{formulation}"\n' if formulation else "")
    return head + "".join(courses)


def text(
    *regimens: str, days: float = 10, age: float = 45, extra: str = "", patient: str = "", step: str = "1 h"
) -> str:
    return (
        f'title = "test"\n{extra}[simulation]\nduration = "{days} d"\nstep = "{step}"\n'
        f'[patient]\nweight = "70 kg"\nage = "{age} y"\nsex = "female"\n'
        f'creatinine_clearance = "95 mL/min"\n{patient}' + "".join(regimens)
    )


@lru_cache(maxsize=64)
def run(source: str, solver: str = "fast", rtol: float | None = None, drugs: tuple[str, ...] = ()) -> Result:
    """Run a scenario; ``drugs`` are monographs of one's own, which are added to it by ``library``."""
    with tempfile.TemporaryDirectory() as folder:
        path = written(Path(folder), source, drugs)
        return simulate(load_scenario(path), solver=solver, rtol=rtol)  # type: ignore[arg-type]


def written(folder: Path, source: str, drugs: tuple[str, ...] = (), name: str = "test") -> Path:
    """Write a scenario and its monographs into ``folder``; returns the scenario's path."""
    files = [f"own-{n}.toml" for n in range(len(drugs))]
    for file, monograph in zip(files, drugs, strict=True):
        (folder / file).write_text(monograph, "utf-8")
    path = folder / f"{name}.toml"
    path.write_text((f"library = {files}\n" if files else "") + source, "utf-8")
    return path


def drug(
    id: str,
    *tables: str,
    volume: str = "50 L",
    clearance: str = "5 L/h",
    liver: str = "linear",
    mass: str = "300 g/mol",
    name: str = "",
) -> str:
    """A monograph of one's own; ``tables`` are further TOML tables, oral and intravenous forms come by themselves."""
    forms = "" if any("[absorption" in table for table in tables) else oral() + INTRAVENOUS
    return (
        f'id = "{id}"\nname = "{name or id}"\nmolar_mass = "{mass}"\nunit = "mg/L"\nformulation = "oral"\n'
        f'[distribution]\nvolume = "{volume}"\n[elimination]\nclearance = "{clearance}"\nliver = "{liver}"\n'
        + "".join(tables)
        + forms
    )


def oral(ka: float = 1.0, bioavailability: float = 1.0) -> str:
    return f'[absorption.oral]\nka = "{ka!r} 1/h"\nbioavailability = "{bioavailability!r}"\n'


INTRAVENOUS = '[absorption.intravenous]\nroute = "intravenous"\n'


def pathway(id: str, fraction: float, enzyme: str = "", *rows: str, kind: str = "") -> str:
    head = f'[[elimination.pathway]]\nid = "{id}"\nfraction = "{fraction!r}"\n'
    head += f'enzyme = "{enzyme}"\n' if enzyme else f'kind = "{kind or "other"}"\n'
    return head + "".join(f"{row}\n" for row in rows)


def daily(dose: str, every: str = "24 h", start: str = "0 d", until: str = "400 d", *rows: str) -> str:
    return course(start, f'until = "{until}"', f'dose = "{dose}"', f'every = "{every}"', *rows)


def once(dose: str, start: str = "0 d", *rows: str) -> str:
    return course(start, f'dose = "{dose}"', *rows)


def average(curve: Curve, start: float, stop: float) -> float:
    """Average from ``start`` to ``stop`` [h]."""
    return float(curve.integral(start, stop)) / (stop - start)


def half_life(curve: Curve, start: float, stop: float) -> float:
    """Half-life [h] by log-linear regression on 13 samples from ``start`` to ``stop`` [h]."""
    times = np.linspace(start, stop, 13)
    return float(-np.log(2) / np.polyfit(times, np.log(curve.value(times)), 1)[0])
