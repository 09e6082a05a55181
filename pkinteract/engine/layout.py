"""Where everything that changes stands: one store of numbers, the same for all who solve a system.

The store is [states | depots | inflows | infusions]. States are those of the stepped compounds (central amounts, each
followed by its peripheral ones), absorption compartments, other states of mechanisms, and last the enzymes; then come
the amounts in the depots of those compounds [mg], the inflow into each of these depots and the infusion into each of
the compounds [mg/h].
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from pkinteract.engine.shape import Compartment

if TYPE_CHECKING:
    from pkinteract.engine.system import System


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Where each state stands of a system of which the compounds ``stepped`` are solved together."""

    system: System
    stepped: tuple[int, ...]

    @cached_property
    def compartments(self) -> tuple[Compartment, ...]:
        """What every state holds, in order."""
        compartments = [compartment for one in self.system.structures for compartment in one.compartments]
        return tuple(
            compartment
            for compartment in compartments
            if compartment.compound is None or compartment.compound in self.stepped
        )

    @property
    def n_states(self) -> int:
        """Number of states."""
        return len(self.compartments)

    def states(self, kind: str) -> dict[int, int]:
        """State of every row whose compartment is of this kind."""
        return {
            compartment.index: state for state, compartment in enumerate(self.compartments) if compartment.kind == kind
        }

    @cached_property
    def central(self) -> dict[int, int]:
        """State of the central amount of each stepped compound; its peripheral amounts follow it."""
        return self.states("central")

    @cached_property
    def reservoirs(self) -> dict[int, int]:
        """State of the absorption compartment of each release that has one."""
        return self.states("reservoir")

    @cached_property
    def first_enzyme(self) -> int:
        """State of the first enzyme level; the enzymes are the last states, in order."""
        return self.n_states - len(self.system.enzymes)

    def peripherals(self, compound: int) -> range:
        """States of the peripheral amounts of a stepped compound."""
        first = self.central[compound] + 1
        return range(first, first + len(self.system.compounds[compound].peripherals))

    @cached_property
    def stepped_depots(self) -> tuple[int, ...]:
        """Depots of stepped compounds, in order: the slots of the store."""
        return tuple(j for j, depot in enumerate(self.system.depots) if depot.compound in self.stepped)

    @cached_property
    def depots(self) -> dict[int, int]:
        """Place in the store of the amount in each depot [mg]."""
        return {j: self.n_states + slot for slot, j in enumerate(self.stepped_depots)}

    @cached_property
    def inflows(self) -> dict[int, int]:
        """Place in the store of the inflow into each depot [mg/h]."""
        return {j: place + len(self.depots) for j, place in self.depots.items()}

    @cached_property
    def infusions(self) -> dict[int, int]:
        """Place in the store of the infusion into each stepped compound [mg/h]."""
        first = self.n_states + 2 * len(self.depots)
        return {i: first + n for n, i in enumerate(self.stepped)}

    @property
    def size(self) -> int:
        """Number of places in the store."""
        return self.n_states + 2 * len(self.depots) + len(self.stepped)

    def resting(self) -> list[float]:
        """The states before any dose: no drug, levels at rest."""
        p = self.system.parameters
        return [0.0 if compartment.rest is None else p[compartment.rest] for compartment in self.compartments]

    def sizes(self) -> list[float]:
        """Typical size of every state and depot: a dose [mg], or 1 for a level."""
        scale = self.system.scale
        depots = [scale[self.system.depots[j].compound] for j in self.stepped_depots]
        return [
            1.0 if compartment.compound is None else scale[compartment.compound] for compartment in self.compartments
        ] + depots
