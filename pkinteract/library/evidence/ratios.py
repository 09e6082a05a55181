"""Published interaction studies: one row per study arm, with the design as it was and the ratio that was observed.

The file is ``evidence/ratios.csv``; ``docs/qualification.md`` explains its columns. Doses are free drug.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path

from pkinteract.errors import InputError
from pkinteract.library.evidence.cells import NUMBER, CellReader
from pkinteract.library.evidence.studies import Arm, Intake, Observed, Study

RATIOS = Path(__file__).parent / "ratios.csv"
"""The shipped studies."""

MECHANISMS = ("induction", "inhibition", "inactivation", "mixed", "displacement", "gene")
METRICS = ("auc", "css", "cl", "level-per-dose", "trough", "cmax")
AVERAGES = ("geometric", "arithmetic", "derived", "unknown")

COLUMNS = (
    "id",
    "set",
    "study",
    "perpetrator",
    "perpetrator_formulation",
    "perpetrator_regimen",
    "victim",
    "victim_formulation",
    "victim_control",
    "victim_treatment",
    "background",
    "analyte",
    "mechanism",
    "enzyme",
    "phenotype_control",
    "phenotype_treatment",
    "weight",
    "age",
    "window_control",
    "window_treatment",
    "design_assumed",
    "metric",
    "ratio",
    "average",
    "low",
    "high",
    "sd",
    "spread",
    "n",
    "cmax_ratio",
    "cmax_low",
    "cmax_high",
    "cmax_sd",
    "cmax_spread",
    "pksim_auc",
    "pksim_cmax",
    "use",
    "reason",
    "note",
    "paper",
    "url",
)

_WINDOW = re.compile(rf"(?P<start>{NUMBER})-(?P<stop>{NUMBER}|inf)")


def read_studies(path: Path = RATIOS) -> tuple[Study, ...]:
    """Read a table of studies.

    Raises
    ------
    InputError
        With every problem of the file, in file order.
    """
    return _StudyReader(path, COLUMNS).studies()


class _StudyReader(CellReader):
    __slots__ = ()

    def studies(self) -> tuple[Study, ...]:
        read = [self._study(row) for row in self.rows()]
        if self.problems:
            raise InputError(self.path, self.problems)
        return tuple(read)

    def _study(self, row: Mapping[str, str]) -> Study:
        self.filled(row, ("id", "study", "victim", "analyte", "paper"))
        used = self.used(row)
        perpetrators = self.ids("perpetrator", row["perpetrator"])
        victim = self.intake("victim", row["victim"], row["victim_formulation"])
        shared = self.background(row["background"])
        acting = self.acting(row, perpetrators, [intake.drug for intake in shared]) if used else ()
        control = (*shared, *victim(self.doses("victim_control", row["victim_control"], used)))
        treatment = (*shared, *acting, *victim(self.doses("victim_treatment", row["victim_treatment"], used)))
        exposure = self._observed(row, "ratio", "low", "high", "sd", "spread")
        peak = self._observed(row, "cmax_ratio", "cmax_low", "cmax_high", "cmax_sd", "cmax_spread")
        if used and exposure is None and peak is None:
            self.refuse("ratio", "a row that is used has a ratio or a cmax_ratio")
        return Study(
            id=row["id"],
            line=self.line,
            set=row["set"],
            study=row["study"],
            perpetrators=perpetrators,
            victim=row["victim"],
            analyte=row["analyte"],
            mechanism=self.one_of(row, "mechanism", MECHANISMS) if used else row["mechanism"],
            enzyme=row["enzyme"],
            control=self._arm(row, "control", control, used),
            treatment=self._arm(row, "treatment", treatment, used),
            weight=self.number(row, "weight", default=70.0) or 70.0,
            age=self.number(row, "age", default=30.0) or 30.0,
            assumed=self.flag(row, "design_assumed"),
            metric=self.one_of(row, "metric", METRICS) if used else row["metric"],
            average=self.one_of(row, "average", AVERAGES),
            n=row["n"],
            exposure=exposure,
            peak=peak,
            pksim=self.number(row, "pksim_auc"),
            pksim_peak=self.number(row, "pksim_cmax"),
            used=used,
            reason=row["reason"],
            note=row["note"],
            paper=row["paper"],
            url=row["url"],
        )

    def _arm(self, row: Mapping[str, str], arm: str, intakes: tuple[Intake, ...], used: bool) -> Arm:
        key = f"window_{arm}"
        match = _WINDOW.fullmatch(row[key])
        window = (0.0, math.inf)
        if match is None and (used or row[key]):
            self.refuse(key, f'"{row[key]}" is not a window; write from-until in h on the clock of the arm, as 113-inf')
        elif match is not None:
            window = float(match["start"]), float(match["stop"])
            if window[1] <= window[0]:
                self.refuse(key, f'"{row[key]}" ends before it begins')
        phenotype = {}
        for part in filter(None, (part.strip() for part in row[f"phenotype_{arm}"].split(";"))):
            gene, equals, value = part.partition("=")
            if not (gene and equals and value):
                self.refuse(f"phenotype_{arm}", f'"{part}" is not gene=phenotype; write for example CYP2D6=poor')
            phenotype[gene.strip()] = value.strip()
        return Arm(intakes=intakes, phenotype=phenotype, window=window)

    def _observed(
        self, row: Mapping[str, str], ratio: str, low: str, high: str, sd: str, spread: str
    ) -> Observed | None:
        value = self.number(row, ratio)
        bounds = self.number(row, low), self.number(row, high)
        deviation = self.number(row, sd)
        if value is None:
            return None
        if (bounds[0] is None) != (bounds[1] is None):
            self.refuse(low, f"{low} and {high} go together")
        if (bounds[0] is not None or deviation is not None) and not row[spread]:
            self.refuse(spread, "says what the spread is, for example 90 % CI")
        return Observed(ratio=value, low=bounds[0], high=bounds[1], sd=deviation, spread=row[spread])
