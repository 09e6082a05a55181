"""Everything that follows from amounts, levels and absorption, on arrays: what the reference's equations fill in.

The equations are those of the mechanisms, in their ``reference`` functions. All broadcast over time.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pkinteract.engine import mechanisms
from pkinteract.engine.curves import Array
from pkinteract.engine.layout import Layout
from pkinteract.engine.shape import Actor, Ratio
from pkinteract.engine.system import System


class Medium:
    """Concentrations, clearances and flows at the given places of a store, each (row, time).

    Attributes
    ----------
    store
        As the layout says; every compound is stepped.
    released
        Rate of every release [mg/h].
    amounts, levels
        Central amounts [mg] and enzyme levels [1].
    absorbed
        Rate of absorption of each compound [mg/h].
    total, inlet, gut
        Concentration of each compound in plasma, at the liver's inlet and in the gut wall [mg/L].
    free
        Unbound fraction over that of the constants [1]; 1 where binding does not vary.
    passage, available
        Availability of each compound in the gut wall, Fg, and in the liver, Fh [1].
    intrinsic, behind
        Clearance by each pathway before any liver, and of each compound behind its well-stirred liver [L/h].
    share
        Share of each pathway in what its compound's liver takes out [1]; 0 if it is not behind a well-stirred liver.
    clearance
        Plasma clearance by each pathway [L/h]; behind the liver it is shared by intrinsic clearance.
    lost_in_gut, lost_in_liver
        Lost by each compound in the gut wall and, on the first pass, in the liver [mg/h].
    eliminated
        Lost from plasma by each pathway, the systemic share alone [mg/h].
    arriving
        Into each compound's central compartment: absorbed drug past gut and liver, and metabolite formed [mg/h].
    formed
        Metabolite that each formation row makes, and then each row of the gut wall, before its own first pass [mg/h].
    synthesis, destroyed
        Fold of each enzyme's synthesis [1], and the rate at which inactivators destroy it [1/h].
    slopes
        Slope of every state and depot.
    """

    def __init__(self, layout: Layout, store: Array, absorbed: Array, released: Array) -> None:
        system, time = layout.system, store.shape[1:]
        compounds, pathways = (len(system.compounds), *time), (len(system.pathways), *time)
        enzymes = (len(system.enzymes), *time)
        self.layout, self.system, self.p = layout, system, system.parameters
        self.store, self.released = store, released
        self.amounts = store[list(layout.central.values())]
        self.levels = store[layout.first_enzyme : layout.n_states]
        self.absorbed = np.array(absorbed)
        self.total, self.inlet, self.gut = np.zeros(compounds), np.zeros(compounds), np.zeros(compounds)
        self.free, self.passage, self.available = np.ones(compounds), np.ones(compounds), np.ones(compounds)
        self.intrinsic, self.behind, self.share = np.zeros(pathways), np.zeros(compounds), np.zeros(pathways)
        self.clearance, self.eliminated = np.zeros(pathways), np.zeros(pathways)
        self.lost_in_gut, self.lost_in_liver, self.arriving = (np.zeros(compounds) for _ in range(3))
        self.formed: list[Array] = []
        self.synthesis, self.destroyed = np.ones(enzymes), np.zeros(enzymes)
        self.slopes = np.zeros((layout.n_states + len(layout.depots), *time))

    def at(self, actor: Actor) -> Array:
        """The concentration by which an actor acts, (time,) [mg/L]."""
        i = actor.compound
        if actor.site == "gut":
            return np.asarray(self.gut[i])
        here = self.inlet[i] if actor.site == "inlet" else self.total[i]
        return np.asarray(here if actor.total else here * self.free[i])

    def sum(self, ratios: Sequence[Ratio]) -> Array:
        """Sum of concentrations over their constants, (time,) [1]."""
        total = np.zeros(self.total.shape[1:])
        for ratio in ratios:
            total = total + self.at(ratio.actor) / self.p[ratio.constant]
        return total


def evaluated(layout: Layout, store: Array, absorbed: Array, released: Array) -> Medium:
    """The medium after all mechanisms, to which ``absorbed`` [mg/h] comes from elsewhere than the store.

    ``store`` (place, time), ``absorbed`` (compound, time); ``released`` (release, time) rates of the releases [mg/h].
    """
    found = Medium(layout, store, absorbed, released)
    for one in mechanisms.MECHANISMS:
        one.reference(found)
    return found


def medium(system: System, amounts: Array, levels: Array, absorbed: Array) -> Medium:
    """Everything that follows from amounts, levels and rates of absorption.

    Parameters
    ----------
    amounts
        Central amount of every compound, (compound, time) [mg].
    levels
        Of every enzyme, (enzyme, time) [1].
    absorbed
        Rate of absorption of every compound, (compound, time) [mg/h].
    """
    layout = Layout(system=system, stepped=tuple(range(len(system.compounds))))
    time = amounts.shape[1:]
    store = np.zeros((layout.size, *time))
    store[list(layout.central.values())] = amounts
    store[layout.first_enzyme : layout.n_states] = levels
    return evaluated(layout, store, absorbed, np.zeros((len(system.releases), *time)))
