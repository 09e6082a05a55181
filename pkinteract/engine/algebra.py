"""The model's algebra on arrays, written independently of the generated code.

Every function broadcasts over time: amounts are (compound, time) [mg], enzyme levels (enzyme, time) [1] and absorption
rates (compound, time) [mg/h].
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pkinteract.engine.curves import Array
from pkinteract.engine.system import Actor, Compound, Ratio, System


@dataclass(frozen=True, slots=True, kw_only=True)
class Medium:
    """Concentrations at which everything acts, each (compound, time).

    Attributes
    ----------
    total
        In plasma [mg/L].
    free
        Unbound fraction over that of the constants [1]; 1 where binding does not vary.
    gut
        Absorption rate over gut flow [mg/L], for compounds that act there.
    passage
        Gut availability Fg [1].
    inlet
        Total concentration at the liver's inlet [mg/L], for compounds that act there or are cleared there.
    """

    total: Array
    free: Array
    gut: Array
    passage: Array
    inlet: Array

    def at(self, actor: Actor) -> Array:
        """The concentration by which an actor acts [mg/L]."""
        i = actor.compound
        if actor.site == "gut":
            return np.asarray(self.gut[i])
        here = self.inlet[i] if actor.site == "inlet" else self.total[i]
        return np.asarray(here if actor.total else here * self.free[i])


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


def medium(system: System, amounts: Array, levels: Array, absorbed: Array) -> Medium:
    """Concentrations in plasma, gut and at the liver's inlet."""
    p = system.parameters
    total = np.array([amounts[i] / p[row.volume] for i, row in enumerate(system.compounds)])
    none = np.zeros_like(total)
    found = Medium(total=total, free=np.ones_like(total), gut=none, passage=np.ones_like(total), inlet=total)
    for i in system.binding_order:
        found.free[i] = _free(system, system.compounds[i], total[i], found)
    gut, inlet, passage = none.copy(), total.copy(), found.passage.copy()
    for i, row in enumerate(system.compounds):
        if row.gut_flow is not None:
            gut[i] = absorbed[i] / p[row.gut_flow]
    found = Medium(total=total, free=found.free, gut=gut, passage=passage, inlet=inlet)
    for i, row in enumerate(system.compounds):
        if row.gut_ratio is not None:
            level = 1.0 if row.gut_enzyme is None else levels[row.gut_enzyme]
            passage[i] = 1 / (1 + p[row.gut_ratio] * level / (1 + _sum(system, row.gut_inhibitors, found)))
    for i, row in enumerate(system.compounds):
        portal = row.portal if row.portal is not None else row.flow
        if portal is not None:
            inlet[i] = total[i] + passage[i] * absorbed[i] / p[portal]
    return found


def clearances(system: System, levels: Array, where: Medium) -> Array:
    """Plasma clearance by each pathway, (pathway, time) [L/h]; behind the liver it is shared by intrinsic clearance."""
    inner = _intrinsics(system, levels, where)
    return _plasma(system, inner, where, _livers(system, _behind(system, inner), where))


def flows(system: System, where: Medium, levels: Array, absorbed: Array) -> Flows:
    """All flows at the given concentrations, enzyme levels and rates of absorption."""
    p = system.parameters
    inner = _intrinsics(system, levels, where)
    behind = _behind(system, inner)
    liver = _livers(system, behind, where)
    rates = _plasma(system, inner, where, liver)
    past_gut = absorbed * where.passage
    first_pass = past_gut * (1 - liver)
    owners = [row.compound for row in system.pathways]
    eliminated = rates * where.total[owners]
    arriving = past_gut * liver
    formed = []
    for row in system.formations:
        parent = system.pathways[row.pathway].compound
        made = p[row.ratio] * (
            eliminated[row.pathway] + first_pass[parent] * _share(system, row.pathway, inner, behind)
        )
        arriving[row.target] += made * liver[row.target]
        formed.append(made)
    for wall in system.gut_formations:
        made = p[wall.ratio] * (absorbed - past_gut)[wall.compound]
        arriving[wall.target] += made * where.passage[wall.target] * liver[wall.target]
        formed.append(made)
    return Flows(
        arriving=arriving, gut=absorbed - past_gut, liver=first_pass, eliminated=eliminated, formed=np.array(formed)
    )


def synthesis(system: System, where: Medium, enzyme: int) -> Array:
    """Fold increase S of an enzyme's synthesis, (time,) [1]."""
    p = system.parameters
    shape = where.total.shape[1:]
    total = np.ones(shape)
    mine = [row for row in system.inductions if row.enzyme == enzyme]
    for row in (row for row in mine if row.slope is not None):
        total = total + p[row.slope or 0] * where.at(row.actor)
    grouped = [row for row in mine if row.emax is not None and row.ec50 is not None]
    for group in {row.group for row in grouped}:
        over, under = np.zeros(shape), np.ones(shape)
        for row in (row for row in grouped if row.group == group):
            relative = where.at(row.actor) / p[row.ec50 or 0]
            if row.hill is not None:
                relative = np.abs(relative) ** p[row.hill]
            over = over + p[row.emax or 0] * relative
            under = under + relative
        total = total + over / under
    return total


def inactivation(system: System, where: Medium, enzyme: int) -> Array:
    """Rate at which inactivators destroy an enzyme, (time,) [1/h]."""
    p = system.parameters
    lost = np.zeros(where.total.shape[1:])
    for row in system.inactivations:
        if row.enzyme == enzyme:
            here = where.at(row.actor)
            lost = lost + p[row.kinact] * here / (p[row.ki] + here)
    return lost


def _free(system: System, row: Compound, total: Array, where: Medium) -> Array:
    """Unbound fraction over that of the constants: the positive root of the binding equation."""
    p, binding = system.parameters, row.binding
    if binding is None:
        return np.ones_like(total)
    rivals = 1 + _sum(system, binding.displacers, where)
    if binding.bmax is None or binding.kd is None:
        bound_over_unbound = (1 / p[binding.reference] - 1) / rivals
        return np.asarray(1 / (1 + bound_over_unbound) / p[binding.reference])
    kd = p[binding.kd] * rivals
    half = (p[binding.bmax] + kd - total) / 2
    fraction = kd / (half + np.sqrt(half**2 + kd * total))
    return np.asarray(fraction / p[binding.reference])


def _sum(system: System, ratios: Sequence[Ratio], where: Medium) -> Array:
    total = np.zeros(where.total.shape[1:])
    for ratio in ratios:
        total = total + where.at(ratio.actor) / system.parameters[ratio.constant]
    return total


def _intrinsics(system: System, levels: Array, where: Medium) -> Array:
    """Clearance by each pathway on the concentration bound as in the reference, before any liver, (pathway, time)."""
    found = np.zeros((len(system.pathways), *where.total.shape[1:]))
    for j, row in enumerate(system.pathways):
        found[j] = system.parameters[row.clearance] * (1.0 if row.enzyme is None else levels[row.enzyme])
        if row.inhibitors or row.saturation is not None:
            inhibited = _sum(system, row.inhibitors, where)
            saturated = _sum(system, () if row.saturation is None else (row.saturation,), where)
            found[j] /= 1 + inhibited + saturated if row.competitive else (1 + inhibited) * (1 + saturated)
    return found


def _behind(system: System, inner: Array) -> Array:
    """Intrinsic clearance behind the well-stirred liver of every compound, (compound, time); 0 without one."""
    total = np.zeros((len(system.compounds), *inner.shape[1:]))
    for j, row in enumerate(system.pathways):
        if row.hepatic and system.compounds[row.compound].flow is not None:
            total[row.compound] += inner[j]
    return total


def _livers(system: System, behind: Array, where: Medium) -> Array:
    """Liver availability Fh of every compound, (compound, time) [1]."""
    liver = np.ones_like(where.total)
    for i, row in enumerate(system.compounds):
        if row.flow is not None:
            flow = system.parameters[row.flow]
            liver[i] = flow / (flow + behind[i] * where.free[i])
    return liver


def _plasma(system: System, inner: Array, where: Medium, liver: Array) -> Array:
    """Plasma clearance by each pathway: intrinsic clearance, times the liver's availability behind it."""
    rows = inner * where.free[[row.compound for row in system.pathways]]
    for j, row in enumerate(system.pathways):
        if row.hepatic and system.compounds[row.compound].flow is not None:
            rows[j] *= liver[row.compound]
    return rows


def _share(system: System, j: int, inner: Array, behind: Array) -> Array:
    """Share of a pathway in what its compound's liver takes out; 0 if it is not behind a well-stirred liver."""
    row = system.pathways[j]
    if not row.hepatic or system.compounds[row.compound].flow is None:
        return np.zeros(inner.shape[1:])
    total = behind[row.compound]
    return np.asarray(inner[j] / np.where(total > 0, total, 1.0))
