"""Everything that follows from amounts, levels and absorption: what the reference's equations fill in.

The equations are those of the mechanisms, in their ``reference`` functions. They hold for one time, where rows are
plain numbers; for many, where they are arrays; and for terms that write down what is done with them, for the solver.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np

from pkinteract.engine import mechanisms
from pkinteract.engine.curves import Array
from pkinteract.engine.layout import Layout
from pkinteract.engine.mechanisms import binding, disposition
from pkinteract.engine.shape import Actor, Ratio
from pkinteract.engine.system import System

Row: TypeAlias = float | Array
"""A quantity at one time, or at many, (time,); many rows may be one array, so that none is changed in place."""


class Medium:
    """Concentrations, clearances and flows that follow from a store: a list each, with a ``Row`` for every row.

    Attributes
    ----------
    store
        As the layout says; every compound is stepped.
    released
        Rate of every release [mg/h].
    amounts, levels
        Central amounts [mg] and enzyme levels [1].
    absorbed
        Rate of absorption of each compound, past any efflux [mg/h].
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
    sent_back, lost_in_gut, lost_in_liver
        Lost by each compound to efflux, in the gut wall and, on the first pass, in the liver [mg/h].
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

    def __init__(
        self, layout: Layout, store: list[Row], absorbed: list[Row], released: list[Row], nothing: Row
    ) -> None:
        system = layout.system
        compounds, pathways, enzymes = len(system.compounds), len(system.pathways), len(system.enzymes)
        self.layout, self.system = layout, system
        self.p: Sequence[Row] = system.parameters
        self.store, self.released, self.nothing = store, released, nothing
        self.amounts = [store[place] for place in layout.central.values()]
        self.levels = store[layout.first_enzyme : layout.n_states]
        none, whole = [nothing] * compounds, [nothing + 1.0] * compounds
        self.absorbed = absorbed
        self.total, self.inlet, self.gut = list(none), list(none), list(none)
        self.free, self.passage, self.available = list(whole), list(whole), list(whole)
        self.behind, self.arriving = list(none), list(none)
        self.sent_back, self.lost_in_gut, self.lost_in_liver = (list(none) for _ in range(3))
        self.intrinsic, self.share, self.clearance, self.eliminated = ([nothing] * pathways for _ in range(4))
        self.formed: list[Row] = []
        self.synthesis, self.destroyed = [nothing + 1.0] * enzymes, [nothing] * enzymes
        self.slopes = [nothing] * (layout.n_states + len(layout.depots))

    def at(self, actor: Actor) -> Row:
        """The concentration by which an actor acts [mg/L]."""
        i = actor.compound
        if actor.site == "gut":
            return self.gut[i]
        here = self.inlet[i] if actor.site == "inlet" else self.total[i]
        return here if actor.total else here * self.free[i]

    def sum(self, ratios: Sequence[Ratio]) -> Row:
        """Sum of concentrations over their constants [1]."""
        total = self.nothing
        for ratio in ratios:
            total = total + self.at(ratio.actor) / self.p[ratio.constant]
        return total


def evaluated(
    layout: Layout,
    store: list[Row],
    absorbed: list[Row],
    released: list[Row],
    nothing: Row = 0.0,
    parameters: Sequence[Row] | None = None,
) -> Medium:
    """The medium after all mechanisms, to which ``absorbed`` [mg/h] comes from elsewhere than the store.

    A row for every place of the store, every compound, and every release, its rate [mg/h]; ``nothing`` is a row of 0.
    The parameters are the system's own if left out.
    """
    medium = Medium(layout, store, absorbed, released, nothing)
    medium.p = medium.p if parameters is None else parameters
    for one in mechanisms.MECHANISMS:
        one.reference(medium)
    return medium


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
    nothing = np.zeros(time)
    return evaluated(layout, list(store), list(absorbed), [nothing] * len(system.releases), nothing)


def unbound_levels(
    system: System, amounts: Mapping[int, Row], parameters: Sequence[Row] | None = None
) -> dict[int, Row]:
    """Unbound concentration of every compound whose binding varies and that has an amount [mg/L], by compound.

    Parameters
    ----------
    amounts
        Central amount of compounds [mg]: those that are asked for, and all that take part in their binding.
    parameters
        Numbers, or rows that go with those of the amounts; the system's own if left out.
    """
    layout = Layout(system=system, stepped=tuple(range(len(system.compounds))))
    store: list[Row] = [0.0] * layout.size
    for compound, amount in amounts.items():
        store[layout.central[compound]] = amount
    medium = Medium(layout, store, [0.0] * len(system.compounds), [0.0] * len(system.releases), 0.0)
    medium.p = system.parameters if parameters is None else parameters
    disposition.reference(medium)
    binding.reference(medium)
    bound = {i: system.compounds[i].binding for i in amounts}
    return {
        i: medium.free[i] * medium.total[i] * medium.p[row.reference] for i, row in bound.items() if row is not None
    }
