"""The model's algebra on arrays, written independently of the generated code.

Every function broadcasts over time: amounts are (compound, time) [mg] and enzyme levels (enzyme, time) [1].
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pkinteract.engine.curves import Array
from pkinteract.engine.system import System


@dataclass(frozen=True, slots=True, kw_only=True)
class Flows:
    """Where drug goes [mg/h], each (row, time).

    Attributes
    ----------
    arriving
        Into each compound's central compartment: absorbed drug past the gut and liver, and metabolite formed.
    gut, liver
        Lost by each compound in the gut wall and, on the first pass, in the liver.
    eliminated
        Lost from plasma by each pathway (the systemic share alone).
    formed
        Metabolite that each formation row makes, before its own first pass.
    """

    arriving: Array
    gut: Array
    liver: Array
    eliminated: Array
    formed: Array


def availabilities(system: System, levels: Array) -> tuple[Array, Array]:
    """Gut availability Fg and liver availability Fh of every compound, (compound, time) each [1]."""
    p = system.parameters
    n, shape = len(system.compounds), levels.shape[1:]
    gut, liver = np.ones((n, *shape)), np.ones((n, *shape))
    for i, row in enumerate(system.compounds):
        if row.gut_ratio is not None:
            gut[i] = 1 / (1 + p[row.gut_ratio] * (1.0 if row.gut_enzyme is None else levels[row.gut_enzyme]))
        if row.flow is not None:
            behind = sum(_intrinsic(system, j, levels) for j in system.pathways_of(i, hepatic=True))
            liver[i] = p[row.flow] / (p[row.flow] + behind)
    return gut, liver


def clearances(system: System, levels: Array) -> Array:
    """Plasma clearance by each pathway, (pathway, time) [L/h]; behind the liver it is shared by intrinsic clearance."""
    _, available = availabilities(system, levels)
    rows = np.zeros((len(system.pathways), *levels.shape[1:]))
    for j, row in enumerate(system.pathways):
        rows[j] = _intrinsic(system, j, levels)
        if row.hepatic and system.compounds[row.compound].flow is not None:
            rows[j] *= available[row.compound]
    return rows


def flows(system: System, amounts: Array, levels: Array, absorbed: Array) -> Flows:
    """All flows at the given amounts, enzyme levels and rates of absorption (compound, time) [mg/h]."""
    p = system.parameters
    gut, liver = availabilities(system, levels)
    rates = clearances(system, levels)
    past_gut = absorbed * gut
    first_pass = past_gut * (1 - liver)
    concentration = np.array([amounts[i] / p[row.volume] for i, row in enumerate(system.compounds)])
    eliminated = np.array([rates[j] * concentration[row.compound] for j, row in enumerate(system.pathways)])
    arriving = past_gut * liver
    share = np.array([_share(system, j, rates) for j in range(len(system.pathways))])
    formed = []
    for row in system.formations:
        parent = system.pathways[row.pathway].compound
        made = p[row.ratio] * (eliminated[row.pathway] + first_pass[parent] * share[row.pathway])
        arriving[row.target] += made * liver[row.target]
        formed.append(made)
    for wall in system.gut_formations:
        made = p[wall.ratio] * (absorbed - past_gut)[wall.compound]
        arriving[wall.target] += made * gut[wall.target] * liver[wall.target]
        formed.append(made)
    return Flows(
        arriving=arriving, gut=absorbed - past_gut, liver=first_pass, eliminated=eliminated, formed=np.array(formed)
    )


def synthesis(system: System, amounts: Array, enzyme: int) -> Array:
    """Fold increase S of an enzyme's synthesis, (time,) [1]."""
    p = system.parameters
    total = np.ones(amounts.shape[1:])
    mine = [row for row in system.inductions if row.enzyme == enzyme]
    for group in {row.group for row in mine}:
        over, under = np.zeros(amounts.shape[1:]), np.ones(amounts.shape[1:])
        for row in (row for row in mine if row.group == group):
            relative = amounts[row.compound] / p[system.compounds[row.compound].volume] / p[row.ec50]
            if row.hill is not None:
                relative = np.abs(relative) ** p[row.hill]
            over = over + p[row.emax] * relative
            under = under + relative
        total = total + over / under
    return total


def _intrinsic(system: System, j: int, levels: Array) -> Array:
    row = system.pathways[j]
    level = np.ones(levels.shape[1:]) if row.enzyme is None else levels[row.enzyme]
    return np.asarray(system.parameters[row.clearance] * level)


def _share(system: System, j: int, rates: Array) -> Array:
    """Share of a pathway in its compound's hepatic clearance; 0 if it is not behind a well-stirred liver."""
    row = system.pathways[j]
    if not row.hepatic or system.compounds[row.compound].flow is None:
        return np.zeros(rates.shape[1:])
    total = sum(rates[other] for other in system.pathways_of(row.compound, hepatic=True))
    return np.asarray(rates[j] / total)
