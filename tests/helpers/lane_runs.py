"""Subjects for the lanes: systems that step everything, parameters that differ, the same doses for everybody."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pkinteract.engine.events import Event
from pkinteract.engine.lanes.doses import KINDS, Inputs
from pkinteract.engine.system import System

Array = npt.NDArray[np.float64]

STOP = 240.0
GRID = np.arange(0.0, STOP + 1.0)


def stepping(system: System) -> System:
    """The system as the lanes want it."""
    return dataclasses.replace(system, step_all=True)


def people(system: System, count: int, seed: int = 1) -> Array:
    """Parameters of different subjects: each number within about twofold, but for the turnover of enzymes."""
    spread = np.exp(0.3 * np.random.default_rng(seed).standard_normal((len(system.parameters), count)))
    spread[[row.kdeg for row in system.enzymes]] = 1.0
    return np.array(system.parameters)[:, None] * spread


def given(events: Sequence[Event], count: int) -> Inputs:
    """The same doses for everybody."""
    return Inputs(
        times=np.repeat([[event.time] for event in events], count, axis=1),
        kinds=np.array([KINDS[event.kind] for event in events]),
        targets=np.array([event.target for event in events]),
        amounts=np.repeat([[event.amount] for event in events], count, axis=1),
    )


def alone(system: System, parameters: Array, column: int) -> System:
    """The system of one subject."""
    return dataclasses.replace(system, parameters=tuple(parameters[:, column]))
