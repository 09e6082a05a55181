"""What of a System sixteen subjects need: fewer parameters and states, and what falls at a rate of its own.

Enzymes that have the same turnover and the same inducers follow each other: E = A·(1 + Σ Emax·z), where z, one for each
inducer, follows its share of the receptor at the rate of turnover. Where that makes fewer states, z is what is stepped.

What falls fast is known beforehand: a depot gives off what falls as exp(-ka·t), and a compound without a peripheral
compartment falls by itself as exp(-k·t), if its clearance does not change. With these modes, w of each falling at its
rate λ, an amount is x = z + Σ c·w. The answers c are those of a linear system that has the subject's rates at that
time; z, what is left, is small and smooth, and it alone is stepped. Any c and λ give the same x; the better they are,
the longer are the steps, up to the whole time between two doses.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from pkinteract.engine.curves import Array
from pkinteract.engine.mechanisms import parameters_used
from pkinteract.engine.mechanisms.enzymes.induction import Induction
from pkinteract.engine.system import System

Analytes = tuple[tuple[int, ...], ...]
"""The places of the states that each analyte adds up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """An inducer of enzymes with the turnover of parameter ``kdeg``: a row of the system, and those that compete."""

    kdeg: int
    induction: Induction
    rivals: tuple[Induction, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mode:
    """What falls at one rate: what the depot in ``slot`` gives off of a compound, or, without one, itself."""

    compound: int
    slot: int | None = None


@dataclass(frozen=True, kw_only=True)
class Structure:
    """A System without its numbers, and what is read of it.

    Attributes
    ----------
    whole
        Whether every state is stepped as it is: because states are read, or it is asked where the run ends.
    """

    system: System
    analytes: Analytes
    whole: bool = False

    @cached_property
    def following(self) -> dict[int, tuple[tuple[int, int], ...]]:
        """Enzymes that drivers move: (place of the driver, parameter of its strength) of each."""
        if self.whole:
            return {}
        alike: dict[object, list[int]] = {}
        for e, enzyme in enumerate(self.system.enzymes):
            if all(inactivation.enzyme != e for inactivation in self.system.inactivations):
                kinds = tuple(_kind(induction) for induction in self.inducers(e))
                alike.setdefault((enzyme.kdeg, kinds), []).append(e)
        following: dict[int, tuple[tuple[int, int], ...]] = {}
        first = 0
        for members in alike.values():
            count = len(self.inducers(members[0]))
            if 0 < count < len(members):
                for e in members:
                    strengths = [one.slope if one.emax is None else one.emax for one in self.inducers(e)]
                    following[e] = tuple((first + n, strength or 0) for n, strength in enumerate(strengths))
                first += count
        return following

    @cached_property
    def drivers(self) -> tuple[Driver, ...]:
        """What moves the following enzymes, in order."""
        drivers: dict[int, Driver] = {}
        for e, strengths in self.following.items():
            inducers = self.inducers(e)
            for (place, _), one in zip(strengths, inducers, strict=True):
                rivals = tuple(other for other in inducers if other.ec50 is not None and other.group == one.group)
                drivers.setdefault(place, Driver(kdeg=self.system.enzymes[e].kdeg, induction=one, rivals=rivals))
        return tuple(drivers[place] for place in sorted(drivers))

    @cached_property
    def states(self) -> tuple[int, ...]:
        """The system's states that are stepped, without those of following enzymes; the drivers come behind them."""
        first = self.system.layout.first_enzyme
        return tuple(i for i in range(self.system.layout.n_states) if i - first not in self.following)

    @cached_property
    def size(self) -> int:
        """Number of stepped states, drivers among them."""
        return len(self.states) + len(self.drivers)

    def place(self, state: int) -> int:
        """Place of a state of the system among those that are stepped."""
        return self.states.index(state)

    def central(self, compound: int) -> int:
        """Place of a compound's central amount."""
        return self.place(self.system.layout.central[compound])

    def inducers(self, enzyme: int) -> list[Induction]:
        """The inductions of an enzyme."""
        return [induction for induction in self.system.inductions if induction.enzyme == enzyme]

    @cached_property
    def places_read(self) -> tuple[int, ...]:
        """Places whose curves are read."""
        return tuple(sorted({place for parts in self.analytes for place in parts}))

    @cached_property
    def used(self) -> tuple[int, ...]:
        """Parameters that the equations read, in order."""
        return tuple(sorted(parameters_used(self.system.layout)))

    @cached_property
    def decaying(self) -> tuple[tuple[int, int], ...]:
        """Depots that empty by themselves: slot, and parameter of the rate of absorption."""
        kas = ((slot, self.system.depots[j].ka) for slot, j in enumerate(self.system.layout.stepped_depots))
        return tuple((slot, ka) for slot, ka in kas if ka is not None)

    @cached_property
    def order(self) -> tuple[int, ...]:
        """Stepped compounds, each after what it is formed of (but where they form each other)."""
        left, order = list(self.system.stepped), []
        while left:
            free = [i for i in left if not self.parents[i] & {*left} - {i}]
            order.append(free[0] if free else left[0])
            left.remove(order[-1])
        return tuple(order)

    @cached_property
    def parents(self) -> dict[int, set[int]]:
        """What each stepped compound is formed of."""
        parents: dict[int, set[int]] = {i: set() for i in self.system.stepped}
        for formation in self.system.formations:
            parents[formation.target].add(self.system.pathways[formation.pathway].compound)
        for wall in self.system.gut_formations:
            parents[wall.target].add(wall.compound)
        return parents

    def compartments(self, compound: int) -> range:
        """Places of the central and peripheral amounts of a stepped compound."""
        first = self.central(compound)
        return range(first, first + 1 + len(self.system.compounds[compound].peripherals))

    @cached_property
    def modes(self) -> tuple[Mode, ...]:
        """What falls at a rate of its own: first the depots."""
        depots = [
            Mode(compound=self.system.depots[self.system.layout.stepped_depots[slot]].compound, slot=slot)
            for slot, _ in self.decaying
        ]
        alone = [i for i in self.order if not self.system.compounds[i].peripherals]
        return (*depots, *(Mode(compound=i) for i in alone))

    @cached_property
    def answers(self) -> tuple[tuple[int, int], ...]:
        """Place and mode of every c, in an order in which each compound's own mode comes after all that it follows."""
        answers = []
        reached = [{mode.compound} for mode in self.modes]
        for i in self.order:
            for m, mode in enumerate(self.modes):
                if i == mode.compound or self.parents[i] & reached[m]:
                    reached[m].add(i)
                    answers += [(place, m) for place in self.compartments(i)]
        return tuple(answers)

    def owned(self, place: int, m: int) -> bool:
        """Whether a mode is a state's own, with c = 1."""
        return self.modes[m].slot is None and self.central(self.modes[m].compound) == place

    @cached_property
    def couplings(self) -> tuple[tuple[int, int], ...]:
        """Which place's slope depends on which other by the flow of mass."""
        inside = [(s, r) for i in self.order for s in self.compartments(i) for r in self.compartments(i)]
        formed = [(self.central(i), self.central(j)) for i in self.order for j in sorted(self.parents[i])]
        return (*inside, *(pair for pair in formed if pair not in inside))

    @cached_property
    def depot_couplings(self) -> tuple[tuple[int, int], ...]:
        """Which place's slope depends on which depot: of the drug, and of what its first pass forms."""
        return tuple(
            (self.central(i), mode.slot)
            for mode in self.modes
            if mode.slot is not None
            for i in self.order
            if i == mode.compound or mode.compound in self.parents[i]
        )

    def falling(self, c: int) -> list[int]:
        """The modes of an analyte."""
        return sorted({m for place, m in self.answers if place in self.analytes[c]})


def lean(system: System, parameters: Array) -> System:
    """The same without enzymes that nothing depends on, and with one parameter for what is the same in every subject.

    Where there are rows of further mechanisms all enzymes stay, as these may point at them.
    Turnover rates are alike if the enzymes have the same, EC50 and Hill coefficients if they are those of one compound.

    Parameters
    ----------
    parameters
        (parameter, subject).
    """
    used = {pathway.enzyme for pathway in system.pathways} | {one.gut_enzyme for one in system.compounds}
    used |= {one.enzyme for one in system.effluxes}
    used |= {pathway.back.enzyme for pathway in system.pathways if pathway.back is not None}
    kept = [e for e in range(len(system.enzymes)) if e in used or system.further]
    place = {e: n for n, e in enumerate(kept)}
    known: dict[tuple[object, bytes], int] = {}

    def moved(enzyme: int | None) -> int | None:
        return None if enzyme is None else place[enzyme]

    def first(kind: object, index: int | None) -> int | None:
        return None if index is None else known.setdefault((kind, parameters[index].tobytes()), index)

    enzymes = [system.enzymes[e] for e in kept]
    return replace(
        system,
        enzymes=tuple(replace(one, kdeg=first("kdeg", one.kdeg) or one.kdeg) for one in enzymes),
        inductions=tuple(
            replace(
                one,
                enzyme=place[one.enzyme],
                ec50=first(("ec50", one.actor), one.ec50),
                hill=first(("hill", one.actor), one.hill),
            )
            for one in system.inductions
            if one.enzyme in place
        ),
        inactivations=tuple(
            replace(one, enzyme=place[one.enzyme]) for one in system.inactivations if one.enzyme in place
        ),
        pathways=tuple(
            replace(
                one,
                enzyme=moved(one.enzyme),
                back=None if one.back is None else replace(one.back, enzyme=moved(one.back.enzyme)),
            )
            for one in system.pathways
        ),
        compounds=tuple(replace(one, gut_enzyme=moved(one.gut_enzyme)) for one in system.compounds),
        effluxes=tuple(replace(one, enzyme=moved(one.enzyme)) for one in system.effluxes),
    )


def _kind(induction: Induction) -> object:
    """What two inductions share where only their strength and their enzyme differ."""
    emax, slope = (None if value is None else 0 for value in (induction.emax, induction.slope))
    return replace(induction, enzyme=0, emax=emax, slope=slope)
