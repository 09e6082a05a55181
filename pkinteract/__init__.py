"""pkinteract: every drug level, day by day, when an interacting drug is started, stopped or switched.

>>> from pkinteract import load_scenario, simulate
>>> result = simulate(load_scenario("scenarios/carbamazepine-to-levetiracetam.toml"))
>>> result.concentrations  # a pandas frame, units in its column names
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pkinteract.scenario import read_scenario as load_scenario
    from pkinteract.simulation import simulate

__all__ = ["NOTICE", "__version__", "load_scenario", "simulate"]

__version__ = "0.1.0"

NOTICE = (
    "Model prediction for a typical patient; decision support for professionals, not a medical device: "
    "verify against measured levels."
)
"""Stands on everything that is handed out."""


def __getattr__(name: str) -> object:
    if name == "load_scenario":
        from pkinteract.scenario import read_scenario

        return read_scenario
    if name == "simulate":
        from pkinteract.simulation import simulate

        return simulate
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
