"""What a run gives: curves, a grid of values, and frames made of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pkinteract.activity import EnzymeActivity
from pkinteract.engine.curves import Array, Curve
from pkinteract.scenario import Scenario
from pkinteract.text.csv import Table

if TYPE_CHECKING:
    import pandas as pd


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
    unbound: bool = False

    @property
    def judged(self) -> str:
        """The time of a dosing interval at which the range holds, in words."""
        return "before a dose" if self.after is None else f"{self.after:g} h after a dose"


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How the solver fared: ``message`` says why it stopped and what to try, or notes worth knowing."""

    ok: bool
    method: str
    steps: int
    rejected: int
    message: str


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
        Average of every analyte over a period of the steady state that the run begins at, (analyte,); None without one.
    numbers, interactions
        Every number of the library that the run used, and who acts on what, for the record.
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
    kept: Array | None = None
    activity: EnzymeActivity | None = None

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
