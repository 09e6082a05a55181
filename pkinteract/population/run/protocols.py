"""Protocols in virtual patients: each is checked by its own levels and goes on with its own doses.

Patients are stepped from check to check, with the doses that are theirs by then, in the same groups as to the end of
the run: what is decided depends on a patient's group, as the result does, and on nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np

from pkinteract.analytes import analytes
from pkinteract.model.absorption import entry_of
from pkinteract.population.people.cohort import Array, Cohort, IntArray
from pkinteract.population.run.bodies import Bodies
from pkinteract.population.run.solve import Begun, solved_patients
from pkinteract.population.statistics.metrics import DAY, INTEGRAL
from pkinteract.scenario import Scenario
from pkinteract.scenario.judging import SAME, changed_dose, is_met, measured_level
from pkinteract.scenario.protocol.types import Condition, Protocol, checks_in_order
from pkinteract.scenario.streams import Streams
from pkinteract.scenario.types import TOLERANCE


@dataclass(frozen=True, slots=True, kw_only=True)
class Redosed:
    """What protocols made of the doses of patients.

    Attributes
    ----------
    amounts
        (dose, n) labelled amount of each of ``scenario.doses`` [mg]; of none where there is no protocol.
    changes
        (protocol, n) how often each changed the doses.
    """

    amounts: Array
    changes: IntArray

    def first(self, count: int) -> Redosed:
        """The same of the first patients alone."""
        return Redosed(amounts=self.amounts[:, :count], changes=self.changes[:, :count])


def redosed_patients(scenario: Scenario, cohort: Cohort, seed: int, patients: Bodies) -> tuple[Bodies, Redosed]:
    """The patients with the doses that the protocols of their scenario make of those of the file."""
    protocols, people = scenario.protocols, len(cohort.number)
    if not protocols:
        return patients, Redosed(amounts=np.empty((0, people)), changes=np.empty((0, people), dtype=np.int64))
    streams = Streams(seed=seed, number=cohort.number)
    drug = np.array([dose.drug for dose in scenario.doses])
    due = np.array([dose.time for dose in scenario.doses])
    written = _labelled(scenario, cohort)
    amounts, given = written.copy(), patients
    changes = np.zeros((len(protocols), people), dtype=np.int64)
    begun: Begun | None = None
    for time, together in groupby(checks_in_order(protocols), lambda check: check[0]):
        places = [n for _, n in together if not _spent(protocols[n].at_most, changes[n])]
        wanted = [condition for n in places if (condition := protocols[n].condition) is not None]
        levels: dict[tuple[str, str], Array] = {}
        if wanted:
            levels, now = _levels(scenario, given, time, wanted, begun)
            begun = now if _needed(protocols, time) >= time else begun
        until_now = amounts.copy()
        for n in places:
            protocol, condition = protocols[n], protocols[n].condition
            rows = np.flatnonzero((drug == protocol.drug) & (due >= time + protocol.delay - TOLERANCE))
            met = changes[n] < (np.inf if protocol.at_most is None else protocol.at_most)
            if condition is not None:
                level = measured_level(protocol, levels[condition.analyte, condition.measure], time, streams)
                met &= is_met(condition, level)
            before = amounts[rows]
            after = np.where(met, changed_dose(protocol, before), before)
            moved = np.abs(after - before) > SAME * before
            amounts[rows] = np.where(moved, after, before)
            changes[n] += moved.any(axis=0)
        if not np.array_equal(until_now, amounts):
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


def _needed(protocols: Sequence[Protocol], after: float) -> float:
    """From when on levels count that are judged after a time [h]."""
    later = (
        time - (DAY if protocol.condition.measure == "average" else 0.0)
        for protocol in protocols
        if protocol.condition is not None
        for time in protocol.checks
        if time > after
    )
    return min(later, default=np.inf)


def _levels(
    scenario: Scenario, patients: Bodies, time: float, wanted: Sequence[Condition], begun: Begun | None
) -> tuple[dict[tuple[str, str], Array], Begun]:
    """(n,) true levels at a check [h] by analyte and measure; and where the patients stand then."""
    edges = np.array([time - DAY, time] if any(one.measure == "average" for one in wanted) else [])
    until = replace(scenario, duration=time)
    done = solved_patients(until, patients, np.array([time]), edges, begun=begun, whole=True)
    places = {analyte.id: place for place, analyte in enumerate(analytes(scenario))}
    levels: dict[tuple[str, str], Array] = {}
    for one in wanted:
        place = places[one.analyte]
        if one.measure == "average":
            level = done.windows[place, 0, INTEGRAL] / DAY
        else:
            level = np.asarray(done.profile[place, 0], dtype=float)
        levels[one.analyte, one.measure] = level.copy()
    assert done.end is not None
    now = Begun(time=time, states=done.end, ok=done.ok)
    done.release()
    return levels, now


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
