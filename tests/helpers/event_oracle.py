"""An oracle for dosing records: superposition of closed forms, dose by dose. It shares no code with the package.

Every dose that ever was is a row (time, amount, duration, into the depot); a concentration is the sum of what each of
them leaves. A steady state is a few hundred past doses, a reset an empty list.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path

import numpy as np

PAST_DOSES = 400
SAME = 1e-9
"""0.3 h and three intervals of 0.1 h are the same time [h]."""

FOR_EVER = 5000.0
"""Length of a constant infusion at steady state [h]; the slowest half-life of these drugs is below a day."""


@dataclass(frozen=True, kw_only=True)
class Oracle:
    """A linear drug: volumes [L], clearances [L/h], ka [1/h] or none, and lag [h] and F of its tablet."""

    volume: float
    clearance: float
    peripheral: float = 0.0
    flow: float = 0.0
    ka: float | None = None
    lag: float = 0.0
    share: float = 1.0

    def modes(self) -> list[tuple[float, float]]:
        """(λ [1/h], coefficient [1/L]) of the response to a bolus of 1 mg."""
        k10 = self.clearance / self.volume
        if not self.peripheral:
            return [(k10, 1 / self.volume)]
        k12, k21 = self.flow / self.volume, self.flow / self.peripheral
        total, root = k10 + k12 + k21, math.sqrt((k10 + k12 + k21) ** 2 - 4 * k10 * k21)
        fast, slow = (total + root) / 2, (total - root) / 2
        return [
            (fast, (fast - k21) / (fast - slow) / self.volume),
            (slow, (k21 - slow) / (fast - slow) / self.volume),
        ]

    def left(self, age: float, duration: float, depot: bool) -> float:
        """Concentration [mg/L] at ``age`` [h] after the beginning of 1 mg given over ``duration`` [h]."""
        if age < -SAME:
            return 0.0
        age = max(age, 0.0)
        total = 0.0
        for rate, coefficient in self.modes():
            if not depot:
                total += coefficient * _given(rate, age, duration)
            else:
                assert self.ka is not None
                weight = coefficient * self.ka / (self.ka - rate)
                total += weight * (_given(rate, age, duration) - _given(self.ka, age, duration))
        return total


@dataclass(frozen=True)
class Dose:
    time: float
    amount: float
    duration: float
    depot: bool


@cache
def predicted(path: Path, drug: Oracle) -> dict[str, list[tuple[float, float]]]:
    """(time, concentration) at every record of every subject of a data set."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {subject: _subject(list(group), drug) for subject, group in groupby(rows, key=lambda row: row["ID"])}


def _subject(rows: Sequence[dict[str, str]], drug: Oracle) -> list[tuple[float, float]]:
    doses: list[Dose] = []
    levels = []
    for row in rows:
        time = float(row["TIME"])
        amount = _number(row, "AMT", 0.0)
        event = int(_number(row, "EVID", 1.0 if amount > 0 else 0.0))
        steady = int(_number(row, "SS", 0.0))
        if event in (3, 4) or steady == 1:
            doses = []
        if event in (1, 4):
            doses += _doses(row, drug, time, amount, steady)
        levels.append((time, sum(d.amount * drug.left(time - d.time, d.duration, d.depot) for d in doses)))
    return levels


def _doses(row: dict[str, str], drug: Oracle, time: float, amount: float, steady: int) -> list[Dose]:
    depot = drug.ka is not None and _number(row, "CMT", 1.0) == 1
    share = _number(row, "F", drug.share if depot else 1.0)
    time += _number(row, "LAG", drug.lag if depot else 0.0)
    interval, rate = _number(row, "II", 0.0), _number(row, "RATE", 0.0)
    rate = _number(row, "R1", 0.0) if rate == -1 else rate
    if amount == 0:
        return [Dose(time - FOR_EVER, FOR_EVER * rate, FOR_EVER, depot)]
    duration = _number(row, "DUR", 0.0) if rate == -2 else share * amount / rate if rate else 0.0
    earlier = range(-PAST_DOSES, 0) if steady else range(0)
    numbers = [*earlier, *range(int(_number(row, "ADDL", 0.0)) + 1)]
    return [Dose(time + n * interval, share * amount, duration, depot) for n in numbers]


def _given(rate: float, age: float, duration: float) -> float:
    """What is left of 1 mg that decays at ``rate`` and was given over ``duration``, at once if that is 0."""
    if duration == 0:
        return math.exp(-rate * age)
    running = min(age, duration)
    return -math.expm1(-rate * running) / rate * math.exp(-rate * (age - running)) / duration


def _number(row: dict[str, str], name: str, missing: float) -> float:
    return missing if row[name] == "." else float(row[name])


def largest(levels: Sequence[tuple[float, float]]) -> float:
    """Cmax among the records [mg/L]."""
    return float(np.max([level for _, level in levels]))
