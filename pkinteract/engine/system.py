"""The arrays: what is solved, as rows of indices into one parameter vector.

A row kind belongs to one mechanism and is described there (``mechanisms``). Rows hold positions only (compounds,
enzymes, parameters), so nothing a user writes can reach the generated code, and the same structure serves every
patient.

Units: h, mg, L, mg/L; enzyme levels relative to the uninduced normal metaboliser. With variable binding, "bound as in
the reference" means the concentration Cu/fu_ref: what the total would be at the unbound fraction that the constants
were converted with. For all other compounds it is the total concentration itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import TypeVar

from pkinteract.engine import mechanisms
from pkinteract.engine.layout import Layout
from pkinteract.engine.mechanisms.absorption import Depot
from pkinteract.engine.mechanisms.balance import Peripheral
from pkinteract.engine.mechanisms.binding import Binding
from pkinteract.engine.mechanisms.clearance import Pathway, Return
from pkinteract.engine.mechanisms.disposition import Compound
from pkinteract.engine.mechanisms.enzymes.inactivation import Inactivation
from pkinteract.engine.mechanisms.enzymes.induction import Induction
from pkinteract.engine.mechanisms.enzymes.turnover import Enzyme
from pkinteract.engine.mechanisms.formation import Formation, GutFormation
from pkinteract.engine.mechanisms.release import Release
from pkinteract.engine.mechanisms.wall import Efflux
from pkinteract.engine.shape import Actor, Ratio, RowStructure, Site

Kind = TypeVar("Kind")

__all__ = [
    "Actor",
    "Binding",
    "Compound",
    "Depot",
    "Efflux",
    "Enzyme",
    "Formation",
    "GutFormation",
    "Inactivation",
    "Induction",
    "Layout",
    "Pathway",
    "Peripheral",
    "Ratio",
    "Release",
    "Return",
    "Site",
    "System",
    "checked",
]


@dataclass(frozen=True, kw_only=True)
class System:
    """Everything the solvers need to know of the structure, and the numbers.

    Attributes
    ----------
    parameters
        The numbers that the rows point at.
    scale
        Typical amount of each compound [mg]: errors are relative to the amount, or to a ten-thousandth of this.
    further
        Rows of mechanisms that have no field of their own here.
    step_all
        Step every compound, as when parameters change during the run.
    """

    parameters: tuple[float, ...]
    compounds: tuple[Compound, ...]
    scale: tuple[float, ...]
    depots: tuple[Depot, ...] = ()
    releases: tuple[Release, ...] = ()
    enzymes: tuple[Enzyme, ...] = ()
    inductions: tuple[Induction, ...] = ()
    inactivations: tuple[Inactivation, ...] = ()
    pathways: tuple[Pathway, ...] = ()
    formations: tuple[Formation, ...] = ()
    gut_formations: tuple[GutFormation, ...] = ()
    effluxes: tuple[Efflux, ...] = ()
    further: tuple[object, ...] = ()
    step_all: bool = False

    @cached_property
    def structures(self) -> tuple[RowStructure, ...]:
        """What the rows of every mechanism point at and bring with them, in the order of the mechanisms."""
        return tuple(one.structure(self) for one in mechanisms.MECHANISMS)

    @cached_property
    def ratios(self) -> tuple[Ratio, ...]:
        """Every ratio of a concentration to a constant."""
        return tuple(ratio for rows in self.structures for ratio in rows.ratios)

    @cached_property
    def actors(self) -> tuple[Actor, ...]:
        """Every concentration that acts on something, each once."""
        alone = [actor for rows in self.structures for actor in rows.actors]
        return tuple(dict.fromkeys([*alone, *(ratio.actor for ratio in self.ratios)]))

    @cached_property
    def stepped(self) -> tuple[int, ...]:
        """Compounds that the Runge-Kutta pair steps; the others depend on no state and act on nothing."""
        if self.step_all:
            return tuple(range(len(self.compounds)))
        coupled = {actor.compound for actor in self.actors}
        return tuple(sorted(coupled.union(*(rows.coupled for rows in self.structures))))

    @cached_property
    def exact(self) -> tuple[int, ...]:
        """Compounds that are propagated by their own exponentials."""
        return tuple(i for i in range(len(self.compounds)) if i not in self.stepped)

    @cached_property
    def layout(self) -> Layout:
        """Where everything stands that is stepped."""
        return Layout(system=self, stepped=self.stepped)

    @cached_property
    def binding_order(self) -> tuple[int, ...]:
        """Compounds whose binding varies, each after those that displace it.

        Raises
        ------
        ValueError
            When compounds displace each other in a circle.
        """
        waiting = {i: compound.binding for i, compound in enumerate(self.compounds) if compound.binding is not None}
        order: list[int] = []
        while waiting:
            ready = [
                i
                for i, binding in waiting.items()
                if not {r.actor.compound for r in binding.displacers} & (set(waiting) - {i})
            ]
            if not ready:
                raise ValueError("compounds displace each other in a circle")
            order.append(ready[0])
            del waiting[ready[0]]
        return tuple(order)

    def binders(self, compound: int) -> frozenset[int]:
        """A compound and those that displace it, what displaces these, and so on."""
        binding, together = self.compounds[compound].binding, frozenset({compound})
        for ratio in () if binding is None else binding.displacers:
            together |= self.binders(ratio.actor.compound)
        return together

    def of(self, kind: type[Kind]) -> tuple[Kind, ...]:
        """The further rows of one kind."""
        return tuple(row for row in self.further if isinstance(row, kind))

    def pathways_of(self, compound: int, *, hepatic: bool | None = None) -> list[int]:
        """Pathways of a compound, all or only those behind (or not behind) its well-stirred liver."""
        return [
            j
            for j, pathway in enumerate(self.pathways)
            if pathway.compound == compound and (hepatic is None or pathway.hepatic == hepatic)
        ]


def checked(system: System) -> System:
    """Return ``system``, having checked that every row points at something.

    Raises
    ------
    IndexError
        When an index is out of range: a defect of whoever built the system.
    """
    _check_rows(replace(system, parameters=(), scale=()))
    _within([len(system.scale) - 1], len(system.compounds))
    return system


@lru_cache(maxsize=256)
def _check_rows(structure: System) -> None:
    """Check the rows of all systems that differ in their numbers alone, as those of a fit do."""
    _within([actor.compound for actor in structure.actors], len(structure.compounds))
    for rows in structure.structures:
        _within(rows.compounds, len(structure.compounds))
        _within(rows.enzymes, len(structure.enzymes))
        _within(rows.pathways, len(structure.pathways))


def _within(indices: Sequence[int], size: int) -> None:
    for index in indices:
        if not 0 <= index < size:
            raise IndexError(f"row {index} of {size}")
