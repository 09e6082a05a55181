"""Small fits for tests: a drug by mouth with a closed form, its scenario, its data and the fit file, in one folder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from click.testing import CliRunner, Result
from runs import drug, once, oral, regimen, text

from pkinteract.cli import main
from pkinteract.engine.curves import Array
from pkinteract.fitting import Group, estimate, read_fit

DOSE = 100.0
TRUE = {"clearance": 5.0, "volume": 50.0, "ka": 1.0}
TIMES = np.array([0.5, 1, 2, 3, 4, 6, 8, 12, 16, 24, 36.0])
DATA = '[[data]]\nfile = "levels.csv"\nscenario = "scenario.toml"\nanalyte = "drug-x"\n'
PATHS = {
    "clearance": ("drug-x.elimination.clearance", "L/h"),
    "volume": ("drug-x.distribution.volume", "L"),
    "ka": ("drug-x.absorption.oral.ka", "1/h"),
    "f": ("drug-x.absorption.oral.bioavailability", "1"),
}
INITIAL = {"clearance": 3.0, "volume": 70.0, "ka": 0.6, "f": 0.5}


def bateman(times: Array, clearance: float = 5.0, volume: float = 50.0, ka: float = 1.0, dose: float = DOSE) -> Array:
    """One compartment with first-order absorption (closed form) [mg/L]."""
    k = clearance / volume
    return np.asarray(dose * ka / (volume * (ka - k)) * (np.exp(-k * times) - np.exp(-ka * times)))


def parameter(name: str, *rows: str, initial: float | None = None) -> str:
    path, unit = PATHS[name]
    begin = INITIAL[name] if initial is None else initial
    lines = [f"[parameter.{name}]", f'path = "{path}"', f'initial = "{begin!r} {unit}"', *rows]
    return "\n".join(lines) + "\n"


ALL = parameter("clearance") + parameter("volume") + parameter("ka")


def csv(rows: Iterable[Iterable[object]], head: str = "time_h,conc_mg_per_L") -> str:
    return "\n".join([head, *(",".join(map(str, row)) for row in rows)]) + "\n"


def written(folder: Path, *tables: str, levels: str | None = None, files: Mapping[str, str] | None = None) -> Path:
    """Write drug, scenario, data (noise-free closed form if left out) and fit file; returns the fit file."""
    made = csv(zip(TIMES, bateman(TIMES), strict=True)) if levels is None else levels
    scenario = 'library = ["drug.toml"]\n' + text(regimen("drug-x", once("100 mg", "0 d")), days=4)
    texts = {"drug.toml": drug("drug-x", oral(1.0, 1.0)), "scenario.toml": scenario, "levels.csv": made}
    texts |= {"fit.toml": 'title = "test"\n' + "".join(tables)} | dict(files or {})
    for name, content in texts.items():
        (folder / name).write_text(content, "utf-8")
    return folder / "fit.toml"


def fitted(folder: Path, *tables: str, levels: str | None = None, files: Mapping[str, str] | None = None) -> Group:
    """The only group of a fit that is written, read and estimated."""
    [group] = estimate(read_fit(written(folder, *(tables or (DATA, ALL)), levels=levels, files=files))).groups
    return group


def values(group: Group) -> dict[str, float]:
    """Estimates by name; those of one subject as name/subject."""
    return {row.parameter.name + (f"/{row.subject}" if row.subject else ""): row.value for row in group.estimates}


def command(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])
