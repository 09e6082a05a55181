"""pkinteract: every drug level, day by day, when an interacting drug is started, stopped or switched.

>>> from pkinteract import load_scenario, simulate
>>> result = simulate(load_scenario("scenarios/carbamazepine-to-levetiracetam.toml"))
>>> result.concentrations  # a pandas frame, units in its column names
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pkinteract.api import advise, alerts, comparison, exposure, fit, population, qualify
    from pkinteract.scenario import read_scenario as load_scenario
    from pkinteract.simulation import simulate

__all__ = [
    "NOTICE",
    "__version__",
    "advise",
    "alerts",
    "comparison",
    "exposure",
    "fit",
    "load_scenario",
    "population",
    "qualify",
    "simulate",
]

__version__ = "0.1.0"

NOTICE = (
    "Model prediction for a typical patient; decision support for professionals, not a medical device: "
    "verify against measured levels."
)
"""Stands on everything that is handed out."""

_DOOR = {
    "load_scenario": ("pkinteract.scenario", "read_scenario"),
    "simulate": ("pkinteract.simulation", "simulate"),
    **{
        name: ("pkinteract.api", name)
        for name in ("advise", "alerts", "comparison", "exposure", "fit", "population", "qualify")
    },
}
"""Functions that are imported when they are first asked for: module, and name there."""


class _Package(ModuleType):
    """Keeps ``pkinteract.qualify`` the function, also after the modules of that name were imported."""

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _DOOR and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __getattr__(name: str) -> object:
    if name not in _DOOR:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, function = _DOOR[name]
    return getattr(import_module(module), function)
