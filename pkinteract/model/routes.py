"""How doses enter: formulations to depots, dose events to jumps of the engine's input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pkinteract.engine.system import Event
from pkinteract.scenario import Dose, Scenario, SteadyState
from pkinteract.scenario.types import TOLERANCE


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How one formulation of one drug enters the body.

    Attributes
    ----------
    compound
        Row of the drug.
    depot
        Row of its depot; None for an intravenous formulation.
    ka, lag
        Absorption rate constant [1/h] and lag [h]; 0 for an intravenous formulation.
    bioavailability
        F of the uninduced normal metaboliser [1].
    first_pass
        Fg0·Fh of the uninduced normal metaboliser [1]; the fraction absorbed is F over this.
    """

    compound: int
    depot: int | None
    ka: float
    lag: float
    bioavailability: float
    first_pass: float

    def absorbed(self, bioavailability: float | None = None) -> float:
        """Fraction absorbed Fa [1], for the formulation's F or another one."""
        return (self.bioavailability if bioavailability is None else bioavailability) / self.first_pass


def ways(scenario: Scenario, first_pass: Mapping[str, float]) -> dict[tuple[str, str], Way]:
    """Every (drug, formulation) that the scenario doses, in order of use; ``first_pass`` is Fg0·Fh per drug."""
    compounds = list(scenario.monographs)
    found: dict[tuple[str, str], Way] = {}
    depots = 0
    for regimen in scenario.regimens:
        for name in dict.fromkeys(course.formulation for course in regimen.courses):
            if (regimen.drug, name) in found:
                continue
            entry = scenario.monographs[regimen.drug].absorption[name]
            oral = entry.route == "oral"
            found[regimen.drug, name] = Way(
                compound=compounds.index(regimen.drug),
                depot=depots if oral else None,
                ka=entry.ka.canonical if entry.ka is not None else 0.0,
                lag=entry.lag.canonical if entry.lag is not None else 0.0,
                bioavailability=entry.bioavailability.canonical if entry.bioavailability is not None else 1.0,
                first_pass=first_pass[regimen.drug] if oral else 1.0,
            )
            depots += oral
    return found


def events(doses: Sequence[Dose], found: Mapping[tuple[str, str], Way]) -> tuple[Event, ...]:
    """Jumps of the input for the doses that were taken, sorted by time."""
    jumps: list[Event] = []
    for dose in doses:
        if not dose.missed:
            jumps += jumps_of(dose, found[dose.drug, dose.formulation])
    return tuple(sorted(jumps, key=lambda event: event.time))


def jumps_of(dose: Dose, way: Way) -> list[Event]:
    """Jumps that one dose makes: one, or begin and end of an infusion."""
    time = dose.time + (way.lag if dose.lag is None else dose.lag)
    if way.depot is not None:
        amount = dose.free * way.absorbed(dose.bioavailability)
        return [Event(time=time, kind="depot", target=way.depot, amount=amount)]
    free = dose.free * (1.0 if dose.bioavailability is None else dose.bioavailability)
    if dose.duration == 0:
        return [Event(time=time, kind="bolus", target=way.compound, amount=free)]
    rate = free / dose.duration
    begin = Event(time=time, kind="rate", target=way.compound, amount=rate)
    return [begin, Event(time=time + dose.duration, kind="rate", target=way.compound, amount=-rate)]


def scale(scenario: Scenario) -> tuple[float, ...]:
    """Typical amount of every compound [mg]: the largest dose of the drug it comes from."""
    largest: dict[str, float] = {}
    for dose in scenario.doses:
        largest[dose.drug] = max(largest.get(dose.drug, 0.0), dose.free)
    for compound, monograph in scenario.monographs.items():
        for metabolite in monograph.metabolites:
            largest[metabolite] = max(largest.get(metabolite, 0.0), largest.get(compound, 0.0))
    return tuple(largest.get(compound, 0.0) or 1.0 for compound in scenario.monographs)


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodicInput:
    """The input around the start of a run at steady state.

    Attributes
    ----------
    period
        Jumps of one period from the start on, those of earlier doses included, sorted by time.
    pending
        Jumps from the start on that belong to doses before it: lagged absorption, ends of infusions.
    rates
        Infusion rate into every compound just before the start [mg/h].
    """

    period: tuple[Event, ...]
    pending: tuple[Event, ...]
    rates: tuple[float, ...]


def periodic_input(steady: SteadyState, found: Mapping[tuple[str, str], Way], compounds: int) -> PeriodicInput:
    """Repeat one period of doses backwards for ever and cut at the start of the run."""
    wrapped, pending = [], []
    rates = [0.0] * compounds
    for dose in steady.doses:
        for event in jumps_of(dose, found[dose.drug, dose.formulation]):
            after = (event.time - steady.time) % steady.period
            after = 0.0 if steady.period - after < TOLERANCE else after
            wrapped.append(replace(event, time=steady.time + after))
            late = event.time - steady.time
            while late >= -TOLERANCE:
                pending.append(replace(event, time=steady.time + max(late, 0.0)))
                if event.kind == "rate":
                    rates[event.target] -= event.amount
                late -= steady.period
    return PeriodicInput(
        period=tuple(sorted(wrapped, key=lambda event: event.time)),
        pending=tuple(sorted(pending, key=lambda event: event.time)),
        rates=tuple(rates),
    )
