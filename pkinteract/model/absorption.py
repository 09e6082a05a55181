"""How doses enter: formulations to depots and releases, dose events to jumps of the engine's input."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pkinteract.engine import system as rows
from pkinteract.engine.events import Event, EventKind
from pkinteract.library.schema.absorption import Food, InputShape, Part
from pkinteract.library.schema.monograph import Monograph
from pkinteract.library.schema.values import Value
from pkinteract.model.parts import ModelContext, SystemRows, gut_availability
from pkinteract.scenario import Dose, Scenario, SteadyState
from pkinteract.scenario.types import TOLERANCE

Entry = tuple[str, str, bool]
"""Drug, formulation, and whether it is taken with food."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GutInlet:
    """One of the inputs that a formulation gives rise to.

    Attributes
    ----------
    kind
        "depot" or "release".
    row
        Row of the depot or release.
    fraction
        Share of the dose that takes this way [1].
    lag
        Delay [h].
    duration
        How long a zero-order input takes [h]; 0 for one at once.
    """

    kind: EventKind
    row: int
    fraction: float
    lag: float
    duration: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsorptionRoute:
    """How one formulation of one drug enters the body.

    Attributes
    ----------
    compound
        Row of the drug.
    inlets
        Its inputs; none for an intravenous formulation.
    bioavailability
        F of the uninduced normal metaboliser [1].
    first_pass
        Fg0·Fh of the uninduced normal metaboliser [1]; the fraction absorbed is F over this.
    efflux
        Efflux over uptake at rest, e [1]: without efflux 1 + e times as much would be absorbed.
    half_dose
        Free dose at which F is half of that of a small one [mg]; infinite where F does not depend on the dose.
    """

    compound: int
    inlets: tuple[GutInlet, ...]
    bioavailability: float
    first_pass: float
    efflux: float = 0.0
    half_dose: float = math.inf

    def absorbed(self, bioavailability: float | None = None) -> float:
        """Largest fraction absorbed [1]: of a small dose, without efflux; for the formulation's F or another one."""
        given = self.bioavailability if bioavailability is None else bioavailability
        return given / self.first_pass * (1 + self.efflux)

    def available(self, free: float, bioavailability: float | None = None) -> float:
        """F of a dose of ``free`` drug [mg], or the one given for it [1]."""
        return self.bioavailability / (1 + free / self.half_dose) if bioavailability is None else bioavailability

    @property
    def before(self) -> float:
        """What comes to the gut wall per drug past gut and liver at rest [1]: what efflux sends back among it."""
        return (1 + self.efflux) / self.first_pass


def entries(scenario: Scenario) -> list[Entry]:
    """Every way that a course of the scenario takes, in order of use."""
    used = (
        (regimen.drug, course.formulation, course.food == "fed")
        for regimen in scenario.regimens
        for course in regimen.courses
    )
    return list(dict.fromkeys(used))


def add_routes(parts: SystemRows, frame: ModelContext, used: Iterable[Entry]) -> dict[Entry, AbsorptionRoute]:
    """Append the depots and releases of every way that is used."""
    return {entry: _way(parts, frame, *entry) for entry in used}


def _way(parts: SystemRows, frame: ModelContext, drug: str, name: str, fed: bool) -> AbsorptionRoute:
    monograph = frame.monographs[drug]
    formulation = monograph.absorption[name]
    given = formulation.bioavailability
    available = 1.0 if given is None else given.canonical
    if fed and formulation.food is not None:
        available *= _factor(formulation.food.bioavailability)
    if formulation.route == "intravenous":
        return AbsorptionRoute(compound=frame.order[drug], inlets=(), bioavailability=available, first_pass=1.0)
    food = formulation.food if fed else None
    inlets = [_inlet(parts, frame, drug, shape, food) for shape in formulation.inputs]
    return AbsorptionRoute(
        compound=frame.order[drug],
        inlets=tuple(inlets),
        bioavailability=available,
        first_pass=frame.livers[drug].availability * gut_availability(monograph),
        efflux=0.0 if monograph.efflux is None else monograph.efflux.ratio.canonical,
        half_dose=math.inf if formulation.half_dose is None else formulation.half_dose.canonical,
    )


def _inlet(parts: SystemRows, frame: ModelContext, drug: str, given: InputShape, food: Food | None) -> GutInlet:
    compound = frame.order[drug]
    share = given.fraction.canonical if isinstance(given, Part) else 1.0
    ka = None if given.ka is None else given.ka.canonical * (1.0 if food is None else _factor(food.ka))
    lag = 0.0 if given.lag is None else given.lag.canonical * (1.0 if food is None else _factor(food.lag))
    rate = None if ka is None else parts.add(ka * frame.factor(drug, "ka"))
    if given.transit is not None:
        number, mean = given.transit.number.canonical, given.transit.mean_time.canonical
        numbers = parts.add((number + 1) / mean), parts.add(number)
        release = rows.Release(compound=compound, kind="transit", first=numbers[0], second=numbers[1], ka=rate)
    elif given.weibull is not None:
        numbers = parts.add(given.weibull.scale.canonical), parts.add(given.weibull.shape.canonical)
        release = rows.Release(compound=compound, kind="weibull", first=numbers[0], second=numbers[1], ka=rate)
    else:
        duration = 0.0 if given.zero_order is None else given.zero_order.canonical
        parts.depots.append(rows.Depot(compound=compound, ka=rate, fed=duration > 0))
        row = len(parts.depots) - 1
        return GutInlet(kind="depot", row=row, fraction=share, lag=lag, duration=duration)
    parts.releases.append(release)
    return GutInlet(kind="release", row=len(parts.releases) - 1, fraction=share, lag=lag, duration=0.0)


def _factor(value: Value | None) -> float:
    return 1.0 if value is None else value.canonical


def dose_events(doses: Sequence[Dose], ways: Mapping[Entry, AbsorptionRoute]) -> tuple[Event, ...]:
    """Jumps of the input for the doses that were taken, sorted by time."""
    jumps: list[Event] = []
    for dose in doses:
        if not dose.missed:
            jumps += jumps_of(dose, ways[entry_of(dose)])
    return tuple(sorted(jumps, key=lambda event: event.time))


def entry_of(dose: Dose) -> Entry:
    """The way that a dose takes."""
    return dose.drug, dose.formulation, dose.food == "fed"


def jumps_of(dose: Dose, way: AbsorptionRoute) -> list[Event]:
    """Jumps that one dose makes: one per input, or begin and end of a constant one."""
    if not way.inlets:
        time = dose.time + (dose.lag or 0.0)
        free = dose.free * (1.0 if dose.bioavailability is None else dose.bioavailability)
        if dose.duration == 0:
            return [Event(time=time, kind="bolus", target=way.compound, amount=free)]
        return _constant("rate", way.compound, time, free, dose.duration)
    jumps: list[Event] = []
    for inlet in way.inlets:
        time = dose.time + (inlet.lag if dose.lag is None else dose.lag)
        amount = dose.free * way.available(dose.free, dose.bioavailability) * way.before * inlet.fraction
        if inlet.duration:
            jumps += _constant("depot-rate", inlet.row, time, amount, inlet.duration)
        else:
            jumps.append(Event(time=time, kind=inlet.kind, target=inlet.row, amount=amount))
    return jumps


def _constant(kind: EventKind, target: int, time: float, amount: float, duration: float) -> list[Event]:
    rate = amount / duration
    begin = Event(time=time, kind=kind, target=target, amount=rate)
    return [begin, replace(begin, time=time + duration, amount=-rate)]


def scale(monographs: Mapping[str, Monograph], doses: Iterable[tuple[str, float]]) -> tuple[float, ...]:
    """Typical amount of every compound [mg]: the largest of the ``doses`` (drug, mg) of the drug it comes from."""
    largest: dict[str, float] = {}
    for drug, amount in doses:
        largest[drug] = max(largest.get(drug, 0.0), amount)
    for compound, monograph in monographs.items():
        for metabolite in monograph.metabolites:
            largest[metabolite] = max(largest.get(metabolite, 0.0), largest.get(compound, 0.0))
    return tuple(largest.get(compound, 0.0) or 1.0 for compound in monographs)


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodicInput:
    """The input around the start of a run at steady state.

    Attributes
    ----------
    period
        Jumps of one period from the start on, those of earlier doses included, sorted by time.
    pending
        Jumps from the start on that belong to doses before it: lagged absorption, ends of infusions.
    rates, inflows
        Infusion rate into every compound and inflow of every depot just before the start [mg/h].
    """

    period: tuple[Event, ...]
    pending: tuple[Event, ...]
    rates: tuple[float, ...]
    inflows: tuple[float, ...]


def periodic_input(steady: SteadyState, ways: Mapping[Entry, AbsorptionRoute], system: rows.System) -> PeriodicInput:
    """Repeat one period of doses backwards for ever and cut at the start of the run."""
    wrapped: list[Event] = []
    pending: list[Event] = []
    running = {"rate": [0.0] * len(system.compounds), "depot-rate": [0.0] * len(system.depots)}
    for dose in steady.doses:
        for event in jumps_of(dose, ways[entry_of(dose)]):
            again, left = repeated(event, steady)
            wrapped.append(again)
            pending += left
    for event in pending:
        if event.kind in running:
            running[event.kind][event.target] -= event.amount
    return PeriodicInput(
        period=tuple(sorted(wrapped, key=lambda event: event.time)),
        pending=tuple(sorted(pending, key=lambda event: event.time)),
        rates=tuple(running["rate"]),
        inflows=tuple(running["depot-rate"]),
    )


def repeated(event: Event, steady: SteadyState) -> tuple[Event, list[Event]]:
    """A jump by a dose that is repeated backwards for ever: in the first period of the run, and those yet to come."""
    after = (event.time - steady.time) % steady.period
    after = 0.0 if steady.period - after < TOLERANCE else after
    left, late = [], event.time - steady.time
    while late >= -TOLERANCE:
        left.append(replace(event, time=steady.time + max(late, 0.0)))
        late -= steady.period
    return replace(event, time=steady.time + after), left
