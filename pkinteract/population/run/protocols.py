"""Protocols in virtual patients: each is checked by its own levels and goes on with its own doses.

Patients are stepped from the beginning of the run to each check, with the doses that are theirs by then, in the same
groups as to its end: what is decided depends on a patient's group, as the result does, and on nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np

from pkinteract.analytes import analytes
from pkinteract.engine.lanes.types import Lanes
from pkinteract.model.absorption import entry_of
from pkinteract.population.people.cohort import Array, Cohort, IntArray
from pkinteract.population.run.bodies import Bodies
from pkinteract.population.statistics.metrics import DAY, INTEGRAL
from pkinteract.scenario import Scenario
from pkinteract.scenario.protocol import SAME, Condition, checks_in_order
from pkinteract.scenario.streams import Streams
from pkinteract.scenario.types import TOLERANCE

Stepped = Callable[[Scenario, Bodies, Array, Array], Lanes]
"""Steps patients to the end of a scenario, and reads them at times and between edges [h]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Redosed:
    """What protocols made of the doses of patients.

    Attributes
    ----------
    amounts
        (dose, n) labelled amount of each of ``scenario.doses`` [mg].
    changes
        (protocol, n) how often each changed the doses.
    """

    amounts: Array
    changes: IntArray

    def first(self, count: int) -> Redosed:
        """The same of the first patients alone."""
        return Redosed(amounts=self.amounts[:, :count], changes=self.changes[:, :count])


def redosed_patients(
    scenario: Scenario, cohort: Cohort, seed: int, patients: Bodies, stepped: Stepped
) -> tuple[Bodies, Redosed]:
    """The patients with the doses that the protocols of their scenario make of those of the file."""
    protocols, people = scenario.protocols, len(cohort.number)
    streams = Streams(seed=seed, number=cohort.number)
    drug = np.array([dose.drug for dose in scenario.doses])
    due = np.array([dose.time for dose in scenario.doses])
    written = _labelled(scenario, cohort)
    amounts, given = written.copy(), patients
    changes = np.zeros((len(protocols), people), dtype=np.int64)
    for time, together in groupby(checks_in_order(protocols), lambda check: check[0]):
        places = [n for _, n in together if not _spent(protocols[n].at_most, changes[n])]
        levels = _levels(scenario, given, time, [protocols[n].condition for n in places], stepped)
        begun = amounts.copy()
        for n in places:
            protocol, condition = protocols[n], protocols[n].condition
            rows = np.flatnonzero((drug == protocol.drug) & (due >= time + protocol.delay - TOLERANCE))
            met = changes[n] < (np.inf if protocol.at_most is None else protocol.at_most)
            if condition is not None:
                level = protocol.measured(levels[condition.analyte, condition.measure], time, streams)
                met &= condition.met(level)
            before = amounts[rows]
            after = np.where(met, protocol.dose(before), before)
            moved = np.abs(after - before) > SAME * before
            amounts[rows] = np.where(moved, after, before)
            changes[n] += moved.any(axis=0)
        if not np.array_equal(begun, amounts):
            given = _with(patients, scenario, written, amounts)
    return given, Redosed(amounts=amounts, changes=changes)


def last_amounts(scenario: Scenario, redosed: Redosed, drug: str) -> Array:
    """(n,) what is given of a drug in the last 24 h in which it is due [mg]."""
    due = np.array([dose.time if dose.drug == drug else -np.inf for dose in scenario.doses])
    return np.asarray(redosed.amounts[due > due.max() - DAY + TOLERANCE].sum(axis=0))


def _spent(at_most: int | None, changes: IntArray) -> bool:
    return at_most is not None and bool((changes >= at_most).all())


def _labelled(scenario: Scenario, cohort: Cohort) -> Array:
    """Labelled amounts of the file (dose, n) [mg]: those that are per kg by each patient's weight."""
    weight = cohort.weight / scenario.patient.weight
    return np.array([dose.amount * (weight if dose.per_weight else np.ones_like(weight)) for dose in scenario.doses])


def _levels(
    scenario: Scenario, patients: Bodies, time: float, conditions: Sequence[Condition | None], stepped: Stepped
) -> dict[tuple[str, str], Array]:
    """(n,) true levels at a check [h] by analyte and measure; nothing where only days are checked."""
    wanted = [condition for condition in conditions if condition is not None]
    if not wanted:
        return {}
    edges = np.array([time - DAY, time] if any(one.measure == "average" for one in wanted) else [np.inf])
    done = stepped(replace(scenario, duration=time), patients, np.array([time]), edges)
    places = {analyte.id: place for place, analyte in enumerate(analytes(scenario))}
    levels: dict[tuple[str, str], Array] = {}
    for one in wanted:
        place = places[one.analyte]
        if one.measure == "average":
            level = done.windows[place, 0, INTEGRAL] / DAY
        else:
            level = np.asarray(done.profile[place, 0], dtype=float)
        levels[one.analyte, one.measure] = level.copy()
    done.release()
    return levels


def _with(patients: Bodies, scenario: Scenario, written: Array, amounts: Array) -> Bodies:
    """Patients with other labelled amounts (dose, n) than those that were ``written`` [mg]."""
    ways = patients.model.ways
    factor = np.ones_like(amounts)
    for n in np.flatnonzero((amounts != written).any(axis=1)).tolist():
        dose = scenario.doses[n]
        half, free = ways[entry_of(dose)].half_dose, dose.free / dose.amount * amounts[n]
        less = 1.0 if dose.bioavailability is not None else (1 + dose.free / half) / (1 + free / half)
        factor[n] = np.where(amounts[n] != written[n], amounts[n] / written[n] * less, 1.0)
    return replace(patients, inputs=replace(patients.inputs, amounts=patients.inputs.amounts * factor[patients.due]))
