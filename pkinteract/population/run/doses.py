"""The doses of virtual patients: when each is taken, and how much of it reaches the gut wall."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from pkinteract.engine.events import Event
from pkinteract.engine.lanes.doses import KINDS, Inputs
from pkinteract.engine.system import System
from pkinteract.model.absorption import AbsorptionRoute, Entry, entry_of, jumps_of, repeated
from pkinteract.model.limits import MOST_ABSORBED, above_first_pass
from pkinteract.population.people.cohort import Array, Cohort, IntArray
from pkinteract.scenario import Dose, Scenario

Columns = IntArray | slice
"""Some of the patients."""

Ways = Sequence[tuple[Columns, Mapping[Entry, AbsorptionRoute]]]
"""How drugs enter these and those patients; together they are all that can be."""

Place = tuple[int, ...]
"""A jump of the input: position of its dose, which jump of that dose, and which of its repetitions if it has some."""

Jumps = Mapping[Place, Event]
"""The jumps by some doses."""


@dataclass(frozen=True, kw_only=True)
class PeriodicInputs:
    """The input of many patients around the start of a run at steady state, as :class:`PeriodicInput`.

    Attributes
    ----------
    rates, inflows
        (compound, n) and (depot, n), just before the start [mg/h].
    """

    period: Inputs
    pending: Inputs
    rates: Array
    inflows: Array


def jumps_by(doses: Sequence[Dose], routes: Mapping[Entry, AbsorptionRoute]) -> Jumps:
    """The jumps by all ``doses`` that are not missed."""
    return {
        (i, j): event
        for i, dose in enumerate(doses)
        if not dose.missed
        for j, event in enumerate(jumps_of(dose, routes[entry_of(dose)]))
    }


def inputs(scenario: Scenario, cohort: Cohort, ways: Ways, jumps: Sequence[Jumps]) -> tuple[Inputs, IntArray]:
    """Jumps by the doses, in the order in which they are due, from those of each of ``ways``; see :class:`Bodies`.

    With the position of the dose behind each of them, (jump,).
    """
    made, doses = _side_by_side(ways, jumps, len(cohort.number))
    amounts = _scaled(made.amounts, [scenario.doses[i] for i in doses], scenario, cohort)
    given = replace(
        made,
        times=made.times if cohort.late is None else made.times + cohort.late[doses],
        amounts=amounts if cohort.taken is None else amounts * cohort.taken[doses],
    )
    return given, np.array(doses, dtype=np.int64)


def periodic_inputs(scenario: Scenario, cohort: Cohort, ways: Ways, system: System) -> PeriodicInputs | None:
    """The input around the start of a run at steady state, all of it taken on time; None for another run."""
    steady = scenario.steady_state
    if steady is None:
        return None
    period: list[dict[Place, Event]] = []
    pending: list[dict[Place, Event]] = []
    for _, routes in ways:
        period.append({})
        pending.append({})
        for i, dose in enumerate(steady.doses):
            for j, event in enumerate(jumps_of(dose, routes[entry_of(dose)])):
                period[-1][i, j], left = repeated(event, steady)
                pending[-1] |= {(i, j, k): later for k, later in enumerate(left)}
    whole, rest = (
        replace(made, amounts=_scaled(made.amounts, [steady.doses[i] for i in doses], scenario, cohort))
        for made, doses in (_side_by_side(ways, jumps, len(cohort.number)) for jumps in (period, pending))
    )
    rates = np.zeros((len(system.compounds), len(cohort.number)))
    inflows = np.zeros((len(system.depots), len(cohort.number)))
    running = {KINDS["rate"]: rates, KINDS["depot-rate"]: inflows}
    for kind, target, amounts in zip(rest.kinds.tolist(), rest.targets.tolist(), rest.amounts, strict=True):
        if kind in running:
            running[kind][target] -= amounts
    return PeriodicInputs(period=whole, pending=rest, rates=rates, inflows=inflows)


def absorbing_too_much(scenario: Scenario, cohort: Cohort, ways: Ways) -> dict[int, str]:
    """Patients who would absorb more of a dose than there is, and of which."""
    reasons: dict[int, str] = {}
    patients = np.arange(len(cohort.number))
    steady = () if scenario.steady_state is None else scenario.steady_state.doses
    given = dict.fromkeys((entry_of(dose), dose.bioavailability) for dose in (*scenario.doses, *steady))
    for (where, here), (entry, bioavailability) in product(ways, given):
        way, share = here[entry], cohort.factors.get((entry[0], "bioavailability"), np.ones(len(patients)))
        absorbed = way.absorbed(bioavailability) * share[where]
        above = absorbed > MOST_ABSORBED if way.inlets else np.zeros(len(absorbed), dtype=bool)
        for column, amount in zip(patients[where][above].tolist(), absorbed[above].tolist(), strict=True):
            reasons.setdefault(column, f"{entry[0]}: {above_first_pass(way, amount)}")
    return reasons


def _side_by_side(ways: Ways, jumps: Sequence[Jumps], count: int) -> tuple[Inputs, list[int]]:
    """The jumps of all patients in one order of time, and the position of the dose behind each.

    A jump that only some of them have (a lag that reaches beyond the start) is one of 0 in the others.
    """
    events: dict[Place, Event] = {}
    for own in jumps:
        for place, event in own.items():
            events.setdefault(place, event)
    events = dict(sorted(events.items(), key=lambda placed: placed[1].time))
    times, amounts = (
        _column(event.time for event in events.values()),
        _column(event.amount for event in events.values()),
    )
    if len(jumps) > 1:
        times, amounts = np.repeat(times, count, axis=1), np.zeros((len(events), count))
        for (where, _), own in zip(ways, jumps, strict=True):
            times[:, where] = _column(own.get(place, event).time for place, event in events.items())
            amounts[:, where] = _column(own[place].amount if place in own else 0.0 for place in events)
    made = Inputs(
        times=np.broadcast_to(times, (len(events), count)),
        kinds=np.array([KINDS[event.kind] for event in events.values()], dtype=np.int64),
        targets=np.array([event.target for event in events.values()], dtype=np.int64),
        amounts=np.broadcast_to(amounts, (len(events), count)),
    )
    return made, [place[0] for place in events]


def _column(numbers: Iterable[float]) -> Array:
    return np.fromiter(numbers, dtype=float)[:, None]


def _scaled(amounts: Array, doses: Sequence[Dose], scenario: Scenario, cohort: Cohort) -> Array:
    """Amounts (event, n) by ``doses``, one for each event, times what a patient's weight and own F make of it."""
    alike: dict[tuple[str, bool, bool], list[int]] = {}
    for row, dose in enumerate(doses):
        oral = scenario.monographs[dose.drug].absorption[dose.formulation].route == "oral"
        alike.setdefault((dose.drug, oral, dose.per_weight), []).append(row)
    scaled = amounts
    for (drug, oral, per_weight), mine in alike.items():
        size = cohort.weight / scenario.patient.weight if per_weight else None
        share = cohort.factors.get((drug, "bioavailability")) if oral else None
        for factor in (size, share):
            if factor is not None:
                scaled = amounts.copy() if scaled is amounts else scaled
                scaled[mine] *= factor
    return scaled
