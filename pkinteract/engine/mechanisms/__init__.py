"""The mechanisms, one a file: its rows, what they point at, its equations for every runner.

A new mechanism is one file here, of the shape that ``engine.shape`` says, and one line in ``MECHANISMS``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pkinteract.engine.mechanisms import (
    absorption,
    balance,
    binding,
    clearance,
    disposition,
    formation,
    liver,
    portal,
    release,
    wall,
)
from pkinteract.engine.mechanisms.enzymes import inactivation, induction, turnover

if TYPE_CHECKING:
    from pkinteract.engine.layout import Layout
    from pkinteract.engine.shape import Mechanism

MECHANISMS: tuple[Mechanism, ...] = (
    disposition,
    binding,
    absorption,
    release,
    wall,
    portal,
    clearance,
    liver,
    formation,
    balance,
    induction,
    inactivation,
    turnover,
)
"""In the order of evaluation: each finds in place what it needs of the earlier ones, and the states stand in this order
(compounds, absorption compartments, others, enzymes)."""


def parameters_used(layout: Layout) -> set[int]:
    """Indices of the parameters that the equations of the stepped compounds read."""
    used = {index for one in MECHANISMS for index in one.reads(layout)}
    return {index for index in used if index is not None} | {ratio.constant for ratio in layout.system.ratios}
