"""Scenarios written to a file, read, and reduced to what tests compare."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from runs import course, regimen, text

from pkinteract import load_scenario
from pkinteract.scenario import Dose, Scenario


def load(source: str, files: Mapping[str, str] | None = None) -> Scenario:
    """Read a scenario that stands beside other files."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in {"case.toml": source, **(files or {})}.items():
            (Path(folder) / name).write_text(content, "utf-8")
        return load_scenario(Path(folder) / "case.toml")


def one(*rows: str, drug: str = "carbamazepine", start: str = "0 d", days: float = 10, **more: str) -> Scenario:
    """A scenario of one course."""
    return load(text(regimen(drug, course(start, *rows)), days=days, **more))  # type: ignore[arg-type]


def times(scenario: Scenario) -> list[float]:
    return [dose.time for dose in scenario.doses]


def amounts(scenario: Scenario) -> list[float]:
    return [dose.amount for dose in scenario.doses]


def taken(doses: tuple[Dose, ...]) -> list[tuple[float, str, float, float, bool]]:
    """What reaches the patient, without the place in the file."""
    return [(round(dose.time, 6), dose.drug, dose.amount, dose.free, dose.missed) for dose in doses]
