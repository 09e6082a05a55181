"""What the qualification gave when it was last kept: observed and predicted ratio of every study that was simulated.

``evidence/outcomes.csv`` is written with the summary, so that a run tells how well its pairs hold without simulating
a study.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pkinteract.library.evidence.studies import RECALLED
from pkinteract.text.csv import read_table

OUTCOMES = Path(__file__).parent / "outcomes.csv"
"""The kept outcomes."""

COLUMNS = ("id", "set", "study", "perpetrator", "victim", "analyte", "observed", "predicted")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptOutcome:
    """A study beside what was predicted of it.

    Attributes
    ----------
    perpetrators
        Ids; none in a comparison of genotypes.
    observed, predicted
        Ratios of exposure, treatment over control [1].
    """

    id: str
    set: str
    study: str
    perpetrators: tuple[str, ...]
    victim: str
    analyte: str
    observed: float
    predicted: float

    @property
    def recalled(self) -> bool:
        """Whether the paper was not read: a check, no data."""
        return self.set == RECALLED

    @property
    def fold_error(self) -> float:
        """The larger over the smaller [1]."""
        return max(self.predicted / self.observed, self.observed / self.predicted)


@cache
def kept_outcomes(path: Path = OUTCOMES) -> tuple[KeptOutcome, ...]:
    """Read the kept outcomes; raises an InputError if the file is none."""
    return tuple(
        KeptOutcome(
            id=row["id"],
            set=row["set"],
            study=row["study"],
            perpetrators=tuple(row["perpetrator"].split(" + ")) if row["perpetrator"] else (),
            victim=row["victim"],
            analyte=row["analyte"],
            observed=float(row["observed"]),
            predicted=float(row["predicted"]),
        )
        for _, row in read_table(path, COLUMNS)
    )
