"""The arrays: what is solved, as rows of indices into one parameter vector.

A row kind is one mechanism. Rows hold positions only (compounds, enzymes, parameters), so nothing a user writes can
reach the generated code, and the same structure serves every patient.

Units: h, mg, L, mg/L; enzyme levels relative to the uninduced normal metaboliser.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

Input = Literal["depot", "bolus", "rate"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Peripheral:
    """A peripheral compartment; parameters ``out`` and ``back`` are rate constants [1/h]."""

    out: int
    back: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Compound:
    """A drug or metabolite: central volume, peripheral compartments and, if well stirred, its liver.

    Attributes
    ----------
    volume
        Parameter: central volume [L].
    peripherals
        Peripheral compartments.
    flow
        Parameter: blood-to-plasma ratio times hepatic blood flow, Rb·Qh [L/h]; None for the linear limit.
    gut_enzyme, gut_ratio
        Enzyme in the gut wall and parameter 1/Fg0 - 1 [1]. No ratio: no gut first pass; no enzyme: a constant one.
    """

    volume: int
    peripherals: tuple[Peripheral, ...] = ()
    flow: int | None = None
    gut_enzyme: int | None = None
    gut_ratio: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Depot:
    """First-order absorption of a compound; parameter ``ka`` [1/h]."""

    compound: int
    ka: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Enzyme:
    """Turnover dE/dt = kdeg·(activity·S - E), E(0) = activity; parameters ``kdeg`` [1/h], ``activity`` [1]."""

    kdeg: int
    activity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Induction:
    """A compound raises an enzyme's synthesis; inducers of one ``group`` compete.

    Parameters ``emax`` [1], ``ec50`` [mg/L total] and, unless 1, ``hill`` [1].
    """

    enzyme: int
    compound: int
    group: int
    emax: int
    ec50: int
    hill: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pathway:
    """A route of elimination of a compound.

    Attributes
    ----------
    clearance
        Parameter [L/h]: fu·CLint if ``hepatic`` and the compound's liver is well stirred, else plasma clearance.
    enzyme
        Enzyme whose level multiplies it; None if constant.
    hepatic
        Whether it lies behind the well-stirred liver.
    """

    compound: int
    clearance: int
    enzyme: int | None = None
    hepatic: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Formation:
    """A pathway feeds a metabolite; parameter ``ratio`` [mg/mg] = yield times ratio of molar masses."""

    pathway: int
    target: int
    ratio: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GutFormation:
    """What the gut wall removes of a compound feeds a metabolite; parameter ``ratio`` [mg/mg]."""

    compound: int
    target: int
    ratio: int


@dataclass(frozen=True, kw_only=True)
class System:
    """Everything the solvers need to know of the structure, and the numbers.

    Attributes
    ----------
    parameters
        The numbers that the rows point at.
    scale
        Typical amount of each compound [mg]: errors are relative to the larger of the amount and a hundredth of this.
    """

    parameters: tuple[float, ...]
    compounds: tuple[Compound, ...]
    scale: tuple[float, ...]
    depots: tuple[Depot, ...] = ()
    enzymes: tuple[Enzyme, ...] = ()
    inductions: tuple[Induction, ...] = ()
    pathways: tuple[Pathway, ...] = ()
    formations: tuple[Formation, ...] = ()
    gut_formations: tuple[GutFormation, ...] = ()

    @cached_property
    def stepped(self) -> tuple[int, ...]:
        """Compounds that the Runge-Kutta pair steps; the others depend on no state and act on nothing."""
        coupled = {row.compound for row in self.inductions}
        coupled |= {row.compound for row in self.pathways if row.enzyme is not None}
        coupled |= {self.pathways[row.pathway].compound for row in self.formations}
        coupled |= {row.target for row in self.formations} | {row.target for row in self.gut_formations}
        coupled |= {i for i, row in enumerate(self.compounds) if row.gut_enzyme is not None}
        return tuple(sorted(coupled))

    @cached_property
    def exact(self) -> tuple[int, ...]:
        """Compounds that are propagated by their own exponentials."""
        return tuple(i for i in range(len(self.compounds)) if i not in self.stepped)

    @cached_property
    def central(self) -> dict[int, int]:
        """State of the central amount of each stepped compound; its peripheral amounts follow it."""
        states, position = {}, 0
        for i in self.stepped:
            states[i] = position
            position += 1 + len(self.compounds[i].peripherals)
        return states

    @cached_property
    def first_enzyme(self) -> int:
        """State of the first enzyme level; the enzymes are the last states, in order."""
        return sum(1 + len(self.compounds[i].peripherals) for i in self.stepped)

    @property
    def n_states(self) -> int:
        """Number of stepped states."""
        return self.first_enzyme + len(self.enzymes)

    @cached_property
    def stepped_depots(self) -> tuple[int, ...]:
        """Depots of stepped compounds, in order: the ``d`` of the generated code."""
        return tuple(j for j, row in enumerate(self.depots) if row.compound in self.central)

    def pathways_of(self, compound: int, *, hepatic: bool | None = None) -> list[int]:
        """Pathways of a compound, all or only those behind (or not behind) its well-stirred liver."""
        return [
            j
            for j, row in enumerate(self.pathways)
            if row.compound == compound and (hepatic is None or row.hepatic == hepatic)
        ]

    def initial(self) -> list[float]:
        """State before any dose: no drug, enzymes at their activity."""
        return [0.0] * self.first_enzyme + [self.parameters[row.activity] for row in self.enzymes]


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Event:
    """A jump of the input.

    Attributes
    ----------
    time
        Time [h].
    kind
        "depot" adds ``amount`` [mg] to a depot, "bolus" to a compound's central amount, "rate" changes the infusion
        rate into a compound by ``amount`` [mg/h].
    target
        Depot or compound.
    """

    time: float
    kind: Input
    target: int
    amount: float


def checked(system: System) -> System:
    """Return ``system``, having checked that every row points at something.

    Raises
    ------
    IndexError
        When an index is out of range: a defect of whoever built the system.
    """
    owners = [row.compound for row in system.depots] + [row.compound for row in system.inductions]
    _within(owners + [row.compound for row in system.pathways], len(system.compounds))
    targets = [row.target for row in system.formations] + [row.target for row in system.gut_formations]
    _within(targets, len(system.compounds))
    _within([row.enzyme for row in system.inductions], len(system.enzymes))
    _within([row.enzyme for row in system.pathways if row.enzyme is not None], len(system.enzymes))
    _within([row.pathway for row in system.formations], len(system.pathways))
    _within([len(system.scale) - 1], len(system.compounds))
    return system


def _within(indices: Sequence[int], size: int) -> None:
    for index in indices:
        if not 0 <= index < size:
            raise IndexError(f"row {index} of {size}")
