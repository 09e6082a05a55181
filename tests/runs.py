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


def text(*regimens: str, days: float = 10, age: float = 45, extra: str = "", patient: str = "", step: str = "1 h") -> str:
    return (
        f'title = "test"\n{extra}[simulation]\nduration = "{days} d"\nstep = "{step}"\n[patient]\nweight = "70 kg"\nage = "{age} y"\nsex = "female"\n'
        f'creatinine_clearance = "95 mL/min"\n{patient}' + "".join(regimens)
    )


@lru_cache(maxsize=64)
def run(source: str, solver: str = "fast", rtol: float | None = None) -> Result:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "test.toml"
        path.write_text(source, "utf-8")
        return simulate(load_scenario(path), solver=solver, rtol=rtol)  # type: ignore[arg-type]


def daily(dose: str, every: str = "24 h", start: str = "0 d", until: str = "400 d", *rows: str) -> str:
    return course(start, f'until = "{until}"', f'dose = "{dose}"', f'every = "{every}"', *rows)


def once(dose: str, start: str = "0 d", *rows: str) -> str:
    return course(start, f'dose = "{dose}"', *rows)


def average(curve: Curve, start: float, stop: float) -> float:
    """Average from ``start`` to ``stop`` [h]."""
    return curve.integral(start, stop) / (stop - start)


def half_life(curve: Curve, start: float, stop: float) -> float:
    """Half-life [h] by log-linear regression on 13 samples from ``start`` to ``stop`` [h]."""
    times = np.linspace(start, stop, 13)
    return float(-np.log(2) / np.polyfit(times, np.log(curve.value(times)), 1)[0])
