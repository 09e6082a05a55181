"""What rules ask of a run that is simulated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pkinteract.analysis import Answer
from pkinteract.analysis.alerts.types import Alert
from pkinteract.analysis.moves import Move, move_after
from pkinteract.guidance.taken import Taken
from pkinteract.scenario.types import TOLERANCE
from pkinteract.units import from_canonical, parse

DAY = 24.0

RECOVERED = 0.9
"""Share of its own activity at which an enzyme counts as back [1]."""

ABOVE = ("above-range", "above-alert")
"""Alerts of a level that is too high."""


@dataclass(frozen=True, kw_only=True)
class EnzymeDay:
    """An activity of an enzyme in the liver: the lowest of the run, on which day, and from which day it is back.

    ``genotype`` is what it would be without drugs [1]; ``back`` is None where the run ends before.
    """

    genotype: float
    lowest: float
    day: int
    back: int | None


@dataclass(frozen=True, kw_only=True)
class RunFacts:
    """A run, to be asked."""

    answer: Answer

    def above(self, drug: str) -> Alert | None:
        """The first alert of a drug whose level passes its range or alert level; None if none does."""
        analytes = {analyte.id: analyte.parent for analyte in self.answer.result.analytes}
        over = [alert for alert in self.answer.alerts if alert.rule in ABOVE and analytes.get(alert.analyte) == drug]
        return min(over, key=lambda alert: alert.start, default=None)

    def passes(self, analyte: str, level: str) -> float | None:
        """The first day with a level before a dose above ``level``; None if none is, or nothing has the name."""
        result = self.answer.result
        judged = next((one for one in result.analytes if one.id == analyte), None)
        if judged is None:
            return None
        limit = from_canonical(parse(level, "concentration", example="300 ng/mL"), judged.unit)
        doses = (dose.time for dose in result.scenario.doses if dose.drug == judged.parent)
        times = np.array([time for time in doses if time >= 0])
        high = np.flatnonzero(result.curve(analyte).value(times) > limit)
        return float(times[high[0]] // DAY) if len(high) else None

    def lowest(self, enzyme: str, below: float) -> EnzymeDay | None:
        """When an enzyme is least active in the liver, if that is below ``below`` [1]; else None."""
        result = self.answer.result
        name = f"{enzyme}_liver"
        if name not in result.enzymes or result.activity is None:
            return None
        days = np.arange(0.0, result.scenario.duration, DAY)
        curve = result.enzyme_curves[result.enzymes.index(name)]
        left = result.activity.left(days).get(name, np.ones(len(days)))
        level = curve.value(days) * left
        place = int(np.argmin(level))
        if level[place] >= below:
            return None
        gene = result.scenario.patient.phenotype.get(enzyme)
        own = 1.0 if gene is None else gene.factor
        again = np.flatnonzero(level[place:] >= RECOVERED * own)
        return EnzymeDay(
            genotype=own,
            lowest=float(level[place]),
            day=place,
            back=int(place + again[0]) if len(again) else None,
        )

    def move(self, drug: str, other: Taken) -> Move | None:
        """How the level of a drug, of its sum where it has one, moves after another is stopped; None if it does not."""
        cause = other.withdrawn
        if cause is None or cause < -TOLERANCE:
            return None
        mine = [(place, one) for place, one in enumerate(self.answer.result.analytes) if one.parent == drug]
        places = [place for place, one in mine if "+" in one.id] + [place for place, one in mine if one.id == drug]
        return move_after(self.answer.result, places[0], other.drug, cause) if places else None


def facts_of_run(answer: Answer) -> RunFacts:
    """A run as rules ask for it."""
    return RunFacts(answer=answer)
