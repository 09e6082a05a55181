"""Systems as hypothesis makes them: any mixture of mechanisms, with numbers of the size that drugs have."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

from pkinteract.engine.events import Event
from pkinteract.engine.system import (
    Actor,
    Binding,
    Compound,
    Depot,
    Efflux,
    Enzyme,
    Formation,
    GutFormation,
    Inactivation,
    Induction,
    Pathway,
    Peripheral,
    Ratio,
    Release,
    Return,
    Site,
    System,
    checked,
)

STOP = 36.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A system and its input, sorted by time."""

    system: System
    events: tuple[Event, ...]


class _Maker:
    """Draws rows and collects their parameters."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.numbers: list[float] = []
        self.count = draw(st.integers(1, 4))
        self.n_enzymes = draw(st.integers(0, 2))

    def yes(self) -> bool:
        return self.draw(st.booleans())

    def number(self, low: float, high: float) -> int:
        """A parameter, even on a logarithmic scale."""
        exponent = self.draw(st.floats(0, 1))
        self.numbers.append(low * (high / low) ** exponent)
        return len(self.numbers) - 1

    def other(self, below: int | None = None) -> int:
        return self.draw(st.integers(0, (self.count if below is None else below) - 1))

    def actor(self, *sites: Site) -> Actor:
        return Actor(compound=self.other(), site=self.draw(st.sampled_from(sites)), total=self.yes())

    def ratio(self, *sites: Site) -> Ratio:
        return Ratio(actor=self.actor(*sites), constant=self.number(0.3, 30.0))

    def some(self, *sites: Site, most: int = 2) -> tuple[Ratio, ...]:
        return tuple(self.ratio(*sites) for _ in range(self.draw(st.integers(0, most))))

    def enzyme(self) -> int | None:
        choices: list[int | None] = [None, *range(self.n_enzymes)]
        return self.draw(st.sampled_from(choices))

    def binding(self, i: int) -> Binding | None:
        kind = self.draw(st.sampled_from(["constant", "constant", "sites", "ratio"]))
        if kind == "constant":
            return None
        rivals = [Ratio(actor=Actor(compound=self.other(i)), constant=self.number(3, 30))] if i and self.yes() else []
        sites = (self.number(20, 200), self.number(3, 30)) if kind == "sites" else (None, None)
        return Binding(reference=self.number(0.05, 0.5), bmax=sites[0], kd=sites[1], displacers=tuple(rivals))

    def compound(self, i: int) -> Compound:
        gut = self.yes()
        return Compound(
            volume=self.number(5, 200),
            peripherals=tuple(
                Peripheral(out=self.number(0.05, 0.6), back=self.number(0.05, 0.6))
                for _ in range(self.draw(st.sampled_from([0, 0, 1, 2])))
            ),
            flow=self.number(60, 120) if self.yes() else None,
            gut_enzyme=self.enzyme() if gut else None,
            gut_ratio=self.number(0.2, 4) if gut else None,
            gut_inhibitors=self.some("gut") if gut else (),
            portal=self.number(60, 120),
            gut_flow=self.number(10, 25),
            binding=self.binding(i),
        )

    def pathway(self, i: int, compound: Compound) -> Pathway:
        hepatic = compound.flow is not None and self.yes()
        own = Actor(compound=i, site="inlet" if hepatic else "plasma", total=self.yes())
        return Pathway(
            compound=i,
            clearance=self.number(0.3, 60),
            enzyme=self.enzyme(),
            hepatic=hepatic,
            saturation=Ratio(actor=own, constant=self.number(1, 30)) if self.yes() else None,
            inhibitors=self.some("inlet", "plasma"),
            competitive=self.yes(),
            back=None if self.draw(st.integers(0, 4)) else self.back(),
        )

    def back(self) -> Return:
        inhibitors = self.some("inlet", "plasma", most=1)
        return Return(ratio=self.number(0.3, 4), enzyme=self.enzyme(), inhibitors=inhibitors)

    def induction(self) -> Induction:
        enzyme = self.draw(st.integers(0, self.n_enzymes - 1))
        if self.draw(st.integers(0, 3)) == 0:
            return Induction(enzyme=enzyme, actor=self.actor("plasma"), slope=self.number(0.01, 0.3))
        return Induction(
            enzyme=enzyme,
            actor=self.actor("plasma"),
            group=self.draw(st.sampled_from([0, 0, 1])),
            emax=self.number(1, 10),
            ec50=self.number(0.5, 30),
            hill=self.number(0.8, 2.5) if self.yes() else None,
        )

    def release(self) -> Release:
        transit = self.yes()
        return Release(
            compound=self.other(),
            kind="transit" if transit else "weibull",
            first=self.number(0.5, 4) if transit else self.number(1, 8),
            second=self.number(1, 8) if transit else self.number(0.7, 3),
            ka=self.number(0.3, 2) if transit or self.yes() else None,
        )

    def event(self, depots: tuple[Depot, ...], releases: tuple[Release, ...]) -> list[Event]:
        time = self.draw(st.integers(0, 30)) + self.draw(st.sampled_from([0.0, 0.25]))
        amount = self.draw(st.floats(20, 500))
        kinds = ["bolus", "rate"]
        kinds += ["depot"] if any(row.ka is not None for row in depots) else []
        kinds += ["depot-rate"] if depots else []
        kinds += ["release"] if releases else []
        kind = self.draw(st.sampled_from(kinds))
        if kind == "bolus":
            return [Event(time=time, kind="bolus", target=self.other(), amount=amount)]
        if kind == "depot":
            filled = [j for j, row in enumerate(depots) if row.ka is not None]
            return [Event(time=time, kind="depot", target=self.draw(st.sampled_from(filled)), amount=amount)]
        if kind == "release":
            target = self.draw(st.integers(0, len(releases) - 1))
            return [Event(time=time, kind="release", target=target, amount=amount)]
        hours = self.draw(st.sampled_from([0.5, 2.0, 6.0]))
        target = self.other() if kind == "rate" else self.draw(st.integers(0, len(depots) - 1))
        pair = [(time, amount / hours), (time + hours, -amount / hours)]
        return [Event(time=t, kind=kind, target=target, amount=a) for t, a in pair]  # type: ignore[arg-type]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A system of up to four compounds and two enzymes, with up to six inputs."""
    make = _Maker(draw)
    compounds = tuple(make.compound(i) for i in range(make.count))
    pathways = tuple(make.pathway(i, row) for i, row in enumerate(compounds) for _ in range(draw(st.integers(1, 2))))
    depots = tuple(
        Depot(compound=make.other(), ka=make.number(0.2, 2.5) if draw(st.integers(0, 3)) else None, fed=True)
        for _ in range(draw(st.integers(0, 2)))
    )
    releases = tuple(make.release() for _ in range(draw(st.sampled_from([0, 0, 1, 2]))))
    formations = tuple(
        Formation(pathway=j, target=draw(st.integers(row.compound + 1, make.count - 1)), ratio=make.number(0.2, 1.2))
        for j, row in enumerate(pathways)
        if row.compound + 1 < make.count and make.yes()
    )
    walls = tuple(
        GutFormation(compound=i, target=draw(st.integers(i + 1, make.count - 1)), ratio=make.number(0.2, 1.2))
        for i, row in enumerate(compounds)
        if row.gut_ratio is not None and i + 1 < make.count and make.yes()
    )
    effluxes = tuple(
        Efflux(compound=i, ratio=make.number(0.2, 5), enzyme=make.enzyme(), inhibitors=make.some("gut"))
        for i in range(make.count)
        if draw(st.integers(0, 4)) == 0
    )
    inductions = tuple(make.induction() for _ in range(draw(st.integers(0, 5)))) if make.n_enzymes else ()
    inactivations = tuple(
        Inactivation(
            enzyme=draw(st.integers(0, make.n_enzymes - 1)),
            actor=make.actor("inlet", "gut"),
            kinact=make.number(0.05, 1),
            ki=make.number(0.3, 10),
        )
        for _ in range(draw(st.integers(0, 2)) if make.n_enzymes else 0)
    )
    enzymes = tuple(Enzyme(kdeg=make.number(0.01, 0.2), activity=make.number(0.3, 1.5)) for _ in range(make.n_enzymes))
    events = [row for _ in range(draw(st.integers(1, 6))) for row in make.event(depots, releases)]
    system = System(
        parameters=tuple(make.numbers),
        compounds=compounds,
        scale=(max(abs(row.amount) for row in events),) * make.count,
        depots=depots,
        releases=releases,
        enzymes=enzymes,
        inductions=inductions,
        inactivations=inactivations,
        pathways=pathways,
        formations=formations,
        gut_formations=walls,
        effluxes=effluxes,
    )
    return Case(system=checked(system), events=tuple(sorted(events, key=lambda row: row.time)))
