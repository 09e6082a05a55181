"""The arrays: what is solved, as rows of indices into one parameter vector.

A row kind is one mechanism. Rows hold positions only (compounds, enzymes, parameters), so nothing a user writes can
reach the generated code, and the same structure serves every patient.

Units: h, mg, L, mg/L; enzyme levels relative to the uninduced normal metaboliser. With variable binding, "bound as in
the reference" means the concentration Cu/fu_ref: what the total would be at the unbound fraction that the constants
were converted with. For all other compounds it is the total concentration itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

Input = Literal["depot", "depot-rate", "release", "bolus", "rate"]
Site = Literal["plasma", "inlet", "gut"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Peripheral:
    """A peripheral compartment; parameters ``out`` and ``back`` are rate constants [1/h]."""

    out: int
    back: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """The concentration by which a compound acts.

    Attributes
    ----------
    site
        "plasma"; "inlet", the blood that enters the liver: plasma plus what is being absorbed; or "gut", absorption
        rate over gut flow.
    total
        Whether the total concentration acts rather than the one bound as in the reference; the same thing unless the
        compound's binding varies.
    """

    compound: int
    site: Site = "plasma"
    total: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """A concentration over the constant it acts by, ``constant`` [mg/L]: I/Ki, or Cu/Km."""

    actor: Actor
    constant: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """Plasma binding that varies; parameter ``reference`` is the unbound fraction of the constants [1].

    With ``bmax`` and ``kd`` [mg/L], one class of sites: C = Cu + Bmax·Cu/(Kd + Cu). Without, a constant ratio of bound
    to unbound. ``displacers`` compete for the sites: Kd·(1 + Σ I/Ki), or bound:unbound/(1 + Σ I/Ki).
    """

    reference: int
    bmax: int | None = None
    kd: int | None = None
    displacers: tuple[Ratio, ...] = ()


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
    gut_inhibitors
        What inhibits that enzyme there.
    portal, gut_flow
        Parameters Rb·Qh and Qgut [L/h] of a compound that acts at the liver inlet or in the gut.
    binding
        None for a constant unbound fraction.
    """

    volume: int
    peripherals: tuple[Peripheral, ...] = ()
    flow: int | None = None
    gut_enzyme: int | None = None
    gut_ratio: int | None = None
    gut_inhibitors: tuple[Ratio, ...] = ()
    portal: int | None = None
    gut_flow: int | None = None
    binding: Binding | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Depot:
    """An absorption depot of a compound: first order with parameter ``ka`` [1/h]; without, what flows in is absorbed.

    ``fed`` says that drug may flow in at a constant rate (zero-order input), not only at once.
    """

    compound: int
    ka: int | None
    fed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """Drug released over time after each dose into an absorption compartment, a state with parameter ``ka`` [1/h].

    Without ``ka`` it is absorbed as it is released. The share released per hour at age t is, by ``kind``::

        transit   k·(k·t)^n·exp(-k·t)/Γ(n + 1)           first k [1/h], second n [1]
        weibull   (b/τ)·(t/τ)^(b - 1)·exp(-(t/τ)^b)      first τ [h], second b [1]
    """

    compound: int
    kind: Literal["transit", "weibull"]
    first: int
    second: int
    ka: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Enzyme:
    """Turnover dE/dt = kdeg·(activity·S - E) - inactivation·E, E(0) = activity; ``kdeg`` [1/h], ``activity`` [1]."""

    kdeg: int
    activity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Induction:
    """A compound raises an enzyme's synthesis.

    With ``group``, ``emax`` [1], ``ec50`` [mg/L] and, unless 1, ``hill`` [1]: inducers of one group compete. With
    ``slope`` [L/mg] alone: S rises by slope·C without a limit, added to all else.
    """

    enzyme: int
    actor: Actor
    group: int = 0
    emax: int | None = None
    ec50: int | None = None
    hill: int | None = None
    slope: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Inactivation:
    """Mechanism-based inactivation: an enzyme is lost at kinact·I/(KI + I); ``kinact`` [1/h], ``ki`` [mg/L]."""

    enzyme: int
    actor: Actor
    kinact: int
    ki: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pathway:
    """A route of elimination of a compound.

    Attributes
    ----------
    clearance
        Parameter [L/h]: fu·CLint if ``hepatic`` and the compound's liver is well stirred, else plasma clearance; both
        without inhibitor, at low concentration.
    enzyme
        Enzyme whose level multiplies it; None if constant.
    hepatic
        Whether it lies behind the well-stirred liver.
    saturation
        The compound's own concentration over Km; None if linear.
    inhibitors
        What slows it down; competitive with the compound, or not.
    """

    compound: int
    clearance: int
    enzyme: int | None = None
    hepatic: bool = False
    saturation: Ratio | None = None
    inhibitors: tuple[Ratio, ...] = ()
    competitive: bool = True


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
        Typical amount of each compound [mg]: errors are relative to the amount, or to a ten-thousandth of this.
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
    step_all: bool = False

    @cached_property
    def ratios(self) -> tuple[Ratio, ...]:
        """Every ratio of a concentration to a constant."""
        bindings = [row.binding for row in self.compounds if row.binding is not None]
        return (
            *(ratio for row in self.pathways for ratio in _own(row)),
            *(ratio for row in self.compounds for ratio in row.gut_inhibitors),
            *(ratio for binding in bindings for ratio in binding.displacers),
        )

    @cached_property
    def actors(self) -> tuple[Actor, ...]:
        """Every concentration that acts on something."""
        acting = [row.actor for row in self.inductions] + [row.actor for row in self.inactivations]
        return tuple(dict.fromkeys([*acting, *(ratio.actor for ratio in self.ratios)]))

    @cached_property
    def stepped(self) -> tuple[int, ...]:
        """Compounds that the Runge-Kutta pair steps; the others depend on no state and act on nothing."""
        if self.step_all:
            return tuple(range(len(self.compounds)))
        coupled = {actor.compound for actor in self.actors}
        coupled |= {row.compound for row in self.pathways if row.enzyme is not None or row.inhibitors}
        coupled |= {self.pathways[row.pathway].compound for row in self.formations}
        coupled |= {row.compound for row in self.gut_formations} | {row.compound for row in self.releases}
        coupled |= {row.target for row in self.formations} | {row.target for row in self.gut_formations}
        moving = [i for i, row in enumerate(self.compounds) if _moves(row)]
        return tuple(sorted(coupled.union(moving)))

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
    def reservoirs(self) -> dict[int, int]:
        """State of the absorption compartment of each release that has one; they follow the compounds."""
        first = sum(1 + len(self.compounds[i].peripherals) for i in self.stepped)
        filled = [j for j, row in enumerate(self.releases) if row.ka is not None]
        return {j: first + n for n, j in enumerate(filled)}

    @cached_property
    def first_enzyme(self) -> int:
        """State of the first enzyme level; the enzymes are the last states, in order."""
        return sum(1 + len(self.compounds[i].peripherals) for i in self.stepped) + len(self.reservoirs)

    @property
    def n_states(self) -> int:
        """Number of stepped states."""
        return self.first_enzyme + len(self.enzymes)

    @cached_property
    def stepped_depots(self) -> tuple[int, ...]:
        """Depots of stepped compounds, in order: the ``d`` of the generated code."""
        return tuple(j for j, row in enumerate(self.depots) if row.compound in self.central)

    @cached_property
    def binding_order(self) -> tuple[int, ...]:
        """Compounds whose binding varies, each after those that displace it.

        Raises
        ------
        ValueError
            When compounds displace each other in a circle.
        """
        waiting = {i: row.binding for i, row in enumerate(self.compounds) if row.binding is not None}
        order: list[int] = []
        while waiting:
            ready = [
                i for i, row in waiting.items() if not {r.actor.compound for r in row.displacers} & (set(waiting) - {i})
            ]
            if not ready:
                raise ValueError("compounds displace each other in a circle")
            order.append(ready[0])
            del waiting[ready[0]]
        return tuple(order)

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
        "depot" adds ``amount`` [mg] to a depot, "release" starts the release of as much, "bolus" adds it to a
        compound's central amount; "depot-rate" and "rate" change the inflow into a depot or the infusion into a
        compound by ``amount`` [mg/h].
    target
        Depot, release or compound.
    """

    time: float
    kind: Input
    target: int
    amount: float

    def compound(self, system: System) -> int:
        """The compound that it concerns."""
        if self.kind in ("depot", "depot-rate"):
            return system.depots[self.target].compound
        return system.releases[self.target].compound if self.kind == "release" else self.target


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """From ``time`` [h] on the parameters are these."""

    time: float
    parameters: tuple[float, ...]


def checked(system: System) -> System:
    """Return ``system``, having checked that every row points at something.

    Raises
    ------
    IndexError
        When an index is out of range: a defect of whoever built the system.
    """
    compounds = [row.compound for row in system.depots] + [row.compound for row in system.releases]
    compounds += [row.compound for row in system.pathways] + [actor.compound for actor in system.actors]
    compounds += [row.target for row in system.formations] + [row.target for row in system.gut_formations]
    enzymes = [row.enzyme for row in system.inductions] + [row.enzyme for row in system.inactivations]
    enzymes += [row.enzyme for row in system.pathways if row.enzyme is not None]
    _within(compounds, len(system.compounds))
    _within(enzymes, len(system.enzymes))
    _within([row.pathway for row in system.formations], len(system.pathways))
    _within([len(system.scale) - 1], len(system.compounds))
    return system


def _own(row: Pathway) -> Iterable[Ratio]:
    return row.inhibitors if row.saturation is None else (*row.inhibitors, row.saturation)


def _moves(row: Compound) -> bool:
    return row.gut_enzyme is not None or bool(row.gut_inhibitors) or row.binding is not None


def _within(indices: Sequence[int], size: int) -> None:
    for index in indices:
        if not 0 <= index < size:
            raise IndexError(f"row {index} of {size}")
