"""The ways to run a system: each test of the engine's promises goes through all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import pytest
from lanes_runner import LaneSolution, solve_by_lanes

from pkinteract.engine.events import Event, Switch
from pkinteract.engine.reference.solve import solve_reference
from pkinteract.engine.single.march import solve
from pkinteract.engine.solution import Solution, State
from pkinteract.engine.system import System


class Runner(Protocol):
    def __call__(
        self,
        system: System,
        events: Sequence[Event],
        start: float,
        stop: float,
        *,
        rtol: float = ...,
        initial: State | None = None,
        switches: Sequence[Switch] = (),
    ) -> Solution | LaneSolution: ...


RUNNERS: dict[str, Runner] = {"single": solve, "lanes": solve_by_lanes, "reference": solve_reference}

TIGHT = {"single": 1e-10, "lanes": 1e-9, "reference": 1e-12}
"""Tolerance at which each follows a closed form to 1e-8; between its long steps the reference is read less exactly."""

FAST = [name for name in RUNNERS if name != "reference"]
"""What the reference judges."""

MARKED = [pytest.param(name, marks=pytest.mark.compiled if name == "lanes" else ()) for name in RUNNERS]
"""All of them as parameters of a test: lanes need machine code."""

MARKED_FAST = [param for param in MARKED if param.values[0] in FAST]
"""What the reference judges, as parameters of a test."""
