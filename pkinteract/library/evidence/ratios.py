"""Published interaction studies: one row per study arm, with the design as it was and the ratio that was observed.

The file is ``evidence/ratios.csv``; ``docs/qualification.md`` explains its columns. Doses are free drug.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from pkinteract.errors import InputError, Problem
from pkinteract.library.evidence.studies import Arm, GivenDrug, Intake, Observed, Study
from pkinteract.library.schema.values import ID
from pkinteract.text.csv import read_csv

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

_NUMBER = r"[0-9]+(?:\.[0-9]+)?"
_DOSE = re.compile(
    rf"(?P<time>-?{_NUMBER}):(?P<amount>{_NUMBER})(?P<per>mg/kg)?(?P<iv> iv)?(?: inf(?P<infusion>{_NUMBER}))?"
    rf"(?: q(?P<every>{_NUMBER}) x(?P<count>[0-9]+))?(?P<fed> fed)?"
)
_WINDOW = re.compile(rf"(?P<start>{_NUMBER})-(?P<stop>{_NUMBER}|inf)")


_Intakes = Callable[[tuple[GivenDrug, ...]], tuple[Intake, ...]]


def read_studies(path: Path = RATIOS) -> tuple[Study, ...]:
    """Read a table of studies.

    Raises
    ------
    InputError
        With every problem of the file, in file order.
    """
    return _StudyReader(path).studies()


@dataclass(slots=True)
class _StudyReader:
    path: Path
    found: list[Problem] = field(default_factory=list)
    line: int = 0

    def refuse(self, key: str, message: str) -> None:
        self.found.append(Problem(line=self.line or None, key=key, message=message))

    def studies(self) -> tuple[Study, ...]:
        read: list[Study] = []
        seen: dict[str, int] = {}
        broken: list[Problem] = []
        file = read_csv(self.path, broken)
        self.line = file.head
        self._head(file.names)
        self.found += broken
        for self.line, cells in file.rows:
            if len(cells) != len(COLUMNS):
                self.refuse("", f"has {len(cells)} cells where the table has {len(COLUMNS)} columns")
                continue
            row = dict(zip(COLUMNS, cells, strict=True))
            if row["id"] in seen:
                self.refuse("id", f'"{row["id"]}" already stands in line {seen[row["id"]]}; ids must differ')
            seen.setdefault(row["id"], self.line)
            read.append(self._study(row))
        if self.found:
            raise InputError(self.path, self.found)
        return tuple(read)

    def _head(self, names: Sequence[str]) -> None:
        for name in names:
            if name not in COLUMNS:
                close = get_close_matches(name, COLUMNS, n=1)
                hint = f"did you mean {close[0]}?" if close else "take it out"
                self.refuse(name, f"is not a column of this table; {hint}")
        for name in COLUMNS:
            if name not in names:
                self.refuse(name, "is missing; the table needs this column")
        if not self.found and tuple(names) != COLUMNS:
            self.refuse("", f"the columns must stand in this order: {','.join(COLUMNS)}")
        if self.found:
            raise InputError(self.path, self.found)

    def _study(self, row: Mapping[str, str]) -> Study:
        for name in ("id", "study", "victim", "analyte", "paper"):
            if not row[name]:
                self.refuse(name, "is empty")
        used = self._flag(row, "use")
        if not used and not row["reason"]:
            self.refuse("reason", 'a row with use = "no" says why')
        perpetrators = self._ids("perpetrator", row["perpetrator"])
        victim = self._intake("victim", row["victim"], row["victim_formulation"])
        shared = self._background(row["background"])
        acting = self._acting(row, perpetrators, [intake.drug for intake in shared]) if used else ()
        control = (*shared, *victim(self._doses("victim_control", row["victim_control"], used)))
        treatment = (*shared, *acting, *victim(self._doses("victim_treatment", row["victim_treatment"], used)))
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
            mechanism=self._one_of(row, "mechanism", MECHANISMS) if used else row["mechanism"],
            enzyme=row["enzyme"],
            control=self._arm(row, "control", control, used),
            treatment=self._arm(row, "treatment", treatment, used),
            weight=self._number(row, "weight", default=70.0) or 70.0,
            age=self._number(row, "age", default=30.0) or 30.0,
            assumed=self._flag(row, "design_assumed"),
            metric=self._one_of(row, "metric", METRICS) if used else row["metric"],
            average=self._one_of(row, "average", AVERAGES),
            n=row["n"],
            exposure=exposure,
            peak=peak,
            pksim=self._number(row, "pksim_auc"),
            pksim_peak=self._number(row, "pksim_cmax"),
            used=used,
            reason=row["reason"],
            note=row["note"],
            paper=row["paper"],
            url=row["url"],
        )

    def _intake(self, key: str, drug: str, formulation: str) -> _Intakes:
        self._id(key, drug)
        return lambda doses: (Intake(drug=drug, formulation=formulation, doses=doses),) if doses else ()

    def _acting(self, row: Mapping[str, str], perpetrators: Sequence[str], shared: Sequence[str]) -> tuple[Intake, ...]:
        """One regimen per perpetrator that is neither the victim itself nor in the background."""
        texts = [part.strip() for part in row["perpetrator_regimen"].split("|")] if row["perpetrator_regimen"] else []
        others = [drug for drug in perpetrators if drug != row["victim"] and drug not in shared]
        if len(texts) != len(others):
            text = f"has {len(texts)} regimens for {len(others)} perpetrators; separate them by |, one each"
            self.refuse("perpetrator_regimen", text)
            return ()
        forms = [part.strip() for part in row["perpetrator_formulation"].split("|")]
        forms += [""] * (len(others) - len(forms))
        return tuple(
            Intake(drug=drug, formulation=form, doses=self._doses("perpetrator_regimen", text, True))
            for drug, form, text in zip(others, forms, texts, strict=False)
        )

    def _background(self, text: str) -> tuple[Intake, ...]:
        found = []
        for part in filter(None, (part.strip() for part in text.split("|"))):
            drug, _, doses = part.partition(" ")
            self._id("background", drug)
            found.append(Intake(drug=drug, formulation="", doses=self._doses("background", doses, True)))
        return tuple(found)

    def _doses(self, key: str, text: str, needed: bool) -> tuple[GivenDrug, ...]:
        if not text:
            if needed:
                self.refuse(key, "has no doses; write for example 0:600;24:600 or 0:600 q24 x5")
            return ()
        read = []
        for part in text.split(";"):
            match = _DOSE.fullmatch(part.strip())
            if match is None:
                text = f'"{part.strip()}" is not a dose; write time:mg, as 0:600, 0:600 q24 x5, 2:0.05mg/kg iv inf0.5'
                self.refuse(key, text)
                continue
            read.append(
                GivenDrug(
                    time=float(match["time"]),
                    amount=float(match["amount"]),
                    per_weight=match["per"] is not None,
                    intravenous=match["iv"] is not None or match["infusion"] is not None,
                    infusion=float(match["infusion"] or 0),
                    every=float(match["every"] or 0),
                    count=int(match["count"] or 1),
                    fed=match["fed"] is not None,
                )
            )
        if any(dose.amount <= 0 or dose.count < 1 or (dose.count > 1 and dose.every <= 0) for dose in read):
            self.refuse(key, "amounts, intervals and counts must be above 0")
        return tuple(read)

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
        value = self._number(row, ratio)
        bounds = self._number(row, low), self._number(row, high)
        deviation = self._number(row, sd)
        if value is None:
            return None
        if (bounds[0] is None) != (bounds[1] is None):
            self.refuse(low, f"{low} and {high} go together")
        if (bounds[0] is not None or deviation is not None) and not row[spread]:
            self.refuse(spread, "says what the spread is, for example 90 % CI")
        return Observed(ratio=value, low=bounds[0], high=bounds[1], sd=deviation, spread=row[spread])

    def _number(self, row: Mapping[str, str], key: str, default: float | None = None) -> float | None:
        if not row[key]:
            return default
        try:
            value = float(row[key])
        except ValueError:
            value = math.nan
        if not (math.isfinite(value) and value > 0):
            self.refuse(key, f'must be a number above 0, got "{row[key]}"')
            return default
        return value

    def _flag(self, row: Mapping[str, str], key: str) -> bool:
        if row[key] not in ("yes", "no"):
            self.refuse(key, f'must be yes or no, got "{row[key]}"')
        return row[key] == "yes"

    def _one_of(self, row: Mapping[str, str], key: str, known: Sequence[str]) -> str:
        if row[key] not in known:
            self.refuse(key, f'"{row[key]}" is not one of {", ".join(known)}')
        return row[key]

    def _ids(self, key: str, text: str) -> tuple[str, ...]:
        found = tuple(filter(None, (part.strip() for part in text.split("+"))))
        for drug in found:
            self._id(key, drug)
        return found

    def _id(self, key: str, drug: str) -> None:
        if re.fullmatch(ID, drug) is None:
            self.refuse(key, f'"{drug}" is not an id of the library: lower case letters, digits and hyphens')
