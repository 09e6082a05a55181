"""What enzymes and pathways do at any time of a run: clearances, and what reversible inhibitors leave of an enzyme."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from pkinteract.engine.curves import Array
from pkinteract.engine.reference.medium import Medium, medium
from pkinteract.engine.solution import Solution, State
from pkinteract.engine.uptake import absorption
from pkinteract.model import Model


@dataclass(frozen=True, eq=False, kw_only=True)
class EnzymeActivity:
    """A solved run, to be asked at any time.

    Attributes
    ----------
    start
        Where the run begins [h].
    initial
        State just before it; at rest if None.
    """

    model: Model
    solution: Solution
    start: float
    initial: State | None

    def clearances(self, times: Array) -> dict[str, Array]:
        """Plasma clearance of every compound at ``times`` [h], in total and by pathway: (time,) [L/h] by column."""
        rates = np.zeros((len(self.model.pathways), len(times)))
        for here, state in self._media(times):
            rates[:, here] = state.clearance
        columns: dict[str, Array] = {}
        for compound in self.model.compounds:
            mine = [(pathway, rates[j]) for j, (owner, pathway) in enumerate(self.model.pathways) if owner == compound]
            columns[f"{compound}_total_L_per_h"] = np.sum([rate for _, rate in mine], axis=0)
            columns |= {f"{compound}_{pathway}_L_per_h": rate for pathway, rate in mine}
        return columns

    def left(self, times: Array) -> dict[str, Array]:
        """Share of each enzyme's activity that reversible inhibitors leave at ``times`` [h]: 1/(1 + Σ I/Ki), (time,).

        By the levels where they act: in plasma, at the liver's inlet or in the gut wall. Enzymes and transporters that
        nothing of the run inhibits are not in it.
        """
        inhibited = [level for level in self.model.levels if level.inhibitors]
        shares = {level.name: np.ones(len(times)) for level in inhibited}
        for here, state in self._media(times) if inhibited else ():
            for level in inhibited:
                shares[level.name][here] = 1 / (1 + np.maximum(state.sum(level.inhibitors), 0.0))
        return shares

    def _media(self, times: Array) -> Iterator[tuple[npt.NDArray[np.bool_], Medium]]:
        """Which of the times belong to each state of the patient, and what holds at those."""
        model, solution = self.model, self.solution
        amounts = np.array([curve.value(times) for curve in solution.amounts])
        levels = np.array([curve.value(times) for curve in solution.enzymes]).reshape(-1, len(times))
        absorbed = np.zeros_like(amounts)
        if any(actor.site != "plasma" for actor in model.system.actors):
            absorbed = absorption(
                model.system, model.events, self.start, times, initial=self.initial, reservoirs=solution.reservoirs
            )
        edges = [-np.inf, *(change.time for change in model.switches), np.inf]
        sets = [model.system.parameters, *(change.parameters for change in model.switches)]
        for (low, high), parameters in zip(pairwise(edges), sets, strict=True):
            here = (times > low) & (times <= high)
            system = replace(model.system, parameters=parameters)
            yield here, medium(system, amounts[:, here], levels[:, here], absorbed[:, here])
