"""Clearances from the states of a run: in total from plasma, or what forms a metabolite."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from pkinteract.engine.curves import Array, PiecewisePolynomial
from pkinteract.engine.events import Event
from pkinteract.engine.reference.medium import medium
from pkinteract.engine.solution import State
from pkinteract.engine.system import System
from pkinteract.engine.uptake import absorption
from pkinteract.fitting.types import Measurand
from pkinteract.model import Model


def cleared(
    model: Model,
    analyte: Measurand,
    inputs: Sequence[Event],
    begin: tuple[float, State | None],
    times: Array,
    states: Array,
) -> Array:
    """A clearance at ``times`` [L/h]: the total plasma clearance of a compound, or what forms a metabolite of it.

    What forms a metabolite is the intrinsic clearance by the pathways that lead to it, bound as in plasma and whatever
    their yield: after a dose by mouth, what passes through them over the parent's area and the fraction absorbed.

    Parameters
    ----------
    inputs, begin
        Inputs of the run; the time [h] and the state at which it begins, None at rest.
    times, states
        Sorted times [h] and the states there, (time, state), of a run that steps every compound.
    """
    system = replace(model.system, step_all=True)
    absorbed = np.zeros((len(system.compounds), len(times)))
    if any(actor.site != "plasma" for actor in system.actors):
        reservoirs = _reservoirs(system, times, states)
        absorbed = absorption(system, inputs, begin[0], times, initial=begin[1], reservoirs=reservoirs)
    rates = _rates(model, system, absorbed, times, states)
    parent = model.compounds.index(analyte.parts[0])
    mine = system.pathways_of(parent)
    if analyte.measure == "clearance":
        return np.asarray(rates[mine].sum(axis=0))
    target = model.compounds.index(analyte.parts[1])
    forming = [
        formation.pathway for formation in system.formations if formation.target == target and formation.pathway in mine
    ]
    flow = system.compounds[parent].flow
    if flow is None:
        return np.asarray(rates[forming].sum(axis=0))
    behind = system.pathways_of(parent, hepatic=True)
    passing = 1 - rates[behind].sum(axis=0) / _flows(model, flow, times)
    return np.asarray(sum(rates[j] / (passing if j in behind else 1.0) for j in forming))


def _flows(model: Model, flow: int, times: Array) -> Array:
    """Blood flow of the liver as plasma, as the patient changes [L/h]."""
    flows = np.full(len(times), model.system.parameters[flow])
    for change in model.switches:
        flows[times > change.time] = change.parameters[flow]
    return flows


def _rates(model: Model, system: System, absorbed: Array, times: Array, states: Array) -> Array:
    """Plasma clearance by every pathway, (pathway, time) [L/h]."""
    amounts = np.array([states[:, system.layout.central[i]] for i in range(len(system.compounds))])
    levels = states[:, system.layout.first_enzyme :].T
    rates = np.zeros((len(system.pathways), len(times)))
    edges = [-np.inf, *(change.time for change in model.switches), np.inf]
    sets = [system.parameters, *(change.parameters for change in model.switches)]
    for (low, high), parameters in zip(pairwise(edges), sets, strict=True):
        here = (times > low) & (times <= high)
        now = replace(system, parameters=parameters)
        rates[:, here] = medium(now, amounts[:, here], levels[:, here], absorbed[:, here]).clearance
    return rates


def _reservoirs(system: System, times: Array, states: Array) -> dict[int, PiecewisePolynomial]:
    """The absorption compartment of every release that has one, as lines through its amounts at ``times``."""
    breaks = np.append(times, times[-1] + 1.0)
    reservoirs = {}
    for release, state in system.layout.reservoirs.items():
        values = np.append(states[:, state], states[-1, state])
        lines = np.column_stack([values[:-1], np.diff(values)])
        reservoirs[release] = PiecewisePolynomial(breaks=breaks, coefficients=lines, before=float(values[0]))
    return reservoirs
