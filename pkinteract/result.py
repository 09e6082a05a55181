"""What a run gives: curves, a grid of values, and frames made of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from pkinteract import NOTICE
from pkinteract.activity import EnzymeActivity
from pkinteract.engine.curves import Array, Curve, integral_repeated
from pkinteract.scenario import Observation, Scenario
from pkinteract.scenario.types import TOLERANCE
from pkinteract.text.csv import Table
from pkinteract.text.remark import Remark
from pkinteract.text.words import Words, words_of

if TYPE_CHECKING:
    import pandas as pd

    from pkinteract.scenario.protocol.types import CheckOutcome

APART = 0.02
"""From which share of its peak a typical patient's curve is another one [1]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Analyte:
    """Something that is reported: a compound, its unbound level, or a sum of compounds.

    Attributes
    ----------
    unit, column
        Reporting unit, and the name of its column in ``concentrations.csv``.
    parts
        Compounds that it adds up.
    parent
        The dosed drug that it comes from.
    unbound
        Whether it is the unbound level of its one part.
    low, high, alert
        Reference range and alert level in ``unit``; None where there is none.
    alert_sampled
        Whether the alert level is of the sample that the range is of; else it holds at all times.
    after
        Time after a dose at which the range holds [h]; None just before a dose.
    range_source
        Citation of the range.
    """

    id: str
    name: str
    unit: str
    column: str
    parts: tuple[str, ...]
    parent: str
    low: float | None
    high: float | None
    alert: float | None
    after: float | None
    range_source: str
    alert_sampled: bool = False
    unbound: bool = False

    @property
    def judged(self) -> str:
        """The time of a dosing interval at which the range holds, in words."""
        return "before a dose" if self.after is None else f"{self.after:g} h after a dose"

    @property
    def limited(self) -> bool:
        """Whether a level can be judged: there is a range or an alert level."""
        return (self.low, self.high, self.alert) != (None, None, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How the solver fared: ``message`` says why it stopped and what to try, or notes worth knowing."""

    ok: bool
    method: str
    steps: int
    rejected: int
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedValue:
    """A value of a drug that measured levels gave a patient.

    Attributes
    ----------
    path
        Where it stands in the monograph of ``drug``.
    typical, value
        Before and after the levels, in ``unit``.
    low, high
        Ends of its 95 % interval; None where there is none.
    """

    drug: str
    path: str
    unit: str
    typical: float
    value: float
    low: float | None
    high: float | None

    @property
    def ratio(self) -> float:
        """The patient's value over the typical one [1]."""
        return self.value / self.typical


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """A measured level that cannot be right together with the dosing record, or with the other levels.

    Attributes
    ----------
    rare
        Whether hardly anybody on these doses would have it; if not, it does not go with the other levels.
    predicted
        In a typical patient where it is rare, else in this one, in the unit of the level.
    low, high
        What 95 of 100 people have, in the same unit.
    sds
        Distance from this patient's prediction [SD of the residual error].
    """

    observation: Observation
    rare: bool
    predicted: float
    low: float
    high: float
    sds: float

    def told(self, analyte: str, words: Words) -> str:
        """What is wrong with the level, and what to check."""
        level = self.observation
        values = {"analyte": analyte, "unit": level.unit, "day": level.time / 24, "predicted": self.predicted}
        values["measured"] = f"{'<' if level.below else ''}{words.written(level.value)}"
        if not self.rare:
            said = words.say("conflict.apart", **values, sds=self.sds)
        elif self.predicted > 0:
            said = words.say("conflict.rare", **values, fold=level.value / self.predicted, low=self.low, high=self.high)
        else:
            said = words.say("conflict.none", **values)
        return f"{said} {words.say('conflict.check')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnweighedLevel:
    """A measured level that no fit weighs, as it is not known how people differ in its drug.

    Attributes
    ----------
    predicted
        With the values of the library, in the unit of the level.
    """

    observation: Observation
    predicted: float

    def told(self, analyte: str, words: Words) -> str:
        """That it was not weighed, and why."""
        level = self.observation
        measured = f"{'<' if level.below else ''}{words.written(level.value)}"
        values = {"analyte": analyte, "unit": level.unit, "measured": measured, "predicted": self.predicted}
        return words.say("fitted.unweighed", **values, day=level.time / 24)


@dataclass(frozen=True, kw_only=True)
class LevelBand:
    """Where the true levels of an analyte lie in 95 of 100 people whom the measured levels leave possible.

    Attributes
    ----------
    times
        (time,) [h]; in between the ends go with the curve.
    low, high
        Ends over the fitted patient's curve at these times (time,) [1]; NaN where the curve is 0.
    """

    analyte: str
    times: Array
    low: Array
    high: Array

    def ends(self, times: Array, levels: Array) -> Array:
        """Ends (2, *times) around ``levels`` of the fitted patient at ``times`` [h]; NaN before the band begins."""
        shares = np.array([np.interp(times, self.times, share) for share in (self.low, self.high)])
        return np.where(times < self.times[0] - TOLERANCE, np.nan, shares * levels)


@dataclass(frozen=True, kw_only=True)
class LevelFit:
    """What measured levels made of a typical patient.

    Attributes
    ----------
    typical
        The run before.
    error
        SD of the residuals on the logarithm [1].
    conflicts
        Levels that contradict the doses or each other.
    unweighed
        Levels that are not part of the fit.
    warnings
        Of the search.
    bands
        Of what was measured, and of sums with it.
    """

    typical: Result
    error: float
    values: tuple[FittedValue, ...]
    conflicts: tuple[Conflict, ...]
    unweighed: tuple[UnweighedLevel, ...]
    warnings: tuple[Remark, ...]
    bands: tuple[LevelBand, ...]

    def band(self, analyte: str) -> LevelBand | None:
        """The band of an analyte; None where nothing of it was measured."""
        return next((band for band in self.bands if band.analyte == analyte), None)


@dataclass(frozen=True, kw_only=True)
class Result:
    """A simulated scenario.

    Attributes
    ----------
    time
        (n,) output grid [h].
    analytes, concentration
        What is reported, and its values (analyte, n) in the analyte's unit; at a dose time the value before the dose.
    curves
        The same as continuous curves, from the first dose to the end.
    enzymes, enzyme_level, enzyme_curves
        Names such as ``CYP3A4_liver`` and levels relative to the uninduced normal metaboliser [1], on the grid
        (enzyme, n) and as curves from the first dose to the end.
    clearance
        Plasma clearances (n,) [L/h] by column name.
    activity
        What inhibitors leave of every enzyme, at any time of the run; None where it was not kept.
    kept
        A period of the steady state that the run begins at, as curves in the order of the analytes; None without one.
    numbers, interactions
        Every number of the library that the run used, and who acts on what, for the record.
    checks
        What the protocols of the scenario measured and decided, in order of time; ``scenario`` has the doses that they
        made.
    fit
        How the patient was fitted to the measured levels; None where it is a typical one.
    unchanged
        The run without the schedule that was advised; None where none was.
    """

    scenario: Scenario
    time: Array
    analytes: tuple[Analyte, ...]
    concentration: Array
    curves: tuple[Curve, ...]
    enzymes: tuple[str, ...]
    enzyme_level: Array
    enzyme_curves: tuple[Curve, ...]
    clearance: Mapping[str, Array]
    numbers: tuple[Mapping[str, object], ...]
    interactions: tuple[Mapping[str, object], ...]
    status: Status
    kept: tuple[Curve, ...] | None = None
    checks: tuple[CheckOutcome, ...] = ()
    fit: LevelFit | None = None
    activity: EnzymeActivity | None = None
    unchanged: Result | None = None

    def analyte(self, name: str) -> Analyte:
        """The analyte with this id.

        Raises
        ------
        KeyError
            When the scenario has no such analyte.
        """
        return self.analytes[self._position(name)]

    def curve(self, name: str) -> Curve:
        """The curve of the analyte with this id, in its reporting unit."""
        return self.curves[self._position(name)]

    def area(self, place: int, start: npt.ArrayLike, stop: npt.ArrayLike) -> Array:
        """Integral of a level from ``start`` to ``stop`` [h], of their common shape, also from before the run.

        There it goes on backwards as in the steady state that the run begins at; without one nothing is there.
        """
        first, curve = self.scenario.first_time, self.curves[place]
        inside = curve.integral(np.maximum(start, first), np.maximum(stop, first))
        if self.kept is None:
            return inside
        return inside + integral_repeated(self.kept[place], np.minimum(start, first), np.minimum(stop, first))

    @property
    def notice(self) -> str:
        """What stands below everything that is made of it."""
        return NOTICE if self.fit is None else words_of("en").say("terminal.notice-fitted")

    def beside(self, place: int) -> Curve | None:
        """The curve that stands beside that of the analyte at this place, where it is another one.

        That without the schedule where one was advised, else that of the typical patient where this one was fitted.
        """
        other = self.unchanged or (None if self.fit is None else self.fit.typical)
        if other is None:
            return None
        curve = other.curves[place]
        levels = curve.value(curve.breaks)
        apart = np.max(np.abs(levels - self.curves[place].value(curve.breaks)), initial=0.0)
        return curve if apart > APART * np.max(levels, initial=0.0) else None

    def at_levels(self) -> list[float]:
        """What is predicted at each measured level of the scenario, in its unit."""
        return [float(self.curve(level.analyte).value(level.time)) for level in self.scenario.observations]

    def _position(self, name: str) -> int:
        ids = [analyte.id for analyte in self.analytes]
        if name not in ids:
            raise KeyError(f"{name} is not an analyte of this result; it has {', '.join(ids)}")
        return ids.index(name)

    @property
    def concentrations(self) -> pd.DataFrame:
        """Concentrations as a frame; the unit stands in each column's name."""
        from pkinteract.export.tables.run import concentration_table

        return _frame(concentration_table(self))

    @property
    def enzyme_levels(self) -> pd.DataFrame:
        """Enzyme levels as a frame."""
        from pkinteract.export.tables.run import enzyme_table

        return _frame(enzyme_table(self))

    @property
    def clearances(self) -> pd.DataFrame:
        """Plasma clearances as a frame."""
        from pkinteract.export.tables.run import clearance_table

        return _frame(clearance_table(self))

    @property
    def doses(self) -> pd.DataFrame:
        """Doses as a frame, missed ones included."""
        from pkinteract.export.tables.run import dose_table

        return _frame(dose_table(self))


def _frame(table: Table) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(dict(table))
