"""From a structure to the table of whole numbers that the compiled code walks, and to the rows that it works on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from pkinteract.engine.lanes import header
from pkinteract.engine.lanes.structure import Structure
from pkinteract.engine.system import Actor, Induction, Ratio

LEFT_AT = 6
"""At how many times of a step it is known what is left of a mode: the later nodes of the pair, and a tenth."""

SHIFTS = 8
"""What a mode adds, over its part: at six stages, to the embedded error and to the highest term of the curve."""

KEPT = ("integral", "max", "time of max", "min", "hours above")
"""What is measured of an analyte in every window."""

WINDOW_ROWS = len(KEPT) + 1
"""Rows of a window: what is kept, and the level at the time of the maximum."""

MARKS = (0.0, 0.1, 0.3, 0.6, 1.0)
"""Where in a step the slope of an analyte is looked at, to see whether it turns."""

END_ROWS = 2 + len(MARKS)
"""Rows of an analyte in a step: level at both ends, slope at the marks."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Table:
    """A structure as numbers.

    Attributes
    ----------
    numbers
        The header and all lists, see ``header``.
    rows
        How many rows a group needs.
    """

    structure: Structure
    numbers: npt.NDArray[np.int64]
    rows: int

    def first(self, name: str) -> int:
        """A number of the header."""
        return int(self.numbers[header.NAMES.index(name)])


@lru_cache(maxsize=64)
def table(structure: Structure) -> Table:
    """The table of a structure."""
    space = _Space(structure)
    lists = space.lists()
    place = len(header.NAMES)
    numbers: list[int] = []
    where: dict[str, int] = {}
    for name, numbers_of in lists.items():
        where[name] = place + len(numbers)
        numbers += numbers_of
    head = [{**space.counts, **space.first, **where}[name] for name in header.NAMES]
    return Table(structure=structure, numbers=np.array([*head, *numbers], dtype=np.int64), rows=space.rows)


class _Space:
    """Rows given out one block after the other, and the lists that name them."""

    def __init__(self, structure: Structure) -> None:
        self.structure, self.system = structure, structure.system
        system, n = structure.system, structure.size
        depots, modes, analytes = len(system.stepped_depots), len(structure.modes), structure.curves
        falling = sum(len(structure.falling(c)) for c in range(analytes))
        self.counts = {
            "STATES": n,
            "DEPOTS": depots,
            "FEEDS": len(system.stepped),
            "RELEASES": len(system.releases),
            "MODES": modes,
            "ANALYTES": analytes,
            "PARAMETERS": len(structure.used),
        }
        sizes = {
            "PARAMETER": len(structure.used),
            "RECIPROCAL": len(structure.used),
            "STATE": n,
            "SMALLEST": n,
            "DEPOT": depots,
            "INFLOW": depots,
            "INFUSION": len(system.stepped),
            "WEIGHT": sum(len(parts) for parts in structure.analytes),
            "ALERT": analytes,
            "POINT": n,
            "SLOPE": 7 * n,
            "ABSORBED": depots,
            "RELEASED": 7 * len(system.releases),
            "RELEASING": len(system.releases),
            "NEW_DEPOT": depots,
            "TRIED": n,
            "QUARTIC": n,
            "ERROR": 1,
            "RATE": modes,
            "INVERSE": modes,
            "ANSWER": len(structure.answers),
            "COUPLING": len(structure.couplings),
            "GIVEN": len(structure.given),
            "AMPLITUDE": modes,
            "PART": len(structure.answers),
            "LEFT": LEFT_AT * modes,
            "SHIFT": SHIFTS * modes,
            "FADE": modes,
            "STRIDE": modes,
            "SPARE": 40,
            "POWER": 5 * analytes,
            "FALLEN": falling,
            "WINDOW": WINDOW_ROWS * analytes,
            "END": END_ROWS * analytes,
            "NEWS": analytes,
            "TURN": 8,
        }
        self.rows = 2
        self.first: dict[str, int] = {}
        for name, size in sizes.items():
            self.first[name] = self._block(size)
        self._quantities()

    def _block(self, size: int) -> int:
        first, self.rows = self.rows, self.rows + size
        return first

    def _quantities(self) -> None:
        """Rows of concentrations, flows and clearances; what a structure lacks is the row of ones or zeros."""
        system, one, zero = self.system, header.ONE, header.ZERO
        stepped = system.stepped
        self.total = {i: self._block(1) for i in stepped}
        self.free = {i: one if system.compounds[i].binding is None else self._block(1) for i in stepped}
        self.effective = {i: self.total[i] if self.free[i] == one else self._block(1) for i in stepped}
        self.absorbed = {i: self._block(1) if self.sources(i) else zero for i in stepped}
        walled = {i: system.compounds[i].gut_ratio is not None for i in stepped}
        self.wall = {i: self._block(1) if walled[i] else one for i in stepped}
        passing = {i: walled[i] and self.absorbed[i] != zero for i in stepped}
        self.passed = {i: self._block(1) if passing[i] else self.absorbed[i] for i in stepped}
        self.removed = {i: self._block(1) if passing[i] else zero for i in stepped}
        sites = {(actor.compound, actor.site) for actor in system.actors}
        self.gut = {i: self._block(1) for i in stepped if (i, "gut") in sites}
        self.inlet = {i: self._block(1) for i in stepped if (i, "inlet") in sites}
        self.inlet_effective = {i: self._block(1) for i in self.inlet}
        mixed = {i: system.compounds[i].flow is not None for i in stepped}
        self.liver = {i: self._block(1) if mixed[i] else one for i in stepped}
        self.share = {i: self._block(1) for i in stepped if mixed[i]}
        self.mixed = {i: self._block(1) for i in stepped if mixed[i]}
        self.inner = [self._block(1) for _ in system.pathways]
        self.loss = [self._block(1) for _ in system.pathways]
        first, following = system.first_enzyme, self.structure.following
        self.level = [
            self._block(1) if e in following else self.first["POINT"] + self.structure.place(first + e)
            for e in range(len(system.enzymes))
        ]

    def parameter(self, index: int | None) -> int:
        """Row of a parameter."""
        if index is None:
            raise ValueError("a row lacks a parameter")
        return self.first["PARAMETER"] + self.structure.used.index(index)

    def reciprocal(self, index: int | None) -> int:
        """Row of one over a parameter."""
        return self.parameter(index) - self.first["PARAMETER"] + self.first["RECIPROCAL"]

    def point(self, state: int) -> int:
        """Row of a state of the system where slopes are asked for."""
        return self.first["POINT"] + self.structure.place(state)

    def sources(self, i: int) -> list[tuple[int, int]]:
        """Rates and factors whose products are the absorption of a compound."""
        system = self.system
        sources = [
            (self.first["ABSORBED"] + slot, header.ONE)
            for slot, j in enumerate(system.stepped_depots)
            if system.depots[j].compound == i
        ]
        for j, release in enumerate(system.releases):
            if release.compound == i and release.ka is None:
                sources.append((self.first["RELEASING"] + j, header.ONE))
            elif release.compound == i:
                sources.append((self.point(system.reservoirs[j]), self.parameter(release.ka)))
        return sources

    def acting(self, actor: Actor) -> int:
        """Row of the concentration by which a compound acts."""
        i = actor.compound
        if actor.site == "gut":
            return self.gut[i]
        if actor.site == "inlet":
            return self.inlet[i] if actor.total else self.inlet_effective[i]
        return self.total[i] if actor.total else self.effective[i]

    def ratios(self, ratios: Sequence[Ratio]) -> list[int]:
        """A count, then the pairs of ``equations.ratios``."""
        pairs = [(self.acting(ratio.actor), self.reciprocal(ratio.constant)) for ratio in ratios]
        return [len(pairs), *(row for pair in pairs for row in pair)]

    def relative(self, induction: Induction) -> list[int]:
        """What ``equations.relative`` reads."""
        constant = header.ONE if induction.ec50 is None else self.reciprocal(induction.ec50)
        hill = -1 if induction.hill is None else self.parameter(induction.hill)
        return [self.acting(induction.actor), constant, hill]

    def lists(self) -> dict[str, list[int]]:
        """The lists of the right-hand side, of what falls and of what is read, by their names in the header."""
        system = self.system
        mixed = [i for i in system.stepped if system.compounds[i].flow is not None]
        past = [i for i in system.stepped if self.removed[i] != header.ZERO]
        rows = {
            "FOLLOWING": [self._following(e) for e in self.structure.following],
            "CONCENTRATIONS": [
                [self.total[i], self.point(system.central[i]), self.reciprocal(system.compounds[i].volume)]
                for i in system.stepped
            ],
            "BINDING": [self._binding(i) for i in system.binding_order],
            "EFFECTIVE": [[self.effective[i], self.total[i], self.free[i]] for i in system.binding_order],
            "UPTAKE": [
                [self.absorbed[i], len(self.sources(i)), *(row for pair in self.sources(i) for row in pair)]
                for i in system.stepped
                if self.sources(i)
            ],
            "GUT_LEVELS": [
                [self.gut[i], self.absorbed[i], self.reciprocal(system.compounds[i].gut_flow)] for i in self.gut
            ],
            "GUT_WALL": [self._wall(i) for i in system.stepped if self.wall[i] != header.ONE],
            "PAST_GUT": [[self.passed[i], self.removed[i], self.wall[i], self.absorbed[i]] for i in past],
            "INLET": [self._inlet(i) for i in self.inlet],
            "INTRINSIC": [self._intrinsic(j) for j in range(len(system.pathways))],
            "LIVER": [self._liver(i) for i in mixed],
            "MIXED": [
                [
                    self.mixed[i],
                    self.share[i],
                    self.parameter(system.compounds[i].flow),
                    self.total[i],
                    self.passed[i],
                ]
                for i in mixed
            ],
            "LOSS": [self._loss(j) for j in range(len(system.pathways))],
            "BALANCE": [self._balance(i) for i in system.stepped],
            "FORMATION": self._formations(),
            "RESERVOIRS": [
                [
                    self.structure.place(state),
                    self.first["RELEASING"] + j,
                    self.parameter(system.releases[j].ka),
                    self.point(state),
                ]
                for j, state in system.reservoirs.items()
            ],
            "TURNOVER": [self._turnover(e) for e in range(len(system.enzymes)) if e not in self.structure.following],
            "DRIVERS": [self._driver(n) for n in range(len(self.structure.drivers))],
            "DECAYING": [self._decaying(m) for m, mode in enumerate(self.structure.modes) if mode.slot is not None],
            "COLUMNS": [self._column(members) for members in self.structure.columns],
            "SOLVING": [self._solving(m) for m in range(len(self.structure.modes))],
            "PARTS": [self._part(n) for n in range(len(self.structure.answers))],
            "READING": [[place] for place in self.structure.read],
            "CURVES": [self._curve(c) for c in range(self.structure.curves)],
        }
        return {name: [len(members), *(n for one in members for n in one)] for name, members in rows.items()}

    def _following(self, e: int) -> list[int]:
        strengths = self.structure.following[e]
        first = self.first["POINT"] + len(self.structure.states)
        pairs = [row for place, strength in strengths for row in (self.parameter(strength), first + place)]
        return [self.level[e], self.parameter(self.system.enzymes[e].activity), len(strengths), *pairs]

    def _binding(self, i: int) -> list[int]:
        binding = self.system.compounds[i].binding
        if binding is None:
            raise ValueError(f"compound {i} has constant binding")
        sites = binding.bmax is not None and binding.kd is not None
        numbers = [self.parameter(binding.bmax), self.parameter(binding.kd)] if sites else [header.ZERO, header.ZERO]
        reference = [self.parameter(binding.reference), self.reciprocal(binding.reference)]
        concentrations = [self.effective[i], self.total[i]]
        return [int(sites), self.free[i], *concentrations, *reference, *numbers, *self.ratios(binding.displacers)]

    def _wall(self, i: int) -> list[int]:
        compound = self.system.compounds[i]
        level = header.ONE if compound.gut_enzyme is None else self.level[compound.gut_enzyme]
        return [self.wall[i], self.parameter(compound.gut_ratio), level, *self.ratios(compound.gut_inhibitors)]

    def _inlet(self, i: int) -> list[int]:
        flow = self.reciprocal(self.system.compounds[i].portal) if self.passed[i] != header.ZERO else header.ZERO
        return [self.inlet[i], self.inlet_effective[i], self.total[i], self.passed[i], flow, self.free[i]]

    def _intrinsic(self, j: int) -> list[int]:
        pathway = self.system.pathways[j]
        level = header.ONE if pathway.enzyme is None else self.level[pathway.enzyme]
        own, inhibited = pathway.saturation, bool(pathway.inhibitors)
        kind = 0 if own is None and not inhibited else 1 if pathway.competitive or not (own and inhibited) else 2
        saturation = (header.ZERO, header.ZERO)
        if own is not None:
            saturation = (self.acting(own.actor), self.reciprocal(own.constant))
        clearance = self.parameter(pathway.clearance)
        return [self.inner[j], clearance, level, kind, *saturation, *self.ratios(pathway.inhibitors)]

    def _liver(self, i: int) -> list[int]:
        behind = [self.inner[j] for j in self.system.pathways_of(i, hepatic=True)]
        flow = self.parameter(self.system.compounds[i].flow)
        return [self.liver[i], self.share[i], flow, self.free[i], len(behind), *behind]

    def _loss(self, j: int) -> list[int]:
        pathway = self.system.pathways[j]
        i = pathway.compound
        behind = pathway.hepatic and self.system.compounds[i].flow is not None
        return [self.loss[j], self.inner[j], self.mixed[i] if behind else self.effective[i]]

    def _balance(self, i: int) -> list[int]:
        central = self.system.central[i]
        losses = [self.loss[j] for j in self.system.pathways_of(i)]
        feed = self.first["INFUSION"] + self.system.stepped.index(i)
        numbers = [self.structure.place(central), feed, self.passed[i], len(losses), *losses]
        peripherals = self.system.compounds[i].peripherals
        numbers.append(len(peripherals))
        for n, side in enumerate(peripherals, start=1):
            numbers += [self.structure.place(central + n), self.parameter(side.out), self.parameter(side.back)]
            numbers += [self.point(central), self.point(central + n), self.free[i]]
        return numbers

    def _formations(self) -> list[list[int]]:
        system, one = self.system, header.ONE
        formed = [(made.target, made.ratio, self.loss[made.pathway], one) for made in system.formations]
        formed += [
            (wall.target, wall.ratio, self.removed[wall.compound], self.wall[wall.target])
            for wall in system.gut_formations
            if self.removed[wall.compound] != header.ZERO
        ]
        return [
            [self.structure.central(target), self.parameter(ratio), lost, self.liver[target], wall]
            for target, ratio, lost, wall in formed
        ]

    def _turnover(self, e: int) -> list[int]:
        system, enzyme = self.system, self.system.enzymes[e]
        inducers = self.structure.inducers(e)
        saturating = [one for one in inducers if one.slope is None]
        groups = [[one for one in saturating if one.group == g] for g in sorted({one.group for one in saturating})]
        numbers = [self.structure.place(system.first_enzyme + e), self.parameter(enzyme.kdeg)]
        numbers += [self.parameter(enzyme.activity), self.level[e], len(groups)]
        for group in groups:
            numbers.append(len(group))
            for one in group:
                numbers += [self.parameter(one.emax), *self.relative(one)]
        straight = [one for one in inducers if one.slope is not None]
        numbers.append(len(straight))
        for one in straight:
            numbers += [self.acting(one.actor), self.parameter(one.slope)]
        inactivators = [one for one in system.inactivations if one.enzyme == e]
        numbers.append(len(inactivators))
        for gone in inactivators:
            numbers += [self.parameter(gone.kinact), self.acting(gone.actor), self.parameter(gone.ki)]
        return numbers

    def _driver(self, n: int) -> list[int]:
        driver, place = self.structure.drivers[n], len(self.structure.states) + n
        numbers = [place, self.parameter(driver.kdeg), self.first["POINT"] + place, *self.relative(driver.induction)]
        rivals = driver.rivals if driver.induction.ec50 is not None else ()
        return [*numbers, len(rivals), *(row for rival in rivals for row in self.relative(rival))]

    def _decaying(self, m: int) -> list[int]:
        """(absorbed, inflow, ka, depot, new depot, 1/ka, mode) of a depot that empties by itself."""
        slot = self.structure.modes[m].slot or 0
        ka = dict(self.structure.decaying)[slot]
        places = [self.first[name] + slot for name in ("ABSORBED", "INFLOW", "DEPOT", "NEW_DEPOT")]
        return [*places[:2], self.parameter(ka), *places[2:], self.reciprocal(ka), m]

    def _column(self, members: Sequence[tuple[str, int]]) -> list[int]:
        """(count, row set to one..., count, (where to, place of the slope)...)."""
        sources = [self.first["POINT" if kind == "amount" else "ABSORBED"] + n for kind, n in members]
        entries: list[int] = []
        for kind, n in members:
            pairs, name = (
                (self.structure.couplings, "COUPLING") if kind == "amount" else (self.structure.given, "GIVEN")
            )
            for k, (place, by) in enumerate(pairs):
                if by == n:
                    entries += [self.first[name] + k, place]
        return [len(sources), *sources, len(entries) // 2, *entries]

    def _solving(self, m: int) -> list[int]:
        """Of a mode: (rate, inverse, source of the rate, sign, own answer or -1, blocks, (size, states...)...).

        A state is (answer, gains, (coupling, answer)..., given or -1, coupling to each of its block...).
        """
        structure, mode = self.structure, self.structure.modes[m]
        coupling = {pair: self.first["COUPLING"] + n for n, pair in enumerate(structure.couplings)}
        given = {pair: self.first["GIVEN"] + n for n, pair in enumerate(structure.given)}
        answer = {s: self.first["ANSWER"] + n for n, (s, other) in enumerate(structure.answers) if other == m}
        central = structure.central(mode.compound)
        own = mode.slot is None
        source = coupling[central, central] if own else self.parameter(dict(structure.decaying)[mode.slot or 0])
        numbers = [self.first["RATE"] + m, self.first["INVERSE"] + m, source, int(own), answer[central] if own else -1]
        blocks = []
        for i in structure.order:
            block = [s for s in structure.compartments(i) if s in answer and not (own and s == central)]
            if not block:
                continue
            part = [len(block)]
            for s in block:
                gains = [(coupling[s, r], c) for r, c in answer.items() if r not in block and (s, r) in coupling]
                part += [answer[s], len(gains), *(row for pair in gains for row in pair)]
                part.append(given.get((s, mode.slot), -1) if mode.slot is not None else -1)
                part += [coupling[s, r] for r in block]
            blocks.append(part)
        return [*numbers, len(blocks), *(n for part in blocks for n in part)]

    def _part(self, n: int) -> list[int]:
        """(place, part, answer, mode, own, others, (part)...): a mode in a state, and what its own leaves it."""
        place, m = self.structure.answers[n]
        own = self.structure.owned(place, m)
        parts = [self.first["PART"] + k for k, (s, other) in enumerate(self.structure.answers) if s == place]
        others = [part for part in parts if part != self.first["PART"] + n] if own else []
        return [place, self.first["PART"] + n, self.first["ANSWER"] + n, m, int(own), len(others), *others]

    def _curve(self, c: int) -> list[int]:
        """(compounds, (weight, place)..., modes, (mode, fallen, parts, (weight, part)...)...)."""
        structure, own = self.structure, c - len(self.structure.analytes)
        if own < 0:
            weight = self.first["WEIGHT"] + sum(len(before) for before in structure.analytes[:c])
            places = {structure.central(i): weight + n for n, i in enumerate(structure.analytes[c])}
        else:
            places = {structure.place(structure.levels[own]): header.ONE}
        numbers = [len(places), *(n for place, row in places.items() for n in (row, place))]
        falling = structure.falling(c)
        fallen = self.first["FALLEN"] + sum(len(structure.falling(before)) for before in range(c))
        numbers.append(len(falling))
        for k, m in enumerate(falling):
            shares = [
                (places[s], self.first["PART"] + n)
                for n, (s, other) in enumerate(structure.answers)
                if other == m and s in places
            ]
            numbers += [m, fallen + k, len(shares), *(row for pair in shares for row in pair)]
        return numbers
