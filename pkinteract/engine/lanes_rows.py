"""Where everything that sixteen subjects need stands in one array, and what of a System they need at all.

Everything that a step reads and writes lies in one array ``a``, row by row with one column per subject, at places that
stand in the generated text: with distances that are known, the compiler sees that nothing overlaps and does one
statement for four or eight subjects in one instruction. (Given two arrays, or places that are arguments, it gave up,
and a step took three times as long.)

Enzymes that have the same turnover and the same inducers follow each other: E = A·(1 + Σ Emax·z), where z, one for each
inducer, follows its share of the receptor at the rate of turnover. Where that makes fewer states, z is what is stepped.

What falls fast is known beforehand: a depot gives off what falls as exp(-ka·t), and a compound without a peripheral
compartment falls by itself as exp(-k·t), if its clearance does not change. With these modes, w of each falling at its
rate λ, an amount is x = z + Σ c·w. The answers c are those of a linear system that has the subject's rates at that
time; z, what is left, is small and smooth, and it alone is stepped. Any c and λ give the same x; the better they are,
the longer are the steps, up to the whole time between two doses.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from pkinteract.engine.curves import Array
from pkinteract.engine.mechanisms import parameters_used
from pkinteract.engine.system import Induction, System

LANES = 16
"""Subjects that are stepped together: eight do not fill the processor's registers, 32 need twice the room."""

_DIVISOR = re.compile(r"/ p(\d+)\b")
_INFUSION = re.compile(r"\bu\[(\d+)\]")

KEPT = ("integral", "max", "time of max", "min", "hours above")
"""What is measured of an analyte in every window."""

MARKS = (0.0, 0.1, 0.3, 0.6, 1.0)
"""Where in a step the slope of an analyte is looked at, to see whether it turns."""

DECAYS = 6
"""At how many times of a step it is known what is left of a mode: the later nodes of the pair, and a tenth."""

SEEN = ("start", "end", *(f"slope at {mark}" for mark in MARKS))
"""What is kept of an analyte in a step, for what stands apart."""

TURN = (
    *(f"power {n}" for n in range(5)), *SEEN, "alert", "max", "time of max", "min", "left", "right", "slope at left",
    "slope at right", "theta", "height", "odd",
)  # fmt: skip
"""What is worked with where an analyte turns, before amplitudes and rates of what falls."""

Analytes = tuple[tuple[int, ...], ...]
"""The compounds that each analyte adds up."""


@dataclass(frozen=True)
class Driver:
    """An inducer of enzymes with the turnover of parameter ``kdeg``: a row of the system, and those that compete."""

    kdeg: int
    row: Induction
    rivals: tuple[Induction, ...]


@dataclass(frozen=True, kw_only=True)
class Mode:
    """What falls at one rate: what the depot in ``slot`` gives off of a compound, or, without one, itself."""

    compound: int
    slot: int | None = None


@dataclass(frozen=True)
class Rows:
    """Where everything stands in ``a``: first row of each kind."""

    system: System
    analytes: Analytes

    @cached_property
    def following(self) -> dict[int, tuple[tuple[int, int], ...]]:
        """Enzymes that drivers move: (place of the driver, parameter of its strength) of each."""
        alike: dict[object, list[int]] = {}
        for e, enzyme in enumerate(self.system.enzymes):
            if all(row.enzyme != e for row in self.system.inactivations):
                alike.setdefault((enzyme.kdeg, tuple(_kind(row) for row in self._inducers(e))), []).append(e)
        found: dict[int, tuple[tuple[int, int], ...]] = {}
        first = 0
        for members in alike.values():
            count = len(self._inducers(members[0]))
            if 0 < count < len(members):
                for e in members:
                    strengths = [row.slope if row.emax is None else row.emax for row in self._inducers(e)]
                    found[e] = tuple((first + n, strength or 0) for n, strength in enumerate(strengths))
                first += count
        return found

    @cached_property
    def drivers(self) -> tuple[Driver, ...]:
        """What moves the following enzymes, in order."""
        found: dict[int, Driver] = {}
        for e, strengths in self.following.items():
            rows = self._inducers(e)
            for (place, _), row in zip(strengths, rows, strict=True):
                rivals = tuple(other for other in rows if other.ec50 is not None and other.group == row.group)
                found.setdefault(place, Driver(kdeg=self.system.enzymes[e].kdeg, row=row, rivals=rivals))
        return tuple(found[place] for place in sorted(found))

    @cached_property
    def stepped(self) -> tuple[int, ...]:
        """States by their numbers in the text: the system's without those of following enzymes, then the drivers."""
        n, first = self.system.layout.n_states, self.system.layout.first_enzyme
        own = [i for i in range(n) if i - first not in self.following]
        return (*own, *range(n, n + len(self.drivers)))

    def _inducers(self, enzyme: int) -> list[Induction]:
        return [row for row in self.system.inductions if row.enzyme == enzyme]

    @cached_property
    def read(self) -> tuple[int, ...]:
        """States whose curves are read."""
        return tuple(sorted({self.system.layout.central[i] for parts in self.analytes for i in parts}))

    @cached_property
    def used(self) -> tuple[int, ...]:
        """Parameters that the text reads, in order."""
        return tuple(sorted(parameters_used(self.system.layout)))

    @cached_property
    def decaying(self) -> tuple[tuple[int, int], ...]:
        """Depots that empty by themselves: slot, and place of its rate of absorption among the used parameters."""
        kas = ((slot, self.system.depots[j].ka) for slot, j in enumerate(self.system.layout.stepped_depots))
        return tuple((slot, self.used.index(ka)) for slot, ka in kas if ka is not None)

    @cached_property
    def order(self) -> tuple[int, ...]:
        """Stepped compounds, each after what it is formed of (but where they form each other)."""
        left, found = list(self.system.stepped), []
        while left:
            free = [i for i in left if not self.parents[i] & {*left} - {i}]
            found.append(free[0] if free else left[0])
            left.remove(found[-1])
        return tuple(found)

    @cached_property
    def parents(self) -> dict[int, set[int]]:
        """What each stepped compound is formed of."""
        found: dict[int, set[int]] = {i: set() for i in self.system.stepped}
        for row in self.system.formations:
            found[row.target].add(self.system.pathways[row.pathway].compound)
        for wall in self.system.gut_formations:
            found[wall.target].add(wall.compound)
        return found

    def states_of(self, compound: int) -> range:
        """Central and peripheral amounts of a stepped compound."""
        first = self.system.layout.central[compound]
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
        """State and mode of every c, in an order in which each compound's own mode comes after all that it follows."""
        found = []
        reached = [{mode.compound} for mode in self.modes]
        for i in self.order:
            for m, mode in enumerate(self.modes):
                if i == mode.compound or self.parents[i] & reached[m]:
                    reached[m].add(i)
                    found += [(state, m) for state in self.states_of(i)]
        return tuple(found)

    def owned(self, state: int, m: int) -> bool:
        """Whether a mode is a state's own, with c = 1."""
        return self.modes[m].slot is None and self.system.layout.central[self.modes[m].compound] == state

    @cached_property
    def couplings(self) -> tuple[tuple[int, int], ...]:
        """Which state's slope depends on which other by the flow of mass."""
        inside = [(s, r) for i in self.order for s in self.states_of(i) for r in self.states_of(i)]
        central = self.system.layout.central
        formed = [(central[i], central[j]) for i in self.order for j in sorted(self.parents[i])]
        return (*inside, *(pair for pair in formed if pair not in inside))

    @cached_property
    def given(self) -> tuple[tuple[int, int], ...]:
        """Which state's slope depends on which depot: of the drug, and of what its first pass forms."""
        central = self.system.layout.central
        return tuple(
            (central[i], mode.slot)
            for mode in self.modes
            if mode.slot is not None
            for i in self.order
            if i == mode.compound or mode.compound in self.parents[i]
        )

    def falling(self, c: int) -> list[int]:
        """The modes of an analyte."""
        centrals = {self.system.layout.central[i] for i in self.analytes[c]}
        return sorted({m for s, m in self.answers if s in centrals})

    @cached_property
    def most_falling(self) -> int:
        """Most modes of any analyte."""
        return max((len(self.falling(c)) for c in range(len(self.analytes))), default=0)

    @cached_property
    def first(self) -> dict[str, int]:
        """First row of each kind, in order, and the number of all under "end"."""
        n, depots = len(self.stepped), len(self.system.layout.stepped_depots)
        modes, analytes = len(self.modes), len(self.analytes)
        sizes = {
            "parameter": len(self.used),
            "reciprocal": len(self.used),
            "state": n,
            "slope": n,
            "smallest": n,
            "depot": depots,
            "inflow": depots,
            "decay": DECAYS * modes,
            "rate": modes,
            "inverse": modes,
            "answer": len(self.answers),
            "part": len(self.answers),
            "coupling": len(self.couplings),
            "given": len(self.given),
            "base": n,
            "held": 1,
            "shift": 1,
            "infusion": len(self.system.stepped),
            "release": 7 * len(self.system.releases),
            "new state": n,
            "new slope": n,
            "quartic": len(self.read),
            "new depot": depots,
            "error": 1,
            "exponent": 4 * modes,
            "fade": modes,
            "stride": modes,
            "amplitude": analytes * modes,
            "weight": sum(len(parts) for parts in self.analytes),
            "alert": analytes,
            "power": 5 * analytes,
            "window": len(KEPT) * analytes,
            "seen": len(SEEN) * analytes,
            "news": analytes,
            "turn": len(TURN) + 2 * self.most_falling,
        }
        found, total = {}, 0
        for kind, size in sizes.items():
            found[kind] = total
            total += size
        return {**found, "end": total}

    def at(self, kind: str, n: int = 0) -> str:
        """The number of a subject in a row, as text."""
        return f"a[{LANES * (self.first[kind] + n)} + lane]"


def loop(body: Sequence[str]) -> list[str]:
    """Statements for every subject, with reciprocals and one infusion rate each; those of ``codegen`` will do."""
    if not body:
        return []
    return [f"    for lane in range({LANES}):", *(f"    {_by_lane(line)}" for line in body)]


def _by_lane(line: str) -> str:
    return _INFUSION.sub(r"u\1", _DIVISOR.sub(r"* i\1", line))


def lean(system: System, parameters: Array) -> System:
    """The same without enzymes that nothing depends on, and with one parameter for what is the same in every subject.

    Turnover rates are alike if the enzymes have the same, EC50 and Hill coefficients if they are those of one compound.

    Parameters
    ----------
    parameters
        (parameter, subject).
    """
    used = {row.enzyme for row in system.pathways} | {row.gut_enzyme for row in system.compounds}
    kept = [e for e in range(len(system.enzymes)) if e in used]
    place = {e: n for n, e in enumerate(kept)}
    known: dict[tuple[object, bytes], int] = {}

    def first(kind: object, index: int | None) -> int | None:
        return None if index is None else known.setdefault((kind, parameters[index].tobytes()), index)

    enzymes = [system.enzymes[e] for e in kept]
    return replace(
        system,
        enzymes=tuple(replace(row, kdeg=first("kdeg", row.kdeg) or row.kdeg) for row in enzymes),
        inductions=tuple(
            replace(
                row,
                enzyme=place[row.enzyme],
                ec50=first(("ec50", row.actor), row.ec50),
                hill=first(("hill", row.actor), row.hill),
            )
            for row in system.inductions
            if row.enzyme in place
        ),
        inactivations=tuple(
            replace(row, enzyme=place[row.enzyme]) for row in system.inactivations if row.enzyme in place
        ),
        pathways=tuple(
            row if row.enzyme is None else replace(row, enzyme=place[row.enzyme]) for row in system.pathways
        ),
        compounds=tuple(
            row if row.gut_enzyme is None else replace(row, gut_enzyme=place[row.gut_enzyme])
            for row in system.compounds
        ),
    )


def _kind(row: Induction) -> object:
    """What two inductions share where only their strength and their enzyme differ."""
    return replace(row, enzyme=0, emax=None if row.emax is None else 0, slope=None if row.slope is None else 0)
