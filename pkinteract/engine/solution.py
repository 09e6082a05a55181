"""What solvers begin with and what they give."""

from __future__ import annotations

from dataclasses import dataclass

from pkinteract.engine import exact
from pkinteract.engine.control import Failure
from pkinteract.engine.curves import Curve
from pkinteract.engine.system import System


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Where a system stands: stepped states, depots of stepped compounds, rates into both, exact compounds.

    ``stepped``, ``depots``, ``inflows`` and ``rates`` are the store of the system's layout, part by part.
    """

    stepped: list[float]
    depots: list[float]
    inflows: list[float]
    rates: list[float]
    exact: dict[int, exact.ExactState]


@dataclass(frozen=True, kw_only=True)
class Solution:
    """A solved system.

    Attributes
    ----------
    amounts
        Central amount of every compound [mg], a curve each.
    peripherals, reservoirs
        Peripheral amounts of stepped compounds [mg] by compound, and absorption compartments by release.
    enzymes
        Level of every enzyme [1].
    end
        State at the end, before any jump there; None from the reference solver.
    method, steps, rejected
        What solved it and at what cost.
    failure
        None, or why it stopped and what to try; the curves then end where it stopped.
    """

    amounts: tuple[Curve, ...]
    peripherals: dict[int, tuple[Curve, ...]]
    reservoirs: dict[int, Curve]
    enzymes: tuple[Curve, ...]
    end: State | None
    method: str
    steps: int
    rejected: int = 0
    failure: Failure | None = None


def resting(system: System) -> State:
    """No drug anywhere, enzymes at their activity."""
    layout = system.layout
    return State(
        stepped=layout.resting(),
        depots=[0.0] * len(layout.depots),
        inflows=[0.0] * len(layout.depots),
        rates=[0.0] * len(layout.stepped),
        exact={i: exact.resting_compound(exact.modes(system, i)) for i in system.exact},
    )
